"""Progress on the window's icon in the task bar or dock."""

from __future__ import annotations

from PySide6.QtGui import QGuiApplication


class Taskbar:
    """Shows how far a run is. This one shows nothing; nothing here waits or raises."""

    def show(self, percent: int, left: int) -> None:
        """
        Args:
            percent: 0..100.
            left: photos to do.
        """

    def clear(self) -> None:
        """No run is under way."""


class BadgeTaskbar(Taskbar):
    """The number of photos to do, as Windows and macOS show it on an icon.

    Progress itself stands in the window's title there: nothing that is well kept shows it on Windows' task bar.
    """

    def show(self, percent: int, left: int) -> None:
        _badge(left)

    def clear(self) -> None:
        _badge(0)


def _badge(number: int) -> None:
    application = QGuiApplication.instance()
    if isinstance(application, QGuiApplication):
        application.setBadgeNumber(number)
