"""``rekindle bench``: speed on this machine, side by side and in turns, because machines are noisy."""

from __future__ import annotations

import argparse
import importlib.util
import json
import logging
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import desktop
from desktop.cli import rivals
from desktop.cli.bench_report import Row, chart, markdown, table
from desktop.cli.bench_tiles import measure_tiles
from desktop.core import memory
from desktop.core.engines.calibration import decibels
from desktop.core.engines.choosing import candidates
from desktop.core.errors import InternalError, RekindleError, UsageError
from desktop.core.loaded_net import AUTO, available_engines
from desktop.core.models.catalogue import Model
from desktop.core.opencv import cv2
from desktop.core.paths import sample_photo
from desktop.core.photo.read import read
from desktop.core.workspace import Workspace

logger = logging.getLogger(__name__)

_USUAL_FAMILY = "edsr-baseline"
_WHOLE = "whole command"
_FROZEN = bool(getattr(sys, "frozen", False))  # then there is no Python for the guides
# Width, height, file: what the guides show, and a photo of two megapixels.
_PICTURES = {"500 x 500": (500, 500, ".png"), "2 megapixels": (1632, 1224, ".jpg")}
# As a person would run it, who has nothing of ours: neither its start nor its memory are to be counted.
_GUIDE_SCRIPT = """
import sys, cv2
source, target, file, algorithm, scale = sys.argv[1:]
net = cv2.dnn_superres.DnnSuperResImpl.create()
net.readModel(file)
net.setModel(algorithm, int(scale))
cv2.imwrite(target, net.upsample(cv2.imread(source)), [cv2.IMWRITE_JPEG_QUALITY, 95])
"""
_GUIDE_CHILD = """
import json, sys, time, cv2
once, file, algorithm, scale = sys.argv[1:]
def load():
    net = cv2.dnn_superres.DnnSuperResImpl.create()
    net.readModel(file)
    net.setModel(algorithm, int(scale))
    return net
started = time.perf_counter()
kept = load() if once == "once" else None
print(json.dumps({"load_seconds": time.perf_counter() - started, "tile": 0}), flush=True)
for line in sys.stdin:
    asked = json.loads(line)
    started = time.perf_counter()
    answer = (kept or load()).upsample(cv2.imread(asked["source"]))
    coding = [cv2.IMWRITE_JPEG_QUALITY, 95] if asked["target"].endswith(".jpg") else []
    cv2.imwrite(asked["target"], answer, coding)
    print(json.dumps({"seconds": time.perf_counter() - started}), flush=True)
"""


def run_bench(options: argparse.Namespace) -> int:
    """Measures and prints. Every figure is the median of several rounds taken in turns with its rivals."""
    if options.rival:
        return rivals.serve(options.data_dir, options.rival, options.model)
    workspace = Workspace.open(options.data_dir)
    model = workspace.catalogue.choose(options.model or _USUAL_FAMILY, options.scale)
    file = workspace.store.ensure(model)
    engines = available_engines(workspace.store.folder / "twins")
    if options.engine != AUTO and options.engine not in engines:
        raise UsageError("The engine “{name}” is not available here.", name=options.engine)
    chosen = engines if options.engine == AUTO else {options.engine: engines[options.engine]}
    if options.engine != AUTO:
        chosen[options.engine].require()
    ours = candidates(chosen, model, file, named=options.engine != AUTO)
    if options.tiles:
        for one in ours:
            net = engines[one.engine].load(model, file, None, one.arithmetic)
            measure_tiles(net, lambda side: _sample(side, side), as_json=options.json)
        return 0
    named = [rivals.GUIDE_EVERY_TIME, rivals.GUIDE_ONCE, *map(str, ours)]
    if model.algorithm == "edsr" and importlib.util.find_spec("onnxruntime") is not None:
        named.append(rivals.ONNXRUNTIME)
    with tempfile.TemporaryDirectory(prefix="rekindle-bench-") as folder:
        bench = _Bench(workspace, model, file, Path(folder), options)
        rows: list[Row] = []
        for title, pictures in _cases(options.photos, Path(folder)):
            rows += _print(bench.compare(title, pictures, named), as_json=options.json)
        if not options.quick:
            rows += _print(bench.shares(rows), as_json=options.json)
    if options.chart is not None:
        chart(rows, options.chart)
    if options.markdown is not None:
        options.markdown.write_text(markdown(rows, model, desktop.__version__, options.chart), "utf-8")
    workspace.close()
    return 0


