"""Saving a report, in the form its name asks for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from desktop.core import errors, files
from desktop.core.cancel import CancelToken
from desktop.core.jobs import Job
from desktop.core.photo.direct import DirectReader
from desktop.core.photo.isolated import PhotoReader
from desktop.core.report import SUFFIXES, TABLE_SUFFIX, page, table
from desktop.core.report.entry import Entry
from desktop.core.report.words import Words

Progress = Callable[[float], None]
"""Told how much of a report is written, 0..1."""


def save_report(
    jobs: Sequence[Job],
    target: Path,
    words: Words | None = None,
    *,
    reader: PhotoReader | None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    now: Callable[[], float] = time.time,
) -> None:
    """Writes a report of the photos that have ended, replacing an older one only when it is whole.

    One photo is read at a time, so that memory does not grow with their number.

    Args:
        target: its suffix, one of ``SUFFIXES``, decides between table and page; its folder is made if missing.
        words: English where None.
        reader: opens the photos for their pictures; in this very process where None.

    Raises:
        UsageError: another suffix.
        CancelledError: nothing has been written.
        NoSpaceError, NoPermissionError, NotFoundError, InternalError: it could not be written.
    """
    suffix = target.suffix.lower()
    if suffix not in SUFFIXES:
        raise errors.UsageError("A report is a .html or a .csv file, which “{name}” is not.", name=target.name)
    target = target.absolute()
    words = words or Words()
    entries = Entry.of(jobs)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with files.whole_file(target) as temp:
            if suffix == TABLE_SUFFIX:
                with temp.open("w", encoding=table.ENCODING, newline="") as out:
                    written = table.write_table(entries, out, words)
                    _follow(written, len(entries), progress, cancel)
            else:
                with temp.open("w", encoding=page.ENCODING, newline="\n") as out:
                    made = datetime.fromtimestamp(now()).astimezone()
                    frame = page.Frame(words, target.parent, reader or DirectReader(), made, len(jobs) - len(entries))
                    written = page.write_page(entries, out, frame)
                    _follow(written, len(entries), progress, cancel)
    except OSError as error:
        raise errors.while_writing(error, target) from error


def _follow(written: Iterator[int], total: int, progress: Progress | None, cancel: CancelToken | None) -> None:
    for number in written:
        if progress is not None:
            progress(number / total)
        if cancel is not None:
            cancel.check()
