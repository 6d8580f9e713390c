"""What every child does first, whatever it is for."""

from __future__ import annotations

import contextlib
import os
import queue
import threading
from typing import BinaryIO

from desktop.core.isolation import frames
from desktop.core.isolation.frames import Frame


def pipes() -> tuple[BinaryIO, BinaryIO]:
    """Where requests come from, and where answers go.

    Standard output goes where errors go from then on: whatever a library prints must not get between the answers.
    """
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    # Not sys.stdin, which a windowed program on Windows does not have.
    return os.fdopen(0, "rb"), answers


def inbox(requests: BinaryIO, most_bytes: int) -> queue.SimpleQueue[Frame]:
    """What arrives, as it arrives; the process ends when its parent closes the pipe, or ends.

    Args:
        most_bytes: see ``frames.receive``.
    """
    arrived: queue.SimpleQueue[Frame] = queue.SimpleQueue()
    # A thread of its own, so that the process ends with its parent even in the middle of a task.
    threading.Thread(target=_listen, args=(requests, arrived, most_bytes), daemon=True).start()
    return arrived


def _listen(requests: BinaryIO, arrived: queue.SimpleQueue[Frame], most_bytes: int) -> None:
    with contextlib.suppress(frames.BrokenFrameError, OSError):
        while (frame := frames.receive(requests, most_bytes)) is not None:
            arrived.put(frame)
    # At once: some graphics drivers crash when they are taken down in order.
    os._exit(0)
