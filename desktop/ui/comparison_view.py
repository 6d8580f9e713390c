"""Before and after of one photo, compared at the same place and zoom."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import QCloseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from desktop.ui import comparison_chrome as chrome
from desktop.ui.comparison_frames import Frames, paint_panes
from desktop.ui.comparison_layout import Pane, Side, pane_size, panes
from desktop.ui.comparison_veil import paint_veil
from desktop.ui.lens import Lens
from desktop.ui.mini_map import MiniMap
from desktop.ui.mode_view import ModeView
from desktop.ui.navigable_view import Action
from desktop.ui.pictures import Picture
from desktop.ui.pyramid import Array, PhotoLike, Pyramid
from desktop.ui.pyramid_builder import Pool, PyramidBuilder
from desktop.ui.side_labels import SideLabels
from desktop.ui.viewport import Box

Shown = Array | PhotoLike | Picture

# Up to this many pixels the levels are built on the spot, in a few milliseconds.
BUILD_AT_ONCE = 4_000_000


class ComparisonView(ModeView):
    """The zoomable comparison of a photo before and after enhancing.

    Zoom counts pixels of the result: 1.0 shows one result pixel on one device pixel, and a pixel of before as large
    as the result pixels made of it. While there is no result, it counts pixels of before.

    Beside the keys of `ModeView`: A and B choose what is shown on the left and on the right, L shows the lens while it
    is held.

    Signals:
        picturesChanged(): there are other pictures, or more of them, or they can be drawn better

    Attributes:
        frames: what is compared
        labels: what stands on the two sides
        map: the mini-map in the corner
        lens: before and after under the mouse
    """

    picturesChanged = Signal()

    def __init__(self, parent: QWidget | None = None, pool: Pool | None = None) -> None:
        """`pool` builds the levels of large pictures; the global thread pool if None."""
        super().__init__(parent)
        self.frames = Frames()
        self._builder = PyramidBuilder(self, pool)
        self._builder.built.connect(self._take_pyramid)
        self._names: dict[Side, str] = {}
        self.labels = SideLabels(self)
        self.map = MiniMap(self)
        self.lens = Lens(self, self.labels)
        for overlay in (self.map, self.lens):
            self.picturesChanged.connect(lambda overlay=overlay: overlay.show_frames(self.frames))
        for changed in (self.picturesChanged, self.viewChanged, self.splitChanged, self.modeChanged, self.peekChanged):
            changed.connect(self.place_labels)
        self.setObjectName("comparisonView")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._retranslate()

    def set_images(
        self,
        before: Shown | None,
        after: Shown | None,
        keep_view: bool = False,
        *,
        names: dict[Side, str] | None = None,
        unit: tuple[int, int] | None = None,
    ) -> None:
        """Show another photo: before and after, before alone while there is no after, or nothing.

        Pictures are (H, W) grey, (H, W, 3) RGB or (H, W, 4) RGBA, uint8 or uint16, photos, or pyramids of them. They
        are not copied and must not be changed. Levels of a large one are built in the background; a pyramid built
        beforehand is drawn at its best at once. `keep_view` stays at the same place of the scene if the proportions
        allow, otherwise the whole photo is shown. `names` are the labels where "Before" and "After" will not do, and
        the heading of the difference. `unit` is the size (width, height) in whose pixels zoom counts; after's if
        None. Raises ValueError for what is not a picture.
        """
        wrapped = {Side.BEFORE: _wrapped(before), Side.AFTER: _wrapped(after)}
        self._builder.restart()
        self.frames = Frames(wrapped[Side.BEFORE], wrapped[Side.AFTER], unit)
        self._names = names or {}
        for side, picture in wrapped.items():
            if picture is not None and not picture.complete:
                self._builder.request(side.value, picture)
        self.release_divider()
        self.change_viewport(self.viewport.showing(self.frames.size, keep_view).resized(self.pane_size()))
        self.update()
        self.picturesChanged.emit()

    def show_missing(self, missing: Collection[Box]) -> None:
        """The result has changed, and these parts of it, in its pixels, are still to come."""
        self.frames.change(missing)
        self.update()
        self.picturesChanged.emit()

    @property
    def comparable(self) -> bool:
        return self.frames.before is not None and self.frames.after is not None

    def pane_size(self) -> tuple[int, int]:
        gap = round(chrome.GAP * self.devicePixelRatioF())
        return pane_size(self.mode, self.frames.alone is not None, super().pane_size(), gap)

    def to_pane(self, position: QPointF) -> tuple[float, float]:
        x, y = super().to_pane(position)
        second = super().pane_size()[0] - self.pane_size()[0]
        return (x - second if 0 < second <= x else x), y

    def key_action(self, key: int, modifiers: Qt.KeyboardModifier) -> Action | None:
        if not modifiers:
            if key == Qt.Key.Key_L:
                return self.lens.hold
            if key in (Qt.Key.Key_A, Qt.Key.Key_B):
                return partial(self.labels.open, Side.BEFORE if key == Qt.Key.Key_A else Side.AFTER)
        return super().key_action(key, modifiers)

    def closeEvent(self, event: QCloseEvent) -> None:
        self._builder.finish()
        super().closeEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
            self.place_labels()
            self.update()
        super().changeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        # One more than there is: at a density of 1.5 the last device pixels belong to us by half, and to nobody else.
        painter.fillRect(self.rect().adjusted(0, 0, 1, 1), chrome.surround(self.palette()))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self.viewport.empty:
            # A painter redirected to an image may have another density than the screen: same layout, its pixels.
            ratio = painter.deviceTransform().m11()
            size = round(self.width() * ratio), round(self.height() * ratio)
            shown = self.panes(size, ratio)
            density = ratio / self.devicePixelRatioF()
            viewport = self.viewport if density == 1 else self.viewport.scaled(density)
            paint_panes(painter, self.frames, viewport, shown, ratio, self.moving, whole=self.divider.held)
            paint_veil(painter, self.frames.missing, viewport, shown, ratio)
            if shown[0].side is Side.DIFFERENCE:
                chrome.draw_legend(painter, QRectF(self.rect()), *self.legend)
            if self.divided:
                chrome.draw_divider(painter, self.divider, QSizeF(self.size()), self.palette())
        if self.ring_shown:
            chrome.draw_focus_ring(painter, QSizeF(self.size()), self.palette())

    def place_labels(self) -> None:
        """Puts the labels where the pictures are now."""
        shown = () if self.viewport.empty else self.panes((self.width(), self.height()), 1.0)
        first = self.tr("Original") if self.frames.after is None else self.tr("Before")
        usual = {Side.BEFORE: first, Side.AFTER: self.tr("After")}
        self.labels.place(shown, usual | self._names)

    def panes(self, size: tuple[int, int], ratio: float) -> tuple[Pane, ...]:
        """What is shown where in a view of `size` (width, height), of which `ratio` pixels make a logical one."""
        return panes(self.mode, self.frames.alone, self.peek, self.split, size, round(chrome.GAP * ratio))

    @property
    def legend(self) -> tuple[str, str, str]:
        """What the difference is, and the words for its least and most."""
        heading = self._names.get(Side.DIFFERENCE) or self.tr("Difference to plain enlarging")
        return heading, self.tr("The same"), self.tr("25 % or more")

    def _take_pyramid(self, name: str, picture: Picture) -> None:
        self.frames.replace(Side(name), picture)
        self.update()
        self.picturesChanged.emit()

    def _retranslate(self) -> None:
        self.setAccessibleName(self.tr("Comparison of before and after"))
        self.setAccessibleDescription(
            self.tr(
                "Plus and minus zoom, 0 shows the whole photo, the arrow keys move it. "
                "Alt with left or right moves the divider, X brings it to the middle. "
                "S, P, T and D choose how the photos are compared, A and B which. "
                "Hold Space to see the photo before, L to see both enlarged."
            )
        )


def _wrapped(picture: Shown | None) -> Picture | None:
    if picture is None:
        return None
    known: Picture = Pyramid.wrap(picture) if isinstance(picture, np.ndarray | PhotoLike) else picture
    return known.completed() if known.size[0] * known.size[1] < BUILD_AT_ONCE else known
