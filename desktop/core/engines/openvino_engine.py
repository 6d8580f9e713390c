"""OpenVINO on the processor: the same networks in float32, bfloat16 or whole numbers of eight bits.

Optional: where it is not installed, or does not work, OpenCV does it. It is imported when it is first used, as that
takes a moment. Nothing of it talks to the network: its telemetry belongs to tools that are not used here.
"""

from __future__ import annotations

import hashlib
import importlib.util
import io
import logging
import sys
import threading
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop.core import errors, priority
from desktop.core.engines import luma
from desktop.core.engines.base import EXACT, F32, FAST, Mixed
from desktop.core.engines.calibration import tiles_for
from desktop.core.engines.common import content_of, no_memory, require_numbers, require_shape, steps_of, unlike
from desktop.core.engines.figures import Figures, openvino_figures
from desktop.core.engines.openvino_graph import graph_of, taps_of
from desktop.core.engines.ranges import SUFFIX, Known, Ranges, Span, between
from desktop.core.engines.recipe import Step
from desktop.core.engines.recipe import mixed as mixed_steps
from desktop.core.engines.twins import Twins
from desktop.core.models.catalogue import Model

logger = logging.getLogger(__name__)

BF16, INT8 = "bf16", "int8"
# Of the graph that is built here: a twin of another one is no use.
_BUILD = "1"
_once = threading.Lock()
_core: tuple[Any, Any] | None = None


def installed() -> bool:
    """Whether it can be imported, without doing so."""
    try:
        return importlib.util.find_spec("openvino") is not None
    except (ImportError, ValueError):
        return False


def runtime() -> tuple[Any, Any]:
    """The module, and the one ``Core`` of this process.

    Raises:
        EngineFailedError: it is not installed, or does not work here.
    """
    global _core
    with _once:
        if _core is None:
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # of its own making, about itself
                    # Tools that are not used here, and what counts their use, are not let in: it does without.
                    for unused in ("openvino_telemetry", "openvino.tools.ovc"):
                        sys.modules.setdefault(unused, None)  # type: ignore[arg-type]
                    import openvino
                core = openvino.Core()
                core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
            except Exception as error:  # whatever keeps it from working, there is another engine
                raise errors.EngineFailedError("OpenVINO does not work here: {reason}.", reason=error) from error
            _core = openvino, core
        return _core


@dataclass(frozen=True)
class _Content:
    """A network's file, read. ``name`` is its checksum, or those of two that are mixed."""

    steps: list[Step]
    name: str
    ranges: Ranges | None


class OpenVinoNet:
    """See ``Net``."""

    engine = "openvino"

    def __init__(self, compiled: Any, model: Model, arithmetic: str, figures: Figures) -> None:
        self.scale = model.scale
        self.arithmetic = arithmetic
        self.precision = EXACT if arithmetic == F32 else FAST
        self.halo, self.tile = figures.halo, figures.tile
        self._figures = figures
        self._in_colour = model.algorithm == "edsr"
        self._request = compiled.create_infer_request()

    def upscale(self, picture: NDArray[np.float32]) -> NDArray[np.float32]:
        if not self._in_colour:
            return luma.enlarged(picture, lambda brightness: self._forward(brightness[..., np.newaxis])[..., 0])
        result = self._forward(picture)
        require_numbers(result)
        return result

    def _forward(self, given: NDArray[np.float32]) -> NDArray[np.float32]:
        """(H, W, C) to (H * scale, W * scale, C)."""
        height, width, channels = given.shape
        try:
            self._request.infer([np.ascontiguousarray(given[np.newaxis])])
            # What the request holds is its own, and overwritten by the next picture.
            answer = np.array(self._request.get_output_tensor(0).data, np.float32)
        except MemoryError as error:
            raise no_memory(width, height) from error
        except RuntimeError as error:
            if _is_memory(error):
                raise no_memory(width, height) from error
            raise errors.EngineFailedError(
                "OpenVINO could not run the model: {reason}.", reason=_line(error)
            ) from error
        require_shape(answer, (1, height * self.scale, width * self.scale, channels))
        result: NDArray[np.float32] = answer[0]
        return result

    def working_mib(self, tile: int) -> int:
        return self._figures.working_mib(tile)


