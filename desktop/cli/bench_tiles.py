"""``rekindle bench --tiles``: which tile suits an engine on this machine."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from desktop.core import memory
from desktop.core.engines.base import Net

_SIDES = (64, 80, 96, 112, 120, 128, 136, 144, 160, 192, 256, 384, 512)
_ROUNDS = 3


def measure_tiles(net: Net, picture: Callable[[int], np.ndarray], *, as_json: bool) -> None:
    """Prints time and memory of every tile size, as medians of rounds that are taken in turns."""
    pictures = {side: picture(side).astype(np.float32) for side in _SIDES}
    peaks = {side: _peak_mib(partial(net.upscale, pictures[side])) for side in _SIDES}  # from small to large
    seconds = _in_turns({side: partial(net.upscale, pictures[side]) for side in _SIDES})
    for side in _SIDES:
        taken = seconds[side]
        kept = (side - 2 * net.halo) ** 2
        record = {
            "engine": net.engine,
            "arithmetic": net.arithmetic,
            "tile": side,
            "seconds": round(taken, 4),
            "ns_per_pixel": round(taken / side**2 * 1e9),
            "ns_per_kept_pixel": round(taken / kept * 1e9),
            "peak_rss_mib": peaks[side],
        }
        line = (
            f"{net.engine}/{net.arithmetic} tile {side:4}  {taken * 1e3:7.1f} ms  "
            f"{taken / side**2 * 1e9:7.0f} ns a pixel  {taken / kept * 1e9:7.0f} ns a kept pixel  {peaks[side]:5} MiB"
        )
        print(json.dumps(record) if as_json else line, flush=True)


def _in_turns(rivals: dict[int, Callable[[], Any]]) -> dict[int, float]:
    taken: dict[int, list[float]] = {name: [] for name in rivals}
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
