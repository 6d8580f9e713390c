"""A window and a command line, or two windows, at once on one data folder and one folder of photos."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np

from desktop.core.journal import open_journal
from desktop.core.opencv import cv2

_WINDOW = """
import sys
from pathlib import Path
from desktop.core import opencv
from PySide6.QtWidgets import QApplication
from desktop.ui.app import create_window
application = QApplication([])
window = create_window(Path(sys.argv[1]))
window.add_paths(Path(name) for name in sys.argv[2:])
window.queueFinished.connect(application.quit)
print("ready", flush=True)
sys.stdin.readline()
window.start()
application.exec()
print(" ".join(job.state for job in window.jobs), flush=True)
window.close()
"""
_PATIENCE_S = 240


def _window(data: Path, photos: list[Path]) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", _WINDOW, str(data), *map(str, photos)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def _command(data: Path, photos: list[Path]) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "desktop", "enhance", "--data-dir", str(data), *map(str, photos)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def _photos(photo_file: Callable[..., Path], noise: Callable[..., np.ndarray]) -> list[Path]:
    return [photo_file(f"photos/{number}.png", noise((24, 32, 3), seed=number)) for number in range(4)]


def _assert_each_made(photos: list[Path], times: int) -> None:
    """Every photo has so many results, all whole and the same, and nothing half-written lies beside them."""
    results = defaultdict(list)
    for path in photos[0].parent.iterdir():
        if path not in photos:
            results[path.name[0]].append(path)
    assert {name: len(found) for name, found in results.items()} == {path.stem: times for path in photos}
    for found in results.values():
        pictures = [cv2.imread(str(path)) for path in found]
        assert all(picture is not None and np.array_equal(picture, pictures[0]) for picture in pictures)


def test_a_window_and_a_command_line_do_not_spoil_each_other(
    tmp_path: Path, photo_file: Callable[..., Path], noise: Callable[..., np.ndarray]
) -> None:
    photos, data = _photos(photo_file, noise), tmp_path / "data"
    window = _window(data, photos)
    command = _command(data, photos)
    shown, _ = window.communicate("go\n", _PATIENCE_S)
    told, _ = command.communicate(timeout=_PATIENCE_S)
    assert (window.returncode, command.returncode) == (0, 0), told
    assert shown.split() == ["done"] * len(photos)
    _assert_each_made(photos, 2)
    opened = open_journal(data / "queue", lambda _error: None)
    opened.record.close()
    assert [(job.path, job.state.value) for job in opened.jobs] == [(path, "done") for path in photos]


def test_two_windows_do_not_spoil_each_other_and_the_first_keeps_its_queue(
    tmp_path: Path, photo_file: Callable[..., Path], noise: Callable[..., np.ndarray]
) -> None:
    photos, data = _photos(photo_file, noise), tmp_path / "data"
    first = _window(data, photos[:3])
    second = _window(data, photos)
    for process in (first, second):
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    shown = [process.communicate(timeout=_PATIENCE_S)[0] for process in (first, second)]
    assert (first.returncode, second.returncode) == (0, 0)
    assert [states.split() for states in shown] == [["done"] * 3, ["done"] * 4]
    opened = open_journal(data / "queue", lambda _error: None)
    opened.record.close()
    assert opened.notice is None
    assert [job.path for job in opened.jobs] == photos[:3]
    assert not list(tmp_path.rglob(".rekindle-*"))
