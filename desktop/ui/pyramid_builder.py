"""Building pyramids off the GUI thread; results that nobody waits for any more are dropped."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal

from desktop.ui.pictures import Picture

logger = logging.getLogger(__name__)


class Pool(Protocol):
    """The part of QThreadPool that is used, so that tests can run tasks when they like."""

    def start(self, task: QRunnable, /) -> None: ...


class PyramidBuilder(QObject):
    """Builds pyramids on a pool, one generation of pictures at a time.

    Signals:
        built(name, Picture): on the GUI thread, never for pictures asked for before the last `restart`
    """

    built = Signal(str, object)
    _finished = Signal(int, str, object)

    def __init__(self, parent: QObject | None = None, pool: Pool | None = None) -> None:
        super().__init__(parent)
        self._pool: Pool = pool or QThreadPool.globalInstance()
        self._generation = 0
        self._finished.connect(self._deliver)

    def restart(self) -> None:
        """Forget what has been asked for: it is neither delivered nor, if it waits still, begun."""
        self._generation += 1

    def finish(self) -> None:
        """Forgets everything and waits until nothing is being built: a task must not deliver to what is gone."""
        self.restart()
        if isinstance(self._pool, QThreadPool):
            self._pool.waitForDone()

    def request(self, name: str, picture: Picture) -> None:
        """Build the levels of `picture`; `built` then brings the completed one under `name`."""
        generation = self._generation
        self._pool.start(
            _Task(
                picture.completed,
                lambda: self._generation == generation,
                lambda completed: self._finished.emit(generation, name, completed),
            )
        )

    def _deliver(self, generation: int, name: str, picture: Picture) -> None:
        if generation == self._generation:
            self.built.emit(name, picture)


class _Task(QRunnable):
    def __init__(
        self, work: Callable[[], Picture], wanted: Callable[[], bool], deliver: Callable[[Picture], None]
    ) -> None:
        super().__init__()
        self._work = work
        self._wanted = wanted
        self._deliver = deliver

    def run(self) -> None:
        if not self._wanted():
            return
        try:
            picture = self._work()
        except Exception:
            # Without its levels a picture is drawn more roughly, and still drawn.
            logger.exception("building a pyramid failed")
            return
        try:
            self._deliver(picture)
        except RuntimeError:
            logger.debug("the view was closed while its picture was prepared")
