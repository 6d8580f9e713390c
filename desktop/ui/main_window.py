"""The window: puts the parts together and connects them. Deciding is the controllers' affair."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from PySide6.QtCore import QByteArray, QEvent, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QMainWindow, QVBoxLayout, QWidget

from desktop.core.additions import Additions
from desktop.core.choices import possible
from desktop.core.jobs import Job
from desktop.core.settings import Settings
from desktop.core.workspace import Workspace
from desktop.ui import theme, words
from desktop.ui.actions import Actions
from desktop.ui.attendant import Attendant
from desktop.ui.closing_question import ClosingQuestion
from desktop.ui.comparison_export import ComparisonExport
from desktop.ui.comparison_panel import ComparisonPanel
from desktop.ui.controller import QueueController
from desktop.ui.cropping import Cropping
from desktop.ui.details import Details
from desktop.ui.empty_view import DropOverlay, EmptyView
from desktop.ui.glimpses import Glimpses
from desktop.ui.help_dialogs import AboutDialog, ShortcutsDialog
from desktop.ui.kept_settings import KeptSettings
from desktop.ui.left_out_dialog import LeftOutDialog
from desktop.ui.listing import Listing
from desktop.ui.live import Live
from desktop.ui.looking import Looking
from desktop.ui.message_line import MessageLine
from desktop.ui.model_offers import ModelOffers
from desktop.ui.notices import Notices
from desktop.ui.outlook import Outlook
from desktop.ui.photo_settings import PhotoSettings
from desktop.ui.picture_loader import PictureLoader
from desktop.ui.presenter import Presenter
from desktop.ui.queue_model import QueueModel
from desktop.ui.queue_panel import QueuePanel
from desktop.ui.reports import Reports
from desktop.ui.results import Results
from desktop.ui.settings_dialog import SettingsDialog
from desktop.ui.settings_results import example_task
from desktop.ui.shown_photos import ShownPhotos
from desktop.ui.sizing import Sizing
from desktop.ui.sources import Sources, paths_in
from desktop.ui.stage import Stage
from desktop.ui.system.native import System
from desktop.ui.tasks import TaskPool
from desktop.ui.top_bar import TopBar
from desktop.ui.watch_controller import WatchController
from desktop.ui.watch_dialog import WatchDialog
from desktop.ui.watch_status import WatchStatus


class MainWindow(QMainWindow):
    """Rekindle's window.

    Signals:
        queueFinished(): everything that was started has ended.
        modelsRequested(): the person wants to see which other models there are; see ``look_for_models``.
        updatesRequested(): the person wants to know whether there is a newer Rekindle.
        closing(): it closes for good; whoever works for it has to end now.
    """

    queueFinished = Signal()
    modelsRequested = Signal()
    updatesRequested = Signal()
    closing = Signal()

    def __init__(
        self,
        workspace: Workspace,
        settings: Settings,
        controller: QueueController,
        watcher: WatchController,
        outlook: Outlook,
        loader: PictureLoader,
        live: Live,
        glimpses: Glimpses,
        disk: TaskPool,
        notices: Notices,
        system: System,
    ) -> None:
        """Takes what it works with from ``app``, which decides how it is made, and owns it from then on."""
        super().__init__()
        self.setObjectName("mainWindow")
        self.setWindowTitle("Rekindle")
        self.setAcceptDrops(True)
        self._workspace = workspace
        self.settings = KeptSettings(settings, workspace.folders.settings_file, disk, self)
        self._controller = controller
        self._watcher = watcher
        self._outlook = outlook
        self._loader = loader
        self._disk = disk
        for part in (controller, controller.queue, watcher, outlook, loader, disk, notices):
            part.setParent(self)
        self._closing = False
        self._question: ClosingQuestion | None = None

        model = QueueModel(self)
        self._offers = ModelOffers(workspace.store, disk, self)
        self._top = TopBar(self._offers.catalogue, settings)
        self._comparison = ComparisonPanel()
        self._empty = EmptyView()
        shown = ShownPhotos(model, self)
        self._queue = QueuePanel(shown)
        self._message = MessageLine()
        self._watched = WatchStatus()
        self._stage = Stage(self._empty, self._comparison, self._queue)
        self._sources = Sources(self, workspace.folders, disk)
        self._results = Results(self, disk)
        self._export = ComparisonExport(self, self._comparison.view, disk, self._queue.view.current_job)
        self._reports = Reports(self, workspace.reader, self._results.hand_over)
        self._actions = Actions(self, self._comparison, self._queue.head)
        self._sizing = Sizing(outlook.forecaster, workspace.reader, disk)
        self._photo_settings = PhotoSettings(controller, self._offers, self._sizing, self)
        self._cropping = Cropping(controller, workspace.reader, disk, self)
        self._listing = Listing(controller.queue, model, shown, self._queue, self)
        self._presenter = Presenter(
            controller,
            model,
            self._listing,
            loader,
            self._top,
            self._stage,
            self._actions,
            self._message,
            parent=self,
        )
        self._looking = Looking(controller, self._queue.view, self._comparison, live, glimpses, self)
        self._details = Details(self._stage.details, self._queue.view.current_job, disk, self)
        self._looking.previews_when_idle = settings.preview_when_idle
        self._lay_out()
        self._attendant = Attendant(controller, system, settings, parent=self)
        self._overlay = DropOverlay(self)
        self._wire(model, notices, live, glimpses)

    @property
    def jobs(self) -> Sequence[Job]:
        return self._controller.jobs

    def add_paths(self, paths: Iterable[Path | str]) -> None:
        """Queues photos and what lies in folders."""
        self._controller.add_paths(Path(path) for path in paths)

    def set_output_dir(self, path: Path | str | None) -> None:
        """Where results go; beside the originals where None."""
        self.settings.change(output_dir=str(path) if path else "")

    def start(self) -> None:
        """Works through what waits."""
        self._controller.start()

    def say(self, text: str) -> None:
        """Tells the person something, at the bottom of the window."""
        self._message.say(text)

    def ask_for_updates(self, wanted: bool) -> None:
        """Keeps whether to look for a newer Rekindle once a day."""
        self.settings.change(ask_for_updates=wanted)

    def look_for_models(self) -> None:
        """Offers what is there, after models were installed, imported or removed."""
        self._offers.look_again()

    def receive(self, paths: list[Path]) -> None:
        """Takes the photos of a later start, and comes to the front."""
        if paths:
            self.add_paths(paths)
        self.come_forward()

    def come_forward(self, token: str = "") -> None:
        """
        Args:
            token: a Wayland desktop's leave to do so.
        """
        if token:
            os.environ["XDG_ACTIVATION_TOKEN"] = token  # where Qt looks for it
        if self.isMinimized():
            self.showNormal()
        self.raise_()
        self.activateWindow()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._controller.running and not self._closing:
            event.ignore()
            self._ask_before_closing()
            return
        self.closing.emit()
        self.settings.change(
            geometry=bytes(self.saveGeometry().toBase64().data()).decode(),
            panes=bytes(self._stage.saveState().toBase64().data()).decode(),
        )
        self._comparison.view.close()
        self._loader.shutdown()
        self._reports.shutdown()
        self._attendant.close()
        self._watcher.shutdown()
        self._controller.shutdown()
        self._outlook.shutdown()
        self._disk.finish()
        self._workspace.close()
        super().closeEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            for part in (self._top, self._comparison, self._stage.details, self._queue, self._watched):
                part.retint()
        elif event.type() == QEvent.Type.ActivationChange and self.isActiveWindow():
            self._outlook.look_again()  # somebody may have made room on a disk
            self._attendant.note_seen()
        super().changeEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if paths_in(event.mimeData()) and not self._queue.view.carrying:
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
        self.statusBar().addPermanentWidget(self._watched)
        self.statusBar().setSizeGripEnabled(False)
        self.statusBar().setContentsMargins(theme.PANEL_MARGIN - 2, 0, theme.PANEL_MARGIN, 0)
        self.resize(1200, 760)
        self.setMinimumSize(720, 480)
        self.restoreGeometry(QByteArray.fromBase64(self.settings.current.geometry.encode()))
        self._stage.restoreState(QByteArray.fromBase64(self.settings.current.panes.encode()))

    def _wire(self, model: QueueModel, notices: Notices, live: Live, glimpses: Glimpses) -> None:
        """The one place where the parts are connected."""
        controller, actions, queue, top = self._controller, self._actions, self._queue, self._top
        presenter, sources, results, loader = self._presenter, self._sources, self._results, self._loader
        looking = self._looking
        outlook, attendant, listing, watcher = self._outlook, self._attendant, self._listing, self._watcher
        settings = self.settings

        for following in (controller.apply, attendant.apply, watcher.apply, self._follow):
            settings.changed.connect(following)
        settings.notKept.connect(self._message.say)

        top.addRequested.connect(self._choose_photos)
        top.startRequested.connect(controller.start)
        top.choiceRequested.connect(lambda model, scale: settings.change(model=model, scale=scale, target=""))
        top.targetRequested.connect(lambda model, target: settings.change(model=model, target=target))
        top.sizeRequested.connect(self._ask_for_size)
        top.strengthRequested.connect(lambda strength: settings.change(strength=strength))
        top.bestRequested.connect(actions.best.setChecked)
        top.modelsRequested.connect(actions.models.trigger)
        actions.best.setChecked(settings.current.self_ensemble)
        actions.best.toggled.connect(lambda best: settings.change(self_ensemble=best))
        actions.best.toggled.connect(top.show_best)
        actions.models.triggered.connect(self.modelsRequested)
        self._offers.changed.connect(self._offer_models)
        self._empty.chooseRequested.connect(self._choose_photos)
        self._empty.sampleRequested.connect(sources.add_sample)
        sources.pathsChosen.connect(self.add_paths)
        sources.folderRemembered.connect(lambda folder: settings.change(last_folder=folder))
        sources.trouble.connect(self._message.say)
        for telling in (results, self._export):
            telling.told.connect(self._message.say)
        self._reports.told.connect(self._message.say)

        queue.pauseRequested.connect(controller.pause)
        queue.resumeRequested.connect(controller.resume)
        queue.cancelRequested.connect(controller.cancel_all)
        listing.choiceChanged.connect(presenter.show_activity)
        queue.head.partRequested.connect(listing.show_only)
        queue.head.orderRequested.connect(listing.sort_by)
        queue.view.helpRequested.connect(presenter.act_on_row)
        queue.view.compareRequested.connect(presenter.compare)
        queue.view.moveRequested.connect(listing.move_before)
        queue.view.removeRequested.connect(actions.remove.trigger)
        queue.view.customContextMenuRequested.connect(presenter.open_row_menu)
        queue.view.selectionModel().currentChanged.connect(presenter.show_current)
        queue.view.selectionModel().selectionChanged.connect(presenter.show_activity)

        controller.queue.jobsAdded.connect(presenter.add)
        controller.jobsRestored.connect(presenter.restore)
        controller.queue.jobsChanged.connect(presenter.change)
        controller.queue.jobChanged.connect(attendant.note)
        controller.queue.jobsRemoved.connect(presenter.remove)
        controller.queue.jobsArranged.connect(listing.arrange)
        controller.activityChanged.connect(attendant.follow)
        controller.activityChanged.connect(presenter.show_activity)
        controller.photosAdded.connect(presenter.tell_added)
        presenter.leftOutRequested.connect(self._open_left_out)
        controller.queueFinished.connect(presenter.sum_up)
        controller.queueFinished.connect(attendant.sum_up)
        controller.queueFinished.connect(self.queueFinished)
        for added in (controller.queue.jobsAdded, controller.jobsRestored):
            added.connect(outlook.add)
        controller.queue.jobChanged.connect(outlook.change)
        controller.queue.jobsRemoved.connect(outlook.remove)
        controller.activityChanged.connect(outlook.look_again)
        controller.photoEnded.connect(outlook.learn)
        controller.queueFinished.connect(outlook.save)
        outlook.sizesRead.connect(model.set_sizes)
        outlook.foreseen.connect(queue.foot.show_forecast)
        presenter.progressed.connect(attendant.show_progress)
        attendant.pauseWanted.connect(controller.pause)
        attendant.resumeWanted.connect(controller.resume)
        attendant.offerChanged.connect(queue.offer.setVisible)
        attendant.titleChanged.connect(self.setWindowTitle)
        attendant.told.connect(self._message.say)
        attendant.frontWanted.connect(self.come_forward)
        queue.offer.answered.connect(self._keep_awake)
        watcher.stateChanged.connect(self._watched.show_state)
        watcher.told.connect(notices.given)
        watcher.chosen.connect(lambda watching: settings.change(watching=watching))
        self._watched.clicked.connect(actions.watch.trigger)
        notices.given.connect(lambda notice: self._message.say(words.error(notice)))
        model.thumbnailWanted.connect(loader.want_thumbnail)
        loader.thumbnailReady.connect(model.set_thumbnail)
        loader.pairReady.connect(presenter.show_pair)
        loader.pairFailed.connect(presenter.show_no_pair)
        loader.sketched.connect(self._details.take)
        queue.view.selectionModel().currentChanged.connect(self._details.look)
        controller.queue.jobsChanged.connect(self._details.change)
        loader.pairReady.connect(looking.begin)
        queue.view.selectionModel().currentChanged.connect(looking.leave)
        self._comparison.view.viewChanged.connect(looking.follow)
        self._comparison.commands.preview.triggered.connect(looking.preview)
        controller.queue.jobsChanged.connect(looking.offer_preview)
        for coming in (live.began, live.changed, glimpses.changed):
            coming.connect(looking.show)
        glimpses.failed.connect(notices.given)

        actions.add.triggered.connect(self._choose_photos)
        actions.add_folder.triggered.connect(lambda: sources.choose_folder(settings.current.last_folder))
        actions.watch.triggered.connect(self._open_watch)
        actions.paste.triggered.connect(sources.paste)
        actions.start.triggered.connect(controller.start)
        actions.pause.triggered.connect(queue.pause_button.click)
        actions.cancel.triggered.connect(controller.cancel_all)
        actions.cancel_selected.triggered.connect(lambda: controller.cancel(listing.chosen_ids))
        actions.retry.triggered.connect(lambda: controller.retry(listing.chosen_ids))
        actions.remove.triggered.connect(lambda: controller.queue.remove(listing.chosen_ids))
        actions.retry_failed.triggered.connect(presenter.retry_failed)
        actions.photo_settings.triggered.connect(lambda: self._photo_settings.open(listing.chosen))
        actions.crop.triggered.connect(lambda: self._cropping.open(queue.view.current_job()))
        self._photo_settings.told.connect(self._message.say)
        self._cropping.told.connect(self._message.say)
        actions.do_next.triggered.connect(listing.do_next)
        actions.move_up.triggered.connect(lambda: listing.shift(-1))
        actions.move_down.triggered.connect(lambda: listing.shift(1))
        actions.undo.triggered.connect(controller.undo_remove)
        actions.clear.triggered.connect(presenter.clear_finished)
        actions.save_report.triggered.connect(lambda: self._reports.save(controller.jobs))
        actions.open.triggered.connect(lambda: presenter.with_current(results.open))
        actions.reveal.triggered.connect(lambda: presenter.with_current(results.reveal))
        actions.copy_path.triggered.connect(lambda: results.copy_paths(listing.chosen))
        actions.copy_error.triggered.connect(lambda: results.copy_errors(listing.chosen))
        actions.save_as.triggered.connect(
            lambda: presenter.with_current(lambda job: results.save_as(job, settings.current.quality))
        )
        for action, act in zip(actions.of_the_comparison, self._export.acts, strict=True):
            action.triggered.connect(act)
        actions.previous.triggered.connect(lambda: queue.view.step(-1))
        actions.next.triggered.connect(lambda: queue.view.step(1))
        actions.settings.triggered.connect(self._open_settings)
        actions.shortcuts.triggered.connect(lambda: ShortcutsDialog(actions, self).open())
        actions.updates.triggered.connect(self.updatesRequested)
        actions.about.triggered.connect(lambda: AboutDialog(self._workspace, self._disk, self).open())
        actions.quit.triggered.connect(self.close)

    def _choose_photos(self) -> None:
        self._sources.choose_photos(self.settings.current.last_folder)

    def _ask_for_size(self) -> None:
        job = self._queue.view.current_job()
        self._sizing.ask(self.settings.current.target, job.request if job else None, self._take_size, self)

    def _take_size(self, text: str) -> None:
        self.settings.change(target=text)
        self._top.show_size(self.settings.current)

    def _offer_models(self) -> None:
        self.settings.take(possible(self.settings.current, self._offers.catalogue))
        self._top.offer(self._offers.catalogue, self.settings.current)

    def _keep_awake(self, agreed: bool) -> None:
        self.settings.change(keep_awake=agreed, keep_awake_asked=True)
        self._message.say(self.tr("You can change this in the settings."), self._actions.settings)

    def _open_settings(self) -> None:
        settings = self.settings.current
        dialog = SettingsDialog(settings, self._workspace.folders, self)
        dialog.settingsRequested.connect(self.settings.take)
        example = example_task(self._queue.view.current_job(), settings, self._workspace)
        self._disk.run(example, dialog.results.show_example)
        results = self._workspace.results
        self._disk.run(results.remembered, dialog.show_remembered)
        dialog.forgetRequested.connect(lambda: self._disk.run(results.forgotten, dialog.show_remembered))
        self._disk.run(lambda: self._workspace.gain(settings.model, settings.scale), dialog.show_gain)
        self._attendant.impossible.connect(dialog.forbid)
        self._attendant.find_impossible()
        dialog.open()

    def _open_left_out(self, additions: Additions) -> None:
        dialog = LeftOutDialog(additions, self)
        dialog.addAnywayRequested.connect(self._controller.add_anyway)
        dialog.open()

    def _open_watch(self) -> None:
        dialog = WatchDialog(self.settings.current.watching_offered, self._offers.catalogue, self)
        dialog.watchRequested.connect(self._watcher.start)
        dialog.stopRequested.connect(self._watcher.stop)
        dialog.rejected.connect(self._watcher.give_up)
        self._watcher.started.connect(dialog.accept)
        self._watcher.refused.connect(dialog.show_trouble)
        dialog.open()

    def _follow(self, settings: Settings) -> None:
        self._looking.previews_when_idle = settings.preview_when_idle

    def _ask_before_closing(self) -> None:
        if self._question is None:
            self._question = question = ClosingQuestion(self)
            question.keepRequested.connect(self._close_anyway)
            question.finishRequested.connect(lambda: self.queueFinished.connect(self._close_anyway))
            question.finished.connect(self._forget_question)
            question.open()
        self._question.raise_()

    def _forget_question(self) -> None:
        self._question = None

    def _close_anyway(self) -> None:
        self._closing = True
        self.close()
