"""A token stops and holds work from another thread."""

from __future__ import annotations

import threading

import pytest

from desktop.core.cancel import CancelToken
from desktop.core.errors import CancelledError


def test_work_goes_on_until_it_is_cancelled():
    token = CancelToken()
    token.check()
    assert not token.cancelled


def test_cancelled_work_stops_at_its_next_step():
    token = CancelToken()
    token.cancel()
    assert token.cancelled
    with pytest.raises(CancelledError):
        token.check()


def test_cancelling_holds_for_good():
    token = CancelToken()
    token.cancel()
    token.resume()
    token.pause()
    assert token.cancelled
    assert not token.paused


def _in_a_thread(token: CancelToken) -> tuple[threading.Thread, threading.Event, list[str]]:
    passed, ending = threading.Event(), []

    def work() -> None:
        try:
            token.check()
            ending.append("went on")
        except CancelledError:
            ending.append("cancelled")
        passed.set()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread, passed, ending


def test_paused_work_waits_until_it_is_resumed():
    token = CancelToken()
    token.pause()
    assert token.paused
    thread, passed, ending = _in_a_thread(token)
    assert not passed.wait(0.05)
    token.resume()
    thread.join(30)
    assert ending == ["went on"]
    assert not token.paused


def test_paused_work_wakes_up_to_be_cancelled():
    token = CancelToken()
    token.pause()
    thread, _passed, ending = _in_a_thread(token)
    token.cancel()
    thread.join(30)
    assert ending == ["cancelled"]


def test_the_time_a_worker_was_held_is_known():
    holding, times = threading.Event(), iter((100.0, 130.0))

    def now() -> float:
        holding.set()
        return next(times)

    token = CancelToken(now)
    token.check()
    assert token.held_s == 0
    token.pause()
    thread, _passed, _ending = _in_a_thread(token)
    assert holding.wait(30)
    token.resume()
    thread.join(30)
    assert token.held_s == 30
