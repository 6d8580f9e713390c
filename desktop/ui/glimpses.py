"""A part of a photo enhanced at once, to see what enhancing would do before anything is decided."""

from __future__ import annotations

import contextlib

from PySide6.QtCore import QObject, QRectF, Signal

from desktop.core.cancel import CancelToken
from desktop.core.errors import RekindleError
from desktop.core.jobs import Job
from desktop.core.photo.photo import Photo
from desktop.core.tiles import Span, Tile
from desktop.runner import Runner
from desktop.ui.coming import Coming
from desktop.ui.live import kept_part, region_of
from desktop.ui.pictures import Bicubic
from desktop.ui.pyramid import Pyramid
from desktop.ui.system.screen_profile import screen_profile
from desktop.ui.viewport import Box


class Glimpses(QObject):
    """Has the runner enhance what is looked at, one part at a time.

    Signals:
        changed(job_id: str, coming: Coming): there is more of it to see.
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
            glimpse.coming.arrived(part)
            self.changed.emit(glimpse.job_id, glimpse.coming)


class _Glimpse:
    """Sees one part come, on the runner's thread."""

    def __init__(self, glimpses: Glimpses, job_id: str, original: Pyramid) -> None:
        self.job_id = job_id
        self.coming: Coming | None = None
        self._glimpses = glimpses
        self._original = original
        self._patch: Pyramid | None = None

    def begun(self, size: tuple[int, int], x: Span, y: Span, margin: int, scale: int) -> _Glimpse:
        """See ``core.glimpse``."""
        self._size = size[0] * scale, size[1] * scale
        self._place = Box(x.start * scale, y.start * scale, x.size * scale, y.size * scale)
        self._offset = min(x.start, margin) * scale, min(y.start, margin) * scale
        return self

    def begin(self, _source: Photo, result: Photo, todo: list[Tile], scale: int) -> None:
        self._scale = scale
        left, top = self._offset
        pixels = result.pixels[top : top + self._place.height, left : left + self._place.width]
        self._patch = Pyramid.unfilled(Photo(pixels, icc=result.icc), screen_profile())
        ground = Bicubic(self._original.completed(), self._size)
        parts = (part for tile in todo if not (part := self._part(tile)).empty)
        self.coming = Coming(ground, self._patch, self._place, parts)
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
