"""Pixels of 8 bits or fewer as Pillow decodes them."""

from __future__ import annotations

from typing import BinaryIO, cast

import numpy as np
from PIL import Image

from desktop.core.photo.containers.base import Planes, Space
from desktop.core.photo.photo import Fidelity
from desktop.core.photo.source import Spliced

_SPACES: dict[str, Space] = {"L": "grey", "RGB": "RGB", "CMYK": "CMYK", "LAB": "LAB"}


def opened(stream: BinaryIO | Spliced, kind: str) -> Image.Image:
    """The picture, not decoded yet. ``kind``: Pillow's name of the only format that it may be."""
    # The size was checked by whoever asks for pixels, where Pillow's own cap would refuse large scans.
    Image.MAX_IMAGE_PIXELS = None
    return Image.open(cast(BinaryIO, stream), formats=(kind,))


def planes_of(image: Image.Image) -> Planes:
    """Decodes an opened picture. Raises KeyError for a mode that is no photo's, and what Pillow raises for damage."""
    transparent = "transparency" in image.info
    image.load()
    mode = image.mode
    fidelity = Fidelity()
    if mode == "1":
        fidelity = fidelity.and_converted("bit depth", "1 bit to 8 bit grey")
    elif mode in ("P", "PA"):
        fidelity = fidelity.and_converted("palette", "to full colour")
    if mode in ("RGBA", "LA"):
        pass
    elif mode in ("PA", "RGBa", "La") or (mode in ("P", "RGB") and transparent):
        image = image.convert("LA" if mode == "La" else "RGBA")
    elif mode in ("1", "L"):
        image = image.convert("LA" if transparent else "L")
    elif mode in ("P", "RGBX", "YCbCr"):
        image = image.convert("RGB")
    array = np.asarray(image)
    if image.mode in ("RGBA", "LA"):
        colours = array[..., :3] if image.mode == "RGBA" else array[..., 0]
        space: Space = "RGB" if image.mode == "RGBA" else "grey"
        return Planes(np.ascontiguousarray(colours), np.ascontiguousarray(array[..., -1]), space, fidelity)
    return Planes(array, None, _SPACES[image.mode], fidelity)
