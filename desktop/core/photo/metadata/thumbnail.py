"""The small picture inside EXIF, XMP and Photoshop's data, made from the result."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray
from PIL import Image

from desktop.core.opencv import cv2
from desktop.core.photo.depth import as_8_bit

_SIDE = 160
_LARGEST = 24_000
_QUALITIES = (85, 70, 50, 30)


@dataclass(frozen=True)
class Small:
    """A JPEG and its size in pixels."""

    jpeg: bytes
    width: int
    height: int


def small_of(pixels: NDArray[Any]) -> Small:
    """A picture of at most 160 pixels a side, as EXIF has it."""
    height, width = pixels.shape[:2]
    part = min(1.0, _SIDE / max(width, height))
    size = max(1, round(width * part)), max(1, round(height * part))
    # What is far too large is thinned out first: averaging all of it would take longer than anybody needs.
    step = max(1, max(width, height) // (8 * _SIDE))
    shrunk = cv2.resize(as_8_bit(pixels[::step, ::step]), size, interpolation=cv2.INTER_AREA)
    image = Image.fromarray(shrunk.reshape(size[1], size[0], *pixels.shape[2:]))
    for quality in _QUALITIES:
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=quality)
        if buffer.tell() <= _LARGEST:
            break
    return Small(buffer.getvalue(), *size)
