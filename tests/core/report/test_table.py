"""A report as a table, read back as other programs would."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from desktop.core.errors import NotFoundError
from desktop.core.jobs import Job, JobState, Request
from desktop.core.report.save import save_report
from desktop.core.report.words import Words

Made = Callable[..., Job]


@pytest.fixture
def rows(tmp_path: Path) -> Callable[..., list[dict[str, str]]]:
    """``rows(jobs)``: what is in the table of these jobs."""

    def read(jobs: Sequence[Job], words: Words | None = None) -> list[dict[str, str]]:
        target = tmp_path / "report.csv"
        save_report(jobs, target, words)
        with target.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file, strict=True))

    return read


Rows = Callable[..., list[dict[str, str]]]


def test_a_row_says_everything_of_a_photo(rows: Rows, done_job: Made, tmp_path: Path) -> None:
    job = done_job("harbour 1962.jpg", 60, 40)
    (row,) = rows([job])
    assert job.result is not None
    ended = row.pop("ended")
    assert row == {
        "name": "harbour 1962.jpg",
        "folder": str(tmp_path),
        "state": "done",
        "result": str(tmp_path / "out" / "harbour 1962_x3.jpg"),
        "width before": "60",
        "height before": "40",
        "width after": "180",
        "height after": "120",
        "model": "edsr-baseline-x3",
        "scale": "3",
        "engine": "opencv",
        "precision": "exact",
        "format": "jpeg",
        "quality": "90",
        "strength": "",
        "self-ensemble": "",
        "chosen because": "",
        "seconds": "1.235",
        "bytes": str(job.result.bytes),
        "sha256": job.result.sha256,
        "error": "",
        "error code": "",
        "kept": "ICC profile (Display P3); EXIF (1,234 bytes)",
        "converted": "palette (to full colour)",
        "lost": "resolution (300 dpi: WebP does not store it)",
    }
    when = datetime.fromisoformat(ended)
    assert when.utcoffset() is not None
    assert job.account is not None
    assert when.timestamp() == int(job.account.ended)


def test_a_failure_has_its_sentence_and_its_code(rows: Rows, failed_job: Job) -> None:
    (row,) = rows([failed_job])
    assert row["state"] == "failed"
    assert row["error"] == "“gone.jpg” was not found. It may have been moved or deleted."
    assert row["error code"] == "not-found"
    assert row["result"] == row["width after"] == row["sha256"] == row["quality"] == ""


def test_a_failure_is_told_in_the_persons_language(rows: Rows, failed_job: Job) -> None:
    (row,) = rows([failed_job], replace(Words(), error=lambda error: f"nicht gefunden: {error.params['name']}"))
    assert row["error"] == "nicht gefunden: gone.jpg"


def test_of_a_photo_nobody_came_to_nothing_is_made_up(rows: Rows, cancelled_job: Job) -> None:
    (row,) = rows([cancelled_job])
    assert {key for key, value in row.items() if value} == {"name", "folder", "state"}


def test_a_quality_means_nothing_where_the_format_knows_none_or_nothing_was_written(rows: Rows, done_job: Made) -> None:
    skipped = replace(done_job("b.jpg"), state=JobState.SKIPPED, result=None)
    assert [row["quality"] for row in rows([done_job("a.png"), skipped])] == ["", ""]


def test_only_photos_that_have_ended_are_in_it(rows: Rows, done_job: Made, tmp_path: Path) -> None:
    waiting = Job("w", Request(tmp_path / "w.png"))
    running = Job("r", Request(tmp_path / "r.png"), JobState.RUNNING)
    assert [row["name"] for row in rows([waiting, done_job("a.png"), running, done_job("b.png")])] == ["a.png", "b.png"]


def test_spreadsheets_recognise_the_encoding(rows: Rows, done_job: Made, tmp_path: Path) -> None:
    (row,) = rows([done_job("Großmutter 祖母.png")])
    assert row["name"] == "Großmutter 祖母.png"
    assert (tmp_path / "report.csv").read_bytes().startswith(b"\xef\xbb\xbfname,")


@pytest.mark.parametrize("start", [*"=+-@\t\r", "＝"])
def test_no_cell_is_run_as_a_formula(rows: Rows, start: str) -> None:
    name = f"{start}HYPERLINK(1).png"
    error = NotFoundError("{name}", name=name)
    (row,) = rows([Job("1", Request(Path("/p") / name, model=name), JobState.FAILED, error=error)])
    for cell in ("name", "error", "model"):
        assert row[cell][0] == "'"
        assert row[cell].endswith("HYPERLINK(1).png")


def test_names_with_separators_quotes_and_line_ends_stay_one_cell(rows: Rows, tmp_path: Path) -> None:
    name = 'a,"b";\nc.png'
    (row,) = rows([Job("1", Request(tmp_path / name), JobState.CANCELLED)])
    assert row["name"] == 'a,"b";\\nc.png'
    assert len((tmp_path / "report.csv").read_text(encoding="utf-8").splitlines()) == 2


def test_a_name_that_is_not_utf_8_is_spelled_out(rows: Rows, tmp_path: Path) -> None:
    (row,) = rows([Job("1", Request(tmp_path / "br\udcfccke.png"), JobState.CANCELLED)])
    assert row["name"] == "br\\udcfccke.png"
