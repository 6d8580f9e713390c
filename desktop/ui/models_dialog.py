"""Which models there are: install, import, check, remove."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLocale, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QMessageBox,
    QProgressBar,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from desktop.core.models.store import ModelState
from desktop.ui import theme, words
from desktop.ui.models_table import Entry, ModelsTable, state_words

_STEPS = 1000
_MANY = 1_000_000
_WIDTHS = ("×88 mmmm", "888.8 MBmm", "Downloading 100 %mm")


class ModelsDialog(QDialog):
    """A table of models, and below it what is known of the one that is chosen and what can be done with it.

    Signals:
        installRequested(id: str), removeRequested(id: str), checkRequested(id: str), cancelRequested()
        importRequested(path: Path)
    """

    installRequested = Signal(str)
    removeRequested = Signal(str)
    checkRequested = Signal(str)
    cancelRequested = Signal()
    importRequested = Signal(Path)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("modelsDialog")
        self.setWindowTitle(self.tr("Models"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._busy = ""
        self._wanted = ""
        self._summary = QLabel(self.tr("Looking for models…"))
        self.table = ModelsTable(self)
        self.view = _view(self.table)
        self.view.setAccessibleName(self.windowTitle())
        self._name = QLabel()
        self._name.setTextFormat(Qt.TextFormat.PlainText)
        self._about = _wrapped(3, links=True)
        self._message = _wrapped(2)
        self._message.setTextFormat(Qt.TextFormat.PlainText)
        self._message.setObjectName("modelsMessage")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(4)
        self._bar.setRange(0, _STEPS)
        policy = self._bar.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # nothing may jump when a download begins
        self._bar.setSizePolicy(policy)
        self.install = self._button(self.tr("Install"), "installButton")
        self.cancel = self._button(self.tr("Cancel"), "cancelInstallButton")
        self.check = self._button(self.tr("Check"), "checkButton")
        self.check.setToolTip(self.tr("Reads the whole file again and compares it with what it has to be"))
        self.remove = self._button(self.tr("Remove"), "removeButton")
        self.load = self._button(self.tr("Import a file…"), "importButton")
        self.load.setToolTip(self.tr("A model of your own: a TensorFlow graph (.pb) of EDSR, FSRCNN, ESPCN or LapSRN"))
        self._lay_out()
        self.view.selectionModel().currentRowChanged.connect(lambda _now, _before: self._show_current(forget=True))
        self.install.clicked.connect(lambda: self.installRequested.emit(self._id))
        self.check.clicked.connect(lambda: self.checkRequested.emit(self._id))
        self.cancel.clicked.connect(self._give_up)
        self.remove.clicked.connect(self._remove)
        self.load.clicked.connect(self._choose_file)
        self._show_current()

    def show_entries(self, entries: Sequence[Entry]) -> None:
        """What there is now; the chosen model stays chosen."""
        chosen = self._wanted or self._id
        self._wanted = ""
        self.table.show(entries)
        row = max(0, self.table.row_of(chosen))
        if entries and row != self.view.currentIndex().row():
            message, failed = self._message.text(), bool(self._message.property("failure"))
            self.view.setCurrentIndex(self.table.index(row, 0))
            self._say(message, failed=failed)
        here = sum(one.here for one in entries)
        self._summary.setText(
            self.tr("{here} of {all} models are on this computer.").format(
                here=words.number(here), all=words.number(len(entries))
            )
        )
        self._show_current()

    def show_busy(self, model_id: str, text: str, part: float | None = None) -> None:
        """Something is being done, until ``show_idle``.

        Args:
            model_id: with which model; empty for a file that is being looked at.
            text: what, such as "Downloading".
            part: of it, 0..1; None where that is not known.
        """
        self._busy = model_id or "?"
        shown = text
        if part is not None:
            shown = self.tr("Downloading {percent} %").format(percent=words.percent(part))
        self.table.show_busy(model_id, shown)
        self._bar.setRange(0, 0 if part is None else _STEPS)
        if part is not None:
            self._bar.setValue(round(part * _STEPS))
        self._say(text)
        self._show_current()

    def show_idle(self, message: str = "", *, failed: bool = False, chosen: str = "") -> None:
        """Nothing is being done any more.

        Args:
            message: how it ended.
            chosen: the model to look at next, once it is listed.
        """
        self._busy = ""
        self._wanted = chosen
        self.table.show_busy("", "")
        self._say(message, failed=failed)
        self._show_current()

    @property
    def message(self) -> str:
        return self._message.text()

    @property
    def _entry(self) -> Entry | None:
        row = self.view.currentIndex().row()
        return self.table.entries[row] if 0 <= row < len(self.table.entries) else None

    @property
    def _id(self) -> str:
        return self._entry.model.id if self._entry else ""

    def _show_current(self, *, forget: bool = False) -> None:
        entry, busy = self._entry, bool(self._busy)
        if forget and not busy:
            self._say("")
        self._name.setText(f"{words.family(entry.model.family)} ×{entry.model.scale}" if entry else "")
        self._about.setText(self._describe(entry) if entry else "")
        self._bar.setVisible(busy)
        self.cancel.setVisible(busy)
        self.load.setEnabled(not busy)
        shown = {
            self.install: entry is not None and entry.installable,
            self.check: entry is not None and entry.checkable,
            self.remove: entry is not None and entry.removable,
        }
        for button, visible in shown.items():
            button.setVisible(visible and not busy)
        if entry is not None:
            damaged = entry.state is ModelState.DAMAGED
            size = words.file_size(entry.model.bytes)
            text = self.tr("Repair") if damaged else self.tr("Install, {size}").format(size=size)
            self.install.setText(text)

    def _describe(self, entry: Entry) -> str:
        model = entry.model
        facts = [state_words(entry), self._parameters(model.parameters)]
        if entry.seconds is not None:
            span = words.duration(max(entry.seconds, 1)) if entry.seconds >= 1 else self.tr("less than a second")
            facts.append(self.tr("about {time} per megapixel here").format(time=span))
        if model.licence:
            facts.append(self.tr("Licence: {name}").format(name=model.licence))
        if model.home:
            facts.append(f'<a href="{model.home}">{self.tr("Home page")}</a>')
        return f"{QCoreApplication.translate('models', model.advice)}<br>{' · '.join(facts)}"

    def _parameters(self, count: int) -> str:
        if count < _MANY:
            return self.tr("{count} parameters").format(count=words.number(count))
        return self.tr("{count} million parameters").format(count=QLocale().toString(count / 1e6, "f", 1))

    def _say(self, text: str, *, failed: bool = False) -> None:
        self._message.setText(text)
        self._message.setProperty("failure", failed)
        self._message.style().unpolish(self._message)
        self._message.style().polish(self._message)

    def _give_up(self) -> None:
        self._say(self.tr("Stopping…"))
        self.cancelRequested.emit()

    def _remove(self) -> None:
        entry = self._entry
        if entry is None:
            return
        if not entry.model.imported:
            self.removeRequested.emit(entry.model.id)
            return
        question = QMessageBox(
            QMessageBox.Icon.Question,
            self.tr("Remove a model"),
            self.tr("Remove “{name}”? Rekindle cannot get it back: import its file again if you still have it.").format(
                name=words.family(entry.model.family)
            ),
            QMessageBox.StandardButton.Cancel,
            self,
        )
        question.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        remove = question.addButton(self.tr("Remove"), QMessageBox.ButtonRole.DestructiveRole)
        remove.setObjectName("reallyRemoveButton")
        remove.clicked.connect(lambda: self.removeRequested.emit(entry.model.id))
        question.open()

    def _choose_file(self) -> None:
        name, _ = QFileDialog.getOpenFileName(
            self,
            self.tr("Import a model"),
            "",
            ";;".join((self.tr("Models ({patterns})").format(patterns="*.pb *.PB"), self.tr("All files (*)"))),
        )
        if name:
            self.importRequested.emit(Path(name))

    def _button(self, text: str, name: str) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.setMinimumHeight(theme.CONTROL_HEIGHT)
        button.setAutoDefault(False)
        return button

    def _lay_out(self) -> None:
        font = self._name.font()
        font.setBold(True)
        self._name.setFont(font)
        chosen = QHBoxLayout()
        chosen.setSpacing(theme.GRID)
        chosen.addWidget(self._name, 1)
        for button in (self.install, self.cancel, self.check, self.remove):
            chosen.addWidget(button)
        name_room = QWidget()  # as high with buttons as without
        name_room.setLayout(chosen)
        chosen.setContentsMargins(0, 0, 0, 0)
        name_room.setMinimumHeight(theme.CONTROL_HEIGHT)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        close = buttons.button(QDialogButtonBox.StandardButton.Close)
        close.setMinimumHeight(theme.CONTROL_HEIGHT)
        close.setAutoDefault(False)
        foot = QHBoxLayout()
        foot.addWidget(self.load)
        foot.addStretch()
        foot.addWidget(buttons)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * theme.GRID, 2 * theme.GRID, 2 * theme.GRID, 2 * theme.GRID)
        column.setSpacing(theme.PANEL_MARGIN)
        column.addWidget(self._summary)
        column.addWidget(self.view, 1)
        column.addWidget(name_room)
        column.addWidget(self._about)
        column.addWidget(self._bar)
        column.addWidget(self._message)
        column.addLayout(foot)
        self.resize(680, 620)


def _wrapped(lines: int, *, links: bool = False) -> QLabel:
    """Text of several lines, for which there is always room."""
    label = QLabel()
    label.setWordWrap(True)
    label.setMinimumHeight(lines * label.fontMetrics().lineSpacing())
    label.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
    label.setOpenExternalLinks(links)
    return label


def _view(table: ModelsTable) -> QTableView:
    view = QTableView()
    view.setModel(table)
    view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    view.setShowGrid(False)
    view.setTabKeyNavigation(False)
    view.setWordWrap(False)
    view.setTextElideMode(Qt.TextElideMode.ElideMiddle)
    view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    view.verticalHeader().hide()
    view.verticalHeader().setDefaultSectionSize(theme.CONTROL_HEIGHT - 4)
    header = view.horizontalHeader()
    header.setHighlightSections(False)
    header.setSectionsClickable(False)
    header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    for column, text in enumerate(_WIDTHS, start=1):
        header.resizeSection(column, view.fontMetrics().horizontalAdvance(text) + theme.GRID)
    view.setItemDelegate(_Rows(view))
    return view


class _Rows(QStyledItemDelegate):
    """Shows which row is chosen, and no cell of it apart."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        super().initStyleOption(option, index)
        option.state &= ~QStyle.StateFlag.State_HasFocus
