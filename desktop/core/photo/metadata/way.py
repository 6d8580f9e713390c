"""Where a place in a picture is after the picture was turned upright or enlarged."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Way:
    """From one picture to the other.

    Attributes:
        before: width and height in pixels.
        orientation: EXIF's, 1 to 8, that is applied first.
        factors: by which width and height grow after that.
    """

    before: tuple[int, int]
    orientation: int = 1
    factors: tuple[float, float] = (1.0, 1.0)

    @property
    def lies(self) -> bool:
        """Whether width and height change places."""
        return self.orientation >= 5

    @property
    def mean(self) -> float:
        """By how much a circle's diameter grows."""
        return math.sqrt(self.factors[0] * self.factors[1])

    def point(self, x: float, y: float, side: tuple[float, float] | None = None) -> tuple[float, float]:
        """A point in pixels, whose middles are whole numbers.

        Args:
            side: 1, 1 for parts of the whole, which do not grow.
        """
        width, height = side or (self.before[0] - 1, self.before[1] - 1)
        if self.lies:
            x, y, width, height = y, x, height, width
        if self.orientation in (2, 3, 6, 7):
            x = width - x
        if self.orientation in (3, 4, 7, 8):
            y = height - y
        if side is not None:
            return x, y
        across, down = self.factors
        return (x + 0.5) * across - 0.5, (y + 0.5) * down - 0.5

    def extent(self, width: float, height: float) -> tuple[float, float]:
        """Width and height of something."""
        if self.lies:
            width, height = height, width
        return width * self.factors[0], height * self.factors[1]
