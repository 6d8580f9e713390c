"""Whatever is done to the queue, in whatever order, and wherever a crash cuts in: nothing is lost, nothing doubled.

Hypothesis makes up the sequences. Between the queue and a real journal stands a gate, so that what has been asked to be
recorded, what is recorded, and what is shown are three different moments that a crash can fall between.
More of them: ``make test ARGS="--hypothesis-profile=thorough -k machine"``.
"""

from __future__ import annotations

import itertools
import json
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from PySide6.QtCore import QCoreApplication, QEvent, QObject, Signal

from desktop.core import jobs, queue_file, taken
from desktop.core.collect import Found
from desktop.core.errors import CancelledError, RekindleError, UnreadablePhotoError
from desktop.core.experience import Experience
from desktop.core.files import sha256_of
from desktop.core.forecast import Forecaster
from desktop.core.jobs import ACTIVE, ENDINGS, Account, Job, JobState, Request, Result
from desktop.core.journal import Record, Write, is_there, open_journal
from desktop.core.models.catalogue import Catalogue
from desktop.core.order import moved_before, put_first, shifted
from desktop.core.outcome import Outcome
from desktop.core.paths import bundled
from desktop.core.pipeline import Limits
from desktop.core.progress import BatchClock
from desktop.core.settings import Settings
from desktop.core.watch import Stamp
from desktop.ui.controller import QueueController
from desktop.ui.recorded_queue import RecordedQueue

PATIENCE_S = 20
CATALOGUE = Catalogue.load(bundled("models", "catalogue.toml"))


class FakeRunner(QObject):
    """Does nothing by itself: the test says how far a job has come and how it ends."""

    progressed = Signal(str, float)
    finished = Signal(str, object)
    freed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.jobs: list[tuple[str, Request]] = []
        self.writing = False
        self.cancelled: set[str] = set()
        self.submitted: list[str] = []
        self.allowed: Callable[[str], None] = lambda job_id: None

    @property
    def busy(self) -> bool:
        return bool(self.jobs)

    @property
    def free(self) -> bool:
        return len(self.jobs) <= self.writing

    @property
    def job(self) -> tuple[str, Request] | None:
        """The one that ends next: of two, the one whose result is being written."""
        return self.jobs[0] if self.jobs else None

    def submit(self, job_id: str, request: Request, upcoming: Request | None = None) -> None:
        assert self.free, "two photos at a time"
        self.allowed(job_id)
        self.jobs.append((job_id, request))
        self.submitted.append(job_id)

    def write(self) -> None:
        """The network has done its part of a job."""
        assert not self.writing
        self.writing = True
        self.freed.emit()

    def use_limits(self, limits: Limits) -> None:
        pass

    def protect(self, originals: Iterable[Path]) -> None:
        list(originals)

    def pause(self) -> None:
        pass

    def resume(self) -> None:
        pass

    def cancel(self, job_id: str) -> None:
        self.cancelled.add(job_id)

    def shutdown(self) -> None:
        self.jobs.clear()

    def end(self, outcome: Outcome) -> None:
        job_id, _ = self.jobs.pop(0)
        self.writing = False
        self.cancelled.discard(job_id)
        self.finished.emit(job_id, outcome)


