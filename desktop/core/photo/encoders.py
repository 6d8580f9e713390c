"""Pixels and everything that travels with them, coded in one format each. What they are given fits."""

from __future__ import annotations

import binascii
import mmap
import struct
import warnings
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin
from PIL.ExifTags import Base

from desktop.core.opencv import cv2
from desktop.core.photo import exif as exif_block
from desktop.core.photo.fitting import Fitted
from desktop.core.photo.formats import AVIF, JPEG, PNG, TIFF, WEBP
from desktop.core.photo.metadata import notes
from desktop.core.photo.metadata.exif_edit import ExifBlock
from desktop.core.photo.metadata.xmp import guid

_METRE_IN_INCHES = 0.0254
_XMP_KEY = b"XML:com.adobe.xmp"
# Level 3 writes photographs about three times faster than 6, a few per cent larger (measured on the old photos).
_PNG_LEVEL = 3
# From this quality of a JPEG on, the rounding of colours is no smaller than what coding loses.
_FINE = 90
_SEGMENT_MAX = 65_533
# In whole numbers of 2**-16 whose rows add up exactly, so that grey stays grey: red, green, blue and what is added.
_FRACTION_BITS = 16
_ONE = 1 << _FRACTION_BITS
_TO_YCBCR = np.array(
    [(19595, 38470, 7471, 0), (-11058, -21710, 32768, 128 * _ONE), (32768, -27439, -5329, 128 * _ONE)]
).astype(np.uint32)
# Pixels at a time, so that they stay in the processor's cache.
_YCBCR_BAND = 2**17
_BYTES_TYPE, _XMP, _IPTC, _PHOTOSHOP = 1, 700, 33723, 34377

Encoder = Callable[[Fitted, Path, int], None]


def _write_jpeg(photo: Fitted, temp: Path, quality: int) -> None:
    options: dict[str, Any] = {"dpi": photo.dpi} if photo.dpi else {}
    if not photo.is_grey:
        # Where the photo does not say, 4:4:4: halved colour would undo some of what the network sharpened.
        options["subsampling"] = photo.coding.subsampling or "4:4:4"
    fine = quality >= _FINE and options.get("subsampling") == "4:4:4"
    image = _as_ycbcr(photo.pixels) if fine else Image.fromarray(photo.pixels)
    image.save(
        temp,
        "JPEG",
        quality=quality,
        progressive=photo.coding.progressive,
        extra=b"".join(_jpeg_segments(photo)),
        **options,
    )


