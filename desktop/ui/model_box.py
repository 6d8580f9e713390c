"""The box a family of models is chosen from, with a way to those that are not here yet."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QComboBox, QWidget

from desktop.core.models.catalogue import AUTO_FAMILY, Catalogue
from desktop.ui import words

_WIDEST = 24  # characters; what the person imported may be called anything


class ModelBox(QComboBox):
    """Automatic first, then what is here; last, if wished, a door to more, which is never the choice itself.

    Signals:
        moreRequested(): the person wants to see which other models there are.
    """

    moreRequested = Signal()

    def __init__(self, catalogue: Catalogue, chosen: str, *, more: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._more = more
        self._before = 0
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.setAccessibleName(_tr("Model"))
        self.offer(catalogue, chosen)
        self.activated.connect(self._leave_more)
        self.currentIndexChanged.connect(self._note)

    @property
    def family(self) -> str:
        """What is chosen."""
        return str(self.itemData(self._before))

    def offer(self, catalogue: Catalogue, chosen: str) -> None:
        """Other models; without a word to anybody, as far as what was chosen is among them."""
        with QSignalBlocker(self):
            self.clear()
            for family in catalogue.choices:
                name = family_name(family)
                self.addItem(name if len(name) <= _WIDEST else f"{name[: _WIDEST - 1]}…", family)
                self.setItemData(self.count() - 1, name, Qt.ItemDataRole.ToolTipRole)
            self._before = max(0, self.findData(chosen))
            self.setCurrentIndex(self._before)
            if self._more:
                self.insertSeparator(self.count())
                self.addItem(_tr("More models…"))

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # a model is not changed by scrolling past it

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys walk through the models and stop at the last."""
        last = self.count() - 1 - (2 if self._more else 0)
        match event.key():
            case Qt.Key.Key_Down | Qt.Key.Key_PageDown if not event.modifiers() and self.currentIndex() >= last:
                event.accept()
            case Qt.Key.Key_End:
                self.setCurrentIndex(last)
            case _:
                super().keyPressEvent(event)

    def _is_more(self, row: int) -> bool:
        return self._more and row == self.count() - 1

    def _note(self, row: int) -> None:
        if not self._is_more(row):
            self._before = row

    def _leave_more(self, row: int) -> None:
        if self._is_more(row):
            with QSignalBlocker(self):
                self.setCurrentIndex(self._before)
            self.moreRequested.emit()


def family_name(family: str) -> str:
    """A family as people read it: "EDSR baseline", "Automatic"."""
    if family == AUTO_FAMILY:
        return _tr("Automatic")
    return words.family(family)


def _tr(text: str) -> str:
    return QCoreApplication.translate("ModelBox", text)
