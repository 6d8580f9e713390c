"""The window: puts the parts together and connects them. Deciding is the controllers' affair."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QByteArray, QEvent, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QMainWindow, QMessageBox, QVBoxLayout, QWidget

from desktop.core import settings as settings_file
from desktop.core.jobs import Job
from desktop.core.settings import Settings
from desktop.core.workspace import Workspace
from desktop.ui import theme, words
from desktop.ui.actions import Actions
from desktop.ui.comparison_panel import ComparisonPanel
from desktop.ui.controller import QueueController
from desktop.ui.empty_view import DropOverlay, EmptyView
from desktop.ui.help_dialogs import AboutDialog, ShortcutsDialog
from desktop.ui.message_line import MessageLine
from desktop.ui.notices import Notices
from desktop.ui.picture_loader import PictureLoader
from desktop.ui.presenter import Presenter
from desktop.ui.queue_model import QueueModel
from desktop.ui.queue_panel import QueuePanel
from desktop.ui.results import Results
from desktop.ui.settings_dialog import SettingsDialog
from desktop.ui.sources import Sources, paths_in
from desktop.ui.stage import Stage
from desktop.ui.tasks import TaskPool
from desktop.ui.top_bar import TopBar


class MainWindow(QMainWindow):
    """Rekindle's window.

    Signals:
        queueFinished(): everything that was started has ended.
    """

    queueFinished = Signal()

    def __init__(
        self,
        workspace: Workspace,
        settings: Settings,
        controller: QueueController,
        loader: PictureLoader,
        disk: TaskPool,
        notices: Notices,
    ) -> None:
        """Takes what it works with from ``app``, which decides how it is made, and owns it from then on."""
        super().__init__()
        self.setObjectName("mainWindow")
        self.setWindowTitle("Rekindle")
        self.setAcceptDrops(True)
        self._workspace = workspace
        self._settings = settings
        self._controller = controller
        self._loader = loader
        self._disk = disk
        for part in (controller, controller.queue, loader, disk, notices):
            part.setParent(self)
        self._closing = False
        self._question: QMessageBox | None = None

        model = QueueModel(self)
        self._top = TopBar(workspace.catalogue, settings)
        self._comparison = ComparisonPanel()
        self._empty = EmptyView()
        self._queue = QueuePanel(model)
        self._message = MessageLine()
        self._stage = Stage(self._empty, self._comparison, self._queue)
        self._sources = Sources(self, workspace.folders, disk)
        self._results = Results(self, disk)
        self._actions = Actions(self, self._comparison)
        self._presenter = Presenter(
            controller, model, loader, self._top, self._stage, self._actions, self._message, parent=self
        )
        self._lay_out()
        self._overlay = DropOverlay(self)
        self._wire(model, notices)

    @property
    def jobs(self) -> Sequence[Job]:
        return self._controller.jobs

    def add_paths(self, paths: Iterable[Path | str]) -> None:
        """Queues photos and what lies in folders."""
        self._controller.add_paths(Path(path) for path in paths)

    def set_output_dir(self, path: Path | str | None) -> None:
        """Where results go; beside the originals where None."""
        self._change_settings(replace(self._settings, output_dir=str(path) if path else ""))

    def start(self) -> None:
        """Works through what waits."""
        self._controller.start()

    def receive(self, paths: list[Path]) -> None:
        """Takes the photos of a later start, and comes to the front."""
        if paths:
            self.add_paths(paths)
        if self.isMinimized():
            self.showNormal()
        self.raise_()
        self.activateWindow()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._controller.running and not self._closing:
            event.ignore()
            self._ask_before_closing()
            return
        self._change_settings(
            replace(
                self._settings,
                geometry=bytes(self.saveGeometry().toBase64().data()).decode(),
                panes=bytes(self._stage.saveState().toBase64().data()).decode(),
            )
        )
        self._comparison.view.close()
        self._loader.shutdown()
        self._controller.shutdown()
        self._disk.finish()
        super().closeEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            for part in (self._top, self._comparison, self._queue):
                part.retint()
        super().changeEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if paths_in(event.mimeData()):
            event.acceptProposedAction()
            self._overlay.cover()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._overlay.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        self._overlay.hide()
        paths = paths_in(event.mimeData())
        if paths:
            event.acceptProposedAction()
            self.add_paths(paths)

    def _lay_out(self) -> None:
        centre = QWidget()
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._top)
        column.addWidget(self._stage, 1)
        self.setCentralWidget(centre)
        self.statusBar().addWidget(self._message, 1)
        self.statusBar().setSizeGripEnabled(False)
        self.statusBar().setContentsMargins(theme.PANEL_MARGIN - 2, 0, theme.PANEL_MARGIN, 0)
        self.resize(1200, 760)
        self.setMinimumSize(720, 480)
        self.restoreGeometry(QByteArray.fromBase64(self._settings.geometry.encode()))
        self._stage.restoreState(QByteArray.fromBase64(self._settings.panes.encode()))

    def _wire(self, model: QueueModel, notices: Notices) -> None:
        """The one place where the parts are connected."""
        controller, actions, queue, top = self._controller, self._actions, self._queue, self._top
        presenter, sources, results, loader = self._presenter, self._sources, self._results, self._loader

        top.addRequested.connect(self._choose_photos)
        top.startRequested.connect(controller.start)
        top.choiceRequested.connect(self._choose)
        self._empty.chooseRequested.connect(self._choose_photos)
        self._empty.sampleRequested.connect(sources.add_sample)
        sources.pathsChosen.connect(self.add_paths)
        sources.folderRemembered.connect(self._remember_folder)
        sources.trouble.connect(self._message.say)
        results.told.connect(self._message.say)

        queue.pauseRequested.connect(controller.pause)
        queue.resumeRequested.connect(controller.resume)
        queue.cancelRequested.connect(controller.cancel_all)
        queue.view.helpRequested.connect(presenter.act_on_row)
        queue.view.removeRequested.connect(actions.remove.trigger)
        queue.view.customContextMenuRequested.connect(presenter.open_row_menu)
        queue.view.selectionModel().currentChanged.connect(presenter.show_current)
        queue.view.selectionModel().selectionChanged.connect(presenter.show_activity)

        controller.queue.jobsAdded.connect(presenter.add)
        controller.jobsRestored.connect(presenter.restore)
        controller.queue.jobChanged.connect(presenter.change)
        controller.queue.jobsRemoved.connect(presenter.remove)
        controller.queue.jobsArranged.connect(model.arrange)
        controller.activityChanged.connect(presenter.show_activity)
        controller.nothingFound.connect(presenter.tell_nothing_found)
        controller.queueFinished.connect(presenter.sum_up)
        controller.queueFinished.connect(self.queueFinished)
        notices.given.connect(lambda notice: self._message.say(words.error(notice)))
        model.thumbnailWanted.connect(loader.want_thumbnail)
        loader.thumbnailReady.connect(model.set_thumbnail)
        loader.pairReady.connect(presenter.show_pair)
        loader.pairFailed.connect(presenter.show_no_pair)

        actions.add.triggered.connect(self._choose_photos)
        actions.add_folder.triggered.connect(lambda: sources.choose_folder(self._settings.last_folder))
        actions.paste.triggered.connect(sources.paste)
        actions.start.triggered.connect(controller.start)
        actions.pause.triggered.connect(queue.pause_button.click)
        actions.cancel.triggered.connect(controller.cancel_all)
        actions.cancel_selected.triggered.connect(lambda: controller.cancel(queue.view.selected_ids()))
        actions.retry.triggered.connect(lambda: controller.retry(queue.view.selected_ids()))
        actions.remove.triggered.connect(lambda: controller.queue.remove(queue.view.selected_ids()))
        actions.retry_failed.triggered.connect(presenter.retry_failed)
        actions.do_next.triggered.connect(presenter.do_next)
        actions.move_up.triggered.connect(lambda: presenter.shift(-1))
        actions.move_down.triggered.connect(lambda: presenter.shift(1))
        actions.undo.triggered.connect(controller.undo_remove)
        actions.clear.triggered.connect(presenter.clear_finished)
        actions.open.triggered.connect(lambda: presenter.with_current(results.open))
        actions.reveal.triggered.connect(lambda: presenter.with_current(results.reveal))
        actions.copy_path.triggered.connect(lambda: presenter.with_current(results.copy_path))
        actions.copy_error.triggered.connect(lambda: presenter.with_current(results.copy_error))
        actions.save_as.triggered.connect(
            lambda: presenter.with_current(lambda job: results.save_as(job, self._settings.quality))
        )
        actions.previous.triggered.connect(lambda: queue.view.step(-1))
        actions.next.triggered.connect(lambda: queue.view.step(1))
        actions.settings.triggered.connect(self._open_settings)
        actions.shortcuts.triggered.connect(lambda: ShortcutsDialog(actions.all, self).open())
        actions.about.triggered.connect(lambda: AboutDialog(self._workspace.folders, self).open())
        actions.quit.triggered.connect(self.close)

    def _choose_photos(self) -> None:
        self._sources.choose_photos(self._settings.last_folder)

    def _choose(self, model: str, scale: int) -> None:
        self._change_settings(replace(self._settings, model=model, scale=scale))

    def _remember_folder(self, folder: str) -> None:
        self._change_settings(replace(self._settings, last_folder=folder))

    def _open_settings(self) -> None:
        dialog = SettingsDialog(self._settings, self._workspace.folders, self)
        dialog.settingsRequested.connect(self._change_settings)
        dialog.open()

    def _change_settings(self, settings: Settings) -> None:
        if settings == self._settings:
            return
        self._settings = settings
        self._controller.apply(settings)
        path = self._workspace.folders.settings_file
        self._disk.run(
            lambda: settings_file.save(settings, path),
            lambda _nothing: None,
            lambda error: self._message.say(
                self.tr("Your choices could not be kept: {reason}").format(reason=str(error))
            ),
        )

    def _ask_before_closing(self) -> None:
        """Does not wait for the answer, so that nothing under way is held up by the question."""
        if self._question is not None:
            self._question.raise_()
            return
        self._question = question = QMessageBox(
            QMessageBox.Icon.NoIcon,
            self.tr("Close Rekindle"),
            self.tr("Photos are still being enhanced."),
            QMessageBox.StandardButton.Cancel,
            self,
        )
        question.setInformativeText(
            self.tr("What is finished is saved. The rest can wait in the list until next time.")
        )
        keep = question.addButton(self.tr("Close, keep for next time"), QMessageBox.ButtonRole.AcceptRole)
        finish = question.addButton(self.tr("Finish first, then close"), QMessageBox.ButtonRole.ActionRole)
        question.setDefaultButton(keep)
        keep.clicked.connect(self._close_anyway)
        finish.clicked.connect(lambda: self.queueFinished.connect(self._close_anyway))
        question.finished.connect(self._forget_question)
        question.open()

    def _forget_question(self) -> None:
        if self._question is not None:
            self._question.deleteLater()
            self._question = None

    def _close_anyway(self) -> None:
        self._closing = True
        self.close()
