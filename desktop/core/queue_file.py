"""The file a queue is kept in: what its tables hold, how they came to be, and what to do when it is damaged.

One SQLite file in WAL mode. Everything here happens on the caller's thread; ``journal`` has one for it.
"""

from __future__ import annotations

import json
import logging
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from desktop.core import errors
from desktop.core.jobs import Account, Decision, Job, JobState, Reason, Request, Result
from desktop.core.photo.cut import Cut
from desktop.core.photo.photo import Fidelity, Item

logger = logging.getLogger(__name__)

# What takes a queue from each version of the file to the next, the first one from nothing.
_MIGRATIONS = (
    (
        "CREATE TABLE IF NOT EXISTS job "
        "(number INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, state TEXT NOT NULL, content TEXT NOT NULL)",
    ),
    (
        # Photos of watched folders that have been seen to (``core/taken.py``). Names are bytes: not all are UTF-8.
        "CREATE TABLE IF NOT EXISTS taken (folder BLOB NOT NULL, name BLOB NOT NULL, stamp TEXT NOT NULL, "
        "made INTEGER NOT NULL, PRIMARY KEY (folder, name)) WITHOUT ROWID",
    ),
)
VERSION = len(_MIGRATIONS)
NAME = "queue.sqlite3"
Write = Callable[[sqlite3.Connection], None]

# What SQLite says of a file whose content is wrong, not of the disk it lies on or of who else uses it.
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


def load(path: Path, busy_s: float) -> tuple[sqlite3.Connection, list[Job]]:
    """Opens the file, making it where there is none, and reads what it holds.

    Args:
        busy_s: how long to wait for another program that has it locked, now and at every write.

    Raises:
        sqlite3.Error, OSError; also ValueError, KeyError, TypeError for content that makes no sense. See ``is_damage``.
    """
    # One thread at a time uses it, though not the one that opened it.
    connection = sqlite3.connect(path, timeout=busy_s, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise ValueError(f"written by a newer Rekindle (version {version})")
        _migrate(connection, version)
        if connection.execute("PRAGMA quick_check").fetchone() != ("ok",):
            raise sqlite3.DatabaseError("quick_check failed")
        rows = connection.execute("SELECT id, state, content FROM job ORDER BY number").fetchall()
        return connection, [_job(job_id, state, json.loads(content)) for job_id, state, content in rows]
    except BaseException:
        connection.close()
        raise


def open_or_set_aside(path: Path, busy_s: float) -> tuple[sqlite3.Connection, list[Job], Path | None]:
    """The same, with a new file where the one that is there is damaged, or of a newer Rekindle. That is kept.

    Returns:
        Also the folder where the old file was put, if it was.

    Raises:
        OSError, sqlite3.Error: the disk refuses, or another program has it locked.
    """
    try:
        return *load(path, busy_s), None
    except Exception as error:
        if not is_damage(error):
            raise
        logger.exception("The queue in %s cannot be read", path)
    aside = set_aside(path)
    return *load(path, busy_s), aside


def _migrate(connection: sqlite3.Connection, version: int) -> None:
    """Brings a queue up to today's version, wholly or not at all."""
    if version == VERSION:
        return
    # Python's sqlite3 begins no transaction for CREATE TABLE by itself.
    connection.execute("BEGIN IMMEDIATE")
    with connection:
        for statements in _MIGRATIONS[version:]:
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {VERSION}")


def is_damage(error: Exception) -> bool:
    """Whether the content is wrong, and not the disk full, the file locked or read-only: then it needs no mending."""
    if isinstance(error, sqlite3.OperationalError):
        return "malformed" in str(error) or "no such table" in str(error)
    if isinstance(error, sqlite3.DatabaseError):
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
        return code & 0xFF in _DAMAGED  # the lower byte: what the extended codes extend
    return isinstance(error, (ValueError, KeyError, TypeError))


def set_aside(path: Path) -> Path:
    """Moves a damaged file, and SQLite's own beside it, out of the way; gives the folder where they are kept."""
    # The clock alone does not tell two of them apart: it may be set back.
    aside = path.parent / "damaged" / f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(4)}"
    aside.mkdir(parents=True)
    for part in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
        if part.exists():
            part.replace(aside / part.name)
    return aside


