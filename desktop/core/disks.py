"""Which disk a folder is on, and how much fits on it."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Disk:
    """A disk at one moment.

    Attributes:
        device: tells it from others.
        name: what a person may know it by: its own name or letter where it has one, else the folder's that was asked.
        free: bytes that may still be written.
    """

    device: int
    name: str
    free: int


def disk_of(folder: Path) -> Disk:
    """The disk that ``folder`` is on, or will be once it is made. Waits for the disk. Raises OSError."""
    existing = folder.absolute()
    while not os.path.exists(existing) and existing != existing.parent:
        existing = existing.parent
    device = existing.stat().st_dev
    return Disk(device, _name(existing, device, folder), shutil.disk_usage(existing).free)


def _name(existing: Path, device: int, folder: Path) -> str:
    top = Path(os.path.realpath(existing))
    while top != top.parent and top.parent.stat().st_dev == device:
        top = top.parent
    if top == top.parent:  # the computer's own disk, which has no name people know, or a letter
        return top.drive or folder.name or str(top)
    return top.name
