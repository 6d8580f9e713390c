"""The box a result's size is chosen from: some times larger, or a size in pixels or on paper."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QWidget

from desktop.core.choices import closest_scale
from desktop.ui import size_words
from desktop.ui.door_box import DoorBox


class ScaleBox(DoorBox):
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
        self._target = ""
        self.setAccessibleName(_tr("Enlarge"))

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
            self.choose_row(self.findData(wanted))
            if self.count():
                self.add_door(_tr("Other size…"))
                self.setItemData(
                    self.count() - 1, _tr("Pixels, megapixels, or a size to print in"), Qt.ItemDataRole.ToolTipRole
                )

    def chosen(self, row: int) -> None:
        data = self.itemData(row)
        if isinstance(data, int):
            self.scaleChosen.emit(data)
        else:
            self.targetChosen.emit(data)

    def opened(self) -> None:
        self.otherRequested.emit()


def _tr(text: str) -> str:
    return QCoreApplication.translate("ScaleBox", text)
