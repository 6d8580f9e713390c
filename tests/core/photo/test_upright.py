"""Photos come out upright, whatever way the camera was held and wherever the file says so."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from desktop.core.photo.photo import Item
from desktop.core.photo.read import read, turn

# What a viewer has to show for [[1, 2, 3], [4, 5, 6]] in every orientation (CIPA DC-008, section 4.6.4).
UPRIGHT = {
    1: [[1, 2, 3], [4, 5, 6]],
    2: [[3, 2, 1], [6, 5, 4]],
    3: [[6, 5, 4], [3, 2, 1]],
    4: [[4, 5, 6], [1, 2, 3]],
    5: [[1, 4], [2, 5], [3, 6]],
    6: [[4, 1], [5, 2], [6, 3]],
    7: [[6, 3], [5, 2], [4, 1]],
    8: [[3, 6], [2, 5], [1, 4]],
}
every_orientation = pytest.mark.parametrize("orientation", UPRIGHT)
BLOCK = 16  # pixels a side, so that JPEG cannot mix neighbours


def _blocks(dtype=np.uint8):
    """[[1, 2, 3], [4, 5, 6]] as grey blocks, (32, 48, 3)."""
    values = np.array(UPRIGHT[1]).repeat(BLOCK, 0).repeat(BLOCK, 1)
    return np.dstack([values * (np.iinfo(dtype).max // 8)] * 3).astype(dtype)


def _seen(plane):
    """Which block is where, read off their middles."""
    middles = plane[BLOCK // 2 :: BLOCK, BLOCK // 2 :: BLOCK]
    middles = middles[..., 0] if middles.ndim == 3 else middles
    return np.rint(middles / (np.iinfo(plane.dtype).max // 8)).astype(int).tolist()


def _items(items):
    return [item.item for item in items]


@every_orientation
def test_turning_is_what_the_standard_says(orientation):
    assert turn(np.array(UPRIGHT[1]), orientation).tolist() == UPRIGHT[orientation]


@every_orientation
def test_turning_colour_keeps_channels_together(orientation, noise):
    pixels = noise((4, 5, 3))
    turned = turn(pixels, orientation)
    assert turned.flags["C_CONTIGUOUS"]
    for channel in range(3):
        assert np.array_equal(turned[..., channel], turn(pixels[..., channel], orientation))


@every_orientation
@pytest.mark.parametrize("order", ["<", ">"], ids=["little-endian", "big-endian"])
def test_a_jpeg_is_upright(orientation, order, exif_block, encoded, put):
    block = exif_block(order, orientation=orientation)
    photo = read(put("a.jpg", encoded(_blocks(), "JPEG", quality=95, exif=b"Exif\0\0" + block)))
    assert _seen(photo.pixels) == UPRIGHT[orientation]


@every_orientation
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16], ids=["8 bit", "16 bit"])
@pytest.mark.parametrize("place", ["before", "after"])
def test_a_png_is_upright(orientation, dtype, place, exif_block, png, put):
    chunks = {place: [(b"eXIf", exif_block(orientation=orientation))]}
    photo = read(put("a.png", png(_blocks(dtype), **chunks)))
    assert photo.pixels.dtype == dtype
    assert _seen(photo.pixels) == UPRIGHT[orientation]


@every_orientation
def test_a_webp_is_upright(orientation, exif_block, encoded, put):
    content = encoded(_blocks(), "WEBP", lossless=True, exif=b"Exif\0\0" + exif_block(orientation=orientation))
    assert _seen(read(put("a.webp", content)).pixels) == UPRIGHT[orientation]


@every_orientation
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16], ids=["8 bit", "16 bit"])
def test_a_tiff_is_upright(orientation, dtype, tiff_file):
    photo = read(tiff_file(_blocks(dtype), extratags=[(274, "H", 1, orientation, True)]))
    assert photo.pixels.dtype == dtype
    assert _seen(photo.pixels) == UPRIGHT[orientation]


@every_orientation
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16], ids=["8 bit", "16 bit"])
def test_alpha_is_turned_with_its_photo(orientation, dtype, exif_block, png, put):
    blocks = _blocks(dtype)
    pixels = np.dstack([np.zeros_like(blocks), blocks[..., 0]])
    photo = read(put("a.png", png(pixels, before=[(b"eXIf", exif_block(orientation=orientation))])))
    assert _seen(photo.alpha) == UPRIGHT[orientation]


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_a_resolution_that_differs_is_turned_too(orientation, kind, exif_block, encoded, tiff_file, put):
    if kind == "JPEG":
        block = b"Exif\0\0" + exif_block(orientation=orientation)
        path = put("a.jpg", encoded(_blocks(), kind, dpi=(300, 200), exif=block))
    else:
        path = tiff_file(
            _blocks(), resolution=(300, 200), resolutionunit="INCH", extratags=[(274, "H", 1, orientation, True)]
        )
    assert read(path).dpi == (200, 300)


@pytest.mark.parametrize("orientation", range(2, 9))
def test_a_turned_photo_says_so_and_its_exif_is_upright(orientation, exif_block, encoded, put):
    block = exif_block(orientation=orientation)
    photo = read(put("a.jpg", encoded(_blocks(), "JPEG", exif=b"Exif\0\0" + block)))
    assert "orientation" in _items(photo.fidelity.converted)
    assert photo.exif == exif_block(orientation=1)


def test_a_photo_that_is_upright_already_says_nothing(exif_block, encoded, put):
    photo = read(put("a.jpg", encoded(_blocks(), "JPEG", exif=b"Exif\0\0" + exif_block(orientation=1))))
    assert photo.fidelity.converted == ()
    assert photo.exif == exif_block(orientation=1)


def test_the_thumbnail_of_a_turned_photo_is_there_for_whoever_makes_it_anew(exif_block, encoded, put):
    block = exif_block(orientation=6, thumbnail=b"small")
    photo = read(put("a.jpg", encoded(_blocks(), "JPEG", exif=b"Exif\0\0" + block)))
    assert photo.exif == exif_block(orientation=1, thumbnail=b"small")
    assert photo.fidelity.lost == ()


@pytest.mark.parametrize("form", [b'tiff:Orientation="6"', b"<tiff:Orientation>6</tiff:Orientation>"])
def test_xmp_does_not_turn_a_photo_that_is_turned_already(form, exif_block, encoded, put):
    block = b"Exif\0\0" + exif_block(orientation=6)
    photo = read(put("a.jpg", encoded(_blocks(), "JPEG", exif=block, xmp=b"<x " + form + b"/>")))
    assert photo.xmp == b"<x " + form.replace(b"6", b"1") + b"/>"


def test_xmp_of_a_photo_that_was_not_turned_is_left_as_it_was(exif_block, encoded, put):
    xmp = b'<x tiff:Orientation="6"/>'
    photo = read(put("a.jpg", encoded(_blocks(), "JPEG", exif=b"Exif\0\0" + exif_block(orientation=1), xmp=xmp)))
    assert photo.xmp == xmp


def test_an_orientation_outlives_the_rest_of_broken_exif(encoded, put):
    block = b"II*\0" + struct.pack("<IHHHIHHH", 8, 1, 0x0112, 3, 1, 6, 0, 0xFFFF)  # cut off in the link
    photo = read(put("a.jpg", encoded(_blocks(), "JPEG", exif=b"Exif\0\0" + block)))
    assert _seen(photo.pixels) == UPRIGHT[6]
    assert photo.exif is None
    assert _items(photo.fidelity.lost) == ["EXIF"]


@pytest.mark.parametrize("block", [b"nonsense", b"II*\0\xff\xff\xff\x7f", b"MM\0*\0\0\0\x08\xff\xff"], ids=repr)
def test_broken_exif_is_reported_lost_and_the_photo_read(block, encoded, put):
    photo = read(put("a.jpg", encoded(_blocks(), "JPEG", exif=b"Exif\0\0" + block)))
    assert _seen(photo.pixels) == UPRIGHT[1]
    assert photo.exif is None
    assert Item("EXIF", "it is damaged and was left out") in photo.fidelity.lost
