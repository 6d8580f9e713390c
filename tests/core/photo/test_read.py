"""Files of strangers become photos: upright, at their full depth, with what belongs to them; or an error in words."""

from __future__ import annotations

import errno
import os
import struct
import threading
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms, PngImagePlugin

from desktop.core import errors
from desktop.core.opencv import cv2
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


def test_the_thumbnail_of_a_turned_photo_is_reported_lost(exif_block, encoded, put):
    block = exif_block(orientation=6, thumbnail=b"small")
    photo = read(put("a.jpg", encoded(_blocks(), "JPEG", exif=b"Exif\0\0" + block)))
    assert _items(photo.fidelity.lost) == ["EXIF thumbnail"]


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


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk_becomes_srgb_and_says_so(kind, photo_like, encoded, put):
    pixels = photo_like(48, 32)
    photo = read(put("a", encoded(pixels, kind, mode="CMYK", **({"quality": 95} if kind == "JPEG" else {}))))
    assert photo.pixels.shape == pixels.shape
    assert np.abs(photo.pixels.astype(int) - pixels).mean() < 12
    assert Item("colours", "CMYK to sRGB without a profile") in photo.fidelity.converted


def test_cmyk_with_a_profile_that_makes_no_sense_is_read_without_it(photo_like, encoded, put):
    photo = read(put("a.jpg", encoded(photo_like(24, 16), "JPEG", mode="CMYK", icc_profile=b"not a profile")))
    assert Item("colours", "CMYK to sRGB without a profile") in photo.fidelity.converted
    assert photo.icc is None  # it would be wrong for sRGB


def test_lab_becomes_srgb_and_says_so(photo_like, put):
    pixels = photo_like(24, 16)
    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    path = put("a.tif", b"")
    ImageCms.profileToProfile(Image.fromarray(pixels), srgb, lab, outputMode="LAB").save(path)
    photo = read(path)
    assert np.abs(photo.pixels.astype(int) - pixels).mean() < 4
    assert _items(photo.fidelity.converted) == ["colours"]


@pytest.mark.parametrize("shape", [(16, 24), (16, 24, 3), (16, 24, 4), (16, 24, 2)], ids=["grey", "RGB", "RGBA", "LA"])
def test_a_16_bit_png_keeps_every_bit(shape, noise, png, put):
    pixels = noise(shape, np.uint16)
    photo = read(put("a.png", png(pixels)))
    channels = 1 if len(shape) == 2 else shape[2]
    colours = pixels if channels in (1, 3) else pixels[..., :-1]
    assert photo.bits == 16
    assert np.array_equal(photo.pixels, colours[..., 0] if channels == 2 else colours)
    assert np.array_equal(photo.alpha, pixels[..., -1]) if channels in (2, 4) else photo.alpha is None


@pytest.mark.parametrize("order", ["<", ">"], ids=["little-endian", "big-endian"])
@pytest.mark.parametrize("compression", [None, "adobe_deflate"])
@pytest.mark.parametrize("shape", [(16, 24), (16, 24, 3), (16, 24, 4)], ids=["grey", "RGB", "RGBA"])
def test_a_16_bit_tiff_keeps_every_bit(shape, compression, order, noise, tiff_file):
    pixels = noise(shape, np.uint16)
    extra = ["unassalpha"] if shape[-1] == 4 else None
    photo = read(tiff_file(pixels, compression=compression, byteorder=order, extrasamples=extra))
    assert np.array_equal(photo.pixels, pixels[..., :3] if shape[-1] == 4 else pixels)
    assert np.array_equal(photo.alpha, pixels[..., 3]) if shape[-1] == 4 else photo.alpha is None


@pytest.mark.parametrize("shape", [(16, 24), (16, 24, 3)], ids=["grey", "RGB"])
def test_a_16_bit_lzw_tiff_keeps_every_bit(shape, noise, tmp_path):
    pixels, path = noise(shape, np.uint16), tmp_path / "a.tif"
    stored = pixels if pixels.ndim == 2 else np.ascontiguousarray(pixels[..., ::-1])
    assert cv2.imwrite(str(path), stored, [cv2.IMWRITE_TIFF_COMPRESSION, cv2.IMWRITE_TIFF_COMPRESSION_LZW])
    assert np.array_equal(read(path).pixels, pixels)


@pytest.mark.parametrize("compression", ["tiff_lzw", "packbits", "tiff_adobe_deflate"])
@pytest.mark.parametrize("grey", [False, True])
def test_a_compressed_8_bit_tiff_is_read(compression, grey, noise, encoded, put):
    pixels = noise((16, 24) if grey else (16, 24, 3))
    assert np.array_equal(read(put("a.tif", encoded(pixels, "TIFF", compression=compression))).pixels, pixels)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16], ids=["8 bit", "16 bit"])
