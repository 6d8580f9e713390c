"""Cameras' raw files, developed by LibRaw where rawpy is installed (the extra "raw")."""

from __future__ import annotations

import importlib
import io
from typing import Any

from desktop.core import errors
from desktop.core.photo import exif as exif_block
from desktop.core.photo.containers.base import Carried, Container, Planes
from desktop.core.photo.formats import RAW_IS_READABLE
from desktop.core.photo.looks import Header
from desktop.core.photo.photo import Fidelity
from desktop.core.photo.source import Source

_LARGEST = 512 * 2**20
_SRGB_CURVE = (2.4, 12.92)
_CUT_OFF = 0.001  # the part of all pixels that brightening may make white
# Tags from here on describe a sensor's picture, which the developed one no longer is (DNG 1.7).
_FIRST_OF_DNG = 0xC600


class Raw(Container):
    gives_upright = True

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        if not RAW_IS_READABLE:
            raise errors.UnsupportedFormatError(
                "“{name}” is a camera's raw file, which has to be developed first. Save it as TIFF or JPEG with your "
                "camera's program.",
                name=source.name,
            )
        if len(source) > _LARGEST:
            raise self._unsupported("a raw file of more than 512 megabytes")
        self._rawpy: Any = importlib.import_module("rawpy")
        try:
            self._raw = self._rawpy.imread(io.BytesIO(source[:]))
        except self._rawpy.LibRawFileUnsupportedError as error:
            raise self._unsupported("a camera's raw file of an unknown kind") from error
        except self._rawpy.LibRawError as error:
            raise ValueError(str(error)) from error
        sizes = self._raw.sizes
        self.header = Header(sizes.iwidth, sizes.iheight, "RAW", 3, 16)

    def carried(self) -> Carried:
        fidelity = Fidelity().and_converted("raw data", "developed with the camera's white balance, to 16-bit sRGB")
        if self.exif is None:
            fidelity = fidelity.and_lost("EXIF", "not read from raw files of this kind")
        return Carried(fidelity=fidelity)

    @property
    def exif(self) -> bytes | None:
        try:
            return exif_block.from_tiff(self._source, before=_FIRST_OF_DNG)
        except ValueError:
            return None

    def planes(self) -> Planes:
        try:
            return Planes(
                self._raw.postprocess(
                    use_camera_wb=True,
                    output_color=self._rawpy.ColorSpace.sRGB,
                    gamma=_SRGB_CURVE,
                    output_bps=16,
                    auto_bright_thr=_CUT_OFF,
                )
            )
        except self._rawpy.LibRawError as error:
            raise ValueError(str(error)) from error
        finally:
            self._raw.close()
