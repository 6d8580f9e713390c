"""What photos have taken on this machine, time and room, kept from one run to the next."""

from __future__ import annotations

import json
import logging
import math
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Any

import filelock
import numpy as np

from desktop.core import files
from desktop.core.ensemble import PASSES
from desktop.core.errors import RekindleError
from desktop.core.jobs import Account, JobState, Request, Result
from desktop.core.models.catalogue import pace_of
from desktop.core.photo.formats import BY_NAME, BY_SUFFIX, PNG, WEBP, OutputFormat
from desktop.core.sizes import Frame, frame_of
from desktop.core.throughput import Photo
from desktop.core.workload import MEGA, RESIZING, Kind, beside_s

logger = logging.getLogger(__name__)

VERSION = 2
_FILE = "experience.json"
_PHOTOS, _LOADS, _KINDS, _RESULTS = 40, 5, 64, 60
_PATIENCE_S = 2.0
_DUE = 20

# Bytes a pixel of results, measured on 26 photographs enlarged three times; by quality where the format has one.
_USUAL = {
    "jpeg": {50: 0.125, 75: 0.178, 85: 0.234, 90: 0.288, 95: 0.407, 98: 0.574, 100: 0.997},
    "webp": {50: 0.070, 75: 0.092, 85: 0.133, 90: 0.172, 95: 0.240, 98: 0.303, 100: 0.331},
    "avif": {50: 0.066, 75: 0.131, 85: 0.168, 90: 0.215, 95: 0.315, 98: 0.413, 100: 1.05},
    "png": {95: 1.402},
    "tiff": {95: 1.492},
}
_MEASURED_AT = 3.0
# Its power, where they are enlarged less and more than that (measured on 13 photographs, half as wide to 12 times).
_THINNING = {"jpeg": (0.55, 0.55), "webp": (0.5, 0.85), "avif": (0.5, 0.85), "png": (0.2, 0.45), "tiff": (0.2, 0.45)}
_FOLLOWS = 0.7
_BY_DETAIL = ":detail"


def usual_bytes_per_pixel(output: OutputFormat, quality: int, factor: float = _MEASURED_AT) -> float:
    """What a result usually takes before anything was learned.

    Args:
        factor: how many times larger than the photo it is: the more, the less there is in every pixel.
    """
    table = _USUAL[output.name]
    usual = float(np.exp(np.interp(quality, list(table), np.log(list(table.values())))))
    below, above = _THINNING[output.name]
    power = below if factor < _MEASURED_AT else above
    return usual * float((_MEASURED_AT / max(0.05, factor)) ** power)


@dataclass(frozen=True)
class Lesson:
    """What one finished photo tells.

    Attributes:
        megapixels: as many as the network saw, each counted as often as it did.
        seconds: without what the network had no part in.
        load_s: for loading one network; 0 where it was there already.
        output: name of the result's format.
        output_megapixels, share: of the result, and its bytes as a multiple of what is usual.
        detail: of the photo, see ``detail_of``.
    """

    kind: Kind
    megapixels: float
    seconds: float
    load_s: float = 0.0
    output: str = ""
    output_megapixels: float = 0.0
    share: float = 1.0
    detail: float = 1.0

    @classmethod
    def of(cls, request: Request, account: Account, result: Result | None) -> Lesson | None:
        """None where the photo tells nothing."""
        megapixels = account.seen_megapixels
        if account.model and not megapixels:
            megapixels = account.input_width * account.input_height / MEGA
        if not (megapixels > 0 and account.seconds > 0) or account.cached:
            return None
        kind = Kind(pace_of(account.model) if account.model else RESIZING, account.engine, account.precision)
        passes = PASSES if account.self_ensemble and account.model else 1
        frame = _frame(request, account)
        output = BY_SUFFIX.get(result.path.suffix.lower()) if result else None
        beside = 0.0
        if account.model and frame is not None:
            enlarged = math.prod(account.passes or (round(account.scale) or 1,))
            beside = beside_s(frame, enlarged if request.target else 0, output or PNG, lossless=request.lossless)
        seconds = max(account.seconds - beside, 0.2 * account.seconds)
        lesson = cls(kind, megapixels * passes, seconds, account.load_seconds / max(1, len(set(account.passes))))
        pixels, factor = _written(request, account, frame)
        if result is None or output is None or not (pixels and result.bytes) or (output is WEBP and request.lossless):
            return lesson  # what is written without loss says nothing of what is written with
        usual = pixels * usual_bytes_per_pixel(output, request.quality, factor)
        return replace(
            lesson,
            output=output.name,
            output_megapixels=pixels / MEGA,
            share=result.bytes / usual,
            detail=account.detail,
        )


