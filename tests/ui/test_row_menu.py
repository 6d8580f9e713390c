"""What the menu on a row offers, and that each of it does what it says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, QPoint, Qt, QUrl, Slot
from PySide6.QtGui import QContextMenuEvent, QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QApplication, QLabel, QMenu
from pytestqt.qtbot import QtBot

from desktop.ui.main_window import MainWindow

PATIENCE_MS = 60_000
PhotoFile = Callable[..., Path]


class Desktop(QObject):
    """Opens nothing, and remembers what it was asked to open."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[Path] = []

    @Slot(QUrl)
    def open(self, url: QUrl) -> None:
        self.opened.append(Path(url.toLocalFile()))


@pytest.fixture
def system() -> Iterator[Desktop]:
    desktop = Desktop()
    QDesktopServices.setUrlHandler("file", desktop, "open")
    yield desktop
    QDesktopServices.unsetUrlHandler("file")


@pytest.fixture
def ended(qtbot: QtBot, window: MainWindow, photo_file: PhotoFile, tmp_path: Path) -> MainWindow:
    """The window with a and b done, c and d failed, and e waiting."""
    window.add_paths([photo_file("a.png"), photo_file("b.png"), tmp_path / "c.png", tmp_path / "d.png"])
    with qtbot.waitSignal(window.queueFinished, timeout=PATIENCE_MS):
        window.start()
    window.add_paths([photo_file("e.png")])
    view = window._queue.view
    qtbot.waitUntil(lambda: view.visualRect(view.model().index(4, 0)).isValid(), timeout=PATIENCE_MS)
    return window


def menu_on(qtbot: QtBot, window: MainWindow, *rows: int) -> dict[str, bool]:
    """Chooses rows, opens the menu on the last of them, and gives its words and whether they can be chosen."""
    view = window._queue.view
    for number, row in enumerate(rows):
        key = Qt.KeyboardModifier.ControlModifier if number else Qt.KeyboardModifier.NoModifier
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, key, place(window, row))
    where = place(window, rows[-1])
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, where, view.viewport().mapToGlobal(where))
    QApplication.sendEvent(view.viewport(), event)
    (menu,) = (found for found in view.findChildren(QMenu) if found.isVisible())
    offered = {action.text().replace("&", "").rstrip("…"): action.isEnabled() for action in menu.actions()}
    menu.close()
    return offered


def place(window: MainWindow, row: int) -> QPoint:
    view = window._queue.view
    return view.visualRect(view.model().index(row, 0)).center()


def names(window: MainWindow) -> list[str]:
    return [job.path.name for job in window._listing.chosen]


def message(window: MainWindow) -> str:
    return str(window.findChild(QLabel, "statusMessage").text())


def test_a_finished_photo_can_be_opened_shown_and_done_again(qtbot: QtBot, ended: MainWindow) -> None:
    offered = menu_on(qtbot, ended, 0)
    assert [word for word, enabled in offered.items() if enabled] == [
        *("Open result", "Show in folder", "Save result as", "Copy path", "Try again"),
        *("Settings for this photo", "Crop and straighten", "Remove from the list"),
    ]


def test_of_a_failed_photo_the_message_can_be_copied(qtbot: QtBot, ended: MainWindow) -> None:
    offered = menu_on(qtbot, ended, 2)
    assert [word for word, enabled in offered.items() if enabled] == [
        *(
            "Show in folder",
            "Copy path",
            "Copy message",
            "Try again",
            "Settings for this photo",
            "Crop and straighten",
            "Remove from the list",
        )
    ]


def test_a_waiting_photo_can_be_done_next(qtbot: QtBot, ended: MainWindow) -> None:
    offered = menu_on(qtbot, ended, 4)
    assert offered["Do this one next"]
    assert not offered["Open result"]
    assert not offered["Try again"]


def test_the_menu_is_for_all_that_are_chosen(qtbot: QtBot, ended: MainWindow) -> None:
    offered = menu_on(qtbot, ended, 0, 2, 4)
    assert names(ended) == ["a.png", "c.png", "e.png"]
    for word in ("Copy path", "Copy message", "Try again", "Do this one next", "Remove from the list"):
        assert offered[word], word


