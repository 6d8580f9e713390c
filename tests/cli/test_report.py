"""``rekindle enhance --report``: what is left in a file of what happened."""

from __future__ import annotations

import csv
import signal
import sys

import pytest


def _rows(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_a_table_says_what_the_lines_of_json_say(run_cli, photo_file, tmp_path):
    (tmp_path / "text.png").write_text("no photo")
    arguments = ("enhance", photo_file("a.png"), tmp_path / "text.png", tmp_path / "gone.png", "--json")
    run = run_cli(*arguments, "--report", tmp_path / "report.csv")
    rows = _rows(tmp_path / "report.csv")
    assert run.status == 1
    assert [(row["name"], row["state"], row["error code"]) for row in rows] == [
        ("a.png", "done", ""),
        ("text.png", "failed", "unsupported"),
        ("gone.png", "failed", "not-found"),
    ]
    for row, record in zip(rows, run.records, strict=True):
        assert row["result"] == (record["output"] or "")
        assert row["error"] == (record["error"] or {"message": ""})["message"]
        assert (row["model"], row["engine"], row["width after"]) == (
            *(record["model"], record["engine"]),
            str(record["width"] or ""),
        )
    assert (rows[0]["width before"], rows[0]["height before"]) == ("24", "16")
    assert len(rows[0]["sha256"]) == 64


def test_a_page_has_both_pictures_of_a_photo(run_cli, photo_file, tmp_path):
    run = run_cli("enhance", photo_file("a.png"), "--report", "reports/night.html")
    page = (tmp_path / "reports" / "night.html").read_text(encoding="utf-8")
    assert run.status == 0
    assert run.out.splitlines()[-1] == "Report: reports/night.html".replace(
        "/", "\\" if sys.platform == "win32" else "/"
    )
    assert page.count("data:image/jpeg;base64,") == 2
    assert "×3" in page


def test_with_json_nothing_but_json_is_said(run_cli, photo_file, tmp_path):
    run = run_cli("enhance", photo_file("a.png"), "--json", "--report", "report.html")
    assert [line.get("summary", False) for line in run.lines] == [False, True]
    assert run.err == ""
    assert (tmp_path / "report.html").is_file()


@pytest.mark.parametrize("name", ["report.txt", "report", "photo.png", ""])
def test_a_report_of_another_kind_is_a_wrong_call(name, run_cli, photo_file, tmp_path):
    run = run_cli("enhance", photo_file("a.png"), "--report", name)
    assert run.status == 2
    assert "--report" in run.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png"]


def test_photos_are_safe_where_the_report_cannot_be_written(run_cli, photo_file, tmp_path):
    (tmp_path / "file").touch()
    run = run_cli("enhance", photo_file("a.png"), "--report", tmp_path / "file" / "report.html", "--json")
    assert run.status == 1
    assert run.lines[-1]["done"] == 1
    assert run.err.startswith("The report was not saved. ")
    assert "Traceback" not in run.err
    assert (tmp_path / "a_x3.png").is_file()


@pytest.mark.skipif(sys.platform == "win32", reason="not on this platform: signals are another matter on Windows")
def test_an_interrupted_batch_has_its_report(run_cli, photo_file, photo_like, tmp_path):
    photo_file("album/a.png")
    for name in ("b", "c"):
        photo_file(f"album/{name}.png", photo_like(900, 700))
    process = run_cli.start("enhance", tmp_path / "album", "-o", tmp_path / "out", "--report", tmp_path / "report.csv")
    process.stdout.readline()  # a.png is done, and b.png has begun
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert [(row["name"], row["state"]) for row in _rows(tmp_path / "report.csv")] == [
        ("a.png", "done"),
        ("b.png", "cancelled"),
        ("c.png", "cancelled"),
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="not on this platform: names there are Unicode")
@pytest.mark.parametrize("kind", ["html", "csv"])
def test_a_name_that_is_not_utf_8_is_in_it(kind, strange_name, run_cli, photo_file, tmp_path):
    run = run_cli("enhance", photo_file(strange_name), "--report", f"report.{kind}")
    assert run.status == 0
    assert "br\\udcfccke.png" in (tmp_path / f"report.{kind}").read_text(encoding="utf-8")
