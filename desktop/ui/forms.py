"""Rows of labelled controls, as dialogs have them."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QCheckBox, QFormLayout, QLabel, QSpinBox, QWidget

from desktop.ui import theme


def form(page: QWidget) -> QFormLayout:
    """The layout of a page of rows."""
    rows = QFormLayout(page)
    rows.setLabelAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    rows.setHorizontalSpacing(theme.PANEL_MARGIN)
    rows.setVerticalSpacing(theme.GRID)
    rows.setContentsMargins(theme.PANEL_MARGIN, theme.PANEL_MARGIN, theme.PANEL_MARGIN, theme.PANEL_MARGIN)
    return rows


def grow(dialog: QWidget) -> None:
    """Makes a dialog as high as what has come into it needs at its width, words that wrap included."""
    layout = dialog.layout()
    assert layout is not None
    layout.activate()
    dialog.resize(dialog.width(), max(dialog.height(), layout.totalHeightForWidth(dialog.width())))


def label(text: str, control: QWidget) -> QLabel:
    made = QLabel(text)
    made.setBuddy(control)
    made.setMinimumHeight(theme.CONTROL_HEIGHT)  # stands level with its control
    return made


def quiet(text: str = "") -> QLabel:
    made = QLabel(text)
    made.setProperty("quiet", True)
    return made


class Explanation(QLabel):
    """Quiet words below a control that wrap, as high as they get: pages in tabs are not asked."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setProperty("quiet", True)
        self.setWordWrap(True)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.setMinimumHeight(self.heightForWidth(self.width()))


def check(text: str, on: bool) -> QCheckBox:
    made = QCheckBox(text)
    made.setChecked(on)
    made.setMinimumHeight(3 * theme.GRID)
    return made


def spin(low: int, high: int, value: int, suffix: str = "", step: int = 1) -> QSpinBox:
    made = QSpinBox()
    made.setRange(low, high)
    made.setSingleStep(step)
    made.setSuffix(suffix)
    made.setGroupSeparatorShown(True)
    made.setValue(value)
    return made
