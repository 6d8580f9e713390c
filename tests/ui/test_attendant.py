"""What the computer around the window is told of a run, and what is asked of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QCheckBox, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from desktop.core import settings as settings_file
from desktop.core.jobs import Job, JobState, Request
from desktop.core.progress import BatchProgress
from desktop.core.settings import Settings
from desktop.ui.app import create_window
from desktop.ui.attendant import Attendant
from desktop.ui.keep_awake_offer import KeepAwakeOffer
from desktop.ui.main_window import MainWindow
from desktop.ui.settings_dialog import SettingsDialog
from desktop.ui.system.native import System
from desktop.ui.system.notifications import Notifier
from desktop.ui.system.power import BatteryWatch, Power
from desktop.ui.system.taskbar import Taskbar

PATIENCE_MS = 60_000
DONE, FAILED, SKIPPED, CANCELLED = JobState.DONE, JobState.FAILED, JobState.SKIPPED, JobState.CANCELLED


class FakeWakeLock(QObject):
    refused = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.possible = True
        self.held = False

    def hold(self) -> None:
        self.held = True

    def release(self) -> None:
        self.held = False

    def close(self) -> None:
        self.held = False


class FakeNotifier(Notifier):
    possible = True

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[tuple[str, str]] = []
        self.withdrawn = 0

    def show(self, title: str, body: str) -> None:
        self.shown.append((title, body))

    def withdraw(self) -> None:
        self.withdrawn += 1


class FakeTaskbar(Taskbar):
    def __init__(self) -> None:
        self.shown: list[tuple[int, int] | None] = []

    def show(self, percent: int, left: int) -> None:
        self.shown.append((percent, left))

    def clear(self) -> None:
        self.shown.append(None)


@dataclass
class FakeComputer:
    """A computer whose power is in the test's hands."""

    power: Power = Power.MAINS
    wake_lock: FakeWakeLock = field(default_factory=FakeWakeLock)
    notifier: FakeNotifier = field(default_factory=FakeNotifier)
    taskbar: FakeTaskbar = field(default_factory=FakeTaskbar)

    def __post_init__(self) -> None:
        self.battery = BatteryWatch(lambda: self.power)
        self.system = System(self.wake_lock, self.notifier, self.taskbar, self.battery)  # type: ignore[arg-type]


@dataclass
class FakeController:
    running: bool = False
    paused: bool = False
    pause_reason: str = ""


