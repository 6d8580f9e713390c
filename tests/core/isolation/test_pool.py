"""Children that crash, hang, fill memory or talk nonsense are a failed task, and nothing more."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from desktop.core import errors
from desktop.core.cancel import CancelToken
from desktop.core.isolation.pool import Limits, Why, WorkerLostError, WorkerPool

_spec = importlib.util.spec_from_file_location("naughty", Path(__file__).with_name("naughty.py"))
assert _spec is not None
assert _spec.loader is not None
naughty = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(naughty)

ENOUGH = Limits(seconds=60, memory_mib=256, answer_bytes=2**20)
PATIENCE_S = 30


@pytest.fixture
def pool() -> Iterator[WorkerPool]:
    pool = WorkerPool(1, naughty.COMMAND)
    yield pool
    pool.close()


def pid_of(pool: WorkerPool) -> int:
    return int(pool.call("echo", {}, ENOUGH).content["pid"])


def lost(pool: WorkerPool, task: str, limits: Limits = ENOUGH, **arguments: Any) -> Why:
    with pytest.raises(WorkerLostError) as caught:
        pool.call(task, arguments, limits)
    return caught.value.why


def test_a_task_answers_with_words_and_arrays(pool: WorkerPool) -> None:
    answer = pool.call("echo", {"name": "größe \udcff.png", "shape": [3, 4, 2]}, ENOUGH)
    assert answer.content["echo"]["name"] == "größe \udcff.png"
    (array,) = answer.arrays
    assert array.dtype == np.uint16
    assert np.array_equal(array, np.full((3, 4, 2), 7))


def test_one_child_does_many_tasks(pool: WorkerPool) -> None:
    assert len({pid_of(pool) for _ in range(5)}) == 1
    assert pid_of(pool) != os.getpid()


def test_a_crash_is_a_lost_task_and_the_next_one_goes_on(pool: WorkerPool) -> None:
    before = pid_of(pool)
    assert lost(pool, "crashes") is Why.CRASHED
    assert pid_of(pool) != before


def test_a_child_that_hangs_is_killed_when_its_time_is_over(pool: WorkerPool, tmp_path: Path) -> None:
    before = pid_of(pool)
    assert lost(pool, "hangs", Limits(0.3, 256, 0), note=str(tmp_path / "x")) is Why.TIME
    assert not psutil.pid_exists(before) or psutil.Process(before).status() == psutil.STATUS_ZOMBIE
    assert pid_of(pool) != before


@pytest.mark.parametrize("step_mib", [4, 400])
def test_a_child_that_takes_too_much_memory_is_stopped(pool: WorkerPool, step_mib: int) -> None:
    assert lost(pool, "fills", Limits(60, 200, 2**20), mib=4000, step_mib=step_mib) is Why.MEMORY
    assert pool.call("fills", {"mib": 40, "step_mib": 4}, ENOUGH).content == {"filled": 40 * 2**20}


def test_what_a_task_may_use_can_grow_when_it_asks(pool: WorkerPool) -> None:
    little, more = Limits(60, 64, 2**20), Limits(60, 600, 2**20)
    fill = {"mib": 300, "step_mib": 20}
    with pytest.raises(WorkerLostError):
        pool.call("asks_then_fills", fill, little, asked=lambda _question: little)
    assert pool.call("asks_then_fills", fill, little, asked=lambda _question: more).content["filled"] == 300 * 2**20


def test_a_question_can_be_answered_with_no_and_the_child_is_kept(pool: WorkerPool) -> None:
    before = pid_of(pool)
    questions = []

    def refuse(question: dict[str, Any]) -> Limits:
        questions.append(question)
        raise errors.TooLargeError("Too large.")

    with pytest.raises(errors.TooLargeError, match=r"Too large\."):
        pool.call("asks", {}, ENOUGH, asked=refuse)
    assert questions == [{"may": "I"}]
    assert pid_of(pool) == before
    assert pool.call("asks", {}, ENOUGH).content == {"went": "on"}


def test_an_error_in_words_arrives_as_it_was_raised(pool: WorkerPool) -> None:
    before = pid_of(pool)
    with pytest.raises(errors.TooLargeError) as caught:
        pool.call("raises", {}, ENOUGH)
    assert str(caught.value) == "“a.png” has 7 pixels."
    assert caught.value.params == {"name": "a.png", "count": 7}
    assert pid_of(pool) == before


def test_an_error_nobody_thought_of_is_a_lost_task(pool: WorkerPool) -> None:
    with pytest.raises(WorkerLostError, match="ZeroDivisionError: nobody thought of this"):
        pool.call("breaks", {}, ENOUGH)


def test_what_libraries_print_does_not_get_between_the_messages(pool: WorkerPool) -> None:
    assert pool.call("prints", {}, ENOUGH).content == {"printed": True}
    assert pool.call("prints", {}, ENOUGH).content == {"printed": True}


def test_an_answer_larger_than_agreed_is_refused_before_memory_is_taken_for_it(pool: WorkerPool) -> None:
    limits = Limits(60, 256, 1000)
    assert pool.call("echo", {"shape": [500]}, limits).arrays[0].size == 500
    assert lost(pool, "echo", limits, shape=[501]) is Why.NONSENSE
    assert pid_of(pool)


def test_nonsense_on_the_pipe_is_a_lost_task(pool: WorkerPool) -> None:
    assert lost(pool, "nonsense") is Why.NONSENSE
    assert pid_of(pool)


@pytest.mark.skipif(sys.platform == "win32", reason="not on this platform: no limits of that kind")
def test_a_child_cannot_write_files(pool: WorkerPool, tmp_path: Path) -> None:
    with pytest.raises(WorkerLostError):
        pool.call("writes", {"file": str(tmp_path / "x")}, ENOUGH)
    assert not (tmp_path / "x").exists() or (tmp_path / "x").stat().st_size == 0


def test_cancelling_ends_a_task_under_way(pool: WorkerPool, tmp_path: Path) -> None:
    token = CancelToken()
    caught: list[BaseException] = []

    def work() -> None:
        try:
            pool.call("hangs", {"note": str(tmp_path / "x")}, ENOUGH, cancel=token)
        except errors.CancelledError as error:
            caught.append(error)

    before = pid_of(pool)
    thread = threading.Thread(target=work)
    thread.start()
    token.cancel()
    thread.join(PATIENCE_S)
    assert len(caught) == 1
    assert pid_of(pool) != before


def test_more_calls_than_children_wait_for_their_turn(pool: WorkerPool) -> None:
    pids: list[int] = []
    threads = [threading.Thread(target=lambda: pids.append(pid_of(pool))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert len(pids) == 8
    assert len(set(pids)) == 1


def test_a_closed_pool_has_no_children_and_takes_no_tasks(pool: WorkerPool) -> None:
    child = psutil.Process(pid_of(pool))
    pool.close()
    assert not child.is_running()
    with pytest.raises(RuntimeError, match="closed"):
        pool.call("echo", {}, ENOUGH)
    pool.warm()
    pool.close()


def test_a_pool_at_rest_has_no_children_until_the_next_task(pool: WorkerPool) -> None:
    child = psutil.Process(pid_of(pool))
    pool.rest()
    assert not child.is_running()
    assert pid_of(pool) != child.pid


def test_a_child_that_is_started_is_the_one_that_works(pool: WorkerPool) -> None:
    pool.start()
    (child,) = psutil.Process().children()
    assert pid_of(pool) == child.pid


def test_a_child_that_died_between_two_tasks_is_replaced(pool: WorkerPool) -> None:
    child = psutil.Process(pid_of(pool))
    child.kill()
    psutil.wait_procs([child], PATIENCE_S)
    assert pid_of(pool) != child.pid


_ORPHAN = """
import sys, time
sys.path.append({folder!r})
import naughty
from desktop.core.isolation.pool import Limits, WorkerPool
pool = WorkerPool(1, naughty.COMMAND)
print(pool.call("echo", {{}}, Limits(60, 256, 1000)).content["pid"], flush=True)
{then}
"""


@pytest.mark.parametrize(
    "then", ["time.sleep(600)", "pool.call('hangs', {'note': '/x/y'}, Limits(600, 256, 1000))"], ids=["idle", "at work"]
)
def test_children_end_when_their_parent_is_killed(then: str) -> None:
    script = _ORPHAN.format(folder=str(Path(__file__).parent), then=then)
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    parent.send_signal(signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)
    parent.wait()
    parent.stdout.close()
    _, alive = psutil.wait_procs([child], PATIENCE_S)
    assert alive == []
