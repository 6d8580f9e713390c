"""What a photo has been through, as its pixels and its file tell: noise, and JPEG.

Cheap and the same every time: it looks at pieces spread evenly over the photo, cut on whole squares of JPEG's grid, and
at brightness alone.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from desktop.core.photo.photo import Photo
from desktop.core.photo.quantisation import ZIGZAG, table_of

Array = NDArray[np.float32]

_SQUARE = 8
# Pieces of so many pixels a side, so many at most: those of a large photo say what all of it would.
_PIECE, _MOST_PIECES = 16 * _SQUARE, 24
# ITU-R BT.601, as JPEG has it.
_BRIGHTNESS = np.array([0.299, 0.587, 0.114], np.float32)

# Where a photo is too dark or too bright to show it, there may be no noise although there is some elsewhere.
_DARKEST, _BRIGHTEST = 12.0, 243.0
_SMOOTHEST = 0.15
_FEWEST_SQUARES = 12
_MAD = 1.4826  # from the median of absolute values to a Gaussian's sigma
# Of the variance between averages of four pixels, so much at most is found in the diagonals of most clean photos
# (training tiles); more is taken off where texture is more easily taken for noise.
_OF_TEXTURE, _OF_COARSE_TEXTURE = 0.45, 0.9
# Coarse grain is found this much stronger than white noise that needs as much restoring, and texture with it.
_OF_GRAIN = 0.55
# In a photo of fewer pixels hardly any part is smooth enough to tell grain from detail.
_ENOUGH_FOR_GRAIN = 125_000

# Qualities that are looked for; above them a JPEG is as good as none.
_QUALITIES = range(20, 93, 2)
_LOW_FREQUENCIES = slice(1, 16)  # in zigzag order, without the mean
_MOST_SQUARES = 800
_FEWEST_LEVELS = 50
_FEWEST_OF_EACH, _FEWEST_FREQUENCIES = 6, 4
_CLEAR, _AS_CLEAR, _BY_CHANCE = 0.33, 0.93, 7.0
_LARGEST_STEP, _LIKELIEST = 12.0, 2


@dataclass(frozen=True)
class Condition:
    """
    Attributes:
        noise: sigma of the brightness in smooth parts, in levels of 0..255; of coarse grain, of a noise as visible.
        jpeg_quality: 1 to 100 as libjpeg counts, of the strongest compression that can be seen; None for none.
    """

    noise: float
    jpeg_quality: int | None


def examine(photo: Photo) -> Condition:
    """Looks at a photo's pixels, and at what its file said of itself."""
    pieces = _pieces(photo)
    if not pieces:
        return Condition(0.0, photo.jpeg_quality)
    noise = _noise(pieces, _OF_TEXTURE)
    if sum(piece.size for piece in pieces) >= _ENOUGH_FOR_GRAIN:
        grain = 2 * _OF_GRAIN * _noise([_halved(piece) for piece in pieces], _OF_COARSE_TEXTURE)
        noise = max(noise, grain)
    return Condition(noise, min(filter(None, (_quality_seen(pieces), photo.jpeg_quality)), default=None))


def _halved(piece: Array) -> Array:
    """Every four pixels as their mean: grain as coarse as two pixels becomes as fine as noise, and noise half as
    strong."""
    halved = (piece[::2, ::2] + piece[::2, 1::2] + piece[1::2, ::2] + piece[1::2, 1::2]) / 4
    return halved.astype(np.float32)


