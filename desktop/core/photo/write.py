"""A Photo becomes a file, whole or not at all, with everything its format can hold."""

from __future__ import annotations

import binascii
import contextlib
import io
import struct
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageCms, PngImagePlugin
from PIL.ExifTags import Base

from desktop.core import errors, files
from desktop.core.opencv import cv2
from desktop.core.photo import exif as exif_block
from desktop.core.photo.depth import as_8_bit
from desktop.core.photo.formats import JPEG, PNG, TIFF, WEBP, OutputFormat
from desktop.core.photo.icc import space_of
from desktop.core.photo.photo import Fidelity, Photo

_JPEG_EXIF_MAX = 65_533 - 6  # a marker segment holds 65,533 bytes, "Exif\0\0" among them
_JPEG_XMP_MAX = 65_533 - 29
_JPEG_DPI_MAX = 65_535
_METRE_IN_INCHES = 0.0254
_XMP_KEY = "XML:com.adobe.xmp"
# Level 3 writes photographs about three times faster than 6, a few per cent larger (measured on the old photos).
_PNG_LEVEL = 3


def write(
    photo: Photo,
    path: Path,
    output: OutputFormat,
    *,
    quality: int = 95,
    overwrite: bool = False,
    before_publishing: Callable[[Path], None] | None = None,
) -> Fidelity:
    """Writes ``photo`` to ``path`` in one visible step.

    Args:
        quality: 1 to 100, for JPEG and WebP.
        overwrite: whether an existing file may be replaced.
        before_publishing: called with the finished temporary file before it takes the name.

    Returns:
        What was kept, converted and lost from the photo's original file to this one.

    Raises:
        FileExistsError: the file exists and ``overwrite`` is False.
        NoSpaceError, NoPermissionError, NotFoundError, OutOfMemoryError, InternalError.
    """
    prepared, fidelity = _fit(photo, output)
    try:
        with files.whole_file(path, overwrite=overwrite, before_publishing=before_publishing) as temp:
            _WRITERS[output.name](prepared, temp, quality)
    except FileExistsError:  # also an OSError, but the caller's to decide
        raise
    except OSError as error:
        raise errors.while_writing(error, path) from error
    except (MemoryError, cv2.error) as error:
        raise errors.OutOfMemoryError(
            "There was not enough memory to save “{name}”. Close other programs and try again.", name=path.name
        ) from error
    return fidelity


def _fit(photo: Photo, output: OutputFormat) -> tuple[Photo, Fidelity]:
    """The photo as the format can hold it, and the account of it."""
    fidelity = photo.fidelity
    pixels: NDArray[Any] = photo.pixels
    alpha: NDArray[Any] | None = photo.alpha
    icc, exif, xmp = photo.icc, photo.exif, photo.xmp
    if photo.bits == 16:
        if output.deep:
            fidelity = fidelity.and_kept("bit depth", "16 bit")
        else:
            pixels = as_8_bit(pixels)
            alpha = as_8_bit(alpha) if alpha is not None else None
            fidelity = fidelity.and_lost("bit depth", f"16 bit became 8 bit: {output.label} holds no more")
    if alpha is not None:
        if output.alpha:
            fidelity = fidelity.and_kept("transparency", "enlarged with the photo")
        elif alpha.min() == np.iinfo(alpha.dtype).max:
            alpha = None  # all of it can be seen: nothing is lost
        else:
            pixels, alpha = _over_white(pixels, alpha), None
            fidelity = fidelity.and_lost("transparency", f"laid over white: {output.label} has none")
    if pixels.ndim == 2 and pixels.dtype == np.uint16 and alpha is not None:
        # Neither OpenCV's PNG writer nor most readers of TIFF know 16-bit grey with transparency.
        pixels = np.dstack([pixels] * 3)
        fidelity = fidelity.and_converted("grey", "stored as colour, because 16 bit with transparency needs it")
    if icc and space_of(icc) == "GRAY" and (pixels.ndim == 3 or output is WEBP):
        icc, fidelity = None, fidelity.and_lost("ICC profile", "it is for grey, and the result is stored as colour")
    elif icc:
        fidelity = fidelity.and_kept("ICC profile", _profile_name(icc))
    if exif:
        exif, fidelity = _fit_exif(exif, photo, output, fidelity)
    if xmp:
        if output is JPEG and len(xmp) > _JPEG_XMP_MAX:
            xmp, fidelity = None, fidelity.and_lost("XMP", "too large for JPEG")
        else:
            fidelity = fidelity.and_kept("XMP", f"{len(xmp):,} bytes")
    dpi = photo.dpi
    if dpi:
        across, down = dpi
        words = f"{across:.0f} dpi" if round(across) == round(down) else f"{across:.0f} x {down:.0f} dpi"
        if output is JPEG and max(across, down) > _JPEG_DPI_MAX:
            dpi, fidelity = None, fidelity.and_lost("resolution", f"{words}: too high for JPEG")
        elif output.resolution:
            fidelity = fidelity.and_kept("resolution", words)
        else:
            fidelity = fidelity.and_lost("resolution", f"{words}: {output.label} does not store it")
    return Photo(pixels, alpha, icc, exif, xmp, dpi, photo.file_format, fidelity), fidelity


