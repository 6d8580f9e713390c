"""The list of photos: what of it is shown and chosen, and in which order it is worked through."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QObject, QTimer, Signal

from desktop.core.jobs import ACTIVE, Job
from desktop.core.order import moved_before, put_first, shifted, woven
from desktop.ui.queue_model import QueueModel
from desktop.ui.queue_panel import QueuePanel
from desktop.ui.recorded_queue import RecordedQueue
from desktop.ui.shown_photos import Order, Part, ShownPhotos, in_order


class Listing(QObject):
    """Between the queue and its list.

    Only photos that are not under way change places, and only among those that are shown: the rest stays where it is.

    Signals:
        choiceChanged(): other photos are shown.
    """

    choiceChanged = Signal()

    def __init__(
        self,
        queue: RecordedQueue,
        model: QueueModel,
        shown: ShownPhotos,
        panel: QueuePanel,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._queue = queue
        self._model = model
        self._shown = shown
        self._order = Order.QUEUE
        self._head = panel.head
        self._list = panel.view
        # Counted, and sorted again, once where many photos change in one go.
        self._counter = QTimer(self, interval=0, singleShot=True)
        self._counter.timeout.connect(self._count)
        self._sorter = QTimer(self, interval=0, singleShot=True)
        self._sorter.timeout.connect(self._sort)

    @property
    def chosen(self) -> list[Job]:
        """The selected photos as the queue has them now, from top to bottom."""
        jobs = (self._queue.get(self._shown.job_at(row).id) for row in self._list.selected_rows())
        return [job for job in jobs if job is not None]

    @property
    def chosen_ids(self) -> list[str]:
        return [job.id for job in self.chosen]

    @property
    def in_queue_order(self) -> bool:
        """Whether photos can be moved: elsewhere their places mean nothing."""
        return self._order is Order.QUEUE

    @property
    def fixed(self) -> str:
        """Why photos cannot be moved, in words; empty where they can."""
        return "" if self.in_queue_order else self.tr("Sort by the order of work to move photos")

    def select(self, job_id: str) -> None:
        """Looks at one photo, if it is shown."""
        index = self._shown.index_of(job_id)
        if index.isValid():
            self._list.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def add(self, jobs: list[Job]) -> None:
        """New rows."""
        self._model.add(jobs)
        self._changed(sort=not self.in_queue_order)

    def change(self, jobs: list[Job]) -> set[str]:
        """Rows' new looks. Gives the IDs of those whose state is another one now."""
        rows = [(job, self._model.job_at(self._model.index_of(job.id))) for job in jobs]
        moved = {job.id for job, before in rows if before is not None and before.state is not job.state}
        self._model.change(*jobs)
        self._changed(sort=bool(moved) and self._order is Order.STATE)
        return moved

    def remove(self, job_ids: list[str]) -> None:
        self._model.remove(job_ids)
        self._changed(sort=False)

    def arrange(self, job_ids: list[str]) -> None:
        """The queue's new order."""
        if self.in_queue_order:
            self._model.arrange(job_ids)
        else:
            self._sorter.start()

    def show_only(self, part: Part) -> None:
        """Shows a part of the list. What was looked at stays looked at if it is in it."""
        self._choose(lambda: self._shown.show_only(part))

    def sort_by(self, order: Order) -> None:
        self._order = order
        self._choose(self._sort)

    def do_next(self) -> None:
        """The selected photos come before all others that wait."""
        jobs = self._queue.jobs
        self._queue.arrange(put_first(jobs, set(self.chosen_ids)))

    def shift(self, rows: int) -> None:
        """Moves the selected photos up (negative) or down."""
        self._arrange(lambda order, chosen: shifted(order, chosen, rows), self._movable(self.chosen))

    def move_before(self, job_ids: list[str], place: str) -> None:
        """Moves photos together before another, or to the end where that is empty."""
        named = [job for job_id in job_ids if (job := self._queue.get(job_id)) is not None]
        self._arrange(lambda order, chosen: moved_before(order, chosen, place or None), self._movable(named))

    def _arrange(self, arranged: Callable[[list[str], set[str]], list[str]], chosen: set[str]) -> None:
        if self.in_queue_order and chosen:
            order = [job.id for job in self._queue.jobs]
            shown = [job_id for job_id in self._shown.job_ids if self._queue.get(job_id) is not None]
            self._queue.arrange(woven(order, arranged(shown, chosen)))

    @staticmethod
    def _movable(jobs: list[Job]) -> set[str]:
        return {job.id for job in jobs if job.state not in ACTIVE}

    def _choose(self, choose: Callable[[], None]) -> None:
        looked_at = self._list.current_job()
        choose()
        self._head.show_choices(self._shown.part, self._order)
        self._list.fixed = self.fixed
        index = self._shown.index_of(looked_at.id) if looked_at is not None else QModelIndex()
        if not index.isValid() and self._shown.rowCount():
            index = self._shown.index(0, 0)
        if index.isValid() and not self._list.selectionModel().isSelected(index):
            self._list.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        self._list.scrollTo(self._list.currentIndex())
        self._changed(sort=False)
        self.choiceChanged.emit()

    def _changed(self, *, sort: bool) -> None:
        self._counter.start()
        if sort:
            self._sorter.start()

    def _sort(self) -> None:
        self._model.arrange(in_order(self._queue.jobs, self._order))

    def _count(self) -> None:
        counts = {part: self._queue.count(*part.value) for part in Part}
        self._head.show_counts(counts, self._shown.rowCount())
