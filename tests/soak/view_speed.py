"""Pans and zooms a very large comparison by script: ``python tests/soak/view_speed.py``.

A result of 18,000 x 12,000 over an original of 6,000 x 4,000 in a view of 1600 x 1000, without a screen, in every mode.
First alone, for the memory that looking takes beyond the two pictures; then with a job under way on the runner's
thread, for the time of each frame: from the wheel's turn or the mouse's move, 60 of them a second, until the view is
painted. 95 of 100 frames have to take less than 16 ms, 999 of 1000 less than 50 ms. The GUI thread's own processor time
stands beside the wall clock's, so that a busy machine can be told from a slow view. Minutes long, and it takes 2 GB of
memory, so no part of ``make test``.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen:size=4000x3000")

from desktop.core.opencv import cv2  # noqa: I001  (before Qt, for the reason that its module gives)
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from desktop.core import priority
from desktop.core.jobs import Request
from desktop.core.paths import sample_photo
from desktop.core.photo.read import read
from desktop.core.workspace import Workspace
from desktop.runner import Runner
from desktop.ui.comparison_layout import MODES
from desktop.ui.comparison_panel import ComparisonPanel
from desktop.ui.comparison_view import ComparisonView
from desktop.ui.pyramid import Pyramid

_ORIGINAL, _SCALE = (6000, 4000), 3
_VIEW = (1600, 1000)
_P95_MS, _P999_MS, _MOST_MIB = 16.0, 50.0, 300
_PACE_S = 1 / 60  # as fast as mice and screens are
_NONE, _PLAIN = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier

Step = Callable[[], None]


class Hand:
    """Turns the wheel and drags, by events such as a person's."""

    def __init__(self, view: ComparisonView, application: QApplication) -> None:
        self._view = view
        self._application = application

    def wheel(self, at: QPointF, units: int) -> Step:
        phase = Qt.ScrollPhase.NoScrollPhase

        def turn() -> None:
            event = QWheelEvent(at, self._view.mapToGlobal(at), QPoint(), QPoint(0, units), _NONE, _PLAIN, phase, False)
            self._application.sendEvent(self._view, event)

        return turn

    def drag(self, start: QPointF, by: QPointF, moves: int) -> Iterator[Step]:
        button = Qt.MouseButton.MiddleButton  # which pans in every mode
        yield lambda: self._mouse(QMouseEvent.Type.MouseButtonPress, start, button)
        for number in range(1, moves + 1):
            at = start + by * number
            yield lambda at=at: self._mouse(QMouseEvent.Type.MouseMove, at, button)
        end = start + by * moves
        yield lambda: self._mouse(QMouseEvent.Type.MouseButtonRelease, end, button)

    def _mouse(self, kind: QMouseEvent.Type, at: QPointF, button: Qt.MouseButton) -> None:
        held = Qt.MouseButton.NoButton if kind == QMouseEvent.Type.MouseButtonRelease else button
        changed = Qt.MouseButton.NoButton if kind == QMouseEvent.Type.MouseMove else button
        self._application.sendEvent(
            self._view, QMouseEvent(kind, at, self._view.mapToGlobal(at), changed, held, _PLAIN)
        )


def script(hand: Hand) -> Iterator[Step]:
    """In from the whole photo to single pixels, a look around at every stage, and out again elsewhere."""
    aim = QPointF(700, 420)
    for _stage in range(7):
        for _turn in range(12):
            yield hand.wheel(aim, 40)
        yield from hand.drag(QPointF(900, 600), QPointF(-9, -6), 18)
        yield from hand.drag(QPointF(300, 300), QPointF(13, 4), 18)
    for _turn in range(60):
        yield hand.wheel(QPointF(1000, 500), -60)


def measure(view: ComparisonView, steps: Iterator[Step], between: Step) -> tuple[list[float], list[float]]:
    """Milliseconds of each frame, of the wall clock and of the thread's processor."""
    walls, cpus = [], []
    due = time.perf_counter()
    for step in steps:
        between()
        due = max(due + _PACE_S, time.perf_counter())
        time.sleep(due - time.perf_counter() if due > time.perf_counter() else 0.0)
        wall, cpu = time.perf_counter(), time.thread_time()
        step()
        view.repaint()
        walls.append((time.perf_counter() - wall) * 1e3)
        cpus.append((time.thread_time() - cpu) * 1e3)
    return walls, cpus


