"""The parent's side: a few warm children, each doing one task at a time within limits."""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, BinaryIO, cast

import psutil

import desktop
from desktop.core import errors, frozen, memory
from desktop.core.cancel import CancelToken
from desktop.core.isolation import FLAG, frames
from desktop.core.isolation.frames import Frame

logger = logging.getLogger(__name__)

READERS = 2
"""One child for the photo that is enhanced, one for what is looked at meanwhile."""

_LOOK_EVERY_S = 0.05
_START_S = 60.0
_PIPE_BYTES = 2**20
# What a child may keep between two tasks before it is replaced by a fresh one.
_KEPT_MIB = 600
# One thread is enough for a decoder, and each further one of a maths library reserves memory.
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


class Why(Enum):
    """Why a child is gone."""

    CRASHED = "crashed"
    TIME = "took too long"
    MEMORY = "took too much memory"
    NONSENSE = "sent nonsense"


class WorkerLostError(Exception):
    """The child did not come to the end of its task."""

    def __init__(self, why: Why, detail: str = "") -> None:
        super().__init__(f"{why.value} {detail}".strip())
        self.why = why


@dataclass(frozen=True)
class Limits:
    """What one task may use from now on. ``answer_bytes``: most it may send back."""

    seconds: float
    memory_mib: int
    answer_bytes: int


Asked = Callable[[dict[str, Any]], Limits]
"""Answers a task's question with what it may use for the rest, or ends the task by raising."""


class WorkerPool:
    """Children that are started when first needed and kept. Safe to be used from several threads."""

    def __init__(self, workers: int = READERS, command: Sequence[str] | None = None) -> None:
        """
        Args:
            workers: most children, and so most tasks at a time; further calls wait.
            command: what starts one; this program's own where None.
        """
        self._command = command or own_command(FLAG, "desktop.core.isolation.worker")
        self._free = threading.Semaphore(workers)
        self._lock = threading.Lock()
        self._idle: list[_Worker] = []
        self._closed = False
        # A pool that nobody closed must not leave processes behind.
        self._end = weakref.finalize(self, _close_all, self._idle)

    def warm(self) -> None:
        """Starts a child and waits until it is ready. What is wrong with it, the first task says."""
        with contextlib.suppress(WorkerLostError, RuntimeError), self._borrowed() as worker:
            worker.wait_until_ready()

    def start(self) -> None:
        """Starts a child where there is none, and waits for nothing: the first task takes it as far as it is."""
        with contextlib.suppress(OSError, RuntimeError), self._borrowed():
            pass

    def call(
        self,
        task: str,
        arguments: dict[str, Any],
        limits: Limits,
        *,
        asked: Asked | None = None,
        cancel: CancelToken | None = None,
    ) -> Frame:
        """Has a task done and gives its answer.

        Args:
            task: one of ``worker.TASKS``.
            asked: see ``Asked``; where None, a task that asks goes on with what it has.

        Raises:
            RekindleError: what the task said, or ``asked``; OutOfMemoryError and CancelledError among them.
            WorkerLostError: the child crashed, or had to be killed because it passed a limit.
            RuntimeError: the pool is closed.
        """
        with self._borrowed() as worker:
            return worker.do(task, arguments, limits, asked, cancel)

    def rest(self) -> None:
        """Ends the children that are idle: nothing is expected soon. The next task starts one."""
        while True:
            with self._lock:
                worker = self._idle.pop() if self._idle else None
            if worker is None:
                return
            worker.close()

    def close(self) -> None:
        """Ends the children that are idle at once, and the others with their task."""
        with self._lock:
            self._closed = True
        self._end()

    @contextlib.contextmanager
    def _borrowed(self) -> Iterator[_Worker]:
        with self._free:
            with self._lock:
                if self._closed:
                    raise RuntimeError("the pool is closed")
                worker = self._idle.pop() if self._idle else None
            if worker is not None and not worker.alive:
                worker.close()
                worker = None
            worker = worker or _Worker(self._command)
            try:
                yield worker
            finally:
                with self._lock:
                    keep = worker.fit and not self._closed
                    if keep:
                        self._idle.append(worker)
                if not keep:
                    worker.close()


def _close_all(workers: list[_Worker]) -> None:
    while workers:
        workers.pop().close()


