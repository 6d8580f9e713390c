"""PNG: its chunks, sound and otherwise."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest

from desktop.core import errors
from desktop.core.photo.metadata.notes import Note
from desktop.core.photo.photo import Item
from desktop.core.photo.read import read


def _items(items):
    return [item.item for item in items]


def test_a_chunk_with_a_wrong_checksum_is_passed_over(exif_block, photo_like, png, put):
    content = bytearray(png(photo_like(24, 16), before=[(b"eXIf", exif_block(orientation=6))]))
    content[content.index(b"eXIf") + 60] ^= 1
    photo = read(put("a.png", bytes(content)))
    assert (photo.exif, photo.width) == (None, 24)


@pytest.mark.parametrize("kind", [b"iCCP", b"iTXt"])
def test_a_broken_stream_in_a_chunk_is_reported_lost(kind, photo_like, png, put):
    body = {b"iCCP": b"x\0\0nonsense", b"iTXt": b"XML:com.adobe.xmp\0\1\0\0\0nonsense"}[kind]
    photo = read(put("a.png", png(photo_like(24, 16), before=[(kind, body)])))
    assert (photo.icc, photo.xmp) == (None, None)
    assert _items(photo.fidelity.lost) == [{b"iCCP": "ICC profile", b"iTXt": "XMP"}[kind]]


def test_text_of_any_kind_is_carried_along(photo_like, png, put):
    texts = [
        (b"tEXt", b"Author\0Zo\xeb"),
        (b"zTXt", b"Comment\0\0" + zlib.compress(b"x")),
        (b"iTXt", b"Title\0\0\0de\0Titel\0Sch\xc3\xb6n"),
        (b"iTXt", b"Source\0\1\0\0\0" + zlib.compress("✓".encode())),
    ]
    photo = read(put("a.png", png(photo_like(24, 16), before=texts, after=[(b"tEXt", b"Software\0x")])))
    assert photo.notes == (
        Note("Author", "Zoë"),
        Note("Comment", "x"),
        Note("Title", "Schön", True, "de", "Titel"),
        Note("Source", "✓", True),
        Note("Software", "x"),
    )
    assert photo.fidelity.lost == ()


@pytest.mark.parametrize(
    ("chunk", "why"),
    [
        ((b"zTXt", b"Author\0\0" + b"nonsense"), "Author: damaged or too large and left out"),
        ((b"iTXt", b"Author\0\0\0\0\0\xff"), None),
        ((b"tEXt", b"Author\0" + bytes(5 * 2**20)), "Author: damaged or too large and left out"),
    ],
    ids=["damaged", "no UTF-8", "too large"],
)
def test_text_that_is_no_use_is_named(chunk, why, photo_like, png, put):
    photo = read(put("a.png", png(photo_like(24, 16), before=[chunk])))
    assert photo.fidelity.lost == ((Item("PNG text", why),) if why else ())


def test_texts_that_inflate_without_end_are_given_up_soon(photo_like, png, put):
    bomb = b"\0\0" + zlib.compress(bytes(40 * 2**20), 9)
    many = [(b"zTXt", f"Key{number}".encode() + bomb) for number in range(300)]
    (lost,) = read(put("a.png", png(photo_like(24, 16), before=many))).fidelity.lost
    assert lost.item == "PNG text"
    assert len(lost.detail) < 150


def test_other_data_is_named(photo_like, png, put):
    chunks = [(b"tIME", bytes(7)), (b"bKGD", bytes(6)), (b"caBX", b"content credentials")]
    photo = read(put("a.png", png(photo_like(24, 16), before=chunks)))
    assert photo.fidelity.lost == (Item("other PNG data", "bKGD, caBX, tIME not carried over"),)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16], ids=["8 bit", "16 bit"])
def test_pixels_in_pieces_of_a_byte_are_read(dtype, noise, png, put):
    pixels = noise((6, 5, 3), dtype)
    content = png(pixels)
    start = content.index(b"IDAT") - 4
    size = int.from_bytes(content[start : start + 4], "big")
    data = content[start + 8 : start + 8 + size]
    pieces = b"".join(png.chunk(b"IDAT", data[at : at + 1]) for at in range(size))
    photo = read(put("a.png", content[:start] + pieces + content[start + 12 + size :]))
    assert np.array_equal(photo.pixels, pixels)


def test_what_is_appended_to_a_photo_does_not_matter(photo_like, png, put):
    pixels = photo_like(24, 16)
    assert np.array_equal(read(put("a.png", png(pixels) + b"\xff" * 5000)).pixels, pixels)


def test_of_an_animation_the_first_picture_is_taken(photo_like, tmp_path):
    from PIL import Image

    path = tmp_path / "moving.png"
    frames = [Image.fromarray(photo_like(24, 16, seed)) for seed in range(3)]
    frames[0].save(path, save_all=True, append_images=frames[1:])
    photo = read(path)
    assert np.array_equal(photo.pixels, photo_like(24, 16, 0))
    assert photo.fidelity.lost == (Item("further pictures", "the first of 3 in the file was used"),)


@pytest.mark.parametrize(("unit", "expected"), [(1, (300, 200)), (0, None)])
def test_the_resolution_is_read_where_it_is_one(unit, expected, photo_like, png, put):
    chunk = struct.pack(">IIB", 11811, 7874, unit)
    found = read(put("a.png", png(photo_like(24, 16), before=[(b"pHYs", chunk)]))).dpi
    assert found == (pytest.approx(expected, rel=1e-3) if expected else None)


@pytest.mark.parametrize(
    ("depth", "colour", "method"),
    [(3, 2, 0), (16, 3, 0), (8, 1, 0), (8, 7, 0)],
    ids=["3 bit", "deep palette", "1", "7"],
)
def test_a_header_that_makes_no_sense_is_damage(depth, colour, method, png, put):
    with pytest.raises(errors.UnreadablePhotoError):
        read(put("a.png", png.raw(4, 4, depth, colour, bytes(20))))


def test_a_header_whose_checksum_is_wrong_is_damage(photo_like, png, put):
    content = bytearray(png(photo_like(24, 16)))
    content[19] ^= 1
    with pytest.raises(errors.UnreadablePhotoError):
        read(put("a.png", bytes(content)))


def test_a_photo_that_was_sent_as_text_is_damaged(photo_like, png, put):
    with pytest.raises(errors.UnreadablePhotoError):
        read(put("a.png", png(photo_like(24, 16)).replace(b"\r\n", b"\n")))


def test_a_photo_without_pixels_is_damaged(png, put):
    content = png(np.zeros((2, 2), np.uint8))
    start = content.index(b"IDAT") - 4
    with pytest.raises(errors.UnreadablePhotoError):
        read(put("a.png", content[:start] + content[-12:]))
