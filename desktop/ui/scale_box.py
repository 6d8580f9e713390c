"""The box a result's size is chosen from: some times larger, or a size in pixels or on paper."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QComboBox, QWidget

from desktop.core.choices import closest_scale
from desktop.ui import size_words


class ScaleBox(QComboBox):
    """Scales, whose item data are whole numbers; a size that was asked for, whose data are its text; last a door.

    Signals:
        scaleChosen(scale: int), targetChosen(text: str): as soon as another one stands there.
        otherRequested(): the person wants a size that does not stand here, or to change the one that does.
    """

    scaleChosen = Signal(int)
    targetChosen = Signal(str)
    otherRequested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._before = 0
        self._target = ""
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.setAccessibleName(_tr("Enlarge"))
        self.currentIndexChanged.connect(self._note)
        self.activated.connect(self._leave_door)

    @property
    def choice(self) -> int | str | None:
        """A scale, or a size as text; None where nothing can be chosen."""
        chosen: int | str | None = self.itemData(self._before)
        return chosen

    def offer(self, scales: Sequence[int], scale: int, target: str) -> None:
        """Other scales, of which the closest to this one is chosen, or a size; without a word to anybody."""
        self._target = target or self._target
        with QSignalBlocker(self):
            self.clear()
            for each in scales:
                self.addItem(f"×{each}", each)
            if self._target:
                self.addItem(size_words.target(self._target), self._target)
            wanted: int | str = target or closest_scale(scales, scale)
            self._before = max(0, self.findData(wanted))
            self.setCurrentIndex(self._before)
            if self.count():
                self.insertSeparator(self.count())
                self.addItem(_tr("Other size…"))
                self.setItemData(
                    self.count() - 1, _tr("Pixels, megapixels, or a size to print in"), Qt.ItemDataRole.ToolTipRole
                )

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # a size is not changed by scrolling past it

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys walk through the sizes and stop at the last."""
        last = self.count() - 3
        match event.key():
            case Qt.Key.Key_Down | Qt.Key.Key_PageDown if not event.modifiers() and self.currentIndex() >= last:
                event.accept()
            case Qt.Key.Key_End:
                self.setCurrentIndex(last)
            case _:
                super().keyPressEvent(event)

    def _note(self, row: int) -> None:
        chosen = self.itemData(row)
        if chosen is None:
            return
        self._before = row
        if isinstance(chosen, int):
            self.scaleChosen.emit(chosen)
        else:
            self.targetChosen.emit(chosen)

    def _leave_door(self, row: int) -> None:
        if self.itemData(row) is None:
            with QSignalBlocker(self):
                self.setCurrentIndex(self._before)
            self.otherRequested.emit()


def _tr(text: str) -> str:
    return QCoreApplication.translate("ScaleBox", text)
