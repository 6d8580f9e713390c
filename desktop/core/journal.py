"""The queue on disk, so that neither a crash nor a power cut loses a photo.

One SQLite file in WAL mode, written by one thread, opened by one window at a time. A job is recorded at every move;
what it is about to write is recorded before the file takes its name. After a crash, a job that was under way is done if
the very file it was about to write is there, and waits again if not: nothing is lost and nothing is done twice.
"""

from __future__ import annotations

import contextlib
import json
import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import filelock

from desktop.core import errors, files
from desktop.core.jobs import ACTIVE, Job, JobState, Request, Result
from desktop.core.pipeline import result_folder

logger = logging.getLogger(__name__)

VERSION = 1
_FILE = "queue.sqlite3"
_BUSY_S = 5.0
Then = Callable[[], None]
Notice = Callable[[errors.RekindleError], None]


class Record(Protocol):
    """What keeps a queue. ``then`` is called from any thread once it is kept, or will not be for a reason told."""

    def put(self, jobs: Sequence[Job], then: Then) -> None: ...

    def forget(self, job_ids: Sequence[str], then: Then) -> None: ...

    def arrange(self, job_ids: Sequence[str], then: Then) -> None: ...

    def promise(self, job_id: str, result: Result) -> None:
        """Notes what a job is about to write; returns when that is safe on disk."""
        ...

    def close(self) -> None: ...


class Unrecorded:
    """Keeps nothing: for a second window on the same folder, and where the journal cannot be opened."""

    def put(self, jobs: Sequence[Job], then: Then) -> None:
        then()

    def forget(self, job_ids: Sequence[str], then: Then) -> None:
        then()

    def arrange(self, job_ids: Sequence[str], then: Then) -> None:
        then()

    def promise(self, job_id: str, result: Result) -> None:
        pass

    def close(self) -> None:
        pass


@dataclass(frozen=True)
class Opened:
    """A journal and what it held.

    Attributes:
        record: where the queue is kept from now on.
        jobs: the queue as it was left, none of it under way.
        notice: what the person should know, if anything.
    """

    record: Record
    jobs: list[Job]
    notice: errors.RekindleError | None = None


def open_journal(folder: Path, notice: Notice) -> Opened:
    """Opens the queue kept in ``folder``, making it where there is none.

    A damaged one, or one of a newer Rekindle, is set aside, never deleted. Where another window has it, or the disk
    refuses, the queue works without being kept, and the person is told.

    Args:
        notice: told later, from the journal's thread, when something can no longer be recorded.
    """
    lock = filelock.FileLock(folder / "lock", thread_local=False)  # released on the journal's thread
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except filelock.Timeout:
        return Opened(
            Unrecorded(),
            [],
            errors.InternalError(
                "Another Rekindle window keeps the queue. This one will forget its own when it closes."
            ),
        )
    except OSError as error:
        return Opened(Unrecorded(), [], _not_kept(error))
    try:
        connection, jobs, aside = _load_or_set_aside(folder)
    except (OSError, sqlite3.Error) as error:
        lock.release()
        return Opened(Unrecorded(), [], _not_kept(error))
    told = errors.InternalError(
        "The queue from last time could not be read. It was set aside as “{name}”.", name=str(aside)
    )
    journal = Journal(connection, lock, notice)
    recovered = [recover(job) for job in jobs]
    journal.put([new for new, old in zip(recovered, jobs, strict=True) if new != old], lambda: None)
    return Opened(journal, recovered, told if aside else None)


def recover(job: Job) -> Job:
    """A job as it stands after whatever happened: done, if what it was about to write is there; else waiting."""
    if job.state not in ACTIVE:
        return job
    with contextlib.suppress(OSError):
        files.remove_abandoned(result_folder(job.request))
    if job.result is not None and is_there(job.result):
        return replace(job, state=JobState.DONE, progress=1.0, output=job.result.path)
    return replace(job, state=JobState.WAITING, progress=0.0, result=None)


def is_there(result: Result) -> bool:
    """Whether the very file that was written is on disk."""
    try:
        return result.path.stat().st_size == result.bytes and files.sha256_of(result.path) == result.sha256
    except OSError:
        return False


