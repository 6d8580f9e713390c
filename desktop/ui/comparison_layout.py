"""Which picture of a comparison is shown where: the panes of each mode. Pure arithmetic on device pixels, no Qt."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from desktop.ui.viewport import Box

SPLIT = "split"
SIDE_BY_SIDE = "side-by-side"
FLIP = "flip"
DIFFERENCE = "difference"
MODES = (SPLIT, SIDE_BY_SIDE, FLIP, DIFFERENCE)


class Side(Enum):
    """What a pane shows."""

    BEFORE = "before"
    AFTER = "after"
    DIFFERENCE = "difference"


@dataclass(frozen=True, slots=True)
class Pane:
    """One picture on screen: it is laid out in `area`, and only what lies in `clip` is shown (device pixels)."""

    side: Side
    area: Box
    clip: Box


def pane_size(mode: str, alone: bool, size: tuple[int, int], gap: int) -> tuple[int, int]:
    """(width, height) of the area one picture is laid out in. `alone`: there is nothing to compare with."""
    if mode == SIDE_BY_SIDE and not alone:
        return max(1, (size[0] - gap) // 2), size[1]
    return size


def panes(mode: str, alone: Side | None, peek: bool, split: float, size: tuple[int, int], gap: int) -> tuple[Pane, ...]:
    """The panes of a view of `size` (width, height).

    `alone` is the one side there is, None when there are both; `peek` shows before in place of everything;
    `split` is the divider's place, 0..1 of the width; `gap` lies between two panes side by side.
    """
    width, height = size
    full = Box(0, 0, width, height)
    if alone is not None:
        return (Pane(alone, full, full),)
    if mode == SIDE_BY_SIDE:
        one = pane_size(mode, False, size, gap)[0]
        left, right = Box(0, 0, one, height), Box(width - one, 0, one, height)
        return Pane(Side.BEFORE, left, left), Pane(Side.BEFORE if peek else Side.AFTER, right, right)
    if peek:
        return (Pane(Side.BEFORE, full, full),)
    if mode == SPLIT:
        at = round(split * width)
        before, after = Box(0, 0, at, height), Box(at, 0, width - at, height)
        return Pane(Side.BEFORE, full, before), Pane(Side.AFTER, full, after)
    return (Pane(Side.DIFFERENCE if mode == DIFFERENCE else Side.AFTER, full, full),)
