"""Decides what happens to the queue. Widgets ask, this answers with legal moves and with work for the runner."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from desktop.core.collect import Found, collect
from desktop.core.jobs import ENDINGS, Job, JobState, Queue, Request
from desktop.core.pipeline import Limits, Outcome
from desktop.core.progress import BatchClock, BatchProgress
from desktop.core.settings import Settings
from desktop.runner import Runner
from desktop.ui.tasks import TaskPool

logger = logging.getLogger(__name__)

# A folder that is read within this time is queued at once, as a file is; a slower one arrives when it is read.
_PATIENCE_MS = 25


class QueueController(QObject):
    """The queue's one owner.

    Signals:
        jobsAdded(jobs: list[Job])
        jobChanged(job: Job): state, progress or request.
        jobsRemoved(job_ids: list[str])
        activityChanged(): started, paused, resumed, came to its end.
        nothingFound(paths: list[Path]): what was added held no photo.
        queueFinished(): a run has come to its end.
        noticed(error: RekindleError): what the person should know although the work goes on.
    """

    jobsAdded = Signal(list)
    jobChanged = Signal(object)
    jobsRemoved = Signal(list)
    activityChanged = Signal()
    nothingFound = Signal(list)
    queueFinished = Signal()
    noticed = Signal(object)

    def __init__(
        self,
        runner: Runner,
        disk: TaskPool,
        settings: Settings,
        parent: QObject | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(parent)
        self._runner = runner
        self._disk = disk
        self._settings = settings
        self._queue = Queue()
        self._clock = BatchClock(now)
        self._on = False
        self._paused = False
        self._collecting = 0
        self.outcomes: dict[str, Outcome] = {}
        runner.progressed.connect(self._progressed)
        runner.finished.connect(self._finished)

    @property
    def jobs(self) -> tuple[Job, ...]:
        return self._queue.jobs

    @property
    def running(self) -> bool:
        """Whether a run is under way, paused or not."""
        return self._on

    @property
    def paused(self) -> bool:
        return self._paused

    @property
    def startable(self) -> int:
        """How many photos ``start`` would work on."""
        return sum(job.state is JobState.WAITING for job in self.jobs)

    @property
    def elapsed_s(self) -> float:
        """Seconds worked in this run or the last, pauses not counted."""
        return self._clock.elapsed_s

    def job(self, job_id: str) -> Job | None:
        return self._queue.get(job_id)

    def progress(self, pixels: Callable[[str], int]) -> BatchProgress:
        """How far the run is; ``pixels`` gives a job's input pixels, 0 where not known."""
        return self._clock.progress(self.jobs, pixels)

    def add_paths(self, paths: Iterable[Path]) -> None:
        """Queues photos, and what lies in folders, in this order."""
        named = list(paths)
        self._collecting += 1
        output = Path(self._settings.output_dir) if self._settings.output_dir else None

        def failed(error: Exception) -> None:
            logger.error("Photos could not be collected", exc_info=error)
            self._found(named, [])

        self._disk.run(
            lambda: list(collect(named, exclude=output)),
            lambda found: self._found(named, found),
            failed,
            wait_ms=_PATIENCE_MS,
        )

    def apply(self, settings: Settings) -> None:
        """Takes new choices, for photos to come and for those that wait."""
        self._settings = settings
        self._runner.use_limits(Limits.chosen(settings.memory_mib, settings.max_megapixels))
        for job in self.jobs:
            if job.state is JobState.WAITING:
                request = self._request(Found(job.path, job.request.root))
                if request != job.request:
                    self.jobChanged.emit(self._queue.change(job.id, request))

    def start(self) -> None:
        """Works through what waits, or goes on after a pause."""
        if self._paused:
            self.resume()
            return
        if self._on or not (self.startable or self._collecting):
            return
        self._on = True
        self._clock.begin(job.id for job in self.jobs if job.state is JobState.WAITING)
        self.activityChanged.emit()
        self._advance()

    def pause(self) -> None:
        """Holds after the current tile."""
        if not self._on or self._paused:
            return
        self._paused = True
        self._clock.hold()
        self._runner.pause()
        self._move_active(JobState.RUNNING, JobState.PAUSED)
        self.activityChanged.emit()

    def resume(self) -> None:
        if not self._paused:
            return
        self._paused = False
        self._clock.go_on()
        self._move_active(JobState.PAUSED, JobState.RUNNING)
        self._runner.resume()
        self.activityChanged.emit()
        self._advance()

    def cancel_all(self) -> None:
        """Ends the run: what waits is cancelled now, what is under way after its current tile."""
        for job in self.jobs:
            if job.state is JobState.WAITING:
                self.jobChanged.emit(self._queue.move(job.id, JobState.CANCELLED))
        self._paused = False
        active = self._queue.active()
        if active is not None:
            self._runner.cancel(active.id)
        self.activityChanged.emit()
        self._advance()

    def cancel(self, job_ids: Sequence[str]) -> None:
        """Ends these photos only; the rest goes on."""
        for job_id in job_ids:
            job = self._queue[job_id]
            if job.state is JobState.WAITING:
                self.jobChanged.emit(self._queue.move(job_id, JobState.CANCELLED))
            elif job.state not in ENDINGS:
                self._runner.cancel(job_id)
        self._advance()

    def retry(self, job_ids: Sequence[str]) -> None:
        """Lets photos that have ended wait again, with today's choices."""
        for job_id in job_ids:
            job = self._queue[job_id]
            if job.state in ENDINGS:
                self._queue.move(job_id, JobState.WAITING)
                self.outcomes.pop(job_id, None)
                self.jobChanged.emit(self._queue.change(job_id, self._request(Found(job.path, job.request.root))))
        self._joined(job_ids)

    def remove(self, job_ids: Sequence[str]) -> None:
        """Takes photos out of the queue; one under way stays."""
        active = self._queue.active()
        gone = [job_id for job_id in job_ids if active is None or job_id != active.id]
        for job_id in gone:
            self._queue.remove(job_id)
            self.outcomes.pop(job_id, None)
        if gone:
            self.jobsRemoved.emit(gone)

    def clear_finished(self) -> None:
        self.remove([job.id for job in self.jobs if job.state in ENDINGS])

    def shutdown(self) -> None:
        """Cancels what is under way and waits for it: a tile's time at most."""
        self._on = False
        self._runner.shutdown()

    def _request(self, found: Found) -> Request:
        settings = self._settings
        return Request(
            found.path,
            root=found.root,
            model=settings.model,
            scale=settings.scale,
            output=Path(settings.output_dir) if settings.output_dir else None,
            format=settings.format or None,
            quality=settings.quality,
            existing=settings.existing,
        )

    def _found(self, named: list[Path], found: list[Found]) -> None:
        self._collecting -= 1
        if not found:
            self.nothingFound.emit(named)
        else:
            added = self._queue.add(self._request(entry) for entry in found)
            self.jobsAdded.emit(added)
            self._joined([job.id for job in added])
        self._advance()

    def _joined(self, job_ids: Sequence[str]) -> None:
        if self._on:
            self._clock.include(job_ids)
        self.activityChanged.emit()

    def _advance(self) -> None:
        """Gives the runner its next photo, or ends the run."""
        if not self._on or self._paused or self._runner.busy or self._queue.active() is not None:
            return
        waiting = self._queue.next_waiting()
        if waiting is not None:
            self.jobChanged.emit(self._queue.move(waiting.id, JobState.RUNNING))
            self._runner.submit(waiting.id, waiting.request)
        elif not self._collecting:
            self._on = False
            self._clock.hold()
            self.activityChanged.emit()
            self.queueFinished.emit()

    def _move_active(self, before: JobState, after: JobState) -> None:
        active = self._queue.active()
        if active is not None and active.state is before:
            self.jobChanged.emit(self._queue.move(active.id, after))

    def _progressed(self, job_id: str, part: float) -> None:
        if self._queue.get(job_id) is not None:
            self.jobChanged.emit(self._queue.progressed(job_id, part))

    def _finished(self, job_id: str, outcome: Outcome) -> None:
        self.outcomes[job_id] = outcome
        job = self._queue.move(job_id, outcome.state, output=outcome.output, error=outcome.error)
        self.jobChanged.emit(job)
        self.activityChanged.emit()
        self._advance()
