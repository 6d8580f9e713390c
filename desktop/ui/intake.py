"""The way into the queue: what a person named is looked through in the background, one drop after another."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from desktop.core.additions import Additions, KnownFiles
from desktop.core.collect import Found, LeftOut, collect
from desktop.core.jobs import Job, Request
from desktop.core.settings import Settings
from desktop.ui.tasks import TaskPool

logger = logging.getLogger(__name__)

# A folder that is read within this time is queued at once, as a file is; a slower one arrives when it is read.
_PATIENCE_MS = 25


class Intake(QObject):
    """Finds out what of the things that were named is to be queued.

    One after another, so that the second of two drops of one folder finds the photos of the first in the queue.

    Signals:
        sortedOut(additions: Additions): once for everything that was taken in, in that order.
    """

    sortedOut = Signal(object)

    def __init__(
        self,
        disk: TaskPool,
        jobs: Callable[[], Sequence[Job]],
        request_for: Callable[[], Callable[[Found], Request]],
        settings: Callable[[], Settings],
        parent: QObject | None = None,
    ) -> None:
        """
        Args:
            disk: a pool of one thread.
            jobs: the queue as it stands.
            request_for: gives what would be asked for a photo now; the function it gives is called in the background.
            settings: which say where results go and what they are called, so that they are not taken for photos.
        """
        super().__init__(parent)
        self._disk = disk
        self._jobs = jobs
        self._request_for = request_for
        self._settings = settings
        self._known = KnownFiles()
        self._line: deque[list[Path]] = deque()

    @property
    def busy(self) -> bool:
        """Whether something is still being looked through."""
        return bool(self._line)

    def take(self, paths: Iterable[Path]) -> None:
        """Takes in photos, and what lies in folders, in this order."""
        self._line.append(list(paths))
        if len(self._line) == 1:
            self._look_through()

    def _look_through(self) -> None:
        named, jobs, request_for, settings = self._line[0], self._jobs(), self._request_for(), self._settings()
        left_out = LeftOut()
        found = collect(
            named,
            Path(settings.output_dir) if settings.output_dir else None,
            left_out,
            template=settings.template,
            results=[job.output for job in jobs if job.output is not None],
        )

        def failed(error: Exception) -> None:
            logger.error("Photos could not be collected", exc_info=error)
            self._done(Additions())

        self._disk.run(
            lambda: self._known.sort_out(found, jobs, request_for, left_out),
            self._done,
            failed,
            wait_ms=_PATIENCE_MS,
        )

    def _done(self, additions: Additions) -> None:
        self._line.popleft()
        self.sortedOut.emit(additions)
        if self._line:
            self._look_through()
