"""WebP (RFC 9649); of an animation the first picture."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image

from desktop.core.photo import exif as exif_block
from desktop.core.photo.containers import pillow
from desktop.core.photo.containers.base import BLOCK_MAX, Carried, Container, Planes
from desktop.core.photo.looks import Header
from desktop.core.photo.photo import Coding, Fidelity
from desktop.core.photo.source import CutShortError, Part, Source, Spliced

_ANIMATED, _ALPHA = 0x02, 0x10
_MOST_CHUNKS = 20_000
_LARGEST = 512 * 2**20
_MOST_NAMED = 8
_KNOWN = frozenset({b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF", b"ICCP", b"EXIF", b"XMP "})


@dataclass(frozen=True)
class _Chunk:
    kind: bytes
    at: int
    size: int

    @property
    def part(self) -> tuple[int, int]:
        return self.at - 8, 8 + self.size + self.size % 2


class Webp(Container):
    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self._chunks = list(_walk(source))
        first = self._chunks[0]
        start = source.exactly(first.at, 10)
        self._extended = first.kind == b"VP8X"
        self._flags = 0
        if self._extended:
            self._flags = start[0]
            width, height = (1 + int.from_bytes(start[at : at + 3], "little") for at in (4, 7))
        elif first.kind == b"VP8 " and start[3:6] == b"\x9d\x01\x2a":
            width, height = (value & 0x3FFF for value in struct.unpack_from("<HH", start, 6))
        elif first.kind == b"VP8L" and start[0] == 0x2F:
            (bits,) = struct.unpack_from("<I", start, 1)
            width, height = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
            self._flags = _ALPHA if bits >> 28 & 1 else 0
        else:
            raise ValueError("no picture where WebP has one")
        if not width or not height:
            raise ValueError("a header without a size")
        coding = Coding(lossless=any(chunk.kind == b"VP8L" for chunk in self._chunks))
        self.header = Header(width, height, "WEBP", channels=4 if self._flags & _ALPHA else 3, coding=coding)

    @property
    def exif(self) -> bytes | None:
        return (self._block(b"EXIF") or b"").removeprefix(b"Exif\0\0") or None

    def carried(self) -> Carried:
        fidelity = Fidelity()
        for chunk in self._chunks:
            if chunk.kind in (b"ICCP", b"EXIF", b"XMP ") and chunk.size > BLOCK_MAX:
                fidelity = fidelity.and_lost(chunk.kind.decode().strip(), "too large")
        frames = sum(chunk.kind == b"ANMF" for chunk in self._chunks)
        if frames > 1:
            fidelity = fidelity.and_lost("further pictures", f"the first of {frames} in the file was used")
        others = sorted({chunk.kind.decode("latin-1").strip() for chunk in self._chunks if chunk.kind not in _KNOWN})
        if others:
            names = ", ".join(others[:_MOST_NAMED])
            fidelity = fidelity.and_lost("other WebP data", f"{names} not carried over")
        exif = self.exif
        return Carried(
            self._block(b"ICCP"),
            self._block(b"XMP "),
            exif_block.resolution_of(exif) if exif else None,
            fidelity,
            coding=self.header.coding,
        )

    def _block(self, kind: bytes) -> bytes | None:
        if not self._extended:
            return None
        found = (chunk for chunk in self._chunks if chunk.kind == kind and 0 < chunk.size <= BLOCK_MAX)
        return next((self._source.exactly(chunk.at, chunk.size) for chunk in found), None)

    def planes(self) -> Planes:
        with pillow.opened(self._stream(), "WEBP") as image:
            return pillow.planes_of(image)

    def small(self, side: int) -> Image.Image:
        image = pillow.opened(self._stream(), "WEBP")
        image.load()
        return image

    def _stream(self) -> Spliced:
        """The picture, or the first of them, and nothing else."""
        wanted: list[Part] = []
        if self._extended:
            animated = self._flags & _ANIMATED
            kinds = (b"ANIM", b"ANMF") if animated else (b"ALPH", b"VP8 ", b"VP8L")
            sides = b"".join((side - 1).to_bytes(3, "little") for side in (self.header.width, self.header.height))
            wanted.append(b"VP8X" + struct.pack("<IB3x", 10, animated | self._flags & _ALPHA) + sides)
            for kind in kinds:
                wanted += [chunk.part for chunk in self._chunks if chunk.kind == kind][:1]
        else:
            wanted.append(self._chunks[0].part)
        size = 4 + sum(len(part) if isinstance(part, bytes) else part[1] for part in wanted)
        if size > _LARGEST:
            raise self._unsupported("a WebP of more than half a gigabyte")
        return Spliced(self._source, [b"RIFF" + struct.pack("<I", size) + b"WEBP", *wanted])


def _walk(source: Source) -> Iterator[_Chunk]:
    (size,) = struct.unpack("<I", source.exactly(4, 4))
    end = min(8 + size, len(source))
    at = 12
    for _ in range(_MOST_CHUNKS):
        head = source[at : at + 8]
        if len(head) < 8 or at >= end:
            if at == 12:
                raise CutShortError("no chunks")
            return
        kind, length = struct.unpack("<4sI", head)
        yield _Chunk(kind, at + 8, min(length, len(source) - at - 8))
        at += 8 + length + length % 2
    raise ValueError("more chunks than any photo has")
