"""A photo all the way to the size that was asked for: cut, through the network as often as needed, and made exact."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from desktop.core.cancel import CancelToken
from desktop.core.engines.base import Net
from desktop.core.enhance import Observer, Order, Progress, enhance
from desktop.core.jobs import Request
from desktop.core.photo.cut import Size, cut_out, part_of
from desktop.core.photo.photo import Photo
from desktop.core.photo.resample import on_paper, resampled
from desktop.core.sizes import Plan, frame_of, told_of_frame

# What the step to the exact size takes of the time, next to a network; most of it where there is none.
_LAST_STEP = 0.02


def prepared(photo: Photo, request: Request, plan: Plan) -> Photo:
    """The part of a photo that is enlarged, with an account of what was done to get it."""
    told = told_of_frame(photo.fidelity, request, (photo.width, photo.height))
    if not plan.scales and plan.inner != plan.part[2:]:
        before, after = (f"{size[0]} × {size[1]}" for size in (plan.part[2:], plan.inner))
        told = told.and_converted("size", f"{before} became {after} pixels: large enough without a network")
    return replace(framed(photo, request), fidelity=told, reframed=plan.is_other)


def framed(photo: Photo, request: Request) -> Photo:
    """The part of a photo that is enlarged: what a result is compared with. Raises OutsideError."""
    size = photo.width, photo.height
    if request.cut is not None:
        photo = cut_out(photo, request.cut)
    part = frame_of(request, size).part
    if part[2:] == (photo.width, photo.height):
        return photo
    pixels, alpha = part_of(photo, part)
    return replace(photo, pixels=pixels, alpha=alpha)


def without_border(result: Photo, request: Request, original: Size) -> Photo:
    """The photo in a result, without the paper around it: what can be laid over ``framed``.

    Args:
        original: width and height of the photo it was made of.
    """
    frame = frame_of(request, original)
    if not request.target or frame.inner == frame.size or frame.size != (result.width, result.height):
        return result
    pixels, alpha = part_of(result, frame.inset)
    return replace(result, pixels=pixels, alpha=alpha)


def enlarge(
    photo: Photo,
    plan: Plan,
    load: Callable[[int], Net],
    *,
    budget_mib: int,
    self_ensemble: bool = False,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    order: Order | None = None,
    observer: Observer | None = None,
) -> Photo:
    """Takes what ``prepared`` gave to the plan's size.

    Args:
        load: gives the network of a pass, by its number; asked for one after the other.
        observer: sees the last pass alone. What the passes before it make is never shown: it is not the result.

    Raises:
        what ``enhance`` and ``load`` do.
    """
    sizes = [size[0] * size[1] for size in plan.steps[: len(plan.scales)]]
    whole = sum(sizes) / (1 if plan.is_exact else 1 - _LAST_STEP)
    done = 0
    for number, size in enumerate(sizes):
        last = number == len(sizes) - 1
        photo = enhance(
            photo,
            load(number),
            budget_mib=budget_mib,
            self_ensemble=self_ensemble,
            progress=_share(progress, done / whole, size / whole) if whole > size else progress,
            cancel=cancel,
            order=order if last else None,
            observer=observer if last else None,
        )
        done += size
    if plan.is_exact:
        return photo
    photo = resampled(photo, plan.inner, cancel)  # what it was made of goes before there is paper
    return on_paper(photo, plan.size)


def _share(progress: Progress | None, start: float, share: float) -> Progress | None:
    """Progress of one pass as progress of the whole."""
    if progress is None:
        return None
    tell = progress
    return lambda part: tell(start + share * part)
