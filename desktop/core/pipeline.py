"""One job: read, enhance, write, report. The window and the command line both work through this."""

from __future__ import annotations

import contextlib
import logging
import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import desktop
from desktop.core import errors, files, footprint, forecast, memory
from desktop.core.cancel import CancelToken
from desktop.core.claims import Claims
from desktop.core.enhance import Observer, Order, Progress
from desktop.core.enlarge import enlarge, prepared
from desktop.core.experience import detail_of
from desktop.core.finishing import Finishing, Publishing
from desktop.core.gaze import Region
from desktop.core.glimpse import Begun, glimpse
from desktop.core.jobs import Job, JobState, Request
from desktop.core.limits import Limits
from desktop.core.loaded_net import LoadedNet
from desktop.core.model_choice import ModelChoice
from desktop.core.models.catalogue import Catalogue
from desktop.core.naming import Facts, day_of, likely_path, numbered, output_path, same_file, template_of
from desktop.core.outcome import Outcome
from desktop.core.photo.exif import day_taken
from desktop.core.photo.fitting import foretold
from desktop.core.photo.formats import OutputFormat, output_format
from desktop.core.photo.isolated import PhotoReader
from desktop.core.photo.looks import Header
from desktop.core.photo.photo import Fidelity, Photo
from desktop.core.photo.wishes import Wishes
from desktop.core.results import Finished, Results, key_of
from desktop.core.sizes import Plan

logger = logging.getLogger(__name__)

__all__ = ["Limits", "Pipeline"]

Foretelling = Callable[[Fidelity], None]
"""Told what will be kept, converted and lost of a photo, once it is read and before it is enhanced."""
# Reading and writing take their share of the time too: progress that sat at 100 % while a large PNG is coded would lie.
_READ_SHARE, _WRITE_SHARE = 0.02, 0.06


class _OwnResultError(Exception):
    """A photo that Rekindle has made, and that nobody named: it lay in a folder."""


class Pipeline:
    """Takes photos through the house one after another, with the one loaded net. Used from one thread."""

    def __init__(
        self,
        catalogue: Catalogue,
        loaded: LoadedNet,
        limits: Limits,
        reader: PhotoReader | None = None,
        results: Results | None = None,
    ) -> None:
        """
        Args:
            reader: opens the photos; in this very process where None.
            results: what is finished already; everything is made anew where None.
        """
        if reader is None:
            from desktop.core.photo.direct import DirectReader

            reader = DirectReader()
        self._results = results
        self._reader = reader
        self._catalogue = catalogue
        self._loaded = loaded
        self._claims = Claims()
        self._swept: set[Path] = set()
        self.limits = limits

    def protect(self, originals: Iterable[Path]) -> None:
        """Names photos that no result may replace. May be called from any thread, and waits for nothing."""
        self._claims.protect(originals)

    def remember(self, jobs: Iterable[Job]) -> None:
        """Takes over a queue from last time: neither its photos nor its results are replaced by another photo's."""
        for job in jobs:
            self._claims.protect([job.path])
            if job.output is not None:
                self._claims.note(job.output, job.path)

    def process(
        self,
        request: Request,
        *,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
        order: Order | None = None,
        observer: Observer | None = None,
        publishing: Publishing | None = None,
        foretell: Foretelling | None = None,
    ) -> Outcome:
        """Does one job. Never raises: whatever happens is in the outcome, and the next photo goes on."""
        self._loaded.use_threads(self.limits.threads)
        run = _Run(
            self._catalogue,
            self._loaded,
            self._reader,
            self.limits,
            self._claims,
            self._swept,
            request,
            progress,
            cancel or CancelToken(),
            order,
            observer,
            Finishing(request, publishing),
            foretell,
            self._results if request.reuse else None,
        )
        with memory.PeakMeter() as meter:
            state, error = run.finish()
        net = run.choice.net if run.choice else None
        return Outcome(
            request=request,
            state=state,
            output=run.output if state in (JobState.DONE, JobState.SKIPPED) else None,
            result=run.finishing.result if state is JobState.DONE else None,
            error=error,
            model=run.choice.model_id if run.choice else (request.model or ""),
            scale=run.choice.scale if run.choice else (request.scale or 0),
            passes=run.choice.plan.scales if run.choice and run.choice.plan else (),
            detail=run.detail,
            seen_megapixels=run.choice.seen_megapixels if run.choice else 0.0,
            engine=net.engine if net else "",
            precision=net.precision if net else "",
            width=run.size[0],
            height=run.size[1],
            seconds=run.seconds,
            load_seconds=run.choice.load_seconds if run.choice else 0.0,
            strength=run.choice.strength if run.choice else None,
            self_ensemble=request.self_ensemble,
            cached=run.cached,
            decision=run.choice.decision if run.choice else None,
            peak_rss_mib=meter.peak_mib,
            fidelity=run.fidelity,
            input_width=run.input_size[0],
            input_height=run.input_size[1],
            input_bytes=run.input_stamp[0],
            input_mtime_ns=run.input_stamp[1],
            ended=time.time(),
        )

    def glimpse(self, request: Request, region: Region, begun: Begun, cancel: CancelToken) -> None:
        """What a job would make of a part of its photo, see ``glimpse``. Raises RekindleError."""
        glimpse(
            self._catalogue,
            self._loaded,
            self._reader,
            request,
            region,
            budget_mib=self.limits.budget_mib,
            begun=begun,
            cancel=cancel,
        )


