"""Watches a folder: what appears in it is queued and enhanced by itself."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QObject, Qt, Signal

from desktop.core import errors, taken
from desktop.core.cancel import CancelToken
from desktop.core.collect import Found
from desktop.core.errors import RekindleError
from desktop.core.jobs import JobState
from desktop.core.journal import Record
from desktop.core.patrol import Pace, Patrol, Report
from desktop.core.settings import Settings, Watching
from desktop.core.watch import OurResults, Stamp
from desktop.core.watch_start import Change, require_usable
from desktop.ui.controller import QueueController
from desktop.ui.tasks import TaskPool

T = TypeVar("T")


@dataclass(frozen=True)
class WatchState:
    """How watching stands.

    Attributes:
        folder: what is watched; None for nothing.
        trouble: what is wrong with it now, if anything.
        lost: none of it can be read while the trouble lasts.
    """

    folder: Path | None = None
    trouble: RekindleError | None = None
    lost: bool = False

    @property
    def told_apart(self) -> object:
        """What has to differ for two states to look different."""
        return self.folder, self.lost, self.trouble.message if self.trouble else None


class WatchController(QObject):
    """Keeps one patrol going and hands what it finds to the queue.

    Everything that is known of a folder's photos stands in the journal, and is written in the same transactions as
    their jobs. So a window that keeps no journal does not watch.

    Signals:
        stateChanged(state: WatchState)
        chosen(watching: Watching): what is to be kept in the settings.
        started(), refused(error: RekindleError): the answer to ``start``.
        told(error: RekindleError): what the person should know: once for each trouble.
    """

    stateChanged = Signal(object)
    chosen = Signal(object)
    started = Signal()
    refused = Signal(object)
    told = Signal(object)
    _answered = Signal(object)
    _reported = Signal(int, object)

    def __init__(
        self, controller: QueueController, record: Record, settings: Settings, pace: Pace, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._controller = controller
        self._record = record
        self._settings = settings
        self._pace = pace
        # Of its own: looking through a slow share must hold up nothing else.
        self._looks = TaskPool("watching", 1, self)
        self._starting: CancelToken | None = None
        self._patrol: Patrol | None = None
        self._number = 0  # of the patrol whose reports count
        self._state = WatchState()
        self._answered.connect(lambda act: act(), Qt.ConnectionType.QueuedConnection)
        self._reported.connect(self._hear, Qt.ConnectionType.QueuedConnection)

    @property
    def state(self) -> WatchState:
        return self._state

    @property
    def watching(self) -> Watching:
        return self._settings.watching

    def apply(self, settings: Settings) -> None:
        """Takes new choices for results in general."""
        self._settings = settings
        if self._patrol is not None:
            self._patrol.ours = self._ours(settings.watching)

    def resume(self) -> None:
        """Goes on watching as last time, if anything was watched."""
        watching = self.watching
        if not watching.on or not watching.folder or not self._record.keeps:
            return
        folder = Path(watching.folder)
        self._show(WatchState(folder))

        def known(answer: tuple[dict[str, Stamp] | None] | None) -> None:
            if answer is not None and answer[0] is not None:
                self._set_out(watching, answer[0])
                return
            self._show(WatchState())
            if answer is None:
                self.told.emit(_not_kept())
            else:  # the journal was lost: better nothing than everything a second time
                self._choose(replace(watching, on=False))
                self.told.emit(
                    errors.InternalError(
                        "It is no longer known which photos in “{name}” have been enhanced, so it is not watched any "
                        "more. Choose “Watch a folder” to go on.",
                        name=folder.name,
                    )
                )

        self._ask(lambda connection: (taken.load(connection, folder),), known)

    def start(self, watching: Watching, also: bool) -> None:
        """Watches a folder from now on; ``started`` or ``refused`` answers.

        Args:
            also: photos that are in it already are taken too, but none that has such a result from earlier.
        """
        if not self._record.keeps:
            self.refused.emit(_not_kept())
            return
        self.give_up()
        self._starting = cancel = CancelToken()
        watching = replace(watching, folder=_absolute(watching.folder), output=_absolute(watching.output))
        change = Change(self.watching, replace(watching, on=True), also)
        ours = self._ours(watching)

        def find_out() -> dict[str, Stamp]:
            require_usable(watching)
            return change.left_alone(ours, cancel)

        def begin(leave: dict[str, Stamp]) -> None:
            if self._starting is cancel:
                self._begin(change, leave, cancel)

        def refuse(error: Exception) -> None:
            if self._starting is cancel:
                self._starting = None
                self.refused.emit(error if isinstance(error, RekindleError) else errors.unexpected(error))

        self._looks.run(find_out, begin, refuse)

    def give_up(self) -> None:
        """Nobody waits any more for the answer to ``start``."""
        if self._starting is not None:
            self._starting.cancel()
            self._starting = None

    def stop(self) -> None:
        """Watches nothing any more. What has been queued stays."""
        self.give_up()
        self._call_back()
        self._choose(replace(self.watching, on=False))
        self._show(WatchState())

    def shutdown(self) -> None:
        """Stops looking. The folder is watched again next time."""
        self.give_up()
        self._call_back(patience_s=1.0)
        self._looks.shutdown()

    def _begin(self, change: Change, leave: dict[str, Stamp], cancel: CancelToken) -> None:
        folder = Path(change.after.folder)
        # First: what an earlier patrol finds from here on, the new one finds too.
        self._call_back()

        def known(seen: dict[str, Stamp] | None) -> None:
            if seen is not None and not cancel.cancelled:
                self._choose(change.after)
                self._set_out(change.after, seen)
                self.started.emit()
            else:
                self.resume()
                if seen is None:
                    self.refused.emit(_not_kept())
            if self._starting is cancel:
                self._starting = None

        self._ask(
            lambda connection: taken.begin(connection, folder, leave, also=change.also, anew=change.asks_differently),
            known,
        )

    def _set_out(self, watching: Watching, seen: dict[str, Stamp]) -> None:
        self._call_back()
        folder = Path(watching.folder)
        number = self._number

        def tell(report: Report) -> None:
            with contextlib.suppress(RuntimeError):  # a window that is gone need not be told
                self._reported.emit(number, report)

        self._patrol = Patrol(folder, self._ours(watching), seen, tell, self._pace)
        self._show(WatchState(folder))
        self._controller.go_on_unattended()

    def _call_back(self, patience_s: float = 0.0) -> None:
        self._number += 1
        if self._patrol is not None:
            self._patrol.stop(patience_s)
            self._patrol = None

    def _ours(self, watching: Watching) -> OurResults:
        folders = (watching.output, self._settings.output_dir)
        return OurResults(tuple(Path(folder) for folder in folders if folder), self._settings.template)

    def _hear(self, number: int, report: Report) -> None:
        if number != self._number:
            return
        folder = Path(self.watching.folder)
        if report.sighting.gone:
            self._record.put([], _nothing, partial(taken.forget, folder=folder, names=report.sighting.gone))
        if report.sighting.photos:
            self._take(folder, report.sighting.photos)
        self._show(WatchState(folder, report.trouble, report.lost))

    def _take(self, folder: Path, photos: dict[str, Stamp]) -> None:
        """Queues photos, but for those that wait already, which are read as they are by then, and our own results."""
        places = {folder / name: name for name in photos}
        waiting, ours = set(), set()
        for job in self._controller.jobs:
            if job.state is JobState.WAITING and job.request.unattended and job.path in places:
                waiting.add(places[job.path])
            result = job.output or (job.result.path if job.result is not None else None)
            if result in places:
                ours.add(places[result])
        new = [name for name in photos if name not in waiting and name not in ours]

        def note(connection: sqlite3.Connection) -> None:
            taken.note(connection, folder, {name: photos[name] for name in photos if name not in ours}, made=True)
            taken.note(connection, folder, {name: photos[name] for name in ours}, made=False)

        if not new:
            self._record.put([], _nothing, note)
            return
        watching = self.watching
        self._controller.take(
            [Found(folder / name, folder) for name in new],
            note,
            model=watching.model,
            scale=watching.scale,
            target=watching.target,
            strength=watching.strength_asked,
            self_ensemble=watching.self_ensemble,
            output=Path(watching.output),
            format=watching.format or None,
            quality=watching.quality,
            keep_structure=True,
        )

    def _choose(self, watching: Watching) -> None:
        self._settings = replace(self._settings, watching=watching)
        self.chosen.emit(watching)

    def _show(self, state: WatchState) -> None:
        if state.told_apart != self._state.told_apart:
            self._state = state
            self.stateChanged.emit(state)
            if state.trouble is not None:
                self.told.emit(state.trouble)

    def _ask(self, query: Callable[[sqlite3.Connection], T], then: Callable[[T | None], None]) -> None:
        """Asks the journal, and hears the answer on this thread."""
        number = self._number

        def answer(found: T | None) -> None:
            if number == self._number:
                then(found)

        self._record.ask(query, lambda found: self._answered.emit(partial(answer, found)))


def _absolute(folder: str) -> str:
    return os.path.abspath(folder) if folder else ""


def _nothing() -> None:
    pass


def _not_kept() -> RekindleError:
    return errors.NoPermissionError(
        "The list of photos cannot be kept on disk, or another Rekindle window keeps it. So no folder can be watched "
        "from this one."
    )
