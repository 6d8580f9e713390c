"""A word to somebody who is looking elsewhere."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QSystemTrayIcon

_SHOWN_MS = 15_000


class Notifier(QObject):
    """Shows one notification at a time, the latest. This one shows none; nothing here waits or raises.

    Signals:
        clicked(token: str): the person wants to see the window; the token lets a Wayland desktop bring it to the
            front, and is empty elsewhere.

    Attributes:
        possible: whether there is anything that shows them.
    """

    clicked = Signal(str)
    possible = False

    def show(self, title: str, body: str) -> None:
        """Both are plain text."""

    def withdraw(self) -> None:
        """Takes it back: the person has seen the window."""

    def close(self) -> None:
        """Lets go of what it held; what it shows stays."""


class TrayNotifier(Notifier):
    """Windows and macOS show notifications for an icon in their tray; it is there for as long as one is shown."""

    possible = True

    def __init__(self, icon: QIcon, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._icon = icon
        self._tray = QSystemTrayIcon(icon, self)
        self._tray.messageClicked.connect(self._click)
        self._tray.activated.connect(self._click)
        self._timer = QTimer(self, singleShot=True, interval=_SHOWN_MS)
        self._timer.timeout.connect(self._tray.hide)

    def show(self, title: str, body: str) -> None:
        self._tray.setToolTip(title)
        self._tray.show()
        self._tray.showMessage(title, body, self._icon, _SHOWN_MS)
        self._timer.start()

    def withdraw(self) -> None:
        self._timer.stop()
        self._tray.hide()

    def close(self) -> None:
        self.withdraw()

    def _click(self) -> None:
        self.withdraw()
        self.clicked.emit("")
