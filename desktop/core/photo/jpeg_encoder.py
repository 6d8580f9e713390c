"""JPEGs are coded in bands, on all cores: a picture of any size takes a few megabytes beside itself.

The bands are put together with restart markers between them (ITU-T T.81, B.2.4.4 and E.1.4), where a decoder begins
anew. Every pixel comes out as if the picture had been coded at once.
"""

from __future__ import annotations

import io
import struct
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from desktop.core import priority
from desktop.core.photo.fitted import Fitted
from desktop.core.photo.metadata.xmp import guid

# From this quality of a JPEG on, the rounding of colours is no smaller than what coding loses.
_FINE = 90
_SEGMENT_MAX = 65_533
# In whole numbers of 2**-16 whose rows add up exactly, so that grey stays grey: red, green, blue and what is added.
_FRACTION_BITS = 16
_ONE = 1 << _FRACTION_BITS
_TO_YCBCR = np.array(
    [(19595, 38470, 7471, 0), (-11058, -21710, 32768, 128 * _ONE), (32768, -27439, -5329, 128 * _ONE)]
).astype(np.uint32)
# Pixels at a time, so that they stay in the processor's cache.
_YCBCR_BAND = 2**17
# A restart interval counts blocks of 8 pixels, or of 16 where colours are halved, in 16 bits.
_BLOCK = {"4:4:4": (8, 8), "4:2:2": (16, 8), "4:2:0": (16, 16)}
_MOST_BLOCKS = 65_535
# Pixels of a band. Each makes its own head too, which is thrown away.
_BAND = 2**20
_SOF = (0xC0, 0xC1)
_SOS, _DRI, _RST0, _EOI = 0xDA, 0xDD, 0xD0, b"\xff\xd9"


