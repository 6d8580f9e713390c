"""One job: read, enhance, write, report. The window and the command line both work through this."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from desktop.core import errors, files, forecast, memory
from desktop.core.cancel import CancelToken
from desktop.core.engines.base import Net
from desktop.core.enhance import Order, Progress, enhance
from desktop.core.jobs import JobState, Request, Result
from desktop.core.loaded_net import LoadedNet
from desktop.core.models.catalogue import Catalogue, Model
from desktop.core.photo.formats import BY_NAME, BY_SUFFIX, PNG, OutputFormat, output_format
from desktop.core.photo.photo import Fidelity, Photo
from desktop.core.photo.read import read
from desktop.core.photo.write import write

logger = logging.getLogger(__name__)

Publishing = Callable[[Result], None]
"""Told of a finished file just before it takes its name; returns when that is noted safely."""

# Reading and writing take their share of the time too: progress that sat at 100 % while a large PNG is coded would lie.
_READ_SHARE, _WRITE_SHARE = 0.02, 0.06
_LONGEST_NAME = 255  # bytes on Linux and macOS, and no more than that on Windows


@dataclass(frozen=True)
class Outcome:
    """How one photo ended. Sizes in pixels of the result, 0 where there is none; times in seconds."""

    request: Request
    state: JobState
    output: Path | None = None
    result: Result | None = None
    error: errors.RekindleError | None = None
    model: str = ""
    scale: int = 0
    engine: str = ""
    precision: str = ""
    width: int = 0
    height: int = 0
    seconds: float = 0.0
    load_seconds: float = 0.0
    peak_rss_mib: int = 0
    fidelity: Fidelity = field(default_factory=Fidelity)


@dataclass(frozen=True)
class Limits:
    """What a job may use. ``budget_mib``: working memory for enhancing."""

    budget_mib: int
    max_megapixels: int = forecast.DEFAULT_MAX_MEGAPIXELS

    @classmethod
    def chosen(cls, memory_mib: int, max_megapixels: int) -> Limits:
        """As the person set them; ``memory_mib`` 0 stands for a quarter of the machine's memory."""
        return cls(memory_mib or memory.default_budget_mib(), max_megapixels)


class Pipeline:
    """Takes photos through the house one after another, with the one loaded net. Used from one thread."""

    def __init__(self, catalogue: Catalogue, loaded: LoadedNet, limits: Limits) -> None:
        self._catalogue = catalogue
        self._loaded = loaded
        self._written = _Written()
        self.limits = limits

    def process(
        self,
        request: Request,
        *,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
        order: Order | None = None,
        publishing: Publishing | None = None,
    ) -> Outcome:
        """Does one job. Never raises: whatever happens is in the outcome, and the next photo goes on."""
        run = _Run(
            self._catalogue,
            self._loaded,
            self.limits,
            self._written,
            request,
            progress,
            cancel or CancelToken(),
            order,
            publishing,
        )
        with memory.PeakMeter() as meter:
            state, error = run.finish()
        return Outcome(
            request,
            state,
            output=run.output if state in (JobState.DONE, JobState.SKIPPED) else None,
            result=run.result if state is JobState.DONE else None,
            error=error,
            model=run.model.id if run.model else (request.model or ""),
            scale=run.model.scale if run.model else (request.scale or 0),
            engine=run.net.engine if run.net else "",
            precision=run.net.precision if run.net else "",
            width=run.size[0],
            height=run.size[1],
            seconds=run.seconds,
            load_seconds=run.load_seconds,
            peak_rss_mib=meter.peak_mib,
            fidelity=run.fidelity,
        )


class _Written:
    """What one pipeline has written, and where: two photos of a batch must not share one result."""

    def __init__(self) -> None:
        self._sources: dict[str, Path] = {}
        self._swept: set[Path] = set()

    def note(self, target: Path, source: Path) -> None:
        self._sources[self._key(target)] = source

    def is_anothers(self, target: Path, source: Path) -> bool:
        """Whether ``target`` is the result of another photo than ``source``."""
        return self._sources.get(self._key(target), source) != source

    def sweep(self, folder: Path) -> None:
        """Removes what a crash has left half-written in a folder, the first time it is written to."""
        if folder not in self._swept:
            self._swept.add(folder)
            files.remove_abandoned(folder)

    @staticmethod
    def _key(target: Path) -> str:
        return os.path.normcase(os.path.realpath(target))


