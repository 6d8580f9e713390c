"""The line at the bottom of the window, and what it offers."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from desktop.ui.message_line import MessageLine


@pytest.fixture
def line(qtbot: QtBot) -> MessageLine:
    made = MessageLine()
    qtbot.addWidget(made)
    made.resize(600, 32)
    with qtbot.waitExposed(made):
        made.show()
    return made


def label(line: MessageLine) -> Any:
    return line.findChild(QLabel, "statusMessage")


def button(line: MessageLine) -> Any:
    return line.findChild(QPushButton, "statusAction")


def test_a_sentence_stands_alone(line: MessageLine) -> None:
    line.say("Added 3 photos")
    assert label(line).text() == "Added 3 photos"
    assert not button(line).isVisible()


def test_an_offer_is_taken_once_and_goes(qtbot: QtBot, line: MessageLine) -> None:
    taken: list[str] = []
    line.say("Three files were left out.", ("Show", lambda: taken.append("shown")))
    assert button(line).text() == "Show"
    qtbot.mouseClick(button(line), Qt.MouseButton.LeftButton)
    assert taken == ["shown"]
    assert label(line).text() == ""
    assert not button(line).isVisible()


def test_what_the_offer_says_is_not_wiped_by_its_own_going(qtbot: QtBot, line: MessageLine) -> None:
    line.say("Left out.", ("Show", lambda: line.say("Shown.")))
    qtbot.mouseClick(button(line), Qt.MouseButton.LeftButton)
    assert label(line).text() == "Shown."


def test_an_action_of_the_menus_brings_its_word(qtbot: QtBot, line: MessageLine) -> None:
    action = QAction("&Undo removing…", line)
    with qtbot.waitSignal(action.triggered):
        line.say("Removed 2 photos", action)
        assert button(line).text() == "Undo removing"
        qtbot.keyClick(button(line), Qt.Key.Key_Space)


def test_the_next_sentence_takes_the_offer_away(line: MessageLine) -> None:
    line.say("Left out.", ("Show", lambda: None))
    line.say("Saved.")
    assert not button(line).isVisible()


def test_a_long_sentence_leaves_room_for_the_button(line: MessageLine) -> None:
    whole = "a sentence that is far too long for its line, " * 10
    line.say(whole, ("Show", lambda: None))
    line.layout().activate()
    assert label(line).toolTip() == whole
    assert len(label(line).text()) < len(whole)
    assert label(line).geometry().right() < button(line).geometry().left()
    assert button(line).geometry().right() < line.width()


def test_no_sentence_sets_the_width_or_the_height_of_the_window(line: MessageLine) -> None:
    line.say("a sentence that is far too long for its line, " * 10, ("Show", lambda: None))
    line.resize(120, 32)
    assert line.width() == 120
    assert line.minimumSizeHint().height() <= line.minimumHeight()


def test_the_offer_stays_while_somebody_is_about_to_take_it(qtbot: QtBot, line: MessageLine) -> None:
    line.activateWindow()
    line.say("Left out.", ("Show", lambda: None))
    button(line).setFocus()
    qtbot.waitUntil(button(line).hasFocus)
    line._timer.timeout.emit()
    assert button(line).isVisible()
    button(line).clearFocus()
    QApplication.sendEvent(button(line), QEvent(QEvent.Type.Leave))  # another test may have left the mouse there
    line._timer.timeout.emit()
    assert label(line).text() == ""


def test_a_signal_with_a_text_can_be_connected_to_it(line: MessageLine) -> None:
    class Part(QObject):
        told = Signal(str)

    part = Part()
    part.told.connect(line.say)
    part.told.emit("Saved.")
    assert label(line).text() == "Saved."
