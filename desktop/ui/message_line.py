"""One line at the bottom of the window for what just happened."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from desktop.ui import theme

_SHOWN_MS = 15_000
# Somebody has to read it, to decide and to get there.
_OFFERED_MS = 30_000

Action = QAction | tuple[str, Callable[[], object]]


class MessageLine(QWidget):
    """Shows a sentence for a while; a long one is shortened, and whole in its tool tip.

    Signals:
        said(text: str)
    """

    said = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._whole = ""
        self._act: Callable[[], object] | None = None
        self._label = QLabel()
        self._label.setObjectName("statusMessage")
        self._label.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self._label.setMinimumWidth(1)
        self._button = QPushButton()
        self._button.setObjectName("statusAction")
        self._button.setProperty("link", True)
        self._button.clicked.connect(self._clicked)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GRID)
        row.addWidget(self._label)
        row.addWidget(self._button)
        row.addStretch(1)
        self._button.ensurePolished()
        self.setMinimumHeight(max(3 * theme.GRID, self._button.sizeHint().height()))  # the same with and without button
        self._button.hide()
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._pass)

    def say(self, text: str, action: Action | None = None) -> None:
        """
        Args:
            action: what the person may do about it, offered as a button beside the words: an action, or the button's
                word and what it does.
        """
        if isinstance(action, QAction):
            word, self._act = action.text().replace("&", "").removesuffix("…"), action.trigger
        else:
            word, self._act = action or ("", None)
        self._whole = text
        self.said.emit(text)
        self._label.setToolTip(text)
        self._label.setAccessibleName(text)
        self._button.setText(word)
        self._button.setAccessibleDescription(text)
        self._button.setVisible(bool(word))
        self._fit()
        if text:
            self._timer.start(_OFFERED_MS if word else _SHOWN_MS)
        else:
            self._timer.stop()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _pass(self) -> None:
        """Time is up, unless the person is about to press the button."""
        if self._button.isVisible() and (self._button.hasFocus() or self._button.underMouse()):
            self._timer.start()
        else:
            self.say("")

    def _clicked(self) -> None:
        act = self._act
        self.say("")
        if act is not None:
            act()

    def _fit(self) -> None:
        button = 0 if self._button.isHidden() else self._button.sizeHint().width() + theme.GRID
        room = max(80, self.width() - button)
        self._label.setText(self._label.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideMiddle, room))
