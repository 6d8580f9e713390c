"""Decides what happens to the queue. Widgets ask, this answers with legal moves and with work for the runner."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal

from desktop.core.collect import Found, collect
from desktop.core.jobs import ACTIVE, ENDINGS, Job, JobState, Queue, Request
from desktop.core.journal import Record, is_there
from desktop.core.pipeline import Limits, Outcome
from desktop.core.progress import BatchClock, BatchProgress
from desktop.core.settings import Settings
from desktop.runner import Runner
from desktop.ui.tasks import TaskPool

logger = logging.getLogger(__name__)

# A folder that is read within this time is queued at once, as a file is; a slower one arrives when it is read.
_PATIENCE_MS = 25


class QueueController(QObject):
    """The queue's one owner. A move is shown, by its signal, when it has been recorded.

    Signals:
        jobsAdded(jobs: list[Job])
        jobsRestored(jobs: list[Job]): the queue as it was left last time.
        jobChanged(job: Job): state, progress or request.
        jobsRemoved(job_ids: list[str])
        activityChanged(): started, paused, resumed, came to its end.
        nothingFound(paths: list[Path]): what was added held no photo.
        queueFinished(): a run has come to its end.
    """

    jobsAdded = Signal(list)
    jobsRestored = Signal(list)
    jobChanged = Signal(object)
    jobsRemoved = Signal(list)
    activityChanged = Signal()
    nothingFound = Signal(list)
    queueFinished = Signal()
    _recorded = Signal(object)

    def __init__(
        self,
        runner: Runner,
        disk: TaskPool,
        settings: Settings,
        record: Record,
        parent: QObject | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(parent)
        self._runner = runner
        self._disk = disk
        self._settings = settings
        self._record = record
        # Of its own: reading ten thousand results again must hold up nothing else.
        self._checks = TaskPool("checking", 1, self)
        self._closed = False
        self._queue = Queue()
        self._clock = BatchClock(now)
        self._on = False
        self._paused = False
        self._collecting = 0
        self._unrecorded: Counter[str] = Counter()
        # Always queued, so that it makes no difference whether the record answers at once.
        self._recorded.connect(lambda show: show(), Qt.ConnectionType.QueuedConnection)
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

    def restore(self, jobs: Sequence[Job]) -> None:
        """Takes the queue as it was left. Results that are said to be there are looked for, in the background."""
        if not jobs:
            return
        self._queue.restore(jobs)
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
        waiting = [job for job in self.jobs if job.state is JobState.WAITING]
        requests = [(job, self._request(Found(job.path, job.request.root))) for job in waiting]
        self._show(*(self._queue.change(job.id, request) for job, request in requests if request != job.request))

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
        waiting = [job for job in self.jobs if job.state is JobState.WAITING]
        self._show(*(self._queue.move(job.id, JobState.CANCELLED) for job in waiting))
        self._paused = False
        active = self._queue.active()
        if active is not None:
            self._runner.cancel(active.id)
        self.activityChanged.emit()
        self._advance()

    def cancel(self, job_ids: Sequence[str]) -> None:
        """Ends these photos only; the rest goes on."""
        jobs = [self._queue[job_id] for job_id in job_ids]
        self._show(*(self._queue.move(job.id, JobState.CANCELLED) for job in jobs if job.state is JobState.WAITING))
        for job in jobs:
            if job.state in ACTIVE:
                self._runner.cancel(job.id)
        self._advance()

    def retry(self, job_ids: Sequence[str]) -> None:
        """Lets photos that have ended wait again, with today's choices."""
        ended = [job for job_id in job_ids if (job := self._queue[job_id]).state in ENDINGS]
        for job in ended:
            self._queue.move(job.id, JobState.WAITING)
        self._show(*(self._queue.change(job.id, self._request(Found(job.path, job.request.root))) for job in ended))
        self._joined(job_ids)

    def remove(self, job_ids: Sequence[str]) -> None:
        """Takes photos out of the queue; one under way stays."""
        active = self._queue.active()
        gone = [job_id for job_id in job_ids if active is None or job_id != active.id]
        for job_id in gone:
            self._queue.remove(job_id)
        if gone:
            self._record.forget(gone, partial(self._recorded.emit, partial(self.jobsRemoved.emit, gone)))

    def clear_finished(self) -> None:
        self.remove([job.id for job in self.jobs if job.state in ENDINGS])

    def shutdown(self) -> None:
        """Stops what is under way, a tile's time at most. It stays recorded as it was, for next time."""
        self._closed = True
        self._on = False
        self._checks.shutdown()
        self._runner.shutdown()
        self._record.close()

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
            self._record.put(added, partial(self._recorded.emit, partial(self.jobsAdded.emit, added)))
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
            self._show(self._queue.move(waiting.id, JobState.RUNNING))
            self._runner.submit(waiting.id, waiting.request)
        elif not self._collecting:
            self._on = False
            self._clock.hold()
            self.activityChanged.emit()
            # Behind everything that is still being recorded.
            self._record.put([], partial(self._recorded.emit, self.queueFinished.emit))

    def _move_active(self, before: JobState, after: JobState) -> None:
        active = self._queue.active()
        if active is not None and active.state is before:
            self._show(self._queue.move(active.id, after))

    def _show(self, *jobs: Job) -> None:
        """Records jobs as they stand now, and shows them when that is done."""
        if jobs:
            self._unrecorded.update(job.id for job in jobs)
            self._record.put(jobs, partial(self._recorded.emit, partial(self._shown, jobs)))

    def _shown(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            self._unrecorded[job.id] -= 1
            if not self._unrecorded[job.id]:
                del self._unrecorded[job.id]
            if self._queue.get(job.id) is not None:
                self.jobChanged.emit(job)

    def _verified(self, job: Job, there: bool) -> None:
        """A result that is gone, or is not what was written, is made again."""
        if not there and self._queue.get(job.id) == job:
            logger.warning("The result of %s is gone or has changed; it waits again", job.path)
            self._show(self._queue.move(job.id, JobState.WAITING))
            self._joined([job.id])

    def _progressed(self, job_id: str, part: float) -> None:
        if self._queue.get(job_id) is None:
            return
        job = self._queue.progressed(job_id, part)
        if not self._unrecorded[job_id]:
            self.jobChanged.emit(job)

    def _finished(self, job_id: str, outcome: Outcome) -> None:
        if self._closed:
            return
        self._show(
            self._queue.move(job_id, outcome.state, output=outcome.output, result=outcome.result, error=outcome.error)
        )
        self.activityChanged.emit()
        self._advance()
