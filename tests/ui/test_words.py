"""What the window says."""

from __future__ import annotations

from pathlib import Path

import pytest

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
