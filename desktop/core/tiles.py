"""Which tiles a picture is cut into, and which part of each tile's answer is used. Pure arithmetic.

A convolutional network's answer at a pixel depends on its neighbourhood only, so a tile with a wide enough margin
(the halo) gives the same answer as the whole picture. Tiles at the picture's border end at the border: the network pads
with zeros there, exactly as it does for the whole picture. All tiles of a plan have one shape, because engines plan
anew for every new shape.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class Span:
    """Half-open range of pixels along one axis."""

    start: int
    stop: int

    @property
    def size(self) -> int:
        return self.stop - self.start

    def widened(self, margin: int, length: int) -> Span:
        """With a margin on both sides, within 0..length."""
        return Span(max(0, self.start - margin), min(length, self.stop + margin))

    def scaled(self, scale: int) -> slice:
        return slice(self.start * scale, self.stop * scale)

    def within(self, outer: Span, scale: int) -> slice:
        """This span as a slice of an enlarged tile that covers ``outer``."""
        return slice((self.start - outer.start) * scale, (self.stop - outer.start) * scale)


@dataclass(frozen=True)
class Tile:
    """One piece of work.

    Attributes:
        read_x, read_y: input pixels the network sees, halo included.
        keep_x, keep_y: input pixels whose answer is kept. Over all tiles these cover the picture once.
    """

    read_x: Span
    read_y: Span
    keep_x: Span
    keep_y: Span

    @property
    def centre(self) -> tuple[float, float]:
        """Middle of the kept part, (x, y) in input pixels: what an order by distance looks at."""
        return (self.keep_x.start + self.keep_x.stop) / 2, (self.keep_y.start + self.keep_y.stop) / 2


def plan(width: int, height: int, tile: int, halo: int) -> list[Tile]:
    """Tiles for a picture of ``width`` x ``height`` pixels, row by row.

    Args:
        width, height: of the picture in input pixels, at least 1.
        tile: longest side of a tile in input pixels, halo included.
        halo: margin in input pixels that is computed but not kept, where a tile ends inside the picture.

    Raises:
        ValueError: a side below 1, or a tile that is all halo.
    """
    columns = _cut(width, tile, halo)
    rows = _cut(height, tile, halo)
    return [Tile(read_x, read_y, keep_x, keep_y) for read_y, keep_y in rows for read_x, keep_x in columns]


def seen(length: int, tile: int, halo: int) -> int:
    """Pixels along one axis that the network sees, those in a margin as often as they are in a tile. As ``plan``."""
    count, size = _spread(length, tile, halo)
    return count * size


def _spread(length: int, tile: int, halo: int) -> tuple[int, int]:
    """How many tiles there are along one axis, and how many pixels long each is."""
    if length < 1:
        raise ValueError(f"a picture needs at least 1 pixel a side, not {length}")
    if halo < 0 or tile <= 2 * halo:
        raise ValueError(f"a tile of {tile} pixels leaves nothing between two halos of {halo}")
    if length <= tile:
        return 1, length
    count = -(-(length - 2 * halo) // (tile - 2 * halo))
    # The smallest equal tiles that still need only `count`: a picture slightly larger than a tile
    # would otherwise be computed almost twice.
    return count, -(-(length + (count - 1) * 2 * halo) // count)


def _cut(length: int, tile: int, halo: int) -> list[tuple[Span, Span]]:
    count, size = _spread(length, tile, halo)
    if count == 1:
        whole = Span(0, length)
        return [(whole, whole)]
    starts = [i * (length - size) // (count - 1) for i in range(count)]
    # Neighbours share what lies between them evenly, so each kept part has at least a halo around it.
    edges = [0, *((b + a + size) // 2 for a, b in pairwise(starts)), length]
    return [(Span(s, s + size), Span(edges[i], edges[i + 1])) for i, s in enumerate(starts)]
