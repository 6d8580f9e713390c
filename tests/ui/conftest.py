"""A window on folders of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QThreadPool
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop.core import opencv  # noqa: F401  (before Qt, for the reason that its module gives)
from desktop.ui import theme
from desktop.ui.app import create_window
from desktop.ui.comparison_panel import ComparisonPanel
from desktop.ui.main_window import MainWindow


@pytest.fixture(scope="session", autouse=True)
def _themed(qapp: Any) -> None:
    theme.apply(qapp, dark=False)


@pytest.fixture(autouse=True)
def _garbage_on_this_thread(garbage_on_this_thread: None) -> None:
    """Windows that a test leaves behind go while nothing else runs."""


@pytest.fixture(autouse=True)
def _nothing_left_open(qapp: QApplication) -> Iterator[None]:
    """A dialog that a test leaves open would take the mouse of the next one, and a window keep its pictures.

    A window is in circles that Python cannot see, through the functions that its signals are connected to: it goes
    when Qt destroys it, and only then.
    """
    yield
    for widget in qapp.topLevelWidgets():
        widget.hide()
        widget.deleteLater()
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def x_display() -> Iterator[dict[str, str]]:
    """The environment for a process on an X display of its own, which keeps what is set on it until the test ends."""
    if sys.platform in ("win32", "darwin"):
        pytest.skip("not on this platform: there is no X")
    if shutil.which("Xvfb") is None:
        pytest.skip("Xvfb is missing")
    read, write = os.pipe()
    # The server looks for a free number itself, so that none is taken twice by tests that run at once.
    command = ["Xvfb", "-displayfd", str(write), "-noreset", "-nolisten", "tcp", "-screen", "0", "1280x800x24"]
    with subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL) as server:
        os.close(write)
        try:
            with open(read) as answer:
                number = answer.readline().strip()
            assert number, "Xvfb did not start"
            kept = {name: value for name, value in os.environ.items() if not name.startswith(("QT_", "WAYLAND"))}
            yield kept | {"DISPLAY": f":{number}"}
        finally:
            server.terminate()


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    """The real window with the real model, shown."""
    made = create_window(tmp_path / "data")
    with qtbot.waitExposed(made):
        made.show()
    yield made
    made._closing = True  # nobody is there to answer whether to stop
    made.close()


@pytest.fixture
def panel(qtbot: QtBot) -> Iterator[ComparisonPanel]:
    """A comparison in a window of its own, in front."""
    panel = ComparisonPanel()
    qtbot.addWidget(panel)
    panel.resize(900, 640)
    with qtbot.waitExposed(panel):
        panel.show()
    panel.activateWindow()
    qtbot.waitUntil(panel.isActiveWindow)
    yield panel
    QThreadPool.globalInstance().waitForDone()
