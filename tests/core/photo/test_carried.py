"""What belongs to a photo is found, and what cannot be carried along is named."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from desktop.core.photo.metadata.notes import Note
from desktop.core.photo.read import read


def _items(items):
    return [item.item for item in items]


def test_of_an_animation_the_first_picture_is_taken(photo_like, tmp_path):
    path = tmp_path / "moving.webp"
    frames = [Image.fromarray(photo_like(24, 16, seed)) for seed in range(2)]
    frames[0].save(path, save_all=True, append_images=frames[1:], lossless=True)
    photo = read(path)
    assert np.array_equal(photo.pixels, photo_like(24, 16, 0))
    assert _items(photo.fidelity.lost) == ["further pictures"]


def test_a_jpeg_that_carries_a_second_picture_is_read(photo_like, tmp_path):
    path = tmp_path / "stereo.mpo"
    frames = [Image.fromarray(photo_like(24, 16, seed)) for seed in range(2)]
    frames[0].save(path, "MPO", save_all=True, append_images=frames[1:])
    photo = read(path)
    assert photo.file_format == "MPO"
    assert _items(photo.fidelity.lost) == ["further pictures"]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_what_travels_with_a_photo_is_found(kind, exif_block, srgb, photo_like, encoded, png, tiff_file, put):
    block, pixels = exif_block(orientation=1), photo_like(24, 16)
    if kind == "PNG":
        early = [(b"iCCP", b"x\0\0" + zlib.compress(srgb)), (b"pHYs", struct.pack(">IIB", 11811, 5906, 1))]
        xmp = (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + exif_block.XMP)
        path = put("a.png", png(pixels, before=[*early, (b"eXIf", block)], after=[xmp]))
    elif kind == "TIFF":
        xmp = (700, "B", len(exif_block.XMP), exif_block.XMP, True)
        path = tiff_file(pixels, iccprofile=srgb, resolution=(300, 150), resolutionunit="INCH", extratags=[xmp])
    else:
        carried = {"icc_profile": srgb, "exif": b"Exif\0\0" + block, "xmp": exif_block.XMP}
        path = put("a", encoded(pixels, kind, **carried, **({"dpi": (300, 150)} if kind == "JPEG" else {})))
    photo = read(path)
    assert photo.icc == srgb
    assert photo.exif == (block if kind != "TIFF" else None)
    assert photo.xmp == exif_block.XMP
    assert photo.dpi == (pytest.approx((300, 150), rel=1e-3) if kind != "WEBP" else None)
    assert photo.fidelity.lost == ()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16], ids=["8 bit", "16 bit"])
def test_xmp_behind_the_pixels_of_a_png_is_found(dtype, exif_block, noise, png, put):
    after = [(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + exif_block.XMP)]
    assert read(put("a.png", png(noise((16, 24, 3), dtype), after=after))).xmp == exif_block.XMP


def test_a_profile_of_several_megabytes_in_a_png_is_found(srgb, photo_like, png, put):
    icc = (3_000_000).to_bytes(4, "big") + srgb[4:] + bytes(3_000_000 - len(srgb))
    assert read(put("a.png", png(photo_like(24, 16), before=[(b"iCCP", b"x\0\0" + zlib.compress(icc))]))).icc == icc


def test_compressed_xmp_of_several_megabytes_in_a_png_is_found(photo_like, png, put):
    xmp = b"<x>" + b" " * 3_000_000
    text = (b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(xmp))
    assert read(put("a.png", png(photo_like(24, 16), before=[text]))).xmp == xmp


def test_xmp_that_belongs_to_another_packet_is_reported_lost(photo_like, encoded, put):
    content = encoded(photo_like(24, 16), "JPEG", xmp=b"<x/>")
    part = b"http://ns.adobe.com/xmp/extension/\0" + b"0" * 32 + struct.pack(">II", 5, 0) + b"<ext>"
    segment = b"\xff\xe1" + struct.pack(">H", len(part) + 2) + part
    photo = read(put("a.jpg", content[:2] + segment + content[2:]))
    assert photo.xmp == b"<x/>"
    assert _items(photo.fidelity.lost) == ["extended XMP"]


@pytest.mark.parametrize("dpi", [(0, 0), (1, 1)])
def test_an_aspect_ratio_is_no_resolution(dpi, photo_like, encoded, put):
    assert read(put("a.jpg", encoded(photo_like(24, 16), "JPEG", dpi=dpi))).dpi is None


def test_a_jpeg_s_comment_is_carried_along(photo_like, encoded, put):
    photo = read(put("a.jpg", encoded(photo_like(24, 16), "JPEG", comment=b"for Oma")))
    assert photo.notes == (Note("Comment", "for Oma"),)
    assert photo.fidelity.lost == ()


def test_a_png_s_texts_are_carried_along(photo_like, encoded, put):
    text = PngImagePlugin.PngInfo()
    text.add_text("Author", "somebody")
    photo = read(put("a.png", encoded(photo_like(24, 16), "PNG", pnginfo=text)))
    assert photo.notes == (Note("Author", "somebody"),)
