"""The last steps of a photo's way: its result on disk, under its name, whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from desktop.core import errors, files
from desktop.core.jobs import Request, Result
from desktop.core.naming import day_of
from desktop.core.photo.formats import OutputFormat
from desktop.core.photo.photo import Fidelity, Photo
from desktop.core.photo.wishes import Wishes
from desktop.core.photo.write import write
from desktop.core.results import Finished

Publishing = Callable[[Result], None]
"""Told of a finished file just before it takes its name; returns when that is noted safely."""


@dataclass
class Finishing:
    """Writes one job's result.

    Attributes:
        status: of the original's file, for its dates.
        result: the file as it appeared, or was about to.
    """

    request: Request
    publishing: Publishing | None
    status: os.stat_result | None = None
    result: Result | None = None
    _dated: bool = False

    def code(self, photo: Photo, chosen: OutputFormat, wishes: Wishes, target: Path, overwrite: bool) -> Fidelity:
        """Raises FileExistsError where another program took the name, and what ``write`` does."""
        return write(
            photo,
            target,
            chosen,
            quality=self.request.quality,
            wishes=wishes,
            overwrite=overwrite,
            before_publishing=partial(self._seal, target),
        )

    def copy(self, finished: Finished, target: Path, overwrite: bool) -> Fidelity:
        """The same for what is finished already."""
        try:
            sealing = partial(self._seal, target)
            with files.whole_file(target, overwrite=overwrite, before_publishing=sealing) as temp:
                shutil.copyfile(finished.result.path, temp)
        except FileExistsError:  # also an OSError, but the caller's to decide
            raise
        except OSError as error:
            raise errors.while_writing(error, target) from error
        return finished.fidelity

    def with_dates(self, fidelity: Fidelity) -> Fidelity:
        """With what became of the file's dates."""
        if not self.request.keep_dates or self.status is None:
            return fidelity
        detail = f"last changed on {day_of(self.status.st_mtime)}"
        note = fidelity.and_kept if self._dated else fidelity.and_lost
        return note("file dates", detail if self._dated else f"{detail}: the disk does not take it")

    def _seal(self, target: Path, temp: Path) -> None:
        """Says what is about to appear, so that after a power cut it can be told from anything else of that name."""
        self.result = Result(target, temp.stat().st_size, files.sha256_of(temp))
        if self.request.keep_dates and self.status is not None:
            self._dated = files.set_dates(temp, self.status)
        if self.publishing is not None:
            self.publishing(self.result)
