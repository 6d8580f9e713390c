"""A photo's colours are the same after it went through the house: read, enlarged by the network that ships, written."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from desktop.core.enhance import enhance
from desktop.core.jobs import Request
from desktop.core.opencv import cv2
from desktop.core.photo import icc
from desktop.core.photo.formats import JPEG, PNG, TIFF
from desktop.core.photo.read import read
from desktop.core.photo.write import write

BOUND = 1.0
"""Delta E (CIE 1976) by which the result, made small again, may differ from the photo, everywhere."""
P3 = (0.3127, 0.3290, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060)
ADOBE = (0.3127, 0.3290, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06)
SRGB = (0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)


def _soft(height, width, channels):
    """Soft changes of colour through most of the range, 0 to 1, (H, W, C): what shrinking gives back as it was."""
    y, x = np.mgrid[:height, :width].astype(np.float64)
    return np.stack([0.5 + 0.4 * np.sin(x / 23 + 2 * c) * np.cos(y / (19 + 3 * c)) for c in range(channels)], axis=-1)


def _primaries(points):
    columns = [np.array([x / y, 1, (1 - x - y) / y]) for x, y in zip(points[::2], points[1::2], strict=True)]
    white, corners = columns[0], np.stack(columns[1:], axis=1)
    return corners * np.linalg.solve(corners, white), white


def _lab(pixels, points, curve):
    """CIELAB of RGB from 0 to 1, relative to its own white."""
    matrix, white = _primaries(points)
    light = np.clip(curve(pixels), 0, 1) @ matrix.T / white
    parts = np.where(light > (6 / 29) ** 3, np.cbrt(light), light / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.stack(
        [116 * parts[..., 1] - 16, *(k * (parts[..., a] - parts[..., b]) for k, a, b in ((500, 0, 1), (200, 1, 2)))], -1
    )


def _ciede2000(one, other):
    """The colour difference CIE has recommended since 2000 (ISO/CIE 11664-6), of two arrays of CIELAB."""
    (l1, a1, b1), (l2, a2, b2) = np.moveaxis(one, -1, 0), np.moveaxis(other, -1, 0)
    chroma = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    stretch = 1.5 - 0.5 * np.sqrt(chroma**7 / (chroma**7 + 25.0**7))
    c1, c2 = np.hypot(a1 * stretch, b1), np.hypot(a2 * stretch, b2)
    h1, h2 = (np.degrees(np.arctan2(b, a * stretch)) % 360 for a, b in ((a1, b1), (a2, b2)))
    turn = (h2 - h1 + 180) % 360 - 180
    hue = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2))
    light, c, h = (l1 + l2) / 2, (c1 + c2) / 2, (h1 + turn / 2) % 360
    t = 1 - 0.17 * np.cos(np.radians(h - 30)) + 0.24 * np.cos(np.radians(2 * h))
    t += 0.32 * np.cos(np.radians(3 * h + 6)) - 0.20 * np.cos(np.radians(4 * h - 63))
    blue = np.sin(np.radians(60 * np.exp(-(((h - 275) / 25) ** 2)))) * 2 * np.sqrt(c**7 / (c**7 + 25.0**7))
    dl = (l2 - l1) / (1 + 0.015 * (light - 50) ** 2 / np.sqrt(20 + (light - 50) ** 2))
    dc, dh = (c2 - c1) / (1 + 0.045 * c), hue / (1 + 0.015 * c * t)
    return np.sqrt(dl**2 + dc**2 + dh**2 - blue * dc * dh)


def test_the_measure_itself_is_right():
    # Sharma, Wu, Dalal, The CIEDE2000 color-difference formula, 2005: rows 1, 7, 17 and 25 of table 1.
    rows = [
        (50.0, 2.6772, -79.7751, 50.0, 0.0, -82.7485, 2.0425),
        (50.0, 0.0, 0.0, 50.0, -1.0, 2.0, 2.3669),
        (50.0, 2.5, 0.0, 73.0, 25.0, -18.0, 27.1492),
        (60.2574, -34.0099, 36.2677, 60.4626, -34.1751, 39.4387, 1.2644),
    ]
    for row in rows:
        assert _ciede2000(np.array(row[:3]), np.array(row[3:6])) == pytest.approx(row[6], abs=1e-4)


def _srgb(coded):
    return np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)


def _distance(one, other):
    """CIE 1976: of two arrays of CIELAB."""
    return np.linalg.norm(one - other, axis=-1)


def _difference(result, photo, points, curve, of=np.max, measure=_distance):
    """Delta E, as ``of`` picks it, between a result, shrunk to its photo's size, and the photo; both RGB 0 to 1."""
    small = cv2.resize(result.astype(np.float32), photo.shape[1::-1], interpolation=cv2.INTER_AREA)
    inside = np.s_[4:-4, 4:-4]  # at the border, networks see nothing beyond it
    return of(measure(_lab(small, points, curve), _lab(photo, points, curve))[inside])


