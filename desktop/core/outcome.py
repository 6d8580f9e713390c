"""How one photo's way through the house ended."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

from desktop.core import errors
from desktop.core.jobs import Account, Job, JobState, Request, Result


@dataclass(frozen=True, kw_only=True)
class Outcome(Account):
    """How one photo ended, and all that is worth keeping of it with the job.

    One that was skipped and has no output is a result of ours.

    Attributes:
        peak_rss_mib: the most memory that this process and its children took.
    """

    request: Request
    state: JobState
    output: Path | None = None
    result: Result | None = None
    error: errors.RekindleError | None = None
    peak_rss_mib: int = 0

    @property
    def account(self) -> Account:
        """What of it is kept with the job."""
        return Account(**{entry.name: getattr(self, entry.name) for entry in fields(Account)})

    def as_job(self, job_id: str) -> Job:
        """As it would stand in a queue."""
        progress = 1.0 if self.state is JobState.DONE else 0.0
        return Job(job_id, self.request, self.state, progress, self.result, self.output, self.error, self.account)
