"""How long until something of the result is seen? ``python tests/soak/first_tile.py``

A photo of 12 megapixels, in the real window, with the bundled model and an application folder of its own:

* from Start to the first enhanced tile painted, the net being loaded: within 1 s;
* from the start of ``rekindle PHOTO`` to the same, photos being enhanced as soon as they are added: within 3 s. The
  first such start copies and checks the bundled models, so it is made twice and the second counts.

For a quiet machine.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from desktop.core.opencv import cv2  # noqa: I001  (before Qt, for the reason that its module gives)
from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication, QPushButton

from desktop.core import settings
from desktop.core.paths import Folders, sample_photo
from desktop.core.workspace import Workspace
from desktop.ui import app, main_window
from desktop.ui.coming import Coming
from desktop.ui.comparison_panel import ComparisonPanel
from desktop.ui.main_window import MainWindow

_SIZE = (4000, 3000)
_FROM_START_S, _FROM_COMMAND_S = 1.0, 3.0
_WARMED_MS = 3000
_SEEN, _BICUBIC = "seen", "bicubic"


class Eye(QObject):
    """Says when the view has first been painted with bicubic, and when with one of the network's tiles."""

    def __init__(self, panel: ComparisonPanel) -> None:
        super().__init__(panel)
        self._awaited: str | None = None
        self._of_all = 0
        self.times: dict[str, float] = {}
        show = panel.show_live

        def show_live(subject: str, coming: Coming) -> None:
            show(subject, coming)
            self._of_all = self._of_all or len(coming.missing)
            self._awaited = _SEEN if len(coming.missing) < self._of_all else _BICUBIC

        panel.show_live = show_live  # type: ignore[method-assign]
        panel.view.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  (Qt's name)
        if event.type() == QEvent.Type.Paint and self._awaited is not None:
            event_of = self._awaited
            QTimer.singleShot(0, self, lambda: self.times.setdefault(event_of, time.time()))
        return False


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inside", nargs=3, metavar=("HOW", "DATA", "PHOTO"), help=argparse.SUPPRESS)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    if options.inside:
        how, data, photo = options.inside
        return _inside(how, Path(data), Path(photo))
    with tempfile.TemporaryDirectory() as base:
        return _measure(Path(base), options.runs)


def _measure(base: Path, runs: int) -> int:
    photo = base / "photo.jpg"
    cv2.imwrite(str(photo), cv2.resize(cv2.imread(str(sample_photo())), _SIZE, interpolation=cv2.INTER_CUBIC))
    folders = Workspace.open(base / "data").folders
    settings.save(settings.Settings(start_at_once=True), folders.settings_file)
    kept = True
    for how, what, bound in (
        ("button", "from Start, the net loaded", _FROM_START_S),
        ("command", "from the command, photos started at once", _FROM_COMMAND_S),
    ):
        _start(how, base, photo)  # the models are copied and checked
        times = [_start(how, base, photo) for _ in range(runs)]
        bicubic, seen = (statistics.median(run[number] for run in times) for number in (0, 1))
        kept &= seen <= bound
        print(f"{what}: first tile after {seen:.2f} s (at most {bound:.0f}), bicubic after {bicubic:.2f} s", flush=True)
    return 0 if kept else 1


def _start(how: str, base: Path, photo: Path) -> tuple[float, float]:
    data = base / "data" if how == "command" else base / "plain"
    shutil.rmtree(Folders.under(data).queue, ignore_errors=True)  # the last one's photo is none of the next one's
    command = [sys.executable, __file__, "--inside", how, str(data), str(photo)]
    started = time.time()
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    begun, bicubic, seen = map(float, answer[-3:])
    return bicubic - (begun or started), seen - (begun or started)


def _inside(how: str, data: Path, photo: Path) -> int:
    """The application itself; prints when Start was pressed (0 where nobody had to), and what was seen when."""
    show = MainWindow.show
    begun = [0.0]

    def shown(window: MainWindow) -> None:
        show(window)
        panel = window.findChild(ComparisonPanel)
        assert panel is not None
        eye = Eye(panel)

        def press() -> None:
            begun[0] = time.time()
            window.findChild(QPushButton, "startButton").click()

        def look() -> None:
            if _SEEN in eye.times:
                print(begun[0], eye.times.get(_BICUBIC, eye.times[_SEEN]), eye.times[_SEEN], flush=True)
                os._exit(0)  # nobody is there to answer whether to stop

        if how == "button":
            QTimer.singleShot(_WARMED_MS, press)
        watch = QTimer(window, interval=5)
        watch.timeout.connect(look)
        watch.start()
        QTimer.singleShot(60_000, QApplication.quit)

    main_window.MainWindow.show = shown  # type: ignore[method-assign]
    return app.run(["rekindle"], data, [photo])


if __name__ == "__main__":
    sys.exit(main())
