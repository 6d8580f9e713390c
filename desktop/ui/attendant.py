"""Between the queue and the computer around the window: sleep, power, notifications, the task bar."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication

from desktop.core.jobs import ENDINGS, Job, JobState
from desktop.core.progress import BatchProgress
from desktop.core.settings import Settings
from desktop.ui import words
from desktop.ui.controller import QueueController
from desktop.ui.system.native import System

# A run that takes this long, or has, is one that people leave alone, and computers fall asleep over.
_LONG_AHEAD_S = 10 * 60
_LONG_SO_FAR_S = 5 * 60


def _in_front() -> bool:
    return QGuiApplication.applicationState() == Qt.ApplicationState.ApplicationActive


class Attendant(QObject):
    """Tells the computer of the queue's work, and the queue of the computer's power.

    Signals:
        pauseWanted(reason: str), resumeWanted(): because of the computer's power.
        offerChanged(offered: bool): whether the person should be asked about keeping the computer awake.
        titleChanged(title: str): the window's.
        told(text: str): something the person should know.
        frontWanted(token: str): the person wants to see the window; see ``Notifier.clicked``.
        impossible(setting: str, reason: str): this computer lacks what a setting needs.
    """

    pauseWanted = Signal(str)
    resumeWanted = Signal()
    offerChanged = Signal(bool)
    titleChanged = Signal(str)
    told = Signal(str)
    frontWanted = Signal(str)
    impossible = Signal(str, str)

    def __init__(
        self,
        controller: QueueController,
        system: System,
        settings: Settings,
        in_front: Callable[[], bool] = _in_front,
        parent: QObject | None = None,
    ) -> None:
        """
        Args:
            system: its own from then on.
            in_front: whether the person is looking at the window.
        """
        super().__init__(parent)
        self._controller = controller
        self._system = system
        self._settings = settings
        self._in_front = in_front
        self._running = False
        self._paused = False
        self._offered = False
        self._refused = False
        self._endings: dict[str, JobState] = {}
        system.adopt(self)
        system.wake_lock.refused.connect(self._tell_refused)
        system.notifier.clicked.connect(self.frontWanted)
        system.battery.pauseWanted.connect(self._ask_to_pause)
        system.battery.resumeWanted.connect(self.resumeWanted)
        system.battery.known.connect(self._tell_of_battery)
        system.battery.wish(settings.pause_on_battery)

    def apply(self, settings: Settings) -> None:
        """Takes new choices."""
        self._settings = settings
        self._system.battery.wish(settings.pause_on_battery)
        self._keep_awake()
        if settings.keep_awake or settings.keep_awake_asked:
            self._offer(False)

    def follow(self) -> None:
        """The run was started, paused, resumed, or has ended."""
        running, paused = self._controller.running, self._controller.paused
        begins, holds = running and not self._running, paused and not self._paused
        self._running, self._paused = running, paused
        self._system.battery.follow(running=running, paused=paused)
        self._keep_awake()
        if begins:
            self._endings.clear()
        if holds and self._controller.pause_reason:
            self._notify(self.tr("Rekindle is paused"), self._controller.pause_reason)
        if not running:
            self._offer(False)
            self._system.taskbar.clear()
            self.titleChanged.emit("Rekindle")

    def note(self, job: Job) -> None:
        """A photo's state has changed."""
        if job.state in ENDINGS:
            self._endings[job.id] = job.state
        else:
            self._endings.pop(job.id, None)

    def show_progress(self, progress: BatchProgress) -> None:
        """While a run is under way."""
        if not self._running:
            return
        percent = words.percent(progress.part)
        self._system.taskbar.show(percent, progress.total - progress.finished)
        title = self.tr("{percent} %, paused – Rekindle") if self._paused else self.tr("{percent} % – Rekindle")
        self.titleChanged.emit(title.format(percent=percent))
        ahead = progress.remaining_s or 0.0
        if ahead >= _LONG_AHEAD_S or progress.elapsed_s >= _LONG_SO_FAR_S:
            self._offer(not (self._settings.keep_awake or self._settings.keep_awake_asked))

    def sum_up(self) -> None:
        """A run has ended: tells somebody who is looking elsewhere."""
        counts = Counter(self._endings.values())
        done, failed = counts[JobState.DONE], counts[JobState.FAILED]
        if not (done or failed or counts[JobState.SKIPPED]):
            return  # all of it was cancelled, by somebody who knows
        if failed:
            title = self.tr("Finished, but some photos failed") if done else self.tr("No photo could be enhanced")
        else:
            title = self.tr("Your photos are ready")
        self._notify(title, words.endings(counts, ", "))

    def note_seen(self) -> None:
        """The person has come to the window."""
        self._system.notifier.withdraw()

    def find_impossible(self) -> None:
        """Finds out, in the background where it takes a while, which settings make no sense on this computer."""
        if not self._system.wake_lock.possible:
            self.impossible.emit("keep_awake", self.tr("This computer offers no way to do that."))
        if not self._system.notifier.possible:
            self.impossible.emit("notify", self.tr("This computer shows no notifications."))
        self._system.battery.look()

    def close(self) -> None:
        """Lets go of the computer. May wait a moment."""
        self._system.close()

    def _keep_awake(self) -> None:
        if self._settings.keep_awake and self._running and not self._paused:
            self._system.wake_lock.hold()
        else:
            self._system.wake_lock.release()

    def _offer(self, offered: bool) -> None:
        offered = offered and self._system.wake_lock.possible
        if offered != self._offered:
            self._offered = offered
            self.offerChanged.emit(offered)

    def _notify(self, title: str, body: str) -> None:
        if self._settings.notify and not self._in_front():
            self._system.notifier.show(title, body)

    def _ask_to_pause(self) -> None:
        self.pauseWanted.emit(self.tr("On battery power. It goes on when the computer is plugged in."))

    def _tell_refused(self) -> None:
        if not self._refused:
            self._refused = True
            self.told.emit(
                self.tr("This computer could not be kept awake: its power settings decide when it falls asleep.")
            )

    def _tell_of_battery(self, has_battery: bool) -> None:
        if not has_battery:
            self.impossible.emit("pause_on_battery", self.tr("This computer has no battery."))
