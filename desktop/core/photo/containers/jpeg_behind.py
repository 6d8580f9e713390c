"""What stands in a JPEG's file behind the picture: phones put videos there, and further pictures."""

from __future__ import annotations

from dataclasses import dataclass

from desktop.core.photo.source import Source

_LOOK_AT, _LOOK_AT_MOST = 2**20, 2**28
_FILLING = 64  # bytes that nobody misses: what writers fill up with
# A video's first box: its size, this, and a brand in four letters (ISO/IEC 14496-12, 4.3).
_VIDEO, _BRAND_BYTES, _LARGEST_BOX = b"ftyp", 4, 4096


@dataclass(frozen=True)
class Behind:
    """``size``: in bytes, without what fills up. ``video``: of that, from where a video begins."""

    size: int = 0
    video: int = 0


def behind(source: Source, at: int) -> Behind:
    """What follows the first picture's end, looked for from ``at`` on; nothing where that end is not found."""
    start = _end(source, at)
    if start is None:
        return Behind()
    known = source[start : start + _LOOK_AT].strip(b"\0")
    if len(known) <= _FILLING:
        return Behind()
    video = _video(source, start)
    return Behind(len(source) - start, len(source) - video if video is not None else 0)


def _end(source: Source, at: int) -> int | None:
    """Behind the picture's end marker."""
    while at < min(len(source), _LOOK_AT_MOST):
        # One byte twice, lest an end that lies across is missed.
        end = source[at : at + _LOOK_AT + 1].find(b"\xff\xd9")
        if end >= 0:
            return at + end + 2
        at += _LOOK_AT
    return None


def _video(source: Source, at: int) -> int | None:
    """Where an MP4 or QuickTime file begins."""
    while at < min(len(source), _LOOK_AT_MOST):
        piece = source[at : at + _LOOK_AT + 16]  # some bytes twice, as above
        found = -1
        while (found := piece.find(_VIDEO, found + 1)) >= 0:
            size = int.from_bytes(piece[max(0, found - 4) : found], "big")
            brand = piece[found + len(_VIDEO) : found + len(_VIDEO) + _BRAND_BYTES]
            if found >= 4 and 16 <= size <= _LARGEST_BOX and len(brand) == _BRAND_BYTES and brand.isascii():
                return at + found - 4
        at += _LOOK_AT
    return None
