"""One line at the bottom of the window for what just happened."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

_SHOWN_MS = 15_000


class MessageLine(QLabel):
    """Shows a sentence for a while; a long one is shortened, and whole in its tool tip.

    Signals:
        said(text: str)
    """

    said = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("statusMessage")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._whole = ""
        self._timer = QTimer(self, interval=_SHOWN_MS, singleShot=True)
        self._timer.timeout.connect(lambda: self.say(""))

    def say(self, text: str) -> None:
        self._whole = text
        self.said.emit(text)
        self.setToolTip(text)
        self.setAccessibleName(text)
        self._fit()
        if text:
            self._timer.start()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        room = max(80, self.width())
        self.setText(self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideMiddle, room))
