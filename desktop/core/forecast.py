"""What a job will need, before it runs: the one place that predicts."""

from __future__ import annotations

import functools
import logging
import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from desktop.core import disks, errors, memory
from desktop.core.engines.base import EXACT, Net
from desktop.core.engines.choosing import Measured
from desktop.core.engines.figures import answer_mib, expected, library_mib
from desktop.core.ensemble import PASSES
from desktop.core.experience import Experience, Learned, detail_of, usual_bytes_per_pixel
from desktop.core.footprint import WITH_ALPHA, Running, peak_mib
from desktop.core.jobs import Request
from desktop.core.models.catalogue import DEFAULT_SCALE, Catalogue, Model, pace_of
from desktop.core.pace import Paces
from desktop.core.photo.fitting import foretold
from desktop.core.photo.formats import BY_SUFFIX, PNG, WEBP, OutputFormat, output_format
from desktop.core.photo.looks import Glance, Size
from desktop.core.photo.photo import Fidelity, Photo
from desktop.core.sizes import Plan, first_model, frame_of, planned, result_size, target_of, told_of_frame
from desktop.core.throughput import Speed
from desktop.core.workload import MEGA, RESIZING, Kind, Work, beside_s, resizing_megapixels, seen_megapixels

logger = logging.getLogger(__name__)

Rate = Callable[[OutputFormat, int, float], float]
"""Bytes a pixel of results in a format and quality, so many times larger than their photos."""

DEFAULT_MAX_MEGAPIXELS = 1000


def require_size(name: str, width: int, height: int, scale: int, max_megapixels: int) -> None:
    """Refuses a photo whose result would be larger than the cap, from its header alone.

    Raises:
        TooLargeError: also for a photo without any pixels' worth of sides.
    """
    megapixels = width * height * scale * scale / MEGA
    if megapixels > max_megapixels:
        raise errors.TooLargeError(
            "“{name}” would become {width} × {height} pixels ({megapixels:,.0f} megapixels), more than the limit of "
            "{limit:,}. Raise the limit or crop the photo first.",
            name=name,
            width=width * scale,
            height=height * scale,
            megapixels=megapixels,
            limit=max_megapixels,
        )


def require_readable(name: str, width: int, height: int, max_megapixels: int) -> None:
    """Refuses a photo that is larger than the cap itself, whatever it is to become: decoding it alone could fill a
    computer for minutes.

    Raises:
        TooLargeError
    """
    megapixels = width * height / MEGA
    if megapixels > max_megapixels:
        raise errors.TooLargeError(
            "“{name}” has {width} × {height} pixels ({megapixels:,.0f} megapixels), more than the limit of {limit:,}. "
            "Raise the limit, or make it smaller with another program first.",
            name=name,
            width=width,
            height=height,
            megapixels=megapixels,
            limit=max_megapixels,
        )


def fidelity_of(request: Request, photo: Photo) -> Fidelity:
    """What will be kept, converted and lost of a photo; a sketch of it will do. Raises what ``result_size`` does."""
    scale = request.scale or DEFAULT_SCALE
    size = result_size(request, (photo.width, photo.height), scale)
    chosen = output_format(request.format, photo.file_format, *size, photo.bits)
    dpi = target_of(request.target).dpi if request.target else None
    told = told_of_frame(photo.fidelity, request, (photo.width, photo.height))
    other = frame_of(request, (photo.width, photo.height)).is_other
    return foretold(replace(photo, fidelity=told, reframed=other), chosen, request.wishes("", scale, dpi))


