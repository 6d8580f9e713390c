"""How far a batch is, and how long the rest will take."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from desktop.core.jobs import ENDINGS, Job, JobState

# Less work than this says nothing about the rest: the first tiles carry the loading of the net.
_ENOUGH_S = 2.0
_ENOUGH_PART = 0.01


@dataclass(frozen=True)
class BatchProgress:
    """A batch at one moment. ``part`` is 0..1 by input pixels, ``remaining_s`` None while it cannot be told."""

    finished: int
    total: int
    part: float
    remaining_s: float | None


class BatchClock:
    """Measures one run over the queue.

    Work is weighed in input pixels, because time goes with them; a photo whose size is not known yet weighs as much
    as the average of those that are. Pauses do not count.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._ids: set[str] = set()
        self._worked = 0.0
        self._since: float | None = None

    @property
    def running(self) -> bool:
        return self._since is not None

    @property
    def elapsed_s(self) -> float:
        """Seconds worked since ``begin``, pauses not counted."""
        return self._worked + (self._now() - self._since if self._since is not None else 0.0)

    def begin(self, job_ids: Iterable[str]) -> None:
        """A new run over these jobs."""
        self._ids = set(job_ids)
        self._worked = 0.0
        self._since = self._now()

    def include(self, job_ids: Iterable[str]) -> None:
        """Jobs that joined the run under way."""
        self._ids.update(job_ids)

    def hold(self) -> None:
        self._worked = self.elapsed_s
        self._since = None

    def go_on(self) -> None:
        if self._since is None:
            self._since = self._now()

    def progress(self, jobs: Iterable[Job], pixels: Callable[[str], int]) -> BatchProgress:
        """
        Args:
            jobs: the queue; jobs that do not belong to the run are passed over.
            pixels: input pixels of a job, 0 where not known yet.
        """
        mine = [job for job in jobs if job.id in self._ids]
        known = [size for job in mine if (size := pixels(job.id))]
        average = sum(known) / len(known) if known else 1.0
        done = worked = total = 0.0
        for job in mine:
            weight = pixels(job.id) or average
            total += weight
            done += weight if job.state in ENDINGS else weight * job.progress
            # A photo that could not be opened took no time worth learning from.
            if job.state not in ENDINGS or job.state is JobState.DONE:
                worked += weight * job.progress
        part = done / total if total else 0.0
        return BatchProgress(
            finished=sum(job.state in ENDINGS for job in mine),
            total=len(mine),
            part=part,
            remaining_s=self._remaining(worked, total - done, total),
        )

    def _remaining(self, worked: float, left: float, total: float) -> float | None:
        elapsed = self.elapsed_s
        if not total or elapsed < _ENOUGH_S or worked / total < _ENOUGH_PART:
            return None
        return elapsed * left / worked
