"""A photo's file, looked into where needed: nobody has to have two gigabytes in memory to know what they begin with."""

from __future__ import annotations

import contextlib
import io
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

from desktop.core import errors

_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    # Should a pipe have taken the file's place since we looked, opening it must not wait for a writer.
    | getattr(os, "O_NONBLOCK", 0)
)


class CutShortError(ValueError):
    """The file ends before what it announces."""


class Source:
    """A file opened once, for reading only, and used like bytes: ``source[10:20]``, ``len(source)``. For one thread.

    Raises (from every method) NotFoundError, NoPermissionError, UnreadablePhotoError; UnsupportedFormatError where
    the path is no ordinary file, as reading a pipe or a device might never end.
    """

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self._path = path
        with self._explained():
            _require_ordinary(path, path.stat().st_mode)
            self._file: BinaryIO = open(os.open(path, _FLAGS), "rb")  # noqa: SIM115 - closed by __exit__
            try:
                self._status = os.fstat(self._file.fileno())
                _require_ordinary(path, self._status.st_mode)
            except BaseException:
                self._file.close()
                raise

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __len__(self) -> int:
        return self._status.st_size

    def __getitem__(self, part: slice) -> bytes:
        start, stop, _ = part.indices(len(self))
        if stop <= start:
            return b""
        with self._explained():
            self._file.seek(start)
            return self._file.read(stop - start)

    def exactly(self, at: int, size: int) -> bytes:
        """Raises CutShortError where the file has no such part."""
        found = self[at : at + size] if at >= 0 and size >= 0 else b""
        if len(found) != size:
            raise CutShortError(f"no {size} bytes at {at}")
        return found

    def read_into(self, at: int, room: memoryview) -> int:
        """Fills ``room`` with what stands at ``at``, as far as the file goes."""
        with self._explained():
            self._file.seek(at)
            return self._file.readinto(room)  # type: ignore[attr-defined, no-any-return]

    def fill(self, at: int, room: memoryview) -> None:
        """Fills all of ``room``. Raises CutShortError where the file ends before."""
        if self.read_into(at, room) != len(room):
            raise CutShortError(f"no {len(room)} bytes at {at}")

    @property
    def changed(self) -> bool:
        """Whether somebody has written to it since it was opened."""
        with self._explained():
            now = os.fstat(self._file.fileno())
        return (now.st_size, now.st_mtime_ns) != (self._status.st_size, self._status.st_mtime_ns)

    @contextlib.contextmanager
    def _explained(self) -> Any:
        try:
            yield
        except OSError as error:
            raise errors.while_reading(error, self._path) from error


def _require_ordinary(path: Path, mode: int) -> None:
    if stat.S_ISDIR(mode):
        os.listdir(path)  # what keeps it from being looked into matters more than that it is a folder
        raise errors.UnsupportedFormatError("“{name}” is a folder, not a photo.", name=path.name)
    if not stat.S_ISREG(mode):
        raise errors.UnsupportedFormatError("“{name}” is not an ordinary file.", name=path.name)


Part = bytes | tuple[int, int]
"""Bytes of our own, or position and size in the source."""


class Spliced(io.RawIOBase):
    """Parts of a source as one file, for a decoder that is to see nothing else of it.

    Attributes:
        exhausted: whether somebody wanted to read on behind the end.
    """

    def __init__(self, source: Source, parts: Sequence[Part], last_resort: bytes = b"") -> None:
        """``last_resort``: given, once, to who wants to read on behind the end."""
        super().__init__()
        self.exhausted = False
        self._source = source
        self._parts = parts
        self._starts = [0]
        for part in parts:
            self._starts.append(self._starts[-1] + (len(part) if isinstance(part, bytes) else part[1]))
        self._last_resort = last_resort
        self._at = 0
        self._index = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._starts[-1]}[whence]
        self._at = max(0, base + offset)
        self._index = 0
        return self._at

    def read(self, size: int = -1) -> bytes:
        """Takes room for what there is, however much a decoder asks for."""
        left = max(0, self._starts[-1] - self._at) + len(self._last_resort)
        room = bytearray(left if size < 0 else min(size, left))
        got = self.readinto(room)
        self.exhausted |= not room and size != 0
        return bytes(memoryview(room)[:got])

    def readinto(self, room: Any) -> int:
        view = memoryview(room).cast("B")
        done = 0
        while done < len(view):
            got = self._take(view[done:])
            if not got:
                break
            done += got
            self._at += got
        if done or not view:
            return done
        self.exhausted = True
        behind = self._at - self._starts[-1]
        rest = self._last_resort[behind : behind + len(view)] if behind >= 0 else b""
        view[: len(rest)] = rest
        self._at += len(rest)
        return len(rest)

    def _take(self, view: memoryview) -> int:
        """As much as one part has; nothing at the end, or where the file is shorter than its parts."""
        while self._index < len(self._parts) and self._starts[self._index + 1] <= self._at:
            self._index += 1
        if self._index == len(self._parts):
            return 0
        part, within = self._parts[self._index], self._at - self._starts[self._index]
        if isinstance(part, bytes):
            piece = part[within : within + len(view)]
            view[: len(piece)] = piece
            return len(piece)
        at, size = part
        return self._source.read_into(at + within, view[: min(len(view), size - within)])

    def joined(self) -> bytes:
        """All of it."""
        self.seek(0)
        room = bytearray(self._starts[-1])
        got = self.readinto(room)
        if got != len(room):
            raise CutShortError("the file ends before its parts do")
        return bytes(room)
