"""The queue on disk, so that neither a crash nor a power cut loses a photo.

One file (``queue_file``), written by one thread, opened by one window at a time. A job is recorded at every move; what
it is about to write is recorded before the file takes its name. After a crash, a job that was under way is done if the
very file it was about to write is there, and waits again if not: nothing is lost and nothing is done twice.

Where the file cannot be written for a while, because another program locks it, the disk is full or gone, the work goes
on and is recorded as soon as that is possible again.
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, TypeVar

import filelock

from desktop.core import errors, files, queue_file, queue_trouble
from desktop.core.jobs import ACTIVE, Job, JobState, Result
from desktop.core.naming import result_folder
from desktop.core.queue_file import Write

logger = logging.getLogger(__name__)

# How long another program may hold the file before the window goes on without it, and while it is being waited for.
_BUSY_S, _STILL_BUSY_S = 2.0, 0.2
# How long until the next attempt: a little longer after each.
_RETRY_S, _LONGEST_PAUSE_S = 2.0, 30.0
T = TypeVar("T")
Then = Callable[[], None]
Notice = Callable[[errors.RekindleError], None]
Jobs = dict[str, Job]


class Record(Protocol):
    """What keeps a queue. ``then`` is called from any thread once it is kept, or will not be for a reason told."""

    @property
    def keeps(self) -> bool:
        """Whether anything outlives the window."""
        ...

    def put(self, jobs: Sequence[Job], then: Then, also: Write | None = None) -> None:
        """Keeps jobs as they stand. ``also`` is written in the same transaction: both are kept, or neither."""
        ...

    def ask(self, query: Callable[[sqlite3.Connection], T], then: Callable[[T | None], None]) -> None:
        """Reads, or writes and reads; ``then`` gets the answer, None where it could not be had or kept."""
        ...

    def forget(self, job_ids: Sequence[str], then: Then) -> None: ...

    def arrange(self, job_ids: Sequence[str], then: Then) -> None: ...

    def promise(self, job_id: str, result: Result) -> None:
        """Notes what a job is about to write; returns when that is safe on disk."""
        ...

    def close(self) -> None: ...


class Unrecorded:
    """Keeps nothing: for a second window on the same folder, and where the journal cannot be opened."""

    keeps = False

    def put(self, jobs: Sequence[Job], then: Then, also: Write | None = None) -> None:
        then()

    def ask(self, query: Callable[[sqlite3.Connection], T], then: Callable[[T | None], None]) -> None:
        then(None)

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
        notice: told later, from the journal's thread, when something can no longer be recorded, and when it can again.
    """
    lock = filelock.FileLock(folder / "lock", thread_local=False)  # released on the journal's thread
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except filelock.Timeout:
        return Opened(Unrecorded(), [], queue_trouble.ANOTHER_WINDOW)
    except OSError as error:
        return Opened(Unrecorded(), [], queue_trouble.not_kept(error, folder))
    path = folder / queue_file.NAME
    try:
        connection, jobs, aside = queue_file.open_or_set_aside(path, _BUSY_S)
    except (OSError, sqlite3.Error) as error:
        lock.release()
        return Opened(Unrecorded(), [], queue_trouble.cannot_open(error, path))
    journal = Journal(path, connection, jobs, lock, notice)
    recovered = [recover(job) for job in jobs]
    journal.put([new for new, old in zip(recovered, jobs, strict=True) if new != old], lambda: None)
    return Opened(journal, recovered, queue_trouble.begun_anew(aside) if aside else None)


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


@dataclass(frozen=True)
class _Entry:
    """Something to record.

    Attributes:
        note: the same on the queue in memory.
        write: on the file.
        also: what else belongs into the same transaction.
        then: called when it is recorded, or cannot be.
    """

    note: Callable[[Jobs], None]
    write: Write
    then: Then
    also: Write | None = None


@dataclass(frozen=True)
class _Question:
    """Something to read, with ``then`` for whatever comes of it."""

    read: Write
    then: Then


