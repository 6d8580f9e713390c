"""Draws the window in its states, to be looked at: ``python docs/screens.py FOLDER [--dark] [--size 1200x760]
[--comparison]``.

Set QT_SCALE_FACTOR for other scales. The README's pictures are ``done.png`` and ``lens.png`` of ``--size 1200x760``.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen:size=4000x3000")

from PySide6.QtCore import QEventLoop, QPointF, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QMenu, QPushButton, QTabWidget, QWidget

from desktop.core.collect import Found
from desktop.core.disks import Disk
from desktop.core.forecast import Forecast, Need
from desktop.core.paths import sample_photo
from desktop.ui import theme
from desktop.ui.app import create_window
from desktop.ui.comparison_layout import Side
from desktop.ui.main_window import MainWindow
from desktop.ui.shown_photos import Order, Part
from desktop.ui.sides import ALWAYS, BICUBIC, ORIGINAL
from desktop.ui.snapshot import of_pair, of_view

_LONG_NAME = "a very long name that somebody gave to a scanned photograph in 1998, second copy (final).jpg"


class Screens:
    """Takes the pictures."""

    def __init__(self, window: MainWindow, folder: Path) -> None:
        self._window = window
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def wait(self, milliseconds: int) -> None:
        loop = QEventLoop()
        QTimer.singleShot(milliseconds, loop.quit)
        loop.exec()

    def take(self, name: str, widget: QWidget | None = None) -> None:
        self.wait(400)
        (widget or self._window).grab().save(str(self.folder / f"{name}.png"))

    def dialog(self, name: str, change: Callable[[Any], None] = lambda dialog: None, state: str = "") -> None:
        getattr(self._window._actions, name).trigger()
        (dialog,) = (shown for shown in self._window.findChildren(QDialog) if shown.isVisible())
        change(dialog)
        self.take(name + state, dialog)
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
    screens.wait(2000)
    screens.take("foreseen")
    small = Need(Disk(1, "Photos", 2_000_000_000), 3_100_000_000)
    window._queue.foot.show_forecast(Forecast(4, 720.0, True, 3_000_000_000, (small,)))
    screens.take("too-little-room")
    window.start()
    screens.wait(4000)
    screens.take("running")
    window._controller.pause()
    screens.take("paused")
    window._controller.resume()
    window._attendant.offerChanged.emit(True)
    screens.take("asking-about-sleep")
    window._attendant.offerChanged.emit(False)
    window._attendant._ask_to_pause()
    screens.take("on-battery")
    window._controller.resume()
    screens.finish()
    screens.wait(500)
    view = window._comparison.view
    view.set_zoom(1.0, view.rect().toRectF().center())
    screens.take("done")
    draw_comparison(screens, window, photos / "harbour 1962.jpg")
    view.mode = "split"
    window._overlay.cover()
    screens.take("dragging")
    window._overlay.hide()
    window._reports.save_to(window.jobs, folder / "report.html", overwrite=True)
    screens.wait(1000)
    screens.take("report-saved")
    for name in ("settings", "shortcuts", "updates", "about"):
        screens.dialog(name)
    draw_sizes(screens, window)
    draw_models(screens, window)
    screens.dialog("settings", lambda dialog: dialog.results.name.box.setEditText("{oma} {stem}"), "-wrong-name")
    screens.dialog("settings", lambda dialog: dialog.results.name.box.setEditText("{date}"), "-same-names")
    screens.dialog("settings", lambda dialog: dialog.findChild(QTabWidget).setCurrentIndex(1), "-photo-data")
    screens.dialog("settings", lambda dialog: dialog.findChild(QTabWidget).setCurrentIndex(2), "-work")
    window._stage.details.toggle.click()
    screens.take("details")
    window._stage.details.toggle.click()
    draw_watching(screens, window, photos.parent / "Scans from the attic")
    draw_list(screens, window, photos)


def draw_one(window: MainWindow, folder: Path, photos: Path) -> None:
    """The comparison alone."""
    screens = Screens(window, folder)
    photo = photos / "harbour 1962.jpg"
    shutil.copy(sample_photo(), photo)
    window.add_paths([photo])
    screens.wait(500)
    window.start()
    screens.finish()
    screens.wait(1000)
    draw_comparison(screens, window, photo)


def draw_comparison(screens: Screens, window: MainWindow, photo: Path) -> None:
    """Every way to look at a photo that is done."""
    view = window._comparison.view
    view.setFocus(Qt.FocusReason.MouseFocusReason)
    # Where the mouse is.
    at = QPointF(view.width() * 0.43, view.height() * 0.62)
    for mode in ("split", "side-by-side", "flip", "difference"):
        view.mode = mode
        view.zoom_to_fit()
        screens.take(f"{mode}-fitted")
        view.set_zoom(1.0, view.middle())
        QTest.mouseMove(view, at.toPoint())
        screens.take(mode)
        view.set_zoom(6.0, view.middle())
        screens.take(f"{mode}-pixels")
        view.set_zoom(1.0, view.middle())
    view.mode = "split"
    QTest.keyPress(view, Qt.Key.Key_L)
    screens.take("lens")
    QTest.keyRelease(view, Qt.Key.Key_L)
    view.clearFocus()
    view.setFocus(Qt.FocusReason.TabFocusReason)
    screens.take("comparison-focus")
    window._controller.add_anyway([Found(photo)])
    window.start()
    screens.finish()
    screens.wait(500)
    view.labels.open(Side.AFTER)
    screens.take("choosing", next(menu for menu in view.findChildren(QMenu) if menu.isVisible()))
    next(menu for menu in view.findChildren(QMenu) if menu.isVisible()).close()
    sides = window._comparison.sides
    sides.choose(Side.BEFORE, BICUBIC)
    screens.take("bicubic")
    sides.choose(Side.BEFORE, next(choice.key for choice in sides.choices if choice.key not in ALWAYS))
    screens.wait(1500)
    screens.take("two-results")
    sides.choose(Side.BEFORE, ORIGINAL)
    of_pair(view).draw().save(str(screens.folder / "exported-pair.png"))
    of_view(view).draw().save(str(screens.folder / "exported-view.png"))
    window.resize(900, 600)
    screens.take("comparison-small")
    window.resize(1200, 760)
    screens.wait(300)


def draw_sizes(screens: Screens, window: MainWindow) -> None:
    """Other sizes, and a photo that is cropped."""

    def opened() -> Any:
        screens.wait(1500)  # for what it shows
        return next(shown for shown in window.findChildren(QDialog) if shown.isVisible())

    window._top.sizeRequested.emit()
    dialog = opened()
    screens.take("size", dialog)
    dialog.kind.setCurrentIndex(dialog.kind.findData("longest"))
    screens.take("size-longest", dialog)
    dialog.reject()
    window._actions.crop.trigger()
    dialog = opened()
    dialog.shape.setCurrentIndex(1)
    dialog.angle.setValue(-3.5)
    screens.take("crop", dialog)
    dialog.reject()


def draw_models(screens: Screens, window: MainWindow) -> None:
    """The models dialog: what is there, a download, no connection, and a damaged file."""
    store = window._workspace.store
    model = store.catalogue.by_id("fsrcnn-x3")
    store.folder.mkdir(parents=True, exist_ok=True)
    store.path_of(model).write_bytes(b"damaged")

    def choose(dialog: Any, model_id: str) -> None:
        screens.wait(1500)
        dialog.view.selectRow(dialog.table.row_of(model_id))

    def downloading(dialog: Any) -> None:
        choose(dialog, "edsr-x3")
        dialog.show_busy("edsr-x3", "Downloading “edsr-x3”, 12 MB of 39 MB", 0.32)

    def offline(dialog: Any) -> None:
        choose(dialog, "edsr-x3")
        dialog.show_idle(
            "“edsr-x3” could not be downloaded: there is no connection to “raw.githubusercontent.com”. What is "
            "installed works without; try again when this computer is online.",
            failed=True,
        )

    screens.dialog("models", lambda dialog: choose(dialog, "edsr-x3"))
    screens.dialog("models", downloading, "-downloading")
    screens.dialog("models", offline, "-offline")
    screens.dialog("models", lambda dialog: choose(dialog, model.id), "-damaged")
    store.path_of(model).unlink()


def draw_list(screens: Screens, window: MainWindow, photos: Path) -> None:
    """What the list can do, last with ten thousand photos."""
    for name in (".DS_Store", "Thumbs.db", "letter.txt", "film.mp4"):
        (photos / name).touch()
    window.add_paths([photos])
    screens.wait(500)
    screens.take("left-out-said")
    window._message.findChild(QPushButton).click()
    (dialog,) = (shown for shown in window.findChildren(QDialog) if shown.isVisible())
    screens.take("left-out", dialog)
    dialog.reject()

    listing, view = window._listing, window._queue.view
    listing.show_only(Part.DONE)
    listing.sort_by(Order.NAME)
    screens.take("filtered")
    listing.show_only(Part.FAILED)
    screens.take("filtered-failed")
    listing.show_only(Part.ALL)
    listing.sort_by(Order.QUEUE)
    window.add_paths([photos / f"from grandma {number}.jpg" for number in range(5)])
    window.start()
    screens.finish()
    screens.wait(500)
    screens.take("failed-queue")

    view.setCurrentIndex(view.model().index(0, 0))
    screens.dialog("photo_settings", state="-ended")
    window._controller.retry([job.id for job in window.jobs][:3])
    screens.wait(300)
    screens.dialog("photo_settings")
    window._controller.queue.request(
        window.jobs[:2], lambda job: job.request.with_own(scale=3, format="png", output=photos)
    )
    view.selectAll()
    screens.dialog("photo_settings", state="-several")
    view.setCurrentIndex(view.model().index(0, 0))
    screens.take("own-settings")

    request = window.jobs[0].request
    window._controller.queue.add(replace(request, own=frozenset()) for _ in range(10_000))
    screens.wait(3000)
    view.verticalScrollBar().setValue(view.verticalScrollBar().maximum() // 2)
    screens.wait(2000)
    screens.take("ten-thousand")


def draw_watching(screens: Screens, window: MainWindow, scans: Path) -> None:
    """The dialog for a folder, watching it, and the folder gone."""
    window._actions.watch.trigger()
    (dialog,) = (shown for shown in window.findChildren(QDialog) if shown.isVisible())
    screens.take("watch", dialog)
    dialog._also.setChecked(True)
    dialog._folder.setText(str(scans))
    dialog._output.setText(str(scans / "Enhanced"))
    dialog._start.click()
    screens.wait(500)
    screens.take("watch-refused", dialog)
    scans.mkdir()
    dialog._start.click()
    screens.wait(500)
    screens.take("watching")
    window._actions.watch.trigger()
    (dialog,) = (shown for shown in window.findChildren(QDialog) if shown.isVisible())
    screens.take("watch-changing", dialog)
    dialog.reject()
    shutil.rmtree(scans)
    screens.wait(3000)
    screens.take("watching-lost")
    window._watcher.stop()


def main() -> None:
    """Reads the arguments and draws."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--size", default="1200x760")
    parser.add_argument("--comparison", action="store_true", help="draw the comparison of a photo only")
    options = parser.parse_args()
    application = QApplication([])
    theme.apply(application, options.dark)
    with tempfile.TemporaryDirectory() as base:
        photos = Path(base) / "photos"
        photos.mkdir()
        window = create_window(Path(base) / "data")
        window.resize(*(int(side) for side in options.size.split("x")))
        window.show()
        if options.comparison:
            draw_one(window, options.folder, photos)
        else:
            draw(window, options.folder, photos)
        window.close()


if __name__ == "__main__":
    main()
