"""How fast this machine runs a network: by photos that were seen, or else by trials, sisters and arithmetic."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace

from desktop.core.engines import openvino_engine
from desktop.core.engines.base import FAST
from desktop.core.engines.choosing import REFERENCE, Measured, is_measured, ordered
from desktop.core.engines.figures import expected
from desktop.core.experience import Learned
from desktop.core.models.catalogue import Catalogue, Model, pace_of
from desktop.core.throughput import Photo, Speed, fitted
from desktop.core.workload import MEGA, RESIZING, Kind

# What is assumed of a computer on which nothing has run yet: operations a second on one core (measured, rounded
# down), seconds of a photo beside them, and seconds for loading a network of so many weights.
_OPERATIONS_PER_S = {"openvino": 2e11, REFERENCE: 1.2e11}
_FIXED_S = 0.2
_RESIZING_S = 0.05  # a megapixel, read or written, where no network is needed
_LOAD_S, _LOAD_S_PER_PARAMETER = 0.1, 1e-8
# With so many photos of its own, a network's speed is told by them alone.
_ENOUGH_PHOTOS = 6
_USUAL_ENGINE = "openvino" if openvino_engine.installed() else REFERENCE


class Paces:
    """What is known of speeds beside the photos themselves.

    Attributes:
        rehearsed: what trials have shown while this program runs.
    """

    def __init__(self, catalogue: Catalogue, measured: Measured | None = None) -> None:
        """
        Args:
            measured: what is known of the engines before any photo was made.
        """
        self.rehearsed: dict[Kind, Speed] = {}
        self._catalogue = catalogue
        self._measured = measured

    def speed(self, kind: Kind, before: Learned, now: Learned) -> Speed:
        """See ``Forecaster.speed``."""
        return fitted(self._guess(kind, before), self._photos(kind, before), now.photos(kind))

    def engine_of(self, kind: Kind, learned: Learned) -> str:
        """Which engine it will be, as far as can be told."""
        found = learned.find(kind) or learned.last_alike(kind)
        return kind.engine or (found.engine if found is not None else _USUAL_ENGINE)

    def _photos(self, kind: Kind, learned: Learned) -> tuple[Photo, ...]:
        """What tells of a kind's speed: its own photos, and before them, where they are few, those of its sisters.

        A network for another scale calculates the same for every pixel, but for the last of its layers.
        """
        own, model = learned.photos(kind), self._by_pace(kind.model)
        if len(own) >= _ENOUGH_PHOTOS or model is None:
            return own
        alike = learned.find(kind) or learned.last_alike(kind)
        if alike is None:
            return own
        sisters: list[Photo] = []
        for sister in self._catalogue.models:
            if (sister.family, sister.algorithm) == (model.family, model.algorithm) and sister.scale != model.scale:
                times = sister.operations / model.operations
                seen = learned.photos(replace(alike, model=pace_of(sister.id)))
                sisters += ((megapixels * times, seconds) for megapixels, seconds in seen)
        return (*sisters, *own)

    def _guess(self, kind: Kind, learned: Learned) -> Speed:
        """From a trial, or from the number of operations and the speed of another network on this machine."""
        if kind.model == RESIZING:
            return Speed(_FIXED_S, _RESIZING_S)
        model = self._by_pace(kind.model)  # None where it was removed a moment ago
        operations, parameters = (model.operations, model.parameters) if model is not None else (0, 0)
        load = learned.load_s(kind)
        if load is None:
            load = _LOAD_S + parameters * _LOAD_S_PER_PARAMETER
        for per_operation in self._per_operation(kind, model, learned):
            return Speed(_FIXED_S, per_operation * operations, load)
        per_core = _OPERATIONS_PER_S.get(self.engine_of(kind, learned), _OPERATIONS_PER_S[REFERENCE])
        return Speed(_FIXED_S, 2 * operations * MEGA / per_core / (os.cpu_count() or 1), load)

    def _per_operation(self, kind: Kind, model: Model | None, learned: Learned) -> Iterator[float]:
        """Seconds a megapixel for each of a network's operations, the most telling first."""
        if self._measured is not None and model is not None and (measured := _measured_s(self._measured, kind, model)):
            yield measured / model.operations
        for tried, speed in self.rehearsed.items():
            if kind.runs_as(tried) and (other := self._by_pace(tried.model)) is not None:
                yield speed.per_megapixel_s / other.operations
        alike = (known for known in reversed(learned.kinds) if kind.runs_as(known))
        for known in (*alike, *reversed(learned.kinds)):
            if (other := self._by_pace(known.model)) is not None and other.operations:
                yield fitted(Speed(_FIXED_S, 0.0), learned.photos(known)).per_megapixel_s / other.operations

    def _by_pace(self, pace: str) -> Model | None:
        return next((model for model in self._catalogue.models if pace_of(model.id) == pace), None)


def _measured_s(measured: Measured, kind: Kind, model: Model) -> float | None:
    """Seconds a megapixel of the engine that will be taken, where all that may be were measured."""
    found = measured.of(model)
    listed = ordered((one for one in found if kind.engine in ("", one.engine)), found, kind.precision or FAST)
    if not listed or not is_measured(found, listed):
        return None
    needs = expected(model, listed[0].engine)
    return found[listed[0]].ns_per_pixel / 1e3 * (1 - 2 * needs.halo / needs.tile) ** 2
