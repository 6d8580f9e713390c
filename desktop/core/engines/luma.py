"""Colours for networks that know brightness only, as cv2.dnn_superres deals with them.

ESPCN, FSRCNN and LapSRN enlarge Y of YCrCb; Cr and Cb are interpolated. dnn_superres (opencv_contrib,
modules/dnn_superres, measured to the bit) interpolates them bilinearly, although its documentation says bicubic, and
rounds to 8 bits on the way in and out. Pictures of 8 bits, which come as whole numbers, are treated just so; finer ones
stay float throughout.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from desktop.core.engines.common import require_numbers
from desktop.core.opencv import cv2

_TOP = np.float32(255)

Picture = NDArray[np.float32]


def enlarged(picture: Picture, enlarge: Callable[[Picture], Picture]) -> Picture:
    """(H, W, 3) RGB, 0..255, to (H * scale, W * scale, 3) by a network for brightness.

    Args:
        enlarge: (H, W), 0..1, to (H * scale, W * scale).

    Raises:
        EngineFailedError: the picture, or what ``enlarge`` gives, is not made of numbers.
    """
    require_numbers(picture)
    brightness, colours, whole = split(picture)
    made = enlarge(brightness)
    require_numbers(made)
    return join(made, colours, whole)


def split(picture: Picture) -> tuple[Picture, Picture, bool]:
    """(H, W, 3) RGB, 0..255, as Y (H, W) and Cr, Cb (2, H, W), 0..1, and whether every value was a whole number."""
    whole = bool((picture == np.rint(picture)).all())
    if whole:
        bytes_ = np.clip(picture, 0, 255).astype(np.uint8)
        planes = cv2.cvtColor(bytes_, cv2.COLOR_RGB2YCrCb).astype(np.float32) * np.float32(1 / 255)
    else:
        planes = np.asarray(cv2.cvtColor(picture / _TOP, cv2.COLOR_RGB2YCrCb), np.float32)
    y, cr, cb = (np.ascontiguousarray(planes[..., channel]) for channel in range(3))
    return y, np.stack([cr, cb]), whole


def join(brightness: Picture, colours: Picture, whole: bool) -> Picture:
    """What ``split`` gave, with brightness enlarged, as (H * scale, W * scale, 3) RGB, 0..255, not clipped."""
    height, width = brightness.shape
    # One by one: two planes at once are interpolated by other instructions, whose last bit differs.
    enlarged = [cv2.resize(plane, (width, height), interpolation=cv2.INTER_LINEAR) for plane in colours]
    planes = np.dstack([brightness, *enlarged])
    if whole:
        bytes_ = np.clip(np.rint(planes * _TOP), 0, 255).astype(np.uint8)
        return np.asarray(cv2.cvtColor(bytes_, cv2.COLOR_YCrCb2RGB), np.float32)
    return np.asarray(cv2.cvtColor(np.clip(planes, 0, 1), cv2.COLOR_YCrCb2RGB) * _TOP, np.float32)
