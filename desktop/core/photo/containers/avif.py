"""AVIF, through libavif; of a sequence the first picture."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from PIL import Image

from desktop.core.opencv import cv2
from desktop.core.photo import exif as exif_block
from desktop.core.photo.containers import pillow
from desktop.core.photo.containers.base import Carried, Container, Planes
from desktop.core.photo.containers.bmff import MainPicture
from desktop.core.photo.depth import as_16_bit
from desktop.core.photo.looks import Header
from desktop.core.photo.photo import Fidelity
from desktop.core.photo.source import Source, Spliced

_LARGEST = 256 * 2**20


class Avif(Container):
    def __init__(self, source: Source) -> None:
        super().__init__(source)
        if len(source) > _LARGEST:
            raise self._unsupported("an AVIF of more than 256 megabytes")
        self._picture = MainPicture(source)
        if not self._picture.width or not self._picture.height:
            raise ValueError("a picture without a size")
        self.header = Header(
            self._picture.width, self._picture.height, "AVIF", 4, bits=16 if self._picture.bits > 8 else 8
        )

    @property
    def exif(self) -> bytes | None:
        return self._blocks.get("exif", b"").removeprefix(b"Exif\0\0") or None

    def carried(self) -> Carried:
        fidelity = Fidelity()
        if self._frames > 1:
            fidelity = fidelity.and_lost("further pictures", f"the first of {self._frames} in the file was used")
        icc = self._blocks.get("icc_profile")
        if icc is None and (described := self._picture.described) is not None:
            icc, fidelity = described.profile, fidelity.joined(described.told)
        exif = self.exif
        return Carried(icc, self._blocks.get("xmp"), exif_block.resolution_of(exif) if exif else None, fidelity)

    @cached_property
    def _frames(self) -> int:
        with self._opened() as image:
            return int(getattr(image, "n_frames", 1))

    @cached_property
    def _blocks(self) -> dict[str, bytes]:
        with self._opened() as image:
            return {name: bytes(image.info[name]) for name in ("icc_profile", "exif", "xmp") if image.info.get(name)}

    def planes(self) -> Planes:
        if self._picture.bits == 8:
            with self._opened() as image:
                return pillow.planes_of(image)
        # Pillow cuts them down to 8 bits.
        array = cv2.imdecode(np.frombuffer(self._source[:], np.uint8), cv2.IMREAD_UNCHANGED)
        if array is None or array.dtype != np.uint16:
            raise ValueError("not decoded")
        array = as_16_bit(array, self._picture.bits)
        if array.ndim == 2:
            return Planes(array, None, "grey")
        alpha = np.ascontiguousarray(array[..., 3]) if array.shape[2] == 4 else None
        return Planes(np.ascontiguousarray(array[..., 2::-1]), alpha)

    def small(self, side: int) -> Image.Image:
        image = self._opened()
        image.load()
        return image

    def _opened(self) -> Image.Image:
        return pillow.opened(Spliced(self._source, [(0, len(self._source))]), "AVIF")
