"""The comparison view, as a person and as other programs use it."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRunnable, QSize, Qt, QThreadPool
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QNativeGestureEvent,
    QPalette,
    QPointingDevice,
    QWheelEvent,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolButton
from pytestqt.qtbot import QtBot

from desktop.ui import comparison_chrome as chrome
from desktop.ui.comparison_view import ComparisonView
from desktop.ui.pyramid import Pyramid
from desktop.ui.pyramid_builder import PyramidBuilder

Array = npt.NDArray[Any]

RED, GREEN, BLUE = (200, 30, 20), (20, 170, 40), (30, 40, 210)
LEFT, NO_BUTTON, PLAIN = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
ALT, CONTROL = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ControlModifier


class LazyPool:
    """Keeps tasks until a test runs them."""

    def __init__(self) -> None:
        self.tasks: list[QRunnable] = []

    def start(self, task: QRunnable, /) -> None:
        self.tasks.append(task)


@pytest.fixture
def view(qtbot: QtBot) -> Iterator[ComparisonView]:
    view = ComparisonView()
    qtbot.addWidget(view)
    view.resize(800, 600)
    with qtbot.waitExposed(view):
        view.show()
    yield view
    QThreadPool.globalInstance().waitForDone()


def plain(colour: tuple[int, ...], width: int, height: int) -> Array:
    return np.full((height, width, len(colour)), colour, np.uint8)


def noise(width: int, height: int) -> Array:
    return np.random.default_rng(3).integers(0, 256, (height, width, 3), dtype=np.uint8)


def shot(view: ComparisonView) -> Array:
    """(H, W, 3) RGB device pixels of the view."""
    image = view.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def colour(view: ComparisonView, x: int, y: int) -> tuple[int, ...]:
    return tuple(int(value) for value in shot(view)[y, x])


def turn_wheel(view: ComparisonView, units: int, at: QPointF) -> None:
    nothing = QPoint(0, 0)
    phase = Qt.ScrollPhase.NoScrollPhase
    event = QWheelEvent(at, view.mapToGlobal(at), nothing, QPoint(0, units), NO_BUTTON, PLAIN, phase, False)
    QApplication.sendEvent(view, event)


def drag(view: ComparisonView, start: QPoint, end: QPoint, button: Qt.MouseButton = LEFT) -> None:
    QTest.mousePress(view, button, PLAIN, start)
    QTest.mouseMove(view, (start + end) / 2)
    QTest.mouseMove(view, end)
    QTest.mouseRelease(view, button, PLAIN, end)


def under(view: ComparisonView, anchor: QPointF) -> tuple[float, float]:
    """The place, 0..1 of the picture, under a point of a view without a divided layout."""
    region, size = view.visible_region(), view.size()
    return (
        region.left() + region.width() * anchor.x() / size.width(),
        region.top() + region.height() * anchor.y() / size.height(),
    )


# Zoom and place


def test_a_new_photo_is_shown_whole(view: ComparisonView) -> None:
    view.set_images(plain(RED, 400, 200), plain(GREEN, 1200, 600))
    assert view.zoom == pytest.approx(800 / 1200)
    assert view.visible_region().getRect() == (0, 0, 1, 1)


def test_zoom_counts_pixels_of_before_until_there_is_a_result(view: ComparisonView) -> None:
    view.set_images(plain(RED, 400, 200), None)
    assert view.zoom == pytest.approx(2.0)


def test_the_point_under_the_anchor_stays_there(view: ComparisonView) -> None:
    view.set_images(plain(RED, 2000, 1500), plain(GREEN, 6000, 4500))
    view.set_zoom(1.0, QPointF(300, 200))
    for anchor in (QPointF(300, 200), QPointF(799, 10), QPointF(400, 300)):
        before = under(view, anchor)
        view.set_zoom(view.zoom * 1.7, anchor)
        assert under(view, anchor) == pytest.approx(before)


def test_the_pixel_under_the_anchor_stays_there(view: ComparisonView) -> None:
    after = plain((0, 0, 0), 1600, 1200)
    after[900:916, 400:416] = 255
    view.set_images(None, after)
    view.mode = "flip"
    anchor = QPointF(204, 454)  # the middle of the white block while the picture is fitted
    for zoom in (1.0, 2.5, 16.0, 0.7):
        view.set_zoom(zoom, anchor)
        assert min(colour(view, 204, 454)) > 200


def test_zoom_is_clamped(view: ComparisonView) -> None:
    view.set_images(plain(RED, 1000, 1000), None)
    view.zoom = 1e9
    assert view.zoom == 32.0
    view.zoom = 0.0
    assert 0 < view.zoom < 0.6


def test_zooming_says_so_once_and_only_when_it_changes(view: ComparisonView) -> None:
    view.set_images(plain(RED, 1000, 1000), None)
    heard: list[float] = []
    view.zoomChanged.connect(heard.append)
    view.set_zoom(2.0, QPointF(10, 10))
    view.set_zoom(2.0, QPointF(10, 10))
    assert heard == [2.0]


def test_panning_says_that_another_part_is_seen(view: ComparisonView, qtbot: QtBot) -> None:
    view.set_images(None, plain(RED, 4000, 4000))
    view.set_zoom(1.0, QPointF(400, 300))
    with qtbot.waitSignal(view.viewChanged):
        drag(view, QPoint(100, 500), QPoint(150, 480))


def test_a_fitted_view_stays_fitted_on_resizing_and_another_keeps_its_zoom(view: ComparisonView) -> None:
    view.set_images(plain(RED, 1000, 1000), None)
    view.resize(400, 500)
    assert view.zoom == pytest.approx(0.4)
    view.set_zoom(1.0, QPointF(100, 100))
    view.resize(700, 600)
    assert view.zoom == 1.0
    view.zoom_to_fit()
    assert view.zoom == pytest.approx(0.6)


def test_wheel_notches_zoom_by_a_quarter_about_the_cursor(view: ComparisonView) -> None:
    view.set_images(None, plain(RED, 6000, 4500))
    view.set_zoom(1.0, QPointF(400, 300))
    place = under(view, QPointF(120, 80))
    turn_wheel(view, 120, QPointF(120, 80))
    assert view.zoom == pytest.approx(1.25)
    assert under(view, QPointF(120, 80)) == pytest.approx(place)
    turn_wheel(view, -120, QPointF(120, 80))
    assert view.zoom == pytest.approx(1.0)


def test_many_small_wheel_turns_are_one_large_one(view: ComparisonView) -> None:
    view.set_images(None, plain(RED, 6000, 4500))
    view.set_zoom(1.0, QPointF(400, 300))
    for _ in range(24):
        turn_wheel(view, 5, QPointF(120, 80))
    assert view.zoom == pytest.approx(1.25)


def test_the_wheel_stops_at_the_whole_photo_which_then_follows_the_window(view: ComparisonView) -> None:
    view.set_images(None, plain(RED, 6000, 4500))
    view.set_zoom(0.5, QPointF(10, 10))
    for _ in range(30):
        turn_wheel(view, -120, QPointF(790, 590))
    assert view.visible_region().getRect() == pytest.approx((0, 0, 1, 1))
    view.resize(600, 600)
    assert view.zoom == pytest.approx(0.1)


def test_pinching_zooms(view: ComparisonView) -> None:
    view.set_images(None, plain(RED, 6000, 4500))
    view.set_zoom(1.0, QPointF(400, 300))
    place = QPointF(200, 100)
    event = QNativeGestureEvent(
        Qt.NativeGestureType.ZoomNativeGesture,
        QPointingDevice.primaryPointingDevice(),
        2,
        place,
        place,
        view.mapToGlobal(place),
        0.1,
        QPointF(0, 0),
    )
    QApplication.sendEvent(view, event)
    assert view.zoom == pytest.approx(1.1)


def test_a_double_click_goes_to_one_to_one_at_the_point_and_back(view: ComparisonView) -> None:
    view.set_images(None, plain(RED, 4000, 3000))
    place = under(view, QPointF(600, 450))
    QTest.mouseDClick(view, LEFT, PLAIN, QPoint(600, 450))
    assert view.zoom == 1.0
    assert under(view, QPointF(600, 450)) == pytest.approx(place, abs=1e-3)
    QTest.mouseDClick(view, LEFT, PLAIN, QPoint(100, 100))
    assert view.zoom == pytest.approx(0.2)


def test_keys_zoom_pan_and_choose_modes(view: ComparisonView) -> None:
    view.set_images(plain(RED, 2000, 1500), plain(GREEN, 4000, 3000))
    QTest.keyClick(view, Qt.Key.Key_1)
    assert view.zoom == 1.0
    QTest.keyClick(view, Qt.Key.Key_2)
    assert view.zoom == 2.0
    QTest.keyClick(view, Qt.Key.Key_Minus)
    assert view.zoom == pytest.approx(1.6)
    QTest.keyClick(view, Qt.Key.Key_Plus, Qt.KeyboardModifier.ShiftModifier)
    assert view.zoom == pytest.approx(2.0)
    left = view.visible_region().left()
    QTest.keyClick(view, Qt.Key.Key_Right)
    assert view.visible_region().left() > left
    QTest.keyClick(view, Qt.Key.Key_0)
    assert view.zoom == pytest.approx(0.2)
    QTest.keyClick(view, Qt.Key.Key_D)
    assert view.mode == "difference"
    QTest.keyClick(view, Qt.Key.Key_S)
    assert view.mode == "split"
    QTest.keyClick(view, Qt.Key.Key_1)
    QTest.keyClick(view, Qt.Key.Key_F)
    assert view.zoom == pytest.approx(0.2)


def test_our_keys_win_over_the_windows_shortcuts_and_others_do_not(view: ComparisonView) -> None:
    for key, modifiers, ours in (
        (Qt.Key.Key_Space, PLAIN, True),
        (Qt.Key.Key_Left, ALT, True),
        (Qt.Key.Key_O, PLAIN, False),
        (Qt.Key.Key_0, CONTROL, False),
    ):
        view.set_images(plain(RED, 20, 20), plain(GREEN, 60, 60))
        event = QKeyEvent(QEvent.Type.ShortcutOverride, key, modifiers)
        event.ignore()
        QApplication.sendEvent(view, event)
        assert event.isAccepted() is ours


def test_dragging_moves_the_photo_with_the_hand_and_no_farther_than_its_edge(view: ComparisonView) -> None:
    after = noise(1600, 1200)
    view.set_images(None, after)
    view.set_zoom(1.0, QPointF(400, 300))
    assert (shot(view)[300, 400] == after[600, 800]).all()
    drag(view, QPoint(100, 500), QPoint(137, 480))
    assert (shot(view)[280, 437] == after[600, 800]).all()
    for _ in range(5):
        drag(view, QPoint(10, 10), QPoint(790, 590))
    assert (shot(view)[300, 400] == after[300, 400]).all()


def test_the_cursor_says_what_a_press_does(view: ComparisonView) -> None:
    view.set_images(plain(RED, 1000, 1000), plain(GREEN, 2000, 2000))
    QTest.mouseMove(view, QPoint(200, 300))
    assert view.cursor().shape() == Qt.CursorShape.ArrowCursor
    QTest.mouseMove(view, QPoint(405, 100))
    assert view.cursor().shape() == Qt.CursorShape.SplitHCursor
    view.set_zoom(2.0, QPointF(400, 300))
    QTest.mouseMove(view, QPoint(200, 300))
    assert view.cursor().shape() == Qt.CursorShape.OpenHandCursor
    QTest.mousePress(view, LEFT, PLAIN, QPoint(200, 300))
    assert view.cursor().shape() == Qt.CursorShape.ClosedHandCursor
    QTest.mouseRelease(view, LEFT, PLAIN, QPoint(200, 300))
    assert view.cursor().shape() == Qt.CursorShape.OpenHandCursor


def test_the_same_scene_stays_on_screen_when_the_result_arrives(view: ComparisonView) -> None:
    before = noise(1000, 800)
    view.set_images(before, None)
    view.set_zoom(3.0, QPointF(700, 100))
    region = view.visible_region()
    view.set_images(before, before.repeat(3, axis=0).repeat(3, axis=1), keep_view=True)
    assert view.zoom == pytest.approx(1.0)
    assert view.visible_region().getRect() == pytest.approx(region.getRect())


def test_without_keep_view_a_new_photo_is_fitted(view: ComparisonView) -> None:
    view.set_images(plain(RED, 1000, 800), None)
    view.set_zoom(3.0, QPointF(700, 100))
    view.set_images(plain(RED, 1000, 800), None)
    assert view.zoom == pytest.approx(0.75)


# The divider


def test_before_is_left_of_the_divider_and_after_right_of_it(view: ComparisonView) -> None:
    view.set_images(plain(RED, 400, 300), plain(GREEN, 1200, 900))
    for split in (0.2, 0.5, 0.9):
        view.split = split
        assert colour(view, round(800 * split) - 5, 200) == RED
        assert colour(view, round(800 * split) + 5, 200) == GREEN


def test_the_divider_is_dragged_from_where_it_was_taken(view: ComparisonView) -> None:
    view.set_images(plain(RED, 400, 300), plain(GREEN, 1200, 900))
    heard: list[float] = []
    view.splitChanged.connect(heard.append)
    drag(view, QPoint(405, 100), QPoint(205, 180))
    assert view.split == pytest.approx(0.25)
    assert heard[-1] == view.split
    assert view.zoom == pytest.approx(800 / 1200)


def test_the_divider_can_be_taken_by_its_whole_handle_and_24_pixels_of_its_line(view: ComparisonView) -> None:
    view.set_images(plain(RED, 400, 300), plain(GREEN, 1200, 900))
    for place, taken in ((QPoint(389, 20), True), (QPoint(411, 20), True), (QPoint(414, 300), True)):
        view.split = 0.5
        drag(view, place, place + QPoint(80, 0))
        assert (view.split == pytest.approx(0.6)) is taken
    view.split = 0.5
    drag(view, QPoint(420, 20), QPoint(500, 20))
    assert view.split == 0.5


def test_a_dragged_divider_is_caught_by_the_middle(view: ComparisonView) -> None:
    view.set_images(plain(RED, 400, 300), plain(GREEN, 1200, 900))
    view.split = 0.2
    drag(view, QPoint(160, 100), QPoint(409, 100))
    assert view.split == 0.5
    drag(view, QPoint(400, 100), QPoint(420, 100))
    assert view.split == pytest.approx(0.525)


def test_a_dragged_divider_stops_at_the_edges_and_can_be_taken_back(view: ComparisonView) -> None:
    view.set_images(plain(RED, 400, 300), plain(GREEN, 1200, 900))
    drag(view, QPoint(400, 100), QPoint(-300, 100))
    assert view.split == 0.0
    drag(view, QPoint(15, 300), QPoint(95, 300))
    assert view.split == pytest.approx(0.1)


@pytest.mark.parametrize("modifier", [ALT, CONTROL])
def test_keys_move_the_divider_by_one_percent(view: ComparisonView, modifier: Qt.KeyboardModifier) -> None:
    view.set_images(plain(RED, 400, 300), plain(GREEN, 1200, 900))
    QTest.keyClick(view, Qt.Key.Key_Left, modifier)
    assert view.split == pytest.approx(0.49)
    for _ in range(3):
        QTest.keyClick(view, Qt.Key.Key_Right, modifier)
    assert view.split == pytest.approx(0.52)


def test_a_double_click_on_the_divider_brings_it_to_the_middle(view: ComparisonView) -> None:
    view.set_images(plain(RED, 400, 300), plain(GREEN, 1200, 900))
    view.split = 0.2
    zoom = view.zoom
    QTest.mouseDClick(view, LEFT, PLAIN, QPoint(160, 100))
    assert view.split == 0.5
    assert view.zoom == zoom


def test_split_is_clamped_and_says_so_only_when_it_changes(view: ComparisonView) -> None:
    heard: list[float] = []
    view.splitChanged.connect(heard.append)
    view.split = 7
    view.split = 1.0
    view.split = -1
    assert heard == [1.0, 0.0]
    with pytest.raises(ValueError, match="not a number"):
        view.split = float("nan")


def test_the_handle_has_the_accent_colour(view: ComparisonView) -> None:
    palette = view.palette()
    palette.setColor(QPalette.ColorRole.Highlight, QColor(194, 65, 12))
    view.setPalette(palette)
    view.set_images(plain(RED, 400, 300), plain(GREEN, 1200, 900))
    QTest.mouseMove(view, QPoint(20, 20))
    assert colour(view, 400, 290) == (194, 65, 12)


def test_moving_the_divider_resamples_nothing(view: ComparisonView, monkeypatch: pytest.MonkeyPatch) -> None:
    view.set_images(noise(400, 300), noise(1200, 900))
    QTest.mousePress(view, LEFT, PLAIN, QPoint(400, 100))
    view.grab()
    sampled: list[object] = []
    monkeypatch.setattr(Pyramid, "sample", lambda *_args: sampled.append(_args))
    for x in (420, 500, 650):
        QTest.mouseMove(view, QPoint(x, 100))
        view.grab()
    assert not sampled


# Modes and labels


def test_another_mode_is_refused(view: ComparisonView) -> None:
    with pytest.raises(ValueError, match="blink"):
        view.mode = "blink"
    assert view.mode == "split"


def test_side_by_side_shows_the_same_place_twice(view: ComparisonView) -> None:
    before = noise(1000, 800)
    view.set_images(before, before.repeat(2, axis=0).repeat(2, axis=1))
    view.mode = "side-by-side"
    view.map.wanted = False
    view.set_zoom(4.0, QPointF(700, 300))
    picture = shot(view)
    assert (picture[100:, :396] == picture[100:, 404:]).all()


def test_side_by_side_zooms_about_the_cursor_in_either_half(view: ComparisonView) -> None:
    after = plain((0, 0, 0), 1600, 1200)
    after[600:640, 400:440] = 255
    view.set_images(after, after)
    view.mode = "side-by-side"
    ratio = view.zoom
    top = (600 - 1200 * ratio) / 2
    for offset in (0, 404):
        view.zoom_to_fit()
        at = QPointF(offset + 420 * ratio, top + 620 * ratio)
        turn_wheel(view, 1200, at)
        assert min(colour(view, int(at.x()), int(at.y()))) > 200


def test_flip_shows_after_and_before_while_space_is_held(view: ComparisonView) -> None:
    view.set_images(plain(RED, 400, 300), plain(GREEN, 1200, 900))
    view.mode = "flip"
    assert colour(view, 100, 200) == GREEN
    QTest.keyPress(view, Qt.Key.Key_Space)
    assert colour(view, 100, 200) == colour(view, 700, 200) == RED
    QTest.keyRelease(view, Qt.Key.Key_Space)
    assert colour(view, 100, 200) == GREEN


def test_flip_shows_before_while_the_mouse_is_held_and_nothing_moves(view: ComparisonView) -> None:
    view.set_images(plain(RED, 1000, 1000), plain(GREEN, 3000, 3000))
    view.mode = "flip"
    view.set_zoom(1.0, QPointF(400, 300))
    region = view.visible_region()
    QTest.mousePress(view, LEFT, PLAIN, QPoint(300, 300))
    QTest.mouseMove(view, QPoint(200, 200))
    assert colour(view, 700, 200) == RED
    QTest.mouseRelease(view, LEFT, PLAIN, QPoint(200, 200))
    assert colour(view, 700, 200) == GREEN
    assert view.visible_region() == region


def test_flip_pans_with_the_middle_button(view: ComparisonView) -> None:
    view.set_images(plain(RED, 1000, 1000), plain(GREEN, 3000, 3000))
    view.mode = "flip"
    view.set_zoom(1.0, QPointF(400, 300))
    region = view.visible_region()
    drag(view, QPoint(300, 300), QPoint(200, 300), Qt.MouseButton.MiddleButton)
    assert view.visible_region().left() > region.left()


@pytest.mark.parametrize("mode", ["split", "side-by-side", "flip", "difference"])
def test_space_shows_before_everywhere_in_every_mode(view: ComparisonView, mode: str) -> None:
    view.set_images(plain(RED, 400, 300), plain(GREEN, 1200, 900))
    view.mode = mode
    QTest.keyPress(view, Qt.Key.Key_Space)
    assert colour(view, 200, 300) == colour(view, 600, 300) == RED
    QTest.keyRelease(view, Qt.Key.Key_Space)
    assert colour(view, 600, 300) != RED


def test_losing_the_focus_ends_the_look_at_before(view: ComparisonView) -> None:
    view.set_images(plain(RED, 400, 300), plain(GREEN, 1200, 900))
    view.mode = "flip"
    QTest.keyPress(view, Qt.Key.Key_Space)
    QApplication.sendEvent(view, QFocusEvent(QEvent.Type.FocusOut, Qt.FocusReason.TabFocusReason))
    assert colour(view, 100, 200) == GREEN


def test_difference_is_black_where_nothing_changed_and_bright_where_much_did(view: ComparisonView) -> None:
    before = plain((100, 100, 100), 400, 300)
    after = plain((100, 100, 100), 1200, 900)
    after[300:600, 600:900] = 220
    view.set_images(before, after)
    view.mode = "difference"
    for zoom in (0.5, 1.0, 5.0):
        view.set_zoom(zoom, QPointF(500, 300))
        assert sum(colour(view, 500, 300)) > 500
    view.zoom_to_fit()
    assert sum(colour(view, 200, 300)) < 15


def test_difference_explains_its_colours(view: ComparisonView) -> None:
    view.set_images(plain(RED, 400, 300), plain(RED, 1200, 900))
    view.mode = "difference"
    corner = shot(view)[520:590, 12:200]
    assert corner.max() > 150


@pytest.mark.parametrize("mode", ["split", "side-by-side", "flip", "difference"])
def test_without_a_result_every_mode_shows_the_original_alone(view: ComparisonView, mode: str) -> None:
    view.set_images(plain(RED, 400, 300), None)
    view.mode = mode
    picture = shot(view)
    assert tuple(picture[300, 100]) == tuple(picture[300, 400]) == tuple(picture[300, 700]) == RED
    assert view.zoom == pytest.approx(2.0)


def spoken_labels(view: ComparisonView) -> list[str]:
    """The labels that are seen, left to right."""
    seen = [button for button in view.findChildren(QToolButton) if button.isVisible()]
    assert all(view.rect().contains(button.geometry()) for button in seen)
    return [button.text() for button in sorted(seen, key=lambda button: button.x())]


def test_labels_say_what_is_what(view: ComparisonView) -> None:
    view.set_images(plain(RED, 400, 300), None)
    assert spoken_labels(view) == ["Original"]
    view.set_images(plain(RED, 400, 300), plain(GREEN, 1200, 900))
    for mode, labels in (
        ("split", ["Before", "After"]),
        ("side-by-side", ["Before", "After"]),
        ("flip", ["After"]),
        ("difference", ["Before", "After"]),
    ):
        view.mode = mode
        assert spoken_labels(view) == labels
    view.mode = "flip"
    QTest.keyPress(view, Qt.Key.Key_Space)
    assert spoken_labels(view) == ["Before"]
    QTest.keyRelease(view, Qt.Key.Key_Space)
    view.set_images(None, None)
    assert spoken_labels(view) == []


def test_a_label_goes_when_the_divider_leaves_it_no_room(view: ComparisonView) -> None:
    view.set_images(plain(RED, 400, 300), plain(GREEN, 1200, 900))
    view.split = 0.02
    assert spoken_labels(view) == ["After"]
    assert colour(view, 12, 20) == RED
    view.split = 0.98
    assert spoken_labels(view) == ["Before"]


def test_labels_that_lead_nowhere_let_the_mouse_through(view: ComparisonView) -> None:
    view.set_images(plain(RED, 4000, 3000), plain(GREEN, 4000, 3000))
    view.set_zoom(1.0, QPointF(400, 300))
    region = view.visible_region()
    label = next(button for button in view.findChildren(QToolButton) if button.isVisible())
    assert view.childAt(label.geometry().center()) is None
    drag(view, label.geometry().center(), label.geometry().center() + QPoint(60, 60))
    assert view.visible_region() != region


# Before and after lie on each other


def edges(picture: Array) -> tuple[int, int, int, int]:
    """Left, right, top, bottom of the red block, at half of its brightness."""
    red = picture[:, :, 0].astype(int) - picture[:, :, 1]  # the surround is grey
    bright = red >= red.max() / 2
    columns, rows = np.flatnonzero(bright.any(axis=0)), np.flatnonzero(bright.any(axis=1))
    return int(columns[0]), int(columns[-1]), int(rows[0]), int(rows[-1])


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("zoom", [0.5, 1.0, 1.9, 2.1, 3.7])
@pytest.mark.parametrize("block", [1, 5])
@pytest.mark.parametrize("size", [QSize(301, 200), QSize(640, 403)], ids=["odd wide", "odd high"])
def test_a_detail_lies_on_the_same_pixels_before_and_after(
    view: ComparisonView, scale: int, zoom: float, block: int, size: QSize
) -> None:
    before = np.zeros((97, 161, 3), np.uint8)
    before[41 : 41 + block, 77 : 77 + block, 0] = 255
    view.resize(size)
    view.set_images(before, before.repeat(scale, axis=0).repeat(scale, axis=1))
    view.mode = "flip"
    view.set_zoom(zoom, QPointF(size.width() / 2 + 0.3, size.height() / 2 - 0.2))
    after_edges = edges(shot(view))
    QTest.keyPress(view, Qt.Key.Key_Space)
    before_edges = edges(shot(view))
    QTest.keyRelease(view, Qt.Key.Key_Space)
    assert np.abs(np.subtract(before_edges, after_edges)).max() <= 1


def test_one_to_one_shows_the_results_own_pixels_whatever_the_windows_size(view: ComparisonView) -> None:
    after = noise(300, 200)
    view.set_images(plain(RED, 100, 100), after)
    view.mode = "flip"
    for width, height in ((800, 600), (801, 601), (333, 251)):
        view.resize(width, height)
        view.set_zoom(1.0, QPointF(width / 2, height / 2))
        left, top = (round(side / 2 - half) for side, half in ((width, 150), (height, 100)))
        shown = shot(view)[top : top + 200, left : left + 300]
        assert (shown[60:] == after[60:]).all()  # the label is above


def test_squares_are_shown_when_one_looks_at_pixels(view: ComparisonView) -> None:
    after = noise(50, 50)
    view.set_images(None, after)
    view.set_zoom(16.0, QPointF(400, 300))
    assert (shot(view)[300:316, 400:416].reshape(-1, 3) == after[25, 25]).all()


# What pictures there are


def test_both_none_shows_the_surround_alone(view: ComparisonView) -> None:
    view.set_images(plain(RED, 400, 300), plain(GREEN, 1200, 900))
    view.set_images(None, None)
    assert len(np.unique(shot(view).reshape(-1, 3), axis=0)) == 1
    view.set_zoom(3.0, QPointF(1, 1))
    view.zoom_to_fit()
    turn_wheel(view, 120, QPointF(10, 10))
    drag(view, QPoint(300, 300), QPoint(400, 400))
    assert view.zoom == 1.0


@pytest.mark.parametrize(("window", "surround"), [("#f0f0f0", "#9a9a9a"), ("#242424", "#3c3c3c")])
def test_the_surround_is_an_untinted_grey_that_follows_the_palette(
    view: ComparisonView, window: str, surround: str
) -> None:
    palette = view.palette()
    palette.setColor(QPalette.ColorRole.Window, QColor(window))
    view.setPalette(palette)
    view.set_images(plain(RED, 100, 300), None)
    assert QColor(*colour(view, 100, 500)).name() == surround


def test_transparent_parts_show_a_quiet_checkerboard(view: ComparisonView) -> None:
    after = np.zeros((600, 800, 4), np.uint8)
    after[:, :100] = (*GREEN, 255)
    view.set_images(None, after)
    view.mode = "flip"
    picture = shot(view)
    assert tuple(picture[400, 50]) == GREEN
    board = np.unique(picture[100:500, 200:700].reshape(-1, 3), axis=0)
    assert [tuple(tone) for tone in board] == [tuple([180] * 3), tuple([200] * 3)]


def test_half_transparent_parts_are_mixed_with_the_checkerboard(view: ComparisonView) -> None:
    after = np.full((600, 800, 4), (255, 0, 0, 128), np.uint8)
    view.set_images(None, after)
    red, green, _blue = colour(view, 300, 300)
    assert red > 200
    assert 80 < green < 110


def test_sixteen_bits_and_grey_are_shown(view: ComparisonView) -> None:
    deep = np.full((300, 400, 3), 257 * 90, np.uint16)
    grey = np.full((900, 1200), 140, np.uint8)
    view.set_images(deep, grey)
    assert colour(view, 100, 200) == (90, 90, 90)
    assert colour(view, 700, 200) == (140, 140, 140)


def test_photos_are_shown_with_their_alpha(view: ComparisonView) -> None:
    class PhotoStandIn:
        pixels = plain(BLUE, 400, 300)
        alpha = np.zeros((300, 400), np.uint8)

    view.set_images(PhotoStandIn(), None)
    assert colour(view, 300, 300) in ((180, 180, 180), (200, 200, 200))


def test_what_is_not_a_picture_is_refused_and_the_old_one_stays(view: ComparisonView) -> None:
    view.set_images(plain(RED, 400, 300), None)
    with pytest.raises(ValueError, match="uint8"):
        view.set_images(np.zeros((4, 4, 3), np.float64), None)
    assert colour(view, 300, 300) == RED


def test_a_picture_longer_than_qt_can_draw_is_shown(view: ComparisonView) -> None:
    before = np.broadcast_to(np.array(RED, np.uint8), (100, 20_000, 3))
    after = np.broadcast_to(np.array(GREEN, np.uint8), (200, 40_000, 3))
    view.set_images(Pyramid.build(before), Pyramid.build(after))
    assert colour(view, 200, 300) == RED
    assert colour(view, 600, 300) == GREEN
    view.set_zoom(1.0, QPointF(799, 300))
    drag(view, QPoint(700, 500), QPoint(-60_000, 500))
    assert colour(view, 200, 300) == RED
    assert colour(view, 795, 300) == GREEN


# Levels built in the background


def test_a_large_picture_is_drawn_before_its_levels_are_there(qtbot: QtBot) -> None:
    view = ComparisonView(pool=LazyPool())
    qtbot.addWidget(view)
    view.resize(800, 600)
    view.set_images(plain(RED, 2400, 1800), plain(GREEN, 4800, 3600))
    assert colour(view, 200, 300) == RED
    assert colour(view, 600, 300) == GREEN


def test_levels_of_the_picture_before_last_are_dropped(qtbot: QtBot) -> None:
    pool = LazyPool()
    view = ComparisonView(pool=pool)
    qtbot.addWidget(view)
    view.resize(800, 600)
    view.set_images(None, plain(RED, 2400, 1800))
    view.set_images(None, plain(BLUE, 2400, 1800))
    for task in pool.tasks:
        task.run()
    assert len(pool.tasks) == 2
    assert colour(view, 600, 300) == BLUE


def test_a_builder_delivers_only_what_was_asked_for_last(qtbot: QtBot) -> None:
    pool = LazyPool()
    builder = PyramidBuilder(pool=pool)
    heard: list[tuple[str, Pyramid]] = []
    builder.built.connect(lambda name, pyramid: heard.append((name, pyramid)))
    builder.request("old", Pyramid.wrap(noise(700, 600)))
    old = pool.tasks.pop()
    builder.restart()
    builder.request("new", Pyramid.wrap(noise(800, 600)))
    pool.tasks.pop().run()
    old.run()
    assert [(name, pyramid.complete, pyramid.width) for name, pyramid in heard] == [("new", True, 800)]


def test_a_result_that_is_overtaken_while_it_is_built_is_dropped(qtbot: QtBot) -> None:
    pool = LazyPool()
    builder = PyramidBuilder(pool=pool)
    heard: list[object] = []
    builder.built.connect(lambda _name, pyramid: heard.append(pyramid))

    class Overtaken:
        def completed(self) -> Pyramid:
            builder.restart()
            return Pyramid.build(noise(20, 20))

    builder.request("after", Overtaken())  # type: ignore[arg-type]
    pool.tasks.pop().run()
    assert not heard


def test_a_pyramid_that_cannot_be_built_leaves_the_rough_picture(
    qtbot: QtBot, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = LazyPool()
    view = ComparisonView(pool=pool)
    qtbot.addWidget(view)
    view.resize(800, 600)
    view.set_images(None, plain(BLUE, 2400, 1800))

    def fail(_pyramid: Pyramid) -> Pyramid:
        raise MemoryError

    monkeypatch.setattr(Pyramid, "_first_level", fail)
    pool.tasks.pop().run()
    assert "failed" in caplog.text
    assert colour(view, 600, 300) == BLUE


def test_levels_arrive_from_the_pool(view: ComparisonView, qtbot: QtBot) -> None:
    stripes = np.zeros((2400, 3200), np.uint8)
    stripes[:, ::2] = 200
    view.set_images(None, stripes)
    # Single pixels are 0 or 200; only the levels have the mean.
    qtbot.waitUntil(lambda: abs(colour(view, 600, 300)[0] - 100) <= 2)


def test_a_view_may_go_while_its_levels_are_being_built(qtbot: QtBot) -> None:
    pool = LazyPool()
    view = ComparisonView(pool=pool)
    view.set_images(None, plain(BLUE, 2400, 1800))
    view.deleteLater()
    QApplication.sendPostedEvents(view, QEvent.Type.DeferredDelete)
    pool.tasks.pop().run()


# Other densities, focus, assistive technology


def test_drawn_at_twice_the_density_the_layout_is_the_same_and_the_detail_finer(view: ComparisonView) -> None:
    after = np.zeros((600, 800), np.uint8)
    after[:, 400:] = 255
    after[:, 401::2] = 0
    view.set_images(None, after)
    view.set_zoom(0.5, QPointF(400, 300))
    image = QImage(1600, 1200, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(2)
    view.render(image)
    tones = [image.pixelColor(x, 600).red() for x in range(790, 830)]
    assert set(tones) == {0, 255}
    assert shot(view)[300, 410, 0] == pytest.approx(128, abs=2)
    assert image.pixelColor(20, 20) == chrome.surround(view.palette())


def test_at_twice_the_scale_one_result_pixel_is_one_device_pixel() -> None:
    program = """
        import numpy as np
        from desktop.ui.comparison_view import ComparisonView
        from PySide6.QtCore import QPointF
        from PySide6.QtGui import QImage
        from PySide6.QtWidgets import QApplication, QToolButton
        application = QApplication([])
        view = ComparisonView()
        view.resize(400, 300)
        view.show()
        after = np.random.default_rng(3).integers(0, 256, (200, 300, 3), dtype=np.uint8)
        view.set_images(None, after)
        view.mode = "flip"
        assert view.zoom == 800 / 300, view.zoom
        view.set_zoom(1.0, QPointF(200, 150))
        image = view.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
        assert (image.width(), image.height()) == (800, 600)
        rows = np.frombuffer(image.constBits(), np.uint8).reshape(600, image.bytesPerLine())
        picture = rows[:, :2400].reshape(600, 800, 3)
        assert (picture[200:400, 250:550] == after).all()
    """
    environment = {**os.environ, "QT_SCALE_FACTOR": "2", "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_focus_by_keyboard_is_seen_and_by_mouse_is_not(view: ComparisonView) -> None:
    view.set_images(plain(RED, 400, 300), None)
    view.clearFocus()
    without = shot(view)
    QApplication.sendEvent(view, QFocusEvent(QEvent.Type.FocusIn, Qt.FocusReason.TabFocusReason))
    assert (shot(view)[0] != without[0]).any()
    QApplication.sendEvent(view, QFocusEvent(QEvent.Type.FocusIn, Qt.FocusReason.MouseFocusReason))
    assert (shot(view) == without).all()


def test_assistive_technology_finds_a_name_and_the_keys(view: ComparisonView) -> None:
    assert view.objectName() == "comparisonView"
    assert view.accessibleName()
    assert "Space" in view.accessibleDescription()
    assert view.focusPolicy() == Qt.FocusPolicy.StrongFocus
