"""Pyramids: what is drawn of a picture at any zoom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from desktop.ui.pyramid import SMALLEST_LEVEL, Pyramid, Sampling
from desktop.ui.viewport import Box

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class PhotoStandIn:
    pixels: Array
    alpha: Array | None = None


def ramp(width: int, height: int) -> Array:
    """(height, width, 3) RGB: red grows to the right, green downwards, blue is 40."""
    red = np.linspace(0, 250, width).astype(np.uint8)[np.newaxis, :].repeat(height, axis=0)
    green = np.linspace(0, 250, height).astype(np.uint8)[:, np.newaxis].repeat(width, axis=1)
    return np.dstack([red, green, np.full_like(red, 40)])


def noise(width: int, height: int, channels: int = 3) -> Array:
    return np.random.default_rng(5).integers(0, 256, (height, width, channels), dtype=np.uint8)


def whole(pyramid: Pyramid, zoom: float) -> Box:
    return Box(0, 0, round(pyramid.width * zoom), round(pyramid.height * zoom))


def test_levels_halve_until_the_long_side_is_small() -> None:
    pyramid = Pyramid.build(ramp(2100, 700))
    assert [level.shape[:2] for level in pyramid.levels] == [(350, 1050), (175, 525), (88, 263)]
    assert max(pyramid.levels[-1].shape) <= SMALLEST_LEVEL


def test_the_full_size_is_held_by_reference() -> None:
    pixels = ramp(1200, 800)
    assert Pyramid.build(pixels).colour is pixels
    assert Pyramid.wrap(pixels).colour is pixels


def test_a_small_picture_needs_no_levels() -> None:
    pyramid = Pyramid.build(ramp(512, 300))
    assert pyramid.complete
    assert pyramid.levels == ()


def test_a_level_is_the_mean_of_the_pixels_it_covers() -> None:
    pixels = noise(1024, 1024)
    level = Pyramid.build(pixels).levels[0]
    mean = pixels.reshape(512, 2, 512, 2, 3).astype(float).mean(axis=(1, 3))
    assert np.abs(level - mean).max() <= 1


def test_levels_of_a_tall_picture_are_seamless_between_stripes() -> None:
    pixels = noise(64, 2050)
    level = Pyramid.build(pixels).levels[0]
    mean = pixels.reshape(1025, 2, 32, 2, 3).astype(float).mean(axis=(1, 3))
    assert np.abs(level - mean).max() <= 1


def test_an_odd_last_column_counts_twice() -> None:
    pixels = np.zeros((600, 601), np.uint8)
    pixels[:, 600] = 200
    level = Pyramid.build(pixels).levels[0]
    assert level.shape == (300, 301)
    assert set(level[:, 300]) == {200}
    assert not level[:, :300].any()


def test_one_to_one_shows_the_pictures_own_values() -> None:
    pixels = noise(300, 200)
    shown = Pyramid.build(pixels).sample((1.0, 1.0), Box(31, 17, 100, 80))
    assert (shown[:, :, 2::-1] == pixels[17:97, 31:131]).all()
    assert (shown[:, :, 3] == 255).all()


def test_squares_repeat_each_pixel_a_whole_number_of_times() -> None:
    pixels = noise(30, 20)
    shown = Pyramid.build(pixels).sample((4.0, 4.0), Box(0, 0, 120, 80), Sampling.SQUARES)
    assert (shown[:, :, 2::-1] == pixels.repeat(4, axis=0).repeat(4, axis=1)).all()


@pytest.mark.parametrize("sampling", list(Sampling))
@pytest.mark.parametrize("zoom", [0.07, 0.25, 0.33, 0.5, 0.61, 0.95, 1.0, 1.37, 2.0, 5.3])
def test_a_part_is_what_the_whole_shows_there(zoom: float, sampling: Sampling) -> None:
    pyramid = Pyramid.build(ramp(1500, 1100))
    everything = pyramid.sample((zoom, zoom), whole(pyramid, zoom), sampling)
    part = Box(everything.shape[1] // 3, everything.shape[0] // 4, everything.shape[1] // 2, everything.shape[0] // 2)
    shown = pyramid.sample((zoom, zoom), part, sampling)
    expected = everything[part.top : part.bottom, part.left : part.right]
    assert np.abs(shown.astype(int) - expected).max() <= 2


@pytest.mark.parametrize("sampling", [Sampling.SMOOTH, Sampling.DRAFT])
@pytest.mark.parametrize("zoom", [0.06, 0.13, 0.3, 0.501, 0.77, 0.93, 1.41, 3.0])
def test_an_edge_lies_where_the_zoom_puts_it(zoom: float, sampling: Sampling) -> None:
    pixels = np.zeros((900, 1300), np.uint8)
    pixels[:, 700:] = 255
    pyramid = Pyramid.build(pixels)
    box = Box(round(400 * zoom), 0, round(800 * zoom), round(20 * zoom) + 1)
    row = pyramid.sample((zoom, zoom), box, sampling)[0, :, 0].astype(float)
    # Dark pixels, counted with their part of the edge, reach from the box to the edge.
    edge = box.left + (255 - row).sum() / 255
    # A draft reads two pixels where it would take all, and may round an edge to the nearer of them.
    assert edge == pytest.approx(700 * zoom, abs=0.15 if sampling is Sampling.SMOOTH else 0.5)


def test_averaging_shows_fine_stripes_as_grey_and_not_as_moire() -> None:
    pixels = np.zeros((800, 1200), np.uint8)
    pixels[:, ::2] = 200
    pyramid = Pyramid.build(pixels)
    shown = pyramid.sample((0.3, 0.3), Box(20, 20, 200, 150))
    assert np.abs(shown[:, :, 0].astype(int) - 100).max() <= 3


def test_a_box_that_ends_with_the_picture_is_filled_to_its_last_pixel() -> None:
    pyramid = Pyramid.build(np.full((777, 1033), 90, np.uint8))
    for zoom in (0.013, 0.1, 0.37, 0.666, 0.9, 1.1, 2.3):
        box = Box(0, 0, max(1, round(1033 * zoom)), max(1, round(777 * zoom)))
        assert (pyramid.sample((zoom, zoom), box)[:, :, 0] == 90).all()


def test_without_levels_single_pixels_stand_for_their_surroundings() -> None:
    pixels = ramp(3000, 2000)
    rough = Pyramid.wrap(pixels).sample((0.1, 0.1), Box(0, 0, 300, 200)).astype(int)
    good = Pyramid.build(pixels).sample((0.1, 0.1), Box(0, 0, 300, 200)).astype(int)
    assert np.abs(rough - good).max() <= 3


def test_sixteen_bits_are_shown_as_their_257th_part() -> None:
    eight = noise(700, 600)
    deep = Pyramid.build(eight.astype(np.uint16) * 257)
    shallow = Pyramid.build(eight)
    for zoom, sampling in ((1.0, Sampling.SMOOTH), (4.0, Sampling.SQUARES), (0.4, Sampling.SMOOTH)):
        box = Box(10, 10, 60, 50)
        shown = [pyramid.sample((zoom, zoom), box, sampling).astype(int) for pyramid in (deep, shallow)]
        assert np.abs(shown[0] - shown[1]).max() <= 1


def test_grey_is_shown_as_equal_red_green_and_blue() -> None:
    pixels = noise(700, 600, 1)
    for picture in (pixels, pixels[:, :, 0]):
        shown = Pyramid.build(picture).sample((1.0, 1.0), Box(0, 0, 50, 40))
        assert (shown[:, :, :3] == pixels[:40, :50]).all()


def test_a_photos_own_alpha_and_a_fourth_channel_are_the_same() -> None:
    rgba = noise(700, 600, 4)
    apart = PhotoStandIn(np.ascontiguousarray(rgba[:, :, :3]), np.ascontiguousarray(rgba[:, :, 3]))
    for zoom in (0.4, 1.0, 1.7):
        shown = [
            Pyramid.build(picture).sample((zoom, zoom), Box(5, 5, 90, 70)).astype(int) for picture in (rgba, apart)
        ]
        assert (shown[0] == shown[1]).all()


def test_colours_of_transparent_pixels_do_not_bleed_into_their_neighbours() -> None:
    pixels = np.zeros((600, 700, 4), np.uint8)
    pixels[:, :350] = (0, 0, 255, 255)
    pixels[:, 350:] = (255, 0, 0, 0)
    pyramid = Pyramid.build(pixels)
    for zoom in (0.3, 0.77, 1.6):
        assert not pyramid.sample((zoom, zoom), whole(pyramid, zoom))[:, :, 2].any()


@pytest.mark.parametrize("zoom", [0.11, 0.3, 0.6, 1.0, 1.7])
def test_half_transparent_colours_are_weighted_once_at_every_zoom(zoom: float) -> None:
    pyramid = Pyramid.build(np.full((1200, 1500, 4), (200, 100, 50, 128), np.uint8))
    for sampling in Sampling:
        shown = pyramid.sample((zoom, zoom), Box(3, 3, 40, 30), sampling).astype(int)
        assert np.abs(shown - (25, 50, 100, 128)).max() <= 1


@pytest.mark.parametrize("zoom", [0.95, 1.3, 1.9])
def test_no_colour_exceeds_its_alpha_where_bicubic_overshoots(zoom: float) -> None:
    pixels = np.full((60, 60, 4), 255, np.uint8)
    pixels[::2, :, :3] = 0
    pixels[:, 20:40, 3] = 250
    pyramid = Pyramid.build(pixels)
    shown = pyramid.sample((zoom, zoom), whole(pyramid, zoom))
    assert (shown[:, :, :3] <= shown[:, :, 3:]).all()


def test_pictures_in_any_memory_order_are_drawn() -> None:
    pixels = noise(700, 600)
    straight = Pyramid.build(pixels).sample((0.4, 0.4), Box(0, 0, 200, 200))
    turned = np.ascontiguousarray(pixels[:, :, ::-1])[:, :, ::-1]
    columns_first = np.asfortranarray(pixels)
    frozen = pixels.copy()
    frozen.setflags(write=False)
    for picture in (turned, columns_first, frozen):
        assert (Pyramid.build(picture).sample((0.4, 0.4), Box(0, 0, 200, 200)) == straight).all()


def test_sides_beyond_what_opencv_and_qt_can_address_are_drawn() -> None:
    pixels = np.broadcast_to(np.uint8(77), (20, 70_000, 3))
    pyramid = Pyramid.build(pixels)
    for zoom in (0.01, 0.4, 1.0, 1.5):
        box = Box(round(66_000 * zoom), 0, 30, max(1, round(20 * zoom)))
        assert (pyramid.sample((zoom, zoom), box)[:, :, :3] == 77).all()
        assert (Pyramid.wrap(pixels).sample((zoom, zoom), box)[:, :, :3] == 77).all()


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((4, 4, 2), np.uint8),
        np.zeros((4, 4, 5), np.uint8),
        np.zeros((4,), np.uint8),
        np.zeros((0, 4, 3), np.uint8),
        np.zeros((4, 4, 3), np.float32),
        np.zeros((4, 4, 3), bool),
        PhotoStandIn(np.zeros((4, 4, 3), np.uint8), np.zeros((4, 5), np.uint8)),
        PhotoStandIn(np.zeros((4, 4, 4), np.uint8), np.zeros((4, 4), np.uint8)),
        "photo.jpg",
    ],
    ids=["two channels", "five", "a row", "nothing", "floats", "bools", "alpha too wide", "two alphas", "a path"],
)
def test_what_is_not_a_picture_is_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match=r"not|neither|beside"):
        Pyramid.wrap(wrong)


@pytest.mark.parametrize("size", [(1501, 1203), (1024, 600), (4097, 33)])
@pytest.mark.parametrize("kind", ["grey", "colour", "alpha", "deep"])
def test_levels_take_over_changed_pixels_as_if_they_were_built_anew(size: tuple[int, int], kind: str) -> None:
    random = np.random.default_rng(5)
    width, height = size
    deep = kind == "deep"
    colour = random.integers(0, 65536 if deep else 256, (height, width) if kind == "grey" else (height, width, 3))
    colour = colour.astype(np.uint16 if deep else np.uint8)
    alpha = random.integers(0, 256, (height, width)).astype(np.uint8) if kind == "alpha" else None
    pyramid = Pyramid(colour, alpha).completed()
    for _ in range(6):
        left, top = int(random.integers(width)), int(random.integers(height))
        rows, columns = slice(top, min(top + 131, height)), slice(left, min(left + 77, width))
        colour[rows, columns] = 255 - colour[rows, columns]
        pyramid.refresh(rows, columns)
    for level, anew in zip(pyramid.levels, Pyramid(colour, alpha).completed().levels, strict=True):
        np.testing.assert_array_equal(level, anew)
