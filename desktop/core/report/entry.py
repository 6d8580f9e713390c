"""What a report says of one photo, whichever form it takes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from desktop.core.jobs import ENDINGS, Account, Job, JobState
from desktop.core.photo.formats import BY_NAME, BY_SUFFIX, OutputFormat

# What has no place in text: control characters, and halves of characters that stand for bytes that are not UTF-8.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")


def spelled(text: str) -> str:
    """The text with what cannot be printed spelled out, as in ``\\udcfc`` and ``\\n``."""
    return _UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


@dataclass(frozen=True)
class Entry:
    """A photo that has ended."""

    job: Job

    @classmethod
    def of(cls, jobs: Iterable[Job]) -> list[Entry]:
        """Those that have ended, in the queue's order."""
        return [cls(job) for job in jobs if job.state in ENDINGS]

    @property
    def account(self) -> Account:
        """How it went; an empty one where nothing was noted, as for a photo cancelled while it waited."""
        return self.job.account or Account()

    @property
    def path(self) -> Path:
        return self.job.path.absolute()

    @property
    def output(self) -> Path | None:
        return self.job.output.absolute() if self.job.output else None

    @property
    def model(self) -> str:
        return self.account.model or self.job.request.model or ""

    @property
    def scale(self) -> float:
        return self.account.scale or self.job.request.scale or 0

    @property
    def format(self) -> OutputFormat | None:
        """The result's, or where there is none, the one that was asked for."""
        if self.job.output is not None:
            return BY_SUFFIX.get(self.job.output.suffix.lower())
        return BY_NAME.get(self.job.request.format or "")

    @property
    def quality(self) -> int | None:
        """None where the format knows no quality, or nothing was written."""
        known = self.job.state is JobState.DONE and self.format is not None and self.format.quality
        return self.job.request.quality if known else None

    @property
    def ended(self) -> datetime | None:
        """In local time."""
        return datetime.fromtimestamp(self.account.ended).astimezone() if self.account.ended else None
