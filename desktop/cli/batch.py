"""A batch on the command line: one photo after the other, and what is said of each."""

from __future__ import annotations

import contextlib
import json
import queue
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict
from functools import partial
from itertools import zip_longest
from typing import Any

from tqdm import tqdm

from desktop.cli.bar import Bar
from desktop.cli.foresight import predicted_words
from desktop.core import memory
from desktop.core.cancel import CancelToken
from desktop.core.enhance import Progress
from desktop.core.errors import RekindleError
from desktop.core.experience import Experience
from desktop.core.forecast import Forecaster
from desktop.core.jobs import Job, JobState, Request
from desktop.core.outcome import Outcome
from desktop.core.photo.isolated import PhotoReader
from desktop.core.photo.photo import Fidelity, Item
from desktop.core.pipeline import Pipeline
from desktop.core.workspace import Workspace


def work_through(
    workspace: Workspace,
    pipeline: Pipeline,
    requests: Sequence[Request],
    cancel: CancelToken,
    end: Callable[[Outcome], None],
    *,
    as_json: bool,
) -> None:
    """Does one photo after another, says how each of them went, and learns from it.

    Args:
        end: told how each of them ended, in their order.
    """
    experience = Experience(workspace.folders.cache)
    forecaster = Forecaster(workspace.catalogue, experience, workspace.measured)
    # Results are written on another thread. How that went is told from this one, between two pieces of the next photo.
    ended: queue.SimpleQueue[tuple[Job, list[Item], Outcome]] = queue.SimpleQueue()

    def note(job: Job, told: list[Item], outcome: Outcome) -> None:
        ended.put((job, told, outcome))

    def foretell(request: Request, told: list[Item], fidelity: Fidelity, *, last: bool) -> None:
        _foretell(request, told, fidelity)
        if last:
            workspace.children.rest()  # everything has been read, and they would only take memory

    def tell() -> None:
        while not ended.empty():
            job, told, outcome = ended.get()
            bar.end(job, outcome)
            experience.note(outcome.request, outcome.state, outcome.account, outcome.result)
            _tell(outcome, told, as_json=as_json)
            sys.stdout.flush()  # a photo's line is news, also for whoever reads it through a pipe
            if experience.due:
                experience.save()
            end(outcome)

    def progressed(show: Progress | None, part: float) -> None:
        if threading.get_ident() != here:
            return  # what was the last of it, its outcome says too
        tell()
        if show is not None:
            show(part)

    here = threading.get_ident()
    with closing(Bar(requests, forecaster, workspace.reader)) as bar:
        for job, upcoming in zip_longest(bar.jobs, bar.jobs[1:]):
            if job.request.target and not as_json:
                _announce(job.request, forecaster, workspace.reader, alone=len(bar.jobs) == 1)
            told: list[Item] = []
            pipeline.begin(
                job.request,
                partial(note, job, told),
                upcoming=upcoming.request if upcoming is not None else None,
                progress=partial(progressed, bar.start(job)),
                cancel=cancel,
                foretell=partial(foretell, job.request, told, last=upcoming is None),
            )
            tell()
        pipeline.wait()
        tell()
    experience.save()


def _announce(request: Request, forecaster: Forecaster, reader: PhotoReader, *, alone: bool) -> None:
    """What a photo will come to, where its size was asked for; if it cannot be said, working on it says why."""
    with contextlib.suppress(RekindleError):
        seen = reader.glance(request.path)
        ending = memory.children_mib() if alone else 0  # what reads photos ends with the last of them
        words = predicted_words(forecaster.predict(request, seen, memory.resident_mib() - ending, ending))
        tqdm.write(f"{request.path}: {words}", file=sys.stderr)


def _foretell(request: Request, told: list[Item], fidelity: Fidelity) -> None:
    """Says before a photo is enhanced what will not be kept of it, and remembers what was said."""
    told += fidelity.lost
    for item in fidelity.lost:
        tqdm.write(f"{request.path}: will not be kept: {item.item} ({item.detail})", file=sys.stderr)


def _tell(outcome: Outcome, told: list[Item], *, as_json: bool) -> None:
    """How a photo went; what has been ``told`` before is not said again."""
    if as_json:
        # In ASCII, so that every name arrives whole whatever the encoding, even one that is not UTF-8.
        tqdm.write(json.dumps(as_record(outcome)), file=sys.stdout)
        return
    name = outcome.request.path
    if outcome.decision is not None:
        strength = f", strength {outcome.strength}" if outcome.strength is not None else ""
        tqdm.write(f"{name}: {outcome.model}{strength}, because {outcome.decision.reason}", file=sys.stderr)
    match outcome.state:
        case JobState.DONE:
            tqdm.write(
                f"{name} → {outcome.output}  ({outcome.width} × {outcome.height}, {outcome.seconds:.1f} s)",
                file=sys.stdout,
            )
            for item in (item for item in outcome.fidelity.lost if item not in told):
                tqdm.write(f"  not kept: {item.item} ({item.detail})", file=sys.stdout)
        case JobState.SKIPPED:
            why = f"{outcome.output} exists" if outcome.output else "Rekindle has made it"
            tqdm.write(f"{name}: skipped, {why}", file=sys.stdout)
        case JobState.CANCELLED:
            tqdm.write(f"{name}: cancelled", file=sys.stderr)
        case _:
            tqdm.write(f"{name}: {outcome.error}", file=sys.stderr)


def as_record(outcome: Outcome) -> dict[str, Any]:
    """The object that ``--json`` prints for one photo."""
    fidelity = asdict(outcome.fidelity)
    return {
        "input": str(outcome.request.path),
        "output": str(outcome.output) if outcome.output else None,
        "status": outcome.state.value,
        "error": _error(outcome.error),
        "model": outcome.model,
        "strength": outcome.strength,
        "self_ensemble": outcome.self_ensemble,
        "reason": str(outcome.decision.reason) if outcome.decision else None,
        "scale": outcome.scale,
        "target": outcome.request.target or None,
        "passes": list(outcome.passes),
        "straighten": outcome.request.cut.degrees if outcome.request.cut else 0.0,
        "crop": list(outcome.request.cut.box) if outcome.request.cut and outcome.request.cut.box else None,
        "engine": outcome.engine,
        "precision": outcome.precision,
        "cached": outcome.cached,
        "width": outcome.width,
        "height": outcome.height,
        "seconds": round(outcome.seconds, 4),
        "load_seconds": round(outcome.load_seconds, 4),
        "peak_rss_mib": outcome.peak_rss_mib,
        **{key: list(items) for key, items in fidelity.items()},
    }


def _error(error: RekindleError | None) -> dict[str, str] | None:
    return {"code": error.code, "message": error.message} if error else None
