"""From the command line to the open window."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from desktop.core import frozen
from desktop.core.errors import UsageError
from desktop.ui.display import has_display


def run_window(data_dir: Path | None, photos: Sequence[Path]) -> int:
    """Opens the window with these photos queued, and returns its exit status.

    Raises:
        UsageError: there is no display.
        ImportError: Qt, or a library that it needs to open a window, cannot be loaded.
    """
    frozen.spare_others()
    if not has_display():
        raise UsageError(
            "There is no display to open a window on. Photos can be enhanced without one: rekindle enhance PHOTO"
        )
    from desktop.ui.platform_parts import missing_part, refuses

    if trouble := missing_part():
        raise ImportError(trouble)
    if refuses():
        raise UsageError(
            "The display “{display}” does not let Rekindle open a window. Is it another person's? Photos can be "
            "enhanced without one: rekindle enhance PHOTO",
            display=os.environ.get("DISPLAY", ""),
        )
    from desktop.ui.app import run

    return run(sys.argv[:1], data_dir, photos)
