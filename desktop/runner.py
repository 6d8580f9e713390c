"""The queue's engine room: the one thread on which the loaded net lives."""

from __future__ import annotations

import contextlib
import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject, QThreadPool, QTimer, Signal

from desktop.core import priority
from desktop.core.cancel import CancelToken
from desktop.core.enhance import Observer
from desktop.core.errors import CancelledError, RekindleError, unexpected
from desktop.core.gaze import Region
from desktop.core.glimpse import Begun
from desktop.core.jobs import Request, Result
from desktop.core.outcome import Outcome
from desktop.core.pipeline import Limits, Pipeline
from desktop.core.tiles import Tile

logger = logging.getLogger(__name__)


class Onlooker(Observer, Protocol):
    """Somebody who looks at one job's result while it is made, on the runner's thread."""

    def order(self, tiles: list[Tile]) -> Iterable[Tile]:
        """All tiles, in the order in which they are wanted."""
        ...


class Runner(QObject):
    """Works on one job at a time, off the GUI thread.

    The pool has a single thread that never expires, because the pipeline's net must stay on the thread that loaded it.

    Signals:
        progressed(job_id: str, part: float): part done, 0..1.
        finished(job_id: str, outcome: Outcome): exactly once for every job that was submitted.
        freed(): a job's result is still to be written, but the next job may be submitted already.
    """

    progressed = Signal(str, float)
    finished = Signal(str, object)
    freed = Signal()
    _enhanced = Signal(str)
    _glimpsed = Signal(object, object)

    def __init__(
        self,
        pipeline: Pipeline,
        parent: QObject | None = None,
        publishing: Callable[[str, Result], None] | None = None,
        onlooker: Callable[[str], Onlooker] | None = None,
    ) -> None:
        """
        Args:
            onlooker: asked for one for every job, by its ID.
            publishing: told on the runner's thread, with the job's ID, of a finished file that is about to take its
                name; the file waits until it returns.
        """
        super().__init__(parent)
        self._pipeline = pipeline
        self._publishing = publishing
        self._onlooker = onlooker
        self._pool = QThreadPool(self)
        self._pool.setObjectName("enhancing")
        self._pool.setMaxThreadCount(1)
        self._pool.setExpiryTimeout(-1)
        self._tokens: dict[str, CancelToken] = {}
        self._glimpses: deque[Callable[[], None]] = deque()
        self._glimpse = CancelToken()
        self._writing: set[str] = set()
        self._enhanced.connect(self._free)
        self.finished.connect(self._forget)
        self._glimpsed.connect(self._tell_of_glimpse)
        # A window that is thrown away without being closed must not wait for a whole photo.
        self.destroyed.connect(partial(_cancel, self._tokens))

    @property
    def busy(self) -> bool:
        return bool(self._tokens)

    @property
    def free(self) -> bool:
        """Whether the network has nothing to do: of all jobs only one's result is still being written."""
        return len(self._tokens) <= 1 and self._writing.issuperset(self._tokens)

    def submit(self, job_id: str, request: Request, upcoming: Request | None = None) -> None:
        """Queues a job.

        Args:
            upcoming: what will probably be submitted next, and is read meanwhile.

        Raises:
            ValueError: it is under way already.
        """
        if job_id in self._tokens:
            raise ValueError(f"job {job_id} is under way")
        token = CancelToken()
        self._tokens[job_id] = token
        self._pool.start(self._task(job_id, request, upcoming, token))

    def glimpse(
        self, request: Request, region: Region, begun: Begun, ended: Callable[[RekindleError | None], None]
    ) -> CancelToken:
        """Enhances a part of a photo to be looked at, see ``core.glimpse``; a job under way waits for it.

        One at a time: the one before is cancelled.

        Args:
            begun: called on the runner's thread.
            ended: called on this one, with what went wrong or None; not where it was cancelled.
        """
        self._glimpse.cancel()
        token = self._glimpse = CancelToken()

        def look() -> None:
            error: RekindleError | None = None
            try:
                token.check()
                self._pipeline.glimpse(request, region, begun, token)
            except CancelledError:
                return
            except RekindleError as known:
                error = known
            except Exception as unknown:
                logger.exception("Unexpected failure with a part of %s", request.path)
                error = unexpected(unknown)
            with contextlib.suppress(RuntimeError):
                self._glimpsed.emit(ended, error)

        self._glimpses.append(look)
        self._pool.start(self._look)
        return token

    def _look(self) -> None:
        """On the runner's thread: between two jobs, or two tiles of one."""
        priority.give_way()
        while self._glimpses:
            self._glimpses.popleft()()

    def _between(self, tiles: Iterable[Tile]) -> Iterator[Tile]:
        for tile in tiles:
            self._look()
            yield tile

    def use_limits(self, limits: Limits) -> None:
        """What jobs may use from the next one on."""
        self._pipeline.limits = limits

    def protect(self, originals: Iterable[Path]) -> None:
        """Names photos that no result may replace."""
        self._pipeline.protect(originals)

    def pause(self) -> None:
        """Holds the job under way after its current tile."""
        for token in self._tokens.values():
            token.pause()

    def resume(self) -> None:
        for token in self._tokens.values():
            token.resume()

    def cancel(self, job_id: str) -> None:
        """Ends a job after its current tile; nothing happens where it has ended already."""
        token = self._tokens.get(job_id)
        if token is not None:
            token.cancel()

    def shutdown(self) -> None:
        """Cancels everything and waits until all is idle: for a tile, or for a result that is being written."""
        _cancel(self._tokens)
        self._glimpse.cancel()
        self._pool.start(self._pipeline.forget)
        self._pool.waitForDone()
        self._pipeline.wait()

    def _task(self, job_id: str, request: Request, upcoming: Request | None, token: CancelToken) -> Callable[[], None]:
        def ended(outcome: Outcome) -> None:
            # Gone with its window: then nobody is left to tell.
            with contextlib.suppress(RuntimeError):
                self.finished.emit(job_id, outcome)

        def enhanced() -> None:
            with contextlib.suppress(RuntimeError):
                self._enhanced.emit(job_id)

        def work() -> None:
            priority.give_way()

            def report(part: float) -> None:
                if not token.cancelled:
                    self.progressed.emit(job_id, part)

            looking = self._onlooker(job_id) if self._onlooker is not None else None
            self._pipeline.begin(
                request,
                ended,
                upcoming=upcoming,
                enhanced=enhanced,
                progress=report,
                cancel=token,
                order=lambda tiles: self._between(tiles if looking is None else looking.order(tiles)),
                observer=looking,
                publishing=partial(self._publishing, job_id) if self._publishing is not None else None,
            )

        return work

    def _tell_of_glimpse(self, ended: Callable[[RekindleError | None], None], error: RekindleError | None) -> None:
        ended(error)

    def _free(self, job_id: str) -> None:
        if job_id in self._tokens:  # it has not ended yet
            self._writing.add(job_id)
            self.freed.emit()

    def _forget(self, job_id: str) -> None:
        self._tokens.pop(job_id, None)
        self._writing.discard(job_id)
        QTimer.singleShot(0, self, self._let_go)

    def _let_go(self) -> None:
        """Nothing follows: what was read ahead is let go."""
        if not self._tokens:
            self._pool.start(self._pipeline.forget)


def _cancel(tokens: dict[str, CancelToken], *_: object) -> None:
    for token in list(tokens.values()):
        token.cancel()
