"""Photo -> larger Photo: colour, alpha, tiles, progress, cancel."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from desktop.core import errors, forecast, tiles
from desktop.core.cancel import CancelToken
from desktop.core.engines.base import Net
from desktop.core.ensemble import PASSES, upscale_eightfold
from desktop.core.opencv import cv2
from desktop.core.photo.photo import Photo
from desktop.core.tiles import Tile

logger = logging.getLogger(__name__)

Progress = Callable[[float], None]
"""Told the part done, 0..1, after every tile, and within one where it takes several passes."""
Order = Callable[[list[Tile]], Iterable[Tile]]
"""Puts tiles into the order they are worked on."""


class Observer(Protocol):
    """Sees a result come into being, on the thread that makes it. It must not change what it sees."""

    def begin(self, source: Photo, result: Photo, todo: list[Tile], scale: int) -> None:
        """The photo as the network is given it, and the result, whose pixels mean nothing until they have arrived.

        Called again where the work begins anew with smaller tiles.
        """
        ...

    def arrived(self, tile: Tile) -> None:
        """The kept part of this tile is in the result."""
        ...


_SMALLEST_CORE = 32
# A pixel less than a quarter as visible as the most visible one nearby is not trusted to have a colour of its own.
_SURROUNDINGS = 8
_TRUSTED = 0.25


def enhance(
    photo: Photo,
    net: Net,
    *,
    budget_mib: int,
    self_ensemble: bool = False,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    order: Order | None = None,
    observer: Observer | None = None,
) -> Photo:
    """Enlarges a photo by the net's scale.

    Grey is run as three equal channels and averaged back. 16 bit goes through the network as float and is
    rounded once. Alpha is enlarged by bicubic interpolation; colours that transparency hides are replaced by those of
    their visible neighbours first, so that they cannot bleed into edges.

    Args:
        budget_mib: working memory for the network; tiles get smaller where it is tight.
        self_ensemble: whether to average the answers to every tile turned and mirrored, see ``ensemble``.
        order: by rows where None.

    Raises:
        CancelledError: ``cancel`` was used. OutOfMemoryError, EngineFailedError.
    """
    source = _without_hidden_colours(photo)
    side = forecast.tile_side(net, budget_mib)
    while True:
        try:
            alpha = _enlarge_alpha(photo.alpha, net.scale) if photo.alpha is not None else None
            todo = tiles.plan(source.shape[1], source.shape[0], side, net.halo)
            shape = source.shape[0] * net.scale, source.shape[1] * net.scale, *source.shape[2:]
            grown = photo.factors[0] * net.scale, photo.factors[1] * net.scale
            result = replace(photo, pixels=np.empty(shape, source.dtype), alpha=alpha, factors=grown)
            if observer is not None:
                observer.begin(replace(photo, pixels=source), result, todo, net.scale)
            _by_tiles(source, result.pixels, todo, net, self_ensemble, progress, cancel, order, observer)
            return result
        except MemoryError as error:
            raise errors.OutOfMemoryError(
                "There is not enough memory for a result of {width} × {height} pixels. "
                "Close other programs, or crop the photo first.",
                width=photo.width * net.scale,
                height=photo.height * net.scale,
            ) from error
        except errors.OutOfMemoryError:
            smaller = side // 2
            if smaller < 2 * net.halo + _SMALLEST_CORE:
                raise
            logger.warning("Out of memory with tiles of %d pixels; trying %d", side, smaller)
            side = smaller


def _by_tiles(
    source: NDArray[Any],
    result: NDArray[Any],
    todo: list[Tile],
    net: Net,
    self_ensemble: bool,
    progress: Progress | None,
    cancel: CancelToken | None,
    order: Order | None,
    observer: Observer | None,
) -> None:
    scale = net.scale

    def within(done: int, passes: int) -> None:
        if passes == PASSES:
            return  # the tile itself is told of once it is in the result
        if progress is not None:
            progress((done + passes / PASSES) / len(todo))
        if cancel is not None:
            cancel.check()

    for done, tile in enumerate(order(todo) if order else todo, start=1):
        if cancel is not None:
            cancel.check()
        piece = _to_network(source[tile.read_y.start : tile.read_y.stop, tile.read_x.start : tile.read_x.stop])
        answer = upscale_eightfold(net, piece, partial(within, done - 1)) if self_ensemble else net.upscale(piece)
        kept = answer[tile.keep_y.within(tile.read_y, scale), tile.keep_x.within(tile.read_x, scale)]
        result[tile.keep_y.scaled(scale), tile.keep_x.scaled(scale)] = _from_network(kept, source)
        if observer is not None:
            observer.arrived(tile)
        if progress is not None:
            progress(done / len(todo))
    if cancel is not None:
        cancel.check()


def _depth_factor(dtype: np.dtype[Any]) -> int:
    """Grey levels of this type per level of the network's 0..255: 65535 / 255 = 257 exactly."""
    return 257 if dtype == np.uint16 else 1


