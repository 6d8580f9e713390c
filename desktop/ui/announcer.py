"""Tells assistive technology what the comparison shows after it has been changed."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QAccessibleEvent

from desktop.ui.comparison_view import ComparisonView
from desktop.ui.side_labels import SIDES

# A wheel or a held key changes things many times a second; only where it ends is worth a sentence.
SETTLED_AFTER = 400


class Announcer(QObject):
    """Says zoom, divider and mode in words, once they have come to rest.

    Signals:
        said(text: str)
    """

    said = Signal(str)

    def __init__(self, view: ComparisonView) -> None:
        super().__init__(view)
        self._view = view
        self._due: dict[str, None] = {}
        self._pictures = ""
        self._timer = QTimer(self, singleShot=True, interval=SETTLED_AFTER)
        self._timer.timeout.connect(self.speak)
        view.zoomChanged.connect(lambda _zoom: self._later("zoom"))
        view.splitChanged.connect(lambda _split: self._later("divider"))
        view.modeChanged.connect(lambda _mode: self._later("mode"))
        view.picturesChanged.connect(lambda: self._later("pictures"))

    def speak(self) -> None:
        """Says what has changed since the last time, as the accessible description of the view too."""
        due, self._due = self._due, {}
        if self._view.viewport.empty:
            return
        text = ". ".join(words for what in due if (words := self._words(what)))
        if text:
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self._view, text))
            QAccessible.updateAccessibility(QAccessibleEvent(self._view, QAccessible.Event.ValueChanged))
            self.said.emit(text)

    def _later(self, what: str) -> None:
        self._due[what] = None
        self._timer.start()

    def _words(self, what: str) -> str:
        view = self._view
        if what == "zoom":
            return self.tr("Zoom {percent} %").format(percent=round(view.zoom * 100))
        if what == "divider":
            return self.tr("Divider at {percent} %").format(percent=round(view.split * 100)) if view.divided else ""
        if what == "mode":
            modes = {
                "split": self.tr("Split"),
                "side-by-side": self.tr("Side by side"),
                "flip": self.tr("Flip"),
                "difference": self.tr("Difference"),
            }
            return modes[view.mode]
        if not view.comparable:
            return ""
        left, right = (view.labels.text(side) for side in SIDES)
        before, self._pictures = self._pictures, self.tr("{left} and {right}").format(left=left, right=right)
        # While a result comes in parts, its name is worth saying once.
        return self._pictures if self._pictures != before else ""
