"""Rows that are dragged by a real mouse on a real X display: ``pytest tests/soak/real_drag.py``.

No part of ``make test``, because xdotool's hand goes by the clock, and a busy machine does not keep up with it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

# Prints what came of each drag. Nobody's hand is as steady as xdotool's, so the mouse goes in steps.
_SCRIPT = """
import sys
from pathlib import Path
from desktop.core import opencv
from PySide6.QtCore import QDeadlineTimer, QEventLoop, QPoint, QProcess, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QLabel
from desktop.ui import theme
from desktop.ui.app import create_window

application = QApplication([])
theme.apply(application, dark=False)
folder = Path(sys.argv[1])
window = create_window(folder / "data")
window.setGeometry(0, 0, 1000, 700)
window.show()
view = window._queue.view

def until(condition):
    deadline = QDeadlineTimer(30_000)
    while not condition() and not deadline.hasExpired():
        loop = QEventLoop()
        QTimer.singleShot(20, loop.quit)
        loop.exec()
    assert condition()

def rows():
    return "".join(view.model().index(row, 0).data()[0] for row in range(view.model().rowCount()))

def at(row, part=0.5):
    rect = view.visualRect(view.model().index(row, 0))
    return view.viewport().mapToGlobal(QPoint(rect.center().x(), round(rect.top() + part * rect.height())))

def drag(start, end, *release):
    steps = ["mousemove", start.x(), start.y(), "sleep", 0.1, "mousedown", 1, "sleep", 0.1]
    for part in range(1, 11):
        place = start + (end - start) * (part / 10)
        steps += ["mousemove", place.x(), place.y(), "sleep", 0.05]
    run = QProcess()
    loop = QEventLoop()
    run.finished.connect(loop.quit)
    run.start("xdotool", [str(step) for step in (*steps, "sleep", 0.2, *release)])
    loop.exec()
    until(lambda: not view.carrying)

class Target(QLabel):
    def dragEnterEvent(self, event):
        event.acceptProposedAction()
    def dropEvent(self, event):
        event.acceptProposedAction()
        self.got = [event.dropAction().name, *(Path(url.toLocalFile()).name for url in event.mimeData().urls())]

print("platform", QGuiApplication.platformName(), flush=True)
window.add_paths(sorted(folder.glob("*.png")))
until(lambda: rows() == "abcd" and view.visualRect(view.model().index(3, 0)).isValid())
drag(at(3), at(1, 0.1), "mouseup", 1)
until(lambda: rows() == "adbc")
print("dropped", "".join(job.path.name[0] for job in window.jobs), flush=True)
drag(at(0), at(3, 0.9), "key", "Escape", "sleep", 0.2, "mouseup", 1)
print("escaped", rows(), flush=True)
loop = QEventLoop()
window.queueFinished.connect(loop.quit)
window.start()
loop.exec()
target = Target()
target.got = None
target.setAcceptDrops(True)
target.setGeometry(20, 300, 200, 200)
target.show()
until(lambda: target.windowHandle().isExposed())
drag(at(1), target.mapToGlobal(target.rect().center()), "mouseup", 1)
until(lambda: target.got)
print("out", *target.got, flush=True)
target.close()
window.close()
"""


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="not on this platform: there is no X")
@pytest.mark.skipif(shutil.which("xvfb-run") is None, reason="xvfb-run is missing")
@pytest.mark.skipif(shutil.which("xdotool") is None, reason="xdotool is missing")
def test_rows_are_dragged_within_the_list_and_out_of_it(tmp_path: Path, photo_file: object) -> None:
    for name in "abcd":
        photo_file(f"{name}.png")  # type: ignore[operator]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("QT_", "WAYLAND"))}
    command = ["xvfb-run", "-a", "-s", "-screen 0 1280x800x24", sys.executable, "-c", _SCRIPT, str(tmp_path)]
    answer = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=200, check=False)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.splitlines() == [
        "platform xcb",
        "dropped adbc",
        "escaped adbc",
        "out CopyAction d_x3.png",
    ]
