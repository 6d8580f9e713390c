"""The queue as a pure state machine: jobs, their states, and the moves that are legal."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

import desktop
from desktop.core.errors import RekindleError
from desktop.core.photo.cut import Cut
from desktop.core.photo.metadata.xmp import Provenance
from desktop.core.photo.photo import Coding, Fidelity
from desktop.core.photo.wishes import Wishes

DEFAULT_TEMPLATE = "{stem}_x{scale}"


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
class Reason:
    """Why something was chosen, in a sentence's part: "it is noisy".

    Attributes:
        template: with ``{name}`` fields, in English; the key of its translation.
        params: values of the fields.
    """

    template: str
    params: Mapping[str, int | str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.template.format(**self.params)


@dataclass(frozen=True)
class Decision:
    """What the automatic choice came to for one photo, kept so that doing it again gives the same.

    Attributes:
        model: full model ID.
        strength: None for a model that has none.
        input_bytes, input_mtime_ns: the file it was decided for: another version of it is looked at anew.
    """

    model: str
    strength: int | None
    reason: Reason
    input_bytes: int = 0
    input_mtime_ns: int = 0


@dataclass(frozen=True)
class Request:
    """What is asked for one photo.

    Attributes:
        path: the original.
        root: the folder argument it was found under, whose structure the output keeps; None for a photo named itself.
        model: a family, full model ID or "auto"; None for the default.
        scale: None for the model's own, or the default.
        target: a size in place of the scale, see ``sizes.Target``; empty for none.
        cut: how the photo is turned and cut before it is enlarged; None for not at all.
        engine: an engine's name or "auto".
        precision: "exact" or "fast".
        strength: 0 to 100, for models that have one; None for full, or for what "auto" finds right.
        self_ensemble: whether to take eight times as long for the best quality.
        decided: what "auto" came to for this photo before.
        output: folder for the result; None for beside the original.
        output_file: the exact file to write instead; its suffix has set ``format``.
        format: an output format's name; None for the photo's own.
        quality: 1 to 100.
        existing: "rename", "skip" or "overwrite".
        template: how the result is named, without its suffix.
        keep_structure: whether ``output`` gets the folders that lie between ``root`` and the photo.
        keep_dates: whether the result gets the dates of the original's file.
        lossless: WebP without loss.
        progressive: JPEG in several passes.
        keep_print_size: whether the resolution grows with the pixels, so that it prints as large as before.
        strip_gps: whether what says where the photo was taken is left out.
        provenance: whether the result says that Rekindle enlarged it, and how.
        counter: the photo's number in its batch, for the template.
        reuse: whether a result that is finished already may be copied.
        unattended: whether it came by itself, from a watched folder, and is worked on without the person's word.
        own: names of the fields that were chosen for this photo alone; later changes of the defaults leave them be.
    """

    path: Path
    root: Path | None = None
    model: str | None = None
    scale: int | None = None
    engine: str = "auto"
    precision: str = "fast"
    strength: int | None = None
    self_ensemble: bool = False
    decided: Decision | None = None
    output: Path | None = None
    output_file: Path | None = None
    format: str | None = None
    quality: int = 95
    existing: str = "rename"
    template: str = DEFAULT_TEMPLATE
    keep_structure: bool = True
    keep_dates: bool = False
    lossless: bool = False
    progressive: bool = False
    keep_print_size: bool = False
    strip_gps: bool = False
    provenance: bool = True
    counter: int = 1
    reuse: bool = True
    unattended: bool = False
    own: frozenset[str] = frozenset()
    target: str = ""
    cut: Cut | None = None

    def with_own(self, **choices: object) -> Request:
        """The same, with fields chosen for this photo alone."""
        return replace(self, **choices, own=self.own.union(choices))  # type: ignore[arg-type]

    def with_defaults(self, **choices: object) -> Request:
        """The same, with new defaults for the fields that were not chosen for this photo alone."""
        return replace(self, **{name: value for name, value in choices.items() if name not in self.own})  # type: ignore[arg-type]

    def coding(self, found: Coding) -> Coding:
        """How the result is coded of a photo that was coded so."""
        return replace(
            found, lossless=found.lossless or self.lossless, progressive=found.progressive or self.progressive
        )

    def wishes(self, model: str, scale: float, dpi: float | None = None) -> Wishes:
        """How the result is to be written, once it is known which ``model`` made it how many times larger.

        Args:
            dpi: what its size was reckoned with; None for whatever the photo has.
        """
        software = f"Rekindle {desktop.__version__}"
        return Wishes(
            lossless=self.lossless,
            progressive=self.progressive,
            strip_gps=self.strip_gps,
            dpi_factor=scale if self.keep_print_size else 1.0,
            dpi=dpi,
            provenance=Provenance(software, model, f"{scale:g}") if self.provenance else None,
        )


@dataclass(frozen=True)
class Account:
    """How a photo's work went, for whoever asks later.

    Attributes:
        model: full model ID; of several passes the first one's, empty where no network was needed.
        scale: how many times wider and higher, a whole number where it is one.
        passes: the scales of the network passes, one after the other.
        detail: how much there was in the photo, see ``experience.detail_of``.
        seen_megapixels: what the first network would have seen in the same time, margins of tiles included; 0 where
            that is not known.
        strength: None for a model that has none.
        decision: what "auto" came to; None where it was not asked.
        width, height: of the result in pixels, 0 where there is none.
        input_width, input_height: of the upright original, 0 where it was never opened.
        input_bytes, input_mtime_ns: the original's file as it was read: which version of it this is about.
        seconds: from opening the file to the finished file, pauses not counted.
        cached: whether it was finished already.
        ended: when, in seconds since the epoch.
        load_seconds: loading the network before that; 0 where it was there already.
    """

    model: str = ""
    scale: float = 0
    engine: str = ""
    precision: str = ""
    width: int = 0
    height: int = 0
    input_width: int = 0
    input_height: int = 0
    seconds: float = 0.0
    ended: float = 0.0
    fidelity: Fidelity = field(default_factory=Fidelity)
    input_bytes: int = 0
    input_mtime_ns: int = 0
    load_seconds: float = 0.0
    strength: int | None = None
    self_ensemble: bool = False
    cached: bool = False
    decision: Decision | None = None
    passes: tuple[int, ...] = ()
    seen_megapixels: float = 0.0
    detail: float = 1.0


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
        output, error, account: come with the ending.
    """

    id: str
    request: Request
    state: JobState = JobState.WAITING
    progress: float = 0.0
    result: Result | None = None
    output: Path | None = None
    error: RekindleError | None = None
    account: Account | None = None

    @property
    def path(self) -> Path:
        return self.request.path


