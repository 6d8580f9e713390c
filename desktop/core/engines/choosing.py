"""Which engine runs a network, and in what arithmetic: what is measured once for a machine, and what it comes to."""

from __future__ import annotations

import importlib.metadata
import itertools
import json
import logging
import os
import platform
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

import desktop
from desktop.core import errors, files
from desktop.core.engines.base import EXACT, F32, Engine, Net
from desktop.core.engines.calibration import decibels, tiles_for
from desktop.core.models.catalogue import Model

logger = logging.getLogger(__name__)

ALIKE_DB = 50.0
"""What fast arithmetic must keep to float32 on every calibration tile."""
REFERENCE = "opencv"
_EXPECTED = ("int8", "fp16", "bf16", F32)
"""The one that should be fastest first, where nothing is measured."""
_FILE = "engines.json"
_VERSION = 1
_ROUNDS = 5
_LIBRARIES = ("opencv-contrib-python", "openvino", "ncnn", "numpy")
# One tile tells a gross mistake of this machine's arithmetic before the first photo; all of them are for later.
_FIRST_LOOK = 1
# What timing a net on one tile may cost: a second of one that would take many.
_MOST_OPERATIONS = 2e11


@dataclass(frozen=True, order=True)
class Candidate:
    """A way to run a network."""

    engine: str
    arithmetic: str

    def __str__(self) -> str:
        return f"{self.engine}/{self.arithmetic}"


@dataclass(frozen=True)
class Found:
    """What was measured of a candidate.

    Attributes:
        decibels: between its answers and the reference's, of the worst tile.
        ns_per_pixel: of what is kept of a tile; 0 where only the answers were looked at.
    """

    decibels: float
    ns_per_pixel: float = 0.0


class Measured:
    """What is known of this machine, in memory and in a file of the cache. Safe from any thread."""

    def __init__(self, folder: Path | None = None) -> None:
        """``folder`` need not exist; nothing is kept where None."""
        self._path = folder / _FILE if folder is not None else None
        self._mutex = threading.Lock()
        self._machine = machine()
        self._found: dict[str, dict[Candidate, Found]] = {}
        if self._path is not None:
            self._found = _read(self._path, self._machine)

    def of(self, model: Model) -> Mapping[Candidate, Found]:
        with self._mutex:
            return dict(self._found.get(model.sha256, {}))

    def note(self, model: Model, candidate: Candidate, found: Found) -> None:
        """A look at the answers alone forgets no time that was measured."""
        with self._mutex:
            known = self._found.setdefault(model.sha256, {})
            before = known.get(candidate)
            if before is not None and not found.ns_per_pixel:
                found = replace(found, ns_per_pixel=before.ns_per_pixel)
            known[candidate] = found
            plain = {
                sha256: {str(one): asdict(value) for one, value in entries.items()}
                for sha256, entries in self._found.items()
            }
        if self._path is not None:
            try:
                content = {"version": _VERSION, "machine": self._machine, "models": plain}
                files.write_whole(self._path, json.dumps(content, indent=1).encode())
            except OSError as error:
                logger.info("Measurements cannot be kept: %s", error)


def machine() -> str:
    """What measurements hold for: with other hardware or versions they are taken anew."""
    versions = [f"{name} {_version(name)}" for name in _LIBRARIES]
    parts = (desktop.__version__, platform.system(), platform.machine(), _processor(), str(os.cpu_count()))
    return "; ".join((*parts, *versions))


def ordered(
    candidates: Iterable[Candidate], found: Mapping[Candidate, Found], precision: str, *, large: bool = False
) -> list[Candidate]:
    """The best first: the fastest that was measured, before others by what is expected of them.

    What is too far from float32 is left out; so is, for "exact", whatever is not float32.

    Args:
        large: a network whose weights do not fit any cache. OpenCV's way with float32 is the quicker one otherwise,
            but keeps every weight eight times over.
    """
    fit = [
        one
        for one in candidates
        if one.arithmetic == F32 or (precision != EXACT and (one not in found or found[one].decibels >= ALIKE_DB))
    ]
    if fit and is_measured(found, fit):
        return sorted(fit, key=lambda one: found[one].ns_per_pixel)
    return sorted(fit, key=lambda one: (_EXPECTED.index(one.arithmetic), (one.engine != REFERENCE) is not large))


def candidates(engines: Mapping[str, Engine], model: Model, file: Path) -> list[Candidate]:
    """All that these engines say they can; one that does not work here has a word in the log."""
    listed: list[Candidate] = []
    for name, engine in engines.items():
        try:
            listed += (Candidate(name, arithmetic) for arithmetic in engine.arithmetics(model, file))
        except errors.EngineFailedError as error:
            logger.warning("The engine %s is left out: %s", name, error)
    return listed


def first_look(net: Net, reference: Net, model: Model) -> Found:
    """How alike a net's answers are to the reference's, on a tile."""
    return Found(_worst(net, reference, model, _FIRST_LOOK))


def prepare(engines: Mapping[str, Engine], model: Model, file: Path) -> None:
    """Has every engine find out what it needs to know of a new network; what goes wrong has a word in the log."""
    for name, engine in engines.items():
        try:
            engine.prepare(model, file)
        except errors.RekindleError as error:
            logger.warning("%s could not be prepared for %s: %s", model.id, name, error)


