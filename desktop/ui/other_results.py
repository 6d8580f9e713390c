"""Finds and loads what else was made of the photo that is looked at."""

from __future__ import annotations

from PySide6.QtCore import QObject

from desktop.core.jobs import Job
from desktop.ui import words
from desktop.ui.controller import QueueController
from desktop.ui.message_line import MessageLine
from desktop.ui.picture_loader import PictureLoader
from desktop.ui.sides import Other, Sides, others_of


class OtherResults(QObject):
    """Between the queue, which knows them, the loader, and the sides of the comparison."""

    def __init__(
        self, controller: QueueController, loader: PictureLoader, sides: Sides, message: MessageLine, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._controller = controller
        self._loader = loader
        self._sides = sides
        sides.wanted.connect(self._load)
        loader.resultReady.connect(sides.supply)
        loader.resultFailed.connect(lambda error: message.say(words.error(error)))

    def of(self, job: Job) -> list[Other]:
        return others_of(job, self._controller.jobs)

    def look_again(self, job: Job) -> None:
        """There may be more, or less, to compare the photo shown with."""
        self._sides.offer(self.of(job))

    def _load(self, job_id: str) -> None:
        job = self._controller.queue.get(job_id)
        if job is None:
            self._sides.supply(job_id, None)
        else:
            self._loader.want_result(job)
