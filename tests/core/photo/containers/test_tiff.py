"""TIFF in every dress."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
import tifffile
from PIL import Image

from desktop.core import errors
from desktop.core.opencv import cv2
from desktop.core.photo import tiff_tags
from desktop.core.photo.depth import as_8_bit
from desktop.core.photo.photo import Item
from desktop.core.photo.read import read
from desktop.core.photo.tiff_tags import Layout


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


@pytest.mark.parametrize("dtype", ["f8", "u4", "i4", "i2", "i1"])
@pytest.mark.parametrize("shape", [(16, 24), (16, 24, 3)], ids=["grey", "RGB"])
def test_a_tiff_of_numbers_that_are_no_photo_is_refused_as_that(dtype, shape, tiff_file):
    path = tiff_file(np.ones(shape, dtype))
    with pytest.raises(errors.UnsupportedFormatError, match=r"photo\.tif"):
        read(path)


def test_further_pages_are_reported_lost(photo_like, tmp_path):
    path = tmp_path / "pages.tif"
    pages = [Image.fromarray(photo_like(24, 16, seed)) for seed in range(3)]
    pages[0].save(path, save_all=True, append_images=pages[1:])
    photo = read(path)
    assert np.array_equal(photo.pixels, photo_like(24, 16, 0))
    assert Item("further pictures", "the first of 3 in the file was used") in photo.fidelity.lost


CAPTION = b"\x1c\x02\x78\0\x07for Oma"


@pytest.mark.parametrize("turned", [False, True], ids=["as it is", "turned round in words of four bytes"])
def test_captions_of_a_tiff_are_carried_along(turned, photo_like, tiff_file):
    stored = b"".join(CAPTION[at : at + 4][::-1] for at in range(0, 12, 4)) if turned else CAPTION
    photo = read(tiff_file(photo_like(24, 16), extratags=[(33723, "B", len(stored), stored, True)]))
    assert photo.iptc == CAPTION
    assert photo.fidelity.lost == ()


def test_photoshop_s_data_in_a_tiff_is_carried_along_but_for_what_is_told_in_pixels(photo_like, tiff_file):
    guides, url = b"8BIM\x04\x08\0\0\0\0\0\x04abcd", b"8BIM\x04\x0b\0\0\0\0\0\x02hi"
    block = guides + b"8BIM\x04\x04\0\0" + len(CAPTION).to_bytes(4, "big") + CAPTION + url
    photo = read(tiff_file(photo_like(24, 16), extratags=[(34377, "B", len(block), block, True)]))
    assert (photo.iptc, photo.photoshop) == (CAPTION, url)
    assert _items(photo.fidelity.lost) == ["guides and slices"]


def test_damaged_photoshop_data_is_named(photo_like, tiff_file):
    photo = read(tiff_file(photo_like(24, 16), extratags=[(34377, "B", 4, b"nono", True)]))
    assert _items(photo.fidelity.lost) == ["Photoshop data"]


def _items(items):
    return [item.item for item in items]


def _cut(content, part):
    return content[: int(len(content) * part)]


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


def test_a_16_bit_tiff_with_changed_bytes_is_unreadable(noise, tiff_file):
    path = tiff_file(noise((30, 40, 3), np.uint16), compression="adobe_deflate")
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 40] = bytes(40)
    path.write_bytes(content)
    with pytest.raises(errors.UnreadablePhotoError, match="damaged or incomplete"):
        read(path)


def _at_most_a_megapixel(header):
    if header.pixels > 1_000_000:
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


# ---- Every way to lay samples out ----


@pytest.mark.parametrize(
    ("compression", "predictor"), [(None, False), ("adobe_deflate", False), ("adobe_deflate", True), ("lzma", True)]
)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16], ids=["8 bit", "16 bit"])
@pytest.mark.parametrize("layout", ["strips", "tiles", "planes", "planes in tiles"])
def test_every_layout_gives_the_same_pixels(layout, dtype, predictor, compression, noise, tiff_file):
    pixels = noise((37, 50, 3), dtype)
    options = {"tile": (16, 32)} if "tiles" in layout else {"rowsperstrip": 7}
    if "planes" in layout:
        options["planarconfig"] = "separate"
    stored = np.moveaxis(pixels, -1, 0) if "planes" in layout else pixels
    path = tiff_file(stored, photometric="rgb", compression=compression, predictor=predictor, byteorder=">", **options)
    assert np.array_equal(read(path).pixels, pixels)


@pytest.mark.parametrize("compression", [None, "adobe_deflate"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16], ids=["8 bit", "16 bit"])
def test_grey_with_transparency_stays_grey(dtype, compression, noise, tiff_file):
    pixels = noise((16, 24, 2), dtype)
    path = tiff_file(pixels, photometric="minisblack", extrasamples=["unassalpha"], compression=compression)
    photo = read(path)
    assert np.array_equal(photo.pixels, pixels[..., 0])
    assert np.array_equal(photo.alpha, pixels[..., 1])


@pytest.mark.parametrize("compression", ["group3", "group4", "tiff_ccitt", "packbits", "tiff_lzw"])
def test_one_bit_is_read_however_it_is_compressed(compression, photo_like, encoded, put):
    picture = Image.fromarray(photo_like(60, 40)).convert("1")
    path = put("a.tif", b"")
    picture.save(path, compression=compression)
    photo = read(path)
    assert np.array_equal(photo.pixels, np.asarray(picture) * np.uint8(255))


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK", "YCbCr"])
def test_jpeg_in_a_tiff_is_read_as_pillow_reads_it(mode, photo_like, put):
    path = put("a.tif", b"")
    Image.fromarray(photo_like(60, 40)).convert(mode).save(path, compression="jpeg", quality=95)
    with Image.open(path) as image:
        expected = np.asarray(image.convert("RGB" if mode != "L" else "L"))
    photo = read(path)
    assert photo.pixels.shape == expected.shape
    if mode != "CMYK":
        assert np.array_equal(photo.pixels, expected)


@pytest.mark.parametrize("compression", [None, "tiff_lzw"])
def test_a_palette_is_looked_up(compression, photo_like, put):
    path = put("a.tif", b"")
    picture = Image.fromarray(photo_like(24, 16)).quantize(16)
    picture.save(path, compression=compression)
    assert np.array_equal(read(path).pixels, np.asarray(picture.convert("RGB")))


def test_cmyk_of_16_bits_is_read_with_8_and_says_so(noise, tiff_file):
    inks = noise((16, 24, 4), np.uint16)
    deep = read(tiff_file(inks, photometric="separated"))
    flat = read(tiff_file(as_8_bit(inks), "flat.tif", photometric="separated"))
    assert np.array_equal(deep.pixels, flat.pixels)
    assert "bit depth" in _items(deep.fidelity.lost)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("shape", [(16, 24), (16, 24, 3)], ids=["grey", "RGB"])
def test_floating_point_becomes_16_bit_and_says_so(shape, dtype, noise, tiff_file):
    wanted = noise(shape, np.uint16)
    photo = read(tiff_file((wanted / 65535).astype(dtype)))
    assert photo.pixels.dtype == np.uint16
    assert np.abs(photo.pixels.astype(int) - wanted).max() <= (0 if dtype is np.float32 else 16)
    assert photo.fidelity.converted == (Item("bit depth", "floating point to 16 bit"),)
    assert photo.fidelity.lost == ()


def test_floating_point_above_white_is_cut_off_and_says_so(tiff_file):
    photo = read(tiff_file(np.array([[0.5, 3.0, -0.5]], np.float32)))
    assert photo.pixels.tolist() == [[32768, 65535, 0]]
    assert _items(photo.fidelity.lost) == ["brightness beyond black and white"]


@pytest.mark.parametrize("value", [1000.0, np.nan, np.inf, -500.0])
def test_measurements_are_no_photo(value, tiff_file):
    with pytest.raises(errors.UnsupportedFormatError, match="floating point that is not between 0 and 1"):
        read(tiff_file(np.array([[0.5, value]], np.float32)))


def _page(tags, strips, order="<"):
    """A TIFF by hand: LONG tags by number, strips behind them."""
    layout = Layout(order)
    starts = [8 + sum(map(len, strips[:number])) for number in range(len(strips))]
    fields = [layout.field(tag, values) for tag, values in tags.items()]
    fields += [layout.field(273, starts), layout.field(279, [len(strip) for strip in strips])]
    content = b"".join(strips) + bytes(sum(map(len, strips)) % 2)
    return layout.header(8 + len(content)) + content + layout.packed(fields, 8 + len(content))


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_predictor_for_floating_point_is_undone(channels, order, put):
    values = np.random.default_rng(5).random((6, 9, channels)).astype(np.float32)
    planes = (
        values.astype(">f4").reshape(6, -1).view(np.uint8).reshape(6, -1, 4).swapaxes(1, 2).reshape(6, -1, channels)
    )
    differences = np.diff(planes, axis=1, prepend=np.zeros((6, 1, channels), np.uint8)).astype(np.uint8)
    strips = [zlib.compress(differences[at : at + 3].tobytes()) for at in (0, 3)]
    tags = {256: [9], 257: [6], 258: [32] * channels, 259: [8], 262: [1 if channels == 1 else 2]}
    tags |= {277: [channels], 278: [3], 317: [3], 339: [3] * channels}
    photo = read(put("a.tif", _page(tags, strips, order)))
    assert np.array_equal(photo.pixels.reshape(values.shape), np.rint(values * 65535))


@pytest.mark.parametrize(
    "changed",
    [
        {258: [8, 16, 8]},
        {258: [12, 12, 12]},
        {258: [64] * 3},
        {277: [17]},
        {277: [2]},
        {262: [5], 332: [2], 277: [5]},
        {259: [6]},
    ],
    ids=["depths that differ", "12 bit", "64 bit", "17 channels", "2 channels", "other inks", "old JPEG"],
)
def test_layouts_that_are_no_photo_s_are_refused_as_that(changed, put):
    tags = {256: [4], 257: [4], 258: [8, 8, 8], 259: [1], 262: [2], 277: [3], 278: [4]} | changed
    with pytest.raises(errors.UnsupportedFormatError, match="in a way Rekindle cannot read"):
        read(put("a.tif", _page(tags, [bytes(4 * 4 * 40)])))


@pytest.mark.parametrize(
    "changed",
    [{256: [0]}, {257: [0]}, {256: [2**31]}, {322: [0], 323: [16], 324: [8], 325: [8]}],
    ids=["0", "0", "huge", "tiles"],
)
def test_sizes_that_make_no_sense_are_damage(changed, put):
    tags = {256: [4], 257: [4], 258: [8], 259: [1], 262: [1], 277: [1], 278: [4]} | changed
    with pytest.raises(errors.UnreadablePhotoError):
        read(put("a.tif", _page(tags, [bytes(16)])))


def test_one_strip_shown_a_thousand_times_is_damage(put):
    layout = Layout("<")
    tags = {256: [1000], 257: [1000], 258: [8], 259: [1], 262: [1], 277: [1], 278: [1]}
    fields = [layout.field(tag, values) for tag, values in tags.items()]
    fields += [layout.field(273, [8] * 1000), layout.field(279, [1000] * 1000)]
    content = layout.header(1008) + bytes(1000) + layout.packed(fields, 1008)
    with pytest.raises(errors.UnreadablePhotoError):
        read(put("a.tif", content))


def test_layers_and_further_pages_are_neither_read_nor_given_to_a_decoder(photo_like, tiff_file, monkeypatch):
    layers = (37724, "B", 100_000, bytes(100_000), True)
    path = tiff_file(photo_like(24, 16), compression="adobe_deflate", extratags=[layers])
    seen = []
    opening = Image.open
    monkeypatch.setattr(
        Image, "open", lambda stream, **options: (seen.append(len(stream.getvalue())), opening(stream, **options))[1]
    )
    photo = read(path)
    assert np.array_equal(photo.pixels, photo_like(24, 16))
    assert seen[0] < 5_000
    assert "Photoshop layers" in _items(photo.fidelity.lost)


def test_pages_that_lead_in_circles_are_counted_once(photo_like, put, tmp_path):
    path = tmp_path / "pages.tif"
    pages = [Image.fromarray(photo_like(24, 16, seed)) for seed in range(3)]
    pages[0].save(path, save_all=True, append_images=pages[1:])
    content = bytearray(path.read_bytes())
    layout, first = tiff_tags.opened(bytes(content))
    last = layout.next(bytes(content), layout.next(bytes(content), first))
    count = int.from_bytes(content[last : last + 2], "little")
    content[last + 2 + 12 * count : last + 6 + 12 * count] = first.to_bytes(4, "little")
    assert (
        Item("further pictures", "the first of 3 in the file was used")
        in read(put("a.tif", bytes(content))).fidelity.lost
    )


def test_a_huge_profile_is_left_out_and_reported(photo_like, tiff_file):
    photo = read(tiff_file(photo_like(24, 16), iccprofile=bytes(33 * 2**20)))
    assert photo.icc is None
    assert _items(photo.fidelity.lost) == ["ICC profile"]
