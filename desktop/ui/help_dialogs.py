"""The shortcut sheet and the About box."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt, qVersion
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

import desktop
from desktop.core import diagnostics
from desktop.core.workspace import Workspace
from desktop.ui import icons, theme
from desktop.ui.actions import Actions
from desktop.ui.forms import grow, quiet
from desktop.ui.tasks import TaskPool


class ShortcutsDialog(QDialog):
    """Every key, in three columns: the window's, the list's and the comparison's."""

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("shortcutsDialog")
        self.setWindowTitle(self.tr("Keyboard shortcuts"))
        window = _keys(action for action in actions.all if action not in actions.about_the_list)
        comparison = [
            *_keys(actions.comparing),
            (self.tr("Fit or actual size"), self.tr("double-click")),
            (self.tr("Move the picture"), "← → ↑ ↓"),
            (self.tr("See before"), self.tr("hold Space")),
            (self.tr("Lens"), self.tr("hold L")),
        ]
        the_list = [
            *_keys(action for action in actions.all if action in actions.about_the_list),
            (self.tr("Take a photo out of the list"), _native(QKeySequence("Del"))),
            (self.tr("Act on the photo's row"), _native(QKeySequence("Return"))),
            (self.tr("Compare a photo"), self.tr("double-click")),
            (self.tr("Show all, to do, done, failed"), "Alt+0 … 3"),
            (self.tr("Sort by order of work, name, state"), "Alt+7 … 9"),
        ]
        columns = QHBoxLayout()
        columns.setSpacing(4 * theme.GRID)
        columns.addLayout(_table(self.tr("Window"), window))
        columns.addLayout(_table(self.tr("List"), the_list))
        columns.addLayout(_table(self.tr("Comparison"), comparison))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * theme.GRID, 2 * theme.GRID, 2 * theme.GRID, 2 * theme.GRID)
        layout.setSpacing(2 * theme.GRID)
        layout.addLayout(columns)
        layout.addWidget(buttons)


class AboutDialog(QDialog):
    """Who this is, where it keeps things, and what somebody who helps wants to know."""

    def __init__(self, workspace: Workspace, disk: TaskPool, parent: QWidget | None = None) -> None:
        """
        Args:
            disk: where the diagnostics are gathered.
        """
        super().__init__(parent)
        self.setObjectName("aboutDialog")
        self.setWindowTitle(self.tr("About Rekindle"))
        self._workspace = workspace
        self._disk = disk
        folders = workspace.folders
        picture = QLabel()
        picture.setPixmap(icons.application_icon().pixmap(64, 64))
        text = QLabel(
            "<p style='font-size: large'><b>Rekindle {version}</b></p><p>{what}</p><p>{privacy}</p>"
            "<p>{licence}</p><p>{data}<br>{log}</p>".format(
                version=desktop.__version__,
                what=self.tr("Enlarges and restores photos faithfully. It sharpens and cleans, and invents nothing."),
                privacy=self.tr(
                    "Everything happens on this computer. Rekindle counts nothing and sends nothing; it goes online "
                    "only for models that you install, and for updates if you ask."
                ),
                licence=self.tr("Free software under the MIT licence. Qt is used under the LGPL."),
                data=self.tr("Models and settings: {folder}").format(folder=folders.data),
                log=self.tr("Log: {file}").format(file=folders.log_file),
            )
        )
        text.setWordWrap(True)
        text.setMinimumWidth(400)
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        self._copy = buttons.addButton(self.tr("Copy diagnostics"), QDialogButtonBox.ButtonRole.ActionRole)
        self._copy.setObjectName("copyDiagnostics")
        self._copy.setToolTip(self.tr("Versions, folders and the end of the log, for somebody who helps you"))
        self._copy.clicked.connect(self._gather)
        for button in buttons.findChildren(QPushButton):
            button.setMinimumHeight(theme.CONTROL_HEIGHT)
            button.setAutoDefault(False)
        buttons.button(QDialogButtonBox.StandardButton.Close).setDefault(True)
        self._told = quiet()
        self._told.setWordWrap(True)
        row = QHBoxLayout()
        row.setSpacing(2 * theme.GRID)
        row.addWidget(picture, alignment=Qt.AlignmentFlag.AlignTop)
        row.addWidget(text, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * theme.GRID, 2 * theme.GRID, 2 * theme.GRID, 2 * theme.GRID)
        layout.setSpacing(2 * theme.GRID)
        layout.addLayout(row)
        layout.addWidget(self._told)
        layout.addWidget(buttons)
        self._told.hide()

    def _gather(self) -> None:
        self._copy.setEnabled(False)
        workspace, screens = self._workspace, _about_the_screens()
        self._disk.run(lambda: diagnostics.text(workspace, screens), self._take, self._fail)

    def _take(self, text: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self._say(self.tr("Copied. Paste it into a message, and read it through before you send it."))

    def _fail(self, error: Exception) -> None:
        self._say(self.tr("The diagnostics could not be gathered ({reason}).").format(reason=str(error)))

    def _say(self, text: str) -> None:
        self._told.setText(text)
        self._told.show()
        grow(self)
        self._copy.setEnabled(True)


def _about_the_screens() -> list[str]:
    """What only Qt knows."""
    screens = ", ".join(
        f"{screen.size().width()} x {screen.size().height()} at {screen.devicePixelRatio():g}"
        for screen in QGuiApplication.screens()
    )
    return [f"Qt {qVersion()} on {QGuiApplication.platformName()}, style {QApplication.style().name()}", screens]


def _keys(actions: Iterable[QAction]) -> list[tuple[str, str]]:
    """What they do, and by which key; those without one are passed over."""
    return [
        (action.text().replace("&", "").rstrip("…"), _native(action.shortcut()))
        for action in actions
        if not action.shortcut().isEmpty()
    ]


def _native(keys: QKeySequence) -> str:
    return keys.toString(QKeySequence.SequenceFormat.NativeText)


def _table(title: str, rows: list[tuple[str, str]]) -> QVBoxLayout:
    heading = QLabel(f"<b>{title}</b>")
    grid = QGridLayout()
    grid.setHorizontalSpacing(3 * theme.GRID)
    grid.setVerticalSpacing(6)
    for number, (what, keys) in enumerate(rows):
        key = QLabel(keys)
        key.setProperty("quiet", True)
        grid.addWidget(QLabel(what), number, 0)
        grid.addWidget(key, number, 1, Qt.AlignmentFlag.AlignRight)
    column = QVBoxLayout()
    column.setSpacing(theme.PANEL_MARGIN)
    column.addWidget(heading)
    column.addLayout(grid)
    column.addStretch()
    return column