class Scene:
    """An attendant between a controller and a computer of the test's."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.controller, self.computer = FakeController(), FakeComputer()
        self.looking = False
        self.attendant = Attendant(
            self.controller,  # type: ignore[arg-type]
            self.computer.system,
            self.settings,
            lambda: self.looking,
        )
        self.offered: list[bool] = []
        self.titles: list[str] = []
        self.told: list[str] = []
        self.attendant.offerChanged.connect(self.offered.append)
        self.attendant.titleChanged.connect(self.titles.append)
        self.attendant.told.connect(self.told.append)

    def become(self, *, running: bool = True, paused: bool = False, reason: str = "") -> None:
        self.controller.running, self.controller.paused, self.controller.pause_reason = running, paused, reason
        self.attendant.follow()

    def choose(self, **choices: Any) -> None:
        self.settings = replace(self.settings, **choices)
        self.attendant.apply(self.settings)

    def progress(self, part: float = 0.5, remaining_s: float | None = None, **more: Any) -> None:
        self.attendant.show_progress(
            BatchProgress(**{"part": part, "remaining_s": remaining_s, "finished": 1, "total": 4, **more})
        )

    def end(self, *states: JobState) -> None:
        """A whole run, with these endings."""
        self.become()
        for number, state in enumerate(states):
            self.attendant.note(Job(str(number), Request(Path("a.png")), state=state))
        self.become(running=False)
        self.attendant.sum_up()

    @property
    def awake(self) -> bool:
        return self.computer.wake_lock.held

    @property
    def shown(self) -> list[tuple[str, str]]:
        return self.computer.notifier.shown


@pytest.fixture
def scene(qapp: object) -> Iterator[Callable[..., Scene]]:
    made: list[Scene] = []

    def make(**choices: Any) -> Scene:
        made.append(Scene(Settings(**choices)))
        return made[-1]

    yield make
    for one in made:
        one.attendant.close()


def test_the_computer_is_kept_awake_during_a_run_and_not_a_pause(scene: Callable[..., Scene]) -> None:
    it = scene(keep_awake=True)
    assert not it.awake
    it.become()
    assert it.awake
    it.become(paused=True)
    assert not it.awake
    it.become()
    assert it.awake
    it.become(running=False)
    assert not it.awake


def test_without_the_persons_word_it_may_sleep(scene: Callable[..., Scene]) -> None:
    it = scene()
    it.become()
    assert not it.awake
    it.choose(keep_awake=True)
    assert it.awake
    it.choose(keep_awake=False)
    assert not it.awake


def test_it_may_sleep_when_the_window_closes(scene: Callable[..., Scene]) -> None:
    it = scene(keep_awake=True)
    it.become()
    it.attendant.close()
    assert not it.awake


def test_a_short_run_is_no_reason_to_ask(scene: Callable[..., Scene]) -> None:
    it = scene()
    it.become()
    it.progress(remaining_s=None)
    it.progress(remaining_s=599)
    assert it.offered == []


@pytest.mark.parametrize(("remaining_s", "elapsed_s"), [(600, 1), (None, 300), (20, 300)])
def test_a_long_run_is_asked_about_until_it_ends(
    scene: Callable[..., Scene], remaining_s: float | None, elapsed_s: float
) -> None:
    it = scene()
    it.become()
    it.progress(remaining_s=remaining_s, elapsed_s=elapsed_s)
    it.progress(remaining_s=5)
    assert it.offered == [True]
    it.become(running=False)
    assert it.offered == [True, False]


@pytest.mark.parametrize("choices", [{"keep_awake": True}, {"keep_awake_asked": True}])
def test_who_has_answered_is_never_asked_again(scene: Callable[..., Scene], choices: dict[str, bool]) -> None:
    it = scene(**choices)
    it.become()
    it.progress(remaining_s=6000)
    assert it.offered == []


def test_the_answer_takes_the_question_away(scene: Callable[..., Scene]) -> None:
    it = scene()
    it.become()
    it.progress(remaining_s=6000)
    it.choose(keep_awake_asked=True)
    it.progress(remaining_s=6000)
    assert it.offered == [True, False]


def test_nobody_is_asked_for_what_the_computer_cannot_do(scene: Callable[..., Scene]) -> None:
    it = scene()
    it.computer.wake_lock.possible = False
    it.become()
    it.progress(remaining_s=6000)
    assert it.offered == []


def test_a_computer_that_cannot_be_kept_awake_is_told_of_once(scene: Callable[..., Scene]) -> None:
    it = scene(keep_awake=True)
    it.computer.wake_lock.refused.emit()
    it.computer.wake_lock.refused.emit()
    assert len(it.told) == 1
    assert "could not be kept awake" in it.told[0]


def test_the_title_and_the_task_bar_show_how_far_it_is(scene: Callable[..., Scene]) -> None:
    it = scene()
    it.progress(0.2)  # nothing runs
    it.become()
    it.progress(0.384, finished=1, total=4)
    it.progress(0.999, finished=3, total=4)
    it.become(paused=True)
    it.progress(0.999, finished=3, total=4)
    it.become(running=False)
    assert it.titles == ["38 % – Rekindle", "99 % – Rekindle", "99 %, paused – Rekindle", "Rekindle"]
    assert it.computer.taskbar.shown == [(38, 3), (99, 1), (99, 1), None]


@pytest.mark.parametrize(
    ("states", "title", "body"),
    [
        ([DONE, DONE], "Your photos are ready", "2 enhanced"),
        ([DONE, FAILED, FAILED], "Finished, but some photos failed", "1 enhanced, 2 failed"),
        ([FAILED, FAILED], "No photo could be enhanced", "2 failed"),
        ([DONE, SKIPPED, CANCELLED], "Your photos are ready", "1 enhanced, 1 skipped, 1 cancelled"),
    ],
)
def test_the_end_is_told_to_somebody_who_looks_elsewhere(
    scene: Callable[..., Scene], states: list[JobState], title: str, body: str
) -> None:
    it = scene()
    it.end(*states)
    assert it.shown == [(title, body)]


def test_only_this_runs_photos_are_counted_and_each_once(scene: Callable[..., Scene]) -> None:
    it = scene()
    it.end(DONE, FAILED)
    it.become()
    job = Job("late", Request(Path("a.png")))
    for state in (FAILED, JobState.WAITING, JobState.RUNNING, DONE, DONE):
        it.attendant.note(replace(job, state=state))
    it.become(running=False)
    it.attendant.sum_up()
    assert it.shown[1] == ("Your photos are ready", "1 enhanced")


def test_nothing_is_told_to_somebody_who_is_looking(scene: Callable[..., Scene]) -> None:
    it = scene()
    it.looking = True
    it.end(DONE)
    it.become()
    it.become(paused=True, reason="On battery power.")
    assert it.shown == []


def test_nothing_is_told_to_somebody_who_does_not_wish_it(scene: Callable[..., Scene]) -> None:
    it = scene(notify=False)
    it.end(DONE)
    assert it.shown == []


def test_who_cancelled_everything_knows(scene: Callable[..., Scene]) -> None:
    it = scene()
    it.end(CANCELLED, CANCELLED)
    assert it.shown == []


def test_a_pause_is_told_where_it_was_not_the_persons_own(scene: Callable[..., Scene]) -> None:
    it = scene()
    it.become()
    it.become(paused=True)
    it.become()
    it.become(paused=True, reason="On battery power.")
    it.become(paused=True, reason="On battery power.")
    assert it.shown == [("Rekindle is paused", "On battery power.")]


def test_who_comes_to_the_window_needs_no_notification_any_more(scene: Callable[..., Scene]) -> None:
    it = scene()
    it.attendant.note_seen()
    assert it.computer.notifier.withdrawn == 1


@pytest.fixture
def computer(qapp: object) -> FakeComputer:
    return FakeComputer()


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path, computer: FakeComputer) -> Iterator[MainWindow]:
    """The real window on a computer of the test's."""
    made = create_window(tmp_path / "data", computer.system)
    with qtbot.waitExposed(made):
        made.show()
    yield made
    made._closing = True
    made.close()


