"""The window says what is to come, and learns from what has been."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from desktop.core import disks
from desktop.core.disks import Disk
from desktop.core.experience import Experience
from desktop.ui.main_window import MainWindow
from desktop.ui.queue_model import DETAIL_ROLE

PATIENCE_MS = 60_000


def said(window: MainWindow, name: str) -> str:
    label = window.findChild(QLabel, name)
    return "" if label.isHidden() else label.text()


def test_a_batch_is_foretold_followed_and_learned_from(
    qtbot: QtBot, window: MainWindow, photo_file: Callable[..., Path], photo_like: Callable[..., Any], tmp_path: Path
) -> None:
    window.add_paths([photo_file("a.png"), photo_file("b.jpg", photo_like(200, 150)), photo_file("c.png")])
    qtbot.waitUntil(lambda: "needs" in said(window, "batchLine"), timeout=PATIENCE_MS)
    assert said(window, "batchTrouble") == ""
    rows = window._queue.view.model()
    qtbot.waitUntil(lambda: "200 × 150 → 600 × 450" in rows.index(1, 0).data(DETAIL_ROLE), timeout=PATIENCE_MS)
    heard: list[str] = []
    rows.dataChanged.connect(lambda *_: heard.append(rows.index(1, 0).data(Qt.ItemDataRole.AccessibleTextRole)))
    with qtbot.waitSignal(window.queueFinished, timeout=PATIENCE_MS):
        window.start()
    assert any("%" in text and "left" in text for text in heard)
    assert said(window, "batchLine") == "3 enhanced"
    assert "600 × 450" in rows.index(1, 0).data(DETAIL_ROLE)
    window.close()
    (kind,) = Experience(tmp_path / "data" / "cache").learned.kinds
    assert kind.model == "edsr-baseline-x3"


def test_a_disk_with_too_little_room_is_told_of_and_starting_stays_possible(
    qtbot: QtBot, window: MainWindow, photo_file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disks, "disk_of", lambda _folder: Disk(1, "Photos", 2_000))
    window.add_paths([photo_file("a.png")])
    qtbot.waitUntil(lambda: "2.0 kB free on “Photos”" in said(window, "batchTrouble"), timeout=PATIENCE_MS)
    assert window._actions.start.isEnabled()
    monkeypatch.setattr(disks, "disk_of", lambda _folder: Disk(1, "Photos", 58 * 10**9))
    window._outlook.look_again()  # as when the person comes back from making room
    qtbot.waitUntil(lambda: said(window, "batchTrouble") == "", timeout=PATIENCE_MS)
    assert "58 GB free" in said(window, "batchLine")
