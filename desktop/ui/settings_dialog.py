"""The choices that need no place in the main window."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from desktop.core import memory
from desktop.core.paths import Folders
from desktop.core.photo.formats import OUTPUT_FORMATS
from desktop.core.settings import Settings
from desktop.ui import theme


class SettingsDialog(QDialog):
    """Shows settings and hands back changed ones.

    Signals:
        settingsRequested(settings: Settings): the person wants these.
    """

    settingsRequested = Signal(object)

    def __init__(self, settings: Settings, folders: Folders, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("settingsDialog")
        self.setWindowTitle(self.tr("Settings"))
        self._before = settings
        self._folder = settings.output_dir

        self._place = QComboBox()
        self._place.addItem(self.tr("Next to the original"), "")
        if self._folder:
            self._place.addItem(self._folder, self._folder)
            self._place.setCurrentIndex(1)
        self._place.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._place.setMinimumContentsLength(28)
        choose = QPushButton(self.tr("Choose folder…"))
        choose.clicked.connect(self._choose_folder)
        place = QHBoxLayout()
        place.setSpacing(theme.GRID)
        place.addWidget(self._place, 1)
        place.addWidget(choose)

        self._format = QComboBox()
        self._format.addItem(self.tr("Same as the photo"), "")
        for entry in OUTPUT_FORMATS:
            self._format.addItem(entry.label, entry.name)
        self._format.setCurrentIndex(max(0, self._format.findData(settings.format)))

        self._quality = _spin(1, 100, settings.quality)
        self._existing = QComboBox()
        self._existing.addItem(self.tr("Keep both, number the new one"), "rename")
        self._existing.addItem(self.tr("Skip the photo"), "skip")
        self._existing.addItem(self.tr("Replace the earlier result"), "overwrite")
        self._existing.setCurrentIndex(max(0, self._existing.findData(settings.existing)))

        self._memory = _spin(0, 1_000_000, settings.memory_mib, self.tr(" MiB"), 256)
        self._memory.setSpecialValueText(self.tr("Automatic ({size} MiB)").format(size=memory.default_budget_mib()))
        self._limit = _spin(1, 100_000, settings.max_megapixels, self.tr(" megapixels"), 100)

        form = QFormLayout()
        form.setLabelAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setHorizontalSpacing(theme.PANEL_MARGIN)
        form.setVerticalSpacing(theme.GRID)
        form.addRow(_label(self.tr("Save results"), self._place), place)
        form.addRow(_label(self.tr("File format"), self._format), self._format)
        form.addRow(_label(self.tr("JPEG and WebP quality"), self._quality), self._quality)
        form.addRow(_label(self.tr("If the result exists"), self._existing), self._existing)
        form.addRow("", _quiet(self.tr("The original is never replaced.")))
        form.addRow(_label(self.tr("Memory for enhancing"), self._memory), self._memory)
        form.addRow(_label(self.tr("Largest result"), self._limit), self._limit)
        where = QLabel(self.tr("Models and settings are kept in {folder}").format(folder=folders.data))
        where.setProperty("quiet", True)
        where.setWordWrap(True)
        where.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)

        for box in (self._place, choose, self._format, self._quality, self._existing, self._memory, self._limit):
            box.setMinimumHeight(theme.CONTROL_HEIGHT)

        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * theme.GRID, 2 * theme.GRID, 2 * theme.GRID, 2 * theme.GRID)
        column.setSpacing(2 * theme.GRID)
        column.addLayout(form)
        column.addWidget(where)
        column.addWidget(buttons)

    def accept(self) -> None:
        self.settingsRequested.emit(self.chosen())
        super().accept()

    def chosen(self) -> Settings:
        """The settings as the dialog stands."""
        return replace(
            self._before,
            output_dir=self._place.currentData(),
            format=self._format.currentData(),
            quality=self._quality.value(),
            existing=self._existing.currentData(),
            memory_mib=self._memory.value(),
            max_megapixels=self._limit.value(),
        )

    def _choose_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, self.tr("Folder for results"), self._folder or str(Path.home()))
        if not folder:
            return
        self._folder = folder
        if self._place.count() == 1:
            self._place.addItem(folder, folder)
        else:
            self._place.setItemText(1, folder)
            self._place.setItemData(1, folder)
        self._place.setCurrentIndex(1)


def _label(text: str, control: QWidget) -> QLabel:
    label = QLabel(text)
    label.setBuddy(control)
    label.setMinimumHeight(theme.CONTROL_HEIGHT)  # stands level with its control
    return label


def _spin(low: int, high: int, value: int, suffix: str = "", step: int = 1) -> QSpinBox:
    spin = QSpinBox()
    spin.setRange(low, high)
    spin.setSingleStep(step)
    spin.setSuffix(suffix)
    spin.setGroupSeparatorShown(True)
    spin.setValue(value)
    return spin


def _quiet(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("quiet", True)
    return label
