"""A file becomes a Photo: upright, straight RGB or grey, 8 or 16 bits, with everything that belongs to it."""

from __future__ import annotations

import contextlib
import io
import os
import re
import stat
import struct
import warnings
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, PngImagePlugin, UnidentifiedImageError
from PIL.ExifTags import Base
from PIL.TiffImagePlugin import TiffImageFile

from desktop.core import errors
from desktop.core.opencv import cv2
from desktop.core.photo import exif as exif_block
from desktop.core.photo.deep import decode_deep, is_deep, is_whole_tiff
from desktop.core.photo.formats import READABLE, READABLE_WORDS
from desktop.core.photo.photo import Fidelity, Photo

SizeCheck = Callable[[int, int, str], None]
"""Called with width, height and Pillow's format name before any pixel is decoded; raises to refuse the photo."""

# The first bytes of what we read; told apart from a file that merely has an image's name.
_SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+", b"BM")
# What libraries raise on broken input; Pillow lets struct and index errors of its parsers through.
_DECODING_ERRORS = (
    *(OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, EOFError),
    *(struct.error, zlib.error),
)
_PNG_CHUNK_MAX = 64 * 2**20
_EXTENDED_XMP = b"http://ns.adobe.com/xmp/extension/\0"
_XMP_IN_PNG = "XML:com.adobe.xmp"
_IPTC_IN_TIFF = {33723, 34377}  # IPTC-NAA and Photoshop's image resources
_PNG_METADATA = frozenset({b"eXIf", b"iTXt", b"tEXt", b"zTXt"})
_XMP_ORIENTATION = re.compile(rb"(tiff:Orientation\s*(?:=\s*[\"']|>)\s*)[2-8]")


def read(path: Path, size_check: SizeCheck | None = None) -> Photo:
    """Reads a photo. The file is opened once, for reading only.

    Args:
        path: JPEG, PNG, TIFF, WebP or BMP; decided by content, not by name.
        size_check: see ``SizeCheck``; the header's size, which orientation may still turn.

    Raises:
        NotFoundError, NoPermissionError, UnreadablePhotoError, UnsupportedFormatError, OutOfMemoryError,
        and whatever ``size_check`` raises.
    """
    content = b""
    try:
        content = _content(path)
        with warnings.catch_warnings():
            # Pillow warns of trifles in files (odd EXIF, extra bytes) that do not keep it from reading them.
            warnings.simplefilter("ignore")
            return _decode(content, path, size_check)
    except errors.RekindleError:
        raise
    except (MemoryError, cv2.error) as error:
        if isinstance(error, cv2.error) and error.code != cv2.Error.StsNoMem:
            raise _damaged(path, "it cannot be decoded") from error
        raise errors.OutOfMemoryError(
            "There is not enough memory to open “{name}”. Close other programs and try again.", name=path.name
        ) from error
    except UnidentifiedImageError as error:
        raise _unidentified(path, content) from error
    except _DECODING_ERRORS as error:
        raise _damaged(path, _reason(error)) from error


def _content(path: Path) -> bytes:
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            os.listdir(path)  # what keeps it from being looked into matters more than that it is a folder
            raise errors.UnsupportedFormatError("“{name}” is a folder, not a photo.", name=path.name)
        if not stat.S_ISREG(mode):  # reading a pipe or a device might never end
            raise errors.UnsupportedFormatError("“{name}” is not an ordinary file.", name=path.name)
        content = path.read_bytes()
    except OSError as error:
        raise errors.while_reading(error, path) from error
    if not content:
        raise errors.UnreadablePhotoError(
            "“{name}” is empty (0 bytes). Copy it again from where it came from.", name=path.name
        )
    return content


def _unidentified(path: Path, content: bytes) -> errors.RekindleError:
    if is_whole_tiff(content):
        return errors.UnsupportedFormatError(
            "“{name}” is a TIFF of a kind Rekindle cannot read. Save it as 8 or 16 bit RGB or grey first.",
            name=path.name,
        )
    if content.startswith(_SIGNATURES) or (content[:4] == b"RIFF" and content[8:12] == b"WEBP"):
        return _damaged(path, "its beginning makes no sense")
    return errors.UnsupportedFormatError(
        "“{name}” is not a photo Rekindle can read: its content is not {formats}.",
        name=path.name,
        formats=READABLE_WORDS,
    )


def _damaged(path: Path, reason: str) -> errors.UnreadablePhotoError:
    return errors.UnreadablePhotoError(
        "“{name}” is damaged or incomplete: {reason}. Copy it again from where it came from.",
        name=path.name,
        reason=reason,
    )


def _reason(error: BaseException) -> str:
    text = str(error)
    if "truncated" in text or "Truncated" in text:
        return "the file ends too early"
    return "its content cannot be decoded"


