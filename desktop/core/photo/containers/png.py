"""PNG, third edition, and animated PNG, of which the first picture is taken."""

from __future__ import annotations

import binascii
import contextlib
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from desktop.core.opencv import cv2
from desktop.core.photo import exif as exif_block
from desktop.core.photo import icc
from desktop.core.photo.containers import pillow
from desktop.core.photo.containers.base import BLOCK_MAX, Carried, Container, Planes, inflated
from desktop.core.photo.containers.png_texts import TEXTS, Texts, gathered
from desktop.core.photo.looks import Header
from desktop.core.photo.photo import Fidelity
from desktop.core.photo.source import CutShortError, Source, Spliced

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_FOR_DECODING = frozenset({b"PLTE", b"tRNS", b"IDAT"})
_CHANNELS = {0: 1, 2: 3, 3: 3, 4: 2, 6: 4}
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_PALETTE = 3
_METRE_IN_INCHES = 0.0254
_MOST_NAMED = 8
# What is carried along, said otherwise, or of no use to a result: a rendering hint and Apple's own index.
_KNOWN = frozenset(
    {"PLTE", "tRNS", "IDAT", "eXIf", "tEXt", "zTXt", "iTXt", "iCCP", "cICP", "sRGB", "gAMA", "cHRM", "pHYs"}
    | {"acTL", "fcTL", "fdAT", "sBIT", "hIST", "iDOT"}
)

# The smallest pieces that writers cut pixels into are of some kilobytes.
_MOST_CHUNKS = 1_000_000
_MOST_OTHER_CHUNKS = 20_000
_MOST_OVERHEAD = 2**16

_SRGB_GAMMA, _GAMMA_STEP = 0.45455, 0.0005


@dataclass(frozen=True)
class _Chunk:
    """``at`` and ``size`` of its content."""

    kind: bytes
    at: int
    size: int

    @property
    def part(self) -> tuple[int, int]:
        return self.at - 8, self.size + 12


