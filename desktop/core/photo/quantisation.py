"""How strongly a JPEG was compressed, by the tables in its file (ITU-T T.81, B.2.4.1 and annex K)."""

from __future__ import annotations

import struct
from statistics import median

# The example table for brightness, in zigzag order; libjpeg's qualities scale it, and most programs' are close to it.
_EXAMPLE = (
    *(16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40, 26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58, 51),
    *(61, 60, 57, 51, 56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87, 95, 98, 103, 104, 103, 62, 77),
    *(113, 121, 112, 100, 120, 92, 101, 103, 99),
)
Table = tuple[int, ...]


def table_of(quality: int) -> Table:
    """What libjpeg quantises brightness by at this quality, in zigzag order."""
    percent = 5000 // quality if quality < 50 else 200 - 2 * quality
    return tuple(max(1, min(255, (step * percent + 50) // 100)) for step in _EXAMPLE)


def _zigzag() -> tuple[int, ...]:
    places = [(y, x) for y in range(8) for x in range(8)]
    order = sorted(places, key=lambda at: (sum(at), at[0] if sum(at) % 2 else at[1]))
    return tuple(y * 8 + x for y, x in order)


ZIGZAG = _zigzag()
"""Where, row by row, the frequencies in zigzag order stand."""


def tables_in(segments: bytes) -> dict[int, Table]:
    """The tables, 64 values each in zigzag order, by number, that stand one after another in DQT segments.

    What comes after something that is no table is passed over.
    """
    found: dict[int, Table] = {}
    at = 0
    while at < len(segments):
        wide, number = divmod(segments[at], 16)
        form = ">64H" if wide else ">64B"
        if wide > 1 or at + 1 + struct.calcsize(form) > len(segments):
            break
        found[number] = struct.unpack_from(form, segments, at + 1)
        at += 1 + struct.calcsize(form)
    return found


def quality_of(table: Table | None) -> int | None:
    """The quality, 1 to 100, at which libjpeg would quantise about as coarsely; None without a table.

    The middle of the ratios decides: programs with tables of their own mean something else by a quality.
    """
    if table is None or len(table) != len(_EXAMPLE) or not all(table):
        return None
    percent = 100 * median(step / example for step, example in zip(table, _EXAMPLE, strict=True))
    quality = 5000 / percent if percent > 100 else (200 - percent) / 2
    return max(1, min(100, round(quality)))
