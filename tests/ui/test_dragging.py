"""Rows that are dragged, acted out where there is no screen; a real drag is with the tests of a real display."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDrag, QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from desktop.core.jobs import JobState
from desktop.ui.comparison_view import ComparisonView
from desktop.ui.main_window import MainWindow
from desktop.ui.shown_photos import Order, Part

PATIENCE_MS = 60_000
PhotoFile = Callable[..., Path]
_BUTTON, _PLAIN = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


class Hand:
    """Drags rows of a window's list as somebody would, from the press to the release."""

    def __init__(self, qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
        self._qtbot = qtbot
        self._view = window._queue.view
        self._on_the_way: Callable[[], None] = lambda: None
        self.content = QMimeData()
        self.actions = Qt.DropAction.IgnoreAction
        self.accepted = False
        monkeypatch.setattr(QDrag, "exec", self._exec)

    def pick_up(self, row: int, on_the_way: Callable[[], None]) -> None:
        """Presses on a row and moves until it is a drag; then ``on_the_way`` happens."""
        self._on_the_way = on_the_way
        viewport, start = self._view.viewport(), self.at(row)
        self._qtbot.mousePress(viewport, _BUTTON, pos=start)
        self._qtbot.mouseMove(viewport, start + QPoint(0, 4))
        self._qtbot.mouseMove(viewport, start + QPoint(30, 30))
        self._qtbot.mouseRelease(viewport, _BUTTON, pos=start)

    def at(self, row: int, part: float = 0.5) -> QPoint:
        rect = self._view.visualRect(self._view.model().index(row, 0))
        return QPoint(rect.center().x(), round(rect.top() + part * rect.height()))

    def drag(self, row: int, to: QPoint) -> None:
        """And lets go over the list."""
        self.pick_up(row, lambda: self.drop(self._view.viewport(), to))

    def drop(self, target: QWidget, place: QPoint) -> None:
        if self.enter(target, place):
            move = QDragMoveEvent(place, self.actions, self.content, _BUTTON, _PLAIN)
            QGuiApplication.sendEvent(target, move)
            self.accepted = move.isAccepted()
            if self.accepted:
                QGuiApplication.sendEvent(
                    target, QDropEvent(QPointF(place), self.actions, self.content, _BUTTON, _PLAIN)
                )

    def enter(self, target: QWidget, place: QPoint) -> bool:
        enter = QDragEnterEvent(place, self.actions, self.content, _BUTTON, _PLAIN)
        QGuiApplication.sendEvent(target, enter)
        self.accepted = enter.isAccepted()
        return self.accepted

    def _exec(self, actions: Qt.DropAction, default: Qt.DropAction) -> Qt.DropAction:
        drag: Any = self._view.findChildren(QDrag)[-1]
        assert not drag.pixmap().isNull()
        self.content, self.actions = drag.mimeData(), actions
        self._on_the_way()
        return Qt.DropAction.IgnoreAction


@pytest.fixture
def four(qtbot: QtBot, window: MainWindow, photo_file: PhotoFile) -> MainWindow:
    """The window with a, b, c and d waiting."""
    window.add_paths([photo_file(f"{name}.png") for name in "abcd"])
    qtbot.waitUntil(lambda: rows(window) == "abcd", timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: window._queue.view.visualRect(window._queue.view.model().index(3, 0)).isValid())
    return window


@pytest.fixture
def hand(qtbot: QtBot, four: MainWindow, monkeypatch: pytest.MonkeyPatch) -> Hand:
    return Hand(qtbot, four, monkeypatch)


def rows(window: MainWindow) -> str:
    model = window._queue.view.model()
    return "".join(model.index(row, 0).data()[0] for row in range(model.rowCount()))


def queued(window: MainWindow) -> str:
    return "".join(job.path.name[0] for job in window.jobs)


def choose(qtbot: QtBot, window: MainWindow, hand: Hand, *chosen: int) -> None:
    """Clicks rows, with Ctrl from the second on."""
    for number, row in enumerate(chosen):
        key = Qt.KeyboardModifier.ControlModifier if number else _PLAIN
        qtbot.mouseClick(window._queue.view.viewport(), _BUTTON, key, hand.at(row))


def finish(qtbot: QtBot, window: MainWindow) -> None:
    with qtbot.waitSignal(window.queueFinished, timeout=PATIENCE_MS):
        window.start()
    qtbot.waitUntil(lambda: all(job.state == "done" for job in window.jobs))


@pytest.mark.parametrize(
    ("row", "to", "part", "order"),
    [
        (3, 0, 0.1, "dabc"),
        (3, 0, 0.9, "adbc"),
        (0, 2, 0.1, "bacd"),
        (0, 2, 0.9, "bcad"),
        (1, 3, 0.9, "acdb"),
        (2, 2, 0.1, "abcd"),
        (2, 1, 0.9, "abcd"),
    ],
)
def test_a_row_stands_where_it_is_let_go(
    row: int, to: int, part: float, order: str, qtbot: QtBot, four: MainWindow, hand: Hand
) -> None:
    hand.drag(row, hand.at(to, part))
    assert hand.accepted
    assert hand.actions == Qt.DropAction.MoveAction
    assert queued(four) == order
    qtbot.waitUntil(lambda: rows(four) == order, timeout=PATIENCE_MS)


def test_let_go_below_the_last_row_it_comes_last(qtbot: QtBot, four: MainWindow, hand: Hand) -> None:
    hand.drag(0, QPoint(40, four._queue.view.viewport().height() - 2))
    assert queued(four) == "bcda"


def test_several_rows_that_do_not_stand_together_come_together_and_stay_chosen(
    qtbot: QtBot, four: MainWindow, hand: Hand
) -> None:
    choose(qtbot, four, hand, 0, 2)
    hand.drag(2, hand.at(3, 0.9))
    assert queued(four) == "bdac"
    qtbot.waitUntil(lambda: rows(four) == "bdac", timeout=PATIENCE_MS)
    assert [job.path.name for job in four._listing.chosen] == ["a.png", "c.png"]


def test_an_order_made_by_hand_is_the_order_of_work_and_is_kept(
    qtbot: QtBot, four: MainWindow, hand: Hand, tmp_path: Path
) -> None:
    begun: list[str] = []
    four._controller.queue.jobChanged.connect(
        lambda job: begun.append(job.path.name[0]) if job.state == "running" else None
    )
    hand.drag(3, hand.at(0, 0.1))
    finish(qtbot, four)
    assert "".join(dict.fromkeys(begun)) == "dabc"


def test_where_it_would_go_is_drawn_and_goes_with_the_mouse(qtbot: QtBot, four: MainWindow, hand: Hand) -> None:
    viewport = four._queue.view.viewport()
    lines: list[int | None] = []
    pictures: list[object] = []

    def move() -> None:
        assert hand.enter(viewport, hand.at(0))
        for place in (hand.at(0, 0.1), hand.at(1, 0.9), hand.at(3, 0.9)):
            QGuiApplication.sendEvent(viewport, QDragMoveEvent(place, hand.actions, hand.content, _BUTTON, _PLAIN))
            lines.append(four._queue.view._line)
            pictures.append(four._queue.view.grab().toImage())
        QGuiApplication.sendEvent(viewport, QDragLeaveEvent())
        lines.append(four._queue.view._line)
        pictures.append(four._queue.view.grab().toImage())

    hand.pick_up(2, move)
    assert lines == [0, 2, 4, None]
    for number, picture in enumerate(pictures):
        assert picture not in pictures[:number]
    assert queued(four) == "abcd"


def test_at_the_edges_the_list_scrolls(qtbot: QtBot, four: MainWindow, hand: Hand, photo_file: PhotoFile) -> None:
    four.add_paths([photo_file(f"e{number}.png") for number in range(30)])
    view = four._queue.view
    bar = view.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 600, timeout=PATIENCE_MS)

    def hold() -> None:
        viewport = view.viewport()
        hand.enter(viewport, hand.at(1))
        for y, there in (
            (viewport.height() - 3, lambda: bar.value() == bar.maximum()),
            (2, lambda: bar.value() == 0),
        ):
            move = QDragMoveEvent(QPoint(40, y), hand.actions, hand.content, _BUTTON, _PLAIN)
            QGuiApplication.sendEvent(viewport, move)
            qtbot.waitUntil(there, timeout=PATIENCE_MS)

    hand.pick_up(1, hold)
    qtbot.waitUntil(lambda: not view._scroller.isActive())


