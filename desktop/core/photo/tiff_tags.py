"""Directories of TIFF files and EXIF blocks, read and written without looking at what the values mean.

TIFF 6.0, section 2, and the BigTIFF design (libtiff), which differs in the width of its numbers only.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

Buffer = bytes | mmap.mmap

# Bytes per value, by TIFF's number of the type; 16 to 18 are BigTIFF's.
_TYPE_BYTES = {
    **{1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4},
    **{16: 8, 17: 8, 18: 8},
}
_CLASSIC_TYPES = frozenset(range(1, 14))
_LONG = 4
_MAX_FIELDS = 4096


@dataclass(frozen=True)
class Field:
    """One tag with its value as it stands in the file, in the file's byte order."""

    tag: int
    type: int
    count: int
    value: bytes


@dataclass(frozen=True)
class Layout:
    """How numbers are stored: ``order`` as struct has it, ``big`` for BigTIFF."""

    order: str
    big: bool = False

    @property
    def header_bytes(self) -> int:
        return 16 if self.big else 8

    @property
    def _number(self) -> str:
        return "Q" if self.big else "I"

    @property
    def _width(self) -> int:
        return 8 if self.big else 4

    def header(self, first: int) -> bytes:
        """The start of a file whose first directory stands at ``first``."""
        mark = b"II" if self.order == "<" else b"MM"
        if self.big:
            return mark + struct.pack(self.order + "HHHQ", 43, 8, 0, first)
        return mark + struct.pack(self.order + "HI", 42, first)

    def pointer(self, tag: int, at: int) -> Field:
        """A field that points to another directory."""
        return Field(tag, _LONG, 1, struct.pack(self.order + "I", at))

    def fields(self, data: Buffer, at: int) -> list[Field]:
        """The fields of the directory at ``at``. Raises ValueError where it leads outside ``data``."""
        (count,) = self._unpack("Q" if self.big else "H", data, at)
        if count > _MAX_FIELDS:
            raise ValueError("a directory has an absurd number of fields")
        at += 8 if self.big else 2
        form = f"HH{self._number}{self._width}s"
        size = struct.calcsize("=" + form)
        found = []
        for entry in range(at, at + count * size, size):
            tag, kind, number, inline = self._unpack(form, data, entry)
            length = _TYPE_BYTES.get(kind, 0) * number
            if not length:
                continue  # a type from the future, or nothing at all
            if length <= self._width:
                value = inline[:length]
            else:
                (start,) = struct.unpack(self.order + self._number, inline)
                value = bytes(data[start : start + length])
                if len(value) != length:
                    raise ValueError("a value lies outside the file")
            found.append(Field(tag, kind, number, value))
        return found

    def packed(self, fields: Iterable[Field], at: int) -> bytes:
        """A directory of these fields, to stand at the even position ``at``, with no other behind it."""
        fitting = [field for field in fields if self.big or field.type in _CLASSIC_TYPES]
        fitting.sort(key=lambda field: field.tag)
        start = struct.pack(self.order + ("Q" if self.big else "H"), len(fitting))
        behind = at + len(start) + len(fitting) * (4 + 2 * self._width) + self._width
        entries, values = start, b""
        for field in fitting:
            inline = field.value
            if len(inline) > self._width:
                inline = struct.pack(self.order + self._number, behind + len(values))
                values += field.value + bytes(len(field.value) % 2)
            entries += struct.pack(f"{self.order}HH{self._number}", field.tag, field.type, field.count)
            entries += inline.ljust(self._width, b"\0")
        return entries + bytes(self._width) + values

    def _unpack(self, form: str, data: Buffer, at: int) -> tuple[Any, ...]:
        if at < 0 or at + struct.calcsize("=" + form) > len(data):
            raise ValueError("a directory lies outside the file")
        return struct.unpack_from(self.order + form, data, at)


def opened(data: Buffer) -> tuple[Layout, int]:
    """The layout of a TIFF or EXIF block, and where its first directory stands. Raises ValueError on anything else."""
    order = {b"II": "<", b"MM": ">"}.get(bytes(data[:2]))
    if order is None or len(data) < 8:
        raise ValueError("no byte order at the start")
    (version,) = struct.unpack_from(order + "H", data, 2)
    if version == 42:
        return Layout(order), int(struct.unpack_from(order + "I", data, 4)[0])
    if version == 43 and len(data) >= 16:
        return Layout(order, big=True), int(struct.unpack_from(order + "Q", data, 8)[0])
    raise ValueError("neither TIFF nor BigTIFF")
