"""Progress in the docks and task bars of Linux desktops, by com.canonical.Unity.LauncherEntry."""

from __future__ import annotations

from jeepney import DBusAddress, new_signal

from desktop.ui.system.session_bus import SessionBus
from desktop.ui.system.taskbar import Taskbar

_INTERFACE = "com.canonical.Unity.LauncherEntry"


class LauncherEntry(Taskbar):
    """What Plasma, Ubuntu's dock, Dash to Dock, Plank and others listen to; they forget it when the process ends."""

    def __init__(self, bus: SessionBus, application_id: str) -> None:
        """
        Args:
            application_id: name of the .desktop file, without its suffix.
        """
        self._bus = bus
        self._uri = f"application://{application_id}.desktop"
        self._place = DBusAddress("/com/canonical/unity/launcherentry/1", interface=_INTERFACE)
        self._told: tuple[int, int] | None = None

    def show(self, percent: int, left: int) -> None:
        if self._told != (percent, left):
            self._told = (percent, left)
            self._tell(percent / 100, left, visible=True)

    def clear(self) -> None:
        if self._told is not None:
            self._told = None
            self._tell(0.0, 0, visible=False)

    def _tell(self, progress: float, left: int, *, visible: bool) -> None:
        entry = {
            "progress": ("d", progress),
            "progress-visible": ("b", visible),
            "count": ("x", left),
            "count-visible": ("b", visible and left > 0),
        }
        self._bus.send(new_signal(self._place, "Update", "sa{sv}", (self._uri, entry)))