def _to_network(piece: NDArray[Any]) -> NDArray[np.float32]:
    picture = piece.astype(np.float32)
    if piece.dtype == np.uint16:
        picture /= _depth_factor(piece.dtype)
    return picture if picture.ndim == 3 else np.repeat(picture[..., None], 3, axis=2)


def _from_network(answer: NDArray[np.float32], source: NDArray[Any]) -> NDArray[Any]:
    if source.ndim == 2:
        answer = answer.mean(axis=2)
    top = np.iinfo(source.dtype).max
    return np.clip(np.rint(answer * _depth_factor(source.dtype)), 0, top).astype(source.dtype)


def _enlarge_alpha(alpha: NDArray[Any], scale: int) -> NDArray[Any]:
    """Bicubic, but never beyond the pixels around: a rim brighter than what it surrounds would be seen as a fringe."""
    if (alpha == alpha.flat[0]).all():
        return np.full((alpha.shape[0] * scale, alpha.shape[1] * scale), alpha.flat[0], alpha.dtype)
    around = np.ones((3, 3), np.uint8)
    size = alpha.shape[1] * scale, alpha.shape[0] * scale
    # OpenCV resizes both of our types with saturation.
    enlarged = cv2.resize(alpha, size, interpolation=cv2.INTER_CUBIC)
    for bound, limit in ((cv2.erode, np.maximum), (cv2.dilate, np.minimum)):
        limit(enlarged, cv2.resize(bound(alpha, around), size, interpolation=cv2.INTER_NEAREST), out=enlarged)
    return enlarged


def _without_hidden_colours(photo: Photo) -> NDArray[Any]:
    """Pixels whose transparent parts take the colour of what is visible around them.

    What is far less visible than its surroundings is given up too, by degrees: programs that store colours multiplied
    with alpha have rounded them to nearly nothing there, and the network would spread that into what can be seen.
    """
    if photo.alpha is None or not photo.alpha.any():
        return photo.pixels
    side = 2 * _SURROUNDINGS + 1
    most = cv2.dilate(photo.alpha, np.ones((side, side), np.uint8)).astype(np.float32)
    trust = np.minimum(photo.alpha / np.maximum(most * _TRUSTED, 1e-6), 1, dtype=np.float32)
    trust[most == 0] = 0
    doubted = trust < 1
    if not doubted.any():
        return photo.pixels
    result = photo.pixels.copy()
    channels = result[..., None] if result.ndim == 2 else result
    for channel in range(channels.shape[2]):
        plane = channels[..., channel]
        filled = _push_pull(plane.astype(np.float32), trust)
        plane[doubted] = np.rint(filled[doubted]).astype(plane.dtype)
    return result


def _push_pull(values: NDArray[np.float32], weight: NDArray[np.float32]) -> NDArray[np.float32]:
    """Values where they have weight, and in between what those around suggest.

    Averaged down until every pixel has some, then handed back up (Gortler et al., The Lumigraph, 1996).
    """
    height, width = weight.shape
    if max(height, width) == 1 or (weight == 1).all():
        return values
    half = ((width + 1) // 2, (height + 1) // 2)
    mean = cv2.resize(weight, half, interpolation=cv2.INTER_AREA).reshape(half[::-1])
    small = cv2.resize(values * weight, half, interpolation=cv2.INTER_AREA).reshape(half[::-1])
    averages = (small / np.maximum(mean, 1e-6)).astype(np.float32)
    coarse = _push_pull(averages, np.minimum(4 * mean, 1).astype(np.float32))
    up = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR).reshape(weight.shape)
    return weight * values + (1 - weight) * up
