"""The frozen application's libraries, and who may be led to them.

On Linux PyInstaller's launcher puts its folder on LD_LIBRARY_PATH. Programs of the system's that are started from here
would load Qt and the rest from there, and fail. Its own programs, started from here, rely on it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import MutableMapping

_NAME = "LD_LIBRARY_PATH"


def spare_others(environment: MutableMapping[str, str] = os.environ) -> None:
    """From now on, programs are started as if this one were not frozen."""
    if not _is_frozen():
        return
    before = environment.get(f"{_NAME}_ORIG")
    if before is None:
        environment.pop(_NAME, None)
    else:
        environment[_NAME] = before


def own_libraries() -> dict[str, str]:
    """What the environment of our own child processes needs on top."""
    if not _is_frozen():
        return {}
    folder: str = getattr(sys, "_MEIPASS")  # noqa: B009  (there only where the program is frozen)
    return {_NAME: os.pathsep.join(filter(None, (folder, os.environ.get(f"{_NAME}_ORIG"))))}


def _is_frozen() -> bool:
    return sys.platform.startswith("linux") and hasattr(sys, "_MEIPASS")
