"""From one number of bits to another."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def as_8_bit(plane: NDArray[Any]) -> NDArray[np.uint8]:
    """The same picture with 8 bits a channel, rounded."""
    if plane.dtype == np.uint8:
        return plane
    # 65535 / 257 = 255 exactly; 257 is odd, so there are no ties to round.
    return ((plane.astype(np.uint32) + 128) // 257).astype(np.uint8)


def as_16_bit(plane: NDArray[Any], bits: int) -> NDArray[np.uint16]:
    """Values of 9 to 16 bits stretched to the full range of 16: black stays 0, white becomes 65535."""
    if bits < 16:
        plane = (plane << (16 - bits)) | (plane >> (2 * bits - 16))
    return plane.astype(np.uint16, copy=False)
