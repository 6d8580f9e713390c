"""The settings that hold: what changes them, who follows them, and that they are there at the next start."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from desktop.core import settings as settings_file
from desktop.core.settings import Settings
from desktop.ui.tasks import TaskPool


class KeptSettings(QObject):
    """Written to their file, in the background, whenever they change.

    Signals:
        changed(settings: Settings): what holds from now on.
        notKept(told: str): they hold, but could not be written; why, in words for the person.
    """

    changed = Signal(object)
    notKept = Signal(str)

    def __init__(self, settings: Settings, file: Path, disk: TaskPool, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._current = settings
        self._file = file
        self._disk = disk

    @property
    def current(self) -> Settings:
        return self._current

    def change(self, **choices: Any) -> None:
        """Changes some of them, by the names of their fields."""
        self.take(replace(self._current, **choices))

    def take(self, settings: Settings) -> None:
        """Replaces all of them."""
        if settings == self._current:
            return
        self._current = settings
        self.changed.emit(settings)
        self._disk.run(lambda: settings_file.save(settings, self._file), lambda _nothing: None, self._tell)

    def _tell(self, error: Exception) -> None:
        self.notKept.emit(self.tr("Your choices could not be kept: {reason}").format(reason=str(error)))
