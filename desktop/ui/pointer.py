"""Where the mouse is over a widget, for those who follow it without being that widget."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPointF, Signal
from PySide6.QtGui import QEnterEvent, QMouseEvent
from PySide6.QtWidgets import QWidget


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
