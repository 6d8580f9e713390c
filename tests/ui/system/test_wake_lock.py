"""The computer stays awake while it is asked to, and not a moment longer."""

from __future__ import annotations

import contextlib
import gc
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from desktop.ui.system.wake_lock import WakeLock, kept_running

Eventually = Callable[[Callable[[], object]], None]
LockOn = Callable[..., WakeLock]
REPOSITORY = Path(__file__).resolve().parents[3]
PATIENCE_MS = 60_000


class Mode:
    """What keeps a computer awake, and on which threads it was entered and left."""

    def __init__(self, works: bool = True) -> None:
        self.works = works
        self.entered: list[int] = []
        self.left: list[int] = []

    @contextlib.contextmanager
    def __call__(self) -> Iterator[bool]:
        self.entered.append(threading.get_ident())
        yield self.works
        self.left.append(threading.get_ident())


@pytest.fixture
def lock_on(qapp: object) -> Iterator[LockOn]:
    made: list[WakeLock] = []

    def make(mode: Any, possible: bool = True) -> WakeLock:
        made.append(WakeLock(mode, possible))
        return made[-1]

    yield make
    for lock in made:
        lock.close()


def test_it_is_held_and_released_on_one_thread_which_is_not_the_windows(
    lock_on: LockOn, eventually: Eventually
) -> None:
    mode = Mode()
    lock = lock_on(mode)
    lock.hold()
    eventually(lambda: mode.entered)
    assert lock.held
    assert not mode.left
    lock.release()
    eventually(lambda: mode.left)
    assert not lock.held
    assert mode.entered == mode.left
    assert mode.entered != [threading.get_ident()]


def test_asking_twice_is_asking_once(lock_on: LockOn, eventually: Eventually) -> None:
    mode = Mode()
    lock = lock_on(mode)
    lock.hold()
    lock.hold()
    lock.release()
    lock.release()
    eventually(lambda: mode.left)
    assert len(mode.entered) == 1


def test_it_can_be_held_again_while_it_is_still_being_released(lock_on: LockOn, eventually: Eventually) -> None:
    slow = threading.Event()
    left: list[int] = []

    @contextlib.contextmanager
    def mode() -> Iterator[bool]:
        yield True
        slow.wait()
        left.append(1)

    lock = lock_on(mode)
    for _ in range(3):
        lock.hold()
        lock.release()
    assert not left
    slow.set()
    eventually(lambda: len(left) == 3)


def test_closing_releases(lock_on: LockOn, eventually: Eventually) -> None:
    mode = Mode()
    lock = lock_on(mode)
    lock.hold()
    lock.close()
    eventually(lambda: mode.left)


def test_a_system_that_offers_no_way_says_so(qtbot: QtBot, lock_on: LockOn) -> None:
    lock = lock_on(Mode(works=False))
    with qtbot.waitSignal(lock.refused, timeout=PATIENCE_MS):
        lock.hold()


def test_where_it_makes_no_sense_nothing_is_asked(lock_on: LockOn) -> None:
    mode = Mode()
    lock = lock_on(mode, possible=False)
    lock.hold()
    lock.close()
    assert not mode.entered


def test_a_system_that_breaks_is_not_the_windows_trouble(
    lock_on: LockOn, eventually: Eventually, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> Any:
        raise RuntimeError("no such thing")

    lock_on(broken).hold()
    eventually(lambda: "no such thing" in caplog.text)


def test_a_desktop_is_asked_by_our_name_and_thanked(fake_desktop: Any, lock_on: LockOn, eventually: Eventually) -> None:
    lock = lock_on(kept_running)
    lock.hold()
    eventually(lambda: fake_desktop.named("Inhibit"))
    assert fake_desktop.named("Inhibit") == [("rekindle", 0, "Enhancing photos", 4)]  # no suspending; the screen may
    (cookie,) = fake_desktop.inhibitors
    lock.release()
    eventually(lambda: fake_desktop.named("Uninhibit"))
    assert fake_desktop.named("Uninhibit") == [(cookie,)]
    assert not fake_desktop.inhibitors


def test_plasma_is_asked_by_our_name_too(
    desktop_with: Callable[..., Any], lock_on: LockOn, eventually: Eventually
) -> None:
    plasma = desktop_with("org.freedesktop.PowerManagement")
    lock = lock_on(kept_running)
    lock.hold()
    eventually(lambda: list(plasma.inhibitors.values()) == [("Rekindle", "Enhancing photos")])
    lock.release()
    eventually(lambda: plasma.named("UnInhibit"))
    assert not plasma.inhibitors


def test_a_desktop_without_that_service_refuses(
    qtbot: QtBot, desktop_with: Callable[..., Any], lock_on: LockOn
) -> None:
    desktop_with("org.freedesktop.Notifications")
    lock = lock_on(kept_running)
    with qtbot.waitSignal(lock.refused, timeout=PATIENCE_MS):
        lock.hold()


@pytest.mark.parametrize("address", ["", "unix:path=/nowhere/at/all", "tcp:host=localhost", "nonsense"])
def test_without_a_bus_it_is_refused_and_nothing_breaks(
    qtbot: QtBot, lock_on: LockOn, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    if sys.platform in ("win32", "darwin"):
        pytest.skip("not on this platform: there is no D-Bus")
    if address:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    lock = lock_on(kept_running)
    with qtbot.waitSignal(lock.refused, timeout=PATIENCE_MS):
        lock.hold()


def test_a_bus_that_never_answers_is_waited_for_elsewhere(qtbot: QtBot, deaf_bus: None, lock_on: LockOn) -> None:
    lock = lock_on(kept_running)
    with qtbot.waitSignal(lock.refused, timeout=PATIENCE_MS):
        lock.hold()
        assert any(thread.name == "wake lock" for thread in threading.enumerate())


def test_no_garbage_is_collected_on_the_way(
    fake_desktop: Any, lock_on: LockOn, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    collected: list[str] = []
    monkeypatch.setattr(gc, "collect", lambda *_: collected.append(threading.current_thread().name))
    lock = lock_on(kept_running)
    lock.hold()
    eventually(lambda: fake_desktop.named("Inhibit"))
    lock.release()
    for thread in lock._threads:
        thread.join()
    assert fake_desktop.named("Uninhibit")
    assert collected == []


def test_a_killed_process_keeps_nothing_awake(fake_desktop: Any, eventually: Eventually) -> None:
    code = (
        "from desktop.ui.system.wake_lock import kept_running\n"
        "with kept_running() as awake:\n"
        "    print(awake, flush=True)\n"
        "    input()\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    with subprocess.Popen(
        [sys.executable, "-c", code], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "True\n"
        assert list(fake_desktop.inhibitors.values()) == [("rekindle", "Enhancing photos")]
        child.kill()
    eventually(lambda: not fake_desktop.inhibitors)
    assert fake_desktop.named("Uninhibit") == []
