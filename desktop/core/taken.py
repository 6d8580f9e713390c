"""Which photos of a watched folder have been seen to: rows in the journal's database.

A photo's row is written in the transaction that adds its job. So there is no moment at which a crash could lose it, or
have it taken twice.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Collection, Mapping
from pathlib import Path

from desktop.core.watch import Stamp

# The row that says that the folder is watched at all. Without it nothing is known of any photo in it.
_BEGUN = b""


def load(connection: sqlite3.Connection, folder: Path) -> dict[str, Stamp] | None:
    """The photos seen to, by name; None for a folder that has never been watched."""
    rows = dict(connection.execute("SELECT name, stamp FROM taken WHERE folder = ?", (os.fsencode(folder),)))
    if rows.pop(_BEGUN, None) is None:
        return None
    return {os.fsdecode(name): Stamp.parse(stamp) for name, stamp in rows.items()}


def begin(
    connection: sqlite3.Connection, folder: Path, leave: Mapping[str, Stamp], *, also: bool, anew: bool
) -> dict[str, Stamp]:
    """Notes that a folder is watched from now on, and gives the photos that have been seen to.

    Args:
        leave: photos in it that are to be left alone as they are.
        also: photos that were left alone so far are to be taken after all.
        anew: earlier results do not count, because they were asked for differently.
    """
    key = (os.fsencode(folder),)
    if anew:
        connection.execute("UPDATE taken SET made = 0 WHERE folder = ?", key)
    if also:
        connection.execute("DELETE FROM taken WHERE folder = ? AND NOT made", key)
    connection.execute("INSERT OR REPLACE INTO taken VALUES (?, ?, '', 1)", (*key, _BEGUN))
    note(connection, folder, leave, made=False)
    return load(connection, folder) or {}


def note(connection: sqlite3.Connection, folder: Path, photos: Mapping[str, Stamp], *, made: bool) -> None:
    """Notes photos as seen to: ``made`` into jobs, or left alone. One that was made stays so while it is the same."""
    connection.executemany(
        "INSERT INTO taken VALUES (?, ?, ?, ?) ON CONFLICT (folder, name) DO UPDATE "
        "SET made = excluded.made OR (made AND stamp = excluded.stamp), stamp = excluded.stamp",
        [(os.fsencode(folder), os.fsencode(name), str(stamp), made) for name, stamp in photos.items()],
    )


def forget(connection: sqlite3.Connection, folder: Path, names: Collection[str]) -> None:
    connection.executemany(
        "DELETE FROM taken WHERE folder = ? AND name = ?", [(os.fsencode(folder), os.fsencode(name)) for name in names]
    )
