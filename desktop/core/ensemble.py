"""Geometric self-ensemble: the mean of a network's eight answers to a picture turned and mirrored in all ways.

EDSR+ in the paper (Lim et al., CVPRW 2017; after Timofte et al., Seven Ways to Improve Example-Based Single Image
Super Resolution, CVPR 2016). Errors that depend on how the picture lies cancel out; it costs eight times the time.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from desktop.core.engines.base import Net

PASSES = 8
# Those that lie on their side last: a network plans anew for every shape, and a piece that is not square has two.
_WAYS = tuple((turned, down, across) for turned in (False, True) for down in (1, -1) for across in (1, -1))


def upscale_eightfold(net: Net, picture: NDArray[np.float32], done: Callable[[int], None]) -> NDArray[np.float32]:
    """As ``Net.upscale``, averaged as floats.

    Args:
        done: told how many of the passes are done after each of them; what it raises ends the work.
    """
    height, width = picture.shape[:2]
    total = np.zeros((height * net.scale, width * net.scale, 3), np.float32)
    for number, (turned, down, across) in enumerate(_WAYS, start=1):
        seen = picture.swapaxes(0, 1) if turned else picture
        answer = net.upscale(np.ascontiguousarray(seen[::down, ::across]))[::down, ::across]
        total += answer.swapaxes(0, 1) if turned else answer
        done(number)
    total /= PASSES
    return total
