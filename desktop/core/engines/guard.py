"""A net that is watched: where its answers cannot be right, another one does the work.

What an engine answers depends on the processor, its driver and its version, none of which could be tested before. So
every answer is looked at: whether it came at all, whether it is made of numbers, and whether it is the picture that was
given. A doubtful one is compared with the reference's before it is believed or thrown away.
"""

from __future__ import annotations

import contextlib
import logging
import math
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop.core import errors, priority
from desktop.core.engines.base import F32, Closable, Net
from desktop.core.engines.calibration import decibels, grey_levels
from desktop.core.engines.common import require_numbers, require_shape

logger = logging.getLogger(__name__)

Picture = NDArray[np.float32]
Failed = Callable[[errors.RekindleError], None]
"""Told, once, why the engine is not used any more."""

# An enlarged picture made small again is the picture, but for the noise that was taken away and for the network's own
# sharpness. Beyond these it is compared with the reference: grey levels off on average, and how much better it fits
# when it is moved by a pixel.
_DOUBTFUL_LEVELS = 6.0
_MOVED, _MOVED_LEVELS = 0.75, 1.0
_SMALLEST = 8
_MORE = 1.5
_MOVES = ((0, 1), (0, -1), (1, 0), (-1, 0))
# What two engines may differ by on one tile, whatever it shows.
_ALIKE_DB = 35.0
_MOST_DOUBTS = 3
# The same where a graphics card is looked at without any doubt: grey levels in float32, decibels in anything faster. A
# look is taken at the first tile, and again when so many times as long has passed as the last one took.
_SAMPLE_LEVELS, _SAMPLE_DB = 1, 45.0
_SAMPLE_EVERY = 50
# Slices of a second that are waited for the first answer, and for any other beside so many times what others took.
# Counted one by one, because a process that was stopped for an hour has not waited for an hour.
_FIRST_S, _ANY_S, _TIMES = 600, 30, 30
_SLICE_S = 1.0


