"""Where a picture lies in a view: zoom, centre and their limits. Pure arithmetic, no Qt.

Lengths of the view are device pixels, places in the picture are picture pixels measured from its top left corner
(pixel i covers i..i+1), zoom is device pixels per picture pixel.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

MAX_ZOOM = 32.0
# Sizes round to whole pixels when a photo is enlarged to a given length, so proportions agree only about this well.
ASPECT_TOLERANCE = 0.02


class Box(NamedTuple):
    """A rectangle of whole device pixels."""

    left: int
    top: int
    width: int
    height: int

    @property
    def right(self) -> int:
        return self.left + self.width

    @property
    def bottom(self) -> int:
        return self.top + self.height

    @property
    def empty(self) -> bool:
        return self.width <= 0 or self.height <= 0

    def contains(self, other: Box) -> bool:
        return (
            self.left <= other.left
            and self.top <= other.top
            and self.right >= other.right
            and self.bottom >= other.bottom
        )

    def moved(self, dx: int, dy: int) -> Box:
        return Box(self.left + dx, self.top + dy, self.width, self.height)

    def meet(self, other: Box) -> Box:
        left, top = max(self.left, other.left), max(self.top, other.top)
        return Box(left, top, min(self.right, other.right) - left, min(self.bottom, other.bottom) - top)


@dataclass(frozen=True, slots=True)
class Viewport:
    """A picture of `picture` (width, height) pixels seen through a view of `view` (width, height) device pixels.

    `centre` is the place in the picture that lies in the middle of the view. `fitted` says that the view follows the
    picture's size rather than a chosen zoom. A picture of (0, 0) is no picture: every change is then a no-op.
    """

    picture: tuple[int, int] = (0, 0)
    view: tuple[int, int] = (1, 1)
    zoom: float = 1.0
    centre: tuple[float, float] = (0.0, 0.0)
    fitted: bool = True

    @property
    def empty(self) -> bool:
        return self.picture[0] <= 0 or self.picture[1] <= 0

    @property
    def fit_zoom(self) -> float:
        if self.empty:
            return 1.0
        return min(self.view[0] / self.picture[0], self.view[1] / self.picture[1], MAX_ZOOM)

    @property
    def min_zoom(self) -> float:
        return min(self.fit_zoom, 1.0) / 2

    @property
    def gesture_floor(self) -> float:
        """The zoom at which wheel, pinch and keys stop: the whole photo, except that a small one may get smaller."""
        fit = self.fit_zoom
        return fit if fit < 1.0 else self.min_zoom

    @property
    def origin(self) -> tuple[int, int]:
        """The view's device pixel on which the picture's top left corner lies.

        Whole pixels, so that 1:1 shows the picture's own values and 2:1, 3:1 … show equal squares.
        """
        return (
            round(self.view[0] / 2 - self.centre[0] * self.zoom),
            round(self.view[1] / 2 - self.centre[1] * self.zoom),
        )

    @property
    def extent(self) -> tuple[int, int]:
        """The picture's (width, height) on the screen in whole device pixels, at least one."""
        return max(1, round(self.picture[0] * self.zoom)), max(1, round(self.picture[1] * self.zoom))

    @property
    def pannable(self) -> bool:
        return not self.empty and any(low < high for low, high in map(self._range, (0, 1)))

    def visible(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom of the part on screen, as fractions 0..1 of the picture."""
        if self.empty:
            return 0.0, 0.0, 0.0, 0.0
        ends = []
        for axis in (0, 1):
            half = self.view[axis] / (2 * self.zoom)
            ends.append([min(1.0, max(0.0, (self.centre[axis] + side) / self.picture[axis])) for side in (-half, half)])
        return ends[0][0], ends[1][0], ends[0][1], ends[1][1]

    def box_on_picture(self, clip: Box) -> Box:
        """The part of `clip` (device pixels of the view) that the picture covers, in device pixels from its corner."""
        return clip.moved(-self.origin[0], -self.origin[1]).meet(Box(0, 0, *self.extent))

    def to_picture(self, x: float, y: float) -> tuple[float, float]:
        """The place in the picture under the view's point (x, y)."""
        return (
            self.centre[0] + (x - self.view[0] / 2) / self.zoom,
            self.centre[1] + (y - self.view[1] / 2) / self.zoom,
        )

    def zoomed(self, zoom: float, x: float, y: float) -> Viewport:
        """The only way to another zoom: clamped, and what lies under (x, y) stays there.

        The one exception: the middle of the view never leaves the picture. Raises ValueError for a zoom that is NaN.
        """
        if math.isnan(zoom):
            raise ValueError("zoom is not a number")
        if self.empty:
            return self
        zoom = min(max(zoom, self.min_zoom), MAX_ZOOM)
        under = self.to_picture(x, y)
        centre = (
            min(max(under[0] - (x - self.view[0] / 2) / zoom, 0.0), float(self.picture[0])),
            min(max(under[1] - (y - self.view[1] / 2) / zoom, 0.0), float(self.picture[1])),
        )
        return replace(self, zoom=zoom, centre=centre, fitted=False)

    def stepped(self, factor: float, x: float, y: float) -> Viewport:
        """Zoom as a hand does it, by `factor`: stops at the whole photo, and leaves no gap on the way out to it."""
        if self.empty:
            return self
        floor = min(self.gesture_floor, self.zoom)
        # Beside the photo the nearest point of it is meant; otherwise the photo would run away from the cursor.
        left, top = (self.view[axis] / 2 - self.centre[axis] * self.zoom for axis in (0, 1))
        x = min(max(x, left), left + self.picture[0] * self.zoom)
        y = min(max(y, top), top + self.picture[1] * self.zoom)
        new = self.zoomed(max(self.zoom * factor, floor), x, y)
        if factor < 1:
            new = replace(new, centre=(new._clamped(0, new.centre[0]), new._clamped(1, new.centre[1])))
        return replace(new, fitted=math.isclose(new.zoom, new.fit_zoom) and new._centred())

    def fit(self) -> Viewport:
        """The whole picture, centred."""
        centre = (self.picture[0] / 2, self.picture[1] / 2)
        return replace(self, zoom=self.fit_zoom, centre=centre, fitted=True)

    def panned(self, dx: float, dy: float) -> Viewport:
        """The picture moved by (dx, dy) device pixels, up to its edges.

        A picture that zooming has left beyond them is never pushed farther out, and never jumps back either.
        """
        if self.empty:
            return self
        centre = []
        for axis, shift in ((0, dx), (1, dy)):
            low, high = self._range(axis)
            here = self.centre[axis]
            centre.append(min(max(here - shift / self.zoom, min(low, here)), max(high, here)))
        if tuple(centre) == self.centre:
            return self
        return replace(self, centre=(centre[0], centre[1]), fitted=False)

    def resized(self, view: tuple[int, int]) -> Viewport:
        """Another size of the view: a fitted picture stays fitted, otherwise zoom and middle stay."""
        new = replace(self, view=(max(1, view[0]), max(1, view[1])))
        if new.fitted:
            return new.fit()
        return new.zoomed(new.zoom, new.view[0] / 2, new.view[1] / 2)

    def showing(self, picture: tuple[int, int], keep: bool) -> Viewport:
        """Another picture; with `keep`, and if it has the same proportions, the same part of the scene on screen."""
        new = replace(self, picture=picture)
        if not keep or self.fitted or self.empty or new.empty or not self._same_aspect(new):
            return new.fit()
        grown = (picture[0] / self.picture[0], picture[1] / self.picture[1])
        new = replace(new, zoom=self.zoom / grown[0], centre=(self.centre[0] * grown[0], self.centre[1] * grown[1]))
        return new.zoomed(new.zoom, new.view[0] / 2, new.view[1] / 2)

    def scaled(self, ratio: float) -> Viewport:
        """The same layout on a device with `ratio` times the pixels (printing or grabbing at another density)."""
        view = (round(self.view[0] * ratio), round(self.view[1] * ratio))
        return replace(self, view=view, zoom=self.zoom * ratio)

    def _range(self, axis: int) -> tuple[float, float]:
        """Where the centre may lie so that the picture fills the view; one point where it is too small for that."""
        half = self.view[axis] / (2 * self.zoom)
        # A fitted picture is as long as the view but for rounding, and must not be movable by that.
        if self.picture[axis] <= 2 * half * (1 + 1e-9):
            return self.picture[axis] / 2, self.picture[axis] / 2
        return half, self.picture[axis] - half

    def _clamped(self, axis: int, centre: float) -> float:
        low, high = self._range(axis)
        return min(max(centre, low), high)

    def _centred(self) -> bool:
        return all(math.isclose(self.centre[axis], self.picture[axis] / 2) for axis in (0, 1))

    def _same_aspect(self, other: Viewport) -> bool:
        mine, theirs = (self.picture[0] / self.picture[1], other.picture[0] / other.picture[1])
        return math.isclose(mine, theirs, rel_tol=ASPECT_TOLERANCE)
