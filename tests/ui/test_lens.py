"""The lens, and every action's key, menu entry and spoken words."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QEnterEvent, QFocusEvent, QImage, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QWidget
from pytestqt.qtbot import QtBot

from desktop.ui.comparison_panel import ComparisonPanel
from desktop.ui.comparison_view import ComparisonView
from desktop.ui.lens import SEAM, SIDE
from desktop.ui.main_window import MainWindow
from desktop.ui.pointer import place_under
from desktop.ui.pyramid import Pyramid

Array = npt.NDArray[Any]
RED, GREEN = (200, 30, 20), (20, 170, 40)
LEFT, PLAIN = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def panel(panel: ComparisonPanel) -> ComparisonPanel:
    """With the focus where the keys of the comparison work."""
    panel.view.setFocus()
    return panel


@pytest.fixture
def view(panel: ComparisonPanel) -> ComparisonView:
    return panel.view


def plain(colour: tuple[int, ...], width: int, height: int) -> Pyramid:
    return Pyramid.build(np.full((height, width, len(colour)), colour, np.uint8))


def pixels(widget: QWidget) -> Array:
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def hover(view: ComparisonView, position: QPoint) -> None:
    at = QPointF(position)
    QApplication.sendEvent(view, QEnterEvent(at, at, view.mapToGlobal(at)))
    QTest.mouseMove(view, position)


def halves(view: ComparisonView) -> tuple[Array, Array]:
    """The two halves of the lens as they are seen, without its border."""
    shown, place = pixels(view), view.lens.geometry()
    inner = shown[place.top() : place.bottom() + 1, place.left() : place.right() + 1]
    return inner[:, :SIDE], inner[:, SIDE + SEAM :]


# The lens


def test_the_lens_is_there_while_its_key_is_held(panel: ComparisonPanel, view: ComparisonView) -> None:
    panel.show_pair("a", plain(RED, 400, 300), plain(GREEN, 1200, 900))
    hover(view, QPoint(300, 300))
    QTest.keyPress(view, Qt.Key.Key_L)
    assert view.lens.isVisible()
    left, right = halves(view)
    assert tuple(left[SIDE // 2, SIDE // 2]) == RED
    assert tuple(right[SIDE // 2, SIDE // 2]) == GREEN
    QTest.keyRelease(view, Qt.Key.Key_L)
    assert view.lens.isHidden()


def test_the_lens_shows_the_point_under_the_mouse_in_the_middle_of_both_halves(
    panel: ComparisonPanel, view: ComparisonView
) -> None:
    before = np.zeros((300, 400, 3), np.uint8)
    before[100:104, 200:204] = 255
    panel.show_pair("a", Pyramid.build(before), Pyramid.build(before.repeat(3, axis=0).repeat(3, axis=1)))
    view.set_zoom(1.0, QPointF(450, 300))
    for mode in ("split", "flip", "side-by-side"):
        view.mode = mode
        spots = [
            QPoint(x, y)
            for y in range(0, 600, 6)
            for x in range(0, 450 if mode == "side-by-side" else 900, 6)
            if (place := place_under(view, QPointF(x, y)))
            and max(abs(place[0] - 202 / 400) * 1200, abs(place[1] - 102 / 300) * 900) <= 3
        ]
        hover(view, spots[0])
        QTest.keyPress(view, Qt.Key.Key_L)
        for half in halves(view):
            rows, columns = np.nonzero(half[50:-6, 6:-6, 0] > 128)
            middle = columns.mean() + 6.5, rows.mean() + 50.5
            assert middle == pytest.approx((SIDE / 2, SIDE / 2), abs=4 * 3 + 3)
        QTest.keyRelease(view, Qt.Key.Key_L)


@pytest.mark.parametrize(("zoom", "enlarged"), [(0.1, 1.0), (0.5, 2.0), (1.0, 4.0), (6.0, 24.0)])
def test_the_lens_enlarges_four_times_and_at_least_to_actual_size(
    panel: ComparisonPanel, view: ComparisonView, zoom: float, enlarged: float
) -> None:
    panel.show_pair("a", plain(RED, 3000, 2000), plain(GREEN, 9000, 6000))
    view.set_zoom(zoom, QPointF(450, 300))
    hover(view, QPoint(450, 300))
    QTest.keyPress(view, Qt.Key.Key_L)
    assert view.lens.zoom == pytest.approx(enlarged)
    QTest.keyRelease(view, Qt.Key.Key_L)


def test_the_lens_follows_the_mouse_and_stays_in_the_view(panel: ComparisonPanel, view: ComparisonView) -> None:
    panel.show_pair("a", plain(RED, 3000, 2000), plain(GREEN, 9000, 6000))
    view.set_zoom(1.0, QPointF(450, 300))
    hover(view, QPoint(400, 300))
    QTest.keyPress(view, Qt.Key.Key_L)
    first = view.lens.geometry()
    QTest.mouseMove(view, QPoint(440, 270))
    assert view.lens.geometry() == first.translated(40, -30)
    for corner in (QPoint(1, 1), QPoint(898, 598)):
        QTest.mouseMove(view, corner)
        assert view.rect().contains(view.lens.geometry())
    QTest.keyRelease(view, Qt.Key.Key_L)


def test_under_the_lens_the_mouse_goes_on_working(panel: ComparisonPanel, view: ComparisonView) -> None:
    panel.show_pair("a", plain(RED, 3000, 2000), plain(GREEN, 9000, 6000))
    view.set_zoom(1.0, QPointF(450, 300))
    hover(view, QPoint(300, 300))
    QTest.keyPress(view, Qt.Key.Key_L)
    assert view.childAt(QPoint(300, 300)) is None
    QTest.keyRelease(view, Qt.Key.Key_L)


def test_beside_the_photo_there_is_no_lens_and_losing_the_focus_ends_it(
    panel: ComparisonPanel, view: ComparisonView
) -> None:
    panel.show_pair("a", plain(RED, 100, 300), plain(GREEN, 300, 900))
    hover(view, QPoint(20, 300))
    QTest.keyPress(view, Qt.Key.Key_L)
    assert view.lens.isHidden()
    QTest.mouseMove(view, QPoint(450, 300))
    assert view.lens.isVisible()
    QApplication.sendEvent(view, QFocusEvent(QEvent.Type.FocusOut, Qt.FocusReason.TabFocusReason))
    assert view.lens.isHidden()


def test_without_a_result_the_lens_has_one_half(panel: ComparisonPanel, view: ComparisonView) -> None:
    panel.show_pair("a", plain(RED, 400, 300), None)
    hover(view, QPoint(450, 300))
    QTest.keyPress(view, Qt.Key.Key_L)
    assert view.lens.size().width() == SIDE
    assert tuple(pixels(view)[view.lens.geometry().center().y(), view.lens.geometry().center().x()]) == RED
    QTest.keyRelease(view, Qt.Key.Key_L)


def test_the_lens_is_crisp(panel: ComparisonPanel, view: ComparisonView) -> None:
    after = np.random.default_rng(3).integers(0, 256, (300, 400, 3), dtype=np.uint8)
    panel.show_pair("a", Pyramid.build(after), Pyramid.build(after))
    view.set_zoom(2.0, QPointF(450, 300))
    hover(view, QPoint(450, 300))
    QTest.keyPress(view, Qt.Key.Key_L)
    half = halves(view)[1][60:160, 20:160].reshape(-1, 3)
    known = {tuple(pixel) for pixel in after.reshape(-1, 3)}
    assert {tuple(pixel) for pixel in half} <= known
    QTest.keyRelease(view, Qt.Key.Key_L)


def test_new_photos_are_seen_through_the_lens_at_once(panel: ComparisonPanel, view: ComparisonView) -> None:
    panel.show_pair("a", plain(RED, 400, 300), plain(RED, 1200, 900))
    hover(view, QPoint(450, 300))
    QTest.keyClick(view, Qt.Key.Key_L, Qt.KeyboardModifier.ShiftModifier)
    assert view.lens.isVisible()
    panel.show_pair("b", plain(GREEN, 400, 300), plain(GREEN, 1200, 900))
    assert tuple(halves(view)[0][SIDE // 2, SIDE // 2]) == GREEN
    QTest.keyClick(view, Qt.Key.Key_L, Qt.KeyboardModifier.ShiftModifier)
    assert view.lens.isHidden()


def test_a_result_that_comes_in_parts_is_seen_through_the_lens_and_on_the_map_as_it_comes(
    panel: ComparisonPanel, view: ComparisonView, qtbot: QtBot
) -> None:
    coming = plain(RED, 1200, 900)
    panel.show_pair("a", plain(RED, 400, 300), coming)
    said: list[str] = []
    panel.announcer.said.connect(said.append)
    view.set_zoom(2.0, QPointF(450, 300))
    hover(view, QPoint(400, 300))
    QTest.keyPress(view, Qt.Key.Key_L)
    assert tuple(halves(view)[1][SIDE // 2, SIDE // 2]) == RED
    map_place = view.map.geometry().topLeft() + view.map.marked().center().toPoint()
    assert tuple(pixels(view)[map_place.y(), map_place.x()]) == RED
    coming.colour[:] = GREEN
    coming.refresh(slice(0, 900), slice(0, 1200))
    view.show_missing(())
    assert tuple(halves(view)[1][SIDE // 2, SIDE // 2]) == GREEN
    assert tuple(pixels(view)[map_place.y(), map_place.x()]) == GREEN
    assert panel.readout.values.text().split()[-3:] == [str(value) for value in GREEN]
    QTest.keyRelease(view, Qt.Key.Key_L)
    qtbot.waitUntil(lambda: bool(said))
    view.show_missing(())
    panel.announcer.speak()
    assert len([text for text in said if "Before and After" in text]) == 1


# Keys, menus, words


def test_every_action_of_the_comparison_has_a_key_of_its_own_a_menu_entry_and_a_line_in_the_help(
    window: MainWindow,
) -> None:
    panel = window._comparison
    entries = {action for menu in window.menuBar().actions() for action in menu.menu().actions()}
    keys = [action.shortcut() for action in panel.commands.all]
    assert not any(key.isEmpty() for key in keys)
    assert len({key.toString() for key in keys}) == len(keys)
    assert set(panel.commands.all) <= entries
    window._actions.shortcuts.trigger()
    (dialog,) = (dialog for dialog in window.findChildren(QDialog) if dialog.isVisible())
    words = {label.text() for label in dialog.findChildren(QLabel)}
    for action in panel.commands.all:
        assert action.text().replace("&", "").rstrip("…") in words
        assert action.shortcut().toString(QKeySequence.SequenceFormat.NativeText) in words
    assert {"hold L", "hold Space"} <= words
    dialog.reject()


@pytest.mark.parametrize(("key", "mode"), [("S", "split"), ("P", "side-by-side"), ("T", "flip"), ("D", "difference")])
def test_each_mode_has_a_key(panel: ComparisonPanel, view: ComparisonView, qtbot: QtBot, key: str, mode: str) -> None:
    view.mode = "flip" if mode == "split" else "split"
    qtbot.keyClick(view, key)
    assert view.mode == mode
    assert [action.data() for action in panel.commands.modes.actions() if action.isChecked()] == [mode]


def test_keys_work_on_the_buttons_below_the_photo_too(
    panel: ComparisonPanel, view: ComparisonView, qtbot: QtBot
) -> None:
    panel.show_pair("a", plain(RED, 400, 300), plain(GREEN, 1200, 900))
    button = next(button for button in panel.findChildren(QWidget) if button.accessibleName().startswith("Fit in"))
    button.setFocus()
    qtbot.keyClick(button, "D")
    assert view.mode == "difference"
    qtbot.keyClick(button, "1")
    assert view.zoom == 1.0


def test_keys_bring_the_divider_to_the_middle(panel: ComparisonPanel, view: ComparisonView, qtbot: QtBot) -> None:
    panel.show_pair("a", plain(RED, 400, 300), plain(GREEN, 1200, 900))
    view.split = 0.2
    qtbot.keyClick(view, "X")
    assert view.split == 0.5


def test_actions_move_the_divider_only_where_it_is(panel: ComparisonPanel, view: ComparisonView) -> None:
    panel.show_pair("a", plain(RED, 400, 300), plain(GREEN, 1200, 900))
    left = next(action for action in panel.commands.all if action.text() == "Divider to the left")
    left.trigger()
    assert view.split == pytest.approx(0.49)
    view.mode = "flip"
    left.trigger()
    assert view.split == pytest.approx(0.49)


def test_zoom_divider_mode_and_pictures_are_said_once_they_have_come_to_rest(
    panel: ComparisonPanel, view: ComparisonView, qtbot: QtBot
) -> None:
    said: list[str] = []
    panel.announcer.said.connect(said.append)
    panel.show_pair("a", plain(RED, 400, 300), plain(GREEN, 1200, 900))
    qtbot.waitUntil(lambda: bool(said))
    assert "Before and After" in said[-1]
    for _ in range(4):
        QTest.keyClick(view, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    QTest.keyClick(view, Qt.Key.Key_2)
    qtbot.waitUntil(lambda: len(said) == 2)
    assert said[-1] == "Divider at 54 %. Zoom 200 %"
    QTest.keyClick(view, Qt.Key.Key_D)
    qtbot.waitUntil(lambda: len(said) == 3)
    assert said[-1] == "Difference"


def test_everything_one_can_reach_has_a_spoken_name(panel: ComparisonPanel, view: ComparisonView) -> None:
    panel.show_pair("a", plain(RED, 400, 300), plain(GREEN, 1200, 900), "edsr ×3")
    reached = [child for child in panel.findChildren(QWidget) if child.focusPolicy() & Qt.FocusPolicy.TabFocus]
    assert len(reached) == 10
    for child in [*reached, view.map, view.lens]:
        assert child.accessibleName()
        assert "&" not in child.accessibleName()


def test_focus_on_a_label_is_seen(panel: ComparisonPanel, view: ComparisonView) -> None:
    panel.show_pair("a", plain(RED, 400, 300), plain(GREEN, 1200, 900), "edsr ×3")
    label = view.findChild(QWidget, "beforeLabel")
    assert label is not None
    without = pixels(view)
    place = QRect(label.geometry())
    label.setFocus(Qt.FocusReason.TabFocusReason)
    changed = (pixels(view) != without).any(axis=2)
    assert changed[place.top() : place.bottom() + 1, place.left() : place.right() + 1].sum() > 50


def test_actual_size_side_by_side_keeps_the_middle_of_what_was_seen(
    panel: ComparisonPanel, view: ComparisonView, qtbot: QtBot
) -> None:
    panel.show_pair("a", plain(RED, 1000, 800), plain(GREEN, 3000, 2400))
    view.mode = "side-by-side"
    panel.commands.one_to_one.trigger()
    centre = view.visible_region().center()
    assert (centre.x(), centre.y()) == pytest.approx((0.5, 0.5), abs=1e-3)
