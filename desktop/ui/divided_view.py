"""A navigable view with a divider that mouse and keys move."""

from __future__ import annotations

import math
from functools import partial

from PySide6.QtCore import QEvent, QPointF, QSizeF, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QWidget

from desktop.ui.divider import Divider
from desktop.ui.navigable_view import Action, NavigableView

_DIVIDER_MODIFIERS = (Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ControlModifier)


class DividedView(NavigableView):
    """A view whose left and right part may show different things; a subclass draws them.

    Beside the keys of `NavigableView`: Alt or Ctrl with the left or right arrow moves the divider by 1 %.

    Signals:
        splitChanged(float): the divider's place, 0..1 of the width
    """

    splitChanged = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._divider = Divider()

    @property
    def split(self) -> float:
        """The divider's place, 0..1 of the viewport's width; clamped. NaN raises ValueError."""
        return self._divider.place

    @split.setter
    def split(self, split: float) -> None:
        if math.isnan(split):
            raise ValueError("split is not a number")
        split = min(max(float(split), 0.0), 1.0)
        if split != self._divider.place:
            self._divider.place = split
            self.update()
            self.splitChanged.emit(split)

    @property
    def divider(self) -> Divider:
        return self._divider

    @property
    def divided(self) -> bool:
        """Whether the divider is there at the moment. For subclasses."""
        return True

    def release_divider(self) -> None:
        if self._divider.held:
            self._divider.grip = None
            self.update()

    def key_action(self, key: int, modifiers: Qt.KeyboardModifier) -> Action | None:
        sideways = key in (Qt.Key.Key_Left, Qt.Key.Key_Right)
        if sideways and self.divided and modifiers in _DIVIDER_MODIFIERS:
            return partial(setattr, self, "split", self._divider.stepped(-1 if key == Qt.Key.Key_Left else 1))
        return super().key_action(key, modifiers)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._under(event.position()):
            self._divider.hold(event.position(), QSizeF(self.size()))
            self._set_hovered(True)
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._divider.held:
            self.split = self._divider.dragged(event.position(), QSizeF(self.size()))
        else:
            super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.release_divider()
        super().mouseReleaseEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._under(event.position()):
            self.split = 0.5
        else:
            super().mouseDoubleClickEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._set_hovered(False)
        super().leaveEvent(event)

    def update_cursor(self, position: QPointF) -> None:
        self._set_hovered(self._under(position) and not self.panning)
        if self._divider.hovered:
            self.show_cursor(Qt.CursorShape.SplitHCursor)
        else:
            super().update_cursor(position)

    def _under(self, position: QPointF) -> bool:
        return self.divided and self._divider.under(position, QSizeF(self.size()))

    def _set_hovered(self, hovered: bool) -> None:
        if hovered != self._divider.hovered:
            self._divider.hovered = hovered
            self.update()
