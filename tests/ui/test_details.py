"""What is kept of a photo, before and after it is enhanced, stands below it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import PngImagePlugin
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from desktop.core.jobs import JobState
from desktop.core.photo.photo import Fidelity
from desktop.ui.details_panel import DetailsPanel
from desktop.ui.main_window import MainWindow

PhotoFile = Callable[..., Path]
PATIENCE_MS = 60_000


@pytest.fixture
def panel(qtbot: QtBot) -> DetailsPanel:
    made = DetailsPanel()
    qtbot.addWidget(made)
    made.resize(600, 200)
    made.show()
    return made


def shown(panel: DetailsPanel) -> list[str]:
    labels = panel.findChildren(QLabel)
    return [label.text() for label in labels if label.isVisible() and label.text()]


LOSS = Fidelity().and_kept("EXIF", "62 bytes").and_lost("transparency", "laid over white: <JPEG> has none")


def test_what_is_lost_is_said_in_a_line_and_the_rest_on_request(panel: DetailsPanel) -> None:
    panel.show_fidelity(LOSS, foretold=True)
    assert shown(panel) == ["Will not be kept: transparency"]
    panel.toggle.click()
    words = shown(panel)
    assert words[1:] == [
        "Will not be kept",
        words[2],
        "Will be kept",
        words[4],
    ]
    assert words[2].startswith("Transparency <span")
    assert "&lt;JPEG&gt; has none" in words[2]
    assert words[4].startswith("Camera data (EXIF) <span")
    panel.toggle.click()
    assert shown(panel) == ["Will not be kept: transparency"]


def test_afterwards_it_is_said_in_the_past(panel: DetailsPanel) -> None:
    panel.show_fidelity(LOSS, foretold=False)
    assert panel.summary == "Not kept: transparency"
    panel.show_fidelity(Fidelity().and_kept("EXIF", "62 bytes"), foretold=False)
    assert panel.summary == "Everything was kept"
    panel.show_fidelity(Fidelity(), foretold=True)
    assert panel.summary == "Everything will be kept"


def test_nothing_is_claimed_of_a_photo_that_is_not_known(panel: DetailsPanel) -> None:
    panel.show_fidelity(LOSS, foretold=True)
    panel.clear()
    assert panel.summary == ""
    assert not panel.toggle.isEnabled()


def test_a_long_line_is_cut_and_whole_for_who_asks(panel: DetailsPanel) -> None:
    told = Fidelity()
    for number in range(30):
        told = told.and_lost(f"something rather long, number {number}", "gone")
    panel.show_fidelity(told, foretold=True)
    assert panel.width() == 600
    assert shown(panel)[0].endswith("…")
    assert panel.toggle.accessibleDescription() == panel.summary


def test_the_window_foretells_and_then_accounts(qtbot: QtBot, window: MainWindow, photo_file: PhotoFile) -> None:
    text = PngImagePlugin.PngInfo()
    text.add_text("Author", "somebody")
    panel = window._stage.details
    window.settings.change(format="webp")
    window.add_paths([photo_file("a.png", pnginfo=text)])
    qtbot.waitUntil(lambda: panel.summary == "Will not be kept: text notes", timeout=PATIENCE_MS)
    window.settings.change(format="")
    qtbot.waitUntil(lambda: panel.summary == "Everything will be kept", timeout=PATIENCE_MS)
    with qtbot.waitSignal(window.queueFinished, timeout=PATIENCE_MS):
        window.start()
    assert window.jobs[0].state is JobState.DONE
    qtbot.waitUntil(lambda: panel.summary == "Everything was kept", timeout=PATIENCE_MS)


def test_a_photo_that_cannot_be_opened_has_no_details(
    qtbot: QtBot, window: MainWindow, photo_file: PhotoFile, tmp_path: Path
) -> None:
    broken = tmp_path / "b.png"
    broken.write_bytes(b"nothing")
    panel = window._stage.details
    window.add_paths([photo_file("a.png")])
    qtbot.waitUntil(lambda: panel.summary != "", timeout=PATIENCE_MS)
    window.add_paths([broken])
    qtbot.waitUntil(lambda: window._queue.view.model().rowCount() == 2, timeout=PATIENCE_MS)
    window._queue.view.step(1)
    qtbot.waitUntil(lambda: panel.summary == "", timeout=PATIENCE_MS)
