"""The line in a terminal that says how far a batch is and how long it still takes."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Sequence
from typing import Any

from tqdm import tqdm

from desktop.core.enhance import Progress
from desktop.core.forecast import Forecaster
from desktop.core.jobs import Job, JobState, Queue, Request
from desktop.core.outcome import Outcome
from desktop.core.photo.isolated import MOST_SIZES, PhotoReader
from desktop.core.photo.looks import Size
from desktop.core.progress import BatchClock

# A folder on a slow disk must not hold up the first photo; what is not measured by then counts as the average.
_MEASURING_S = 2.0
_LONGEST_NAME = 32


class Bar:
    """Follows a batch. Where nobody can see it, it shows and measures nothing."""

    def __init__(self, requests: Iterable[Request], forecaster: Forecaster, reader: PhotoReader) -> None:
        self._queue = Queue()
        self._jobs = self._queue.add(requests)
        self._bar = bar_line()
        self._clock = BatchClock(time.monotonic, forecaster, _sizes(self._jobs, reader) if self._shown else {})
        if self._shown:
            self._clock.begin(self._jobs)

    @property
    def jobs(self) -> Sequence[Job]:
        return self._jobs

    @property
    def _shown(self) -> bool:
        return not self._bar.disable

    def start(self, job: Job) -> Progress | None:
        """A photo's turn has come; gives what is to be told of its progress, if anybody looks."""
        if not self._shown:
            return None
        self._note(self._queue.move(job.id, JobState.RUNNING))
        self._bar.set_description_str(shortened(job.path.name), refresh=False)
        self._show()

        def progressed(part: float) -> None:
            self._note(self._queue.progressed(job.id, part))
            self._show()

        return progressed

    def end(self, job: Job, outcome: Outcome) -> None:
        """A photo has ended."""
        if self._shown:
            self._note(self._queue.move(job.id, outcome.state, account=outcome.account))
            self._show()

    def close(self) -> None:
        """Clears the line."""
        self._bar.close()

    def _note(self, job: Job) -> None:
        self._clock.note(job)

    def _show(self) -> None:
        progress = self._clock.progress()
        # It is rounded, and 100 % is for the end alone.
        self._bar.n = progress.part if progress.part >= 1 else min(progress.part, 0.994)
        left = progress.remaining_s
        postfix = f"{tqdm.format_interval(max(1, round(left)))} left" if left else ""
        self._bar.set_postfix_str(postfix, refresh=False)
        self._bar.refresh()


def bar_line() -> tqdm[Any]:
    """A line whose end is at 1; disabled where there is no terminal."""
    return tqdm(
        total=1.0,
        disable=not sys.stderr.isatty(),
        leave=False,
        bar_format="{desc} {percentage:3.0f}% |{bar}| {elapsed}{postfix}",
    )


def _sizes(jobs: Sequence[Job], reader: PhotoReader) -> dict[str, Size]:
    sizes: list[Size] = []
    until = time.monotonic() + _MEASURING_S
    while len(sizes) < len(jobs) and (left_s := until - time.monotonic()) > 0:
        chunk = jobs[len(sizes) : len(sizes) + MOST_SIZES]
        sizes += reader.sizes([job.path for job in chunk], left_s)
    return {job.id: size for job, size in zip(jobs, sizes, strict=False)}


def shortened(name: str) -> str:
    if len(name) <= _LONGEST_NAME:
        return name
    return name[: _LONGEST_NAME // 2] + "…" + name[-(_LONGEST_NAME // 2 - 1) :]
