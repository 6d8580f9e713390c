"""Reading strangers' files in a child process: photos, thumbnails and headers, with limits around it."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from desktop.core import errors
from desktop.core.cancel import CancelToken
from desktop.core.isolation.frames import Frame
from desktop.core.isolation.pool import Limits, Why, WorkerLostError, WorkerPool
from desktop.core.photo.looks import Glance, Header, Size, SizeCheck, Thumbnail
from desktop.core.photo.metadata import notes
from desktop.core.photo.photo import Coding, Fidelity, Item, Photo

logger = logging.getLogger(__name__)

MOST_SIZES = 100
"""So many photos can be measured at once, however long their paths are."""

BLOCKS = ("icc", "exif", "xmp", "iptc", "photoshop")
"""What belongs to a photo as bytes, by the names of its fields."""
# Reading a header takes milliseconds; a photo is decoded at tens of megapixels a second on a slow machine.
_HEADER = Limits(seconds=10, memory_mib=512, answer_bytes=0)
_SECONDS_PER_MEGAPIXEL = 2
# 16-bit RGBA as decoded, twice over while it is turned, and what a decoder needs beside it.
_BYTES_PER_PIXEL = 48
_ANSWER_BYTES_PER_PIXEL = 8
_METADATA_BYTES = 256 * 2**20


class PhotoReader(Protocol):
    """Opens photos. Safe to be used from several threads."""

    def read(self, path: Path, size_check: SizeCheck | None = None, cancel: CancelToken | None = None) -> Photo:
        """See ``photo.read.read``. Raises CancelledError too."""
        ...

    def thumbnail(self, path: Path, side: int, max_megapixels: int) -> Thumbnail:
        """See ``photo.preview.thumbnail``."""
        ...

    def sizes(self, paths: Sequence[Path], seconds: float) -> list[Size]:
        """See ``photo.header.sizes_of``; of the first photos, so many as there is time for, one at least."""
        ...

    def glance(self, path: Path) -> Glance:
        """See ``photo.header.glance``."""
        ...


class IsolatedReader:
    """Reads in children, which a file may crash, hang or fill without anyone else noticing."""

    def __init__(self, pool: WorkerPool) -> None:
        self._pool = pool

    def read(self, path: Path, size_check: SizeCheck | None = None, cancel: CancelToken | None = None) -> Photo:
        announced: list[int] = []

        def asked(question: dict[str, Any]) -> Limits:
            header = _header(question)
            if size_check is not None:
                size_check(header)
            announced[:] = header.width, header.height
            return _for_pixels(header.pixels)

        with _told_of(path):
            answer = self._pool.call("photo", {"path": _absolute(path)}, _HEADER, asked=asked, cancel=cancel)
            photo = _photo(answer)
            if sorted((photo.width, photo.height)) != sorted(announced):
                raise WorkerLostError(Why.NONSENSE, f"{photo.width} x {photo.height} instead of {announced}")
            return photo

    def thumbnail(self, path: Path, side: int, max_megapixels: int) -> Thumbnail:
        def asked(question: dict[str, Any]) -> Limits:
            pixels = _header(question).pixels
            if pixels > max_megapixels * 1_000_000:
                raise WorkerLostError(Why.NONSENSE, f"{pixels} pixels, asked for no more than {max_megapixels} million")
            return _for_pixels(pixels)

        arguments = {"path": _absolute(path), "side": side, "max_megapixels": max_megapixels}
        with _told_of(path):
            answer = self._pool.call("thumbnail", arguments, _HEADER, asked=asked)
            (pixels,) = answer.arrays
            return Thumbnail(pixels, int(answer.content["width"]), int(answer.content["height"]))

    def sizes(self, paths: Sequence[Path], seconds: float) -> list[Size]:
        names = [_absolute(path) for path in paths[:MOST_SIZES]]
        limits = replace(_HEADER, seconds=_HEADER.seconds + seconds)
        try:
            answer = self._pool.call("sizes", {"paths": names, "seconds": seconds}, limits)
        except WorkerLostError as error:
            if len(names) == 1:
                logger.warning("Measuring %s: the child %s", paths[0], error)
                return [(0, 0)]
            return self.sizes(paths[: len(names) // 2], seconds)  # to find out which one it was
        return [(int(width), int(height)) for width, height in answer.content["sizes"]]

    def glance(self, path: Path) -> Glance:
        with _told_of(path):
            content = self._pool.call("glance", {"path": _absolute(path)}, _HEADER).content
            taken = content["taken"]
            return Glance(
                int(content["width"]),
                int(content["height"]),
                date.fromisoformat(taken) if taken else None,
                str(content["file_format"]),
                int(content["bytes_per_pixel"]),
                int(content["bytes"]),
                int(content["jpeg_quality"]) if content["jpeg_quality"] is not None else None,
                Coding(**content["coding"]),
            )


def _photo(answer: Frame) -> Photo:
    content = answer.content
    arrays = dict(zip(content["names"], answer.arrays, strict=True))
    fidelity = {kind: tuple(Item(**item) for item in items) for kind, items in content["fidelity"].items()}
    dpi = content["dpi"]
    return Photo(
        arrays["pixels"],
        arrays.get("alpha"),
        **{name: arrays[name].tobytes() if name in arrays else None for name in BLOCKS},
        dpi=(float(dpi[0]), float(dpi[1])) if dpi else None,
        file_format=str(content["format"]),
        jpeg_quality=int(content["jpeg_quality"]) if content["jpeg_quality"] is not None else None,
        fidelity=Fidelity(**fidelity),
        notes=notes.unpacked(arrays["notes"].tobytes()) if "notes" in arrays else (),
        coding=Coding(**content["coding"]),
        reframed=False,
        factors=(1.0, 1.0),
    )


def _header(question: dict[str, Any]) -> Header:
    width, height, channels, bits = (int(question[name]) for name in ("width", "height", "channels", "bits"))
    ours, turned = bool(question["ours"]), bool(question["turned"])
    coding = Coding(**question["coding"])
    return Header(width, height, str(question["file_format"]), channels, bits, ours, turned, coding)


def _for_pixels(count: int) -> Limits:
    return Limits(
        seconds=_HEADER.seconds + count / 1e6 * _SECONDS_PER_MEGAPIXEL,
        memory_mib=_HEADER.memory_mib + count * _BYTES_PER_PIXEL // 2**20,
        answer_bytes=_METADATA_BYTES + count * _ANSWER_BYTES_PER_PIXEL,
    )


def _absolute(path: Path) -> str:
    return os.path.abspath(path)


@contextmanager
def _told_of(path: Path) -> Iterator[None]:
    """Says in words, and with the file's name, what a lost child means."""
    try:
        yield
    except WorkerLostError as error:
        logger.warning("Reading %s: the child %s", path, error)
        match error.why:
            case Why.MEMORY:
                raise errors.OutOfMemoryError(
                    "There is not enough memory to open “{name}”. Close other programs and try again.", name=path.name
                ) from error
            case Why.TIME:
                raise errors.UnreadablePhotoError(
                    "“{name}” takes too long to open. It is damaged, or made to keep programs busy.", name=path.name
                ) from error
            case _:
                raise errors.UnreadablePhotoError(
                    "“{name}” cannot be opened: it breaks what reads it. It is damaged, or made to do harm.",
                    name=path.name,
                ) from error
