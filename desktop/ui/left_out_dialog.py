"""What was not added, and why."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QFont, QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QListView, QPushButton, QVBoxLayout, QWidget

from desktop.core.additions import Additions
from desktop.core.collect import LeftOut, Reason
from desktop.ui import theme, words

_ROOT = QModelIndex()


class LeftOutDialog(QDialog):
    """Lists it by reason, to be read and copied.

    Signals:
        addAnywayRequested(found: list[Found]): photos that are in the queue already shall be queued once more.
    """

    addAnywayRequested = Signal(list)

    def __init__(self, additions: Additions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("leftOutDialog")
        self.setWindowTitle(self.tr("Left out"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._known = additions.known
        summary = QLabel(words.left_out(len(additions.left_out), additions.left_out.folders))
        self._list = _LeftOutList(LeftOutModel(additions.left_out, self))
        self._list.setAccessibleName(self.windowTitle())

        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        copy = buttons.addButton(self.tr("Copy list"), QDialogButtonBox.ButtonRole.ActionRole)
        copy.clicked.connect(self._list.copy_all)
        if self._known:
            anyway = buttons.addButton(
                self.tr("Add {photos} anyway").format(photos=words.photos(len(self._known))),
                QDialogButtonBox.ButtonRole.ActionRole,
            )
            anyway.setObjectName("addAnywayButton")
            anyway.setToolTip(self.tr("Photos that are in the list already get a second row and a second result"))
            anyway.clicked.connect(self._add_anyway)
        buttons.rejected.connect(self.reject)
        for button in buttons.findChildren(QPushButton):
            button.setMinimumHeight(theme.CONTROL_HEIGHT)
            button.setAutoDefault(False)
        close = buttons.button(QDialogButtonBox.StandardButton.Close)
        close.setDefault(True)
        close.setFocus()
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * theme.GRID, 2 * theme.GRID, 2 * theme.GRID, 2 * theme.GRID)
        column.setSpacing(theme.PANEL_MARGIN)
        column.addWidget(summary)
        column.addWidget(self._list, 1)
        column.addWidget(buttons)
        self.resize(620, 420)

    def _add_anyway(self) -> None:
        self.addAnywayRequested.emit(self._known)
        self.accept()


class LeftOutModel(QAbstractListModel):
    """A heading for every reason, and below it the paths."""

    def __init__(self, left_out: LeftOut, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[tuple[str, bool]] = []
        for reason in Reason:
            count = left_out.counts[reason]
            if not count:
                continue
            listed = left_out.listed(reason)
            self._rows.append((f"{words.reason(reason)}: {words.number(count)}", True))
            self._rows += [(path, False) for path in listed]
            if count > len(listed):
                more = self.tr("and {count} more").format(count=words.number(count - len(listed)))
                self._rows.append((more, False))

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def flags(self, index: QModelIndex | QPersistentModelIndex) -> Qt.ItemFlag:
        usual = super().flags(index)
        heading = index.isValid() and self._rows[index.row()][1]
        return usual & ~Qt.ItemFlag.ItemIsSelectable if heading else usual

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        text, heading = self._rows[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return text
            case Qt.ItemDataRole.ToolTipRole:
                return None if heading else text
            case Qt.ItemDataRole.FontRole if heading:
                font = QFont()
                font.setBold(True)
                return font
        return None


class _LeftOutList(QListView):
    """Thousands of lines, of which those in sight are looked at."""

    def __init__(self, model: LeftOutModel) -> None:
        super().__init__()
        self.setModel(model)
        self.setUniformItemSizes(True)
        self.setSpacing(2)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSelectionMode(QListView.SelectionMode.ExtendedSelection)

    def copy_all(self) -> None:
        model = self.model()
        self._copy(range(model.rowCount()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self._copy(sorted(index.row() for index in self.selectedIndexes()))
        else:
            super().keyPressEvent(event)

    def _copy(self, rows: range | list[int]) -> None:
        model = self.model()
        QGuiApplication.clipboard().setText("\n".join(str(model.index(row, 0).data()) for row in rows))
