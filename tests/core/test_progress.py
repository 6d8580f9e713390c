"""How far a batch is, and what is said of the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop.core.jobs import Job, JobState, Queue, Request
from desktop.core.progress import BatchClock


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.time = 100.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def queue() -> Queue:
    queue = Queue(iter("abcdef").__next__)
    queue.add(Request(Path(f"{name}.png")) for name in ("one", "two", "three"))
    return queue


def equal(_job_id: str) -> int:
    return 1_000


def jobs_of(queue: Queue) -> tuple[Job, ...]:
    return queue.jobs


def test_nothing_is_promised_before_there_is_anything_to_go_by(clock: Clock, queue: Queue) -> None:
    batch = BatchClock(clock)
    batch.begin("abc")
    clock.time += 1
    assert batch.progress(jobs_of(queue), equal).remaining_s is None


def test_the_rest_takes_as_long_as_what_was_done_says(clock: Clock, queue: Queue) -> None:
    batch = BatchClock(clock)
    batch.begin("abc")
    queue.move("a", JobState.RUNNING)
    queue.progressed("a", 1.0)
    queue.move("a", JobState.DONE)
    clock.time += 10
    progress = batch.progress(jobs_of(queue), equal)
    assert progress.finished == 1
    assert progress.part == pytest.approx(1 / 3)
    assert progress.remaining_s == pytest.approx(20)


def test_large_photos_weigh_more(clock: Clock, queue: Queue) -> None:
    batch = BatchClock(clock)
    batch.begin("abc")
    queue.move("a", JobState.RUNNING)
    queue.progressed("a", 1.0)
    queue.move("a", JobState.DONE)
    clock.time += 10
    sizes = {"a": 1_000, "b": 4_000, "c": 5_000}
    assert batch.progress(jobs_of(queue), lambda job_id: sizes[job_id]).remaining_s == pytest.approx(90)


def test_a_photo_of_unknown_size_weighs_as_the_average_of_the_others(clock: Clock, queue: Queue) -> None:
    batch = BatchClock(clock)
    batch.begin("abc")
    sizes = {"a": 1_000, "b": 3_000, "c": 0}
    queue.move("a", JobState.RUNNING)
    queue.progressed("a", 0.6)
    assert batch.progress(jobs_of(queue), lambda job_id: sizes[job_id]).part == pytest.approx(600 / 6_000)


def test_pauses_do_not_count(clock: Clock, queue: Queue) -> None:
    batch = BatchClock(clock)
    batch.begin("abc")
    clock.time += 5
    batch.hold()
    clock.time += 1_000
    assert batch.elapsed_s == 5
    batch.go_on()
    clock.time += 5
    assert batch.elapsed_s == 10


def test_photos_that_failed_at_once_do_not_make_the_rest_look_quick(clock: Clock, queue: Queue) -> None:
    batch = BatchClock(clock)
    batch.begin("abc")
    queue.move("a", JobState.RUNNING)
    queue.move("a", JobState.FAILED)
    queue.move("b", JobState.RUNNING)
    queue.progressed("b", 0.5)
    clock.time += 10
    progress = batch.progress(jobs_of(queue), equal)
    assert progress.part == pytest.approx(0.5)
    assert progress.remaining_s == pytest.approx(30)


def test_what_joins_a_run_counts_and_what_was_there_before_does_not(clock: Clock, queue: Queue) -> None:
    batch = BatchClock(clock)
    batch.begin("b")
    assert batch.progress(jobs_of(queue), equal).total == 1
    batch.include("c")
    assert batch.progress(jobs_of(queue), equal).total == 2
