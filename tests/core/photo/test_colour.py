"""Colours keep their space and its profile, or become sRGB and say so."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from desktop.core.photo import cmyk, icc
from desktop.core.photo.containers.base import Planes
from desktop.core.photo.photo import Item
from desktop.core.photo.read import read

P3 = (0.3127, 0.3290, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060)
PNG_P3 = struct.pack(">8I", *(round(part * 100_000) for part in P3))


def _items(items):
    return [item.item for item in items]


def _through(profile, pixels, mode="RGB"):
    """What LittleCMS makes of pixels in this profile, as sRGB."""
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    image = Image.frombytes(mode, pixels.shape[1::-1], np.ascontiguousarray(pixels).tobytes())
    # Not optimised, which would take linear greys by the table.
    flags = int(ImageCms.Flags.NOOPTIMIZE) if mode == "L" else 0
    srgb = ImageCms.createProfile("sRGB")
    return np.asarray(ImageCms.profileToProfile(image, source, srgb, outputMode="RGB", flags=flags))


# ---- Inks and Lab become sRGB ----


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk_without_a_profile_looks_as_printed_and_says_so(kind, encoded, put):
    paper, cyan, black = (0, 0, 0, 0), (255, 0, 0, 0), (0, 0, 0, 255)
    inks = np.array([[paper] * 16 + [cyan] * 16 + [black] * 16] * 16, np.uint8)
    buffer = io.BytesIO()
    Image.frombytes("CMYK", (48, 16), inks.tobytes()).save(buffer, kind, **({"quality": 100} if kind == "JPEG" else {}))
    photo = read(put("a", buffer.getvalue()))
    assert np.abs(photo.pixels[8, 8].astype(int) - 255).max() <= 2
    assert np.abs(photo.pixels[8, 24].astype(int) - [0, 158, 227]).max() <= 6  # what cyan of a printer's looks like
    assert photo.pixels[8, 40].max() < 50
    (told,) = photo.fidelity.converted
    assert told.item == "colours"
    assert told.detail.startswith("CMYK to sRGB, as offset printing")


def test_cmyk_goes_through_its_own_profile(noise, put):
    lab = np.stack(np.meshgrid(*[np.linspace(100, 10, 3)] * 4, indexing="ij")[:3], axis=-1) * (1, 0.3, -0.2)
    profile = icc.for_inks("Strange inks", lab)
    inks = noise((16, 24, 4))
    path = put("a.tif", b"")
    Image.frombytes("CMYK", (24, 16), inks.tobytes()).save(path, icc_profile=profile)
    photo = read(path)
    assert np.array_equal(photo.pixels, _through(profile, inks, "CMYK"))
    assert not np.array_equal(photo.pixels, _through(cmyk.press_profile(), inks, "CMYK"))
    assert photo.icc is None  # it would be wrong for sRGB
    assert photo.fidelity.converted == (Item("colours", "CMYK to sRGB, through its profile"),)


@pytest.mark.parametrize("profile", [b"not a profile", icc.for_rgb("RGB", P3, 2.2)], ids=["nonsense", "for RGB"])
def test_cmyk_with_a_profile_that_does_not_fit_is_read_without_it(profile, photo_like, encoded, put):
    photo = read(put("a.jpg", encoded(photo_like(24, 16), "JPEG", mode="CMYK", icc_profile=profile)))
    assert photo.fidelity.converted[0].detail.startswith("CMYK to sRGB, as offset printing")
    assert _items(photo.fidelity.lost) == ["ICC profile"]
    assert photo.icc is None


def test_lab_becomes_srgb_and_says_so(photo_like, put):
    pixels = photo_like(24, 16)
    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    path = put("a.tif", b"")
    ImageCms.profileToProfile(Image.fromarray(pixels), srgb, lab, outputMode="LAB").save(path)
    photo = read(path)
    assert np.abs(photo.pixels.astype(int) - pixels).mean() < 4
    assert photo.fidelity.converted == (Item("colours", "Lab to sRGB"),)


def test_a_large_photo_is_converted_in_bands_that_leave_no_seam(monkeypatch):
    from desktop.core.photo import colour

    ramp = np.zeros((50, 64, 4), np.uint8)
    ramp[..., 0] = np.linspace(0, 255, 50)[:, None]
    whole = colour.settled(Planes(ramp, None, "CMYK"), None).pixels
    monkeypatch.setattr(colour, "_BAND_BYTES", 64 * 4 * 7)
    assert np.array_equal(colour.settled(Planes(ramp, None, "CMYK"), None).pixels, whole)


# ---- A profile has to fit ----


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_a_profile_that_fits_is_kept_to_the_byte(kind, srgb, photo_like, encoded, put):
    photo = read(put("a", encoded(photo_like(24, 16), kind, icc_profile=srgb)))
    assert photo.icc == srgb
    assert photo.fidelity.converted == photo.fidelity.lost == ()


@pytest.mark.parametrize(
    ("profile", "words"),
    [
        (b"nonsense" * 40, "it is damaged and was left out"),
        (icc.for_grey("Grey", 2.2), "it is for GRAY, and the photo is RGB"),
        (cmyk.press_profile(), "it is for CMYK, and the photo is RGB"),
    ],
    ids=["nonsense", "grey", "CMYK"],
)
def test_a_profile_that_does_not_fit_is_left_out_and_reported(profile, words, photo_like, encoded, put):
    photo = read(put("a.jpg", encoded(photo_like(24, 16), "JPEG", icc_profile=profile)))
    assert photo.icc is None
    assert photo.fidelity.lost == (Item("ICC profile", words),)


def test_grey_with_a_profile_for_colour_gets_one_for_grey_with_the_same_curve(encoded, put):
    grey = np.arange(256, dtype=np.uint8).reshape(8, 32)
    profile = icc.for_rgb("Wide", P3, 1.8)
    photo = read(put("a.png", encoded(grey, "PNG", icc_profile=profile)))
    assert photo.is_grey
    assert icc.space_of(photo.icc) == "GRAY"
    expected = _through(profile, np.dstack([grey] * 3))
    assert np.abs(_through(photo.icc, grey, "L").astype(int) - expected).max() <= 1
    assert _items(photo.fidelity.converted) == ["ICC profile"]


def test_grey_with_a_profile_for_grey_keeps_it(encoded, put):
    profile = icc.for_grey("Grey", 1.8)
    assert read(put("a.jpg", encoded(np.zeros((8, 8), np.uint8), "JPEG", icc_profile=profile))).icc == profile


# ---- What a PNG says by other means ----


def _png_light(chunks, png, put, grey=False):
    """What a PNG with these chunks looks like as sRGB, 0 to 255, and the photo."""
    ramp = np.dstack([np.arange(256, dtype=np.uint8)[None]] * 3)
    photo = read(put("a.png", png(ramp[..., 0] if grey else ramp, before=chunks)))
    looks = photo.pixels if photo.icc is None else _through(photo.icc, photo.pixels, "L" if grey else "RGB")
    return np.asarray(looks)[0], photo


@pytest.mark.parametrize("grey", [False, True])
@pytest.mark.parametrize("gamma", [1.0, 0.5556, 0.35])
def test_a_gamma_of_its_own_becomes_a_profile(gamma, grey, png, put):
    looks, photo = _png_light([(b"gAMA", struct.pack(">I", round(gamma * 100_000)))], png, put, grey)
    light = (np.arange(256) / 255) ** (1 / gamma)
    expected = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055) * 255
    assert np.abs((looks if looks.ndim == 1 else looks[:, 0]) - expected).max() <= 1.1
    assert icc.space_of(photo.icc) == ("GRAY" if grey else "RGB")
    assert _items(photo.fidelity.converted) == ["colours"]


def test_linear_light_is_named_as_that(png, put):
    _, photo = _png_light([(b"gAMA", struct.pack(">I", 100_000))], png, put)
    assert "linear light" in photo.fidelity.converted[0].detail


def test_primaries_of_its_own_become_a_profile(png, put):
    chunks = [(b"cHRM", PNG_P3), (b"gAMA", struct.pack(">I", 45_455))]
    red = np.array([[[255, 0, 0], [0, 255, 0]]], np.uint8)
    photo = read(put("a.png", png(red, before=chunks)))
    reference = icc.for_rgb("P3", P3, icc.srgb_curve())
    assert np.abs(_through(photo.icc, red).astype(int) - _through(reference, red)).max() <= 1
    assert _items(photo.fidelity.converted) == ["colours"]


@pytest.mark.parametrize(
    "chunks",
    [
        [(b"gAMA", struct.pack(">I", 45_455))],
        [(b"sRGB", b"\0"), (b"gAMA", struct.pack(">I", 100_000))],
        [(b"cHRM", struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000))],
        [(b"cICP", bytes([1, 13, 0, 1])), (b"gAMA", struct.pack(">I", 100_000))],
    ],
    ids=["gamma", "sRGB before gamma", "primaries", "code points before gamma"],
)
def test_srgb_by_whatever_means_needs_no_profile(chunks, png, put):
    looks, photo = _png_light(chunks, png, put)
    assert photo.icc is None
    assert np.array_equal(looks[:, 0], np.arange(256))
    assert photo.fidelity.converted == photo.fidelity.lost == ()


def test_a_profile_ranks_before_gamma_and_code_points_before_a_profile(srgb, png, put):
    profile = (b"iCCP", b"x\0\0" + zlib.compress(srgb))
    _, photo = _png_light([(b"gAMA", struct.pack(">I", 100_000)), profile], png, put)
    assert photo.icc == srgb
    _, photo = _png_light([(b"cICP", bytes([12, 13, 0, 1])), profile], png, put)
    assert b"Display P3" in photo.icc


@pytest.mark.parametrize(
    "chunks",
    [
        [(b"gAMA", bytes(4))],
        [(b"gAMA", b"\xff\xff\xff\xff")],
        [(b"cHRM", bytes(32))],
        [(b"cHRM", struct.pack(">8I", 31270, 32900, *[30000] * 6))],
        [(b"cHRM", b"short")],
        [(b"cICP", bytes([99, 99, 0, 1]))],
        [(b"cICP", bytes([9, 16, 1, 1]))],
    ],
    ids=["no gamma", "huge gamma", "no primaries", "primaries in one place", "short", "unknown codes", "not RGB"],
)
def test_what_makes_no_sense_is_left_out(chunks, png, put):
    looks, photo = _png_light(chunks, png, put)
    assert photo.icc is None
    assert np.array_equal(looks[:, 0], np.arange(256))


@pytest.mark.parametrize("code", [16, 18], ids=["PQ", "HLG"])
def test_high_dynamic_range_is_described_and_what_others_cannot_show_of_it_reported(code, png, put):
    looks, photo = _png_light([(b"cICP", bytes([9, code, 0, 1]))], png, put)
    assert _items(photo.fidelity.converted) == ["colours"]
    assert _items(photo.fidelity.lost) == ["brightness above white"]
    paper = {16: 148, 18: 191}[code]  # the coded value of 203 nits (ITU-R BT.2408)
    assert looks[0].max() <= 1
    assert 90 < looks[paper // 2].max() < 200 or code == 16
    assert looks[paper - 4].min() < 254
    assert looks[paper + 4].min() >= 253


def test_16_bits_of_linear_light_keep_every_bit(noise, png, put):
    pixels = noise((16, 24, 3), np.uint16)
    photo = read(put("a.png", png(pixels, before=[(b"gAMA", struct.pack(">I", 100_000))])))
    assert np.array_equal(photo.pixels, pixels)
    assert icc.space_of(photo.icc) == "RGB"
