"""Whether the computer runs on its battery, and what a run of the queue does about it."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from enum import Enum, auto
from pathlib import Path

import psutil
from PySide6.QtCore import QObject, QTimer, Signal

from desktop.ui.tasks import TaskPool

logger = logging.getLogger(__name__)

_LOOK_MS = 20_000
_SUPPLIES = Path("/sys/class/power_supply")


class Power(Enum):
    """Where the computer's power comes from."""

    NO_BATTERY = auto()
    MAINS = auto()
    BATTERY = auto()


class Move(Enum):
    """What a run has to do."""

    PAUSE = auto()
    RESUME = auto()


class BatteryRule:
    """Pauses on battery, resumes on mains, and leaves alone what the person did.

    A run is resumed only where it was paused by this. A person who resumes it on battery is obeyed until the computer
    has been on mains again.
    """

    def __init__(self) -> None:
        self._running = False
        self._paused = False
        self._ours = False
        self._obeying = False

    def follow(self, *, running: bool, paused: bool) -> None:
        """Has to hear of every change of the run."""
        if self._ours and running and not paused:
            self._obeying = True
        self._ours = self._ours and running and paused
        self._running, self._paused = running, paused

    def see(self, power: Power) -> Move | None:
        """What follows from a look at the power."""
        if power is not Power.BATTERY:
            self._obeying = False
            return self.stop()
        if self._running and not self._paused and not self._obeying:
            self._ours = True
            return Move.PAUSE
        return None

    def stop(self) -> Move | None:
        """What follows from the power mattering no more."""
        ours, self._ours = self._ours, False
        return Move.RESUME if ours else None


class BatteryWatch(QObject):
    """Looks at the power while a run is under way and the person wishes it, never on the GUI thread.

    Signals:
        pauseWanted(), resumeWanted()
        known(has_battery: bool): after every look.
    """

    pauseWanted = Signal()
    resumeWanted = Signal()
    known = Signal(bool)

    def __init__(self, probe: Callable[[], Power], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._probe = probe
        self._rule = BatteryRule()
        self._wished = False
        self._running = False
        self._looking = False
        self._pool = TaskPool("power", 1, self)
        self._timer = QTimer(self, interval=_LOOK_MS)
        self._timer.timeout.connect(self.look)

    def wish(self, wished: bool) -> None:
        """Whether the person wants it."""
        if wished == self._wished:
            return
        self._wished = wished
        self._keep_looking()
        if not wished:
            self._make(self._rule.stop())

    def follow(self, *, running: bool, paused: bool) -> None:
        """Has to hear of every change of the run."""
        self._rule.follow(running=running, paused=paused)
        if running != self._running:
            self._running = running
            self._keep_looking()

    def look(self) -> None:
        """Looks at the power now, once, and does what follows from it where that is wished."""
        if not self._looking:
            self._looking = True
            self._pool.run(self._probe, self._seen, self._failed)

    def close(self) -> None:
        self._timer.stop()
        self._pool.shutdown()

    def _keep_looking(self) -> None:
        if self._wished and self._running:
            self._timer.start()
            self.look()
        else:
            self._timer.stop()

    def _seen(self, power: Power) -> None:
        self._looking = False
        self.known.emit(power is not Power.NO_BATTERY)
        if self._wished:
            self._make(self._rule.see(power))

    def _failed(self, error: Exception) -> None:
        self._looking = False
        logger.info("The power cannot be looked at: %s", error)

    def _make(self, move: Move | None) -> None:
        if move is Move.PAUSE:
            self.pauseWanted.emit()
        elif move is Move.RESUME:
            self.resumeWanted.emit()


def power(supplies: Path = _SUPPLIES) -> Power:
    """Where the computer's power comes from now. May take a while. Raises OSError.

    Args:
        supplies: Linux' folder of power supplies.
    """
    if sys.platform.startswith("linux"):
        return _linux_power(supplies)
    battery = psutil.sensors_battery() if hasattr(psutil, "sensors_battery") else None
    if battery is None:
        return Power.NO_BATTERY
    return Power.BATTERY if battery.power_plugged is False else Power.MAINS


def _linux_power(folder: Path) -> Power:
    """Not psutil, which takes a wireless mouse's battery for the computer's."""
    batteries = discharging = plugged = False
    for supply in folder.iterdir() if folder.is_dir() else ():
        if _said(supply, "scope") == "Device":
            continue
        if _said(supply, "type") == "Battery":
            batteries = True
            discharging = discharging or _said(supply, "status") == "Discharging"
        else:
            plugged = plugged or _said(supply, "online") not in ("", "0")
    if not batteries:
        return Power.NO_BATTERY
    return Power.BATTERY if discharging and not plugged else Power.MAINS


def _said(supply: Path, name: str) -> str:
    try:
        return (supply / name).read_text("ascii", "replace").strip()
    except OSError:  # most supplies say only some of it, and one may have been unplugged just now
        return ""
