"""One photo's way through the house, from its file to its result's."""

from __future__ import annotations

import contextlib
import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

import desktop
from desktop.core import errors, files, footprint, forecast, memory
from desktop.core.ahead import ReadAhead
from desktop.core.behind import WriteBehind
from desktop.core.cancel import CancelToken
from desktop.core.claims import Claims
from desktop.core.enhance import Observer, Order, Progress
from desktop.core.enlarge import enlarge, prepared
from desktop.core.experience import detail_of
from desktop.core.finishing import Finishing
from desktop.core.jobs import JobState, Request
from desktop.core.limits import Limits
from desktop.core.loaded_net import LoadedNet
from desktop.core.model_choice import ModelChoice
from desktop.core.models.catalogue import Catalogue
from desktop.core.naming import Facts, day_of, likely_path, numbered, output_path, same_file, template_of
from desktop.core.photo.exif import day_taken
from desktop.core.photo.fitting import foretold
from desktop.core.photo.formats import OutputFormat, output_format
from desktop.core.photo.isolated import PhotoReader
from desktop.core.photo.looks import Header, SizeCheck
from desktop.core.photo.photo import Fidelity, Photo
from desktop.core.photo.wishes import Wishes
from desktop.core.results import Finished, Results, key_of
from desktop.core.sizes import Plan

logger = logging.getLogger(__name__)

Foretelling = Callable[[Fidelity], None]
"""Told what will be kept, converted and lost of a photo, once it is read and before it is enhanced."""
_T = TypeVar("_T")
# Reading and writing take their share of the time too: progress that sat at 100 % while a large PNG is coded would lie.
_READ_SHARE, _WRITE_SHARE = 0.02, 0.06


class _OwnResultError(Exception):
    """A photo that Rekindle has made, and that nobody named: it lay in a folder."""


