"""From what a person named or dropped to the photos that are meant."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from desktop.core.photo.formats import READABLE_SUFFIXES

# The ending that `pipeline.output_path` gives, with the number a rename adds.
_OUR_ENDING = re.compile(r"_x[2348](?: \(\d+\))?$")


@dataclass(frozen=True)
class Found:
    """A photo, and the folder that was named if it was found inside one."""

    path: Path
    root: Path | None = None


def collect(paths: Iterable[Path], exclude: Path | None = None) -> Iterator[Found]:
    """Photos in the order named; folders are read through, sorted by name, without following links to folders.

    Inside folders, hidden files, what has no image's suffix, and our own results are left out. What is named itself is
    taken, once, even if it does not exist, and so is a folder that may not be read: whoever works on it says so.

    Args:
        exclude: a folder of results, left out when it lies inside a folder that is read.
    """
    excluded = os.path.realpath(exclude) if exclude is not None else None
    seen: set[str] = set()
    for path in paths:
        inside = (Found(photo, path) for photo in _in_folder(path, excluded)) if os.path.isdir(path) else [Found(path)]
        for found in inside:
            place = os.path.abspath(found.path)
            if place not in seen:
                seen.add(place)
                yield found


def _in_folder(root: Path, excluded: str | None) -> Iterator[Path]:
    unreadable: list[Path] = []
    for folder, subfolders, names in os.walk(root, onerror=lambda error: unreadable.append(Path(error.filename))):
        here = Path(folder)
        subfolders[:] = sorted(
            name
            for name in subfolders
            if not name.startswith(".") and (excluded is None or os.path.realpath(here / name) != excluded)
        )
        photos = [name for name in names if _is_photo_name(name)]
        stems = {Path(name).stem for name in photos}
        for name in sorted(photos, key=str.casefold):
            if not _is_ours(Path(name).stem, stems):
                yield here / name
    yield from unreadable


def _is_photo_name(name: str) -> bool:
    return not name.startswith(".") and Path(name).suffix.lower() in READABLE_SUFFIXES


def _is_ours(stem: str, stems: set[str]) -> bool:
    """Whether it is named as our result of a photo that lies beside it."""
    ending = _OUR_ENDING.search(stem)
    return ending is not None and stem[: ending.start()] in stems
