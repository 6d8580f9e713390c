"""What is left of a queue when the window goes away, by closing or by a crash."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from desktop.ui.app import create_window
from desktop.ui.main_window import MainWindow

PATIENCE_MS = 60_000
PhotoFile = Callable[..., Path]
PhotoLike = Callable[..., Any]

# A window that works through a folder until it is killed.
_WORKER = """
import sys
from pathlib import Path
from desktop.core import opencv
from PySide6.QtWidgets import QApplication
from desktop.ui.app import create_window
application = QApplication([])
window = create_window(Path(sys.argv[1]))
if not window.jobs:
    window.add_paths(sorted(Path(sys.argv[2]).iterdir()))
window.queueFinished.connect(application.quit)
window.start()
print("started", flush=True)
application.exec()
window.close()
"""


def open_window(qtbot: QtBot, data: Path) -> MainWindow:
    window = create_window(data)
    window.show()
    return window


def close(window: MainWindow) -> None:
    window._closing = True
    window.close()


def states(window: MainWindow) -> list[str]:
    return [job.state for job in window.jobs]


def finish(qtbot: QtBot, window: MainWindow) -> None:
    with qtbot.waitSignal(window.queueFinished, timeout=PATIENCE_MS):
        window.start()


def test_a_queue_that_was_not_started_is_there_next_time(qtbot: QtBot, tmp_path: Path, photo_file: PhotoFile) -> None:
    photos = [photo_file("a.png"), photo_file("b.png")]
    first = open_window(qtbot, tmp_path / "data")
    first.add_paths(photos)
    first.close()
    second = open_window(qtbot, tmp_path / "data")
    assert [job.path for job in second.jobs] == photos
    assert states(second) == ["waiting", "waiting"]
    finish(qtbot, second)
    assert states(second) == ["done", "done"]
    close(second)


def test_closing_under_way_keeps_the_rest_for_next_time(
    qtbot: QtBot, tmp_path: Path, photo_file: PhotoFile, photo_like: PhotoLike
) -> None:
    photos = [photo_file("small.png"), photo_file("large.png", photo_like(500, 400)), photo_file("last.png")]
    first = open_window(qtbot, tmp_path / "data")
    first.add_paths(photos)
    first.start()
    qtbot.waitUntil(lambda: first.jobs[1].progress > 0, timeout=PATIENCE_MS)
    close(first)
    assert not list(tmp_path.glob(".rekindle*"))
    second = open_window(qtbot, tmp_path / "data")
    assert states(second) == ["done", "waiting", "waiting"]
    finish(qtbot, second)
    assert states(second) == ["done", "done", "done"]
    assert sorted(path.name for path in tmp_path.glob("*_x3*")) == ["large_x3.png", "last_x3.png", "small_x3.png"]
    close(second)


def test_a_result_that_disappeared_is_made_again(qtbot: QtBot, tmp_path: Path, photo_file: PhotoFile) -> None:
    first = open_window(qtbot, tmp_path / "data")
    first.add_paths([photo_file("a.png"), photo_file("b.png")])
    finish(qtbot, first)
    close(first)
    (tmp_path / "a_x3.png").unlink()
    second = open_window(qtbot, tmp_path / "data")
    qtbot.waitUntil(lambda: states(second) == ["waiting", "done"], timeout=PATIENCE_MS)
    close(second)


def test_a_second_window_on_the_same_folder_harms_nothing(qtbot: QtBot, tmp_path: Path, photo_file: PhotoFile) -> None:
    first = open_window(qtbot, tmp_path / "data")
    first.add_paths([photo_file("a.png")])
    second = open_window(qtbot, tmp_path / "data")
    assert len(second.jobs) == 0
    second.add_paths([photo_file("b.png")])
    close(second)
    close(first)
    third = open_window(qtbot, tmp_path / "data")
    assert [job.path.name for job in third.jobs] == ["a.png"]
    close(third)


@pytest.mark.skipif(sys.platform == "win32", reason="not on this platform: there is no SIGKILL")
def test_killed_at_any_moment_nothing_is_lost_and_nothing_is_done_twice(
    qtbot: QtBot, tmp_path: Path, photo_like: PhotoLike, photo_file: PhotoFile
) -> None:
    photos = tmp_path / "photos"
    for number in range(6):
        photo_file(f"photos/{number}.png", photo_like(70 + 20 * number, 60, seed=number))
    calm = tmp_path / "calm"
    shutil.copytree(photos, calm)
    undisturbed = [sys.executable, "-m", "desktop", "enhance", str(calm), "--data-dir", str(tmp_path / "other")]
    subprocess.run(undisturbed, check=True, capture_output=True)

    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-c", _WORKER, str(tmp_path / "data"), str(photos)]
    for delay in (0.0, 0.05, 0.15, 0.3):
        worker = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)
        assert worker.stdout is not None
        worker.stdout.readline()
        time.sleep(delay)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        worker.stdout.close()
    subprocess.run(command, check=True, capture_output=True, env=environment, timeout=120)

    assert {path.name: path.read_bytes() for path in photos.iterdir()} == {
        path.name: path.read_bytes() for path in calm.iterdir()
    }
