"""Files of strangers become photos, or an error in words."""

from __future__ import annotations

import errno
import os
import threading
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from desktop.core import errors
from desktop.core.opencv import cv2
from desktop.core.photo.looks import Header
from desktop.core.photo.read import read
from desktop.core.photo.source import Source

_HEIC = Path(__file__).parent / "containers" / "samples" / "plain.heic"


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "heic", "dng", "txt", ""])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "BMP", "GIF", "AVIF", "HEIF"])
def test_what_a_file_is_follows_from_its_content_not_its_name(kind, suffix, photo_like, encoded, put):
    content = _HEIC.read_bytes() if kind == "HEIF" else encoded(photo_like(24, 16), kind)
    assert read(put(f"a.{suffix}", content)).file_format == kind


@pytest.mark.parametrize(
    "name",
    [
        "Grüße aus Kraków 🌄.png",
        "with 'single' and \"double\" quotes.png",
        "two  spaces and a\ttab.png",
        "line\nbreak.png",
        "-o.png",
        "100% {name} %s.png",
        "x" * 251 + ".png",
        "写真" * 41 + ".png",
    ],
    ids=["not ASCII", "quotes", "spaces", "a line break", "a dash", "a template", "255 bytes", "250 bytes of kanji"],
)
def test_unusual_names_are_read(name, photo_like, encoded, put):
    assert read(put(name, encoded(photo_like(24, 16), "PNG"))).width == 24


def test_a_name_that_is_not_utf_8_is_read(strange_name, photo_like, encoded, put):
    assert read(put(strange_name, encoded(photo_like(24, 16), "PNG"))).width == 24


def test_reading_changes_nothing(photo_like, encoded, put):
    path = put("a.png", encoded(photo_like(24, 16), "PNG"))
    path.chmod(0o444)
    before = path.stat()
    read(path)
    after = path.stat()
    assert (before.st_mtime_ns, before.st_size, before.st_mode) == (after.st_mtime_ns, after.st_size, after.st_mode)


def test_a_file_that_is_missing_is_not_found(tmp_path):
    with pytest.raises(errors.NotFoundError, match=r"“gone\.png” was not found"):
        read(tmp_path / "gone.png")


def test_a_file_in_a_folder_that_is_a_file_is_not_found(put):
    with pytest.raises(errors.NotFoundError):
        read(put("a.png", b"x") / "b.png")


def test_a_folder_is_no_photo(tmp_path):
    with pytest.raises(errors.UnsupportedFormatError, match="is a folder"):
        read(tmp_path)


def test_a_folder_that_may_not_be_looked_into_says_that_first(tmp_path, monkeypatch):
    def refuse(path):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(os, "listdir", refuse)
    with pytest.raises(errors.NoPermissionError):
        read(tmp_path)


def test_a_file_that_may_not_be_read_says_so(put, monkeypatch):
    def refuse(path, _flags):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(errors.NoPermissionError, match=r"not allowed to read “a\.png”"):
        read(put("a.png", b"x"))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "BMP"])
def test_a_disk_that_fails_halfway_says_so(kind, photo_like, encoded, put, monkeypatch):
    path = put("a", encoded(photo_like(300, 200), kind))
    take = Source.read_into

    def fail(self, at, room):
        with self._explained():
            if at + len(room) > len(self) // 2:
                raise OSError(errno.EIO, "Input/output error")
        return take(self, at, room)

    monkeypatch.setattr(Source, "read_into", fail)
    monkeypatch.setattr(Source, "exactly", lambda self, at, size: _filled(self, at, size))
    with pytest.raises(errors.UnreadablePhotoError, match="Input/output error"):
        read(path)


def _filled(source, at, size):
    room = bytearray(size)
    source.fill(at, memoryview(room))
    return bytes(room)