def test_a_drag_that_is_given_up_changes_nothing(qtbot: QtBot, four: MainWindow, hand: Hand) -> None:
    carrying: list[bool] = []
    hand.pick_up(1, lambda: carrying.append(four._queue.view.carrying))
    assert carrying == [True]
    assert not four._queue.view.carrying
    assert queued(four) == "abcd"


def test_sorted_otherwise_a_row_cannot_be_let_go_in_the_list(qtbot: QtBot, four: MainWindow, hand: Hand) -> None:
    four._listing.sort_by(Order.NAME)
    hand.drag(3, hand.at(0, 0.1))
    assert not hand.accepted
    four._listing.sort_by(Order.QUEUE)
    hand.drag(3, hand.at(0, 0.1))
    assert queued(four) == "dabc"


def test_in_a_part_of_the_list_a_row_passes_only_what_is_shown(qtbot: QtBot, four: MainWindow, hand: Hand) -> None:
    four._controller.cancel([four.jobs[1].id])
    four._listing.show_only(Part.TO_DO)
    qtbot.waitUntil(lambda: rows(four) == "acd", timeout=PATIENCE_MS)
    hand.drag(2, hand.at(0, 0.1))
    assert queued(four) == "dbac"


def test_what_is_under_way_stays_where_it_is(qtbot: QtBot, four: MainWindow, hand: Hand) -> None:
    queue = four._controller.queue
    queue._queue.move(four.jobs[0].id, JobState.RUNNING)
    hand.drag(0, hand.at(3, 0.9))
    assert queued(four) == "abcd"
    choose(qtbot, four, hand, 0, 1)
    hand.drag(1, hand.at(3, 0.9))
    assert queued(four) == "acdb"
    queue._queue.move(four.jobs[0].id, JobState.CANCELLED)


