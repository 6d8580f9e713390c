"""The first page of a TIFF: what its tags say of its pixels, and the page alone as a small TIFF of its own.

Of a file with thousands of pages, layers and previews, a decoder is given this page and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from desktop.core.photo.source import CutShortError, Source
from desktop.core.photo.tiff_tags import Field, Layout

SUBFILE, WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, FILL_ORDER = 254, 256, 257, 258, 259, 262, 266
STRIP_AT, SAMPLES, ROWS_PER_STRIP, STRIP_BYTES, PLANAR = 273, 277, 278, 279, 284
T4_OPTIONS, T6_OPTIONS, PREDICTOR, COLOUR_MAP = 292, 293, 317, 320
TILE_WIDTH, TILE_HEIGHT, TILE_AT, TILE_BYTES = 322, 323, 324, 325
INK_SET, EXTRA_SAMPLES, SAMPLE_FORMAT, JPEG_TABLES = 332, 338, 339, 347
ABOUT_PIXELS = frozenset(
    {SUBFILE, WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, FILL_ORDER}
    | {STRIP_AT, SAMPLES, ROWS_PER_STRIP, STRIP_BYTES, PLANAR, T4_OPTIONS, T6_OPTIONS, PREDICTOR, COLOUR_MAP}
    | {TILE_WIDTH, TILE_HEIGHT, TILE_AT, TILE_BYTES, INK_SET, EXTRA_SAMPLES, SAMPLE_FORMAT, JPEG_TABLES}
    | {529, 530, 531, 532}  # YCbCr's
)
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, INK = 0, 1, 2, 3, 5
NOT_COMPRESSED, OLD_JPEG = 1, 6

_CLASSIC_MAX = 2**32 - 2**20

Place = tuple[int, int]
"""Position and size of a strip or tile in the file."""


class Page:
    """What one directory says of its pixels. Raises ValueError where it makes no sense."""

    def __init__(self, source: Source, layout: Layout, fields: Sequence[Field]) -> None:
        self.source = source
        self._layout = layout
        self._fields = {field.tag: field for field in fields}
        self.width, self.height = self.one(WIDTH, 0), self.one(HEIGHT, 0)
        if not 0 < self.width < 2**31 or not 0 < self.height < 2**31:
            raise ValueError("a page without a size")
        self.order: Literal["<", ">"] = "<" if layout.order == "<" else ">"
        self.tiled = TILE_AT in self._fields
        self.samples = self.one(SAMPLES, 1)
        self.bits = max(self.all(BITS, (1,)))
        self.photometric = self.one(PHOTOMETRIC, WHITE_IS_ZERO)
        self.compression = self.one(COMPRESSION, NOT_COMPRESSED)
        self.planar = self.one(PLANAR, 1) == 2 and self.samples > 1

    def one(self, tag: int, default: int) -> int:
        """The first value of a tag of whole numbers."""
        return self.all(tag, (default,))[0]

    def all(self, tag: int, default: tuple[int, ...] = ()) -> tuple[int, ...]:
        field = self._fields.get(tag)
        return self._layout.integers(field) if field is not None else default

    def places(self) -> list[Place]:
        """Where the strips or tiles lie, in order. Raises CutShortError where the file lacks one."""
        starts = self.all(TILE_AT if self.tiled else STRIP_AT)
        sizes = self.all(TILE_BYTES if self.tiled else STRIP_BYTES)
        if not starts:
            raise ValueError("no pixels")
        if not sizes and len(starts) == 1:  # left out by some old writers
            sizes = (max(0, len(self.source) - starts[0]),)
        if len(sizes) < len(starts):
            raise ValueError("pieces without sizes")
        places = list(zip(starts, sizes, strict=False))
        if any(at + size > len(self.source) for at, size in places):
            raise CutShortError("pixels lie behind the end of the file")
        if sum(size for _, size in places) > len(self.source):
            raise ValueError("one piece stands for many")
        return places

    def alone(
        self,
        places: Sequence[Place] | None = None,
        changed: Mapping[int, int] | None = None,
        without: frozenset[int] = frozenset(),
    ) -> bytes:
        """A TIFF of this page only.

        Args:
            places: the strips or tiles to take instead of all.
            changed: other values of tags.
            without: tags to leave out.
        """
        places = self.places() if places is None else places
        total = sum(size for _, size in places)
        layout = Layout(self._layout.order, big=total > _CLASSIC_MAX)
        content = bytearray(layout.header_bytes + total + total % 2)
        view, at, starts = memoryview(content), layout.header_bytes, []
        for start, size in places:
            self.source.fill(start, view[at : at + size])
            starts.append(at)
            at += size
        directory = len(content)
        content[: layout.header_bytes] = layout.header(directory)
        fields = {field.tag: self._classic(field) for field in self._fields.values() if field.tag not in without}
        fields |= {tag: layout.field(tag, (value,)) for tag, value in (changed or {}).items()}
        at_tag, bytes_tag = (TILE_AT, TILE_BYTES) if self.tiled else (STRIP_AT, STRIP_BYTES)
        fields[at_tag] = layout.field(at_tag, starts)
        fields[bytes_tag] = layout.field(bytes_tag, [size for _, size in places])
        view.release()
        content += layout.packed(fields.values(), directory)
        return bytes(content)

    def _classic(self, field: Field) -> Field:
        """The same field of a type that classic TIFF has too."""
        return field if field.type < 16 else self._layout.field(field.tag, self._layout.integers(field))
