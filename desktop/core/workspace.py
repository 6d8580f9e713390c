"""What the window and the command line both start from: the folders, the catalogue and the store."""

from __future__ import annotations

import logging
import logging.handlers
import threading
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from desktop.core import errors, priority
from desktop.core.engines.available import available_engines
from desktop.core.engines.choosing import Gain, Measured, candidates, gain, is_measured, look, measure, prepare
from desktop.core.forecast import DEFAULT_MAX_MEGAPIXELS
from desktop.core.isolation.pool import WorkerPool
from desktop.core.loaded_net import LoadedNet
from desktop.core.models.catalogue import Catalogue, Model
from desktop.core.models.store import ModelState, Notice, Store
from desktop.core.paths import Folders, bundled
from desktop.core.photo.isolated import IsolatedReader
from desktop.core.pipeline import Limits, Pipeline
from desktop.core.results import Results

if TYPE_CHECKING:
    from desktop.core.models.installer import Installer

_PATIENCE_S = 10.0
logger = logging.getLogger(__name__)
_LOG_BYTES, _LOG_FILES = 1_000_000, 3


class _LogFile(logging.handlers.RotatingFileHandler):
    """Keeps quiet where a line cannot be written: a full disk is told of where it matters."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        pass


@dataclass(frozen=True)
class Workspace:
    """One person's Rekindle on disk.

    Attributes:
        children: processes in which strangers' files are opened; ended by ``close``.
    """

    folders: Folders
    catalogue: Catalogue
    store: Store
    children: WorkerPool = field(default_factory=WorkerPool)
    _closed: threading.Event = field(default_factory=threading.Event)
    _measuring: list[threading.Thread] = field(default_factory=list)

    @property
    def reader(self) -> IsolatedReader:
        """Opens photos in children with limits, so that no file can hurt."""
        return IsolatedReader(self.children)

    @cached_property
    def measured(self) -> Measured:
        """How fast the engines are on this machine, as far as that is known."""
        return Measured(self.folders.cache)

    @cached_property
    def results(self) -> Results:
        """What was finished lately and need not be made again."""
        return Results(self.folders.cache)

    def gain(self, family: str, scale: int) -> Gain | None:
        """What fast arithmetic gives on this machine for a model, as far as that was measured."""
        try:
            return gain(self.measured.of(self.catalogue.choose(family, scale)))
        except errors.RekindleError:
            return None

    @property
    def installer(self) -> Installer:
        """Changes which models are here. The first use takes a moment: hardly any start needs what talks to the web."""
        from desktop.core.models.download import Downloader
        from desktop.core.models.installer import Installer

        return Installer(self.store, Downloader.for_environment(self.folders.models), self.children, self._prepare)

    def _prepare(self, model: Model) -> None:
        engines, file = available_engines(self.store.folder / "twins"), self.store.path_of(model)
        prepare(engines, model, file)
        try:
            look(engines, model, file, self.measured)
        except errors.RekindleError as error:
            logger.warning("The engines could not be tried with %s: %s", model.id, error)

    def warm(self) -> None:
        """Starts, in the background, what the first photo would wait for."""
        threading.Thread(target=self.children.start, name="warming", daemon=True).start()

    def measure(self, family: str, scale: int) -> None:
        """Finds out, in the background and once for a machine, which engine is the fastest for a model.

        Nothing happens where that is known, or the model is not here.
        """
        thread = threading.Thread(target=self._measure, args=(family, scale), name="measuring", daemon=True)
        self._measuring.append(thread)
        thread.start()

    def _measure(self, family: str, scale: int) -> None:
        priority.give_way()
        try:
            model = self.catalogue.choose(family, scale)
            if self.store.state(model) is ModelState.AVAILABLE:
                return
            file = self.store.ensure(model)
            engines = available_engines(self.store.folder / "twins")
            prepare(engines, model, file)
            if not is_measured(self.measured.of(model), candidates(engines, model, file)):
                measure(engines, model, file, self.measured, self._closed)
        except errors.RekindleError as error:
            logger.warning("The engines could not be measured: %s", error)

    def close(self) -> None:
        self._closed.set()
        for thread in self._measuring:
            thread.join(_PATIENCE_S)  # no engine may be at work while the program goes
        self.children.close()

    @classmethod
    def open(
        cls, data_dir: Path | None = None, notice: Notice | None = None, children: WorkerPool | None = None
    ) -> Workspace:
        """
        Args:
            data_dir: base for all folders; the platform's usual places where None.
            notice: told what the person should know, such as a repaired model.
            children: where some were started already.
        """
        folders = Folders.under(data_dir) if data_dir else Folders.for_user()
        catalogue = Catalogue.load(bundled("models", "catalogue.toml"))
        store = Store(folders.models, catalogue, bundled("models", "weights"), notice)
        store.refresh()
        return cls(folders, catalogue, store, children or WorkerPool())

    def pipeline(
        self, memory_mib: int = 0, max_megapixels: int = DEFAULT_MAX_MEGAPIXELS, spare_cores: int = 0
    ) -> Pipeline:
        """A pipeline with a net of its own. ``memory_mib`` 0 stands for a quarter of the machine's memory."""
        return Pipeline(
            self.catalogue,
            LoadedNet(self.store, measured=self.measured),
            Limits.chosen(memory_mib, max_megapixels, spare_cores),
            self.reader,
            self.results,
        )

    def log_to_file(self) -> None:
        """Writes the log into the person's folder, rotated. A folder that cannot be written is no reason to stop."""
        logger = logging.getLogger("desktop")
        try:
            self.folders.log.mkdir(parents=True, exist_ok=True)
            handler = _LogFile(
                self.folders.log_file, maxBytes=_LOG_BYTES, backupCount=_LOG_FILES, encoding="utf-8", errors="replace"
            )
        except OSError as error:
            logger.warning("No log can be kept in %s: %s", self.folders.log, error)
            return
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        handler.setLevel(logging.INFO)
        logger.addHandler(handler)
