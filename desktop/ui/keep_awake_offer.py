"""The one question about sleep."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from desktop.ui import theme


class KeepAwakeOffer(QWidget):
    """Stands in the window, and in nobody's way, until it is answered.

    Signals:
        answered(agreed: bool)
    """

    answered = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("keepAwakeOffer")
        question = QLabel(self.tr("This will take a while. Keep the computer awake until it is done?"))
        question.setWordWrap(True)
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.GRID)
        for word, agreed in ((self.tr("Keep awake"), True), (self.tr("No, thanks"), False)):
            button = QPushButton(word)
            button.setMinimumHeight(theme.CONTROL_HEIGHT)
            button.setAccessibleDescription(question.text())
            button.clicked.connect(lambda _checked, agreed=agreed: self.answered.emit(agreed))
            buttons.addWidget(button, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, theme.GRID)
        column.setSpacing(theme.GRID)
        column.addWidget(question)
        column.addLayout(buttons)
        self.hide()