def test_an_empty_file_is_empty(put):
    with pytest.raises(errors.UnreadablePhotoError, match=r"“a\.jpg” is empty \(0 bytes\)"):
        read(put("a.jpg", b""))


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif"])
def test_a_text_with_a_photo_s_name_is_no_photo(name, put):
    with pytest.raises(errors.UnsupportedFormatError, match="its content is not JPEG, PNG"):
        read(put(name, b"Dear Oma,\n\nhere is the photo.\n" * 50))


@pytest.mark.parametrize(
    ("kind", "words"),
    [("ICO", "is an icon"), ("JPEG2000", "is JPEG 2000"), ("PDF", "is a PDF"), ("PPM", "is not a photo")],
)
def test_a_picture_of_a_kind_we_do_not_read_says_what_it_is(kind, words, photo_like, encoded, put):
    with pytest.raises(errors.UnsupportedFormatError, match=words):
        read(put("a.png", encoded(photo_like(24, 16), kind)))


def test_the_size_is_checked_before_a_single_pixel_is_decoded(png, put):
    huge = png.raw(100_000, 100_000, 8, 2, b"")
    asked = []

    def check(header):
        asked.append(header)
        raise errors.TooLargeError("too large")

    tracemalloc.start()
    try:
        with pytest.raises(errors.TooLargeError):
            read(put("a.png", huge), check)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()
    assert asked == [Header(100_000, 100_000, "PNG", 3, 8)]


def test_a_photo_within_its_limits_is_decoded(photo_like, encoded, put):
    asked = []
    read(put("a.webp", encoded(photo_like(24, 16), "WEBP")), asked.append)
    assert asked == [Header(24, 16, "WEBP", 3, 8)]


def test_a_picture_larger_than_pillow_s_own_cap_is_let_through(photo_like, encoded, put, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    assert read(put("a.png", encoded(photo_like(24, 16), "PNG"))).width == 24


def test_running_out_of_memory_while_decoding_is_said_in_words(photo_like, encoded, put, monkeypatch):
    def fail(self):
        raise MemoryError

    monkeypatch.setattr(PngImagePlugin.PngImageFile, "load", fail)
    with pytest.raises(errors.OutOfMemoryError, match=r"to open “a\.png”"):
        read(put("a.png", encoded(photo_like(24, 16), "PNG")))


def test_opencv_running_out_of_memory_is_said_in_words(noise, png, put, monkeypatch):
    error = cv2.error("no memory")
    error.code = cv2.Error.StsNoMem

    def fail(*_):
        raise error

    monkeypatch.setattr(cv2, "imdecode", fail)
    with pytest.raises(errors.OutOfMemoryError):
        read(put("a.png", png(noise((4, 4, 3), np.uint16))))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="not on this platform: it has no named pipes")
def test_a_named_pipe_is_refused_without_waiting_for_it(tmp_path):
    path, met = tmp_path / "pipe.png", []
    os.mkfifo(path)

    def attempt():
        try:
            read(path)
        except errors.RekindleError as error:
            met.append(error)

    thread = threading.Thread(target=attempt, daemon=True)
    thread.start()
    thread.join(30)
    assert [error.code for error in met] == ["unsupported"]


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="not on this platform: it has no endless device")
def test_an_endless_device_is_refused():
    with pytest.raises(errors.UnsupportedFormatError, match="not an ordinary file"):
        read(Path("/dev/zero"))


def test_a_link_that_leads_in_circles_is_unreadable(tmp_path):
    (tmp_path / "a.png").symlink_to(tmp_path / "b.png")
    (tmp_path / "b.png").symlink_to(tmp_path / "a.png")
    with pytest.raises(errors.UnreadablePhotoError):
        read(tmp_path / "a.png")


def test_a_broken_link_is_not_found(tmp_path):
    (tmp_path / "a.png").symlink_to(tmp_path / "nowhere.png")
    with pytest.raises(errors.NotFoundError):
        read(tmp_path / "a.png")


def test_a_name_longer_than_names_may_be_is_unreadable(tmp_path):
    with pytest.raises(errors.UnreadablePhotoError, match="too long"):
        read(tmp_path / ("x" * 300 + ".png"))
