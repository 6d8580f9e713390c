"""A photo turned by some degrees and cut to a part of it, before anything else is done with it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop.core import errors
from desktop.core.opencv import cv2
from desktop.core.photo.photo import Fidelity, Photo

Size = tuple[int, int]
Box = tuple[int, int, int, int]
"""Left, top, width and height in pixels."""

MOST_DEGREES = 45.0
# OpenCV turns pictures of fewer than 32,767 pixels a side only, and a piece of this size stays in the cache.
_PIECE = 512
# Lanczos of eight pixels looks so far to each side.
_REACH = 4


@dataclass(frozen=True)
class Cut:
    """What is asked for.

    Attributes:
        degrees: by which the photo is turned clockwise, -45 to 45; then the largest upright rectangle is taken that
            has no empty corner.
        box: the part of what is left that is kept; None for all of it.
    """

    degrees: float = 0.0
    box: Box | None = None

    def __bool__(self) -> bool:
        return bool(self.degrees) or self.box is not None

    def size(self, size: Size, name: str = "") -> Size:
        """What is left of an upright photo of this size.

        Raises:
            OutsideError: the part lies outside the photo; ``name`` says which.
        """
        left = inner_size(size, self.degrees)
        if self.box is None:
            return left
        x, y, width, height = self.box
        if x < 0 or y < 0 or width < 1 or height < 1 or x + width > left[0] or y + height > left[1]:
            raise errors.OutsideError(
                "“{name}” has {width} × {height} pixels, and the part that was chosen reaches beyond them. Choose the "
                "part again.",
                name=name,
                width=left[0],
                height=left[1],
            )
        return width, height

    def told(self, before: Fidelity, size: Size) -> Fidelity:
        """The account of a photo of this size with what this does to it."""
        told = before
        if self.degrees:
            way = "clockwise" if self.degrees > 0 else "anticlockwise"
            told = told.and_converted("straightened", f"turned {way} by {abs(self.degrees):g}°, as you chose")
        left = self.size(size)
        if left != size:
            words = f"{left[0]} × {left[1]} of {size[0]} × {size[1]} pixels, as you chose"
            told = told.and_converted("part", words)
        return told


def inner_size(size: Size, degrees: float) -> Size:
    """Width and height of the largest upright rectangle inside a picture of ``size`` turned by so many degrees."""
    if not degrees:
        return size
    width, height = size
    angle = math.radians(abs(degrees))
    sine, cosine = math.sin(angle), math.cos(angle)
    long, short = max(size), min(size)
    if short <= 2 * sine * cosine * long:
        # So long and thin that only two of its corners touch, both on the long sides.
        half = short / 2
        wide, high = (half / sine, half / cosine) if width >= height else (half / cosine, half / sine)
    else:
        double = cosine * cosine - sine * sine
        wide, high = (width * cosine - height * sine) / double, (height * cosine - width * sine) / double
    return max(1, math.floor(wide + 1e-9)), max(1, math.floor(high + 1e-9))


def cut_out(photo: Photo, cut: Cut) -> Photo:
    """The photo turned and cut. What is cut only keeps its pixels as they are. Raises OutsideError."""
    if not cut:
        return photo
    size = cut.size((photo.width, photo.height))
    if cut.degrees:
        pixels, alpha = _turned(photo, cut, size)
    else:
        assert cut.box is not None
        pixels, alpha = part_of(photo, cut.box)
    return replace(photo, pixels=pixels, alpha=alpha)


def part_of(photo: Photo, box: Box) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """Pixels and alpha of a part, as they are."""
    x, y, width, height = box
    rows, columns = slice(y, y + height), slice(x, x + width)
    alpha = np.ascontiguousarray(photo.alpha[rows, columns]) if photo.alpha is not None else None
    return np.ascontiguousarray(photo.pixels[rows, columns]), alpha


def _turned(photo: Photo, cut: Cut, size: Size) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """By interpolation, colours weighted with alpha."""
    inner = inner_size((photo.width, photo.height), cut.degrees)
    x, y = cut.box[:2] if cut.box is not None else (0, 0)
    # From the middle of a pixel of the result to where its colour lies in the photo, as OpenCV counts: pixel 0 is at 0.
    angle = math.radians(cut.degrees)
    sine, cosine = math.sin(angle), math.cos(angle)
    across, down = x + 0.5 - inner[0] / 2, y + 0.5 - inner[1] / 2
    matrix = np.array(
        [
            [cosine, sine, photo.width / 2 - 0.5 + cosine * across + sine * down],
            [-sine, cosine, photo.height / 2 - 0.5 - sine * across + cosine * down],
        ]
    )
    pixels = np.empty((size[1], size[0], *photo.pixels.shape[2:]), photo.pixels.dtype)
    alpha = np.empty((size[1], size[0]), photo.alpha.dtype) if photo.alpha is not None else None
    for rows, columns in _pieces(size):
        source, local = _seen(photo, matrix, rows, columns)
        shape = columns.stop - columns.start, rows.stop - rows.start
        if photo.alpha is None or alpha is None:
            pixels[rows, columns] = _warped(photo.pixels[source], local, shape)
        else:
            pixels[rows, columns], alpha[rows, columns] = _warped_under(
                photo.pixels[source], photo.alpha[source], local, shape
            )
    return pixels, alpha


def _pieces(size: Size) -> Iterator[tuple[slice, slice]]:
    for top in range(0, size[1], _PIECE):
        for left in range(0, size[0], _PIECE):
            yield slice(top, min(size[1], top + _PIECE)), slice(left, min(size[0], left + _PIECE))


def _seen(
    photo: Photo, matrix: NDArray[Any], rows: slice, columns: slice
) -> tuple[tuple[slice, slice], NDArray[np.float64]]:
    """The part of the photo that a piece of the result needs, and the way there within it."""
    corners = [[left, top, 1] for left in (columns.start, columns.stop - 1) for top in (rows.start, rows.stop - 1)]
    found = matrix @ np.array(corners, float).T
    first = np.floor(found.min(axis=1)).astype(int) - _REACH
    last = np.ceil(found.max(axis=1)).astype(int) + _REACH + 1
    x, y = max(0, int(first[0])), max(0, int(first[1]))
    local = matrix.copy()
    local[:, 2] = matrix @ (columns.start, rows.start, 1) - (x, y)
    return (slice(y, min(photo.height, int(last[1]))), slice(x, min(photo.width, int(last[0])))), local


def _warped(plane: NDArray[Any], matrix: NDArray[np.float64], size: Size) -> NDArray[Any]:
    how = cv2.INTER_LANCZOS4 | cv2.WARP_INVERSE_MAP
    result: NDArray[Any] = cv2.warpAffine(plane, matrix, size, flags=how, borderMode=cv2.BORDER_REPLICATE)
    return result


def _warped_under(
    pixels: NDArray[Any], alpha: NDArray[Any], matrix: NDArray[np.float64], size: Size
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Colours that count as much as they can be seen; where nothing can, as they are."""
    top = int(np.iinfo(alpha.dtype).max)
    weight = (alpha.astype(np.float32) + 1e-3 * top) / top
    spread = weight[..., None] if pixels.ndim == 3 else weight
    weighted = _warped(pixels.astype(np.float32) * spread, matrix, size)
    turned = _warped(weight, matrix, size)
    divisor = np.maximum(turned, 5e-4)
    divided = weighted / (divisor[..., None] if pixels.ndim == 3 else divisor)
    return (
        np.clip(np.rint(divided), 0, top).astype(pixels.dtype),
        np.clip(np.rint(turned * top - 1e-3 * top), 0, top).astype(alpha.dtype),
    )
