"""The queue with its heading, its progress and its two buttons."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from desktop.core.progress import BatchProgress
from desktop.ui import icons, theme, words
from desktop.ui.queue_model import QueueModel
from desktop.ui.queue_view import QueueView

_STEPS = 1000


class QueuePanel(QWidget):
    """Right-hand side of the window.

    Signals:
        pauseRequested(), resumeRequested(), cancelRequested()
    """

    pauseRequested = Signal()
    resumeRequested = Signal()
    cancelRequested = Signal()

    def __init__(self, model: QueueModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._paused = False
        self.view = QueueView()
        self.view.setModel(model)
        self._title = QLabel()
        font = self._title.font()
        font.setBold(True)
        self._title.setFont(font)
        self._summary = QLabel()
        self._summary.setWordWrap(True)
        self._summary.hide()
        self._bar = QProgressBar()
        self._bar.setRange(0, _STEPS)
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(theme.GRID // 2)
        self._bar.setAccessibleName(self.tr("Progress of all photos"))
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
        foot.addWidget(self._summary)
        foot.addWidget(self._bar)
        foot.addLayout(buttons)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        head = QVBoxLayout()
        head.setContentsMargins(theme.PANEL_MARGIN, theme.GRID, theme.PANEL_MARGIN, theme.GRID)
        head.addWidget(self._title)
        column.addLayout(head)
        column.addWidget(self.view, 1)
        column.addLayout(foot)
        self.show_activity(running=False, paused=False)
        self.retint()

    def show_count(self, count: int) -> None:
        self._title.setText(words.photos(count))

    def show_activity(self, *, running: bool, paused: bool) -> None:
        self._paused = paused
        self.pause_button.setEnabled(running)
        self.pause_button.setText(self.tr("Resume") if paused else self.tr("Pause"))
        self.cancel_button.setEnabled(running)
        self._bar.setVisible(running)
        self.retint()

    def show_progress(self, progress: BatchProgress) -> None:
        """While a run is under way."""
        self._summary.show()
        self._bar.setValue(round(progress.part * _STEPS))
        parts = [self.tr("{done} of {total}").format(done=progress.finished, total=progress.total)]
        if self._paused:
            parts.append(self.tr("paused"))
        elif progress.remaining_s is not None:
            parts.append(words.time_left(progress.remaining_s))
        self._summary.setText(" · ".join(parts))

    def show_summary(self, text: str) -> None:
        """Between two runs."""
        self._summary.setText(text)
        self._summary.setVisible(bool(text))

    def retint(self) -> None:
        """Draws the icons in the palette's colours."""
        tones = theme.tones()
        icons.put_on(self.pause_button, "play" if self._paused else "pause", tones.text, tones.disabled)
        icons.put_on(self.cancel_button, "cancel", tones.text, tones.disabled)

    def _pause_clicked(self) -> None:
        (self.resumeRequested if self._paused else self.pauseRequested).emit()
