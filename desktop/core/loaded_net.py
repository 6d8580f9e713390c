"""The one loaded net: loaded once, kept, used from one thread."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping

from desktop.core import errors
from desktop.core.engines.base import Engine, Mixed, Net
from desktop.core.engines.opencv_engine import OpenCvEngine
from desktop.core.models.catalogue import FULL_STRENGTH, Model
from desktop.core.models.store import ModelState, Store

logger = logging.getLogger(__name__)

AUTO = "auto"


def available_engines() -> dict[str, Engine]:
    """The engines this installation has, the preferred one first."""
    return {OpenCvEngine.name: OpenCvEngine()}


class LoadedNet:
    """Holds at most one network and reuses it for as long as the same one is asked for.

    Belongs to the thread that first asks for a net: OpenCV's nets must not be shared between threads.
    """

    def __init__(self, store: Store, engines: Mapping[str, Engine] | None = None) -> None:
        self._store = store
        self._engines = dict(engines if engines is not None else available_engines())
        self._held: tuple[tuple[str, str, int, str], Net] | None = None
        self._thread: int | None = None

    @property
    def engine_names(self) -> tuple[str, ...]:
        return tuple(self._engines)

    def require_engine(self, name: str) -> None:
        """Raises UsageError for an engine this installation does not have."""
        if name != AUTO and name not in self._engines:
            raise errors.UsageError(
                "The engine “{name}” is not available here. There is: {known}.",
                name=name,
                known=", ".join((AUTO, *self._engines)),
            )

    def has(self, model: Model) -> bool:
        """Whether the model is on this computer, or ships with Rekindle; changes nothing."""
        return self._store.state(model) is not ModelState.AVAILABLE

    def get(self, model: Model, engine: str = AUTO, strength: int | None = None) -> tuple[Net, float]:
        """The net, and the seconds it took to load: 0 when it was there already.

        Args:
            strength: 0..100, for a model that has one: between its gentle end and itself; itself where None.

        Raises:
            ModelMissingError, ModelDamagedError, EngineFailedError, UsageError (unknown engine).
            RuntimeError: asked from a second thread.
        """
        self.require_engine(engine)
        current = threading.get_ident()
        if self._thread is None:
            self._thread = current
        elif self._thread != current:
            raise RuntimeError("the loaded net belongs to another thread")
        name = next(iter(self._engines)) if engine == AUTO else engine
        gentle = self._store.catalogue.gentle_end(model)
        strength = FULL_STRENGTH if strength is None or gentle is None else strength
        if gentle is not None and strength == 0:
            model, gentle, strength = gentle, None, FULL_STRENGTH
        # By checksum too: an imported model may take the place of another one of that ID.
        key = (model.id, model.sha256, strength, name)
        if self._held is not None and self._held[0] == key:
            return self._held[1], 0.0
        self._held = None  # the old net goes before the new one comes: never two in memory
        started = time.perf_counter()
        file = self._store.ensure(model)
        if gentle is not None and strength < FULL_STRENGTH:
            mixed = Mixed(self._store.ensure(gentle), 1 - strength / FULL_STRENGTH)
            net = self._engines[name].load(model, file, mixed)
        else:
            net = self._engines[name].load(model, file)
        seconds = time.perf_counter() - started
        self._held = (key, net)
        logger.info("Loaded %s, strength %d, with %s in %.2f s", model.id, strength, name, seconds)
        return net, seconds
