"""The models as rows: what there is, and what can be done with each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QCoreApplication, QModelIndex, QObject, QPersistentModelIndex, Qt

from desktop.core.models.catalogue import Model
from desktop.core.models.store import ModelState
from desktop.ui import words

_ROOT = QModelIndex()
_ALIGNMENT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_NAME = 0


@dataclass(frozen=True)
class Entry:
    """One model as it stands.

    Attributes:
        seconds: for a megapixel, as learned on this computer; None where it has not run here.
    """

    model: Model
    state: ModelState
    seconds: float | None = None

    @property
    def ships(self) -> bool:
        return self.model.bundled

    @property
    def here(self) -> bool:
        return self.state is not ModelState.AVAILABLE

    @property
    def installable(self) -> bool:
        """Whether it can be downloaded, or repaired."""
        if self.state is ModelState.DAMAGED:
            return self.ships or bool(self.model.url)
        return self.state is ModelState.AVAILABLE and bool(self.model.url)

    @property
    def removable(self) -> bool:
        return not self.ships and (self.here or self.model.imported)

    @property
    def checkable(self) -> bool:
        return self.state is ModelState.INSTALLED


class ModelsTable(QAbstractTableModel):
    """Name, enlargement, size and state of every model, with what is happening to one of them."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._entries: tuple[Entry, ...] = ()
        self._busy: dict[str, str] = {}

    @property
    def entries(self) -> tuple[Entry, ...]:
        return self._entries

    def show(self, entries: Sequence[Entry]) -> None:
        """Other entries, or the same in other states."""
        if [one.model.id for one in entries] == [one.model.id for one in self._entries]:
            self._entries = tuple(entries)
            self._changed()
            return
        self.beginResetModel()
        self._entries = tuple(entries)
        self.endResetModel()

    def show_busy(self, model_id: str, text: str) -> None:
        """What is happening to a model, in place of its state; nothing where empty."""
        self._busy = {model_id: text} if text else {}
        self._changed()

    def row_of(self, model_id: str) -> int:
        """-1 where there is none."""
        return next((row for row, entry in enumerate(self._entries) if entry.model.id == model_id), -1)

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._entries)

    def columnCount(self, parent: QModelIndex | QPersistentModelIndex = _ROOT) -> int:
        return 0 if parent.isValid() else 4

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return (_tr("Model"), _tr("Enlarges"), _tr("Size"), _tr("State"))[section]
        return _ALIGNMENT if role == Qt.ItemDataRole.TextAlignmentRole else None

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        entry = self._entries[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._text(entry, index.column())
            case Qt.ItemDataRole.TextAlignmentRole:
                return _ALIGNMENT
            case Qt.ItemDataRole.ToolTipRole:
                return entry.model.id
            case Qt.ItemDataRole.AccessibleTextRole:
                return ", ".join(self._text(entry, column) for column in range(4)) if index.column() == _NAME else None
        return None

    def _text(self, entry: Entry, column: int) -> str:
        match column:
            case 0:
                return words.family(entry.model.family)
            case 1:
                return f"×{entry.model.scale}"
            case 2:
                return words.file_size(entry.model.bytes)
        return self._busy.get(entry.model.id) or state_words(entry)

    def _changed(self) -> None:
        if self._entries:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._entries) - 1, 3))


def state_words(entry: Entry) -> str:
    """Where a model stands: "Installed"."""
    if entry.state is ModelState.DAMAGED:
        return _tr("Damaged")
    if entry.ships:
        return _tr("Part of Rekindle")
    if entry.state is ModelState.AVAILABLE:
        return _tr("File is missing") if entry.model.imported else _tr("Not installed")
    return _tr("Imported") if entry.model.imported else _tr("Installed")


def _tr(text: str) -> str:
    return QCoreApplication.translate("ModelsTable", text)
