"""What is broken or ends too early is read as far as a person would want it, or refused in words."""

from __future__ import annotations

import numpy as np
import pytest

from desktop.core import errors
from desktop.core.photo.read import read


def _cut(content, part):
    return content[: int(len(content) * part)]


@pytest.mark.parametrize("part", [0.05, 0.3, 0.7, 0.95])
@pytest.mark.parametrize("kind", ["PNG", "WEBP", "BMP", "AVIF"])
def test_a_photo_that_ends_too_early_is_unreadable(kind, part, photo_like, encoded, put):
    with pytest.raises(errors.UnreadablePhotoError, match="damaged or incomplete"):
        read(put("a", _cut(encoded(photo_like(120, 90), kind), part)))


@pytest.mark.parametrize("part", [0.1, 0.5, 0.95])
def test_a_16_bit_png_that_ends_too_early_is_unreadable(part, noise, png, put):
    with pytest.raises(errors.UnreadablePhotoError, match="damaged or incomplete"):
        read(put("a.png", _cut(png(noise((90, 120, 3), np.uint16)), part)))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16], ids=["8 bit", "16 bit"])
def test_a_png_with_changed_bytes_is_unreadable(dtype, noise, png, put):
    content = bytearray(png(noise((30, 40, 3), dtype)))
    content[len(content) // 2] ^= 0xFF
    with pytest.raises(errors.UnreadablePhotoError, match="damaged or incomplete"):
        read(put("a.png", bytes(content)))


@pytest.mark.parametrize(
    "content",
    [b"\xff\xd8\xff\xe0" + bytes(40), b"\x89PNG\r\n\x1a\n" + bytes(40), b"II*\0" + bytes(40), b"BM" + bytes(60)],
    ids=["JPEG", "PNG", "TIFF", "BMP"],
)
def test_a_photo_whose_beginning_makes_no_sense_is_damaged_rather_than_of_another_kind(content, put):
    with pytest.raises(errors.UnreadablePhotoError):
        read(put("a", content))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "BMP"])
def test_photos_with_changed_bytes_are_read_or_refused_in_words(kind, photo_like, encoded, exif_block, put):
    carried = {} if kind in ("BMP", "TIFF") else {"exif": b"Exif\0\0" + exif_block(orientation=6)}
    content = encoded(photo_like(20, 14), kind, **carried)
    met = set()
    chance = np.random.default_rng(11)
    for _ in range(150):
        damaged = np.frombuffer(content, np.uint8).copy()
        for place in chance.integers(0, min(len(damaged), 1500), chance.integers(1, 6)):
            damaged[place] = chance.integers(256)
        try:
            read(put("a", damaged.tobytes()), _at_most_a_megapixel)
        except errors.RekindleError as error:
            met.add(error.code)
    assert "unreadable" in met
    assert met <= {"unreadable", "unsupported", "too-large"}


def _at_most_a_megapixel(header):
    if header.pixels > 1_000_000:
        raise errors.TooLargeError("x")
