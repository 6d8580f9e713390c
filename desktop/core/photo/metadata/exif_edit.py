"""An EXIF block changed in place: nothing moves, so that maker notes, whose offsets are absolute, stay as they are.

TIFF 6.0, section 2; EXIF 2.32 (CIPA DC-008), sections 4.5 and 4.6. What needs more room than it has goes to the end.
"""

from __future__ import annotations

import contextlib
import math
import struct
from collections.abc import Iterable

from PIL.ExifTags import IFD, Base

from desktop.core.photo import tiff_tags
from desktop.core.photo.metadata.way import Way
from desktop.core.photo.tiff_tags import Field, Layout, Place

Span = tuple[int, int]

_SHORT, _LONG, _RATIONAL = 3, 4, 5
_INCH = 2
_INCHES_PER_UNIT = {2: 1.0, 3: 2.54}
_SUBJECT = frozenset({0x9214, 0xA214})  # SubjectArea, SubjectLocation
_PITCH = (Base.FocalPlaneXResolution, Base.FocalPlaneYResolution)
_SIZES_IN_FIRST = {Base.ImageWidth: 0, Base.ImageLength: 1}
_SIZES_IN_EXIF = {Base.ExifImageWidth: 0, Base.ExifImageHeight: 1}
_SIZES_IN_INTEROP = {0x1001: 0, 0x1002: 1}  # RelatedImageWidth, RelatedImageLength
_JPEG_AT, _JPEG_BYTES, _OLD_JPEG = 0x0201, 0x0202, 6
_COMPRESSION, _ORIENTATION = 0x0103, 0x0112
# How a thumbnail's pixels are stored, which is said anew of a new one.
_ABOUT_PIXELS = frozenset(
    {0x0100, 0x0101, 0x0102, _COMPRESSION, 0x0106, 0x0111, _ORIENTATION, 0x0115, 0x0116, 0x0117, 0x011C}
    | {_JPEG_AT, _JPEG_BYTES, 0x0211, 0x0212, 0x0213, 0x0214}
)
# Copies of XMP, IPTC and Photoshop's blocks, and GeoTIFF's, that may say where a photo was taken.
_MAY_TELL_PLACES = frozenset({700, 33723, 34377, 33550, 33922, 34264, 34735, 34736, 34737})
_MOST_SPANS = 10_000


