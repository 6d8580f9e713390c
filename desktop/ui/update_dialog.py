"""Whether there is a newer Rekindle, and whether to ask that unasked."""

from __future__ import annotations

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

import desktop
from desktop.core.updates import Release
from desktop.ui import theme
from desktop.ui.forms import check, grow, quiet


class UpdateDialog(QDialog):
    """Says what is being asked, and shows the answer.

    Signals:
        askingChosen(wanted: bool): whether to ask once a day from now on.
    """

    askingChosen = Signal(bool)

    def __init__(self, address: str, asking: bool, parent: QWidget | None = None) -> None:
        """
        Args:
            address: what is asked; empty where it is not known.
            asking: whether it is asked once a day.
        """
        super().__init__(parent)
        self.setObjectName("updateDialog")
        self.setWindowTitle(self.tr("Updates"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._page = ""
        self._said = QLabel()
        self._said.setObjectName("updateMessage")
        self._said.setWordWrap(True)
        self._said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._notes = QPlainTextEdit()
        self._notes.setReadOnly(True)
        self._notes.setTabChangesFocus(True)
        self._notes.setAccessibleName(self.tr("What is new"))
        self._notes.setMinimumHeight(96)
        self._notes.hide()
        self._asking = check(self.tr("Ask once a day, when Rekindle starts"), asking)
        self._asking.setObjectName("askForUpdates")
        self._asking.setEnabled(bool(address))
        self._asking.toggled.connect(self.askingChosen)
        where = (
            self.tr("Only {address} is asked. Nothing about you, your photos or this computer is sent with it.")
            if address
            else self.tr("This copy of Rekindle was not told where to ask. Look where you got it from.")
        )
        about = quiet(where.format(address=address))
        about.setWordWrap(True)
        about.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)

        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self._open = buttons.addButton(self.tr("Open its page"), QDialogButtonBox.ButtonRole.ActionRole)
        self._open.hide()
        self._open.clicked.connect(lambda: QDesktopServices.openUrl(QUrl(self._page)))
        buttons.rejected.connect(self.reject)
        for button in buttons.findChildren(QPushButton):
            button.setMinimumHeight(theme.CONTROL_HEIGHT)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * theme.GRID, 2 * theme.GRID, 2 * theme.GRID, 2 * theme.GRID)
        column.setSpacing(theme.PANEL_MARGIN)
        column.addWidget(self._said)
        column.addWidget(self._notes, 1)
        column.addWidget(about)
        column.addWidget(self._asking)
        column.addWidget(buttons)
        self.setMinimumWidth(440)
        self.say(self.tr("Asking…") if address else self.tr("You have Rekindle {version}.").format(**_mine()))

    def say(self, text: str) -> None:
        self._said.setText(text)
        grow(self)

    def show_release(self, release: Release) -> None:
        """The answer."""
        if not release.is_newer:
            self.say(self.tr("You have Rekindle {version}. There is no newer one.").format(**_mine()))
            return
        told = self.tr("Rekindle {newer} is there. You have {version}.")
        self.say(told.format(newer=release.version, **_mine()))
        self._page = release.page
        self._open.setToolTip(release.page)
        self._open.show()
        self._notes.setPlainText(release.notes)
        self._notes.setVisible(bool(release.notes))
        grow(self)


def _mine() -> dict[str, str]:
    return {"version": desktop.__version__}
