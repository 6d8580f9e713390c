"""What to tell a person when the list of photos cannot be kept on disk, or could not be read from it."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

from desktop.core import errors

ANOTHER_WINDOW = errors.InternalError(
    "Rekindle is open in another window, which keeps the list of photos. What you add here is enhanced too, but this "
    "window’s list is forgotten when you close it."
)


KEPT_AGAIN = errors.InternalError("The list of photos is kept on disk again.")


def begun_anew(aside: Path) -> errors.RekindleError:
    """What was there last time made no sense."""
    return errors.InternalError(
        "The list of photos from last time could not be read and begins anew. Nothing was deleted: the old list is "
        "kept in “{folder}”.",
        folder=str(aside),
    )


def written_anew(aside: Path | None) -> errors.RekindleError:
    """The file was spoiled or exchanged while it was in use."""
    return errors.InternalError(
        "The list of photos on disk was damaged or replaced, and has been written anew. What was there is kept in "
        "“{folder}”.",
        folder=str(aside),
    )


def cannot_open(error: Exception, path: Path) -> errors.RekindleError:
    """The list from last time cannot be had, though nothing says that it is damaged."""
    if not path.exists():
        return not_kept(error, path.parent)
    if _kind(error) in _LOCKED:
        return errors.InternalError(
            "Another program is using the list of photos from last time. It is safe: close Rekindle and open it again "
            "in a minute. What you add until then is enhanced, but forgotten when you close it."
        )
    return errors.InternalError(
        "The list of photos from last time cannot be opened in “{folder}” ({reason}). It was not deleted. What you add "
        "now is enhanced, but forgotten when you close Rekindle.",
        folder=str(path.parent),
        reason=_reason(error),
    )


def not_kept(error: Exception, folder: Path) -> errors.RekindleError:
    """Nothing can be recorded just now; the work goes on."""
    kind = _kind(error)
    if kind in _LOCKED:
        return errors.InternalError(
            "Another program is using Rekindle’s list of photos. Photos are enhanced all the same, and the list is "
            "kept as soon as it is free again. Do not close Rekindle before."
        )
    if kind in _FULL:
        return errors.NoSpaceError(
            "The disk with Rekindle’s own files is full, so the list of photos is not kept. Photos are enhanced all "
            "the same. Free some space for “{folder}”: the list is then kept by itself.",
            folder=str(folder),
        )
    if kind in _REFUSED:
        return errors.NoPermissionError(
            "Rekindle may not write in its own folder “{folder}”, so the list of photos is not kept. Photos are "
            "enhanced all the same. Check the permissions of that folder.",
            folder=str(folder),
        )
    return errors.InternalError(
        "The list of photos cannot be kept in “{folder}” ({reason}). Photos are enhanced all the same, but the list is "
        "lost if Rekindle is closed before it can be kept again.",
        folder=str(folder),
        reason=_reason(error),
    )


_LOCKED = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_FULL = frozenset({sqlite3.SQLITE_FULL, -errno.ENOSPC, -errno.EDQUOT})
_REFUSED = frozenset(
    {
        *(sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_AUTH),
        *(-errno.EACCES, -errno.EPERM, -errno.EROFS),
    }
)


def _kind(error: Exception) -> int:
    """SQLite's primary code, or the operating system's below zero."""
    if isinstance(error, OSError):
        return -(error.errno or 0)
    return int(getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)) & 0xFF


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
