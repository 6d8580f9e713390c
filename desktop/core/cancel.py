"""Stopping and holding work between two tiles."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from desktop.core.errors import CancelledError


class CancelToken:
    """Shared by whoever controls a job and the thread that works on it; safe from any thread."""

    def __init__(self, now: Callable[[], float] = time.perf_counter) -> None:
        self._now = now
        self._cancelled = threading.Event()
        self._go = threading.Event()
        self._go.set()
        self._held_s = 0.0

    @property
    def held_s(self) -> float:
        """Seconds the worker has waited for work to go on."""
        return self._held_s

    @property
    def cancelled(self) -> bool:
        return self._cancelled.is_set()

    @property
    def paused(self) -> bool:
        return not self._go.is_set()

    def cancel(self) -> None:
        self._cancelled.set()
        self._go.set()  # a paused worker has to wake up to notice

    def pause(self) -> None:
        if not self.cancelled:
            self._go.clear()

    def resume(self) -> None:
        self._go.set()

    def wait(self, seconds: float) -> bool:
        """Waits, at most until cancelled; whether it was."""
        return self._cancelled.wait(seconds)

    def check(self) -> None:
        """Called by the worker between two steps: waits while paused. Raises CancelledError."""
        if not self._go.is_set():
            since = self._now()
            self._go.wait()
            self._held_s += self._now() - since
        if self.cancelled:
            raise CancelledError
