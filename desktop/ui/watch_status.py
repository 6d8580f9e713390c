"""The calm line that says which folder is watched, and what is wrong with it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QPushButton, QWidget

from desktop.core.errors import NoPermissionError, NotFoundError
from desktop.ui import icons, theme, words
from desktop.ui.watch_controller import WatchState

_LONGEST_NAME = 200  # logical pixels


class WatchStatus(QPushButton):
    """Stands in the status bar while a folder is watched; a click leads to its dialog."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("watchStatus")
        self.setProperty("calm", True)
        self.setMinimumHeight(3 * theme.GRID)
        self._state = WatchState()
        self.hide()

    def show_state(self, state: WatchState) -> None:
        self._state = state
        self.setVisible(state.folder is not None)
        if state.folder is None:
            return
        name = state.folder.name or str(state.folder)
        self.setText(self._words(self.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, _LONGEST_NAME)))
        self.setAccessibleName(self._words(name))
        lines = [str(state.folder)]
        if state.trouble is not None:
            lines.append(words.error(state.trouble))
        if state.lost:
            lines.append(self.tr("Rekindle goes on watching when it is back."))
        self.setToolTip("\n".join(lines))
        self.setProperty("failure", state.trouble is not None)
        self.style().polish(self)
        self.retint()

    def retint(self) -> None:
        """Draws the icon in the palette's colours."""
        tones = theme.tones()
        trouble = self._state.trouble is not None
        if self._state.folder is None:
            self.setIcon(QIcon())
        else:
            colour = tones.failure if trouble else tones.quiet
            icons.put_on(self, "warning" if trouble else "watch", colour, tones.disabled)

    def _words(self, name: str) -> str:
        state = self._state
        if state.trouble is None:
            return self.tr("Watching “{name}”").format(name=name)
        if not state.lost:
            return self.tr("Watching “{name}”, but not all of it").format(name=name)
        match state.trouble:
            case NotFoundError():
                return self.tr("“{name}” is not there").format(name=name)
            case NoPermissionError():
                return self.tr("“{name}” may not be read").format(name=name)
        return self.tr("“{name}” cannot be read").format(name=name)
