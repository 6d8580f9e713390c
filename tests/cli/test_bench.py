"""``rekindle bench``: every rival on the same picture, and what is told of it."""

from __future__ import annotations

import json
import math

import pytest
from PIL import Image

from desktop.cli.bench_report import Row, chart, markdown, table
from desktop.core.loaded_net import available_engines

ROWS = [
    Row("a photo", "dnn_superres-every-time", 4.0, 0.2, 16.0, 0.0, 500, math.inf, 1.0, 0.9),
    Row("a photo", "dnn_superres-once", 3.6, 0.1, 14.4, 0.1, 500, math.inf, 1.1, 1.0),
    Row("a photo", "openvino/int8", 0.5, 0.1, 2.0, 0.4, 200, 55.1, 8.0, 7.2),
    Row("share of the peak", "openvino/int8", share=0.8, operations=1.5e12),
]


def test_every_rival_is_measured_on_the_same_picture(run_cli, photo_file, photo_like, tmp_path):
    photo = photo_file("a.png", photo_like(40, 30))
    page, picture = tmp_path / "b.md", tmp_path / "b.png"
    run = run_cli("bench", photo, "--rounds", "1", "--quick", "--json", "--markdown", page, "--chart", picture)
    assert (run.status, run.err) == (0, "")
    rows = run.lines
    measured = {row["rival"]: row for row in rows if row["case"] == "a.png"}
    assert {"dnn_superres-every-time", "dnn_superres-once", "opencv/f32"} <= set(measured)
    assert {name.partition("/")[0] for name in measured} >= {
        name for name, engine in available_engines().items() if engine.suits_auto
    }
    for name, row in measured.items():
        assert row["seconds"] > 0
        assert row["times_once"] > 0
        if "whole" not in name:
            assert row["peak_mib"] > 0
            # The same picture, or hardly to be told from it; null stands for the very same.
            assert row["decibels"] is None or row["decibels"] > (50 if "/f32" in name else 45)
    assert page.read_text("utf-8").startswith("# Benchmarks")
    with Image.open(picture) as drawn:
        assert drawn.format == "PNG"


def test_a_photo_that_is_not_there_is_a_wrong_call(run_cli, tmp_path):
    run = run_cli("bench", tmp_path / "gone.png")
    assert run.status == 2
    assert "gone.png" in run.err


def test_an_engine_that_is_not_there_is_a_wrong_call(run_cli):
    assert run_cli("bench", "--engine", "abacus").status == 2


def test_the_table_has_a_line_for_every_rival():
    lines = table(ROWS).splitlines()
    assert [line.split("  ")[0] for line in lines if line] == [
        "a photo",
        "guides: model loaded for every picture",
        "guides: model loaded once",
        "Rekindle fast: OpenVINO int8",
        "share of the peak",
        "Rekindle fast: OpenVINO int8",
    ]
    assert "55.1 dB" in lines[3]
    assert "80%" in lines[-1]


def test_the_page_has_a_table_for_every_case(model, tmp_path):
    page = markdown(ROWS, model, "1.0", tmp_path / "chart.png")
    assert "## A photo" in page
    assert "## Share of the peak" in page
    assert "](chart.png)" in page
    for line in page.splitlines():
        if line.startswith("|"):
            assert line.count("|") in (5, 9, 4)


def test_json_knows_no_infinity():
    for row in ROWS:
        assert "Infinity" not in json.dumps(row.plain)
        assert "NaN" not in json.dumps(row.plain)


def test_a_chart_is_drawn_with_bars_as_long_as_the_times(tmp_path):
    chart(ROWS, tmp_path / "chart.png")
    with Image.open(tmp_path / "chart.png") as drawn:
        ours = sum(count for count, colour in drawn.getcolors(100_000) if colour == (0xC0, 0x5B, 0x28))
        others = sum(count for count, colour in drawn.getcolors(100_000) if colour == (0x9A, 0xA0, 0xA6))
    assert others / ours == pytest.approx((4.0 + 3.6) / 0.5, rel=0.05)
