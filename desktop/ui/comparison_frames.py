"""The visible part of the compared pictures as images ready to draw, remembered while the view stands still."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QRect
from PySide6.QtGui import QImage, QPainter

from desktop.core.opencv import cv2
from desktop.ui import comparison_chrome as chrome
from desktop.ui.comparison_layout import Pane, Side
from desktop.ui.heat_map import heat_colours
from desktop.ui.pyramid import Array, Pyramid, Sampling, pixel_indices
from desktop.ui.viewport import Box, Viewport

# Above this, in logical pixels per picture pixel, the person looks at pixels and is shown squares. Up to it, and while
# the whole picture is fitted into the view, at a picture, and is shown it smooth.
SMOOTH_UP_TO = 2.0


@dataclass(frozen=True, slots=True)
class Frame:
    """A part of a picture resampled to device pixels.

    Attributes:
        box: the part, in device pixels from the picture's corner
        image: box.width x box.height pixels, lying in `pixels`
        pixels: kept because QImage does not own them
        translucent: something must be drawn behind it
    """

    box: Box
    image: QImage
    pixels: Array
    translucent: bool


class Frames:
    """Before and after, at least one of them, and their last frames."""

    def __init__(self, before: Pyramid | None = None, after: Pyramid | None = None) -> None:
        self.before = before
        self.after = after
        self.missing: Collection[Box] = ()  # parts of the result that are still to come, in its pixels
        self._last: dict[Side, tuple[tuple[float, Sampling], Frame]] = {}

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in the pixels that zoom is counted in: the result's, or before's where there is none yet."""
        shown = self.after or self.before
        return shown.size if shown else (0, 0)

    @property
    def alone(self) -> Side | None:
        if self.before is not None and self.after is not None:
            return None
        return Side.BEFORE if self.after is None else Side.AFTER

    def small(self, box: Box) -> Array:
        """All of the shown picture in (box.height, box.width, 4) uint8 BGRA, premultiplied."""
        shown = self.after or self.before
        if shown is None:
            raise LookupError("there is no picture")
        return shown.sample((box.width / shown.width, box.height / shown.height), box)

    def replace(self, side: Side, pyramid: Pyramid) -> None:
        """The same picture with its levels: the frames drawn without them are forgotten."""
        if side is Side.BEFORE:
            self.before = pyramid
        else:
            self.after = pyramid
        self._last.clear()

    def change(self, missing: Collection[Box]) -> None:
        """The result's pixels have changed: what was drawn of them is drawn anew."""
        self.missing = missing
        self._last.clear()

    def frame(self, side: Side, zoom: float, box: Box, sampling: Sampling) -> Frame:
        """A frame of `side` that covers at least `box`, which must not be empty."""
        last = self._last.get(side)
        if last is not None and last[0] == (zoom, sampling) and last[1].box.contains(box):
            return last[1]
        if side is Side.DIFFERENCE:
            pixels, translucent = self._difference(zoom, box, sampling), False
        else:
            pixels, translucent = self._picture(side, zoom, box, sampling), self._pyramid(side).translucent
        form = QImage.Format.Format_ARGB32_Premultiplied if translucent else QImage.Format.Format_RGB32
        pixels = np.ascontiguousarray(pixels)
        image = QImage(pixels.data, box.width, box.height, pixels.strides[0], form)
        frame = Frame(box, image, pixels, translucent)
        self._last[side] = ((zoom, sampling), frame)
        return frame

    def _pyramid(self, side: Side) -> Pyramid:
        pyramid = self.before if side is Side.BEFORE else self.after
        if pyramid is None:
            raise LookupError(f"there is no {side.value}")
        return pyramid

    def _own_zoom(self, side: Side, zoom: float) -> tuple[float, float]:
        """Device pixels per pixel of `side`: a pixel of before covers as much as several of the result."""
        width, height = self._pyramid(side).size
        return zoom * self.size[0] / width, zoom * self.size[1] / height

    def _picture(self, side: Side, zoom: float, box: Box, sampling: Sampling) -> Array:
        return self._pyramid(side).sample(self._own_zoom(side, zoom), box, sampling)

    def _difference(self, zoom: float, box: Box, sampling: Sampling) -> Array:
        """|after - bicubic(before)|, largest of the channels, as a heat map."""
        if sampling is not Sampling.SQUARES:
            return self._heat(zoom, box, sampling)
        # Squares are squares of the result: compare its pixels, then enlarge them.
        columns = pixel_indices(box.left, box.width, zoom, self.size[0])
        rows = pixel_indices(box.top, box.height, zoom, self.size[1])
        first, top = int(columns[0]), int(rows[0])
        heat = self._heat(1.0, Box(first, top, int(columns[-1]) - first + 1, int(rows[-1]) - top + 1), Sampling.SMOOTH)
        enlarged: Array = heat.take(columns - first, axis=1).take(rows - top, axis=0)
        return enlarged

    def _heat(self, zoom: float, box: Box, sampling: Sampling) -> Array:
        before = self._picture(Side.BEFORE, zoom, box, sampling)
        after = self._picture(Side.AFTER, zoom, box, sampling)
        blue, green, red, alpha = cv2.split(cv2.absdiff(before, after))
        largest: Array = cv2.max(cv2.max(blue, green), cv2.max(red, alpha))
        return heat_colours()[largest]


def paint_panes(
    painter: QPainter,
    frames: Frames,
    viewport: Viewport,
    shown: tuple[Pane, ...],
    ratio: float,
    moving: bool = False,
    whole: bool = False,
) -> None:
    """Draw the pictures of `shown`. `ratio` device pixels make one of the painter's.

    `moving` draws faster and a little rougher. `whole` prepares all of each side instead of what is shown of it:
    moving the divider then resamples nothing.
    """
    if not viewport.fitted and viewport.zoom > SMOOTH_UP_TO * ratio:
        sampling = Sampling.SQUARES
    else:
        sampling = Sampling.DRAFT if moving else Sampling.SMOOTH
    painter.save()
    painter.scale(1 / ratio, 1 / ratio)
    for pane in shown:
        left, top = pane.area.left, pane.area.top
        visible = viewport.box_on_picture(pane.clip.moved(-left, -top))
        if visible.empty:
            continue
        wanted = viewport.box_on_picture(pane.area.moved(-left, -top)) if whole else visible
        frame = frames.frame(pane.side, viewport.zoom, wanted, sampling)
        target = QRect(*visible.moved(viewport.origin[0] + left, viewport.origin[1] + top))
        if frame.translucent:
            painter.fillRect(target, chrome.checkerboard(ratio))
        painter.drawImage(target.topLeft(), frame.image, QRect(*visible.moved(-frame.box.left, -frame.box.top)))
    painter.restore()
