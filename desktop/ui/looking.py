"""What becomes of a photo while it is looked at: its result as it comes, or a preview of it."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from desktop.core.jobs import ACTIVE, Job, JobState
from desktop.ui.coming import Coming
from desktop.ui.comparison_panel import ComparisonPanel
from desktop.ui.controller import QueueController
from desktop.ui.glimpses import Glimpses
from desktop.ui.live import Live
from desktop.ui.pyramid import Pyramid
from desktop.ui.queue_view import QueueView

_QUIET_MS = 700  # after the last move of the hand


class Looking(QObject):
    """Between the comparison and what makes pictures for it.

    Attributes:
        previews_when_idle: whether what is looked at is enhanced while nothing else is to be done.
    """

    def __init__(
        self,
        controller: QueueController,
        photos: QueueView,
        comparison: ComparisonPanel,
        live: Live,
        glimpses: Glimpses,
        parent: QObject | None = None,
    ) -> None:
        """Owns ``live`` and ``glimpses`` from then on."""
        super().__init__(parent)
        self._controller = controller
        self._photos = photos
        self._comparison = comparison
        self._live = live
        self._glimpses = glimpses
        for part in (live, glimpses):
            part.setParent(self)
        self._quiet = QTimer(self, singleShot=True, interval=_QUIET_MS)
        self._quiet.timeout.connect(self._preview_unasked)
        self.previews_when_idle = False

    def begin(self, job: Job, _before: Pyramid, after: Pyramid | None) -> None:
        """A photo has come on screen; where its result is on the way, what there is of it is shown too."""
        coming = self._live.picture_of(job.id) if after is None else None
        if coming is not None:
            self.show(job.id, coming)
        self.follow()

    def show(self, job_id: str, coming: Coming) -> None:
        """More of a result is there to see, tile by tile."""
        self._comparison.show_live(job_id, coming)

    def follow(self) -> None:
        """What is on screen is done first."""
        self._live.look_at(self._comparison.subject, self._comparison.view.visible_region())
        if self.previews_when_idle:
            self._quiet.start()

    def leave(self) -> None:
        """Another photo will be looked at."""
        self._glimpses.forget()
        self.offer_preview()

    def offer_preview(self) -> None:
        """For a photo whose result is neither there nor coming."""
        job = self._photos.current_job()
        offered = job is not None and job.state not in (*ACTIVE, JobState.DONE)
        self._comparison.commands.preview.setEnabled(offered)

    def preview(self) -> None:
        """Enhances what is on screen of a photo, before anything is decided."""
        job, original = self._photos.current_job(), self._comparison.sides.original
        if job is not None and job.id == self._comparison.subject and original is not None:
            self._glimpses.look(job, original, self._comparison.view.visible_region())

    def _preview_unasked(self) -> None:
        if self._comparison.commands.preview.isEnabled() and not self._controller.running:
            self.preview()
