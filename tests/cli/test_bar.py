"""The line in a terminal follows a batch, and says nothing that nobody can see."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from desktop.cli import bar as bar_module
from desktop.cli.bar import Bar, shortened
from desktop.core.experience import Experience
from desktop.core.forecast import Forecaster
from desktop.core.jobs import JobState, Request
from desktop.core.outcome import Outcome
from desktop.core.photo.direct import DirectReader

REQUESTS = [Request(Path(f"{number}.png")) for number in range(3)]


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Measuring(DirectReader):
    """Says that every photo has a megapixel, a few at a time, and counts how often it was asked."""

    def __init__(self):
        self.asked = 0

    def sizes(self, paths, seconds):
        self.asked += 1
        return [(1000, 1000)] * min(2, len(paths))


@pytest.fixture
def forecaster(catalogue, tmp_path):
    return Forecaster(catalogue, Experience(tmp_path))


def test_where_nobody_looks_nothing_is_measured(forecaster, monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    reader = Measuring()
    bar = Bar(REQUESTS, forecaster, reader)
    assert bar.start(bar.jobs[0]) is None
    bar.end(bar.jobs[0], Outcome(request=REQUESTS[0], state=JobState.DONE))
    bar.close()
    assert reader.asked == 0
    assert sys.stderr.getvalue() == ""


def test_a_batch_is_followed_to_its_end(forecaster, monkeypatch):
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())  # pytest puts its own back before a test begins
    reader = Measuring()
    bar = Bar(REQUESTS, forecaster, reader)
    assert reader.asked == 2
    for job in bar.jobs:
        progressed = bar.start(job)
        for part in (0.02, 0.5, 1.0):
            progressed(part)
        bar.end(job, Outcome(request=job.request, state=JobState.DONE))
    said = terminal.getvalue()
    bar.close()
    assert "1.png" in said
    assert "left" in said
    assert said.count("100%") == 1
    assert said.rindex("100%") > said.rindex("left")


def test_a_disk_that_is_too_slow_does_not_hold_up_the_first_photo(forecaster, monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setattr(bar_module, "_MEASURING_S", 0.0)
    reader = Measuring()
    Bar(REQUESTS, forecaster, reader).close()
    assert reader.asked == 0


def test_a_long_name_is_shortened_in_its_middle():
    assert shortened("grandma.jpg") == "grandma.jpg"
    assert shortened("a" * 40 + ".jpg") == "a" * 16 + "…" + "a" * 11 + ".jpg"
