"""What lies under the mouse: the place in the original, and the colours before and after."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QLabel, QSizePolicy

from desktop.ui.comparison_view import ComparisonView
from desktop.ui.pointer import Pointer, place_under

Colour = tuple[int, int, int]

_MOST_DIGITS = 5


class Readout(QObject):
    """Two labels of digits that all are equally wide, in fields that never change their width.

    Attributes:
        place: column and row in the original, counted from 0
        values: red, green and blue before and after, 0..255, as they stand in the files
    """

    def __init__(self, view: ComparisonView) -> None:
        super().__init__(view)
        self._view = view
        self.place, self.values = QLabel(), QLabel()
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPointSizeF(view.font().pointSizeF() * 0.9)
        for label, widest in ((self.place, _place(0, 0, _MOST_DIGITS)), (self.values, _values([(0, 0, 0)] * 2))):
            label.setFont(font)
            label.setProperty("quiet", True)
            label.setMinimumWidth(label.fontMetrics().horizontalAdvance(widest))
            label.setFixedHeight(label.fontMetrics().height())
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.values.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.place.setAccessibleName(self.tr("Place under the mouse"))
        self.values.setAccessibleName(self.tr("Red, green and blue before and after"))
        self._pointer = Pointer(view)
        self._pointer.moved.connect(self.refresh)
        view.viewChanged.connect(self.refresh)
        view.picturesChanged.connect(self.refresh)

    def refresh(self) -> None:
        """Reads again: the mouse, the picture or the view has moved."""
        position = self._pointer.position
        place = place_under(self._view, position) if position is not None else None
        if place is None:
            self.place.clear()
            self.values.clear()
            return
        frames = self._view.frames
        first = frames.before or frames.after
        assert first is not None
        width, height = first.size
        self.place.setText(_place(int(place[0] * width), int(place[1] * height), len(str(max(width, height)))))
        pictures = [picture for picture in (frames.before, frames.after) if picture is not None]
        self.values.setText(_values([picture.colour_at(*place) for picture in pictures]))


def _place(x: int, y: int, digits: int) -> str:
    return f"{x:>{digits}}, {y:>{digits}}"


def _values(colours: list[Colour]) -> str:
    return " → ".join(" ".join(f"{value:>3}" for value in colour) for colour in colours)