def _spots(result, photo, points, curve, side=2):
    """The largest CIEDE2000 between spots of so many of the photo's pixels a side: light averaged, as any instrument
    that measures colour averages it, over many more."""
    small = cv2.resize(result.astype(np.float32), photo.shape[1::-1], interpolation=cv2.INTER_AREA)

    def seen(pixels):
        light = cv2.blur(np.clip(curve(np.asarray(pixels, float)), 0, 1), (side, side))
        return _lab(light, points, lambda linear: linear)

    return _ciede2000(seen(small), seen(photo))[4:-4, 4:-4].max()


def _enlarged(pixels):
    return cv2.resize(pixels.astype(np.float32), None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC).clip(0, 255)


def _through_the_house(path, output, net, tmp_path, quality=100):
    photo = read(path)
    result = tmp_path / f"result{output.suffixes[0]}"
    write(enhance(photo, net, budget_mib=1000), result, output, quality=quality, overwrite=True)
    return photo, read(result)


@pytest.mark.parametrize(
    ("name", "points", "exponent"), [("Display P3", P3, None), ("Adobe RGB", ADOBE, 563 / 256)], ids=["P3", "Adobe"]
)
@pytest.mark.parametrize("output", [PNG, JPEG, TIFF], ids=lambda output: output.name)
def test_photos_in_wide_spaces_stay_in_them(name, points, exponent, output, net, tmp_path):
    profile = icc.for_rgb(name, points, icc.srgb_curve() if exponent is None else exponent)
    pixels = np.rint(_soft(40, 56, 3) * 255).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.tif", icc_profile=profile)
    _, result = _through_the_house(tmp_path / "a.tif", output, net, tmp_path)
    assert result.icc == profile
    curve = _srgb if exponent is None else lambda coded: coded**exponent
    assert _difference(result.pixels / 255, pixels / 255, points, curve) <= BOUND


@pytest.mark.parametrize(
    ("name", "points", "exponent"), [("Display P3", P3, None), ("Adobe RGB", ADOBE, 563 / 256)], ids=["P3", "Adobe"]
)
def test_at_the_usual_quality_a_jpeg_in_a_wide_space_is_within_the_bound_too(name, points, exponent, net, tmp_path):
    """By CIEDE2000: the measure of 1976 takes differences of strong colours for two to three times what they look."""
    profile = icc.for_rgb(name, points, icc.srgb_curve() if exponent is None else exponent)
    pixels = np.rint(_soft(40, 56, 3) * 255).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.tif", icc_profile=profile)
    _, result = _through_the_house(tmp_path / "a.tif", JPEG, net, tmp_path, Request(Path()).quality)
    curve = _srgb if exponent is None else lambda coded: coded**exponent
    found = result.pixels / 255, pixels / 255, points, curve
    assert _difference(*found, measure=_ciede2000) <= BOUND
    assert _difference(*found) <= 1.4 * BOUND
    assert _difference(*found, lambda each: np.percentile(each, 99)) <= BOUND


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:0"])
def test_a_jpeg_in_a_wide_space_becomes_a_larger_one_that_looks_the_same(subsampling, net, tmp_path):
    profile = icc.for_rgb("Display P3", P3, icc.srgb_curve())
    pixels = np.rint(_soft(40, 56, 3) * 255).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.jpg", icc_profile=profile, quality=100, subsampling=subsampling)
    photo, result = _through_the_house(tmp_path / "a.jpg", JPEG, net, tmp_path)
    assert (result.icc, result.coding.subsampling) == (profile, "4:4:4")
    assert _difference(result.pixels / 255, photo.pixels / 255, P3, _srgb) <= 1.5 * BOUND  # its own grain is cleaned


def test_at_the_usual_quality_a_jpeg_looks_the_same(net, tmp_path):
    pixels = np.rint(_soft(40, 56, 3) * 255).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.tif")
    _, result = _through_the_house(tmp_path / "a.tif", JPEG, net, tmp_path, Request(Path()).quality)
    assert _difference(result.pixels / 255, pixels / 255, SRGB, _srgb, measure=_ciede2000) <= BOUND
    assert _difference(result.pixels / 255, pixels / 255, SRGB, _srgb, np.median) <= 0.5 * BOUND


