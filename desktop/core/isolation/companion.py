"""A child that is kept for one thing and remembers it, such as a network on a graphics card, whose driver may crash."""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
import sys
import threading
import weakref
from collections.abc import Sequence
from typing import Any, BinaryIO, cast

from desktop.core import frozen
from desktop.core.isolation import frames
from desktop.core.isolation.frames import Frame
from desktop.core.isolation.pool import Why, WorkerLostError, import_path
from desktop.core.isolation.shared import SharedBlock

logger = logging.getLogger(__name__)

_ENDING_S = 2.0
DESCRIPTOR = "REKINDLE_SHARED"
"""Name of the environment variable that tells a child which descriptor it has inherited."""


class Companion:
    """One child process, asked one thing after another.

    Attributes:
        block: memory that both see; free for whoever asks.
    """

    def __init__(self, command: Sequence[str]) -> None:
        """Starts it, and waits for nothing."""
        self.block = SharedBlock()
        named = {DESCRIPTOR: str(self.block.descriptors[0])} if self.block.descriptors else {}
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | import_path() | frozen.own_libraries() | named,
            pass_fds=self.block.descriptors,
            # Ctrl+C in a terminal is for the parent, which ends its children in order.
            start_new_session=sys.platform != "win32",
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self._to = cast(BinaryIO, self._process.stdin)
        self._from = cast(BinaryIO, self._process.stdout)
        self._asking = threading.Lock()
        # Also at the program's end, where nobody has closed it.
        self._end = weakref.finalize(self, _end, self._process, self._to, self._from, self.block)

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, content: dict[str, Any], seconds: float) -> dict[str, Any]:
        """What it answers.

        Args:
            seconds: after which it is taken to hang, and killed.

        Raises:
            WorkerLostError: it is gone, or talked nonsense.
        """
        with self._asking:
            late = threading.Event()
            alarm = threading.Timer(seconds, self._too_late, (late,))
            alarm.daemon = True
            alarm.start()
            try:
                frames.send(self._to, Frame(content))
                answer = frames.receive(self._from, 0)
            except frames.CutShortError:
                answer = None
            except frames.BrokenFrameError as error:
                self._process.kill()
                raise WorkerLostError(Why.NONSENSE, str(error)) from error
            except (OSError, ValueError) as error:  # ValueError: closed by another thread
                raise self._lost(late) from error
            finally:
                alarm.cancel()
            if answer is None:
                raise self._lost(late)
            return answer.content

    def _too_late(self, late: threading.Event) -> None:
        late.set()
        self._process.kill()

    def _lost(self, late: threading.Event) -> WorkerLostError:
        status = self._process.wait()
        return WorkerLostError(Why.TIME if late.is_set() else Why.CRASHED, f"(status {status})")

    def close(self) -> None:
        """Ends it, whatever it is doing. Safe from any thread."""
        self._end()


def _end(process: subprocess.Popen[bytes], to: BinaryIO, back: BinaryIO, block: SharedBlock) -> None:
    """A child that waits ends by itself once nobody can ask it, which drivers like better than being killed."""
    with contextlib.suppress(OSError):
        to.close()
    try:
        process.wait(_ENDING_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    with contextlib.suppress(OSError):
        back.close()
    block.close()
