"""What becomes of photos that are added to a queue: rows of their own, rows that wait again, or nothing.

A file that is in the queue with the same settings is not queued twice, whatever the name or link it comes by. One that
failed, was cancelled or skipped waits again in its row, and so does one whose result is gone. A file that has changed
since it was done is another photo.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from desktop.core.collect import Found, LeftOut, Reason
from desktop.core.jobs import ENDINGS, Job, JobState, Request


@dataclass(frozen=True)
class Additions:
    """What was added.

    Attributes:
        new: photos to be queued.
        again: IDs of jobs that should wait again.
        known: photos that are left alone, because they are in the queue.
        left_out: everything that is not queued, the known ones with it.
    """

    new: list[Found] = field(default_factory=list)
    again: list[str] = field(default_factory=list)
    known: list[Found] = field(default_factory=list)
    left_out: LeftOut = field(default_factory=LeftOut)


class _File(NamedTuple):
    """Which file a path leads to, and which version of it; the disk's number of it, size and time where it is there."""

    place: str
    number: tuple[int, int] | None = None
    size: int = 0
    mtime_ns: int = 0


class KnownFiles:
    """The files of a queue. Asks the disk, so it belongs to one thread that may wait; remembers what it was told."""

    def __init__(self) -> None:
        self._files: dict[Path, _File] = {}
        self._folders: dict[str, str] = {}

    def sort_out(
        self,
        found: Iterable[Found],
        jobs: Sequence[Job],
        request_for: Callable[[Found], Request],
        left_out: LeftOut,
    ) -> Additions:
        """Decides for every photo.

        Args:
            jobs: the queue as it stands.
            request_for: what would be asked for a photo.
        """
        self._folders.clear()  # what is a link now need not have been one last time
        present = {job.path for job in jobs}
        self._files = {path: file for path, file in self._files.items() if path in present}
        index = _Index()
        for job in jobs:
            file = self._files.get(job.path)
            if file is None:
                file = self._files[job.path] = self._look(job.path)
            index.add(file, job.path, job)
        additions = Additions(left_out=left_out)
        again: set[str] = set()
        for entry in found:
            file = self._look(entry.path)
            reason, waiting = _judge(index.find(file, entry.path), file, entry, request_for, again)
            if reason is not None:
                additions.known.append(entry)
                left_out.note(reason, entry.path)
            elif waiting is not None:
                again.add(waiting.id)
                additions.again.append(waiting.id)
            else:
                additions.new.append(entry)
                self._files[entry.path] = file
                index.add(file, entry.path, None)
        return additions

    def _look(self, path: Path) -> _File:
        """One question to the disk for a file, and one more for each folder."""
        folder, name = os.path.split(path)
        real = self._folders.get(folder)
        if real is None:
            real = self._folders[folder] = os.path.realpath(folder)
        place = os.path.normcase(os.path.join(real, name))
        try:
            status = os.stat(path)
        except OSError:
            return _File(place)
        number = (status.st_dev, status.st_ino) if status.st_ino else None
        return _File(place, number, status.st_size, status.st_mtime_ns)


class _Index:
    """Jobs by the file they are for; None for a photo that has just been found new."""

    def __init__(self) -> None:
        self._by_place: dict[str, list[Job | None]] = {}
        self._by_number: dict[tuple[int, int], list[tuple[str, Path, Job | None]]] = {}

    def add(self, file: _File, path: Path, job: Job | None) -> None:
        self._by_place.setdefault(file.place, []).append(job)
        if file.number is not None:
            self._by_number.setdefault(file.number, []).append((file.place, path, job))

    def find(self, file: _File, path: Path) -> list[Job | None]:
        linked = self._by_number.get(file.number, []) if file.number is not None else []
        # A disk gives the number of a file that was deleted to the next one, so both are looked at as they are now.
        elsewhere = [job for place, other, job in linked if place != file.place and _is_one_file(other, path)]
        return self._by_place.get(file.place, []) + elsewhere


def _judge(
    twins: list[Job | None], file: _File, found: Found, request_for: Callable[[Found], Request], again: set[str]
) -> tuple[Reason | None, Job | None]:
    """Why a photo is left alone, or the job that should wait again; neither for a new one.

    Args:
        twins: what there is for the same file.
        again: jobs that will wait again.
    """
    if None in twins:
        return Reason.TWICE, None
    if not twins:
        return None, None
    settings = _settings(request_for(found))
    alike = [job for job in twins if job is not None and _settings(job.request) == settings and _is_for(job, file)]
    if any(job.id in again or _stands(job) for job in alike):
        return Reason.QUEUED, None
    return None, alike[0] if alike else None


def _is_one_file(one: Path, other: Path) -> bool:
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False


def _settings(request: Request) -> Request:
    """What is asked for, without what photo it is asked for."""
    return replace(request, path=Path(), root=None, counter=0, unattended=False, own=frozenset())


def _is_for(job: Job, file: _File) -> bool:
    """Whether it is for the file as it is now, and not for one that was changed since; where that is known."""
    read = job.account
    if job.state is not JobState.DONE or read is None or not read.input_mtime_ns:
        return True
    return (read.input_bytes, read.input_mtime_ns) == (file.size, file.mtime_ns)


def _stands(job: Job) -> bool:
    """Whether there is a result, or will be one without anybody doing anything about it."""
    if job.state is JobState.DONE:
        return job.output is None or os.path.lexists(job.output)
    return job.state not in ENDINGS
