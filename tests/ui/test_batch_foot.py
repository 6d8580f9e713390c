"""What stands below the queue before, during and after a run."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QLabel, QProgressBar
from pytestqt.qtbot import QtBot

from desktop.core.disks import Disk
from desktop.core.forecast import Forecast, Need
from desktop.core.progress import BatchProgress
from desktop.ui.batch_foot import BatchFoot

FORECAST = Forecast(12, 720.0, True, 1, (Need(Disk(1, "Photos", 58_000_000_000), 1_300_000_000),))
SHORT = Forecast(12, 720.0, True, 1, (Need(Disk(1, "Photos", 2_000_000_000), 3_100_000_000),))


@pytest.fixture
def foot(qtbot: QtBot) -> BatchFoot:
    made = BatchFoot()
    qtbot.addWidget(made)
    made.show()
    return made


def said(foot: BatchFoot) -> list[str]:
    return [label.text() for label in foot.findChildren(QLabel) if not label.isHidden()]


def bar(foot: BatchFoot) -> QProgressBar:
    return foot.findChild(QProgressBar)


def test_with_nothing_to_say_it_takes_no_room(foot: BatchFoot) -> None:
    foot.show_summary("")
    assert foot.isHidden()


def test_before_a_run_it_says_time_and_room(foot: BatchFoot) -> None:
    foot.show_forecast(FORECAST)
    assert said(foot) == ["About 12 minutes · needs 1.3 GB, 58 GB free"]
    assert not bar(foot).isVisible()


def test_too_little_room_is_a_line_of_its_own_in_the_colour_of_failures(foot: BatchFoot) -> None:
    foot.show_forecast(SHORT)
    assert said(foot)[1].startswith("Needs 3.1 GB, 2.0 GB free on “Photos”.")
    (trouble,) = (label for label in foot.findChildren(QLabel) if label.text() == said(foot)[1])
    assert trouble.property("failure") is True


def test_nothing_is_foretold_before_a_photo_was_measured(foot: BatchFoot) -> None:
    foot.show_forecast(Forecast(12, None, True, 1, FORECAST.needs))
    assert foot.isHidden()


def test_during_a_run_it_says_how_far_it_is_and_what_went_wrong(foot: BatchFoot) -> None:
    foot.show_forecast(FORECAST)
    foot.show_activity(running=True, paused=False)
    foot.show_progress(BatchProgress(3, 12, 0.25, 120.0, 240.0, done=1, failed=1, skipped=1))
    assert said(foot) == ["3 of 12 · about 2 minutes left", "4 min so far · 1 failed · 1 skipped"]
    assert bar(foot).value() == 250
    foot.show_activity(running=True, paused=True)
    foot.show_progress(BatchProgress(3, 12, 0.25, 120.0, 240.0))
    assert said(foot) == ["3 of 12 · paused", "4 min so far"]


def test_the_bar_is_full_at_the_end_alone(foot: BatchFoot) -> None:
    foot.show_activity(running=True, paused=False)
    foot.show_progress(BatchProgress(3, 12, 0.99999, 1.0, 240.0))
    assert bar(foot).value() == 999
    foot.show_progress(BatchProgress(12, 12, 1.0, 0.0, 240.0))
    assert bar(foot).value() == 1000


def test_after_a_run_it_gives_the_account_until_there_is_more_to_do(foot: BatchFoot) -> None:
    foot.show_forecast(FORECAST)
    foot.show_activity(running=True, paused=False)
    foot.show_activity(running=False, paused=False)
    foot.show_summary("12 enhanced")
    assert said(foot) == ["12 enhanced"]
    foot.show_forecast(FORECAST)
    assert said(foot)[0].startswith("About 12 minutes")
    foot.show_forecast(None)
    assert said(foot) == ["12 enhanced"]
