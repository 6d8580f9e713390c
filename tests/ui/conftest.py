"""A window on folders of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QThreadPool
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
    """A dialog that a test leaves open would take the mouse of the next one."""
    yield
    for widget in qapp.topLevelWidgets():
        widget.hide()


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
