"""What the list shows, and in which order."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from desktop.core.errors import InternalError
from desktop.core.jobs import ENDINGS, Job, JobState, Queue, Request
from desktop.ui.main_window import MainWindow
from desktop.ui.queue_model import QueueModel
from desktop.ui.queue_view import QueueView
from desktop.ui.shown_photos import Order, Part, ShownPhotos, in_order, natural

PATIENCE_MS = 60_000
PhotoFile = Callable[..., Path]


@pytest.fixture
def mixed(qtbot: QtBot, window: MainWindow, photo_file: PhotoFile, tmp_path: Path) -> MainWindow:
    """The window with c done, b failed, and d9, d10 and a waiting, in this order."""
    window.add_paths([photo_file("c.png"), tmp_path / "b.png"])
    with qtbot.waitSignal(window.queueFinished, timeout=PATIENCE_MS):
        window.start()
    window.add_paths([photo_file("d9.png"), photo_file("d10.png"), photo_file("a.png")])
    expect(qtbot, window, "c b d9 d10 a")
    return window


def rows(window: MainWindow) -> str:
    model = window._queue.view.model()
    return " ".join(Path(model.index(row, 0).data()).stem for row in range(model.rowCount()))


def queued(window: MainWindow) -> str:
    return " ".join(job.path.stem for job in window.jobs)


def expect(qtbot: QtBot, window: MainWindow, order: str) -> None:
    qtbot.waitUntil(lambda: rows(window) == order, timeout=PATIENCE_MS)


def select(window: MainWindow, names: str) -> None:
    view = window._queue.view
    view.clearSelection()
    for row, name in enumerate(rows(window).split()):
        if name in names.split():
            view.selectionModel().select(view.model().index(row, 0), QItemSelectionModel.SelectionFlag.Select)


def offered(window: MainWindow) -> list[str]:
    """What the filter's menu offers, once it has been counted."""
    return [action.text() for action in window._queue.head.part_actions if action.isVisible()]


def press(qtbot: QtBot, window: MainWindow, digit: Qt.Key) -> None:
    qtbot.keyClick(window, digit, Qt.KeyboardModifier.AltModifier)


def test_only_what_exists_is_offered_and_counted(qtbot: QtBot, mixed: MainWindow) -> None:
    qtbot.waitUntil(lambda: offered(mixed) == ["All (5)", "To do (3)", "Done (1)", "Failed (1)"])
    mixed._actions.retry_failed.trigger()
    qtbot.waitUntil(lambda: offered(mixed) == ["All (5)", "To do (4)", "Done (1)"])


@pytest.mark.parametrize(
    ("key", "shown", "title"),
    [
        (Qt.Key.Key_1, "d9 d10 a", "3 of 5 photos"),
        (Qt.Key.Key_2, "c", "1 of 5 photos"),
        (Qt.Key.Key_3, "b", "1 of 5 photos"),
        (Qt.Key.Key_0, "c b d9 d10 a", "5 photos"),
    ],
)
def test_a_part_of_the_list_is_shown_by_key(
    key: Qt.Key, shown: str, title: str, qtbot: QtBot, mixed: MainWindow
) -> None:
    qtbot.waitUntil(lambda: len(offered(mixed)) == 4)  # only what is offered has a key
    press(qtbot, mixed, key)
    assert rows(mixed) == shown
    qtbot.waitUntil(lambda: mixed._queue.head.findChild(QLabel).text() == title)
    press(qtbot, mixed, Qt.Key.Key_0)
    assert rows(mixed) == "c b d9 d10 a"


def test_the_button_says_what_is_shown(qtbot: QtBot, mixed: MainWindow) -> None:
    button = mixed.findChild(QPushButton, "partButton")
    assert button.text() == "All"
    (action,) = (action for action in button.menu().actions() if action.data() is Part.FAILED)
    action.trigger()
    assert button.text() == "Failed"
    assert rows(mixed) == "b"


@pytest.mark.parametrize(
    ("key", "order"), [(Qt.Key.Key_8, "a b c d9 d10"), (Qt.Key.Key_9, "b d9 d10 a c"), (Qt.Key.Key_7, "c b d9 d10 a")]
)
def test_the_list_is_sorted_by_key_and_the_queue_is_not(
    key: Qt.Key, order: str, qtbot: QtBot, mixed: MainWindow
) -> None:
    press(qtbot, mixed, key)
    assert rows(mixed) == order
    assert queued(mixed) == "c b d9 d10 a"
    press(qtbot, mixed, Qt.Key.Key_7)
    assert rows(mixed) == "c b d9 d10 a"


