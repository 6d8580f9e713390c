"""Which photos of the queue the list shows, and in which order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QSortFilterProxyModel

from desktop.core.jobs import ACTIVE, Job, JobState
from desktop.ui.queue_model import QueueModel

Index = QModelIndex | QPersistentModelIndex

_NUMBERS = re.compile(r"\d+")
_LONGEST_NUMBER = 20  # longer ones are compared as words


class Part(Enum):
    """The photos that are shown."""

    ALL = frozenset(JobState)
    TO_DO = ACTIVE | {JobState.WAITING}
    DONE = frozenset({JobState.DONE})
    FAILED = frozenset({JobState.FAILED})
    SKIPPED = frozenset({JobState.SKIPPED})
    CANCELLED = frozenset({JobState.CANCELLED})


class Order(Enum):
    """What they are sorted by."""

    QUEUE = "queue"
    NAME = "name"
    STATE = "state"


# What somebody looks for comes first: what is under way, what went wrong, what is still to come.
_BY_STATE = {
    state: rank
    for rank, state in enumerate(
        (
            JobState.RUNNING,
            JobState.PAUSED,
            JobState.FAILED,
            JobState.WAITING,
            JobState.CANCELLED,
            JobState.SKIPPED,
            JobState.DONE,
        )
    )
}


def in_order(jobs: Sequence[Job], order: Order) -> list[str]:
    """The IDs of a queue's jobs as they are sorted; alike ones stay in the queue's order."""
    match order:
        case Order.NAME:
            jobs = sorted(jobs, key=lambda job: natural(job.path.name))
        case Order.STATE:
            jobs = sorted(jobs, key=lambda job: _BY_STATE[job.state])
    return [job.id for job in jobs]


def natural(name: str) -> str:
    """A key that sorts names as people do: whatever their case, and 9 before 10."""
    return _NUMBERS.sub(lambda digits: digits[0].zfill(_LONGEST_NUMBER), name.casefold())


class ShownPhotos(QSortFilterProxyModel):
    """The list's model: the queue's, or a part of it. Sorting ten thousand rows here would take half a second."""

    def __init__(self, photos: QueueModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._photos = photos
        self.part = Part.ALL
        self.setSourceModel(photos)

    @property
    def job_ids(self) -> list[str]:
        """All that are shown, from top to bottom."""
        return [self.job_at(row).id for row in range(self.rowCount())]

    def show_only(self, part: Part) -> None:
        self.part = part
        # Everything at once: rows that went one by one would each lay out the list again.
        self.invalidate()

    def job_at(self, row: int) -> Job:
        """The photo in a row of the list."""
        if self.part is Part.ALL:
            return self._photos.job(row)
        return self._photos.job(self.mapToSource(self.index(row, 0)).row())

    def index_of(self, job_id: str) -> QModelIndex:
        """Its row, invalid where it is not shown."""
        return self.mapFromSource(self._photos.index_of(job_id))

    def filterAcceptsRow(self, source_row: int, source_parent: Index) -> bool:
        return self.part is Part.ALL or self._photos.job(source_row).state in self.part.value
