"""Pictures of our own on which networks are measured: what photos have in them, in a few small tiles."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop.core.models.catalogue import Model
from desktop.core.opencv import cv2
from desktop.core.paths import sample_photo

SIDE = 96
_PLACES = ((0.5, 0.5), (0.25, 0.3), (0.75, 0.3), (0.3, 0.75), (0.7, 0.7))
_GRAIN = (4, 12)
_WORDS = ("Rekindle 1907", "quick brown fox", "0123456789", "JUMPS over")

_MANY_OPERATIONS = 5_000_000
_SMALL_SIDE, _FEW = 56, (1, 5, 9, 10)

Picture = NDArray[np.float32]


@cache
def tiles() -> tuple[Picture, ...]:
    """(SIDE, SIDE, 3) float32 RGB, whole numbers 0..255: parts of the sample photo at two sizes, with grain, with
    letters, dark and bright. The same on every computer."""
    from desktop.core.photo.read import read  # only those who measure need all that opens photos

    sample: NDArray[Any] = read(sample_photo()).pixels
    half: NDArray[Any] = cv2.resize(sample, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    plain = [_part(sample, *place) for place in _PLACES] + [_part(half, *place) for place in _PLACES[:3]]
    random = np.random.default_rng(20)
    grainy = [plain[number] + random.normal(0, sigma, (SIDE, SIDE, 1)) for number, sigma in enumerate(_GRAIN)]
    letters = [_letters(255, (20, 20, 20)), _letters(30, (240, 200, 60))]
    light = [plain[2] * 0.3, 255 - (255 - plain[3]) * 0.4]
    listed: list[NDArray[Any]] = [*plain, *grainy, *letters, *light]
    made = [np.clip(np.rint(tile), 0, 255).astype(np.float32) for tile in listed]
    for tile in made:
        tile.setflags(write=False)
    return tuple(made)


def is_large(model: Model) -> bool:
    """Whether it takes a multiple of the time and memory that others take."""
    return model.operations > _MANY_OPERATIONS


def tiles_for(model: Model) -> tuple[Picture, ...]:
    """Those to measure a network on: for a large one fewer and smaller ones, or it would take minutes."""
    if not is_large(model):
        return tiles()
    inside = slice((SIDE - _SMALL_SIDE) // 2, (SIDE + _SMALL_SIDE) // 2)
    return tuple(np.ascontiguousarray(tiles()[number][inside, inside]) for number in _FEW)


def _part(picture: NDArray[Any], x: float, y: float) -> NDArray[Any]:
    """Around a place, as fractions of the sides; a small picture is repeated."""
    high, wide = (max(side, SIDE) for side in picture.shape[:2])
    enough = np.pad(picture, ((0, high - picture.shape[0]), (0, wide - picture.shape[1]), (0, 0)), mode="wrap")
    top, left = round((high - SIDE) * y), round((wide - SIDE) * x)
    return enough[top : top + SIDE, left : left + SIDE]


def _letters(paper: int, ink: tuple[int, int, int]) -> NDArray[np.uint8]:
    page = np.full((SIDE, SIDE, 3), paper, np.uint8)
    for number, words in enumerate(_WORDS):
        place = (2, 18 + number * 24)
        cv2.putText(page, words, place, cv2.FONT_HERSHEY_SIMPLEX, 0.35 + 0.1 * number, ink, 1, cv2.LINE_AA)
    return page


def decibels(one: Picture, other: Picture) -> float:
    """PSNR of two enlarged pictures as they are shown, in 8 bits; infinite where they are the same."""
    error = float(np.mean(_off(one, other) ** 2))
    return float("inf") if error == 0 else float(10 * np.log10(255**2 / error))


def grey_levels(one: Picture, other: Picture) -> float:
    """By how many of 255 two enlarged pictures differ where they differ most, as they are shown."""
    return float(np.abs(_off(one, other)).max())


def _off(one: Picture, other: Picture) -> Picture:
    mine, others = (np.clip(np.rint(picture), 0, 255) for picture in (one, other))
    off: Picture = mine - others
    return off
