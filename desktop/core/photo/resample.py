"""The last step to an exact size: a photo made a little smaller, and put on white paper."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from desktop.core.cancel import CancelToken
from desktop.core.photo.photo import Photo

Size = tuple[int, int]

# Values of the result that are computed at once, as floats: a few megabytes with all that they take on the way, and a
# third faster than where they do not stay in the processor's cache.
_BAND_VALUES = 2**19
# Lanczos looks at three pixels on each side, of whichever of the two pictures is the coarser one.
_REACH = 3
# What nobody can see has still this much weight, so that it keeps a colour of its own.
_HIDDEN = 1e-3


def resampled(photo: Photo, size: Size, cancel: CancelToken | None = None) -> Photo:
    """The photo with ``size`` pixels, width and height, by Lanczos' filter, in floats, rounded once.

    Colours are weighted with alpha. A grey photo stays grey. Takes some megabytes beside the result.

    Raises:
        CancelledError: ``cancel`` was used.
    """
    if size == (photo.width, photo.height):
        return photo
    width, height = size
    pixels = np.empty((height, width, *photo.pixels.shape[2:]), photo.pixels.dtype)
    alpha = np.empty((height, width), photo.alpha.dtype) if photo.alpha is not None else None
    step = photo.height / height
    reach = math.ceil(_REACH * max(1.0, step)) + 1
    for rows in _bands(height, max(1, width)):
        if cancel is not None:
            cancel.check()
        first = max(0, math.floor(rows.start * step) - reach)
        last = min(photo.height, math.ceil(rows.stop * step) + reach)
        box = (0.0, rows.start * step - first, float(photo.width), rows.stop * step - first)
        target = width, rows.stop - rows.start
        colours = photo.pixels[first:last]
        if photo.alpha is None or alpha is None:
            for channel, plane in _channels(colours):
                _channel(pixels, channel)[rows] = _rounded(_resized(plane, target, box), pixels.dtype)
            continue
        top = float(np.iinfo(photo.alpha.dtype).max)
        weight = photo.alpha[first:last].astype(np.float32) / top + _HIDDEN
        seen = _resized(weight, target, box)
        alpha[rows] = _rounded((seen - _HIDDEN) * top, alpha.dtype)
        np.maximum(seen, _HIDDEN / 2, out=seen)
        for channel, plane in _channels(colours):
            weighted = _resized(plane * weight, target, box)
            _channel(pixels, channel)[rows] = _rounded(weighted / seen, pixels.dtype)
    grown = photo.factors[0] * width / photo.width, photo.factors[1] * height / photo.height
    return replace(photo, pixels=pixels, alpha=alpha, factors=grown)


def on_paper(photo: Photo, size: Size) -> Photo:
    """The photo in the middle of white, opaque paper of ``size`` pixels, which it must not be larger than."""
    if size == (photo.width, photo.height):
        return photo
    top = np.iinfo(photo.pixels.dtype).max
    x, y = (size[0] - photo.width) // 2, (size[1] - photo.height) // 2
    place = slice(y, y + photo.height), slice(x, x + photo.width)
    pixels = np.full((size[1], size[0], *photo.pixels.shape[2:]), top, photo.pixels.dtype)
    pixels[place] = photo.pixels
    alpha = None
    if photo.alpha is not None:
        alpha = np.full((size[1], size[0]), top, photo.alpha.dtype)
        alpha[place] = photo.alpha
    return replace(photo, pixels=pixels, alpha=alpha)


def _bands(height: int, width: int) -> Iterator[slice]:
    rows = max(16, _BAND_VALUES // width)
    return (slice(top, min(height, top + rows)) for top in range(0, height, rows))


def _channels(planes: NDArray[Any]) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """One at a time: a float takes four times the room of a grey level."""
    for channel in range(planes.shape[2] if planes.ndim == 3 else 1):
        yield channel, _channel(planes, channel).astype(np.float32)


def _channel(planes: NDArray[Any], channel: int) -> NDArray[Any]:
    return planes[..., channel] if planes.ndim == 3 else planes


def _resized(plane: NDArray[np.float32], size: Size, box: tuple[float, float, float, float]) -> NDArray[np.float32]:
    picture = Image.fromarray(np.ascontiguousarray(plane, np.float32))
    return np.array(picture.resize(size, Image.Resampling.LANCZOS, box=box), np.float32)


def _rounded(values: NDArray[np.float32], dtype: np.dtype[Any]) -> NDArray[Any]:
    return np.clip(np.rint(values), 0, np.iinfo(dtype).max).astype(dtype)
