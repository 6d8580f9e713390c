"""Whether the last start came as far as a window: a driver that ends the process leaves nobody to say so."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from desktop.core.errors import InternalError, RekindleError
from desktop.core.paths import Folders

_MARK = "starting"


class Start:
    """One start, marked on disk until the window stands."""

    def __init__(self, folders: Folders) -> None:
        self._mark: Path = folders.log / _MARK
        self.last_failed = False

    def begin(self) -> RekindleError | None:
        """Marks that a start is under way. Gives what the person should know of the one before."""
        self.last_failed = os.path.exists(self._mark)
        with contextlib.suppress(OSError):  # a home that cannot be written is told of elsewhere
            self._mark.parent.mkdir(parents=True, exist_ok=True)
            self._mark.write_text(str(os.getpid()))
        if not self.last_failed:
            return None
        return InternalError(
            "Last time Rekindle was ended before its window stood. If that happens again: Help › About has diagnostics "
            "to copy, for somebody who helps.",
        )

    def done(self) -> None:
        """The window stands."""
        with contextlib.suppress(OSError):
            self._mark.unlink(missing_ok=True)
