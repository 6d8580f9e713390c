"""Where photos come from: dialogs, the clipboard, drops, the sample."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from PySide6.QtCore import QMimeData, QObject, QStandardPaths, Signal
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog, QWidget

from desktop.core import files
from desktop.core.paths import Folders, sample_photo
from desktop.core.photo.formats import READABLE_SUFFIXES
from desktop.ui.tasks import TaskPool


class Sources(QObject):
    """Finds out which photos a person means.

    Signals:
        pathsChosen(paths: list[Path])
        folderRemembered(folder: str): where photos were chosen last.
        trouble(text: str): in a person's words.
    """

    pathsChosen = Signal(list)
    folderRemembered = Signal(str)
    trouble = Signal(str)

    def __init__(self, window: QWidget, folders: Folders, disk: TaskPool) -> None:
        super().__init__(window)
        self._window = window
        self._folders = folders
        self._disk = disk

    def choose_photos(self, last_folder: str) -> None:
        kinds = " ".join(f"*{suffix}" for suffix in sorted(READABLE_SUFFIXES))
        patterns = f"{kinds} {kinds.upper()}"
        names, _ = QFileDialog.getOpenFileNames(
            self._window,
            self.tr("Add photos"),
            last_folder,
            ";;".join((self.tr("Photos ({patterns})").format(patterns=patterns), self.tr("All files (*)"))),
        )
        if names:
            self.folderRemembered.emit(str(Path(names[0]).parent))
            self.pathsChosen.emit([Path(name) for name in names])

    def choose_folder(self, last_folder: str) -> None:
        name = QFileDialog.getExistingDirectory(self._window, self.tr("Add a folder of photos"), last_folder)
        if name:
            self.folderRemembered.emit(name)
            self.pathsChosen.emit([Path(name)])

    def paste(self) -> None:
        """Photos copied in a file manager, or a picture copied anywhere."""
        content = QGuiApplication.clipboard().mimeData()
        paths = paths_in(content)
        if paths:
            self.pathsChosen.emit(paths)
        elif content is not None and content.hasImage():
            image = QImage(content.imageData())
            target = self._folder_of_our_own() / f"{self.tr('Pasted')} {time.strftime('%Y-%m-%d %H.%M.%S')}.png"
            self._disk.run(lambda: _save(image, target), self._arrived, self._failed)
        else:
            self.trouble.emit(self.tr("There is no photo in the clipboard. Copy one first."))

    def add_sample(self) -> None:
        """A copy of the sample photo, so that its result has a place that may be written."""
        source = sample_photo()
        target = self._folder_of_our_own() / source.name
        self._disk.run(lambda: _copy(source, target), self._arrived, self._failed)

    def _folder_of_our_own(self) -> Path:
        if self._folders.own:
            return self._folders.data / "pictures"
        pictures = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.PicturesLocation)
        return Path(pictures or Path.home()) / "Rekindle"

    def _arrived(self, path: Path) -> None:
        self.pathsChosen.emit([path])

    def _failed(self, error: Exception) -> None:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        self.trouble.emit(self.tr("The photo could not be put on disk: {reason}").format(reason=reason))


def paths_in(content: QMimeData | None) -> list[Path]:
    """Files and folders on this computer in something dropped or copied."""
    if content is None or not content.hasUrls():
        return []
    return [Path(url.toLocalFile()) for url in content.urls() if url.isLocalFile()]


def _save(image: QImage, target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    with files.whole_file(target) as temp:
        if not image.save(str(temp), "PNG"):  # type: ignore[call-overload]
            raise OSError(f"{target} could not be written")
    return target


def _copy(source: Path, target: Path) -> Path:
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        with files.whole_file(target) as temp:
            shutil.copyfile(source, temp)
    return target
