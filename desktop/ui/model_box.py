"""The box a family of models is chosen from, with a way to those that are not here yet."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QWidget

from desktop.core.models.catalogue import AUTO_FAMILY, Catalogue
from desktop.ui import words
from desktop.ui.door_box import DoorBox

_WIDEST = 24  # characters; what the person imported may be called anything


class ModelBox(DoorBox):
    """Automatic first, then what is here; last, if wished, a door to more, which is never the choice itself.

    Signals:
        moreRequested(): the person wants to see which other models there are.
    """

    moreRequested = Signal()

    def __init__(self, catalogue: Catalogue, chosen: str, *, more: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._more = more
        self.setAccessibleName(_tr("Model"))
        self.offer(catalogue, chosen)

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
            self.choose_row(self.findData(chosen))
            if self._more:
                self.add_door(_tr("More models…"))

    def opened(self) -> None:
        self.moreRequested.emit()


def family_name(family: str) -> str:
    """A family as people read it: "EDSR baseline", "Automatic"."""
    if family == AUTO_FAMILY:
        return _tr("Automatic")
    return words.family(family)


def _tr(text: str) -> str:
    return QCoreApplication.translate("ModelBox", text)