def _fit_exif(exif: bytes, photo: Photo, output: OutputFormat, fidelity: Fidelity) -> tuple[bytes | None, Fidelity]:
    try:
        exif = exif_block.with_size(exif, photo.width, photo.height)
        if output is TIFF:
            exif_block.require_whole(exif)
    except ValueError:
        return None, fidelity.and_lost("EXIF", "it is damaged and was left out")
    if output is JPEG and len(exif) > _JPEG_EXIF_MAX:
        return None, fidelity.and_lost("EXIF", "too large for JPEG")
    if output is TIFF and exif_block.has_thumbnail(exif):
        fidelity = fidelity.and_lost("EXIF thumbnail", "in a TIFF it would be a second page")
    return exif, fidelity.and_kept("EXIF", f"{len(exif):,} bytes")


def _profile_name(icc: bytes) -> str:
    with contextlib.suppress(ImageCms.PyCMSError, OSError, ValueError):
        return ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(icc))).strip()
    return f"{len(icc):,} bytes"


def _over_white(pixels: NDArray[Any], alpha: NDArray[Any]) -> NDArray[Any]:
    top = np.iinfo(pixels.dtype).max
    weight = alpha.astype(np.float32) / top
    if pixels.ndim == 3:
        weight = weight[..., None]
    return np.rint(pixels * weight + top * (1 - weight)).astype(pixels.dtype)


def _with_alpha(photo: Photo) -> NDArray[Any]:
    """(H, W), (H, W, 2), (H, W, 3) or (H, W, 4), colours before alpha."""
    if photo.alpha is None:
        return photo.pixels
    return np.dstack([photo.pixels, photo.alpha])


def _carried(photo: Photo) -> dict[str, Any]:
    """What Pillow's JPEG and WebP writers take beside the pixels, where there is any."""
    carried: dict[str, Any] = {}
    if photo.icc:
        carried["icc_profile"] = photo.icc
    if photo.exif:
        carried["exif"] = b"Exif\0\0" + photo.exif
    if photo.xmp:
        carried["xmp"] = photo.xmp
    return carried


def _write_jpeg(photo: Photo, temp: Path, quality: int) -> None:
    carried = _carried(photo)
    if photo.dpi:
        carried["dpi"] = photo.dpi
    # 4:4:4, because halved colour would undo some of what the network sharpened.
    Image.fromarray(photo.pixels).save(temp, "JPEG", quality=quality, subsampling=0, **carried)


def _write_webp(photo: Photo, temp: Path, quality: int) -> None:
    image = Image.fromarray(_with_alpha(photo))
    # `exact` keeps the colours under full transparency as they are; method 4 is libwebp's own balance.
    image.save(temp, "WEBP", quality=quality, method=4, exact=True, **_carried(photo))


def _write_png(photo: Photo, temp: Path, quality: int) -> None:
    if photo.bits == 8:
        extra = PngImagePlugin.PngInfo()
        carried = _carried(photo)
        if photo.xmp:
            extra.add_itxt(_XMP_KEY, carried.pop("xmp").decode("utf-8", "replace"))
        if photo.dpi:
            carried["dpi"] = photo.dpi
        image = Image.fromarray(_with_alpha(photo))
        image.save(temp, "PNG", pnginfo=extra, compress_level=_PNG_LEVEL, **carried)
        return
    _write_deep_png(photo, temp)


def _write_deep_png(photo: Photo, temp: Path) -> None:
    """16-bit PNG: OpenCV codes the pixels, our chunks go in behind its header (PNG 3rd edition, sections 5 and 11)."""
    planes = _with_alpha(photo)
    if planes.ndim == 3:
        planes = cv2.cvtColor(planes, cv2.COLOR_RGB2BGR if planes.shape[2] == 3 else cv2.COLOR_RGBA2BGRA)
    written, coded = cv2.imencode(".png", planes, [cv2.IMWRITE_PNG_COMPRESSION, _PNG_LEVEL])
    if not written:
        raise MemoryError("OpenCV could not code the PNG")
    chunks = b""
    if photo.icc:
        chunks += _chunk(b"iCCP", b"ICC Profile\0\0" + zlib.compress(photo.icc))
    if photo.dpi:
        across, down = (round(value / _METRE_IN_INCHES) for value in photo.dpi)
        chunks += _chunk(b"pHYs", struct.pack(">IIB", across, down, 1))
    if photo.exif:
        chunks += _chunk(b"eXIf", photo.exif)
    if photo.xmp:
        chunks += _chunk(b"iTXt", _XMP_KEY.encode() + b"\0\0\0\0\0" + photo.xmp)
    header_end = 8 + 25  # signature, then IHDR with its length, type, 13 bytes and CRC
    view = memoryview(coded.tobytes())
    with temp.open("wb") as file:
        file.write(view[:header_end])
        file.write(chunks)
        file.write(view[header_end:])


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", binascii.crc32(kind + body))


def _write_tiff(photo: Photo, temp: Path, quality: int) -> None:
    planes = _with_alpha(photo)
    # Said outright, because readers fall back on what XMP says.
    extra: list[tuple[Any, ...]] = [(Base.Orientation, "H", 1, 1, True)]
    if photo.xmp:
        extra.append((700, "B", len(photo.xmp), photo.xmp, True))
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


_WRITERS = {JPEG.name: _write_jpeg, PNG.name: _write_png, WEBP.name: _write_webp, TIFF.name: _write_tiff}
