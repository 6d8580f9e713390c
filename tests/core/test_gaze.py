"""What is on screen is worked on first."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.core.gaze import Region, by_gaze
from desktop.core.tiles import Tile, plan

TILES = plan(1000, 600, 100, 10)


def centre(tile: Tile) -> tuple[float, float]:
    x, y = tile.centre
    return x / 1000, y / 600


def within(tile: Tile, region: Region) -> bool:
    left, top, right, bottom = region
    return (
        tile.keep_x.start < right * 1000
        and tile.keep_x.stop > left * 1000
        and tile.keep_y.start < bottom * 600
        and tile.keep_y.stop > top * 600
    )


def test_without_anybody_looking_tiles_come_by_rows() -> None:
    assert list(by_gaze(list(TILES), lambda: None)) == TILES


def test_the_tile_in_the_middle_of_the_screen_comes_first_and_all_on_screen_before_the_rest() -> None:
    region = (0.5, 0.5, 0.8, 1.0)
    order = list(by_gaze(TILES, lambda: region))
    assert centre(order[0]) == pytest.approx((0.65, 0.75), abs=0.1)
    seen = [within(tile, region) for tile in order]
    assert any(seen)
    assert seen == sorted(seen, reverse=True)


def test_looking_elsewhere_changes_what_comes_next() -> None:
    looked_at: list[Region] = [(0.0, 0.0, 0.1, 0.1)]
    coming = by_gaze(TILES, lambda: looked_at[0])
    assert centre(next(coming)) == pytest.approx((0.05, 0.08), abs=0.05)
    looked_at[0] = (0.9, 0.9, 1.0, 1.0)
    assert centre(next(coming)) == pytest.approx((0.95, 0.92), abs=0.05)


def test_looking_away_goes_back_to_the_first_row_that_is_left() -> None:
    looked_at: list[Region | None] = [(0.9, 0.9, 1.0, 1.0)]
    coming = by_gaze(TILES, lambda: looked_at[0])
    assert next(coming) == TILES[-1]
    looked_at[0] = None
    assert next(coming) == TILES[0]


part = st.floats(0, 1)


@given(
    size=st.tuples(st.integers(1, 700), st.integers(1, 700)),
    regions=st.lists(st.one_of(st.none(), st.tuples(part, part, part, part)), min_size=1, max_size=5),
)
def test_every_tile_comes_once_wherever_one_looks(size: tuple[int, int], regions: list[Region | None]) -> None:
    tiles = plan(*size, 64, 8)
    turn = iter(range(10**6))

    def look() -> Region | None:
        return regions[next(turn) % len(regions)]

    ask: Callable[[], Region | None] = look
    order = list(by_gaze(tiles, ask))
    assert sorted(order, key=tiles.index) == tiles
