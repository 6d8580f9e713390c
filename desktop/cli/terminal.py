"""What the command line may be connected to."""

from __future__ import annotations

import io
import sys


def accept_every_name() -> None:
    """Lets standard output take names and signs its encoding does not have, by spelling them out as ``\\u2192``.

    Standard error does so from the start. Without this a redirected Windows console, or a name that is not UTF-8,
    would end a whole batch.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
