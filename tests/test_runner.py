"""The one thread on which the loaded net lives."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from desktop.core.jobs import JobState, Request
from desktop.core.loaded_net import LoadedNet
from desktop.core.outcome import Outcome
from desktop.core.pipeline import Limits, Pipeline
from desktop.core.workspace import Workspace
from desktop.runner import Runner

PATIENCE_MS = 60_000
MakeRunner = Callable[..., Runner]


@pytest.fixture(autouse=True)
def _garbage_on_this_thread(garbage_on_this_thread: None) -> None:
    """Runners that a test leaves behind go while nothing else runs."""


@pytest.fixture
def photo(photo_file: Callable[..., Path], photo_like: Callable[..., Any]) -> Path:
    return photo_file("photo.png", photo_like(60, 40))


@pytest.fixture
def make_runner(
    tmp_path: Path, fake_net: Callable[..., Any], fake_engine: Callable[..., Any], request: pytest.FixtureRequest
) -> MakeRunner:
    def make(**traits: Any) -> Runner:
        workspace = Workspace.open(tmp_path / "data")
        engine = fake_engine(net=fake_net(tile=16, **traits))
        runner = Runner(Pipeline(workspace.catalogue, LoadedNet(workspace.store, {"fake": engine}), Limits(512)))
        runner.engine = engine  # type: ignore[attr-defined]
        request.addfinalizer(runner.shutdown)
        return runner

    return make


def run(qtbot: QtBot, runner: Runner, job_id: str, photo: Path) -> Outcome:
    with qtbot.waitSignal(runner.finished, timeout=PATIENCE_MS) as finished:
        runner.submit(job_id, Request(photo))
    assert finished.args[0] == job_id
    return finished.args[1]


def test_a_job_ends_done_with_its_result_on_disk(qtbot: QtBot, make_runner: MakeRunner, photo: Path) -> None:
    outcome = run(qtbot, make_runner(), "a", photo)
    assert outcome.state is JobState.DONE
    assert outcome.output == photo.with_name("photo_x3.png")
    assert outcome.output.is_file()


def test_the_net_is_loaded_once_for_many_jobs(qtbot: QtBot, make_runner: MakeRunner, photo: Path) -> None:
    runner = make_runner()
    outcomes = [run(qtbot, runner, name, photo) for name in "abc"]
    assert runner.engine.loaded == ["edsr-baseline-x3"]  # type: ignore[attr-defined]
    assert [outcome.load_seconds > 0 for outcome in outcomes] == [True, False, False]


def test_the_net_runs_on_one_thread_that_is_not_the_windows(qtbot: QtBot, make_runner: MakeRunner, photo: Path) -> None:
    threads: set[int] = set()
    runner = make_runner(before=lambda: threads.add(threading.get_ident()))
    for name in "ab":
        run(qtbot, runner, name, photo)
    assert len(threads) == 1
    assert threading.get_ident() not in threads


@pytest.mark.skipif(sys.platform != "linux", reason="not on this platform: threads have no niceness")
def test_the_net_s_thread_gives_way_to_the_windows(qtbot: QtBot, make_runner: MakeRunner, photo: Path) -> None:
    before = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    niceness: set[int] = set()
    runner = make_runner(before=lambda: niceness.add(os.getpriority(os.PRIO_PROCESS, threading.get_native_id())))
    run(qtbot, runner, "a", photo)
    assert min(niceness) >= 10
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == before


def test_progress_rises_from_tile_to_tile_and_ends_at_one(qtbot: QtBot, make_runner: MakeRunner, photo: Path) -> None:
    runner = make_runner()
    parts: list[float] = []
    runner.progressed.connect(lambda _id, part: parts.append(part))
    run(qtbot, runner, "a", photo)
    assert len(parts) > 5
    assert parts == sorted(parts)
    assert parts[-1] == 1.0


def test_a_cancelled_job_ends_cancelled_and_leaves_nothing(qtbot: QtBot, make_runner: MakeRunner, photo: Path) -> None:
    reached = threading.Event()
    go = threading.Event()
    runner = make_runner(before=lambda: (reached.set(), go.wait(20)))
    with qtbot.waitSignal(runner.finished, timeout=PATIENCE_MS) as finished:
        runner.submit("a", Request(photo))
        assert reached.wait(20)
        runner.cancel("a")
        go.set()
    assert finished.args[1].state is JobState.CANCELLED
    assert [path.name for path in photo.parent.glob("*.png")] == ["photo.png"]
    assert not list(photo.parent.glob(".rekindle*"))


def test_a_paused_job_holds_still_and_goes_on_when_resumed(qtbot: QtBot, make_runner: MakeRunner, photo: Path) -> None:
    reached, go = threading.Event(), threading.Event()
    tiles: list[int] = []
    runner = make_runner(before=lambda: (tiles.append(1), reached.set(), go.wait(20)))
    finished: list[str] = []
    runner.finished.connect(lambda job_id, _outcome: finished.append(job_id))
    runner.submit("a", Request(photo))
    assert reached.wait(20)
    runner.pause()
    go.set()
    qtbot.wait(100)
    assert tiles == [1], "the tile under way is finished, and no other begun"
    assert not finished
    with qtbot.waitSignal(runner.finished, timeout=PATIENCE_MS) as ending:
        runner.resume()
    assert ending.args[1].state is JobState.DONE
    assert len(tiles) > 1


def test_a_failing_net_fails_the_job_and_the_next_one_is_still_done(
    qtbot: QtBot, make_runner: MakeRunner, photo: Path, tmp_path: Path
) -> None:
    runner = make_runner()
    missing = run(qtbot, runner, "a", tmp_path / "missing.png")
    assert missing.state is JobState.FAILED
    assert missing.error is not None
    assert missing.error.code == "not-found"
    assert run(qtbot, runner, "b", photo).state is JobState.DONE


def test_an_unforeseen_exception_becomes_an_ending_too(qtbot: QtBot, make_runner: MakeRunner, photo: Path) -> None:
    outcome = run(qtbot, make_runner(failure=ZeroDivisionError("oh")), "a", photo)
    assert outcome.state is JobState.FAILED
    assert outcome.error is not None
    assert outcome.error.code == "internal"


def test_every_job_submitted_has_exactly_one_ending(qtbot: QtBot, make_runner: MakeRunner, photo: Path) -> None:
    runner = make_runner()
    endings: list[str] = []
    runner.finished.connect(lambda job_id, _outcome: endings.append(job_id))
    for name in "abcd":
        runner.submit(name, Request(photo))
    runner.cancel("c")
    qtbot.waitUntil(lambda: len(endings) == 4, timeout=PATIENCE_MS)
    runner.cancel("a")
    qtbot.wait(50)
    assert sorted(endings) == list("abcd")
    assert not runner.busy


def test_the_same_job_is_not_taken_twice(make_runner: MakeRunner, photo: Path) -> None:
    runner = make_runner()
    runner.submit("a", Request(photo))
    with pytest.raises(ValueError, match="under way"):
        runner.submit("a", Request(photo))


def test_shutting_down_ends_work_under_way(qtbot: QtBot, make_runner: MakeRunner, photo: Path) -> None:
    runner = make_runner()
    for name in "abc":
        runner.submit(name, Request(photo))
    with qtbot.waitSignals([runner.finished] * 3, timeout=PATIENCE_MS):
        runner.shutdown()
    assert not runner.busy
