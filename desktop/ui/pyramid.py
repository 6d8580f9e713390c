"""A picture at several sizes, from which any part can be drawn at any zoom in a few milliseconds.

No Qt in here: pyramids are built on worker threads.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from desktop.core.opencv import cv2
from desktop.ui.colours import Conversion, conversion
from desktop.ui.viewport import Box

Array = npt.NDArray[Any]

SMALLEST_LEVEL = 512
# Rows taken at once from the full-size picture, so that converting it needs no second full-size array.
STRIPE_ROWS = 512
# Bicubic reads two pixels on either side; one more for the crop's own rounding.
CROP_MARGIN = 3
ALIGN_CANDIDATES = 32
# From here up to full size bicubic reads every pixel, and needs no averaging.
AVERAGED_BELOW = 0.9
# Device pixels. A view with more of them has such small ones that averaging them would take long and show little.
AVERAGED_UP_TO = 4_000_000


class Sampling(Enum):
    """How device pixels are made of picture pixels.

    SMOOTH: enlarged by bicubic interpolation, reduced by averaging
    DRAFT: the same in a third of the time, for pictures in motion; reduced it shimmers a little
    SQUARES: each device pixel takes the one picture pixel its centre lies in
    """

    SMOOTH = "smooth"
    DRAFT = "draft"
    SQUARES = "squares"


@runtime_checkable
class PhotoLike(Protocol):
    """What of a photo is drawn: (H, W, 3) RGB or (H, W) grey pixels and (H, W) alpha or None, uint8 or uint16."""

    @property
    def pixels(self) -> Array: ...

    @property
    def alpha(self) -> Array | None: ...


class _Level(NamedTuple):
    """One size of the picture: a pixel of it is `factor` x `factor` of the full size.

    `ready`: already 8 bit, premultiplied and in the screen's colours, as `Pyramid.levels` are and the full size is not.
    """

    colour: Array
    alpha: Array | None = None
    factor: int = 1
    ready: bool = False
    conversion: Conversion | None = None

    def crop(self, rows: slice, columns: slice) -> Array:
        """A part, 8 bit, premultiplied and in the screen's colours."""
        colour = self.colour[rows, columns]
        if self.ready:
            return colour
        return _display(colour, None if self.alpha is None else self.alpha[rows, columns], self.conversion)


