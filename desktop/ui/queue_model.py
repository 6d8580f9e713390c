"""The queue as Qt's views see it."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QImage

from desktop.core.jobs import Job, JobState
from desktop.ui import words

Index = QModelIndex | QPersistentModelIndex

JOB_ROLE = Qt.ItemDataRole.UserRole + 1
DETAIL_ROLE = Qt.ItemDataRole.UserRole + 2
_ROOT = QModelIndex()


class QueueModel(QAbstractListModel):
    """One row a photo, in the queue's order. Decoration is the thumbnail, if it has come.

    Signals:
        thumbnailWanted(job: Job): a row without one has been shown for the first time.
    """

    thumbnailWanted = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs: list[Job] = []
        self._rows: dict[str, int] = {}
        self._thumbnails: dict[str, QImage] = {}
        self._sizes: dict[str, tuple[int, int]] = {}
        self._asked: set[str] = set()

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._jobs)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        job = self._jobs[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return job.path.name
            case Qt.ItemDataRole.DecorationRole:
                return self._thumbnail(job)
            case Qt.ItemDataRole.ToolTipRole:
                return f"{job.path}\n{self._detail(job)}"
            case Qt.ItemDataRole.AccessibleTextRole:
                return f"{job.path.name}, {self._detail(job)}"
            case _ if role == JOB_ROLE:
                return job
            case _ if role == DETAIL_ROLE:
                return self._detail(job)
        return None

    def job_at(self, index: Index) -> Job | None:
        return self._jobs[index.row()] if index.isValid() else None

    def index_of(self, job_id: str) -> QModelIndex:
        row = self._rows.get(job_id)
        return QModelIndex() if row is None else self.index(row)

    def pixels(self, job_id: str) -> int:
        """Input pixels of a photo, 0 where not known yet."""
        width, height = self._sizes.get(job_id, (0, 0))
        return width * height

    def size(self, job_id: str) -> tuple[int, int]:
        """Upright width and height of the original in pixels, (0, 0) where not known yet."""
        return self._sizes.get(job_id, (0, 0))

    def add(self, jobs: list[Job]) -> None:
        first = len(self._jobs)
        self.beginInsertRows(_ROOT, first, first + len(jobs) - 1)
        self._jobs.extend(jobs)
        self._rows.update((job.id, first + number) for number, job in enumerate(jobs))
        self.endInsertRows()

    def change(self, job: Job) -> None:
        row = self._rows.get(job.id)
        if row is None:
            return
        self._jobs[row] = job
        self.dataChanged.emit(self.index(row), self.index(row))

    def arrange(self, job_ids: list[str]) -> None:
        """Puts the rows into this order; selected photos stay selected."""
        known = [job_id for job_id in job_ids if job_id in self._rows]
        self.layoutAboutToBeChanged.emit()
        kept = self.persistentIndexList()
        ids = [self._jobs[index.row()].id for index in kept]
        self._jobs = [self._jobs[self._rows[job_id]] for job_id in known]
        self._rows = {job.id: row for row, job in enumerate(self._jobs)}
        self.changePersistentIndexList(kept, [self.index(self._rows[job_id]) for job_id in ids])
        self.layoutChanged.emit()

    def remove(self, job_ids: list[str]) -> None:
        gone = set(job_ids)
        rows = sorted(self._rows[job_id] for job_id in gone if job_id in self._rows)
        # A run of neighbours at a time, from the end, so that the rows still to go keep their numbers.
        for _, run in reversed(
            [(key, list(run)) for key, run in groupby(enumerate(rows), lambda pair: pair[1] - pair[0])]
        ):
            first, last = run[0][1], run[-1][1]
            self.beginRemoveRows(_ROOT, first, last)
            del self._jobs[first : last + 1]
            self.endRemoveRows()
        self._rows = {job.id: row for row, job in enumerate(self._jobs)}
        for job_id in gone:
            self._thumbnails.pop(job_id, None)
            self._sizes.pop(job_id, None)
            self._asked.discard(job_id)

    def set_thumbnail(self, job_id: str, image: QImage, width: int, height: int) -> None:
        """The small picture, and the upright size in pixels of the photo itself."""
        row = self._rows.get(job_id)
        if row is None:
            return
        self._thumbnails[job_id] = image
        self._sizes[job_id] = (width, height)
        self.dataChanged.emit(self.index(row), self.index(row))

    def _thumbnail(self, job: Job) -> QImage | None:
        if job.id not in self._asked:
            self._asked.add(job.id)
            self.thumbnailWanted.emit(job)
        return self._thumbnails.get(job.id)

    def _detail(self, job: Job) -> str:
        width, height = self._sizes.get(job.id, (0, 0))
        text = words.state(job, words.saved_in(job.output, job.path))
        if job.state is not JobState.WAITING or not width:
            return text
        scale = job.request.scale or 1
        return f"{text} · {words.size(width, height)} → {words.size(width * scale, height * scale)}"
