"""Saving a report of what became of the photos."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from datetime import date, datetime
from functools import partial
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QDateTime, QLocale, QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from desktop.core import errors
from desktop.core.cancel import CancelToken
from desktop.core.jobs import Job
from desktop.core.naming import numbered
from desktop.core.photo.isolated import PhotoReader
from desktop.core.report import PAGE_SUFFIX, SUFFIXES, TABLE_SUFFIX
from desktop.core.report.save import save_report
from desktop.core.report.words import Words
from desktop.ui import words
from desktop.ui.tasks import TaskPool

_STEP = 5  # per cent; more often would be restless


class Reports(QObject):
    """Asks where to, and writes there in the background.

    Signals:
        told(text: str, action: Action | None): how far it is, and how it went, in a person's words; and what the
            person may do about it, as the message line takes it.
    """

    told = Signal(str, object)
    _written = Signal(float)

    def __init__(
        self,
        window: QWidget,
        reader: PhotoReader,
        show: Callable[[Path], None],
        today: Callable[[], date] = date.today,
    ) -> None:
        """
        Args:
            reader: opens the photos for their pictures.
            show: opens a report that has been saved.
        """
        super().__init__(window)
        self._reader = reader
        self._show = show
        self._window = window
        self._today = today
        # Of its own: the pictures of hundreds of photos take a while, and nothing else may wait for them.
        self._pool = TaskPool("reports", 1, self)
        self._cancel = CancelToken()
        self._said = 0
        self._written.connect(self._tell_progress)

    def save(self, jobs: Sequence[Job]) -> None:
        """Asks for a file, and writes a report of the photos that have ended into it."""
        page, table = self.tr("Web page with pictures (*.html)"), self.tr("Table for spreadsheets (*.csv)")
        proposed = _folder(jobs) / f"{self.tr('Rekindle report')} {self._today().isoformat()}{PAGE_SUFFIX}"
        name, picked = QFileDialog.getSaveFileName(
            self._window, self.tr("Save a report"), str(proposed), f"{page};;{table}", page
        )
        if name:
            target = chosen_file(Path(name), TABLE_SUFFIX if picked == table else PAGE_SUFFIX, proposed)
            # Only of the very name it gave back has the dialog asked whether it may be replaced.
            self.save_to(jobs, target, overwrite=target == Path(name))

    def save_to(self, jobs: Sequence[Job], target: Path, *, overwrite: bool) -> None:
        """Writes a report to ``target``, or to a free name like it where that may not be replaced."""
        said = report_words()

        def write() -> Path:
            free = target if overwrite else next(path for path in numbered(target) if not os.path.lexists(path))
            save_report(jobs, free, said, reader=self._reader, progress=self._written.emit, cancel=self._cancel)
            return free

        self._said = 0
        self._pool.run(write, self._done, self._failed)

    def shutdown(self) -> None:
        """Gives up what is being written, a photo's time at most; nothing of it is left."""
        self._cancel.cancel()
        self._pool.shutdown()

    def _tell_progress(self, part: float) -> None:
        step = words.percent(part) // _STEP * _STEP
        if self._said < step < 100:
            self._said = step
            self.told.emit(self.tr("Saving the report, {percent} %").format(percent=step), None)

    def _done(self, target: Path) -> None:
        text = self.tr("Report saved as {name}").format(name=target.name)
        self.told.emit(text, (self.tr("Open"), partial(self._show, target)))

    def _failed(self, error: Exception) -> None:
        known = error if isinstance(error, errors.RekindleError) else errors.unexpected(error)
        self.told.emit(words.error(known), None)


def chosen_file(named: Path, suffix: str, proposed: Path) -> Path:
    """The file that is meant by a name and the kind picked beside it.

    A name of the person's own decides by its suffix. One without, or the name that was proposed, gets the suffix of
    the kind that was picked.
    """
    if named.suffix.lower() in SUFFIXES and (named != proposed or suffix == proposed.suffix):
        return named
    return named.with_suffix(suffix) if named == proposed else named.with_name(named.name + suffix)


def report_words() -> Words:
    """A report's words in the person's language; the English ones are the keys of the translation."""
    plain = Words()

    def tr(text: str) -> str:
        return QCoreApplication.translate("report", text)

    said = {entry.name: tr(text) for entry in fields(Words) if isinstance(text := getattr(plain, entry.name), str)}
    return replace(
        plain,
        **said,
        items={name: tr(text) for name, text in plain.items.items()},
        error=words.error,
        reason=words.because,
        number=_number,
        moment=_moment,
    )


def _number(value: float, decimals: int) -> str:
    return QLocale().toString(float(value), "f", decimals)


def _moment(moment: datetime) -> str:
    at = QDateTime.fromSecsSinceEpoch(round(moment.timestamp()))
    return QLocale().toString(at, QLocale.FormatType.ShortFormat)


def _folder(jobs: Sequence[Job]) -> Path:
    """Where the last result went, or where the photos are."""
    results = (job.output.parent for job in reversed(jobs) if job.output is not None)
    return next(results, jobs[-1].path.parent)
