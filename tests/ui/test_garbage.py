"""Python's cyclic garbage and threads."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from desktop.ui.garbage import GuiGarbage


class Knot(QObject):
    """Caught in a cycle with itself."""

    def __init__(self) -> None:
        super().__init__()
        self.me = self


@pytest.fixture
def garbage(qtbot: QtBot) -> Iterator[GuiGarbage]:
    made = GuiGarbage()
    yield made
    gc.enable()


def test_a_workers_allocations_collect_nothing(garbage: GuiGarbage) -> None:
    knot = weakref.ref(Knot())

    def allocate() -> None:
        kept = [[] for _ in range(200_000)]
        del kept

    worker = threading.Thread(target=allocate)
    worker.start()
    worker.join()
    assert knot() is not None


def test_garbage_goes_on_the_gui_thread(garbage: GuiGarbage) -> None:
    knot = weakref.ref(Knot())
    kept = [[] for _ in range(10_000)]  # beyond the youngest generation's threshold
    garbage.look()
    assert knot() is None
    assert len(kept) == 10_000
