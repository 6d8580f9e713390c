"""Decides what happens to the queue. Widgets ask, this answers with legal moves and with work for the runner."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from desktop.core.additions import Additions
from desktop.core.collect import Found
from desktop.core.jobs import ACTIVE, ENDINGS, Job, JobState, Request
from desktop.core.journal import is_there
from desktop.core.outcome import Outcome
from desktop.core.pipeline import Limits
from desktop.core.progress import BatchClock, BatchProgress
from desktop.core.queue_file import Write
from desktop.core.settings import Settings
from desktop.runner import Runner
from desktop.ui.intake import Intake
from desktop.ui.recorded_queue import RecordedQueue
from desktop.ui.tasks import TaskPool

logger = logging.getLogger(__name__)


class QueueController(QObject):
    """Runs the queue.

    Signals:
        jobsRestored(jobs: list[Job]): the queue as it was left last time.
        activityChanged(): started, paused, resumed, came to its end.
        photosAdded(additions: Additions): what became of what was added; its rows are there already.
        photoEnded(outcome: Outcome): however it ended; before that is recorded.
        queueFinished(): a run has come to its end, and all of it is recorded.
    """

    jobsRestored = Signal(list)
    activityChanged = Signal()
    photosAdded = Signal(object)
    photoEnded = Signal(object)
    queueFinished = Signal()

    def __init__(
        self,
        runner: Runner,
        disk: TaskPool,
        settings: Settings,
        queue: RecordedQueue,
        clock: BatchClock,
    ) -> None:
        super().__init__()
        self._runner = runner
        self._settings = settings
        self.queue = queue
        # Of its own: reading ten thousand results again must hold up nothing else.
        self._checks = TaskPool("checking", 1, self)
        self._closed = False
        self._clock = clock
        self._on = False
        self._paused = False
        self._pause_reason = ""
        self._ending = False  # cancelled as a whole: what is under way is the last of this run
        self._unattended = False  # a run over what came by itself alone
        self._intake = Intake(
            disk, lambda: self.jobs, lambda: partial(_request, self._settings), lambda: self._settings, self
        )
        self._intake.sortedOut.connect(self._added)
        runner.progressed.connect(queue.progressed)
        runner.finished.connect(self._finished)
        runner.freed.connect(self._advance)
        queue.jobChanged.connect(clock.note)
        queue.jobsRemoved.connect(clock.forget)

    @property
    def jobs(self) -> tuple[Job, ...]:
        return self.queue.jobs

    @property
    def defaults(self) -> dict[str, object]:
        """What holds for photos that nothing was chosen for alone, by a request's field."""
        return _defaults(self._settings)

    @property
    def running(self) -> bool:
        """Whether a run is under way, paused or not."""
        return self._on

    @property
    def paused(self) -> bool:
        return self._paused

    @property
    def pause_reason(self) -> str:
        """Why the run was paused, in a sentence; empty where the person wished it, or where it is not paused."""
        return self._pause_reason if self._paused else ""

    @property
    def startable(self) -> int:
        """How many photos starting would work on."""
        return len(self.to_start()) if self._on else self.queue.count(JobState.WAITING)

    @property
    def elapsed_s(self) -> float:
        """Seconds worked in this run or the last, pauses not counted."""
        return self._clock.elapsed_s

    def to_start(self) -> list[Job]:
        """The photos that starting would work on: those that wait and that no run has taken up."""
        if self._on and not self._unattended:
            return []
        return [job for job in self.queue.in_state(JobState.WAITING) if not (self._on and job.request.unattended)]

    def progress(self) -> BatchProgress:
        """How far the run is."""
        return self._clock.progress()

    def restore(self, jobs: Sequence[Job]) -> None:
        """Takes the queue as it was left. Results that are said to be there are looked for, in the background."""
        if not jobs:
            return
        self.queue.restore(jobs)
        self.jobsRestored.emit(list(jobs))
        self.activityChanged.emit()
        for job in _last_to_write(jobs):
            if job.result is not None:
                self._checks.run(partial(is_there, job.result), partial(self._verified, job))

    def add_paths(self, paths: Iterable[Path]) -> None:
        """Queues photos, and what lies in folders, in this order."""
        self._intake.take(paths)

    def add_anyway(self, found: Sequence[Found]) -> None:
        """Queues photos once more that are in the queue already."""
        self._added(Additions(new=list(found)))

    def apply(self, settings: Settings) -> None:
        """Takes new choices, for photos to come and for those that wait."""
        self._settings = settings
        self._runner.use_limits(Limits.of(settings))
        waiting = self.queue.in_state(JobState.WAITING)
        self.queue.request([job for job in waiting if self._again(job) != job.request], self._again)

    def start(self) -> None:
        """Works through what waits, or goes on after a pause."""
        self._ending = False
        self.resume()
        waiting = self.queue.in_state(JobState.WAITING)
        if (self._on and not self._unattended) or not (waiting or self._intake.busy):
            return
        self._unattended = False
        self._go(waiting)

    def take(self, photos: Sequence[Found], also: Write, **own: object) -> None:
        """Queues photos that came by themselves, with choices of their own, and goes on with them.

        Args:
            also: recorded in the same transaction as the photos.
        """
        self._go_unattended(self._add(photos, also, unattended=True, **own))

    def go_on_unattended(self) -> None:
        """Works through what came by itself, unless the person has paused; the rest goes on waiting for their word."""
        self._go_unattended([job for job in self.queue.in_state(JobState.WAITING) if job.request.unattended])

    def pause(self, reason: str = "") -> None:
        """Holds after the current tile.

        Args:
            reason: a sentence, where it was not the person who wished it.
        """
        if not self._on or self._paused:
            return
        self._paused, self._pause_reason = True, reason
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
        """Ends the run: what waits in it is cancelled now, what is under way after its current tile.

        Photos of a folder that is still being read come to the list and wait for the next run.
        """
        self._paused = False
        self._ending = self._on
        self.cancel([job.id for job in self.jobs if job.request.unattended or not self._unattended])
        self.activityChanged.emit()

    def cancel(self, job_ids: Sequence[str]) -> None:
        """Ends these photos only; the rest goes on."""
        jobs = self._present(job_ids)
        self.queue.move([job for job in jobs if job.state is JobState.WAITING], JobState.CANCELLED)
        for job in jobs:
            if job.state in ACTIVE:
                self._runner.cancel(job.id)
        self._advance()

    def retry(self, job_ids: Sequence[str]) -> None:
        """Lets photos that have ended wait again, with today's choices."""
        ended = [job for job in self._present(job_ids) if job.state in ENDINGS]
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

    def _present(self, job_ids: Iterable[str]) -> list[Job]:
        """Each of these photos once; the list shows one until its removal is recorded, so some may be gone."""
        return [job for job_id in dict.fromkeys(job_ids) if (job := self.queue.get(job_id)) is not None]

    def _again(self, job: Job) -> Request:
        """What would be asked for this photo if it were added now, but for what was chosen for it alone."""
        decided = job.account.decision if job.account else job.request.decided
        return replace(job.request.with_defaults(**_defaults(self._settings)), decided=decided)

    def _added(self, additions: Additions) -> None:
        named = [self.queue.get(job_id) for job_id in additions.again]
        again = [job for job in named if job is not None and job.state in ENDINGS]
        self.queue.request(again, self._again)
        self._joined([*again, *self._add(additions.new)])
        self.queue.after_recording(partial(self.photosAdded.emit, additions))
        if self._settings.start_at_once and (additions.new or additions.again):
            self.queue.after_recording(self.start)
        self._advance()

    def _add(
        self, found: Sequence[Found], also: Write | None = None, unattended: bool = False, **own: object
    ) -> list[Job]:
        """Queues photos with today's choices, numbered on from the highest number in the queue."""
        highest = max((job.request.counter for job in self.jobs), default=0)
        self._runner.protect(entry.path for entry in found)
        return self.queue.add(
            (
                replace(_request(self._settings, entry), counter=number, unattended=unattended).with_own(**own)
                for number, entry in enumerate(found, start=highest + 1)
            ),
            also,
        )

    def _joined(self, jobs: Iterable[Job]) -> None:
        if self._on and not self._unattended:
            self._clock.include(self.queue[job.id] for job in jobs)
        self.activityChanged.emit()

    def _go_unattended(self, jobs: Sequence[Job]) -> None:
        if jobs:
            self._unattended = self._unattended or not self._on
            self._go(jobs)

    def _go(self, jobs: Sequence[Job]) -> None:
        """Begins a run over these photos, or takes them up in the one under way."""
        if self._on:
            self._clock.include(jobs)
        else:
            self._on = True
            self._clock.begin(jobs)
        self.activityChanged.emit()
        self._advance()

    def _advance(self) -> None:
        """Gives the runner its next photo, while the last one's result may still be being written, or ends the run."""
        if not self._on or not self._runner.free:
            return
        waiting = None if self._ending else self.queue.next_waiting(unattended=self._unattended)
        if waiting is not None:
            if not self._paused:
                self.queue.move([waiting], JobState.RUNNING)
                upcoming = self.queue.next_waiting(unattended=self._unattended)
                self._runner.submit(waiting.id, waiting.request, upcoming.request if upcoming is not None else None)
        elif self._runner.busy:
            return
        elif self._ending or self._unattended or not self._intake.busy:
            self._on = self._paused = self._ending = self._unattended = False
            self._clock.hold()
            self.activityChanged.emit()
            self.queue.after_recording(self.queueFinished.emit)
            self.go_on_unattended()  # with what has come since the run was cancelled

    def _verified(self, job: Job, there: bool) -> None:
        """A result that is gone, or is not what was written, is made again."""
        if not there and self.queue.get(job.id) == job:
            logger.warning("The result of %s is gone or has changed; it waits again", job.path)
            self.queue.move([job], JobState.WAITING)
            self._joined([job])

    def _finished(self, job_id: str, outcome: Outcome) -> None:
        if self._closed:
            return
        self.photoEnded.emit(outcome)
        self.queue.move(
            [self.queue[job_id]],
            outcome.state,
            output=outcome.output,
            result=outcome.result,
            error=outcome.error,
            account=outcome.account,
        )
        self.activityChanged.emit()
        self._advance()