def tile_side(net: Net, budget_mib: int) -> int:
    """The net's favourite tile side in pixels, or the largest smaller one that stays within the budget."""
    side = net.tile
    smallest = 2 * net.halo + 32
    while side > smallest and net.working_mib(side) > budget_mib:
        side = max(smallest, side * 3 // 4)
    return side


# What is left of a network when the next one comes, and the part of the last answers' memory that is given back.
_KEPT_MIB, _ANSWERS_GONE = 22, 0.25
_LOSSLESS_WEBP = 0.65  # of what PNG takes, measured on six old photos
# A photo nobody has measured yet, among others that nobody has measured either.
_USUAL_MEGAPIXELS = 1.0


@dataclass(frozen=True)
class Need:
    """What results need on one disk. ``room``: bytes, with space for the file that is being written."""

    disk: disks.Disk
    room: int

    @property
    def short(self) -> bool:
        return self.room > self.disk.free


@dataclass(frozen=True)
class Forecast:
    """What is to come, for photos that wait.

    Attributes:
        photos: how many.
        seconds: None where not one photo's size is known.
        learned: False where nothing like it has run here, so that the time is a guess.
        bytes: of all results.
        needs: one for each disk, the one with the least to spare first.
    """

    photos: int
    seconds: float | None
    learned: bool
    bytes: int
    needs: tuple[Need, ...]


@dataclass(frozen=True)
class Order:
    """One photo as the forecast sees it. ``size`` is None where not known yet."""

    request: Request
    size: Size | None
    folder: Path


@dataclass(frozen=True)
class Prediction:
    """What one photo will come to.

    Attributes:
        seconds: from opening the file to the finished one, with what loading takes.
        learned: False where nothing like it has run here, so that the time is a guess.
        bytes: of the result's file.
        mib: the largest part of the memory that this process and its children will have taken.
    """

    plan: Plan
    seconds: float
    learned: bool
    bytes: int
    mib: int


class Forecaster:
    """Predicts from what was learned. Safe from any thread."""

    def __init__(self, catalogue: Catalogue, experience: Experience, measured: Measured | None = None) -> None:
        """
        Args:
            measured: what is known of the engines before any photo was made.
        """
        self._catalogue = catalogue
        self._experience = experience
        self._paces = Paces(catalogue, measured)
        self._models: dict[tuple[str | None, int | None, bool], Model | None] = {}
        self._seen = catalogue.models

    @property
    def learned(self) -> Learned:
        """What is known at this moment."""
        return self._experience.learned

    def work(self, request: Request, size: Size | None) -> Work:
        """What a photo asks for."""
        model = self.model_for(request)
        if model is None or size == (0, 0):
            return Work(None, 0.0)
        engine = request.engine if request.engine != "auto" else ""
        precision = EXACT if request.precision == EXACT else ""
        passes = PASSES if request.self_ensemble else 1
        if size is None:
            return Work(Kind(pace_of(model.id), engine, precision), None, passes)
        try:
            plan = planned(request, size, self._catalogue)
            models = plan.models(self._catalogue, request.model)
        except errors.RekindleError:  # the photo itself will say so
            return Work(None, 0.0)
        if not models:
            return Work(Kind(RESIZING), resizing_megapixels(plan.part[2:], plan.size))
        kind = Kind(pace_of(models[0].id), engine, precision)
        own = BY_SUFFIX.get((request.output_file or request.path).suffix.lower(), PNG)
        chosen = output_format(request.format, own.pillow, *plan.size)
        beside = beside_s(plan, math.prod(plan.scales), chosen, lossless=request.lossless)
        return Work(kind, seen_megapixels(plan, models, self._paces.engine_of(kind, self.learned)), passes, beside)

    def note_rehearsal(self, kind: Kind, speed: Speed) -> None:
        """Notes what a trial on this machine has shown, for photos of a kind that nothing was learned of."""
        self._paces.rehearsed[kind] = speed

    def predict(
        self, request: Request, seen: Glance, resident_mib: int | None = None, reader_mib: int = 0
    ) -> Prediction:
        """For one photo, by what is known before it is opened. Raises what ``planned`` does.

        Args:
            resident_mib: what the process will have before it begins; what it has now where None.
            reader_mib: what opens the photo takes beside that, where it ends with that.
        """
        size = seen.width, seen.height
        plan = planned(request, size, self._catalogue)
        models = plan.models(self._catalogue, request.model)
        work, learned = self.work(request, size), self.learned
        assert work.kind is not None
        speed = self.speed(work.kind, learned)
        networks = {model.id: model for model in models}.values()
        chosen = output_format(request.format, seen.file_format, *plan.size)
        engine = self._paces.engine_of(work.kind, learned)
        resident = memory.resident_mib() if resident_mib is None else resident_mib
        detail = detail_of(seen.file_format, seen.jpeg_quality, seen.bytes, size)
        return Prediction(
            plan,
            speed.seconds(work.load(0.0)) + work.beside_s + speed.load_s * len(networks),
            speed.photos > 0,
            self.result_bytes(request, size, functools.partial(learned.bytes_per_pixel, detail=detail)),
            resident
            + peak_mib(
                plan,
                seen.bytes_per_pixel,
                chosen,
                _running(networks, engine, alpha=seen.bytes_per_pixel in WITH_ALPHA),
                reader_mib,
                request.coding(seen.coding),
            ),
        )

    def speed(self, kind: Kind, before: Learned, now: Learned | None = None) -> Speed:
        """How fast a kind is.

        Args:
            before: what was learned in earlier runs.
            now: what was seen in the run under way.
        """
        return self._paces.speed(kind, before, now or Learned())

    def seconds_per_megapixel(self, model: Model) -> float | None:
        """What was seen on this computer, for a large photo; None where the model has not run here."""
        learned = self.learned
        kind = Kind(pace_of(model.id), "")
        if not learned.photos(kind):
            return None
        needs = expected(model, self._paces.engine_of(kind, learned))
        return self.speed(kind, learned).per_megapixel_s * (needs.tile / (needs.tile - 2 * needs.halo)) ** 2

    def foresee(self, orders: Iterable[Order]) -> Forecast:
        """Time and room for photos that wait. Asks the disks, and waits for them."""
        listed = list(orders)
        learned = self.learned
        rate = functools.cache(learned.bytes_per_pixel)
        pixels = [order.size[0] * order.size[1] for order in listed if order.size and order.size[0]]
        usual = sum(pixels) / len(pixels) if pixels else _USUAL_MEGAPIXELS * MEGA
        works = [self.work(order.request, order.size) for order in listed]
        loads = [work.megapixels for work in works if work.megapixels]
        usual_load = sum(loads) / len(loads) if loads else _USUAL_MEGAPIXELS
        usual_beside = sum(work.beside_s for work in works) / len(loads) if loads else 0.0
        speeds: dict[Kind, Speed] = {}
        seconds = 0.0
        rooms: dict[Path, int] = defaultdict(int)
        largest: dict[Path, int] = defaultdict(int)
        for order, work in zip(listed, works, strict=True):
            if work.kind is None:
                continue
            if work.kind not in speeds:
                speeds[work.kind] = self.speed(work.kind, learned)
                seconds += speeds[work.kind].load_s
            beside = usual_beside if work.megapixels is None else work.beside_s
            seconds += speeds[work.kind].seconds(work.load(usual_load)) + beside
            size = order.size or (round(usual**0.5), round(usual**0.5))
            needed = self.result_bytes(order.request, size, rate)
            rooms[order.folder] += needed
            largest[order.folder] = max(largest[order.folder], needed)
        return Forecast(
            photos=len(listed),
            seconds=seconds if pixels else None,
            learned=all(speed.photos for speed in speeds.values()),
            bytes=sum(rooms.values()),
            needs=_on_disks(rooms, largest),
        )

    def result_bytes(self, request: Request, size: Size, rate: Rate | None = None) -> int:
        """How large the file of a result will be, about, by what was learned where no other rate is given."""
        model = self.model_for(request)
        scale = model.scale if model else 1
        try:
            frame, (width, height) = frame_of(request, size), result_size(request, size, scale)
        except errors.RekindleError:  # the photo itself will say so
            return 0
        factor = frame.inner[0] / frame.part[2] if request.target else float(scale)
        pixels = frame.part[2] * frame.part[3] * factor**2  # paper around the photo takes hardly anything
        own = BY_SUFFIX.get((request.output_file or request.path).suffix.lower(), PNG)
        chosen = output_format(request.format, own.pillow, width, height)
        if chosen is WEBP and request.lossless:
            return round(pixels * usual_bytes_per_pixel(PNG, request.quality, factor) * _LOSSLESS_WEBP)
        return round(pixels * (rate or self.learned.bytes_per_pixel)(chosen, request.quality, factor))

    def model_for(self, request: Request) -> Model | None:
        """What a photo will be enhanced with; None where there is no such model."""
        if self._seen is not self._catalogue.models:  # something was imported or removed
            self._seen, self._models = self._catalogue.models, {}
        asked = request.model, request.scale, bool(request.target)
        if asked not in self._models:
            try:
                self._models[asked] = first_model(request, self._catalogue)
            except errors.UsageError:
                self._models[asked] = None
        return self._models[asked]


def _running(networks: Collection[Model], engine: str, *, alpha: bool) -> Running:
    """Of networks that take their turns."""
    peak = resting = 0.0
    for model in networks:
        needs = expected(model, engine)
        taken = needs.working_mib(needs.tile) + library_mib(model, engine, alpha=alpha)
        peak, resting = max(peak, taken), max(resting, taken - _ANSWERS_GONE * answer_mib(model, needs.tile))
    # What a network has taken is not all given back to the system before the next one takes its own.
    kept = _KEPT_MIB * max(0, len(networks) - 1)
    return Running(peak + kept, resting + kept)


def _on_disks(rooms: dict[Path, int], largest: dict[Path, int]) -> tuple[Need, ...]:
    found: dict[int, disks.Disk] = {}
    needed: dict[int, int] = defaultdict(int)
    spare: dict[int, int] = defaultdict(int)
    for folder, room in rooms.items():
        try:
            disk = disks.disk_of(folder)
        except OSError as error:  # a disk that is not there: the photos themselves will say so
            logger.debug("No disk for %s: %s", folder, error)
            continue
        found.setdefault(disk.device, disk)
        needed[disk.device] += room
        spare[disk.device] = max(spare[disk.device], largest[folder])
    needs = [Need(disk, needed[device] + spare[device]) for device, disk in found.items()]
    return tuple(sorted(needs, key=lambda need: need.disk.free - need.room))
