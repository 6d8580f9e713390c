"""Background work for the window: everything that touches a disk or a decoder."""

from __future__ import annotations

import contextlib
import itertools
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from PySide6.QtCore import QObject, QThreadPool, Signal

logger = logging.getLogger(__name__)

T = TypeVar("T")
Then = Callable[[Any], None]
Failed = Callable[[Exception], None]


@dataclass
class _Pending:
    """A task whose answer has not been delivered."""

    then: Then
    failed: Failed
    finished: threading.Event
    result: Any = None
    error: Exception | None = None


class TaskPool(QObject):
    """Runs functions on threads of its own and hands each one's result, or error, to the GUI thread, exactly once."""

    _finished = Signal(int)

    def __init__(self, name: str, threads: int, parent: QObject | None = None) -> None:
        """
        Args:
            name: what the pool is for; seen in debuggers.
            threads: most tasks at a time.
        """
        super().__init__(parent)
        self.setObjectName(name)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(threads)
        self._tickets = itertools.count()
        self._pending: dict[int, _Pending] = {}
        self._finished.connect(self._deliver)

    def run(
        self, task: Callable[[], T], then: Callable[[T], None], failed: Failed | None = None, wait_ms: int = 0
    ) -> None:
        """Runs ``task`` in the background.

        Args:
            then, failed: called on the GUI thread with the result or the error; an error nobody takes is logged.
            wait_ms: how long the caller is ready to wait for a short task, so that its answer is there at once.
        """
        ticket = next(self._tickets)
        pending = _Pending(then, failed or _log, threading.Event())
        self._pending[ticket] = pending

        def work() -> None:
            try:
                pending.result = task()
            except Exception as error:
                pending.error = error
            pending.finished.set()
            # Gone with its window: then nobody is left to tell.
            with contextlib.suppress(RuntimeError):
                self._finished.emit(ticket)

        self._pool.start(work)
        if wait_ms and pending.finished.wait(wait_ms / 1000):
            self._deliver(ticket)

    def shutdown(self) -> None:
        """Drops what has not begun, waits for what has, and delivers nothing any more."""
        self._pending.clear()
        self._pool.clear()
        self._pool.waitForDone()

    def finish(self) -> None:
        """Waits until everything that was asked for is done, and delivers nothing any more."""
        self._pending.clear()
        self._pool.waitForDone()

    def _deliver(self, ticket: int) -> None:
        pending = self._pending.pop(ticket, None)
        if pending is None:  # delivered while its caller waited, or no longer wanted
            return
        if pending.error is not None:
            pending.failed(pending.error)
        else:
            pending.then(pending.result)


def _log(error: Exception) -> None:
    logger.error("A background task failed", exc_info=error)