def _request(settings: Settings, found: Found) -> Request:
    return Request(found.path, root=found.root).with_defaults(**_defaults(settings))


def _last_to_write(jobs: Iterable[Job]) -> Iterable[Job]:
    """Those that are done, but of several that wrote one file, as a photo's repeats do, only the last."""
    done = (job for job in jobs if job.state is JobState.DONE and job.result is not None)
    in_order = sorted(done, key=lambda job: job.account.ended if job.account else 0.0)
    return {job.result.path if job.result else None: job for job in in_order}.values()


def _defaults(settings: Settings) -> dict[str, object]:
    """What the settings say of a request's fields."""
    return {
        "model": settings.model,
        "scale": settings.scale,
        "target": settings.target,
        "strength": settings.strength_asked,
        "self_ensemble": settings.self_ensemble,
        "precision": settings.precision,
        "reuse": settings.reuse_results,
        "output": Path(settings.output_dir) if settings.output_dir else None,
        "format": settings.format or None,
        "quality": settings.quality,
        "existing": settings.existing,
        "template": settings.template,
        "keep_structure": settings.keep_structure,
        "keep_dates": settings.keep_dates,
        "lossless": settings.lossless,
        "progressive": settings.progressive,
        "keep_print_size": settings.keep_print_size,
        "strip_gps": settings.strip_gps,
        "provenance": settings.provenance,
    }
