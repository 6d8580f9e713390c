"""Finds out what becomes of everything that belongs to the photo that is looked at: from its account, or beforehand."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from PySide6.QtCore import QModelIndex, QObject

from desktop.core.forecast import fidelity_of
from desktop.core.jobs import ENDINGS, Job, JobState, Request
from desktop.core.photo.photo import Fidelity, Photo
from desktop.ui.details_panel import DetailsPanel
from desktop.ui.queue_model import JOB_ROLE
from desktop.ui.tasks import TaskPool


class Details(QObject):
    """Keeps a panel true."""

    def __init__(
        self, panel: DetailsPanel, current: Callable[[], Job | None], pool: TaskPool, parent: QObject | None = None
    ) -> None:
        """
        Args:
            current: the photo that is looked at.
        """
        super().__init__(parent)
        self._panel = panel
        self._current = current
        self._pool = pool
        self._sketch: tuple[Path, Photo] | None = None
        self._asked: Request | None = None

    def look(self, index: QModelIndex) -> None:
        """Another photo is looked at."""
        job = index.data(JOB_ROLE)
        self._show(job if isinstance(job, Job) else None)

    def change(self, jobs: Iterable[Job]) -> None:
        """Jobs have moved on, or are asked for differently."""
        current = self._current()
        if current is not None and any(job.id == current.id for job in jobs):
            self._show(next(job for job in jobs if job.id == current.id))

    def take(self, path: Path, sketch: Photo) -> None:
        """A photo has been opened, and this is what belongs to it."""
        self._sketch = path, sketch
        self._show(self._current())

    def _show(self, job: Job | None) -> None:
        self._asked = None
        if job is not None and job.state is JobState.DONE and job.account is not None:
            self._panel.show_fidelity(job.account.fidelity, foretold=False)
        elif job is None or job.state in ENDINGS or self._sketch is None or self._sketch[0] != job.path:
            self._panel.clear()
        else:
            request, sketch = job.request, self._sketch[1]
            self._asked = request
            self._pool.run(
                lambda: fidelity_of(request, sketch), lambda told: self._told(request, told), lambda _error: None
            )

    def _told(self, request: Request, told: Fidelity) -> None:
        if request == self._asked:
            self._panel.show_fidelity(told, foretold=True)
