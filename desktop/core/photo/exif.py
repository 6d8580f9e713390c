"""EXIF carried over byte for byte, changing only what enlarging makes untrue.

Rewriting EXIF through a parser loses maker notes, whose offsets are absolute, and whatever the parser does not know.
So the structure (TIFF 6.0, EXIF 2.32) is walked, and the few values that must change are changed in place
(``metadata/exif_edit``). In a TIFF, whose own directory holds EXIF, the fields are copied one by one.
"""

from __future__ import annotations

import contextlib
import io
import mmap
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from PIL.ExifTags import IFD, Base

from desktop.core.photo import tiff_tags
from desktop.core.photo.metadata.exif_edit import ExifBlock
from desktop.core.photo.metadata.way import Way
from desktop.core.photo.tiff_tags import Field, Layout

_ORIENTATION = 0x0112
_DAY_CHARACTERS = len("1962:07:01")
_Tree = dict[int, "_Tree"]

# Tags of a TIFF's own IFD that describe how its pixels are stored, not the photo: (TIFF 6.0, sections 8 and 13 to 15).
_STORAGE_TAGS = frozenset(
    {254, 255, 256, 257, 258, 259, 262, 263, 266, 273, 277, 278, 279, 280, 281, 284, 288, 289, 290, 291, 292, 293}
    | {301, 317, 320, 321, 322, 323, 324, 325, 330, 338, 339, 340, 341, 342, 347, 512, 513, 514, 515, 517, 518, 519}
    | {400, 520, 521, 529, 530, 531, 532, 700, 33723, 34377, 34675, 37724, 50255}
)
# The resolution travels as the photo's own, and is written anew.
GEO_TAGS = frozenset({33550, 33922, 34264, 34735, 34736, 34737})
"""GeoTIFF's, which tie pixels to places."""
_NOT_DESCRIBING = GEO_TAGS | _STORAGE_TAGS | {Base.XResolution, Base.YResolution, Base.ResolutionUnit}
_BELOW: _Tree = {IFD.Exif: {IFD.Interop: {}}, IFD.GPSInfo: {}}
_ENDIAN: dict[str, Literal["little", "big"]] = {"<": "little", ">": "big"}


def orientation_of(exif: bytes) -> int:
    """EXIF orientation 1 to 8; 1 where there is none or it is nonsense. Raises ValueError on a broken structure."""
    return ExifBlock(exif).orientation


def day_taken(exif: bytes) -> date | None:
    """The day of DateTimeOriginal, as the camera's clock had it; None where there is none, or it is nonsense."""
    try:
        text = ExifBlock(exif).text(Base.DateTimeOriginal, _DAY_CHARACTERS)
    except ValueError:
        return None
    return day(text) if text else None


def day(text: str) -> date | None:
    """The day of a date as EXIF writes it, "1962:07:01 12:30:00"; None where it is nonsense, such as all zeros."""
    try:
        year, month, of_month = (int(part) for part in text[:_DAY_CHARACTERS].split(":"))
        return date(year, month, of_month)
    except ValueError:
        return None


def upright(exif: bytes, way: Way | None = None) -> tuple[bytes, bool]:
    """The same EXIF for a photo whose orientation has been applied, and whether all it says of places could be said
    anew. Raises ValueError on a broken structure.

    A thumbnail stays as the camera made it, on its side; whoever writes the photo makes a new one.
    """
    block = ExifBlock(exif)
    whole = True
    if block.orientation != 1:
        block.orientation = 1
        block.require_sound()
    if way is not None and way.orientation != 1:
        whole = block.move_subject(way)
    return bytes(block), whole


def with_size(exif: bytes, width: int, height: int) -> bytes:
    """The same EXIF with the pixel sizes it states, if any, set to these. Raises ValueError on a broken structure."""
    block = ExifBlock(exif)
    block.set_size(width, height)
    return bytes(block)


def resolution_of(exif: bytes) -> tuple[float, float] | None:
    """Dots per inch as EXIF has them, where it does and they make sense."""
    with contextlib.suppress(ValueError):
        found = ExifBlock(exif).dpi
        return resolution(*found) if found else None
    return None


def resolution(across: float, down: float) -> tuple[float, float] | None:
    """Dots per inch where they are worth keeping: below 2 it is an aspect ratio or a default nobody chose."""
    return (across, down) if all(2 <= value < 1e6 for value in (across, down)) else None


def without_maker_note(exif: bytes) -> bytes:
    """The same with everything but the maker note and the thumbnail. Raises ValueError on a broken structure."""
    layout, first = tiff_tags.opened(exif)
    photo = _Description.read(exif, layout, first, skip=frozenset({Base.MakerNote}))
    return layout.header(layout.header_bytes) + photo.packed(layout, layout.header_bytes)


def require_whole(exif: bytes) -> None:
    """Raises ValueError where any value of it, not only those that are changed, lies outside."""
    _Description.read(exif, *tiff_tags.opened(exif))


def byte_order(exif: bytes) -> Literal["<", ">"]:
    """As struct has it. Raises ValueError on a broken structure."""
    return "<" if tiff_tags.opened(exif)[0].order == "<" else ">"


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
    def read(
        cls,
        data: tiff_tags.Buffer,
        layout: Layout,
        at: int,
        tree: _Tree = _BELOW,
        skip: frozenset[int] = _NOT_DESCRIBING,
    ) -> _Description:
        fields = layout.fields(data, at, skip=skip)
        below = {
            field.tag: cls.read(data, layout, int.from_bytes(field.value, _ENDIAN[layout.order]), tree[field.tag], skip)
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
