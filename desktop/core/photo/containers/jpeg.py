"""JPEG (ITU-T T.81, JFIF, Exif 2.32, XMP part 3, ICC.1 annex B.4)."""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from desktop.core import errors
from desktop.core.photo import quantisation
from desktop.core.photo.containers import pillow
from desktop.core.photo.containers.base import Carried, Container, Planes
from desktop.core.photo.containers.jpeg_behind import behind
from desktop.core.photo.containers.jpeg_blocks import ADOBE, ALONE, APP, COM, EOI, JFIF, Blocks, walk
from desktop.core.photo.looks import Header
from desktop.core.photo.metadata.xmp_promises import VIDEO
from desktop.core.photo.photo import Coding
from desktop.core.photo.source import Part, Source, Spliced

_DQT = 0xDB
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_HIERARCHICAL = frozenset({0xC5, 0xC6, 0xC7, 0xCD, 0xCE, 0xCF})
_PROGRESSIVE = frozenset({0xC2, 0xCA})

_MOST_SCANS = 250  # photos have some twenty
_LOOK_AT = 2**20
_LONGEST_SEGMENT = 2**16 + 2

_MISSING = (127, 128)
"""What libjpeg leaves where data is missing: coefficients of 0, which is the middle of the range, inverted or not."""
_LEAST_PART = 0.5


class Jpeg(Container):
    """JPEG, also those that carry further pictures (MPO, gain maps)."""

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self._segments = list(walk(source))
        self._blocks = Blocks(source, self._segments)
        frames = [segment for segment in self._segments if segment.marker in _FRAMES]
        if not frames:
            raise ValueError("no frame before the first scan")
        frame = frames[0]
        precision, height, width, channels = struct.unpack(">BHHB", source.exactly(frame.at, 6))
        if precision != 8:
            raise self._unsupported(f"{precision}-bit JPEG")
        if frame.marker in _HIERARCHICAL or channels not in (1, 3, 4):
            raise self._unsupported("an unusual JPEG")
        if not width or not height:
            raise ValueError("a frame without a size")
        self._progressive = frame.marker in _PROGRESSIVE
        # Four channels of ink become three of light.
        kind = "MPO" if self._blocks.pictures > 1 else "JPEG"
        factors = source.exactly(frame.at + 6, 3 * channels)[1::3]
        coding = Coding(_subsampling(factors), progressive=self._progressive)
        self.header = Header(width, height, kind, channels=1 if channels == 1 else 3, coding=coding)

    @property
    def jpeg_quality(self) -> int | None:
        """By the table of the first component, which is brightness."""
        frame = next(segment for segment in self._segments if segment.marker in _FRAMES)
        (wanted,) = self._source[frame.at + 8 : frame.at + 9] or (0,)
        tables = b"".join(self._source[s.at : s.at + s.size] for s in self._segments if s.marker == _DQT)
        return quantisation.quality_of(quantisation.tables_in(tables).get(wanted))

    def carried(self) -> Carried:
        found = self._blocks.carried()
        told, what = found.fidelity, behind(self._source, self._segments[-1].at)
        if what.video:
            told = told.and_lost(
                VIDEO, f"{what.video:,} bytes behind the picture, as of a motion photo, not carried over"
            )
        elif what.size and self._blocks.pictures == 1:
            told = told.and_lost(
                "data behind the picture", f"{what.size:,} bytes not carried over, such as a larger preview"
            )
        return replace(found, coding=self.header.coding, fidelity=told)

    def planes(self) -> Planes:
        self._require_few_scans()
        stream = self._stream()
        with pillow.opened(stream, "JPEG") as image:
            planes = pillow.planes_of(image)
        if not stream.exhausted:
            return planes
        height = planes.pixels.shape[0]
        missing = _missing_rows(planes.pixels)
        if missing > height * (1 - _LEAST_PART):
            raise errors.UnreadablePhotoError(
                "“{name}” is incomplete: only {percent} % of the picture is there. Copy it again from where it came "
                "from.",
                name=self._source.name,
                percent=100 * (height - missing) // height,
            )
        fidelity = planes.fidelity
        if missing:
            what = f"the file ends too early: the last {missing} of {height} rows are missing, and grey"
            fidelity = fidelity.and_lost("the lower part", what)
        elif self._progressive:
            fidelity = fidelity.and_lost("fine detail", "the file ends too early: parts of the photo may be blurred")
        return Planes(planes.pixels, planes.alpha, planes.space, fidelity)

    def small(self, side: int) -> Image.Image:
        self._require_few_scans()
        image = pillow.opened(self._stream(), "JPEG")
        image.draft(None, (side, side))
        image.load()
        return image

    def _stream(self) -> Spliced:
        """All but metadata. A file that is cut short gets an end, so that what is there of it can be decoded."""
        kept = [
            segment.part
            for segment in self._segments
            if (segment.marker not in APP and segment.marker != COM) or segment.name.startswith((JFIF, ADOBE))
        ]
        start = self._segments[-1].at - 4
        parts: list[Part] = [b"\xff\xd8", *kept[:-1], (start, max(0, _sound_end(self._source) - start))]
        return Spliced(self._source, parts, last_resort=b"\xff\xd9")

    def _require_few_scans(self) -> None:
        """Each scan of a progressive JPEG takes a pass over the whole picture, and may be a few bytes long."""
        if not self._progressive:
            return
        scans, at = 0, self._segments[-1].at
        while at < len(self._source) and scans <= _MOST_SCANS:
            # One byte twice, lest a marker that lies across is missed.
            scans += self._source[at : at + _LOOK_AT + 1].count(b"\xff\xda")
            at += _LOOK_AT
        if scans > _MOST_SCANS:
            raise ValueError("more scans than any photo has")

    @property
    def exif(self) -> bytes | None:
        return self._blocks.exif


def _subsampling(factors: bytes) -> str:
    """How much coarser colours are stored, from the sampling factors of a frame's components."""
    if len(factors) < 3:
        return ""
    (across, down), (colour_across, colour_down) = (divmod(factor, 16) for factor in factors[:2])
    halves = across > colour_across, down > colour_down
    return "4:2:0" if all(halves) else "4:2:2" if any(halves) else "4:4:4"


def _sound_end(source: Source) -> int:
    """The file's end, or the start of a last segment that it cuts short: an end would not be found within one."""
    base = max(0, len(source) - _LONGEST_SEGMENT)
    tail = source[base:]
    at = len(tail)
    while (at := tail.rfind(b"\xff", 0, at)) >= 0:
        marker = tail[at + 1 : at + 2]
        if not marker or marker == b"\xff":
            continue
        if marker[0] == EOI:
            break
        if marker[0] not in ALONE and marker[0] != 0:
            size = int.from_bytes(tail[at + 2 : at + 4], "big")
            return base + at if at + 2 + max(size, 2) > len(tail) else len(source)
    return len(source)


def _missing_rows(pixels: NDArray[Any]) -> int:
    """How many rows at the end were not in the file, going by their right ends."""
    ends = pixels[:, -8:].reshape(pixels.shape[0], -1)
    there = np.flatnonzero(~np.isin(ends, _MISSING).all(axis=1))
    return len(pixels) - (int(there[-1]) + 1 if there.size else 0)
