"""Decides what happens to the queue. Widgets ask, this answers with legal moves and with work for the runner."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from desktop.core.collect import Found, collect
from desktop.core.jobs import ACTIVE, ENDINGS, Job, JobState, Request
from desktop.core.journal import is_there
from desktop.core.pipeline import Limits, Outcome
from desktop.core.progress import BatchClock, BatchProgress
from desktop.core.settings import Settings
from desktop.runner import Runner
from desktop.ui.recorded_queue import RecordedQueue
from desktop.ui.tasks import TaskPool

logger = logging.getLogger(__name__)

# A folder that is read within this time is queued at once, as a file is; a slower one arrives when it is read.
_PATIENCE_MS = 25


class QueueController(QObject):
    """Runs the queue.

    Signals:
        jobsRestored(jobs: list[Job]): the queue as it was left last time.
        activityChanged(): started, paused, resumed, came to its end.
        nothingFound(paths: list[Path]): what was added held no photo.
        queueFinished(): a run has come to its end, and all of it is recorded.
    """

    jobsRestored = Signal(list)
    activityChanged = Signal()
    nothingFound = Signal(list)
    queueFinished = Signal()

    def __init__(
        self,
        runner: Runner,
        disk: TaskPool,
        settings: Settings,
        queue: RecordedQueue,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._runner = runner
        self._disk = disk
        self._settings = settings
        self.queue = queue
        # Of its own: reading ten thousand results again must hold up nothing else.
        self._checks = TaskPool("checking", 1, self)
        self._closed = False
        self._clock = BatchClock(now)
        self._on = False
        self._paused = False
        self._collecting = 0
        runner.progressed.connect(queue.progressed)
        runner.finished.connect(self._finished)

    @property
    def jobs(self) -> tuple[Job, ...]:
        return self.queue.jobs

    @property
    def running(self) -> bool:
        """Whether a run is under way, paused or not."""
        return self._on

    @property
    def paused(self) -> bool:
        return self._paused

    @property
    def elapsed_s(self) -> float:
        """Seconds worked in this run or the last, pauses not counted."""
        return self._clock.elapsed_s

    def progress(self, pixels: Callable[[str], int]) -> BatchProgress:
        """How far the run is; ``pixels`` gives a job's input pixels, 0 where not known."""
        return self._clock.progress(self.jobs, pixels)

    def restore(self, jobs: Sequence[Job]) -> None:
        """Takes the queue as it was left. Results that are said to be there are looked for, in the background."""
        if not jobs:
            return
        self.queue.restore(jobs)
        self.jobsRestored.emit(list(jobs))
        self.activityChanged.emit()
        for job in jobs:
            if job.state is JobState.DONE and job.result is not None:
                self._checks.run(partial(is_there, job.result), partial(self._verified, job))

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
        waiting = self.queue.in_state(JobState.WAITING)
        self.queue.request([job for job in waiting if self._again(job) != job.request], self._again)

    def start(self) -> None:
        """Works through what waits, or goes on after a pause."""
        if self._paused:
            self.resume()
            return
        waiting = self.queue.in_state(JobState.WAITING)
        if self._on or not (waiting or self._collecting):
            return
        self._on = True
        self._clock.begin(job.id for job in waiting)
        self.activityChanged.emit()
        self._advance()

    def pause(self) -> None:
        """Holds after the current tile."""
        if not self._on or self._paused:
            return
        self._paused = True
        self._clock.hold()
        self._runner.pause()
        self.queue.move(self.queue.in_state(JobState.RUNNING), JobState.PAUSED)
        self.activityChanged.emit()

    def resume(self) -> None:
        if not self._paused:
            return
        self._paused = False
        self._clock.go_on()
        self.queue.move(self.queue.in_state(JobState.PAUSED), JobState.RUNNING)
        self._runner.resume()
        self.activityChanged.emit()
        self._advance()

    def cancel_all(self) -> None:
        """Ends the run: what waits is cancelled now, what is under way after its current tile."""
        self._paused = False
        self.cancel([job.id for job in self.jobs])
        self.activityChanged.emit()

    def cancel(self, job_ids: Sequence[str]) -> None:
        """Ends these photos only; the rest goes on."""
        jobs = [self.queue[job_id] for job_id in job_ids]
        self.queue.move([job for job in jobs if job.state is JobState.WAITING], JobState.CANCELLED)
        for job in jobs:
            if job.state in ACTIVE:
                self._runner.cancel(job.id)
        self._advance()

    def retry(self, job_ids: Sequence[str]) -> None:
        """Lets photos that have ended wait again, with today's choices."""
        ended = [job for job_id in job_ids if (job := self.queue[job_id]).state in ENDINGS]
        self.queue.request(ended, self._again)
        self._joined(ended)

    def undo_remove(self) -> None:
        """Puts back what was removed last."""
        self._joined(self.queue.undo_remove())

    def shutdown(self) -> None:
        """Stops what is under way, a tile's time at most. It stays recorded as it was, for next time."""
        self._closed = True
        self._on = False
        self._checks.shutdown()
        self._runner.shutdown()
        self.queue.close()

    def _again(self, job: Job) -> Request:
        """What would be asked for this photo if it were added now."""
        return self._request(Found(job.path, job.request.root))

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
            self._joined(self.queue.add(self._request(entry) for entry in found))
        self._advance()

    def _joined(self, jobs: Iterable[Job]) -> None:
        if self._on:
            self._clock.include(job.id for job in jobs)
        self.activityChanged.emit()

    def _advance(self) -> None:
        """Gives the runner its next photo, or ends the run."""
        if not self._on or self._paused or self._runner.busy or self.queue.active() is not None:
            return
        waiting = self.queue.next_waiting()
        if waiting is not None:
            self.queue.move([waiting], JobState.RUNNING)
            self._runner.submit(waiting.id, waiting.request)
        elif not self._collecting:
            self._on = False
            self._clock.hold()
            self.activityChanged.emit()
            self.queue.after_recording(self.queueFinished.emit)

    def _verified(self, job: Job, there: bool) -> None:
        """A result that is gone, or is not what was written, is made again."""
        if not there and self.queue.get(job.id) == job:
            logger.warning("The result of %s is gone or has changed; it waits again", job.path)
            self.queue.move([job], JobState.WAITING)
            self._joined([job])

    def _finished(self, job_id: str, outcome: Outcome) -> None:
        if self._closed:
            return
        self.queue.move(
            [self.queue[job_id]], outcome.state, output=outcome.output, result=outcome.result, error=outcome.error
        )
        self.activityChanged.emit()
        self._advance()
