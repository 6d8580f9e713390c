"""The queue as Qt's views see it."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QImage

from desktop.core.jobs import Job, JobState
from desktop.ui import row_words

Index = QModelIndex | QPersistentModelIndex

JOB_ROLE = Qt.ItemDataRole.UserRole + 1
DETAIL_ROLE = Qt.ItemDataRole.UserRole + 2
_ROOT = QModelIndex()
# What changes of a row, where its size does not: all but SizeHintRole. No roles at all stand for any of them.
_LOOKS: list[int] = [
    Qt.ItemDataRole.DecorationRole,
    Qt.ItemDataRole.ToolTipRole,
    Qt.ItemDataRole.AccessibleTextRole,
    JOB_ROLE,
    DETAIL_ROLE,
]


class QueueModel(QAbstractListModel):
    """One row a photo, in the queue's order or another. Decoration is the thumbnail, if it has come.

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
        self._left: tuple[str, float] | None = None

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
                lines = (
                    *(str(job.path), row_words.whole(self._detail(job))),
                    *(row_words.why(job), row_words.own_choices(job)),
                )
                return "\n".join(filter(None, lines))
            case Qt.ItemDataRole.AccessibleTextRole:
                return f"{job.path.name}, {row_words.whole(self._detail(job))}"
            case _ if role == JOB_ROLE:
                return job
            case _ if role == DETAIL_ROLE:
                return self._detail(job)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        usual = super().flags(index)
        return usual | Qt.ItemFlag.ItemIsDragEnabled if index.isValid() else usual

    def job_at(self, index: Index) -> Job | None:
        return self._jobs[index.row()] if index.isValid() else None

    def job(self, row: int) -> Job:
        return self._jobs[row]

    def index_of(self, job_id: str) -> QModelIndex:
        row = self._rows.get(job_id)
        return QModelIndex() if row is None else self.index(row)

    def size(self, job_id: str) -> tuple[int, int]:
        """Upright width and height of the original in pixels, (0, 0) where not known yet."""
        return self._sizes.get(job_id, (0, 0))

    def add(self, jobs: list[Job]) -> None:
        first = len(self._jobs)
        self.beginInsertRows(_ROOT, first, first + len(jobs) - 1)
        self._jobs.extend(jobs)
        self._rows.update((job.id, first + number) for number, job in enumerate(jobs))
        self.endInsertRows()

    def change(self, *jobs: Job) -> None:
        """Rows' new looks. Those without a row are passed over."""
        known = [(row, job) for job in jobs if (row := self._rows.get(job.id)) is not None]
        if not known:
            return
        resized = False
        for row, job in known:
            resized = resized or JobState.FAILED in (job.state, self._jobs[row].state)
            self._jobs[row] = job
        self._tell([row for row, _ in known], resized=resized)

    def arrange(self, job_ids: list[str]) -> None:
        """Puts the rows into this order, those that it does not name last; selected photos stay selected."""
        known = [job_id for job_id in job_ids if job_id in self._rows]
        if len(known) < len(self._jobs):
            known += self._rows.keys() - set(known)
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
        self._tell([row])

    def set_sizes(self, sizes: dict[str, tuple[int, int]]) -> None:
        """Upright sizes in pixels of originals, by job."""
        rows = [self._rows[job_id] for job_id in sizes if job_id in self._rows]
        if rows:
            self._sizes.update((job_id, size) for job_id, size in sizes.items() if job_id in self._rows)
            self._tell(rows)

    def set_time_left(self, job_id: str, seconds: float | None) -> None:
        """How long the photo under way still takes."""
        self._left = None if seconds is None else (job_id, seconds)
        row = self._rows.get(job_id)
        if row is not None:
            self._tell([row])

    def _tell(self, rows: list[int], *, resized: bool = False) -> None:
        """Once for many, and honestly: a list lays out all its rows again where one may have another size."""
        self.dataChanged.emit(self.index(min(rows)), self.index(max(rows)), [] if resized else _LOOKS)

    def _thumbnail(self, job: Job) -> QImage | None:
        if job.id not in self._asked:
            self._asked.add(job.id)
            self.thumbnailWanted.emit(job)
        return self._thumbnails.get(job.id)

    def _detail(self, job: Job) -> str:
        left_s = self._left[1] if self._left is not None and self._left[0] == job.id else None
        return row_words.detail(job, self.size(job.id), left_s)