class ExifBlock:
    """Raises ValueError (from every method) where the structure leads outside the block."""

    def __init__(self, exif: bytes) -> None:
        self.data = bytearray(exif)
        self._layout, self._first = tiff_tags.opened(exif)
        if self._layout.big:
            raise ValueError("EXIF is never a BigTIFF")
        self._places(self._first)

    def __bytes__(self) -> bytes:
        return bytes(self.data)

    @property
    def orientation(self) -> int:
        """1 to 8; 1 where there is none or it is nonsense."""
        value = self._integer(self._first, Base.Orientation)
        return value if value is not None and 1 <= value <= 8 else 1

    @orientation.setter
    def orientation(self, value: int) -> None:
        self._set_integer(self._first, Base.Orientation, value)

    @property
    def orientation_entry(self) -> int | None:
        """Where the entry of the orientation begins, in bytes; None where there is none."""
        place = self._places(self._first).get(Base.Orientation)
        return place.at if place is not None else None

    def require_sound(self) -> None:
        """Raises ValueError where its first directory does not end as it should."""
        self._second()

    def text(self, tag: int, length: int) -> str | None:
        """The beginning of a text of the EXIF directory."""
        exif = self._below(self._first, IFD.Exif)
        place = self._places(exif).get(tag) if exif is not None else None
        if place is None:
            return None
        return bytes(self.data[place.value : place.value + min(length, place.size)]).decode("ascii", "replace")

    def set_size(self, width: int, height: int) -> None:
        """Sets what it says of the picture's size in pixels, where it says it."""
        exif = self._below(self._first, IFD.Exif)
        interop = self._sound_below(exif, IFD.Interop) if exif is not None else None
        for directory, tags in ((self._first, _SIZES_IN_FIRST), (exif, _SIZES_IN_EXIF), (interop, _SIZES_IN_INTEROP)):
            if directory is not None:
                for tag, axis in tags.items():
                    self._set_integer(directory, tag, (width, height)[axis])

    @property
    def dpi(self) -> tuple[float, float] | None:
        """Dots per inch, where it has them."""
        places = self._places(self._first)
        across, down = (places.get(tag) for tag in (Base.XResolution, Base.YResolution))
        factor = _INCHES_PER_UNIT.get(self._integer(self._first, Base.ResolutionUnit) or _INCH, 0.0)
        if across is None or down is None or not factor:
            return None
        return self._rational(across) * factor, self._rational(down) * factor

    def set_dpi(self, dpi: tuple[float, float], *, add: bool = False) -> None:
        """Sets the resolution where it has one that differs.

        Args:
            add: also where it has none.
        """
        if self.dpi is not None:
            if all(math.isclose(old, new, rel_tol=1e-3) for old, new in zip(self.dpi, dpi, strict=True)):
                return
            factor = _INCHES_PER_UNIT[self._integer(self._first, Base.ResolutionUnit) or _INCH]
            places = self._places(self._first)
            for tag, value in zip((Base.XResolution, Base.YResolution), dpi, strict=True):
                struct.pack_into(self._order + "II", self.data, places[tag].value, *_fraction(value / factor))
        elif add:
            self._replace_in_first([*_resolution_fields(self._order, dpi)])

    def strip_places(self) -> bool:
        """Takes out where the photo was taken, to the last byte. Whether it said so."""
        gps = self._sound_below(self._first, IFD.GPSInfo)
        spans = self._spans(gps) if gps is not None else []
        told = sorted((_MAY_TELL_PLACES | {IFD.GPSInfo}) & self._places(self._first).keys())
        for tag in told:
            self._remove(self._first, tag)
        self._blank(spans)
        return bool(told)

    def strip_subject(self) -> bool:
        """Takes out where in the picture its subject is. Whether it said so."""
        exif = self._below(self._first, IFD.Exif)
        told = sorted(_SUBJECT & self._places(exif).keys()) if exif is not None else []
        for tag in told:
            assert exif is not None
            self._remove(exif, tag)
        return bool(told)

    def move_subject(self, way: Way) -> bool:
        """Says where the subject is in a picture that was turned or enlarged, and how fine the sensor's pixels were.

        Returns:
            False where that cannot be said, and was taken out: it was nonsense, or lies beyond what EXIF can count to.
        """
        exif = self._below(self._first, IFD.Exif)
        if exif is None:
            return True
        self._move_pitch(exif, way)
        said = True
        for tag in sorted(_SUBJECT & self._places(exif).keys()):
            moved = self._moved(self._places(exif)[tag], way)
            if moved is None:
                self._remove(exif, tag)
                said = False
        return said

    def _moved(self, place: Place, way: Way) -> list[int] | None:
        """A point, and behind it a diameter, or width and height: all in pixels. None where it makes no sense there."""
        if place.type != _SHORT or not 2 <= place.count <= 4:
            return None
        order = f"{self._order}{place.count}H"
        x, y, *extent = struct.unpack_from(order, self.data, place.value)
        found = [*map(round, way.point(x, y)), *(map(round, way.extent(*extent)) if len(extent) == 2 else ())]
        if len(extent) == 1:
            found.append(round(extent[0] * way.mean))
        if not all(0 <= value <= 0xFFFF for value in found):
            return None
        struct.pack_into(order, self.data, place.value, *found)
        return found

    def _move_pitch(self, exif: int, way: Way) -> None:
        """Pixels for each unit of the sensor, which readers take the angle of view from."""
        places = self._places(exif)
        both = [places[tag] for tag in _PITCH if tag in places]
        if len(both) != 2 or any(place.type != _RATIONAL or place.count != 1 for place in both):
            return
        across, down = way.extent(*(self._rational(place) for place in both))
        for place, value in zip(both, (across, down), strict=True):
            if 0 < value < 0xFFFFFFFF / 10_000:
                struct.pack_into(self._order + "II", self.data, place.value, *_fraction(value))

    @property
    def tells_place(self) -> bool:
        """Whether it says where the photo was taken."""
        return bool((_MAY_TELL_PLACES | {IFD.GPSInfo}) & self._places(self._first).keys())

    @property
    def has_maker_note(self) -> bool:
        exif = self._below(self._first, IFD.Exif)
        return exif is not None and Base.MakerNote in self._places(exif)

    @property
    def has_thumbnail(self) -> bool:
        """Whether a second directory, the thumbnail's, is linked."""
        return self._second() is not None

    def set_thumbnail(self, jpeg: bytes | None) -> None:
        """Puts another thumbnail, or none, in the place of the one there is."""
        second = self._second()
        if second is None:
            return
        kept = [field for field in self._layout.fields(self.data, second) if field.tag not in _ABOUT_PIXELS]
        turned = _ORIENTATION in self._places(second)
        link = self._layout.link(self.data, self._first)
        old = [*self._spans(second), *self._thumbnail_spans(second)]
        struct.pack_into(self._order + "I", self.data, link, 0)
        self._blank(old)
        if jpeg is None:
            return
        at = self._even_end()
        fields = [*kept, self._short(_COMPRESSION, _OLD_JPEG), self._long(_JPEG_BYTES, len(jpeg))]
        if turned:
            fields.append(self._short(_ORIENTATION, 1))
        size = len(self._layout.packed([*fields, self._long(_JPEG_AT, 0)], at))
        self.data += self._layout.packed([*fields, self._long(_JPEG_AT, at + size)], at) + jpeg
        struct.pack_into(self._order + "I", self.data, link, at)

    @property
    def _order(self) -> str:
        return self._layout.order

    def _short(self, tag: int, value: int) -> Field:
        return Field(tag, _SHORT, 1, struct.pack(self._order + "H", value))

    def _long(self, tag: int, value: int) -> Field:
        return Field(tag, _LONG, 1, struct.pack(self._order + "I", value))

    def _places(self, directory: int) -> dict[int, Place]:
        return self._layout.places(self.data, directory)

    def _integer(self, directory: int, tag: int) -> int | None:
        place = self._places(directory).get(tag)
        if place is None or place.type not in (_SHORT, _LONG) or place.count != 1:
            return None
        return int(struct.unpack_from(self._order + ("H" if place.type == _SHORT else "I"), self.data, place.value)[0])

    def _set_integer(self, directory: int, tag: int, value: int) -> None:
        """A single integer; SHORT becomes LONG where the value needs it (both stand in the entry itself)."""
        place = self._places(directory).get(tag)
        if place is None or place.type not in (_SHORT, _LONG) or place.count != 1:
            return
        if place.type == _SHORT and value <= 0xFFFF:
            struct.pack_into(self._order + "HH", self.data, place.at + 8, value, 0)
        else:
            struct.pack_into(self._order + "H", self.data, place.at + 2, _LONG)
            struct.pack_into(self._order + "I", self.data, place.at + 8, value)

    def _rational(self, place: Place) -> float:
        if place.type != _RATIONAL or place.count != 1:
            raise ValueError("a resolution that is no fraction")
        above, below = struct.unpack_from(self._order + "II", self.data, place.value)
        return above / below if below else 0.0

    def _below(self, directory: int, tag: int) -> int | None:
        """Where the directory that a tag points to stands."""
        at = self._integer(directory, tag)
        if at is not None:
            self._places(at)
        return at

    def _sound_below(self, directory: int, tag: int) -> int | None:
        """The same, None where it leads nowhere."""
        with contextlib.suppress(ValueError):
            return self._below(directory, tag)
        return None

    def _second(self) -> int | None:
        link = self._layout.link(self.data, self._first)
        if link == len(self.data):  # some writers leave the link out where there is no thumbnail
            return None
        if link + 4 > len(self.data):
            raise ValueError("EXIF ends within a directory")
        (at,) = struct.unpack_from(self._order + "I", self.data, link)
        if not at:
            return None
        self._places(at)
        return int(at)

    def _thumbnail_spans(self, second: int) -> list[Span]:
        spans: list[Span] = []
        for at_tag, bytes_tag in ((_JPEG_AT, _JPEG_BYTES), (0x0111, 0x0117)):
            fields = {field.tag: field for field in self._layout.fields(self.data, second, {at_tag, bytes_tag})}
            if len(fields) == 2:
                starts, sizes = (self._layout.integers(fields[tag]) for tag in (at_tag, bytes_tag))
                spans += [(at, at + size) for at, size in zip(starts, sizes, strict=False)]
        return [(at, end) for at, end in spans if 8 <= at < end <= len(self.data)]

    def _spans(self, directory: int) -> list[Span]:
        """What a directory takes: itself, and the values that stand elsewhere."""
        places = self._places(directory).values()
        outside = [(place.value, place.value + place.size) for place in places if place.size > 4]
        return [(directory, min(self._layout.link(self.data, directory) + 4, len(self.data))), *outside]

    def _blank(self, spans: Iterable[Span]) -> None:
        """Zeros in the place of what is not wanted any more, and an earlier end where all of that stands last.

        What something else still uses stays: broken writers, and those who want to break things, make values overlap.
        """
        used = self._used()
        gone = sorted(
            (at, end) for at, end in spans if not any(at < other_end and end > other for other, other_end in used)
        )
        for at, end in gone:
            self.data[at:end] = bytes(end - at)
        last = max((end for _, end in used), default=8)
        if gone and last <= gone[0][0] and _covers(gone, len(self.data)):
            del self.data[max(last, gone[0][0]) :]

    def _used(self) -> list[Span]:
        """What the directories that are linked take."""
        found: list[Span] = [(0, 8)]
        todo = [self._first]
        while todo and len(found) < _MOST_SPANS:
            directory = todo.pop()
            if any(at == directory for at, _ in found):
                continue
            found += self._spans(directory)
            todo += [
                at
                for tag in (IFD.Exif, IFD.GPSInfo, IFD.Interop)
                if (at := self._sound_below(directory, tag)) is not None
            ]
            if directory == self._first and (second := self._second()) is not None:
                found += self._thumbnail_spans(second)
                todo.append(second)
        return found

    def _remove(self, directory: int, tag: int) -> None:
        """Takes an entry out; those behind it move up, and the link to the next directory with them."""
        place = self._places(directory)[tag]
        outside = [(place.value, place.value + place.size)] if place.size > 4 else []
        end = min(self._layout.link(self.data, directory) + 4, len(self.data))
        (count,) = struct.unpack_from(self._order + "H", self.data, directory)
        self.data[place.at : end] = self.data[place.at + 12 : end] + bytes(12)
        struct.pack_into(self._order + "H", self.data, directory, count - 1)
        for at, stop in outside:
            self.data[at:stop] = bytes(stop - at)

    def _replace_in_first(self, fields: list[Field]) -> None:
        """Writes the first directory anew at the end, with these fields."""
        tags = {field.tag for field in fields}
        old = self._first
        (count,) = struct.unpack_from(self._order + "H", self.data, old)
        entries = {place.tag: bytes(self.data[place.at : place.at + 12]) for place in self._places(old).values()}
        second = self._second() or 0
        at = self._even_end()
        behind = at + 2 + 12 * (len(entries.keys() | tags)) + 4
        values = b""
        for field in fields:
            inline = field.value
            if len(inline) > 4:
                inline = struct.pack(self._order + "I", behind + len(values))
                values += field.value + bytes(len(field.value) % 2)
            entries[field.tag] = struct.pack(self._order + "HHI", field.tag, field.type, field.count) + inline.ljust(
                4, b"\0"
            )
        self.data += struct.pack(self._order + "H", len(entries)) + b"".join(entries[tag] for tag in sorted(entries))
        self.data += struct.pack(self._order + "I", second) + values
        self.data[old : old + 2 + 12 * count] = bytes(2 + 12 * count)
        struct.pack_into(self._order + "I", self.data, 4, at)
        self._first = at

    def _even_end(self) -> int:
        self.data += bytes(len(self.data) % 2)
        return len(self.data)


def minimal(dpi: tuple[float, float]) -> bytes:
    """A block that says the resolution and nothing else, for formats that have no place of their own for it."""
    layout = Layout("<")
    return layout.header(8) + layout.packed(_resolution_fields("<", dpi), 8)


def _resolution_fields(order: str, dpi: tuple[float, float]) -> list[Field]:
    across, down = (struct.pack(order + "II", *_fraction(value)) for value in dpi)
    return [
        Field(Base.XResolution, _RATIONAL, 1, across),
        Field(Base.YResolution, _RATIONAL, 1, down),
        Field(Base.ResolutionUnit, _SHORT, 1, struct.pack(order + "H", _INCH)),
    ]


def _fraction(value: float) -> tuple[int, int]:
    below = 1 if value == round(value) else 10_000
    return min(round(value * below), 0xFFFFFFFF), below


def _covers(spans: list[Span], end: int) -> bool:
    """Whether nothing but filling bytes stands between and behind these spans, up to ``end``."""
    at = spans[0][0]
    for start, stop in spans:
        if start > at + 1:
            return False
        at = max(at, stop)
    return at >= end - 1