def test_sorted_and_filtered_at_once_it_stays_so_while_things_happen(
    qtbot: QtBot, mixed: MainWindow, photo_file: PhotoFile
) -> None:
    press(qtbot, mixed, Qt.Key.Key_8)
    mixed._listing.show_only(Part.TO_DO)
    assert rows(mixed) == "a d9 d10"
    mixed.add_paths([photo_file("d1.png"), photo_file("B2.png")])
    expect(qtbot, mixed, "a B2 d1 d9 d10")
    mixed._actions.retry_failed.trigger()
    expect(qtbot, mixed, "a b B2 d1 d9 d10")
    select(mixed, "d1 a")
    mixed._actions.remove.trigger()
    expect(qtbot, mixed, "b B2 d9 d10")
    mixed._actions.undo.trigger()
    expect(qtbot, mixed, "a b B2 d1 d9 d10")


def test_sorted_by_state_a_photo_moves_when_it_changes(qtbot: QtBot, mixed: MainWindow) -> None:
    press(qtbot, mixed, Qt.Key.Key_9)
    select(mixed, "a")
    mixed._controller.cancel(mixed._listing.chosen_ids)
    expect(qtbot, mixed, "b d9 d10 a c")
    mixed._actions.retry_failed.trigger()
    expect(qtbot, mixed, "b d9 d10 a c")
    select(mixed, "c")
    mixed._actions.retry.trigger()
    expect(qtbot, mixed, "c b d9 d10 a")


def test_what_is_looked_at_stays_looked_at_if_it_is_shown(qtbot: QtBot, mixed: MainWindow) -> None:
    view = mixed._queue.view
    view.setCurrentIndex(view.model().index(3, 0))
    mixed._listing.show_only(Part.TO_DO)
    assert view.currentIndex().data() == "d10.png"
    mixed._listing.sort_by(Order.NAME)
    assert view.currentIndex().data() == "d10.png"
    assert mixed._listing.chosen_ids == [mixed.jobs[3].id]
    mixed._listing.show_only(Part.FAILED)
    assert view.currentIndex().data() == "b.png"


def test_stepping_goes_through_what_is_shown(qtbot: QtBot, mixed: MainWindow) -> None:
    mixed._listing.show_only(Part.TO_DO)
    mixed._listing.sort_by(Order.NAME)
    view = mixed._queue.view
    view.setCurrentIndex(view.model().index(0, 0))
    seen = [view.currentIndex().data()]
    for _ in range(5):
        qtbot.keyClick(mixed, Qt.Key.Key_BracketRight)
        seen.append(view.currentIndex().data())
    assert seen == ["a.png", "d9.png", *["d10.png"] * 4]
    qtbot.keyClick(mixed, Qt.Key.Key_BracketLeft)
    assert view.currentIndex().data() == "d9.png"


def test_where_nothing_is_shown_the_list_says_so(qtbot: QtBot, mixed: MainWindow) -> None:
    mixed._listing.show_only(Part.FAILED)
    empty = mixed._queue.view.grab().toImage()
    mixed._actions.retry_failed.trigger()
    expect(qtbot, mixed, "")
    assert mixed._queue.view.grab().toImage() != empty
    assert mixed._stage.isVisible()
    assert [action.text() for action in mixed._queue.head.part_actions if action.isChecked()] == ["Failed"]
    mixed._listing.show_only(Part.ALL)
    assert mixed._queue.view.currentIndex().isValid()


def test_sorted_otherwise_photos_cannot_be_moved_and_it_says_why(qtbot: QtBot, mixed: MainWindow) -> None:
    mixed._listing.sort_by(Order.NAME)
    select(mixed, "d10")
    up: QAction = mixed._actions.move_up
    assert not up.isEnabled()
    assert "order of work" in up.toolTip()
    mixed._listing.shift(-1)
    mixed._listing.move_before([mixed.jobs[0].id], "")
    assert queued(mixed) == "c b d9 d10 a"
    mixed._actions.do_next.trigger()
    assert queued(mixed) == "c b d10 d9 a"
    mixed._listing.sort_by(Order.QUEUE)
    assert up.isEnabled()
    assert up.toolTip() == up.text().replace("&", "")


def test_in_a_part_of_the_list_photos_pass_only_what_is_shown(qtbot: QtBot, mixed: MainWindow) -> None:
    mixed._listing.show_only(Part.TO_DO)
    select(mixed, "d9")
    mixed._actions.move_up.trigger()
    assert queued(mixed) == "c b d9 d10 a"
    mixed._actions.move_down.trigger()
    expect(qtbot, mixed, "d10 d9 a")
    assert queued(mixed) == "c b d10 d9 a"
    mixed._listing.move_before([mixed.jobs[4].id], mixed.jobs[2].id)
    expect(qtbot, mixed, "a d10 d9")
    assert queued(mixed) == "c b a d10 d9"


