"""What stands under a photo's name, as much of it as fits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QFontMetrics

from desktop.core.jobs import Account, Job, JobState, Request
from desktop.ui.row_words import detail, own_choices, whole

WAITING = Job("a", Request(Path("/photos/a.jpg"), model="edsr-baseline", scale=3))
DONE = replace(
    WAITING,
    state=JobState.DONE,
    output=Path("/photos/a_x3.jpg"),
    account=Account("edsr-baseline-x3", 3, width=2436, height=1620, input_width=812, input_height=540),
)
SIZE = (812, 540)


@pytest.fixture
def fitting(qapp: object) -> object:
    """``fitting(text, width)``: what a row of that width in pixels shows."""
    metrics = QFontMetrics(QFont())
    return lambda text, width: metrics.elidedText(text, Qt.TextElideMode.ElideRight, width)


def test_a_row_with_room_says_state_sizes_and_model() -> None:
    assert whole(detail(WAITING, SIZE, None)) == "Waiting · 812 × 540 → 2436 × 1620 · EDSR baseline"
    assert whole(detail(DONE, SIZE, None)) == "812 × 540 → 2436 × 1620 · Saved next to the original"


def test_a_narrow_row_says_less_but_nothing_by_halves(fitting) -> None:
    text = detail(WAITING, SIZE, None)
    said = [fitting(text, width) for width in range(1000, 100, -10)]
    assert list(dict.fromkeys(one for one in said if "…" not in one)) == [
        "Waiting · 812 × 540 → 2436 × 1620 · EDSR baseline",
        "Waiting · 812 × 540 → 2436 × 1620",
        "812 × 540 → 2436 × 1620",
    ]


def test_a_model_chosen_for_this_photo_alone_is_said_in_the_narrowest_row(fitting) -> None:
    own = replace(WAITING, request=WAITING.request.with_own(model="edsr"))
    for width in range(1000, 60, -10):
        assert "EDSR" in fitting(detail(own, SIZE, None), width)


def test_a_photo_nobody_has_measured_says_what_is_known() -> None:
    assert whole(detail(WAITING, (0, 0), None)) == "Waiting · EDSR baseline"
    assert detail(replace(WAITING, request=Request(Path("a.jpg"))), (0, 0), None) == "Waiting"
    assert detail(replace(DONE, account=None), (0, 0), None) == "Saved next to the original"


def test_a_full_model_id_is_named_by_its_family() -> None:
    job = replace(WAITING, request=replace(WAITING.request, model="edsr-baseline-x3"))
    assert whole(detail(job, SIZE, None)).endswith("EDSR baseline")


def test_the_photo_under_way_says_how_long_it_still_takes() -> None:
    running = replace(WAITING, state=JobState.RUNNING, progress=0.62)
    assert whole(detail(running, SIZE, 33.0)) == "Enhancing, 62 % · about 30 seconds left"
    assert "62 % · about 30 seconds left" in detail(running, SIZE, 33.0)
    assert detail(running, SIZE, None) == "Enhancing, 62 %"
    assert detail(replace(running, state=JobState.PAUSED), SIZE, 33.0) == "Paused at 62 %"


def test_what_was_really_made_counts_more_than_what_was_asked_for() -> None:
    twice = replace(DONE, account=replace(DONE.account, width=1624, height=1080))  # type: ignore[type-var]
    assert whole(detail(twice, (1, 1), None)).startswith("812 × 540 → 1624 × 1080")


def test_what_was_chosen_for_one_photo_alone_is_said_in_the_narrowest_row(fitting) -> None:
    own = replace(WAITING, request=WAITING.request.with_own(scale=2, format="png", output=Path("/photos/large")))
    assert whole(detail(own, SIZE, None)) == "Waiting · 812 × 540 → 1624 × 1080 · EDSR baseline · ×2 · PNG"
    for width in range(1000, 80, -10):
        assert "×2 · PNG" in fitting(detail(own, SIZE, None), width)
    assert own_choices(own) == f"For this photo alone: ×2 · PNG · In {Path('/photos/large')}"
    assert own_choices(WAITING) == ""


def test_a_quality_is_said_only_where_it_means_anything() -> None:
    own = replace(WAITING, request=WAITING.request.with_own(quality=60))
    assert whole(detail(own, SIZE, None)).endswith("quality 60")
    png = replace(own, request=own.request.with_own(format="png"))
    assert whole(detail(png, SIZE, None)).endswith("EDSR baseline · PNG")


def test_photos_of_a_watched_folder_do_not_repeat_what_was_chosen_for_it() -> None:
    watched = replace(WAITING, request=replace(WAITING.request.with_own(scale=3, format="png"), unattended=True))
    assert "PNG" not in detail(watched, SIZE, None)