def test_beside_the_rows_there_is_no_menu(qtbot: QtBot, ended: MainWindow) -> None:
    view = ended._queue.view
    ended._presenter.open_row_menu(QPoint(20, view.viewport().height() - 2))
    assert not [menu for menu in view.findChildren(QMenu) if menu.isVisible()]


def test_the_menu_key_opens_it_on_the_photo_that_is_looked_at(qtbot: QtBot, ended: MainWindow) -> None:
    ended.activateWindow()
    view = ended._queue.view
    view.setFocus()
    view.setCurrentIndex(view.model().index(1, 0))
    qtbot.waitUntil(view.hasFocus)
    asked: list[QPoint] = []
    view.customContextMenuRequested.connect(asked.append)
    pressed = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(), QPoint())  # as the platform says it
    QApplication.sendEvent(ended.windowHandle(), pressed)
    assert view.indexAt(asked[0]) == view.currentIndex()
    (menu,) = (found for found in view.findChildren(QMenu) if found.isVisible())
    menu.close()


def test_the_result_is_opened(qtbot: QtBot, ended: MainWindow, system: Desktop) -> None:
    menu_on(qtbot, ended, 1)
    ended._actions.open.trigger()
    assert system.opened == [ended.jobs[1].output]


@pytest.mark.parametrize("row", [0, 4])
def test_its_folder_is_shown(
    row: int, qtbot: QtBot, ended: MainWindow, system: Desktop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    menu_on(qtbot, ended, row)
    ended._actions.reveal.trigger()
    assert system.opened == [ended.jobs[row].path.parent]


@pytest.mark.parametrize(("platform", "command"), [("win32", ["explorer", "/select,"]), ("darwin", ["open", "-R"])])
def test_where_the_file_manager_can_point_at_a_file_it_does(
    platform: str, command: list[str], qtbot: QtBot, ended: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    run: list[list[str]] = []
    menu_on(qtbot, ended, 0)
    with monkeypatch.context() as patched:
        patched.setattr("subprocess.Popen", run.append)
        patched.setattr("sys.platform", platform)
        ended._actions.reveal.trigger()
    assert run == [[*command, str(ended.jobs[0].output)]]


def test_paths_are_copied_a_line_each(qtbot: QtBot, ended: MainWindow) -> None:
    menu_on(qtbot, ended, 0)
    ended._actions.copy_path.trigger()
    assert QGuiApplication.clipboard().text() == str(ended.jobs[0].output)
    assert message(ended) == "Path copied"
    menu_on(qtbot, ended, 1, 4)
    ended._actions.copy_path.trigger()
    assert QGuiApplication.clipboard().text().splitlines() == [str(ended.jobs[1].output), str(ended.jobs[4].path)]
    assert message(ended) == "2 paths copied"


def test_messages_are_copied_with_the_photo_they_are_about(qtbot: QtBot, ended: MainWindow) -> None:
    menu_on(qtbot, ended, 0, 2, 3)
    ended._actions.copy_error.trigger()
    first, second = QGuiApplication.clipboard().text().split("\n\n")
    assert first.startswith(f"{ended.jobs[2].path}\n")
    assert second.startswith(f"{ended.jobs[3].path}\n")
    assert "c.png" in first.splitlines()[1]
    assert message(ended) == "2 messages copied"


def test_all_that_are_chosen_are_tried_again(qtbot: QtBot, ended: MainWindow, photo_file: PhotoFile) -> None:
    menu_on(qtbot, ended, 0, 2, 4)
    photo_file("c.png")
    ended._actions.retry.trigger()
    assert [job.state for job in ended.jobs] == ["waiting", "done", "waiting", "failed", "waiting"]
    with qtbot.waitSignal(ended.queueFinished, timeout=PATIENCE_MS):
        ended.start()
    assert [job.state for job in ended.jobs] == ["done", "done", "done", "failed", "done"]


def test_all_that_are_chosen_are_removed(qtbot: QtBot, ended: MainWindow) -> None:
    menu_on(qtbot, ended, 1, 3)
    ended._actions.remove.trigger()
    assert [job.path.name for job in ended.jobs] == ["a.png", "c.png", "e.png"]
