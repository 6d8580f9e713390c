"""What is to come: how large the photos are, how long they will take, and what room their results need."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal

from desktop.core.experience import Experience
from desktop.core.forecast import Forecast, Forecaster, Order
from desktop.core.jobs import ENDINGS, Job, JobState, Request
from desktop.core.naming import likely_path, result_folder, same_file
from desktop.core.outcome import Outcome
from desktop.core.photo.isolated import PhotoReader
from desktop.core.photo.looks import Size
from desktop.ui.size_reader import SizeReader
from desktop.ui.tasks import TaskPool

# One look for many changes; the longer the queue, the longer a look takes.
_PATIENCE_MS, _PATIENCE_MS_PER_PHOTO = 100, 0.1


class Outlook(QObject):
    """Learns from what ends, and looks ahead for what waits.

    Signals:
        sizesRead(sizes: dict[str, Size]): of originals, by job; (0, 0) for one that cannot be read.
        foreseen(forecast: Forecast | None): for the photos that wait; None where none does.
    """

    sizesRead = Signal(object)
    foreseen = Signal(object)

    def __init__(
        self,
        forecaster: Forecaster,
        experience: Experience,
        reader: PhotoReader,
        sizes: dict[str, Size],
        waiting: Callable[[], list[Job]],
        parent: QObject | None = None,
    ) -> None:
        """
        Args:
            sizes: filled as they become known.
            waiting: the photos that are to be foreseen.
        """
        super().__init__(parent)
        self._forecaster = forecaster
        self._experience = experience
        self._sizes = sizes
        self._waiting = waiting
        self._pool = TaskPool("foreseeing", 1, self)
        self._measuring = SizeReader(reader, self)
        self._measuring.read.connect(self._measured)
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._look)
        self._looking = False
        self._again = False

    @property
    def forecaster(self) -> Forecaster:
        """Predicts from what was learned, for any thread."""
        return self._forecaster

    def add(self, jobs: Iterable[Job]) -> None:
        """Photos that have come into the queue; those that were worked on before tell their sizes."""
        listed = list(jobs)
        told = {job.id: size for job in listed if (size := _told(job))}
        if told:
            self._measured(told)
        unknown = [job for job in listed if job.id not in self._sizes]
        self._measuring.want(sorted(unknown, key=lambda job: job.state in ENDINGS))
        self.look_again()

    def change(self, job: Job) -> None:
        """A photo has got on."""
        size = _told(job)
        if size and self._sizes.get(job.id) != size:
            self._measured({job.id: size})
        elif job.state is JobState.WAITING and self._sizes.get(job.id) == (0, 0):
            del self._sizes[job.id]  # it may have been mended
            self._measuring.want([job])
        if job.state in ENDINGS or job.state is JobState.WAITING:
            self.look_again()

    def remove(self, job_ids: Sequence[str]) -> None:
        self._measuring.drop(job_ids)
        for job_id in job_ids:
            self._sizes.pop(job_id, None)
        self.look_again()

    def learn(self, outcome: Outcome) -> None:
        """A photo has ended."""
        self._experience.note(outcome.request, outcome.state, outcome.account, outcome.result)
        if self._experience.due:
            self.save()

    def save(self) -> None:
        """Keeps what was learned, in the background."""
        self._pool.run(self._experience.save, lambda _nothing: None)

    def look_again(self) -> None:
        """Something has changed that makes a difference, perhaps on the disks alone."""
        if not self._timer.isActive():
            self._timer.start(_PATIENCE_MS + round(_PATIENCE_MS_PER_PHOTO * len(self._sizes)))

    def shutdown(self) -> None:
        """Keeps what was learned; waits for the disk."""
        self._timer.stop()
        self._measuring.shutdown()
        self._pool.shutdown()
        self._experience.save()

    def _measured(self, sizes: dict[str, Size]) -> None:
        self._sizes.update(sizes)
        self.sizesRead.emit(sizes)
        self.look_again()

    def _look(self) -> None:
        """One look at a time: what changes meanwhile is worth another."""
        if self._looking:
            self._again = True
            return
        photos = [(job.request, self._sizes.get(job.id)) for job in self._waiting()]
        if not photos:
            self.foreseen.emit(None)
            return
        self._looking = True
        self._pool.run(partial(_foresee, self._forecaster, photos), self._looked, lambda _error: self._looked(None))

    def _looked(self, forecast: Forecast | None) -> None:
        self._looking = False
        if self._again:
            self._again = False
            self._look()
        else:
            self.foreseen.emit(forecast)


def _told(job: Job) -> Size | None:
    """The size that working on a photo has brought to light."""
    account = job.account
    return (account.input_width, account.input_height) if account and account.input_width else None


def _foresee(forecaster: Forecaster, photos: Iterable[tuple[Request, Size | None]]) -> Forecast:
    return forecaster.foresee(
        Order(request, (0, 0) if _will_be_skipped(request, forecaster) else size, result_folder(request))
        for request, size in photos
    )


def _will_be_skipped(request: Request, forecaster: Forecaster) -> bool:
    """As far as the name alone can tell."""
    model = forecaster.model_for(request) if request.existing == "skip" else None
    likely = likely_path(request, model) if model is not None else None
    return likely is not None and os.path.lexists(likely) and not same_file(likely, request.path)
