"""Captions as IPTC has them (IIM 4.2), and the image resources of Photoshop among which they lie in a file.

Adobe Photoshop File Formats Specification, "Image Resources Section".
"""

from __future__ import annotations

import hashlib
import math
import struct
from collections.abc import Iterable
from dataclasses import dataclass, replace

_SIGNATURES = frozenset({b"8BIM", b"MeSa", b"PHUT", b"AgHg", b"DCSR"})
_IPTC, _IPTC_DIGEST, _RESOLUTION = 0x0404, 0x0425, 0x03ED
_THUMBNAILS = frozenset({0x0409, 0x040C})
_OLD_THUMBNAIL, _THUMBNAIL = 0x0409, 0x040C
# What goes its own way (ICC profile, EXIF, XMP), or would be a second copy that nobody keeps true.
_COPIES = frozenset({0x040F, 0x0422, 0x0423, 0x0424})
# Guides and slices, whose places are counted in pixels of the old size.
_IN_PIXELS = frozenset({0x0408, 0x041A})
_MOST_RESOURCES = 5_000
_MOST_RECORDS = 20_000
_JPEG_RGB = 1
_PER_INCH, _INCHES = 1, 1

# Of record 2: where a photo was taken, or what it shows lies (IIM 4.2, section 6).
_PLACES = frozenset({26, 27, 90, 92, 95, 100, 101})


@dataclass(frozen=True)
class Resource:
    """One image resource. ``name`` as it is stored, with its length."""

    kind: int
    content: bytes
    signature: bytes = b"8BIM"
    name: bytes = b"\0\0"

    @property
    def packed(self) -> bytes:
        head = self.signature + struct.pack(">H", self.kind) + self.name + struct.pack(">I", len(self.content))
        return head + self.content + bytes(len(self.content) % 2)


def resources(block: bytes) -> list[Resource]:
    """The resources of a block, as far as they are sound. Raises ValueError where there is not one."""
    found: list[Resource] = []
    at = 0
    while at + 12 <= len(block) and len(found) < _MOST_RESOURCES and block[at : at + 4] in _SIGNATURES:
        (kind,) = struct.unpack_from(">H", block, at + 4)
        name = block[at + 6 : at + 7 + block[at + 6]]
        name += bytes(len(name) % 2)
        start = at + 6 + len(name) + 4
        if start > len(block):
            break
        (size,) = struct.unpack_from(">I", block, start - 4)
        if start + size > len(block):
            break
        found.append(Resource(kind, block[start : start + size], block[at : at + 4], name))
        at = start + size + size % 2
    if not found:
        raise ValueError("no image resources")
    return found


@dataclass(frozen=True)
class Captions:
    """What a file's image resources hold.

    Attributes:
        iptc: the records, None where there are none.
        others: resources that travel along.
        stale: how many were left out because they hold places in pixels.
        copies: how many were left out because what they hold goes its own way.
    """

    iptc: bytes | None = None
    others: tuple[Resource, ...] = ()
    stale: int = 0
    copies: int = 0

    @classmethod
    def of(cls, block: bytes) -> Captions:
        """Raises ValueError for a block that is none."""
        found = resources(block)
        iptc = b"".join(resource.content for resource in found if resource.kind == _IPTC)
        left_out = _COPIES | _IN_PIXELS | {_IPTC}
        return cls(
            iptc or None,
            tuple(resource for resource in found if resource.kind not in left_out),
            sum(resource.kind in _IN_PIXELS for resource in found),
            sum(resource.kind in _COPIES for resource in found),
        )


def block_of(
    iptc: bytes | None, others: Iterable[Resource], dpi: tuple[float, float] | None, thumbnail: bytes | None
) -> bytes:
    """Image resources for a result.

    Args:
        dpi: put in the place of an old resolution.
        thumbnail: a JPEG in the place of the old one.
    """
    settled = [Resource(_IPTC, iptc)] if iptc else []
    for resource in others:
        if resource.kind == _RESOLUTION and dpi is not None:
            resource = replace(resource, content=_resolution(resource.content, dpi))
        elif resource.kind in _THUMBNAILS:
            if thumbnail is None:
                continue
            resource = replace(resource, kind=_THUMBNAIL, content=thumbnail)
        elif resource.kind == _IPTC_DIGEST and iptc:
            resource = replace(resource, content=hashlib.md5(iptc, usedforsecurity=False).digest())
        settled.append(resource)
    return b"".join(resource.packed for resource in settled)


def has_thumbnail(others: Iterable[Resource]) -> bool:
    return any(resource.kind in _THUMBNAILS for resource in others)


def thumbnail_resource(jpeg: bytes, width: int, height: int) -> bytes:
    """What a thumbnail's resource holds."""
    row = (width * 24 + 31) // 32 * 4
    return struct.pack(">IIIIIIHH", _JPEG_RGB, width, height, row, row * height, len(jpeg), 24, 1) + jpeg


def _resolution(before: bytes, dpi: tuple[float, float]) -> bytes:
    """What a resolution's resource holds; as it was where that is the same but for rounding."""
    if len(before) == 16:
        stated = (value / 65536 for value in struct.unpack(">I4xI4x", before))
        if all(math.isclose(old, new, rel_tol=1e-3) for old, new in zip(stated, dpi, strict=True)):
            return before
    across, down = (min(round(value * 65536), 0xFFFFFFFF) for value in dpi)
    return struct.pack(">IHHIHH", across, _PER_INCH, _INCHES, down, _PER_INCH, _INCHES)


def records(iptc: bytes) -> list[tuple[int, int, bytes]]:
    """Record, dataset and the whole entry, of each. Raises ValueError where it makes no sense."""
    found: list[tuple[int, int, bytes]] = []
    at = 0
    while at + 5 <= len(iptc) and iptc[at] == 0x1C:
        record, dataset, size = struct.unpack_from(">BBH", iptc, at + 1)
        start = at + 5
        if size & 0x8000:  # as many bytes as that give the size
            start += size & 0x7FFF
            size = int.from_bytes(iptc[at + 5 : start], "big")
        if start + size > len(iptc) or len(found) >= _MOST_RECORDS:
            raise ValueError("an entry that leads outside")
        found.append((record, dataset, iptc[at : start + size]))
        at = start + size
    if iptc[at:].strip(b"\0") or not found:
        raise ValueError("no entries")
    return found


def tells_place(iptc: bytes) -> bool:
    """Whether it says where. Raises ValueError as ``records``."""
    return any(record == 2 and dataset in _PLACES for record, dataset, _ in records(iptc))


def without_places(iptc: bytes) -> bytes | None:
    """What is left without where; None for nothing. Raises ValueError as ``records``."""
    kept = [entry for record, dataset, entry in records(iptc) if record != 2 or dataset not in _PLACES]
    return b"".join(kept) or None


def in_order(field: bytes) -> bytes:
    """IPTC as it is, of a TIFF in which some programs have turned it round, four bytes at a time."""
    if field[:1] != b"\x1c" and len(field) % 4 == 0 and field[3:4] == b"\x1c":
        return b"".join(field[at : at + 4][::-1] for at in range(0, len(field), 4))
    return field
