"""JPEG (ITU-T T.81, JFIF, Exif 2.32, XMP part 3, ICC.1 annex B.4)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from desktop.core import errors
from desktop.core.photo import exif as exif_block
from desktop.core.photo import quantisation, tiff_tags
from desktop.core.photo.containers import pillow
from desktop.core.photo.containers.base import (
    BLOCK_MAX,
    Carried,
    Container,
    Header,
    Planes,
)
from desktop.core.photo.photo import Fidelity
from desktop.core.photo.source import CutShortError, Part, Source, Spliced

_SOI, _EOI, _SOS, _DQT, _COM = 0xD8, 0xD9, 0xDA, 0xDB, 0xFE
_APP = range(0xE0, 0xF0)
_ALONE = frozenset({0x01, _SOI, *range(0xD0, 0xD8)})  # markers without a segment: TEM, SOI, RST
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_HIERARCHICAL = frozenset({0xC5, 0xC6, 0xC7, 0xCD, 0xCE, 0xCF})
_PROGRESSIVE = frozenset({0xC2, 0xCA})

_EXIF, _XMP, _ICC = b"Exif\0", b"http://ns.adobe.com/xap/1.0/\0", b"ICC_PROFILE\0"
_EXTENDED_XMP = b"http://ns.adobe.com/xmp/extension/\0"
_JFIF, _JFXX, _ADOBE, _DUCKY, _MPF = b"JFIF\0", b"JFXX\0", b"Adobe", b"Ducky", b"MPF\0"
_PHOTOSHOP = b"Photoshop 3.0\0"
_LONGEST_NAME = 40
_NUMBER_OF_IMAGES = 0xB001

# Photos have dozens of segments and at most some twenty scans. More than this is made to keep programs busy.
_MOST_SEGMENTS = 20_000
_MOST_JUNK = 2**20
_MOST_SCANS = 250
_LOOK_AT = 2**20
_LONGEST_SEGMENT = 2**16 + 2

_MISSING = (127, 128)
"""What libjpeg leaves where data is missing: coefficients of 0, which is the middle of the range, inverted or not."""
_LEAST_PART = 0.5


@dataclass(frozen=True)
class _Segment:
    """``at`` and ``size`` of its content, ``name`` the content's beginning."""

    marker: int
    at: int
    size: int
    name: bytes

    @property
    def part(self) -> Part:
        return self.at - 4, self.size + 4


