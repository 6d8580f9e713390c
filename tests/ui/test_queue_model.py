"""The queue as Qt's views see it."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from desktop.core.errors import NoSpaceError
from desktop.core.jobs import Job, JobState, Queue, Request
from desktop.ui.queue_model import DETAIL_ROLE, QueueModel
from desktop.ui.queue_view import QueueView
from desktop.ui.row_words import whole


@pytest.fixture
def queue() -> Queue:
    return Queue()


@pytest.fixture
def model(qtbot: QtBot) -> QueueModel:
    made = QueueModel()
    made.tester = QAbstractItemModelTester(  # type: ignore[attr-defined]
        made, QAbstractItemModelTester.FailureReportingMode.Fatal
    )
    return made


def added(queue: Queue, model: QueueModel, count: int) -> list[Job]:
    jobs = queue.add(Request(Path(f"/photos/{number:05}.png"), scale=3) for number in range(count))
    model.add(jobs)
    return jobs


def detail(model: QueueModel, row: int) -> str:
    return str(model.index(row).data(DETAIL_ROLE))


def test_rows_follow_the_queue(queue: Queue, model: QueueModel) -> None:
    jobs = added(queue, model, 5)
    model.remove([jobs[0].id, jobs[3].id])
    assert [model.index(row).data() for row in range(model.rowCount())] == ["00001.png", "00002.png", "00004.png"]
    assert model.index_of(jobs[4].id).row() == 2
    assert not model.index_of(jobs[0].id).isValid()


def test_a_waiting_photo_says_what_it_will_become(queue: Queue, model: QueueModel) -> None:
    (job,) = added(queue, model, 1)
    assert detail(model, 0) == "Waiting"
    model.set_thumbnail(job.id, QImage(4, 4, QImage.Format.Format_RGB32), 812, 540)
    assert whole(detail(model, 0)) == "Waiting · 812 × 540 → 2436 × 1620"
    assert model.size(job.id) == (812, 540)


def test_sizes_come_in_numbers_and_are_told_to_the_view_once(queue: Queue, model: QueueModel) -> None:
    jobs = added(queue, model, 5)
    changed: list[tuple[int, int]] = []
    model.dataChanged.connect(lambda first, last: changed.append((first.row(), last.row())))
    model.set_sizes({jobs[1].id: (10, 20), jobs[3].id: (30, 40), "gone": (1, 1)})
    assert changed == [(1, 3)]
    assert "30 × 40 → 90 × 120" in detail(model, 3)
    assert model.size(jobs[0].id) == (0, 0)
    model.set_sizes({"gone": (1, 1)})
    assert changed == [(1, 3)]


def test_the_photo_under_way_says_how_long_it_still_takes(queue: Queue, model: QueueModel) -> None:
    first, second = added(queue, model, 2)
    queue.move(first.id, JobState.RUNNING)
    model.change(queue.progressed(first.id, 0.5))
    model.set_time_left(first.id, 64.0)
    assert whole(detail(model, 0)) == "Enhancing, 50 % · about 60 seconds left"
    assert model.index(0).data(Qt.ItemDataRole.AccessibleTextRole) == f"00000.png, {whole(detail(model, 0))}"
    assert detail(model, 1) == "Waiting"
    model.set_time_left(second.id, None)
    assert detail(model, 0) == "Enhancing, 50 %"


def test_every_state_has_its_words(queue: Queue, model: QueueModel) -> None:
    (job,) = added(queue, model, 1)
    queue.move(job.id, JobState.RUNNING)
    model.change(queue.progressed(job.id, 0.625))
    assert detail(model, 0) == "Enhancing, 62 %"
    model.change(queue.move(job.id, JobState.PAUSED))
    assert detail(model, 0) == "Paused at 62 %"
    model.change(queue.move(job.id, JobState.FAILED, error=NoSpaceError("No room in “{folder}”.", folder="x")))
    assert detail(model, 0) == "No room in “x”."
    model.change(queue.move(job.id, JobState.WAITING))
    model.change(queue.move(job.id, JobState.RUNNING))
    model.change(queue.move(job.id, JobState.DONE, output=Path("/photos/00000_x3.png")))
    assert detail(model, 0) == "Saved next to the original"


def test_a_photo_that_is_not_done_never_says_100_per_cent(queue: Queue, model: QueueModel) -> None:
    (job,) = added(queue, model, 1)
    queue.move(job.id, JobState.RUNNING)
    model.change(queue.progressed(job.id, 0.9999))
    assert "99 %" in detail(model, 0)


def test_a_thumbnail_is_asked_for_once_and_only_when_its_row_is_looked_at(queue: Queue, model: QueueModel) -> None:
    jobs = added(queue, model, 3)
    asked: list[str] = []
    model.thumbnailWanted.connect(lambda job: asked.append(job.id))
    for _ in range(2):
        model.index(1).data(Qt.ItemDataRole.DecorationRole)
    assert asked == [jobs[1].id]


def test_ten_thousand_photos_ask_only_for_the_thumbnails_in_sight(qtbot: QtBot, queue: Queue) -> None:
    model = QueueModel()
    asked: list[str] = []
    model.thumbnailWanted.connect(lambda job: asked.append(job.id))
    view = QueueView()
    view.setModel(model)
    qtbot.addWidget(view)
    view.resize(300, 600)
    view.show()
    added(queue, model, 10_000)
    qtbot.waitUntil(lambda: bool(asked), timeout=20_000)
    view.grab()
    assert len(asked) < 100
