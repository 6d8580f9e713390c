"""Which folder is watched, and what becomes of the photos that appear in it."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from desktop.core.errors import RekindleError
from desktop.core.models.catalogue import RESTORE_FAMILY, Catalogue
from desktop.core.photo.formats import OUTPUT_FORMATS
from desktop.core.settings import Watching
from desktop.ui import forms, theme, words
from desktop.ui.model_box import ModelBox
from desktop.ui.scale_box import ScaleBox
from desktop.ui.size_dialog import SizeDialog
from desktop.ui.strength import StrengthSlider


class WatchDialog(QDialog):
    """Asks for a folder to be watched and stays open until that is granted.

    Signals:
        watchRequested(watching: Watching, also: bool): the person wants this, with the photos that are there or not.
        stopRequested()
    """

    watchRequested = Signal(object, bool)
    stopRequested = Signal()

    def __init__(self, watching: Watching, catalogue: Catalogue, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("watchDialog")
        self.setWindowTitle(self.tr("Watch a folder"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._before = watching
        self._catalogue = catalogue

        self._folder = QLineEdit(watching.folder)
        self._folder.setObjectName("watchFolder")
        self._output = QLineEdit(watching.output)
        self._output.setObjectName("watchOutput")
        self._scale = ScaleBox()
        self._scale.setObjectName("watchScale")
        self._scale.otherRequested.connect(self._ask_for_size)
        self._model = ModelBox(catalogue, watching.model)
        self._strength = StrengthSlider(watching.strength)
        self._strength_label = forms.label(self.tr("Strength"), self._strength.slider)
        self._best = forms.check(self.tr("Best quality, eight times slower"), watching.self_ensemble)
        self._model.currentIndexChanged.connect(lambda: self._offer_sizes(*self._size))
        self._offer_sizes(watching.scale, watching.target)
        self._format = QComboBox()
        self._format.addItem(self.tr("Same as the photo"), "")
        for entry in OUTPUT_FORMATS:
            self._format.addItem(entry.label, entry.name)
        self._format.setCurrentIndex(max(0, self._format.findData(watching.format)))
        self._quality = forms.spin(1, 100, watching.quality)
        self._also = forms.check(self.tr("Also the photos that are in it already"), False)
        self._also.setObjectName("watchAlso")

        self._form = QWidget()
        form = forms.form(self._form)
        form.setContentsMargins(0, 0, 0, 0)
        form.addRow(forms.label(self.tr("Folder to watch"), self._folder), self._with_button(self._folder))
        form.addRow("", self._also)
        form.addRow(forms.label(self.tr("Folder for results"), self._output), self._with_button(self._output))
        form.addRow(forms.label(self.tr("Enlarge"), self._scale), self._scale)
        form.addRow(forms.label(self.tr("Model"), self._model), self._model)
        form.addRow(self._strength_label, self._strength)
        form.addRow("", self._best)
        form.addRow(forms.label(self.tr("File format"), self._format), self._format)
        form.addRow(forms.label(self.tr("JPEG, WebP, AVIF quality"), self._quality), self._quality)
        for box in (self._folder, self._output, self._also, self._scale, self._model, self._format, self._quality):
            box.setMinimumHeight(theme.CONTROL_HEIGHT)

        promise = forms.quiet(
            self.tr(
                "Photos that appear in the folder are enhanced by themselves while Rekindle is open.\n"
                "The originals stay as they are."
            )
        )
        promise.setWordWrap(True)
        self._trouble = QLabel()
        self._trouble.setObjectName("watchTrouble")
        self._trouble.setWordWrap(True)
        self._trouble.setProperty("failure", True)
        self._trouble.hide()

        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self._start = buttons.addButton(
            self.tr("Save changes") if watching.on else self.tr("Start watching"),
            QDialogButtonBox.ButtonRole.AcceptRole,
        )
        self._start.setObjectName("watchStart")
        self._start.setProperty("primary", True)
        if watching.on:
            stop = buttons.addButton(self.tr("Stop watching"), QDialogButtonBox.ButtonRole.ResetRole)
            stop.setObjectName("watchStop")
            stop.setAutoDefault(False)
            stop.clicked.connect(self._stop)
        for button in buttons.buttons():
            button.setMinimumHeight(theme.CONTROL_HEIGHT)
        buttons.accepted.connect(self._ask)
        buttons.rejected.connect(self.reject)

        self._column = column = QVBoxLayout(self)
        column.setContentsMargins(2 * theme.GRID, 2 * theme.GRID, 2 * theme.GRID, 2 * theme.GRID)
        column.setSpacing(2 * theme.GRID)
        column.addWidget(promise)
        column.addWidget(self._form)
        column.addStretch(1)
        column.addWidget(self._trouble)
        column.addWidget(buttons)
        self._start.setDefault(True)  # which only counts in a window
        self._fit(640)

    def show_trouble(self, error: RekindleError) -> None:
        """Why the folder cannot be watched; the person may choose another."""
        self._wait(False)
        self._trouble.setText(words.error(error))
        self._trouble.show()
        self._folder.setFocus()
        self._fit(self.width())

    def chosen(self) -> Watching:
        """What is to be watched, as the dialog stands."""
        scale, target = self._size
        return replace(
            self._before,
            folder=self._folder.text().strip(),
            output=self._output.text().strip(),
            scale=scale,
            target=target,
            model=self._model.family,
            strength=self._strength.strength,
            self_ensemble=self._best.isChecked(),
            format=self._format.currentData(),
            quality=self._quality.value(),
        )

    def _ask(self) -> None:
        self._trouble.hide()
        self._wait(True)
        self.watchRequested.emit(self.chosen(), self._also.isChecked())

    def _stop(self) -> None:
        self.stopRequested.emit()
        self.accept()

    def _wait(self, waiting: bool) -> None:
        self._form.setEnabled(not waiting)
        self._start.setEnabled(not waiting)

    def _fit(self, width: int) -> None:
        """As high as the words need that are broken at this width."""
        self.resize(width, max(self.height() if self.isVisible() else 0, self._column.totalHeightForWidth(width)))

    @property
    def _size(self) -> tuple[int, str]:
        """A scale, and the size that is asked for in its place; empty for none."""
        choice = self._scale.choice
        return (choice, "") if isinstance(choice, int) else (self._before.scale, choice or "")

    def _offer_sizes(self, scale: int, target: str) -> None:
        """Only the scales that exist for the chosen model; a size can be had with any."""
        self._scale.offer(self._catalogue.offered(self._model.family), scale, target)
        for part in (self._strength_label, self._strength):
            part.setEnabled(self._model.family == RESTORE_FAMILY)

    def _ask_for_size(self) -> None:
        scale, target = self._size
        dialog = SizeDialog(target, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.targetRequested.connect(partial(self._offer_sizes, scale))
        dialog.open()

    def _with_button(self, line: QLineEdit) -> QHBoxLayout:
        choose = QPushButton(self.tr("Choose…"))
        choose.setMinimumHeight(theme.CONTROL_HEIGHT)
        choose.setAutoDefault(False)
        choose.setAccessibleName(
            self.tr("Choose the folder to watch") if line is self._folder else self.tr("Choose the folder for results")
        )
        choose.clicked.connect(lambda: self._choose(line))
        row = QHBoxLayout()
        row.setSpacing(theme.GRID)
        row.addWidget(line, 1)
        row.addWidget(choose)
        return row

    def _choose(self, line: QLineEdit) -> None:
        title = self.tr("Folder to watch") if line is self._folder else self.tr("Folder for results")
        folder = QFileDialog.getExistingDirectory(self, title, line.text() or self._folder.text() or str(Path.home()))
        if folder:
            line.setText(os.path.normpath(folder))
        if folder and line is self._folder and not self._output.text():
            self._output.setText(os.path.join(line.text(), self.tr("Enhanced")))
