"""What ``rekindle bench`` compares: each in a process of its own, so that none has another's memory or threads.

A child is told on standard input, a line of JSON for every picture, what to enlarge and where to put it, and answers
each line with one of its own.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from desktop.cli.onnx_twin import OnnxRuntime, coding
from desktop.core import memory
from desktop.core.engines.base import EXACT, F32, FAST, Engine, Mixed, Net
from desktop.core.jobs import Request
from desktop.core.loaded_net import LoadedNet, available_engines
from desktop.core.models.catalogue import Model
from desktop.core.opencv import cv2
from desktop.core.outcome import Outcome
from desktop.core.pipeline import Limits, Pipeline
from desktop.core.workspace import Workspace

GUIDE_EVERY_TIME, GUIDE_ONCE = "dnn_superres-every-time", "dnn_superres-once"
ONNXRUNTIME = "onnxruntime"
_FORWARDS = 3
_MATMUL = 2048


class Rival(Protocol):
    """One way to enlarge a picture. ``load_seconds``: what it took before the first one could be begun."""

    load_seconds: float

    def enlarge(self, source: Path, target: Path) -> float:
        """File to file; the seconds it took."""
        ...


class Guide:
    """OpenCV's dnn_superres as the guides have it: the whole picture at once, loaded once or for every picture."""

    def __init__(self, model: Model, file: Path, *, once: bool) -> None:
        self._model, self._file = model, file
        started = time.perf_counter()
        self._loaded = self._load() if once else None
        self.load_seconds = time.perf_counter() - started

    def _load(self) -> Any:
        found = cv2.dnn_superres.DnnSuperResImpl.create()
        found.readModel(str(self._file))
        found.setModel(self._model.algorithm, self._model.scale)
        return found

    def enlarge(self, source: Path, target: Path) -> float:
        started = time.perf_counter()
        answer = (self._loaded or self._load()).upsample(cv2.imread(str(source)))
        cv2.imwrite(str(target), answer, coding(target))
        return time.perf_counter() - started


@dataclass
class _Only:
    """An engine that offers one arithmetic."""

    engine: Engine
    arithmetic: str
    name: str
    threads: int = field(default=0)
    suits_auto: bool = True

    @property
    def on_gpu(self) -> bool:
        return self.engine.on_gpu

    def require(self) -> None:
        self.engine.require()

    def arithmetics(self, model: Model, file: Path) -> tuple[str, ...]:
        return (self.arithmetic,)

    def prepare(self, model: Model, file: Path) -> None:
        pass

    def load(self, model: Model, file: Path, mixed: Mixed | None = None, arithmetic: str = F32) -> Net:
        return self.engine.load(model, file, mixed, self.arithmetic)


class Ours:
    """Rekindle with one engine and arithmetic, through all that a photo goes through."""

    def __init__(self, workspace: Workspace, model: Model, engine: str, arithmetic: str) -> None:
        only = _Only(available_engines(workspace.store.folder / "twins")[engine], arithmetic, engine)
        loaded = LoadedNet(workspace.store, {engine: only})
        self._precision = EXACT if arithmetic == F32 else FAST
        self._request = Request(Path(), model=model.id, engine=engine, precision=self._precision, existing="overwrite")
        started = time.perf_counter()
        self.net, _ = loaded.get(model, engine, None, self._precision)
        self.load_seconds = time.perf_counter() - started
        self._pipeline = Pipeline(workspace.catalogue, loaded, Limits(memory.default_budget_mib()), workspace.reader)

    def enlarge(self, source: Path, target: Path) -> float:
        request = replace(self._request, path=source, output_file=target, format=_format_of(target), provenance=False)
        outcome: Outcome = self._pipeline.process(request)
        if outcome.error is not None:
            raise outcome.error
        return outcome.seconds

    def forward_seconds(self) -> float:
        """The net alone on a tile of its favourite size, the best of a few."""
        tile = np.random.default_rng(0).integers(0, 256, (self.net.tile, self.net.tile, 3)).astype(np.float32)
        return _best(lambda: self.net.upscale(tile))


def serve(data_dir: Path | None, rival: str, model_id: str) -> int:
    """The child's side: runs until standard input ends."""
    # What libraries print belongs to nobody.
    answers, sys.stdout = sys.stdout, sys.stderr
    workspace = Workspace.open(data_dir)
    model = workspace.catalogue.by_id(model_id)
    made = _made(workspace, model, rival)

    def say(**content: Any) -> None:
        print(json.dumps(content), file=answers, flush=True)

    say(load_seconds=made.load_seconds, tile=made.net.tile if isinstance(made, Ours) else 0)
    for line in sys.stdin:
        asked = json.loads(line)
        if asked.get("forward"):
            say(seconds=made.forward_seconds() if isinstance(made, Ours) else 0.0)
            continue
        with memory.PeakMeter() as meter:
            seconds = made.enlarge(Path(asked["source"]), Path(asked["target"]))
        say(seconds=seconds, peak_mib=meter.peak_mib)
    workspace.close()
    return 0


def _made(workspace: Workspace, model: Model, rival: str) -> Rival:
    if rival in (GUIDE_EVERY_TIME, GUIDE_ONCE):
        return Guide(model, workspace.store.ensure(model), once=rival == GUIDE_ONCE)
    if rival == ONNXRUNTIME:
        return OnnxRuntime(model, workspace.store.ensure(model))
    engine, arithmetic = rival.split("/")
    return Ours(workspace, model, engine, arithmetic)


def peak_operations(arithmetic: str) -> float | None:
    """What this machine does at most, in operations a second: a large OpenVINO MatMul; None where that cannot run."""
    from desktop.core.engines import openvino_engine

    if not openvino_engine.installed():
        return None
    openvino, core = openvino_engine.runtime()
    steps = openvino.opset13
    side = _MATMUL
    random = np.random.default_rng(0)
    given = steps.parameter([side, side], np.float32)
    weights = steps.constant(random.normal(0, 1, (side, side)).astype(np.float32))
    one: Any = given
    if arithmetic == openvino_engine.INT8:
        ends = [steps.constant(np.float32(end)) for end in (-4, 4, -4, 4)]
        one, weights = (steps.fake_quantize(value, *ends, levels) for value, levels in ((given, 256), (weights, 255)))
    graph = openvino.Model([steps.matmul(one, weights, False, False)], [given], "peak")
    hint = "bf16" if arithmetic == openvino_engine.BF16 else "f32"
    request = core.compile_model(graph, "CPU", {"INFERENCE_PRECISION_HINT": hint}).create_infer_request()
    numbers = random.normal(0, 1, (side, side)).astype(np.float32)
    return 2.0 * side**3 / _best(lambda: request.infer([numbers]))


def _best(work: Callable[[], Any]) -> float:
    taken = []
    for _ in range(_FORWARDS + 1):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return min(taken[1:])


def _format_of(target: Path) -> str:
    return "jpeg" if target.suffix == ".jpg" else "png"
