"""A JPEG's segments up to its first scan, and what of them belongs to the photo beside its pixels."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from desktop.core.photo import exif as exif_block
from desktop.core.photo import tiff_tags
from desktop.core.photo.containers.base import BLOCK_MAX, Carried
from desktop.core.photo.metadata.notes import LARGEST, MOST, Note
from desktop.core.photo.metadata.xmp import Packet
from desktop.core.photo.metadata.xmp_promises import GAIN_MAP, NOT_CARRIED
from desktop.core.photo.photo import Fidelity
from desktop.core.photo.source import CutShortError, Part, Source

_SOI, EOI, _SOS, COM = 0xD8, 0xD9, 0xDA, 0xFE
APP = range(0xE0, 0xF0)
ALONE = frozenset({0x01, _SOI, *range(0xD0, 0xD8)})  # markers without a segment: TEM, SOI, RST

_EXIF, _XMP, _ICC = b"Exif\0", b"http://ns.adobe.com/xap/1.0/\0", b"ICC_PROFILE\0"
_EXTENDED_XMP = b"http://ns.adobe.com/xmp/extension/\0"
JFIF, _JFXX, ADOBE, _DUCKY, _MPF = b"JFIF\0", b"JFXX\0", b"Adobe", b"Ducky", b"MPF\0"
_PHOTOSHOP = b"Photoshop 3.0\0"
_GAIN_MAP = b"urn:iso:std:iso:ts:21496:-1\0"
_JUMBF = b"JP"  # ISO 19566-5, in which content credentials (C2PA) travel
_LONGEST_NAME = 40
_NUMBER_OF_IMAGES = 0xB001
_GUID, _EXTENDED_HEAD = 32, len(_EXTENDED_XMP) + 40

# Photos have dozens of segments. More than this is made to keep programs busy.
_MOST_SEGMENTS = 20_000
_MOST_JUNK = 2**20


@dataclass(frozen=True)
class Segment:
    """``at`` and ``size`` of its content, ``name`` the content's beginning."""

    marker: int
    at: int
    size: int
    name: bytes

    @property
    def part(self) -> Part:
        return self.at - 4, self.size + 4


def walk(source: Source) -> Iterator[Segment]:
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
        if marker in ALONE:
            at += 2
            continue
        if marker == EOI:
            raise ValueError("ends before the picture begins")
        (size,) = struct.unpack_from(">H", source.exactly(at + 2, 2))
        if size < 2 or at + 2 + size > len(source):
            raise CutShortError("a segment leads outside the file")
        yield Segment(marker, at + 4, size - 2, piece[4 : 4 + min(size - 2, _LONGEST_NAME)])
        if marker == _SOS:
            return
        at += 2 + size
    raise ValueError("more segments than any photo has")


