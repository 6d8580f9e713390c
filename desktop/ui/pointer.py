"""Where the mouse is over a widget, for those who follow it without being that widget."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QObject, QPointF, Signal
from PySide6.QtGui import QEnterEvent, QMouseEvent
from PySide6.QtWidgets import QWidget

from desktop.ui.zoom_view import ZoomView


class Pointer(QObject):
    """Watches the mouse over a widget that tracks it.

    Attributes:
        position: in the widget's coordinates; None while the mouse is elsewhere

    Signals:
        moved(position: QPointF | None)
    """

    moved = Signal(object)

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.position: QPointF | None = None
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QMouseEvent | QEnterEvent):
            self._move(QPointF(event.position()))
        elif event.type() in (QEvent.Type.Leave, QEvent.Type.Hide):
            self._move(None)
        return False

    def _move(self, position: QPointF | None) -> None:
        if position != self.position:
            self.position = position
            self.moved.emit(position)


def place_under(view: ZoomView, position: QPointF) -> tuple[float, float] | None:
    """The place in the picture, 0..1 of its width and height, that is drawn under a point of the view."""
    viewport = view.viewport
    if viewport.empty:
        return None
    x, y = view.to_pane(position)
    # The device pixel's own middle, and where it is really drawn: the picture's corner lies on a whole one.
    place = (
        (math.floor(x) + 0.5 - viewport.origin[0]) / viewport.zoom / viewport.picture[0],
        (math.floor(y) + 0.5 - viewport.origin[1]) / viewport.zoom / viewport.picture[1],
    )
    return place if all(0 <= part < 1 for part in place) else None