class GuardedNet:
    """See ``Net``. Runs the guarded net on a thread of its own, which can be left behind where it hangs."""

    def __init__(
        self,
        load: Callable[[], Net],
        reference: Callable[[], Net],
        failed: Failed,
        patience: float = _SLICE_S,
        *,
        sampled: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """
        Args:
            load: gives the net to be guarded; called on the thread on which it will run.
            reference: gives the net that is asked in doubt, and that takes over; called when it is needed.
            patience: a slice of waiting, in seconds.
            sampled: whether answers are compared with the reference's without any doubt too: the first, and others now
                and then.
            clock: in seconds, for that.

        Raises:
            what ``load`` does.
        """
        self._worker = _Worker(patience)
        self._adopt(self._worker.do(load, _FIRST_S))
        self._pace = 0.0
        self._load_reference = reference
        self._failed = failed
        self._doubts = 0
        self._believed = _DOUBTFUL_LEVELS
        self._broken = False
        self._sampled, self._clock = sampled, clock
        self._next_sample = -math.inf

    @property
    def broken(self) -> bool:
        """Whether the reference has taken over."""
        return self._broken

    def _adopt(self, net: Net) -> None:
        self._net = net
        self.scale, self.engine, self.precision, self.arithmetic = net.scale, net.engine, net.precision, net.arithmetic
        self.halo, self.tile = net.halo, net.tile

    def working_mib(self, tile: int) -> int:
        return self._net.working_mib(tile)

    def upscale(self, picture: Picture) -> Picture:
        if self._broken:
            return self._net.upscale(picture)
        net = self._net
        try:
            height, width = picture.shape[:2]
            started = time.perf_counter()
            usual = self._pace * height * width
            answer: Picture = self._worker.do(
                lambda: net.upscale(picture), _ANY_S + _TIMES * usual if usual else _FIRST_S
            )
            self._pace = max(self._pace, (time.perf_counter() - started) / (height * width))
            require_shape(answer, (height * net.scale, width * net.scale, picture.shape[2]))
            require_numbers(answer)
        except errors.OutOfMemoryError:
            raise
        except errors.RekindleError as error:
            return self._given_up(error, picture)
        except Exception as error:  # it may raise whatever its makers like
            logger.warning("%s raised", net.engine, exc_info=True)
            return self._given_up(errors.unexpected(error), picture)
        seems = likeness(picture, answer, net.scale)
        if seems.off > self._believed or (seems.moved and self._doubts < _MOST_DOUBTS):
            if decibels(self._expected(picture), answer) < _ALIKE_DB:
                return self._wrong(picture)
            # A photo like this one, noise perhaps, whose answers are not much like it.
            self._doubts += 1
            self._believed = max(self._believed, _MORE * seems.off)
        elif self._sampled and (started_look := self._clock()) >= self._next_sample:
            if not _same(self._expected(picture), answer, self.arithmetic):
                return self._wrong(picture)
            ended = self._clock()
            self._next_sample = ended + _SAMPLE_EVERY * (ended - started_look)
        return answer

    def _expected(self, picture: Picture) -> Picture:
        return self._load_reference().upscale(picture)  # not kept: it would take as much memory again

    def _wrong(self, picture: Picture) -> Picture:
        return self._given_up(errors.EngineFailedError("Its answers are not what they should be."), picture)

    def _given_up(self, error: errors.RekindleError, picture: Picture) -> Picture:
        logger.warning("%s in %s is not used any more: %s", self._net.engine, self._net.arithmetic, error)
        self._worker.leave()
        if isinstance(self._net, Closable):
            self._net.close()  # it may be at work for ever
        self._adopt(self._load_reference())
        self._broken = True
        self._failed(error)
        return self._net.upscale(picture)


@dataclass(frozen=True)
class Likeness:
    """How an answer looks beside the picture it was made of.

    Attributes:
        off: grey levels between them on average, at the picture's size.
        moved: whether it would fit clearly better beside its place.
    """

    off: float
    moved: bool


def likeness(picture: Picture, answer: Picture, scale: int) -> Likeness:
    """Tells an answer from one that is black, that belongs to another part of the photo, or that lies beside it."""
    height, width = picture.shape[:2]
    given = _grey(picture)
    made = np.zeros_like(given)
    for down in range(scale):
        for right in range(scale):
            made += np.clip(_grey(answer[down::scale, right::scale]), 0, 255)
    made /= scale**2
    off = float(np.abs(given - made).mean())
    if off < _MOVED_LEVELS or min(height, width) < _SMALLEST:
        return Likeness(off, False)
    inside = (slice(1, -1), slice(1, -1))
    best = min(float(np.abs(given - np.roll(made, move, (0, 1)))[inside].mean()) for move in _MOVES)
    return Likeness(off, best < _MOVED * off)


def _grey(picture: Picture) -> Picture:
    """(H, W, C) to (H, W): the mean of the channels."""
    channels = picture.shape[2]
    grey: Picture = sum(picture[..., channel] for channel in range(1, channels)) + picture[..., 0]
    return grey / np.float32(channels)


def _same(expected: Picture, answer: Picture, arithmetic: str) -> bool:
    if arithmetic != F32:
        return decibels(expected, answer) >= _SAMPLE_DB
    return grey_levels(expected, answer) <= _SAMPLE_LEVELS


class _Worker:
    """A thread that does one thing after another for whoever waits for it, but not for ever."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._tasks: queue.SimpleQueue[tuple[Callable[[], Any], queue.SimpleQueue[Any]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=_work, args=(self._tasks,), name="engine", daemon=True)
        self._thread.start()

    def __del__(self) -> None:
        self.leave()

    def leave(self) -> None:
        """No more tasks: the thread ends when it comes to it."""
        self._tasks.put(None)

    def do(self, task: Callable[[], Any], slices: float) -> Any:
        """Raises what the task does; EngineFailedError where it takes longer than any machine should."""
        answers: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._tasks.put((task, answers))
        for _ in range(round(slices)):
            with contextlib.suppress(queue.Empty):
                kind, value = answers.get(timeout=self._patience)
                break
        else:
            raise errors.EngineFailedError("It does not answer.")
        if kind == "raised":
            raise value
        return value


def _work(tasks: queue.SimpleQueue[tuple[Callable[[], Any], queue.SimpleQueue[Any]] | None]) -> None:
    priority.give_way()
    while (found := tasks.get()) is not None:
        task, answers = found
        try:
            answers.put(("done", task()))
        except BaseException as error:
            answers.put(("raised", error))
        del found, task, answers
