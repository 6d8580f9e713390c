"""Directories of TIFF files and EXIF blocks, read and written without looking at what the values mean.

TIFF 6.0, section 2, and the BigTIFF design (libtiff), which differs in the width of its numbers only.
"""

from __future__ import annotations

import struct
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol


class Buffer(Protocol):
    """Bytes, a mapped file, or a ``Source``."""

    def __len__(self) -> int: ...

    def __getitem__(self, part: slice, /) -> bytes | bytearray: ...


# Bytes per value, by TIFF's number of the type; 16 to 18 are BigTIFF's.
_TYPE_BYTES = {
    **{1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4},
    **{16: 8, 17: 8, 18: 8},
}
_CLASSIC_TYPES = frozenset(range(1, 14))
_UNSIGNED = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}
_RATIONAL = 5
_LONG, _LONG8 = 4, 16
_MAX_FIELDS = 4096
_MAX_BYTES = 32 * 2**20


@dataclass(frozen=True)
class Field:
    """One tag with its value as it stands in the file, in the file's byte order."""

    tag: int
    type: int
    count: int
    value: bytes


@dataclass(frozen=True)
class Place:
    """Where a tag stands: ``at`` its entry, ``value`` and ``size`` what it holds; size 0 for an unknown type."""

    tag: int
    type: int
    count: int
    at: int
    value: int
    size: int


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

    def field(self, tag: int, values: Sequence[int]) -> Field:
        """A field of whole numbers, wider ones where they need it."""
        kind = _LONG8 if max(values, default=0) > 0xFFFFFFFF else _LONG
        return Field(tag, kind, len(values), struct.pack(f"{self.order}{len(values)}{_UNSIGNED[kind]}", *values))

    def pointer(self, tag: int, at: int) -> Field:
        """A field that points to another directory."""
        return Field(tag, _LONG, 1, struct.pack(self.order + "I", at))

    def tags(self, data: Buffer, at: int) -> frozenset[int]:
        """The tags of the directory at ``at``, whatever they hold. Raises ValueError, as ``fields``."""
        count, at = self._count(data, at)
        size = 4 + 2 * self._width
        return frozenset(self._unpack("H", data, entry)[0] for entry in range(at, at + count * size, size))

    def fields(
        self, data: Buffer, at: int, only: Container[int] | None = None, skip: Container[int] = ()
    ) -> list[Field]:
        """The fields of the directory at ``at``; of those that are not wanted, not even the value is looked at.

        Raises ValueError where it leads outside ``data`` or holds more than any photo's.
        """
        found = []
        total = 0
        for place in self._walked(data, at):
            if not place.size or place.tag in skip or (only is not None and place.tag not in only):
                continue  # a type from the future, or nothing at all, or nothing for us
            total += place.size
            if total > _MAX_BYTES:
                raise ValueError("a directory holds an absurd number of bytes")
            value = bytes(data[place.value : place.value + place.size])
            if len(value) != place.size:
                raise ValueError("a value lies outside the file")
            found.append(Field(place.tag, place.type, place.count, value))
        return found

    def places(self, data: Buffer, at: int) -> dict[int, Place]:
        """Where the fields of the directory at ``at`` stand, by tag; those that lie outside are not among them.

        Raises ValueError, as ``fields``.
        """
        found = {place.tag: place for place in self._walked(data, at)}
        return {tag: place for tag, place in found.items() if place.value + place.size <= len(data)}

    def link(self, data: Buffer, at: int) -> int:
        """Where the link stands that leads from the directory at ``at`` to the next. Raises ValueError."""
        count, at = self._count(data, at)
        return at + count * (4 + 2 * self._width)

    def _walked(self, data: Buffer, at: int) -> Iterator[Place]:
        count, at = self._count(data, at)
        form = f"HH{self._number}{self._number}"
        size = struct.calcsize("=" + form)
        for entry in range(at, at + count * size, size):
            tag, kind, number, start = self._unpack(form, data, entry)
            length = _TYPE_BYTES.get(kind, 0) * number
            inline = entry + size - self._width
            yield Place(tag, kind, number, entry, inline if length <= self._width else start, length)

    def next(self, data: Buffer, at: int) -> int:
        """Where the directory behind the one at ``at`` stands, 0 if there is none. Raises ValueError, as ``fields``."""
        return int(self._unpack(self._number, data, self.link(data, at))[0])

    def integers(self, field: Field) -> tuple[int, ...]:
        """The values of a field of unsigned whole numbers. Raises ValueError where they are of another kind."""
        if field.type not in _UNSIGNED:
            raise ValueError("no whole numbers")
        return struct.unpack(f"{self.order}{field.count}{_UNSIGNED[field.type]}", field.value)

    def number(self, field: Field) -> float:
        """The first value of a field, RATIONAL too. Raises ValueError, ZeroDivisionError."""
        if field.type != _RATIONAL:
            return self.integers(field)[0]
        above, below = struct.unpack_from(self.order + "II", field.value)
        return float(above / below)

    def _count(self, data: Buffer, at: int) -> tuple[int, int]:
        """How many fields a directory has, and where the first stands."""
        (count,) = self._unpack("Q" if self.big else "H", data, at)
        if count > _MAX_FIELDS:
            raise ValueError("a directory has an absurd number of fields")
        return int(count), at + (8 if self.big else 2)

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
        end = at + struct.calcsize("=" + form)
        if at < 0 or end > len(data):
            raise ValueError("a directory lies outside the file")
        return struct.unpack(self.order + form, data[at:end])


def opened(data: Buffer) -> tuple[Layout, int]:
    """The layout of a TIFF or EXIF block, and where its first directory stands. Raises ValueError on anything else."""
    order = {b"II": "<", b"MM": ">"}.get(bytes(data[:2]))
    if order is None or len(data) < 8:
        raise ValueError("no byte order at the start")
    (version,) = struct.unpack(order + "H", data[2:4])
    if version == 42:
        return Layout(order), int(struct.unpack(order + "I", data[4:8])[0])
    if version == 43 and len(data) >= 16:
        return Layout(order, big=True), int(struct.unpack(order + "Q", data[8:16])[0])
    raise ValueError("neither TIFF nor BigTIFF")