class OpenVinoEngine:
    """See ``Engine``."""

    name = "openvino"
    on_gpu = False
    suits_auto = True

    def __init__(self, twins: Path | None = None, shipped: Path | None = None, threads: int = 0) -> None:
        """
        Args:
            twins: folder for what was made of networks; nothing is kept where None.
            shipped: folder with the ranges that ship with Rekindle's own networks.
            threads: 0 for as many as the process may use.
        """
        self._folder = twins
        self._twins = Twins(twins) if twins is not None else None
        self._shipped = shipped
        self.threads = threads

    def require(self) -> None:
        runtime()

    def arithmetics(self, model: Model, file: Path) -> tuple[str, ...]:
        if model.algorithm != "edsr":
            return (F32,)  # so small that there is little to gain
        _, core = runtime()
        able = core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        known = self._ranges(file, _sha256(content_of(model, file))) if "INT8" in able else None
        return tuple(name for name, there in ((INT8, known), (BF16, "BF16" in able), (F32, True)) if there)

    def load(self, model: Model, file: Path, mixed: Mixed | None = None, arithmetic: str = F32) -> OpenVinoNet:
        openvino, core = runtime()
        content = content_of(model, file)
        options = self._options(arithmetic)
        figures = openvino_figures(model, content, arithmetic)
        key = self._key(core, arithmetic, content, mixed, model)
        twin = self._twins.load(*key) if self._twins is not None else None
        try:
            if twin is not None:
                try:
                    return OpenVinoNet(core.import_model(io.BytesIO(twin), "CPU", options), model, arithmetic, figures)
                except RuntimeError as error:
                    logger.warning("A twin of %s is of no use and is made again: %s", model.id, _line(error))
            known = self._read(model, file, content, mixed, arithmetic)
            compiled = core.compile_model(graph_of(openvino, known.steps, known.ranges), "CPU", options)
            if self._twins is not None and arithmetic == INT8:
                stream = io.BytesIO()
                compiled.export_model(stream)
                self._twins.save(stream.getvalue(), *key)
            return OpenVinoNet(compiled, model, arithmetic, figures)
        except RuntimeError as error:
            if _is_memory(error):
                raise errors.OutOfMemoryError(
                    "There is not enough memory to load the model “{name}”. Close other programs and try again.",
                    name=model.id,
                ) from error
            raise errors.EngineFailedError(
                "OpenVINO could not load the model: {reason}.", reason=_line(error)
            ) from error

    def prepare(self, model: Model, file: Path) -> None:
        _, core = runtime()
        if model.algorithm != "edsr" or "INT8" not in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
            return
        if self._ranges(file, _sha256(content_of(model, file))) is None:
            self.calibrate(model, file)

    def calibrate(self, model: Model, file: Path) -> Ranges:
        """Measures the ranges of a network, and keeps them for next time where there is a folder. Takes seconds.

        Raises:
            EngineFailedError, ModelDamagedError: as ``load``.
        """
        openvino, core = runtime()
        content = content_of(model, file)
        steps = steps_of(model, content, "OpenVINO")
        taps = core.compile_model(taps_of(openvino, steps), "CPU", self._options(F32))
        request = taps.create_infer_request()
        tiles = tiles_for(model)
        spans = [Span(len(tiles)) for _ in taps.outputs]
        for tile in tiles:
            request.infer([tile[np.newaxis]])
            for number, span in enumerate(spans):
                span.take(request.get_output_tensor(number).data)
        found = tuple(span.ends for span in spans)
        if self._folder is not None:
            digest = _sha256(content)
            try:
                Known(digest, found).save(self._folder / f"{digest[:40]}{SUFFIX}")
            except OSError as error:
                logger.info("The ranges of %s cannot be kept: %s", model.id, error)
        return found

    def _options(self, arithmetic: str) -> dict[str, Any]:
        return {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": "bf16" if arithmetic == BF16 else "f32",
            "INFERENCE_NUM_THREADS": self.threads or priority.usable_cores(),
            # Where a window wants a core for a moment, no thread shall insist on that very one.
            "ENABLE_CPU_PINNING": False,
        }

    def _key(self, core: Any, arithmetic: str, content: bytes, mixed: Mixed | None, model: Model) -> tuple[str, ...]:
        """All that a twin depends on."""
        version = core.get_versions("CPU")["CPU"].build_number
        other = (_sha256(content_of(model, mixed.file)), f"{mixed.share:.6f}") if mixed is not None else ()
        able = core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        place = core.get_property("CPU", "FULL_DEVICE_NAME")
        return (self.name, version, _BUILD, arithmetic, _sha256(content), *other, place, " ".join(sorted(able)))

    def _read(self, model: Model, file: Path, content: bytes, mixed: Mixed | None, arithmetic: str) -> _Content:
        steps, digest = steps_of(model, content, "OpenVINO"), _sha256(content)
        ranges = self._ranges(file, digest) if arithmetic == INT8 else None
        if mixed is None:
            return _Content(steps, digest, self._require(ranges, arithmetic, model))
        other = content_of(model, mixed.file)
        try:
            steps = mixed_steps(steps, steps_of(model, other, "OpenVINO"), mixed.share)
        except ValueError as error:
            raise unlike(model) from error
        others = self._ranges(mixed.file, _sha256(other)) if arithmetic == INT8 else None
        both = between(ranges, others, mixed.share) if ranges and others else None
        return _Content(steps, digest, self._require(both, arithmetic, model))

    def _ranges(self, file: Path, sha256: str) -> Ranges | None:
        places = [self._shipped / f"{file.stem}{SUFFIX}"] if self._shipped is not None else []
        if self._folder is not None:
            places.append(self._folder / f"{sha256[:40]}{SUFFIX}")
        known = (Known.load(place, sha256) for place in places)
        return next((one.ranges for one in known if one is not None), None)

    def _require(self, ranges: Ranges | None, arithmetic: str, model: Model) -> Ranges | None:
        if arithmetic == INT8 and ranges is None:
            raise errors.EngineFailedError("The model “{name}” has not been measured for eight bits.", name=model.id)
        return ranges


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _is_memory(error: BaseException) -> bool:
    return "bad_alloc" in str(error) or "could not allocate" in str(error).lower() or "out of memory" in str(error)


def _line(error: BaseException) -> str:
    """The last line is what happened; those before say where in OpenVINO's source."""
    lines = str(error).strip().splitlines()
    return lines[-1] if lines else type(error).__name__