def detail_of(file_format: str, jpeg_quality: int | None, file_bytes: int, size: tuple[int, int]) -> float:
    """How much there is in a photo, by the room its file takes: 1 for what is usual, or where it cannot be told.

    A result follows its photo, if not all the way: what is grain in one is smoothed by the network.

    Args:
        file_format: Pillow's name.
        jpeg_quality: see ``Photo``.
    """
    pixels = size[0] * size[1]
    if file_format == "PNG":
        usual = usual_bytes_per_pixel(BY_NAME["png"], 100, 1.0)
    elif jpeg_quality is not None:
        usual = usual_bytes_per_pixel(BY_NAME["jpeg"], jpeg_quality, 1.0)
    else:
        return 1.0
    if not pixels or not file_bytes:
        return 1.0
    return float(min(4.0, max(0.25, file_bytes / pixels / usual)) ** _FOLLOWS)


def _frame(request: Request, account: Account) -> Frame | None:
    """None where it cannot be told any more."""
    size = account.input_width, account.input_height
    try:
        frame = frame_of(request, size)
    except RekindleError:  # the request is not what it was
        return None
    if request.target:
        return frame
    made = account.width, account.height
    return replace(frame, inner=made, size=made)


def _written(request: Request, account: Account, frame: Frame | None) -> tuple[int, float]:
    """Pixels of a result that show something, and how many times larger than the photo they are."""
    if not request.target:
        return account.width * account.height, account.scale or _MEASURED_AT
    if frame is None:
        return 0, 1.0
    return frame.inner[0] * frame.inner[1], account.scale


@dataclass(frozen=True)
class _Seen:
    """Of one kind: the latest photos and loading times, the oldest first."""

    photos: tuple[Photo, ...] = ()
    loads: tuple[float, ...] = ()


@dataclass(frozen=True)
class Learned:
    """All that is remembered, as a value. What was seen last stands last."""

    kinds: dict[Kind, _Seen] = field(default_factory=dict)
    results: dict[str, tuple[tuple[float, float], ...]] = field(default_factory=dict)

    def after(self, lesson: Lesson) -> Learned:
        """With one photo more; the oldest are forgotten."""
        kinds, results = dict(self.kinds), dict(self.results)
        seen = kinds.pop(lesson.kind, _Seen())
        photos = (*seen.photos, (lesson.megapixels, lesson.seconds))[-_PHOTOS:]
        loads = (*seen.loads, lesson.load_s)[-_LOADS:] if lesson.load_s else seen.loads
        kinds[lesson.kind] = _Seen(photos, loads)
        if lesson.output:
            for name, share in (
                (lesson.output, lesson.share),
                (lesson.output + _BY_DETAIL, lesson.share / lesson.detail),
            ):
                told = (*results.get(name, ()), (lesson.output_megapixels, share))
                results[name] = told[-_RESULTS:]
        return Learned(dict(list(kinds.items())[-_KINDS:]), results)

    def find(self, kind: Kind) -> Kind | None:
        """The kind that was used last of those that this may mean."""
        if kind in self.kinds:
            return kind
        return next((known for known in reversed(self.kinds) if kind.is_like(known)), None)

    def photos(self, kind: Kind) -> tuple[Photo, ...]:
        found = self.find(kind)
        return self.kinds[found].photos if found else ()

    def last_alike(self, kind: Kind) -> Kind | None:
        """The kind that was used last of those that run as this asks for, of whatever model."""
        return next((known for known in reversed(self.kinds) if kind.runs_as(known) and known.model != RESIZING), None)

    def load_s(self, kind: Kind) -> float | None:
        found = self.find(kind)
        return median(self.kinds[found].loads) if found and self.kinds[found].loads else None

    def bytes_per_pixel(
        self, output: OutputFormat, quality: int, factor: float = _MEASURED_AT, detail: float | None = None
    ) -> float:
        """Of a result, as the latest ones in the format tell; what is usual counts as much as one of them.

        Args:
            detail: of the photo, where it is known, see ``detail_of``.
        """
        usual = usual_bytes_per_pixel(output, quality, factor) * (1.0 if detail is None else detail)
        told = self.results.get(output.name + ("" if detail is None else _BY_DETAIL))
        if not told:
            return usual
        megapixels, share = np.array(told, float).T
        doubt = megapixels.mean()
        return usual * float((megapixels @ share + doubt) / (megapixels.sum() + doubt))


