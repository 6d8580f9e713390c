"""The queue of the window: the state machine, its record on disk, and signals for what has been recorded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal

from desktop.core.errors import RekindleError
from desktop.core.jobs import ACTIVE, ENDINGS, Account, Job, JobState, Queue, Request, Result
from desktop.core.journal import Record
from desktop.core.queue_file import Write


class RecordedQueue(QObject):
    """Makes moves at once and shows them, by its signals, when they have been recorded.

    Signals:
        jobsAdded(jobs: list[Job])
        jobsChanged(jobs: list[Job]): state, progress or request.
        jobChanged(job: Job): the same for each of them, for whoever looks at one at a time.
        jobsRemoved(job_ids: list[str])
        jobsArranged(job_ids: list[str]): all of them, in their new order.
    """

    jobsAdded = Signal(list)
    jobsChanged = Signal(list)
    jobChanged = Signal(object)
    jobsRemoved = Signal(list)
    jobsArranged = Signal(list)
    _recorded = Signal(object)

    def __init__(self, record: Record, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._record = record
        self._queue = Queue()
        self._unrecorded: Counter[str] = Counter()
        self._removed: tuple[list[str], list[Job]] | None = None
        # Always queued, so that it makes no difference whether the record answers at once.
        self._recorded.connect(lambda show: show(), Qt.ConnectionType.QueuedConnection)

    @property
    def jobs(self) -> tuple[Job, ...]:
        return self._queue.jobs

    def __getitem__(self, job_id: str) -> Job:
        return self._queue[job_id]

    def get(self, job_id: str) -> Job | None:
        return self._queue.get(job_id)

    def count(self, *states: JobState) -> int:
        """How many photos are in one of these states; the same time whatever the queue's length."""
        return self._queue.count(*states)

    def in_state(self, state: JobState) -> list[Job]:
        return [job for job in self.jobs if job.state is state]

    def active(self) -> Job | None:
        return self._queue.active()

    def next_waiting(self, *, unattended: bool = False) -> Job | None:
        return self._queue.next_waiting(unattended=unattended)

    def restore(self, jobs: Sequence[Job]) -> None:
        """Takes jobs that are recorded already."""
        self._queue.restore(jobs)

    def add(self, requests: Iterable[Request], also: Write | None = None) -> list[Job]:
        """Takes new photos; ``also`` is recorded in the same transaction."""
        added = self._queue.add(requests)
        self._record.put(added, partial(self._recorded.emit, partial(self.jobsAdded.emit, added)), also)
        return added

    def move(
        self,
        jobs: Iterable[Job],
        state: JobState,
        *,
        output: Path | None = None,
        result: Result | None = None,
        error: RekindleError | None = None,
        account: Account | None = None,
    ) -> None:
        """Takes jobs to another state. Raises IllegalMoveError; what was moved before it is recorded all the same."""
        moved: list[Job] = []
        try:
            for job in jobs:
                moved.append(
                    self._queue.move(job.id, state, output=output, result=result, error=error, account=account)
                )
        finally:
            self._show(moved)

    def request(self, jobs: Iterable[Job], request_for: Callable[[Job], Request]) -> None:
        """Gives jobs new requests. Those that have ended wait again; those under way raise IllegalMoveError."""
        changed: list[Job] = []
        try:
            for job in jobs:
                request = request_for(job)
                if job.state in ENDINGS:
                    self._queue.move(job.id, JobState.WAITING)
                changed.append(self._queue.change(job.id, request))
        finally:
            self._show(changed)

    def progressed(self, job_id: str, part: float) -> None:
        """Notes progress, which is shown but not recorded: it is gone with the process anyway."""
        if self._queue.get(job_id) is None:
            return
        job = self._queue.progressed(job_id, part)
        if not self._unrecorded[job_id]:
            self._tell([job])

    def remove(self, job_ids: Sequence[str]) -> None:
        """Takes photos out of the queue. One under way stays, and one that is out already is passed over."""
        jobs = [job for job_id in dict.fromkeys(job_ids) if (job := self._queue.get(job_id)) is not None]
        gone = [job.id for job in jobs if job.state not in ACTIVE]
        if gone:
            order = [job.id for job in self.jobs]
            self._removed = (order, [self._queue.remove(job_id) for job_id in gone])
            self._record.forget(gone, partial(self._recorded.emit, partial(self.jobsRemoved.emit, gone)))

    @property
    def can_undo(self) -> bool:
        """Whether there is something that was removed last and can be put back."""
        return self._removed is not None

    def undo_remove(self) -> list[Job]:
        """Puts back what was removed last, where it stood, and gives it."""
        if self._removed is None:
            return []
        order, jobs = self._removed
        self._removed = None
        self._queue.restore(jobs)
        self._record.put(jobs, partial(self._recorded.emit, partial(self.jobsAdded.emit, jobs)))
        present = [job.id for job in self.jobs]
        then = [job_id for job_id in order if self._queue.get(job_id) is not None]
        stood = set(then)
        self.arrange([*then, *(job_id for job_id in present if job_id not in stood)])
        return jobs

    def arrange(self, job_ids: Sequence[str]) -> None:
        """Puts the queue into this order. Raises ValueError where it does not name every job once."""
        order = list(job_ids)
        if order != [job.id for job in self.jobs]:
            self._queue.arrange(order)
            self._record.arrange(order, partial(self._recorded.emit, partial(self.jobsArranged.emit, order)))

    def after_recording(self, call: Callable[[], None]) -> None:
        """Calls back when everything so far has been recorded and shown."""
        self._record.put([], partial(self._recorded.emit, call))

    def close(self) -> None:
        self._record.close()

    def _show(self, jobs: Sequence[Job]) -> None:
        if jobs:
            self._unrecorded.update(job.id for job in jobs)
            self._record.put(jobs, partial(self._recorded.emit, partial(self._shown, jobs)))

    def _shown(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            self._unrecorded[job.id] -= 1
            if not self._unrecorded[job.id]:
                del self._unrecorded[job.id]
        self._tell(list(jobs))

    def _tell(self, jobs: list[Job]) -> None:
        self.jobsChanged.emit(jobs)
        for job in jobs:
            self.jobChanged.emit(job)
