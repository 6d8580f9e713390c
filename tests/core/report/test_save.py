"""Saving a report: whole or not at all, whatever happens."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from desktop.core import errors
from desktop.core.cancel import CancelToken
from desktop.core.jobs import Job
from desktop.core.report.save import save_report
from desktop.core.report.words import Words

Made = Callable[..., Job]
BOTH = pytest.mark.parametrize("name", ["report.html", "report.csv"])


@BOTH
def test_progress_is_told_photo_by_photo(done_job: Made, tmp_path: Path, name: str) -> None:
    parts: list[float] = []
    save_report([done_job(f"{number}.png") for number in range(4)], tmp_path / name, progress=parts.append)
    assert parts == [0.25, 0.5, 0.75, 1.0]


@BOTH
def test_a_cancelled_report_leaves_the_older_one(done_job: Made, tmp_path: Path, name: str) -> None:
    target = tmp_path / name
    target.write_text("older")
    cancel = CancelToken()
    jobs = [done_job("a.png"), done_job("b.png")]
    seen: list[float] = []

    def stop(part: float) -> None:
        seen.append(part)
        cancel.cancel()

    with pytest.raises(errors.CancelledError):
        save_report(jobs, target, progress=stop, cancel=cancel)
    assert seen == [0.5]
    assert target.read_text() == "older"
    assert not list(tmp_path.glob(".rekindle*"))


@BOTH
def test_an_older_report_is_replaced(done_job: Made, tmp_path: Path, name: str) -> None:
    target = tmp_path / name
    target.write_text("older")
    save_report([done_job("a.png")], target)
    assert "a_x3.png" in target.read_text(encoding="utf-8")


@BOTH
def test_a_folder_that_is_missing_is_made(done_job: Made, tmp_path: Path, name: str) -> None:
    save_report([done_job("a.png")], tmp_path / "new" / "deep" / name)
    assert (tmp_path / "new" / "deep" / name).is_file()


@BOTH
def test_a_report_that_cannot_be_written_is_told(done_job: Made, tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(errors.NotFoundError):
        save_report([done_job("a.png")], tmp_path / "file" / name)


@pytest.mark.parametrize("name", ["report.txt", "report", "report.html.gz"])
def test_another_suffix_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(errors.UsageError, match=name):
        save_report([], tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.02, "0.1 s"), (4.24, "4.2 s"), (59.99, "60.0 s"), (200, "3 min 20 s"), (7500, "2 h 5 min")],
)
def test_times_are_said_in_fitting_units(seconds: float, said: str) -> None:
    assert Words().duration(seconds) == said


@pytest.mark.parametrize(("count", "said"), [(1, "1 kB"), (42_400, "42 kB"), (3_440_000, "3.4 MB")])
def test_sizes_are_said_in_fitting_units(count: int, said: str) -> None:
    assert Words().size(count) == said
