"""Is the time left that the window foretells true? ``python tests/soak/time_left.py PHOTO ...``

Works through photos in the real window with an application folder that knows nothing yet, and compares what was
foretold for the whole batch with how long it took. From the end of the second photo on it must be within 20 %.
For a quiet machine: what else runs changes the speed, and nobody can foretell that.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from desktop.core import settings
from desktop.core.paths import sample_photo
from desktop.ui import theme
from desktop.ui.app import create_window
from desktop.ui.garbage import GuiGarbage

_WITHIN = 0.20
_KNOWN_AFTER = 2
_LATER_MS = 500


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos", nargs="*", type=Path, help="the sample photo in ten copies where none is named")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as base:
        return _follow(Path(base), options.photos)


def _follow(base: Path, photos: list[Path]) -> int:
    folder = base / "photos"
    folder.mkdir()
    sample = sample_photo()
    for number, photo in enumerate(photos or [sample] * 10):
        shutil.copy(photo, folder / f"{number:03}{photo.suffix}")
    application = QApplication(["rekindle"])
    theme.apply(application, dark=False)
    GuiGarbage(application)
    settings.save(settings.Settings(reuse_results=False), base / "data" / "settings.json")  # the photos are repeated
    window = create_window(base / "data")
    window.show()
    window.add_paths([folder])
    while not window.jobs:
        application.processEvents()

    started = time.perf_counter()
    heard: list[tuple[float, float | None]] = []

    def look() -> None:
        elapsed = time.perf_counter() - started
        left = window._controller.progress().remaining_s
        heard.append((elapsed, None if left is None else elapsed + left))

    # A moment later, when the journal has it and the line in the window has changed.
    window._controller.photoEnded.connect(lambda _outcome: QTimer.singleShot(_LATER_MS, look))
    window.queueFinished.connect(application.quit)
    window.start()
    application.exec()
    took = time.perf_counter() - started
    window._closing = True
    window.close()

    troubles = 0 if len(heard) > _KNOWN_AFTER else 1
    print(f"{len(heard)} photos in {took:.1f} s")
    for number, (elapsed, whole) in enumerate(heard[:-1], start=1):
        if whole is None:
            print(f"after {number:3} photos, {elapsed:6.1f} s: nothing is foretold")
            troubles += number >= _KNOWN_AFTER
            continue
        off = whole / took - 1
        wrong = number >= _KNOWN_AFTER and abs(off) > _WITHIN
        troubles += wrong
        mark = "  NOT WELL" if wrong else ""
        print(f"after {number:3} photos, {elapsed:6.1f} s: {whole:6.1f} s foretold, {off:+.0%}{mark}")
    print("all well" if not troubles else f"NOT WELL: {troubles} times")
    return 1 if troubles else 0


if __name__ == "__main__":
    sys.exit(main())