class Queue:
    """Jobs in order. Not thread-safe: it belongs to whoever shows it."""

    def __init__(self, new_id: Callable[[], str] = lambda: uuid.uuid4().hex) -> None:
        self._jobs: dict[str, Job] = {}
        self._counts: Counter[JobState] = Counter()
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

    def count(self, *states: JobState) -> int:
        """How many jobs are in one of these states; takes the same time whatever the queue's length."""
        return sum(self._counts[state] for state in states)

    def restore(self, jobs: Iterable[Job]) -> None:
        """Takes jobs as they were recorded; none of them may be under way."""
        for job in jobs:
            if job.state in ACTIVE:
                raise IllegalMoveError("a job cannot be under way before it is started")
            self._keep(job)

    def add(self, requests: Iterable[Request]) -> list[Job]:
        return [self._keep(Job(self._new_id(), request)) for request in requests]

    def next_waiting(self, *, unattended: bool = False) -> Job | None:
        """The first job that waits; with ``unattended`` the first of those that came by themselves."""
        if not self.count(JobState.WAITING):
            return None
        waiting = (job for job in self._jobs.values() if job.state is JobState.WAITING)
        return next((job for job in waiting if job.request.unattended or not unattended), None)

    def active(self) -> Job | None:
        if not self.count(*ACTIVE):
            return None
        return next(job for job in self._jobs.values() if job.state in ACTIVE)

    def move(
        self,
        job_id: str,
        state: JobState,
        *,
        output: Path | None = None,
        result: Result | None = None,
        error: RekindleError | None = None,
        account: Account | None = None,
    ) -> Job:
        """Takes a job to another state. Raises IllegalMoveError, and KeyError for an unknown job."""
        job = self._jobs[job_id]
        if state not in _LEGAL[job.state]:
            raise IllegalMoveError(f"{job.state} -> {state}")
        if state is JobState.WAITING:
            moved = replace(job, state=state, progress=0.0, output=None, result=None, error=None, account=None)
        elif state in ENDINGS:
            progress = 1.0 if state is JobState.DONE else job.progress
            moved = replace(
                job, state=state, progress=progress, output=output, result=result, error=error, account=account
            )
        else:
            moved = replace(job, state=state)
        return self._keep(moved)

    def progressed(self, job_id: str, progress: float) -> Job:
        """Notes progress, which never runs backwards."""
        job = self._jobs[job_id]
        return self._keep(replace(job, progress=max(job.progress, min(1.0, progress))))

    def change(self, job_id: str, request: Request) -> Job:
        """Gives a waiting job another request. Raises IllegalMoveError for one that has begun."""
        job = self._jobs[job_id]
        if job.state is not JobState.WAITING:
            raise IllegalMoveError(f"a {job.state} job keeps its request")
        return self._keep(replace(job, request=request))

    def arrange(self, job_ids: Sequence[str]) -> None:
        """Puts the queue into this order. Raises ValueError where it is not the same jobs."""
        if len(job_ids) != len(self._jobs) or set(job_ids) != self._jobs.keys():
            raise ValueError("an order has to name every job once")
        self._jobs = {job_id: self._jobs[job_id] for job_id in job_ids}

    def remove(self, job_id: str) -> Job:
        """Takes a job out. Raises IllegalMoveError for one that is being worked on."""
        if self._jobs[job_id].state in ACTIVE:
            raise IllegalMoveError("a job under way has to be cancelled first")
        job = self._jobs.pop(job_id)
        self._counts[job.state] -= 1
        return job

    def _keep(self, job: Job) -> Job:
        before = self._jobs.get(job.id)
        if before is not None:
            self._counts[before.state] -= 1
        self._counts[job.state] += 1
        self._jobs[job.id] = job
        return job
