"""EXIF carried over byte for byte, changing only what enlarging makes untrue.

Rewriting EXIF through a parser loses maker notes, whose offsets are absolute, and whatever the parser does not know.
So the structure (TIFF 6.0, EXIF 2.32) is walked, and the few values that must change are changed in place.
"""

from __future__ import annotations

import io
import mmap
import struct
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from PIL.ExifTags import IFD, Base

from desktop.core.photo import tiff_tags
from desktop.core.photo.tiff_tags import Field, Layout

_ORIENTATION = 0x0112
_SIZE_TAGS_IFD0 = {0x0100: 0, 0x0101: 1}  # ImageWidth, ImageLength
_SIZE_TAGS_EXIF = {0xA002: 0, 0xA003: 1}  # PixelXDimension, PixelYDimension
_SHORT, _LONG = 3, 4
_DAY_CHARACTERS = len("1962:07:01")
_Tree = dict[int, "_Tree"]
_MAX_ENTRIES = 4096

# Tags of a TIFF's own IFD that describe how its pixels are stored, not the photo: (TIFF 6.0, sections 8 and 13 to 15).
_STORAGE_TAGS = frozenset(
    {254, 255, 256, 257, 258, 259, 262, 263, 266, 273, 277, 278, 279, 280, 281, 284, 288, 289, 290, 291, 292, 293}
    | {301, 317, 320, 321, 322, 323, 324, 325, 330, 338, 339, 340, 341, 342, 347, 512, 513, 514, 515, 517, 518, 519}
    | {400, 520, 521, 529, 530, 531, 532, 700, 33723, 34377, 34675, 37724, 50255}
)
# The resolution travels as the photo's own, and is written anew.
_NOT_DESCRIBING = _STORAGE_TAGS | {Base.XResolution, Base.YResolution, Base.ResolutionUnit}
_BELOW: _Tree = {IFD.Exif: {IFD.Interop: {}}, IFD.GPSInfo: {}}
_INCHES_PER_UNIT = {2: 1.0, 3: 2.54}  # TIFF's ResolutionUnit: values per inch, or per centimetre
_ENDIAN: dict[str, Literal["little", "big"]] = {"<": "little", ">": "big"}


@dataclass
class _Structure:
    """A walk over an EXIF block that is changed in place. Raises ValueError where it leads outside the block."""

    data: bytearray
    order: str

    def short(self, at: int) -> int:
        return int(self._unpack("H", at, 2))

    def long(self, at: int) -> int:
        return int(self._unpack("I", at, 4))

    def _unpack(self, code: str, at: int, size: int) -> int:
        if at < 0 or at + size > len(self.data):
            raise ValueError("EXIF points outside itself")
        return int(struct.unpack_from(self.order + code, self.data, at)[0])

    def entries(self, ifd: int) -> dict[int, int]:
        """Position of each 12-byte entry of the IFD at ``ifd``, by tag."""
        count = self.short(ifd)
        if count > _MAX_ENTRIES:
            raise ValueError("EXIF has an absurd number of entries")
        self.short(ifd + 2 + 12 * count - 2) if count else None
        return {self.short(at): at for at in range(ifd + 2, ifd + 2 + 12 * count, 12)}

    def next_ifd_position(self, ifd: int) -> int:
        return ifd + 2 + 12 * self.short(ifd)

    def integer(self, entry: int) -> int:
        return self.short(entry + 8) if self.short(entry + 2) == _SHORT else self.long(entry + 8)

    def set_integer(self, entry: int, value: int) -> None:
        """A single integer; SHORT becomes LONG where the value needs it (both stand in the entry itself)."""
        if self.short(entry + 2) == _SHORT and value <= 0xFFFF:
            struct.pack_into(self.order + "HH", self.data, entry + 8, value, 0)
        else:
            struct.pack_into(self.order + "H", self.data, entry + 2, _LONG)
            struct.pack_into(self.order + "I", self.data, entry + 8, value)


def _open(exif: bytes) -> tuple[_Structure, int]:
    orders = {b"II*\0": "<", b"MM\0*": ">"}
    order = orders.get(exif[:4])
    if order is None:
        raise ValueError("EXIF does not start with a byte order")
    structure = _Structure(bytearray(exif), order)
    return structure, structure.long(4)


def orientation_of(exif: bytes) -> int:
    """EXIF orientation 1 to 8; 1 where there is none or it is nonsense. Raises ValueError on a broken structure."""
    structure, ifd0 = _open(exif)
    entry = structure.entries(ifd0).get(_ORIENTATION)
    value = structure.integer(entry) if entry is not None else 1
    return value if 1 <= value <= 8 else 1


def day_taken(exif: bytes) -> date | None:
    """The day of DateTimeOriginal, as the camera's clock had it; None where there is none, or it is nonsense."""
    try:
        structure, ifd0 = _open(exif)
        pointer = structure.entries(ifd0).get(IFD.Exif)
        entry = structure.entries(structure.long(pointer + 8)).get(Base.DateTimeOriginal) if pointer else None
        if entry is None:
            return None
        at = structure.long(entry + 8)
        return day(structure.data[at : at + _DAY_CHARACTERS].decode("ascii", "replace"))
    except ValueError:
        return None


def day(text: str) -> date | None:
    """The day of a date as EXIF writes it, "1962:07:01 12:30:00"; None where it is nonsense, such as all zeros."""
    try:
        year, month, of_month = (int(part) for part in text[:_DAY_CHARACTERS].split(":"))
        return date(year, month, of_month)
    except ValueError:
        return None


