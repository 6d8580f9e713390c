"""The About box and the question for updates."""

from __future__ import annotations

import json

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QCheckBox, QDialog, QLabel, QPushButton

import desktop
from desktop.core import updates
from desktop.core.errors import DownloadFailedError
from desktop.core.updates import Release
from desktop.ui import proof
from desktop.ui.updates_controller import UpdatesController

NEWER = Release("99.0", "Faster.\nAnd better.", "https://example.org/rekindle")


def opened(window, name):
    return next(dialog for dialog in window.findChildren(QDialog) if dialog.objectName() == name and dialog.isVisible())


def test_about_says_where_the_log_is_and_that_nothing_is_sent(window):
    window._actions.about.trigger()
    text = " ".join(label.text() for label in opened(window, "aboutDialog").findChildren(QLabel))
    assert str(window._workspace.folders.log_file) in text
    assert "sends nothing" in text


def test_diagnostics_are_copied(window, qtbot):
    window._actions.about.trigger()
    dialog = opened(window, "aboutDialog")
    button = dialog.findChild(QPushButton, "copyDiagnostics")
    QGuiApplication.clipboard().setText("")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(button.isEnabled)
    copied = QGuiApplication.clipboard().text()
    assert copied.startswith(f"Rekindle {desktop.__version__}")
    assert "Qt 6" in copied
    assert any(label.text().startswith("Copied") for label in dialog.findChildren(QLabel))


@pytest.fixture
def asking(window, tmp_path, monkeypatch):
    """``asking(answer, opted_in)``: a controller that asks a server which gives this answer, and what it was asked."""
    asked = []

    def make(answer, opted_in=False, address="https://example.org/latest.json"):
        monkeypatch.setattr(updates, "address", lambda: address)

        def ask(url):
            asked.append(url)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return UpdatesController(opted_in, tmp_path / "cache", window, ask), asked

    return make


def message(controller):
    return controller.dialog.findChild(QLabel, "updateMessage").text()


def test_a_newer_version_is_shown_with_notes_and_a_link(asking, qtbot):
    controller, _ = asking(NEWER)
    controller.open()
    qtbot.waitUntil(lambda: "99.0 is there" in message(controller))
    assert controller.dialog._notes.toPlainText() == NEWER.notes
    assert controller.dialog._open.isVisible()
    assert controller.dialog._open.toolTip() == NEWER.page
    controller.dialog.reject()


def test_no_newer_version_is_said(asking, qtbot):
    controller, _ = asking(Release(desktop.__version__, "", NEWER.page))
    controller.open()
    qtbot.waitUntil(lambda: "no newer one" in message(controller))
    assert not controller.dialog._open.isVisible()
    controller.dialog.reject()


def test_a_failure_is_said_in_words(asking, qtbot):
    controller, _ = asking(DownloadFailedError("“{host}” could not be asked.", host="example.org"))
    controller.open()
    qtbot.waitUntil(lambda: "could not be asked" in message(controller))
    controller.dialog.reject()


def test_unasked_nobody_is_asked_without_consent(asking):
    controller, asked = asking(NEWER)
    controller.ask_unasked()
    controller.shutdown()
    assert asked == []


def test_unasked_it_is_told_once_a_day_with_consent(asking, qtbot):
    controller, asked = asking(NEWER, opted_in=True)
    with qtbot.waitSignal(controller.told) as told:
        controller.ask_unasked()
    assert "99.0" in told.args[0]
    controller.ask_unasked()
    controller.shutdown()
    assert len(asked) == 1


def test_a_copy_that_does_not_know_whom_to_ask_says_so(asking):
    controller, asked = asking(NEWER, address="")
    controller.open()
    assert any("not told where to ask" in label.text() for label in controller.dialog.findChildren(QLabel))
    assert not controller.dialog.findChild(QCheckBox, "askForUpdates").isEnabled()
    controller.dialog.reject()
    assert asked == []


def test_consent_is_kept(window, qtbot, monkeypatch):
    monkeypatch.setattr(updates, "address", lambda: "")
    window._actions.updates.trigger()
    dialog = opened(window, "updateDialog")
    dialog.askingChosen.emit(True)
    path = window._workspace.folders.settings_file
    qtbot.waitUntil(lambda: path.exists() and json.loads(path.read_text("utf-8"))["ask_for_updates"] is True)
    dialog.reject()


def test_the_self_test_finds_our_qt_and_a_comparison_that_is_right():
    assert "plugins from" in proof.our_qt()
    assert "where they belong" in proof.comparison()


def test_the_self_test_finds_a_second_qt(monkeypatch):
    monkeypatch.setenv("QT_QPA_PLATFORM_PLUGIN_PATH", "/opt/cv2/qt/plugins")
    with pytest.raises(proof.NotProvenError, match="OpenCV"):
        proof.our_qt()