def _decode(content: bytes, path: Path, size_check: SizeCheck | None) -> Photo:
    # Our own cap, checked on the header just below, replaces Pillow's, which would refuse large scans.
    Image.MAX_IMAGE_PIXELS = None
    # One megabyte by default, which large profiles and the XMP of much edited photos pass.
    PngImagePlugin.MAX_TEXT_CHUNK = _PNG_CHUNK_MAX
    with Image.open(io.BytesIO(content), formats=READABLE) as image:
        if size_check is not None:
            size_check(*image.size, str(image.format))
        if image.format == "PNG" and _has_metadata_behind_pixels(content):
            image.load()  # which is when Pillow comes across it
        carried = _carried(image, content)
        planes = _deep_planes(content, image, path) if is_deep(content, image) else _planes(image, path)
    return _upright(planes, carried)


def _has_metadata_behind_pixels(png: bytes) -> bool:
    """Whether there is any behind the IDAT chunks, where exiftool puts XMP."""
    at, behind = 8, False
    while at + 8 <= len(png):
        size, kind = struct.unpack_from(">I4s", png, at)
        if behind and kind in _PNG_METADATA:
            return True
        behind = behind or kind == b"IDAT"
        at += size + 12
    return False


@dataclass(frozen=True)
class _Carried:
    """What travels with the pixels, as found in the file."""

    icc: bytes | None
    exif: bytes | None
    orientation: int
    xmp: bytes | None
    dpi: tuple[float, float] | None
    file_format: str
    fidelity: Fidelity


@dataclass(frozen=True)
class _Planes:
    """Decoded pixels as in ``Photo``, before orientation; ``turned`` where the decoder has applied it already."""

    pixels: NDArray[Any]
    alpha: NDArray[Any] | None
    fidelity: Fidelity = field(default_factory=Fidelity)
    turned: bool = False
    drop_icc: bool = False


def _carried(image: Image.Image, content: bytes) -> _Carried:
    fidelity = Fidelity()
    info = image.info
    block: bytes | None = None
    # Pillow, which turns a TIFF while loading it, heeds XMP too.
    orientation = _orientation(image.getexif()) if image.format == "TIFF" else 1
    try:
        raw = exif_block.from_tiff(content) if image.format == "TIFF" else info.get("exif")
        if raw:
            raw = bytes(raw).removeprefix(b"Exif\0\0")
            if image.format != "TIFF":
                orientation = exif_block.orientation_of(raw)
            block, thumbnail_dropped = exif_block.upright(raw)
            if thumbnail_dropped:
                fidelity = fidelity.and_lost("EXIF thumbnail", "it no longer matched the upright photo")
    except ValueError:  # an orientation that could still be read holds
        fidelity = fidelity.and_lost("EXIF", "it is damaged and was left out")
    frames = getattr(image, "n_frames", 1)
    if frames > 1:
        fidelity = fidelity.and_lost("further pictures", f"the first of {frames} in the file was used")
    return _Carried(
        icc=info.get("icc_profile") or None,
        exif=block,
        orientation=orientation,
        xmp=_xmp(info, orientation),
        dpi=_dpi(info.get("dpi")),
        file_format=str(image.format),
        fidelity=_note_unkept(image, fidelity),
    )


def _orientation(exif: Image.Exif) -> int:
    value = exif.get(Base.Orientation, 1)
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _xmp(info: dict[Any, Any], orientation: int) -> bytes | None:
    packet = info.get("xmp") or info.get(_XMP_IN_PNG)
    if isinstance(packet, str):
        packet = packet.encode()
    if packet and orientation != 1:
        # Left as it was, it would make programs that heed it turn the upright photo once more.
        packet = _XMP_ORIENTATION.sub(rb"\g<1>1", packet)
    return bytes(packet) if packet else None


def _dpi(value: object) -> tuple[float, float] | None:
    with contextlib.suppress(TypeError, ValueError, ZeroDivisionError):
        across, down = (float(part) for part in value)  # type: ignore[attr-defined]
        # Below 2 it is an aspect ratio or a default nobody chose.
        if 2 <= across < 1e6 and 2 <= down < 1e6:
            return across, down
    return None


