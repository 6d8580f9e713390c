"""How fast a network is on this machine: the seconds a photo takes, from photos that were seen.

A photo takes a fixed time and a time for every megapixel. Both are fitted to the latest photos in logarithms, because
a machine's noise is a share of the time, not a number of seconds. Outliers hardly count, and new photos count more
than old ones, so that a machine that got slower or faster is followed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Photo = tuple[float, float]
"""Megapixels of an original, and the seconds it took; both above 0."""
Array = NDArray[np.float64]

_HALF_LIFE, _HALF_LIFE_TODAY = 6, 3
"""So many photos later an observation counts half; in a run under way, whose pace changes with what else is done."""
_NOISE = 0.12
"""How far a photo usually lies off, in logarithms: a share of its time."""
_OUTLYING = 1.5
"""So many times the noise away, an observation begins to count less."""
_ROUNDS = 8
# What is tried for the fixed part, as a multiple of a megapixel's time.
_OVERHEADS: Array = np.concatenate(([0.0], np.geomspace(1e-4, 10.0, 46)))
# What is believed of it before it can be seen: a tenth of a second, or three times more or less.
_FIXED_S, _FIXED_SPREAD = 0.1, 3.0
_CHANGE = float(np.log(2))
"""Before anything is seen, a machine twice as fast or half as fast as it was is nothing unusual."""


@dataclass(frozen=True)
class Speed:
    """What a photo takes.

    Attributes:
        fixed_s, per_megapixel_s: for any photo, and for every million pixels of the original.
        load_s: for loading the network, which is done once.
        photos: how many it was learned from; 0 for a guess.
    """

    fixed_s: float
    per_megapixel_s: float
    load_s: float = 0.0
    photos: int = 0

    def seconds(self, megapixels: float) -> float:
        return self.fixed_s + self.per_megapixel_s * megapixels


def fitted(guess: Speed, before: Sequence[Photo], now: Sequence[Photo] = ()) -> Speed:
    """The speed that explains what was seen; the guess where nothing was.

    Args:
        guess: gives the loading time too.
        before: photos of earlier runs, the oldest first: they tell how fixed part and megapixels share the time.
        now: photos of the run under way, the oldest first: they tell how fast the machine is today.
    """
    if not before and not now:
        return guess
    known = _Told.by(before or now, _HALF_LIFE if before else _HALF_LIFE_TODAY)
    level, cost = known.level, known.cost
    if before and now:
        today = _Told.by(now, _HALF_LIFE_TODAY)
        change = today.level - level
        cost = cost + today.cost + (change / _CHANGE) ** 2
        level = level + trust(len(now)) * change
    fixed = _OVERHEADS * np.exp(level)
    surprise = np.log((fixed + _FIXED_S) / (2 * _FIXED_S)) / np.log(_FIXED_SPREAD)
    best = int(np.argmin(cost + surprise**2))
    return replace(
        guess,
        fixed_s=float(fixed[best]),
        per_megapixel_s=float(np.exp(level[best])),
        photos=len(before) + len(now),
    )


@dataclass(frozen=True)
class _Told:
    """What some photos tell: for each fixed part that is tried, a megapixel's time in logarithms and what it leaves
    unexplained."""

    level: Array
    cost: Array

    @classmethod
    def by(cls, photos: Sequence[Photo], half_life: float) -> _Told:
        megapixels, seconds = np.array(photos, float).T
        told = np.log(seconds) - np.log(megapixels + _OVERHEADS[:, None])
        return cls(*_centre(told, _recency(len(photos), half_life)))


def factor(told: Sequence[float]) -> float:
    """By how much reality differs from what was foreseen, as photos tell it, the oldest first: 1 where none does."""
    if not told:
        return 1.0
    level, _ = _centre(np.log(np.array(told, float))[None, :], _recency(len(told), _HALF_LIFE_TODAY))
    return float(np.exp(trust(len(told)) * level[0]))


def trust(photos: int) -> float:
    """How far today's photos are believed against what was known before, 0..1."""
    weight = float(_recency(photos, _HALF_LIFE_TODAY).sum())
    return weight / (weight + (_NOISE / _CHANGE) ** 2)


def novelty(photos: int) -> float:
    """What one photo more counts beside so many of today, 0..1."""
    return 1 / (1 + float(_recency(photos, _HALF_LIFE_TODAY).sum()))


def _recency(count: int, half_life: float) -> Array:
    return np.asarray(0.5 ** (np.arange(count)[::-1] / half_life), float)


def _centre(rows: Array, weights: Array) -> tuple[Array, Array]:
    """Each row's weighted centre by Huber's rule, and what remains unexplained, in units of the noise squared."""
    order = np.argsort(rows, axis=1)
    half = np.argmax(np.cumsum(weights[order], axis=1) >= weights.sum() / 2, axis=1)
    centre = np.take_along_axis(np.take_along_axis(rows, order, 1), half[:, None], 1)
    for _ in range(_ROUNDS):
        off = np.abs(rows - centre) / _NOISE
        counting = weights * np.minimum(1.0, _OUTLYING / np.maximum(off, 1e-9))
        centre = (counting * rows).sum(axis=1, keepdims=True) / counting.sum(axis=1, keepdims=True)
    off = np.abs(rows - centre) / _NOISE
    loss = np.where(off <= _OUTLYING, off**2, _OUTLYING * (2 * off - _OUTLYING))
    return centre[:, 0], (loss * weights).sum(axis=1)