@dataclass
class _Run:
    """The state of one job while it goes through."""

    catalogue: Catalogue
    loaded: LoadedNet
    limits: Limits
    written: _Written
    request: Request
    progress: Progress | None
    cancel: CancelToken
    order: Order | None
    publishing: Publishing | None
    model: Model | None = None
    net: Net | None = None
    output: Path | None = None
    result: Result | None = None
    size: tuple[int, int] = (0, 0)
    load_seconds: float = 0.0
    seconds: float = 0.0
    fidelity: Fidelity = field(default_factory=Fidelity)

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
        self.model = self.catalogue.choose(self.request.model, self.request.scale)
        if self._exists_already():
            return JobState.SKIPPED
        self.net, self.load_seconds = self.loaded.get(self.model, self.request.engine)
        started = time.perf_counter()
        try:
            return self._enhance(self.net)
        finally:
            self.seconds = time.perf_counter() - started

    def _exists_already(self) -> bool:
        """Whether to skip, decided before anything is loaded wherever the name alone can tell."""
        assert self.model is not None
        # What is no file has no result, and reading it says what it is instead.
        return os.path.isfile(self.request.path) and self._skips(likely_path(self.request, self.model.scale))

    def _skips(self, target: Path) -> bool:
        if self.request.existing != "skip" or not os.path.lexists(target) or self._is_anothers(target):
            return False
        self.output = target
        return True

    def _enhance(self, net: Net) -> JobState:
        request, scale = self.request, net.scale
        name = request.path.name

        def size_check(width: int, height: int, file_format: str) -> None:
            forecast.require_size(name, width, height, scale, self.limits.max_megapixels)
            forecast.require_memory(name, width, height, scale)

        photo = read(request.path, size_check)
        chosen = output_format(request.format, photo.file_format, photo.width * scale, photo.height * scale)
        target = output_path(request, chosen, scale)
        if self._skips(target):
            return JobState.SKIPPED
        self._report(_READ_SHARE)
        middle = 1 - _READ_SHARE - _WRITE_SHARE
        enlarged = enhance(
            photo,
            net,
            budget_mib=self.limits.budget_mib,
            progress=lambda part: self._report(_READ_SHARE + middle * part),
            cancel=self.cancel,
            order=self.order,
        )
        del photo
        if not self._save(enlarged, target, chosen):
            return JobState.SKIPPED
        self.size = (enlarged.width, enlarged.height)
        self._report(1.0)
        return JobState.DONE

    def _save(self, photo: Photo, target: Path, chosen: OutputFormat) -> bool:
        """Whether it was saved, and not skipped after all."""
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            self.written.sweep(target.parent)
        except OSError as error:
            raise errors.while_writing(error, target) from error
        overwrite = self.request.existing == "overwrite"
        for candidate in numbered(target):
            if self._skips(candidate):
                return False
            if os.path.lexists(candidate) and not (overwrite and self._may_replace(candidate)):
                continue
            try:
                self.fidelity = write(
                    photo,
                    candidate,
                    chosen,
                    quality=self.request.quality,
                    overwrite=overwrite,
                    before_publishing=partial(self._seal, candidate),
                )
            except FileExistsError:  # another program took the name while we wrote
                if self._skips(candidate):
                    return False
                continue
            self.output = candidate
            self.written.note(candidate, self.request.path)
            return True
        raise AssertionError("there is always another number")

    def _seal(self, target: Path, temp: Path) -> None:
        """Says what is about to appear, so that after a power cut it can be told from anything else of that name."""
        self.result = Result(target, temp.stat().st_size, files.sha256_of(temp))
        if self.publishing is not None:
            self.publishing(self.result)

    def _may_replace(self, target: Path) -> bool:
        if same_file(target, self.request.path) or self._is_anothers(target):
            return False
        return target.is_symlink() or not target.is_dir()

    def _is_anothers(self, target: Path) -> bool:
        return self.written.is_anothers(target, self.request.path)

    def _report(self, part: float) -> None:
        if self.progress is not None:
            self.progress(part)


def output_path(request: Request, chosen: OutputFormat, scale: int) -> Path:
    """Where the result goes if the name is free: ``{stem}_x{scale}{suffix}``, in the photo's own suffix if it fits."""
    if request.output_file is not None:
        fits = request.output_file.suffix.lower() in chosen.suffixes
        return request.output_file if fits else request.output_file.with_suffix(chosen.suffixes[0])
    path = request.path
    suffix = path.suffix if path.suffix.lower() in chosen.suffixes else chosen.suffixes[0]
    return result_folder(request) / _fitting(path.stem, f"_x{scale}{suffix}")


def _fitting(stem: str, ending: str) -> str:
    """The file name made of both, with a stem cut short where file systems would not take it."""
    while len(os.fsencode(stem + ending)) > _LONGEST_NAME and len(stem) > 1:
        stem = stem[:-1]
    return stem + ending


def result_folder(request: Request) -> Path:
    """The folder the result of a photo goes into."""
    if request.output_file is not None:
        return request.output_file.parent
    if request.output is None:
        return request.path.parent
    if request.root is None:
        return request.output
    return request.output / request.path.parent.relative_to(request.root)


def likely_path(request: Request, scale: int) -> Path:
    """Where the result goes if the photo is what its name says and its format can hold the size."""
    if request.output_file is not None:
        return request.output_file
    own = BY_NAME[request.format] if request.format else BY_SUFFIX.get(request.path.suffix.lower(), PNG)
    return output_path(request, own, scale)


def numbered(path: Path) -> Iterator[Path]:
    """``name.png``, ``name (2).png``, ``name (3).png`` and so on."""
    yield path
    number = 2
    while True:
        yield path.with_name(_fitting(path.stem, f" ({number}){path.suffix}"))
        number += 1


def same_file(one: Path, other: Path) -> bool:
    """Whether two names are one file, through links and on case-insensitive disks too."""
    try:
        return os.path.samefile(one, other)
    except OSError:
        return one.absolute() == other.absolute()
