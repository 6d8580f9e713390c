"""Photos of wide and odd colour spaces look on the screen as they are meant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import ImageCms
from PySide6.QtCore import QPointF
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from desktop.core.photo import icc
from desktop.ui.colours import conversion
from desktop.ui.comparison_view import ComparisonView
from desktop.ui.pyramid import Pyramid, Sampling
from desktop.ui.snapshot import of_view
from desktop.ui.viewport import Box

Array = npt.NDArray[Any]

# Linear light of Display P3 as linear light of sRGB, both with a white of D65 (from their primaries, SMPTE EG 432-1).
_P3_TO_SRGB = np.array(
    [[1.2249401, -0.2249404, 0.0], [-0.0420569, 1.0420571, 0.0], [-0.0196376, -0.0786361, 1.0982735]]
)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
COLOURS = [(180, 120, 90), (100, 140, 120), (60, 70, 160), (128, 128, 128), (250, 250, 250), (0, 0, 0)]


@dataclass
class PhotoStandIn:
    pixels: Array
    alpha: Array | None = None
    icc: bytes | None = None


def p3() -> bytes:
    described = icc.from_code_points(12, 13)
    assert described is not None
    assert described.profile is not None
    return described.profile


def in_srgb(colour: tuple[int, ...]) -> Array:
    """A colour of Display P3 by arithmetic of our own."""
    coded = np.array(colour) / 255
    light = np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)
    shown = np.clip(_P3_TO_SRGB @ light, 0, 1)
    return np.rint(255 * np.where(shown <= 0.0031308, shown * 12.92, 1.055 * shown ** (1 / 2.4) - 0.055))


def plain(colour: tuple[int, ...], width: int, height: int) -> Array:
    return np.full((height, width, len(colour)), colour, np.uint8)


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("zoom", [0.05, 0.3, 0.7, 1.0, 1.7])
@pytest.mark.parametrize("sampling", list(Sampling))
def test_wide_colours_are_those_of_srgb_at_every_size(colour: tuple[int, ...], zoom: float, sampling: Sampling) -> None:
    picture = Pyramid.build(PhotoStandIn(plain(colour, 1500, 1200), icc=p3()))
    drawn = picture.sample((zoom, zoom), Box(3, 4, 40, 30), sampling)
    assert drawn.shape == (30, 40, 4)
    blue, green, red, alpha = (drawn[..., channel].astype(int) for channel in range(4))
    for channel, expected in zip((red, green, blue), in_srgb(colour), strict=True):
        assert np.abs(channel - expected).max() <= 2
    assert (alpha == 255).all()


def test_sixteen_bits_and_transparency_are_converted_too() -> None:
    colour = COLOURS[0]
    deep = Pyramid.build(PhotoStandIn(plain(colour, 60, 50).astype(np.uint16) * 257, icc=p3()))
    alpha = np.full((50, 60), 128, np.uint8)
    glass = Pyramid.build(PhotoStandIn(plain(colour, 60, 50), alpha, p3()))
    for zoom in (0.5, 1.0):
        drawn = deep.sample((zoom, zoom), Box(0, 0, 20, 20))[10, 10, 2::-1].astype(int)
        assert np.abs(drawn - in_srgb(colour)).max() <= 2
        *mixed, opacity = glass.sample((zoom, zoom), Box(0, 0, 20, 20))[10, 10].astype(int)
        assert opacity == 128
        assert np.abs(np.array(mixed[::-1]) - in_srgb(colour) * 128 / 255).max() <= 2


def test_greys_of_another_gamma_are_shown_lighter_or_darker() -> None:
    linear = icc.for_grey("linear", 1.0)
    picture = Pyramid.build(PhotoStandIn(np.full((700, 600), 128, np.uint8), icc=linear))
    for zoom in (0.3, 1.0):
        assert np.abs(picture.sample((zoom, zoom), Box(0, 0, 20, 20))[10, 10, :3].astype(int) - 188).max() <= 2


def test_the_values_that_are_read_are_those_of_the_file() -> None:
    picture = Pyramid.build(PhotoStandIn(plain(COLOURS[0], 60, 50), icc=p3()))
    assert picture.colour_at(0.5, 0.5) == COLOURS[0]


@pytest.mark.parametrize(
    "profile", [None, b"", b"nonsense" * 40, ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()]
)
def test_srgb_by_any_name_and_profiles_that_are_none_cost_nothing(profile: bytes | None) -> None:
    assert conversion(profile) is None


def test_a_profile_for_other_pixels_is_left_out() -> None:
    assert conversion(icc.for_grey("linear", 1.0), grey=False) is None
    assert conversion(p3(), grey=True) is None


def test_a_photo_is_shown_through_the_screens_profile() -> None:
    to_screen = conversion(None, screen=p3())
    assert to_screen is not None
    back = conversion(p3())
    assert back is not None
    pixels = plain(COLOURS[0], 4, 4)
    assert np.abs(back(to_screen(pixels)).astype(int) - pixels).max() <= 2
    assert conversion(p3(), screen=p3()) is None


def test_the_view_and_what_is_exported_of_it_are_in_srgb(qtbot: QtBot) -> None:
    view = ComparisonView()
    qtbot.addWidget(view)
    view.resize(600, 400)
    photo = PhotoStandIn(plain(COLOURS[0], 900, 600), icc=p3())
    view.set_images(photo, photo)
    for zoom in (0.5, 1.0, 4.0):
        view.set_zoom(zoom, QPointF(300, 200))
        for image in (view.grab().toImage(), of_view(view).draw()):
            shown = image.convertToFormat(QImage.Format.Format_RGB32).pixelColor(
                image.width() // 4, image.height() // 2
            )
            assert np.abs(np.array(shown.getRgb()[:3]) - in_srgb(COLOURS[0])).max() <= 2


def test_conversion_keeps_to_the_part_that_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = Pyramid.build(PhotoStandIn(plain(COLOURS[0], 3000, 2400), icc=p3()))
    assert picture.conversion is not None
    converted: list[int] = []
    apply = ImageCms.applyTransform

    def note(image: Any, transform: Any) -> Any:
        converted.append(image.width * image.height)
        return apply(image, transform)

    monkeypatch.setattr(ImageCms, "applyTransform", note)
    for zoom in (0.05, 0.3, 0.5):
        picture.sample((zoom, zoom), Box(0, 0, 100, 80))
    assert not converted  # the levels are in the screen's colours already
    for zoom in (0.7, 1.0, 3.0):
        picture.sample((zoom, zoom), Box(50, 60, 200, 100))
    assert max(converted) < 3 * 200 * 100
