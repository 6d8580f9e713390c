"""Finds out how large queued photos are, before anybody looks at them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from desktop.core.jobs import Job
from desktop.core.photo.isolated import MOST_SIZES, PhotoReader
from desktop.core.photo.looks import Size
from desktop.ui.tasks import TaskPool

# News for the window at most so often; and so long at most must somebody wait who wants to see a picture.
_CHUNK_S = 0.1


class SizeReader(QObject):
    """Reads headers in the background, in the order asked for and some at a time.

    Signals:
        read(sizes: dict[str, Size]): by job.
    """

    read = Signal(object)

    def __init__(self, reader: PhotoReader, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reader = reader
        self._pool = TaskPool("measuring", 1, self)
        self._paths: dict[str, Path] = {}
        self._order: deque[str] = deque()
        self._reading = False

    @property
    def pending(self) -> bool:
        """Whether there are photos nobody has measured yet."""
        return bool(self._paths)

    def want(self, jobs: Iterable[Job]) -> None:
        """Measures these after all that were asked for before."""
        for job in jobs:
            if job.id not in self._paths:
                self._paths[job.id] = job.path
                self._order.append(job.id)
        self._go_on()

    def drop(self, job_ids: Iterable[str]) -> None:
        """Nobody wants to know any more."""
        for job_id in job_ids:
            self._paths.pop(job_id, None)

    def shutdown(self) -> None:
        """Waits for the photo that is being read, drops the rest."""
        self._order.clear()
        self._paths.clear()
        self._pool.shutdown()

    def _go_on(self) -> None:
        if self._reading:
            return
        chunk: list[tuple[str, Path]] = []
        while self._order and len(chunk) < MOST_SIZES:
            job_id = self._order.popleft()
            if job_id in self._paths:
                chunk.append((job_id, self._paths[job_id]))
        if chunk:
            self._reading = True
            paths = [path for _, path in chunk]
            self._pool.run(partial(self._reader.sizes, paths, _CHUNK_S), partial(self._arrived, chunk))

    def _arrived(self, chunk: Sequence[tuple[str, Path]], sizes: Sequence[Size]) -> None:
        self._reading = False
        self._order.extendleft(job_id for job_id, _ in reversed(chunk[len(sizes) :]))
        measured = zip((job_id for job_id, _ in chunk), sizes, strict=False)
        wanted = {job_id: size for job_id, size in measured if self._paths.pop(job_id, None) is not None}
        if wanted:
            self.read.emit(wanted)
        self._go_on()
