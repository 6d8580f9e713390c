"""What is remembered of finished results, and a button to forget it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from desktop.core.results import Remembered
from desktop.ui import theme
from desktop.ui.forms import quiet


class RememberedRow(QWidget):
    """Says how much there is.

    Signals:
        forgetRequested(): the person wants it gone.
    """

    forgetRequested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = quiet()
        self._forget = QPushButton(self.tr("Forget them"))
        self._forget.setObjectName("forgetResultsButton")
        self._forget.setMinimumHeight(theme.CONTROL_HEIGHT)
        self._forget.setToolTip(
            self.tr("Results are made anew then. The files themselves stay where they are, in either case.")
        )
        self._forget.clicked.connect(self.forgetRequested)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GRID)
        row.addWidget(self._words, 1)
        row.addWidget(self._forget)
        self.show_remembered(Remembered(0, 0))

    def show_remembered(self, remembered: Remembered) -> None:
        """Where there is nothing, there is nothing to press."""
        self._forget.setEnabled(remembered.count > 0)
        size = self.locale().formattedDataSize(remembered.bytes, 0)
        if not remembered.count:
            self._words.setText(self.tr("No results are remembered"))
        elif remembered.count == 1:
            self._words.setText(self.tr("1 result is remembered ({size})").format(size=size))
        else:
            self._words.setText(
                self.tr("{count} results are remembered ({size})").format(count=remembered.count, size=size)
            )
