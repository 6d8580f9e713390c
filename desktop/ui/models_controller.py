"""What the models dialog asks for: done in the background, one thing at a time, and told to whoever offers models."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from desktop.core import errors
from desktop.core.cancel import CancelToken
from desktop.core.models.catalogue import Model
from desktop.core.models.store import ModelState
from desktop.core.workspace import Workspace
from desktop.ui import words
from desktop.ui.models_dialog import ModelsDialog
from desktop.ui.models_table import Entry
from desktop.ui.tasks import TaskPool

_TELL_EVERY_S = 0.1
Pace = Callable[[Model], float | None]
"""Seconds a megapixel takes with a model on this computer; None where it has not run here."""


class ModelsController(QObject):
    """
    Signals:
        changed(): other models may be here than before.
        failed(error: RekindleError): something has failed after the dialog was closed.
    """

    changed = Signal()
    failed = Signal(object)
    _progressed = Signal(int, int)
    _waits = Signal()

    def __init__(self, workspace: Workspace, pace: Pace, parent: QWidget) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._pace = pace
        self._window = parent
        self._pool = TaskPool("models", 1, self)
        self._looks = TaskPool("looking at models", 1, self)  # which no download may keep waiting
        self._cancel = CancelToken()
        self._dialog: ModelsDialog | None = None
        self._seen: list[Entry] = []
        self._doing: tuple[str, str] | None = None
        self._progressed.connect(self._show_progress)
        self._waits.connect(self._show_waiting)

    @property
    def dialog(self) -> ModelsDialog | None:
        """Where it is open."""
        return self._dialog

    def open(self) -> None:
        """Shows the dialog, or brings it to the front."""
        if self._dialog is None:
            self._dialog = dialog = ModelsDialog(self._window)
            dialog.installRequested.connect(self._install)
            dialog.checkRequested.connect(self._check)
            dialog.removeRequested.connect(self._remove)
            dialog.importRequested.connect(self.import_file)
            dialog.cancelRequested.connect(lambda: self._cancel.cancel())
            dialog.finished.connect(self._forget)
            if self._doing is not None:
                dialog.show_busy(*self._doing)
            dialog.open()
        self._dialog.raise_()
        self._look()

    def import_file(self, path: Path) -> None:
        """Takes in a file of the person's own."""
        # The installer is asked for in the background: what talks to the web is loaded with it.
        workspace, cancel = self._workspace, self._begin("", self.tr("Looking at “{name}”…"), path.name)
        self._pool.run(lambda: workspace.installer.import_file(path, cancel), self._imported, self._failed)

    def shutdown(self) -> None:
        """Stops what is being done; what has arrived of a download is kept."""
        self._cancel.cancel()
        self._pool.shutdown()
        self._looks.shutdown()

    def _look(self) -> None:
        workspace, pace = self._workspace, self._pace

        def look() -> list[Entry]:
            workspace.store.refresh()
            store = workspace.store
            return [Entry(model, store.state(model), pace(model)) for model in workspace.catalogue.models]

        self._looks.run(look, self._show)

    def _install(self, model_id: str) -> None:
        model = self._workspace.catalogue.by_id(model_id)
        workspace, cancel = self._workspace, self._begin(model_id, self.tr("Installing “{name}”…"), model_id)
        told = 0.0

        def progress(here: int, size: int) -> None:
            nonlocal told
            if here == size or time.monotonic() - told > _TELL_EVERY_S:
                told = time.monotonic()
                self._progressed.emit(here, size)

        self._pool.run(
            lambda: workspace.installer.install(model, progress=progress, waiting=self._waits.emit, cancel=cancel),
            lambda _path: self._done(self.tr("“{name}” is installed.").format(name=model_id), model_id),
            self._failed,
        )

    def _check(self, model_id: str) -> None:
        model, store = self._workspace.catalogue.by_id(model_id), self._workspace.store
        self._begin(model_id, self.tr("Checking “{name}”…"), model_id)

        def checked(state: ModelState) -> None:
            if state is ModelState.DAMAGED:
                self._done(self.tr("“{name}” was damaged and has been repaired.").format(name=model_id), model_id)
            else:
                self._done(self.tr("“{name}” is whole.").format(name=model_id), model_id)

        self._pool.run(lambda: store.verify(model), checked, self._failed)

    def _remove(self, model_id: str) -> None:
        model, workspace = self._workspace.catalogue.by_id(model_id), self._workspace
        self._begin(model_id, self.tr("Removing “{name}”…"), model_id)
        self._pool.run(
            lambda: workspace.installer.remove(model),
            lambda _nothing: self._done(self.tr("“{name}” was removed.").format(name=model_id), model_id),
            self._failed,
        )

    def _begin(self, model_id: str, template: str, name: str) -> CancelToken:
        self._cancel = CancelToken()
        self._doing = (model_id, template.format(name=name))
        if self._dialog is not None:
            self._dialog.show_busy(*self._doing)
        return self._cancel

    def _imported(self, model: Model) -> None:
        text = self.tr("Imported as “{name}”. It can be chosen in the window from now on.").format(name=model.id)
        self._done(text, model.id)

    def _done(self, text: str, model_id: str) -> None:
        self._end(text, failed=False, chosen=model_id)

    def _failed(self, error: Exception) -> None:
        if isinstance(error, errors.CancelledError):
            self._end(self.tr("Stopped. What has arrived is kept for next time."), failed=False)
            return
        known = error if isinstance(error, errors.RekindleError) else errors.unexpected(error)
        if self._dialog is None:
            self.failed.emit(known)
        self._end(words.error(known), failed=True)

    def _end(self, text: str, *, failed: bool, chosen: str = "") -> None:
        self._doing = None
        if self._dialog is not None:
            self._dialog.show_idle(text, failed=failed, chosen=chosen)
            self._look()
        self.changed.emit()

    def _show(self, entries: list[Entry]) -> None:
        if entries != self._seen:  # another program may have changed something too
            self._seen = entries
            self.changed.emit()
        if self._dialog is not None:
            self._dialog.show_entries(entries)

    def _show_progress(self, here: int, size: int) -> None:
        if self._dialog is None or self._doing is None or self._cancel.cancelled:
            return
        text = self.tr("Downloading “{name}”, {here} of {size}").format(
            name=self._doing[0], here=words.file_size(here), size=words.file_size(size)
        )
        self._dialog.show_busy(self._doing[0], text, here / size)

    def _show_waiting(self) -> None:
        if self._dialog is not None and self._doing is not None:
            self._dialog.show_busy(self._doing[0], self.tr("Another window is downloading it already. Waiting…"))

    def _forget(self, _result: Any = None) -> None:
        self._dialog = None
