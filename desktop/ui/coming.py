"""A result that is drawn while it is made: bicubic, and tile by tile the network's answers. No Qt in here."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from desktop.ui.pictures import Bicubic, enlarged_squares
from desktop.ui.pyramid import Array, Pyramid, Sampling
from desktop.ui.viewport import Box

Indices = npt.NDArray[np.intp]

# Pixels of a level beside one that is drawn which bicubic reads too, and one for rounding.
_READ_BESIDE = 2
_ROUNDED = 1


class Coming:
    """A result of which more and more is there. Changed and drawn on the GUI thread; filled on the runner's.

    Bicubic is computed where it is drawn, from the original, so that beginning costs neither time nor memory.

    Attributes:
        place: the part of the result that is made, in its pixels; all of it, or what somebody looks at.
        missing: the parts that are bicubic still.
    """

    complete = True

    def __init__(self, ground: Bicubic, over: Pyramid, place: Box, parts: Iterable[Box]) -> None:
        """
        Args:
            ground: all of the result, as bicubic.
            over: what becomes of ``place``, from ``Pyramid.unfilled``.
            parts: what will arrive, in the result's pixels: rows and columns that cover ``place`` once.
        """
        parts = set(parts)
        self._ground = ground
        self._over = over
        self.place = place
        self.missing = parts | _around(place, ground.size)
        self._lefts = np.array(sorted({part.left for part in parts}))
        self._tops = np.array(sorted({part.top for part in parts}))
        self._here = np.zeros((len(self._tops), len(self._lefts)), bool)

    def arrived(self, part: Box) -> None:
        """One of the parts is there."""
        self.missing.discard(part)
        self._here[_cells(part.top, self._tops), _cells(part.left, self._lefts)] = True

    @property
    def size(self) -> tuple[int, int]:
        return self._ground.size

    @property
    def translucent(self) -> bool:
        return self._ground.translucent

    def completed(self) -> Coming:
        return self

    def sample(self, zoom: tuple[float, float], box: Box, sampling: Sampling = Sampling.SMOOTH) -> Array:
        """As ``Pyramid.sample``."""
        if sampling is Sampling.SQUARES:
            return enlarged_squares(lambda pixels: self.sample((1.0, 1.0), pixels), self.size, zoom, box)
        place = self.place
        left, top = round(place.left * zoom[0]), round(place.top * zoom[1])
        right, bottom = round(place.right * zoom[0]), round(place.bottom * zoom[1])
        inside = box.meet(Box(left, top, right - left, bottom - top))
        drawn = None if inside.empty or not self._here.any() else self._drawn(zoom, inside)
        if drawn is None or not drawn.any():
            return self._ground.sample(zoom, box, sampling)
        answers = self._over.sample(zoom, inside.moved(-left, -top), sampling)
        if inside == box and drawn.all():
            return answers
        result = np.array(self._ground.sample(zoom, box, sampling))  # of which it may be a view
        rows = slice(inside.top - box.top, inside.bottom - box.top)
        columns = slice(inside.left - box.left, inside.right - box.left)
        np.copyto(_packed(result)[rows, columns], _packed(answers), where=drawn)
        return result

    def colour_at(self, x: float, y: float) -> tuple[int, int, int]:
        """As ``Pyramid.colour_at``."""
        place, (width, height) = self.place, self.size
        column, row = x * width - place.left, y * height - place.top
        if 0 <= column < place.width and 0 <= row < place.height:
            across, down = _cells(column + place.left, self._lefts), _cells(row + place.top, self._tops)
            if self._here[down, across]:
                return self._over.colour_at(column / place.width, row / place.height)
        return self._ground.colour_at(x, y)

    def _drawn(self, zoom: tuple[float, float], box: Box) -> npt.NDArray[np.bool_]:
        """(box.height, box.width): where an answer is drawn: not where drawing it would read what is not there yet."""
        above, below = self._reach(zoom[1], range(box.top, box.bottom), self._tops)
        before, behind = self._reach(zoom[0], range(box.left, box.right), self._lefts)
        rows = self._here[above] & self._here[below]
        return rows.take(before, axis=1) & rows.take(behind, axis=1)

    def _reach(self, zoom: float, pixels: range, starts: Array) -> tuple[Indices, Indices]:
        """For each of some device pixels the first and the last row, or column, of parts that it is drawn from."""
        beside = math.ceil(_READ_BESIDE * max(1.0, zoom)) + _ROUNDED
        centres = np.arange(pixels.start, pixels.stop) + 0.5
        return _cells((centres - beside) / zoom, starts), _cells((centres + beside) / zoom, starts)


def _cells(at: npt.ArrayLike, starts: Array) -> Indices:
    """Which of the rows, or columns, of parts lie there, the outermost for what lies outside."""
    return np.clip(np.searchsorted(starts, at, side="right") - 1, 0, len(starts) - 1)


def _packed(picture: Array) -> Array:
    """(h, w) uint32 of (h, w, 4) uint8."""
    return np.ascontiguousarray(picture).view(np.uint32)[:, :, 0]


def _around(place: Box, size: tuple[int, int]) -> set[Box]:
    width, height = size
    parts = (
        Box(0, 0, width, place.top),
        Box(0, place.bottom, width, height - place.bottom),
        Box(0, place.top, place.left, place.height),
        Box(place.right, place.top, width - place.right, place.height),
    )
    return {part for part in parts if not part.empty}
