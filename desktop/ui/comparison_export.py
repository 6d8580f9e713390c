"""Takes the comparison elsewhere: to the clipboard, or into a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog, QWidget

from desktop.core import errors, files
from desktop.core.jobs import Job
from desktop.core.naming import same_file
from desktop.ui import words
from desktop.ui.comparison_view import ComparisonView
from desktop.ui.snapshot import Snapshot, of_pair, of_view
from desktop.ui.tasks import TaskPool

_FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG"}
_QUALITY = 95

Take = Callable[[ComparisonView], Snapshot]


class ComparisonExport(QObject):
    """Copies and saves what is compared. Drawing and writing are done in the background.

    Signals:
        told(text: str): how it went, in a person's words
    """

    told = Signal(str)

    def __init__(
        self, window: QWidget, view: ComparisonView, disk: TaskPool, current: Callable[[], Job | None]
    ) -> None:
        """
        Args:
            current: the photo that is looked at.
        """
        super().__init__(window)
        self._window = window
        self._view = view
        self._disk = disk
        self._current = current

    @property
    def acts(self) -> tuple[Callable[[], None], ...]:
        """Copying the view and before and after, then saving them."""
        return self.copy_view, self.copy_pair, self.save_view, self.save_pair

    def copy_view(self) -> None:
        self._copy(of_view, self.tr("The view was copied"))

    def copy_pair(self) -> None:
        self._copy(of_pair, self.tr("Before and after were copied"))

    def save_view(self) -> None:
        self._ask(of_view)

    def save_pair(self) -> None:
        self._ask(of_pair)

    def save_to(self, take: Take, target: Path) -> None:
        """Writes it, whole or not at all, replacing what is there: the dialog has asked. PNG unless named otherwise."""
        if self._view.viewport.empty:
            return
        if target.suffix.lower() not in _FORMATS:
            target = target.with_name(target.name + ".png")
        snapshot, job = take(self._view), self._current()
        kept = [path for path in (job.path, job.output) if path is not None] if job is not None else []

        def failed(error: Exception) -> None:
            known = error if isinstance(error, errors.RekindleError) else errors.unexpected(error)
            self.told.emit(words.error(known))

        self._disk.run(
            lambda: _save(snapshot, target, kept),
            lambda _nothing: self.told.emit(self.tr("Saved as {name}").format(name=target.name)),
            failed,
        )

    def _copy(self, take: Take, told: str) -> None:
        if self._view.viewport.empty:
            return

        def done(image: QImage) -> None:
            QGuiApplication.clipboard().setImage(image)
            self.told.emit(told)

        self._disk.run(take(self._view).draw, done)

    def _ask(self, take: Take) -> None:
        job = self._current()
        if job is None or self._view.viewport.empty:
            return
        folder = (job.output or job.path).parent
        usual = folder / (self.tr("{name}, compared").format(name=job.path.stem) + ".png")
        name, _picked = QFileDialog.getSaveFileName(
            self._window, self.tr("Save the comparison as"), str(usual), "PNG (*.png);;JPEG (*.jpg *.jpeg)"
        )
        if name:
            self.save_to(take, Path(name))


def _save(snapshot: Snapshot, target: Path, kept: Iterable[Path]) -> None:
    if any(same_file(path, target) for path in kept):
        raise errors.UsageError(
            "“{name}” is one of the photos that are compared. Choose another name.", name=target.name
        )
    image = snapshot.draw()
    try:
        with files.whole_file(target) as temp:
            form = _FORMATS[target.suffix.lower()]
            if not image.save(str(temp), form, _QUALITY if form == "JPEG" else -1):  # type: ignore[call-overload]
                raise OSError(f"{target} could not be written")
    except OSError as error:
        raise errors.while_writing(error, target) from error
