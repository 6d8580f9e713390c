"""The page of the settings that says where results go and what they are called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QPushButton, QWidget

from desktop.core.jobs import Job, Request
from desktop.core.naming import Example, example_of
from desktop.core.paths import sample_photo
from desktop.core.photo.formats import OUTPUT_FORMATS
from desktop.core.settings import Settings
from desktop.core.workspace import Workspace
from desktop.ui import theme
from desktop.ui.forms import check, form, label, quiet, spin
from desktop.ui.name_field import NameField


class ResultsPage(QWidget):
    """Shows what the settings say of results.

    Signals:
        validChanged(valid: bool): whether what stands there can be kept.
    """

    validChanged = Signal(bool)

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._folder = settings.output_dir
        self._example: Example | None = None

        self.place = QComboBox()
        self.place.addItem(self.tr("Next to the original"), "")
        if self._folder:
            self.place.addItem(self._folder, self._folder)
            self.place.setCurrentIndex(1)
        self.place.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.place.setMinimumContentsLength(28)
        choose = QPushButton(self.tr("Choose folder…"))
        choose.clicked.connect(self._choose_folder)
        place = QHBoxLayout()
        place.setSpacing(theme.GRID)
        place.addWidget(self.place, 1)
        place.addWidget(choose)
        self.structure = check(self.tr("Keep the structure of folders that are added"), settings.keep_structure)

        self.name = NameField(settings.template)
        self.format = QComboBox()
        self.format.addItem(self.tr("Same as the photo"), "")
        for entry in OUTPUT_FORMATS:
            self.format.addItem(entry.label, entry.name)
        self.format.setCurrentIndex(max(0, self.format.findData(settings.format)))
        self.quality = spin(1, 100, settings.quality)
        self.existing = QComboBox()
        self.existing.addItem(self.tr("Keep both, number the new one"), "rename")
        self.existing.addItem(self.tr("Skip the photo"), "skip")
        self.existing.addItem(self.tr("Replace the earlier result"), "overwrite")
        self.existing.setCurrentIndex(max(0, self.existing.findData(settings.existing)))
        self.lossless = check(self.tr("WebP without loss"), settings.lossless)
        self.lossless.setToolTip(self.tr("Larger files, and every pixel as it is. Photos that were so stay so."))
        self.progressive = check(self.tr("Progressive JPEG"), settings.progressive)
        self.progressive.setToolTip(
            self.tr("Shows coarsely at once on slow connections, then ever finer. Photos that were so stay so.")
        )
        self.dates = check(self.tr("Give results the dates of the original files"), settings.keep_dates)
        self.dates.setToolTip(self.tr("When a file was created cannot be changed, only when it was last edited."))

        rows = form(self)
        rows.addRow(label(self.tr("Save results"), self.place), place)
        rows.addRow("", self.structure)
        rows.addRow(label(self.tr("Name"), self.name), self.name)
        rows.addRow("", self.name.answer)
        rows.addRow(label(self.tr("If the result exists"), self.existing), self.existing)
        rows.addRow("", quiet(self.tr("The original is never replaced.")))
        rows.addRow(label(self.tr("File format"), self.format), self.format)
        rows.addRow(label(self.tr("JPEG, WebP, AVIF quality"), self.quality), self.quality)
        rows.addRow("", self.progressive)
        rows.addRow("", self.lossless)
        rows.addRow("", self.dates)
        for box in (self.place, choose, self.format, self.quality, self.existing):
            box.setMinimumHeight(theme.CONTROL_HEIGHT)

        self.name.validChanged.connect(self.validChanged)
        self.format.currentIndexChanged.connect(lambda _row: self.name.refresh())
        self.place.currentIndexChanged.connect(lambda _row: self._show_place())
        self._show_place()

    def show_example(self, example: Example | None) -> None:
        """The photo that shows what comes of a name, if there is one."""
        self._example = example
        if example is not None:
            self.name.use(self._names)

    def chosen(self, before: Settings) -> Settings:
        """The settings as the page stands; what it does not show is as ``before``."""
        return replace(
            before,
            output_dir=self.place.currentData(),
            keep_structure=self.structure.isChecked(),
            template=self.name.template,
            format=self.format.currentData(),
            quality=self.quality.value(),
            existing=self.existing.currentData(),
            lossless=self.lossless.isChecked(),
            progressive=self.progressive.isChecked(),
            keep_dates=self.dates.isChecked(),
        )

    def _names(self, template: str) -> tuple[str, str]:
        assert self._example is not None
        folder = self.place.currentData()
        name = self._example.name(
            template=template, format=self.format.currentData() or None, output=Path(folder) if folder else None
        )
        return self._example.request.path.name, name

    def _show_place(self) -> None:
        folder = self.place.currentData()
        self.place.setToolTip(folder)
        self.structure.setEnabled(bool(folder))
        self.name.refresh()

    def _choose_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, self.tr("Folder for results"), self._folder or str(Path.home()))
        if not folder:
            return
        self._folder = folder
        if self.place.count() == 1:
            self.place.addItem(folder, folder)
        else:
            self.place.setItemText(1, folder)
            self.place.setItemData(1, folder)
        self.place.setCurrentIndex(1)
        self._show_place()


def example_task(job: Job | None, settings: Settings, workspace: Workspace) -> Callable[[], Example | None]:
    """Finds a photo that shows how results are named: the one that is looked at, or the sample."""
    sample = Request(sample_photo(), model=settings.model, scale=settings.scale, target=settings.target)
    requests = [job.request, sample] if job is not None else [sample]
    return lambda: example_of(requests, workspace.catalogue, workspace.reader.glance)
