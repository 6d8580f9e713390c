"""Which engine runs a network, and in what arithmetic: what is measured once for a machine, and what it comes to."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import itertools
import json
import logging
import os
import platform
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

import desktop
from desktop.core import errors, files
from desktop.core.engines.base import EXACT, F32, Engine, Net
from desktop.core.engines.calibration import Picture, decibels, is_large, tiles_for
from desktop.core.models.catalogue import Model

logger = logging.getLogger(__name__)

ALIKE_DB = 50.0
"""What fast arithmetic must keep to float32 on every calibration tile."""
EXACT_DB = 60.0
"""The same for what says that it is float32: hardly a pixel is off by a grey level."""
REFERENCE = "opencv"
_EXPECTED = ("int8", "fp16", "bf16", F32)
"""The one that should be fastest first, where nothing is measured."""
# The same for those of one arithmetic. With many weights ncnn's way takes half the time of the others', and OpenCV's
# keeps every weight eight times over; with few, OpenCV's needs no other library.
_SMALL, _LARGE = (REFERENCE,), ("ncnn", "openvino")
_FILE = "engines.json"
# Where Vulkan's loader looks for drivers (LoaderDriverInterface.md of KhronosGroup/Vulkan-Loader).
_DRIVERS = tuple(Path(root, "vulkan", "icd.d") for root in ("/usr/share", "/usr/local/share", "/etc"))
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
    return "; ".join((*parts, _graphics(), *versions))


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
        if (one.arithmetic == F32 or precision != EXACT) and (one not in found or is_right(one, found[one]))
    ]
    if fit and is_measured(found, fit):
        return sorted(fit, key=lambda one: found[one].ns_per_pixel)
    order = _LARGE if large else _SMALL
    return sorted(fit, key=lambda one: (_EXPECTED.index(one.arithmetic), *(one.engine != name for name in order)))


def is_right(candidate: Candidate, found: Found) -> bool:
    """Whether its answers are near enough to the reference's."""
    return found.decibels >= (EXACT_DB if candidate.arithmetic == F32 else ALIKE_DB)


def proven(engines: Mapping[str, Engine], found: Mapping[Candidate, Found]) -> dict[str, Engine]:
    """Those that may be chosen without being named: of graphics cards only what was measured here before."""
    seen = {one.engine for one, value in found.items() if value.ns_per_pixel}
    return {name: engine for name, engine in engines.items() if not engine.on_gpu or name in seen}


def candidates(engines: Mapping[str, Engine], model: Model, file: Path, *, named: bool = False) -> list[Candidate]:
    """All that these engines say they can; one that does not work here has a word in the log.

    Args:
        named: whether the person has asked for them: then also those that would never be chosen.
    """
    listed: list[Candidate] = []
    for name, engine in engines.items():
        if not named and not engine.suits_auto:
            continue
        try:
            listed += (Candidate(name, arithmetic) for arithmetic in engine.arithmetics(model, file))
        except errors.EngineFailedError as error:
            logger.warning("The engine %s is left out: %s", name, error)
    return listed


def first_look(net: Net, reference: Net, model: Model) -> Found:
    """How alike a net's answers are to the reference's, on a tile."""
    return Found(_worst(net, model, [reference.upscale(tile) for tile in tiles_for(model)[:_FIRST_LOOK]]))


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
    fast = [known for one, known in timed.items() if one.arithmetic != F32 and is_right(one, known)]
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
    stop = stop or threading.Event()
    listed = candidates(engines, model, file)
    reference = engines[REFERENCE].load(model, file)
    expected = [reference.upscale(tile) for tile in tiles_for(model)]
    del reference
    # Large networks are not in memory all at once, although in turns the rest of the computer disturbs them alike.
    for group in [[one] for one in listed] if is_large(model) else [listed]:
        _measure(engines, model, file, measured, group, expected, stop)
        if stop.is_set():
            return


def _measure(
    engines: Mapping[str, Engine],
    model: Model,
    file: Path,
    measured: Measured,
    group: Sequence[Candidate],
    expected: Sequence[Picture],
    stop: threading.Event,
) -> None:
    """Some candidates, in turns."""
    nets: dict[Candidate, Net] = {}
    taken: dict[Candidate, float] = dict.fromkeys(group, float("inf"))

    def attempt(candidate: Candidate, work: Callable[[], None]) -> None:
        try:
            work()
        except errors.RekindleError as error:
            logger.warning("%s cannot run %s: %s", candidate, model.id, error)
            nets.pop(candidate, None)
            measured.note(model, candidate, Found(0.0, float("inf")))

    def begin(candidate: Candidate) -> None:
        net = nets[candidate] = engines[candidate.engine].load(model, file, None, candidate.arithmetic)
        alike = float("inf") if candidate.engine == REFERENCE else _worst(net, model, expected)
        measured.note(model, candidate, Found(alike))

    def time_it(candidate: Candidate) -> None:
        taken[candidate] = min(taken[candidate], tile_seconds(nets[candidate], model))

    for candidate in group:
        if stop.is_set():
            return
        attempt(candidate, partial(begin, candidate))
    for number in range(_ROUNDS + 1):
        for candidate in list(nets):
            if stop.is_set():
                return
            attempt(candidate, partial(time_it, candidate))
        if number == 0:  # the first plans its shape
            taken = dict.fromkeys(group, float("inf"))
    for candidate, net in nets.items():
        kept = (net.tile - 2 * net.halo) ** 2
        found = replace(measured.of(model)[candidate], ns_per_pixel=taken[candidate] / kept * 1e9)
        measured.note(model, candidate, found)
        logger.info("%s with %s: %.0f ns a pixel, %.1f dB", model.id, candidate, found.ns_per_pixel, found.decibels)


def _worst(net: Net, model: Model, expected: Sequence[Picture]) -> float:
    pairs = zip(expected, tiles_for(model), strict=False)
    return min(decibels(answer, net.upscale(tile)) for answer, tile in pairs)


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


def _graphics() -> str:
    """Something that is another where there is another graphics card or driver; without loading any of them."""
    if not sys.platform.startswith("linux"):
        return platform.version()
    told = []
    for path in sorted((*Path("/sys/class/drm").glob("card?/device/[dv]e*"), Path("/proc/driver/nvidia/version"))):
        with contextlib.suppress(OSError, UnicodeDecodeError):
            if path.name in ("device", "vendor", "version"):
                told.append(path.read_text().strip())
    for folder in _DRIVERS:
        for path in sorted(folder.glob("*.json")):
            with contextlib.suppress(OSError):
                told.append(f"{path.name} {path.stat().st_mtime_ns}")
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:16]


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