def _pieces(photo: Photo) -> list[Array]:
    """Brightness in 0..255, in pieces whose sides are whole squares; none of a photo smaller than one."""
    height, width = (side - side % _SQUARE for side in (photo.height, photo.width))
    across, down = -(-width // _PIECE), -(-height // _PIECE)
    places = [(row, column) for row in range(down) for column in range(across)]
    step = max(1.0, len(places) / _MOST_PIECES)
    chosen = [places[int(number * step)] for number in range(min(len(places), _MOST_PIECES))]
    found = []
    for row, column in chosen:
        top, left = row * _PIECE, column * _PIECE
        area = slice(top, min(top + _PIECE, height)), slice(left, min(left + _PIECE, width))
        if photo.alpha is not None and not photo.alpha[area].any():
            continue
        part = photo.pixels[area].astype(np.float32)
        if photo.bits == 16:
            part /= 257
        found.append(part if part.ndim == 2 else part @ _BRIGHTNESS)
    return found


def _squares(piece: Array) -> Array:
    """(N, 8, 8)"""
    height, width = piece.shape
    rows = piece[: height - height % _SQUARE, : width - width % _SQUARE]
    split = rows.reshape(height // _SQUARE, _SQUARE, width // _SQUARE, _SQUARE)
    return split.swapaxes(1, 2).reshape(-1, _SQUARE, _SQUARE)


def _noise(pieces: list[Array], of_texture: float) -> float:
    """Sigma of what changes from pixel to pixel both ways, in the squares where little else changes.

    The diagonal band of a Haar transform (Donoho and Johnstone, 1994), of the squares whose averages of four pixels
    lie closest to a plane: under white noise those do not depend on the diagonals, so choosing by them favours
    nothing. What lies off the plane even there is texture, and its share of the diagonals is taken off; white noise
    has a quarter of its own variance in the averages, which is made up for.
    """
    squares = np.concatenate([_squares(piece) for piece in pieces])
    mean = squares.mean(axis=(1, 2))
    squares = squares[(mean >= _DARKEST) & (mean <= _BRIGHTEST)]
    if len(squares) < _FEWEST_SQUARES:
        return 0.0
    a, b, c, d = (squares[:, y::2, x::2] for y in (0, 1) for x in (0, 1))
    averages = ((a + b + c + d) / 4).reshape(len(squares), -1)
    plane = _plane()
    averages -= averages @ plane.T @ plane
    rough = np.sqrt(np.square(averages).sum(axis=1) / (averages.shape[1] - len(plane)))
    smooth = np.argsort(rough, kind="stable")[: max(_FEWEST_SQUARES, int(len(squares) * _SMOOTHEST))]
    diagonal = _MAD * float(np.median(np.abs((a - b - c + d)[smooth] / 2)))
    texture = float(rough[smooth].mean())
    return math.sqrt(max(0.0, diagonal**2 - of_texture * texture**2) / (1 - of_texture / 4))


@lru_cache(maxsize=1)
def _plane() -> Array:
    """(3, 16): the level and the two slopes of a square's averages, at right angles and of length 1."""
    down, across = np.mgrid[: _SQUARE // 2, : _SQUARE // 2] - (_SQUARE // 2 - 1) / 2
    parts = np.stack([np.ones(down.size), down.ravel(), across.ravel()])
    plane: Array = (parts / np.linalg.norm(parts, axis=1, keepdims=True)).astype(np.float32)
    return plane


def _quality_seen(pieces: list[Array]) -> int | None:
    """The quality of a JPEG the pixels come from, whatever they were saved as later; None where there is no sign.

    JPEG leaves only multiples of its steps among the coefficients of each frequency (Fan and de Queiroz, 2003). All
    qualities' steps are tried on the coefficients that are not 0: of those that fit as clearly as any, the coarsest
    is the one, since what is a multiple of 12 is one of 6 and 4 too.
    """
    lying = [piece.T for piece in pieces]  # the steps of a photo that was turned since have changed places too
    found = _quality_on_grid(pieces) or _quality_on_grid(lying)
    if found is None:  # or it was cropped
        grids = itertools.product(_borders(pieces, 0), _borders(pieces, 1))
        cropped = (_quality_on_grid([piece[down:, across:] for piece in pieces]) for down, across in grids)
        found = max(filter(None, cropped), default=None)
    return found[1] if found else None


def _borders(pieces: list[Array], axis: int) -> tuple[int, ...]:
    """How many rows (axis 0) or columns lie before the first border between squares: what is likeliest, by the steps
    across.

    A step counts for what it has beyond those beside it, and for little more where it is an edge of the photo's own.
    """
    total = np.zeros(_SQUARE)
    for piece in pieces:
        steps = np.diff(piece, axis=axis)
        steps = steps if axis == 0 else steps.T
        beyond = np.minimum(np.abs(steps[1:-1] - (steps[:-2] + steps[2:]) / 2), _LARGEST_STEP).mean(axis=1)
        for phase in range(_SQUARE):
            here = beyond[phase::_SQUARE]
            if here.size:
                total[phase] += here.mean()
    return tuple(int(place + 2) % _SQUARE for place in np.argsort(-total, kind="stable")[:_LIKELIEST])


@lru_cache(maxsize=1)
def _cosines() -> Array:
    """(64, 64): a square's pixels, row by row, to its coefficients."""
    rows = np.arange(_SQUARE)
    one = np.cos((2 * rows[None, :] + 1) * rows[:, None] * np.pi / (2 * _SQUARE)) / 2
    one[0] /= np.sqrt(2)
    return np.kron(one, one).astype(np.float32)


@lru_cache(maxsize=1)
def _steps() -> Array:
    """(qualities, frequencies): the steps of every quality that is looked for."""
    return np.array([table_of(quality)[_LOW_FREQUENCIES] for quality in _QUALITIES], np.float32)


def _quality_on_grid(pieces: list[Array]) -> tuple[float, int] | None:
    """How clearly which quality fits, 0..1; None where none does."""
    flat = np.concatenate([_squares(piece).reshape(-1, _SQUARE * _SQUARE) for piece in pieces])
    flat = flat[(flat.min(axis=1) > 0) & (flat.max(axis=1) < 255)]  # what was cut off there is no multiple of anything
    flat = flat[np.argsort(-flat.std(axis=1), kind="stable")[:_MOST_SQUARES]]  # those with most to tell
    coefficients = flat @ _cosines()[list(ZIGZAG[_LOW_FREQUENCIES])].T
    scores: dict[int, float] = {}
    for quality, steps in zip(_QUALITIES, _steps(), strict=True):
        turns = coefficients / steps
        levels = np.abs(turns) > 0.5
        counts = levels.sum(axis=0)
        known = counts >= _FEWEST_OF_EACH  # a drawn gradient has but a few, over and over again
        if known.sum() < _FEWEST_FREQUENCIES or counts[known].sum() < _FEWEST_LEVELS:
            continue
        fits = np.where(levels, np.cos(2 * np.pi * turns), 0).sum(axis=0)
        score = float((fits[known] / counts[known]).mean())
        # The mean of so many that mean nothing lies this far from 0 once in many thousand photos.
        if score >= max(_CLEAR, _BY_CHANCE / np.sqrt(2 * counts[known].sum())):
            scores[quality] = score
    if not scores:
        return None
    clearest = max(scores.values())
    return clearest, next(quality for quality, score in scores.items() if score >= _AS_CLEAR * clearest)
