"""What stands below the queue: what a run will need, how far it is, and how it ended."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QProgressBar, QVBoxLayout, QWidget

from desktop.core.forecast import Forecast
from desktop.core.jobs import JobState
from desktop.core.progress import BatchProgress
from desktop.ui import theme, words

_STEPS = 1000


class BatchFoot(QWidget):
    """Before a run its time and room, during it its progress, after it the account. Hidden where there is nothing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._running = False
        self._paused = False
        self._reason = ""
        self._summary = ""
        self._forecast: Forecast | None = None
        self._line, self._more, self._trouble = QLabel(), QLabel(), QLabel()
        self._line.setObjectName("batchLine")
        self._more.setObjectName("batchMore")
        self._more.setProperty("quiet", True)
        self._trouble.setObjectName("batchTrouble")
        self._trouble.setProperty("failure", True)
        self._bar = QProgressBar()
        self._bar.setRange(0, _STEPS)
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(theme.GRID // 2)
        self._bar.setAccessibleName(self.tr("Progress of all photos"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GRID // 2)
        for label in (self._line, self._more, self._trouble):
            label.setWordWrap(True)
            column.addWidget(label)
        column.addSpacing(theme.GRID // 2)
        column.addWidget(self._bar)
        self._show()

    def show_activity(self, *, running: bool, paused: bool, reason: str = "") -> None:
        """
        Args:
            reason: why it is paused, where it was not the person who wished it.
        """
        self._running, self._paused, self._reason = running, paused, reason
        if running:
            self._forecast = None  # it was for what is being done now
        self._show()

    def show_progress(self, progress: BatchProgress) -> None:
        """While a run is under way."""
        self._bar.setValue(min(round(progress.part * _STEPS), _STEPS if progress.part >= 1 else _STEPS - 1))
        parts = [self.tr("{done} of {total}").format(done=progress.finished, total=progress.total)]
        if self._paused:
            parts.append(self.tr("paused"))
        elif progress.remaining_s is not None:
            parts.append(words.time_left(progress.remaining_s))
        counts = {JobState.FAILED: progress.failed, JobState.SKIPPED: progress.skipped}
        so_far = self.tr("{time} so far").format(time=words.duration(progress.elapsed_s))
        more = self._reason or " · ".join(filter(None, (so_far, words.endings(counts))))
        self._say(" · ".join(parts), more)

    def show_forecast(self, forecast: Forecast | None) -> None:
        """For the photos that wait."""
        self._forecast = forecast
        self._show()

    def show_summary(self, text: str) -> None:
        """How the last run ended."""
        self._summary = text
        self._show()

    def _show(self) -> None:
        self._bar.setVisible(self._running)
        if self._running:
            self._say(self._line.text(), self._more.text())
        elif self._forecast is not None and self._forecast.seconds is not None:
            self._say(*words.forecast(self._forecast))
        else:
            self._say(self._summary)

    def _say(self, line: str, more: str = "", trouble: str = "") -> None:
        for label, text in ((self._line, line), (self._more, more), (self._trouble, trouble)):
            label.setText(text)
            label.setVisible(bool(text))
        self.setVisible(bool(line or more or trouble) or self._running)
