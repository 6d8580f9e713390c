"""The next photo is opened while the one before is still enhanced."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from desktop.core.cancel import CancelToken
from desktop.core.photo.isolated import PhotoReader
from desktop.core.photo.looks import SizeCheck
from desktop.core.photo.photo import Photo

logger = logging.getLogger(__name__)

_LOOK_EVERY_S = 0.05
Stamp = tuple[int, int, int]
Check = Callable[[], SizeCheck | None]
"""Gives what refuses a photo that is not to be opened ahead of its turn; None where none is."""


@dataclass(frozen=True)
class Read:
    """A photo, and the seconds that opening it took."""

    photo: Photo
    seconds: float


class ReadAhead:
    """Opens one photo at a time that nobody has asked for yet, on a thread of its own.

    What goes wrong meanwhile goes wrong again when the photo's turn comes, and is told of then.
    """

    def __init__(self, reader: PhotoReader) -> None:
        self._reader = reader
        self._path: Path | None = None
        self._stamp: Stamp | None = None
        self._read: Read | None = None
        self._thread: threading.Thread | None = None
        self._unwanted = CancelToken()

    def begin(self, path: Path, check: Check) -> None:
        """Starts opening a photo, unless one is being opened already or waits for its turn."""
        if self._thread is not None:
            return
        self._path, self._stamp, self._read, self._unwanted = path, None, None, CancelToken()
        self._thread = threading.Thread(
            target=self._work, args=(path, check, self._unwanted), name="reading ahead", daemon=True
        )
        self._thread.start()

    def take(self, path: Path, cancel: CancelToken) -> Read | None:
        """The photo, if it is the one that was opened and its file has not changed since; waits for it.

        Another one is let go. Raises CancelledError.
        """
        if self._thread is None:
            return None
        if path != self._path:
            self.drop()
            return None
        try:
            while self._thread.is_alive():
                cancel.check()
                self._thread.join(_LOOK_EVERY_S)
            cancel.check()
        except BaseException:
            self.drop()
            raise
        found = self._read if self._stamp is not None and self._stamp == _stamp(path) else None
        self.drop()
        return found

    def drop(self) -> None:
        """Lets go of whatever was opened ahead."""
        self._unwanted.cancel()
        if self._thread is not None:
            self._thread.join()
        self._thread = self._path = self._stamp = self._read = None

    def _work(self, path: Path, check: Check, unwanted: CancelToken) -> None:
        with contextlib.suppress(Exception):
            size_check = check()
            if size_check is None or unwanted.cancelled:
                return
            self._stamp = _stamp(path)
            started = time.perf_counter()
            photo = self._reader.read(path, size_check, unwanted)
            self._read = Read(photo, time.perf_counter() - started)
            logger.debug("Read %s ahead", path)


def _stamp(path: Path) -> Stamp | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
