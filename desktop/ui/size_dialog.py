"""A size that is no scale: pixels of a side, megapixels, or paper."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from desktop.core.forecast import Prediction
from desktop.core.sizes import SIDES, UNITS, Paper, Target
from desktop.ui import size_words, theme
from desktop.ui.forms import form, label, quiet, spin

# As photo shops offer them, and office paper.
_PAPERS = (
    *(Paper(10, 15), Paper(13, 18), Paper(15, 20), Paper(20, 30), Paper(30, 40), Paper(30, 45), Paper(40, 60)),
    *(Paper(21, 29.7), Paper(29.7, 42), Paper(8, 10, "in"), Paper(11, 14, "in")),
)
_NAMES = {(21, 29.7): "A4", (29.7, 42): "A3"}
_FIRST = Paper(20, 30)
_DPI_RANGE = (30, 2400)


class SizeDialog(QDialog):
    """Asks for a size and shows what it comes to.

    Signals:
        targetRequested(text: str): as ``Target.parse`` has it.
        predictionWanted(text: str): what stands there has changed.
    """

    targetRequested = Signal(str)
    predictionWanted = Signal(str)

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        """
        Args:
            text: what is asked for now; empty for nothing yet.
        """
        super().__init__(parent)
        self.setObjectName("sizeDialog")
        self.setWindowTitle(self.tr("Size of the results"))
        asked = Target.parse(text) if text else Target("print", paper=_FIRST)
        self.kind = QComboBox()
        self.kind.setObjectName("sizeKind")
        titles = {"longest": self.tr("Longest side"), "width": self.tr("Width"), "height": self.tr("Height")}
        self.kind.addItem(self.tr("Print"), "print")
        for side in SIDES:
            self.kind.addItem(titles[side], side)
        self.kind.addItem(self.tr("Megapixels"), "megapixels")
        self.kind.setCurrentIndex(self.kind.findData(asked.kind))

        pixels = int(asked.value) if asked.kind in SIDES else 4000
        self.pixels = spin(1, 100_000, pixels, self.tr(" px"), 100)
        self.pixels.setAccessibleName(self.tr("Pixels"))
        self.megapixels = _number(0.1, 10_000, asked.value if asked.kind == "megapixels" else 24)
        self.megapixels.setAccessibleName(self.tr("Megapixels"))
        self._offer_paper(asked.paper or _FIRST)
        self._size, self._cost = QLabel(), quiet()
        for line in (self._size, self._cost):
            line.setWordWrap(True)
        self._size.setObjectName("sizePrediction")
        # Room for both lines, so that nothing moves when they come.
        outlook = QWidget()
        lines = QVBoxLayout(outlook)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(4)
        lines.addWidget(self._size)
        lines.addWidget(self._cost)
        lines.addStretch()
        outlook.setMinimumHeight(4 * self.fontMetrics().lineSpacing())

        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        fields = QWidget()
        self._lay_out(form(fields))
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * theme.GRID, 2 * theme.GRID, 2 * theme.GRID, 2 * theme.GRID)
        column.setSpacing(2 * theme.GRID)
        column.addWidget(fields)
        column.addWidget(outlook)
        column.addStretch()
        column.addWidget(buttons)
        for control in (
            self.kind,
            self.pixels,
            self.megapixels,
            self.paper,
            self.across,
            self.down,
            self.unit,
            self.dpi,
        ):
            control.setMinimumHeight(theme.CONTROL_HEIGHT)
        for button in buttons.buttons():
            button.setMinimumHeight(theme.CONTROL_HEIGHT)
        self.setMinimumWidth(60 * theme.GRID)

        self.kind.currentIndexChanged.connect(self._show_kind)
        for number in (self.pixels, self.megapixels, self.across, self.down, self.dpi):
            number.valueChanged.connect(self._changed)
        self.unit.currentIndexChanged.connect(self._changed)
        self.whole.toggled.connect(self._changed)
        self.paper.currentIndexChanged.connect(self._paper_chosen)
        self._show_kind()

    @property
    def target(self) -> Target:
        """What stands there."""
        kind = self.kind.currentData()
        if kind == "print":
            return Target("print", paper=self._sheet)
        return Target(kind, self.megapixels.value() if kind == "megapixels" else float(self.pixels.value()))

    def show_prediction(self, text: str, foreseen: Prediction | None, why: str = "") -> None:
        """What a size comes to; passed over where another one stands there by now.

        Args:
            why: it cannot be said; empty where there is just no photo.
        """
        if text != str(self.target):
            return
        first, second = size_words.prediction(foreseen) if foreseen is not None else (why, "")
        self._size.setText(first)
        self._cost.setText(second)

    def accept(self) -> None:
        self.targetRequested.emit(str(self.target))
        super().accept()

    def _offer_paper(self, asked: Paper) -> None:
        self.paper = QComboBox()
        self.paper.setObjectName("sizePaper")
        for sheet in _PAPERS:
            name = _NAMES.get((sheet.width, sheet.height), "")
            text = size_words.paper(sheet)
            self.paper.addItem(f"{name} ({text})" if name else text, str(sheet))
        self.paper.addItem(self.tr("Another size"), "")
        self.across, self.down = _number(0.1, 10_000, asked.width), _number(0.1, 10_000, asked.height)
        self.across.setAccessibleName(self.tr("Width of the paper"))
        self.down.setAccessibleName(self.tr("Height of the paper"))
        self.unit = QComboBox()
        self.unit.setAccessibleName(self.tr("Unit"))
        for unit in UNITS:
            self.unit.addItem(size_words.unit(unit), unit)
        self.unit.setCurrentIndex(self.unit.findData(asked.unit))
        self.dpi = spin(*_DPI_RANGE, round(asked.dpi), self.tr(" dpi"), 50)
        self.fill = QRadioButton(self.tr("Fill the paper, and cut off what does not fit"))
        self.whole = QRadioButton(self.tr("Show the whole photo, with a white border"))
        (self.whole if asked.whole else self.fill).setChecked(True)

    def _lay_out(self, rows: QFormLayout) -> None:
        rows.setContentsMargins(0, 0, 0, 0)
        sides = QHBoxLayout()
        sides.setSpacing(theme.GRID)
        sides.addWidget(self.across, 1)
        sides.addWidget(QLabel("×"))
        sides.addWidget(self.down, 1)
        sides.addWidget(self.unit)
        ways = QVBoxLayout()
        ways.setSpacing(theme.GRID)
        for line in (self.fill, self.whole, quiet(self.tr("Upright or lying, as each photo is."))):
            ways.addWidget(line)
        rows.addRow(label(self.tr("Size"), self.kind), self.kind)
        rows.addRow(label(self.tr("Paper"), self.paper), self.paper)
        rows.addRow("", sides)
        rows.addRow(label(self.tr("Resolution"), self.dpi), self.dpi)
        rows.addRow("", ways)
        rows.addRow(label(self.tr("Pixels"), self.pixels), self.pixels)
        rows.addRow(label(self.tr("Number"), self.megapixels), self.megapixels)
        self._rows = rows

    @property
    def _sheet(self) -> Paper:
        sides = round(self.across.value(), 2), round(self.down.value(), 2)
        return Paper(*sides, self.unit.currentData(), float(self.dpi.value()), self.whole.isChecked())

    def _show_kind(self) -> None:
        kind = self.kind.currentData()
        shown = {"print": range(1, 5), "megapixels": (6,)}.get(kind, (5,))
        for row in range(1, self._rows.rowCount()):
            self._rows.setRowVisible(row, row in shown)
        self.adjustSize()
        self._changed()

    def _paper_chosen(self) -> None:
        named = self.paper.currentData()
        if not named:
            self.across.setFocus()
            self.across.selectAll()
            return
        sheet = next(sheet for sheet in _PAPERS if str(sheet) == named)
        self.unit.setCurrentIndex(self.unit.findData(sheet.unit))
        self.across.setValue(sheet.width)
        self.down.setValue(sheet.height)

    def _show_paper(self) -> None:
        """The paper's name, where what stands below has one."""
        sheet = self._sheet
        known = next(
            (
                each
                for each in _PAPERS
                if {each.width, each.height} == {sheet.width, sheet.height} and each.unit == sheet.unit
            ),
            None,
        )
        self.paper.blockSignals(True)
        self.paper.setCurrentIndex(self.paper.findData(str(known) if known else ""))
        self.paper.blockSignals(False)

    def _changed(self) -> None:
        self._show_paper()
        self.predictionWanted.emit(str(self.target))


def _number(low: float, high: float, value: float) -> QDoubleSpinBox:
    made = QDoubleSpinBox()
    made.setDecimals(1)
    made.setRange(low, high)
    made.setValue(value)
    return made
