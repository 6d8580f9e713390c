"""Photos that carry everything, and ExifTool as a second opinion on what is in a file."""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
PACKET = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="a > b">\n'
    f'<rdf:RDF xmlns:rdf="{RDF}">\n'
    '<rdf:Description rdf:about="uuid:1" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" '
    'xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" '
    'tiff:Orientation="6" tiff:XResolution="720000/10000" tiff:YResolution="72/1" tiff:ResolutionUnit="2" '
    'exif:GPSLatitude="52,30.5N" exif:GPSLongitude="13,22E" xmp:Rating="4" xmp:CreatorTool="Scanner &amp; Co">\n'
    "<!-- a remark --><tiff:ImageWidth>36</tiff:ImageWidth><tiff:ImageLength>24</tiff:ImageLength>"
    "<exif:PixelXDimension>36</exif:PixelXDimension><photoshop:City>Berlin</photoshop:City>"
    '<dc:title><rdf:Alt><rdf:li xml:lang="x-default">Für Oma &lt;3</rdf:li></rdf:Alt></dc:title>'
    "<dc:subject><rdf:Bag><rdf:li>hill</rdf:li><rdf:li>house</rdf:li></rdf:Bag></dc:subject>\n"
    "</rdf:Description></rdf:RDF></x:xmpmeta>" + " " * 500 + '<?xpacket end="w"?>'
).encode()


def iim(record: int, dataset: int, text: bytes) -> bytes:
    return struct.pack(">BBBH", 0x1C, record, dataset, len(text)) + text


IPTC = b"".join(
    [
        iim(1, 90, b"\x1b%G"),
        iim(2, 0, b"\0\4"),
        iim(2, 25, b"hill"),
        iim(2, 25, b"house"),
        iim(2, 90, b"Berlin"),
        iim(2, 101, b"Germany"),
        iim(2, 120, "Für Oma".encode()),
    ]
)


def resource(kind: int, content: bytes) -> bytes:
    return b"8BIM" + struct.pack(">HHI", kind, 0, len(content)) + content + bytes(len(content) % 2)


RESOLUTION = struct.pack(">IHHIHH", 72 << 16, 1, 1, 72 << 16, 1, 1)
URL, COPYRIGHTED = resource(0x040B, b"https://example.org/oma"), resource(0x040A, b"\1")
OTHERS = resource(0x03ED, RESOLUTION) + COPYRIGHTED + URL
RESOURCES = resource(0x0404, IPTC) + OTHERS


@pytest.fixture(scope="session")
def packet() -> bytes:
    return PACKET


@pytest.fixture
def exiftool() -> Callable[..., dict[str, Any]]:
    """``exiftool(path)``: all that ExifTool finds in a file, by group and name."""
    program = shutil.which("exiftool")
    if program is None:
        pytest.skip("exiftool is not installed")

    def run(path: Path, *options: str) -> dict[str, Any]:
        asked = ["-j", "-G1", "-a", "-u", "-struct", *options]
        told = subprocess.run([program, *asked, str(path)], capture_output=True, check=False, timeout=60)
        (found,) = json.loads(told.stdout)
        return {str(key): value for key, value in found.items() if not key.startswith(("System:", "SourceFile"))}

    return run


@pytest.fixture
def full(exif_block, srgb, photo_like, tmp_path) -> Callable[..., Path]:
    """``full("jpeg")``: a small photo that lies on its side and carries everything that its format can."""

    def make(kind: str, **exif_options: Any) -> Path:
        path = tmp_path / f"full.{'tif' if kind == 'tiff' else kind}"
        pixels = photo_like(36, 24)
        small = _jpeg(pixels[::3, ::3])
        extra = [
            (0x011A, 5, 1, struct.pack("<II", 72, 1)),
            (0x011B, 5, 1, struct.pack("<II", 72, 1)),
            (0x0128, 3, 1, struct.pack("<H", 2)),
        ]
        exif = exif_block(**{"orientation": 6, "size": (36, 24), "thumbnail": small, "extra": extra} | exif_options)
        picture = Image.fromarray(pixels)
        common = {"icc_profile": srgb, "exif": b"Exif\0\0" + exif}
        if kind == "jpeg":
            resources = b"Photoshop 3.0\0" + RESOURCES + resource(0x040C, _thumbnail(small))
            segment = b"\xff\xed" + struct.pack(">H", len(resources) + 2) + resources
            picture.save(
                path, "JPEG", quality=90, dpi=(72, 72), xmp=PACKET, comment=b"for Oma", extra=segment, **common
            )
        elif kind == "webp":
            picture.save(path, "WEBP", xmp=PACKET, lossless=True, **common)
        elif kind == "png":
            picture.save(path, "PNG", dpi=(72, 72), **common)
            profile = f"\niptc\n{len(RESOURCES):8}\n{RESOURCES.hex()}\n".encode()
            chunks = [
                (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + PACKET),
                (b"zTXt", b"Raw profile type iptc\0\0" + zlib.compress(profile)),
                (b"tEXt", b"Author\0Zo\xeb"),
                (b"iTXt", b"Title\0\0\0de\0Titel\0" + "Für Oma ✓".encode()),
                (b"tEXt", b"Comment\0for Oma"),
            ]
            content = path.read_bytes()
            path.write_bytes(content[:33] + b"".join(_chunk(*chunk) for chunk in chunks) + content[33:])
        else:
            tags = [(700, PACKET), (33723, IPTC), (34377, OTHERS)]
            tifffile.imwrite(
                path,
                np.asarray(picture),
                photometric="rgb",
                metadata=None,
                software=False,
                resolution=(72, 72),
                resolutionunit="INCH",
                iccprofile=srgb,
                description="A hill",
                extratags=[
                    (274, "H", 1, 6, True),
                    (315, "s", 0, "Zoe", True),
                    *((tag, 1, len(block), block, True) for tag, block in tags),
                ],
            )
        return path

    return make


def _jpeg(pixels: Any) -> bytes:
    import io

    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG")
    return buffer.getvalue()


def _thumbnail(jpeg: bytes) -> bytes:
    return struct.pack(">IIIIIIHH", 1, 12, 8, 36, 288, len(jpeg), 24, 1) + jpeg


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
