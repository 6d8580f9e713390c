"""Profiles made here mean what LittleCMS and the standards mean."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageCms

from desktop.core.photo import cmyk, icc

SRGB = (0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)


def _loaded(profile):
    return ImageCms.ImageCmsProfile(io.BytesIO(profile))


def test_srgb_made_here_is_littlecms_own(noise):
    pixels = Image.fromarray(noise((64, 64, 3)))
    made = _loaded(icc.for_rgb("sRGB", SRGB, icc.srgb_curve()))
    converted = ImageCms.profileToProfile(pixels, made, ImageCms.createProfile("sRGB"))
    assert np.abs(np.asarray(converted).astype(int) - np.asarray(pixels)).max() <= 1


@pytest.mark.parametrize(
    "profile",
    [
        icc.for_rgb("Ä name", SRGB, 1.0),
        icc.for_grey("Grey", 2.2),
        cmyk.press_profile(),
        icc.from_code_points(9, 16).profile,
    ],
    ids=["RGB", "grey", "CMYK", "PQ"],
)
def test_what_is_made_is_sound(profile):
    loaded = _loaded(profile)
    assert ImageCms.isIntentSupported(loaded, ImageCms.Intent.PERCEPTUAL, ImageCms.Direction.INPUT) == 1
    assert int.from_bytes(profile[:4], "big") == len(profile)
    assert len(profile) % 4 == 0


@pytest.mark.parametrize("points", [(0.3, 0.3, *[0.2] * 6), (0.3127, 0.0, *SRGB[2:]), (float("nan"),) * 8], ids=repr)
def test_primaries_that_span_nothing_raise(points):
    with pytest.raises((ValueError, np.linalg.LinAlgError)):
        icc.for_rgb("x", points, 2.2)


@pytest.mark.parametrize(
    "profile", [b"", b"x" * 200, icc.for_grey("Grey", 2.2)[:150]], ids=["empty", "nonsense", "cut"]
)
def test_a_profile_that_is_none_is_for_no_space(profile):
    assert icc.space_of(profile) == ""


def test_curves_of_their_own_for_each_colour_give_none_for_grey():
    profile = bytearray(icc.for_rgb("x", SRGB, 1.8))
    at = profile.index(b"gTRC")
    start = int.from_bytes(profile[at + 4 : at + 8], "big")
    profile[start + 40] ^= 1
    assert icc.of_greys(bytes(profile)) is None


@pytest.mark.parametrize("cut", range(128, 700, 37))
def test_a_profile_cut_anywhere_is_looked_through_without_harm(cut):
    icc.of_greys(icc.for_rgb("x", SRGB, 1.8)[:cut])


def test_printing_gets_darker_with_every_ink_and_paper_is_white():
    levels = np.linspace(0, 255, 32).astype(np.uint8)
    for ink in range(4):
        inks = np.zeros((1, 32, 4), np.uint8)
        inks[0, :, ink] = levels
        image = Image.frombytes("CMYK", (32, 1), inks.tobytes())
        grey = ImageCms.profileToProfile(
            image, _loaded(cmyk.press_profile()), ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
        luminance = np.asarray(grey)[0] @ (0.2126, 0.7152, 0.0722)
        assert (np.diff(luminance) < 0).all()
        assert luminance[0] > 254