def write_jpeg(photo: Fitted, temp: Path, quality: int) -> None:
    """An encoder, see ``encoders``."""
    height, width = photo.pixels.shape[:2]
    # Where the photo does not say, 4:4:4: halved colour would undo some of what the network sharpened.
    subsampling = "4:4:4" if photo.is_grey else photo.coding.subsampling or "4:4:4"
    options: dict[str, Any] = {"quality": quality, "progressive": photo.coding.progressive}
    options |= {"dpi": photo.dpi} if photo.dpi else {}
    options |= {"subsampling": subsampling} if not photo.is_grey else {}
    fine = quality >= _FINE and not photo.is_grey and subsampling == "4:4:4"
    across, down = _BLOCK[subsampling]
    blocks = -(-width // across)
    rows = max(1, min(_MOST_BLOCKS // blocks, _BAND // (width * down))) * down

    def save(top: int, bottom: int, target: Path | io.BytesIO) -> None:
        band = photo.pixels[top:bottom]
        image = _as_ycbcr(band, top) if fine else Image.fromarray(band)
        extra = b"".join(_segments(photo)) if top == 0 else b""
        image.save(target, "JPEG", extra=extra, **options)

    def coded(top: int) -> bytes:
        target = io.BytesIO()
        save(top, min(top + rows, height), target)
        return target.getvalue()

    if photo.coding.progressive or rows >= height:  # the passes of a progressive one go over all of it
        save(0, height, temp)
        return
    with temp.open("wb") as file:
        for number, band in enumerate(_on_all_cores(coded, range(0, height, rows))):
            scan = _start_of_scan(band)
            file.write(_head(band[:scan], height, blocks * rows // down) if number == 0 else _restart(number - 1))
            file.write(memoryview(band)[scan : -len(_EOI)])
        file.write(_EOI)


def _on_all_cores(work: Callable[[int], bytes], todo: Iterable[int]) -> Iterator[bytes]:
    """In their order, with no more of them done ahead than there are cores."""
    cores = priority.usable_cores()
    with ThreadPoolExecutor(cores, "coding") as pool:
        under_way: deque[Future[bytes]] = deque()
        for one in todo:
            under_way.append(pool.submit(work, one))
            if len(under_way) > cores:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()


def _markers(coded: bytes) -> Iterator[tuple[int, int]]:
    """Each marker of a JPEG's head and where it stands, up to the one that begins the scan."""
    at, marker = 2, 0
    while marker != _SOS:
        marker = coded[at + 1]
        yield marker, at
        at += 2 + int.from_bytes(coded[at + 2 : at + 4], "big")


def _start_of_scan(coded: bytes) -> int:
    *_, (_, at) = _markers(coded)
    return at + 2 + int.from_bytes(coded[at + 2 : at + 4], "big")


def _head(first: bytes, height: int, interval: int) -> bytes:
    """The first band's, made the whole picture's."""
    places = dict(_markers(first))
    frame = next(places[marker] for marker in _SOF if marker in places) + 5
    scan = places[_SOS]
    sized = first[:frame] + struct.pack(">H", height) + first[frame + 2 : scan]
    return sized + struct.pack(">BBHH", 0xFF, _DRI, 4, interval) + first[scan:]


def _restart(number: int) -> bytes:
    return bytes((0xFF, _RST0 + number % 8))


def _as_ycbcr(pixels: NDArray[np.uint8], top: int) -> Image.Image:
    """JPEG's brightness and colours (JFIF), rounded so that what one pixel lacks the next one gets.

    Rounded one by one, as encoders do, they leave grain that is larger than all that the best quality loses otherwise,
    and a good part of what quality 95 loses: measured in wide spaces and made small again, up to 1.27 delta E
    (CIEDE2000) instead of 0.89, in a file no larger.

    Args:
        top: the first row's number in the picture.
    """
    height, width = pixels.shape[:2]
    result = Image.new("YCbCr", (width, height))
    rows = max(1, _YCBCR_BAND // width)
    # Rows begin at different thirds of a step, so that they do not all round up at the same places.
    phases = (np.arange(top, top + height) * _ONE // 3 % _ONE).astype(np.uint32)[:, None]
    for band in (slice(top, top + rows) for top in range(0, height, rows)):
        coded = np.empty_like(pixels[band])
        red, green, blue = (pixels[band, :, channel].astype(np.uint32) for channel in range(3))
        for channel, (of_red, of_green, of_blue, offset) in enumerate(_TO_YCBCR):
            exact = red * of_red
            exact += green * of_green
            exact += blue * of_blue
            exact += offset
            # The sum along a row runs over, and so do the steps between its whole parts, by the same.
            np.cumsum(exact, axis=1, out=exact, dtype=np.uint32)
            exact += phases[band]
            exact >>= _FRACTION_BITS
            whole = exact.astype(np.uint16)
            whole[:, 1:] -= whole[:, :-1].copy()
            coded[..., channel] = np.minimum(whole, 255, out=whole)
        # Straight into the picture that is saved, which takes four bytes a pixel: no more of them than need be.
        result.paste(Image.fromarray(coded, "YCbCr"), (0, band.start))
    return result


def _segments(photo: Fitted) -> Iterator[bytes]:
    """The segments of a JPEG that hold no pixels (Exif 2.32, XMP part 3, ICC.1 annex B.4)."""
    if photo.exif:
        yield _segment(0xE1, b"Exif\0\0" + photo.exif)
    if photo.xmp:
        yield _segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + photo.xmp)
    if photo.extended_xmp:
        head = b"http://ns.adobe.com/xmp/extension/\0" + guid(photo.extended_xmp).encode()
        for at, piece in _pieces(photo.extended_xmp, len(head) + 8):
            yield _segment(0xE1, head + struct.pack(">II", len(photo.extended_xmp), at) + piece)
    if photo.resources:
        head = b"Photoshop 3.0\0"
        for _, piece in _pieces(photo.resources, len(head)):
            yield _segment(0xED, head + piece)
    if photo.icc:
        head = b"ICC_PROFILE\0"
        parts = [piece for _, piece in _pieces(photo.icc, len(head) + 2)]
        for number, piece in enumerate(parts, start=1):
            yield _segment(0xE2, head + bytes([number, len(parts)]) + piece)
    for note in photo.notes:
        yield _segment(0xFE, note.content)


def _segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def _pieces(block: bytes, beside: int) -> Iterator[tuple[int, bytes]]:
    """The block cut so that each piece fits into a segment with ``beside`` bytes more."""
    step = _SEGMENT_MAX - beside
    return ((at, block[at : at + step]) for at in range(0, len(block), step))
