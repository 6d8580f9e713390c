"""In which order photos stand: pure arithmetic on job IDs. What is under way stays where it is; it cannot wait."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from desktop.core.jobs import Job, JobState


def shifted(order: Sequence[str], chosen: Collection[str], rows: int) -> list[str]:
    """An order in which the chosen stand so many rows further up (negative) or down, together and within bounds."""
    result = list(order) if rows < 0 else list(reversed(order))
    for _ in range(abs(rows)):
        for row in range(1, len(result)):
            if result[row] in chosen and result[row - 1] not in chosen:
                result[row - 1], result[row] = result[row], result[row - 1]
    return result if rows < 0 else result[::-1]


def moved_before(order: Sequence[str], chosen: Collection[str], place: str | None) -> list[str]:
    """An order in which the chosen stand together before ``place``, or at the end where it is None.

    A place that is itself chosen stands for the next that is not.
    """
    at = len(order) if place is None else order.index(place)
    block = [job_id for job_id in order if job_id in chosen]
    above = [job_id for job_id in order[:at] if job_id not in chosen]
    return above + block + [job_id for job_id in order[at:] if job_id not in chosen]


def put_first(jobs: Sequence[Job], chosen: Collection[str]) -> list[str]:
    """The IDs in an order in which the chosen come before all others that wait; what has begun stays where it is."""
    waiting = [job.id for job in jobs if job.state is JobState.WAITING]
    return woven([job.id for job in jobs], sorted(waiting, key=lambda job_id: job_id not in chosen))


def woven(order: Sequence[str], some: Sequence[str]) -> list[str]:
    """The order of all, in which ``some`` of them have changed places among themselves and stand as given."""
    members = set(some)
    ahead = iter(some)
    return [next(ahead) if job_id in members else job_id for job_id in order]
