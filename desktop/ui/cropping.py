"""Cropping and straightening of the photo that is looked at: asks, and hands the answer to the queue."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from desktop.core.errors import RekindleError
from desktop.core.forecast import DEFAULT_MAX_MEGAPIXELS
from desktop.core.framing import Framing
from desktop.core.jobs import ACTIVE, ENDINGS, Job, JobState
from desktop.core.photo.cut import Cut
from desktop.core.photo.isolated import PhotoReader
from desktop.core.photo.looks import Thumbnail
from desktop.core.sizes import target_of
from desktop.ui import words
from desktop.ui.controller import QueueController
from desktop.ui.crop_dialog import CropDialog
from desktop.ui.tasks import TaskPool

# A side of what is shown: sharp enough to see what is level, on a large screen too.
_PIXELS = 1600


class Cropping(QObject):
    """
    Signals:
        told(text: str): why not, in a person's words.
    """

    told = Signal(str)

    def __init__(self, controller: QueueController, reader: PhotoReader, disk: TaskPool, window: QWidget) -> None:
        super().__init__(window)
        self._controller = controller
        self._reader = reader
        self._disk = disk
        self._window = window
        self._wanted = ""

    def open(self, job: Job | None) -> None:
        """Asks for a photo; one that is being worked on keeps what it was begun with."""
        if job is None:
            return
        if job.state in ACTIVE:
            text = self.tr("“{name}” is being enhanced now. Cancel it first to crop it.")
            self.told.emit(text.format(name=job.path.name))
            return
        self._wanted = job.id
        self._disk.run(
            lambda: self._reader.thumbnail(job.path, _PIXELS, DEFAULT_MAX_MEGAPIXELS),
            partial(self._show, job),
            partial(self._fail, job),
        )

    def _show(self, job: Job, seen: Thumbnail) -> None:
        if self._wanted != job.id or self._window.findChild(CropDialog) is not None:
            return  # another photo was asked for meanwhile
        height, width = seen.pixels.shape[:2]
        image = QImage(seen.pixels.tobytes(), width, height, 4 * width, QImage.Format.Format_RGBA8888).copy()
        paper = target_of(job.request.target).paper if job.request.target else None
        framing = Framing.of((seen.width, seen.height), job.request.cut)
        dialog = CropDialog(job.path.name, image, framing, paper, again=job.state in ENDINGS, parent=self._window)
        dialog.cutRequested.connect(partial(self._take, job.id))
        dialog.open()

    def _take(self, job_id: str, cut: Cut | None) -> None:
        job = self._controller.queue.get(job_id)
        if job is None or job.request.cut == cut:
            return
        if job.state in ENDINGS:
            self._controller.retry([job_id])
            job = self._controller.queue[job_id]
        if job.state is JobState.WAITING:
            self._controller.queue.request([job], lambda known: known.request.with_own(cut=cut))
        else:
            self.open(job)  # which says why not

    def _fail(self, job: Job, error: Exception) -> None:
        if isinstance(error, RekindleError):
            self.told.emit(words.error(error))
