"""How alike two pictures are, as they are shown."""

from __future__ import annotations

import numpy as np
import pytest

from desktop.core.engines.calibration import decibels, grey_levels


def test_grey_levels_are_those_of_the_pixel_that_is_off_most():
    one = np.full((4, 5, 3), 100, np.float32)
    other = one.copy()
    other[2, 3, 1] = 97.4
    assert grey_levels(one, other) == grey_levels(other, one) == 3
    assert grey_levels(one, one + np.float32(0.4)) == 0
    assert grey_levels(np.full((1, 1, 3), -9, np.float32), np.zeros((1, 1, 3), np.float32)) == 0


def test_decibels_are_of_all_pixels():
    one = np.full((4, 5, 3), 100, np.float32)
    assert decibels(one, one) == float("inf")
    assert decibels(one, one + 1) == pytest.approx(48.13, abs=0.01)
