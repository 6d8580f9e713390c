"""How one photo's way through the house ended."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path

from desktop.core import errors
from desktop.core.jobs import Account, Decision, Job, JobState, Request, Result
from desktop.core.photo.photo import Fidelity


@dataclass(frozen=True)
class Outcome:
    """How one photo ended. Sizes in pixels, 0 where there is none; times in seconds, ``ended`` since the epoch.

    One that was skipped and has no output is a result of ours.
    """

    request: Request
    state: JobState
    output: Path | None = None
    result: Result | None = None
    error: errors.RekindleError | None = None
    model: str = ""
    scale: float = 0
    engine: str = ""
    precision: str = ""
    width: int = 0
    height: int = 0
    seconds: float = 0.0
    load_seconds: float = 0.0
    strength: int | None = None
    self_ensemble: bool = False
    cached: bool = False
    decision: Decision | None = None
    passes: tuple[int, ...] = ()
    seen_megapixels: float = 0.0
    detail: float = 1.0
    peak_rss_mib: int = 0
    fidelity: Fidelity = field(default_factory=Fidelity)
    input_width: int = 0
    input_height: int = 0
    input_bytes: int = 0
    input_mtime_ns: int = 0
    ended: float = 0.0

    @property
    def account(self) -> Account:
        """What of it is worth keeping with the job."""
        return Account(**{entry.name: getattr(self, entry.name) for entry in fields(Account)})

    def as_job(self, job_id: str) -> Job:
        """As it would stand in a queue."""
        progress = 1.0 if self.state is JobState.DONE else 0.0
        return Job(job_id, self.request, self.state, progress, self.result, self.output, self.error, self.account)
