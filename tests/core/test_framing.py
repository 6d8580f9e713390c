"""A rectangle that is pushed, pulled and kept in proportion."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.core.framing import BOTTOM, LEFT, RIGHT, SMALLEST, TOP, Framing
from desktop.core.photo.cut import Cut, inner_size

PHOTO = (600, 400)
PARTS = (LEFT, TOP, RIGHT, BOTTOM, LEFT | TOP, RIGHT | TOP, LEFT | BOTTOM, RIGHT | BOTTOM)


def test_nothing_is_asked_for_at_first():
    framing = Framing.of(PHOTO, None)
    assert framing.box == (0, 0, 600, 400)
    assert framing.cut is None


def test_what_was_chosen_before_stands_there_again():
    cut = Cut(2.5, (10, 20, 300, 200))
    assert Framing.of(PHOTO, cut).cut == cut
    # A part that the photo no longer has is not offered.
    assert Framing.of((100, 100), cut).cut == Cut(2.5)


def test_a_part_is_pushed_as_far_as_there_is_room():
    framing = Framing.of(PHOTO, Cut(0, (10, 20, 300, 200)))
    assert framing.moved(5, -7).box == (15, 13, 300, 200)
    assert framing.moved(-1000, 1000).box == (0, 200, 300, 200)


def test_an_edge_and_a_corner_are_pulled():
    framing = Framing.of(PHOTO, Cut(0, (10, 20, 300, 200)))
    assert framing.pulled(LEFT, 40, 99).box == (50, 20, 260, 200)
    assert framing.pulled(RIGHT | BOTTOM, 1000, -50).box == (10, 20, 590, 150)
    assert framing.pulled(TOP, 0, 1000).box == (10, 220 - SMALLEST, 300, SMALLEST)


def test_proportions_are_kept_and_what_lies_opposite_stays():
    framing = Framing.of(PHOTO, Cut(0, (100, 100, 300, 200))).in_ratio(1.5)
    assert framing.box == (100, 100, 300, 200)
    assert framing.pulled(RIGHT | BOTTOM, 90, 0).box == (100, 100, 390, 260)
    assert framing.pulled(LEFT | TOP, -1000, 0).box == (0, 33, 400, 267)
    assert framing.pulled(RIGHT, -60, 0).box == (100, 120, 240, 160)


def test_other_proportions_keep_the_middle_and_the_area():
    framing = Framing.of(PHOTO, Cut(0, (200, 100, 200, 200))).in_ratio(16 / 9)
    left, top, width, height = framing.box
    assert width / height == pytest.approx(16 / 9, rel=0.01)
    assert width * height == pytest.approx(40_000, rel=0.02)
    assert (left + width / 2, top + height / 2) == pytest.approx((300, 200), abs=1)
    assert Framing.of(PHOTO, None).in_ratio(1).box == (100, 0, 400, 400)


def test_turning_leaves_no_empty_corner_and_turning_back_loses_little():
    framing = Framing.of(PHOTO, None).turned(5)
    assert framing.box == (0, 0, *inner_size(PHOTO, 5))
    assert framing.cut == Cut(5)
    assert framing.turned(0).cut is None


@given(st.data())
def test_the_part_never_leaves_the_photo(data):
    number = st.floats(-700, 700)
    framing = Framing.of(PHOTO, None)
    for _ in range(data.draw(st.integers(1, 8))):
        match data.draw(st.sampled_from(["move", "pull", "turn", "ratio"])):
            case "move":
                framing = framing.moved(data.draw(number), data.draw(number))
            case "pull":
                framing = framing.pulled(data.draw(st.sampled_from(PARTS)), data.draw(number), data.draw(number))
            case "turn":
                framing = framing.turned(data.draw(st.floats(-45, 45)))
            case "ratio":
                framing = framing.in_ratio(data.draw(st.sampled_from([None, 1.0, 1.5, 2 / 3, 16 / 9])))
        left, top, width, height = framing.box
        assert left >= 0
        assert top >= 0
        assert width >= 1
        assert height >= 1
        assert left + width <= framing.room[0]
        assert top + height <= framing.room[1]
        if framing.ratio is not None and min(width, height) > 30:
            assert width / height == pytest.approx(framing.ratio, rel=0.05)
        (framing.cut or Cut()).size(PHOTO)  # is taken by the photo
