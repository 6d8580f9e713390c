"""What another engine has made of a network, kept on disk so that it need not be made again."""

from __future__ import annotations

import contextlib
import hashlib
import logging
from pathlib import Path

from desktop.core import files

logger = logging.getLogger(__name__)

_DIGEST = 32
_MOST_BYTES = 64 * 2**20
_MOST_FILES = 16
_SUFFIX = ".twin"


class Twins:
    """A folder of them, which may be deleted at any time. What is damaged is as good as absent."""

    def __init__(self, folder: Path) -> None:
        """``folder`` need not exist."""
        self._folder = folder

    def path_of(self, *key: str) -> Path:
        """Where the twin of a key is: everything that it depends on is in the key."""
        return self._folder / (hashlib.sha256("\0".join(key).encode()).hexdigest()[:40] + _SUFFIX)

    def load(self, *key: str) -> bytes | None:
        path = self.path_of(*key)
        try:
            stored = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            logger.info("The twin %s cannot be read: %s", path.name, error)
            return None
        if hashlib.sha256(stored[_DIGEST:]).digest() != stored[:_DIGEST]:
            logger.warning("The twin %s is damaged and is made again", path.name)
            return None
        with contextlib.suppress(OSError):
            path.touch()  # the ones used last are kept
        return stored[_DIGEST:]

    def save(self, content: bytes, *key: str) -> None:
        """Keeps one; nothing happens where that cannot be done, or it would be larger than it is worth."""
        if len(content) > _MOST_BYTES:
            return
        path = self.path_of(*key)
        try:
            files.write_whole(path, hashlib.sha256(content).digest() + content)
            listed = sorted(self._folder.glob(f"*{_SUFFIX}"), key=lambda one: one.stat().st_mtime_ns)
            for old in listed[:-_MOST_FILES]:
                old.unlink(missing_ok=True)
        except OSError as error:
            logger.info("The twin %s cannot be kept: %s", path.name, error)
