"""Files made to do harm are answered at once and with little memory: refused, or read without what is harmful in them.

What counts is the child's processor time and its memory, which a slow or busy machine does not change.
"""

from __future__ import annotations

import os
import re
import struct
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from desktop.core import errors, forecast
from desktop.core.isolation.pool import WorkerPool
from desktop.core.photo.isolated import IsolatedReader
from desktop.core.photo.looks import Header
from desktop.core.photo.read import read
from desktop.core.photo.tiff_tags import Layout

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="not on this platform: a child's memory peak is not kept"
)

MOST_SECONDS = 2.0
MOST_MIB = 300
GIGABYTE = 2**30
MIB = 2**20


@pytest.fixture(scope="module")
def pool() -> Iterator[WorkerPool]:
    pool = WorkerPool(1)
    pool.warm()
    yield pool
    pool.close()


@pytest.fixture
def reader(pool: WorkerPool) -> IsolatedReader:
    pool.warm()
    return IsolatedReader(pool)


@contextmanager
def little() -> Iterator[None]:
    """The child may use no more than it should inside."""
    (child,) = psutil.Process().children()
    Path(f"/proc/{child.pid}/clear_refs").write_text("5")
    before = sum(child.cpu_times()[:2])
    yield
    try:
        seconds = sum(child.cpu_times()[:2]) - before
        status = Path(f"/proc/{child.pid}/status").read_text()
    except (psutil.NoSuchProcess, OSError):
        pytest.fail("the child had to be killed")
    peak = int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024  # type: ignore[index]
    assert peak < MOST_MIB, f"{peak:.0f} MiB"
    assert seconds < MOST_SECONDS, f"{seconds:.1f} s"


def as_for_enlarging(header: Header) -> None:
    """The check that a photo passes before it is enlarged threefold."""
    forecast.require_size("bomb", header.width, header.height, 3, forecast.DEFAULT_MAX_MEGAPIXELS)


def answered(reader: IsolatedReader, path: Path) -> Any:
    """The photo, or the error; also of its thumbnail, its size and a glance at it."""
    with little():
        try:
            found: Any = reader.read(path, as_for_enlarging)
        except errors.RekindleError as error:
            found = error
    with little(), suppress(errors.UnreadablePhotoError):
        reader.thumbnail(path, 96, 100)
    with little():
        assert len(reader.sizes([path], 0.1)) == 1
    return found