def _cases(photos: Sequence[Path], folder: Path) -> Iterator[tuple[str, list[Path]]]:
    if photos:
        missing = [photo for photo in photos if not photo.is_file()]
        if missing:
            raise UsageError("There is no photo “{name}”.", name=missing[0])
        yield (photos[0].name if len(photos) == 1 else f"{len(photos)} photos"), list(photos)
        return
    for title, (width, height, suffix) in _PICTURES.items():
        path = folder / f"{width}{suffix}"
        cv2.imwrite(str(path), _sample(width, height)[..., ::-1])
        yield title, [path]


def _sample(width: int, height: int) -> NDArray[np.uint8]:
    """The sample photo, repeated."""
    pixels = read(sample_photo()).pixels
    times = -(-height // pixels.shape[0]), -(-width // pixels.shape[1]), 1
    return np.ascontiguousarray(np.tile(pixels, times)[:height, :width]).astype(np.uint8)


@dataclass
class _Taken:
    """What one rival took. ``seconds``: of each round, all pictures together."""

    seconds: list[float] = field(default_factory=list)
    load_seconds: float = 0.0
    peak_mib: int = 0
    decibels: float = float("inf")


@dataclass(frozen=True)
class _Bench:
    workspace: Workspace
    model: Model
    file: Path
    folder: Path
    options: argparse.Namespace

    def compare(self, title: str, pictures: list[Path], named: list[str]) -> list[Row]:
        """A row for every rival, those who cannot left out."""
        megapixels = sum(_pixels(path) for path in pictures) / 1e6
        with ExitStack() as stack:
            children = {}
            for name in named:
                try:
                    children[name] = stack.enter_context(self._child(name))
                except RekindleError as error:
                    logger.warning("%s is left out: %s", name, error)
            taken = {name: _Taken(load_seconds=child.load_seconds) for name, child in children.items()}
            self._look(pictures, children, taken)
            for _ in range(self.options.rounds):
                for name, child in children.items():
                    answers = [child.ask(source=str(path), target=str(self._result(name, path))) for path in pictures]
                    taken[name].seconds.append(sum(answer["seconds"] for answer in answers))
                    taken[name].peak_mib = max(taken[name].peak_mib, *(answer["peak_mib"] for answer in answers))
        if not self.options.quick:
            self._whole_commands(pictures, taken)
        shares = {True: _pixels(pictures[0]) / 1e6, False: megapixels}  # whole commands are given the first alone
        return [_row(title, name, one, shares[name.startswith(_WHOLE)], taken) for name, one in taken.items()]

    def _look(self, pictures: list[Path], children: dict[str, _Child], taken: dict[str, _Taken]) -> None:
        """The first round, which counts for nothing but the answers: without loss, beside dnn_superres' own."""
        for path in pictures:
            shown: dict[str, NDArray[np.float32]] = {}
            for name, child in children.items():
                target = self._result(name, path, ".png")
                child.ask(source=str(path), target=str(target))
                shown[name] = np.asarray(cv2.imread(str(target)), np.float32)
                target.unlink()
            for name, picture in shown.items():
                found = decibels(shown[rivals.GUIDE_ONCE], picture)
                taken[name].decibels = min(taken[name].decibels, found)

    def _result(self, name: str, source: Path, suffix: str = ".jpg") -> Path:
        return self.folder / f"{source.stem}-{name.replace('/', '-')}{suffix}"

    @contextmanager
    def _child(self, name: str) -> Iterator[_Child]:
        child = _Child(self._child_command(name))
        try:
            child.begin(name)
            yield child
        finally:
            child.close()

    def _child_command(self, name: str) -> list[str]:
        if name in (rivals.GUIDE_EVERY_TIME, rivals.GUIDE_ONCE) and not _FROZEN:
            once = "once" if name == rivals.GUIDE_ONCE else ""
            guide = [sys.executable, "-c", _GUIDE_CHILD, once, str(self.file), self.model.algorithm]
            return [*guide, str(self.model.scale)]
        return [*self._command(), "bench", "--rival", name, "--model", self.model.id]

    def _command(self) -> list[str]:
        own = [sys.executable] if _FROZEN else [sys.executable, "-m", "desktop"]
        return [*own, "--data-dir", str(self.options.data_dir)] if self.options.data_dir else own

    def _whole_commands(self, pictures: list[Path], taken: dict[str, _Taken]) -> None:
        """From typing it to the prompt, start and load included, in turns: the guides' script, and ours."""
        if _FROZEN:
            return  # there is no Python for the guides' script
        target = str(self.folder / "whole.jpg")
        source = str(pictures[0])
        guide = [sys.executable, "-c", _GUIDE_SCRIPT, source, target, str(self.file)]
        guide += [self.model.algorithm, str(self.model.scale)]
        ours = [*self._command(), "enhance", source, "-o", target, "--existing", "overwrite", "--model", self.model.id]
        ours.append("--no-cache")
        commands = {f"{_WHOLE}: guides' script": guide, f"{_WHOLE}: rekindle enhance": ours}
        for number in range(self.options.rounds + 1):
            for name, command in commands.items():
                started = time.perf_counter()
                process = subprocess.Popen(
                    command, env=_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
                )
                with memory.PeakMeter(process.pid) as meter:
                    _, said = process.communicate()
                if process.returncode:
                    raise InternalError("{name} failed: {detail}", name=name, detail=said.decode()[-300:])
                if number:
                    one = taken.setdefault(name, _Taken(decibels=float("nan")))
                    one.seconds.append(time.perf_counter() - started)
                    one.peak_mib = max(one.peak_mib, meter.peak_mib)

    def shares(self, rows: list[Row]) -> list[Row]:
        """How much of what this machine can do at most the nets themselves reach, on a tile."""
        found = []
        for name in dict.fromkeys(row.rival for row in rows if "/" in row.rival):
            arithmetic = name.split("/")[1]
            peak = rivals.peak_operations(arithmetic)
            if peak is None:
                return []
            with self._child(name) as child:
                seconds = child.ask(forward=True)["seconds"]
            done = 2.0 * self.model.operations * child.tile**2 / seconds
            found.append(Row("share of the peak", name, share=done / peak, operations=done))
        return found


class _Child:
    """A rival's process."""

    def __init__(self, command: list[str]) -> None:
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8", env=_environment()
        )
        self.load_seconds = 0.0
        self.tile = 0

    def begin(self, name: str) -> None:
        said = self._answer(name)
        self.load_seconds, self.tile = said["load_seconds"], said["tile"]

    def ask(self, **question: object) -> dict[str, Any]:
        assert self._process.stdin is not None
        with memory.PeakMeter(self._process.pid) as meter:
            print(json.dumps(question), file=self._process.stdin, flush=True)
            said = self._answer("It")
        return {"peak_mib": meter.peak_mib, **said}  # what it says of itself may be more exact

    def close(self) -> None:
        self._process.communicate()

    def _answer(self, name: str) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise InternalError("{name} ended without an answer.", name=name)
        said: dict[str, Any] = json.loads(line)
        return said


