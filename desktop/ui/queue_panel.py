"""The queue with its heading, its progress and its two buttons."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from desktop.ui import icons, theme
from desktop.ui.batch_foot import BatchFoot
from desktop.ui.keep_awake_offer import KeepAwakeOffer
from desktop.ui.queue_head import QueueHead
from desktop.ui.queue_view import QueueView
from desktop.ui.shown_photos import ShownPhotos


class QueuePanel(QWidget):
    """Right-hand side of the window.

    Signals:
        pauseRequested(), resumeRequested(), cancelRequested()
    """

    pauseRequested = Signal()
    resumeRequested = Signal()
    cancelRequested = Signal()

    def __init__(self, photos: ShownPhotos, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._paused = False
        self.head = QueueHead()
        self.view = QueueView()
        self.view.setModel(photos)
        self.foot = BatchFoot()
        self.offer = KeepAwakeOffer()
        self.pause_button = QPushButton()
        self.pause_button.setObjectName("pauseButton")
        self.pause_button.clicked.connect(self._pause_clicked)
        self.cancel_button = QPushButton(self.tr("Cancel"))
        self.cancel_button.setObjectName("cancelButton")
        self.cancel_button.setToolTip(self.tr("Stop after the current piece; nothing unfinished is saved"))
        self.cancel_button.clicked.connect(self.cancelRequested)

        buttons = QHBoxLayout()
        buttons.setSpacing(theme.GRID)
        for button in (self.pause_button, self.cancel_button):
            button.setMinimumHeight(theme.CONTROL_HEIGHT)
            buttons.addWidget(button, 1)
        foot = QVBoxLayout()
        foot.setContentsMargins(theme.PANEL_MARGIN, theme.PANEL_MARGIN, theme.PANEL_MARGIN, theme.PANEL_MARGIN)
        foot.setSpacing(theme.GRID)
        foot.addWidget(self.offer)
        foot.addWidget(self.foot)
        foot.addLayout(buttons)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.head)
        column.addWidget(self.view, 1)
        column.addLayout(foot)
        self.show_activity(running=False, paused=False)
        self.retint()

    def show_activity(self, *, running: bool, paused: bool, reason: str = "") -> None:
        """
        Args:
            reason: why it is paused, where it was not the person who wished it.
        """
        self._paused = paused
        self.pause_button.setEnabled(running)
        self.pause_button.setText(self.tr("Resume") if paused else self.tr("Pause"))
        self.cancel_button.setEnabled(running)
        self.foot.show_activity(running=running, paused=paused, reason=reason)
        self.retint()

    def retint(self) -> None:
        """Draws the icons in the palette's colours."""
        tones = theme.tones()
        self.head.retint()
        icons.put_on(self.pause_button, "play" if self._paused else "pause", tones.text, tones.disabled)
        icons.put_on(self.cancel_button, "cancel", tones.text, tones.disabled)

    def _pause_clicked(self) -> None:
        (self.resumeRequested if self._paused else self.pauseRequested).emit()
