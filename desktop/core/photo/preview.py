"""Small pictures of photos, for lists."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from desktop.core import errors
from desktop.core.photo import colour
from desktop.core.photo.containers.base import Container, Planes
from desktop.core.photo.containers.opening import opened
from desktop.core.photo.depth import as_8_bit
from desktop.core.photo.looks import SizeCheck, Thumbnail
from desktop.core.photo.read import explained, turn
from desktop.core.photo.source import Source

_AVERAGED = ("L", "RGB", "RGBA", "CMYK")


def thumbnail(path: Path, side: int, max_megapixels: int, announce: SizeCheck | None = None) -> Thumbnail:
    """A picture of at most ``side`` pixels a side; JPEGs are decoded at reduced size, which is many times faster.

    Args:
        announce: called before anything is decoded.

    Raises:
        UnreadablePhotoError: there is none to be had, for whatever reason; reading the photo itself says why.
    """
    unreadable = errors.UnreadablePhotoError("“{name}” cannot be shown.", name=path.name)
    try:
        with Source(path) as source, explained(source):
            container = opened(source)
            if container.header.pixels > max_megapixels * 1_000_000:
                raise unreadable
            if announce is not None:
                announce(container.header)
            return _shrunk(container, side)
    except Exception as error:  # a list without one little picture is no reason for anything to fail
        raise unreadable from error


def _shrunk(container: Container, side: int) -> Thumbnail:
    image = container.small(side * 2) or _whole(container)
    # Shrunk before it is converted, where pixels can be averaged as they are: a large one twice over is too much.
    small = image if image.mode in _AVERAGED and "transparency" not in image.info else image.convert("RGBA")
    small.thumbnail((side, side), Image.Resampling.BOX, reducing_gap=2)
    if small.mode == "CMYK":
        coloured = colour.settled(Planes(np.asarray(small), None, "CMYK"), container.carried().icc)
        small = Image.fromarray(coloured.pixels)
    pixels = np.asarray(small.convert("RGBA"))
    return Thumbnail(turn(pixels, 1 if container.gives_upright else container.orientation), *container.upright_size)


def _whole(container: Container) -> Image.Image:
    coloured = colour.settled(container.planes(), container.carried().icc)
    pixels = as_8_bit(coloured.pixels)
    return Image.fromarray(pixels if coloured.alpha is None else np.dstack([pixels, as_8_bit(coloured.alpha)]))
