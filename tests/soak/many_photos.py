"""Works through many small photos in the real window: ``python tests/soak/many_photos.py``.

Memory and open files must stay where they are after the first fifty, and nothing may hold up the window: no event of
50 ms, and a timer's gaps under 50 ms but for one in a thousand. The GUI thread's own processor time is told beside the
wall clock's, so that a busy machine can be told from a slow window. Minutes long, so no part of ``make test``.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication

from desktop.core.opencv import cv2
from desktop.ui import theme
from desktop.ui.app import create_window
from desktop.ui.garbage import GuiGarbage

_WARM = 50  # photos after which nothing may grow any more
_MOST_MIB = 60
_MOST_MS = 50.0
_TICK_MS = 5


@dataclass
class Slow:
    """One event that took its time, in milliseconds of the wall clock and of the GUI thread's processor."""

    wall: float
    cpu: float
    receiver: str
    kind: str


class Timed(QApplication):
    """Measures every event that is handled, the outermost where one is handled within another."""

    def __init__(self) -> None:
        super().__init__(["rekindle"])
        self.slow: list[Slow] = []
        self._depth = 0

    def notify(self, receiver: QObject, event: QEvent) -> bool:
        if self._depth:
            return super().notify(receiver, event)
        kind, name = event.type(), type(receiver).__name__
        self._depth += 1
        wall, cpu = time.perf_counter(), time.thread_time()
        try:
            return super().notify(receiver, event)
        finally:
            self._depth -= 1
            took = 1000 * (time.perf_counter() - wall)
            if took > _MOST_MS / 5:
                self.slow.append(Slow(took, 1000 * (time.thread_time() - cpu), name, kind.name))


@dataclass
class Watch:
    """Memory, open files and the loop's gaps, as photo after photo ends.

    What is open in the folders `passing` is not counted: reading and writing there is what goes on all the time.
    """

    passing: tuple[Path, ...]
    ended: int = 0
    rss: dict[int, float] = field(default_factory=dict)
    files: dict[int, int] = field(default_factory=dict)
    gaps: list[float] = field(default_factory=list)
    last: float = 0.0

    def tick(self) -> None:
        now = time.perf_counter()
        if self.last:
            self.gaps.append(1000 * (now - self.last))
        self.last = now

    def photo_ended(self, every: int) -> None:
        self.ended += 1
        if self.ended % every == 0:
            me = psutil.Process()
            self.rss[self.ended] = me.memory_info().rss / 2**20
            opened = [Path(entry.path) for entry in me.open_files()]
            passing = sum(path.is_relative_to(folder) for path in opened for folder in self.passing)
            self.files[self.ended] = (me.num_fds() if hasattr(me, "num_fds") else len(opened)) - passing


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=int, default=1000)
    parser.add_argument("--waiting", type=int, default=0, help="so many rows beside them that are done already")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as base:
        return _soak(Path(base), options.photos, options.waiting)


def _soak(base: Path, count: int, beside: int) -> int:
    photos = base / "photos"
    photos.mkdir()
    for number in range(count):
        noise = np.random.default_rng(number).integers(0, 256, (6, 8, 3)).astype(np.uint8)
        cv2.imwrite(str(photos / f"{number:05}.png"), cv2.resize(noise, (64, 48), interpolation=cv2.INTER_CUBIC))
    application = Timed()
    theme.apply(application, dark=False)
    GuiGarbage(application)
    window = create_window(base / "data")
    window.show()
    if beside:
        # Rows that have ended: named photos that are not there, cancelled before anything is done.
        window.add_paths(base / "gone" / f"{number:05}.png" for number in range(beside))
        while len(window.jobs) < beside:
            application.processEvents()
        window._controller.cancel_all()
    window.add_paths([photos])
    while len(window.jobs) < beside + count:
        application.processEvents()
    application.slow.clear()

    watch = Watch((photos, base / "data" / "cache"))
    window._controller.photoEnded.connect(lambda _outcome: watch.photo_ended(_WARM))
    timer = QTimer(interval=_TICK_MS, timerType=Qt.TimerType.PreciseTimer)
    timer.timeout.connect(watch.tick)
    timer.start()
    window.queueFinished.connect(application.quit)
    started = time.perf_counter()
    window.start()
    application.exec()
    seconds = time.perf_counter() - started
    timer.stop()
    states = Counter(job.state.value for job in window.jobs)
    window._closing = True
    window.close()
    return _report(watch, application.slow, states, count, seconds)


def _report(watch: Watch, slow: list[Slow], states: Counter[str], count: int, seconds: float) -> int:
    gaps = np.array(watch.gaps or [0.0])
    p50, p999, most = (float(np.percentile(gaps, part)) for part in (50, 99.9, 100))
    marks = sorted(watch.rss)
    grown = watch.rss[marks[-1]] - watch.rss[marks[0]] if marks else 0.0
    files = [watch.files[mark] for mark in marks]
    print(f"{states['done']} of {count} done in {seconds:.1f} s")
    print("memory, MiB:", ", ".join(f"{mark}: {watch.rss[mark]:.0f}" for mark in marks[:: max(1, len(marks) // 8)]))
    print(f"grown by {grown:.1f} MiB since photo {marks[0] if marks else 0}; open files {files[::2]}")
    print(f"gaps of the event loop, ms: median {p50:.1f}, p99.9 {p999:.1f}, longest {most:.1f}, of {len(gaps)}")
    print("longest events (wall ms, processor ms):")
    for entry in sorted(slow, key=lambda entry: -entry.wall)[:8]:
        print(f"  {entry.wall:6.1f} {entry.cpu:6.1f}  {entry.receiver} {entry.kind}")
    troubles = []
    if states["done"] != count:
        troubles.append("not all are done")
    if grown >= _MOST_MIB:
        troubles.append(f"memory grew by {grown:.0f} MiB")
    # Fewer are no leak: a reader's process that has nothing to do goes, and its pipes with it.
    if files and max(files) - files[0] > 2:
        troubles.append(f"open files grew from {files[0]} to {max(files)}")
    if any(entry.wall >= _MOST_MS for entry in slow):
        own = max(entry.cpu for entry in slow)
        troubles.append(f"an event took {_MOST_MS:.0f} ms or more; of processor time the longest took {own:.0f} ms")
    if p999 >= _MOST_MS:
        troubles.append(f"one gap in a thousand is {p999:.0f} ms")
    print("all well" if not troubles else "NOT WELL: " + "; ".join(troubles))
    return 1 if troubles else 0


if __name__ == "__main__":
    sys.exit(main())