def test_a_tiff_where_white_is_zero_is_not_read_as_a_negative(dtype, noise, tiff_file):
    pixels = noise((16, 24), dtype)
    photo = read(tiff_file(pixels, photometric="miniswhite"))
    assert np.array_equal(photo.pixels, np.iinfo(dtype).max - pixels)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16], ids=["8 bit", "16 bit"])
def test_a_tiff_with_one_plane_per_colour_is_read(dtype, noise, tiff_file):
    pixels = noise((16, 24, 3), dtype)
    path = tiff_file(np.moveaxis(pixels, -1, 0), photometric="rgb", planarconfig="separate")
    assert np.array_equal(read(path).pixels, pixels)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16], ids=["8 bit", "16 bit"])
def test_premultiplied_colours_become_straight(dtype, tiff_file):
    top = np.iinfo(dtype).max
    half = top // 2
    pixels = np.array([[[half, half // 2, 0, half], [0, 0, 0, 0]]], dtype)
    photo = read(tiff_file(pixels, extrasamples=["assocalpha"]))
    assert np.abs(photo.pixels[0, 0].astype(int) - [top, top // 2, 0]).max() <= 2
    assert photo.alpha.tolist() == [[half, 0]]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16], ids=["8 bit", "16 bit"])
def test_a_fourth_channel_nobody_explains_is_no_alpha(dtype, noise, tiff_file):
    pixels = noise((16, 24, 4), dtype)
    photo = read(tiff_file(pixels, extrasamples=["unspecified"]))
    assert photo.alpha is None
    assert np.array_equal(photo.pixels, pixels[..., :3])


def test_a_bigtiff_is_read(noise, tiff_file):
    pixels = noise((16, 24, 3), np.uint16)
    assert np.array_equal(read(tiff_file(pixels, bigtiff=True)).pixels, pixels)


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "u4", "i4", "i2"])
@pytest.mark.parametrize("shape", [(16, 24), (16, 24, 3)], ids=["grey", "RGB"])
def test_a_tiff_of_numbers_that_are_no_photo_is_refused_as_that(dtype, shape, tiff_file):
    path = tiff_file(np.ones(shape, dtype))
    with pytest.raises(errors.UnsupportedFormatError, match=r"photo\.tif"):
        read(path)


def test_a_16_bit_cmyk_tiff_is_refused_as_that(noise, tiff_file):
    path = tiff_file(noise((16, 24, 4), np.uint16), photometric="separated")
    with pytest.raises(errors.UnsupportedFormatError):
        read(path)


def test_further_pages_are_reported_lost(photo_like, tmp_path):
    path = tmp_path / "pages.tif"
    pages = [Image.fromarray(photo_like(24, 16, seed)) for seed in range(3)]
    pages[0].save(path, save_all=True, append_images=pages[1:])
    photo = read(path)
    assert np.array_equal(photo.pixels, photo_like(24, 16, 0))
    assert Item("further pictures", "the first of 3 in the file was used") in photo.fidelity.lost


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


def test_a_profile_of_several_megabytes_in_a_png_is_found(photo_like, png, put):
    icc = bytes(3_000_000)
    assert read(put("a.png", png(photo_like(24, 16), before=[(b"iCCP", b"x\0\0" + zlib.compress(icc))]))).icc == icc


def test_compressed_xmp_of_several_megabytes_in_a_png_is_found(photo_like, png, put):
    xmp = b"<x>" + b" " * 3_000_000
    text = (b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(xmp))
    assert read(put("a.png", png(photo_like(24, 16), before=[text]))).xmp == xmp


def test_xmp_in_several_parts_is_reported_lost_but_for_the_first(photo_like, encoded, put):
    content = encoded(photo_like(24, 16), "JPEG", xmp=b"<x/>")
    part = b"http://ns.adobe.com/xmp/extension/\0" + b"0" * 32 + struct.pack(">II", 5, 0) + b"<ext>"
    segment = b"\xff\xe1" + struct.pack(">H", len(part) + 2) + part
    photo = read(put("a.jpg", content[:2] + segment + content[2:]))
    assert photo.xmp == b"<x/>"
    assert _items(photo.fidelity.lost) == ["extended XMP"]


@pytest.mark.parametrize("dpi", [(0, 0), (1, 1)])
def test_an_aspect_ratio_is_no_resolution(dpi, photo_like, encoded, put):
    assert read(put("a.jpg", encoded(photo_like(24, 16), "JPEG", dpi=dpi))).dpi is None


def test_a_jpeg_s_comment_is_reported_lost(photo_like, encoded, put):
    photo = read(put("a.jpg", encoded(photo_like(24, 16), "JPEG", comment=b"for Oma")))
    assert "JPEG comment" in _items(photo.fidelity.lost)


def test_a_png_s_texts_are_reported_lost(photo_like, encoded, put):
    text = PngImagePlugin.PngInfo()
    text.add_text("Author", "somebody")
    photo = read(put("a.png", encoded(photo_like(24, 16), "PNG", pnginfo=text)))
    assert Item("PNG text", "Author not carried over") in photo.fidelity.lost


def test_a_png_s_gamma_is_reported_lost(photo_like, png, put):
    photo = read(put("a.png", png(photo_like(24, 16), before=[(b"gAMA", struct.pack(">I", 100_000))])))
    assert _items(photo.fidelity.lost) == ["PNG gamma"]


def test_the_gamma_of_srgb_is_nothing_to_report(photo_like, png, put):
    photo = read(put("a.png", png(photo_like(24, 16), before=[(b"gAMA", struct.pack(">I", 45_455))])))
    assert photo.fidelity.lost == ()


@pytest.mark.parametrize("tag", [33723, 34377], ids=["IPTC", "Photoshop"])
def test_a_tiff_s_iptc_and_photoshop_data_are_reported_lost(tag, photo_like, tiff_file):
    photo = read(tiff_file(photo_like(24, 16), extratags=[(tag, "B", 4, b"8BIM", True)]))
    assert "IPTC and Photoshop data" in _items(photo.fidelity.lost)


@pytest.mark.parametrize("size", [(1, 1), (1, 30), (30, 1)])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "BMP"])
def test_pictures_one_pixel_wide_or_high_are_read(size, kind, photo_like, encoded, put):
    photo = read(put("a", encoded(photo_like(*size), kind)))
    assert (photo.width, photo.height) == size


