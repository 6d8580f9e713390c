"""Tiles cover a picture once, keep their distance, and share one shape."""

from __future__ import annotations

import random

import numpy as np
import pytest

from desktop.core.tiles import Span, Tile, plan

SIZES = [
    (1, 1, 32, 4),
    (1, 100, 32, 4),
    (100, 1, 32, 4),
    (32, 32, 32, 4),
    (33, 33, 32, 4),
    (34, 31, 32, 4),
    (57, 58, 32, 4),
    (200, 3, 25, 12),
    (144, 144, 144, 12),
    (145, 289, 144, 12),
    (1000, 777, 144, 12),
    (7, 7, 1, 0),
    (9, 5, 3, 1),
    (500, 500, 144, 67),
]


def _random_sizes(count: int) -> list[tuple[int, int, int, int]]:
    chance = random.Random(20)
    sizes = []
    for _ in range(count):
        halo = chance.randrange(0, 20)
        tile = 2 * halo + chance.randrange(1, 60)
        sizes.append((chance.randrange(1, 400), chance.randrange(1, 400), tile, halo))
    return sizes


every_size = pytest.mark.parametrize(("width", "height", "tile", "halo"), SIZES + _random_sizes(60))


@every_size
def test_every_pixel_is_kept_exactly_once(width: int, height: int, tile: int, halo: int) -> None:
    count = np.zeros((height, width), int)
    for piece in plan(width, height, tile, halo):
        count[piece.keep_y.start : piece.keep_y.stop, piece.keep_x.start : piece.keep_x.stop] += 1
    assert (count == 1).all()


@every_size
def test_all_tiles_of_a_plan_have_one_shape(width: int, height: int, tile: int, halo: int) -> None:
    shapes = {(piece.read_x.size, piece.read_y.size) for piece in plan(width, height, tile, halo)}
    assert len(shapes) == 1


@every_size
def test_no_tile_is_larger_than_asked_for(width: int, height: int, tile: int, halo: int) -> None:
    assert all(max(piece.read_x.size, piece.read_y.size) <= tile for piece in plan(width, height, tile, halo))


@every_size
def test_tiles_stay_inside_the_picture(width: int, height: int, tile: int, halo: int) -> None:
    for piece in plan(width, height, tile, halo):
        assert 0 <= piece.read_x.start < piece.read_x.stop <= width
        assert 0 <= piece.read_y.start < piece.read_y.stop <= height


@every_size
def test_what_is_kept_has_a_whole_halo_or_the_picture_s_border_around_it(
    width: int, height: int, tile: int, halo: int
) -> None:
    for piece in plan(width, height, tile, halo):
        for read, keep, length in (
            (piece.read_x, piece.keep_x, width),
            (piece.read_y, piece.keep_y, height),
        ):
            assert read.start == 0 or keep.start - read.start >= halo
            assert read.stop == length or read.stop - keep.stop >= halo


@every_size
def test_no_tile_is_computed_for_nothing(width: int, height: int, tile: int, halo: int) -> None:
    assert all(piece.keep_x.size > 0 and piece.keep_y.size > 0 for piece in plan(width, height, tile, halo))


def test_a_picture_that_fits_is_one_tile_without_halo() -> None:
    whole = Span(0, 30), Span(0, 20)
    assert plan(30, 20, 32, 4) == [Tile(whole[0], whole[1], whole[0], whole[1])]


def test_a_picture_slightly_larger_than_a_tile_is_not_computed_almost_twice() -> None:
    tiles = plan(33, 32, 32, 4)
    assert len(tiles) == 2
    assert {tile.read_x.size for tile in tiles} == {21}


def test_tiles_come_row_by_row() -> None:
    centres = [tile.centre for tile in plan(100, 100, 32, 4)]
    assert centres == sorted(centres, key=lambda centre: (centre[1], centre[0]))


def test_a_centre_is_the_middle_of_what_is_kept() -> None:
    assert Tile(Span(0, 40), Span(0, 30), Span(10, 20), Span(0, 11)).centre == (15, 5.5)


def test_a_span_scales_to_the_result() -> None:
    assert Span(2, 5).scaled(3) == slice(6, 15)


def test_a_span_within_its_tile_is_counted_from_the_tile_s_start() -> None:
    assert Span(12, 20).within(Span(10, 30), 2) == slice(4, 20)


@pytest.mark.parametrize(("width", "height"), [(0, 5), (5, 0), (-1, 5)])
def test_a_picture_without_pixels_has_no_plan(width: int, height: int) -> None:
    with pytest.raises(ValueError, match="at least 1 pixel"):
        plan(width, height, 32, 4)


@pytest.mark.parametrize(("tile", "halo"), [(8, 4), (4, 4), (1, 1), (32, -1)])
def test_a_tile_that_is_all_halo_is_refused(tile: int, halo: int) -> None:
    with pytest.raises(ValueError, match="leaves nothing"):
        plan(100, 100, tile, halo)