def _note_unkept(image: Image.Image, fidelity: Fidelity) -> Fidelity:
    """Names what Rekindle does not carry over yet, so that nothing is lost silently."""
    info = image.info
    if info.get("comment"):
        fidelity = fidelity.and_lost("JPEG comment", "not carried over")
    if any(segment.startswith(_EXTENDED_XMP) for _, segment in getattr(image, "applist", ())):
        fidelity = fidelity.and_lost("extended XMP", "not carried over")
    if info.get("photoshop") or (isinstance(image, TiffImageFile) and _IPTC_IN_TIFF & set(image.tag_v2)):
        fidelity = fidelity.and_lost("IPTC and Photoshop data", "not carried over")
    texts = [key for key in getattr(image, "text", ()) if key != _XMP_IN_PNG] if image.format == "PNG" else []
    if texts:
        fidelity = fidelity.and_lost("PNG text", f"{', '.join(texts)} not carried over")
    if "gamma" in info and "icc_profile" not in info and "srgb" not in info and abs(info["gamma"] - 0.45455) > 0.001:
        fidelity = fidelity.and_lost("PNG gamma", f"{info['gamma']:g} not carried over")
    return fidelity


def _planes(image: Image.Image, path: Path) -> _Planes:
    """Pixels of 8 bits or fewer, through Pillow."""
    fidelity = Fidelity()
    turned = image.format == "TIFF"  # Pillow applies a TIFF's orientation while loading
    transparent = "transparency" in image.info
    image.load()
    mode = image.mode
    if mode in ("RGBA", "LA"):
        pass
    elif mode in ("PA", "RGBa", "La") or (mode in ("P", "RGB") and transparent):
        image = image.convert("LA" if mode == "La" else "RGBA")
    elif mode in ("1", "L"):
        image = image.convert("LA" if transparent else "L")
    elif mode in ("P", "RGB", "RGBX", "YCbCr"):
        image = image.convert("RGB")
    elif mode in ("CMYK", "LAB"):
        image, how = _to_srgb(image)
        fidelity = fidelity.and_converted("colours", f"{mode} to sRGB {how}")
        return _Planes(np.asarray(image), None, fidelity, turned, drop_icc=True)
    else:
        raise errors.UnsupportedFormatError(
            "“{name}” stores its pixels in a way Rekindle cannot read ({mode}). Save it as 8 or 16 bit first.",
            name=path.name,
            mode={"F": "floating point", "I": "32-bit integers"}.get(mode, mode),
        )
    if mode == "1":
        fidelity = fidelity.and_converted("bit depth", "1 bit to 8 bit grey")
    elif mode in ("P", "PA"):
        fidelity = fidelity.and_converted("palette", "to full colour")
    array = np.asarray(image)
    if image.mode in ("RGBA", "LA"):
        colours = array[..., :3] if image.mode == "RGBA" else array[..., 0]
        return _Planes(np.ascontiguousarray(colours), np.ascontiguousarray(array[..., -1]), fidelity, turned)
    return _Planes(array, None, fidelity, turned)


def _to_srgb(image: Image.Image) -> tuple[Image.Image, str]:
    profile = image.info.get("icc_profile")
    if profile:
        with contextlib.suppress(ImageCms.PyCMSError, OSError, ValueError):
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(
                image, source, ImageCms.createProfile("sRGB"), outputMode="RGB", inPlace=False
            )
            if converted is not None:
                return converted, "through its profile"
    if image.mode == "LAB":
        lab = ImageCms.createProfile("LAB")
        converted = ImageCms.profileToProfile(image, lab, ImageCms.createProfile("sRGB"), outputMode="RGB")
        if converted is not None:
            return converted, "(D50)"
    return image.convert("RGB"), "without a profile"


def _deep_planes(content: bytes, image: Image.Image, path: Path) -> _Planes:
    pixels, alpha = decode_deep(content, image, path)
    return _Planes(pixels, alpha)


def _upright(planes: _Planes, carried: _Carried) -> Photo:
    orientation = 1 if planes.turned else carried.orientation
    pixels, alpha = planes.pixels, planes.alpha
    if orientation != 1:
        pixels = turn(pixels, orientation)
        alpha = turn(alpha, orientation) if alpha is not None else None
    fidelity = Fidelity(
        converted=(*carried.fidelity.converted, *planes.fidelity.converted),
        lost=(*carried.fidelity.lost, *planes.fidelity.lost),
    )
    if carried.orientation != 1:
        fidelity = fidelity.and_converted("orientation", "applied: the pixels are upright now")
    dpi = carried.dpi
    if dpi is not None and carried.orientation >= 5:
        dpi = dpi[1], dpi[0]
    photo = Photo(pixels, alpha, carried.icc, carried.exif, carried.xmp, dpi, carried.file_format, fidelity)
    return replace(photo, icc=None) if planes.drop_icc else photo


def turn(plane: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Applies EXIF orientation 1 to 8 to an (H, W) or (H, W, C) array, giving a contiguous copy (CIPA DC-008)."""
    if orientation in (5, 6, 7, 8):
        plane = plane.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        plane = plane[:, ::-1]
    if orientation in (3, 4, 7, 8):
        plane = plane[::-1]
    return np.ascontiguousarray(plane)
