"""A photo in memory, and the account of what became of everything that belongs to it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from desktop.core.photo.metadata.notes import Note

Pixels = NDArray[np.uint8] | NDArray[np.uint16]


@dataclass(frozen=True)
class Item:
    """One thing that belongs to a photo, in plain words: ``Item("ICC profile", "Display P3")``."""

    item: str
    detail: str


@dataclass(frozen=True)
class Fidelity:
    """What was kept as it was, what was converted, and what was lost."""

    kept: tuple[Item, ...] = ()
    converted: tuple[Item, ...] = ()
    lost: tuple[Item, ...] = ()

    def and_kept(self, item: str, detail: str) -> Fidelity:
        return replace(self, kept=(*self.kept, Item(item, detail)))

    def and_converted(self, item: str, detail: str) -> Fidelity:
        return replace(self, converted=(*self.converted, Item(item, detail)))

    def joined(self, other: Fidelity) -> Fidelity:
        """This account and behind it the other."""
        return Fidelity(self.kept + other.kept, self.converted + other.converted, self.lost + other.lost)

    def and_lost(self, item: str, detail: str) -> Fidelity:
        return replace(self, lost=(*self.lost, Item(item, detail)))


@dataclass(frozen=True)
class Coding:
    """How the file's pixels were coded, where a result can be coded the same way.

    Attributes:
        subsampling: of a JPEG's colours, "4:4:4", "4:2:2" or "4:2:0"; "" where there is none.
        progressive: a JPEG in several passes.
        lossless: a WebP without loss.
    """

    subsampling: str = ""
    progressive: bool = False
    lossless: bool = False


@dataclass(frozen=True, eq=False)
class Photo:
    """An upright picture and what travels with it.

    Attributes:
        pixels: (H, W, 3) RGB or (H, W) grey; uint8 or uint16, full range, straight (not premultiplied) colours.
        alpha: (H, W) of the pixels' type, 0 transparent; None for an opaque photo.
        icc: the ICC profile the pixels are in, as it stood in the file.
        exif: EXIF as a TIFF structure (without the ``Exif`` prefix), orientation and sizes already upright.
        xmp: the XMP packet, all of it.
        iptc: captions, as IIM records.
        photoshop: further image resources of Photoshop's, one behind the other.
        notes: texts with their keywords, comments among them.
        dpi: dots per inch, horizontal and vertical.
        file_format: Pillow's name of the format it was read from, such as "JPEG".
        coding: how that file's pixels were coded.
        fidelity: what reading alone already converted or lost.
        reframed: whether it shows another part than its file, or has a border: places in it are others now.
        factors: how many times wider and higher than its file it is.
        jpeg_quality: of the JPEG file it was read from, 1 to 100 on libjpeg's scale, by its tables; None for others.
    """

    pixels: Pixels
    alpha: Pixels | None = None
    icc: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None
    file_format: str = ""
    fidelity: Fidelity = field(default_factory=Fidelity)
    jpeg_quality: int | None = None
    iptc: bytes | None = None
    photoshop: bytes | None = None
    notes: tuple[Note, ...] = ()
    coding: Coding = field(default_factory=Coding)
    reframed: bool = False
    factors: tuple[float, float] = (1.0, 1.0)

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])

    @property
    def is_grey(self) -> bool:
        return self.pixels.ndim == 2

    @property
    def bytes_per_pixel(self) -> int:
        """With its transparency."""
        planes = (self.pixels.shape[2] if self.pixels.ndim == 3 else 1) + (self.alpha is not None)
        return planes * int(self.pixels.dtype.itemsize)

    @property
    def bits(self) -> int:
        """Bits per channel: 8 or 16."""
        return int(self.pixels.dtype.itemsize) * 8
