"""What always holds of zooming, and of what is remembered of the pictures."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from PySide6.QtCore import QPoint, QPointF, Qt, QThreadPool
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desktop.ui.comparison_layout import MODES, Side
from desktop.ui.comparison_view import ComparisonView
from desktop.ui.navigable_view import NOTCH, STEP
from desktop.ui.pictures import Bicubic
from desktop.ui.pyramid import Pyramid
from desktop.ui.viewport import MAX_ZOOM, Box, Viewport

Array = npt.NDArray[Any]

SIDES = st.integers(1, 40_000)
VIEWS = st.integers(1, 4_000)
PARTS = st.floats(0, 1)
ZOOMS = st.floats(1e-4, 100)
FACTORS = st.floats(1 / 8, 8)


@st.composite
def viewports(draw: st.DrawFn) -> Viewport:
    """Any picture anywhere, as zooming, panning and resizing leave it."""
    view = Viewport().showing((draw(SIDES), draw(SIDES)), keep=False).resized((draw(VIEWS), draw(VIEWS)))
    if draw(st.booleans()):
        view = view.zoomed(draw(ZOOMS), draw(PARTS) * view.view[0], draw(PARTS) * view.view[1])
        view = view.panned(draw(st.floats(-5000, 5000)), draw(st.floats(-5000, 5000)))
    return view


def on_screen(view: Viewport, x: float, y: float) -> tuple[float, float]:
    """Where a place of the picture lies in the view."""
    return (
        view.view[0] / 2 + (x - view.centre[0]) * view.zoom,
        view.view[1] / 2 + (y - view.centre[1]) * view.zoom,
    )


def close(one: tuple[float, ...], other: tuple[float, ...], within: float) -> bool:
    return all(abs(a - b) <= within for a, b in zip(one, other, strict=True))


# Zooming


@given(viewports(), ZOOMS, PARTS, PARTS)
def test_the_point_under_the_cursor_stays_unless_the_photo_would_leave_the_view(
    view: Viewport, zoom: float, across: float, down: float
) -> None:
    anchor = across * view.view[0], down * view.view[1]
    under = view.to_picture(*anchor)
    zoomed = view.zoomed(zoom, *anchor)
    wanted = tuple(under[axis] - (anchor[axis] - view.view[axis] / 2) / zoomed.zoom for axis in (0, 1))
    if all(0 <= wanted[axis] <= view.picture[axis] for axis in (0, 1)):
        assert close(on_screen(zoomed, *under), anchor, 1e-4)
    else:
        assert all(0 <= zoomed.centre[axis] <= view.picture[axis] for axis in (0, 1))


@given(viewports(), st.floats(1.0, 8), PARTS, PARTS)
def test_turning_the_wheel_inwards_over_the_photo_keeps_the_point_under_the_cursor(
    view: Viewport, factor: float, across: float, down: float
) -> None:
    anchor = across * view.view[0], down * view.view[1]
    under = view.to_picture(*anchor)
    assume(all(0 <= under[axis] <= view.picture[axis] for axis in (0, 1)))
    assert close(on_screen(view.stepped(factor, *anchor), *under), anchor, 1e-3)


@given(viewports(), st.lists(st.tuples(FACTORS, PARTS, PARTS), max_size=12))
def test_zoom_and_place_keep_their_limits_whatever_is_done(
    view: Viewport, steps: list[tuple[float, float, float]]
) -> None:
    for factor, across, down in steps:
        anchor = across * view.view[0], down * view.view[1]
        view = view.stepped(factor, *anchor).zoomed(view.zoom * factor, *anchor).panned(across * 900, -down * 900)
        assert view.min_zoom <= view.zoom <= max(MAX_ZOOM, view.min_zoom)
        assert all(0 <= view.centre[axis] <= view.picture[axis] for axis in (0, 1))
        left, top, right, bottom = view.visible()
        assert 0 <= left <= right <= 1
        assert 0 <= top <= bottom <= 1


@given(
    st.tuples(st.integers(50, 40_000), st.integers(50, 40_000)),
    st.tuples(st.integers(20, 4_000), st.integers(20, 4_000)),
    st.floats(1, 50),
    st.tuples(PARTS, PARTS),
    st.floats(1.0, 4),
    st.tuples(PARTS, PARTS),
)
def test_the_wheel_up_and_then_down_returns(
    picture: tuple[int, int],
    size: tuple[int, int],
    closer: float,
    moved: tuple[float, float],
    factor: float,
    aim: tuple[float, float],
) -> None:
    view = Viewport().showing(picture, keep=False).resized(size)
    view = view.zoomed(min(view.fit_zoom * closer, MAX_ZOOM / 4), size[0] / 2, size[1] / 2)
    view = view.panned((moved[0] - 0.5) * 9000, (moved[1] - 0.5) * 9000)
    left, top, right, bottom = view.visible()
    place = (left + aim[0] * (right - left)) * picture[0], (top + aim[1] * (bottom - top)) * picture[1]
    anchor = on_screen(view, *place)
    back = view.stepped(factor, *anchor).stepped(1 / factor, *anchor)
    assert math.isclose(back.zoom, view.zoom, rel_tol=1e-9)
    assert close(on_screen(back, *view.centre), on_screen(view, *view.centre), 0.01)


@given(st.integers(-40, 40), viewports())
def test_a_wheels_small_turns_are_its_large_ones(units: int, view: Viewport) -> None:
    middle = view.view[0] / 2, view.view[1] / 2
    many, one = view, view.stepped(STEP ** (3 * units / NOTCH), *middle)
    for _ in range(3):
        many = many.stepped(STEP ** (units / NOTCH), *middle)
    assert math.isclose(many.zoom, one.zoom, rel_tol=1e-9)


@given(viewports(), st.integers(1, 8), PARTS, PARTS)
def test_another_size_of_the_same_scene_changes_nothing_on_screen(
    view: Viewport, scale: int, across: float, down: float
) -> None:
    assume(view.zoom / scale >= 1e-3)
    larger = view.showing((view.picture[0] * scale, view.picture[1] * scale), keep=True)
    assume(not view.fitted)
    assume(larger.min_zoom <= view.zoom / scale)
    assert math.isclose(larger.zoom, view.zoom / scale)
    place = across * view.picture[0], down * view.picture[1]
    assert close(on_screen(larger, place[0] * scale, place[1] * scale), on_screen(view, *place), 0.01)


@given(viewports())
def test_what_is_drawn_lies_in_the_view_and_covers_it_where_the_photo_does(view: Viewport) -> None:
    box = view.box_on_picture(Box(0, 0, *view.view))
    if box.empty:
        return
    assert Box(0, 0, *view.extent).contains(box)
    assert Box(0, 0, *view.view).contains(box.moved(*view.origin))


# What is remembered


class Looking(RuleBasedStateMachine):
    """A person looks at photos of plain colours in every way; each has to be seen in its own colours at once."""

    def __init__(self) -> None:
        super().__init__()
        self.view = ComparisonView()
        self.largest = 0
        self.colours: dict[Side, tuple[int, int, int]] = {}

    @initialize()
    def begin(self) -> None:
        self.view.map.wanted = False
        self._size(240, 180)
        self.another_photo(10, 200, 3, False)

    @rule(
        before=st.integers(1, 250), after=st.integers(1, 250), scale=st.sampled_from([1, 2, 3, 4]), plain=st.booleans()
    )
    def another_photo(self, before: int, after: int, scale: int, plain: bool) -> None:
        self.colours = {Side.BEFORE: (before, 40, 90), Side.AFTER: (90, after, 40)}
        pictures = {
            side: Pyramid.wrap(np.full((120 * factor, 160 * factor, 3), self.colours[side], np.uint8))
            for side, factor in ((Side.BEFORE, 1), (Side.AFTER, scale))
        }
        first = Bicubic(pictures[Side.BEFORE], pictures[Side.AFTER].size) if plain else pictures[Side.BEFORE]
        self.view.set_images(first, pictures[Side.AFTER], keep_view=True)

    @rule(side=st.sampled_from([Side.BEFORE, Side.AFTER]))
    def levels_arrive(self, side: Side) -> None:
        picture = self.view.frames.before if side is Side.BEFORE else self.view.frames.after
        assert picture is not None
        self.view._take_pyramid(side.value, picture.completed())

    @rule(tone=st.integers(1, 250))
    def the_result_changes_under_it(self, tone: int) -> None:
        after = self.view.frames.after
        assert isinstance(after, Pyramid)
        self.colours[Side.AFTER] = (tone, tone, 17)
        after.colour[:] = self.colours[Side.AFTER]
        after.refresh(slice(0, after.height), slice(0, after.width))
        self.view.show_missing(())

    @rule(factor=st.floats(0.3, 4), x=st.integers(0, 200), y=st.integers(0, 150))
    def zoom(self, factor: float, x: int, y: int) -> None:
        self.view.zoom_by(factor, QPointF(x, y))

    @rule(dx=st.integers(-90, 90), dy=st.integers(-90, 90), still=st.booleans())
    def pan(self, dx: int, dy: int, still: bool) -> None:
        self.view.pan(dx, dy)
        if still:
            self.view._still.stop()

    @rule(mode=st.sampled_from(MODES))
    def choose(self, mode: str) -> None:
        self.view.mode = mode

    @rule(split=st.floats(0, 1))
    def divide(self, split: float) -> None:
        self.view.split = split

    @rule(width=st.integers(200, 320), height=st.integers(150, 260))
    def resize(self, width: int, height: int) -> None:
        self._size(width, height)

    @rule()
    def flip(self) -> None:
        QTest.keyPress(self.view, Qt.Key.Key_Space)
        self.what_is_seen_is_what_is_there()
        QTest.keyRelease(self.view, Qt.Key.Key_Space)

    @rule(x=st.integers(60, 150))
    def drag_the_divider(self, x: int) -> None:
        self.view.mode = "split"
        self.view.split = 0.5
        at = QPoint(self.view.width() // 2, 60)
        QTest.mousePress(self.view, Qt.MouseButton.LeftButton, pos=at)
        QTest.mouseMove(self.view, QPoint(x, 60))
        self.what_is_seen_is_what_is_there()
        QTest.mouseRelease(self.view, Qt.MouseButton.LeftButton, pos=QPoint(x, 60))

    @invariant()
    def what_is_seen_is_what_is_there(self) -> None:
        view = self.view
        image = view.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
        size = view.width(), view.height()
        for pane in view.panes(size, 1.0):
            visible = view.viewport.box_on_picture(pane.clip.moved(-pane.area.left, -pane.area.top))
            seen = visible.moved(view.viewport.origin[0] + pane.area.left, view.viewport.origin[1] + pane.area.top)
            # Away from edges, labels, divider and its handle.
            x, y = seen.left + seen.width // 2, seen.bottom - 3
            if seen.width < 12 or seen.height < 40 or abs(x - view.split * size[0]) < 20 or y < 40:
                continue
            if pane.side is not Side.DIFFERENCE:
                assert image.pixelColor(x, y).getRgb()[:3] == self.colours[pane.side]

    @invariant()
    def no_more_is_remembered_than_a_frame_of_each_side(self) -> None:
        assert self.view.frames.held_bytes <= len(Side) * 4 * self.largest

    def teardown(self) -> None:
        QThreadPool.globalInstance().waitForDone()
        self.view.close()
        self.view.deleteLater()
        QApplication.sendPostedEvents(self.view)

    def _size(self, width: int, height: int) -> None:
        self.view.resize(width, height)
        self.largest = max(self.largest, width * height)


def test_nobody_ever_sees_a_photo_that_is_no_longer_there(qapp: QApplication) -> None:
    run_state_machine_as_test(Looking, settings=settings(max_examples=12, stateful_step_count=16, deadline=None))