@dataclass
class Passage:
    """The state of one job while it goes through: first ``enlarge``, then ``save``, which may be on another thread.

    Attributes:
        state: how it ended; None until then.
    """

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
    ahead: ReadAhead
    behind: WriteBehind
    upcoming: Request | None = None
    state: JobState | None = None
    error: errors.RekindleError | None = None
    needed_mib: int = 0
    writing_mib: int = 0
    names: tuple[object, ...] = ()
    cached: bool = False
    choice: ModelChoice | None = None
    output: Path | None = None
    size: tuple[int, int] = (0, 0)
    input_size: tuple[int, int] = (0, 0)
    input_stamp: tuple[int, int] = (0, 0)
    detail: float = 1.0
    seconds: float = 0.0
    engine: str = ""
    precision: str = ""
    fidelity: Fidelity = field(default_factory=Fidelity)
    wishes: Wishes = field(default_factory=Wishes)
    _last: Callable[[], JobState] | None = None

    def enlarge(self) -> None:
        """All that needs the network. Afterwards the job has ended, or its result is to be saved."""
        self._told_of(self._begin)
        if self.choice is not None and self.choice.net is not None:
            self.engine, self.precision = self.choice.net.engine, self.choice.net.precision
            self.choice.net = None  # the next photo may need another, and there are never two in memory

    def save(self) -> None:
        """Puts the result in its place, where there is one."""
        if self._last is not None:
            last, self._last = self._last, None
            self._told_of(lambda: self._timed(last))

    def _told_of(self, work: Callable[[], JobState | None]) -> None:
        try:
            self.state = work()
        except errors.CancelledError as error:
            self.state, self.error = JobState.CANCELLED, error
        except errors.RekindleError as error:
            logger.info("%s: %s", self.request.path, error)
            self.state, self.error = JobState.FAILED, error
        except Exception as error:
            logger.exception("Unexpected failure with %s", self.request.path)
            self.state, self.error = JobState.FAILED, errors.unexpected(error)

    def _begin(self) -> JobState | None:
        self.cancel.check()
        choice = self.choice = ModelChoice(self.catalogue, self.loaded, self.request)
        if self._exists_already(choice):
            return JobState.SKIPPED
        if choice.settled:
            choice.load()
        loading = choice.load_seconds
        try:
            return self._timed(lambda: self._enhance(choice))
        finally:
            self.seconds -= choice.load_seconds - loading

    def _timed(self, work: Callable[[], _T]) -> _T:
        started = time.perf_counter() - self.cancel.held_s
        try:
            return work()
        finally:
            self.seconds += time.perf_counter() - self.cancel.held_s - started

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

    def _enhance(self, choice: ModelChoice) -> JobState | None:
        request = self.request
        with contextlib.suppress(OSError, ValueError):  # reading it says what is wrong
            status = self.finishing.status = request.path.stat()
            self.input_stamp = (status.st_size, status.st_mtime_ns)
        try:
            photo = self._read(choice)
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
        self._wait_for(target)
        if self._skips(target):
            return JobState.SKIPPED
        if self.foretell is not None:
            self.foretell(foretold(photo, chosen, self.wishes))
        key = self._key(photo, plan, choice, chosen)
        if key:
            self._wait_for(key)
        self.names = (target, key)
        if self.results is not None and (finished := self.results.find(key)) is not None:
            self.cached = True
            self._last = lambda: self._copied(finished, target)
            return None
        if plan.scales:
            choice.load()
        self._make_room(photo, plan, choice, chosen)
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
        self._last = lambda: self._coded(enlarged, chosen, target, key)
        return None

    def _read(self, choice: ModelChoice) -> Photo:
        """The photo, opened ahead of its turn or now."""
        found = self._untimed(lambda: self.ahead.take(self.request.path, self.cancel))
        if found is not None:
            self.seconds += found.seconds
            return found.photo
        return self.reader.read(self.request.path, lambda header: self._require(choice, header), self.cancel)

    def _require(self, choice: ModelChoice, header: Header) -> None:
        """Refuses what cannot be, before anything is decoded."""
        request, name = self.request, self.request.path.name
        if header.ours and (request.root is not None or request.unattended):
            raise _OwnResultError
        plan = self._plan_within(choice, name, header)
        wanted = output_format(request.format, header.file_format, *plan.size, header.bits)
        needed = footprint.plan_mib(plan, header.bytes_per_pixel, wanted, request.coding(header.coding))
        if needed > memory.available_mib():
            self._untimed(self.behind.wait)
        footprint.require_memory(name, needed)

    def _plan_within(self, choice: ModelChoice, name: str, header: Header) -> Plan:
        """The way to the result. Raises TooLargeError where that or the photo has more pixels than are allowed."""
        most = self.limits.max_megapixels
        plan = choice.plan_for(header.upright)
        forecast.require_size(name, *plan.size, 1, most)
        forecast.require_readable(name, *header.upright, most)
        return plan

    def _make_room(self, photo: Photo, plan: Plan, choice: ModelChoice, chosen: OutputFormat) -> None:
        """What is still being written and what is opened ahead come on top of this photo: only within the budget."""
        coding = self.request.coding(photo.coding)
        running = choice.net.working_mib(forecast.tile_side(choice.net, self.limits.budget_mib)) if choice.net else 0
        spare = self.limits.budget_mib - running
        self.needed_mib = footprint.plan_mib(plan, photo.bytes_per_pixel, chosen, coding)
        self.writing_mib = footprint.writing_mib(plan.size, photo.bytes_per_pixel, chosen, coding)
        if self.behind.mib > spare or self.needed_mib > memory.available_mib():
            self._untimed(self.behind.wait)
        if self.upcoming is not None:
            self.ahead.begin(self.upcoming.path, partial(self._check_ahead, self.upcoming, spare))

    def _check_ahead(self, upcoming: Request, spare: int) -> SizeCheck | None:
        """What refuses the next photo before its turn: it may be no photo to be opened, and must fit beside this."""
        if upcoming.existing == "skip":
            return None  # most likely it need not be opened at all
        choice = ModelChoice(self.catalogue, self.loaded, upcoming)

        def check(header: Header) -> None:
            if header.ours and (upcoming.root is not None or upcoming.unattended):
                raise _OwnResultError
            self._plan_within(choice, upcoming.path.name, header)
            needed = footprint.reading_mib(header.upright, header.bytes_per_pixel)
            if needed > spare - self.behind.mib:
                raise errors.OutOfMemoryError("“{name}” is opened later.", name=upcoming.path.name)
            footprint.require_memory(upcoming.path.name, needed + self.needed_mib)

        return check

    def _wait_for(self, name: object) -> None:
        """Where the photo before is about to have the same result, or one of the same name, that is awaited."""
        self._untimed(lambda: self.behind.wait_for(name))

    def _untimed(self, wait: Callable[[], _T]) -> _T:
        """Waiting for another photo's work is no time of this one's."""
        started = time.perf_counter() - self.cancel.held_s
        try:
            return wait()
        finally:
            self.seconds -= time.perf_counter() - self.cancel.held_s - started

    def _copied(self, finished: Finished, target: Path) -> JobState:
        if not self._save(partial(self.finishing.copy, finished), target):
            return JobState.SKIPPED
        self.size = (finished.width, finished.height)
        return self._done()

    def _coded(self, enlarged: Photo, chosen: OutputFormat, target: Path, key: str) -> JobState:
        if not self._save(partial(self.finishing.code, enlarged, chosen, self.wishes), target):
            return JobState.SKIPPED
        self.size = (enlarged.width, enlarged.height)
        if self.results is not None and self.finishing.result is not None:
            self.results.note(key, Finished(self.finishing.result, *self.size, self.fidelity))
        return self._done()

    def _done(self) -> JobState:
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
