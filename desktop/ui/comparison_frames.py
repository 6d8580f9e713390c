"""The visible part of the compared pictures as images ready to draw, remembered while the view stands still."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QRect
from PySide6.QtGui import QImage, QPainter

from desktop.core.opencv import cv2
from desktop.ui import comparison_chrome as chrome
from desktop.ui.comparison_layout import Pane, Side
from desktop.ui.heat_map import heat_colours
from desktop.ui.pictures import Picture, enlarged_squares
from desktop.ui.pyramid import Array, Sampling
from desktop.ui.viewport import Box, Viewport

# Above this, in logical pixels per picture pixel, the person looks at pixels and is shown squares. Up to it, and while
# the whole picture is fitted into the view, at a picture, and is shown it smooth.
SMOOTH_UP_TO = 2.0
# Rows of a difference that are worked out at once, so that four times its pixels are never all there.
_STRIPE_ROWS = 128


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
    """Before and after, at least one of them, and their last frames.

    Attributes:
        size: (width, height) in the pixels that zoom is counted in; the smaller picture is drawn as large
    """

    def __init__(
        self, before: Picture | None = None, after: Picture | None = None, size: tuple[int, int] | None = None
    ) -> None:
        """`size` is after's if None, or before's where there is no after yet."""
        self.before = before
        self.after = after
        self.missing: Collection[Box] = ()  # parts of the result that are still to come, in its pixels
        shown = after or before
        self.size = size or (shown.size if shown else (0, 0))
        self._last: dict[Side, tuple[tuple[float, Sampling], Frame]] = {}

    @property
    def alone(self) -> Side | None:
        if self.before is not None and self.after is not None:
            return None
        return Side.BEFORE if self.after is None else Side.AFTER

    @property
    def held_bytes(self) -> int:
        """What is remembered: a frame of each side at most, none larger than a view that was drawn."""
        return sum(frame.pixels.nbytes for _how, frame in self._last.values())

    def small(self, box: Box) -> Array:
        """All of the shown picture in (box.height, box.width, 4) uint8 BGRA, premultiplied."""
        shown = self.after or self.before
        if shown is None:
            raise LookupError("there is no picture")
        return shown.sample((box.width / shown.size[0], box.height / shown.size[1]), box)

    def replace(self, side: Side, picture: Picture) -> None:
        """The same picture with its levels: the frames drawn without them are forgotten."""
        if side is Side.BEFORE:
            self.before = picture
        else:
            self.after = picture
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
            pixels, translucent = self._picture(side, zoom, box, sampling), self._side(side).translucent
        form = QImage.Format.Format_ARGB32_Premultiplied if translucent else QImage.Format.Format_RGB32
        pixels = np.ascontiguousarray(pixels)
        image = QImage(pixels.data, box.width, box.height, pixels.strides[0], form)
        frame = Frame(box, image, pixels, translucent)
        self._last[side] = ((zoom, sampling), frame)
        return frame

    def _side(self, side: Side) -> Picture:
        picture = self.before if side is Side.BEFORE else self.after
        if picture is None:
            raise LookupError(f"there is no {side.value}")
        return picture

    def _picture(self, side: Side, zoom: float, box: Box, sampling: Sampling) -> Array:
        picture = self._side(side)
        # A pixel of before covers as much as several of the result.
        own_zoom = zoom * self.size[0] / picture.size[0], zoom * self.size[1] / picture.size[1]
        return picture.sample(own_zoom, box, sampling)

    def _difference(self, zoom: float, box: Box, sampling: Sampling) -> Array:
        """|after - before|, largest of the channels, as a heat map; the smaller of both is enlarged by bicubic.

        What is compared is pixels of the result wherever there is one for a device pixel. Bicubic straight to another
        size is not bicubic to the result's size and then to that.
        """
        if sampling is Sampling.SQUARES:
            changed = enlarged_squares(self._changed_pixels, self.size, (zoom, zoom), box)
        elif zoom > 1:
            changed = self._changed_enlarged(zoom, box)
        elif sampling is Sampling.DRAFT:
            # Two pictures and their difference: a quarter of the pixels makes up for it while things move.
            left, top = box.left // 2, box.top // 2
            half = Box(left, top, (box.right + 1) // 2 - left, (box.bottom + 1) // 2 - top)
            pair = (self._picture(side, zoom / 2, half, sampling) for side in (Side.BEFORE, Side.AFTER))
            colours = _heat(_largest_change(*pair)).view(np.uint8).reshape(half.height, half.width, 4)
            doubled = cv2.resize(colours, (2 * half.width, 2 * half.height), interpolation=cv2.INTER_NEAREST)
            return doubled[box.top - 2 * top :, box.left - 2 * left :][: box.height, : box.width]
        elif zoom < 1:
            rows = range(0, box.height, _STRIPE_ROWS)
            stripes = (Box(box.left, box.top + row, box.width, min(_STRIPE_ROWS, box.height - row)) for row in rows)
            changed = np.concatenate([self._changed_averaged(zoom, stripe) for stripe in stripes])
        else:
            changed = self._changed_pixels(box)
        return _heat(changed)

    def _changed_averaged(self, zoom: float, box: Box) -> Array:
        """Of averages of a finer picture: where bicubic was only sampled, its edges would seem to have changed."""
        finer = Box(2 * box.left, 2 * box.top, 2 * box.width, 2 * box.height)
        pair = (self._picture(side, 2 * zoom, finer, Sampling.SMOOTH) for side in (Side.BEFORE, Side.AFTER))
        size = box.width, box.height
        return _largest_change(*(cv2.resize(each, size, interpolation=cv2.INTER_AREA) for each in pair))

    def _changed_pixels(self, box: Box) -> Array:
        """(box.height, box.width) uint8: how much the result's own pixels have changed."""
        return _largest_change(*(self._picture(side, 1.0, box, Sampling.SMOOTH) for side in (Side.BEFORE, Side.AFTER)))

    def _changed_enlarged(self, zoom: float, box: Box) -> Array:
        left, top = max(0, math.floor(box.left / zoom) - 1), max(0, math.floor(box.top / zoom) - 1)
        right = min(self.size[0], math.ceil(box.right / zoom) + 1)
        bottom = min(self.size[1], math.ceil(box.bottom / zoom) + 1)
        pixels = self._changed_pixels(Box(left, top, max(1, right - left), max(1, bottom - top)))
        step = 1 / zoom
        # From a device pixel's middle to where it lies among the middles of the result's pixels.
        back = np.array(
            [
                [step, 0, (box.left + 0.5) * step - 0.5 - left],
                [0, step, (box.top + 0.5) * step - 0.5 - top],
            ]
        )
        how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        enlarged: Array = cv2.warpAffine(
            pixels, back, (box.width, box.height), flags=how, borderMode=cv2.BORDER_REPLICATE
        )
        return enlarged


def _heat(changed: Array) -> Array:
    """(h, w) uint32 of (h, w) uint8: each change as its colour."""
    return heat_colours().take(changed, mode="clip")  # none is beyond it, and unlike "raise" this needs no copy


def _largest_change(before: Array, after: Array) -> Array:
    """(h, w) uint8 of two (h, w, 4): the largest difference of a pixel's channels."""
    blue, green, red, alpha = cv2.split(cv2.absdiff(before, after))
    largest: Array = cv2.max(cv2.max(blue, green), cv2.max(red, alpha))
    return largest


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
