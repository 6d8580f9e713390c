"""What is asked before the window closes on unfinished work."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QMessageBox, QWidget


class ClosingQuestion(QMessageBox):
    """Nobody waits for the answer, so nothing under way is held up by the question.

    Signals:
        keepRequested(): close now; what is not finished waits until next time.
        finishRequested(): close when everything is finished.
    """

    keepRequested = Signal()
    finishRequested = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Close Rekindle"))
        self.setText(self.tr("Photos are still being enhanced."))
        self.setInformativeText(self.tr("What is finished is saved. The rest can wait in the list until next time."))
        self.setStandardButtons(QMessageBox.StandardButton.Cancel)
        keep = self.addButton(self.tr("Close, keep for next time"), QMessageBox.ButtonRole.AcceptRole)
        finish = self.addButton(self.tr("Finish first, then close"), QMessageBox.ButtonRole.ActionRole)
        self.setDefaultButton(keep)
        keep.clicked.connect(self.keepRequested)
        finish.clicked.connect(self.finishRequested)
