"""Threads that enhance give way to the window."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from desktop.core import priority

REPOSITORY = Path(__file__).resolve().parents[2]

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="not on this platform: threads have no niceness")


def _niceness() -> int:
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


def _in_a_thread(work):
    found = []
    thread = threading.Thread(target=lambda: found.append(work()))
    thread.start()
    thread.join()
    return found[0]


@linux_only
def test_a_thread_gives_way_alone():
    before = _niceness()

    def work():
        priority.give_way()
        return _niceness()

    assert _in_a_thread(work) == max(before, 10)
    assert _niceness() == before


@linux_only
def test_what_it_starts_gives_way_too():
    def work():
        priority.give_way()
        return _in_a_thread(_niceness)

    assert _in_a_thread(work) >= 10


@linux_only
def test_a_thread_that_gives_way_more_is_left_as_it_is():
    def work():
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 15)
        priority.give_way()
        return _niceness()

    assert _in_a_thread(work) == 15


def test_where_it_is_not_allowed_work_goes_on(monkeypatch):
    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr(os, "setpriority", refuse, raising=False)
    assert _in_a_thread(priority.give_way) is None


@linux_only
def test_opencvs_own_threads_give_way():
    script = """
import os
from desktop.core import priority
before = set(os.listdir("/proc/self/task"))
priority.start_opencv_threads()
for thread in set(os.listdir("/proc/self/task")) - before:
    print(os.getpriority(os.PRIO_PROCESS, int(thread)))
"""
    run = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )
    niceness = run.stdout.split()
    assert set(niceness) <= {"10"}
    assert niceness or os.cpu_count() == 1
