"""The mini-map, the pixel read-out, and a place that stays from photo to photo."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QEnterEvent, QFontInfo, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from desktop.ui.comparison_panel import ComparisonPanel
from desktop.ui.comparison_view import ComparisonView
from desktop.ui.main_window import MainWindow
from desktop.ui.mini_map import LONGEST
from desktop.ui.pointer import place_under
from desktop.ui.pyramid import Pyramid

Array = npt.NDArray[Any]
LEFT, PLAIN = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def view(panel: ComparisonPanel) -> ComparisonView:
    return panel.view


def plain(colour: tuple[int, ...], width: int, height: int) -> Array:
    return np.full((height, width, len(colour)), colour, np.uint8)


def numbered(width: int, height: int) -> Array:
    """(H, W, 3): red says the column, green the row, both modulo 256."""
    picture = np.zeros((height, width, 3), np.uint8)
    picture[:, :, 0] = np.arange(width) % 256
    picture[:, :, 1] = (np.arange(height) % 256)[:, np.newaxis]
    return picture


def pixels(view: ComparisonView) -> Array:
    image = view.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


# The mini-map


def test_the_map_is_there_only_while_something_is_out_of_sight(view: ComparisonView) -> None:
    view.set_images(plain((9, 9, 9), 1000, 800), plain((9, 9, 9), 3000, 2400))
    assert view.map.isHidden()
    QTest.keyClick(view, Qt.Key.Key_1)
    assert view.map.isVisible()
    assert (view.map.width(), view.map.height()) == (LONGEST, round(LONGEST * 0.8))
    assert view.rect().contains(view.map.geometry())
    QTest.keyClick(view, Qt.Key.Key_0)
    assert view.map.isHidden()
    QTest.keyClick(view, Qt.Key.Key_1)
    view.set_images(None, None)
    assert view.map.isHidden()


def test_the_map_keeps_away_from_a_small_view(panel: ComparisonPanel, view: ComparisonView) -> None:
    view.set_images(None, plain((9, 9, 9), 3000, 2400))
    QTest.keyClick(view, Qt.Key.Key_1)
    panel.resize(380, 320)
    assert view.map.isHidden()
    panel.resize(900, 640)
    assert view.map.isVisible()


def test_a_key_takes_the_map_away_and_brings_it_back(view: ComparisonView) -> None:
    view.set_images(None, plain((9, 9, 9), 3000, 2400))
    QTest.keyClick(view, Qt.Key.Key_1)
    QTest.keyClick(view, Qt.Key.Key_M)
    assert view.map.isHidden()
    QTest.keyClick(view, Qt.Key.Key_M)
    assert view.map.isVisible()


def test_the_map_marks_what_is_seen(view: ComparisonView) -> None:
    view.set_images(None, plain((9, 9, 9), 3000, 2400))
    view.set_zoom(1.0, QPointF(0, 0))
    region, marked = view.visible_region(), view.map.marked()
    assert marked.left() == pytest.approx(region.left() * view.map.width(), abs=0.01)
    assert marked.width() == pytest.approx(region.width() * view.map.width())
    assert marked.height() == pytest.approx(region.height() * view.map.height())


def test_the_map_shows_the_photo_and_veils_what_is_out_of_sight(view: ComparisonView) -> None:
    picture = plain((200, 200, 200), 3000, 2400)
    view.set_images(None, picture)
    view.set_zoom(2.0, QPointF(0, 0))
    seen, corner = view.map.marked().center().toPoint(), view.map.geometry().topLeft()
    shown = pixels(view)
    assert shown[corner.y() + seen.y(), corner.x() + seen.x(), 0] == 200
    veiled = shown[corner.y() + view.map.height() - 5, corner.x() + view.map.width() - 5, 0]
    assert 60 < veiled < 160


def test_a_click_on_the_map_goes_there(view: ComparisonView) -> None:
    view.set_images(None, plain((9, 9, 9), 6000, 4800))
    view.set_zoom(1.0, QPointF(0, 0))
    zoom = view.zoom
    QTest.mouseClick(view.map, LEFT, PLAIN, QPoint(90, 70))
    centre = view.visible_region().center()
    assert (centre.x() * view.map.width(), centre.y() * view.map.height()) == pytest.approx((90, 70), abs=1)
    assert view.zoom == zoom


def test_dragging_the_marked_part_moves_the_view_from_where_it_was_taken(view: ComparisonView) -> None:
    view.set_images(None, plain((9, 9, 9), 3000, 2400))
    view.set_zoom(1.0, QPointF(450, 300))
    before = view.visible_region()
    start = view.map.marked().center().toPoint() + QPoint(5, 3)
    QTest.mousePress(view.map, LEFT, PLAIN, start)
    assert view.visible_region() == before
    QTest.mouseMove(view.map, start + QPoint(20, -10))
    QTest.mouseRelease(view.map, LEFT, PLAIN, start + QPoint(20, -10))
    moved = view.visible_region().center() - before.center()
    assert moved.x() * view.map.width() == pytest.approx(20, abs=1)
    assert moved.y() * view.map.height() == pytest.approx(-10, abs=1)


def test_dragging_beyond_the_map_stops_at_the_photos_edge(view: ComparisonView) -> None:
    view.set_images(None, plain((9, 9, 9), 3000, 2400))
    view.set_zoom(1.0, QPointF(450, 300))
    QTest.mousePress(view.map, LEFT, PLAIN, view.map.marked().center().toPoint())
    QTest.mouseMove(view.map, QPoint(900, 900))
    assert view.visible_region().bottomRight() == QPointF(1, 1)
    QTest.mouseRelease(view.map, LEFT, PLAIN, QPoint(900, 900))
    region = view.visible_region()
    QTest.mouseMove(view.map, QPoint(10, 10))
    assert view.visible_region() == region


# The read-out


def hover(view: ComparisonView, position: QPoint) -> None:
    at = QPointF(position)
    QApplication.sendEvent(view, QEnterEvent(at, at, view.mapToGlobal(at)))
    QTest.mouseMove(view, position)


def test_the_place_under_the_mouse_is_the_pixel_that_is_drawn_there(view: ComparisonView) -> None:
    after = numbered(640, 512)
    view.set_images(None, after)
    view.mode = "flip"
    for zoom in (1.0, 3.0, 7.0, 16.0):
        view.set_zoom(zoom, QPointF(131, 277))
        shown = pixels(view)
        for x, y in ((100, 200), (333, 310), (450, 407)):
            place = place_under(view, QPointF(x, y))
            assert place is not None
            column, row = int(place[0] * 640), int(place[1] * 512)
            assert tuple(shown[y, x]) == tuple(after[row, column])


def test_the_read_out_says_where_one_is_in_the_original_and_both_colours(
    panel: ComparisonPanel, view: ComparisonView
) -> None:
    before = numbered(200, 160)
    panel.show_pair("a", Pyramid.build(before), Pyramid.build(plain((7, 77, 177), 600, 480)))
    hover(view, QPoint(450, 200))
    place = place_under(view, QPointF(450, 200))
    assert place is not None
    column, row = int(place[0] * 200), int(place[1] * 160)
    assert panel.readout.place.text().replace(" ", "") == f"{column},{row}"
    assert panel.readout.values.text().split() == [str(column), str(row), "0", "→", "7", "77", "177"]


def test_both_halves_side_by_side_read_the_same_place(panel: ComparisonPanel, view: ComparisonView) -> None:
    panel.show_pair("a", Pyramid.build(numbered(200, 160)), Pyramid.build(numbered(600, 480)))
    view.mode = "side-by-side"
    hover(view, QPoint(200, 300))
    left = panel.readout.values.text()
    assert left
    hover(view, QPoint(200 + view.width() - view.pane_size()[0], 300))
    assert panel.readout.values.text() == left


def test_the_read_out_never_changes_its_width(panel: ComparisonPanel, view: ComparisonView) -> None:
    panel.show_pair("a", Pyramid.build(plain((0, 0, 0), 2000, 1600)), None)
    one = panel.readout
    widths = set()
    for position in (QPoint(100, 100), QPoint(440, 300), QPoint(700, 500)):
        hover(view, position)
        widths.add((len(one.place.text()), len(one.values.text()), one.place.width(), one.values.width()))
    assert len(widths) == 1
    assert QFontInfo(one.values.font()).fixedPitch()


def test_beside_the_photo_and_beside_the_view_there_is_nothing_to_read(
    panel: ComparisonPanel, view: ComparisonView
) -> None:
    panel.show_pair("a", Pyramid.build(plain((5, 5, 5), 400, 1000)), None)
    hover(view, QPoint(450, 300))
    assert panel.readout.values.text().split() == ["5", "5", "5"]
    hover(view, QPoint(5, 300))
    assert panel.readout.values.text() == ""
    hover(view, QPoint(450, 300))
    QApplication.sendEvent(view, QEvent(QEvent.Type.Leave))
    assert panel.readout.place.text() == panel.readout.values.text() == ""


def test_the_read_out_follows_keys_and_new_photos_under_a_mouse_that_rests(
    panel: ComparisonPanel, view: ComparisonView
) -> None:
    panel.show_pair("a", Pyramid.build(numbered(2000, 1600)), None)
    QTest.keyClick(view, Qt.Key.Key_1)
    hover(view, QPoint(450, 300))
    place = panel.readout.place.text()
    QTest.keyClick(view, Qt.Key.Key_Right)
    assert panel.readout.place.text() != place
    panel.show_pair("b", Pyramid.build(plain((1, 2, 3), 2000, 1600)), None)
    assert panel.readout.values.text().split() == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("picture", "read"),
    [
        (np.full((40, 40), 77, np.uint8), (77, 77, 77)),
        (np.full((40, 40, 3), 257 * 90, np.uint16), (90, 90, 90)),
        (np.full((40, 40, 4), (10, 20, 30, 0), np.uint8), (10, 20, 30)),
    ],
    ids=["grey", "16 bit", "transparent"],
)
def test_every_kind_of_picture_is_read_as_red_green_blue(picture: Array, read: tuple[int, ...]) -> None:
    assert Pyramid.build(picture).colour_at(0.999, 0.5) == read


# From photo to photo


def test_zoom_and_place_stay_for_another_photo_of_the_same_proportions(
    panel: ComparisonPanel, view: ComparisonView
) -> None:
    panel.show_pair("a", Pyramid.build(plain((9, 9, 9), 1000, 800)), Pyramid.build(plain((9, 9, 9), 3000, 2400)))
    view.set_zoom(1.0, QPointF(700, 100))
    region = view.visible_region()
    panel.show_pair("b", Pyramid.build(plain((9, 9, 9), 1500, 1200)), None)
    assert view.visible_region().getRect() == pytest.approx(region.getRect())
    for mode in ("flip", "difference", "split"):
        view.mode = mode
        assert view.visible_region().getRect() == pytest.approx(region.getRect())
    panel.show_pair("c", Pyramid.build(plain((9, 9, 9), 800, 1000)), None)
    assert view.visible_region().getRect() == (0, 0, 1, 1)


def test_brackets_go_from_photo_to_photo_and_the_place_stays(
    window: MainWindow, qtbot: QtBot, photo_file: Callable[..., Path]
) -> None:
    photos = [
        photo_file(f"{name}.png", plain((shade, shade, shade), 300, 240)) for name, shade in (("a", 50), ("b", 90))
    ]
    window.add_paths(photos)
    view = window._comparison.view

    def shade() -> int | None:
        return None if view.frames.before is None else view.frames.before.colour_at(0, 0)[0]

    qtbot.waitUntil(lambda: shade() == 50)
    view.setFocus()
    view.set_zoom(8.0, QPointF(10, 10))
    region = view.visible_region()
    qtbot.keyClick(view, "]")
    qtbot.waitUntil(lambda: shade() == 90)
    assert view.visible_region() == region
    assert view.zoom == 8.0
    qtbot.keyClick(view, "[")
    qtbot.waitUntil(lambda: shade() == 50)
    assert view.visible_region() == region


# The bar below


def test_nothing_in_the_bar_is_cut_off_in_a_narrow_window(panel: ComparisonPanel, view: ComparisonView) -> None:
    panel.show_pair("a", Pyramid.build(plain((5, 5, 5), 400, 300)), Pyramid.build(plain((6, 6, 6), 1200, 900)))
    bar = panel.bar
    for width in (1200, 640, 639, 400):
        panel.resize(width, 500)
        hover(view, view.rect().center())
        QApplication.processEvents()
        assert panel.width() == width
        shown = [each for each in bar.findChildren(QWidget) if each.isVisible() and each.parent() is bar]
        assert all(bar.rect().contains(each.geometry()) for each in shown)
        assert not any(
            one.geometry().intersects(other.geometry()) for one in shown for other in shown if one is not other
        )
        values = panel.readout.values
        assert values.width() >= values.fontMetrics().horizontalAdvance(values.text())
        assert bar.size_words.isVisible() is (width >= 640)


def test_long_words_in_the_bar_give_way_to_the_buttons(panel: ComparisonPanel) -> None:
    panel.show_pair("a", Pyramid.build(plain((5, 5, 5), 400, 300)), None)
    panel.tell("made in some way that takes very many words to say, more than there is room for", "why")
    panel.resize(700, 500)
    QApplication.processEvents()
    assert panel.width() == 700
    assert panel.bar.rect().contains(panel.bar.zoom_words.geometry())
    panel.sides.show("a", Pyramid.build(plain((5, 5, 5), 400, 300)), None)
    assert "very many words" in panel.bar.size_words.text()
    panel.show_pair("b", Pyramid.build(plain((5, 5, 5), 400, 300)), None)
    assert panel.bar.size_words.text() == "400 × 300"
