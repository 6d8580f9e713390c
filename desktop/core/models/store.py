"""Which models are on this computer, verified.

The store is a folder of the person's, so that models survive restarts and new versions of Rekindle. A model is verified
in full when it arrives; from then on a cheap look at size and modification time is enough, and only a change of either
costs another full look.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

import filelock

from desktop.core import errors, files
from desktop.core.models import imports
from desktop.core.models.catalogue import Catalogue, Model

logger = logging.getLogger(__name__)

_REPAIR_S = 60
Notice = Callable[[errors.RekindleError], None]
"""Told what the person should know although the work goes on."""


class ModelState(StrEnum):
    """What ``rekindle models list`` says of a model."""

    INSTALLED = "installed"
    BUNDLED = "bundled"
    AVAILABLE = "available"
    DAMAGED = "damaged"


@dataclass(frozen=True)
class _Seen:
    """How a file looked when its hash was last found right."""

    size: int
    mtime_ns: int
    sha256: str

    @classmethod
    def of(cls, path: Path, sha256: str) -> _Seen:
        found = path.stat()
        return cls(found.st_size, found.st_mtime_ns, sha256)


class Store:
    """The models on this computer.

    Safe for several processes on one folder: every file appears whole, in one step, and a copy made twice is the same.
    """

    def __init__(self, folder: Path, catalogue: Catalogue, bundled: Path, notice: Notice | None = None) -> None:
        """
        Args:
            folder: where models are kept; made when first needed.
            bundled: folder with the weights that ship with Rekindle.
            notice: see ``Notice``; a warning in the log where None.
        """
        self.folder = folder
        self.catalogue = catalogue
        self._bundled = bundled
        self.notice: Notice = notice or (lambda error: logger.warning("%s", error))

    def usable(self) -> Catalogue:
        """What can be used at once: what ships, and what is on this computer, whole or not. Asks the disk."""
        present = [model for model in self.catalogue.models if model.bundled or os.path.exists(self.path_of(model))]
        return self.catalogue.only(present)

    def path_of(self, model: Model) -> Path:
        return self.folder / model.file

    def ensure(self, model: Model) -> Path:
        """A verified file of the model, installing the bundled copy or replacing a damaged one where it can.

        Raises:
            ModelMissingError: it is not installed and does not ship with Rekindle.
            ModelDamagedError: it is damaged and there is nothing to replace it with.
        """
        path = self.path_of(model)
        if not os.path.exists(path):  # which a folder that may not be searched is no error for
            if not model.bundled:
                raise errors.ModelMissingError(
                    "The model “{name}” is not installed. Install it first, in the window under Photo › Models or with "
                    "“rekindle models install {name}”, or choose another one.",
                    name=model.id,
                )
            return self._install_bundled(model)
        if self._is_superseded(model, path):
            logger.info("%s is of another version of Rekindle", path)
            with self._repairing():
                return self._install_bundled(model)
        if self._is_whole(model, path, full=False):
            return path
        with self._repairing():
            return self._repaired(model, path)

    def refresh(self) -> None:
        """Takes in what was imported or removed meanwhile, by another program too."""
        try:
            self.catalogue.take_in(imports.load(self.folder / imports.FILE))
        except OSError as error:
            logger.warning("The list of imported models cannot be read: %s", error)

    def change_imports(self, change: Callable[[tuple[Model, ...]], Iterable[Model]]) -> None:
        """Changes the list of what was imported, on disk and here, one program at a time. Raises as writing does."""
        path = self.folder / imports.FILE
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with self._repairing():
                models = tuple(change(imports.load(path)))
                imports.save(path, models)
        except OSError as error:
            raise errors.while_writing(error, path) from error
        self.catalogue.take_in(models)

    def publish(self, model: Model, verified: Path) -> None:
        """Gives a verified file on the store's own disk its name, in one step. Raises as writing does."""
        target = self.path_of(model)
        try:
            with self._repairing():
                files.move(verified, target)
        except OSError as error:
            raise errors.while_writing(error, target) from error
        self.note_whole(model)
        logger.info("Installed the model %s in %s", model.id, target)

    def note_whole(self, model: Model) -> None:
        """Remembers that the file has just been found right."""
        path = self.path_of(model)
        try:
            self._remember(_record(path), _Seen.of(path, model.sha256))
        except OSError as error:
            logger.info("Could not look at %s: %s", path, error)

    def discard(self, model: Model) -> bool:
        """Deletes the model's file; whether there was one. Raises NoPermissionError or InternalError."""
        path = self.path_of(model)
        try:
            with self._repairing():
                found = os.path.lexists(path)
                path.unlink(missing_ok=True)
                _record(path).unlink(missing_ok=True)
        except NotADirectoryError:
            return False
        except OSError as error:
            raise errors.while_writing(error, path) from error
        return found

    def _repaired(self, model: Model, path: Path) -> Path:
        if os.path.exists(path) and self._is_whole(model, path, full=True):
            return path  # another process was faster; what it has put there must not be set aside
        aside = self._set_aside(path)
        if not model.bundled:
            self._tell(model, "The model “{name}” was damaged on disk and has been set aside. Install it again.")
            raise errors.ModelDamagedError("The model “{name}” is damaged. Install it again.", name=model.id)
        installed = self._install_bundled(model)
        if installed != path:
            self._tell(
                model, "The model “{name}” is damaged on disk and cannot be replaced. The one that ships is used."
            )
        elif aside:
            self._tell(
                model, "The model “{name}” was damaged on disk and has been replaced. The damaged file was set aside."
            )
        return installed

    @contextlib.contextmanager
    def _repairing(self) -> Iterator[None]:
        """One process at a time; where the folder takes no lock, it is repaired without."""
        lock = filelock.FileLock(self.folder / ".lock", timeout=_REPAIR_S)
        try:
            lock.acquire()
        except (OSError, filelock.Timeout) as error:
            logger.info("The store cannot be locked: %s", error)
        try:
            yield
        finally:
            lock.release()

    def _tell(self, model: Model, template: str) -> None:
        self.notice(errors.ModelDamagedError(template, name=model.id))

    def state(self, model: Model, *, full: bool = False) -> ModelState:
        """What is known of a model, changing nothing on disk but the memory of a good look.

        Args:
            full: hash the file even though it looks unchanged.
        """
        path = self.path_of(model)
        if os.path.exists(path) and not self._is_superseded(model, path):
            return ModelState.INSTALLED if self._is_whole(model, path, full=full) else ModelState.DAMAGED
        return ModelState.BUNDLED if model.bundled else ModelState.AVAILABLE

    def verify(self, model: Model) -> ModelState:
        """Hashes the file in full and repairs a damaged one where it can. Gives the state that was found."""
        state = self.state(model, full=True)
        if state is ModelState.DAMAGED:
            self.ensure(model)
        return state

    def _is_superseded(self, model: Model, path: Path) -> bool:
        """Whether it is the whole file of another version of Rekindle, which shipped other weights: no damage."""
        seen = _load(_record(path)) if model.bundled else None
        if seen is None or seen.sha256 == model.sha256:
            return False
        try:
            return seen == _Seen.of(path, seen.sha256)
        except OSError:
            return False

    def _is_whole(self, model: Model, path: Path, *, full: bool) -> bool:
        record = _record(path)
        try:
            if path.stat().st_size != model.bytes:
                return False
            if not full and _load(record) == _Seen.of(path, model.sha256):
                return True
            if files.sha256_of(path) != model.sha256:
                record.unlink(missing_ok=True)  # or the next quick look would believe it
                return False
            self._remember(record, _Seen.of(path, model.sha256))
        except OSError as error:
            logger.warning("The model file %s cannot be read: %s", path, error)
            return False
        return True

    def _remember(self, record: Path, seen: _Seen) -> None:
        try:
            files.write_whole(record, json.dumps(asdict(seen)).encode())
        except OSError as error:  # costs a hash next time, nothing else
            logger.info("Could not note that %s is verified: %s", record.name, error)

    def _set_aside(self, path: Path) -> bool:
        """Keeps a damaged file for whoever wants to look at it, out of the way; False where that cannot be done."""
        aside = self.folder / "damaged" / f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(4)}-{path.name}"
        try:
            aside.parent.mkdir(parents=True, exist_ok=True)
            os.replace(path, aside)
        except FileNotFoundError:
            return False  # another process was faster
        except OSError as error:
            logger.warning("The damaged model %s cannot be set aside: %s", path, error)
            return False
        return True

    def _install_bundled(self, model: Model) -> Path:
        source = self._bundled / model.file
        target = self.path_of(model)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with files.whole_file(target) as temp:
                shutil.copyfile(source, temp)
                self._require_whole(model, temp)
            self._is_whole(model, target, full=True)
        except OSError as error:
            # A full or read-only disk must not keep anyone from enhancing: the copy that ships serves as well.
            logger.warning("The model %s cannot be copied to %s: %s", model.id, target, error)
            self._require_whole(model, source)
            return source
        logger.info("Installed the model %s in %s", model.id, target)
        return target

    def _require_whole(self, model: Model, path: Path) -> None:
        try:
            whole = path.stat().st_size == model.bytes and files.sha256_of(path) == model.sha256
        except OSError:
            whole = False
        if not whole:
            raise errors.ModelDamagedError(
                "The model “{name}” that ships with Rekindle is damaged or missing. Install Rekindle again.",
                name=model.id,
            )


def _record(path: Path) -> Path:
    return path.with_name(path.name + ".verified.json")


def _load(record: Path) -> _Seen | None:
    try:
        return _Seen(**json.loads(record.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None
