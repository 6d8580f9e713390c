"""Ctrl+C, and other requests to end, as something that work can look at."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from desktop.core.cancel import CancelToken

EXIT_INTERRUPTED = 130


@contextmanager
def interruptible() -> Iterator[CancelToken]:
    """The first Ctrl+C, or request to end, cancels when the work next looks; a second one stops at once."""
    cancel = CancelToken()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def put_back() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def on_interrupt(_number: int, _frame: FrameType | None) -> None:
        put_back()
        cancel.cancel()

    for number in before:
        signal.signal(number, on_interrupt)
    try:
        yield cancel
    finally:
        put_back()