def start(qtbot: QtBot, window: MainWindow, photo: Path) -> None:
    window.add_paths([photo])
    window.start()
    qtbot.waitUntil(lambda: window.jobs[0].progress > 0, timeout=PATIENCE_MS)


def test_a_run_waits_while_the_computer_is_unplugged_and_says_why(
    qtbot: QtBot,
    window: MainWindow,
    computer: FakeComputer,
    photo_file: Callable[..., Path],
    photo_like: Callable[..., Any],
) -> None:
    window.settings.change(pause_on_battery=True, keep_awake=True)
    start(qtbot, window, photo_file("large.png", photo_like(500, 300)))
    assert computer.wake_lock.held
    assert window.windowTitle().endswith("% – Rekindle")
    computer.power = Power.BATTERY
    computer.battery.look()
    qtbot.waitUntil(lambda: window._controller.paused, timeout=PATIENCE_MS)
    assert window.jobs[0].state == "paused"
    assert (
        "On battery power. It goes on when the computer is plugged in." in window.findChild(QLabel, "batchMore").text()
    )
    assert not computer.wake_lock.held
    computer.power = Power.MAINS
    with qtbot.waitSignal(window.queueFinished, timeout=PATIENCE_MS):
        computer.battery.look()
    assert window.jobs[0].state == "done"
    assert window.windowTitle() == "Rekindle"
    assert computer.taskbar.shown[-1] is None
    assert not computer.wake_lock.held


def test_who_resumes_on_battery_is_obeyed(
    qtbot: QtBot,
    window: MainWindow,
    computer: FakeComputer,
    photo_file: Callable[..., Path],
    photo_like: Callable[..., Any],
) -> None:
    computer.power = Power.BATTERY
    window.settings.change(pause_on_battery=True)
    window.add_paths([photo_file("large.png", photo_like(400, 300))])
    window.start()
    qtbot.waitUntil(lambda: window._controller.paused, timeout=PATIENCE_MS)
    with qtbot.waitSignal(window.queueFinished, timeout=PATIENCE_MS):
        window._queue.pause_button.click()
        with qtbot.waitSignal(computer.battery.known, timeout=PATIENCE_MS):
            computer.battery.look()
        assert not window._controller.paused
        assert window._controller.pause_reason == ""


