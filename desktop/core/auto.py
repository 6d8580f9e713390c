"""The automatic choice: enlarge a clean photo faithfully, restore a worn one, and how thoroughly.

All its thresholds stand here. They were tuned on training tiles worn in known ways (``models/training/measure_auto.py``
measures what each of them costs) and checked on Set14, which was not tuned on.
"""

from __future__ import annotations

from desktop.core.condition import Condition
from desktop.core.jobs import Reason

# Sigma of the noise, in grey levels, and quality of the JPEG, between which the strength rises from 0 to 100; the two
# add up. Below the first a clean photo's finest texture is all that is found, from the second on full strength is best,
# and in between the strength that is best grows about evenly.
_NOISE = (0.9, 2.8)
_QUALITY = (98, 75)
# Strengths in whole steps: each is a network that has to be loaded.
_STEP = 10
_FULL = 100

CLEAN = "the photo looks clean"
SLIGHTLY_NOISY, NOISY = "the photo is slightly noisy", "the photo is noisy"
SLIGHTLY_COMPRESSED = "the photo was compressed a little (JPEG quality about {quality})"
COMPRESSED = "the photo was compressed (JPEG quality about {quality})"
STRONGLY_COMPRESSED = "the photo was strongly compressed (JPEG quality about {quality})"
BOTH = "the photo is noisy and was compressed (JPEG quality about {quality})"
REASONS = (CLEAN, SLIGHTLY_NOISY, NOISY, SLIGHTLY_COMPRESSED, COMPRESSED, STRONGLY_COMPRESSED, BOTH)
"""Templates of all there are, for whoever translates them."""
_STRONGLY = 60
_COUNTS, _MUCH = 0.3, 0.6


def choose(condition: Condition) -> tuple[int, Reason]:
    """The strength, 0 for enlarging alone to 100, and why."""
    quality = condition.jpeg_quality
    by_noise = _between(condition.noise, *_NOISE)
    by_quality = _between(quality, *_QUALITY) if quality is not None else 0.0
    strength = _STEP * round(_FULL / _STEP * min(1.0, by_noise + by_quality))
    if not strength:
        return 0, Reason(CLEAN)
    if min(by_noise, by_quality) >= _COUNTS:
        return strength, Reason(BOTH, {"quality": quality or 0})
    if by_noise > by_quality:
        return strength, Reason(NOISY if by_noise >= _MUCH else SLIGHTLY_NOISY)
    template = COMPRESSED if by_quality >= _MUCH else SLIGHTLY_COMPRESSED
    if quality is not None and quality < _STRONGLY:
        template = STRONGLY_COMPRESSED
    return strength, Reason(template, {"quality": quality or 0})


def _between(value: float, none: float, full: float) -> float:
    return min(1.0, max(0.0, (value - none) / (full - none)))
