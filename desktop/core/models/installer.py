"""Changes to what is on this computer: install, import, remove."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from desktop.core import errors, files
from desktop.core.cancel import CancelToken
from desktop.core.isolation.pool import WorkerPool
from desktop.core.models import imports, inspection
from desktop.core.models.catalogue import Model
from desktop.core.models.download import Downloader, Progress
from desktop.core.models.store import ModelState, Store

logger = logging.getLogger(__name__)

_PIECE_BYTES = 2**20


class Installer:
    """Brings models into the store and takes them out. Safe from any thread, and for several programs at once."""

    def __init__(
        self,
        store: Store,
        downloader: Downloader,
        children: WorkerPool,
        arrived: Callable[[Model], None] = lambda _model: None,
    ) -> None:
        """
        Args:
            children: where strangers' files are looked at.
            arrived: told of a model that is on this computer from now on; what takes time is done there.
        """
        self._arrived = arrived
        self._store = store
        self._downloader = downloader
        self._children = children

    def install(
        self,
        model: Model,
        *,
        progress: Progress | None = None,
        waiting: Callable[[], None] | None = None,
        cancel: CancelToken | None = None,
    ) -> Path:
        """Has a whole file of the model in the store: the one that is there, the one that ships, or a download.

        Args:
            progress: told bytes, of a download.
            waiting: told, once, that another window or command is downloading the same.

        Raises:
            ModelMissingError: it cannot be downloaded. See ``Downloader.fetched`` for the rest.
        """
        if model.bundled:
            return self._store.ensure(model)
        if self._store.state(model) is ModelState.INSTALLED:
            return self._store.path_of(model)

        def here_already() -> bool:
            return self._store.state(model) is ModelState.INSTALLED

        with self._downloader.fetched(
            model, here_already=here_already, progress=progress, waiting=waiting, cancel=cancel
        ) as part:
            if part is not None:
                self._store.publish(model, part)
                self._arrived(model)
        return self._store.path_of(model)

    def remove(self, model: Model) -> None:
        """Takes the model's file off this computer, and what has arrived of a download.

        Raises:
            ModelMissingError: there is nothing to remove, or it is part of Rekindle.
            NoPermissionError, InternalError: what the disk says.
        """
        self._downloader.forget(model)
        was_here = self._store.discard(model)
        if model.imported:
            self._store.change_imports(lambda known: [one for one in known if one.id != model.id])
        elif model.bundled and not was_here:
            raise errors.ModelMissingError("“{name}” is part of Rekindle and cannot be removed.", name=model.id)
        elif not was_here:
            raise errors.ModelMissingError("“{name}” is not installed: there is nothing to remove.", name=model.id)

    def import_file(self, path: Path, cancel: CancelToken | None = None) -> Model:
        """Takes a file of the person's own into the store, once it has proved to be a network that runs.

        Raises:
            ModelRefusedError: it is none, or its name says something else, or another model has its ID.
            NotFoundError, NoPermissionError, UnreadablePhotoError, NoSpaceError, InternalError, CancelledError
        """
        cancel = cancel or CancelToken()
        cancel.check()
        found = inspection.inspect(path, self._children, cancel)
        imports.require_honest_name(path.name, found.network)
        self._store.refresh()
        catalogue = self._store.catalogue
        known = next((one for one in (*catalogue.known, *catalogue.models) if one.sha256 == found.sha256), None)
        model = known or imports.described(found.network, path.name, found.sha256, found.size, catalogue)
        if known is not None and self._store.state(known) is ModelState.INSTALLED:
            return known
        self._require_free(model)
        self._copy(path, model, cancel)
        if known is None:
            self._store.change_imports(lambda before: [*(one for one in before if one.id != model.id), model])
        self._arrived(model)
        return model

    def _require_free(self, model: Model) -> None:
        """No model may vanish because another one came."""
        other = next((one for one in self._store.catalogue.models if one.id == model.id), None)
        if other is None or other.sha256 == model.sha256 or not os.path.exists(self._store.path_of(other)):
            return
        raise errors.ModelRefusedError(
            "There is another “{id}” on this computer already. Remove that one first, then import “{name}” again.",
            id=model.id,
            name=model.file,
        )

    def _copy(self, path: Path, model: Model, cancel: CancelToken) -> None:
        """What is copied has to be what was looked at, to the last byte."""
        target = self._store.path_of(model)
        digest = hashlib.sha256()
        try:
            source = path.open("rb")
        except OSError as error:
            raise errors.while_reading(error, path) from error
        with source:
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                with files.whole_file(target, before_publishing=lambda _temp: _require(digest, model, path)) as temp:
                    _copy_hashing(source, temp, digest, cancel)
            except OSError as error:
                raise errors.while_writing(error, target) from error
        self._store.note_whole(model)


def _copy_hashing(source: BinaryIO, target: Path, digest: hashlib._Hash, cancel: CancelToken) -> None:
    with target.open("wb") as out:
        while piece := source.read(_PIECE_BYTES):
            cancel.check()
            digest.update(piece)
            out.write(piece)


def _require(digest: hashlib._Hash, model: Model, path: Path) -> None:
    if digest.hexdigest() != model.sha256:
        raise errors.ModelRefusedError("“{name}” was changed while it was imported. Try again.", name=path.name)
