"""What a photo looks like before it is read: plain data, for those who have it looked at elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from desktop.core.photo.photo import Coding

Size = tuple[int, int]
"""Upright width and height in pixels; (0, 0) of a photo that cannot be read."""


@dataclass(frozen=True)
class Glance:
    """Upright width and height in pixels, and the day the photo was taken, if it says so.

    Attributes:
        file_format: Pillow's name of the format.
        bytes_per_pixel: as it will be in memory.
        bytes: of the file.
        jpeg_quality, coding: see ``Photo``.
    """

    width: int
    height: int
    taken: date | None
    file_format: str = ""
    bytes_per_pixel: int = 3
    bytes: int = 0
    jpeg_quality: int | None = None
    coding: Coding = field(default_factory=Coding)


@dataclass(frozen=True)
class Header:
    """What a file's beginning says of the picture in it.

    Attributes:
        width, height: in pixels as stored, which orientation may still turn; ``turned`` says whether it turns them
            on their side, known only of a photo that is read.
        coding: see ``Photo``.
        file_format: Pillow's name of the format.
        channels: 1 to 4 as they will be in memory, transparency among them.
        bits: per channel in memory, 8 or 16.
        ours: whether it says of itself that Rekindle made it; known only of a photo that is read.
    """

    width: int
    height: int
    file_format: str
    channels: int = 3
    bits: int = 8
    ours: bool = False
    turned: bool = False
    coding: Coding = field(default_factory=Coding)

    @property
    def upright(self) -> tuple[int, int]:
        """Width and height of the photo as it is meant to be looked at."""
        return (self.height, self.width) if self.turned else (self.width, self.height)

    @property
    def pixels(self) -> int:
        return self.width * self.height

    @property
    def bytes_per_pixel(self) -> int:
        return self.channels * self.bits // 8


SizeCheck = Callable[[Header], None]
"""Called before any pixel is decoded; raises to refuse the photo."""


@dataclass(frozen=True, eq=False)
class Thumbnail:
    """An upright small picture, (H, W, 4) uint8 RGBA, and the upright size in pixels of the photo it stands for."""

    pixels: NDArray[np.uint8]
    width: int
    height: int