def upright(exif: bytes) -> tuple[bytes, bool]:
    """The same EXIF for a photo whose orientation has been applied, and whether a thumbnail was dropped.

    A thumbnail stays as the camera made it; once the photo is turned it would lie on its side, and is unlinked.
    Raises ValueError on a broken structure.
    """
    if orientation_of(exif) == 1:
        return exif, False
    structure, ifd0 = _open(exif)
    structure.set_integer(structure.entries(ifd0)[_ORIENTATION], 1)
    link = structure.next_ifd_position(ifd0)
    if link == len(exif):  # some writers leave the link out where there is no thumbnail
        return bytes(structure.data), False
    had_thumbnail = structure.long(link) != 0
    struct.pack_into(structure.order + "I", structure.data, link, 0)
    return bytes(structure.data), had_thumbnail


def with_size(exif: bytes, width: int, height: int) -> bytes:
    """The same EXIF with the pixel sizes it states, if any, set to these. Raises ValueError on a broken structure."""
    structure, ifd0 = _open(exif)
    size = (width, height)
    entries = structure.entries(ifd0)
    for tag, axis in _SIZE_TAGS_IFD0.items():
        if tag in entries:
            structure.set_integer(entries[tag], size[axis])
    if IFD.Exif in entries:
        exif_entries = structure.entries(structure.long(entries[IFD.Exif] + 8))
        for tag, axis in _SIZE_TAGS_EXIF.items():
            if tag in exif_entries:
                structure.set_integer(exif_entries[tag], size[axis])
    return bytes(structure.data)


def resolution_of(exif: bytes) -> tuple[float, float] | None:
    """Dots per inch as EXIF has them, where it does and they make sense."""
    try:
        layout, first = tiff_tags.opened(exif)
        wanted = {Base.XResolution, Base.YResolution, Base.ResolutionUnit}
        found = {field.tag: layout.number(field) for field in layout.fields(exif, first, only=wanted)}
        factor = _INCHES_PER_UNIT.get(int(found.get(Base.ResolutionUnit, 2)), 0.0)
        return resolution(found[Base.XResolution] * factor, found[Base.YResolution] * factor)
    except (ValueError, KeyError, ZeroDivisionError, struct.error):
        return None


def resolution(across: float, down: float) -> tuple[float, float] | None:
    """Dots per inch where they are worth keeping: below 2 it is an aspect ratio or a default nobody chose."""
    return (across, down) if all(2 <= value < 1e6 for value in (across, down)) else None


def require_whole(exif: bytes) -> None:
    """Raises ValueError where any value of it, not only those that are changed, lies outside."""
    _Description.read(exif, *tiff_tags.opened(exif))


def has_thumbnail(exif: bytes) -> bool:
    """Whether a second directory, the thumbnail's, is linked. Raises ValueError on a broken structure."""
    structure, ifd0 = _open(exif)
    link = structure.next_ifd_position(ifd0)
    return link < len(exif) and structure.long(link) != 0


def byte_order(exif: bytes) -> Literal["<", ">"]:
    """As struct has it. Raises ValueError on a broken structure."""
    return "<" if _open(exif)[0].order == "<" else ">"


def from_tiff(content: tiff_tags.Buffer, before: int = 0x10000) -> bytes | None:
    """What a TIFF says of the photo, copied from its own directory into a block; None if only an orientation.

    ``before``: tags of its directory from this one on are left out.
    Raises ValueError on a broken structure.
    """
    layout, first = tiff_tags.opened(content)
    photo = _Description.read(content, layout, first)
    photo.top = [field for field in photo.top if field.tag < before]
    if not photo.below and all(field.tag == _ORIENTATION for field in photo.top):
        return None
    block = Layout(layout.order)
    return block.header(block.header_bytes) + photo.packed(block, block.header_bytes)


def into_tiff(exif: bytes, path: Path) -> None:
    """Adds what ``exif`` says of the photo to a finished TIFF in the same byte order; its directory is written anew.

    Raises ValueError on a broken structure, OSError.
    """
    photo = _Description.read(exif, *tiff_tags.opened(exif))
    with path.open("r+b") as file:
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            layout, first = tiff_tags.opened(content)
            present = layout.fields(content, first)
        known = {field.tag for field in present}
        photo.top = [*present, *(field for field in photo.top if field.tag not in known)]
        at = file.seek(0, io.SEEK_END)
        at += file.write(bytes(at % 2))
        file.write(photo.packed(layout, at))
        file.seek(0)
        file.write(layout.header(at))


@dataclass
class _Description:
    """The fields that describe a photo: those of the first directory, and of the directories below it, by pointer."""

    top: list[Field]
    below: dict[int, _Description]

    @classmethod
    def read(cls, data: tiff_tags.Buffer, layout: Layout, at: int, tree: _Tree = _BELOW) -> _Description:
        fields = layout.fields(data, at, skip=_NOT_DESCRIBING)
        below = {
            field.tag: cls.read(data, layout, int.from_bytes(field.value, _ENDIAN[layout.order]), tree[field.tag])
            for field in fields
            if field.tag in tree
        }
        return cls([field for field in fields if field.tag not in below], below)

    def packed(self, layout: Layout, at: int) -> bytes:
        """This directory, to stand at ``at``, and behind it those below."""
        pointers = [layout.pointer(tag, 0) for tag in self.below]
        behind = b""
        end = at + len(layout.packed([*self.top, *pointers], at))
        for number, (tag, description) in enumerate(self.below.items()):
            pointers[number] = layout.pointer(tag, end + len(behind))
            behind += description.packed(layout, end + len(behind))
        return layout.packed([*self.top, *pointers], at) + behind
