"""What the window says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from desktop.core.disks import Disk
from desktop.core.forecast import Forecast, Need
from desktop.core.jobs import JobState
from desktop.ui import words


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (3, "a few seconds left"),
        (24, "about 20 seconds left"),
        (89, "about 90 seconds left"),
        (150, "about 2 minutes left"),
        (7200, "about 2.0 hours left"),
    ],
)
def test_time_left_is_said_roughly(seconds: float, said: str) -> None:
    assert words.time_left(seconds) == said


def test_where_a_result_lies_is_said_by_its_folder() -> None:
    original = Path("/photos/a.png")
    assert words.saved_in(Path("/photos/a_x3.png"), original) == "Saved next to the original"
    assert words.saved_in(Path("/results/a_x3.png"), original) == "Saved in results"


@pytest.mark.parametrize(("count", "said"), [(1, "1 photo"), (12, "12 photos")])
def test_photos_are_counted(count: int, said: str) -> None:
    assert words.photos(count) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (12, "10 seconds"),
        (89, "90 seconds"),
        (91, "2 minutes"),
        (5_399, "90 minutes"),
        (5_400, "1.5 hours"),
        (40_000, "11 hours"),
        (140_000, "1.6 days"),
        (1_000_000, "12 days"),
    ],
)
def test_a_time_is_rounded_as_people_do(seconds: float, said: str) -> None:
    assert words.span(seconds) == said


@pytest.mark.parametrize(("seconds", "said"), [(8, "8 s"), (150, "2 min"), (7_500, "2 h 5 min")])
def test_a_time_that_has_passed_is_short(seconds: float, said: str) -> None:
    assert words.duration(seconds) == said


@pytest.mark.parametrize(
    ("count", "said"),
    [(400_000, "400 kB"), (1_300_000_000, "1.3 GB"), (58_200_000_000, "58 GB"), (9_960_000, "10 MB")],
)
def test_room_is_counted_as_disks_are_sold(count: int, said: str) -> None:
    assert words.file_size(count) == said


def need(room: int, free: int, name: str = "Photos") -> Need:
    return Need(Disk(len(name), name, free), room)


def test_a_forecast_says_time_and_room() -> None:
    expected = Forecast(12, 720.0, True, 1, (need(1_300_000_000, 58_000_000_000),))
    assert words.forecast(expected) == ("About 12 minutes · needs 1.3 GB, 58 GB free", "", "")
    assert words.forecast(replace(expected, learned=False))[0].startswith("Perhaps 12 minutes · ")
    assert words.forecast(replace(expected, seconds=3.0))[0].startswith("A few seconds · ")
    assert words.forecast(replace(expected, needs=()))[0] == "About 12 minutes"


def test_of_several_disks_the_tightest_is_named() -> None:
    expected = Forecast(12, 720.0, True, 1, (need(2_000_000, 3_000_000, "USB"), need(1_000_000, 9_000_000)))
    assert words.forecast(expected)[0] == "About 12 minutes · needs 2.0 MB, 3.0 MB free on “USB”"


def test_a_disk_with_too_little_room_is_said_apart_with_what_to_do() -> None:
    expected = Forecast(12, 720.0, True, 1, (need(3_100_000_000, 2_000_000_000),))
    assert words.forecast(expected) == (
        "About 12 minutes",
        "",
        "Needs 3.1 GB, 2.0 GB free on “Photos”. Choose another folder in Settings.",
    )


def test_endings_are_counted_and_those_that_did_not_happen_left_out() -> None:
    assert words.endings({JobState.DONE: 398, JobState.FAILED: 2, JobState.SKIPPED: 0}) == "398 enhanced · 2 failed"
