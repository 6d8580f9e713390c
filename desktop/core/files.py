"""Files that are either there whole or not there at all."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

TEMP_PREFIX = ".rekindle-"
TEMP_SUFFIX = ".part"


@contextlib.contextmanager
def whole_file(
    target: Path, *, overwrite: bool = True, before_publishing: Callable[[Path], None] | None = None
) -> Iterator[Path]:
    """Gives a temporary path beside ``target``; leaving the block well moves the file there in one step.

    The temporary file is flushed to disk first, and removed when the block raises. With ``overwrite`` False an
    existing target is never replaced, not even one that appeared while the block ran. ``before_publishing`` is
    called with the temporary path when it is whole and safe on disk, and may still raise to keep it from appearing.

    Raises:
        FileExistsError: the target exists and ``overwrite`` is False.
        OSError: what the file system said.
    """
    temp = target.with_name(f"{TEMP_PREFIX}{os.getpid()}-{secrets.token_hex(6)}{TEMP_SUFFIX}")
    try:
        yield temp
        # Opened for writing because Windows flushes only handles that may write.
        with temp.open("rb+") as handle:
            os.fsync(handle.fileno())
        if before_publishing is not None:
            before_publishing(temp)
        _publish(temp, target, overwrite)
    finally:
        temp.unlink(missing_ok=True)
    _flush_folder(target.parent)


def _publish(temp: Path, target: Path, overwrite: bool) -> None:
    if overwrite:
        os.replace(temp, target)
        return
    if sys.platform == "win32":
        os.rename(temp, target)  # refuses an existing target there
        return
    try:
        os.link(temp, target)
    except FileExistsError:
        raise
    except OSError:  # FAT and some network shares have no hard links
        if os.path.lexists(target):
            raise FileExistsError(str(target)) from None
        os.replace(temp, target)


def _flush_folder(folder: Path) -> None:
    if sys.platform == "win32":
        return
    # Without this a power cut can forget the rename; a file system that cannot do it is no reason to fail.
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def move(source: Path, target: Path) -> None:
    """Gives a file, flushed already, another name on the same disk, in one step that survives a power cut."""
    os.replace(source, target)
    _flush_folder(target.parent)


def write_whole(target: Path, content: bytes) -> None:
    """Writes ``content`` to ``target`` in one visible step, making its folder. Raises OSError."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(target) as temp:
        temp.write_bytes(content)


def set_dates(path: Path, like: os.stat_result) -> bool:
    """Gives a file the times at which another was changed and read; whether the disk took them.

    When it was created stays as it is: ``os.utime`` cannot set that on any system.
    """
    try:
        os.utime(path, ns=(like.st_atime_ns, like.st_mtime_ns))
    except OSError:
        return False
    return True


def remove_abandoned(folder: Path) -> int:
    """Removes temporary files whose process is gone, as a crash leaves them; how many. What cannot be removed stays."""
    removed = 0
    for temp in folder.glob(f"{TEMP_PREFIX}*{TEMP_SUFFIX}"):
        owner = temp.name.removeprefix(TEMP_PREFIX).split("-")[0]
        if owner.isdigit() and not psutil.pid_exists(int(owner)):
            with contextlib.suppress(OSError):
                temp.unlink()
                removed += 1
    return removed


def sha256_of(path: Path) -> str:
    """The file's SHA-256 in hexadecimal, read in pieces. Raises OSError."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
