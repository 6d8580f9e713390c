"""In which order photos stand."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from desktop.core.jobs import JobState, Queue, Request
from desktop.core.order import moved_before, put_first, shifted, woven


@pytest.mark.parametrize(
    ("chosen", "rows", "order"),
    [
        ("c", -1, "acbd"),
        ("a", -1, "abcd"),
        ("b", 1, "acbd"),
        ("d", 1, "abcd"),
        ("bc", -1, "bcad"),
        ("ab", -1, "abcd"),
        ("bc", 1, "adbc"),
        ("ad", 1, "bacd"),
        ("d", -2, "adbc"),
        ("ab", 9, "cdab"),
    ],
)
def test_chosen_photos_move_together_and_stay_within_the_queue(chosen, rows, order):
    assert "".join(shifted("abcd", chosen, rows)) == order


@pytest.mark.parametrize(
    ("chosen", "place", "order"),
    [
        ("a", "c", "bacd"),
        ("d", "a", "dabc"),
        ("ad", "c", "badc"),
        ("db", None, "acbd"),
        ("b", "b", "abcd"),
        ("bc", "b", "abcd"),
        ("ac", "a", "acbd"),
        ("", "a", "abcd"),
        ("abcd", "c", "abcd"),
    ],
)
def test_chosen_photos_come_together_where_they_are_dropped(chosen, place, order):
    assert "".join(moved_before("abcd", chosen, place)) == order


def test_some_change_places_and_the_rest_stays():
    assert "".join(woven("aXbYcZ", "ZXY")) == "aZbXcY"


def test_every_way_of_moving_names_everybody_once():
    random, everybody = Random(3), [str(number) for number in range(30)]
    for _ in range(200):
        chosen = set(random.sample(everybody, random.randrange(30)))
        for order in (
            shifted(everybody, chosen, random.choice((-1, 1))),
            moved_before(everybody, chosen, random.choice([*everybody, None])),
            woven(everybody, random.sample(sorted(chosen), len(chosen))),
        ):
            assert sorted(order) == sorted(everybody)


def test_what_comes_first_passes_only_those_that_wait():
    queue = Queue()
    running, first, second, third = (job.id for job in queue.add([Request(Path("a.png"))] * 4))
    queue.move(running, JobState.RUNNING)
    assert put_first(queue.jobs, {third}) == [running, third, first, second]
