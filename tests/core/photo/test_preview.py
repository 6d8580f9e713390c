"""Small pictures for lists."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from desktop.core.errors import UnreadablePhotoError
from desktop.core.photo.preview import thumbnail

PhotoFile = Callable[..., Path]


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif", "a.webp", "a.bmp"])
def test_a_thumbnail_fits_and_tells_the_photos_own_size(
    photo_file: PhotoFile, photo_like: Callable[..., Any], name: str
) -> None:
    small = thumbnail(photo_file(name, photo_like(300, 200)), 60, 1000)
    assert small.pixels.shape == (40, 60, 4)
    assert (small.width, small.height) == (300, 200)


@pytest.mark.parametrize(
    ("name", "mode"),
    [("a.png", "L"), ("a.png", "LA"), ("a.png", "P"), ("a.png", "RGBA"), ("a.png", "1"), ("a.jpg", "CMYK")],
)
def test_a_thumbnail_looks_like_the_photo_however_it_is_stored(photo_file: PhotoFile, name: str, mode: str) -> None:
    pixels = np.full((100, 200, 3), 255, np.uint8)
    pixels[:, :100] = 0
    small = thumbnail(photo_file(name, pixels, mode=mode), 50, 1000).pixels
    assert small.shape == (25, 50, 4)
    assert small[:, :20, :3].max() < 60
    assert small[:, 30:, :3].min() > 200
    assert small[..., 3].min() == 255


def test_a_colour_that_stands_for_transparent_is_transparent(photo_file: PhotoFile) -> None:
    pixels = np.full((100, 200, 3), 200, np.uint8)
    pixels[:, :100] = (255, 0, 255)
    small = thumbnail(photo_file("a.png", pixels, transparency=(255, 0, 255)), 50, 1000).pixels
    assert small[:, :20, 3].max() == 0
    assert small[:, 30:, 3].min() == 255


@pytest.mark.parametrize("name", ["a.jpg", "a.tif"])
def test_a_thumbnail_is_upright(photo_file: PhotoFile, name: str) -> None:
    pixels = np.zeros((100, 200, 3), np.uint8)
    pixels[:, :100] = 255  # left half white; turned clockwise by orientation 6 it is the upper half
    exif = Image.Exif()
    exif[0x0112] = 6
    small = thumbnail(photo_file(name, pixels, exif=exif), 50, 1000)
    assert (small.width, small.height) == (100, 200)
    assert small.pixels.shape == (50, 25, 4)
    assert small.pixels[5, 12, 0] > 200
    assert small.pixels[45, 12, 0] < 50


def test_a_16_bit_photo_has_a_thumbnail_of_its_own_brightness(photo_file: PhotoFile) -> None:
    small = thumbnail(photo_file("deep.png", np.full((20, 20), 0x8000, np.uint16)), 10, 1000)
    assert abs(int(small.pixels[5, 5, 0]) - 128) <= 1


@pytest.mark.parametrize("content", [b"", b"not a photo", b"\xff\xd8\xff\xe0 cut short"])
def test_what_cannot_be_shown_raises_one_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(content)
    with pytest.raises(UnreadablePhotoError, match=r"a\.jpg"):
        thumbnail(path, 50, 1000)


def test_a_missing_photo_raises_it_too(tmp_path: Path) -> None:
    with pytest.raises(UnreadablePhotoError):
        thumbnail(tmp_path / "gone.jpg", 50, 1000)


def test_a_photo_above_the_cap_is_not_decoded(photo_file: PhotoFile, photo_like: Callable[..., Any]) -> None:
    with pytest.raises(UnreadablePhotoError):
        thumbnail(photo_file("a.png", photo_like(1100, 1000)), 50, 1)
