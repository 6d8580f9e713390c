"""Cameras' raw files: developed where LibRaw is there, and never mistaken for the little preview inside them."""

from __future__ import annotations

import builtins
import importlib

import numpy as np
import pytest
import tifffile

from desktop.core import errors
from desktop.core.photo import formats
from desktop.core.photo.containers import raw as room
from desktop.core.photo.read import read

WIDTH, HEIGHT = 96, 64
needs_rawpy = pytest.mark.skipif(not formats.RAW_IS_READABLE, reason="rawpy is not installed")


def _ratios(*values):
    return [part for value in values for part in (round(value * 10_000), 10_000)]


@pytest.fixture
def dng(tmp_path):
    """``dng(orientation)``: what a sensor sees of four quadrants: red with green, green; red, darkness."""

    def make(orientation=1):
        y, x = np.mgrid[:HEIGHT, :WIDTH]
        light = np.stack([x < WIDTH // 2, y < HEIGHT // 2, np.zeros_like(x)], axis=-1) * 0.7 + 0.1
        sensor = np.zeros((HEIGHT, WIDTH), np.uint16)
        for dy, dx, colour in ((0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 2)):
            sensor[dy::2, dx::2] = light[dy::2, dx::2, colour] * 15_000 + 1_000
        tags = [
            *[(274, "H", 1, orientation, True), (271, "s", 0, "ACME", True), (272, "s", 0, "Raw 1", True)],
            *[(33421, "H", 2, (2, 2), True), (33422, "B", 4, bytes([0, 1, 1, 2]), True)],
            *[(50706, "B", 4, bytes([1, 4, 0, 0]), True), (50708, "s", 0, "ACME Raw 1", True)],
            *[(50714, "H", 1, 1000, True), (50717, "H", 1, 16_000, True), (50778, "H", 1, 21, True)],
            *[(50721, "2i", 9, _ratios(*np.eye(3).ravel()), True), (50728, "2I", 3, _ratios(1, 1, 1), True)],
        ]
        path = tmp_path / "a.dng"
        tifffile.imwrite(path, sensor, photometric=32803, extratags=tags, metadata=None, software=False)
        return path

    return make


@needs_rawpy
def test_a_raw_file_is_developed_to_16_bits(dng):
    photo = read(dng())
    assert (photo.file_format, photo.bits, photo.pixels.shape) == ("RAW", 16, (HEIGHT, WIDTH, 3))
    upper_left, upper_right, lower_left = photo.pixels[16, 24], photo.pixels[16, 72], photo.pixels[48, 24]
    assert upper_left[0] > 50_000
    assert upper_left[1] > 50_000
    assert upper_right[1] > 2 * upper_right[0]
    assert lower_left[0] > 2 * lower_left[1]
    assert [item.item for item in photo.fidelity.converted] == ["raw data"]


@needs_rawpy
def test_a_raw_file_comes_out_upright_once(dng):
    straight, turned = read(dng()), read(dng(6))
    assert (turned.width, turned.height) == (HEIGHT, WIDTH)
    assert np.array_equal(turned.pixels, np.rot90(straight.pixels, -1))


@needs_rawpy
def test_what_the_camera_says_travels_along_but_not_what_is_about_its_sensor(dng):
    exif = read(dng()).exif
    assert b"ACME\0" in exif
    assert b"ACME Raw 1" not in exif


@needs_rawpy
def test_a_broken_raw_file_is_unreadable(dng):
    path = dng()
    path.write_bytes(path.read_bytes()[:4000])
    with pytest.raises((errors.UnreadablePhotoError, errors.UnsupportedFormatError)):
        read(path)


def test_without_the_decoder_a_raw_file_says_what_to_do(dng, monkeypatch):
    monkeypatch.setattr(room, "RAW_IS_READABLE", False)
    with pytest.raises(errors.UnsupportedFormatError, match="raw file, which has to be developed first"):
        read(dng())


@pytest.mark.parametrize(
    "start", [b"FUJIFILMCCD-RAW 0201", b"IIRO\x08\0\0\0", b"IIU\0\x18\0\0\0", b"\0\0\0\x18ftypcrx \0\0\0\1"]
)
def test_raw_files_of_every_kind_are_known_as_that(start, put, monkeypatch):
    monkeypatch.setattr(room, "RAW_IS_READABLE", False)
    with pytest.raises(errors.UnsupportedFormatError, match="raw file"):
        read(put("a.jpg", start + bytes(200)))


def test_the_preview_in_a_raw_file_is_no_substitute_for_it(photo_like, tmp_path, monkeypatch):
    monkeypatch.setattr(room, "RAW_IS_READABLE", False)
    path = tmp_path / "a.nef"
    with tifffile.TiffWriter(path) as file:
        file.write(photo_like(16, 12), subfiletype=1, subifds=1, photometric="rgb")
        file.write(np.zeros((24, 32), np.uint16), photometric=32803)
    with pytest.raises(errors.UnsupportedFormatError, match="raw file"):
        read(path)


def test_folders_are_searched_for_raw_files_only_where_they_can_be_read(monkeypatch):
    found = importlib.util.find_spec
    for there in (False, True):
        monkeypatch.setattr(
            importlib.util, "find_spec", lambda name, there=there: there or None if name == "rawpy" else found(name)
        )
        spec = found("desktop.core.photo.formats")
        module = importlib.util.module_from_spec(spec)
        builtins.exec(spec.loader.get_code(spec.name), module.__dict__)
        assert (".nef" in module.READABLE_SUFFIXES) == there
        assert ".jpg" in module.READABLE_SUFFIXES