class Journal:
    """Writes the queue on a thread of its own, several requests in one transaction where they come quickly.

    It holds the queue in memory too, so that after any trouble with the file all of it can be written anew.
    """

    keeps = True

    def __init__(
        self,
        path: Path,
        connection: sqlite3.Connection,
        jobs: Sequence[Job],
        lock: filelock.BaseFileLock,
        notice: Notice,
    ) -> None:
        self._path = path
        self._lock = lock
        self._notice = notice
        self._todo: queue.SimpleQueue[_Entry | _Question | None] = queue.SimpleQueue()
        # From here on of the journal's thread alone.
        self._connection: sqlite3.Connection | None = connection
        self._file = _identity(path)
        self._jobs: Jobs = {job.id: job for job in jobs}
        self._owed: list[Write] = []
        self._retry_at: float | None = None  # while the file is behind the memory
        self._pause_s = _RETRY_S
        self._thread = threading.Thread(target=self._write, name="journal", daemon=True)
        self._thread.start()

    def put(self, jobs: Sequence[Job], then: Then, also: Write | None = None) -> None:
        self._todo.put(
            _Entry(
                lambda kept: kept.update((job.id, job) for job in jobs),
                lambda connection: queue_file.put(connection, jobs),
                then,
                also,
            )
        )

    def ask(self, query: Callable[[sqlite3.Connection], T], then: Callable[[T | None], None]) -> None:
        answers: list[T] = []

        def read(connection: sqlite3.Connection) -> None:
            with connection:
                answer = query(connection)
            answers.append(answer)

        self._todo.put(_Question(read, lambda: then(answers[0] if answers else None)))

    def forget(self, job_ids: Sequence[str], then: Then) -> None:
        def note(kept: Jobs) -> None:
            for job_id in job_ids:
                kept.pop(job_id, None)

        self._todo.put(_Entry(note, lambda connection: queue_file.forget(connection, job_ids), then))

    def arrange(self, job_ids: Sequence[str], then: Then) -> None:
        """Keeps the queue in this order from now on."""

        def note(kept: Jobs) -> None:
            ordered = {job_id: kept.pop(job_id) for job_id in job_ids if job_id in kept}
            kept.update(ordered)

        self._todo.put(_Entry(note, lambda connection: queue_file.arrange(connection, job_ids), then))

    def promise(self, job_id: str, result: Result) -> None:
        noted = threading.Event()

        def note(kept: Jobs) -> None:
            if job_id in kept:
                kept[job_id] = replace(kept[job_id], result=result)

        self._todo.put(_Entry(note, lambda connection: queue_file.promise(connection, job_id, result), noted.set))
        noted.wait()

    def close(self) -> None:
        """Writes what was asked for and gives the folder free."""
        self._todo.put(None)
        self._thread.join()

    def _write(self) -> None:
        open_for_more = True
        while open_for_more:
            batch = self._next_batch()
            open_for_more = None not in batch
            entries = [entry for entry in batch if isinstance(entry, _Entry)]
            self._record(entries, last=not open_for_more)
            for wanted in batch:
                if isinstance(wanted, _Question):
                    self._answer(wanted)
                if wanted is not None:
                    with contextlib.suppress(RuntimeError):  # a window that is gone need not be told
                        wanted.then()
        self._disconnect()
        self._lock.release()

    def _next_batch(self) -> list[_Entry | _Question | None]:
        """What has been asked for, up to the first question after something to record: it sees what came before."""
        try:
            batch = [self._todo.get(timeout=None if self._retry_at is None else self._pause_s)]
        except queue.Empty:
            return []
        while batch[-1] is not None and not isinstance(batch[-1], _Question) and not self._todo.empty():
            batch.append(self._todo.get())
        return batch

    def _answer(self, question: _Question) -> None:
        if self._connection is None:
            return
        try:
            question.read(self._connection)
        except Exception:  # whoever asked is told by getting no answer
            logger.exception("The journal could not answer")

    def _record(self, entries: Sequence[_Entry], *, last: bool) -> None:
        for entry in entries:
            entry.note(self._jobs)
        self._owed += [entry.also for entry in entries if entry.also is not None]
        behind = self._retry_at is not None
        if self._retry_at is not None and time.monotonic() < self._retry_at and not last:
            return
        try:
            self._write_down(entries)
        except Exception as error:  # the thread must outlive it: others wait for their answer
            logger.exception("The queue could not be recorded")
            self._pause_s = min(2 * self._pause_s, _LONGEST_PAUSE_S) if behind else _RETRY_S
            self._retry_at = time.monotonic() + self._pause_s
            if not behind:  # once; the work itself goes on
                self._tell(queue_trouble.not_kept(error, self._path.parent))
            return
        self._owed.clear()
        self._retry_at = None
        if behind:
            logger.info("The queue is recorded again")
            self._tell(queue_trouble.KEPT_AGAIN)

    def _write_down(self, entries: Sequence[_Entry]) -> None:
        try:
            if self._retry_at is not None or self._file != _identity(self._path):
                self._write_anew()
            else:
                self._transact([*(entry.write for entry in entries), *self._owed])
        except sqlite3.DatabaseError as error:
            if not queue_file.is_damage(error):
                raise
            logger.exception("The queue in %s was damaged", self._path)
            self._write_anew(spoiled=True)

    def _write_anew(self, *, spoiled: bool = False) -> None:
        """All of it, into the file, or into a new one where it is ``spoiled``, gone, or no longer the one we opened."""
        self._disconnect()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.stat(self._lock.lock_file)
        except FileNotFoundError:  # gone with the folder, and with it our claim
            self._lock.release(force=True)
            self._lock.acquire(timeout=0)
        spoiled = spoiled or _identity(self._path) not in (None, self._file)
        aside = queue_file.set_aside(self._path) if spoiled else None
        self._connection, _, damaged = queue_file.open_or_set_aside(self._path, _STILL_BUSY_S)
        self._file = _identity(self._path)
        if aside or damaged:
            self._tell(queue_trouble.written_anew(aside or damaged))
        self._transact([lambda connection: queue_file.replace_all(connection, self._jobs.values()), *self._owed])
        self._connection.execute(f"PRAGMA busy_timeout = {int(_BUSY_S * 1000)}")

    def _transact(self, writes: Sequence[Write]) -> None:
        assert self._connection is not None
        with self._connection:
            for write in writes:
                write(self._connection)

    def _tell(self, notice: errors.RekindleError) -> None:
        with contextlib.suppress(RuntimeError):  # a window that is gone need not be told
            self._notice(notice)

    def _disconnect(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None


def _identity(path: Path) -> tuple[int, int] | None:
    """What tells a file from another of the same name; None where there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino
