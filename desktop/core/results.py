"""Finished files that need not be made again: the same pixels, through the same network, written in the same way.

Nothing is copied to be kept: it is only remembered where a result was put and what was in it. One that was moved,
changed or deleted meanwhile is made anew.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import threading
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from desktop.core import files
from desktop.core.jobs import Result
from desktop.core.photo.photo import Fidelity, Item, Photo

logger = logging.getLogger(__name__)

_FILE = "results.jsonl"
_MOST = 1000


@dataclass(frozen=True)
class Finished:
    """A result as it was made. Sides in pixels."""

    result: Result
    width: int
    height: int
    fidelity: Fidelity


@dataclass(frozen=True)
class Remembered:
    """How many results, and the bytes that remembering them takes."""

    count: int
    bytes: int


class Results:
    """What was finished lately, in a file of the cache. For one thread; other programs may add theirs.

    A file that is damaged is forgotten as far as it is: everything in it can be made again.
    """

    def __init__(self, folder: Path) -> None:
        """``folder`` need not exist."""
        self._path = folder / _FILE
        self._mutex = threading.Lock()

    def find(self, key: str) -> Finished | None:
        """A finished file that is still there and still the same, whole: it is read to the end to know."""
        found = _read(self._path, key)
        if found is None:
            return None
        try:
            whole = found.result.path.stat().st_size == found.result.bytes
            return found if whole and files.sha256_of(found.result.path) == found.result.sha256 else None
        except OSError:
            return None

    def note(self, key: str, finished: Finished) -> None:
        """Remembers one; the oldest are forgotten. Nothing happens where that cannot be kept."""
        plain = asdict(finished)
        plain["result"]["path"] = os.path.abspath(finished.result.path)
        line = json.dumps({"key": key, **plain}) + "\n"
        try:
            with self._mutex:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                with self._path.open("a", encoding="ascii") as out:
                    out.write(line)
                listed = self._path.read_text("ascii").splitlines(keepends=True)
                if len(listed) > 2 * _MOST:
                    files.write_whole(self._path, "".join(listed[-_MOST:]).encode())
        except (OSError, ValueError) as error:
            logger.info("A result cannot be remembered: %s", error)

    def remembered(self) -> Remembered:
        """What there is. Nothing, where it cannot be read."""
        try:
            listed = self._path.read_bytes()
        except OSError:
            return Remembered(0, 0)
        return Remembered(listed.count(b"\n"), len(listed))

    def forgotten(self) -> Remembered:
        """Clears them; what is left, which is more than nothing only where the disk refuses."""
        try:
            self.clear()
        except OSError as error:
            logger.warning("What is remembered of results cannot be forgotten: %s", error)
        return self.remembered()

    def clear(self) -> None:
        """Forgets all of them; the files themselves stay where they are. Raises OSError."""
        with self._mutex:
            self._path.unlink(missing_ok=True)


def key_of(photo: Photo, parts: Iterable[object]) -> str:
    """Of a photo, with everything that travels with it, and of all else that a result depends on."""
    digest = hashlib.sha256()
    for field in fields(photo):
        value: Any = getattr(photo, field.name)
        if isinstance(value, np.ndarray):
            digest.update(f"{field.name} {value.dtype} {value.shape}\0".encode())
            digest.update(np.ascontiguousarray(value).data)
        elif isinstance(value, bytes):
            digest.update(f"{field.name} {len(value)}\0".encode() + value)
        else:
            digest.update(f"{field.name} {value!r}\0".encode("utf-8", "surrogateescape"))
    for part in parts:
        digest.update(f"{part!r}\0".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _read(path: Path, key: str) -> Finished | None:
    """What was noted last under a key; of all the other lines only that they are others."""
    try:
        lines = path.read_text("ascii", "replace").splitlines()
    except OSError:
        return None
    for line in reversed(lines):
        if key not in line:
            continue
        try:
            stored = json.loads(line)
            if stored["key"] != key:
                continue
            result, fidelity = stored["result"], stored["fidelity"]
            return Finished(
                Result(Path(result["path"]), int(result["bytes"]), str(result["sha256"])),
                int(stored["width"]),
                int(stored["height"]),
                Fidelity(**{kind: tuple(Item(**item) for item in items) for kind, items in fidelity.items()}),
            )
        except (ValueError, TypeError, KeyError, RecursionError):
            continue  # cut off, or by another version
    return None