@pytest.mark.parametrize("output", [PNG, JPEG, TIFF], ids=lambda output: output.name)
def test_cmyk_looks_after_enlarging_as_its_profile_says_it_looks(output, net, tmp_path):
    steps = np.meshgrid(*[np.linspace(0, 1, 5)] * 4, indexing="ij")
    lab = np.stack(
        [98 - 20 * sum(steps[:3]) - 30 * steps[3], 30 * (steps[1] - steps[0]), 40 * (steps[2] - steps[1])], axis=-1
    )
    profile = icc.for_inks("Test inks", lab)
    inks = np.rint(_soft(40, 56, 4) * 160).astype(np.uint8)
    image = Image.frombytes("CMYK", (56, 40), inks.tobytes())
    image.save(tmp_path / "a.tif", icc_profile=profile)
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    meant = np.asarray(ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB"))
    _, result = _through_the_house(tmp_path / "a.tif", output, net, tmp_path)
    assert result.icc is None
    assert _difference(result.pixels / 255, meant / 255, SRGB, _srgb) <= BOUND
    _, usual = _through_the_house(tmp_path / "a.tif", output, net, tmp_path, Request(Path()).quality)
    found = usual.pixels / 255, meant / 255, SRGB, _srgb
    assert _spots(*found) <= BOUND
    if output is not JPEG:
        assert _difference(*found, measure=_ciede2000) <= BOUND
        return
    # A JPEG holds brightness and two colours in whole numbers, of any quality. Near grey, where the eye is keenest, one
    # step of one is more than 1 already: single pixels are off by that, if less than by rounding those numbers alone.
    whole = np.asarray(Image.fromarray(np.rint(_enlarged(meant)).astype(np.uint8)).convert("YCbCr").convert("RGB"))
    rounded = _difference(whole / 255, meant / 255, SRGB, _srgb, measure=_ciede2000)
    assert _difference(*found, measure=_ciede2000) <= min(1.8 * BOUND, rounded)
    assert _difference(*found, lambda each: np.percentile(each, 98), _ciede2000) <= BOUND


def test_16_bit_gradients_keep_more_levels_than_8_bits_have(net, tmp_path):
    ramp = np.tile(np.linspace(20_000, 24_000, 256).astype(np.uint16), (24, 1))
    assert cv2.imwrite(str(tmp_path / "a.png"), ramp)
    for output in (PNG, TIFF):
        photo, result = _through_the_house(tmp_path / "a.png", output, net, tmp_path)
        assert photo.bits == result.bits == 16
        assert result.is_grey
        assert len(np.unique(result.pixels)) > 512  # 8 bits have 16 between these two


def test_photos_that_differ_below_8_bits_give_different_results(net, tmp_path):
    found = []
    for offset in (0, 60):
        deep = (np.rint(_soft(24, 32, 3) * 50_000) + offset).astype(np.uint16)
        assert cv2.imwrite(str(tmp_path / "a.png"), deep)
        found.append(_through_the_house(tmp_path / "a.png", PNG, net, tmp_path)[1].pixels.astype(int))
    assert (found[0] >> 8 == found[1] >> 8).mean() > 0.5
    assert 20 < np.median(found[1] - found[0]) < 100


@pytest.mark.parametrize("output", [PNG, JPEG, TIFF], ids=lambda output: output.name)
def test_grey_is_one_channel_from_file_to_file(output, net, tmp_path):
    grey = np.rint(_soft(40, 56, 1)[..., 0] * 255).astype(np.uint8)
    Image.fromarray(grey).save(tmp_path / "a.jpg", quality=98)
    photo, result = _through_the_house(tmp_path / "a.jpg", output, net, tmp_path)
    assert photo.is_grey
    with Image.open(tmp_path / f"result{output.suffixes[0]}") as image:
        assert image.mode == "L"
    small = cv2.resize(result.pixels.astype(np.float32), (56, 40), interpolation=cv2.INTER_AREA)
    assert np.abs(small - photo.pixels)[4:-4, 4:-4].max() <= 2


def test_linear_light_stays_described(net, tmp_path, noise):
    import struct
    import zlib

    rows = b"".join(b"\0" + row.tobytes() for row in (np.rint(_soft(24, 32, 3) * 255)).astype(np.uint8))
    chunks = ((b"IHDR", struct.pack(">IIBBBBB", 32, 24, 8, 2, 0, 0, 0)), (b"gAMA", struct.pack(">I", 100_000)))
    chunks = (*chunks, (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    content = b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + content)
    photo, result = _through_the_house(tmp_path / "a.png", PNG, net, tmp_path)
    assert photo.icc == result.icc
    assert icc.space_of(result.icc) == "RGB"
