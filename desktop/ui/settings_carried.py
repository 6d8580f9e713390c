"""The page of the settings that says what results tell of their photos."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from desktop.core.settings import Settings
from desktop.ui import theme
from desktop.ui.forms import check, quiet


class CarriedPage(QWidget):
    """Shows what the settings say of data that travels with photos."""

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.strip_gps = check(self.tr("Leave out where photos were taken"), settings.strip_gps)
        self.keep_print_size = check(self.tr("Print as large as the original"), settings.keep_print_size)
        self.provenance = check(self.tr("Note in results that Rekindle enlarged them"), settings.provenance)
        column = QVBoxLayout(self)
        column.setContentsMargins(*(theme.PANEL_MARGIN,) * 4)
        column.setSpacing(2 * theme.GRID)
        told = self.tr("Camera data, colours, captions and descriptions come along as they are.")
        column.addWidget(_wrapped(told))
        for box, words in (
            (self.strip_gps, self.tr("Coordinates, and the names of places in captions.")),
            (
                self.keep_print_size,
                self.tr("The dots per inch grow with the pixels. Otherwise they stay, and prints become larger."),
            ),
            (
                self.provenance,
                self.tr("With the model and how many times larger. By it, results in folders are not enhanced again."),
            ),
        ):
            block = QVBoxLayout()
            block.setSpacing(0)
            block.addWidget(box)
            block.addWidget(_wrapped(words, beside=box))
            column.addLayout(block)
        column.addStretch()

    def chosen(self, before: Settings) -> Settings:
        """The settings as the page stands; what it does not show is as ``before``."""
        return replace(
            before,
            strip_gps=self.strip_gps.isChecked(),
            keep_print_size=self.keep_print_size.isChecked(),
            provenance=self.provenance.isChecked(),
        )


def _wrapped(text: str, beside: QWidget | None = None) -> QLabel:
    """A quiet line, below the words of a check box where there is one."""
    made = quiet(text)
    made.setWordWrap(True)
    if beside is not None:
        style = beside.style()
        metrics = (style.PixelMetric.PM_IndicatorWidth, style.PixelMetric.PM_CheckBoxLabelSpacing)
        made.setContentsMargins(sum(style.pixelMetric(metric, None, beside) for metric in metrics), 0, 0, 0)
        beside.setAccessibleDescription(text)
    return made
