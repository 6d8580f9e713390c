"""A comparison as a picture of its own, to be drawn on any thread."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QColorSpace, QFont, QFontMetricsF, QImage, QPainter

from desktop.ui import comparison_chrome as chrome
from desktop.ui.comparison_frames import Frames, paint_panes
from desktop.ui.comparison_layout import Pane, Side
from desktop.ui.comparison_view import ComparisonView
from desktop.ui.system.screen_profile import screen_profile
from desktop.ui.viewport import Box, Viewport

# Pixels of the longer side of each picture: more than any screen shows, and far from what Qt cannot draw.
LONGEST = 4096


@dataclass(frozen=True)
class Snapshot:
    """What is to be drawn.

    Attributes:
        frames: the pictures
        viewport: what is seen of them, in device pixels
        panes: where they lie, in device pixels of the view
        ratio: device pixels to a logical one, for lines and letters
        labels: the words for each side
        legend: heading, least and most of the heat map
        divided: where the divider is, in device pixels from the left; None without one
        headed: whether the labels stand above the pictures and not on them
        screen: the ICC profile the pictures are shown in; None for sRGB
    """

    frames: Frames
    viewport: Viewport
    panes: tuple[Pane, ...]
    ratio: float
    labels: dict[Side, str]
    surround: QColor
    font: QFont
    legend: tuple[str, str, str] | None = None
    divided: int | None = None
    headed: bool = False
    screen: bytes | None = None

    def draw(self) -> QImage:
        """Cut to what the pictures cover; sRGB."""
        bounds = reduce(QRectF.united, (self._covered(pane) for pane in self.panes)).toAlignedRect()
        head = self._head() if self.headed else 0
        image = QImage(bounds.width(), bounds.height() + head, QImage.Format.Format_RGB32)
        image.fill(self.surround)
        painter = QPainter(image)
        painter.setFont(self.font)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(-bounds.left(), head - bounds.top())
        painter.scale(self.ratio, self.ratio)
        paint_panes(painter, self.frames, self.viewport, self.panes, self.ratio)
        self._write(painter, QRectF(bounds))
        painter.end()
        srgb = QColorSpace(QColorSpace.NamedColorSpace.SRgb)
        if self.screen is not None and (shown := QColorSpace.fromIccProfile(self.screen)).isValid():
            image.setColorSpace(shown)
            image.convertToColorSpace(srgb)
        image.setColorSpace(srgb)
        return image

    def _write(self, painter: QPainter, bounds: QRectF) -> None:
        if self.divided is not None:
            line = QRectF(self.divided / self.ratio - 1, bounds.top() / self.ratio, 2, bounds.height() / self.ratio)
            painter.fillRect(line.adjusted(-1, 0, 1, 0), QColor(0, 0, 0, 90))
            painter.fillRect(line, QColor(255, 255, 255))
        for pane in self.panes:
            room = self._logical(QRectF(*pane.clip).intersected(bounds))
            if self.headed:
                above = QRectF(
                    room.left(), room.top() - self._head() / self.ratio, room.width(), self._head() / self.ratio
                )
                painter.setPen(QColor("#f2f2f2") if self.surround.lightness() < 128 else QColor("#1a1a1a"))
                text = QFontMetricsF(self.font).elidedText(
                    self.labels[pane.side], Qt.TextElideMode.ElideMiddle, above.width()
                )
                painter.drawText(above, Qt.AlignmentFlag.AlignCenter, text)
            elif pane.side is not Side.DIFFERENCE:
                chrome.draw_pill(painter, self.labels[pane.side], room, right=pane.side is Side.AFTER)
            elif self.legend is not None:
                chrome.draw_legend(painter, room, *self.legend)

    def _covered(self, pane: Pane) -> QRectF:
        left, top = pane.area.left, pane.area.top
        box = self.viewport.box_on_picture(pane.clip.moved(-left, -top))
        return QRectF(*box.moved(self.viewport.origin[0] + left, self.viewport.origin[1] + top))

    def _logical(self, rect: QRectF) -> QRectF:
        return QRectF(
            QPointF(rect.left() / self.ratio, rect.top() / self.ratio),
            QSizeF(rect.width() / self.ratio, rect.height() / self.ratio),
        )

    def _head(self) -> int:
        return round((QFontMetricsF(self.font).height() + 2 * chrome.MARGIN) * self.ratio)


def of_view(view: ComparisonView) -> Snapshot:
    """What is on screen, without what only helps to look: handle, mini-map, lens."""
    ratio, frames = view.devicePixelRatioF(), view.frames
    size = round(view.width() * ratio), round(view.height() * ratio)
    return Snapshot(
        frames=Frames(frames.before, frames.after, frames.size),
        viewport=view.viewport,
        panes=view.panes(size, ratio),
        ratio=ratio,
        labels={side: view.labels.text(side) for side in (Side.BEFORE, Side.AFTER)},
        surround=chrome.surround(view.palette()),
        font=view.font(),
        legend=view.legend,
        divided=round(view.split * size[0]) if view.divided else None,
        screen=screen_profile(),
    )


def of_pair(view: ComparisonView) -> Snapshot:
    """What is seen of the photo, before and after beside each other with the labels above.

    In the result's own pixels, or as large as on screen if that is larger; less only where it would be longer than
    `LONGEST`.
    """
    shown, frames = of_view(view), view.frames
    left, top, right, bottom = view.viewport.visible()
    width, height = max(1.0, (right - left) * frames.size[0]), max(1.0, (bottom - top) * frames.size[1])
    zoom = min(max(1.0, view.zoom), LONGEST / max(width, height))
    size = max(1, round(width * zoom)), max(1, round(height * zoom))
    centre = (left + right) / 2 * frames.size[0], (top + bottom) / 2 * frames.size[1]
    gap = round(chrome.GAP * shown.ratio)
    sides = (frames.alone,) if frames.alone else (Side.BEFORE, Side.AFTER)
    areas = [Box(number * (size[0] + gap), 0, *size) for number in range(len(sides))]
    return replace(
        shown,
        viewport=Viewport(frames.size, size, zoom, centre, fitted=False),
        panes=tuple(Pane(side, area, area) for side, area in zip(sides, areas, strict=True)),
        legend=None,
        divided=None,
        headed=True,
    )
