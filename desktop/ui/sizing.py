"""Sizes that are no scales: asks for one, and says what it comes to for a photo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QWidget

from desktop.core.errors import RekindleError
from desktop.core.forecast import Forecaster, Prediction
from desktop.core.jobs import Request
from desktop.core.photo.isolated import PhotoReader
from desktop.core.photo.looks import Glance
from desktop.ui import words
from desktop.ui.size_dialog import SizeDialog
from desktop.ui.tasks import TaskPool

# After the last change: whoever turns a number by keys wants to know of the last one.
_QUIET_MS = 120


class Sizing:
    """Opens the dialog, and works out in the background what it shows."""

    def __init__(self, forecaster: Forecaster, reader: PhotoReader, disk: TaskPool) -> None:
        self._forecaster = forecaster
        self._reader = reader
        self._disk = disk

    def ask(self, text: str, request: Request | None, then: Callable[[str], None], parent: QWidget) -> SizeDialog:
        """
        Args:
            text: the size that holds now; empty for none.
            request: of a photo to say it of.
            then: gets the size that was chosen.
        """
        dialog = SizeDialog(text, parent)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.targetRequested.connect(then)
        if request is not None:
            _Outlook(self, request, dialog)
        dialog.open()
        return dialog

    def predict(self, request: Request, seen: list[Glance]) -> Prediction:
        """In the background. ``seen`` remembers what the photo is like. Raises RekindleError."""
        if not seen:
            seen.append(self._reader.glance(request.path))
        return self._forecaster.predict(request, seen[0])

    def run(
        self,
        request: Request,
        seen: list[Glance],
        then: Callable[[Prediction], None],
        failed: Callable[[Exception], None],
    ) -> None:
        self._disk.run(partial(self.predict, request, seen), then, failed)


class _Outlook(QObject):
    """Follows one dialog for as long as it lives."""

    def __init__(self, sizing: Sizing, request: Request, dialog: SizeDialog) -> None:
        super().__init__(dialog)
        self._sizing = sizing
        self._request = request
        self._dialog = dialog
        self._seen: list[Glance] = []
        self._text = str(dialog.target)
        self._quiet = QTimer(self, singleShot=True, interval=_QUIET_MS)
        self._quiet.timeout.connect(self._look)
        self._open = True
        dialog.predictionWanted.connect(self._want)
        dialog.finished.connect(self._close)
        self._look()

    def _want(self, text: str) -> None:
        self._text = text
        self._quiet.start()

    def _close(self) -> None:
        self._open = False

    def _look(self) -> None:
        text = self._text

        def show(foreseen: Prediction | None, why: str = "") -> None:
            if self._open:
                self._dialog.show_prediction(text, foreseen, why)

        def failed(error: Exception) -> None:
            show(None, words.error(error) if isinstance(error, RekindleError) else "")

        self._sizing.run(replace(self._request, target=text), self._seen, show, failed)
