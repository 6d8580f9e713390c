"""How thoroughly a photo is restored: a slider from gentle to thorough, with its number."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QWidget

from desktop.core.models.catalogue import FULL_STRENGTH
from desktop.ui import theme
from desktop.ui.forms import quiet

_STEP, _PAGE = 5, 20


class StrengthSlider(QWidget):
    """
    Signals:
        strengthChanged(strength: int): 0..100, once the slider is let go.
    """

    strengthChanged = Signal(int)

    def __init__(self, strength: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setObjectName("strengthSlider")
        self.slider.setAccessibleName(self.tr("Strength"))
        self.slider.setAccessibleDescription(self.tr("From gentle to thorough"))
        self.slider.setToolTip(self.tr("How thoroughly noise and JPEG traces are removed"))
        self.slider.setRange(0, FULL_STRENGTH)
        self.slider.setSingleStep(_STEP)
        self.slider.setPageStep(_PAGE)
        self.slider.setMinimumWidth(9 * theme.GRID)
        self.slider.setTracking(False)
        self._ends = quiet(self.tr("Gentle")), quiet(self.tr("Thorough"))
        self._number = QLabel()
        self._number.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._number.setMinimumWidth(self._number.fontMetrics().horizontalAdvance(str(FULL_STRENGTH)))
        self.slider.sliderMoved.connect(self._show)
        self.slider.valueChanged.connect(self._show)
        self.slider.valueChanged.connect(self.strengthChanged)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GRID)
        for part in (self._ends[0], self.slider, self._ends[1], self._number):
            row.addWidget(part, 1 if part is self.slider else 0)
        self.set_strength(strength)

    @property
    def strength(self) -> int:
        return self.slider.value()

    def set_strength(self, strength: int) -> None:
        """Without a word to anybody."""
        with QSignalBlocker(self.slider):
            self.slider.setValue(strength)
        self._show(strength)

    def show_ends(self, shown: bool) -> None:
        """Whether there is room for the words at the ends."""
        for end in self._ends:
            end.setVisible(shown)

    def _show(self, strength: int) -> None:
        self._number.setText(str(strength))
