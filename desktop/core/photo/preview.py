"""Small pictures of photos, for lists."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from desktop.core import errors
from desktop.core.photo.formats import READABLE


@dataclass(frozen=True, eq=False)
class Thumbnail:
    """An upright small picture, (H, W, 4) uint8 RGBA, and the upright size in pixels of the photo it stands for."""

    pixels: NDArray[np.uint8]
    width: int
    height: int


def thumbnail(path: Path, side: int, max_megapixels: int) -> Thumbnail:
    """A picture of at most ``side`` pixels a side; JPEGs are decoded at reduced size, which is many times faster.

    Raises:
        UnreadablePhotoError: there is none to be had, for whatever reason; reading the photo itself says why.
    """
    unreadable = errors.UnreadablePhotoError("“{name}” cannot be shown.", name=path.name)
    try:
        if not path.is_file():
            raise unreadable
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            Image.MAX_IMAGE_PIXELS = None  # the check below takes its place, as in read
            with Image.open(io.BytesIO(path.read_bytes()), formats=READABLE) as image:
                return _shrunk(image, side, max_megapixels, unreadable)
    except errors.RekindleError:
        raise
    except Exception as error:  # a list without one little picture is no reason for anything to fail
        raise unreadable from error


def _shrunk(image: Any, side: int, max_megapixels: int, unreadable: errors.RekindleError) -> Thumbnail:
    width, height = image.size
    if width * height > max_megapixels * 1_000_000:
        raise unreadable
    # Pillow turns a TIFF by itself, its size from the beginning and its pixels while loading them.
    stored = image.format != "TIFF"
    turned = stored and image.getexif().get(0x0112, 1) in (5, 6, 7, 8)
    image.draft(None, (side * 2, side * 2))
    if image.mode == "I;16":
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    small = image.convert("RGBA")
    small.thumbnail((side, side), Image.Resampling.BOX, reducing_gap=2)
    if stored:
        ImageOps.exif_transpose(small, in_place=True)
    return Thumbnail(np.array(small), *((height, width) if turned else (width, height)))
