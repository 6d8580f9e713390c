"""Turning and cutting before anything else."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.core import errors
from desktop.core.photo import cut as cut_module
from desktop.core.photo.cut import Cut, cut_out, inner_size
from desktop.core.photo.photo import Fidelity, Photo


def test_a_photo_that_is_cut_keeps_its_pixels_as_they_are(noise):
    pixels, alpha = noise((40, 60, 3), np.uint16), noise((40, 60), np.uint16)
    left = cut_out(Photo(pixels, alpha), Cut(0, (7, 5, 30, 20)))
    np.testing.assert_array_equal(left.pixels, pixels[5:25, 7:37])
    np.testing.assert_array_equal(left.alpha, alpha[5:25, 7:37])


def test_what_is_done_to_a_photo_is_told():
    told = Cut(-1.5, (7, 5, 30, 20)).told(Fidelity(), (60, 40))
    assert [(item.item, item.detail) for item in told.converted] == [
        ("straightened", "turned anticlockwise by 1.5°, as you chose"),
        ("part", "30 × 20 of 60 × 40 pixels, as you chose"),
    ]
    assert Cut(0, (0, 0, 60, 40)).told(Fidelity(), (60, 40)) == Fidelity()


def test_nothing_asked_for_is_nothing_done(noise):
    photo = Photo(noise((4, 6, 3)))
    assert cut_out(photo, Cut()) is photo


@pytest.mark.parametrize("box", [(-1, 0, 5, 5), (0, 0, 61, 5), (0, 36, 5, 5), (0, 0, 0, 5)])
def test_a_part_beyond_the_edge_is_refused(box):
    with pytest.raises(errors.OutsideError):
        Cut(0, box).size((60, 40), "a.jpg")


@given(st.integers(2, 4000), st.integers(2, 4000), st.floats(-45, 45))
def test_the_inner_rectangle_has_no_empty_corner(width, height, degrees):
    wide, high = inner_size((width, height), degrees)
    angle = math.radians(abs(degrees))
    # Its corners, turned back, lie in the photo; a side of one pixel is the least there is.
    if wide > 1 and high > 1:
        assert wide * math.cos(angle) + high * math.sin(angle) <= width + 1e-6
        assert wide * math.sin(angle) + high * math.cos(angle) <= height + 1e-6


def test_the_inner_rectangle_is_the_largest():
    best = 0.0
    angle = math.radians(12)
    for wide in np.linspace(1, 300, 3000):
        high = min((300 - wide * math.cos(angle)) / math.sin(angle), (200 - wide * math.sin(angle)) / math.cos(angle))
        best = max(best, wide * high)
    wide, high = inner_size((300, 200), 12)
    assert best - 300 - 200 < wide * high <= best + 1
    assert inner_size((300, 200), -12) == (wide, high)


def _disc(size, centre, radius=6.0):
    y, x = np.mgrid[: size[1], : size[0]]
    reach = np.hypot(x + 0.5 - centre[0], y + 0.5 - centre[1])
    return (255 * np.clip(radius - reach + 0.5, 0, 1)).astype(np.uint8)


def _middle(plane):
    y, x = np.mgrid[: plane.shape[0], : plane.shape[1]]
    weight = plane.astype(float)
    return ((x + 0.5) * weight).sum() / weight.sum(), ((y + 0.5) * weight).sum() / weight.sum()


@pytest.mark.parametrize("piece", [512, 37])
def test_turning_puts_everything_where_it_belongs(monkeypatch, piece):
    monkeypatch.setattr(cut_module, "_PIECE", piece)
    size, degrees = (240, 160), 7.0
    left = cut_out(Photo(_disc(size, (150, 60))), Cut(degrees))
    wide, high = inner_size(size, degrees)
    assert left.pixels.shape == (high, wide)
    # Clockwise on a screen, whose y runs down.
    angle, dx, dy = math.radians(degrees), 150 - 120, 60 - 80
    expected = (
        wide / 2 + dx * math.cos(angle) - dy * math.sin(angle),
        high / 2 + dx * math.sin(angle) + dy * math.cos(angle),
    )
    assert _middle(left.pixels) == pytest.approx(expected, abs=0.05)
    part = cut_out(Photo(_disc(size, (150, 60))), Cut(degrees, (90, 30, 100, 80)))
    # OpenCV finds places to 1/32 pixel, and they may be others where another piece begins.
    np.testing.assert_allclose(part.pixels.astype(int), left.pixels[30:110, 90:190], atol=8)


def test_turning_by_pieces_leaves_no_seams(monkeypatch, photo_like):
    photo = Photo(photo_like(150, 110))
    whole = cut_out(photo, Cut(-3.3)).pixels.astype(int)
    monkeypatch.setattr(cut_module, "_PIECE", 32)
    assert np.abs(cut_out(photo, Cut(-3.3)).pixels - whole).max() <= 12  # OpenCV finds places to 1/32 pixel
    assert np.abs(cut_out(photo, Cut(-3.3)).pixels - whole).mean() < 0.6


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_hidden_colours_do_not_bleed_into_what_is_turned(dtype):
    top = np.iinfo(dtype).max
    pixels = np.zeros((80, 100, 3), dtype)
    pixels[..., 1] = top  # green where nothing can be seen
    alpha = (_disc((100, 80), (50, 40), 25.0).astype(np.uint32) * (top // 255)).astype(dtype)
    pixels[alpha > 0] = (top, 0, 0)
    left = cut_out(Photo(pixels, alpha), Cut(5))
    seen = left.alpha > top // 20
    assert left.pixels[seen][:, 1].max() <= top // 50
    assert left.pixels[seen][:, 0].min() >= top - top // 50
    assert left.alpha[left.alpha.shape[0] // 2, left.alpha.shape[1] // 2] == top


def test_a_grey_photo_stays_grey(noise):
    left = cut_out(Photo(noise((30, 40), np.uint16)), Cut(2))
    assert left.is_grey
    assert left.bits == 16
