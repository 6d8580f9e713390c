"""Wheel, pinch, mouse and keys for a zoom view, whatever it shows."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import (
    QCursor,
    QEnterEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from desktop.ui.zoom_view import ZoomView

STEP = 1.25
# A wheel's notch, in the eighths of a degree Qt counts in. Trackpads send small parts of it.
NOTCH = 120.0
# What an arrow key moves, as a part of the view.
ARROW_SHARE = 0.1

Action = Callable[[], None]

_MODIFIERS = (
    Qt.KeyboardModifier.ShiftModifier
    | Qt.KeyboardModifier.ControlModifier
    | Qt.KeyboardModifier.AltModifier
    | Qt.KeyboardModifier.MetaModifier
)
# The way the picture moves: opposite to the way one looks.
_ARROWS = {
    Qt.Key.Key_Left: (1, 0),
    Qt.Key.Key_Right: (-1, 0),
    Qt.Key.Key_Up: (0, 1),
    Qt.Key.Key_Down: (0, -1),
}
_FOCUS_BY_POINTER = (Qt.FocusReason.MouseFocusReason, Qt.FocusReason.PopupFocusReason)


class NavigableView(ZoomView):
    """A zoom view under a person's hands.

    Wheel and pinch zoom about the cursor, dragging pans, a double click goes between the whole picture and 1:1;
    keys: + - zoom, 0 or F the whole picture, 1 and 2 for 1:1 and 2:1, arrows pan.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pan_from: QPointF | None = None
        self._ring = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)

    @property
    def ring_shown(self) -> bool:
        """Whether the focus is to be seen: it is here, and not because of a click."""
        return self._ring

    @property
    def panning(self) -> bool:
        return self._pan_from is not None

    def key_action(self, key: int, modifiers: Qt.KeyboardModifier) -> Action | None:
        """What a key does here, None for nothing; `modifiers` has Shift, Ctrl, Alt and Meta only."""
        if modifiers & ~Qt.KeyboardModifier.ShiftModifier:
            return None
        if key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            return partial(self.zoom_by, STEP, self.middle())
        if key in (Qt.Key.Key_Minus, Qt.Key.Key_Underscore):
            return partial(self.zoom_by, 1 / STEP, self.middle())
        if key in (Qt.Key.Key_0, Qt.Key.Key_F):
            return self.zoom_to_fit
        if key in (Qt.Key.Key_1, Qt.Key.Key_2):
            return partial(self.set_zoom, 1.0 if key == Qt.Key.Key_1 else 2.0, self.middle())
        way = next((way for arrow, way in _ARROWS.items() if arrow == key), None)
        if way is not None:
            return partial(self.pan, way[0] * ARROW_SHARE * self.width(), way[1] * ARROW_SHARE * self.height())
        return None

    def update_cursor(self, position: QPointF) -> None:
        """The cursor that says what a press at `position` does."""
        shape = Qt.CursorShape.ArrowCursor
        if self.viewport.pannable:
            shape = Qt.CursorShape.ClosedHandCursor if self.panning else Qt.CursorShape.OpenHandCursor
        self.show_cursor(shape)

    def show_cursor(self, shape: Qt.CursorShape) -> None:
        if self.cursor().shape() != shape:
            self.setCursor(QCursor(shape))

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QNativeGestureEvent) and self._gesture(event):
            return True
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride and self._takes(event):
            # A window may use the same single keys elsewhere; with the focus here they are ours.
            event.accept()
            return True
        return super().event(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        turned = event.angleDelta().y() or event.pixelDelta().y()
        # A trackpad rolls on after the fingers have left; a zoom that did would overshoot what was aimed at.
        if turned and event.phase() != Qt.ScrollPhase.ScrollMomentum:
            self.zoom_by(STEP ** (turned / NOTCH), event.position())
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        action = self.key_action(event.key(), event.modifiers() & _MODIFIERS)
        if action is None:
            super().keyPressEvent(event)
        else:
            action()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() not in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            super().mousePressEvent(event)
            return
        self._pan_from = event.position()
        self.update_cursor(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pan_from is not None:
            moved = event.position() - self._pan_from
            self._pan_from = event.position()
            self.pan(moved.x(), moved.y())
        self.update_cursor(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._pan_from = None
        self.update_cursor(event.position())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.toggle_fit(event.position())

    def enterEvent(self, event: QEnterEvent) -> None:
        self.update_cursor(event.position())
        super().enterEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        if event.reason() != Qt.FocusReason.ActiveWindowFocusReason:
            self._show_ring(event.reason() not in _FOCUS_BY_POINTER)
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._pan_from = None
        # Coming back to the window, one finds the ring as one left it.
        if event.reason() != Qt.FocusReason.ActiveWindowFocusReason:
            self._show_ring(False)
        super().focusOutEvent(event)

    def _takes(self, event: QKeyEvent) -> bool:
        return self.key_action(event.key(), event.modifiers() & _MODIFIERS) is not None

    def _gesture(self, event: QNativeGestureEvent) -> bool:
        kind = event.gestureType()
        if kind == Qt.NativeGestureType.ZoomNativeGesture:
            self.zoom_by(max(0.1, 1 + event.value()), event.position())
        elif kind == Qt.NativeGestureType.SmartZoomNativeGesture:
            self.toggle_fit(event.position())
        else:
            return False
        event.accept()
        return True

    def _show_ring(self, shown: bool) -> None:
        if shown != self._ring:
            self._ring = shown
            self.update()
