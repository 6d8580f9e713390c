"""From one number of bits to another, and from transparent to opaque."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

_BAND_VALUES = 2**21


def as_8_bit(plane: NDArray[Any]) -> NDArray[np.uint8]:
    """The same picture with 8 bits a channel, rounded."""
    if plane.dtype == np.uint8:
        return plane
    result = np.empty(plane.shape, np.uint8)
    for band in bands(plane):
        # 65535 / 257 = 255 exactly; 257 is odd, so there are no ties to round.
        result[band] = (plane[band].astype(np.uint32) + 128) // 257
    return result


def over_white(pixels: NDArray[Any], alpha: NDArray[Any]) -> NDArray[Any]:
    """Straight colours laid over white."""
    top = np.iinfo(pixels.dtype).max
    result = np.empty_like(pixels)
    for band in bands(pixels):
        weight = alpha[band].astype(np.float32) / top
        weight = weight[..., None] if pixels.ndim == 3 else weight
        result[band] = np.rint(pixels[band] * weight + top * (1 - weight))
    return result


def bands(plane: NDArray[Any]) -> Iterator[slice]:
    """Its rows, some at a time, for what would take several times its room if it were done at once."""
    rows = max(1, _BAND_VALUES // max(1, plane[:1].size))
    return (slice(top, top + rows) for top in range(0, plane.shape[0], rows))


def as_16_bit(plane: NDArray[Any], bits: int) -> NDArray[np.uint16]:
    """Values of 9 to 16 bits stretched to the full range of 16: black stays 0, white becomes 65535."""
    if bits < 16:
        plane = (plane << (16 - bits)) | (plane >> (2 * bits - 16))
    return plane.astype(np.uint16, copy=False)