def _as_ycbcr(pixels: NDArray[np.uint8]) -> Image.Image:
    """JPEG's brightness and colours (JFIF), rounded so that what one pixel lacks the next one gets.

    Rounded one by one, as encoders do, they leave grain that is larger than all that the best quality loses otherwise,
    and a good part of what quality 95 loses: measured in wide spaces and made small again, up to 1.27 delta E
    (CIEDE2000) instead of 0.89, in a file no larger.
    """
    height, width = pixels.shape[:2]
    result = Image.new("YCbCr", (width, height))
    rows = max(1, _YCBCR_BAND // width)
    # Rows begin at different thirds of a step, so that they do not all round up at the same places.
    phases = (np.arange(height) * _ONE // 3 % _ONE).astype(np.uint32)[:, None]
    for band in (slice(top, top + rows) for top in range(0, height, rows)):
        coded = np.empty_like(pixels[band])
        red, green, blue = (pixels[band, :, channel].astype(np.uint32) for channel in range(3))
        for channel, (of_red, of_green, of_blue, offset) in enumerate(_TO_YCBCR):
            exact = red * of_red
            exact += green * of_green
            exact += blue * of_blue
            exact += offset
            # The sum along a row runs over, and so do the steps between its whole parts, by the same.
            np.cumsum(exact, axis=1, out=exact, dtype=np.uint32)
            exact += phases[band]
            exact >>= _FRACTION_BITS
            whole = exact.astype(np.uint16)
            whole[:, 1:] -= whole[:, :-1].copy()
            coded[..., channel] = np.minimum(whole, 255, out=whole)
        # Straight into the picture that is saved, which takes four bytes a pixel: no more of them than need be.
        result.paste(Image.fromarray(coded, "YCbCr"), (0, band.start))
    return result


def _jpeg_segments(photo: Fitted) -> Iterator[bytes]:
    """The segments of a JPEG that hold no pixels (Exif 2.32, XMP part 3, ICC.1 annex B.4)."""
    if photo.exif:
        yield _segment(0xE1, b"Exif\0\0" + photo.exif)
    if photo.xmp:
        yield _segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + photo.xmp)
    if photo.extended_xmp:
        head = b"http://ns.adobe.com/xmp/extension/\0" + guid(photo.extended_xmp).encode()
        for at, piece in _pieces(photo.extended_xmp, len(head) + 8):
            yield _segment(0xE1, head + struct.pack(">II", len(photo.extended_xmp), at) + piece)
    if photo.resources:
        head = b"Photoshop 3.0\0"
        for _, piece in _pieces(photo.resources, len(head)):
            yield _segment(0xED, head + piece)
    if photo.icc:
        head = b"ICC_PROFILE\0"
        parts = [piece for _, piece in _pieces(photo.icc, len(head) + 2)]
        for number, piece in enumerate(parts, start=1):
            yield _segment(0xE2, head + bytes([number, len(parts)]) + piece)
    for note in photo.notes:
        yield _segment(0xFE, note.content)


def _segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def _pieces(block: bytes, beside: int) -> Iterator[tuple[int, bytes]]:
    """The block cut so that each piece fits into a segment with ``beside`` bytes more."""
    step = _SEGMENT_MAX - beside
    return ((at, block[at : at + step]) for at in range(0, len(block), step))


def _write_webp(photo: Fitted, temp: Path, quality: int) -> None:
    carried: dict[str, Any] = {}
    if photo.icc:
        carried["icc_profile"] = photo.icc
    if photo.exif:
        carried["exif"] = photo.exif
    if photo.xmp:
        carried["xmp"] = photo.xmp
    image = Image.fromarray(photo.with_alpha)
    lossless = photo.coding.lossless
    # `exact` keeps the colours under full transparency as they are; method 4 is libwebp's own balance. Without loss,
    # quality is the effort, of which more than half hardly makes smaller files.
    image.save(temp, "WEBP", lossless=lossless, quality=50 if lossless else quality, method=4, exact=True, **carried)


def _write_avif(photo: Fitted, temp: Path, quality: int) -> None:
    # Pillow writes EXIF that says an orientation anew, and spoils what is not ASCII in it. So it is not to see one.
    masked, at = _masked(photo.exif) if photo.exif else (None, None)
    carried = {"icc_profile": photo.icc, "exif": masked, "xmp": photo.xmp}
    options: dict[str, Any] = {name: value for name, value in carried.items() if value}
    image = Image.fromarray(photo.with_alpha)
    # Where the photo does not say, 4:4:4, as for JPEG. Speed 8 takes 0.4 of what Pillow's own 6 does, for files that
    # are a sixth larger (measured on 4 megapixels).
    subsampling = photo.coding.subsampling or "4:4:4"
    image.save(temp, "AVIF", quality=quality, speed=8, subsampling=subsampling, **options)
    if photo.exif and masked and at is not None:
        with temp.open("r+b") as file, mmap.mmap(file.fileno(), 0) as content:
            start = content.find(masked) + at
            content[start : start + 2] = photo.exif[at : at + 2]


def _masked(exif: bytes) -> tuple[bytes, int | None]:
    """EXIF whose orientation has a number that means nothing, and where that stands."""
    try:
        at = ExifBlock(exif).orientation_entry
    except ValueError:
        return exif, None
    if at is None:
        return exif, None
    number = (Base.Orientation + 1).to_bytes(2, "little" if exif_block.byte_order(exif) == "<" else "big")
    return exif[:at] + number + exif[at + 2 :], at


def _write_png(photo: Fitted, temp: Path, quality: int) -> None:
    if photo.pixels.dtype.itemsize == 2:
        _write_deep_png(photo, temp)
        return
    extra = PngImagePlugin.PngInfo()
    for kind, content in _png_texts(photo):
        extra.add(kind, content)
    # Pillow takes some chunks by other ways only.
    carried = {"icc_profile": photo.icc, "exif": photo.exif, "dpi": photo.dpi}
    options: dict[str, Any] = {name: value for name, value in carried.items() if value}
    Image.fromarray(photo.with_alpha).save(temp, "PNG", pnginfo=extra, compress_level=_PNG_LEVEL, **options)


def _write_deep_png(photo: Fitted, temp: Path) -> None:
    """16-bit PNG: OpenCV codes the pixels, our chunks go in behind its header (PNG 3rd edition, sections 5 and 11)."""
    planes = photo.with_alpha
    if planes.ndim == 3:
        planes = cv2.cvtColor(planes, cv2.COLOR_RGB2BGR if planes.shape[2] == 3 else cv2.COLOR_RGBA2BGRA)
    written, coded = cv2.imencode(".png", planes, [cv2.IMWRITE_PNG_COMPRESSION, _PNG_LEVEL])
    if not written:
        raise MemoryError("OpenCV could not code the PNG")
    header_end = 8 + 25  # signature, then IHDR with its length, type, 13 bytes and CRC
    view = memoryview(coded.data).cast("B")
    with temp.open("wb") as file:
        file.write(view[:header_end])
        for kind, content in _png_chunks(photo):
            file.write(struct.pack(">I", len(content)) + kind + content)
            file.write(struct.pack(">I", binascii.crc32(kind + content)))
        file.write(view[header_end:])


def _png_chunks(photo: Fitted) -> Iterator[tuple[bytes, bytes]]:
    """What stands before the pixels."""
    if photo.icc:
        yield b"iCCP", b"ICC Profile\0\0" + zlib.compress(photo.icc)
    if photo.dpi:
        across, down = (round(value / _METRE_IN_INCHES) for value in photo.dpi)
        yield b"pHYs", struct.pack(">IIB", across, down, 1)
    if photo.exif:
        yield b"eXIf", photo.exif
    yield from _png_texts(photo)


def _png_texts(photo: Fitted) -> Iterator[tuple[bytes, bytes]]:
    if photo.xmp:
        yield b"iTXt", _XMP_KEY + b"\0\0\0\0\0" + photo.xmp
    if photo.resources:
        yield notes.raw_profile("iptc", photo.resources)
    yield from notes.png_chunks(photo.notes)


def _write_tiff(photo: Fitted, temp: Path, quality: int) -> None:
    import tifffile  # takes longer to import than all else here, and is hardly ever needed

    planes = photo.with_alpha
    # Said outright, because readers fall back on what XMP says.
    extra: list[tuple[Any, ...]] = [(Base.Orientation, "H", 1, 1, True)]
    for tag, block in ((_XMP, photo.xmp), (_IPTC, photo.iptc), (_PHOTOSHOP, photo.resources)):
        if block:
            extra.append((tag, _BYTES_TYPE, len(block), block, True))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tifffile.imwrite(
            temp,
            planes,
            photometric="minisblack" if photo.is_grey else "rgb",
            extrasamples=["unassalpha"] if photo.alpha is not None else None,
            compression="adobe_deflate",
            predictor=True,
            rowsperstrip=max(1, 262_144 // max(1, planes[0].nbytes)),
            resolution=photo.dpi,
            resolutionunit="INCH" if photo.dpi else None,
            iccprofile=photo.icc,
            extratags=extra,
            metadata=None,
            software=False,
            byteorder=exif_block.byte_order(photo.exif) if photo.exif else "<",
            bigtiff=planes.nbytes > 3_900_000_000,
        )
    if photo.exif:
        # tifffile refuses to write the tags that point to EXIF and GPS directories.
        exif_block.into_tiff(photo.exif, temp)


ENCODERS: dict[str, Encoder] = {
    JPEG.name: _write_jpeg,
    PNG.name: _write_png,
    WEBP.name: _write_webp,
    TIFF.name: _write_tiff,
    AVIF.name: _write_avif,
}
