"""From what a person named or dropped to the photos that are meant, and what of it is left out."""

from __future__ import annotations

import os
import stat
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from desktop.core.jobs import DEFAULT_TEMPLATE
from desktop.core.naming import OurNames
from desktop.core.photo.formats import READABLE_SUFFIXES

# What systems, and disks in the network, keep beside photos without a dot before its name.
_SYSTEM_NAMES = frozenset(
    {
        "desktop.ini", "thumbs.db", "ehthumbs.db", "icon\r",
        "$recycle.bin", "system volume information", "__macosx", "lost+found", "@eadir",
    }
)  # fmt: skip
_HAS_MARKS = sys.platform in ("win32", "darwin")  # where a file can be hidden whatever its name
_MOST_LISTED = 1000


class Reason(StrEnum):
    """Why something was left out; in words, which are the key of their translation."""

    HIDDEN = "Hidden files and files of the system"
    NO_PHOTO = "Not photos, or of a kind that Rekindle does not read"
    OURS = "Results that Rekindle has made"
    LINK = "Links to other folders"
    TWICE = "Photos that were named more than once"
    QUEUED = "Photos that are in the list already, with the same settings"


@dataclass(frozen=True)
class Found:
    """A photo, and the folder that was named if it was found inside one."""

    path: Path
    root: Path | None = None


class LeftOut:
    """What was not taken: all of it is counted, the first of each kind are remembered by name.

    Attributes:
        counts: how many for each reason.
        folders: how many of them are whole folders, whatever is in them.
    """

    def __init__(self, most_listed: int = _MOST_LISTED) -> None:
        self.counts: Counter[Reason] = Counter()
        self.folders = 0
        self._most_listed = most_listed
        self._listed: dict[Reason, list[str]] = {}

    def __len__(self) -> int:
        return self.counts.total()

    def note(self, reason: Reason, *parts: str | Path) -> None:
        """One more: the parts of its path, an empty one at the end of a folder's."""
        self.counts[reason] += 1
        self.folders += parts[-1] == ""
        listed = self._listed.setdefault(reason, [])
        if len(listed) < self._most_listed:
            listed.append(os.path.join(*parts))

    def listed(self, reason: Reason) -> tuple[str, ...]:
        """The first that were left out for this reason, in the order they were found."""
        return tuple(self._listed.get(reason, ()))


@dataclass(frozen=True)
class _Ours:
    """How results are known inside folders: by their folder, by their path, by a name that a photo beside explains."""

    folder: str | None = None
    files: frozenset[str] = frozenset()
    template: str = DEFAULT_TEMPLATE


def collect(
    paths: Iterable[Path],
    exclude: Path | None = None,
    left_out: LeftOut | None = None,
    *,
    template: str = DEFAULT_TEMPLATE,
    results: Iterable[Path] = (),
) -> Iterator[Found]:
    """Photos in the order named; folders are read through, sorted by name, without following links to folders.

    Inside folders, hidden files, what has no image's suffix, and our own results are left out. What is named itself is
    taken, once, even if it does not exist, and so is a folder that may not be read: whoever works on it says so.

    A result among originals is a photo like any other if its name says nothing, as "{date} {counter}" does not, and no
    queue knows it any more.

    Args:
        exclude: a folder of results, left out when it lies inside a folder that is read.
        left_out: is told of everything that is not taken.
        template: how results are named now; those of the usual name are known in any case.
        results: files known to be results.
    """
    excluded = os.path.realpath(exclude) if exclude is not None else None
    ours = _Ours(excluded, frozenset(os.path.abspath(result) for result in results), template)
    out = LeftOut(0) if left_out is None else left_out
    seen: set[str] = set()
    for path in paths:
        named = os.path.isdir(path)
        for found in (Found(photo, path) for photo in _in_folder(path, ours, out)) if named else (Found(path),):
            place = os.path.abspath(found.path)
            if place in seen:
                out.note(Reason.TWICE, found.path)
            else:
                seen.add(place)
                yield found


def is_visible(name: str) -> bool:
    """Whether a file or folder of this name is a person's and not the system's."""
    return not name.startswith(".") and name.casefold() not in _SYSTEM_NAMES


def photos_among(names: Iterable[str], folder: str = "", template: str = DEFAULT_TEMPLATE) -> list[str]:
    """The files of one folder that are photos and not our own results, sorted by name whatever its case."""
    return [name for name, reason in _judged(names, folder, _Ours(template=template)) if reason is None]


def _in_folder(root: Path, ours: _Ours, left_out: LeftOut) -> Iterator[Path]:
    unreadable: list[Path] = []
    for folder, subfolders, names in os.walk(root, onerror=lambda error: unreadable.append(Path(error.filename))):
        subfolders[:] = _entered(folder, subfolders, ours.folder, left_out)
        here = Path(folder)
        for name, reason in _judged(names, folder, ours):
            if reason is None and _HAS_MARKS and _is_marked(os.path.join(folder, name)):
                reason = Reason.HIDDEN
            if reason is None:
                yield here / name
            else:
                left_out.note(reason, folder, name)
    yield from unreadable


def _entered(folder: str, subfolders: Iterable[str], excluded: str | None, left_out: LeftOut) -> list[str]:
    """The folders inside one that are read too, sorted."""
    entered = []
    for name in sorted(subfolders):
        path = os.path.join(folder, name)
        if not is_visible(name) or (_HAS_MARKS and _is_marked(path)):
            left_out.note(Reason.HIDDEN, path, "")
        elif os.path.islink(path):
            left_out.note(Reason.LINK, path, "")
        elif excluded is not None and os.path.realpath(path) == excluded:
            left_out.note(Reason.OURS, path, "")
        else:
            entered.append(name)
    return entered


def _judged(names: Iterable[str], folder: str, ours: _Ours) -> Iterator[tuple[str, Reason | None]]:
    """The files of one folder, sorted by name whatever its case, and why each of them is left out, if it is."""
    split = [(name, *os.path.splitext(name)) for name in names]
    stems = {stem for name, stem, suffix in split if suffix.lower() in READABLE_SUFFIXES and is_visible(name)}
    results = OurNames(os.path.basename(os.path.abspath(folder)), stems, ours.template)
    for name, stem, suffix in sorted(split, key=lambda entry: entry[0].casefold()):
        if not is_visible(name):
            yield name, Reason.HIDDEN
        elif suffix.lower() not in READABLE_SUFFIXES:
            yield name, Reason.NO_PHOTO
        elif stem in results or (ours.files and os.path.abspath(os.path.join(folder, name)) in ours.files):
            yield name, Reason.OURS
        else:
            yield name, None


def is_marked(status: Any) -> bool:
    """Whether Windows or macOS keeps the file or folder that has this status out of sight by an attribute."""
    attributes = getattr(status, "st_file_attributes", 0)
    flags = getattr(status, "st_flags", 0)
    return bool(attributes & (stat.FILE_ATTRIBUTE_HIDDEN | stat.FILE_ATTRIBUTE_SYSTEM) or flags & stat.UF_HIDDEN)


def _is_marked(path: str) -> bool:
    try:
        return is_marked(os.lstat(path))
    except OSError:
        return False
