"""What the desktop is told, to the letter, and what it answers."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import QApplication, QSystemTrayIcon
from pytestqt.qtbot import QtBot

from desktop.core.paths import bundled
from desktop.ui.system.native import native_system
from desktop.ui.system.notifications import Notifier, TrayNotifier
from desktop.ui.system.taskbar import BadgeTaskbar

Eventually = Callable[[Callable[[], object]], None]
REPOSITORY = Path(__file__).resolve().parents[3]
PATIENCE_MS = 60_000
FIRST = 4_000_000_000


@pytest.fixture
def system(qapp: object) -> Iterator[Any]:
    made: list[Any] = []

    def get() -> Any:
        made[:] = made or [native_system()]
        return made[0]

    yield get
    for one in made:
        one.close()


def test_a_notification_says_everything_a_desktop_needs(
    fake_desktop: Any, system: Callable[[], Any], eventually: Eventually
) -> None:
    assert system().notifier.possible
    system().notifier.show("Your photos are ready", "398 enhanced, 2 failed & <kept>")
    eventually(lambda: fake_desktop.named("Notify"))
    assert fake_desktop.named("Notify") == [
        (
            "Rekindle",
            0,
            bundled("resources", "icons", "rekindle.svg").as_uri(),
            "Your photos are ready",
            "398 enhanced, 2 failed &amp; &lt;kept&gt;",
            ["default", "Show"],
            {"desktop-entry": ("s", "rekindle"), "urgency": ("y", 1)},
            -1,
        )
    ]


def test_the_latest_takes_the_place_of_the_one_before(
    fake_desktop: Any, system: Callable[[], Any], eventually: Eventually
) -> None:
    notifier = system().notifier
    notifier.show("One", "")
    eventually(lambda: notifier._number == FIRST)
    notifier.show("Two", "")
    eventually(lambda: len(fake_desktop.named("Notify")) == 2)
    assert fake_desktop.named("Notify")[1][1] == FIRST


def test_a_click_brings_the_desktops_leave_to_come_forward(
    qtbot: QtBot, fake_desktop: Any, system: Callable[[], Any], eventually: Eventually
) -> None:
    notifier = system().notifier
    notifier.show("One", "")
    eventually(lambda: notifier._number == FIRST)
    with qtbot.waitSignal(notifier.clicked, timeout=PATIENCE_MS) as clicked:
        # Somebody else's first.
        fake_desktop.say("ActionInvoked", "us", 7, "default")
        fake_desktop.say("ActivationToken", "us", 7, "not ours")
        fake_desktop.say("ActivationToken", "us", FIRST, "a token")
        fake_desktop.say("ActionInvoked", "us", FIRST, "default")
    assert clicked.args == ["a token"]


def test_it_is_taken_back_once_the_person_has_seen_the_window(
    fake_desktop: Any, system: Callable[[], Any], eventually: Eventually
) -> None:
    notifier = system().notifier
    notifier.withdraw()  # nothing yet
    notifier.show("One", "")
    eventually(lambda: notifier._number == FIRST)
    notifier.withdraw()
    notifier.withdraw()
    eventually(lambda: fake_desktop.named("CloseNotification"))
    assert fake_desktop.named("CloseNotification") == [(FIRST,)]


def test_what_was_said_last_is_sent_even_when_the_program_ends(fake_desktop: Any, eventually: Eventually) -> None:
    code = (
        "import os\n"
        "from PySide6.QtGui import QGuiApplication\n"
        "from desktop.ui.system import session_bus\n"
        "from desktop.ui.system.native import native_system\n"
        "session_bus._PATIENCE_S = 20\n"  # how long a busy computer takes to connect is not what is tested
        "application = QGuiApplication([])\n"
        "system = native_system()\n"
        "system.notifier.show('Your photos are ready', '3 enhanced')\n"
        "system.close()\n"
        "os._exit(0)\n"
    )
    subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(REPOSITORY)}, check=True)
    eventually(lambda: fake_desktop.named("Notify"))
    assert fake_desktop.named("CloseNotification") == []


def test_the_dock_is_told_of_every_change_once_and_of_the_end(
    fake_desktop: Any, system: Callable[[], Any], eventually: Eventually
) -> None:
    taskbar = system().taskbar
    for percent, left in ((0, 2), (0, 2), (50, 1), (99, 0)):
        taskbar.show(percent, left)
    taskbar.clear()
    taskbar.clear()

    def entry(progress: float, left: int, visible: bool) -> tuple[Any, ...]:
        told = {
            "progress": ("d", progress),
            "progress-visible": ("b", visible),
            "count": ("x", left),
            "count-visible": ("b", visible and left > 0),
        }
        return ("application://rekindle.desktop", told)

    eventually(lambda: len(fake_desktop.entries) == 4)
    assert fake_desktop.entries == [
        entry(0.0, 2, True),
        entry(0.5, 1, True),
        entry(0.99, 0, True),
        entry(0.0, 0, False),
    ]


def bus_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "session bus"]


def use_everything(system: Any) -> None:
    system.notifier.show("One", "two")
    system.notifier.withdraw()
    system.taskbar.show(10, 3)
    system.taskbar.clear()


@pytest.mark.parametrize("address", ["unix:path=/nowhere/at/all", "tcp:host=localhost", "nonsense", ""])
def test_without_a_bus_nothing_happens(
    system: Callable[[], Any], monkeypatch: pytest.MonkeyPatch, eventually: Eventually, address: str
) -> None:
    if address:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    use_everything(system())
    eventually(lambda: not bus_threads())
    use_everything(system())


def test_without_a_bus_no_thread_is_begun(system: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[threading.Thread] = []
    monkeypatch.setattr(threading.Thread, "start", begun.append)
    use_everything(system())
    assert not begun


def test_a_bus_that_never_answers_holds_up_nobody(deaf_bus: None, system: Callable[[], Any]) -> None:
    use_everything(system())
    assert bus_threads()  # which waits in our place


def test_a_bus_that_goes_is_no_trouble(
    bus: Any, fake_desktop: Any, system: Callable[[], Any], eventually: Eventually
) -> None:
    system().notifier.show("One", "two")
    eventually(lambda: fake_desktop.named("Notify"))
    bus.daemon.kill()
    eventually(lambda: not bus_threads())
    use_everything(system())


def test_nothing_is_begun_before_it_is_needed(bus: Any, system: Callable[[], Any]) -> None:
    before = threading.active_count()
    system()
    assert threading.active_count() == before


@pytest.fixture
def tray(qapp: QApplication) -> Iterator[TrayNotifier]:
    picture = QPixmap(16, 16)
    picture.fill()
    made = TrayNotifier(QIcon(picture))
    yield made
    made.close()


@pytest.mark.qt_log_ignore("systemTrayWindowChanged")  # Linux' own tray icons without an X server
def test_an_icon_is_in_the_tray_for_as_long_as_it_has_something_to_say(qtbot: QtBot, tray: TrayNotifier) -> None:
    icon = tray.findChild(QSystemTrayIcon)
    assert icon is not None
    assert tray.possible
    tray.show("Your photos are ready", "3 enhanced")
    assert icon.isVisible()
    assert icon.toolTip() == "Your photos are ready"
    with qtbot.waitSignal(tray.clicked) as clicked:
        icon.messageClicked.emit()
    assert clicked.args == [""]
    assert not icon.isVisible()
    tray.show("Again", "")
    tray._timer.timeout.emit()
    assert not icon.isVisible()


def test_where_there_is_nothing_to_show_them_nothing_is_shown(qapp: QApplication) -> None:
    nobody = Notifier()
    nobody.show("One", "two")
    nobody.withdraw()
    nobody.close()
    assert not nobody.possible


def test_a_badge_can_be_set_and_taken_away(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    badges: list[int] = []
    monkeypatch.setattr(type(qapp), "setBadgeNumber", lambda _self, number: badges.append(number), raising=False)
    BadgeTaskbar().show(40, 12)
    BadgeTaskbar().clear()
    assert badges == [12, 0]
