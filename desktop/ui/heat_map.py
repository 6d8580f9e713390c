"""The colours in which differences are shown. No Qt in here."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from desktop.core.opencv import cv2

# The difference, of 255 grey levels, at which the heat map is brightest. Sharpened edges reach about this.
DIFFERENCE_FULL = 64


@cache
def heat_colours() -> npt.NDArray[np.uint32]:
    """(256,) 0xffRRGGBB: the colour of each difference in grey levels, from black over ember to pale yellow."""
    steps = np.minimum(np.arange(256) * 255 // DIFFERENCE_FULL, 255).astype(np.uint8)
    colours = cv2.cvtColor(cv2.applyColorMap(steps[:, np.newaxis], cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2BGRA)
    return np.ascontiguousarray(colours).view(np.uint32).reshape(256).copy()
