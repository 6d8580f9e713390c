"""What a battery does to a run, and what a person does about it."""

from __future__ import annotations

import random
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from pytestqt.qtbot import QtBot

from desktop.ui.system.power import BatteryRule, BatteryWatch, Move, Power, power

PATIENCE_MS = 60_000
MAINS, BATTERY = Power.MAINS, Power.BATTERY


class Run:
    """A run as the controller keeps it, with the rule at its side."""

    def __init__(self) -> None:
        self.rule = BatteryRule()
        self.running = self.paused = False

    def start(self) -> None:
        self._become(True, False)

    def pause(self) -> None:
        if self.running and not self.paused:
            self._become(True, True)

    def resume(self) -> None:
        if self.running and self.paused:
            self._become(True, False)

    def end(self) -> None:
        self._become(False, False)

    def after(self, *steps: str) -> Run:
        for step in steps:
            match step:
                case "mains":
                    self._do(self.rule.see(MAINS))
                case "battery":
                    self._do(self.rule.see(BATTERY))
                case "gone":
                    self._do(self.rule.see(Power.NO_BATTERY))
                case "switch_off":
                    self._do(self.rule.stop())
                case _:
                    getattr(self, step)()
        return self

    def _do(self, move: Move | None) -> None:
        if move is Move.PAUSE:
            self.pause()
        elif move is Move.RESUME:
            self.resume()

    def _become(self, running: bool, paused: bool) -> None:
        self.running, self.paused = running, paused
        self.rule.follow(running=running, paused=paused)


@pytest.mark.parametrize(
    ("steps", "paused"),
    [
        (["start", "mains"], False),
        (["start", "gone"], False),
        (["start", "battery"], True),
        (["start", "battery", "battery"], True),
        (["start", "battery", "mains"], False),
        (["start", "battery", "gone"], False),
        (["start", "battery", "mains", "battery"], True),
        (["start", "battery", "switch_off"], False),
        # The person's own pause stays.
        (["start", "pause", "battery", "mains"], True),
        (["start", "pause", "mains"], True),
        (["start", "pause", "battery", "switch_off"], True),
        # Resumed by hand on battery: obeyed until there was mains.
        (["start", "battery", "resume", "battery"], False),
        (["start", "battery", "resume", "battery", "mains", "battery"], True),
        (["start", "battery", "resume", "pause", "mains"], True),
        (["start", "battery", "resume", "end", "start", "battery"], False),
        # A run that has ended meanwhile leaves nothing behind.
        (["start", "battery", "end", "mains", "start", "pause", "mains"], True),
        (["battery", "start", "mains"], False),
        (["start", "battery", "end", "start", "battery"], True),
    ],
)
def test_a_run_waits_for_mains_and_does_what_the_person_says(steps: list[str], paused: bool) -> None:
    assert Run().after(*steps).paused is paused


@pytest.mark.parametrize("seed", range(20))
def test_whatever_happens_the_person_has_the_last_word(seed: int) -> None:
    choose = random.Random(seed)
    run = Run()
    by_hand = obeyed = False  # whether it was the person who paused it, or who wants it to go on
    for _ in range(2_000):
        step = choose.choice(["start", "pause", "resume", "end", "mains", "battery", "gone", "switch_off"])
        before = run.running, run.paused
        run.after(step)
        if step == "pause" and before == (True, False):
            by_hand = True
        elif step == "resume" and before == (True, True):
            obeyed, by_hand = obeyed or not by_hand, False
        elif step in ("start", "end"):
            # A start is not something that the window offers while a run is paused; here it counts as resuming.
            obeyed = obeyed or (step == "start" and before == (True, True) and not by_hand)
            by_hand = False
        elif step in ("mains", "gone"):
            obeyed = False
        if run.running:
            if by_hand:
                assert run.paused
            elif step == "battery" and before == (True, False):
                assert run.paused is not obeyed
            elif step in ("mains", "gone", "switch_off"):
                assert not run.paused


class Probe:
    """A battery in the test's hands, and the threads on which it was looked at."""

    def __init__(self) -> None:
        self.says: Power | Exception = MAINS
        self.threads: list[int] = []

    def __call__(self) -> Power:
        self.threads.append(threading.get_ident())
        if isinstance(self.says, Exception):
            raise self.says
        return self.says


@pytest.fixture
def probe() -> Probe:
    return Probe()


@pytest.fixture
def watch(qapp: object, probe: Probe) -> Iterator[BatteryWatch]:
    made = BatteryWatch(probe)
    yield made
    made.close()


def test_a_run_on_battery_is_paused_and_goes_on_when_plugged_in(
    qtbot: QtBot, watch: BatteryWatch, probe: Probe
) -> None:
    probe.says = BATTERY
    watch.wish(True)
    with qtbot.waitSignal(watch.pauseWanted, timeout=PATIENCE_MS):
        watch.follow(running=True, paused=False)
    watch.follow(running=True, paused=True)
    probe.says = MAINS
    with qtbot.waitSignal(watch.resumeWanted, timeout=PATIENCE_MS):
        watch.look()
    assert threading.get_ident() not in probe.threads


