"""A box whose last row is no choice but a door to more."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QComboBox, QWidget


class DoorBox(QComboBox):
    """Rows with data, and after them, if there is one, a line and a door, which has none.

    Whoever inherits fills it, and says in `opened` what lies behind the door.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._before = 0
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.currentIndexChanged.connect(self._note)
        self.activated.connect(self._leave_door)

    def opened(self) -> None:
        """The person has gone to the door; what was chosen before stands in the box again."""
        raise NotImplementedError

    def chosen(self, _row: int) -> None:
        """A row with data has become the choice."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # nothing is changed by scrolling past it

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys walk through the choices and stop at the last."""
        last = self._last()
        match event.key():
            case Qt.Key.Key_Down | Qt.Key.Key_PageDown if not event.modifiers() and self.currentIndex() >= last:
                event.accept()
            case Qt.Key.Key_End:
                self.setCurrentIndex(last)
            case _:
                super().keyPressEvent(event)

    def choose_row(self, row: int) -> None:
        """Without a word to anybody where signals are blocked; the first row where there is no such one."""
        self._before = max(0, row)
        self.setCurrentIndex(self._before)

    def add_door(self, text: str) -> None:
        self.insertSeparator(self.count())
        self.addItem(text)

    def _is_door(self, row: int) -> bool:
        return self.itemData(row) is None

    def _last(self) -> int:
        row = self.count() - 1
        return row - 2 if row >= 0 and self._is_door(row) else row

    def _note(self, row: int) -> None:
        if not self._is_door(row):
            self._before = row
            self.chosen(row)

    def _leave_door(self, row: int) -> None:
        if self._is_door(row):
            with QSignalBlocker(self):
                self.setCurrentIndex(self._before)
            self.opened()
