"""Shows what the queue's controller says, and which photo is being looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QObject, QPoint, QTimer
from PySide6.QtWidgets import QMenu

from desktop.core.errors import RekindleError
from desktop.core.jobs import ENDINGS, Job, JobState, put_first, shifted
from desktop.ui import words
from desktop.ui.actions import Actions
from desktop.ui.controller import QueueController
from desktop.ui.message_line import MessageLine
from desktop.ui.picture_loader import PictureLoader
from desktop.ui.pyramid import Pyramid
from desktop.ui.queue_model import QueueModel
from desktop.ui.stage import Stage
from desktop.ui.top_bar import TopBar

_SECOND_MS = 1000


class Presenter(QObject):
    """Between the controller and the widgets. Has no say in what happens."""

    def __init__(
        self,
        controller: QueueController,
        model: QueueModel,
        loader: PictureLoader,
        top: TopBar,
        stage: Stage,
        actions: Actions,
        message: MessageLine,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._controller = controller
        self._model = model
        self._loader = loader
        self._top = top
        self._stage = stage
        self._actions = actions
        self._message = message
        self._list = stage.queue.view
        self._ticker = QTimer(self, interval=_SECOND_MS)
        self._ticker.timeout.connect(self._show_progress)
        self.show_activity()

    def add(self, jobs: list[Job]) -> None:
        """New rows; the first of them is shown if nothing else is looked at."""
        self._show_rows(jobs)
        self._message.say(self.tr("Added {photos}").format(photos=words.photos(len(jobs))))

    def restore(self, jobs: list[Job]) -> None:
        """The queue from last time."""
        self._show_rows(jobs)
        waiting = sum(job.state is JobState.WAITING for job in jobs)
        if waiting:
            self._message.say(self.tr("From last time: {photos} to do").format(photos=words.photos(waiting)))

    def change(self, job: Job) -> None:
        """A row's new state; a photo that is looked at shows its result as soon as there is one."""
        before = self._model.job_at(self._model.index_of(job.id))
        self._model.change(job)
        current = self._list.current_job()
        ended_now = before is not None and before.state is not job.state and job.state in ENDINGS
        if current is not None and current.id == job.id and ended_now:
            self._loader.show(job)
        if job.state in (JobState.RUNNING, JobState.PAUSED):
            self._show_progress()

    def remove(self, job_ids: list[str]) -> None:
        self._model.remove(job_ids)
        if self._model.rowCount() == 0:
            self._loader.forget()
            self._stage.comparison.clear()
            self._stage.show_photos(False)
        self.show_activity()

    def show_activity(self) -> None:
        """What can be done now, on every button and action."""
        controller, actions = self._controller, self._actions
        running, paused = controller.running, controller.paused
        startable = len(controller.queue.in_state(JobState.WAITING))
        self._top.show_startable(startable, running)
        self._stage.queue.show_activity(running=running, paused=paused)
        self._stage.queue.show_count(self._model.rowCount())
        actions.start.setEnabled(bool(startable) and not running)
        actions.pause.setEnabled(running)
        actions.cancel.setEnabled(running)
        chosen = [job for job_id in self._list.selected_ids() if (job := controller.queue.get(job_id)) is not None]
        current = self._list.current_job()
        done = current is not None and current.state is JobState.DONE
        for action in (actions.open, actions.save_as):
            action.setEnabled(done)
        for action in (actions.reveal, actions.copy_path):
            action.setEnabled(current is not None)
        actions.copy_error.setEnabled(current is not None and current.error is not None)
        actions.retry.setEnabled(any(job.state in ENDINGS for job in chosen))
        actions.cancel_selected.setEnabled(any(job.state not in ENDINGS for job in chosen) and running)
        actions.retry_failed.setEnabled(bool(controller.queue.in_state(JobState.FAILED)))
        for action in (actions.remove, actions.move_up, actions.move_down):
            action.setEnabled(bool(chosen))
        actions.do_next.setEnabled(any(job.state is JobState.WAITING for job in chosen))
        actions.undo.setEnabled(controller.queue.can_undo)
        actions.clear.setEnabled(any(job.state in ENDINGS for job in controller.jobs))
        if running and not paused:
            self._ticker.start()
        else:
            self._ticker.stop()
        if running:
            self._show_progress()

    def show_current(self, index: QModelIndex) -> None:
        """Another photo is looked at."""
        job = self._model.job_at(index)
        if job is not None:
            self._loader.show(job)

    def show_pair(self, job: Job, before: Pyramid, after: Pyramid | None) -> None:
        self._stage.comparison.show_pair(job.id, before, after)

    def show_no_pair(self, job: Job, error: RekindleError) -> None:
        """The photo cannot be shown: why stands in the message line, and on its row once it has been tried."""
        self._stage.comparison.clear()
        if job.state is not JobState.FAILED:
            self._message.say(words.error(error))

    def act_on_row(self, job_id: str) -> None:
        """The button on a photo's row: show the file, or try again."""
        job = self._controller.queue.get(job_id)
        if job is None:
            return
        if job.state is JobState.DONE:
            self._select(job_id)
            self._actions.reveal.trigger()
        elif job.state in ENDINGS:
            self._controller.retry([job_id])
            self._controller.start()

    def retry_failed(self) -> None:
        """Every photo that failed waits again."""
        self._controller.retry([job.id for job in self._controller.queue.in_state(JobState.FAILED)])

    def clear_finished(self) -> None:
        """Only what is still to do stays in the list."""
        self._controller.queue.remove([job.id for job in self._controller.jobs if job.state in ENDINGS])

    def do_next(self) -> None:
        """The selected photos come before all others that wait."""
        queue = self._controller.queue
        queue.arrange(put_first(queue.jobs, set(self._list.selected_ids())))

    def shift(self, rows: int) -> None:
        """Moves the selected photos up (negative) or down."""
        queue = self._controller.queue
        queue.arrange(shifted([job.id for job in queue.jobs], set(self._list.selected_ids()), rows))

    def open_row_menu(self, position: QPoint) -> None:
        if not self._list.indexAt(position).isValid():
            return
        self.show_activity()
        menu = QMenu(self._list)
        menu.addActions(list(self._actions.for_a_photo))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self._list.viewport().mapToGlobal(position))

    def with_current(self, act: Callable[[Job], None]) -> None:
        """Does something with the photo that is looked at, if there is one."""
        job = self._list.current_job()
        if job is not None:
            act(job)

    def tell_nothing_found(self) -> None:
        self._message.say(
            self.tr("There are no photos in what was added. Rekindle reads JPEG, PNG, TIFF, WebP and BMP.")
        )

    def sum_up(self) -> None:
        """A run has ended."""
        counts = Counter(job.state for job in self._controller.jobs)
        phrases = (
            (JobState.DONE, self.tr("{count} enhanced")),
            (JobState.FAILED, self.tr("{count} failed")),
            (JobState.SKIPPED, self.tr("{count} skipped")),
            (JobState.CANCELLED, self.tr("{count} cancelled")),
        )
        text = " · ".join(phrase.format(count=counts[state]) for state, phrase in phrases if counts[state])
        self._stage.queue.show_summary(text)
        elapsed = words.duration(self._controller.elapsed_s)
        self._message.say(self.tr("Finished in {time}: {summary}").format(time=elapsed, summary=text))

    def _show_rows(self, jobs: list[Job]) -> None:
        self._model.add(jobs)
        self._stage.show_photos(True)
        if not self._list.currentIndex().isValid():
            self._select(jobs[0].id)
        self.show_activity()

    def _show_progress(self) -> None:
        if self._controller.running:
            self._stage.queue.show_progress(self._controller.progress(self._model.pixels))

    def _select(self, job_id: str) -> None:
        flags = QItemSelectionModel.SelectionFlag.ClearAndSelect
        self._list.selectionModel().setCurrentIndex(self._model.index_of(job_id), flags)
