"""What is copied for somebody who helps."""

from __future__ import annotations

from pathlib import Path

import desktop
from desktop.core import diagnostics
from desktop.core.workspace import Workspace


def test_they_have_versions_models_folders_and_the_end_of_the_log(tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    workspace = Workspace.open(tmp_path / "data")
    log = workspace.folders.log_file
    log.parent.mkdir(parents=True)
    log.write_text("".join(f"line {number}\n" for number in range(500)), "utf-8")
    text = diagnostics.text(workspace, ["Qt 6 on offscreen"])
    assert f"Rekindle {desktop.__version__}" in text
    assert "Qt 6 on offscreen" in text
    assert "Model edsr-baseline-x3: bundled" in text
    assert text.endswith("line 499\n")
    assert "line 400\n" not in text
    # Nobody's name is in there.
    assert str(tmp_path) not in text
    assert "~/data" in text


def test_they_are_there_without_a_log(tmp_path):
    text = diagnostics.text(Workspace.open(tmp_path / "nowhere" / "data"))
    assert "cannot be read" in text
    assert "writable" in text
