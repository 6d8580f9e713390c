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

from PIL import Image, PngImagePlugin
from PIL.ExifTags import Base

from desktop.core.opencv import cv2
from desktop.core.photo import exif as exif_block
from desktop.core.photo.fitted import Fitted
from desktop.core.photo.formats import AVIF, JPEG, PNG, TIFF, WEBP
from desktop.core.photo.jpeg_encoder import write_jpeg
from desktop.core.photo.metadata import notes
from desktop.core.photo.metadata.exif_edit import ExifBlock

_METRE_IN_INCHES = 0.0254
_XMP_KEY = b"XML:com.adobe.xmp"
# 16 bits: level 3 writes photographs about three times faster than 6, a few per cent larger (measured on old photos).
_PNG_LEVEL = 3
# 8 bits: looking for runs alone (zlib's Z_RLE) takes 0.6 of that again, and enlarged photographs, which are smooth,
# come out between a tenth smaller and 3 % larger.
_RUNS: dict[str, Any] = {"compress_level": 1, "compress_type": 3}
_BYTES_TYPE, _XMP, _IPTC, _PHOTOSHOP = 1, 700, 33723, 34377

Encoder = Callable[[Fitted, Path, int], None]


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
    Image.fromarray(photo.with_alpha).save(temp, "PNG", pnginfo=extra, **_RUNS, **options)


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
    JPEG.name: write_jpeg,
    PNG.name: _write_png,
    WEBP.name: _write_webp,
    TIFF.name: _write_tiff,
    AVIF.name: _write_avif,
}