class Experience:
    """What is learned, in memory and in a file of the cache. Safe from any thread, and with other processes.

    A file that is damaged, or of another version, is forgotten: all of it can be learned again.
    """

    def __init__(self, folder: Path) -> None:
        """Reads what is there; ``folder`` need not exist."""
        self._path = folder / _FILE
        self._learned = _read(self._path)
        self._new: list[Lesson] = []
        self._mutex = threading.Lock()
        self._saving = threading.Lock()

    @property
    def learned(self) -> Learned:
        return self._learned

    @property
    def unsaved(self) -> int:
        """Lessons that are not on disk yet."""
        return len(self._new)

    @property
    def due(self) -> bool:
        """Whether so much is unsaved that a crash would be a pity."""
        return self.unsaved >= _DUE

    def note(self, request: Request, state: JobState, account: Account | None, result: Result | None) -> None:
        """Learns from a photo that has ended, if it tells anything."""
        lesson = Lesson.of(request, account, result) if state is JobState.DONE and account else None
        if lesson is not None:
            self.learn(lesson)

    def learn(self, lesson: Lesson) -> None:
        with self._mutex:
            self._learned = self._learned.after(lesson)
            self._new.append(lesson)

    def save(self) -> None:
        """Adds what is new to the file, where other processes may have added theirs. Waits for the disk.

        Where that cannot be done, it is kept for the next time: experience is not worth troubling anybody.
        """
        with self._saving:
            self._save()

    def _save(self) -> None:
        with self._mutex:
            new = list(self._new)
        if not new:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with filelock.FileLock(f"{self._path}.lock", timeout=_PATIENCE_S):
                merged = _all(_read(self._path), new)
                files.write_whole(self._path, json.dumps(_plain(merged)).encode())
        except (OSError, filelock.Timeout, NotImplementedError) as error:  # the last: file systems without locks
            logger.info("Speeds cannot be kept: %s", error)
            return
        with self._mutex:
            del self._new[: len(new)]
            self._learned = _all(merged, self._new)


def _all(learned: Learned, lessons: Iterable[Lesson]) -> Learned:
    for lesson in lessons:
        learned = learned.after(lesson)
    return learned


def _plain(learned: Learned) -> dict[str, Any]:
    return {
        "version": VERSION,
        "speeds": [
            {
                "model": kind.model,
                "engine": kind.engine,
                "precision": kind.precision,
                "photos": [_short(photo) for photo in seen.photos],
                "loads": _short(seen.loads),
            }
            for kind, seen in learned.kinds.items()
        ],
        "results": {name: [_short(one) for one in told] for name, told in learned.results.items()},
    }


def _short(values: Iterable[float]) -> list[float]:
    return [float(f"{value:.5g}") for value in values]


def _read(path: Path) -> Learned:
    try:
        stored = json.loads(path.read_text("utf-8"))
        if stored["version"] != VERSION:
            return Learned()
        kinds = {
            Kind(*(_text(entry[name]) for name in ("model", "engine", "precision"))): _Seen(
                _pairs(entry["photos"])[-_PHOTOS:], tuple(_positive(value) for value in entry["loads"])[-_LOADS:]
            )
            for entry in stored["speeds"]
        }
        results = {
            name: _pairs(told)[-_RESULTS:]
            for name, told in stored["results"].items()
            if name.removesuffix(_BY_DETAIL) in BY_NAME
        }
        return Learned(kinds, results)
    except FileNotFoundError:
        return Learned()
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        logger.info("Speeds of earlier runs are forgotten: %s", error)
        return Learned()


def _pairs(values: list[list[float]]) -> tuple[tuple[float, float], ...]:
    return tuple((_positive(one), _positive(other)) for one, other in values)


def _positive(value: object) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value) and value > 0:
        return float(value)
    raise ValueError(f"{value!r} is not a measure")


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not a name")
    return value
