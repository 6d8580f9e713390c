"""Zoom and place of a picture in a view, as arithmetic."""

from __future__ import annotations

import math

import pytest

from desktop.ui.viewport import MAX_ZOOM, Box, Viewport


def large() -> Viewport:
    """A 4000 x 3000 picture fitted into 800 x 700."""
    return Viewport().showing((4000, 3000), keep=False).resized((800, 700))


def test_a_fitted_picture_is_whole_and_centred() -> None:
    view = large()
    assert view.zoom == pytest.approx(0.2)
    assert view.centre == (2000, 1500)
    assert view.visible() == (0, 0, 1, 1)
    assert view.box_on_picture(Box(0, 0, 800, 700)) == Box(0, 0, 800, 600)
    assert not view.pannable


def test_a_small_picture_is_enlarged_to_fit() -> None:
    assert Viewport().showing((100, 100), keep=False).resized((800, 600)).zoom == pytest.approx(6)


@pytest.mark.parametrize("anchor", [(0.0, 50.0), (133.0, 600.0), (400.0, 350.0), (799.0, 649.0)])
@pytest.mark.parametrize("zoom", [0.21, 0.5, 1.0, 3.7, 32.0])
def test_zooming_in_leaves_the_point_under_the_anchor(zoom: float, anchor: tuple[float, float]) -> None:
    before = large().to_picture(*anchor)
    after = large().zoomed(zoom, *anchor).to_picture(*anchor)
    assert after == pytest.approx(before)


def test_zoom_is_clamped_at_both_ends() -> None:
    assert large().zoomed(1000, 0, 0).zoom == MAX_ZOOM
    assert large().zoomed(math.inf, 0, 0).zoom == MAX_ZOOM
    assert large().zoomed(0, 0, 0).zoom == pytest.approx(0.1)
    assert large().zoomed(-3, 0, 0).zoom == pytest.approx(0.1)


def test_a_zoom_that_is_not_a_number_is_refused() -> None:
    with pytest.raises(ValueError, match="not a number"):
        large().zoomed(math.nan, 0, 0)


def test_steps_outward_end_at_the_whole_picture_centred() -> None:
    view = large().zoomed(5.0, 100, 100)
    for _ in range(60):
        view = view.stepped(0.8, 30, 680)
    assert view == large()


def test_a_picture_smaller_than_the_view_can_be_made_smaller_still() -> None:
    view = Viewport().showing((200, 100), keep=False).resized((800, 600))
    for _ in range(60):
        view = view.stepped(0.8, 400, 300)
    assert view.zoom == pytest.approx(0.5)


def test_steps_outward_leave_no_gap_beside_a_picture_larger_than_the_view() -> None:
    view = large().zoomed(5.0, 0, 50)
    for _ in range(8):
        view = view.stepped(0.8, 790, 690)
        assert view.box_on_picture(Box(0, 0, 800, 700)) == Box(-view.origin[0], -view.origin[1], 800, 700)


def test_steps_beside_the_picture_mean_its_nearest_point() -> None:
    view = large().stepped(1.25, 400, 5)  # on the surround above
    assert view.to_picture(400, 50)[1] == pytest.approx(0)


def test_panning_stops_at_the_edges() -> None:
    view = large().zoomed(1.0, 400, 350)
    assert view.panned(1e6, 1e6).origin == (0, 0)
    assert view.panned(-1e6, -1e6).origin == (800 - 4000, 700 - 3000)


def test_a_fitted_picture_does_not_pan() -> None:
    assert large().panned(50, 50) == large()


def test_panning_a_picture_left_outside_its_edges_brings_it_back_without_a_jump() -> None:
    outside = large().zoomed(4, 0, 50).zoomed(0.5, 700, 650)
    assert outside.origin[0] > 0
    assert outside.panned(10, 10) == outside
    assert outside.panned(-10, 0).origin[0] == outside.origin[0] - 10


def test_the_middle_of_the_view_never_leaves_the_picture() -> None:
    view = large().zoomed(4, 0, 50).zoomed(0.1, 799, 699)
    assert 0 <= view.centre[0] <= 4000
    assert 0 <= view.centre[1] <= 3000


def test_a_fitted_view_stays_fitted_and_a_chosen_zoom_stays_chosen_on_resizing() -> None:
    assert large().resized((400, 400)).zoom == pytest.approx(0.1)
    chosen = large().zoomed(1.0, 400, 350).resized((500, 300))
    assert chosen.zoom == 1.0
    assert chosen.centre == (2000, 1500)


def test_the_same_scene_stays_when_a_result_of_three_times_the_size_arrives() -> None:
    before = Viewport().showing((1000, 750), keep=False).resized((800, 700)).zoomed(3.0, 100, 200)
    after = before.showing((3000, 2250), keep=True)
    assert after.zoom == pytest.approx(1.0)
    assert after.visible() == pytest.approx(before.visible())


def test_another_scene_is_fitted_even_if_the_view_should_be_kept() -> None:
    chosen = large().zoomed(1.0, 0, 0)
    assert chosen.showing((3000, 4000), keep=True).fitted
    assert chosen.showing((4000, 3000), keep=False).fitted


def test_no_picture_means_no_change() -> None:
    empty = Viewport().resized((800, 600))
    assert empty.zoom == 1.0
    assert empty.zoomed(4, 0, 0) == empty.stepped(2, 0, 0) == empty.panned(9, 9) == empty.fit() == empty
    assert empty.visible() == (0, 0, 0, 0)
