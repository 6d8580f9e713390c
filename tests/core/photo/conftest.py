"""Photos as strangers make them: EXIF byte by byte, PNG chunk by chunk, TIFF in every dress."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageCms

BYTE, ASCII, SHORT, LONG, RATIONAL, UNDEFINED = 1, 2, 3, 4, 5, 7
_BYTES = {BYTE: 1, ASCII: 1, SHORT: 2, LONG: 4, RATIONAL: 8, UNDEFINED: 1}

MAKER_NOTE = b"ACME\0camera\0" + bytes(range(256)) * 3
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description rdf:about="" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" '
    b'xmlns:dc="http://purl.org/dc/elements/1.1/" tiff:Orientation="1" dc:identifier="Sch\xc3\xb6n"/>'
    b"</rdf:RDF></x:xmpmeta>"
)

Entry = tuple[int, int, int, bytes]


def _ifd(order: str, entries: Iterable[Entry], at: int, following: int | None = 0) -> bytes:
    """A directory to stand at ``at``, its long values right behind it; no link at all where ``following`` is None."""
    entries = sorted(entries)
    start = at + 2 + 12 * len(entries) + (4 if following is not None else 0)
    head, values = struct.pack(order + "H", len(entries)), b""
    for tag, kind, count, value in entries:
        assert len(value) == count * _BYTES[kind]
        inline = value.ljust(4, b"\0")
        if len(value) > 4:
            inline = struct.pack(order + "I", start + len(values))
            values += value + b"\0" * (len(value) % 2)
        head += struct.pack(order + "HHI", tag, kind, count) + inline
    if following is not None:
        head += struct.pack(order + "I", following)
    return head + values


class ExifMaker:
    """Builds EXIF as a camera would.

    ``exif_block(orientation=6, size=(24, 16), ...)``; every part can be left out, ``order`` is struct's.
    """

    XMP = XMP
    MAKER_NOTE = MAKER_NOTE
    COPYRIGHT = "© Zoë Müller".encode() + b"\0"

    def __call__(
        self,
        order: str = "<",
        orientation: int | None = None,
        size: tuple[int, int] | None = None,
        size_type: int = SHORT,
        maker_note: bytes | None = MAKER_NOTE,
        thumbnail: bytes | None = None,
        linked: bool = True,
        padding: int = 0,
        extra: Sequence[Entry] = (),
    ) -> bytes:
        def short(value: int) -> bytes:
            return struct.pack(order + "H", value)

        def long(value: int) -> bytes:
            return struct.pack(order + "I", value)

        def rational(*values: int) -> bytes:
            return struct.pack(f"{order}{len(values)}I", *values)

        ifd0: list[Entry] = [
            (0x010F, ASCII, 5, b"ACME\0"),
            (0x4746, SHORT, 1, short(4)),  # Rating
            (0x8298, ASCII, len(self.COPYRIGHT), self.COPYRIGHT),
            *extra,
        ]
        if orientation is not None:
            ifd0.append((0x0112, SHORT, 1, short(orientation)))
        below: list[Entry] = [
            (0x829A, RATIONAL, 1, rational(1, 125)),
            (0x9003, ASCII, 20, b"2024:02:29 12:34:56\0"),
            (0x9000, UNDEFINED, 4, b"0232"),
        ]
        if maker_note is not None:
            below.append((0x927C, UNDEFINED, len(maker_note), maker_note))
        if size is not None:
            pack = short if size_type == SHORT else long
            below += [(0xA002, size_type, 1, pack(size[0])), (0xA003, size_type, 1, pack(size[1]))]
        interoperability: list[Entry] = [(1, ASCII, 4, b"R98\0")]
        gps: list[Entry] = [(1, ASCII, 2, b"N\0"), (2, RATIONAL, 3, rational(52, 1, 30, 1, 15, 2))]

        def built(exif_at: int, interop_at: int, gps_at: int, ifd1_at: int) -> list[bytes]:
            pointers = [(0x8769, LONG, 1, long(exif_at)), (0x8825, LONG, 1, long(gps_at))]
            following = (ifd1_at if thumbnail else 0) if linked else None
            small = [(0x0103, SHORT, 1, short(6)), (0x0201, LONG, 1, long(ifd1_at + 2 + 36 + 4))]
            small.append((0x0202, LONG, 1, long(len(thumbnail or b""))))
            return [
                _ifd(order, [*ifd0, *pointers], 8, following),
                _ifd(order, [*below, (0xA005, LONG, 1, long(interop_at))], exif_at),
                _ifd(order, interoperability, interop_at),
                _ifd(order, gps, gps_at),
                *([_ifd(order, small, ifd1_at) + thumbnail] if thumbnail else []),
            ]

        places = [0, 0, 0, 0]
        for _ in range(2):  # sizes do not depend on places, so the second round has them right
            parts = built(*places)
            ends = np.cumsum([8, *(len(part) for part in parts)])
            places = [int(end) for end in ends[1:5]]
            places += [0] * (4 - len(places))
        mark = b"II" if order == "<" else b"MM"
        return mark + struct.pack(order + "HI", 42, 8) + b"".join(parts) + bytes(padding)


@pytest.fixture(scope="session")
def exif_block() -> ExifMaker:
    return ExifMaker()


@pytest.fixture(scope="session")
def srgb() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


class PngMaker:
    """``png(pixels, before=[(b"tEXt", ...)], after=[...])``: a PNG with chunks before and behind its pixels."""

    @staticmethod
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    def raw(
        self,
        width: int,
        height: int,
        depth: int,
        colour_type: int,
        rows: bytes,
        before: Sequence[tuple[bytes, bytes]] = (),
        after: Sequence[tuple[bytes, bytes]] = (),
    ) -> bytes:
        return b"".join(
            [
                b"\x89PNG\r\n\x1a\n",
                self.chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)),
                *(self.chunk(*one) for one in before),
                self.chunk(b"IDAT", zlib.compress(rows)),
                *(self.chunk(*one) for one in after),
                self.chunk(b"IEND", b""),
            ]
        )

    def __call__(self, pixels: NDArray[Any], **chunks: Sequence[tuple[bytes, bytes]]) -> bytes:
        """Grey (H, W), grey with alpha (H, W, 2), RGB or RGBA, of 8 or 16 bits."""
        channels = 1 if pixels.ndim == 2 else pixels.shape[2]
        colour_type = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
        stored = pixels.astype(pixels.dtype.newbyteorder(">"))
        rows = b"".join(b"\0" + row.tobytes() for row in stored)
        return self.raw(pixels.shape[1], pixels.shape[0], pixels.dtype.itemsize * 8, colour_type, rows, **chunks)


@pytest.fixture(scope="session")
def png() -> PngMaker:
    return PngMaker()


@pytest.fixture
def put(tmp_path: Path) -> Callable[[str, bytes], Path]:
    """``put(name, content)``: a file with this content."""

    def write(name: str, content: bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write


@pytest.fixture
def tiff_file(tmp_path: Path) -> Callable[..., Path]:
    """``tiff_file(pixels, **options)``: written by tifffile, with its options."""

    def write(pixels: NDArray[Any], name: str = "photo.tif", **options: Any) -> Path:
        path = tmp_path / name
        options.setdefault("photometric", "rgb" if pixels.ndim == 3 else "minisblack")
        tifffile.imwrite(path, pixels, metadata=None, software=False, **options)
        return path

    return write


@pytest.fixture(scope="session")
def encoded() -> Callable[..., bytes]:
    """``encoded(pixels, "JPEG", **options)``: the bytes Pillow writes."""

    def encode(pixels: NDArray[Any], kind: str, mode: str | None = None, **options: Any) -> bytes:
        image = Image.fromarray(pixels)
        buffer = io.BytesIO()
        (image.convert(mode) if mode else image).save(buffer, kind, **options)
        return buffer.getvalue()

    return encode
