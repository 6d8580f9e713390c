"""ncnn on the processor: float32 by Winograd's method, the quickest way to exact answers for large networks.

Optional, as OpenVINO is. Its bfloat16 was measured to be 5 % quicker than its float32 on a processor that has
instructions for it, where OpenVINO's takes half the time: it is not offered.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from desktop.core import errors, priority
from desktop.core.engines import luma, ncnn_runtime
from desktop.core.engines.base import EXACT, F32, FAST, Mixed
from desktop.core.engines.common import (
    built_in_another_way,
    by_planes,
    content_of,
    no_memory,
    require_numbers,
    require_shape,
    steps_of,
    unlike,
)
from desktop.core.engines.figures import Figures, ncnn_figures
from desktop.core.engines.ncnn_graph import Written, written
from desktop.core.engines.ncnn_runtime import NcnnError, Runner
from desktop.core.engines.recipe import UnknownStepError
from desktop.core.engines.recipe import mixed as mixed_steps
from desktop.core.engines.twins import Twins
from desktop.core.models.catalogue import Model

logger = logging.getLogger(__name__)

# Of what is written here: a twin of another one is no use.
_BUILD = "1"
_LIBRARY = "ncnn"

Forward = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""(C, H, W) to (C, H * scale, W * scale). Raises NcnnError, MemoryError, EngineFailedError."""


class NcnnNet:
    """See ``Net``. Where it is calculated is up to ``forward``."""

    def __init__(self, forward: Forward, model: Model, engine: str, arithmetic: str, figures: Figures) -> None:
        self.scale = model.scale
        self.engine = engine
        self.arithmetic = arithmetic
        self.precision = EXACT if arithmetic == F32 else FAST
        self.halo, self.tile = figures.halo, figures.tile
        self._figures = figures
        self._in_colour = model.algorithm == "edsr"
        self._run = forward

    def upscale(self, picture: NDArray[np.float32]) -> NDArray[np.float32]:
        if not self._in_colour:
            return luma.enlarged(picture, lambda brightness: self._forward(brightness[np.newaxis])[0])
        result = by_planes(picture, self._forward)
        require_numbers(result)
        return result

    def _forward(self, given: NDArray[np.float32]) -> NDArray[np.float32]:
        count, height, width = given.shape
        try:
            answer = self._run(given)
        except MemoryError as error:
            raise no_memory(width, height) from error
        except NcnnError as error:
            raise errors.EngineFailedError("ncnn could not run the model: {reason}.", reason=error) from error
        require_shape(answer, (count, height * self.scale, width * self.scale))
        return answer

    def working_mib(self, tile: int) -> int:
        return self._figures.working_mib(tile)


class Networks:
    """Networks as ncnn has them, kept in a folder once they are written."""

    def __init__(self, folder: Path | None) -> None:
        """``folder`` need not exist; nothing is kept where None."""
        self._twins = Twins(folder) if folder is not None else None

    def of(self, model: Model, file: Path, mixed: Mixed | None) -> tuple[Written, Figures]:
        """Raises EngineFailedError, ModelDamagedError."""
        content = content_of(model, file)
        other = content_of(model, mixed.file) if mixed is not None else b""
        share = mixed.share if mixed is not None else 0.0
        figures = ncnn_figures(model, content)
        digests = [hashlib.sha256(one).hexdigest() for one in (content, other)]
        key = (_LIBRARY, _version(), _BUILD, *digests, f"{share:.6f}")
        twin = self._twins.load(*key) if self._twins is not None else None
        if twin is not None:
            try:
                return Written.unpacked(twin), figures
            except ValueError as error:
                logger.warning("A twin of %s is of no use and is made again: %s", model.id, error)
        steps = steps_of(model, content, _LIBRARY)
        if mixed is not None:
            try:
                steps = mixed_steps(steps, steps_of(model, other, _LIBRARY), share)
            except ValueError as error:
                raise unlike(model) from error
        try:
            made = written(steps)
        except UnknownStepError as error:
            raise built_in_another_way(model, _LIBRARY) from error
        if self._twins is not None:
            self._twins.save(made.packed(), *key)
        return made, figures


class NcnnEngine:
    """See ``Engine``."""

    name = "ncnn"
    on_gpu = False
    suits_auto = True

    def __init__(self, twins: Path | None = None, threads: int = 0) -> None:
        """
        Args:
            twins: folder for what was made of networks; nothing is kept where None.
            threads: 0 for as many as the process may use.
        """
        self._networks = Networks(twins)
        self.threads = threads

    def require(self) -> None:
        _version()

    def arithmetics(self, model: Model, file: Path) -> tuple[str, ...]:
        _version()
        return (F32,)

    def prepare(self, model: Model, file: Path) -> None:
        self._networks.of(model, file, None)

    def load(self, model: Model, file: Path, mixed: Mixed | None = None, arithmetic: str = F32) -> NcnnNet:
        if arithmetic != F32:
            raise errors.EngineFailedError("ncnn does not calculate in {name} here.", name=arithmetic)
        network, figures = self._networks.of(model, file, mixed)
        try:
            runner = Runner(network, threads=self.threads or priority.usable_cores())
        except MemoryError as error:
            raise no_memory_to_load(model) from error
        except NcnnError as error:
            raise errors.EngineFailedError("ncnn could not load the model: {reason}.", reason=error) from error
        return NcnnNet(runner.forward, model, self.name, arithmetic, figures)


def no_memory_to_load(model: Model) -> errors.OutOfMemoryError:
    return errors.OutOfMemoryError(
        "There is not enough memory to load the model “{name}”. Close other programs and try again.", name=model.id
    )


def _version() -> str:
    """Of ncnn. Raises EngineFailedError."""
    try:
        return ncnn_runtime.version()
    except NcnnError as error:
        raise errors.EngineFailedError("ncnn does not work here: {reason}.", reason=error) from error