def test_nobody_looks_at_the_battery_unasked(watch: BatteryWatch, probe: Probe) -> None:
    watch.follow(running=True, paused=False)
    assert not watch._timer.isActive()
    watch.follow(running=False, paused=False)
    watch.wish(True)
    assert not watch._timer.isActive()
    watch.close()
    assert probe.threads == []


def test_it_is_looked_at_again_and_again_during_a_run_only(watch: BatteryWatch) -> None:
    watch.wish(True)
    watch.follow(running=True, paused=False)
    assert watch._timer.isActive()
    watch.follow(running=True, paused=True)
    assert watch._timer.isActive()
    watch.follow(running=False, paused=False)
    assert not watch._timer.isActive()


def test_a_run_that_waits_for_mains_goes_on_when_that_is_wished_no_more(
    qtbot: QtBot, watch: BatteryWatch, probe: Probe
) -> None:
    probe.says = BATTERY
    watch.wish(True)
    with qtbot.waitSignal(watch.pauseWanted, timeout=PATIENCE_MS):
        watch.follow(running=True, paused=False)
    watch.follow(running=True, paused=True)
    with qtbot.waitSignal(watch.resumeWanted, timeout=PATIENCE_MS):
        watch.wish(False)


def test_a_battery_that_cannot_be_looked_at_changes_nothing_and_is_looked_at_again(
    qtbot: QtBot, watch: BatteryWatch, probe: Probe
) -> None:
    probe.says = OSError("unplugged this moment")
    watch.wish(True)
    watch.follow(running=True, paused=False)
    qtbot.waitUntil(lambda: not watch._looking, timeout=PATIENCE_MS)
    probe.says = BATTERY
    with qtbot.waitSignal(watch.pauseWanted, timeout=PATIENCE_MS):
        watch.look()


@pytest.mark.parametrize(("says", "expected"), [(MAINS, True), (BATTERY, True), (Power.NO_BATTERY, False)])
def test_whether_there_is_a_battery_is_told(
    qtbot: QtBot, watch: BatteryWatch, probe: Probe, says: Power, expected: bool
) -> None:
    probe.says = says
    with qtbot.waitSignal(watch.known, timeout=PATIENCE_MS) as known:
        watch.look()
    assert known.args == [expected]


LAPTOP = {"type": "Battery", "scope": "System"}
MOUSE = {"type": "Battery", "scope": "Device", "status": "Discharging"}
PLUG = {"type": "Mains", "online": "1"}
NO_PLUG = {"type": "Mains", "online": "0"}


@pytest.mark.parametrize(
    ("supplies", "expected"),
    [
        ({}, Power.NO_BATTERY),
        ({"AC": PLUG}, Power.NO_BATTERY),
        ({"hidpp_battery_0": MOUSE}, Power.NO_BATTERY),
        ({"BAT0": {**LAPTOP, "status": "Discharging"}}, BATTERY),
        ({"BAT0": {"type": "Battery", "status": "Discharging"}}, BATTERY),
        ({"BAT0": {**LAPTOP, "status": "Discharging"}, "ADP1": NO_PLUG}, BATTERY),
        ({"BAT0": {**LAPTOP, "status": "Unknown"}, "BAT1": {**LAPTOP, "status": "Discharging"}}, BATTERY),
        ({"BAT0": {**LAPTOP, "status": "Charging"}, "ADP1": PLUG}, MAINS),
        ({"BAT0": {**LAPTOP, "status": "Not charging"}, "ADP1": PLUG}, MAINS),
        ({"BAT0": {**LAPTOP, "status": "Not charging"}}, MAINS),
        ({"BAT0": {**LAPTOP, "status": "Full"}, "hidpp_battery_0": MOUSE}, MAINS),
        ({"BAT0": {**LAPTOP, "status": "Discharging"}, "ucsi": {"type": "USB", "online": "1"}}, MAINS),
    ],
)
def test_linux_says_where_the_power_comes_from(
    tmp_path: Path, supplies: dict[str, dict[str, str]], expected: Power, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    for name, said in supplies.items():
        (tmp_path / "power_supply" / name).mkdir(parents=True)
        for key, value in said.items():
            (tmp_path / "power_supply" / name / key).write_text(value + "\n")
    assert power(tmp_path / "power_supply") is expected


@pytest.mark.parametrize(
    ("plugged", "expected"), [(True, MAINS), (False, BATTERY), (None, MAINS), ("none", Power.NO_BATTERY)]
)
def test_elsewhere_psutil_does(plugged: object, expected: Power, monkeypatch: pytest.MonkeyPatch) -> None:
    class Battery:
        power_plugged = plugged

    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(psutil, "sensors_battery", lambda: None if plugged == "none" else Battery(), raising=False)
    assert power() is expected


def test_this_computer_answers() -> None:
    assert power() in Power
