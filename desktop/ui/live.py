"""A result that is looked at while it is made."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable

from PySide6.QtCore import QObject, QRectF, Signal

from desktop.core.gaze import Region, by_gaze
from desktop.core.photo.photo import Photo
from desktop.core.tiles import Tile
from desktop.ui.coming import Coming
from desktop.ui.pictures import Bicubic
from desktop.ui.pyramid import Pyramid
from desktop.ui.system.screen_profile import screen_profile
from desktop.ui.viewport import Box


class Live(QObject):
    """Shows a job under way to whoever looks at it, and has done first what is looked at.

    Signals:
        began(job_id: str, picture: Coming): there is something to see; again where the work had to begin anew.
        changed(job_id: str, picture: Coming): less of it is missing.
    """

    began = Signal(str, object)
    changed = Signal(str, object)
    _built = Signal(str, object)
    _came = Signal(str, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._looked_at: tuple[str, Region] | None = None
        self._shown: dict[str, Coming] = {}
        self._built.connect(self._begin)
        self._came.connect(self._take)

    def onlooker(self, job_id: str) -> _Onlooker:
        """For the runner, on its thread."""
        return _Onlooker(self, job_id)

    def look_at(self, job_id: str | None, visible: QRectF) -> None:
        """The part 0..1 of a photo's width and height that is on screen; no photo where None, or the part is empty."""
        self._looked_at = None if job_id is None or visible.isEmpty() else (job_id, region_of(visible))

    def region_in(self, job_id: str) -> Region | None:
        """What is on screen of a photo; for any thread."""
        looked_at = self._looked_at
        return looked_at[1] if looked_at is not None and looked_at[0] == job_id else None

    def picture_of(self, job_id: str) -> Coming | None:
        """What there is to see of a job under way."""
        return self._shown.get(job_id)

    def end(self, job_id: str) -> None:
        """A job under way has ended: its pixels are let go."""
        self._shown.pop(job_id, None)

    def _begin(self, job_id: str, picture: Coming) -> None:
        self._shown[job_id] = picture
        self.began.emit(job_id, picture)

    def _take(self, job_id: str, part: Box) -> None:
        picture = self.picture_of(job_id)
        if picture is not None:
            picture.arrived(part)
            self.changed.emit(job_id, picture)


class _Onlooker:
    """On the runner's thread."""

    def __init__(self, live: Live, job_id: str) -> None:
        self._live = live
        self._job_id = job_id
        self._pyramid: Pyramid | None = None
        self._scale = 1

    def order(self, tiles: list[Tile]) -> Iterable[Tile]:
        return by_gaze(tiles, lambda: self._live.region_in(self._job_id))

    def begin(self, source: Photo, result: Photo, todo: list[Tile], scale: int) -> None:
        self._scale = scale
        screen = screen_profile()
        self._pyramid = Pyramid.unfilled(result, screen)
        ground = Bicubic(Pyramid.build(source, screen), self._pyramid.size)
        whole = Box(0, 0, *self._pyramid.size)
        picture = Coming(ground, self._pyramid, whole, (kept_part(tile, scale) for tile in todo))
        with contextlib.suppress(RuntimeError):  # the window has gone
            self._live._built.emit(self._job_id, picture)

    def arrived(self, tile: Tile) -> None:
        if self._pyramid is None:
            return
        part = kept_part(tile, self._scale)
        self._pyramid.refresh(slice(part.top, part.bottom), slice(part.left, part.right))
        with contextlib.suppress(RuntimeError):
            self._live._came.emit(self._job_id, part)


def kept_part(tile: Tile, scale: int) -> Box:
    """What a tile brings, in the pixels of the enlarged picture that the tiles are cut from."""
    return Box(tile.keep_x.start * scale, tile.keep_y.start * scale, tile.keep_x.size * scale, tile.keep_y.size * scale)


def region_of(visible: QRectF) -> Region:
    """Qt's rectangle as core has it."""
    return visible.left(), visible.top(), visible.right(), visible.bottom()