def look(engines: Mapping[str, Engine], model: Model, file: Path, measured: Measured) -> None:
    """Has a first look at every way to be fast that is not known yet, so that no job has to: it needs two nets at once.

    Raises:
        ModelDamagedError, OutOfMemoryError, EngineFailedError: of the reference.
    """
    known = measured.of(model)
    new = [one for one in candidates(engines, model, file) if one.arithmetic != F32 and one not in known]
    if not new:
        return
    reference = engines[REFERENCE].load(model, file)
    for candidate in new:
        try:
            net = engines[candidate.engine].load(model, file, None, candidate.arithmetic)
            measured.note(model, candidate, first_look(net, reference, model))
        except errors.RekindleError as error:
            logger.warning("%s cannot run %s: %s", candidate, model.id, error)


@dataclass(frozen=True)
class Gain:
    """What fast arithmetic gives on this machine, and what it costs.

    Attributes:
        times: so many times as fast as float32.
        levels: grey levels of 255 that its answers are off by, root mean square, on the worst tile.
    """

    times: float
    levels: float


def gain(found: Mapping[Candidate, Found]) -> Gain | None:
    """What was measured of a model; None where nothing was, or nothing is faster than float32."""
    timed = {one: known for one, known in found.items() if known.ns_per_pixel and np.isfinite(known.ns_per_pixel)}
    exact = [known.ns_per_pixel for one, known in timed.items() if one.arithmetic == F32]
    fast = [known for one, known in timed.items() if one.arithmetic != F32 and known.decibels >= ALIKE_DB]
    if not exact or not fast:
        return None
    best = min(fast, key=lambda known: known.ns_per_pixel)
    times = min(exact) / best.ns_per_pixel
    return Gain(times, float(255 / 10 ** (best.decibels / 20))) if times > 1 else None


def is_measured(found: Mapping[Candidate, Found], listed: Iterable[Candidate]) -> bool:
    """Whether nothing is left to find out."""
    return all(one in found and found[one].ns_per_pixel for one in listed)


def measure(
    engines: Mapping[str, Engine], model: Model, file: Path, measured: Measured, stop: threading.Event | None = None
) -> None:
    """Measures every candidate, in turns, and notes what came out. Takes a second or two, for large networks more.

    Args:
        stop: once set, ends it soon, with nothing but what is noted by then.

    Raises:
        ModelDamagedError, OutOfMemoryError, EngineFailedError: of the reference.
    """
    reference = engines[REFERENCE].load(model, file)
    nets: dict[Candidate, Net] = {}
    stop = stop or threading.Event()
    for candidate in candidates(engines, model, file):
        if stop.is_set():
            return
        try:
            engine = engines[candidate.engine]
            nets[candidate] = (
                reference if candidate.engine == REFERENCE else engine.load(model, file, None, candidate.arithmetic)
            )
            found = (
                Found(float("inf"))
                if candidate.engine == REFERENCE
                else Found(_worst(nets[candidate], reference, model, None))
            )
            measured.note(model, candidate, found)
        except errors.RekindleError as error:
            logger.warning("%s cannot run %s: %s", candidate, model.id, error)
            nets.pop(candidate, None)
            measured.note(model, candidate, Found(0.0, float("inf")))
    taken: dict[Candidate, float] = dict.fromkeys(nets, float("inf"))
    for number in range(_ROUNDS + 1):
        for candidate, net in nets.items():
            if stop.is_set():
                return
            seconds = tile_seconds(net, model)
            if number:  # the first plans its shape
                taken[candidate] = min(taken[candidate], seconds)
    for candidate, seconds in taken.items():
        kept = (nets[candidate].tile - 2 * nets[candidate].halo) ** 2
        found = replace(measured.of(model)[candidate], ns_per_pixel=seconds / kept * 1e9)
        measured.note(model, candidate, found)
        logger.info("%s with %s: %.0f ns a pixel, %.1f dB", model.id, candidate, found.ns_per_pixel, found.decibels)


def _worst(net: Net, reference: Net, model: Model, count: int | None) -> float:
    return min(decibels(reference.upscale(tile), net.upscale(tile)) for tile in tiles_for(model)[:count])


def tile_seconds(net: Net, model: Model) -> float:
    """For a tile; scaled up from a smaller one where the network is large."""
    tile = tiles_for(model)[0]
    side = min(net.tile, max(tile.shape[0], int((_MOST_OPERATIONS / max(1, model.operations)) ** 0.5)))
    times = -(-side // tile.shape[0])
    picture = np.ascontiguousarray(np.tile(tile, (times, times, 1))[:side, :side])
    started = time.perf_counter()
    net.upscale(picture)
    return (time.perf_counter() - started) * float(net.tile / side) ** 2


def _version(library: str) -> str:
    try:
        return importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        return "-"


def _processor() -> str:
    """Its name, and what it can do: a virtual one may lack what its name promises."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            told = dict(line.split(":", 1) for line in itertools.takewhile(str.strip, lines))
        known = {key.strip(): value.strip() for key, value in told.items()}
        return " ".join(known[key] for key in ("model name", "flags", "Features") if key in known)
    except (OSError, ValueError):
        return f"{platform.processor()} {np.show_config(mode='dicts')['SIMD Extensions'].get('found', ())}"


def _read(path: Path, here: str) -> dict[str, dict[Candidate, Found]]:
    try:
        stored = json.loads(path.read_text("utf-8"))
        if (stored["version"], stored["machine"]) != (_VERSION, here):
            return {}
        return {
            str(sha256): {
                Candidate(*name.split("/", 1)): Found(float(value["decibels"]), float(value["ns_per_pixel"]))
                for name, value in entries.items()
            }
            for sha256, entries in stored["models"].items()
        }
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        logger.info("Earlier measurements are forgotten: %s", error)
        return {}