def test_what_a_file_is_follows_from_its_content_not_its_name(photo_like, encoded, put):
    assert read(put("really a png.jpg", encoded(photo_like(24, 16), "PNG"))).file_format == "PNG"


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
    def refuse(path):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(errors.NoPermissionError, match=r"“a\.png” may not be read"):
        read(put("a.png", b"x"))


def test_a_disk_that_fails_says_so(put, monkeypatch):
    def fail(path):
        raise OSError(errno.EIO, "Input/output error", str(path))

    monkeypatch.setattr(Path, "read_bytes", fail)
    with pytest.raises(errors.UnreadablePhotoError, match="Input/output error"):
        read(put("a.png", b"x"))


def test_an_empty_file_is_empty(put):
    with pytest.raises(errors.UnreadablePhotoError, match=r"“a\.jpg” is empty \(0 bytes\)"):
        read(put("a.jpg", b""))


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif"])
def test_a_text_with_a_photo_s_name_is_no_photo(name, put):
    with pytest.raises(errors.UnsupportedFormatError, match="its content is not JPEG, PNG"):
        read(put(name, b"Dear Oma,\n\nhere is the photo.\n" * 50))


def test_a_photo_of_a_kind_we_do_not_read_is_no_photo_to_us(photo_like, encoded, put):
    with pytest.raises(errors.UnsupportedFormatError):
        read(put("a.png", encoded(photo_like(24, 16), "GIF")))


def _cut(content, part):
    return content[: int(len(content) * part)]


@pytest.mark.parametrize("part", [0.05, 0.3, 0.7, 0.95])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP"])
def test_a_photo_that_ends_too_early_is_unreadable(kind, part, photo_like, encoded, put):
    with pytest.raises(errors.UnreadablePhotoError, match="damaged or incomplete"):
        read(put("a", _cut(encoded(photo_like(120, 90), kind), part)))


@pytest.mark.parametrize("part", [0.1, 0.5, 0.95])
@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_adobe_deflate", "packbits"])
def test_an_8_bit_tiff_that_ends_too_early_is_unreadable(compression, part, photo_like, encoded, put):
    with pytest.raises(errors.UnreadablePhotoError, match="damaged or incomplete"):
        read(put("a.tif", _cut(encoded(photo_like(120, 90), "TIFF", compression=compression), part)))


@pytest.mark.parametrize("part", [0.1, 0.5, 0.95])
@pytest.mark.parametrize("compression", [None, "adobe_deflate"])
def test_a_16_bit_tiff_that_ends_too_early_is_unreadable(compression, part, noise, tiff_file):
    path = tiff_file(noise((90, 120, 3), np.uint16), compression=compression, rowsperstrip=16)
    path.write_bytes(_cut(path.read_bytes(), part))
    with pytest.raises(errors.UnreadablePhotoError, match="damaged or incomplete"):
        read(path)


@pytest.mark.parametrize("part", [0.1, 0.5, 0.95])
def test_a_16_bit_png_that_ends_too_early_is_unreadable(part, noise, png, put):
    with pytest.raises(errors.UnreadablePhotoError, match="damaged or incomplete"):
        read(put("a.png", _cut(png(noise((90, 120, 3), np.uint16)), part)))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16], ids=["8 bit", "16 bit"])
