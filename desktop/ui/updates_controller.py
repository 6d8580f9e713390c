"""Asks for a newer Rekindle when the person does, and once a day where they have opted in. Otherwise never."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from desktop.core import errors, updates
from desktop.core.updates import Release
from desktop.ui import words
from desktop.ui.tasks import TaskPool
from desktop.ui.update_dialog import UpdateDialog

Ask = Callable[[str], Release]


class UpdatesController(QObject):
    """
    Signals:
        told(text: str): there is a newer one; nobody was looking at the dialog.
        askingChosen(wanted: bool): see ``UpdateDialog``.
    """

    told = Signal(str)
    askingChosen = Signal(bool)

    def __init__(self, asking: bool, cache: Path, parent: QWidget, ask: Ask = updates.newest) -> None:
        """
        Args:
            asking: whether the person has opted in.
            cache: where it is noted when it was asked last.
        """
        super().__init__(parent)
        self._asking = asking
        self._cache = cache
        self._window = parent
        self._ask = ask
        self._address = updates.address()
        self._pool = TaskPool("updates", 1, self)
        self._dialog: UpdateDialog | None = None

    @property
    def dialog(self) -> UpdateDialog | None:
        """Where it is open."""
        return self._dialog

    def open(self) -> None:
        """The person asks."""
        if self._dialog is None:
            self._dialog = dialog = UpdateDialog(self._address, self._asking, self._window)
            dialog.askingChosen.connect(self._choose)
            dialog.finished.connect(self._forget)
            dialog.open()
            if self._address:
                self._pool.run(lambda: self._ask(self._address), self._show, self._fail)
        self._dialog.raise_()

    def ask_unasked(self) -> None:
        """Once a day, where the person has opted in. Silent unless there is something newer."""
        if not (self._asking and self._address):
            return
        cache, address = self._cache, self._address
        self._pool.run(
            lambda: self._ask(address) if updates.is_due(cache) else None, self._announce, lambda _error: None
        )

    def shutdown(self) -> None:
        self._pool.shutdown()

    def _announce(self, release: Release | None) -> None:
        if release is not None and release.is_newer:
            self.told.emit(
                self.tr("Rekindle {version} is there: see Help › Check for updates.").format(version=release.version)
            )

    def _show(self, release: Release) -> None:
        if self._dialog is not None:
            self._dialog.show_release(release)

    def _fail(self, error: Exception) -> None:
        known = error if isinstance(error, errors.RekindleError) else errors.unexpected(error)
        if self._dialog is not None:
            self._dialog.say(words.error(known))

    def _choose(self, wanted: bool) -> None:
        self._asking = wanted
        self.askingChosen.emit(wanted)

    def _forget(self, _result: Any = None) -> None:
        self._dialog = None
