"""The one loaded net: loaded once, kept, used from one thread."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from desktop.core import errors
from desktop.core.engines.available import available_engines
from desktop.core.engines.base import F32, FAST, Engine, Mixed, Net
from desktop.core.engines.calibration import is_large
from desktop.core.engines.choosing import (
    REFERENCE,
    Candidate,
    Measured,
    candidates,
    first_look,
    is_right,
    ordered,
    proven,
)
from desktop.core.engines.guard import GuardedNet
from desktop.core.models.catalogue import FULL_STRENGTH, Model
from desktop.core.models.store import ModelState, Store

logger = logging.getLogger(__name__)

__all__ = ["AUTO", "LoadedNet", "available_engines"]

AUTO = "auto"


class LoadedNet:
    """Holds at most one network and reuses it for as long as the same one is asked for.

    Belongs to the thread that first asks for a net: OpenCV's nets must not be shared between threads.
    """

    def __init__(
        self, store: Store, engines: Mapping[str, Engine] | None = None, measured: Measured | None = None
    ) -> None:
        """
        Args:
            engines: what this installation has where None. One of them is the reference: OpenCV, or else the first.
            measured: what is known of this machine.
        """
        self._store = store
        self._engines = dict(engines if engines is not None else available_engines(store.folder / "twins"))
        self._reference = REFERENCE if REFERENCE in self._engines else next(iter(self._engines))
        self._measured = measured or Measured()
        self._given_up: set[Candidate] = set()
        self._held: tuple[tuple[str, str, int, str], str, Net] | None = None
        self._thread: int | None = None

    @property
    def engine_names(self) -> tuple[str, ...]:
        return tuple(self._engines)

    def use_threads(self, threads: int) -> None:
        """How many threads engines may use from the next net on; 0 for all that there are."""
        for engine in self._engines.values():
            if engine.threads != threads:
                engine.threads = threads
                self._held = None

    def require_engine(self, name: str) -> None:
        """Raises UsageError for an engine this installation does not have."""
        if name != AUTO and name not in self._engines:
            raise errors.UsageError(
                "The engine “{name}” is not available here. There is: {known}.",
                name=name,
                known=", ".join((AUTO, *self._engines)),
            )
        if name != AUTO:
            try:
                self._engines[name].require()
            except errors.EngineFailedError as error:
                raise errors.UsageError(
                    "The engine “{name}” is not available here: {reason}", name=name, reason=error
                ) from error

    def has(self, model: Model) -> bool:
        """Whether the model is on this computer, or ships with Rekindle; changes nothing."""
        return self._store.state(model) is not ModelState.AVAILABLE

    def get(
        self, model: Model, engine: str = AUTO, strength: int | None = None, precision: str = FAST
    ) -> tuple[Net, float]:
        """The net, and the seconds it took to load: 0 when it was there already.

        Args:
            strength: 0..100, for a model that has one: between its gentle end and itself; itself where None.
            precision: "exact" or "fast".

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
        gentle = self._store.catalogue.gentle_end(model)
        strength = FULL_STRENGTH if strength is None or gentle is None else strength
        if gentle is not None and strength == 0:
            model, gentle, strength = gentle, None, FULL_STRENGTH
        # By checksum too: an imported model may take the place of another one of that ID.
        key = (model.id, model.sha256, strength, precision)
        if self._held is not None:
            held, asked, net = self._held
            if held == key and engine in (asked, net.engine):
                return net, 0.0
            del net
        self._held = None  # the old net goes before the new one comes: never two in memory
        started = time.perf_counter()
        file = self._store.ensure(model)
        mixed = None
        if gentle is not None and strength < FULL_STRENGTH:
            mixed = Mixed(self._store.ensure(gentle), 1 - strength / FULL_STRENGTH)
        net = self._load(model, file, mixed, engine, precision)
        seconds = time.perf_counter() - started
        self._held = (key, engine, net)
        logger.info(
            "Loaded %s, strength %d, with %s in %s in %.2f s", model.id, strength, net.engine, net.arithmetic, seconds
        )
        return net, seconds

    def _load(self, model: Model, file: Path, mixed: Mixed | None, engine: str, precision: str) -> Net:
        """The best that works. What does not has a word in the log; the person hears of the reference's trouble."""
        known = self._measured.of(model)
        chosen = proven(self._engines, known) if engine == AUTO else {engine: self._engines[engine]}

        def reference() -> Net:
            return self._engines[self._reference].load(model, file, mixed)

        if chosen.keys() == {self._reference}:
            return reference()
        able = candidates(chosen, model, file, named=engine != AUTO)
        for candidate in ordered(able, known, precision, large=is_large(model)):
            if candidate in self._given_up:
                continue
            if candidate.engine == self._reference:
                break
            try:
                net = self._guarded(candidate, model, file, mixed, reference)
                if candidate.arithmetic != F32 and candidate not in known:
                    found = first_look(net, reference(), model)
                    self._measured.note(model, candidate, found)
                    if not is_right(candidate, found):
                        logger.warning("%s is no match for %s: %.1f dB", candidate, model.id, found.decibels)
                        continue
                if not net.broken:
                    return net
            except errors.OutOfMemoryError:
                raise
            except errors.EngineFailedError as error:
                logger.warning("%s cannot run %s: %s", candidate, model.id, error)
        return reference()

    def _guarded(
        self, candidate: Candidate, model: Model, file: Path, mixed: Mixed | None, reference: Callable[[], Net]
    ) -> GuardedNet:
        def failed(reason: errors.RekindleError) -> None:
            self._given_up.add(candidate)
            self._store.notice(
                errors.EngineFailedError(
                    "The fast engine {engine} went wrong on this computer ({reason}) and is not used until Rekindle "
                    "starts again. Photos turn out right all the same, but take longer.",
                    engine=candidate.engine,
                    reason=str(reason).rstrip("."),
                )
            )

        engine = self._engines[candidate.engine]
        return GuardedNet(
            lambda: engine.load(model, file, mixed, candidate.arithmetic), reference, failed, sampled=engine.on_gpu
        )
