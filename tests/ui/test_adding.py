"""Adding photos: what is left out is said and listed, what is in the list already is not queued twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from desktop.core.additions import Additions
from desktop.core.collect import Found, LeftOut, Reason
from desktop.ui import words
from desktop.ui.left_out_dialog import LeftOutDialog, LeftOutModel
from desktop.ui.main_window import MainWindow

PATIENCE_MS = 60_000
PhotoFile = Callable[..., Path]


@pytest.fixture
def album(photo_file: PhotoFile, tmp_path: Path) -> Path:
    """A folder with two photos, and three things that are none."""
    for name in ("album/a.png", "album/b.png"):
        photo_file(name)
    for name in (".DS_Store", "Thumbs.db", "notes.txt"):
        (tmp_path / "album" / name).touch()
    return tmp_path / "album"


def add(qtbot: QtBot, window: MainWindow, *paths: Path) -> str:
    """Adds and gives what is said about it."""
    with qtbot.waitSignal(window._controller.photosAdded, timeout=PATIENCE_MS):
        window.add_paths(paths)
    return window.findChild(QLabel, "statusMessage").text()


def names(window: MainWindow) -> list[str]:
    model = window._queue.view.model()
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def open_list(window: MainWindow) -> LeftOutDialog:
    window.findChild(QPushButton, "statusAction").click()
    (dialog,) = window.findChildren(LeftOutDialog)
    return dialog


def test_what_was_left_out_is_counted(qtbot: QtBot, window: MainWindow, album: Path) -> None:
    assert add(qtbot, window, album) == "Added 2 photos · 3 files left out"
    assert names(window) == ["a.png", "b.png"]


def test_nothing_is_offered_where_nothing_was_left_out(qtbot: QtBot, window: MainWindow, photo_file: PhotoFile) -> None:
    assert add(qtbot, window, photo_file("a.png")) == "Added 1 photo"
    assert not window.findChild(QPushButton, "statusAction").isVisible()


def test_what_was_left_out_is_listed_on_request(qtbot: QtBot, window: MainWindow, album: Path) -> None:
    add(qtbot, window, album)
    dialog = open_list(window)
    qtbot.mouseClick(button(dialog, "Copy list"), Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text().splitlines() == [
        "Hidden files and files of the system: 2",
        str(album / ".DS_Store"),
        str(album / "Thumbs.db"),
        "Not photos, or of a kind that Rekindle does not read: 1",
        str(album / "notes.txt"),
    ]
    assert dialog.findChild(QPushButton, "addAnywayButton") is None


def test_chosen_lines_are_copied_by_key(qtbot: QtBot, window: MainWindow, album: Path) -> None:
    add(qtbot, window, album)
    dialog = open_list(window)
    dialog._list.setCurrentIndex(dialog._list.model().index(2, 0))
    qtbot.keyClick(dialog._list, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == str(album / "Thumbs.db")


def test_a_folder_without_photos_says_so(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "a.txt").touch()
    said = add(qtbot, window, tmp_path / "letters")
    assert said.startswith("There are no photos in what was added.")
    assert said.endswith("1 file left out")
    assert window.findChild(QPushButton, "statusAction").isVisible()


def test_a_photo_is_not_queued_twice_unless_it_is_wished(
    qtbot: QtBot, window: MainWindow, photo_file: PhotoFile
) -> None:
    photo = photo_file("a.png")
    add(qtbot, window, photo)
    assert add(qtbot, window, photo) == "This photo is in the list already"
    assert names(window) == ["a.png"]
    dialog = open_list(window)
    with qtbot.waitSignal(window._controller.photosAdded, timeout=PATIENCE_MS):
        qtbot.mouseClick(dialog.findChild(QPushButton, "addAnywayButton"), Qt.MouseButton.LeftButton)
    assert names(window) == ["a.png", "a.png"]
    assert not window.findChildren(LeftOutDialog)
    with qtbot.waitSignal(window.queueFinished, timeout=PATIENCE_MS):
        window.start()
    assert {job.output.name for job in window.jobs if job.output} == {"a_x3.png", "a_x3 (2).png"}


def test_a_folder_dropped_again_brings_what_is_new_in_it(
    qtbot: QtBot, window: MainWindow, album: Path, photo_file: PhotoFile
) -> None:
    add(qtbot, window, album)
    photo_file("album/c.png")
    assert add(qtbot, window, album) == "Added 1 photo · 2 in the list already · 3 files left out"
    assert names(window) == ["a.png", "b.png", "c.png"]


def test_a_folder_dropped_twice_in_a_hurry_is_queued_once(
    qtbot: QtBot, window: MainWindow, album: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desktop.ui.intake._PATIENCE_MS", 0)
    for _ in range(3):
        window.add_paths([album])
    qtbot.waitUntil(lambda: not window._controller._intake.busy, timeout=PATIENCE_MS)
    assert [job.path.name for job in window.jobs] == ["a.png", "b.png"]


def test_a_photo_that_failed_waits_again_when_it_is_dropped_again(
    qtbot: QtBot, window: MainWindow, photo_file: PhotoFile
) -> None:
    photo = photo_file("a.png")
    good = photo.read_bytes()
    photo.write_bytes(b"damaged")
    add(qtbot, window, photo)
    with qtbot.waitSignal(window.queueFinished, timeout=PATIENCE_MS):
        window.start()
    assert window.jobs[0].state == "failed"
    photo.write_bytes(good)
    assert add(qtbot, window, photo) == "1 photo to do again"
    assert [job.state for job in window.jobs] == ["waiting"]


def test_a_photo_that_is_done_is_not_done_again_unless_it_has_changed(
    qtbot: QtBot, window: MainWindow, photo_file: PhotoFile, photo_like: Callable[..., object]
) -> None:
    photo = photo_file("a.png")
    add(qtbot, window, photo)
    with qtbot.waitSignal(window.queueFinished, timeout=PATIENCE_MS):
        window.start()
    assert add(qtbot, window, photo) == "This photo is in the list already"
    photo_file("a.png", photo_like(30, 20))
    assert add(qtbot, window, photo) == "Added 1 photo"
    assert [job.state for job in window.jobs] == ["done", "waiting"]


def test_what_arrives_while_photos_are_enhanced_joins_them(
    qtbot: QtBot, window: MainWindow, photo_file: PhotoFile
) -> None:
    window.add_paths([photo_file("a.png")])
    with qtbot.waitSignal(window.queueFinished, timeout=PATIENCE_MS):
        window.start()
        window.add_paths([photo_file("b.png")])
    assert [job.state for job in window.jobs] == ["done", "done"]


def test_the_list_has_a_heading_for_every_reason_and_says_how_many_more_there_are(qtbot: QtBot) -> None:
    left_out = LeftOut(most_listed=2)
    for number in range(1500):
        left_out.note(Reason.NO_PHOTO, "/photos", f"{number}.txt")
    left_out.note(Reason.QUEUED, "/photos/a.png")
    model = LeftOutModel(left_out)
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal, model)
    rows = [model.index(row) for row in range(model.rowCount())]
    assert [row.data() for row in rows] == [
        f"Not photos, or of a kind that Rekindle does not read: {words.number(1500)}",
        "/photos/0.txt",
        "/photos/1.txt",
        f"and {words.number(1498)} more",
        "Photos that are in the list already, with the same settings: 1",
        "/photos/a.png",
    ]
    bold = [isinstance(font := row.data(Qt.ItemDataRole.FontRole), QFont) and font.bold() for row in rows]
    assert bold == [True, False, False, False, True, False]


def test_the_dialog_hands_back_what_was_known(qtbot: QtBot) -> None:
    known = [Found(Path("/photos/a.png"))]
    additions = Additions(known=known)
    additions.left_out.note(Reason.QUEUED, known[0].path)
    dialog = LeftOutDialog(additions)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, on=False)
    qtbot.addWidget(dialog)
    with qtbot.waitSignal(dialog.addAnywayRequested) as asked:
        dialog.findChild(QPushButton, "addAnywayButton").click()
    assert asked.args == [known]


def button(dialog: LeftOutDialog, text: str) -> QPushButton:
    return next(found for found in dialog.findChildren(QPushButton) if found.text() == text)
