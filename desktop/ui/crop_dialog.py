"""Cropping and straightening one photo before it is enlarged."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from desktop.core.framing import Framing
from desktop.core.photo.cut import MOST_DEGREES, Cut
from desktop.core.sizes import Paper
from desktop.ui import size_words, theme, words
from desktop.ui.crop_view import CropView
from desktop.ui.forms import quiet

_FREE, _ORIGINAL, _PAPER = "free", "original", "paper"
_SHAPES = ((1, 1), (5, 4), (4, 3), (3, 2), (16, 9))
_TENTHS = 10
_USUAL_SIZE = QSize(880, 720)


class CropDialog(QDialog):
    """Shows the photo, and hands back what is chosen of it.

    Signals:
        cutRequested(cut: Cut | None): None for all of the photo as it is.
    """

    cutRequested = Signal(object)

    def __init__(
        self,
        name: str,
        image: QImage,
        framing: Framing,
        paper: Paper | None = None,
        *,
        again: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        """
        Args:
            name: of the photo.
            image: all of it, upright, perhaps smaller.
            paper: what it is to be printed on.
            again: whether it has been worked on, and will be again.
        """
        super().__init__(parent)
        self.setObjectName("cropDialog")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Crop and straighten “{name}”").format(name=name))
        self._paper = paper
        self.view = CropView(image, framing)
        self.shape = QComboBox()
        self.shape.setObjectName("cropShape")
        self.shape.addItem(self.tr("Free"), _FREE)
        self.shape.addItem(self.tr("As the photo"), _ORIGINAL)
        if paper is not None:
            self.shape.addItem(self.tr("Print, {size}").format(size=size_words.paper(paper)), _PAPER)
        for across, down in _SHAPES:
            self.shape.addItem(self.tr("Square") if across == down else f"{across} : {down}", across / down)
        self.angle = QDoubleSpinBox()
        self.angle.setDecimals(1)
        self.angle.setSingleStep(0.1)
        self.angle.setRange(-MOST_DEGREES, MOST_DEGREES)
        self.angle.setSuffix("°")
        self.angle.setObjectName("cropAngle")
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(-int(MOST_DEGREES * _TENTHS), int(MOST_DEGREES * _TENTHS))
        self.slider.setPageStep(_TENTHS)
        self.slider.setAccessibleName(self.tr("Straighten"))
        self._size = quiet()
        self._size.setObjectName("cropSize")
        self._lay_out(again)
        self._show(framing)
        self.view.framed.connect(self._show)
        self.shape.currentIndexChanged.connect(lambda _row: self._shape_chosen())
        self.angle.valueChanged.connect(self._turn)
        self.slider.valueChanged.connect(lambda tenths: self._turn(tenths / _TENTHS))
        self.resize(_USUAL_SIZE)
        self.view.setFocus()

    @property
    def cut(self) -> Cut | None:
        return self.view.framing.cut

    def reset(self) -> None:
        """All of the photo, as it is."""
        self.shape.setCurrentIndex(0)
        self.view.show_framing(Framing.of(self.view.framing.photo, None))
        self._show(self.view.framing)

    def accept(self) -> None:
        self.cutRequested.emit(self.cut)
        super().accept()

    def _lay_out(self, again: bool) -> None:
        row = QHBoxLayout()
        row.setSpacing(theme.GRID)
        for text, control in ((self.tr("Proportions"), self.shape), (self.tr("Straighten"), self.angle)):
            label = QLabel(text)
            label.setBuddy(control)
            control.setMinimumHeight(theme.CONTROL_HEIGHT)
            row.addWidget(label)
            row.addWidget(control)
            if control is self.shape:
                row.addSpacing(2 * theme.GRID)
        row.addWidget(self.slider, 1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        if again:
            buttons.button(QDialogButtonBox.StandardButton.Ok).setText(self.tr("Do it again like this"))
        whole = buttons.addButton(self.tr("The whole photo"), QDialogButtonBox.ButtonRole.ResetRole)
        whole.setObjectName("cropWhole")
        whole.setAutoDefault(False)
        whole.clicked.connect(self.reset)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        for button in buttons.buttons():
            button.setMinimumHeight(theme.CONTROL_HEIGHT)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * theme.GRID, 2 * theme.GRID, 2 * theme.GRID, 2 * theme.GRID)
        column.setSpacing(2 * theme.GRID)
        column.addWidget(self.view, 1)
        column.addLayout(row)
        column.addWidget(self._size)
        column.addWidget(buttons)

    def _show(self, framing: Framing) -> None:
        width, height = framing.box[2:]
        text = self.tr("{size} pixels of {whole}").format(
            size=words.size(width, height), whole=words.size(*framing.photo)
        )
        self._size.setText(text)
        with QSignalBlocker(self.angle), QSignalBlocker(self.slider):
            self.angle.setValue(framing.degrees)
            self.slider.setValue(round(framing.degrees * _TENTHS))

    def _shape_chosen(self) -> None:
        framing = self.view.framing.in_ratio(self._ratio())
        self.view.show_framing(framing)
        self._show(framing)

    def _ratio(self) -> float | None:
        """Lying or upright, as the photo is."""
        wide, high = self.view.framing.photo
        match self.shape.currentData():
            case "free":
                return None
            case "original":
                return wide / high
            case "paper":
                assert self._paper is not None
                ratio = self._paper.width / self._paper.height
            case ratio:
                pass
        return 1 / ratio if (wide >= high) != (ratio >= 1) else ratio

    def _turn(self, degrees: float) -> None:
        framing = self.view.framing.turned(degrees)
        self.view.show_framing(framing, turning=True)
        self._show(framing)
