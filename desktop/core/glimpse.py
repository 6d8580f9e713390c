"""A part of a photo enhanced to be looked at, before anything is decided. Nothing is written."""

from __future__ import annotations

import math
from collections.abc import Callable

from desktop.core.cancel import CancelToken
from desktop.core.enhance import Observer, enhance
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
        region: of a large one no more than its middle is enhanced, see ``LARGEST``.

    Raises:
        RekindleError: as the job would tell, CancelledError among them.
    """
    choice = ModelChoice(catalogue, loaded, request)
    photo = reader.read(request.path, None, cancel)
    status = request.path.stat()
    choice.settle(photo, (status.st_size, status.st_mtime_ns))
    net = choice.load()
    x, y = part_of(photo.width, region[0], region[2]), part_of(photo.height, region[1], region[3])
    wide, high = x.widened(net.halo, photo.width), y.widened(net.halo, photo.height)
    cut = photo.pixels[high.start : high.stop, wide.start : wide.stop].copy()
    enhance(
        Photo(cut, icc=photo.icc),
        net,
        budget_mib=budget_mib,
        self_ensemble=request.self_ensemble,
        cancel=cancel,
        order=lambda todo: by_gaze(todo, lambda: (0.0, 0.0, 1.0, 1.0)),
        observer=begun((photo.width, photo.height), x, y, net.halo, net.scale),
    )


def part_of(length: int, start: float, stop: float) -> Span:
    """The pixels of a side between two fractions of it: at least one, and at most those in the middle."""
    first = max(0, min(math.floor(start * length), length - 1))
    last = min(length, max(math.ceil(stop * length), first + 1))
    first += max(0, last - first - LARGEST) // 2
    return Span(first, min(last, first + LARGEST))
