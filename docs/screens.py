"""Draws the window in its states, to be looked at: ``python docs/screens.py FOLDER [--dark] [--size 1200x760]``.

Set QT_SCALE_FACTOR for other scales. The README's picture is ``done.png`` of ``--size 1200x760``.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen:size=4000x3000")

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from desktop.core.paths import sample_photo
from desktop.ui import theme
from desktop.ui.app import create_window
from desktop.ui.main_window import MainWindow

_LONG_NAME = "a very long name that somebody gave to a scanned photograph in 1998, second copy (final).jpg"


class Screens:
    """Takes the pictures."""

    def __init__(self, window: MainWindow, folder: Path) -> None:
        self._window = window
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def wait(self, milliseconds: int) -> None:
        loop = QEventLoop()
        QTimer.singleShot(milliseconds, loop.quit)
        loop.exec()

    def take(self, name: str, widget: QWidget | None = None) -> None:
        self.wait(400)
        (widget or self._window).grab().save(str(self._folder / f"{name}.png"))

    def dialog(self, name: str) -> None:
        getattr(self._window._actions, name).trigger()
        (dialog,) = (shown for shown in self._window.findChildren(QDialog) if shown.isVisible())
        self.take(name, dialog)
        dialog.reject()

    def finish(self) -> None:
        loop = QEventLoop()
        self._window.queueFinished.connect(loop.quit)
        if self._window._controller.running:
            loop.exec()


def draw(window: MainWindow, folder: Path, photos: Path) -> None:
    """Every state, one after another."""
    screens = Screens(window, folder)
    screens.take("empty")
    sample = sample_photo()
    for name in ("harbour 1962.jpg", _LONG_NAME, "later.jpg"):
        shutil.copy(sample, photos / name)
    (photos / "from the attic.jpg").write_bytes(sample.read_bytes()[:9000])
    window.add_paths([photos / "harbour 1962.jpg"])
    screens.take("dropped")
    window.add_paths([photos / "from the attic.jpg", photos / _LONG_NAME, photos / "later.jpg"])
    window.start()
    screens.wait(4000)
    screens.take("running")
    window._controller.pause()
    screens.take("paused")
    window._controller.resume()
    screens.finish()
    screens.wait(500)
    view = window._comparison.view
    view.set_zoom(1.0, view.rect().toRectF().center())
    screens.take("done")
    for mode in ("side-by-side", "flip", "difference"):
        view.mode = mode
        screens.take(mode)
    view.mode = "split"
    window._overlay.cover()
    screens.take("dragging")
    window._overlay.hide()
    for name in ("settings", "shortcuts", "about"):
        screens.dialog(name)


def main() -> None:
    """Reads the arguments and draws."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--size", default="1200x760")
    options = parser.parse_args()
    application = QApplication([])
    theme.apply(application, options.dark)
    with tempfile.TemporaryDirectory() as base:
        photos = Path(base) / "photos"
        photos.mkdir()
        window = create_window(Path(base) / "data")
        window.resize(*(int(side) for side in options.size.split("x")))
        window.show()
        draw(window, options.folder, photos)
        window.close()


if __name__ == "__main__":
    main()