def test_a_window_that_closes_in_the_middle_of_a_run_lets_go_of_everything(
    qtbot: QtBot,
    window: MainWindow,
    computer: FakeComputer,
    photo_file: Callable[..., Path],
    photo_like: Callable[..., Any],
) -> None:
    window.settings.change(keep_awake=True)
    start(qtbot, window, photo_file("large.png", photo_like(500, 300)))
    assert computer.wake_lock.held
    window._closing = True
    window.close()
    assert not computer.wake_lock.held
    assert computer.taskbar.shown[-1] is None


@pytest.mark.parametrize("agreed", [True, False])
def test_the_question_is_answered_once_and_for_all(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, computer: FakeComputer, agreed: bool
) -> None:
    offer = window.findChild(KeepAwakeOffer)
    assert offer is not None
    assert offer.isHidden()
    window._attendant.offerChanged.emit(True)
    assert not offer.isHidden()
    window._attendant._offered = True
    offer.findChildren(QPushButton)[0 if agreed else 1].click()
    assert offer.isHidden()
    file = tmp_path / "data" / "settings.json"
    qtbot.waitUntil(lambda: settings_file.load(file).keep_awake_asked, timeout=PATIENCE_MS)
    assert settings_file.load(file).keep_awake is agreed


def test_a_click_on_the_notification_brings_the_window_back(
    qtbot: QtBot, window: MainWindow, computer: FakeComputer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_ACTIVATION_TOKEN", "")
    window.showMinimized()
    computer.notifier.clicked.emit("a token")
    assert not window.isMinimized()
    assert os.environ["XDG_ACTIVATION_TOKEN"] == "a token"


def switches(window: MainWindow) -> tuple[SettingsDialog, dict[str, QCheckBox]]:
    window._actions.settings.trigger()
    dialog = window.findChild(SettingsDialog, "settingsDialog")
    assert dialog is not None
    return dialog, {name: switch.box for name, switch in dialog._switches.items()}


def test_the_settings_have_all_three(qtbot: QtBot, window: MainWindow, tmp_path: Path, computer: FakeComputer) -> None:
    dialog, boxes = switches(window)
    three = "keep_awake", "pause_on_battery", "notify"
    assert [boxes[name].isChecked() for name in three] == [False, False, True]
    for name in three:
        boxes[name].click()
    dialog.accept()
    assert window.settings.current.keep_awake
    assert window.settings.current.keep_awake_asked
    assert window.settings.current.pause_on_battery
    assert not window.settings.current.notify


def test_a_switch_for_what_is_not_there_says_so_and_keeps_what_was_chosen(
    qtbot: QtBot, window: MainWindow, computer: FakeComputer
) -> None:
    window.settings.change(pause_on_battery=True)
    computer.power = Power.NO_BATTERY
    dialog, boxes = switches(window)
    qtbot.waitUntil(lambda: not boxes["pause_on_battery"].isEnabled(), timeout=PATIENCE_MS)
    assert dialog._switches["pause_on_battery"].reason == "This computer has no battery."
    assert boxes["keep_awake"].isEnabled()
    assert boxes["notify"].isEnabled()
    dialog.accept()
    assert window.settings.current.pause_on_battery


def test_a_session_without_a_bus_is_said_to_have_neither(
    qtbot: QtBot, window: MainWindow, computer: FakeComputer
) -> None:
    computer.wake_lock.possible = False
    computer.notifier.possible = False
    _dialog, boxes = switches(window)
    assert [boxes[name].isEnabled() for name in ("keep_awake", "notify")] == [False, False]


def test_what_was_refused_is_said_in_the_window(window: MainWindow, computer: FakeComputer) -> None:
    computer.wake_lock.refused.emit()
    label = window.findChild(QLabel, "statusMessage")
    assert label is not None
    assert "could not be kept awake" in label.toolTip()