class Journal:
    """Writes the queue on a thread of its own, several requests in one transaction where they come quickly."""

    def __init__(self, connection: sqlite3.Connection, lock: filelock.BaseFileLock, notice: Notice) -> None:
        self._connection = connection
        self._lock = lock
        self._notice = notice
        self._complained = False
        self._todo: queue.SimpleQueue[tuple[Callable[[sqlite3.Connection], None], Then] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write, name="journal", daemon=True)
        self._thread.start()

    def put(self, jobs: Sequence[Job], then: Then) -> None:
        def write(connection: sqlite3.Connection) -> None:
            rows = [(job.id, job.state.value, json.dumps(_plain(job))) for job in jobs]
            connection.executemany(
                "INSERT INTO job (id, state, content) VALUES (?, ?, ?) "
                "ON CONFLICT (id) DO UPDATE SET state = excluded.state, content = excluded.content",
                rows,
            )

        self._todo.put((write, then))

    def forget(self, job_ids: Sequence[str], then: Then) -> None:
        ids = [(job_id,) for job_id in job_ids]
        self._todo.put((lambda connection: _delete(connection, ids), then))

    def arrange(self, job_ids: Sequence[str], then: Then) -> None:
        """Keeps the queue in this order from now on."""

        def write(connection: sqlite3.Connection) -> None:
            # By way of negative numbers, because no two jobs may have one number even for a moment.
            numbered = [(-number, job_id) for number, job_id in enumerate(job_ids, start=1)]
            connection.executemany("UPDATE job SET number = ? WHERE id = ?", numbered)
            connection.execute("UPDATE job SET number = -number WHERE number < 0")

        self._todo.put((write, then))

    def promise(self, job_id: str, result: Result) -> None:
        noted = threading.Event()

        def write(connection: sqlite3.Connection) -> None:
            row = connection.execute("SELECT content FROM job WHERE id = ?", (job_id,)).fetchone()
            if row is not None:
                content = json.loads(row[0]) | {"result": _plain_result(result)}
                connection.execute("UPDATE job SET content = ? WHERE id = ?", (json.dumps(content), job_id))

        self._todo.put((write, noted.set))
        noted.wait()

    def close(self) -> None:
        """Writes what was asked for and gives the folder free."""
        self._todo.put(None)
        self._thread.join()

    def _write(self) -> None:
        open_for_more = True
        while open_for_more:
            batch = [self._todo.get()]
            while not self._todo.empty():
                batch.append(self._todo.get())
            open_for_more = None not in batch
            wanted = [entry for entry in batch if entry is not None]
            self._commit([write for write, _ in wanted])
            for _, then in wanted:
                with contextlib.suppress(RuntimeError):  # a window that is gone need not be told
                    then()
        self._connection.close()
        self._lock.release()

    def _commit(self, writes: Iterable[Callable[[sqlite3.Connection], None]]) -> None:
        try:
            with self._connection:
                for write in writes:
                    write(self._connection)
        except sqlite3.Error as error:
            logger.exception("The queue could not be recorded")
            if not self._complained:  # once; the work itself goes on
                self._complained = True
                self._notice(_not_kept(error))


def _not_kept(error: Exception) -> errors.RekindleError:
    return errors.NoSpaceError(
        "The queue cannot be kept on disk ({reason}). Photos are enhanced all the same, but the list is lost when "
        "Rekindle closes.",
        reason=str(error),
    )


def _load_or_set_aside(folder: Path) -> tuple[sqlite3.Connection, list[Job], Path | None]:
    path = folder / _FILE
    try:
        return *_load(path), None
    except (sqlite3.DatabaseError, ValueError, KeyError, TypeError) as error:
        if isinstance(error, sqlite3.OperationalError) and "malformed" not in str(error):
            raise  # locked, read-only, full: nothing is wrong with what is in it
        logger.exception("The queue in %s cannot be read", path)
    aside = folder / "damaged" / time.strftime("%Y%m%d-%H%M%S")
    aside.mkdir(parents=True, exist_ok=True)
    for part in (path, path.with_name(_FILE + "-wal"), path.with_name(_FILE + "-shm")):
        if part.exists():
            part.replace(aside / part.name)
    return *_load(path), aside


def _load(path: Path) -> tuple[sqlite3.Connection, list[Job]]:
    # Opened here and used on the journal's thread only from then on.
    connection = sqlite3.connect(path, timeout=_BUSY_S, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version == 0:
            with connection:
                connection.execute(
                    "CREATE TABLE IF NOT EXISTS job "
                    "(number INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, state TEXT NOT NULL, content TEXT NOT NULL)"
                )
                connection.execute(f"PRAGMA user_version = {VERSION}")
        elif version != VERSION:
            raise ValueError(f"written by another Rekindle (version {version})")
        if connection.execute("PRAGMA quick_check").fetchone() != ("ok",):
            raise sqlite3.DatabaseError("quick_check failed")
        rows = connection.execute("SELECT id, state, content FROM job ORDER BY number").fetchall()
        return connection, [_job(job_id, state, json.loads(content)) for job_id, state, content in rows]
    except BaseException:
        connection.close()
        raise


def _delete(connection: sqlite3.Connection, ids: list[tuple[str]]) -> None:
    connection.executemany("DELETE FROM job WHERE id = ?", ids)


def _plain(job: Job) -> dict[str, Any]:
    """A job without its ID and state, which have columns of their own. ASCII JSON keeps names that are not UTF-8."""
    request = {key: str(value) if isinstance(value, Path) else value for key, value in asdict(job.request).items()}
    error = job.error
    return {
        "request": request,
        "progress": job.progress,
        "result": _plain_result(job.result) if job.result else None,
        "output": str(job.output) if job.output else None,
        "error": {"code": error.code, "template": error.template, "params": _worded(error.params)} if error else None,
    }


def _plain_result(result: Result) -> dict[str, Any]:
    return {"path": str(result.path), "bytes": result.bytes, "sha256": result.sha256}


def _worded(params: dict[str, object]) -> dict[str, object]:
    return {key: value if isinstance(value, (int, float)) else str(value) for key, value in params.items()}


def _job(job_id: str, state: str, content: dict[str, Any]) -> Job:
    request: dict[str, Any] = {
        key: Path(value) if key in ("path", "root", "output", "output_file") and value is not None else value
        for key, value in content["request"].items()
    }
    result, output, error = content["result"], content["output"], content["error"]
    return Job(
        job_id,
        Request(**request),
        JobState(state),
        content["progress"],
        Result(Path(result["path"]), result["bytes"], result["sha256"]) if result else None,
        Path(output) if output else None,
        errors.of_code(error["code"], error["template"], error["params"]) if error else None,
    )
