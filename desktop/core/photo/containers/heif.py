"""HEIF with HEVC pictures, as phones write it, through libheif; of several pictures the main one."""

from __future__ import annotations

import contextlib

import numpy as np
import pi_heif

from desktop.core.photo import exif as exif_block
from desktop.core.photo.containers.base import (
    Carried,
    Container,
    Planes,
    Space,
    straight,
)
from desktop.core.photo.containers.bmff import MainPicture, video_bytes
from desktop.core.photo.depth import as_16_bit
from desktop.core.photo.looks import Header
from desktop.core.photo.metadata.xmp_promises import VIDEO
from desktop.core.photo.photo import Fidelity
from desktop.core.photo.source import Source

_LARGEST = 256 * 2**20


class Heif(Container):
    gives_upright = True

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        if len(source) > _LARGEST:
            raise self._unsupported("a HEIF of more than 256 megabytes")
        # Values as they are coded: libheif's own 16 bits do not reach white.
        self._file = pi_heif.open_heif(source[:], convert_hdr_to_8bit=False, hdr_to_16bit=False)
        self._image = self._file[self._file.primary_index]
        name, _, bits = self._image.mode.partition(";")
        self._bits = int(bits.removesuffix("L") or 8)
        self._alpha, self._premultiplied = name[-1] in "Aa", name[-1] == "a"
        width, height = self._image.size
        channels = (1 if name[0] in "LI" else 3) + self._alpha
        self.header = Header(width, height, "HEIF", channels, 16 if self._bits > 8 else 8)

    @property
    def exif(self) -> bytes | None:
        return bytes(self._image.info.get("exif") or b"").removeprefix(b"Exif\0\0") or None

    def carried(self) -> Carried:
        info = self._image.info
        fidelity = Fidelity()
        pictures = len(self._file)
        if pictures > 1:
            fidelity = fidelity.and_lost("further pictures", f"the main one of {pictures} in the file was used")
        if info.get("depth_images") or info.get("aux"):
            fidelity = fidelity.and_lost("depth and other maps", "not carried over")
        if video := video_bytes(self._source):
            fidelity = fidelity.and_lost(VIDEO, f"{video:,} bytes, as of a motion photo, not carried over")
        xmp = bytes(info.get("xmp") or b"") or None
        icc = info.get("icc_profile") or None
        with contextlib.suppress(ValueError):
            described = MainPicture(self._source).described if icc is None else None
            if described is not None:
                icc, fidelity = described.profile, fidelity.joined(described.told)
        exif = self.exif
        return Carried(icc, xmp, exif_block.resolution_of(exif) if exif else None, fidelity)

    def planes(self) -> Planes:
        array = np.array(self._image)  # a copy: what it shows goes with the file
        if self._bits > 8:
            array = as_16_bit(array, self._bits)
        channels = array.shape[2] if array.ndim == 3 else 1
        space: Space = "RGB" if channels >= 3 else "grey"
        if channels == 1:
            return Planes(np.ascontiguousarray(array.reshape(array.shape[:2])), None, space)
        if not self._alpha:
            return Planes(array, None, space)
        alpha = np.ascontiguousarray(array[..., -1])
        pixels = np.ascontiguousarray(array[..., :3] if channels == 4 else array[..., 0])
        return Planes(straight(pixels, alpha) if self._premultiplied else pixels, alpha, space)
