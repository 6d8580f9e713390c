"""The whole picture, small, in a corner of the view: what is seen of it, and a way to look elsewhere."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QCursor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QRegion
from PySide6.QtWidgets import QWidget

from desktop.ui import comparison_chrome as chrome
from desktop.ui.comparison_frames import Frames
from desktop.ui.viewport import Box
from desktop.ui.zoom_view import ZoomView

LONGEST = 144
# In a view smaller than this the map would cover too much of what one looks at.
LEAST_VIEW = QSize(400, 300)
_VEIL = QColor(0, 0, 0, 110)


class MiniMap(QWidget):
    """Lies over a view, and is there only while a part of the picture is out of sight.

    A press outside the marked part brings that place to the middle; dragging moves the marked part.
    """

    def __init__(self, view: ZoomView) -> None:
        super().__init__(view)
        self._view = view
        self._frames = Frames()
        self._picture: tuple[object, QImage] | None = None
        self._grip: QPointF | None = None
        self._wanted = True
        self.setObjectName("miniMap")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the arrow keys of the view do the same
        self.setCursor(QCursor(Qt.CursorShape.PointingHandCursor))
        self.setAccessibleName(self.tr("Map of the whole photo"))
        self.hide()
        view.viewChanged.connect(self.follow)

    @property
    def wanted(self) -> bool:
        """Whether it may be seen; it is, where there is something out of sight."""
        return self._wanted

    @wanted.setter
    def wanted(self, wanted: bool) -> None:
        self._wanted = wanted
        self.follow()

    def show_frames(self, frames: Frames) -> None:
        """Another picture, or the same with its levels."""
        self._frames = frames
        self._picture = None
        self.follow()

    def follow(self) -> None:
        """Takes its place in the corner, or none, after the view has changed."""
        region, view = self._view.visible_region(), self._view
        width, height = self._frames.size
        roomy = view.width() >= LEAST_VIEW.width() and view.height() >= LEAST_VIEW.height()
        partial = not region.isEmpty() and (region.width() < 1 - 1e-6 or region.height() < 1 - 1e-6)
        if not (self._wanted and roomy and partial and width and height):
            self.hide()
            return
        scale = LONGEST / max(width, height)
        size = QSize(max(8, round(width * scale)), max(8, round(height * scale)))
        place = QPointF(view.width() - chrome.MARGIN - size.width(), view.height() - chrome.MARGIN - size.height())
        self.setGeometry(round(place.x()), round(place.y()), size.width(), size.height())
        self.show()
        self.update()

    def marked(self) -> QRectF:
        """What is seen of the picture, in the map's coordinates; never too small to be found."""
        region = self._view.visible_region()
        width, height = max(region.width() * self.width(), 6.0), max(region.height() * self.height(), 6.0)
        centre = QPointF(region.center().x() * self.width(), region.center().y() * self.height())
        rect = QRectF(centre.x() - width / 2, centre.y() - height / 2, width, height)
        rect.moveLeft(min(max(rect.left(), 0.0), self.width() - width))
        rect.moveTop(min(max(rect.top(), 0.0), self.height() - height))
        return rect

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        marked = self.marked()
        inside = marked.contains(event.position())
        self._grip = event.position() - marked.center() if inside else QPointF()
        if not inside:
            self._look_at(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._grip is not None:
            self._look_at(event.position() - self._grip)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._grip = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Nothing: the view under it would go to the whole photo."""

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        room = QRectF(self.rect())
        painter.drawImage(room, self._image(painter.deviceTransform().m11()))
        marked = self.marked()
        painter.setClipRegion(QRegion(self.rect()).subtracted(QRegion(marked.toAlignedRect())))
        painter.fillRect(room, _VEIL)
        painter.setClipping(False)
        painter.setPen(QPen(QColor(0, 0, 0, 160), 1))
        painter.drawRect(room.adjusted(0.5, 0.5, -0.5, -0.5))
        painter.drawRect(marked.adjusted(0.5, 0.5, -0.5, -0.5))
        painter.setPen(QPen(QColor(255, 255, 255), 1))
        painter.drawRect(marked.adjusted(1.5, 1.5, -1.5, -1.5))

    def _look_at(self, position: QPointF) -> None:
        viewport, scale = self._view.viewport, self._view.zoom / self._view.devicePixelRatioF()
        x, y = (
            position.x() / self.width() * viewport.picture[0] - viewport.centre[0],
            position.y() / self.height() * viewport.picture[1] - viewport.centre[1],
        )
        self._view.pan(-x * scale, -y * scale)

    def _image(self, ratio: float) -> QImage:
        key = (ratio, self.size())
        if self._picture is None or self._picture[0] != key:
            box = Box(0, 0, max(1, round(self.width() * ratio)), max(1, round(self.height() * ratio)))
            self._picture = (key, _owned(self._frames, box))
        return self._picture[1]


def _owned(frames: Frames, box: Box) -> QImage:
    pixels = np.ascontiguousarray(frames.small(box))
    image = QImage(pixels.data, box.width, box.height, pixels.strides[0], QImage.Format.Format_ARGB32_Premultiplied)
    return image.copy()
