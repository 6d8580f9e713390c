"""Pixels of 16 bits a channel, which Pillow would cut down to 8 (all but its "I;16" grey)."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image
from PIL.TiffImagePlugin import TiffImageFile

from desktop.core import errors
from desktop.core.opencv import cv2

_PNG_BIT_DEPTH_AT, _PNG_COLOUR_TYPE_AT = 24, 25  # in the IHDR chunk, which always comes first
_PNG_GREY_ALPHA = 4
_BITS_PER_SAMPLE, _PHOTOMETRIC, _EXTRA_SAMPLES, _SAMPLE_FORMAT = 258, 262, 338, 339
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB = 0, 1, 2
_UNSPECIFIED, _ASSOCIATED_ALPHA = 0, 1
_UNSIGNED = 1


def is_deep(content: bytes, image: Image.Image) -> bool:
    """Whether the opened image has 16 bits a channel."""
    if image.format == "PNG":
        return content[_PNG_BIT_DEPTH_AT] == 16
    if isinstance(image, TiffImageFile):
        return 16 in _as_tuple(image.tag_v2.get(_BITS_PER_SAMPLE, 1))
    return False


def is_whole_tiff(content: bytes) -> bool:
    """Whether this is a well-formed TIFF, of whatever kind: what Pillow does not know need not be damaged."""
    try:
        with tifffile.TiffFile(io.BytesIO(content)) as file:
            return bool(file.pages.first.shape)
    except Exception:  # tifffile lets the errors of its parsers through
        return False


def decode_deep(content: bytes, image: Image.Image, path: Path) -> tuple[NDArray[np.uint16], NDArray[np.uint16] | None]:
    """Pixels ((H, W, 3) RGB or (H, W) grey, uint16) and alpha ((H, W) or None), as stored, not turned.

    Raises:
        UnsupportedFormatError: a layout that is rarely a photo (16-bit CMYK, signed or floating point).
        ValueError, OSError, cv2.error: the file is damaged.
    """
    if isinstance(image, TiffImageFile):
        return _tiff(content, image, path)
    planes = _opencv(content)
    if planes.ndim == 3 and content[_PNG_COLOUR_TYPE_AT] == _PNG_GREY_ALPHA:
        return np.ascontiguousarray(planes[..., 0]), np.ascontiguousarray(planes[..., 3])
    pixels, alpha = _split(planes)
    key = image.info.get("transparency")
    if alpha is None and pixels.ndim == 2 and isinstance(key, int):  # OpenCV heeds it in colour pictures only
        alpha = np.where(pixels == key, 0, 65535).astype(np.uint16)
    return pixels, alpha


def _opencv(content: bytes) -> NDArray[np.uint16]:
    """OpenCV's decoding, (H, W), (H, W, 3) RGB or (H, W, 4) RGBA."""
    planes = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    if planes is None or planes.dtype != np.uint16:
        raise ValueError("not decoded as 16 bit")
    if planes.ndim == 3:
        planes = cv2.cvtColor(planes, cv2.COLOR_BGR2RGB if planes.shape[2] == 3 else cv2.COLOR_BGRA2RGBA)
    return np.asarray(planes, np.uint16)


def _tiff(content: bytes, image: TiffImageFile, path: Path) -> tuple[NDArray[np.uint16], NDArray[np.uint16] | None]:
    tags = image.tag_v2
    photometric = tags.get(_PHOTOMETRIC)
    formats = set(_as_tuple(tags.get(_SAMPLE_FORMAT, _UNSIGNED)))
    if photometric not in (_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB) or formats != {_UNSIGNED}:
        raise errors.UnsupportedFormatError(
            "“{name}” is a 16-bit TIFF of a kind Rekindle cannot read. Save it as 16-bit RGB or grey first.",
            name=path.name,
        )
    with tifffile.TiffFile(io.BytesIO(content)) as file:
        page = file.pages[0]
        try:
            planes = np.asarray(page.asarray())
            if planes.ndim == 3 and getattr(page, "planarconfig", 1) == 2:
                planes = np.moveaxis(planes, 0, -1)
        except ValueError as error:
            if "imagecodecs" not in str(error):
                raise
            planes = _opencv(content)  # LZW and its like, which OpenCV brings and tifffile would need a package for
    if planes.dtype != np.uint16 or planes.ndim not in (2, 3):
        raise ValueError("not a plain 16-bit picture")
    if photometric == _WHITE_IS_ZERO:
        planes = 65535 - planes
    pixels, alpha = _split(planes)
    extra = _as_tuple(tags.get(_EXTRA_SAMPLES, 0))
    if extra[0] == _UNSPECIFIED:
        return pixels, None
    if alpha is not None and extra[0] == _ASSOCIATED_ALPHA:
        pixels = _straight(pixels, alpha)
    return pixels, alpha


def _split(planes: NDArray[np.uint16]) -> tuple[NDArray[np.uint16], NDArray[np.uint16] | None]:
    """Separates alpha. Takes (H, W) or (H, W, 1 to 4)."""
    if planes.ndim == 2:
        return np.ascontiguousarray(planes), None
    channels = planes.shape[2]
    if channels > 4:
        raise ValueError(f"{channels} channels are not a photo")
    colours = planes[..., :3] if channels >= 3 else planes[..., 0]
    alpha = np.ascontiguousarray(planes[..., -1]) if channels in (2, 4) else None
    return np.ascontiguousarray(colours), alpha


def _straight(pixels: NDArray[np.uint16], alpha: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Undoes premultiplied colours."""
    weight = alpha.astype(np.float32) / 65535
    weight = weight[..., None] if pixels.ndim == 3 else weight
    straight = np.divide(pixels, weight, out=np.zeros(pixels.shape, np.float32), where=weight > 0)
    return np.clip(np.rint(straight), 0, 65535).astype(np.uint16)


def _as_tuple(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, (tuple, list)) else (value,)
