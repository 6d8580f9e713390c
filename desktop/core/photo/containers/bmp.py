"""Windows bitmaps, versions 2 to 5, and those of OS/2."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop.core.photo import exif as exif_block
from desktop.core.photo import icc
from desktop.core.photo.containers import pillow
from desktop.core.photo.containers.base import BLOCK_MAX, Carried, Container, Planes
from desktop.core.photo.looks import Header
from desktop.core.photo.photo import Fidelity
from desktop.core.photo.source import CutShortError, Source, Spliced

_FILE_HEADER = 14
_CORE, _INFO, _OS2 = 12, 40, 64
_HEADERS = frozenset({_CORE, 16, _INFO, 52, 56, _OS2, 108, 124})
_PLAIN, _RLE8, _RLE4, _MASKS, _ALPHA_MASKS = 0, 1, 2, 3, 6
_CALIBRATED, _EMBEDDED, _LINKED = 0, b"DEBM", b"KNIL"
_METRE_IN_INCHES = 0.0254
_MASKS_OF_16, _MASKS_OF_32 = (0x7C00, 0x3E0, 0x1F, 0), (0xFF0000, 0xFF00, 0xFF, 0)


class Bmp(Container):
    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self._pixels_at, size = struct.unpack("<4xI", source.exactly(6, 8)) + struct.unpack("<I", source.exactly(14, 4))
        if size not in _HEADERS:
            raise ValueError("no header that there is")
        self._info = source.exactly(_FILE_HEADER, size).ljust(124, b"\0")
        self._size = size
        self._compression, colours = _PLAIN, 0
        if size == _CORE:
            width, height, _, self._bits = struct.unpack_from("<HHHH", self._info, 4)
        else:
            width, height, _, self._bits, self._compression = struct.unpack_from("<iiHHI", self._info, 4)
            (colours,) = struct.unpack_from("<I", self._info, 32)
        self._top_down, height = height < 0, abs(height)
        if width <= 0 or not height or self._bits not in (1, 2, 4, 8, 16, 24, 32):
            raise ValueError("a header that makes no sense")
        if self._compression not in (_PLAIN, _RLE8, _RLE4, _MASKS, _ALPHA_MASKS) or (
            size == _OS2 and self._compression > 2
        ):
            raise self._unsupported("an unusual bitmap")
        self._masks = self._find_masks()
        self._palette = self._find_palette(colours)
        most = max((mask.bit_count() for mask in self._masks), default=8)
        grey = self._palette is not None and self._is_grey(self._palette)
        channels = 1 if grey else 3 + bool(self._masks and self._masks[3])
        self.header = Header(width, height, "BMP", channels, 16 if most > 8 else 8)

    def carried(self) -> Carried:
        across, down = struct.unpack_from("<ii", self._info, 24) if self._size >= _INFO else (0, 0)
        profile, told = self._colours()
        return Carried(
            icc=profile,
            dpi=exif_block.resolution(across * _METRE_IN_INCHES, down * _METRE_IN_INCHES),
            fidelity=told,
        )

    def planes(self) -> Planes:
        if self._compression in (_RLE8, _RLE4):
            with pillow.opened(Spliced(self._source, [(0, len(self._source))]), "BMP") as image:
                return pillow.planes_of(image)
        rows = self._rows()
        if self._palette is not None:
            return self._looked_up(rows, self._palette)
        width = self.header.width
        if not self._masks:
            return Planes(np.ascontiguousarray(rows[:, : 3 * width].reshape(-1, width, 3)[..., ::-1]))
        values = np.ascontiguousarray(rows[:, : width * self._bits // 8]).view(f"<u{self._bits // 8}")
        planes = [_channel(values, mask, self.header.bits) for mask in self._masks if mask]
        alpha = planes.pop() if self._masks[3] else None
        fidelity = Fidelity()
        if alpha is not None and not alpha.any():  # many writers leave it empty and mean nothing by it
            alpha, fidelity = None, fidelity.and_converted("transparency", "none of it could be seen: taken for opaque")
        return Planes(np.dstack(planes), alpha, "RGB", fidelity)

    def _rows(self) -> NDArray[np.uint8]:
        """The rows from top to bottom, as bytes."""
        width, height = self.header.width, self.header.height
        stride = (width * self._bits + 31) // 32 * 4
        if self._pixels_at + stride * height > len(self._source):
            raise CutShortError("fewer rows than announced")
        rows = np.frombuffer(self._source.exactly(self._pixels_at, stride * height), np.uint8).reshape(height, stride)
        return rows if self._top_down else rows[::-1]

    def _looked_up(self, rows: NDArray[np.uint8], palette: NDArray[np.uint8]) -> Planes:
        """Indices of 1 to 8 bits turned into colours, or grey where all colours are."""
        if self._bits < 8:
            per_byte, mask = 8 // self._bits, (1 << self._bits) - 1
            shifts = np.arange(per_byte - 1, -1, -1, dtype=np.uint8) * np.uint8(self._bits)
            rows = (rows[..., None] >> shifts & np.uint8(mask)).reshape(rows.shape[0], -1)
        indices = rows[:, : self.header.width]
        table = np.zeros((256, 3), np.uint8)
        table[: len(palette)] = palette
        fidelity = Fidelity()
        if not self._is_grey(palette):
            return Planes(table[indices], None, "RGB", fidelity.and_converted("palette", "to full colour"))
        if self._bits == 1:
            fidelity = fidelity.and_converted("bit depth", "1 bit to 8 bit grey")
        return Planes(table[:, 0][indices], None, "grey", fidelity)

    def _find_masks(self) -> tuple[int, ...]:
        """Of red, green, blue and alpha; none for 24 bits and palettes."""
        if self._bits not in (16, 32):
            return ()
        if self._compression == _PLAIN:
            return _MASKS_OF_16 if self._bits == 16 else _MASKS_OF_32
        alpha = self._size >= 56 or self._compression == _ALPHA_MASKS
        masks = struct.unpack("<4I", self._source.exactly(_FILE_HEADER + _INFO, 16))
        masks = masks if alpha else (*masks[:3], 0)
        if not all(masks[:3]):
            raise ValueError("masks that make no sense")
        if any(mask >> self._bits or not _is_run(mask) for mask in masks):
            raise ValueError("masks that make no sense")
        return masks

    def _find_palette(self, colours: int) -> NDArray[np.uint8] | None:
        if self._bits > 8:
            return None
        most = 1 << self._bits
        if colours > most:
            raise ValueError("more colours than can be told apart")
        entry = 3 if self._size == _CORE else 4
        at = _FILE_HEADER + self._size
        room = max(0, self._pixels_at - at) // entry if self._pixels_at > at else most
        content = self._source[at : at + entry * min(colours or most, room)]
        entries = np.frombuffer(content[: len(content) // entry * entry], np.uint8).reshape(-1, entry)
        return np.ascontiguousarray(entries[:, 2::-1])

    @staticmethod
    def _is_grey(palette: NDArray[np.uint8]) -> bool:
        return bool(len(palette)) and bool((palette == palette[:, :1]).all())

    def _colours(self) -> tuple[bytes | None, Fidelity]:
        told = Fidelity()
        if self._size < 108:
            return None, told
        kind = self._info[56:60]
        if self._size >= 124 and kind == _EMBEDDED:
            at, size = struct.unpack_from("<II", self._info, 112)
            profile = self._source[_FILE_HEADER + at : _FILE_HEADER + at + min(size, BLOCK_MAX)]
            return (
                (profile, told)
                if size and len(profile) == size
                else (None, told.and_lost("ICC profile", "it is damaged"))
            )
        if kind == _LINKED:
            return None, told.and_lost("ICC profile", "it is in another file")
        if int.from_bytes(kind, "little") == _CALIBRATED:
            return self._calibrated()
        return None, told

    def _calibrated(self) -> tuple[bytes | None, Fidelity]:
        """A profile for the corners and exponents that a header may give."""
        corners = np.array(struct.unpack_from("<9i", self._info, 60), float).reshape(3, 3) / 2**30
        exponents = [value / 65536 for value in struct.unpack_from("<3I", self._info, 96)]
        sums = [corners.sum(axis=0), *corners]
        if any(point.sum() <= 0 for point in sums) or not exponents[0] or len(set(exponents)) > 1:
            return None, Fidelity()
        points = tuple(float(part) for point in sums for part in point[:2] / point.sum())
        described = icc.from_gamma(1 / exponents[0], points, grey=self.header.channels == 1)
        return (described.profile, described.told) if described else (None, Fidelity())


def _is_run(mask: int) -> bool:
    """Whether its bits stand side by side."""
    return mask == 0 or (mask // (mask & -mask)) & (mask // (mask & -mask) + 1) == 0


def _channel(values: NDArray[Any], mask: int, bits: int) -> NDArray[Any]:
    """What a mask covers, stretched to the full range of 8 or 16 bits."""
    shift = (mask & -mask).bit_length() - 1
    top, most = (1 << bits) - 1, mask >> shift
    found = (values & mask) >> shift
    if most == top:
        return found.astype(f"u{bits // 8}")
    return ((found.astype(np.uint64) * (2 * top) + most) // (2 * most)).astype(f"u{bits // 8}")