class Png(Container):
    def __init__(self, source: Source) -> None:
        super().__init__(source)
        size, kind, width, height, depth, colour, method, filters, interlace = struct.unpack(
            ">I4sIIBBBBB", source.exactly(8, 21)
        )
        if kind != b"IHDR" or size != 13 or binascii.crc32(source[12:29]) != _crc(source, 29):
            raise ValueError("no sound header")
        if not 0 < width < 2**31 or not 0 < height < 2**31 or depth not in _DEPTHS.get(colour, ()):
            raise ValueError("a header that makes no sense")
        if method or filters or interlace > 1:
            raise self._unsupported("an unusual PNG")
        self._deep, self._colour = depth == 16, colour
        self._row_bytes = 1 + (width * (1 if colour == _PALETTE else _CHANNELS[colour]) * depth + 7) // 8
        self._found: list[_Chunk] | None = None
        channels = _CHANNELS[colour]
        # One more for what tRNS makes transparent, seen only once its chunk is come by.
        if colour in (0, 2, 3) and any(chunk.kind == b"tRNS" for chunk in self._chunks):
            channels += 1
        self.header = Header(width, height, "PNG", channels, 16 if self._deep else 8)

    def carried(self) -> Carried:
        texts = self._texts
        told = texts.fidelity
        frames = self._frames()
        if frames > 1:
            told = told.and_lost("further pictures", f"the first of {frames} in the file was used")
        others = sorted({chunk.kind.decode("latin-1") for chunk in self._chunks} - _KNOWN)
        if others:
            told = told.and_lost("other PNG data", f"{', '.join(others[:_MOST_NAMED])} not carried over")
        profile, colours = self._colours()
        exif = self.exif
        return Carried(
            icc=profile,
            xmp=texts.xmp,
            dpi=self._dpi() or (exif_block.resolution_of(exif) if exif else None),
            fidelity=told.joined(colours),
            iptc=texts.profiles.get("iptc") if texts.profiles.get("iptc", b"")[:1] == b"\x1c" else None,
            notes=texts.notes,
        ).with_resources(next((block for block in texts.profiles.values() if block.startswith(b"8BIM")), None))

    @cached_property
    def _texts(self) -> Texts:
        wanted = (chunk for chunk in self._chunks if chunk.kind in TEXTS)
        return gathered(
            (chunk.kind, self._source.exactly(chunk.at, min(chunk.size, BLOCK_MAX + 1))) for chunk in wanted
        )

    def planes(self) -> Planes:
        self._require_no_more_than_pixels()
        if not self._deep:
            with pillow.opened(self._stream(), "PNG") as image:
                return pillow.planes_of(image)
        planes = cv2.imdecode(np.frombuffer(self._stream().joined(), np.uint8), cv2.IMREAD_UNCHANGED)
        if planes is None or planes.dtype != np.uint16:
            raise ValueError("not decoded as 16 bit")
        return self._deep_planes(np.asarray(planes, np.uint16))

    def small(self, side: int) -> Image.Image | None:
        self._require_no_more_than_pixels()
        image = pillow.opened(self._stream(), "PNG")
        if image.mode == "I;16":
            return None
        image.load()
        return image

    def _require_no_more_than_pixels(self) -> None:
        """Rows that cannot be compressed take hardly more than they are; what follows them, decoders would inflate."""
        stored = sum(chunk.size for chunk in self._chunks if chunk.kind == b"IDAT")
        if stored > _MOST_OVERHEAD + 1.1 * self._row_bytes * self.header.height:
            raise ValueError("more data than pixels")

    def _deep_planes(self, planes: NDArray[np.uint16]) -> Planes:
        if planes.ndim == 2:
            key = self._first(b"tRNS")  # which OpenCV heeds in colour pictures only
            alpha = np.where(planes == struct.unpack(">H", key[:2])[0], 0, 65535) if key and len(key) >= 2 else None
            return Planes(planes, alpha.astype(np.uint16) if alpha is not None else None, "grey")
        alpha = np.ascontiguousarray(planes[..., 3]) if planes.shape[2] == 4 else None
        if self._colour == 4:
            return Planes(np.ascontiguousarray(planes[..., 0]), alpha, "grey")
        return Planes(np.ascontiguousarray(planes[..., 2::-1]), alpha, "RGB")

    def _stream(self) -> Spliced:
        wanted = [chunk.part for chunk in self._chunks if chunk.kind in _FOR_DECODING]
        return Spliced(self._source, [(0, 33), *wanted, b"\0\0\0\0IEND\xaeB`\x82"])

    @property
    def _chunks(self) -> list[_Chunk]:
        """All but IHDR and IEND, in the file's order."""
        if self._found is None:
            self._found = list(_walk(self._source))
        return self._found

    def _first(self, kind: bytes) -> bytes | None:
        """The first sound chunk of a kind that is none of the decoder's."""
        for chunk in self._chunks:
            if chunk.kind == kind and chunk.size <= BLOCK_MAX:
                content = self._source.exactly(chunk.at, chunk.size)
                if binascii.crc32(kind + content) == _crc(self._source, chunk.at + chunk.size):
                    return content
        return None

    @property
    def exif(self) -> bytes | None:
        found = self._first(b"eXIf") or self._texts.profiles.get("exif") or self._texts.profiles.get("app1") or b""
        return found.removeprefix(b"Exif\0\0") or None

    def _frames(self) -> int:
        control = self._first(b"acTL")
        return int(struct.unpack_from(">I", control)[0]) if control and len(control) == 8 else 1

    def _dpi(self) -> tuple[float, float] | None:
        density = self._first(b"pHYs")
        if density is None or len(density) != 9 or density[8] != 1:
            return None
        across, down = struct.unpack_from(">II", density)
        return exif_block.resolution(across * _METRE_IN_INCHES, down * _METRE_IN_INCHES)

    def _colours(self) -> tuple[bytes | None, Fidelity]:
        """The profile, made here where the file says by other means what its colours are; in PNG's order of rank."""
        nothing = Fidelity()
        grey = self._colour in (0, 4)
        code = self._first(b"cICP")
        if code is not None and len(code) == 4 and code[2] == 0 and code[3] == 1:
            described = icc.from_code_points(code[0], code[1], grey=grey)
            if described is not None:
                return described.profile, described.told
        chunk = self._first(b"iCCP")
        if chunk is not None:
            _, _, rest = chunk.partition(b"\0")
            with contextlib.suppress(zlib.error, ValueError):
                return inflated(rest[1:]), nothing
            return None, nothing.and_lost("ICC profile", "it is damaged or too large and was left out")
        if any(found.kind == b"iCCP" for found in self._chunks):
            nothing = nothing.and_lost("ICC profile", "it is damaged or too large and was left out")
        if self._first(b"sRGB") is not None:
            return None, nothing
        gamma, primaries = self._first(b"gAMA"), self._first(b"cHRM")
        exponent = struct.unpack(">I", gamma)[0] / 100_000 if gamma and len(gamma) == 4 else _SRGB_GAMMA
        points = (
            tuple(x / 100_000 for x in struct.unpack(">8I", primaries)) if primaries and len(primaries) == 32 else None
        )
        described = icc.from_gamma(exponent, points, grey=grey)
        if described is None:
            return None, nothing
        return described.profile, nothing.joined(described.told)


def _crc(source: Source, at: int) -> int:
    return int.from_bytes(source.exactly(at, 4), "big")


def _walk(source: Source) -> Iterator[_Chunk]:
    """The chunks as far as the file goes; one that it cuts short comes last. Raises ValueError."""
    at, others, pixels = 33, 0, False
    for _ in range(_MOST_CHUNKS):
        head = source[at : at + 8]
        if len(head) < 8:
            break
        size, kind = struct.unpack(">I4s", head)
        if kind == b"IEND" or (pixels and not kind.isalpha()):  # nothing behind the pixels is worth losing them for
            break
        if kind == b"IDAT":
            pixels = True
        else:
            others += 1
            if others > _MOST_OTHER_CHUNKS:
                raise ValueError("more chunks than any photo has")
            if not kind.isalpha():
                raise ValueError("a chunk that is none")
        yield _Chunk(kind, at + 8, min(size, len(source) - at - 8))
        at += size + 12
    else:
        raise ValueError("more chunks than any photo has")
    if not pixels:
        raise CutShortError("no pixels") if at >= len(source) else ValueError("no pixels")
