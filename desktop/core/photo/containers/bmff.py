"""The boxes that HEIF and AVIF files consist of (ISO/IEC 14496-12, 23008-12): what they say of the main picture."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from desktop.core.photo import icc
from desktop.core.photo.source import CutShortError, Source

_MOST_BOXES = 20_000
_LARGEST_META = 16 * 2**20
_HIGH, _TWELVE = 0x40, 0x20  # av1C's flags for more than 8, and for 12 bits
_CODE_POINTS = struct.Struct(">4sHHHB")


class MainPicture:
    """The picture that is shown of a file.

    Attributes:
        width, height: as stored; 0 where nothing says.
        bits: per channel, as AV1 has them.
    """

    def __init__(self, source: Source) -> None:
        meta = _meta(source)
        properties = _properties(meta)
        if not properties:
            raise ValueError("no properties")
        self._own = [properties[number - 1] for number in _numbers(meta) if 0 < number <= len(properties)]
        self.width, self.height = next(
            (
                struct.unpack_from(">II", content, 4)
                for kind, content in self._own
                if kind == b"ispe" and len(content) >= 12
            ),
            (0, 0),
        )
        flags = max(
            (content[2] & (_HIGH | _TWELVE) for kind, content in properties if kind == b"av1C" and len(content) > 2),
            default=0,
        )
        self.bits = 8 if not flags & _HIGH else 12 if flags & _TWELVE else 10

    @property
    def described(self) -> icc.Described | None:
        """A profile for the colours, where they are given by code points and by no profile."""
        colours = [content for kind, content in self._own if kind == b"colr"]
        if any(content[:4] in (b"prof", b"rICC") for content in colours):
            return None
        for content in colours:
            if content[:4] == b"nclx" and len(content) >= _CODE_POINTS.size:
                _, primaries, transfer, _, _ = _CODE_POINTS.unpack_from(content)
                return icc.from_code_points(primaries, transfer)
        return None


def video_bytes(source: Source) -> int:
    """The size of a motion photo's video in its file; 0 where there is none (Google, Motion Photo format 1.0)."""
    return sum(size for kind, _, size in _top(source) if kind == b"mpvd")


def _top(source: Source) -> Iterator[tuple[bytes, int, int]]:
    """The outermost boxes: kind, where their content begins, and its size."""
    at = 0
    for _ in range(_MOST_BOXES):
        head = source[at : at + 16]
        if len(head) < 8:
            break
        size, kind = struct.unpack_from(">I4s", head)
        start = 8
        if size == 1 and len(head) == 16:
            size, start = struct.unpack_from(">Q", head, 8)[0], 16
        elif size == 0:
            size = len(source) - at
        if size < start:
            break
        yield kind, at + start, size - start
        at += size


def _meta(source: Source) -> bytes:
    """What the file's meta box holds."""
    for kind, start, size in _top(source):
        if kind == b"meta":
            if size > _LARGEST_META:
                raise ValueError("a meta box larger than any photo's")
            return source.exactly(start + 4, size - 4)  # behind version and flags
    raise CutShortError("no meta box")


def _boxes(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    for _ in range(_MOST_BOXES):
        if at + 8 > len(content):
            return
        size, kind = struct.unpack_from(">I4s", content, at)
        size = size or len(content) - at
        if size < 8 or at + size > len(content):
            return
        yield kind, content[at + 8 : at + size]
        at += size


def _inside(content: bytes, kind: bytes) -> bytes:
    return next((found for name, found in _boxes(content) if name == kind), b"")


def _properties(meta: bytes) -> list[tuple[bytes, bytes]]:
    return list(_boxes(_inside(_inside(meta, b"iprp"), b"ipco")))


def _numbers(meta: bytes) -> list[int]:
    """Which properties, counted from 1, are the main picture's."""
    primary = _inside(meta, b"pitm")
    main = int.from_bytes(primary[4:8] if primary[:1] == b"\1" else primary[4:6], "big")
    table = _inside(_inside(meta, b"iprp"), b"ipma")
    if len(table) < 8:
        return []
    wide_item, wide_number = table[0] >= 1, table[3] & 1
    (count,) = struct.unpack_from(">I", table, 4)
    at = 8
    for _ in range(min(count, _MOST_BOXES)):
        size = 4 if wide_item else 2
        item, number = int.from_bytes(table[at : at + size], "big"), table[at + size : at + size + 1]
        at += size + 1
        if not number:
            break
        width = 2 if wide_number else 1
        entries = [table[at + width * entry : at + width * (entry + 1)] for entry in range(number[0])]
        at += width * number[0]
        if item == main:
            return [int.from_bytes(entry, "big") & (0x7FFF if wide_number else 0x7F) for entry in entries]
    return []
