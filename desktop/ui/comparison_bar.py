"""The bar below the comparison: what is seen, how it is shown, how large."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QToolButton, QWidget

from desktop.ui import theme
from desktop.ui.pixel_readout import Readout

# Below this there is no room for the words beside the buttons: those that come and go stand in a line of their own.
WIDE = 640


class ComparisonBar(QWidget):
    """Buttons between the photo's size with the place under the mouse, and the zoom with the colours there.

    Attributes:
        size_words: the photo's and the result's size; left out where the bar is narrow
        zoom_words: the zoom in per cent
    """

    def __init__(self, groups: Sequence[Sequence[QAction]], readout: Readout, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.size_words, self.zoom_words = _Elided(), QLabel()
        for label in (self.size_words, self.zoom_words):
            label.setProperty("quiet", True)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        self.zoom_words.setAlignment(right)
        self.zoom_words.setMinimumWidth(self.zoom_words.fontMetrics().horizontalAdvance("3200 %") + theme.GRID)
        self._readout = readout
        self._buttons = QWidget()
        row = QHBoxLayout(self._buttons)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for number, actions in enumerate(groups):
            if number:
                row.addSpacing(theme.PANEL_MARGIN)
            for action in actions:
                row.addWidget(_tool(action))
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(theme.PANEL_MARGIN, 4, theme.PANEL_MARGIN, 4)
        self._grid.setHorizontalSpacing(theme.GRID)
        self._grid.setVerticalSpacing(0)
        self._wide = False
        self._arrange(True)

    def minimumSizeHint(self) -> QSize:
        """What the narrow arrangement takes: the wide one must not keep the window from getting there."""
        margins = self._grid.contentsMargins()
        width = self._buttons.sizeHint().width() + self.zoom_words.minimumWidth() + theme.GRID
        return QSize(width + margins.left() + margins.right(), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange(self.width() >= WIDE)

    def _arrange(self, wide: bool) -> None:
        if wide == self._wide:
            return
        self._wide = wide
        grid, buttons, readout = self._grid, self._buttons, self._readout
        self.size_words.setVisible(wide)
        if wide:
            grid.addWidget(self.size_words, 0, 0)
            grid.addWidget(readout.place, 1, 0)
            grid.addWidget(buttons, 0, 1, 2, 1)
            grid.addWidget(self.zoom_words, 0, 2)
            grid.addWidget(readout.values, 1, 2)
        else:
            grid.addWidget(buttons, 0, 0, 1, 2, Qt.AlignmentFlag.AlignLeft)
            grid.addWidget(self.zoom_words, 0, 2)
            grid.addWidget(readout.place, 1, 0)
            grid.addWidget(readout.values, 1, 1, 1, 2)
        for column, stretch in enumerate((1, 0, 1) if wide else (1, 1, 0)):
            grid.setColumnStretch(column, stretch)


class _Elided(QLabel):
    """A label that shows as much of its text as there is room for."""

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        self.style().drawItemText(
            QPainter(self),
            self.contentsRect(),
            Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter,
            self.palette(),
            self.isEnabled(),
            text,
            self.foregroundRole(),
        )


def _tool(action: QAction) -> QToolButton:
    button = QToolButton()
    button.setDefaultAction(action)
    button.setAutoRaise(True)
    button.setFixedSize(theme.CONTROL_HEIGHT, theme.CONTROL_HEIGHT)
    button.setAccessibleName(action.text().replace("&", ""))
    return button
