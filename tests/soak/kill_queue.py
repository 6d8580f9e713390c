"""Kills a window's process at random moments of a batch, again and again: ``python tests/soak/kill_queue.py``.

Afterwards every photo must have exactly one result, the same to the byte as an undisturbed run's, and nothing else may
lie about. Minutes long, so a make target of its own (``make soak``) and no part of ``make test``.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from desktop.core.journal import open_journal
from desktop.core.opencv import cv2

_WORKER = """
import sys
from pathlib import Path
from desktop.core import opencv
from PySide6.QtWidgets import QApplication
from desktop.ui.app import create_window
application = QApplication([])
window = create_window(Path(sys.argv[1]))
if not window.jobs:
    window.add_paths([Path(sys.argv[2])])
window.queueFinished.connect(application.quit)
window.start()
print("started", flush=True)
application.exec()
window.close()
"""


def main() -> int:
    """Runs it and says how it went; 1 where anything was lost, doubled or left behind."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=int, default=40)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as base:
        troubles = _soak(Path(base), options.photos, options.kills, chance)
    for trouble in troubles:
        print(trouble)
    print(f"{options.photos} photos, {options.kills} kills: {'all well' if not troubles else 'NOT WELL'}")
    return 1 if troubles else 0


def _soak(base: Path, count: int, kills: int, chance: random.Random) -> list[str]:
    photos, calm = base / "photos", base / "calm"
    photos.mkdir()
    for number in range(count):
        _draw(photos / f"{number:03}.png", number)
    shutil.copytree(photos, calm)
    command = [sys.executable, "-m", "desktop", "enhance", str(calm), "--data-dir", str(base / "other")]
    subprocess.run(command, check=True, capture_output=True)

    worker = [sys.executable, "-c", _WORKER, str(base / "data"), str(photos)]
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    troubles: list[str] = []
    done: set[str] = set()
    for _ in range(kills):
        process = subprocess.Popen(worker, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(chance.uniform(0, 1.0))
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        done, lost = _recorded_done(base / "data", done)
        troubles += [f"{name} was recorded done and is not any more" for name in lost]
    subprocess.run(worker, check=True, capture_output=True, env=environment)
    return troubles + _differences(photos, calm)


def _recorded_done(data: Path, before: set[str]) -> tuple[set[str], set[str]]:
    opened = open_journal(data / "queue", lambda _error: None)
    opened.record.close()
    now = {job.path.name for job in opened.jobs if job.state == "done"}
    return now, before - now


def _differences(photos: Path, calm: Path) -> list[str]:
    found = {path.name: path.read_bytes() for path in photos.iterdir()}
    wanted = {path.name: path.read_bytes() for path in calm.iterdir()}
    return [
        *(f"{name} is missing" for name in sorted(wanted.keys() - found.keys())),
        *(f"{name} should not be there" for name in sorted(found.keys() - wanted.keys())),
        *(f"{name} differs" for name in sorted(wanted.keys() & found.keys()) if found[name] != wanted[name]),
    ]


def _draw(path: Path, seed: int) -> None:
    noise = np.random.default_rng(seed).integers(0, 256, (12, 16, 3)).astype(np.uint8)
    cv2.imwrite(str(path), cv2.resize(noise, (240 + seed % 40, 170), interpolation=cv2.INTER_CUBIC))


if __name__ == "__main__":
    sys.exit(main())
