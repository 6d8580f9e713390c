"""One window a folder: a second start hands its photos to the first."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

_PATIENCE_MS = 2_000
_TAKEN = b"taken\n"
_LONGEST = 16 * 1024 * 1024


class SingleInstance(QObject):
    """Listens for later starts on the same data folder.

    Signals:
        photosHandedOver(paths: list[Path]): a later start's; empty where it named none and only wants to be seen.
    """

    photosHandedOver = Signal(list)

    def __init__(self, data: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._name = _name(data)
        self._connections: list[QLocalSocket] = []
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._welcome)

    def listen(self) -> bool:
        """Claims the folder. A socket that a crash has left behind is no claim."""
        if self._server.listen(self._name):
            return True
        QLocalServer.removeServer(self._name)
        return self._server.listen(self._name)

    def _welcome(self) -> None:
        while (connection := self._server.nextPendingConnection()) is not None:
            self._connections.append(connection)
            # To methods of ours, so that Qt undoes it when this goes before the connection does.
            connection.readyRead.connect(self._read)
            connection.disconnected.connect(self._drop)

    def _read(self) -> None:
        for connection in list(self._connections):
            if connection.bytesAvailable() > _LONGEST:
                connection.abort()
            elif connection.canReadLine():
                self._take(connection)

    def _take(self, connection: QLocalSocket) -> None:
        try:
            names = json.loads(bytes(connection.readLine().data()))
        except ValueError:
            names = None
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            connection.abort()
            return
        connection.write(_TAKEN)
        connection.flush()
        self.photosHandedOver.emit([Path(name) for name in names])

    def _drop(self) -> None:
        for connection in list(self._connections):
            if connection.state() == QLocalSocket.LocalSocketState.UnconnectedState:
                self._connections.remove(connection)
                connection.deleteLater()


def hand_over(data: Path, photos: Sequence[Path]) -> bool:
    """Gives photos to the window that is open on ``data``; False where there is none that answers."""
    socket = QLocalSocket()
    socket.connectToServer(_name(data))
    if not socket.waitForConnected(_PATIENCE_MS):
        return False
    socket.write(json.dumps([str(path.absolute()) for path in photos]).encode() + b"\n")
    answered = socket.waitForBytesWritten(_PATIENCE_MS) and socket.waitForReadyRead(_PATIENCE_MS)
    return answered and bytes(socket.readAll().data()) == _TAKEN


def _name(data: Path) -> str:
    """A socket's name for a folder and a user; short, because the path of a socket may have 107 bytes only."""
    who = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "")
    place = os.path.normcase(os.path.realpath(data))
    return "rekindle-" + hashlib.sha256(f"{who}\0{place}".encode(errors="surrogateescape")).hexdigest()[:24]
