"""What is looked at first is done first: the order of tiles that follows a person's eyes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop.core.tiles import Tile

Region = tuple[float, float, float, float]
"""Left, top, right, bottom of a part of a photo, 0..1 of its width and height."""


def by_gaze(tiles: list[Tile], region: Callable[[], Region | None]) -> Iterator[Tile]:
    """All tiles: always the one nearest to the middle of what is on screen just then, by rows where nothing is.

    What is on screen comes before everything that is not.

    Args:
        region: asked before every tile, on the thread that takes them; None while the photo is not looked at.
    """
    centres = np.array([tile.centre for tile in tiles])
    edges = np.array([[t.keep_x.start, t.keep_y.start, t.keep_x.stop, t.keep_y.stop] for t in tiles])
    size = edges[:, 2:].max(axis=0)
    left = np.ones(len(tiles), bool)
    while left.any():
        seen = region()
        at = int(np.argmax(left)) if seen is None else _nearest(centres, edges, left, np.multiply(seen, [*size, *size]))
        left[at] = False
        yield tiles[at]


def _nearest(centres: NDArray[Any], edges: NDArray[Any], left: NDArray[Any], seen: NDArray[Any]) -> int:
    distance = np.hypot(centres[:, 0] - (seen[0] + seen[2]) / 2, centres[:, 1] - (seen[1] + seen[3]) / 2)
    hidden = ((edges[:, :2] >= seen[2:]) | (edges[:, 2:] <= seen[:2])).any(axis=1)
    distance[hidden] += 2 * np.hypot(*edges[:, 2:].max(axis=0))
    distance[~left] = np.inf
    return int(np.argmin(distance))