def resident_mib() -> float:
    return psutil.Process().memory_info().rss / 2**20


def photo(width: int, height: int) -> np.ndarray:
    """(H, W, 3) uint8: the sample, over and over."""
    sample = read(sample_photo()).pixels
    rows, columns = -(-height // sample.shape[0]), -(-width // sample.shape[1])
    return np.ascontiguousarray(np.tile(sample, (rows, columns, 1))[:height, :width])


def run(jobs: bool, rounds: int) -> bool:
    """Prints the figures; whether they are as they should be."""
    priority.start_opencv_threads()  # as the application does
    application = QApplication([])
    before = photo(*_ORIGINAL)
    after = cv2.resize(before, (_ORIGINAL[0] * _SCALE, _ORIGINAL[1] * _SCALE), interpolation=cv2.INTER_CUBIC)
    panel = ComparisonPanel()
    panel.view.setFixedSize(*_VIEW)
    panel.show()
    application.processEvents()
    arrays = resident_mib()
    most = [arrays]

    def watch() -> None:
        application.processEvents()
        most.append(resident_mib())

    pair = Pyramid.build(before), Pyramid.build(after)
    levels = sum(level.nbytes for pyramid in pair for level in pyramid.levels) / 2**20
    panel.show_pair("speed", *pair)
    for mode in MODES:
        panel.view.mode = mode
        measure(panel.view, script(Hand(panel.view, application)), watch)
    beyond = max(most) - arrays
    print(f"Memory beyond the two pictures: {beyond:.0f} MiB, {levels:.0f} of them their smaller sizes")

    walls: list[float] = []
    cpus: list[float] = []
    with tempfile.TemporaryDirectory() as base:
        runner, finished = _working(Path(base)) if jobs else (None, Counter())
        for mode in MODES * rounds:
            panel.view.mode = mode
            panel.view.zoom_to_fit()
            wall, cpu = measure(panel.view, script(Hand(panel.view, application)), application.processEvents)
            print(f"{mode:>14}: {_figures(wall)}; processor {_figures(cpu)}")
            walls += wall
            cpus += cpu
        if runner is not None:
            print(f"Jobs ended meanwhile: {finished['jobs']}, parts reported: {finished['parts']}")
            runner.shutdown()
    print(f"{'all':>14}: {_figures(walls)}; processor {_figures(cpus)}; {len(walls)} frames")
    panel.view.close()
    fine = {
        f"95 of 100 frames under {_P95_MS:.0f} ms": np.percentile(walls, 95) < _P95_MS,
        f"999 of 1000 under {_P999_MS:.0f} ms": np.percentile(walls, 99.9) < _P999_MS,
        f"memory under {_MOST_MIB} MiB": beyond < _MOST_MIB,
    }
    for what, well in fine.items():
        print(f"{'well' if well else 'NOT WELL'}: {what}")
    return all(fine.values())


def _working(base: Path) -> tuple[Runner, Counter[str]]:
    """A runner that enhances a photo, and then again, for as long as somebody looks."""
    source = base / "working.png"
    cv2.imwrite(str(source), photo(3000, 2000))
    runner = Runner(Workspace.open(base / "data").pipeline())
    request = Request(source, output=base / "results", reuse=False)
    counts: Counter[str] = Counter()
    began = time.monotonic()

    def again() -> None:
        counts["jobs"] += 1
        runner.submit(str(counts["jobs"]), request)

    runner.progressed.connect(lambda _id, _part: counts.update(parts=1))
    runner.finished.connect(lambda _id, _outcome: again())
    runner.submit("0", request)
    while not counts["parts"] and time.monotonic() < began + 60:
        QApplication.processEvents()
    return runner, counts


def _figures(milliseconds: list[float]) -> str:
    parts = (50, 95, 99.9, 100)
    return ", ".join(f"p{part:g} {np.percentile(milliseconds, part):.1f}" for part in parts) + " ms"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--no-job", action="store_true", help="measure without a job under way")
    parser.add_argument("--rounds", type=int, default=2, help="how often every mode is gone through; default 2")
    options = parser.parse_args()
    return 0 if run(not options.no_job, options.rounds) else 1


if __name__ == "__main__":
    sys.exit(main())
