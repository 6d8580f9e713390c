"""Windows bitmaps: masks of any kind, palettes of any depth, profiles of version 4 and 5."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from PIL import Image

from desktop.core import errors
from desktop.core.photo import icc
from desktop.core.photo.photo import Item
from desktop.core.photo.read import read


def _bitmap(width, height, bits, rows, *, size=40, compression=0, colours=0, palette=b"", masks=b"", **about):
    """``rows`` bottom up and padded; ``about``: kind and corners, exponents or profile of versions 4 and 5."""
    info = struct.pack("<IiiHHIIiiII", size, width, height, 1, bits, compression, 0, 2835, 2835, colours, 0)
    info += masks if size > 40 else b""
    info = info.ljust(size, b"\0") if size > 40 else info + masks
    profile = about.get("profile", b"")
    if size >= 108:
        info = info[:56] + about["kind"] + info[60:]
        if "corners" in about:
            corners = [round(value * 2**30) for value in about["corners"]]
            info = info[:60] + struct.pack("<9i3I", *corners, *[round(about["exponent"] * 65536)] * 3) + info[108:]
    if profile:
        info = info[:112] + struct.pack("<II", size + len(palette) + len(rows), len(profile)) + info[120:]
    start = 14 + len(info) + len(palette)
    head = b"BM" + struct.pack("<IHHI", start + len(rows) + len(profile), 0, 0, start)
    return head + info + palette + rows + profile


@pytest.mark.parametrize(
    ("bits", "masks"),
    [
        (16, (0xF800, 0x7E0, 0x1F, 0)),
        (16, (0xF00, 0xF0, 0xF, 0xF000)),
        (32, (0xFF, 0xFF00, 0xFF0000, 0xFF000000)),
        (32, (0x3FF00000, 0xFFC00, 0x3FF, 0xC0000000)),
        (32, (0xFFE00000, 0x1FFC00, 0x3FF, 0)),
    ],
    ids=["565", "4444", "8888 turned round", "10 bit", "11 bit"],
)
def test_masks_of_any_kind_are_read_at_the_depth_they_have(bits, masks, put):
    chance = np.random.default_rng(3)
    wanted = [
        chance.integers(0, mask.bit_count() and 2 ** mask.bit_count(), (3, 4)) if mask else None for mask in masks
    ]
    values = sum(plane << ((mask & -mask).bit_length() - 1) for plane, mask in zip(wanted, masks, strict=True) if mask)
    rows = values[::-1].astype(f"<u{bits // 8}").tobytes()
    content = _bitmap(4, 3, bits, rows, size=56, compression=3, masks=struct.pack("<4I", *masks))
    photo = read(put("a.bmp", content))
    deep = max(mask.bit_count() for mask in masks) > 8
    top = 65535 if deep else 255
    assert photo.pixels.dtype == (np.uint16 if deep else np.uint8)
    for channel in range(3):
        most = 2 ** masks[channel].bit_count() - 1
        assert np.abs(photo.pixels[..., channel] / top - wanted[channel] / most).max() <= 0.5 / top + 1e-9
    assert (photo.alpha is None) == (not masks[3])


@pytest.mark.parametrize("masks", [(0x5, 0xA, 0x10, 0), (0, 0x7E0, 0x1F, 0), (0x1F0000, 0x7E0, 0x1F, 0)])
def test_masks_that_make_no_sense_are_damage(masks, put):
    content = _bitmap(2, 1, 16, bytes(4), size=56, compression=3, masks=struct.pack("<4I", *masks))
    with pytest.raises(errors.UnreadablePhotoError):
        read(put("a.bmp", content))


def test_an_alpha_that_is_empty_all_over_is_not_taken_for_one(put):
    masks = struct.pack("<4I", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    photo = read(put("a.bmp", _bitmap(1, 1, 32, b"\x01\x02\x03\x00", size=56, compression=3, masks=masks)))
    assert photo.alpha is None
    assert photo.pixels.tolist() == [[[3, 2, 1]]]
    assert photo.fidelity.converted[0].item == "transparency"


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
@pytest.mark.parametrize("grey", [False, True])
def test_palettes_of_any_depth_are_looked_up(bits, grey, put):
    count = 2**bits
    table = np.random.default_rng(bits).integers(0, 256, (count, 3), np.uint8)
    if grey:
        table[:] = table[:, :1]
    indices = np.arange(24).reshape(3, 8) % count
    packed = np.packbits(
        np.unpackbits(indices.astype(np.uint8)[..., None], axis=2)[..., 8 - bits :].reshape(3, -1), axis=1
    )
    packed = np.pad(packed, ((0, 0), (0, -packed.shape[1] % 4)))
    palette = b"".join(bytes([*colour[::-1], 0]) for colour in table.tolist())
    photo = read(put("a.bmp", _bitmap(8, 3, bits, packed[::-1].tobytes(), palette=palette)))
    assert photo.is_grey == grey
    assert np.array_equal(photo.pixels, table[indices, 0] if grey else table[indices])


def test_more_colours_than_a_pixel_can_name_are_damage(put):
    with pytest.raises(errors.UnreadablePhotoError):
        read(put("a.bmp", _bitmap(1, 1, 4, bytes(4), colours=17, palette=bytes(68))))


def test_rows_from_the_top_are_read_as_that(put):
    rows = b"".join(bytes([level] * 3 + [0]) for level in (10, 20))
    assert read(put("a.bmp", _bitmap(1, -2, 24, rows))).pixels[:, 0, 0].tolist() == [10, 20]
    assert read(put("a.bmp", _bitmap(1, 2, 24, rows))).pixels[:, 0, 0].tolist() == [20, 10]


def test_fewer_rows_than_announced_are_a_file_that_ends_too_early(put):
    with pytest.raises(errors.UnreadablePhotoError, match="ends too early"):
        read(put("a.bmp", _bitmap(4, 4, 24, bytes(40))))


def test_a_profile_in_the_file_is_found(srgb, put):
    content = _bitmap(1, 1, 24, bytes(4), size=124, kind=b"DEBM", profile=srgb)
    assert read(put("a.bmp", content)).icc == srgb


def test_a_profile_in_another_file_is_reported_lost_and_not_looked_for(put):
    photo = read(put("a.bmp", _bitmap(1, 1, 24, bytes(4), size=124, kind=b"KNIL", profile=b"C:\\colour.icm\0")))
    assert photo.fidelity.lost == (Item("ICC profile", "it is in another file"),)


def test_colours_given_by_corners_and_an_exponent_become_a_profile(put):
    corners = (0.5, 0.25, 0.02, 0.3, 0.7, 0.1, 0.15, 0.05, 0.9)
    photo = read(put("a.bmp", _bitmap(1, 1, 24, bytes(4), size=108, kind=bytes(4), corners=corners, exponent=1.8)))
    assert icc.space_of(photo.icc) == "RGB"
    assert "colours" in [item.item for item in photo.fidelity.converted]


def test_the_resolution_is_read(put):
    assert read(put("a.bmp", _bitmap(1, 1, 24, bytes(4)))).dpi == pytest.approx((72, 72), rel=1e-3)


@pytest.mark.parametrize("mode", ["L", "P", "RGB", "1"])
def test_what_pillow_writes_is_read_as_it_was(mode, photo_like, tmp_path):
    image = Image.fromarray(photo_like(25, 16)).convert(mode)
    image.save(tmp_path / "a.bmp")
    expected = np.asarray(image.convert("RGB" if mode == "P" else "L" if mode == "1" else mode))
    assert np.array_equal(read(tmp_path / "a.bmp").pixels, expected)


def test_compressed_rows_are_read(tmp_path, put):
    runs = b"\x03\x01\x00\x00" + b"\x01\x00\x02\x01\x00\x01"
    palette = b"\0\0\0\0" + b"\x10\x20\x30\0" * 255
    content = bytearray(_bitmap(3, 2, 8, runs, compression=1, colours=256, palette=palette))
    photo = read(put("a.bmp", bytes(content)))
    assert photo.pixels[1].tolist() == [[0x30, 0x20, 0x10]] * 3
    assert photo.pixels[0, 0].tolist() == [0, 0, 0]
