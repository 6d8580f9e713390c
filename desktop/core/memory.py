"""How much memory there is, and how much one photo took."""

from __future__ import annotations

import contextlib
import ctypes
import itertools
import re
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import psutil

MIB = 1024 * 1024
# malloc.h
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3


def default_budget_mib() -> int:
    """Working memory for enhancing when the person names none: a quarter of the machine's RAM, in MiB."""
    return max(256, psutil.virtual_memory().total // 4 // MIB)


def available_mib() -> int:
    """Memory that can be taken now without pushing others out, in MiB."""
    return psutil.virtual_memory().available // MIB


def resident_mib() -> int:
    """What this process and its children hold now, in MiB."""
    return psutil.Process().memory_info().rss // MIB + children_mib()


def children_mib() -> int:
    """What the children of this process hold now, in MiB."""
    total = 0
    with contextlib.suppress(psutil.Error):
        for child in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.Error):
                total += child.memory_info().rss
    return total // MIB


@contextlib.contextmanager
def returned_at_once() -> Iterator[None]:
    """While the block runs, pieces of a mebibyte and more go back to the system as soon as they are freed.

    glibc takes to keeping them once a few of one size came and went, between others that stay: the process then holds
    half as much again as it uses. Nothing happens elsewhere, where that was not seen.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is None:
        yield
        return
    mallopt(_M_MMAP_THRESHOLD, MIB)
    try:
        yield
    finally:
        # Where glibc's own rule would have come to (malloc/malloc.c), as setting it ends that.
        mallopt(_M_MMAP_THRESHOLD, 32 * MIB)
        mallopt(_M_TRIM_THRESHOLD, 64 * MIB)


class PeakMeter:
    """Largest resident memory of a process and its children from ``start`` to ``stop``, or while the block runs.

    Several may be at work at a time. Linux keeps the exact peak and lets a process reset it (proc(5), clear_refs);
    elsewhere, and for children, samples have to do.

    Attributes:
        peak_mib: the figure in MiB, final once it is stopped.
    """

    _INTERVAL_S = 0.1
    # Finding children means reading about every process of the machine, with the GIL held.
    _ROUNDS_PER_CENSUS = 10
    _at_work: ClassVar[list[PeakMeter]] = []
    _mutex = threading.Lock()

    def __init__(self, pid: int | None = None) -> None:
        """``pid``: of a process that was started by this one; this one itself where None."""
        self.peak_mib = 0
        self._own = pid is None
        self._exact = False
        self._stop = threading.Event()
        self._process = psutil.Process(pid)
        self._thread = threading.Thread(target=self._sample, name="peak-meter", daemon=True)

    def __enter__(self) -> PeakMeter:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        if self._own:
            with PeakMeter._mutex:
                for other in PeakMeter._at_work:
                    other._note_high_water()  # before the system forgets it
                with contextlib.suppress(OSError):
                    Path("/proc/self/clear_refs").write_text("5")
                    self._exact = True
                PeakMeter._at_work.append(self)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()
        if self._own:
            with PeakMeter._mutex:
                PeakMeter._at_work.remove(self)
                self._note_high_water()

    def _note_high_water(self) -> None:
        if self._exact:
            self.peak_mib = max(self.peak_mib, _high_water_mib())

    def _sample(self) -> None:
        children: list[psutil.Process] = []
        for number in itertools.count():
            if number % self._ROUNDS_PER_CENSUS == 0:
                with contextlib.suppress(psutil.Error):
                    children = self._process.children(recursive=True)
            self._take(children)
            if self._stop.wait(self._INTERVAL_S):
                return

    def _take(self, children: list[psutil.Process]) -> None:
        total = 0
        for process in (self._process, *children):
            with contextlib.suppress(psutil.Error):
                total += process.memory_info().rss
        self.peak_mib = max(self.peak_mib, total // MIB)


def _high_water_mib() -> int:
    with contextlib.suppress(OSError):
        match = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
        if match:
            return int(match[1]) // 1024
    return 0
