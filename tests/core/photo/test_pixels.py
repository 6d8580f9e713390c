"""Pixels are read as they are: at their depth, grey as grey, with their transparency."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from PIL import Image

from desktop.core.photo.photo import Item
from desktop.core.photo.read import read


def test_colour_is_read_as_it_is(photo_like, encoded, put):
    pixels = photo_like(24, 16)
    photo = read(put("a.png", encoded(pixels, "PNG")))
    assert np.array_equal(photo.pixels, pixels)
    assert (photo.alpha, photo.bits, photo.is_grey, photo.file_format) == (None, 8, False, "PNG")
    assert photo.fidelity.converted == photo.fidelity.lost == ()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "BMP"])
def test_grey_stays_grey(kind, photo_like, encoded, put):
    pixels = photo_like(24, 16)[..., 0]
    photo = read(put("a", encoded(pixels, kind, **({"quality": 100} if kind == "JPEG" else {}))))
    assert photo.is_grey
    assert np.abs(photo.pixels.astype(int) - pixels).max() <= (3 if kind == "JPEG" else 0)


@pytest.mark.parametrize(("kind", "options"), [("PNG", {}), ("TIFF", {}), ("WEBP", {"lossless": True, "exact": True})])
def test_alpha_and_the_colours_under_it_are_read(kind, options, noise, encoded, put):
    pixels = noise((16, 24, 4))
    photo = read(put("a", encoded(pixels, kind, **options)))
    assert np.array_equal(photo.pixels, pixels[..., :3])
    assert np.array_equal(photo.alpha, pixels[..., 3])


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_grey_with_alpha_stays_grey_with_alpha(kind, noise, encoded, put):
    pixels = noise((16, 24, 2))
    photo = read(put("a", encoded(pixels, kind)))
    assert np.array_equal(photo.pixels, pixels[..., 0])
    assert np.array_equal(photo.alpha, pixels[..., 1])


def test_one_transparent_colour_becomes_alpha(encoded, put):
    pixels = np.array([[[1, 2, 3], [9, 9, 9]]], np.uint8)
    photo = read(put("a.png", encoded(pixels, "PNG", transparency=(1, 2, 3))))
    assert photo.alpha.tolist() == [[0, 255]]


def test_one_transparent_grey_becomes_alpha(encoded, put):
    photo = read(put("a.png", encoded(np.array([[7, 8]], np.uint8), "PNG", transparency=7)))
    assert photo.is_grey
    assert photo.alpha.tolist() == [[0, 255]]


def test_one_transparent_colour_of_16_bits_becomes_alpha(png, put):
    pixels = np.array([[[1, 2, 3], [1, 2, 4]]], np.uint16)
    photo = read(put("a.png", png(pixels, before=[(b"tRNS", struct.pack(">HHH", 1, 2, 3))])))
    assert np.array_equal(photo.pixels, pixels)
    assert photo.alpha.tolist() == [[0, 65535]]


def test_one_transparent_grey_of_16_bits_becomes_alpha(png, put):
    pixels = np.array([[258, 259]], np.uint16)
    photo = read(put("a.png", png(pixels, before=[(b"tRNS", struct.pack(">H", 258))])))
    assert np.array_equal(photo.pixels, pixels)
    assert photo.alpha.tolist() == [[0, 65535]]


def test_a_palette_becomes_full_colour_and_says_so(photo_like, encoded, put):
    image = Image.fromarray(photo_like(24, 16)).quantize(16)
    expected = np.asarray(image.convert("RGB"))
    path = put("a.png", b"")
    image.save(path)
    photo = read(path)
    assert np.array_equal(photo.pixels, expected)
    assert photo.alpha is None
    assert Item("palette", "to full colour") in photo.fidelity.converted


def test_transparent_palette_colours_become_alpha(put):
    image = Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 40, 50, 60])
    image.putdata([0, 1])
    path = put("a.png", b"")
    image.save(path, transparency=b"\x00\x80")
    photo = read(path)
    assert photo.pixels.tolist() == [[[10, 20, 30], [40, 50, 60]]]
    assert photo.alpha.tolist() == [[0, 128]]


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP"])
def test_one_bit_becomes_grey_and_says_so(kind, encoded, put):
    pixels = np.array([[0, 255, 0], [255, 255, 0]], np.uint8)
    photo = read(put("a", encoded(pixels, kind, mode="1")))
    assert np.array_equal(photo.pixels, pixels)
    assert Item("bit depth", "1 bit to 8 bit grey") in photo.fidelity.converted


@pytest.mark.parametrize(("depth", "step"), [(2, 85), (4, 17)])
def test_few_bits_of_grey_use_the_whole_range(depth, step, png, put):
    count = 1 << depth
    packed = np.packbits(np.unpackbits(np.arange(count, dtype=np.uint8)[:, None], axis=1)[:, 8 - depth :].ravel())
    photo = read(put("a.png", png.raw(count, 1, depth, 0, b"\0" + packed.tobytes())))
    assert photo.pixels.tolist() == [[level * step for level in range(count)]]


@pytest.mark.parametrize("shape", [(16, 24), (16, 24, 3), (16, 24, 4), (16, 24, 2)], ids=["grey", "RGB", "RGBA", "LA"])
def test_a_16_bit_png_keeps_every_bit(shape, noise, png, put):
    pixels = noise(shape, np.uint16)
    photo = read(put("a.png", png(pixels)))
    channels = 1 if len(shape) == 2 else shape[2]
    colours = pixels if channels in (1, 3) else pixels[..., :-1]
    assert photo.bits == 16
    assert np.array_equal(photo.pixels, colours[..., 0] if channels == 2 else colours)
    assert np.array_equal(photo.alpha, pixels[..., -1]) if channels in (2, 4) else photo.alpha is None


@pytest.mark.parametrize("size", [(1, 1), (1, 30), (30, 1)])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "BMP"])
def test_pictures_one_pixel_wide_or_high_are_read(size, kind, photo_like, encoded, put):
    photo = read(put("a", encoded(photo_like(*size), kind)))
    assert (photo.width, photo.height) == size
