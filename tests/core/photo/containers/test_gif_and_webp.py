"""GIF and WebP: the first picture of each, and what stands around it."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from PIL import Image

from desktop.core import errors
from desktop.core.photo.photo import Item
from desktop.core.photo.read import read


def _items(items):
    return [item.item for item in items]


@pytest.fixture
def moving(photo_like, tmp_path):
    """``moving("GIF", 3)``: an animation."""

    def make(kind, count, **options):
        path = tmp_path / f"moving.{kind.lower()}"
        frames = [Image.fromarray(photo_like(24, 16, seed)) for seed in range(count)]
        frames[0].save(path, kind, save_all=True, append_images=frames[1:], **options)
        return path

    return make


def _first(path):
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


@pytest.mark.parametrize("options", [{}, {"interlace": False}], ids=repr)
def test_a_gif_is_read_and_its_palette_told(options, photo_like, tmp_path):
    path = tmp_path / "a.gif"
    Image.fromarray(photo_like(24, 16)).quantize(64).save(path, **options)
    photo = read(path)
    assert np.array_equal(photo.pixels, _first(path))
    assert photo.file_format == "GIF"
    assert photo.fidelity.converted == (Item("palette", "to full colour"),)


def test_a_gif_s_transparent_colour_becomes_alpha(tmp_path):
    path = tmp_path / "a.gif"
    image = Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.putdata([0, 1])
    image.save(path, transparency=0)
    assert read(path).alpha.tolist() == [[0, 255]]


@pytest.mark.parametrize(
    ("kind", "told"),
    [("GIF", "the first of several in the file was used"), ("WEBP", "the first of 3 in the file was used")],
)
def test_of_an_animation_the_first_picture_is_taken(kind, told, moving):
    path = moving(kind, 3, **({"lossless": True} if kind == "WEBP" else {}))
    photo = read(path)
    assert np.array_equal(photo.pixels, _first(path))
    assert Item("further pictures", told) in photo.fidelity.lost


@pytest.mark.parametrize("comment", [b"for Oma", "für Oma ".encode() * 100, b"f\xfcr Oma"])
def test_a_gif_s_comment_is_carried_along(comment, photo_like, tmp_path):
    path = tmp_path / "a.gif"
    Image.fromarray(photo_like(24, 16)).save(path, comment=comment)
    photo = read(path)
    (note,) = photo.notes
    assert (note.keyword, note.content) == ("Comment", comment)
    assert photo.fidelity.lost == ()


@pytest.mark.parametrize("part", [0.02, 0.2])
def test_a_gif_that_ends_too_early_is_unreadable(part, photo_like, encoded, put):
    content = encoded(photo_like(120, 90), "GIF")
    with pytest.raises(errors.UnreadablePhotoError):
        read(put("a.gif", content[: int(len(content) * part)]))


@pytest.mark.parametrize("options", [{"lossless": True}, {"quality": 80}], ids=repr)
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_webp_is_read_as_pillow_reads_it(mode, options, noise, encoded, put):
    pixels = noise((16, 24, 3 if mode == "RGB" else 4))
    path = put("a.webp", encoded(pixels, "WEBP", exact=True, **options))
    photo = read(path)
    with Image.open(path) as image:
        expected = np.asarray(image)
    assert np.array_equal(photo.pixels, expected[..., :3])
    assert (photo.alpha is None) == (mode == "RGB")
    if mode == "RGBA":
        assert np.array_equal(photo.alpha, expected[..., 3])


def test_only_the_picture_of_a_webp_is_given_to_its_decoder(photo_like, encoded, put, monkeypatch):
    content = encoded(photo_like(24, 16), "WEBP", exif=b"Exif\0\0II*\0", xmp=b"<x/>", lossless=True)
    seen = []
    opening = Image.open
    monkeypatch.setattr(
        Image, "open", lambda stream, **options: (seen.append(stream.joined()), opening(stream, **options))[1]
    )
    assert read(put("a.webp", content)).xmp == b"<x/>"
    assert b"EXIF" not in seen[0]
    assert b"XMP " not in seen[0]
    assert struct.unpack_from("<I", seen[0], 4)[0] == len(seen[0]) - 8
