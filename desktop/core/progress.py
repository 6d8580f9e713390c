"""How far a batch is, and how long the rest will take."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from desktop.core.experience import Learned, Lesson
from desktop.core.forecast import Forecaster
from desktop.core.jobs import ACTIVE, ENDINGS, Job, JobState
from desktop.core.photo.looks import Size
from desktop.core.throughput import Speed, factor, novelty
from desktop.core.workload import Kind, Work

# From this part of a photo on its own progress tells how long it takes, at first a little, then nothing else does.
_TELLING, _CERTAIN = 0.05, 0.5
# What is shown follows what is known within so many seconds, or this share of the time that is left.
_FOLLOW_S, _FOLLOW_SHARE = 2.0, 0.1
# The first photos that are done say so much that what is shown need not wait for it.
_TELLING_PHOTOS = 2
_LEAST_S = 1.0
_USUAL_MEGAPIXELS = 1.0
WAITING = JobState.WAITING


@dataclass(frozen=True)
class BatchProgress:
    """A batch at one moment.

    Attributes:
        finished, total: photos; ``finished`` are the four endings together.
        part: 0..1 of the time, never less than before.
        remaining_s: None while it cannot be told; above 0 while there is anything to do.
        elapsed_s: pauses not counted.
        current: the job under way, if there is one, and ``current_s`` how long it will still take, where that is known.
    """

    finished: int = 0
    total: int = 0
    part: float = 0.0
    remaining_s: float | None = None
    elapsed_s: float = 0.0
    done: int = 0
    failed: int = 0
    skipped: int = 0
    cancelled: int = 0
    current: str | None = None
    current_s: float | None = None


@dataclass(frozen=True)
class _Entry:
    """A photo of the run as it was noted last."""

    job: Job
    work: Work


@dataclass
class _Sum:
    """Photos of one kind that wait; megapixels, and photos whose size is unknown, as often as the network sees them."""

    count: int = 0
    unknown: int = 0
    megapixels: float = 0.0
    beside_s: float = 0.0


@dataclass
class _Current:
    """The photo under way. Times on the run's clock.

    Attributes:
        started: when it began; ``opened`` when its own work did, which the network's loading comes before.
        seen: when it last got on.
    """

    entry: _Entry
    loads: bool
    started: float
    opened: float | None
    seen: float


class BatchClock:
    """Measures one run over the queue and foretells its rest.

    Every photo weighs the seconds it is predicted to take; this run's own photos, and the progress of the one under
    way, say how far the prediction has to be corrected. Each note costs the same however long the queue is.
    """

    def __init__(self, now: Callable[[], float], forecaster: Forecaster, sizes: Mapping[str, Size]) -> None:
        """
        Args:
            sizes: of the originals, by job; may grow, see ``measured``.
        """
        self._now = now
        self._forecaster = forecaster
        self._sizes = sizes
        self._before = Learned()
        self._run = Learned()
        self._speeds = _Speeds(forecaster, self._before, self._run)
        self._entries: dict[str, _Entry] = {}
        self._waiting: dict[Kind, _Sum] = defaultdict(_Sum)
        self._counts: Counter[JobState] = Counter()
        self._known = [0, 0.0]  # how many sizes are known, and their megapixels together
        self._current: _Current | None = None
        self._loaded: Kind | None = None
        self._worked = 0.0
        self._since: float | None = None
        self._shown = _Shown()

    @property
    def elapsed_s(self) -> float:
        """Seconds worked since ``begin``, pauses not counted."""
        return self._worked + (self._now() - self._since if self._since is not None else 0.0)

    @property
    def running(self) -> bool:
        return self._since is not None

    def begin(self, jobs: Iterable[Job]) -> None:
        """A new run over these photos."""
        self._before, self._run = self._forecaster.learned, Learned()
        self._speeds = _Speeds(self._forecaster, self._before, self._run)
        self._entries.clear()
        self._waiting.clear()
        self._counts.clear()
        self._known = [0, 0.0]
        self._current = None
        self._shown = _Shown()
        self._worked = 0.0
        self._since = self._now()
        self.include(jobs)

    def include(self, jobs: Iterable[Job]) -> None:
        """Photos that join the run under way, or go through it once more."""
        for job in jobs:
            self._take(job, self._work(job))

    def hold(self) -> None:
        self._worked = self.elapsed_s
        self._since = None

    def go_on(self) -> None:
        if self._since is None:
            self._since = self._now()

    def note(self, job: Job) -> None:
        """Takes a photo of the run as it is now; others are passed over."""
        known = self._entries.get(job.id)
        if known is not None:
            self._take(job, known.work if known.job.request is job.request else self._work(job))

    def measured(self, job_ids: Iterable[str]) -> None:
        """Photos whose sizes have become known."""
        for job_id in job_ids:
            entry = self._entries.get(job_id)
            if entry is not None:
                self._take(entry.job, self._work(entry.job))

    def forget(self, job_ids: Iterable[str]) -> None:
        """Photos that have left the queue."""
        for job_id in job_ids:
            entry = self._entries.pop(job_id, None)
            if entry is not None:
                self._count(entry, -1)
                self._shown.release()

    def progress(self) -> BatchProgress:
        """Where the run stands. What is shown follows what is known smoothly: ask often."""
        elapsed = self.elapsed_s
        current_s, rest_s, sure = self._remaining(elapsed)
        left = self._counts[WAITING] + sum(self._counts[state] for state in ACTIVE)
        raw = max(_LEAST_S, current_s + rest_s) if left else 0.0
        part, remaining = self._shown.follow(elapsed, raw, self._counts[JobState.DONE], sure)
        current = self._current.entry.job.id if self._current else None
        return BatchProgress(
            finished=len(self._entries) - left,
            total=len(self._entries),
            part=part,
            remaining_s=(max(_LEAST_S, remaining) if left else 0.0) if sure else None,
            elapsed_s=elapsed,
            done=self._counts[JobState.DONE],
            failed=self._counts[JobState.FAILED],
            skipped=self._counts[JobState.SKIPPED],
            cancelled=self._counts[JobState.CANCELLED],
            current=current,
            current_s=max(_LEAST_S, current_s) if current and sure else None,
        )

    def _work(self, job: Job) -> Work:
        return self._forecaster.work(job.request, self._sizes.get(job.id))

    def _take(self, job: Job, work: Work) -> None:
        entry, known = _Entry(job, work), self._entries.get(job.id)
        if known is None or known.job.state in ENDINGS or job.state is JobState.CANCELLED:
            self._shown.release()
        self._entries[job.id] = entry
        if known is not None:
            self._count(known, -1)
        self._count(entry, +1)
        self._follow(entry, known)

    def _count(self, entry: _Entry, by: int) -> None:
        work = entry.work
        self._counts[entry.job.state] += by
        if work.megapixels:
            self._known[0] += by
            self._known[1] += by * work.megapixels
        if entry.job.state is WAITING and work.kind is not None:
            together = self._waiting[work.kind]
            together.count += by
            together.unknown += by * work.passes * (work.megapixels is None)
            together.megapixels += by * work.passes * (work.megapixels or 0.0)
            together.beside_s += by * work.beside_s

    def _follow(self, entry: _Entry, known: _Entry | None) -> None:
        """Notes when the photo under way began, got on and ended."""
        job, elapsed = entry.job, self.elapsed_s
        current = self._current if self._current and self._current.entry.job.id == job.id else None
        if job.state in ACTIVE:
            if current is None:
                if known is not None and known.job.state in ACTIVE:
                    return  # its result is being written, and another photo is under way
                loads = entry.work.kind != self._loaded
                self._current = _Current(entry, loads, elapsed, None if loads else elapsed, elapsed)
                return
            if known is None or job.progress > known.job.progress:
                current.opened = elapsed if current.opened is None else current.opened
                current.seen = elapsed
                self._loaded = entry.work.kind
            current.entry = entry
        elif known is not None and known.job.state not in ENDINGS:
            if current is not None:
                self._current = None
            if job.state is JobState.DONE:
                self._learn(job, current, elapsed)

    def _learn(self, job: Job, current: _Current | None, elapsed: float) -> None:
        lesson = Lesson.of(job.request, job.account, job.result) if job.account else None
        if lesson is None:
            return
        if current is not None and not current.loads:
            # As the clock saw it, with whatever comes between two photos.
            seen_s = elapsed - current.started - current.entry.work.beside_s
            lesson = replace(lesson, seconds=max(lesson.seconds, seen_s))
        self._run = self._run.after(lesson)
        self._speeds = _Speeds(self._forecaster, self._before, self._run)

    def _remaining(self, elapsed: float) -> tuple[float, float, bool]:
        """Seconds of the photo under way, seconds of all that wait, and whether that is more than a guess."""
        usual = self._known[1] / self._known[0] if self._known[0] else _USUAL_MEGAPIXELS
        speeds = self._speeds
        current_s, telling, stretch = 0.0, 0.0, 1.0
        current_kind = None
        if self._current is not None and (current_kind := self._current.entry.work.kind) is not None:
            current_s, stretch, telling = self._current_s(self._current, speeds[current_kind], usual, elapsed)
        rest_s, sure = 0.0, True
        for kind, together in self._waiting.items():
            if not together.count:
                continue
            speed = speeds[kind]
            megapixels = together.megapixels + together.unknown * usual
            seconds = together.count * speed.fixed_s + megapixels * speed.per_megapixel_s + together.beside_s
            if kind == current_kind:
                seconds *= stretch ** novelty(len(self._run.photos(kind)))
            rest_s += seconds + (speed.load_s if kind not in (current_kind, self._loaded) else 0.0)
            sure = sure and (speed.photos > 0 or (kind == current_kind and telling > 0))
        if current_kind is not None:
            sure = sure and (speeds[current_kind].photos > 0 or telling > 0)
        return current_s, rest_s, sure

    @staticmethod
    def _current_s(current: _Current, speed: Speed, usual: float, elapsed: float) -> tuple[float, float, float]:
        """Of the photo under way: seconds left, how far it is from the prediction, and how much that tells, 0..1."""
        predicted = speed.seconds(current.entry.work.load(usual)) + current.entry.work.beside_s
        if current.opened is None:
            return predicted + max(0.0, speed.load_s - (elapsed - current.started)), 1.0, 0.0
        part = current.entry.job.progress
        telling = min(1.0, max(0.0, (part - _TELLING) / (_CERTAIN - _TELLING)))
        if telling and not speed.photos:
            telling = 1.0  # anything is better than a guess
        total = predicted
        if telling:
            own = max(1e-3, current.seen - current.opened) / part
            total = predicted ** (1 - telling) * own**telling
        left = total * (1 - part)
        # Between two pieces time goes on, but it never gets ahead of them.
        return max(left - (elapsed - current.seen), 0.1 * left), total / predicted, telling


class _Speeds:
    """Speeds for a moment. A network this run has not used yet is off by as much as those it has used."""

    def __init__(self, forecaster: Forecaster, before: Learned, run: Learned) -> None:
        self._forecaster = forecaster
        self._before = before
        self._run = run
        self._known: dict[Kind, Speed] = {}

    def __getitem__(self, kind: Kind) -> Speed:
        if kind not in self._known:
            speed = self._forecaster.speed(kind, self._before, self._run)
            if self._run.find(kind) is None:
                today = self._today()
                speed = replace(speed, fixed_s=speed.fixed_s * today, per_megapixel_s=speed.per_megapixel_s * today)
            self._known[kind] = speed
        return self._known[kind]

    def _today(self) -> float:
        told = []
        for kind in self._run.kinds:
            if self._before.find(kind) is not None:
                speed = self._forecaster.speed(kind, self._before)
                told += [seconds / speed.seconds(megapixels) for megapixels, seconds in self._run.photos(kind)]
        return factor(told)


class _Shown:
    """What is put before the person's eyes: progress that never runs backwards, and a time that does not jump."""

    def __init__(self) -> None:
        self._part = 0.0
        self._raw_part = 0.0
        self._remaining: float | None = None
        self._at = 0.0
        self._done = 0
        self._free = True

    def release(self) -> None:
        """The work itself has changed: the time may jump once."""
        self._free = True

    def follow(self, elapsed: float, remaining: float, done: int, sure: bool) -> tuple[float, float]:
        """Part and seconds to show, for what is known after so many photos; not ``sure`` while that is a guess."""
        raw = elapsed / (elapsed + remaining) if remaining > 0 else 1.0
        if self._part >= 1:
            self._part = raw  # there was nothing left, and then something came
        elif raw > self._raw_part:
            # The way that is left is shortened by the same share: an estimate that grew stops the bar, no more.
            self._part += (1 - self._part) * (raw - self._raw_part) / (1 - self._raw_part)
        self._raw_part = raw
        passed, self._at = elapsed - self._at, elapsed
        news, self._done = done != self._done and done <= _TELLING_PHOTOS, done
        if self._remaining is None or self._free or news or remaining <= 0:
            self._remaining = remaining
        else:
            expected = max(0.0, self._remaining - passed)
            slowness = max(_FOLLOW_S, _FOLLOW_SHARE * remaining)
            self._remaining = remaining + (expected - remaining) * math.exp(-passed / slowness)
        self._free = not sure
        return self._part, self._remaining