def put(connection: sqlite3.Connection, jobs: Iterable[Job]) -> None:
    """Keeps jobs as they stand: new ones at the end, others in their places."""
    connection.executemany(
        "INSERT INTO job (id, state, content) VALUES (?, ?, ?) "
        "ON CONFLICT (id) DO UPDATE SET state = excluded.state, content = excluded.content",
        [(job.id, job.state.value, json.dumps(_plain(job))) for job in jobs],
    )


def forget(connection: sqlite3.Connection, job_ids: Iterable[str]) -> None:
    connection.executemany("DELETE FROM job WHERE id = ?", [(job_id,) for job_id in job_ids])


def arrange(connection: sqlite3.Connection, job_ids: Sequence[str]) -> None:
    """Keeps all jobs in this order from now on."""
    # By way of negative numbers, because no two jobs may have one number even for a moment.
    numbered = [(-number, job_id) for number, job_id in enumerate(job_ids, start=1)]
    connection.executemany("UPDATE job SET number = ? WHERE id = ?", numbered)
    connection.execute("UPDATE job SET number = -number WHERE number < 0")


def promise(connection: sqlite3.Connection, job_id: str, result: Result) -> None:
    """Notes what a job is about to write."""
    row = connection.execute("SELECT content FROM job WHERE id = ?", (job_id,)).fetchone()
    if row is not None:
        content = json.loads(row[0]) | {"result": _plain_result(result)}
        connection.execute("UPDATE job SET content = ? WHERE id = ?", (json.dumps(content), job_id))


def replace_all(connection: sqlite3.Connection, jobs: Iterable[Job]) -> None:
    """Makes the file hold these jobs in this order, whatever it held."""
    connection.execute("DELETE FROM job")
    put(connection, jobs)


def _plain(job: Job) -> dict[str, Any]:
    """A job without its ID and state, which have columns of their own. ASCII JSON keeps names that are not UTF-8."""
    request = {key: _plain_value(value) for key, value in asdict(job.request).items()}
    error = job.error
    return {
        "request": request,
        "progress": job.progress,
        "result": _plain_result(job.result) if job.result else None,
        "output": str(job.output) if job.output else None,
        "error": {"code": error.code, "template": error.template, "params": _worded(error.params)} if error else None,
        "account": asdict(job.account) if job.account else None,
    }


def _plain_value(value: object) -> object:
    if isinstance(value, frozenset):
        return sorted(value)
    return str(value) if isinstance(value, Path) else value


def _plain_result(result: Result) -> dict[str, Any]:
    return {"path": str(result.path), "bytes": result.bytes, "sha256": result.sha256}


def _worded(params: dict[str, object]) -> dict[str, object]:
    return {key: value if isinstance(value, (int, float)) else str(value) for key, value in params.items()}


def _job(job_id: str, state: str, content: dict[str, Any]) -> Job:
    request: dict[str, Any] = {
        key: Path(value) if key in ("path", "root", "output", "output_file") and value is not None else value
        for key, value in content["request"].items()
    }
    request["own"] = frozenset(request.get("own", ()))
    request["decided"] = _decision(request.get("decided"))
    request["cut"] = _cut(request.get("cut"))
    result, output, error = content["result"], content["output"], content["error"]
    return Job(
        job_id,
        Request(**request),
        JobState(state),
        content["progress"],
        Result(Path(result["path"]), result["bytes"], result["sha256"]) if result else None,
        Path(output) if output else None,
        errors.of_code(error["code"], error["template"], error["params"]) if error else None,
        _account(content.get("account")),
    )


def _account(content: dict[str, Any] | None) -> Account | None:
    if content is None:
        return None
    fidelity = {kind: tuple(Item(**item) for item in items) for kind, items in content["fidelity"].items()}
    decision = _decision(content.get("decision"))
    passes = tuple(content.get("passes", ()))
    return Account(**content | {"fidelity": Fidelity(**fidelity), "decision": decision, "passes": passes})


def _decision(content: dict[str, Any] | None) -> Decision | None:
    return Decision(**content | {"reason": Reason(**content["reason"])}) if content else None


def _cut(content: dict[str, Any] | None) -> Cut | None:
    if content is None:
        return None
    box = content["box"]
    return Cut(float(content["degrees"]), (box[0], box[1], box[2], box[3]) if box else None)
