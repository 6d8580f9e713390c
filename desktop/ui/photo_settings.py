"""Settings for some photos alone: asks, and decides whom the answer is for."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from desktop.core.choices import Selection, changed
from desktop.core.jobs import ACTIVE, ENDINGS, Job, JobState
from desktop.ui import words
from desktop.ui.controller import QueueController
from desktop.ui.model_offers import ModelOffers
from desktop.ui.photo_dialog import PhotoDialog, Subjects
from desktop.ui.sizing import Sizing


class PhotoSettings(QObject):
    """Changes what is asked for photos that wait, and for those that have ended if the person says so.

    Signals:
        told(text: str): why not, in a person's words.
    """

    told = Signal(str)

    def __init__(self, controller: QueueController, offers: ModelOffers, sizing: Sizing, window: QWidget) -> None:
        super().__init__(window)
        self._controller = controller
        self._offers = offers
        self._sizing = sizing
        self._window = window

    def open(self, jobs: Sequence[Job]) -> None:
        """Asks for these photos. Those under way keep what they were begun with."""
        active = [job for job in jobs if job.state in ACTIVE]
        others = [job for job in jobs if job.state not in ACTIVE]
        if not others:
            self._refuse(active)
            return
        ended = sum(job.state in ENDINGS for job in others)
        name = jobs[0].path.name if len(jobs) == 1 else ""
        dialog = PhotoDialog(
            Selection(tuple(job.request for job in others), self._controller.defaults, self._offers.catalogue),
            Subjects(name, len(others) - ended, ended, len(active)),
            self._window,
        )
        dialog.choicesRequested.connect(partial(self._change, [job.id for job in others]))
        first = others[0].request
        dialog.sizeRequested.connect(lambda text: self._sizing.ask(text, first, dialog.use_size, dialog))
        dialog.open()

    def _change(self, job_ids: Sequence[str], choices: dict[str, object], again: bool) -> None:
        queue, defaults = self._controller.queue, self._controller.defaults
        if again:
            self._controller.retry(job_ids)
        jobs = [job for job_id in job_ids if (job := queue.get(job_id)) is not None]
        # What has begun while the question stood there keeps what it was begun with.
        waiting = [job for job in jobs if job.state is JobState.WAITING]
        wanted = {job.id: changed(job.request, choices, defaults) for job in waiting}
        queue.request([job for job in waiting if wanted[job.id] != job.request], lambda job: wanted[job.id])
        begun = [job for job in jobs if job.state in ACTIVE]
        if begun:
            self._refuse(begun)

    def _refuse(self, active: Sequence[Job]) -> None:
        if len(active) == 1:
            text = self.tr("“{name}” is being enhanced now. Cancel it first to give it other settings.")
            self.told.emit(text.format(name=active[0].path.name))
        elif active:
            text = self.tr("{photos} are being enhanced now. Cancel them first to give them other settings.")
            self.told.emit(text.format(photos=words.photos(len(active))))