class Blocks:
    """What travels in a JPEG's segments."""

    def __init__(self, source: Source, segments: Sequence[Segment]) -> None:
        self._source = source
        self._segments = segments

    @cached_property
    def exif(self) -> bytes | None:
        """What all its segments hold together; one is not enough for large maker notes."""
        skip = len(_EXIF) + 1
        found = [segment for segment in self._named(_EXIF, 0xE1) if segment.size > skip]
        if not found or sum(segment.size for segment in found) > BLOCK_MAX:
            return None
        return b"".join(self._rest(segment, skip) for segment in found)

    @cached_property
    def pictures(self) -> int:
        """How many there are in the file, by its multi-picture index (CIPA DC-007)."""
        for segment in self._named(_MPF, 0xE2):
            index = self._rest(segment, len(_MPF))
            try:
                layout, at = tiff_tags.opened(index)
                for field in layout.fields(index, at):
                    if field.tag == _NUMBER_OF_IMAGES:
                        return layout.integers(field)[0]
            except (ValueError, IndexError):
                continue
        return 1

    def carried(self) -> Carried:
        exif, told = self.exif, self._unkept()
        xmp, xmp_told = self._xmp()
        notes, notes_told = self._comments()
        found = Carried(
            icc=self._icc(),
            xmp=xmp,
            dpi=self._dpi() or (exif_block.resolution_of(exif) if exif else None),
            fidelity=told.joined(xmp_told).joined(notes_told),
            notes=notes,
        )
        parts = list(self._named(_PHOTOSHOP, 0xED))
        if sum(part.size for part in parts) > BLOCK_MAX:
            return found
        # One block, wherever it was cut.
        return found.with_resources(b"".join(self._rest(part, len(_PHOTOSHOP)) for part in parts))

    def _named(self, name: bytes, marker: int) -> Iterator[Segment]:
        return (segment for segment in self._segments if segment.marker == marker and segment.name.startswith(name))

    def _rest(self, segment: Segment, skip: int) -> bytes:
        return self._source.exactly(segment.at + skip, max(0, segment.size - skip))

    def _xmp(self) -> tuple[bytes | None, Fidelity]:
        """The packet, with what was too large for one segment put back into it."""
        told = Fidelity()
        found = list(self._named(_XMP, 0xE1))
        packet = self._rest(found[0], len(_XMP)) if found else None
        if len(found) > 1:
            told = told.and_lost("further XMP", f"the first of {len(found)} packets was used")
        parts = [part for part in self._named(_EXTENDED_XMP, 0xE1) if part.size > _EXTENDED_HEAD]
        if not parts:
            return packet, told
        try:
            return self._with_extended(packet, parts), told
        except ValueError:
            return packet, told.and_lost("extended XMP", "it is damaged or too large and was left out")

    def _with_extended(self, packet: bytes | None, parts: Sequence[Segment]) -> bytes:
        """Raises ValueError where the parts are not those of the packet, or not all there."""
        if packet is None or sum(part.size for part in parts) > BLOCK_MAX:
            raise ValueError("nothing to put it into")
        pieces: dict[int, bytes] = {}
        full = 0
        for part in parts:
            content = self._rest(part, len(_EXTENDED_XMP))
            size, at = struct.unpack_from(">II", content, _GUID)
            if content[:_GUID] in packet:
                full, pieces[at] = size, content[_GUID + 8 :]
        whole = b"".join(pieces[at] for at in sorted(pieces))
        if not whole or len(whole) != full:
            raise ValueError("parts are missing")
        merged = Packet(packet)
        merged.merge(whole)
        return bytes(merged)

    def _comments(self) -> tuple[tuple[Note, ...], Fidelity]:
        found = [segment for segment in self._segments if segment.marker == COM]
        kept, total = [], 0
        for segment in found[:MOST]:
            total += segment.size
            if total > LARGEST:
                break
            kept.append(Note.comment(self._rest(segment, 0)))
        told = Fidelity()
        if len(kept) < len(found):
            told = told.and_lost("comment", f"{len(found) - len(kept)} of {len(found)}: more than any photo has")
        return tuple(kept), told

    def _icc(self) -> bytes | None:
        """The profile, put together in the order its parts say."""
        head = len(_ICC) + 2
        found = [segment for segment in self._named(_ICC, 0xE2) if segment.size > head]
        parts = sorted(found, key=lambda segment: segment.name[len(_ICC)])
        if not parts or parts[0].name[len(_ICC) + 1] != len(parts):
            return None
        return b"".join(self._rest(part, head) for part in parts)

    def _dpi(self) -> tuple[float, float] | None:
        for segment in self._named(JFIF, 0xE0):
            if segment.size >= 12:
                unit, across, down = struct.unpack_from(">BHH", segment.name, 7)
                factor = {1: 1.0, 2: 2.54}.get(unit, 0.0)
                return exif_block.resolution(across * factor, down * factor)
        return None

    def _unkept(self) -> Fidelity:
        told = Fidelity()
        if self.pictures > 1:
            told = told.and_lost("further pictures", f"the first of {self.pictures} in the file was used")
        if next(self._named(_EXIF, 0xE1), None) and self.exif is None:
            told = told.and_lost("EXIF", "too large")
        if sum(part.size for part in self._named(_PHOTOSHOP, 0xED)) > BLOCK_MAX:
            told = told.and_lost("Photoshop data", "too large")
        if next(self._named(_ICC, 0xE2), None) and self._icc() is None:
            told = told.and_lost("ICC profile", "it is damaged and was left out")
        if any(segment.size > 14 and any(segment.name[12:14]) for segment in self._named(JFIF, 0xE0)) or next(
            self._named(_JFXX, 0xE0), None
        ):
            told = told.and_lost("JFIF thumbnail", "it would be of the smaller photo")
        if next(self._named(_GAIN_MAP, 0xE2), None):
            told = told.and_lost(GAIN_MAP, NOT_CARRIED[GAIN_MAP])
        known = (_EXIF, _XMP, _EXTENDED_XMP, _ICC, JFIF, _JFXX, ADOBE, _DUCKY, _MPF, _PHOTOSHOP, _GAIN_MAP)
        unknown = [s for s in self._segments if s.marker in APP and not s.name.startswith(known)]
        credentials = [s for s in unknown if s.marker == 0xEB and s.name.startswith(_JUMBF)]
        if credentials:
            told = told.and_lost("content credentials", "they are a seal on the file as it was")
            unknown = [s for s in unknown if s not in credentials]
        if unknown:
            places = ", ".join(sorted({f"APP{segment.marker - 0xE0}" for segment in unknown}))
            told = told.and_lost("other programs' data", f"{places} not carried over")
        return told
