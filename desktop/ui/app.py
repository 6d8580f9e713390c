"""Composes the window. Importing this does nothing else."""

from __future__ import annotations

import logging
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

import desktop
from desktop.core import opencv, priority, settings
from desktop.core.choices import possible
from desktop.core.experience import Experience
from desktop.core.forecast import Forecaster
from desktop.core.journal import open_journal
from desktop.core.patrol import Pace
from desktop.core.photo.looks import Size
from desktop.core.progress import BatchClock
from desktop.core.starts import Start
from desktop.core.workspace import Workspace
from desktop.runner import Runner
from desktop.ui import icons, theme, words
from desktop.ui.controller import QueueController
from desktop.ui.file_open import FileOpener
from desktop.ui.garbage import GuiGarbage
from desktop.ui.glimpses import Glimpses
from desktop.ui.live import Live
from desktop.ui.main_window import MainWindow
from desktop.ui.models_controller import ModelsController
from desktop.ui.notices import Notices
from desktop.ui.outlook import Outlook
from desktop.ui.picture_loader import PictureLoader
from desktop.ui.recorded_queue import RecordedQueue
from desktop.ui.single_instance import SingleInstance, hand_over
from desktop.ui.system.native import APPLICATION_ID, System, native_system
from desktop.ui.tasks import TaskPool
from desktop.ui.updates_controller import UpdatesController
from desktop.ui.watch_controller import WatchController

logger = logging.getLogger(__name__)

_SIGNALS_MS = 500
_SETTLED_MS = 3000
_PACE = Pace()


def create_window(data_dir: Path | None, system: System | None = None, pace: Pace = _PACE) -> MainWindow:
    """A window on the person's folders, or on ``data_dir``. Needs a QApplication; does not show the window.

    Args:
        system: what it has of the computer around it; this computer's own where None.
        pace: how often a watched folder is looked at.

    Raises:
        OSError, ValueError: what ships with Rekindle is incomplete.
    """
    return _window_on(Workspace.open(data_dir), system or native_system(), pace)


def _window_on(workspace: Workspace, system: System, pace: Pace = _PACE) -> MainWindow:
    chosen = possible(settings.load(workspace.folders.settings_file), workspace.store.usable())
    disk = TaskPool("disk", 1)
    notices = Notices()
    workspace.store.notice = notices.given.emit
    opened = open_journal(workspace.folders.queue, notices.given.emit)
    pipeline = workspace.pipeline(chosen.memory_mib, chosen.max_megapixels, chosen.spare_cores)
    pipeline.remember(opened.jobs)
    live = Live()
    runner = Runner(pipeline, publishing=opened.record.promise, onlooker=live.onlooker)
    runner.finished.connect(live.end)
    experience = Experience(workspace.folders.cache)
    forecaster = Forecaster(workspace.catalogue, experience, workspace.measured)
    sizes: dict[str, Size] = {}
    clock = BatchClock(time.monotonic, forecaster, sizes)
    controller = QueueController(runner, disk, chosen, RecordedQueue(opened.record), clock)
    watcher = WatchController(controller, opened.record, chosen, pace)
    outlook = Outlook(forecaster, experience, workspace.reader, sizes, controller.to_start)
    outlook.sizesRead.connect(clock.measured)
    loader = PictureLoader(workspace.reader)
    window = MainWindow(
        workspace, chosen, controller, watcher, outlook, loader, live, Glimpses(runner), disk, notices, system
    )
    models = ModelsController(workspace, forecaster.seconds_per_megapixel, window)
    window.modelsRequested.connect(models.open)
    window.closing.connect(models.shutdown)
    models.changed.connect(window.look_for_models)
    models.failed.connect(notices.given)
    updates = UpdatesController(chosen.ask_for_updates, workspace.folders.cache, window)
    window.updatesRequested.connect(updates.open)
    window.closing.connect(updates.shutdown)
    updates.told.connect(window.say)
    updates.askingChosen.connect(window.ask_for_updates)
    controller.restore(opened.jobs)
    watcher.resume()
    if opened.notice is not None:
        notices.given.emit(opened.notice)
    updates.ask_unasked()
    return window


def run(argv: Sequence[str], data_dir: Path | None, photos: Sequence[Path]) -> int:
    """Opens the window with these photos queued, and returns when it has been closed."""
    logger.debug("OpenCV %s", opencv.cv2.__version__)  # imported before Qt, for the reason that its module gives
    priority.start_opencv_threads()
    application = QApplication(list(argv))
    application.setApplicationName("Rekindle")
    application.setApplicationVersion(desktop.__version__)
    application.setDesktopFileName(APPLICATION_ID)
    application.setWindowIcon(icons.application_icon())
    theme.apply(application)
    application.styleHints().colorSchemeChanged.connect(lambda _scheme: theme.apply(application))
    workspace = Workspace.open(data_dir)
    if hand_over(workspace.folders.data, photos):
        return 0
    workspace.log_to_file()
    sys.excepthook = _log_unexpected
    GuiGarbage(application)
    start = Start(workspace.folders)
    complaint = start.begin()
    window = _window_on(workspace, native_system())
    if complaint is not None:
        logger.warning("The last start came to no window")
        window.say(words.error(complaint))
    instance = SingleInstance(workspace.folders.data, window)
    instance.photosHandedOver.connect(window.receive)
    if not instance.listen():
        logger.warning("Later starts cannot be noticed")
    if sys.platform == "darwin":  # every event passes through it, and only there it is needed
        opener = FileOpener(window)
        opener.photosOpened.connect(window.receive)
        application.installEventFilter(opener)
    if photos:
        window.add_paths(photos)
    window.show()
    QTimer.singleShot(0, start.done)  # once the events that the window brings have been seen to
    workspace.warm()
    QTimer.singleShot(_SETTLED_MS, window, lambda: _measure_engines(workspace))
    # Python only notices Ctrl+C in a terminal when it gets to run.
    signal.signal(signal.SIGINT, lambda _number, _frame: window.close())
    ticker = QTimer(interval=_SIGNALS_MS)
    ticker.timeout.connect(lambda: None)
    ticker.start()
    return application.exec()


def _measure_engines(workspace: Workspace) -> None:
    chosen = possible(settings.load(workspace.folders.settings_file), workspace.store.usable())
    workspace.measure(chosen.model, chosen.scale)


def _log_unexpected(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    """What no slot has caught: a windowed program has nowhere else to say it."""
    logger.error("Unexpected", exc_info=(kind, error, traceback))
    sys.__excepthook__(kind, error, traceback)
