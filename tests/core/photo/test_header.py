"""A photo's size is known from its header, upright, and nothing is decoded."""

from __future__ import annotations

import os
from datetime import date

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageFile

from desktop.core import errors
from desktop.core.photo.formats import OUTPUT_FORMATS
from desktop.core.photo.header import glance, size_of
from desktop.core.photo.photo import Photo
from desktop.core.photo.read import read
from desktop.core.photo.write import write

WIDE = np.zeros((20, 30, 3), np.uint8)
NAMES = ("a.jpg", "a.png", "a.webp", "a.tif", "a.bmp")


@pytest.fixture
def no_decoding(monkeypatch):
    def refuse(*_):
        raise AssertionError("a pixel was decoded")

    monkeypatch.setattr(ImageFile.ImageFile, "load", refuse)


def turned(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


@pytest.mark.parametrize("name", NAMES)
def test_every_format_tells_its_size(name, photo_file, no_decoding):
    assert size_of(photo_file(name, WIDE)) == (30, 20)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", NAMES[:4])
def test_the_size_is_that_of_the_upright_photo(name, orientation, photo_file):
    path = photo_file(name, WIDE, exif=turned(orientation))
    photo = read(path)
    assert size_of(path) == (photo.width, photo.height) == ((20, 30) if orientation >= 5 else (30, 20))


def test_exif_behind_the_pixels_of_a_png_counts(photo_file, no_decoding):
    path = photo_file("a.png", WIDE, exif=turned(6))
    content = path.read_bytes()
    start = content.index(b"eXIf") - 4
    end = start + 12 + int.from_bytes(content[start : start + 4], "big")
    tail = content.index(b"IEND") - 4
    path.write_bytes(content[:start] + content[end:tail] + content[start:end] + content[tail:])
    assert size_of(path) == (20, 30)


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_deep_photos_tell_their_size_too(name, tmp_path, photo_file):
    path = tmp_path / name
    if name.endswith("tif"):
        tifffile.imwrite(path, WIDE.astype(np.uint16))
    else:
        photo_file(name, np.zeros((20, 30), np.uint16))
    assert size_of(path) == (30, 20)


def test_damaged_exif_is_no_reason_not_to_know(photo_file):
    assert size_of(photo_file("a.jpg", WIDE, exif=b"Exif\0\0II*\0\xff\xff\xff\xff")) == (30, 20)


def test_a_photo_larger_than_pillow_likes_tells_its_size(photo_file, tmp_path):
    path = photo_file("a.bmp", WIDE)
    content = bytearray(path.read_bytes())
    content[18:26] = (60_000).to_bytes(4, "little") * 2
    path.write_bytes(content)
    assert size_of(path) == (60_000, 60_000)


def test_what_is_no_photo_has_no_size(tmp_path):
    (tmp_path / "a.jpg").write_text("no")
    for path in (tmp_path / "a.jpg", tmp_path / "missing.jpg", tmp_path):
        with pytest.raises(errors.UnreadablePhotoError, match=path.name):
            size_of(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="not on this platform: there are no pipes")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.jpg")
    with pytest.raises(errors.UnreadablePhotoError):
        size_of(tmp_path / "a.jpg")


def test_a_header_cut_short_has_no_size(photo_file, tmp_path):
    path = photo_file("a.png", WIDE)
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(errors.UnreadablePhotoError):
        size_of(path)


@pytest.mark.parametrize("output", OUTPUT_FORMATS, ids=lambda output: output.name)
def test_a_glance_tells_the_size_and_the_day(output, exif_block, tmp_path, no_decoding):
    write(Photo(WIDE, exif=exif_block()), tmp_path / "a", output)
    seen = glance(tmp_path / "a")
    assert (seen.width, seen.height, seen.taken) == (30, 20, date(2024, 2, 29))
    assert (seen.file_format, seen.bytes_per_pixel) == (output.pillow, 4 if output.name == "avif" else 3)
    assert seen.bytes == (tmp_path / "a").stat().st_size
    assert seen.jpeg_quality == (95 if output.name == "jpeg" else None)


@pytest.mark.parametrize("name", ["a.jpg", "a.tif"])
def test_a_glance_tells_the_upright_size(name, photo_file):
    seen = glance(photo_file(name, WIDE, exif=turned(6)))
    assert (seen.width, seen.height, seen.taken) == (20, 30, None)


def test_a_glance_at_a_photo_without_a_day_tells_none(photo_file):
    seen = glance(photo_file("a.bmp", WIDE))
    assert (seen.width, seen.height, seen.taken) == (30, 20, None)


def test_a_glance_at_what_is_no_photo_raises_the_one_error(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"not a photo")
    with pytest.raises(errors.UnreadablePhotoError):
        glance(tmp_path / "a.jpg")
