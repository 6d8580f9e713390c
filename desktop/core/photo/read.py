"""A file becomes a Photo: upright, straight RGB or grey, 8 or 16 bits, with everything that belongs to it."""

from __future__ import annotations

import contextlib
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop.core import errors
from desktop.core.opencv import cv2
from desktop.core.photo import colour
from desktop.core.photo import exif as exif_block
from desktop.core.photo.colour import Coloured
from desktop.core.photo.containers.base import Carried, Container, upright_xmp
from desktop.core.photo.containers.opening import opened
from desktop.core.photo.looks import SizeCheck
from desktop.core.photo.metadata import xmp_marks
from desktop.core.photo.metadata.way import Way
from desktop.core.photo.metadata.xmp import is_ours
from desktop.core.photo.photo import Photo
from desktop.core.photo.source import CutShortError, Source

# What libraries raise on broken input; Pillow lets struct and index errors of its parsers through.
_DECODING_ERRORS = (
    *(OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, EOFError, AttributeError, RuntimeError),
    *(OverflowError, ZeroDivisionError, struct.error, zlib.error),
)


def read(path: Path, size_check: SizeCheck | None = None) -> Photo:
    """Reads a photo. The file is opened once, for reading only.

    Args:
        path: any of ``formats.READABLE_WORDS``; decided by content, not by name.
        size_check: see ``SizeCheck``.

    Raises:
        NotFoundError, NoPermissionError, UnreadablePhotoError, UnsupportedFormatError, OutOfMemoryError,
        and whatever ``size_check`` raises.
    """
    with Source(path) as source, explained(source):
        container = opened(source)
        carried = container.carried().without_promises()
        if size_check is not None:
            header = container.header
            turned = container.upright_size != (header.width, header.height)
            size_check(replace(header, ours=is_ours(carried.xmp), turned=turned))
        planes = container.planes()
        _require_size(planes.pixels, container)
        coloured = colour.settled(planes, carried.icc)
        del planes
        return _upright(coloured, carried, container)


@contextmanager
def explained(source: Source) -> Iterator[None]:
    """Says in words what went wrong while a source was looked into or decoded."""
    try:
        with warnings.catch_warnings():
            # Pillow warns of trifles in files (odd EXIF, extra bytes) that do not keep it from reading them.
            warnings.simplefilter("ignore")
            yield
            _require_unchanged(source)
    except errors.RekindleError:
        raise
    except MemoryError as error:
        raise _no_memory(source) from error
    except cv2.error as error:
        raise (_no_memory(source) if error.code == cv2.Error.StsNoMem else _damaged(source, error)) from error
    except _DECODING_ERRORS as error:
        _require_unchanged(source)
        raise _damaged(source, error) from error


def _require_unchanged(source: Source) -> None:
    if source.changed:
        raise errors.UnreadablePhotoError(
            "“{name}” was changed while it was being read. Try again once it is complete.", name=source.name
        )


def _require_size(pixels: NDArray[Any], container: Container) -> None:
    found, wanted = (pixels.shape[1], pixels.shape[0]), (container.header.width, container.header.height)
    if found != wanted and not (container.gives_upright and found == wanted[::-1]):
        raise ValueError(f"{found} pixels instead of {wanted}")


def _no_memory(source: Source) -> errors.OutOfMemoryError:
    return errors.OutOfMemoryError(
        "There is not enough memory to open “{name}”. Close other programs and try again.", name=source.name
    )


def _damaged(source: Source, error: Exception) -> errors.UnreadablePhotoError:
    return errors.UnreadablePhotoError(
        "“{name}” is damaged or incomplete: {reason}. Copy it again from where it came from.",
        name=source.name,
        reason=_reason(error),
    )


def _reason(error: Exception) -> str:
    if isinstance(error, CutShortError) or "truncated" in str(error).lower():
        return "the file ends too early"
    return "its content cannot be decoded"


def _upright(coloured: Coloured, carried: Carried, container: Container) -> Photo:
    fidelity = carried.fidelity.joined(coloured.fidelity)
    pixels, alpha = coloured.pixels, coloured.alpha
    orientation = container.orientation
    if orientation != 1 and not container.gives_upright:
        pixels = turn(pixels, orientation)
        alpha = turn(alpha, orientation) if alpha is not None else None
    exif, xmp, dpi = container.exif, carried.xmp, carried.dpi
    height, width = pixels.shape[:2]
    way = Way((height, width) if orientation >= 5 else (width, height), orientation)
    try:
        if exif is not None:
            exif, whole = exif_block.upright(exif, way)
            if not whole:
                fidelity = fidelity.and_lost("place of the subject", "it lies outside the photo")
    except ValueError:  # an orientation that could still be read holds
        exif, fidelity = None, fidelity.and_lost("EXIF", "it is damaged and was left out")
    if orientation != 1:
        fidelity = fidelity.and_converted("orientation", "applied: the pixels are upright now")
        if xmp is not None:
            with contextlib.suppress(ValueError):  # what cannot be looked into is carried on as it is
                xmp, whole = xmp_marks.upright(xmp, way)
                if not whole:
                    words = "they were marked in the photo as it lay in its file"
                    fidelity = fidelity.and_lost("marked faces and places", words)
            xmp = upright_xmp(xmp)
        if dpi is not None and orientation >= 5:
            dpi = dpi[1], dpi[0]
    return Photo(
        pixels,
        alpha,
        coloured.icc,
        exif,
        xmp,
        dpi,
        container.header.file_format,
        fidelity,
        container.jpeg_quality,
        carried.iptc,
        carried.photoshop,
        carried.notes,
        carried.coding,
    )


def turn(plane: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Applies EXIF orientation 1 to 8 to an (H, W) or (H, W, C) array, giving a contiguous copy (CIPA DC-008)."""
    if orientation in (5, 6, 7, 8):
        plane = plane.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        plane = plane[:, ::-1]
    if orientation in (3, 4, 7, 8):
        plane = plane[::-1]
    return np.ascontiguousarray(plane)
