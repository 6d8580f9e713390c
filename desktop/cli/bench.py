"""``rekindle bench``: speed on this machine, side by side and in turns, because machines are noisy."""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop.core import memory
from desktop.core.engines.base import Net
from desktop.core.enhance import enhance
from desktop.core.loaded_net import available_engines
from desktop.core.models.catalogue import Model
from desktop.core.opencv import cv2
from desktop.core.paths import bundled, sample_photo
from desktop.core.photo.photo import Photo
from desktop.core.photo.read import read
from desktop.core.workspace import Workspace

_SIDE = 500
_ROUNDS = 3
_TILE_SIDES = (64, 80, 96, 112, 120, 128, 136, 144, 152, 160, 192, 256, 384, 512)


def run_bench(options: argparse.Namespace) -> int:
    """Measures and prints. Every figure is the median of several rounds taken in turns with its rivals."""
    workspace = Workspace.open(options.data_dir)
    model = workspace.catalogue.choose()
    file = workspace.store.ensure(model)
    nets = {name: engine.load(model, file) for name, engine in available_engines().items()}
    if options.tiles:
        _tiles(next(iter(nets.values())), as_json=options.json)
    else:
        _engines(model, nets, as_json=options.json)
    return 0


def _picture(side: int) -> NDArray[np.uint8]:
    """The sample photo, repeated to a square."""
    pixels = read(sample_photo()).pixels
    height, width = pixels.shape[:2]
    tiled = np.tile(pixels, (-(-side // height), -(-side // width), 1))
    return np.ascontiguousarray(tiled[:side, :side]).astype(np.uint8)


def _engines(model: Model, nets: dict[str, Net], *, as_json: bool) -> None:
    picture = _picture(_SIDE)
    budget = memory.default_budget_mib()
    reference = cv2.dnn_superres.DnnSuperResImpl.create()
    reference.readModel(str(bundled("models", "weights", model.file)))
    reference.setModel(model.algorithm, model.scale)
    rivals: dict[str, Callable[[], Any]] = {"dnn_superres, whole picture": lambda: reference.upsample(picture)}
    for name, net in nets.items():
        rivals[f"{name}, tiles of {net.tile}"] = partial(enhance, Photo(picture), net, budget_mib=budget)
    seconds = _in_turns(rivals)
    slowest = seconds["dnn_superres, whole picture"]
    for name, taken in seconds.items():
        _print(
            {"name": name, "seconds": round(taken, 4), "times_faster": round(slowest / taken, 2)},
            f"{name:32} {taken:7.3f} s   {slowest / taken:5.2f} x",
            as_json=as_json,
        )


def _tiles(net: Net, *, as_json: bool) -> None:
    pictures = {side: _picture(side).astype(np.float32) for side in _TILE_SIDES}
    peaks = {side: _peak_mib(partial(net.upscale, pictures[side])) for side in _TILE_SIDES}  # from small to large
    seconds = _in_turns({str(side): partial(net.upscale, pictures[side]) for side in _TILE_SIDES})
    for side in _TILE_SIDES:
        taken = seconds[str(side)]
        kept = (side - 2 * net.halo) ** 2
        _print(
            {
                "tile": side,
                "seconds": round(taken, 4),
                "ns_per_pixel": round(taken / side**2 * 1e9),
                "ns_per_kept_pixel": round(taken / kept * 1e9),
                "peak_rss_mib": peaks[side],
            },
            f"tile {side:4}  {taken * 1e3:7.1f} ms  {taken / side**2 * 1e9:7.0f} ns a pixel  "
            f"{taken / kept * 1e9:7.0f} ns a kept pixel  {peaks[side]:5} MiB",
            as_json=as_json,
        )


def _in_turns(rivals: dict[str, Callable[[], Any]]) -> dict[str, float]:
    taken: dict[str, list[float]] = {name: [] for name in rivals}
    for number in range(_ROUNDS + 1):
        for name, work in rivals.items():
            started = time.perf_counter()
            work()
            if number:  # the first round plans shapes and fills caches
                taken[name].append(time.perf_counter() - started)
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


def _peak_mib(work: Callable[[], Any]) -> int:
    with memory.PeakMeter() as meter:
        work()
    return meter.peak_mib


def _print(record: dict[str, Any], line: str, *, as_json: bool) -> None:
    print(json.dumps(record) if as_json else line, flush=True)
