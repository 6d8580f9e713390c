"""EXIF carried over byte for byte, changing only what enlarging makes untrue.

Rewriting EXIF through a parser loses maker notes, whose offsets are absolute, and whatever the parser does not know.
So the structure (TIFF 6.0, EXIF 2.32) is walked, and the few values that must change are changed in place.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from PIL import Image
from PIL.ExifTags import IFD, Base

_ORIENTATION = 0x0112
_SIZE_TAGS_IFD0 = {0x0100: 0, 0x0101: 1}  # ImageWidth, ImageLength
_SIZE_TAGS_EXIF = {0xA002: 0, 0xA003: 1}  # PixelXDimension, PixelYDimension
_SHORT, _LONG = 3, 4
_MAX_ENTRIES = 4096

# Tags of a TIFF's own IFD that describe how its pixels are stored, not the photo: (TIFF 6.0, sections 8 and 13 to 15).
_STORAGE_TAGS = frozenset(
    {254, 255, 256, 257, 258, 259, 262, 263, 266, 273, 277, 278, 279, 280, 281, 284, 288, 289, 290, 291, 292, 293}
    | {301, 317, 320, 321, 322, 323, 324, 325, 330, 338, 339, 340, 341, 342, 347, 512, 513, 514, 515, 517, 518, 519}
    | {520, 521, 529, 530, 531, 532, 700, 33723, 34377, 34675}
)


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


def upright(exif: bytes) -> tuple[bytes, bool]:
    """The same EXIF for a photo whose orientation has been applied, and whether a thumbnail was dropped.

    A thumbnail stays as the camera made it; once the photo is turned it would lie on its side, and is unlinked.
    Raises ValueError on a broken structure.
    """
    structure, ifd0 = _open(exif)
    entry = structure.entries(ifd0).get(_ORIENTATION)
    if entry is None or structure.integer(entry) == 1:
        return exif, False
    structure.set_integer(entry, 1)
    link = structure.next_ifd_position(ifd0)
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


def from_tiff(image: Image.Image) -> bytes | None:
    """The EXIF of an opened TIFF as a block of its own, for its tags stand in the file's own IFD; None if it has none."""
    exif = image.getexif()
    kept = Image.Exif()
    for tag, value in exif.items():
        if tag not in _STORAGE_TAGS and tag not in (IFD.Exif, IFD.GPSInfo, Base.XResolution, Base.YResolution, 296):
            kept[tag] = value
    for sub in (IFD.Exif, IFD.GPSInfo):
        values = exif.get_ifd(sub)
        if values:
            kept.get_ifd(sub).update(values)
            kept[sub] = values
    if not len(kept):
        return None
    return kept.tobytes().removeprefix(b"Exif\0\0")


def parsed(exif: bytes) -> Image.Exif:
    """EXIF as Pillow's mapping, for formats whose own tags it becomes."""
    result = Image.Exif()
    result.load(b"Exif\0\0" + exif)
    return result