@dataclass(frozen=True, slots=True, eq=False)
class Pyramid:
    """A picture and its halvings.

    Attributes:
        colour: the full size, by reference: (H, W), (H, W, 3) RGB or (H, W, 4) RGBA, uint8 or uint16
        alpha: (H, W) beside a `colour` without one, or None
        levels: halved once, twice, …: uint8, (h, w) grey, (h, w, 3) RGB or (h, w, 4) RGBA premultiplied
        complete: False while the halvings are missing; drawing then picks single pixels of the full size
        conversion: to the screen's colours; None where `colour` is in them, and `levels` are in any case
    """

    colour: Array
    alpha: Array | None = None
    levels: tuple[Array, ...] = ()
    complete: bool = False
    conversion: Conversion | None = None

    @classmethod
    def wrap(cls, picture: Array | PhotoLike, screen: bytes | None = None) -> Pyramid:
        """The full size alone, at once and without copying. Raises ValueError for what is not a picture.

        Photos are shown through their ICC profile, `icc`, and arrays as sRGB, on a screen of the profile `screen`;
        sRGB if None.
        """
        if isinstance(picture, np.ndarray):
            planes, profile = _checked(picture, None), None
        elif isinstance(picture, PhotoLike):
            planes, profile = _checked(picture.pixels, picture.alpha), getattr(picture, "icc", None)
        else:
            raise ValueError(f"neither an array nor a photo: {type(picture).__name__}")
        return cls(*planes, conversion=conversion(profile, planes[0].ndim == 2, screen))

    @classmethod
    def build(cls, picture: Array | PhotoLike, screen: bytes | None = None) -> Pyramid:
        """With every level down to a long side of 512 px. Raises ValueError for what is not a picture."""
        return cls.wrap(picture, screen).completed()

    @classmethod
    def unfilled(cls, picture: Array | PhotoLike, screen: bytes | None = None) -> Pyramid:
        """Of a picture that is not there yet: with levels that `refresh` fills. Takes memory only as they are."""
        bare = cls.wrap(picture, screen)
        pixel: _Level = bare._base
        form = pixel.crop(slice(1), slice(1)).shape[2:]
        levels, size = [], bare.size
        while max(size) > SMALLEST_LEVEL:
            size = (size[0] + 1) // 2, (size[1] + 1) // 2
            levels.append(np.zeros((*size[::-1], *form), np.uint8))
        return replace(bare, levels=tuple(levels), complete=True)

    def completed(self) -> Pyramid:
        """The same picture with its levels; about 0.1 s for 100 megapixels, on any thread."""
        if self.complete:
            return self
        levels: list[Array] = []
        longest = max(self.width, self.height)
        while longest > SMALLEST_LEVEL:
            levels.append(_halved(levels[-1]) if levels else self._first_level())
            longest = (longest + 1) // 2
        return replace(self, levels=tuple(levels), complete=True)

    def refresh(self, rows: slice, columns: slice) -> None:
        """Takes pixels of the full size that have changed over into the levels. On one thread at a time.

        Who draws meanwhile on another thread may see part of the change.
        """
        upper: _Level = self._base
        for level in self.levels:
            height, width = upper.colour.shape[:2]
            # Whole pairs of pixels, which halve to whole pixels; an odd last one stands for two.
            rows = slice(rows.start // 2 * 2, min(rows.stop + rows.stop % 2, height))
            columns = slice(columns.start // 2 * 2, min(columns.stop + columns.stop % 2, width))
            halves = _halved(upper.crop(rows, columns))
            rows = slice(rows.start // 2, rows.start // 2 + halves.shape[0])
            columns = slice(columns.start // 2, columns.start // 2 + halves.shape[1])
            level[rows, columns] = halves
            upper = _Level(level, ready=True)

    @property
    def width(self) -> int:
        return int(self.colour.shape[1])

    @property
    def height(self) -> int:
        return int(self.colour.shape[0])

    @property
    def size(self) -> tuple[int, int]:
        return self.width, self.height

    @property
    def translucent(self) -> bool:
        return self.alpha is not None or (self.colour.ndim == 3 and self.colour.shape[2] == 4)

    def sample(self, zoom: tuple[float, float], box: Box, sampling: Sampling = Sampling.SMOOTH) -> Array:
        """The device pixels `box` (counted from the picture's corner) at `zoom` (x, y) device pixels per own pixel.

        Returns (box.height, box.width, 4) uint8 BGRA, premultiplied.
        """
        if sampling is Sampling.SQUARES:
            return _squares(self._base, zoom, box)
        draft = sampling is Sampling.DRAFT or box.width * box.height > AVERAGED_UP_TO
        # Converting colours takes longer than all the rest: in motion levels, which are converted, are drawn enlarged.
        level = self._level(max(zoom) / 2 if draft and self.conversion is not None and self.levels else max(zoom))
        return _smooth(level, (zoom[0] * level.factor, zoom[1] * level.factor), box, draft)

    def colour_at(self, x: float, y: float) -> tuple[int, int, int]:
        """Red, green and blue, 0..255 and not premultiplied, at a place given as 0..1 of width and height."""
        column, row = min(int(x * self.width), self.width - 1), min(int(y * self.height), self.height - 1)
        pixel = self.colour[row : row + 1, column : column + 1]
        values = [int(value) for value in _eight_bit(pixel).reshape(-1)]
        return (values[0], values[1], values[2]) if len(values) >= 3 else (values[0], values[0], values[0])

    def _level(self, zoom: float) -> _Level:
        """The smallest level that still has at least a pixel for every device pixel."""
        base = self._base
        if zoom >= 1:
            return base
        if self.complete:
            halvings = min(math.floor(math.log2(1 / zoom) + 1e-9), len(self.levels))
            return _Level(self.levels[halvings - 1], None, 2**halvings, ready=True) if halvings else base
        step = math.floor(1 / zoom + 1e-9)
        if step == 1:
            return base
        first = slice(min(step // 2, self.height - 1), None, step), slice(min(step // 2, self.width - 1), None, step)
        return base._replace(
            colour=self.colour[first], alpha=None if self.alpha is None else self.alpha[first], factor=step
        )

    @property
    def _base(self) -> _Level:
        return _Level(self.colour, self.alpha, conversion=self.conversion)

    def _first_level(self) -> Array:
        stripes = (slice(top, top + STRIPE_ROWS) for top in range(0, self.height, STRIPE_ROWS))
        halves = [
            _halved(_display(self.colour[rows], None if self.alpha is None else self.alpha[rows], self.conversion))
            for rows in stripes
        ]
        return np.concatenate(halves) if len(halves) > 1 else halves[0]


def _checked(colour: Array, alpha: Array | None) -> tuple[Array, Array | None]:
    if colour.ndim == 3 and colour.shape[2] == 1:
        colour = colour[:, :, 0]
    if colour.ndim not in (2, 3) or (colour.ndim == 3 and colour.shape[2] not in (3, 4)) or 0 in colour.shape:
        raise ValueError(f"not (H, W), (H, W, 3) or (H, W, 4): {colour.shape}")
    if alpha is not None and (alpha.shape != colour.shape[:2] or colour.shape[2:] == (4,)):
        raise ValueError(f"alpha {alpha.shape} beside pixels {colour.shape}")
    for plane in (colour, alpha):
        if plane is not None and plane.dtype not in (np.uint8, np.uint16):
            raise ValueError(f"neither uint8 nor uint16: {plane.dtype}")
    return colour, alpha


def _display(colour: Array, alpha: Array | None, conversion: Conversion | None) -> Array:
    """Full-size pixels as 8 bit, premultiplied where there is an alpha; 8 bit, opaque and sRGB ones as they are."""
    colour = _eight_bit(colour)
    if conversion is not None:
        if colour.ndim == 3 and colour.shape[2] == 4:
            colour, alpha = colour[:, :, :3], colour[:, :, 3]
        colour = conversion(colour)
    if alpha is not None:
        if colour.ndim == 2:
            colour = cv2.cvtColor(colour, cv2.COLOR_GRAY2RGB)
        colour = cv2.merge([colour, _eight_bit(alpha)])
    if colour.ndim == 3 and colour.shape[2] == 4:
        return cv2.cvtColor(colour, cv2.COLOR_RGBA2mRGBA)
    return colour


def _eight_bit(plane: Array) -> Array:
    return plane if plane.dtype == np.uint8 else cv2.convertScaleAbs(np.ascontiguousarray(plane), alpha=1 / 257)


def _halved(picture: Array) -> Array:
    """Half the size, rounded up: an odd last row or column counts twice, so that the scale is exactly 2."""
    height, width = picture.shape[:2]
    if height % 2 or width % 2:
        picture = cv2.copyMakeBorder(picture, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
    return cv2.resize(picture, ((width + 1) // 2, (height + 1) // 2), interpolation=cv2.INTER_AREA)


def _span(start: int, length: int, scale: float, size: int) -> tuple[int, int, int]:
    """First and last + 1 pixel to read along one side, and how far into the resized crop the wanted part begins.

    cv2.resize lets its output begin exactly at the crop's edge. So the crop begins, within a few pixels, where that
    edge comes closest to a device pixel's edge: off by less than 1/32 of one, too little to see.
    """
    latest = min(max(math.floor(start / scale) - CROP_MARGIN, 0), size - 1)
    candidates = np.arange(max(latest - ALIGN_CANDIDATES, 0), latest + 1)
    edges = candidates * scale
    best = int(np.argmin(np.abs(edges - np.rint(edges))))
    first = int(candidates[best])
    last = min(math.ceil((start + length) / scale) + CROP_MARGIN, size)
    return first, max(last, first + 1), start - round(first * scale)


def _smooth(level: _Level, scale: tuple[float, float], box: Box, draft: bool) -> Array:
    height, width = level.colour.shape[:2]
    x0, x1, left = _span(box.left, box.width, scale[0], width)
    y0, y1, top = _span(box.top, box.height, scale[1], height)
    if min((x1 - x0) * scale[0], (y1 - y0) * scale[1]) < 1:
        return _squares(level, scale, box)  # thinner than a pixel: nothing to interpolate
    late = level.conversion is not None and level.alpha is None and level.colour.shape[2:] != (4,) and max(scale) < 1
    if late:
        level, conversion = level._replace(conversion=None), level.conversion
    crop = level.crop(slice(y0, y1), slice(x0, x1))
    resized = _resized(crop, scale, draft)
    if late and conversion is not None:
        resized = conversion(resized)  # of fewer pixels
    if resized.ndim == 3 and resized.shape[2] == 4:
        resized = _premultiplied(resized)
    part = resized[top : top + box.height, left : left + box.width]
    below, beside = box.height - part.shape[0], box.width - part.shape[1]
    if below > 0 or beside > 0:
        part = cv2.copyMakeBorder(part, 0, max(below, 0), 0, max(beside, 0), cv2.BORDER_REPLICATE)
    return _bgra(part)


def _resized(crop: Array, scale: tuple[float, float], draft: bool) -> Array:
    """`crop` enlarged or reduced by exactly `scale`; the last pixels of an uneven size are rounded."""
    if scale == (1.0, 1.0):
        return crop
    if min(scale) <= 0.5:
        return cv2.resize(crop, None, fx=scale[0], fy=scale[1], interpolation=cv2.INTER_AREA)
    if draft and max(scale) < 1:
        return cv2.resize(crop, None, fx=scale[0], fy=scale[1], interpolation=cv2.INTER_LINEAR)
    if max(scale) >= AVERAGED_BELOW:
        return cv2.resize(crop, None, fx=scale[0], fy=scale[1], interpolation=cv2.INTER_CUBIC)
    # Four bicubic samples per pixel: INTER_AREA, made for this, takes three times as long unless the factor is whole,
    # and is blurrier (0.3 to 1 dB on photos, against Lanczos).
    double = cv2.resize(crop, None, fx=2 * scale[0], fy=2 * scale[1], interpolation=cv2.INTER_CUBIC)
    return _halved(double[: max(1, double.shape[0] // 2 * 2), : max(1, double.shape[1] // 2 * 2)])


def _premultiplied(picture: Array) -> Array:
    """No colour above its alpha: where bicubic overshoots, drawing would otherwise wrap around."""
    *colours, alpha = cv2.split(picture)
    return cv2.merge([*(cv2.min(colour, alpha) for colour in colours), alpha])


def _squares(level: _Level, scale: tuple[float, float], box: Box) -> Array:
    height, width = level.colour.shape[:2]
    columns = pixel_indices(box.left, box.width, scale[0], width)
    rows = pixel_indices(box.top, box.height, scale[1], height)
    crop = level.crop(slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    # Four bytes are moved as one number, three are not: converting first is the faster order.
    packed: Array = _bgra(crop).view(np.uint32)[:, :, 0]
    spread: Array = packed.take(columns - columns[0], axis=1).take(rows - rows[0], axis=0)
    return spread.view(np.uint8).reshape(box.height, box.width, 4)


def pixel_indices(start: int, length: int, scale: float, size: int) -> npt.NDArray[np.intp]:
    """(length,) the picture pixel, of `size`, in which each device pixel's centre lies."""
    centres = (np.arange(start, start + length) + 0.5) / scale
    indices: npt.NDArray[np.intp] = np.clip(np.floor(centres), 0, size - 1).astype(np.intp)
    return indices


def _bgra(picture: Array) -> Array:
    if picture.ndim == 2:
        return cv2.cvtColor(picture, cv2.COLOR_GRAY2BGRA)
    return cv2.cvtColor(picture, cv2.COLOR_RGBA2BGRA if picture.shape[2] == 4 else cv2.COLOR_RGB2BGRA)
