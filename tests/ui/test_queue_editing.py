"""Putting the queue in order: moving, removing, taking back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QItemSelectionModel
from pytestqt.qtbot import QtBot

from desktop.ui.app import create_window
from desktop.ui.main_window import MainWindow

PATIENCE_MS = 60_000
PhotoFile = Callable[..., Path]


@pytest.fixture
def four(qtbot: QtBot, window: MainWindow, photo_file: PhotoFile) -> MainWindow:
    """The window with a, b, c and d waiting."""
    window.add_paths([photo_file(f"{name}.png") for name in "abcd"])
    qtbot.waitUntil(lambda: rows(window) == "abcd", timeout=PATIENCE_MS)
    return window


def rows(window: MainWindow) -> str:
    model = window._queue.view.model()
    return "".join(model.index(row, 0).data()[0] for row in range(model.rowCount()))


def select(window: MainWindow, names: str) -> None:
    view = window._queue.view
    view.clearSelection()
    for row, name in enumerate(rows(window)):
        if name in names:
            view.selectionModel().select(view.model().index(row, 0), QItemSelectionModel.SelectionFlag.Select)


def expect(qtbot: QtBot, window: MainWindow, order: str) -> None:
    qtbot.waitUntil(lambda: rows(window) == order, timeout=PATIENCE_MS)
    assert "".join(job.path.name[0] for job in window.jobs) == order


def test_photos_move_up_and_down_and_stay_selected(qtbot: QtBot, four: MainWindow) -> None:
    select(four, "cd")
    four._actions.move_up.trigger()
    expect(qtbot, four, "acdb")
    four._actions.move_up.trigger()
    expect(qtbot, four, "cdab")
    four._actions.move_down.trigger()
    expect(qtbot, four, "acdb")


def test_this_one_is_done_next(qtbot: QtBot, four: MainWindow) -> None:
    select(four, "d")
    four._actions.do_next.trigger()
    expect(qtbot, four, "dabc")


def test_what_was_removed_comes_back_where_it_stood(qtbot: QtBot, four: MainWindow) -> None:
    assert not four._actions.undo.isEnabled()
    select(four, "bd")
    four._actions.remove.trigger()
    expect(qtbot, four, "ac")
    qtbot.waitUntil(four._actions.undo.isEnabled, timeout=PATIENCE_MS)
    four._actions.undo.trigger()
    expect(qtbot, four, "abcd")


def test_order_and_removal_are_there_next_time(qtbot: QtBot, four: MainWindow, tmp_path: Path) -> None:
    select(four, "d")
    four._actions.do_next.trigger()
    expect(qtbot, four, "dabc")
    select(four, "b")
    four._actions.remove.trigger()
    expect(qtbot, four, "dac")
    four.close()
    second = create_window(tmp_path / "data")
    assert rows(second) == "dac"
    second.close()


def test_all_that_failed_can_be_tried_again_at_once(
    qtbot: QtBot, window: MainWindow, photo_file: PhotoFile, tmp_path: Path
) -> None:
    window.add_paths([tmp_path / "x.png", photo_file("a.png"), tmp_path / "y.png"])
    with qtbot.waitSignal(window.queueFinished, timeout=PATIENCE_MS):
        window.start()
    assert [job.state for job in window.jobs] == ["failed", "done", "failed"]
    window._actions.retry_failed.trigger()
    assert [job.state for job in window.jobs] == ["waiting", "done", "waiting"]
