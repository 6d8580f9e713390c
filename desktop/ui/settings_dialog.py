"""The choices that need no place in the main window."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QTabWidget, QVBoxLayout, QWidget

from desktop.core import memory, priority
from desktop.core.engines.available import titles
from desktop.core.engines.base import EXACT, FAST
from desktop.core.engines.choosing import Gain
from desktop.core.paths import Folders
from desktop.core.results import Remembered
from desktop.core.settings import Settings
from desktop.ui import theme
from desktop.ui.choice_box import ChoiceBox
from desktop.ui.forms import Explanation, form, label, quiet, spin
from desktop.ui.remembered_row import RememberedRow
from desktop.ui.settings_carried import CarriedPage
from desktop.ui.settings_results import ResultsPage
from desktop.ui.switch import Switch


class SettingsDialog(QDialog):
    """Shows settings and hands back changed ones.

    Signals:
        settingsRequested(settings: Settings): the person wants these.
        forgetRequested(): the person wants what is remembered of finished results to be forgotten, now.
    """

    settingsRequested = Signal(object)
    forgetRequested = Signal()

    def __init__(self, settings: Settings, folders: Folders, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("settingsDialog")
        self.setWindowTitle(self.tr("Settings"))
        self._before = settings

        self.results = ResultsPage(settings)
        self.carried = CarriedPage(settings)
        self._precision = ChoiceBox()
        self._precision.setObjectName("precisionBox")
        self._precision.offer([(self.tr("Fast"), FAST), (self.tr("Exact"), EXACT)], settings.precision)
        self._spare = spin(0, max(1, priority.usable_cores() - 1, settings.spare_cores), settings.spare_cores)
        self._spare.setSpecialValueText(self.tr("None: the window stays smooth all the same"))
        self._memory = spin(0, 1_000_000, settings.memory_mib, self.tr(" MiB"), 256)
        self._memory.setSpecialValueText(self.tr("Automatic ({size} MiB)").format(size=memory.default_budget_mib()))
        self._limit = spin(1, 100_000, settings.max_megapixels, self.tr(" megapixels"), 100)

        self._switches = {
            "reuse_results": Switch(
                self.tr("Copy results that are finished already instead of making them again"), settings.reuse_results
            ),
            "start_at_once": Switch(self.tr("Enhance photos as soon as they are added"), settings.start_at_once),
            "preview_when_idle": Switch(
                self.tr("Preview the part I look at while there is nothing else to do"), settings.preview_when_idle
            ),
            "keep_awake": Switch(self.tr("Keep the computer awake while photos are enhanced"), settings.keep_awake),
            "pause_on_battery": Switch(self.tr("Pause while the computer runs on battery"), settings.pause_on_battery),
            "notify": Switch(self.tr("Notify me when all photos are done"), settings.notify),
        }

        self._remembered = RememberedRow()
        self._remembered.forgetRequested.connect(self.forgetRequested)
        work = QWidget()
        rows = form(work)
        rows.addRow(label(self.tr("Calculation"), self._precision), self._precision)
        self._told = Explanation("")
        rows.addRow("", self._told)
        self.show_gain(None)
        known = titles()
        if len(known) > 1:
            fastest = self.tr("The fastest of these calculates: {engines}.").format(engines=", ".join(known))
            rows.addRow("", Explanation(fastest))
        rows.addRow(label(self.tr("Cores left free"), self._spare), self._spare)
        rows.addRow(label(self.tr("Memory for enhancing"), self._memory), self._memory)
        rows.addRow(label(self.tr("Largest result"), self._limit), self._limit)
        for switch in self._switches.values():
            rows.addRow("", switch)
            if switch is self._switches["reuse_results"]:
                rows.addRow("", self._remembered)
        pages = QTabWidget()
        pages.addTab(self.results, self.tr("Results"))
        pages.addTab(self.carried, self.tr("Photo data"))
        pages.addTab(work, self.tr("Work"))
        where = quiet(self.tr("Models and settings are kept in {folder}").format(folder=folders.data))
        where.setWordWrap(True)
        where.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)

        for box in (self._precision, self._spare, self._memory, self._limit):
            box.setMinimumHeight(theme.CONTROL_HEIGHT)

        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self.results.validChanged.connect(buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * theme.GRID, 2 * theme.GRID, 2 * theme.GRID, 2 * theme.GRID)
        column.setSpacing(2 * theme.GRID)
        column.addWidget(pages, 1)
        column.addWidget(where)
        column.addWidget(buttons)

    def accept(self) -> None:
        self.settingsRequested.emit(self.chosen())
        super().accept()

    def chosen(self) -> Settings:
        """The settings as the dialog stands."""
        return replace(
            self.carried.chosen(self.results.chosen(self._before)),
            precision=str(self._precision.choice),
            spare_cores=self._spare.value(),
            reuse_results=self._switches["reuse_results"].on,
            memory_mib=self._memory.value(),
            max_megapixels=self._limit.value(),
            start_at_once=self._switches["start_at_once"].on,
            preview_when_idle=self._switches["preview_when_idle"].on,
            keep_awake_asked=self._before.keep_awake_asked or self._switches["keep_awake"].on,
            keep_awake=self._switches["keep_awake"].on,
            pause_on_battery=self._switches["pause_on_battery"].on,
            notify=self._switches["notify"].on,
        )

    def show_gain(self, gain: Gain | None) -> None:
        """What fast arithmetic gives and costs on this computer, where that is known."""
        if gain is None:
            gives = self.tr(
                "Fast rounds numbers while it calculates: about three times as fast, and off by half a grey level of "
                "255, which no eye can tell."
            )
        else:
            gives = self.tr(
                "Fast rounds numbers while it calculates: on this computer {times} times as fast, and off by {levels} "
                "grey levels of 255, which no eye can tell."
            ).format(
                times=self.locale().toString(gain.times, "f", 1), levels=self.locale().toString(gain.levels, "f", 1)
            )
        exact = self.tr(
            "Exact takes that much longer and gives the same on every computer, to one grey level: for comparisons "
            "and archives."
        )
        self._told.setText(f"{gives} {exact}")
        self._precision.setAccessibleDescription(self._told.text())

    def show_remembered(self, remembered: Remembered) -> None:
        """How much there is to forget."""
        self._remembered.show_remembered(remembered)

    def forbid(self, setting: str, reason: str) -> None:
        """Takes a switch out of use that makes no sense on this computer; what was chosen stays as it is."""
        self._switches[setting].forbid(reason)