def zeros_deflated(count: int) -> bytes:
    """A zlib stream of so many zeros, a multiple of 16 MiB."""
    piece = 16 * MIB
    coder = zlib.compressobj(9)
    start = coder.compress(bytes(piece)) + coder.flush(zlib.Z_FULL_FLUSH)
    again = coder.compress(bytes(piece)) + coder.flush(zlib.Z_FULL_FLUSH)
    end = b"\x03\x00" + struct.pack(">I", (count % 65521) << 16 | 1)  # an empty last block, and Adler's checksum
    return start + again * (count // piece - 1) + end


def test_the_bombs_are_live() -> None:
    assert zlib.decompress(zeros_deflated(64 * MIB)) == bytes(64 * MIB)


def sparse(path: Path, start: bytes, size: int = 2 * GIGABYTE) -> Path:
    with path.open("wb") as file:
        file.write(start)
        file.truncate(size)
    return path


def page(tags: dict[int, list[int]], at: int, order: str = "<") -> bytes:
    layout = Layout(order)
    return layout.packed([layout.field(tag, values) for tag, values in tags.items()], at)


GREY_PAGE = {256: [10], 257: [10], 258: [8], 259: [1], 262: [1], 273: [8], 277: [1], 278: [10], 279: [100]}


# ---- Pixels ----


def test_a_picture_of_50_000_by_50_000_pixels_is_refused(reader: IsolatedReader, png: Any, put: Any) -> None:
    side = 50_000
    rows = zlib.compress(bytes((1 + side // 8) * side), 1)
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    chunks = [png.chunk(b"IHDR", header), png.chunk(b"IDAT", rows), png.chunk(b"IEND", b"")]
    found = answered(reader, put("a.png", b"\x89PNG\r\n\x1a\n" + b"".join(chunks)))
    assert isinstance(found, errors.TooLargeError)


@pytest.mark.parametrize("compression", [8, 5, 32773])
def test_a_strip_that_holds_more_than_its_picture_is_not_inflated(
    compression: int, reader: IsolatedReader, put: Any
) -> None:
    strip = {8: zeros_deflated(GIGABYTE), 5: b"\x80\0\x60" * 10**6, 32773: b"\x81\0" * 10**7}[compression]
    tags = GREY_PAGE | {258: [16], 259: [compression], 279: [len(strip)]}
    at = 8 + len(strip) + len(strip) % 2
    content = Layout("<").header(at) + strip + bytes(len(strip) % 2) + page(tags, at)
    found = answered(reader, put("a.tif", content))
    assert isinstance(found, errors.UnreadablePhotoError) or found.width == 10


@pytest.mark.parametrize("deep", [False, True])
def test_pixels_that_go_on_behind_the_last_row_are_not_inflated(
    deep: bool, reader: IsolatedReader, png: Any, put: Any
) -> None:
    content = png(np.zeros((4, 4), np.uint16 if deep else np.uint8))
    start = content.index(b"IDAT") - 4
    content = content[:start] + png.chunk(b"IDAT", zeros_deflated(GIGABYTE)) + png.chunk(b"IEND", b"")
    found = answered(reader, put("a.png", content))
    assert isinstance(found, errors.UnreadablePhotoError) or found.width == 4


# ---- What stands around pixels ----


@pytest.mark.parametrize("kind", [b"zTXt", b"iTXt", b"iCCP"])
def test_a_chunk_that_inflates_to_a_gigabyte_is_left_out(
    kind: bytes, reader: IsolatedReader, photo_like: Any, png: Any, put: Any
) -> None:
    start = {b"zTXt": b"Comment\0\0", b"iTXt": b"XML:com.adobe.xmp\0\1\0\0\0", b"iCCP": b"x\0\0"}[kind]
    pixels = photo_like(24, 16)
    found = answered(reader, put("a.png", png(pixels, before=[(kind, start + zeros_deflated(GIGABYTE))])))
    assert np.array_equal(found.pixels, pixels)
    assert found.icc is found.xmp is None
    assert len(found.fidelity.lost) == 1


def test_a_million_little_chunks_are_refused(reader: IsolatedReader, photo_like: Any, png: Any, put: Any) -> None:
    content = png(photo_like(24, 16))
    text = png.chunk(b"tEXt", b"a\0b")
    assert isinstance(
        answered(reader, put("a.png", content[:33] + text * 10**6 + content[33:])), errors.UnreadablePhotoError
    )


def test_a_gif_s_comment_of_a_million_pieces_is_refused_or_passed_over(
    reader: IsolatedReader, photo_like: Any, encoded: Any, put: Any
) -> None:
    content = encoded(photo_like(24, 16), "GIF")
    start = 13 + (3 << (content[10] & 7) + 1)
    bomb = content[:start] + b"!\xfe" + b"\x01x" * 10**6 + b"\0" + content[start:]
    found = answered(reader, put("a.gif", bomb))
    assert isinstance(found, errors.UnreadablePhotoError) or found.width == 24


def test_exif_of_a_gigabyte_in_a_jpeg_is_left_out(
    reader: IsolatedReader, photo_like: Any, encoded: Any, tmp_path: Path
) -> None:
    content = encoded(photo_like(24, 16), "JPEG")
    path = tmp_path / "a.jpg"
    with path.open("wb") as file:
        file.write(content[:2])
        for _ in range(16_000):
            file.write(b"\xff\xe1\xff\xffExif\0\0")
            file.seek(65_535 - 2 - 6, os.SEEK_CUR)
        file.write(content[2:])
    found = answered(reader, path)
    assert found.exif is None
    assert [item.item for item in found.fidelity.lost] == ["EXIF"]


@pytest.mark.parametrize("tag", [700, 34675, 37724, 33432])
def test_a_gigabyte_in_one_tag_of_a_tiff_is_not_read(tag: int, reader: IsolatedReader, tmp_path: Path) -> None:
    layout = Layout("<")
    content = bytearray(layout.header(108) + bytes(range(100)) + page(GREY_PAGE | {tag: [0]}, 108))
    at = content.index(struct.pack("<HHI", tag, 4, 1))
    struct.pack_into("<HHII", content, at, tag, 7, GIGABYTE, 4096)
    found = answered(reader, sparse(tmp_path / "a.tif", bytes(content)))
    assert found.pixels.ravel().tolist() == list(range(100))
    assert len(found.fidelity.lost) == 1


@pytest.mark.parametrize(("kind", "item"), [(b"eXIf", None), (b"iCCP", "ICC profile"), (b"iTXt", "XMP")])
def test_a_gigabyte_in_one_chunk_of_a_png_is_not_read(
    kind: bytes, item: str | None, reader: IsolatedReader, photo_like: Any, png: Any, tmp_path: Path
) -> None:
    content, path = png(photo_like(24, 16)), tmp_path / "a.png"
    with path.open("wb") as file:
        file.write(content[:33] + struct.pack(">I", GIGABYTE) + kind)
        file.write(b"XML:com.adobe.xmp\0\0\0\0\0")
        file.seek(33 + 8 + GIGABYTE + 4)
        file.write(content[33:])
    found = answered(reader, path)
    assert found.width == 24
    assert found.icc is found.xmp is found.exif is None
    assert item is None or item in [lost.item for lost in found.fidelity.lost]


# ---- Pages ----


def chained(count: int, last: int = 0) -> bytes:
    """A TIFF of so many pages that share their pixels."""
    layout = Layout("<")
    size = len(page(GREY_PAGE, 108))
    pages = bytearray(b"".join(page(GREY_PAGE, 108 + number * size) for number in range(min(count, 1))) * count)
    for number in range(count):
        following = 108 + (number + 1) * size if number + 1 < count else last
        struct.pack_into("<I", pages, (number + 1) * size - 4, following)
    return layout.header(108) + bytes(range(100)) + bytes(pages)


def test_of_60_000_pages_the_first_is_read(reader: IsolatedReader, put: Any) -> None:
    found = answered(reader, put("a.tif", chained(60_000)))
    assert found.pixels.ravel().tolist() == list(range(100))
    assert [lost.detail for lost in found.fidelity.lost] == ["the first of 60000 in the file was used"]


@pytest.mark.parametrize("back_to", [108, 108 + 114])
def test_pages_without_end_are_counted_once(back_to: int, reader: IsolatedReader, put: Any) -> None:
    found = answered(reader, put("a.tif", chained(3, last=back_to)))
    assert [lost.detail for lost in found.fidelity.lost] == ["the first of 3 in the file was used"]


def test_a_quarter_of_a_million_pages_are_not_all_counted(reader: IsolatedReader, put: Any) -> None:
    found = answered(reader, put("a.tif", chained(250_000)))
    assert "more than 65,535" in found.fidelity.lost[0].detail


# ---- Two gigabytes of nothing ----


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("nothing.jpg", b""),
        ("a.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0"),
        ("a.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
        ("a.webp", b"RIFF\xf0\xff\xff\x7fWEBPVP8X\x0a\0\0\0\0\0\0\0\x10\0\0\x10\0\0"),
        ("a.gif", b"GIF89a\x10\0\x10\0\0\0\0"),
        ("a.bmp", b"BM" + bytes(8) + struct.pack("<IIiiHHI", 54, 40, 26_000, 26_000, 1, 24, 0)),
        ("a.tif", Layout("<").header(8) + page(GREY_PAGE | {256: [40_000], 257: [40_000], 279: [1_600_000_000]}, 8)),
        ("a.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"),
        ("a.avif", b"\0\0\0\x18ftypavif\0\0\0\0mif1avif"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_two_gigabytes_of_zeros_are_refused(name: str, start: bytes, reader: IsolatedReader, tmp_path: Path) -> None:
    assert isinstance(answered(reader, sparse(tmp_path / name, start)), errors.RekindleError)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF"])
def test_a_photo_with_two_gigabytes_behind_it_is_read(
    kind: str, reader: IsolatedReader, photo_like: Any, encoded: Any, tmp_path: Path
) -> None:
    assert answered(reader, sparse(tmp_path / "a", encoded(photo_like(24, 16), kind))).width == 24


# ---- Files that do not keep still ----


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "BMP", "WEBP"])
def test_a_file_that_shrinks_while_it_is_read_says_so(
    kind: str, reader: IsolatedReader, photo_like: Any, encoded: Any, put: Any
) -> None:
    path = put("a", encoded(photo_like(400, 300), kind))
    with pytest.raises(errors.UnreadablePhotoError, match=r"“a” was changed while it was being read"):
        reader.read(path, lambda _header: os.truncate(path, 1000))


def test_a_file_that_grows_while_it_is_read_says_so(photo_like: Any, encoded: Any, put: Any) -> None:
    path = put("a.jpg", encoded(photo_like(40, 30), "JPEG"))

    def append(_header: Header) -> None:
        with path.open("ab") as file:
            file.write(b"more")

    with pytest.raises(errors.UnreadablePhotoError, match="was changed while it was being read"):
        read(path, append)


def test_a_pipe_that_takes_a_photo_s_place_after_it_was_looked_at_is_refused(tmp_path: Path, monkeypatch: Any) -> None:
    path, pipe = tmp_path / "a.jpg", tmp_path / "pipe"
    path.write_bytes(b"\xff\xd8\xff")
    os.mkfifo(pipe)
    opening = os.open
    monkeypatch.setattr(os, "open", lambda _path, flags: opening(pipe, flags))
    with pytest.raises(errors.UnsupportedFormatError, match="not an ordinary file"):
        read(path)


def test_a_large_photo_that_is_one_is_read_without_having_it_in_memory_twice(
    reader: IsolatedReader, tmp_path: Path
) -> None:
    side = 10_000
    tags = GREY_PAGE | {256: [side], 257: [side], 278: [side], 279: [side * side]}
    path = tmp_path / "a.tif"
    path.write_bytes(Layout("<").header(8 + side * side) + b"\x40" * side * side + page(tags, 8 + side * side))
    (child,) = psutil.Process().children()
    Path(f"/proc/{child.pid}/clear_refs").write_text("5")
    assert reader.read(path).pixels.mean() == 64
    peak = int(re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{child.pid}/status").read_text())[1])  # type: ignore[index]
    assert peak / 1024 < 100 + 1.6 * side * side / MIB
