"""HEIF and AVIF: 8 bits and more, grey, transparency, turned pictures, colours given by numbers.

The samples are a drawing made for these tests: red beside green above blue beside a ramp of greys.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from desktop.core import errors
from desktop.core.opencv import cv2
from desktop.core.photo import exif as exif_block
from desktop.core.photo import icc
from desktop.core.photo.photo import Item
from desktop.core.photo.preview import thumbnail
from desktop.core.photo.read import read

SAMPLES = Path(__file__).with_name("samples")
CORNERS = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255]]


def _corners(pixels):
    """Well inside, as levels of 8 bits."""
    found = pixels[[4, 4, -4, -4], [4, -4, 4, -1]].astype(float)
    return found / (257 if pixels.dtype == np.uint16 else 1)


def _drawing(dtype=np.uint8):
    top = np.iinfo(dtype).max
    drawing = np.zeros((32, 48, 3), dtype)
    drawing[:16, :24, 0], drawing[:16, 24:, 1], drawing[16:, :24, 2] = top, top, top
    drawing[16:, 24:] = np.linspace(0, top, 24).astype(dtype)[None, :, None]
    return drawing


def test_a_heic_is_read():
    photo = read(SAMPLES / "plain.heic")
    assert (photo.file_format, photo.bits, photo.alpha, photo.icc) == ("HEIF", 8, None, None)
    assert np.abs(_corners(photo.pixels) - CORNERS).max() <= 3


def test_10_bits_become_16_and_reach_black_and_white():
    photo = read(SAMPLES / "deep.heic")
    assert photo.bits == 16
    assert np.abs(_corners(photo.pixels) - CORNERS).max() <= 1
    assert (photo.pixels.min(), photo.pixels.max()) == (0, 65535)
    assert len(np.unique(photo.pixels[20, 24:, 0] % 257)) > 1  # more than 8 bits repeated


def test_a_heic_s_alpha_is_read():
    photo = read(SAMPLES / "alpha.heic")
    assert photo.alpha.shape == (32, 48)
    assert np.abs(photo.alpha[10].astype(int) - np.linspace(0, 255, 48)).max() <= 4


def test_a_grey_heic_stays_grey():
    photo = read(SAMPLES / "grey.heic")
    assert photo.is_grey
    assert np.abs(photo.pixels[4, [4, -4]].astype(int) - [0, 255]).max() <= 2


def test_exif_of_a_heic_turns_nothing_since_the_file_itself_says_how_it_lies():
    photo = read(SAMPLES / "exif.heic")
    assert (photo.width, photo.height) == (48, 32)
    assert b"ACME" in photo.exif
    assert exif_block.orientation_of(photo.exif) == 1
    assert np.abs(_corners(photo.pixels) - CORNERS).max() <= 3


def test_a_heic_that_says_it_is_turned_comes_out_upright(put):
    content = (SAMPLES / "plain.heic").read_bytes()
    at = content.index(b"pixi")
    path = put("a.heic", content[:at] + b"irot\x01" + content[at + 5 :])  # a quarter to the left
    photo = read(path)
    straight = read(SAMPLES / "plain.heic").pixels
    assert np.array_equal(photo.pixels, np.rot90(straight))
    small = thumbnail(path, 16, 100)
    assert (small.width, small.height) == (32, 48)
    assert small.pixels.shape == (16, 11, 4)


def test_of_several_pictures_in_a_heic_the_main_one_is_taken():
    photo = read(SAMPLES / "two.heic")
    assert np.abs(_corners(photo.pixels) - CORNERS).max() <= 3
    assert photo.fidelity.lost == (Item("further pictures", "the main one of 2 in the file was used"),)


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_a_heic_that_ends_too_early_is_unreadable(part, put):
    content = (SAMPLES / "plain.heic").read_bytes()
    with pytest.raises(errors.UnreadablePhotoError):
        read(put("a.heic", content[: int(len(content) * part)]))


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_an_avif_is_read(mode, put, encoded):
    drawing = _drawing()
    if mode == "RGBA":
        drawing = np.dstack([drawing, drawing.max(axis=2)])
    sharp = {} if mode == "L" else {"subsampling": "4:4:4"}
    photo = read(put("a.avif", encoded(drawing, "AVIF", mode=mode, quality=95, **sharp)))
    assert photo.file_format == "AVIF"
    assert photo.is_grey == (mode == "L")
    assert (photo.alpha is not None) == (mode == "RGBA")
    if mode != "L":
        assert np.abs(_corners(photo.pixels) - CORNERS).max() <= 6


@pytest.mark.parametrize("bits", [10, 12])
def test_an_avif_of_more_than_8_bits_keeps_them(bits, tmp_path):
    path = tmp_path / "a.avif"
    deep = _drawing(np.uint16)[..., ::-1] >> (16 - bits)
    assert cv2.imwrite(str(path), deep, [cv2.IMWRITE_AVIF_DEPTH, bits, cv2.IMWRITE_AVIF_QUALITY, 95])
    photo = read(path)
    assert photo.bits == 16
    assert np.abs(_corners(photo.pixels) - CORNERS).max() <= 6
    assert len(np.unique(photo.pixels[20, 24:, 0] % 257)) > 1


def test_an_avif_is_upright(put, encoded):
    exif = Image.Exif()
    exif[0x0112] = 6
    photo = read(put("a.avif", encoded(_drawing(), "AVIF", quality=95, exif=exif)))
    assert (photo.width, photo.height) == (32, 48)
    assert np.abs(photo.pixels[4, -4].astype(int) - [255, 0, 0]).max() <= 6


def test_what_travels_with_an_avif_is_found(put, encoded, srgb):
    exif = Image.Exif()
    exif[0x010F] = "ACME"
    photo = read(put("a.avif", encoded(_drawing(), "AVIF", icc_profile=srgb, exif=exif, xmp=b"<x/>")))
    assert (photo.icc, photo.xmp) == (srgb, b"<x/>")
    assert b"ACME" in photo.exif
    assert photo.fidelity.lost == photo.fidelity.converted == ()


@pytest.mark.parametrize(
    ("codes", "name"),
    [
        ((12, 13), b"Display P3"),
        ((9, 16), b"BT.2020, high dynamic range (PQ)"),
        ((9, 18), b"HLG"),
        ((1, 13), None),
        ((2, 2), None),
    ],
)
def test_colours_given_by_numbers_become_a_profile(codes, name, put, encoded):
    content = bytearray(encoded(_drawing(), "AVIF", quality=95))
    at = content.index(b"colrnclx") + 8
    content[at : at + 4] = bytes([0, codes[0], 0, codes[1]])
    photo = read(put("a.avif", bytes(content)))
    if name is None:
        assert photo.icc is None
    else:
        assert icc.space_of(photo.icc) == "RGB"
        assert name in photo.icc
        assert "colours" in [item.item for item in photo.fidelity.converted]


def test_of_a_sequence_the_first_picture_is_taken(tmp_path, photo_like):
    path = tmp_path / "a.avif"
    frames = [Image.fromarray(photo_like(48, 32, seed)) for seed in range(3)]
    frames[0].save(path, save_all=True, append_images=frames[1:], quality=90)
    photo = read(path)
    assert np.abs(photo.pixels.astype(int) - photo_like(48, 32, 0)).mean() < 12
    assert photo.fidelity.lost == (Item("further pictures", "the first of 3 in the file was used"),)
