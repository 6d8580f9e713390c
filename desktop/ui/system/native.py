"""This computer's own ways."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject

from desktop.core.paths import bundled
from desktop.ui import icons
from desktop.ui.system.notifications import Notifier, TrayNotifier
from desktop.ui.system.power import BatteryWatch, power
from desktop.ui.system.taskbar import BadgeTaskbar, Taskbar
from desktop.ui.system.wake_lock import WakeLock, kept_running

APPLICATION_ID = "rekindle"  # the .desktop file's name, which is how Linux desktops know the window


@dataclass(frozen=True)
class System:
    """What the window has of the computer around it.

    Attributes:
        let_go: called last, for what the others share.
    """

    wake_lock: WakeLock
    notifier: Notifier
    taskbar: Taskbar
    battery: BatteryWatch
    let_go: Callable[[], None] = lambda: None

    def adopt(self, parent: QObject) -> None:
        for part in (self.wake_lock, self.notifier, self.battery):
            part.setParent(parent)

    def close(self) -> None:
        """Lets go of everything. May wait a moment."""
        self.battery.close()
        self.wake_lock.close()
        self.taskbar.clear()
        self.notifier.close()
        self.let_go()


def native_system() -> System:
    """What this platform has; nothing of it has begun to work yet."""
    if sys.platform in ("win32", "darwin"):
        return System(
            WakeLock(kept_running), TrayNotifier(icons.application_icon()), BadgeTaskbar(), BatteryWatch(power)
        )
    from desktop.ui.system import session_bus
    from desktop.ui.system.bus_notifier import BusNotifier
    from desktop.ui.system.launcher_entry import LauncherEntry

    bus = session_bus.SessionBus()
    return System(
        WakeLock(kept_running, possible=session_bus.is_there()),
        BusNotifier(bus, APPLICATION_ID, bundled("resources", "icons", "rekindle.svg").as_uri()),
        LauncherEntry(bus, APPLICATION_ID),
        BatteryWatch(power),
        bus.close,
    )