class FakeTasks:
    """Background work that is done when the test says so."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []

    def run(self, task: Callable[[], Any], then: Callable[[Any], None], *_: object, **__: object) -> None:
        self.waiting.append(lambda: then(task()))

    def deliver(self) -> None:
        self.waiting.pop(0)()

    def shutdown(self) -> None:
        self.waiting.clear()


class Gate:
    """Holds back what the queue wants recorded until the test lets it through to the journal, and waits for that.

    Attributes:
        ledger: what the journal must hold by now, by the plainest of means.
        kept: every (state, request) a job has ever been recorded with.
        forgotten: whoever has ever been recorded as removed.
        done: whoever is recorded done now.
    """

    def __init__(self, record: Record, jobs: Sequence[Job]) -> None:
        self._record = record
        self._held: list[Callable[[], None]] = []
        self.ledger = {job.id: job for job in jobs}
        self.kept = {job.id: {(job.state, job.request)} for job in jobs}
        self.forgotten: set[str] = set()
        self.done: set[str] = {job.id for job in jobs if job.state is JobState.DONE}

    def put(self, jobs: Sequence[Job], then: Callable[[], None], also: Write | None = None) -> None:
        def ask(recorded: Callable[[], None]) -> None:
            self._record.put(jobs, recorded, also)

        self._held.append(lambda: self._through(ask, partial(self._put, jobs), then))

    def forget(self, job_ids: Sequence[str], then: Callable[[], None]) -> None:
        self._held.append(
            lambda: self._through(partial(self._record.forget, job_ids), partial(self._forget, job_ids), then)
        )

    def arrange(self, job_ids: Sequence[str], then: Callable[[], None]) -> None:
        self._held.append(
            lambda: self._through(partial(self._record.arrange, job_ids), partial(self._arrange, job_ids), then)
        )

    def promise(self, job_id: str, result: Result) -> None:
        self.let_through()
        self._record.promise(job_id, result)
        self.ledger[job_id] = replace(self.ledger[job_id], result=result)

    def close(self) -> None:
        self.let_through()
        self._record.close()

    def crash(self) -> None:
        self._held.clear()
        self._record.close()

    def let_through(self, most: int = 1_000_000) -> None:
        while self._held and most:
            self._held.pop(0)()
            most -= 1

    @staticmethod
    def _through(ask: Callable[[Callable[[], None]], None], note: Callable[[], None], then: Callable[[], None]) -> None:
        recorded = threading.Event()
        ask(recorded.set)
        assert recorded.wait(PATIENCE_S)
        note()
        then()

    def _put(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            self.ledger[job.id] = job
            self.kept.setdefault(job.id, set()).add((job.state, job.request))
            (self.done.add if job.state is JobState.DONE else self.done.discard)(job.id)

    def _forget(self, job_ids: Sequence[str]) -> None:
        for job_id in job_ids:
            self.ledger.pop(job_id, None)
            self.forgotten.add(job_id)

    def _arrange(self, job_ids: Sequence[str]) -> None:
        self.ledger = {job_id: self.ledger[job_id] for job_id in job_ids}


@dataclass
class Shown:
    """The list as a window would have it, from the queue's signals alone.

    Attributes:
        wrong: what should not have been shown; noted, because an exception in a slot reaches nobody.
    """

    gate: Gate
    jobs: dict[str, Job] = field(default_factory=dict)
    finished: int = 0
    wrong: list[str] = field(default_factory=list)

    def expect(self, true: bool, otherwise: str) -> None:
        if not true:
            self.wrong.append(otherwise)

    def restore(self, jobs: list[Job]) -> None:
        self.jobs = {job.id: job for job in jobs}

    def add(self, jobs: list[Job]) -> None:
        for job in jobs:
            self.expect(job.id not in self.jobs, "a photo is shown twice")
            self.expect((job.state, job.request) in self.gate.kept.get(job.id, ()), "shown before it was recorded")
            self.jobs[job.id] = job

    def change(self, job: Job) -> None:
        before = self.jobs.get(job.id)
        self.expect((job.state, job.request) in self.gate.kept.get(job.id, ()), "changed before it was recorded")
        if before is None:
            self.wrong.append("changed what is not in the list")
        elif job.state is not before.state:
            # One ending for every start: no step is left out and none is made twice.
            self.expect(job.state in jobs._LEGAL[before.state], f"{before.state} became {job.state}")
        elif job.state in ACTIVE:
            self.expect(job.progress >= before.progress, "progress ran backwards")
        self.jobs[job.id] = job

    def remove(self, job_ids: list[str]) -> None:
        for job_id in job_ids:
            self.expect(job_id in self.gate.forgotten, "gone before that was recorded")
            self.expect(self.jobs.pop(job_id, None) is not None, "removed what is not in the list")

    def arrange(self, job_ids: list[str]) -> None:
        self.expect(set(job_ids) == self.jobs.keys(), "an order of other photos than those in the list")
        self.jobs = {job_id: self.jobs[job_id] for job_id in job_ids if job_id in self.jobs}

    def finish(self) -> None:
        self.finished += 1
        self.expect(not any(job.state in ACTIVE for job in self.jobs.values()), "finished before all was shown")


class Session:
    """One start of the program: a queue on a real journal, its controller, and what a window shows of it."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.troubles: list[RekindleError] = []
        opened = open_journal(folder, self.troubles.append)
        assert opened.notice is None
        self.restored = opened.jobs
        self.gate = Gate(opened.record, opened.jobs)
        recovered = threading.Event()
        opened.record.put([], recovered.set)
        assert recovered.wait(PATIENCE_S)
        self.shown = Shown(self.gate)
        self.queue = RecordedQueue(self.gate)
        self.runner, self.disk, self.checks = FakeRunner(), FakeTasks(), FakeTasks()
        forecaster = Forecaster(CATALOGUE, Experience(folder / "cache"))
        clock = BatchClock(itertools.count().__next__, forecaster, {})
        self.controller = QueueController(self.runner, self.disk, settings, self.queue, clock)  # type: ignore[arg-type]
        self.controller._checks = self.checks  # type: ignore[assignment]
        self.begun, self._ran = 0, False
        self.controller.activityChanged.connect(self._count)
        self.queue.jobsAdded.connect(self.shown.add)
        self.queue.jobChanged.connect(self.shown.change)
        self.queue.jobsRemoved.connect(self.shown.remove)
        self.queue.jobsArranged.connect(self.shown.arrange)
        self.controller.jobsRestored.connect(self.shown.restore)
        self.controller.queueFinished.connect(self.shown.finish)
        self.controller.restore(opened.jobs)

    def _count(self) -> None:
        self.begun += self.controller.running and not self._ran
        self._ran = self.controller.running

    def drop(self) -> None:
        """Its Qt objects go, and what they still wanted to say with them."""
        for part in (self.queue, self.controller, self.runner):
            QCoreApplication.removePostedEvents(part)
            part.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def on_disk(folder: Path) -> list[Job]:
    connection = sqlite3.connect(folder / "queue.sqlite3")
    try:
        rows = connection.execute("SELECT id, state, content FROM job ORDER BY number").fetchall()
    finally:
        connection.close()
    return [queue_file._job(job_id, state, json.loads(content)) for job_id, state, content in rows]


