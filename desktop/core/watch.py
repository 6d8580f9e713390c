"""Photos that appear in a folder: which of them are new, and which of those have been written to their end.

A folder is looked at again and again rather than its changes being listened to: that works on network shares too, loses
nothing when the machine sleeps, and finds what came while nobody watched.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from desktop.core import errors
from desktop.core.cancel import CancelToken
from desktop.core.collect import is_marked, is_visible, photos_among
from desktop.core.jobs import DEFAULT_TEMPLATE

_HOUR_NS = 3_600_000_000_000
_HELD_S = 60.0  # a program that takes longer to let go of a photo is worth a word


class Stamp(NamedTuple):
    """What tells a file from a later one of the same name."""

    size: int
    mtime_ns: int

    def __str__(self) -> str:
        return f"{self.size}:{self.mtime_ns}"

    @classmethod
    def parse(cls, text: str) -> Stamp:
        size, mtime = text.split(":")
        return cls(int(size), int(mtime))

    def is_of(self, other: Stamp) -> bool:
        """Whether both are of one file. FAT keeps local time: summer time moves all its files by an hour."""
        return self.size == other.size and abs(self.mtime_ns - other.mtime_ns) in (0, _HOUR_NS)


@dataclass(frozen=True)
class Listing:
    """What a folder held at one moment.

    Attributes:
        photos: by their names relative to the folder, in order.
        place: which folder it was: device and number.
        complete: whether all of it could be read.
        trouble: what inside it may not be read, if anything.
    """

    photos: Mapping[str, Stamp]
    place: tuple[int, int] = (0, 0)
    complete: bool = True
    trouble: errors.RekindleError | None = None


@dataclass(frozen=True)
class OurResults:
    """How our own results are known: by the folders they go to, and by the template of their names."""

    folders: tuple[Path, ...] = ()
    template: str = DEFAULT_TEMPLATE


def list_photos(folder: Path, ours: OurResults | None = None, cancel: CancelToken | None = None) -> Listing:
    """Reads a folder through by the rules of ``collect``.

    Raises:
        NotFoundError, NoPermissionError, UnreadablePhotoError: the folder itself cannot be read.
        CancelledError: ``cancel`` said so.
    """
    try:
        status = os.stat(folder)
        reading = _Reading(os.path.realpath(folder), ours or OurResults())
        inside = reading.read("")[::-1]
    except OSError as error:
        raise unwatchable(error, folder) from error
    while inside:
        if cancel is not None:
            cancel.check()
        name = inside.pop()
        try:
            inside += reading.read(name)[::-1]
        except OSError as error:
            reading.missed(error, name)
    trouble = None
    if reading.refused is not None:
        name, refusal = reading.refused
        trouble = errors.while_reading(refusal, folder / name)
    return Listing(reading.photos, (status.st_dev, status.st_ino), reading.complete, trouble)


class _Reading:
    """What has been found so far, and what could not be read."""

    def __init__(self, root: str, ours: OurResults) -> None:
        self._root = root
        self._excluded = {os.path.normcase(os.path.realpath(path)) for path in ours.folders}
        self._template = ours.template
        self.photos: dict[str, Stamp] = {}
        self.complete = True
        self.refused: tuple[str, OSError] | None = None

    def read(self, folder: str) -> list[str]:
        """Notes a folder's photos and gives its folders, sorted. Raises OSError."""
        place = os.path.join(self._root, folder)
        with os.scandir(place) as found:
            entries = {entry.name: entry for entry in found}
        above = os.path.join(folder, "")
        for name in photos_among(entries, place, self._template):
            try:
                status = entries[name].stat()
            except OSError as error:
                self.missed(error, above + name)
                continue
            if stat.S_ISREG(status.st_mode) and not is_marked(status):  # opening a pipe would wait for ever
                self.photos[above + name] = Stamp(status.st_size, status.st_mtime_ns)
        inside = sorted(above + name for name, entry in entries.items() if _is_entered(entry))
        return [path for path in inside if os.path.normcase(os.path.join(self._root, path)) not in self._excluded]

    def missed(self, error: OSError, name: str) -> None:
        self.complete = False
        # Whatever is just being deleted, and links to nowhere, are no trouble.
        if error.errno not in (errno.ENOENT, errno.ELOOP) and self.refused is None:
            self.refused = (name, error)


