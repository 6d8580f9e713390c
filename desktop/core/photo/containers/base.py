"""What all kinds of files have in common."""

from __future__ import annotations

import contextlib
import re
import zlib
from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from desktop.core import errors
from desktop.core.photo import exif as exif_block
from desktop.core.photo.looks import Header
from desktop.core.photo.metadata.iptc import Captions
from desktop.core.photo.metadata.notes import Note
from desktop.core.photo.metadata.xmp_promises import NOT_CARRIED, without_promises
from desktop.core.photo.photo import Coding, Fidelity
from desktop.core.photo.source import Source

BLOCK_MAX = 32 * 2**20
"""Largest profile, EXIF or XMP in bytes that is carried along. What people have is a hundredth of it."""

Space = Literal["grey", "RGB", "CMYK", "LAB"]

_XMP_ORIENTATION = re.compile(rb"(tiff:Orientation\s*(?:=\s*[\"']|>)\s*)[2-8]")


@dataclass(frozen=True)
class Carried:
    """What travels with the pixels beside EXIF, as it stands in the file.

    Attributes:
        dpi: as stored, not turned.
        fidelity: what is not carried along.
        iptc, photoshop, notes, coding: see ``Photo``.
    """

    icc: bytes | None = None
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None
    fidelity: Fidelity = field(default_factory=Fidelity)
    iptc: bytes | None = None
    photoshop: bytes | None = None
    notes: tuple[Note, ...] = ()
    coding: Coding = field(default_factory=Coding)

    def with_resources(self, block: bytes | None) -> Carried:
        """With what a block of Photoshop's image resources holds."""
        if not block:
            return self
        try:
            found = Captions.of(block)
        except ValueError:
            return replace(self, fidelity=self.fidelity.and_lost("Photoshop data", "damaged and left out"))
        told = self.fidelity
        if found.stale:
            told = told.and_lost("guides and slices", "their places are counted in pixels of the smaller photo")
        others = b"".join(resource.packed for resource in found.others)
        return replace(self, iptc=self.iptc or found.iptc, photoshop=self.photoshop or others or None, fidelity=told)

    def without_promises(self) -> Carried:
        """Without what XMP says of further data in the file, which stays behind; each kind of it is told once."""
        try:
            xmp, promised = without_promises(self.xmp) if self.xmp else (self.xmp, ())
        except ValueError:  # what cannot be looked into is carried on as it is
            return self
        told, known = self.fidelity, {item.item for item in self.fidelity.lost}
        for kind in promised:
            if kind not in known:
                told = told.and_lost(kind, NOT_CARRIED[kind])
        return replace(self, xmp=xmp, fidelity=told)


@dataclass(frozen=True, eq=False)
class Planes:
    """Decoded pixels as they are stored, straight and full range.

    Attributes:
        pixels: (H, W) grey, (H, W, 3) RGB or LAB (as Pillow has it), (H, W, 4) CMYK (0 no ink); uint8 or uint16.
        alpha: (H, W) of the same type.
        fidelity: what decoding converted or lost.
    """

    pixels: NDArray[Any]
    alpha: NDArray[Any] | None = None
    space: Space = "RGB"
    fidelity: Fidelity = field(default_factory=Fidelity)


class Container(ABC):
    """A photo's file of one kind.

    Making one reads the header. Nothing is decoded before ``planes`` or ``small``. All raise UnsupportedFormatError,
    what ``Source`` raises, and for damage whatever the format's own library does.

    Attributes:
        header: what was read.
        gives_upright: whether ``planes`` are upright already, whatever the orientation says.
    """

    header: Header
    gives_upright = False

    def __init__(self, source: Source) -> None:
        self._source = source

    @property
    def exif(self) -> bytes | None:
        """EXIF as a TIFF structure, without the ``Exif`` prefix; None where there is none, or none that is sound."""
        return None

    @property
    def orientation(self) -> int:
        """EXIF's, 1 to 8; 1 where it says nothing sensible."""
        exif = self.exif
        with contextlib.suppress(ValueError):
            return exif_block.orientation_of(exif) if exif else 1
        return 1

    @property
    def jpeg_quality(self) -> int | None:
        """See ``Photo``."""
        return None

    @property
    def file_bytes(self) -> int:
        return len(self._source)

    @property
    def upright_size(self) -> tuple[int, int]:
        """Width and height of the photo as it is meant to be looked at."""
        size = self.header.width, self.header.height
        return size[::-1] if self.orientation >= 5 and not self.gives_upright else size

    @abstractmethod
    def carried(self) -> Carried: ...

    @abstractmethod
    def planes(self) -> Planes: ...

    def small(self, side: int) -> Image.Image | None:
        """Roughly what ``planes`` gives, as Pillow has it, not smaller than ``side`` pixels a side if it is not.

        None where there is no cheaper way to it than ``planes``.
        """
        return None

    def _unsupported(self, what: str) -> errors.UnsupportedFormatError:
        return errors.UnsupportedFormatError(
            "“{name}” stores its pixels in a way Rekindle cannot read ({what}). Save it as an ordinary 8 or 16 bit "
            "photo first.",
            name=self._source.name,
            what=what,
        )


def inflated(data: bytes, most: int = BLOCK_MAX) -> bytes:
    """What a zlib stream holds. Raises zlib.error; ValueError for more than ``most`` bytes, before they are there."""
    decompressor = zlib.decompressobj()
    content = decompressor.decompress(data, max(1, most))
    if not decompressor.eof:
        raise ValueError("cut short, or more than anybody needs")
    return content


def upright_xmp(xmp: bytes) -> bytes:
    """XMP that does not make programs that heed it turn the upright photo once more."""
    return _XMP_ORIENTATION.sub(rb"\g<1>1", xmp)


def straight(pixels: NDArray[Any], alpha: NDArray[Any]) -> NDArray[Any]:
    """Colours that were multiplied with ``alpha``, as they were before."""
    top = np.iinfo(pixels.dtype).max
    weight = alpha.astype(np.float32) / top
    weight = weight[..., None] if pixels.ndim == 3 else weight
    divided = np.divide(pixels, weight, out=np.zeros(pixels.shape, np.float32), where=weight > 0)
    restored: NDArray[Any] = np.clip(np.rint(divided), 0, top).astype(pixels.dtype)
    return restored
