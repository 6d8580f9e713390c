"""What CMYK without a profile most likely means: inks of offset printing on coated paper.

The colours of paper, of each ink and of inks over each other are those that ISO 12647-2 aims at; between them the
Yule-Nielsen form of Neugebauer's equations, whose exponent stands for the usual dot gain.
"""

from __future__ import annotations

import functools
import itertools

import numpy as np
from numpy.typing import NDArray

from desktop.core.photo import icc

_STEPS = 11
_YULE_NIELSEN = 2.0

# L*, a*, b* of solid inks over each other, by whether there is cyan, magenta, yellow.
_SOLIDS = {
    (0, 0, 0): (95.0, 0.0, -2.0),
    (1, 0, 0): (55.0, -37.0, -50.0),
    (0, 1, 0): (48.0, 74.0, -3.0),
    (0, 0, 1): (89.0, -5.0, 93.0),
    (0, 1, 1): (47.0, 68.0, 48.0),
    (1, 0, 1): (50.0, -68.0, 33.0),
    (1, 1, 0): (24.0, 17.0, -46.0),
    (1, 1, 1): (23.0, 0.0, 0.0),
}
_BLACK = (16.0, 0.0, 0.0)
_BLACK_OVER = 0.35  # how much of their light is left of inks under black, relative to paper's


@functools.cache
def press_profile() -> bytes:
    """An ICC profile for it, relative to paper, as pictures are looked at."""
    paper = _light(np.array(_SOLIDS[0, 0, 0]))
    amounts = np.linspace(0, 1, _STEPS)
    dots = np.stack(np.meshgrid(*[amounts] * 4, indexing="ij"), axis=-1)
    total = np.zeros((*dots.shape[:-1], 3))
    for (inks, colour), black in itertools.product(_SOLIDS.items(), (0, 1)):
        cover = np.prod(np.where((*inks, black), dots, 1 - dots), axis=-1)
        solid = _light(np.array(colour))
        if black:
            solid = _light(np.array(_BLACK)) * (1 - _BLACK_OVER + _BLACK_OVER * solid / paper)
        total += cover[..., None] * (solid / paper) ** (1 / _YULE_NIELSEN)
    return icc.for_inks("Offset printing on coated paper", _lab(total**_YULE_NIELSEN))


def _light(lab: NDArray[np.float64]) -> NDArray[np.float64]:
    """XYZ relative to white, from CIELAB."""
    lightness, red, yellow = lab
    middle = (lightness + 16) / 116
    parts = np.array([middle + red / 500, middle, middle - yellow / 200])
    return np.where(parts > 6 / 29, parts**3, 3 * (6 / 29) ** 2 * (parts - 4 / 29))


def _lab(light: NDArray[np.float64]) -> NDArray[np.float64]:
    parts = np.where(light > (6 / 29) ** 3, np.cbrt(light), light / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = np.moveaxis(parts, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)