def _is_entered(entry: os.DirEntry[str]) -> bool:
    """Whether it is a folder to be read too. Links to folders are not: they may lead round in circles."""
    is_junction: Callable[[], bool] = getattr(entry, "is_junction", bool)  # from Python 3.12 on
    if not is_visible(entry.name) or not entry.is_dir(follow_symlinks=False) or is_junction():
        return False
    try:
        return not is_marked(entry.stat(follow_symlinks=False))
    except OSError:
        return True  # whoever reads it says so


def not_there(folder: Path) -> errors.NotFoundError:
    """The watched folder is gone, for now or for good."""
    return errors.NotFoundError(
        "The folder “{name}” is not there. Connect it again, or choose another.", name=folder.name or str(folder)
    )


def unwatchable(error: OSError, folder: Path) -> errors.RekindleError:
    """An operating-system error met while the watched folder itself was read, as a typed error."""
    name = folder.name or str(folder)
    if isinstance(error, FileNotFoundError):
        return not_there(folder)
    if isinstance(error, NotADirectoryError):
        return errors.NotFoundError("“{name}” is not a folder. Choose one.", name=name)
    if isinstance(error, PermissionError):
        return errors.NoPermissionError("The folder “{name}” may not be read. Check its permissions.", name=name)
    return errors.UnreadablePhotoError(
        "The folder “{name}” cannot be read: {reason}.", name=name, reason=error.strerror or str(error)
    )


def opened(path: Path) -> Stamp | None:
    """A file's stamp as who opens it sees it; None where it cannot be opened, as while another program writes it."""
    try:
        with path.open("rb") as handle:
            status = os.fstat(handle.fileno())
    except OSError:
        return None
    return Stamp(status.st_size, status.st_mtime_ns)


@dataclass
class _Candidate:
    """A photo that has appeared and may still be growing."""

    stamp: Stamp
    since: float
    opened: Stamp | None = None


@dataclass(frozen=True)
class Sighting:
    """What one look has brought.

    Attributes:
        photos: that have appeared and are whole, by name, in order.
        gone: names that were seen to and are no longer there.
        held: a photo that should be whole by now and still cannot be opened.
    """

    photos: dict[str, Stamp] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)
    held: str | None = None


class Watch:
    """Compares one listing of a folder with the next. Belongs to one thread."""

    def __init__(
        self,
        taken: Mapping[str, Stamp],
        look: Callable[[str], Stamp | None],
        settle_s: float,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """
        Args:
            taken: photos that have been seen to already, by name.
            look: opens a photo, as ``opened`` does.
            settle_s: how long a photo must not have changed to be taken.
            now: seconds on a clock that nobody sets.
        """
        self._taken = dict(taken)
        self._look = look
        self._settle_s = settle_s
        self._now = now
        self._candidates: dict[str, _Candidate] = {}
        self._present: set[str] = set()
        self._place: tuple[int, int] | None = None

    def compare(self, listing: Listing) -> Sighting:
        """Takes the photos that are there, whole and new; each of them is given once."""
        now = self._now()
        candidates: dict[str, _Candidate] = {}
        photos: dict[str, Stamp] = {}
        held = None
        for name, stamp in listing.photos.items():
            known = self._taken.get(name)
            if known is not None and stamp.is_of(known):
                continue
            candidate = self._candidates.get(name)
            if candidate is None or candidate.stamp != stamp:
                candidates[name] = _Candidate(stamp, now)
            elif stamp.size and now - candidate.since >= self._settle_s and self._is_whole(name, candidate):
                photos[name] = stamp
            else:
                candidates[name] = candidate
                if stamp.size and candidate.opened is None and now - candidate.since >= self._settle_s + _HELD_S:
                    held = held or name
        self._candidates = candidates
        self._taken.update(photos)
        return Sighting(photos, self._forget_gone(listing), held)

    def _is_whole(self, name: str, candidate: _Candidate) -> bool:
        """Whether the file itself bears out what its folder says; some file systems let the folder lag behind."""
        before, candidate.opened = candidate.opened, self._look(name)
        return candidate.opened is not None and candidate.opened in (candidate.stamp, before)

    def _forget_gone(self, listing: Listing) -> list[str]:
        # Only what was seen in this very folder: where a share or a disk has gone, an empty folder may stand in its
        # place, and everything would be new when it comes back.
        if listing.place != self._place:
            self._place, self._present = listing.place, set()
        if not listing.complete:
            return []
        present = self._taken.keys() & listing.photos.keys()
        gone = sorted(self._present - present)
        self._present = present
        for name in gone:
            del self._taken[name]
        return gone
