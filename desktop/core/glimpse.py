"""A part of a photo enhanced to be looked at, before anything is decided. Nothing is written."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import accumulate

from desktop.core.cancel import CancelToken
from desktop.core.enhance import Observer, enhance
from desktop.core.enlarge import prepared
from desktop.core.gaze import Region, by_gaze
from desktop.core.jobs import Request
from desktop.core.loaded_net import LoadedNet
from desktop.core.model_choice import ModelChoice
from desktop.core.models.catalogue import Catalogue
from desktop.core.photo.isolated import PhotoReader
from desktop.core.photo.photo import Photo
from desktop.core.tiles import Span

# Input pixels a side: as much as a person waits for.
LARGEST = 480

Begun = Callable[[tuple[int, int], Span, Span, int, int], Observer]
"""Told the photo's (width, height), which of its pixels are enhanced across and down, the margin around them that is
not right at its edge, and the scale; gives who sees the result come."""


def glimpse(
    catalogue: Catalogue,
    loaded: LoadedNet,
    reader: PhotoReader,
    request: Request,
    region: Region,
    *,
    budget_mib: int,
    begun: Begun,
    cancel: CancelToken,
) -> None:
    """Enhances what a job would make of a part of its photo, from the middle of the part outwards.

    Args:
        region: of the photo as it is turned and cut; of a large one no more than its middle is enhanced, see
            ``LARGEST``. Where no network is needed for the photo's size, nothing is.

    Raises:
        RekindleError: as the job would tell, CancelledError among them.
    """
    choice = ModelChoice(catalogue, loaded, request)
    photo = reader.read(request.path, None, cancel)
    status = request.path.stat()
    plan = choice.plan_for((photo.width, photo.height))
    choice.settle(photo, (status.st_size, status.st_mtime_ns))
    if not plan.scales:
        return
    choice.require_all()
    photo = prepared(photo, request, plan)
    net = choice.load()
    before_last = math.prod(plan.scales[:-1])
    margin = _margin(net.halo, plan.scales)
    largest = LARGEST // before_last
    x = part_of(photo.width, region[0], region[2], largest)
    y = part_of(photo.height, region[1], region[3], largest)
    wide, high = x.widened(margin, photo.width), y.widened(margin, photo.height)
    part = Photo(photo.pixels[high.start : high.stop, wide.start : wide.stop].copy(), icc=photo.icc)
    observer = begun((photo.width, photo.height), x, y, margin, before_last * plan.scales[-1])
    for number in range(len(plan.scales)):
        last = number == len(plan.scales) - 1
        part = enhance(
            part,
            choice.load(number),
            budget_mib=budget_mib,
            self_ensemble=request.self_ensemble,
            cancel=cancel,
            order=lambda todo: by_gaze(todo, lambda: (0.0, 0.0, 1.0, 1.0)),
            observer=observer if last else None,
        )


def _margin(halo: int, scales: tuple[int, ...]) -> int:
    """What has to be there around a part so that the last of several passes is right in all of it."""
    grown = accumulate(scales[:-1], lambda one, other: one * other, initial=1)
    return math.ceil(sum(halo / times for times in grown))


def part_of(length: int, start: float, stop: float, largest: int = LARGEST) -> Span:
    """The pixels of a side between two fractions of it: at least one, and at most those in the middle."""
    first = max(0, min(math.floor(start * length), length - 1))
    last = min(length, max(math.ceil(stop * length), first + 1))
    first += max(0, last - first - largest) // 2
    return Span(first, min(last, first + largest))
