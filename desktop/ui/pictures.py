"""What can stand on a side of a comparison. No Qt in here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol, Self

from desktop.ui.pyramid import Array, Pyramid, Sampling, pixel_indices
from desktop.ui.viewport import Box


class Picture(Protocol):
    """A picture of which any part can be drawn at any zoom; `Pyramid` has the particulars."""

    @property
    def size(self) -> tuple[int, int]: ...

    @property
    def translucent(self) -> bool: ...

    @property
    def complete(self) -> bool: ...

    def completed(self) -> Self: ...

    def sample(self, zoom: tuple[float, float], box: Box, sampling: Sampling = ...) -> Array: ...

    def colour_at(self, x: float, y: float) -> tuple[int, int, int]: ...


@dataclass(frozen=True, slots=True, eq=False)
class Bicubic:
    """A picture enlarged to another size by bicubic interpolation, of which only what is drawn is ever computed.

    Attributes:
        original: the picture
        size: (width, height) it is enlarged to
    """

    original: Pyramid
    size: tuple[int, int]

    @property
    def translucent(self) -> bool:
        return self.original.translucent

    @property
    def complete(self) -> bool:
        return self.original.complete

    def completed(self) -> Bicubic:
        return replace(self, original=self.original.completed())

    def sample(self, zoom: tuple[float, float], box: Box, sampling: Sampling = Sampling.SMOOTH) -> Array:
        """As `Pyramid.sample`; its squares are those of the enlarged picture."""
        if sampling is Sampling.SQUARES:
            return enlarged_squares(lambda pixels: self.sample((1.0, 1.0), pixels), self.size, zoom, box)
        grown = self.size[0] / self.original.width, self.size[1] / self.original.height
        return self.original.sample((zoom[0] * grown[0], zoom[1] * grown[1]), box, sampling)

    def colour_at(self, x: float, y: float) -> tuple[int, int, int]:
        """As `Pyramid.colour_at`."""
        column, row = (min(int(part * side), side - 1) for part, side in zip((x, y), self.size, strict=True))
        blue, green, red, alpha = (int(value) for value in self.sample((1.0, 1.0), Box(column, row, 1, 1))[0, 0])
        red, green, blue = (min(255, round(value * 255 / alpha)) if alpha else 0 for value in (red, green, blue))
        return red, green, blue


class Sampler(Protocol):
    """Gives the pixels of a box, (box.height, box.width, ...)."""

    def __call__(self, box: Box, /) -> Array: ...


def enlarged_squares(sampler: Sampler, size: tuple[int, int], zoom: tuple[float, float], box: Box) -> Array:
    """The device pixels `box` of a picture of `size` whose own pixels a `sampler` computes, each shown as a square."""
    columns = pixel_indices(box.left, box.width, zoom[0], size[0])
    rows = pixel_indices(box.top, box.height, zoom[1], size[1])
    first, top = int(columns[0]), int(rows[0])
    pixels = sampler(Box(first, top, int(columns[-1]) - first + 1, int(rows[-1]) - top + 1))
    spread: Array = pixels.take(columns - first, axis=1).take(rows - top, axis=0)
    return spread
