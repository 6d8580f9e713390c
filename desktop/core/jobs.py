"""The queue as a pure state machine: jobs, their states, and the moves that are legal."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from desktop.core.errors import RekindleError


class JobState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


ENDINGS = frozenset({JobState.DONE, JobState.FAILED, JobState.SKIPPED, JobState.CANCELLED})
ACTIVE = frozenset({JobState.RUNNING, JobState.PAUSED})

_LEGAL = {
    JobState.WAITING: frozenset({JobState.RUNNING, JobState.CANCELLED}),
    JobState.RUNNING: ENDINGS | {JobState.PAUSED},
    JobState.PAUSED: ENDINGS | {JobState.RUNNING},
    # A photo that has ended may be tried again, and nothing else.
    **{ending: frozenset({JobState.WAITING}) for ending in ENDINGS},
}


class IllegalMoveError(ValueError):
    """A move the state machine does not know: a mistake in the program, not of the person."""


@dataclass(frozen=True)
class Request:
    """What is asked for one photo.

    Attributes:
        path: the original.
        root: the folder argument it was found under, whose structure the output keeps; None for a photo named itself.
        model: a family or full model ID.
        scale: None for the model's own, or the default.
        engine: an engine's name or "auto".
        output: folder for the result; None for beside the original.
        output_file: the exact file to write instead; its suffix has set ``format``.
        format: an output format's name; None for the photo's own.
        quality: 1 to 100.
        existing: "rename", "skip" or "overwrite".
    """

    path: Path
    root: Path | None = None
    model: str | None = None
    scale: int | None = None
    engine: str = "auto"
    output: Path | None = None
    output_file: Path | None = None
    format: str | None = None
    quality: int = 95
    existing: str = "rename"


@dataclass(frozen=True)
class Result:
    """A finished file as it appears, or is about to: enough to know it again."""

    path: Path
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Job:
    """One photo in the queue.

    Attributes:
        progress: 0..1.
        result: what was written, noted before the file took its name.
        output, error: come with the ending.
    """

    id: str
    request: Request
    state: JobState = JobState.WAITING
    progress: float = 0.0
    result: Result | None = None
    output: Path | None = None
    error: RekindleError | None = None

    @property
    def path(self) -> Path:
        return self.request.path


def shifted(order: Sequence[str], chosen: Collection[str], rows: int) -> list[str]:
    """An order in which the chosen stand so many rows further up (negative) or down, together and within bounds."""
    result = list(order)
    for name in order if rows < 0 else reversed(order):
        if name in chosen:
            row = result.index(name)
            to = row + rows
            if 0 <= to < len(result) and result[to] not in chosen:
                result.insert(to, result.pop(row))
    return result


def put_first(jobs: Sequence[Job], chosen: Collection[str]) -> list[str]:
    """The IDs in an order in which the chosen come before all others that wait; what has begun stays where it is."""
    waiting = [job.id for job in jobs if job.state is JobState.WAITING]
    ahead = iter(sorted(waiting, key=lambda job_id: job_id not in chosen))
    return [next(ahead) if job.state is JobState.WAITING else job.id for job in jobs]


class Queue:
    """Jobs in order. Not thread-safe: it belongs to whoever shows it."""

    def __init__(self, new_id: Callable[[], str] = lambda: uuid.uuid4().hex) -> None:
        self._jobs: dict[str, Job] = {}
        self._new_id = new_id

    def __len__(self) -> int:
        return len(self._jobs)

    @property
    def jobs(self) -> tuple[Job, ...]:
        return tuple(self._jobs.values())

    def __getitem__(self, job_id: str) -> Job:
        return self._jobs[job_id]

    def get(self, job_id: str) -> Job | None:
        return self._jobs.get(job_id)

    def restore(self, jobs: Iterable[Job]) -> None:
        """Takes jobs as they were recorded; none of them may be under way."""
        for job in jobs:
            if job.state in ACTIVE:
                raise IllegalMoveError("a job cannot be under way before it is started")
            self._jobs[job.id] = job

    def add(self, requests: Iterable[Request]) -> list[Job]:
        added = [Job(self._new_id(), request) for request in requests]
        self._jobs.update((job.id, job) for job in added)
        return added

    def next_waiting(self) -> Job | None:
        return next((job for job in self._jobs.values() if job.state is JobState.WAITING), None)

    def active(self) -> Job | None:
        return next((job for job in self._jobs.values() if job.state in ACTIVE), None)

    def move(
        self,
        job_id: str,
        state: JobState,
        *,
        output: Path | None = None,
        result: Result | None = None,
        error: RekindleError | None = None,
    ) -> Job:
        """Takes a job to another state. Raises IllegalMoveError, and KeyError for an unknown job."""
        job = self._jobs[job_id]
        if state not in _LEGAL[job.state]:
            raise IllegalMoveError(f"{job.state} -> {state}")
        if state is JobState.WAITING:
            moved = replace(job, state=state, progress=0.0, output=None, result=None, error=None)
        elif state in ENDINGS:
            progress = 1.0 if state is JobState.DONE else job.progress
            moved = replace(job, state=state, progress=progress, output=output, result=result, error=error)
        else:
            moved = replace(job, state=state)
        self._jobs[job_id] = moved
        return moved

    def progressed(self, job_id: str, progress: float) -> Job:
        """Notes progress, which never runs backwards."""
        job = self._jobs[job_id]
        moved = replace(job, progress=max(job.progress, min(1.0, progress)))
        self._jobs[job_id] = moved
        return moved

    def change(self, job_id: str, request: Request) -> Job:
        """Gives a waiting job another request. Raises IllegalMoveError for one that has begun."""
        job = self._jobs[job_id]
        if job.state is not JobState.WAITING:
            raise IllegalMoveError(f"a {job.state} job keeps its request")
        self._jobs[job_id] = replace(job, request=request)
        return self._jobs[job_id]

    def arrange(self, job_ids: Sequence[str]) -> None:
        """Puts the queue into this order. Raises ValueError where it is not the same jobs."""
        if len(job_ids) != len(self._jobs) or set(job_ids) != self._jobs.keys():
            raise ValueError("an order has to name every job once")
        self._jobs = {job_id: self._jobs[job_id] for job_id in job_ids}

    def remove(self, job_id: str) -> Job:
        """Takes a job out. Raises IllegalMoveError for one that is being worked on."""
        if self._jobs[job_id].state in ACTIVE:
            raise IllegalMoveError("a job under way has to be cancelled first")
        return self._jobs.pop(job_id)
