"""Shows what the queue's controller says, and which photo is being looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QModelIndex, QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtWidgets import QMenu

from desktop.core.additions import Additions
from desktop.core.errors import RekindleError
from desktop.core.jobs import ACTIVE, ENDINGS, Job, JobState
from desktop.core.photo.cut import Size
from desktop.core.sizes import frame_of
from desktop.ui import row_words, words
from desktop.ui.actions import Actions
from desktop.ui.controller import QueueController
from desktop.ui.listing import Listing
from desktop.ui.message_line import MessageLine
from desktop.ui.other_results import OtherResults
from desktop.ui.picture_loader import PictureLoader
from desktop.ui.pyramid import Pyramid
from desktop.ui.queue_model import JOB_ROLE, QueueModel
from desktop.ui.sides import made_by
from desktop.ui.stage import Stage
from desktop.ui.top_bar import TopBar

_SECOND_MS = 1000


class Presenter(QObject):
    """Between the controller and the widgets. Has no say in what happens.

    Signals:
        leftOutRequested(additions: Additions): the person wants to know what was left out.
        progressed(progress: BatchProgress): what is shown of a run under way."""

    leftOutRequested = Signal(object)
    progressed = Signal(object)

    def __init__(
        self,
        controller: QueueController,
        model: QueueModel,
        listing: Listing,
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
        self._listing = listing
        self._loader = loader
        self._top = top
        self._stage = stage
        self._actions = actions
        self._message = message
        self._list = stage.queue.view
        self._others = OtherResults(controller, loader, stage.comparison.sides, message, self)
        self._ticker = QTimer(self, interval=_SECOND_MS)
        self._ticker.timeout.connect(self._show_progress)
        self.show_activity()

    def add(self, jobs: list[Job]) -> None:
        """New rows; the first of them is shown if nothing else is looked at."""
        if jobs:
            self._show_rows(jobs)

    def restore(self, jobs: list[Job]) -> None:
        """The queue from last time."""
        self._show_rows(jobs)
        waiting = sum(job.state is JobState.WAITING for job in jobs)
        if waiting:
            self._message.say(self.tr("From last time: {photos} to do").format(photos=words.photos(waiting)))

    def change(self, jobs: list[Job]) -> None:
        """Rows' new states; a photo that is looked at shows its result as soon as there is one."""
        moved = self._listing.change(jobs)
        current = self._list.current_job()
        for job in jobs:
            if current is not None and job.id == current.id and self._shows_another_part(job):
                self._loader.show(job)
            if current is None or job.path != current.path or job.id not in moved or job.state not in ENDINGS:
                continue
            if job.id == current.id:
                self._loader.show(job)
            else:
                self._others.look_again(current)
        if any(job.state in ACTIVE for job in jobs):
            self._show_progress()

    def remove(self, job_ids: list[str]) -> None:
        self._listing.remove(job_ids)
        current = self._list.current_job()
        if current is not None and current.id == self._stage.comparison.subject:
            self._others.look_again(current)
        if self._model.rowCount() == 0:
            self._loader.forget()
            self._stage.comparison.clear()
            self._stage.show_photos(False)
        self.show_activity()

    def show_activity(self) -> None:
        """What can be done now, on every button and action."""
        controller, actions = self._controller, self._actions
        running, paused = controller.running, controller.paused
        startable = controller.startable
        self._top.show_startable(startable, running and not startable)
        self._stage.queue.show_activity(running=running, paused=paused, reason=controller.pause_reason)
        actions.start.setEnabled(bool(startable))
        actions.pause.setEnabled(running)
        actions.cancel.setEnabled(running)
        chosen = self._listing.chosen
        states = {job.state for job in chosen}
        current = self._list.current_job()
        done = current is not None and current.state is JobState.DONE
        for action in (actions.open, actions.save_as):
            action.setEnabled(done)
        for action in (actions.reveal, *actions.of_the_comparison):
            action.setEnabled(current is not None)
        actions.copy_path.setEnabled(bool(chosen))
        actions.copy_error.setEnabled(any(job.error is not None for job in chosen))
        actions.retry.setEnabled(bool(states & ENDINGS))
        actions.cancel_selected.setEnabled(bool(states - ENDINGS) and running)
        actions.retry_failed.setEnabled(bool(controller.queue.count(JobState.FAILED)))
        actions.remove.setEnabled(bool(states))
        for action in (actions.move_up, actions.move_down):
            action.setEnabled(bool(states - ACTIVE) and self._listing.in_queue_order)
            action.setToolTip(self._listing.fixed)
        actions.photo_settings.setEnabled(bool(chosen))
        actions.crop.setEnabled(current is not None and current.state not in ACTIVE)
        actions.photo_settings.setText(
            self.tr("Settin&gs for {photos}…").format(photos=words.photos(len(chosen)))
            if len(chosen) > 1
            else self.tr("Settin&gs for this photo…")
        )
        actions.do_next.setEnabled(JobState.WAITING in states)
        actions.undo.setEnabled(controller.queue.can_undo)
        for action in (actions.clear, actions.save_report):
            action.setEnabled(bool(controller.queue.count(*ENDINGS)))
        if running and not paused:
            self._ticker.start()
        else:
            self._ticker.stop()
        if running:
            self._show_progress()

    def show_current(self, index: QModelIndex) -> None:
        """Another photo is looked at."""
        job = index.data(JOB_ROLE)
        if isinstance(job, Job):
            self._loader.show(job)

    def show_pair(self, job: Job, before: Pyramid, after: Pyramid | None) -> None:
        others, expected = self._others.of(job), _expected(job, before.size)
        self._stage.comparison.show_pair(job.id, before, after, made_by(job), others, expected)
        self._stage.comparison.tell(row_words.made(job), row_words.why(job))

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
            self._listing.select(job_id)
            self._actions.reveal.trigger()
        elif job.state in ENDINGS:
            self._controller.retry([job_id])
            self._controller.start()

    def compare(self, job_id: str) -> None:
        """A photo is looked at, and the keys of the comparison work."""
        self._listing.select(job_id)
        self._stage.comparison.view.setFocus(Qt.FocusReason.MouseFocusReason)

    def retry_failed(self) -> None:
        """Every photo that failed waits again."""
        self._controller.retry([job.id for job in self._controller.queue.in_state(JobState.FAILED)])

    def clear_finished(self) -> None:
        """Only what is still to do stays in the list."""
        self._controller.queue.remove([job.id for job in self._controller.jobs if job.state in ENDINGS])

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

    def tell_added(self, additions: Additions) -> None:
        """What became of what was dropped or chosen; a button lists what was left out."""
        left_out = additions.left_out
        show = (self.tr("Show"), lambda: self.leftOutRequested.emit(additions)) if left_out else None
        self._message.say(words.added(additions), show)

    def sum_up(self) -> None:
        """A run has ended."""
        counts = Counter(job.state for job in self._controller.jobs)
        text = words.endings(counts)
        self._stage.queue.foot.show_summary(text)
        elapsed = words.duration(self._controller.elapsed_s)
        self._message.say(self.tr("Finished in {time}: {summary}").format(time=elapsed, summary=text))

    def _shows_another_part(self, job: Job) -> bool:
        shown = job.id == self._stage.comparison.subject
        return shown and job.state is JobState.WAITING and self._loader.is_stale(job)

    def _show_rows(self, jobs: list[Job]) -> None:
        self._listing.add(jobs)
        self._stage.show_photos(True)
        if not self._list.currentIndex().isValid():
            self._listing.select(jobs[0].id)
        self.show_activity()

    def _show_progress(self) -> None:
        if self._controller.running:
            progress = self._controller.progress()
            self._stage.queue.foot.show_progress(progress)
            if progress.current is not None:
                self._model.set_time_left(progress.current, progress.current_s)
            self.progressed.emit(progress)


def _expected(job: Job, shown: Size) -> Size | None:
    """Width and height of a result to come, of the part of its photo that is shown; None where a scale says it."""
    if not job.request.target:
        return None
    try:
        return frame_of(replace(job.request, cut=None), shown).inner
    except RekindleError:  # the photo itself will say so
        return None