class Jpeg(Container):
    """JPEG, also those that carry further pictures (MPO, gain maps)."""

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self._segments: list[_Segment] = []
        for segment in _walk(source):
            self._segments.append(segment)
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
        kind = "MPO" if self._pictures() > 1 else "JPEG"
        self.header = Header(width, height, kind, channels=1 if channels == 1 else 3)

    @property
    def jpeg_quality(self) -> int | None:
        """By the table of the first component, which is brightness."""
        frame = next(segment for segment in self._segments if segment.marker in _FRAMES)
        (wanted,) = self._source[frame.at + 8 : frame.at + 9] or (0,)
        tables = b"".join(self._source[s.at : s.at + s.size] for s in self._segments if s.marker == _DQT)
        return quantisation.quality_of(quantisation.tables_in(tables).get(wanted))

    def carried(self) -> Carried:
        exif = self.exif
        xmp = next((found for found in self._named(_XMP, 0xE1)), None)
        return Carried(
            icc=self._icc(),
            xmp=self._source.exactly(xmp.at + len(_XMP), xmp.size - len(_XMP)) if xmp else None,
            dpi=self._dpi() or (exif_block.resolution_of(exif) if exif else None),
            fidelity=self._unkept(),
        )

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
            if (segment.marker not in _APP and segment.marker != _COM) or segment.name.startswith((_JFIF, _ADOBE))
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

    def _named(self, name: bytes, marker: int) -> Iterator[_Segment]:
        return (segment for segment in self._segments if segment.marker == marker and segment.name.startswith(name))

    @property
    def exif(self) -> bytes | None:
        """What all its segments hold together; one is not enough for large maker notes."""
        skip = len(_EXIF) + 1
        found = [segment for segment in self._named(_EXIF, 0xE1) if segment.size > skip]
        if not found or sum(segment.size for segment in found) > BLOCK_MAX:
            return None
        return b"".join(self._source.exactly(segment.at + skip, segment.size - skip) for segment in found)

    def _icc(self) -> bytes | None:
        """The profile, put together in the order its parts say."""
        head = len(_ICC) + 2
        found = [segment for segment in self._named(_ICC, 0xE2) if segment.size > head]
        parts = sorted(found, key=lambda segment: segment.name[len(_ICC)])
        if not parts or parts[0].name[len(_ICC) + 1] != len(parts):
            return None
        return b"".join(self._source.exactly(part.at + head, part.size - head) for part in parts)

    def _dpi(self) -> tuple[float, float] | None:
        for segment in self._named(_JFIF, 0xE0):
            if segment.size >= 12:
                unit, across, down = struct.unpack_from(">BHH", segment.name, 7)
                factor = {1: 1.0, 2: 2.54}.get(unit, 0.0)
                return exif_block.resolution(across * factor, down * factor)
        return None

    def _pictures(self) -> int:
        """How many there are in the file, by its multi-picture index (CIPA DC-007)."""
        for segment in self._named(_MPF, 0xE2):
            index = self._source[segment.at + len(_MPF) : segment.at + segment.size]
            try:
                layout, at = tiff_tags.opened(index)
                for field in layout.fields(index, at):
                    if field.tag == _NUMBER_OF_IMAGES:
                        return layout.integers(field)[0]
            except (ValueError, IndexError):
                continue
        return 1

    def _unkept(self) -> Fidelity:
        fidelity = Fidelity()
        pictures = self._pictures()
        if pictures > 1:
            fidelity = fidelity.and_lost("further pictures", f"the first of {pictures} in the file was used")
        if any(segment.marker == _COM for segment in self._segments):
            fidelity = fidelity.and_lost("JPEG comment", "not carried over")
        if next(self._named(_EXIF, 0xE1), None) and self.exif is None:
            fidelity = fidelity.and_lost("EXIF", "too large")
        if next(self._named(_EXTENDED_XMP, 0xE1), None):
            fidelity = fidelity.and_lost("extended XMP", "not carried over")
        if next(self._named(_PHOTOSHOP, 0xED), None):
            fidelity = fidelity.and_lost("IPTC and Photoshop data", "not carried over")
        if next(self._named(_ICC, 0xE2), None) and self._icc() is None:
            fidelity = fidelity.and_lost("ICC profile", "it is damaged and was left out")
        known = (_EXIF, _XMP, _EXTENDED_XMP, _ICC, _JFIF, _JFXX, _ADOBE, _DUCKY, _MPF, _PHOTOSHOP)
        unknown = [s for s in self._segments if s.marker in _APP and not s.name.startswith(known)]
        if unknown:
            places = ", ".join(sorted({f"APP{segment.marker - 0xE0}" for segment in unknown}))
            fidelity = fidelity.and_lost("other programs' data", f"{places} not carried over")
        return fidelity


def _walk(source: Source) -> Iterator[_Segment]:
    """All segments up to the first scan's, which comes last. Raises ValueError."""
    at, junk = 2, 0
    for _ in range(_MOST_SEGMENTS):
        while True:
            piece = source[at : at + 64]
            if len(piece) < 2:
                raise CutShortError("the file ends before the picture begins")
            if piece[0] == 0xFF and piece[1] not in (0x00, 0xFF):
                break
            skipped = max(1, piece.find(b"\xff", 1) if b"\xff" in piece[1:] else len(piece))
            at, junk = at + skipped, junk + skipped
            if junk > _MOST_JUNK:
                raise ValueError("more junk than JPEG")
        marker = piece[1]
        if marker in _ALONE:
            at += 2
            continue
        if marker == _EOI:
            raise ValueError("ends before the picture begins")
        (size,) = struct.unpack_from(">H", source.exactly(at + 2, 2))
        if size < 2 or at + 2 + size > len(source):
            raise CutShortError("a segment leads outside the file")
        yield _Segment(marker, at + 4, size - 2, piece[4 : 4 + min(size - 2, _LONGEST_NAME)])
        if marker == _SOS:
            return
        at += 2 + size
    raise ValueError("more segments than any photo has")


def _sound_end(source: Source) -> int:
    """The file's end, or the start of a last segment that it cuts short: an end would not be found within one."""
    base = max(0, len(source) - _LONGEST_SEGMENT)
    tail = source[base:]
    at = len(tail)
    while (at := tail.rfind(b"\xff", 0, at)) >= 0:
        marker = tail[at + 1 : at + 2]
        if not marker or marker == b"\xff":
            continue
        if marker[0] == _EOI:
            break
        if marker[0] not in _ALONE and marker[0] != 0:
            size = int.from_bytes(tail[at + 2 : at + 4], "big")
            return base + at if at + 2 + max(size, 2) > len(tail) else len(source)
    return len(source)


def _missing_rows(pixels: NDArray[Any]) -> int:
    """How many rows at the end were not in the file, going by their right ends."""
    ends = pixels[:, -8:].reshape(pixels.shape[0], -1)
    there = np.flatnonzero(~np.isin(ends, _MISSING).all(axis=1))
    return len(pixels) - (int(there[-1]) + 1 if there.size else 0)
