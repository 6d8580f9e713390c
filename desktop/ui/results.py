"""What a person does with a result: open it, show its folder, save it elsewhere."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from desktop.core import errors, files
from desktop.core.jobs import Job, JobState
from desktop.core.naming import same_file
from desktop.core.photo.formats import BY_SUFFIX, OUTPUT_FORMATS
from desktop.core.photo.read import read
from desktop.core.photo.write import write
from desktop.ui import words
from desktop.ui.tasks import TaskPool


class Results(QObject):
    """Acts on finished photos.

    Signals:
        told(text: str): how it went, in a person's words.
    """

    told = Signal(str)

    def __init__(self, window: QWidget, disk: TaskPool) -> None:
        super().__init__(window)
        self._window = window
        self._disk = disk

    def open(self, job: Job) -> None:
        """In the person's own picture viewer."""
        if job.output is not None:
            self.hand_over(job.output)

    def reveal(self, job: Job) -> None:
        """In the file manager: the result, or the original where there is none yet."""
        path = job.output or job.path
        if sys.platform == "win32":
            subprocess.Popen(["explorer", "/select,", str(path)])
        elif sys.platform == "darwin":
            subprocess.Popen(["open", "-R", str(path)])
        else:
            self.hand_over(path.parent)

    def copy_paths(self, jobs: Sequence[Job]) -> None:
        """Of the results, or of the originals where there are none yet; a line each."""
        if jobs:
            QGuiApplication.clipboard().setText("\n".join(str(job.output or job.path) for job in jobs))
            told = self.tr("Path copied") if len(jobs) == 1 else self.tr("{count} paths copied")
            self.told.emit(told.format(count=words.number(len(jobs))))

    def copy_errors(self, jobs: Sequence[Job]) -> None:
        """What went wrong, in words."""
        failed = [f"{job.path}\n{words.error(job.error)}" for job in jobs if job.error is not None]
        if failed:
            QGuiApplication.clipboard().setText("\n\n".join(failed))
            told = self.tr("Message copied") if len(failed) == 1 else self.tr("{count} messages copied")
            self.told.emit(told.format(count=words.number(len(failed))))

    def save_as(self, job: Job, quality: int) -> None:
        """Asks where to, and writes the result there, in another format if its name says so."""
        if job.state is not JobState.DONE or job.output is None:
            return
        filters = ";;".join(
            f"{entry.label} ({' '.join(f'*{suffix}' for suffix in entry.suffixes)})" for entry in OUTPUT_FORMATS
        )
        own = BY_SUFFIX[job.output.suffix.lower()]
        chosen = next(part for part in filters.split(";;") if part.startswith(f"{own.label} "))
        name, picked = QFileDialog.getSaveFileName(
            self._window, self.tr("Save result as"), str(job.output), filters, chosen
        )
        if name:
            target = Path(name)
            if target.suffix.lower() not in BY_SUFFIX:
                entry = next(entry for entry in OUTPUT_FORMATS if picked.startswith(f"{entry.label} "))
                target = target.with_name(target.name + entry.suffixes[0])
            self.save_to(job, target, quality)

    def save_to(self, job: Job, target: Path, quality: int) -> None:
        """Writes a finished photo's result to ``target``, replacing what is there: the dialog has asked."""
        source = job.output
        assert source is not None

        def done(_nothing: None) -> None:
            self.told.emit(self.tr("Saved as {name}").format(name=target.name))

        def failed(error: Exception) -> None:
            known = error if isinstance(error, errors.RekindleError) else errors.unexpected(error)
            self.told.emit(words.error(known))

        self._disk.run(lambda: _save(job.path, source, target, quality), done, failed)

    def hand_over(self, path: Path) -> None:
        """Opens a file or a folder with the person's own program for it."""
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))):
            self.told.emit(
                self.tr("“{name}” could not be opened. It is in {folder}").format(name=path.name, folder=path.parent)
            )


def _save(original: Path, source: Path, target: Path, quality: int) -> None:
    if same_file(original, target):
        raise errors.UsageError("“{name}” is the original, which is never replaced.", name=target.name)
    if same_file(source, target):
        return
    output = BY_SUFFIX[target.suffix.lower()]
    if source.suffix.lower() not in output.suffixes:
        write(read(source), target, output, quality=quality, overwrite=True)
        return
    try:
        with files.whole_file(target) as temp:
            shutil.copyfile(source, temp)
    except OSError as error:
        raise errors.while_writing(error, target) from error