def test_finished_rows_are_files_for_other_programs_to_copy(qtbot: QtBot, four: MainWindow, hand: Hand) -> None:
    hand.pick_up(0, lambda: None)
    assert not hand.content.hasUrls()
    finish(qtbot, four)
    choose(qtbot, four, hand, 1, 3)
    hand.pick_up(3, lambda: None)
    assert [Path(url.toLocalFile()) for url in hand.content.urls()] == [four.jobs[1].output, four.jobs[3].output]
    assert hand.actions == Qt.DropAction.CopyAction


def test_our_own_result_is_not_added_to_our_own_window(qtbot: QtBot, four: MainWindow, hand: Hand) -> None:
    finish(qtbot, four)
    hand.pick_up(0, lambda: hand.drop(four, QPoint(100, 200)))
    assert not hand.accepted
    assert not four._overlay.isVisible()
    assert len(four.jobs) == 4


def test_files_from_elsewhere_pass_the_list_by(qtbot: QtBot, four: MainWindow, photo_file: PhotoFile) -> None:
    """Their way to the window is Qt's: what a widget ignores, its parents get."""
    content = QMimeData()
    content.setUrls([QUrl.fromLocalFile(str(photo_file("e.png")))])
    enter = QDragEnterEvent(QPoint(40, 40), Qt.DropAction.CopyAction, content, _BUTTON, _PLAIN)
    QGuiApplication.sendEvent(four._queue.view.viewport(), enter)
    assert four._overlay.isVisible()
    QGuiApplication.sendEvent(four, QDropEvent(QPointF(40, 40), Qt.DropAction.CopyAction, content, _BUTTON, _PLAIN))
    qtbot.waitUntil(lambda: rows(four) == "abcde", timeout=PATIENCE_MS)


def test_a_double_click_compares(qtbot: QtBot, four: MainWindow, hand: Hand) -> None:
    finish(qtbot, four)
    four.activateWindow()
    viewport = four._queue.view.viewport()
    qtbot.mouseClick(viewport, _BUTTON, pos=hand.at(2))
    qtbot.mouseDClick(viewport, _BUTTON, pos=hand.at(2))
    view = four.findChild(ComparisonView, "comparisonView")
    qtbot.waitUntil(view.hasFocus)
    assert four._queue.view.currentIndex().data() == "c.png"
    qtbot.waitUntil(lambda: four._comparison._subject == four.jobs[2].id, timeout=PATIENCE_MS)
    assert "→" in four._comparison.bar.size_words.text()


def test_a_click_on_a_chosen_row_still_chooses_it_alone(qtbot: QtBot, four: MainWindow, hand: Hand) -> None:
    choose(qtbot, four, hand, 0, 1, 2)
    qtbot.mouseClick(four._queue.view.viewport(), _BUTTON, pos=hand.at(1))
    assert [job.path.name for job in four._listing.chosen] == ["b.png"]


def test_nothing_hangs_on_when_the_window_closes_meanwhile(qtbot: QtBot, four: MainWindow, hand: Hand) -> None:
    hand.pick_up(1, four.close)
    assert not four._queue.view.carrying
    QGuiApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