class _Worker:
    """One child process."""

    def __init__(self, command: Sequence[str]) -> None:
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | _ONE_THREAD | import_path() | frozen.own_libraries(),
            # Ctrl+C in a terminal is for the parent, which ends its children in order.
            start_new_session=sys.platform != "win32",
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self._to = cast(BinaryIO, self._process.stdin)
        self._from = cast(BinaryIO, self._process.stdout)
        _widen(self._from)
        self._ready = False

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    @property
    def fit(self) -> bool:
        """Whether it may be kept for another task."""
        if not self.alive:
            return False
        try:
            return bool(psutil.Process(self._process.pid).memory_info().rss < _KEPT_MIB * memory.MIB)
        except psutil.Error:
            return False

    def wait_until_ready(self) -> None:
        if self._ready:
            return
        with _Watch(self._process, Limits(_START_S, 1024, 0), None) as watch:
            self._answer(watch, 0)
        self._ready = True

    def do(
        self,
        task: str,
        arguments: dict[str, Any],
        limits: Limits,
        asked: Asked | None,
        cancel: CancelToken | None,
    ) -> Frame:
        self.wait_until_ready()
        with _Watch(self._process, limits, cancel) as watch:
            self._say({"task": task, "arguments": arguments, "memory_mib": limits.memory_mib}, watch)
            answer = self._answer(watch, limits.answer_bytes)
            while "asked" in answer.content:
                try:
                    limits = asked(answer.content["asked"]) if asked is not None else limits
                except BaseException:
                    self._say({"go": False}, watch)
                    self._answer(watch, 0)
                    raise
                watch.allow(limits)
                self._say({"go": True, "memory_mib": limits.memory_mib}, watch)
                answer = self._answer(watch, limits.answer_bytes)
        return _unwrapped(answer)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._process.kill()
        for stream in (self._to, self._from):
            with contextlib.suppress(OSError):
                stream.close()
        self._process.wait()

    def _say(self, content: dict[str, Any], watch: _Watch) -> None:
        try:
            frames.send(self._to, Frame(content))
        except OSError as error:
            raise self._lost(watch) from error

    def _answer(self, watch: _Watch, most_bytes: int) -> Frame:
        try:
            frame = frames.receive(self._from, most_bytes)
        except frames.CutShortError:
            frame = None
        except frames.BrokenFrameError as error:
            self._process.kill()
            self._process.wait()
            raise WorkerLostError(Why.NONSENSE, str(error)) from error
        if frame is None:
            raise self._lost(watch)
        return frame

    def _lost(self, watch: _Watch) -> Exception:
        status = self._process.wait()
        if watch.cancelled:
            return errors.CancelledError()
        return WorkerLostError(watch.killed or Why.CRASHED, f"(status {status})")


class _Watch:
    """Kills the child when it passes a limit or nobody wants its answer; looks now and then, from a thread."""

    def __init__(self, process: subprocess.Popen[bytes], limits: Limits, cancel: CancelToken | None) -> None:
        self.killed: Why | None = None
        self.cancelled = False
        self._process = process
        self._cancel = cancel
        self._over = threading.Event()
        self.allow(limits)
        self._thread = threading.Thread(target=self._look, name="watch", daemon=True)

    def allow(self, limits: Limits) -> None:
        """From now on."""
        self._end = time.monotonic() + limits.seconds
        self._memory_mib = limits.memory_mib

    def __enter__(self) -> _Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        try:
            child = psutil.Process(self._process.pid)
            before = child.memory_info().rss
            while not self._over.wait(_LOOK_EVERY_S):
                self.cancelled = self._cancel is not None and self._cancel.cancelled
                if time.monotonic() > self._end:
                    self.killed = Why.TIME
                elif child.memory_info().rss - before > self._memory_mib * memory.MIB:
                    self.killed = Why.MEMORY
                if self.killed or self.cancelled:
                    self._process.kill()
                    return
        except psutil.Error:
            return  # it has ended by itself


def _unwrapped(answer: Frame) -> Frame:
    content = answer.content
    if "error" in content:
        error = content["error"]
        raise errors.of_code(error["code"], error["template"], error["params"])
    if "no_memory" in content:
        raise WorkerLostError(Why.MEMORY)
    if "broken" in content:
        raise WorkerLostError(Why.CRASHED, f"({content['broken']})")
    return answer


def own_command(flag: str, module: str) -> list[str]:
    """Starts a child of this program that runs a module's ``main``; the frozen application knows it by a flag."""
    if getattr(sys, "frozen", False):
        return [sys.executable, flag]
    return [sys.executable, "-c", f"from {module} import main; main()"]


def import_path() -> dict[str, str]:
    """Lets the child import the very package that runs here, wherever it was started from."""
    own = str(Path(desktop.__file__).parent.parent)
    return {"PYTHONPATH": os.pathsep.join(filter(None, (own, os.environ.get("PYTHONPATH"))))}


def _widen(stream: BinaryIO) -> None:
    """Pictures are large and the usual pipe holds 64 KiB: every fill of it costs two switches between processes."""
    if sys.platform == "linux":
        import fcntl

        with contextlib.suppress(OSError):
            fcntl.fcntl(stream.fileno(), fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
