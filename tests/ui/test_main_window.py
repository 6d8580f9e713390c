"""The window as a person, a test or assistive technology meets it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QGuiApplication, QImage
from PySide6.QtWidgets import QComboBox, QLabel, QListView, QMessageBox, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from desktop.core.opencv import cv2
from desktop.core.paths import bundled
from desktop.ui.app import create_window
from desktop.ui.comparison_view import ComparisonView
from desktop.ui.main_window import MainWindow
from desktop.ui.settings_dialog import SettingsDialog

PATIENCE_MS = 60_000
PhotoFile = Callable[..., Path]
PhotoLike = Callable[..., Any]


def find(window: MainWindow, kind: type, name: str) -> Any:
    found = window.findChild(kind, name)
    assert found is not None, name
    return found


def click(qtbot: QtBot, window: MainWindow, name: str) -> None:
    qtbot.mouseClick(find(window, QPushButton, name), Qt.MouseButton.LeftButton)


def enhance_all(qtbot: QtBot, window: MainWindow) -> None:
    with qtbot.waitSignal(window.queueFinished, timeout=PATIENCE_MS):
        window.start()


def states(window: MainWindow) -> list[str]:
    return [job.state for job in window.jobs]


def drop(window: MainWindow, paths: list[Path]) -> QDropEvent:
    content = QMimeData()
    content.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    buttons, modifiers = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    entering = QDragEnterEvent(QPoint(50, 50), Qt.DropAction.CopyAction, content, buttons, modifiers)
    QGuiApplication.sendEvent(window, entering)
    assert entering.isAccepted()
    event = QDropEvent(QPointF(50, 50), Qt.DropAction.CopyAction, content, buttons, modifiers)
    QGuiApplication.sendEvent(window, event)
    return event


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (QWidget, "comparisonView"),
        (QListView, "queueView"),
        (QPushButton, "addButton"),
        (QPushButton, "startButton"),
        (QPushButton, "pauseButton"),
        (QPushButton, "cancelButton"),
        (QComboBox, "scaleBox"),
        (QComboBox, "modelBox"),
        (QLabel, "statusMessage"),
    ],
)
def test_the_promised_object_names_are_there(window: MainWindow, kind: type, name: str) -> None:
    assert window.objectName() == "mainWindow"
    assert find(window, kind, name)


def test_the_boxes_hold_numbers_and_families(window: MainWindow) -> None:
    scales = find(window, QComboBox, "scaleBox")
    models = find(window, QComboBox, "modelBox")
    assert 3 in [scales.itemData(row) for row in range(scales.count())]
    assert scales.currentData() == 3
    assert models.currentData() == "auto"


def test_an_empty_window_invites_and_offers_nothing_that_cannot_be_done(window: MainWindow) -> None:
    assert not find(window, QPushButton, "startButton").isEnabled()
    assert not find(window, QListView, "queueView").isVisible()
    assert find(window, QPushButton, "sampleButton").isVisible()


def test_a_dropped_photo_is_queued_and_shown(
    qtbot: QtBot, window: MainWindow, photo_file: PhotoFile, photo_like: PhotoLike
) -> None:
    photo = photo_file("grandma.png", photo_like(40, 30))
    assert drop(window, [photo]).isAccepted()
    qtbot.waitUntil(lambda: [job.path for job in window.jobs] == [photo], timeout=PATIENCE_MS)
    assert states(window) == ["waiting"]
    view = find(window, ComparisonView, "comparisonView")
    qtbot.waitUntil(lambda: view.isVisible() and view.zoom > 1, timeout=PATIENCE_MS)


def test_the_whole_window_answers_while_photos_are_dragged_over_it(window: MainWindow, photo_file: PhotoFile) -> None:
    content = QMimeData()
    content.setUrls([QUrl.fromLocalFile(str(photo_file()))])
    entering = QDragEnterEvent(
        QPoint(5, 5), Qt.DropAction.CopyAction, content, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    QGuiApplication.sendEvent(window, entering)
    assert window._overlay.isVisible()
    assert window._overlay.size() == window.size()
    QGuiApplication.sendEvent(window, QDragLeaveEvent())
    assert not window._overlay.isVisible()


def test_dragged_text_is_refused(window: MainWindow) -> None:
    content = QMimeData()
    content.setText("no photo")
    entering = QDragEnterEvent(
        QPoint(5, 5), Qt.DropAction.CopyAction, content, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    QGuiApplication.sendEvent(window, entering)
    assert not entering.isAccepted()


def test_a_folder_and_a_file_dropped_together_are_all_queued(
    qtbot: QtBot, window: MainWindow, photo_file: PhotoFile
) -> None:
    single = photo_file("single.png")
    inside = [photo_file("album/a.png"), photo_file("album/deep/b.jpg")]
    (inside[0].parent / "desktop.ini").write_text("not a photo")
    drop(window, [single, inside[0].parent])
    qtbot.waitUntil(lambda: len(window.jobs) == 3, timeout=PATIENCE_MS)
    assert [job.path for job in window.jobs] == [single, *inside]


def test_a_photo_is_enhanced_saved_and_compared(
    qtbot: QtBot, window: MainWindow, photo_file: PhotoFile, photo_like: PhotoLike
) -> None:
    pixels = photo_like(40, 30)
    photo = photo_file("grandma.png", pixels)
    window.settings.change(precision="exact")
    window.add_paths([photo])
    enhance_all(qtbot, window)
    (job,) = window.jobs
    assert job.state == "done"
    assert job.progress == 1.0
    assert job.error is None
    assert job.output == photo.with_name("grandma_x3.png")
    reference = cv2.dnn_superres.DnnSuperResImpl.create()
    reference.readModel(str(bundled("models", "weights", "edsr-baseline-x3.pb")))
    reference.setModel("edsr", 3)
    expected = reference.upsample(np.ascontiguousarray(pixels[..., ::-1]))[..., ::-1]
    with Image.open(job.output) as written:
        assert np.abs(np.asarray(written).astype(int) - expected).max() <= 1

    panel = window._comparison
    qtbot.waitUntil(lambda: "120 × 90" in panel.bar.size_words.text(), timeout=PATIENCE_MS)
    assert panel.bar.size_words.text() == "40 × 30 → 120 × 90"


def test_results_go_where_the_person_wishes(
    qtbot: QtBot, window: MainWindow, photo_file: PhotoFile, tmp_path: Path
) -> None:
    window.add_paths([photo_file("a.png")])
    window.set_output_dir(tmp_path / "results")
    window.add_paths([str(photo_file("b.png"))])
    enhance_all(qtbot, window)
    assert sorted(path.name for path in (tmp_path / "results").iterdir()) == ["a_x3.png", "b_x3.png"]


def test_a_bad_photo_fails_on_its_row_in_plain_words_and_the_rest_is_done(
    qtbot: QtBot, window: MainWindow, photo_file: PhotoFile, tmp_path: Path
) -> None:
    text = tmp_path / "text.png"
    text.write_text("not a photo")
    window.add_paths([photo_file("a.png"), text, tmp_path / "gone.jpg", photo_file("b.png")])
    enhance_all(qtbot, window)
    assert states(window) == ["done", "failed", "failed", "done"]
    assert window.jobs[1].error.code == "unsupported"
    assert window.jobs[2].error.code == "not-found"
    index = find(window, QListView, "queueView").model().index(1, 0)
    words = index.data(Qt.ItemDataRole.AccessibleTextRole)
    assert "not a photo Rekindle can read" in words
    assert "Error" not in words


def test_a_failed_photo_can_be_tried_again_from_its_row(
    qtbot: QtBot, window: MainWindow, photo_file: PhotoFile, tmp_path: Path
) -> None:
    photo = tmp_path / "late.png"
    window.add_paths([photo])
    enhance_all(qtbot, window)
    assert states(window) == ["failed"]
    photo_file("late.png")
    view = find(window, QListView, "queueView")
    view.setCurrentIndex(view.model().index(0, 0))
    with qtbot.waitSignal(window.queueFinished, timeout=PATIENCE_MS):
        qtbot.keyClick(view, Qt.Key.Key_Return)
    assert states(window) == ["done"]


def test_cancelling_ends_everything_and_leaves_nothing_half_written(
    qtbot: QtBot, window: MainWindow, photo_file: PhotoFile, photo_like: PhotoLike
) -> None:
    photo = photo_file("large.png", photo_like(700, 500))
    window.add_paths([photo, photo_file("waiting.png")])
    window.start()
    qtbot.waitUntil(lambda: 0 < window.jobs[0].progress < 1, timeout=PATIENCE_MS)
    assert states(window) == ["running", "waiting"]
    with qtbot.waitSignal(window.queueFinished, timeout=PATIENCE_MS):
        click(qtbot, window, "cancelButton")
    assert states(window) == ["cancelled", "cancelled"]
    assert sorted(path.name for path in photo.parent.glob("*.png")) == ["large.png", "waiting.png"]
    assert not list(photo.parent.glob(".rekindle*"))


def test_pausing_holds_and_resuming_finishes(
    qtbot: QtBot, window: MainWindow, photo_file: PhotoFile, photo_like: PhotoLike
) -> None:
    window.add_paths([photo_file("large.png", photo_like(500, 300)), photo_file("next.png")])
    window.start()
    qtbot.waitUntil(lambda: window.jobs[0].progress > 0, timeout=PATIENCE_MS)
    click(qtbot, window, "pauseButton")
    assert states(window) == ["paused", "waiting"]
    assert find(window, QPushButton, "pauseButton").text() == "Resume"
    with qtbot.waitSignal(window.queueFinished, timeout=PATIENCE_MS):
        click(qtbot, window, "pauseButton")
    assert states(window) == ["done", "done"]


def test_starting_while_a_folder_is_still_being_read_starts_it_too(
    qtbot: QtBot, window: MainWindow, photo_file: PhotoFile
) -> None:
    folder = photo_file("album/a.png").parent
    with qtbot.waitSignal(window.queueFinished, timeout=PATIENCE_MS):
        window.add_paths([folder])
        window.start()
    assert states(window) == ["done"]


def test_the_place_looked_at_stays_when_the_result_arrives(
    qtbot: QtBot, window: MainWindow, photo_file: PhotoFile, photo_like: PhotoLike
) -> None:
    window.add_paths([photo_file("a.png", photo_like(200, 150))])
    view = find(window, ComparisonView, "comparisonView")
    qtbot.waitUntil(lambda: window._comparison.bar.size_words.text() == "200 × 150", timeout=PATIENCE_MS)
    view.set_zoom(9.0, QPointF(100, 80))
    enhance_all(qtbot, window)
    qtbot.waitUntil(lambda: "600 × 450" in window._comparison.bar.size_words.text(), timeout=PATIENCE_MS)
    assert view.zoom == pytest.approx(3.0)


def test_any_finished_photo_can_be_compared(
    qtbot: QtBot, window: MainWindow, photo_file: PhotoFile, photo_like: PhotoLike
) -> None:
    window.add_paths([photo_file("a.png", photo_like(30, 20)), photo_file("b.png", photo_like(20, 30))])
    enhance_all(qtbot, window)
    view = find(window, QListView, "queueView")
    for row, words in enumerate(("30 × 20 → 90 × 60", "20 × 30 → 60 × 90")):
        view.setCurrentIndex(view.model().index(row, 0))
        size = window._comparison.bar.size_words
        qtbot.waitUntil(lambda words=words, size=size: size.text().startswith(words), timeout=PATIENCE_MS)


def test_removing_the_last_photo_brings_the_invitation_back(
    qtbot: QtBot, window: MainWindow, photo_file: PhotoFile
) -> None:
    window.add_paths([photo_file("a.png")])
    view = find(window, QListView, "queueView")
    qtbot.waitUntil(lambda: view.model().rowCount() == 1, timeout=PATIENCE_MS)
    view.selectAll()
    qtbot.keyClick(view, Qt.Key.Key_Delete)
    assert len(window.jobs) == 0
    qtbot.waitUntil(lambda: not view.isVisible(), timeout=PATIENCE_MS)


def test_a_picture_from_the_clipboard_is_queued(qtbot: QtBot, window: MainWindow) -> None:
    picture = QImage(20, 10, QImage.Format.Format_RGB32)
    picture.fill(Qt.GlobalColor.darkCyan)
    QGuiApplication.clipboard().setImage(picture)
    window._actions.paste.trigger()
    qtbot.waitUntil(lambda: len(window.jobs) == 1, timeout=PATIENCE_MS)
    with Image.open(window.jobs[0].path) as pasted:
        assert pasted.size == (20, 10)


def test_a_clipboard_without_photo_is_said_calmly(window: MainWindow) -> None:
    QGuiApplication.clipboard().setText("words")
    window._actions.paste.trigger()
    assert "no photo in the clipboard" in find(window, QLabel, "statusMessage").toolTip()


def test_the_sample_photo_is_one_click_away(qtbot: QtBot, window: MainWindow) -> None:
    click(qtbot, window, "sampleButton")
    qtbot.waitUntil(lambda: len(window.jobs) == 1, timeout=PATIENCE_MS)
    assert window.jobs[0].path.is_file()
    assert bundled() not in window.jobs[0].path.parents


def test_a_result_can_be_saved_in_another_format(
    qtbot: QtBot, window: MainWindow, photo_file: PhotoFile, tmp_path: Path
) -> None:
    window.add_paths([photo_file("a.png")])
    enhance_all(qtbot, window)
    target = tmp_path / "elsewhere.jpg"
    with qtbot.waitSignal(window._results.told, timeout=PATIENCE_MS):
        window._results.save_to(window.jobs[0], target, 90)
    with Image.open(target) as saved:
        assert saved.format == "JPEG"


def test_saving_a_result_over_the_original_is_refused(qtbot: QtBot, window: MainWindow, photo_file: PhotoFile) -> None:
    photo = photo_file("a.png")
    before = photo.read_bytes()
    window.add_paths([photo])
    enhance_all(qtbot, window)
    with qtbot.waitSignal(window._results.told, timeout=PATIENCE_MS) as told:
        window._results.save_to(window.jobs[0], photo, 90)
    assert "never replaced" in told.args[0]
    assert photo.read_bytes() == before


def test_choices_size_and_folder_are_remembered(qtbot: QtBot, tmp_path: Path) -> None:
    first = create_window(tmp_path / "data")
    first.show()
    first.resize(760, 600)
    first.set_output_dir(tmp_path / "results")
    first.close()
    second = create_window(tmp_path / "data")
    second.show()
    assert (second.width(), second.height()) == (760, 600)
    assert second.settings.current.output_dir == str(tmp_path / "results")
    second.close()


def test_settings_chosen_in_the_dialog_are_kept_on_disk(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    window._actions.settings.trigger()
    dialog = find(window, SettingsDialog, "settingsDialog")
    dialog.results.quality.setValue(80)
    dialog.results.format.setCurrentIndex(dialog.results.format.findData("webp"))
    dialog.accept()
    file = tmp_path / "data" / "settings.json"
    qtbot.waitUntil(lambda: file.is_file() and json.loads(file.read_text())["quality"] == 80, timeout=PATIENCE_MS)
    assert json.loads(file.read_text())["format"] == "webp"


def test_closing_under_way_asks_once_and_can_be_taken_back(
    qtbot: QtBot, window: MainWindow, photo_file: PhotoFile, photo_like: PhotoLike
) -> None:
    window.add_paths([photo_file("large.png", photo_like(500, 400))])
    window.start()
    assert not window.close()
    question = window.findChild(QMessageBox)
    assert question is not None
    question.button(QMessageBox.StandardButton.Cancel).click()
    assert window.isVisible()
    assert states(window) == ["running"]


def test_a_repaired_model_is_told_in_the_window(
    qtbot: QtBot, window: MainWindow, photo_file: PhotoFile, tmp_path: Path
) -> None:
    models = tmp_path / "data" / "models"
    models.mkdir(parents=True)
    (models / "edsr-baseline-x3.pb").write_bytes(b"damaged")
    window.add_paths([photo_file("a.png")])
    said: list[str] = []
    window._message.said.connect(said.append)
    enhance_all(qtbot, window)
    assert states(window) == ["done"]
    assert len([text for text in said if "has been replaced" in text]) == 1


def test_what_the_bar_below_the_photo_offers_is_in_the_menu_too(window: MainWindow) -> None:
    shown = {action for menu in window.menuBar().actions() for action in menu.menu().actions()}
    buttons = [button.defaultAction() for button in window._comparison.findChildren(QToolButton)]
    assert len([action for action in buttons if action]) == 7
    assert {action for action in buttons if action} <= shown


def test_importing_the_window_does_no_work() -> None:
    code = (
        "import sys, threading, desktop.ui.app\n"
        "from PySide6.QtWidgets import QApplication\n"
        "assert QApplication.instance() is None\n"
        "assert threading.active_count() == 1\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_without_a_display_the_command_says_so_and_names_the_other_way(tmp_path: Path) -> None:
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    if sys.platform in ("win32", "darwin"):
        pytest.skip("not on this platform: there always is a display")
    answer = subprocess.run(
        [sys.executable, "-m", "desktop"], env=environment, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 2
    assert "rekindle enhance" in answer.stderr
