"""A disc with a soft rim, enlarged and laid over other colours, has no fringe: nothing darker or lighter than both."""

from __future__ import annotations

import numpy as np
import pytest

from desktop.core.enhance import enhance
from desktop.core.opencv import cv2
from desktop.core.photo.photo import Photo

SIZE, RADIUS, CENTRE = 40, 13.3, (20.2, 19.7)
BACKGROUNDS = {"black": (0, 0, 0), "white": (255, 255, 255), "green": (40, 200, 80)}
BOUND = 2.0
"""Grey levels of 255 by which a pixel may lie beyond the colours of disc and background."""
BLUR_BOUND = 1.0
"""Grey levels by which the rim may be darker or lighter than the ideal disc's, on the average."""


def _disc(scale):
    """How much of each pixel an ideal disc covers, (SIZE * scale, SIZE * scale)."""
    fine = 8 * scale
    y, x = (np.mgrid[: SIZE * fine, : SIZE * fine] + 0.5) / fine
    inside = (np.hypot(x - CENTRE[0], y - CENTRE[1]) < RADIUS).astype(np.float32)
    return cv2.resize(inside, (SIZE * scale, SIZE * scale), interpolation=cv2.INTER_AREA)


def _stored(colour, hidden, strength, dtype, *, multiplied):
    """The disc as a file has it. ``multiplied``: by a program that kept its colours multiplied with alpha."""
    top = np.iinfo(dtype).max
    alpha = np.rint(_disc(1) * strength * top).astype(dtype)
    pixels = np.broadcast_to(np.array(colour) / 255 * top, (SIZE, SIZE, 3)).copy()
    if multiplied:
        weight = np.maximum(alpha, 1)[..., None] / top
        pixels = np.clip(np.rint(np.rint(pixels * weight) / weight), 0, top)
    pixels[alpha == 0] = np.array(hidden) / 255 * top
    return Photo(np.rint(pixels).astype(dtype), alpha)


@pytest.mark.parametrize("background", BACKGROUNDS)
@pytest.mark.parametrize(
    ("strength", "multiplied"),
    [(1.0, False), (1.0, True), (0.5, False), (0.5, True)],
    ids=["opaque", "opaque, was multiplied", "half transparent", "half transparent, was multiplied"],
)
@pytest.mark.parametrize("hidden", [(0, 0, 0), (255, 255, 255), (0, 0, 255)], ids=["black", "white", "blue"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16], ids=["8 bit", "16 bit"])
def test_a_disc_has_no_fringe(dtype, hidden, strength, multiplied, background, net):
    colour, behind = np.array([200, 60, 40.0]), np.array(BACKGROUNDS[background], float)
    photo = _stored(colour, hidden, strength, dtype, multiplied=multiplied)
    result = enhance(photo, net, budget_mib=1000)
    top = np.iinfo(dtype).max
    seen_through = 1 - result.alpha[..., None] / top
    laid = result.pixels / top * 255 * (1 - seen_through) + behind * seen_through
    full = colour * strength + behind * (1 - strength)
    beyond = np.maximum(laid - np.maximum(full, behind), np.minimum(full, behind) - laid)
    assert beyond.max() <= BOUND
    ideal = _disc(net.scale)[..., None] * strength
    expected = colour * ideal + behind * (1 - ideal)
    rim = cv2.dilate(((ideal[..., 0] > 0) & (ideal[..., 0] < strength)).astype(np.uint8), np.ones((9, 9))) > 0
    assert np.abs((laid - expected)[rim].mean(axis=0)).max() <= BLUR_BOUND


def test_without_care_for_what_is_hidden_there_would_be_one(net, monkeypatch):
    from desktop.core import enhance as room

    monkeypatch.setattr(room, "_without_hidden_colours", lambda photo: photo.pixels)
    with pytest.raises(AssertionError):
        test_a_disc_has_no_fringe(np.uint8, (0, 0, 0), 1.0, False, "white", net)
