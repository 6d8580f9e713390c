"""A part of a photo enhanced at once, to see what enhancing would do before anything is decided."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QObject, QRectF, Signal

from desktop.core.cancel import CancelToken
from desktop.core.errors import RekindleError
from desktop.core.jobs import Job
from desktop.core.photo.photo import Photo
from desktop.core.tiles import Span, Tile
from desktop.runner import Runner
from desktop.ui.live import LivePicture, kept_part, region_of
from desktop.ui.pictures import Bicubic, enlarged_squares
from desktop.ui.pyramid import Array, Pyramid, Sampling
from desktop.ui.system.screen_profile import screen_profile
from desktop.ui.viewport import Box


@dataclass(frozen=True, slots=True, eq=False)
class Patched:
    """A bicubic enlargement with a part of it enhanced.

    Attributes:
        ground: all of it.
        patch: the part, in the enlargement's own pixels.
        place: where it lies.
    """

    ground: Bicubic
    patch: Pyramid
    place: Box

    @property
    def size(self) -> tuple[int, int]:
        return self.ground.size

    @property
    def translucent(self) -> bool:
        return self.ground.translucent

    @property
    def complete(self) -> bool:
        return self.ground.complete

    def completed(self) -> Patched:
        return self if self.complete else Patched(self.ground.completed(), self.patch, self.place)

    def sample(self, zoom: tuple[float, float], box: Box, sampling: Sampling = Sampling.SMOOTH) -> Array:
        """As ``Pyramid.sample``."""
        if sampling is Sampling.SQUARES:
            return enlarged_squares(lambda pixels: self.sample((1.0, 1.0), pixels), self.size, zoom, box)
        result = np.array(self.ground.sample(zoom, box, sampling))  # of which it may be a view
        left, top = round(self.place.left * zoom[0]), round(self.place.top * zoom[1])
        right, bottom = round(self.place.right * zoom[0]), round(self.place.bottom * zoom[1])
        shared = box.meet(Box(left, top, right - left, bottom - top))
        if not shared.empty:
            rows = slice(shared.top - box.top, shared.bottom - box.top)
            columns = slice(shared.left - box.left, shared.right - box.left)
            result[rows, columns] = self.patch.sample(zoom, shared.moved(-left, -top), sampling)
        return result

    def colour_at(self, x: float, y: float) -> tuple[int, int, int]:
        """As ``Pyramid.colour_at``."""
        column, row = x * self.size[0] - self.place.left, y * self.size[1] - self.place.top
        if 0 <= column < self.place.width and 0 <= row < self.place.height:
            return self.patch.colour_at(column / self.place.width, row / self.place.height)
        return self.ground.colour_at(x, y)


class Glimpses(QObject):
    """Has the runner enhance what is looked at, one part at a time.

    Signals:
        changed(job_id: str, coming: LivePicture): there is more of it to see.
        failed(error: RekindleError)
    """

    changed = Signal(str, object)
    failed = Signal(object)
    _begun = Signal(object)
    _arrived = Signal(object, object)

    def __init__(self, runner: Runner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runner = runner
        self._wanted: _Glimpse | None = None
        self._token: CancelToken | None = None
        self._begun.connect(self._begin)
        self._arrived.connect(self._take)

    def look(self, job: Job, original: Pyramid, visible: QRectF) -> None:
        """
        Args:
            original: the photo as it is shown.
            visible: the part 0..1 that is on screen.
        """
        wanted = self._wanted = _Glimpse(self, job.id, original)

        def ended(error: RekindleError | None) -> None:
            if error is not None and wanted is self._wanted:
                self.failed.emit(error)

        self._token = self._runner.glimpse(job.request, region_of(visible), wanted.begun, ended)

    def forget(self) -> None:
        """Another photo is looked at: what is still to come is neither shown nor made."""
        self._wanted = None
        if self._token is not None:
            self._token.cancel()

    def _begin(self, glimpse: _Glimpse) -> None:
        if glimpse is self._wanted and glimpse.coming is not None:
            self.changed.emit(glimpse.job_id, glimpse.coming)

    def _take(self, glimpse: _Glimpse, part: Box) -> None:
        if glimpse is self._wanted and glimpse.coming is not None:
            glimpse.coming.missing.discard(part)
            self.changed.emit(glimpse.job_id, glimpse.coming)


class _Glimpse:
    """Sees one part come, on the runner's thread."""

    def __init__(self, glimpses: Glimpses, job_id: str, original: Pyramid) -> None:
        self.job_id = job_id
        self.coming: LivePicture | None = None
        self._glimpses = glimpses
        self._original = original
        self._patch: Pyramid | None = None

    def begun(self, size: tuple[int, int], x: Span, y: Span, margin: int, scale: int) -> _Glimpse:
        """See ``core.glimpse``."""
        self._size = size[0] * scale, size[1] * scale
        self._place = Box(x.start * scale, y.start * scale, x.size * scale, y.size * scale)
        self._offset = min(x.start, margin) * scale, min(y.start, margin) * scale
        return self

    def begin(self, result: Photo, todo: list[Tile], scale: int) -> None:
        self._scale = scale
        left, top = self._offset
        pixels = result.pixels[top : top + self._place.height, left : left + self._place.width]
        self._patch = Pyramid.build(Photo(pixels, icc=result.icc), screen_profile())
        parts = {part for tile in todo if not (part := self._part(tile)).empty}
        width, height = self._size
        place = self._place
        around = {
            Box(0, 0, width, place.top),
            Box(0, place.bottom, width, height - place.bottom),
            Box(0, place.top, place.left, place.height),
            Box(place.right, place.top, width - place.right, place.height),
        }
        picture = Patched(Bicubic(self._original, self._size), self._patch, place)
        self.coming = LivePicture(picture, parts | {part for part in around if not part.empty})
        with contextlib.suppress(RuntimeError):  # the window has gone
            self._glimpses._begun.emit(self)

    def arrived(self, tile: Tile) -> None:
        part = self._part(tile)
        if self._patch is None or part.empty:
            return
        inside = part.moved(-self._place.left, -self._place.top)
        self._patch.refresh(slice(inside.top, inside.bottom), slice(inside.left, inside.right))
        with contextlib.suppress(RuntimeError):
            self._glimpses._arrived.emit(self, part)

    def _part(self, tile: Tile) -> Box:
        """In the whole result's pixels, of what is shown of the tile."""
        left, top = (place - offset for place, offset in zip(self._place[:2], self._offset, strict=True))
        return kept_part(tile, self._scale).moved(left, top).meet(self._place)
