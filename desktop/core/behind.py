"""A result is written while the next photo is enhanced already."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection

from desktop.core import priority


class WriteBehind:
    """Does one thing after the other, in order, on a thread; whoever has more of it waits until the last is done."""

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None
        self._mib = 0
        self._names: frozenset[object] = frozenset()
        self._broke: BaseException | None = None

    @property
    def mib(self) -> int:
        """Memory in MiB that what is under way takes."""
        return self._mib if self._thread is not None and self._thread.is_alive() else 0

    def begin(self, work: Callable[[], None], mib: int = 0, names: Collection[object] = ()) -> None:
        """Starts on something once all before it is done.

        Args:
            work: what it raises is raised by whoever waits for it next.
            mib: see above.
            names: what others may have to wait for, see ``wait_for``.
        """
        self.wait()
        gave_way = priority.gave_way()

        def run() -> None:
            if gave_way:
                priority.give_way()
            try:
                work()
            except BaseException as error:  # an interruption, or a mistake of ours: not to be lost with the thread
                self._broke = error

        self._mib, self._names = mib, frozenset(names)
        self._thread = threading.Thread(target=run, name="writing")
        self._thread.start()

    def wait_for(self, name: object) -> None:
        """Waits until nothing of that name is under way."""
        if name in self._names:
            self.wait()

    def wait(self) -> None:
        """Returns when everything is done."""
        if (thread := self._thread) is not None:
            thread.join()
            self._thread, self._mib, self._names = None, 0, frozenset()
        if (broke := self._broke) is not None:
            self._broke = None
            raise broke