def test_a_photo_under_way_keeps_its_place(qtbot: QtBot, mixed: MainWindow) -> None:
    running = mixed.jobs[2]
    mixed._controller.queue._queue.move(running.id, JobState.RUNNING)
    select(mixed, "d9 a")
    mixed._listing.shift(-1)
    expect(qtbot, mixed, "c b d9 a d10")
    mixed._listing.move_before([running.id], mixed.jobs[0].id)
    assert queued(mixed) == "c b d9 a d10"
    mixed._controller.queue._queue.move(running.id, JobState.CANCELLED)


@pytest.mark.parametrize(
    ("names", "order"),
    [
        (["IMG_10.jpg", "IMG_9.jpg", "img_1.jpg"], ["img_1.jpg", "IMG_9.jpg", "IMG_10.jpg"]),
        (["b.png", "A.png", "C.png"], ["A.png", "b.png", "C.png"]),
        (["9" * 30 + ".png", "1.png"], ["1.png", "9" * 30 + ".png"]),
        (["٣.png", "2.png"], ["2.png", "٣.png"]),
    ],
)
def test_names_are_sorted_as_people_do(names: list[str], order: list[str]) -> None:
    assert sorted(names, key=natural) == order


def test_alike_photos_stay_in_the_queue_s_order() -> None:
    jobs = [Job(str(number), Request(Path("same.png")), JobState.DONE) for number in range(9)]
    for order in Order:
        assert in_order(jobs, order) == [job.id for job in jobs]


def test_the_model_and_its_part_keep_qt_s_rules_whatever_happens(qtbot: QtBot) -> None:
    dice, queue = random.Random(11), Queue()
    model = QueueModel()
    shown = ShownPhotos(model, model)
    view = QueueView()
    view.setModel(shown)
    qtbot.addWidget(view)
    for tested in (model, shown):
        QAbstractItemModelTester(tested, QAbstractItemModelTester.FailureReportingMode.Fatal, tested)
    for _ in range(400):
        jobs = list(queue.jobs)
        match dice.randrange(6):
            case 0:
                model.add(queue.add(Request(Path(f"/{dice.randrange(99)}.png")) for _ in range(dice.randrange(1, 9))))
            case 1 if jobs:
                gone = [job.id for job in dice.sample(jobs, dice.randrange(len(jobs))) if job.state in ENDINGS]
                for job_id in gone:
                    queue.remove(job_id)
                model.remove(gone)
            case 2 | 3 if jobs:
                chosen = dice.sample(jobs, dice.randrange(1, min(len(jobs), 5) + 1))
                model.change(*(moved(queue, job, dice) for job in chosen))
            case 4:
                order = in_order(jobs, dice.choice(list(Order)))
                model.arrange(order)
                view.selectAll()
            case 5:
                shown.show_only(dice.choice(list(Part)))
        assert shown.job_ids == [
            model.job(row).id for row in range(model.rowCount()) if model.job(row).state in shown.part.value
        ]
        assert {model.job(row).id for row in range(model.rowCount())} == {job.id for job in queue.jobs}
        for row, job_id in enumerate(shown.job_ids):
            assert shown.index_of(job_id).row() == row
            assert shown.job_at(row).id == job_id


def moved(queue: Queue, job: Job, dice: random.Random) -> Job:
    if job.state is JobState.WAITING:
        return queue.move(job.id, dice.choice([JobState.RUNNING, JobState.CANCELLED]))
    if job.state in ENDINGS:
        return queue.move(job.id, JobState.WAITING)
    return queue.move(job.id, dice.choice([JobState.DONE, JobState.FAILED]), error=InternalError("It went wrong."))


def test_progress_lays_out_no_other_row_again(qtbot: QtBot) -> None:
    """Ten thousand of them took 80 ms at every tile."""
    queue, model = Queue(), QueueModel()
    view = QueueView()
    view.setModel(ShownPhotos(model, model))
    qtbot.addWidget(view)
    view.resize(300, 400)
    with qtbot.waitExposed(view):
        view.show()
    model.add(queue.add(Request(Path(f"/{number}.png")) for number in range(300)))
    asked: list[int] = []
    delegate = view.itemDelegate()
    original = delegate.sizeHint
    view.grab()
    qtbot.waitUntil(lambda: view.verticalScrollBar().maximum() > 200 * 60)
    delegate.sizeHint = lambda option, index: asked.append(index.row()) or original(option, index)  # type: ignore[method-assign]
    job = queue.move(queue.jobs[0].id, JobState.RUNNING)
    for part in (0.1, 0.2, 0.3):
        model.change(queue.progressed(job.id, part))
        view.grab()
    assert set(asked) <= set(range(20)), "rows out of sight"
    model.change(queue.move(job.id, JobState.FAILED, error=InternalError("It went wrong, and at some length. " * 5)))
    qtbot.waitUntil(lambda: len(asked) >= 300, timeout=PATIENCE_MS)
    assert view.visualRect(view.model().index(0, 0)).height() > view.visualRect(view.model().index(1, 0)).height()
