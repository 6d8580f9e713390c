"""Background work for the window."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from desktop.ui.tasks import TaskPool


@pytest.fixture
def pool() -> Iterator[TaskPool]:
    made = TaskPool("test", 1)
    yield made
    made.shutdown()


def test_a_result_arrives_on_the_gui_thread(qtbot: QtBot, pool: TaskPool) -> None:
    seen: list[tuple[int, int]] = []
    pool.run(threading.get_ident, lambda worker: seen.append((worker, threading.get_ident())))
    qtbot.waitUntil(lambda: bool(seen))
    worker, receiver = seen[0]
    assert receiver == threading.get_ident()
    assert worker != receiver


def test_an_error_arrives_instead_of_a_result(qtbot: QtBot, pool: TaskPool) -> None:
    results: list[Any] = []
    errors: list[Exception] = []
    pool.run(lambda: 1 // 0, results.append, errors.append)
    qtbot.waitUntil(lambda: bool(errors))
    assert isinstance(errors[0], ZeroDivisionError)
    assert not results


def test_a_short_task_is_answered_at_once_and_only_once(qtbot: QtBot, pool: TaskPool) -> None:
    results: list[int] = []
    pool.run(lambda: 7, results.append, wait_ms=5_000)
    assert results == [7]
    qtbot.wait(50)
    assert results == [7]


def test_a_long_task_is_not_waited_for(qtbot: QtBot, pool: TaskPool) -> None:
    go = threading.Event()
    results: list[bool] = []
    pool.run(lambda: go.wait(20), results.append, wait_ms=1)
    assert results == []
    go.set()
    qtbot.waitUntil(lambda: results == [True])


def test_nothing_is_delivered_after_shutdown(qtbot: QtBot, pool: TaskPool) -> None:
    results: list[int] = []
    for number in range(20):
        pool.run(lambda number=number: number, results.append)
    pool.shutdown()
    qtbot.wait(50)
    assert results == []


def test_finish_does_everything_that_was_asked_for(pool: TaskPool) -> None:
    done: list[int] = []
    for number in range(20):
        pool.run(lambda number=number: done.append(number), lambda _nothing: None)
    pool.finish()
    assert done == list(range(20))
