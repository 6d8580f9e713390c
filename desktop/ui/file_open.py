"""Photos that macOS hands over as events: “Open with”, and what is dropped on the icon in the Dock."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtGui import QFileOpenEvent


class FileOpener(QObject):
    """Watches an application for them. Other systems name photos on the command line.

    Signals:
        photosOpened(paths: list[Path])
    """

    photosOpened = Signal(list)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QFileOpenEvent) and event.file():
            self.photosOpened.emit([Path(event.file())])
            return True
        return super().eventFilter(watched, event)
