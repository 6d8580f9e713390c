"""The message bus of a Linux desktop session. Not to be imported elsewhere, where jeepney is not installed."""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import selectors
import socket
import threading
from collections.abc import Callable
from typing import Any

from jeepney import HeaderFields, MatchRule, Message, MessageType, message_bus
from jeepney.io.blocking import DBusConnection, open_dbus_connection

logger = logging.getLogger(__name__)

_PATIENCE_S = 0.5

Heard = Callable[[tuple[Any, ...]], None]
_Order = Callable[[DBusConnection], None]


def is_there() -> bool:
    """Whether this session says that it has a bus."""
    return bool(os.environ.get("DBUS_SESSION_BUS_ADDRESS"))


class SessionBus:
    """Sends messages and hears answers on a thread of its own, which begins with the first message.

    No method waits, and none raises: without a bus, or with one that has gone or does not answer, nothing happens.
    """

    def __init__(self) -> None:
        self._orders: queue.SimpleQueue[_Order | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._bell: socket.socket | None = None
        self._replies: dict[int, Heard] = {}
        self._signals: list[tuple[MatchRule, Heard]] = []

    def send(self, message: Message, replied: Heard | None = None) -> None:
        """
        Args:
            replied: called on the bus's thread with what the answer holds, unless it is an error.
        """

        def order(connection: DBusConnection) -> None:
            serial = next(connection.outgoing_serial)
            if replied is not None:
                self._replies[serial] = replied
            connection.send(message, serial=serial)

        self._give(order)

    def listen(self, rule: MatchRule, heard: Heard) -> None:
        """Calls ``heard``, on the bus's thread, with what every such signal holds."""
        self._give(lambda _connection: self._signals.append((rule, heard)))
        self.send(message_bus.AddMatch(rule))

    def close(self) -> None:
        """Sends what was asked for until now and lets go, without waiting for a bus that hangs."""
        if self._thread is not None:
            self._orders.put(None)
            self._ring()
            self._thread.join(_PATIENCE_S)

    def _give(self, order: _Order) -> None:
        if not is_there() or (self._thread is not None and not self._thread.is_alive()):
            return
        self._orders.put(order)
        if self._thread is None:
            self._bell, ear = socket.socketpair()
            self._bell.setblocking(False)
            self._thread = threading.Thread(target=self._work, args=(self._bell, ear), name="session bus", daemon=True)
            self._thread.start()
        self._ring()

    def _ring(self) -> None:
        if self._bell is not None:
            with contextlib.suppress(OSError):  # full, because nobody has looked yet, or nobody will look any more
                self._bell.send(b"\0")

    def _work(self, bell: socket.socket, ear: socket.socket) -> None:
        try:
            with bell, ear, open_dbus_connection("SESSION") as connection, selectors.DefaultSelector() as waiting:
                waiting.register(connection.sock, selectors.EVENT_READ)
                waiting.register(ear, selectors.EVENT_READ)
                while self._obey(connection):
                    for key, _events in waiting.select():
                        if key.fileobj is ear:
                            ear.recv(4096)
                    self._hear(connection)
        except Exception as error:  # whatever a foreign bus may come up with: the window does without
            logger.info("No session bus: %s", error)

    def _obey(self, connection: DBusConnection) -> bool:
        """Does what was asked for; False when there will be no more."""
        with contextlib.suppress(queue.Empty):
            while (order := self._orders.get_nowait()) is not None:
                order(connection)
            return False
        return True

    def _hear(self, connection: DBusConnection) -> None:
        with contextlib.suppress(TimeoutError):
            while True:
                self._pass_on(connection.receive(timeout=0))

    def _pass_on(self, message: Message) -> None:
        reply = self._replies.pop(message.header.fields.get(HeaderFields.reply_serial, -1), None)
        if message.header.message_type is MessageType.error:
            logger.debug("The session bus says: %s", message.header.fields.get(HeaderFields.error_name))
        elif reply is not None:
            reply(message.body)
        for rule, heard in self._signals:
            if rule.matches(message):
                heard(message.body)