def seen_to(folder: Path) -> set[str]:
    """The photos of the watched folder that are recorded as taken."""
    connection = sqlite3.connect(folder / "queue" / "queue.sqlite3")
    try:
        taken.begin(connection, folder / "photos", {}, also=False, anew=False)
        return set(taken.load(connection, folder / "photos") or {})
    finally:
        connection.close()


def told(job: Job) -> tuple[object, ...]:
    """What of a job must be the same wherever it is kept; progress is not recorded at every step."""
    error = (job.error.code, job.error.message) if job.error else None
    return job.id, job.request, job.state, job.result, job.output, error, job.account


PICK = st.integers(0, 9)
SOME = st.sets(st.integers(0, 9), min_size=1, max_size=4)
ENDED_BADLY = st.sampled_from([JobState.FAILED, JobState.SKIPPED])


class QueueMachine(RuleBasedStateMachine):
    base: Path  # set for the run
    numbers = 0

    @initialize(photos=st.integers(1, 3), started=st.booleans())
    def open(self, photos: int, started: bool) -> None:
        type(self).numbers += 1
        self.folder = self.base / str(self.numbers)
        self.photos = self.folder / "photos"
        self.photos.mkdir(parents=True)
        self.settings = Settings()
        self.removed: set[str] = set()  # names of photos that somebody has wanted out of the list
        self.promised: Result | None = None
        self.published: set[str] = set()  # of photos whose result is on disk and promised, but not yet recorded done
        self.begin()
        self.add(photos)
        self.folder_is_read()
        if started:
            self.start()
        self.everything_keeps_up()

    def begin(self) -> None:
        self.session = Session(self.folder / "queue", self.settings)
        self.session.runner.allowed = self.may_run
        self.promised = None
        self.age = 0
        self.wanted = False  # whether a start has been asked for since everything was cancelled
        self.again: set[str] = set()  # who has been told to be done again

    def may_run(self, job_id: str) -> None:
        shown = self.session.shown
        shown.expect(job_id not in self.session.gate.done or job_id in self.again, "run after being recorded done")
        shown.expect(job_id not in self.published or job_id in self.again, "run although its result was there")
        by_itself = self.session.queue[job_id].request.unattended
        shown.expect(self.wanted or by_itself, "run although nobody wished it, or all was cancelled")
        self.again.discard(job_id)
        self.published.discard(job_id)

    @property
    def jobs(self) -> tuple[Job, ...]:
        return self.session.controller.jobs

    def some(self, rows: set[int]) -> list[str]:
        """Photos a person has selected: in the list as it is shown, which may be behind."""
        ids = list(self.session.shown.jobs)
        return [ids[row] for row in sorted(rows) if row < len(ids)]

    @rule(count=st.integers(1, 3))
    def add(self, count: int) -> None:
        type(self).numbers += 1
        self.session.controller.add_paths(self.photos / f"{self.numbers}-{row}.png" for row in range(count))

    @rule(count=st.integers(1, 3))
    def appear(self, count: int) -> None:
        """Photos come into a watched folder."""
        type(self).numbers += 1
        if not self.session.controller.running:
            self.wanted = False  # that starts nothing else
        names = [f"{self.numbers}-{row}.png" for row in range(count)]
        note = partial(taken.note, folder=self.photos, photos={name: Stamp(1, 1) for name in names}, made=True)
        self.session.controller.take([Found(self.photos / name) for name in names], note, quality=70)
        assert self.session.controller.running

    @precondition(lambda self: self.session.disk.waiting)
    @rule()
    def folder_is_read(self) -> None:
        self.session.disk.deliver()

    @precondition(lambda self: self.session.checks.waiting)
    @rule()
    def result_is_checked(self) -> None:
        self.session.checks.deliver()

    @rule()
    def start(self) -> None:
        self.wanted = True
        self.session.controller.start()

    @rule()
    def pause(self) -> None:
        self.session.controller.pause()

    @rule()
    def resume(self) -> None:
        self.session.controller.resume()

    @rule()
    def cancel_all(self) -> None:
        self.wanted = False
        self.session.controller.cancel_all()

    @rule(rows=SOME)
    def cancel(self, rows: set[int]) -> None:
        self.session.controller.cancel(self.some(rows))

    @rule(rows=SOME)
    def retry(self, rows: set[int]) -> None:
        chosen = self.some(rows)
        for job_id in chosen:
            job = self.session.queue.get(job_id)
            if job is not None and job.state in ENDINGS:
                self.again.add(job_id)
        self.session.controller.retry(chosen)

    @rule(rows=SOME)
    def remove(self, rows: set[int]) -> None:
        chosen = self.some(rows)
        self.removed |= {self.session.shown.jobs[job_id].path.name for job_id in chosen}
        self.session.queue.remove(chosen)

    @rule()
    def undo(self) -> None:
        self.session.controller.undo_remove()

    @rule(rows=SOME, by=st.sampled_from([-2, -1, 1, 3]))
    def reorder(self, rows: set[int], by: int) -> None:
        order = [job.id for job in self.jobs]
        self.session.queue.arrange(shifted(order, set(self.some(rows)), by))

    @rule(rows=SOME, row=PICK)
    def drag(self, rows: set[int], row: int) -> None:
        order = [job.id for job in self.jobs]
        place = order[row] if row < len(order) else None
        self.session.queue.arrange(moved_before(order, set(self.some(rows)), place))

    @rule(rows=SOME)
    def do_next(self, rows: set[int]) -> None:
        self.session.queue.arrange(put_first(self.jobs, set(self.some(rows))))

    @rule(scale=st.sampled_from([2, 3, 4]), quality=st.integers(80, 90))
    def choose_settings(self, scale: int, quality: int) -> None:
        self.settings = replace(self.settings, scale=scale, quality=quality)
        self.session.controller.apply(self.settings)
        assert all(
            (job.request.scale, job.request.quality) == (scale, 70 if job.request.unattended else quality)
            for job in self.jobs
            if job.state is JobState.WAITING
        )

    @precondition(lambda self: self.session.runner.busy)
    @rule(parts=st.lists(st.floats(0, 1), min_size=1, max_size=3))
    def progress(self, parts: list[float]) -> None:
        for part in parts:
            if self.session.runner.job[0] not in self.session.runner.cancelled:
                self.session.runner.progressed.emit(self.session.runner.job[0], part)

    @precondition(lambda self: self.session.runner.busy and not self.session.runner.writing)
    @rule()
    def write(self) -> None:
        """The network is free for the next photo."""
        self.session.runner.write()

    @precondition(lambda self: self.session.runner.busy and self.promised is None)
    @rule()
    def promise(self) -> None:
        """The result is whole, under its temporary name, and about to get its own."""
        job_id, request = self.session.runner.job
        content = self.photos / f"{request.path.stem}_x{request.scale}.png"
        temp = content.with_suffix(".temp")
        temp.write_text(f"{job_id} {len(self.session.runner.submitted)}")
        self.promised = Result(content, temp.stat().st_size, sha256_of(temp))
        self.session.gate.promise(job_id, self.promised)

    @precondition(lambda self: self.promised is not None)
    @rule()
    def publish(self) -> None:
        temp = self.promised.path.with_suffix(".temp")
        if temp.exists():
            temp.replace(self.promised.path)
            self.published.add(self.session.runner.job[0])

    @precondition(lambda self: self.session.runner.busy and self.session.runner.job[0] in self.published)
    @rule()
    def end_well(self) -> None:
        request = self.session.runner.job[1]
        result, self.promised = self.promised, None
        account = Account("edsr-baseline-x3", 3, "fake", "exact", 30, 20, 10, 7, 0.5, 1.0)
        self.session.runner.end(
            Outcome(
                request=request,
                state=JobState.DONE,
                output=result.path,
                result=result,
                model=account.model,
                scale=3,
                engine="fake",
                width=30,
            )
        )

    @precondition(lambda self: self.session.runner.busy and self.promised is None)
    @rule(state=ENDED_BADLY)
    def end_otherwise(self, state: JobState) -> None:
        request = self.session.runner.job[1]
        if self.session.runner.job[0] in self.session.runner.cancelled:
            self.session.runner.end(Outcome(request=request, state=JobState.CANCELLED, error=CancelledError()))
            return
        error = UnreadablePhotoError("“{name}” cannot be read.", name="x") if state is JobState.FAILED else None
        self.session.runner.end(Outcome(request=request, state=state, error=error))

    @rule(count=st.integers(1, 4))
    def disk_keeps_up(self, count: int) -> None:
        self.session.gate.let_through(count)

    @rule()
    def window_keeps_up(self) -> None:
        QCoreApplication.processEvents()

    @rule()
    def everything_keeps_up(self) -> None:
        self.session.gate.let_through()
        QCoreApplication.processEvents()

    @precondition(lambda self: not self.session.runner.busy)
    @rule(row=PICK)
    def lose_a_result(self, row: int) -> None:
        """Somebody deletes a finished result behind our back."""
        done = [job for job in self.jobs if job.state is JobState.DONE and job.id in self.session.gate.done]
        if row < len(done):
            done[row].result.path.unlink(missing_ok=True)
            if self.session.checks.waiting:
                self.again.add(done[row].id)

    @precondition(lambda self: self.age > 5)
    @rule()
    def crash(self) -> None:
        expected = list(self.session.gate.ledger.values())
        self.session.gate.crash()
        self.session.drop()
        assert [told(job) for job in on_disk(self.folder / "queue")] == [told(job) for job in expected]
        came = {job.path.name for job in expected if job.request.unattended}
        assert came <= seen_to(self.folder), "a photo would be taken twice"
        assert seen_to(self.folder) - came <= self.removed, "a photo was lost"
        self.come_back(expected)

    @precondition(lambda self: self.age > 5)
    @rule()
    def close_and_open(self) -> None:
        left = self.jobs
        self.session.controller.shutdown()
        self.session.drop()
        expected = list(self.session.gate.ledger.values())
        assert [(job.id, job.request, job.state) for job in expected] == [
            (job.id, job.request, job.state) for job in left
        ]
        self.come_back(expected)

    def come_back(self, expected: Sequence[Job]) -> None:
        self.begin()
        assert [job.id for job in self.jobs] == [job.id for job in expected], "lost, doubled or out of order"
        for now, before in zip(self.jobs, expected, strict=True):
            assert now.request == before.request
            if before.state not in ACTIVE:
                assert told(now) == told(before)
            elif before.result is not None and is_there(before.result):
                assert now.state is JobState.DONE
                assert now.output is not None
                assert now.output.is_file()
            else:
                assert (now.state, now.result, now.progress) == (JobState.WAITING, None, 0.0)
        for job in self.jobs:
            self.published.discard(job.id)
            if job.state is JobState.DONE and not job.result.path.exists():
                self.again.add(job.id)  # which is what must happen to it

    @invariant()
    def one_at_a_time(self) -> None:
        """But for a second one whose result is being written."""
        active = [job.id for job in self.jobs if job.state in ACTIVE]
        assert len(active) <= 1 + self.session.runner.writing
        assert sorted(active) == sorted(job_id for job_id, _ in self.session.runner.jobs)

    @invariant()
    def progress_can_be_told(self) -> None:
        progress = self.session.controller.progress()
        assert 0 <= progress.finished <= progress.total
        assert 0 <= progress.part <= 1

    @invariant()
    def a_pause_holds_something(self) -> None:
        controller = self.session.controller
        if controller.paused:
            states = {job.state for job in self.jobs}
            assert controller.running
            assert self.session.disk.waiting or states & {JobState.WAITING, *ACTIVE}

    @invariant()
    def nothing_went_wrong(self) -> None:
        self.age += 1
        assert self.session.troubles == []
        assert self.session.shown.wrong == []

    def teardown(self) -> None:
        if not hasattr(self, "session"):
            return
        try:
            self.come_to_an_end()
        finally:
            self.session.controller.shutdown()
            self.session.drop()
            shutil.rmtree(self.folder)

    def come_to_an_end(self) -> None:
        """Left alone, every run comes to its end, and then all three accounts agree."""
        session = self.session
        session.controller.resume()
        self.start()
        for _ in range(1000):
            while session.disk.waiting or session.checks.waiting:
                (session.disk if session.disk.waiting else session.checks).deliver()
            if not session.runner.busy:
                break
            if self.promised is None:
                self.end_otherwise(JobState.FAILED)
            else:
                self.publish()
                self.end_well()
        assert not session.controller.running
        self.everything_keeps_up()
        assert session.shown.wrong == []
        assert session.shown.finished == session.begun, "every run ends, and is said to have ended once"
        kept = on_disk(self.folder / "queue")
        assert [told(job) for job in kept] == [told(job) for job in self.jobs]
        assert [told(job) for job in session.shown.jobs.values()] == [told(job) for job in self.jobs]


@pytest.mark.timeout(900)  # for finding the shortest sequence that fails
def test_no_sequence_loses_or_doubles_a_photo(qapp: object, tmp_path: Path) -> None:
    QueueMachine.base = tmp_path
    run_state_machine_as_test(QueueMachine)


def test_what_comes_by_itself_while_a_run_is_being_cancelled_goes_on(qapp: object, tmp_path: Path) -> None:
    session = Session(tmp_path / "queue", Settings())
    session.controller.add_paths([tmp_path / "mine.png", tmp_path / "mine too.png"])
    session.disk.deliver()
    session.controller.start()
    session.controller.cancel_all()
    session.controller.take([Found(tmp_path / "came.png")], lambda _connection: None)
    session.runner.end(Outcome(request=session.runner.job[1], state=JobState.CANCELLED, error=CancelledError()))
    assert [job.state for job in session.queue.jobs] == ["cancelled", "cancelled", "running"]
    assert session.begun == 2
    session.controller.shutdown()
    session.drop()