def test_a_png_with_changed_bytes_is_unreadable(dtype, noise, png, put):
    content = bytearray(png(noise((30, 40, 3), dtype)))
    content[len(content) // 2] ^= 0xFF
    with pytest.raises(errors.UnreadablePhotoError, match="damaged or incomplete"):
        read(put("a.png", bytes(content)))


def test_a_16_bit_tiff_with_changed_bytes_is_unreadable(noise, tiff_file):
    path = tiff_file(noise((30, 40, 3), np.uint16), compression="adobe_deflate")
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 40] = bytes(40)
    path.write_bytes(content)
    with pytest.raises(errors.UnreadablePhotoError, match="damaged or incomplete"):
        read(path)


@pytest.mark.parametrize(
    "content",
    [b"\xff\xd8\xff\xe0" + bytes(40), b"\x89PNG\r\n\x1a\n" + bytes(40), b"II*\0" + bytes(40), b"BM" + bytes(60)],
    ids=["JPEG", "PNG", "TIFF", "BMP"],
)
def test_a_photo_whose_beginning_makes_no_sense_is_damaged_rather_than_of_another_kind(content, put):
    with pytest.raises(errors.UnreadablePhotoError):
        read(put("a", content))


def test_the_size_is_checked_before_a_single_pixel_is_decoded(png, put):
    huge = png.raw(100_000, 100_000, 8, 2, b"")
    asked = []

    def check(width, height, file_format):
        asked.append((width, height, file_format))
        raise errors.TooLargeError("too large")

    tracemalloc.start()
    try:
        with pytest.raises(errors.TooLargeError):
            read(put("a.png", huge), check)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()
    assert asked == [(100_000, 100_000, "PNG")]


def test_a_photo_within_its_limits_is_decoded(photo_like, encoded, put):
    asked = []
    read(put("a.webp", encoded(photo_like(24, 16), "WEBP")), lambda *size: asked.append(size))
    assert asked == [(24, 16, "WEBP")]


def test_a_picture_larger_than_pillow_s_own_cap_is_let_through(photo_like, encoded, put, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    assert read(put("a.png", encoded(photo_like(24, 16), "PNG"))).width == 24


def test_running_out_of_memory_while_loading_the_file_is_said_in_words(put, monkeypatch):
    def fail(path):
        raise MemoryError

    monkeypatch.setattr(Path, "read_bytes", fail)
    with pytest.raises(errors.OutOfMemoryError, match=r"to open “a\.png”"):
        read(put("a.png", b"x"))


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


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "BMP"])
def test_photos_with_changed_bytes_are_read_or_refused_in_words(kind, photo_like, encoded, exif_block, put):
    carried = {} if kind in ("BMP", "TIFF") else {"exif": b"Exif\0\0" + exif_block(orientation=6)}
    content = encoded(photo_like(20, 14), kind, **carried)
    met = set()
    chance = np.random.default_rng(11)
    for _ in range(150):
        damaged = np.frombuffer(content, np.uint8).copy()
        for place in chance.integers(0, min(len(damaged), 1500), chance.integers(1, 6)):
            damaged[place] = chance.integers(256)
        try:
            read(put("a", damaged.tobytes()), _at_most_a_megapixel)
        except errors.RekindleError as error:
            met.add(error.code)
    assert "unreadable" in met
    assert met <= {"unreadable", "unsupported", "too-large"}


def _at_most_a_megapixel(width, height, _file_format):
    if width * height > 1_000_000:
        raise errors.TooLargeError("x")


def test_16_bit_tiffs_with_changed_bytes_are_read_or_refused_in_words(noise, tiff_file):
    path = tiff_file(noise((14, 20, 3), np.uint16), compression="adobe_deflate")
    content = path.read_bytes()
    met = set()
    chance = np.random.default_rng(12)
    for _ in range(300):
        damaged = np.frombuffer(content, np.uint8).copy()
        for place in chance.integers(0, min(len(damaged), 400), chance.integers(1, 6)):
            damaged[place] = chance.integers(256)
        path.write_bytes(damaged.tobytes())
        try:
            read(path, _at_most_a_megapixel)
        except errors.RekindleError as error:
            met.add(error.code)
    assert "unreadable" in met
    assert met <= {"unreadable", "unsupported", "too-large"}


def test_tifffile_s_own_reading_agrees(noise, tiff_file):
    pixels = noise((16, 24, 3), np.uint16)
    path = tiff_file(pixels, compression="adobe_deflate", predictor=True, byteorder=">")
    assert np.array_equal(read(path).pixels, tifffile.imread(path))
