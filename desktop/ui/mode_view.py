"""A divided view with modes, and with a look at before for as long as a key or the mouse is held."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QWidget

from desktop.ui.comparison_layout import DIFFERENCE, FLIP, MODES, SIDE_BY_SIDE, SPLIT
from desktop.ui.divided_view import DividedView
from desktop.ui.navigable_view import Action

MODE_KEYS = {
    Qt.Key.Key_S: SPLIT,
    Qt.Key.Key_P: SIDE_BY_SIDE,
    Qt.Key.Key_T: FLIP,
    Qt.Key.Key_D: DIFFERENCE,
}


class ModeView(DividedView):
    """Knows how two pictures are to be compared; a subclass knows and draws them.

    Beside the keys of `DividedView`: Space shows before while it is held; S, P, T and D choose split, side by side (a
    pair), flip (to turn over) and difference.

    Signals:
        modeChanged(str): one of `comparison_layout.MODES`
        peekChanged(bool): before is shown in place of everything, or no longer
    """

    modeChanged = Signal(str)
    peekChanged = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._mode = SPLIT
        self._peek = False

    @property
    def mode(self) -> str:
        """One of `comparison_layout.MODES`; setting anything else raises ValueError."""
        return self._mode

    @mode.setter
    def mode(self, mode: str) -> None:
        if mode not in MODES:
            raise ValueError(f"mode {mode!r} is none of {', '.join(MODES)}")
        if mode != self._mode:
            self._mode = mode
            self.release_divider()
            self.relayout()
            self.update()
            self.modeChanged.emit(mode)

    @property
    def peek(self) -> bool:
        return self._peek

    @property
    def comparable(self) -> bool:
        """Whether there are two pictures. For subclasses."""
        return True

    @property
    def divided(self) -> bool:
        return self._mode == SPLIT and self.comparable and not self._peek

    def key_action(self, key: int, modifiers: Qt.KeyboardModifier) -> Action | None:
        if not modifiers & ~Qt.KeyboardModifier.ShiftModifier:
            if key == Qt.Key.Key_Space:
                return partial(self._set_peek, True)
            mode = next((mode for each, mode in MODE_KEYS.items() if each == key), None)
            if mode is not None:
                return partial(setattr, self, "mode", mode)
        return super().key_action(key, modifiers)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() != Qt.Key.Key_Space:
            super().keyReleaseEvent(event)
        elif not event.isAutoRepeat():
            self._set_peek(False)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._set_peek(False)  # the key's release will go to another widget
        super().focusOutEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._mode == FLIP and self.comparable:
            self._set_peek(True)
        else:
            super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._set_peek(False)
        super().mouseReleaseEvent(event)

    def _set_peek(self, peek: bool) -> None:
        if peek != self._peek:
            self._peek = peek
            self.update()
            self.peekChanged.emit(peek)