@dataclass
class _Run:
    """The state of one job while it goes through."""

    catalogue: Catalogue
    loaded: LoadedNet
    reader: PhotoReader
    limits: Limits
    claims: Claims
    swept: set[Path]
    request: Request
    progress: Progress | None
    cancel: CancelToken
    order: Order | None
    observer: Observer | None
    finishing: Finishing
    foretell: Foretelling | None
    results: Results | None
    cached: bool = False
    choice: ModelChoice | None = None
    output: Path | None = None
    size: tuple[int, int] = (0, 0)
    input_size: tuple[int, int] = (0, 0)
    input_stamp: tuple[int, int] = (0, 0)
    detail: float = 1.0
    seconds: float = 0.0
    fidelity: Fidelity = field(default_factory=Fidelity)
    wishes: Wishes = field(default_factory=Wishes)

    def finish(self) -> tuple[JobState, errors.RekindleError | None]:
        try:
            return self._go(), None
        except errors.CancelledError as error:
            return JobState.CANCELLED, error
        except errors.RekindleError as error:
            logger.info("%s: %s", self.request.path, error)
            return JobState.FAILED, error
        except Exception as error:
            logger.exception("Unexpected failure with %s", self.request.path)
            return JobState.FAILED, errors.unexpected(error)

    def _go(self) -> JobState:
        self.cancel.check()
        choice = self.choice = ModelChoice(self.catalogue, self.loaded, self.request)
        if self._exists_already(choice):
            return JobState.SKIPPED
        if choice.settled:
            choice.load()
        loading = choice.load_seconds
        started = time.perf_counter() - self.cancel.held_s
        try:
            return self._enhance(choice)
        finally:
            loading = choice.load_seconds - loading
            self.seconds = time.perf_counter() - self.cancel.held_s - started - loading

    def _exists_already(self, choice: ModelChoice) -> bool:
        """Whether to skip, decided before anything is loaded wherever the name alone can tell."""
        if self.request.existing != "skip" or not os.path.isfile(self.request.path):
            return False  # what is no file has no result, and reading it says what it is instead
        if not choice.settled and "model" in template_of(self.request.template).fields:
            return False
        likely = likely_path(self.request, choice.model)
        return likely is not None and self._skips(likely)

    def _skips(self, target: Path) -> bool:
        """Whether the photo has its result already, under this name or the next that is not another's."""
        if self.request.existing != "skip":
            return False
        for candidate in numbered(target):
            if not os.path.lexists(candidate):
                return False
            if self._skips_for(candidate):
                return True
        raise AssertionError("there is always another number")

    def _skips_for(self, existing: Path) -> bool:
        if self.request.existing != "skip" or same_file(existing, self.request.path) or self._is_anothers(existing):
            return False
        self._take(existing)
        return True

    def _take(self, target: Path) -> None:
        self.output = target
        self.claims.note(target, self.request.path)

    def _enhance(self, choice: ModelChoice) -> JobState:
        request, name = self.request, self.request.path.name

        def size_check(header: Header) -> None:
            if header.ours and (request.root is not None or request.unattended):
                raise _OwnResultError
            plan = choice.plan_for(header.upright)
            forecast.require_size(name, *plan.size, 1, self.limits.max_megapixels)
            wanted = output_format(request.format, header.file_format, *plan.size, header.bits)
            needed = footprint.plan_mib(plan, header.bytes_per_pixel, wanted, lossless=request.lossless)
            footprint.require_memory(name, needed)

        with contextlib.suppress(OSError, ValueError):  # reading it says what is wrong
            status = self.finishing.status = request.path.stat()
            self.input_stamp = (status.st_size, status.st_mtime_ns)
        try:
            photo = self.reader.read(request.path, size_check, self.cancel)
        except _OwnResultError:
            return JobState.SKIPPED
        self.input_size = (photo.width, photo.height)
        self.detail = detail_of(photo.file_format, photo.jpeg_quality, self.input_stamp[0], self.input_size)
        plan = choice.plan_for(self.input_size)
        choice.settle(photo, self.input_stamp)
        choice.require_all()
        photo = prepared(photo, request, plan)
        self.wishes = request.wishes(choice.words, plan.factor, plan.dpi)
        facts = self._facts(photo, plan)
        chosen = output_format(request.format, photo.file_format, facts.width, facts.height, photo.bits)
        target = output_path(request, chosen, choice.model, facts)
        if self._skips(target):
            return JobState.SKIPPED
        if self.foretell is not None:
            self.foretell(foretold(photo, chosen, self.wishes))
        key = self._key(photo, plan, choice, chosen)
        if self.results is not None and (finished := self.results.find(key)) is not None:
            self.cached = True
            if not self._save(partial(self.finishing.copy, finished), target):
                return JobState.SKIPPED
            self.size = (finished.width, finished.height)
            self.fidelity = self.finishing.with_dates(self.fidelity)
            self._report(1.0)
            return JobState.DONE
        if plan.scales:
            choice.load()
        self._report(_READ_SHARE)
        middle = 1 - _READ_SHARE - _WRITE_SHARE
        enlarged = enlarge(
            photo,
            plan,
            choice.load,
            budget_mib=self.limits.budget_mib,
            self_ensemble=request.self_ensemble,
            progress=lambda part: self._report(_READ_SHARE + middle * part),
            cancel=self.cancel,
            order=self.order,
            observer=self.observer,
        )
        del photo
        if not self._save(partial(self.finishing.code, enlarged, chosen, self.wishes), target):
            return JobState.SKIPPED
        self.size = (enlarged.width, enlarged.height)
        if self.results is not None and self.finishing.result is not None:
            self.results.note(key, Finished(self.finishing.result, *self.size, self.fidelity))
        self.fidelity = self.finishing.with_dates(self.fidelity)
        self._report(1.0)
        return JobState.DONE

    def _key(self, photo: Photo, plan: Plan, choice: ModelChoice, chosen: OutputFormat) -> str:
        """Of all that the finished file depends on."""
        if self.results is None:
            return ""
        request = self.request
        asked = (request.engine, request.precision, request.self_ensemble, request.quality)
        return key_of(
            photo, (desktop.__version__, plan, choice.words, choice.checksums, asked, chosen.name, self.wishes)
        )

    def _facts(self, photo: Photo, plan: Plan) -> Facts:
        taken = day_taken(photo.exif) if photo.exif else None
        day = taken or day_of(status.st_mtime if (status := self.finishing.status) else 0)
        return Facts(*plan.size, day, plan.factor)

    def _save(self, made: Callable[[Path, bool], Fidelity], target: Path) -> bool:
        """Whether it was saved, and not skipped after all.

        Args:
            made: writes the file, over an existing one or not, and says what was kept.
        """
        self._prepare(target.parent, target)
        for candidate in numbered(target):
            exists = os.path.lexists(candidate)
            if exists and self._skips_for(candidate):
                return False
            if exists and not self._may_replace(candidate):
                continue
            with contextlib.suppress(FileExistsError):  # another program took the name meanwhile
                self.fidelity = made(candidate, exists)
                self._take(candidate)
                return True
            if self._skips_for(candidate):
                return False
        raise AssertionError("there is always another number")

    def _prepare(self, folder: Path, target: Path) -> None:
        """Makes the folder, and removes what a crash has left half-written in it."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if folder not in self.swept:
                self.swept.add(folder)
                files.remove_abandoned(folder)
        except OSError as error:
            raise errors.while_writing(error, target) from error

    def _may_replace(self, target: Path) -> bool:
        request = self.request
        if request.existing != "overwrite" or (target.is_dir() and not target.is_symlink()):
            return False
        if same_file(target, request.path) or self.claims.is_original(target) or self._is_anothers(target):
            return False
        if request.output_file is not None or target.parent != request.path.parent:
            return True
        # Beside the originals, a name that any of them could have too is no proof of being an earlier result.
        return template_of(request.template).marks_results or self.claims.is_own(target, request.path)

    def _is_anothers(self, target: Path) -> bool:
        return self.claims.is_anothers(target, self.request.path)

    def _report(self, part: float) -> None:
        if self.progress is not None:
            self.progress(part)
