"""Starts that came to nothing."""

from __future__ import annotations

from desktop.core.paths import Folders
from desktop.core.starts import Start


def test_a_start_that_was_killed_is_told_of_at_the_next(tmp_path):
    folders = Folders.under(tmp_path)
    first = Start(folders)
    assert first.begin() is None
    second = Start(folders)
    complaint = second.begin()
    assert complaint is not None
    assert "diagnostics" in complaint.message
    second.done()
    assert Start(folders).begin() is None


def test_a_home_that_cannot_be_written_keeps_nobody_from_starting(tmp_path):
    (tmp_path / "log").write_text("in the way")
    start = Start(Folders.under(tmp_path))
    assert start.begin() is None
    start.done()
