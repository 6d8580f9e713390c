"""From the command line to the open window."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from desktop.core import frozen
from desktop.core.errors import UsageError
from desktop.ui.display import has_display


def run_window(data_dir: Path | None, photos: Sequence[Path]) -> int:
    """Opens the window with these photos queued, and returns its exit status.

    Raises:
        UsageError: there is no display, or Qt is not installed.
    """
    frozen.spare_others()
    if not has_display():
        raise UsageError(
            "There is no display to open a window on. Photos can be enhanced without one: rekindle enhance PHOTO"
        )
    try:
        from desktop.ui.app import run
    except ImportError as error:
        raise UsageError(
            "The window needs Qt, which cannot be loaded ({reason}). Photos can be enhanced without it: "
            "rekindle enhance PHOTO",
            reason=error,
        ) from error
    return run(sys.argv[:1], data_dir, photos)