def _row(title: str, name: str, one: _Taken, megapixels: float, all_: dict[str, _Taken]) -> Row:
    seconds = statistics.median(one.seconds)
    whole = name.startswith(_WHOLE)
    guide = f"{_WHOLE}: guides' script" if whole else rivals.GUIDE_EVERY_TIME
    rival = guide if whole else rivals.GUIDE_ONCE
    return Row(
        title,
        name,
        seconds=seconds,
        spread=max(one.seconds) - min(one.seconds),
        seconds_per_megapixel=seconds / megapixels,
        load_seconds=one.load_seconds,
        peak_mib=one.peak_mib,
        decibels=one.decibels,
        times_every_time=statistics.median(all_[guide].seconds) / seconds,
        times_once=statistics.median(all_[rival].seconds) / seconds,
    )


def _environment() -> dict[str, str]:
    own = str(Path(desktop.__file__).parent.parent)
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (own, os.environ.get("PYTHONPATH"))))}


def _pixels(path: Path) -> int:
    height, width = read(path).pixels.shape[:2]
    return int(height * width)


def _print(rows: list[Row], *, as_json: bool) -> list[Row]:
    if as_json:
        for row in rows:
            print(json.dumps(row.plain), flush=True)
    elif rows:
        print(table(rows), flush=True)
    return rows
