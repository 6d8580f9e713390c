"""The draggable divider between before and after: where it is, what takes hold of it, where it goes."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QSizeF

HANDLE_RADIUS = 16.0
# Half the width that answers the mouse, along the whole line.
REACH = 12.0
KEY_STEP = 0.01
# How near the middle, as a part of the width, a dragged divider jumps to it.
SNAP = 0.015


@dataclass(slots=True)
class Divider:
    """A vertical divider across a widget. Points and sizes are logical pixels, `place` is 0..1 of the width.

    Attributes:
        hovered: the mouse is where a press would take hold of it
        grip: where it is held, from its middle; None while it is not
    """

    place: float = 0.5
    hovered: bool = False
    grip: float | None = None

    @property
    def held(self) -> bool:
        return self.grip is not None

    def x(self, size: QSizeF) -> float:
        return self.place * size.width()

    def handle(self, size: QSizeF) -> QPointF:
        """The middle of the handle, which stays whole on screen where the line does not."""
        inset = HANDLE_RADIUS + 2
        return QPointF(max(min(self.x(size), size.width() - inset), inset), size.height() / 2)

    def under(self, position: QPointF, size: QSizeF) -> bool:
        """Whether a press at `position` takes hold: 24 px along the line, and the handle."""
        away = position - self.handle(size)
        return abs(position.x() - self.x(size)) <= REACH or math.hypot(away.x(), away.y()) <= HANDLE_RADIUS

    def hold(self, position: QPointF, size: QSizeF) -> None:
        self.grip = position.x() - self.x(size)

    def dragged(self, position: QPointF, size: QSizeF) -> float:
        """The place it is pulled to, 0..1, caught by the middle. It must be held."""
        if self.grip is None:
            raise RuntimeError("the divider is not held")
        place = (position.x() - self.grip) / max(1.0, size.width())
        return 0.5 if abs(place - 0.5) <= SNAP else min(max(place, 0.0), 1.0)

    def stepped(self, steps: int) -> float:
        """The place some key presses away; rounded, so that there and back is the same place."""
        return min(max(round(self.place + steps * KEY_STEP, 6), 0.0), 1.0)
