"""A widget that sees a picture through a viewport: the one place that changes zoom and place, and says so."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from desktop.ui.viewport import Viewport

# How long after the last move of the hand the picture counts as still, in milliseconds.
STILL_AFTER = 120


class ZoomView(QWidget):
    """Holds the one `Viewport`; what is seen through it is drawn by a subclass.

    Signals:
        zoomChanged(float): device pixels per picture pixel
        viewChanged(): another part of the picture is on screen, by zooming, panning or resizing
    """

    zoomChanged = Signal(float)
    viewChanged = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewport = Viewport()
        self._still = QTimer(self, singleShot=True, interval=STILL_AFTER)
        self._still.timeout.connect(self.update)

    @property
    def viewport(self) -> Viewport:
        return self._viewport

    @property
    def moving(self) -> bool:
        """Whether a hand is zooming or panning right now: then speed matters more than the last bit of quality."""
        return self._still.isActive()

    @property
    def zoom(self) -> float:
        """Device pixels per picture pixel."""
        return self._viewport.zoom

    @zoom.setter
    def zoom(self, zoom: float) -> None:
        self.set_zoom(zoom, self.middle())

    def set_zoom(self, zoom: float, anchor: QPointF) -> None:
        """Zoom, clamped, while the picture's point under `anchor` (widget coordinates) stays under it.

        Raises ValueError for a zoom that is not a number.
        """
        self.change_viewport(self._viewport.zoomed(zoom, *self.to_pane(anchor)))

    def zoom_to_fit(self) -> None:
        """Show the whole picture, now and after resizing, until another zoom is chosen."""
        self.change_viewport(self._viewport.fit())

    def zoom_by(self, factor: float, anchor: QPointF) -> None:
        """As `set_zoom`, but as a hand does it: stops at the whole picture."""
        self._still.start()
        self.change_viewport(self._viewport.stepped(factor, *self.to_pane(anchor)))

    def pan(self, dx: float, dy: float) -> None:
        """Move the picture by (dx, dy) widget coordinates, up to its edges."""
        ratio = self.devicePixelRatioF()
        self._still.start()
        self.change_viewport(self._viewport.panned(dx * ratio, dy * ratio))

    def toggle_fit(self, anchor: QPointF) -> None:
        """From the whole picture to 1:1 at `anchor`, and from anything else to the whole picture."""
        if self._viewport.fitted:
            self.set_zoom(1.0, anchor)
        else:
            self.zoom_to_fit()

    def visible_region(self) -> QRectF:
        """The part of the picture on screen, 0..1 of its width and height; empty without a picture."""
        left, top, right, bottom = self._viewport.visible()
        return QRectF(QPointF(left, top), QPointF(right, bottom))

    def middle(self) -> QPointF:
        """The middle of the first area a picture is laid out in, in widget coordinates."""
        ratio = self.devicePixelRatioF()
        return QPointF(self._viewport.view[0] / 2 / ratio, self._viewport.view[1] / 2 / ratio)

    def pane_size(self) -> tuple[int, int]:
        """(width, height) in device pixels of the area the picture is laid out in."""
        ratio = self.devicePixelRatioF()
        return round(self.width() * ratio), round(self.height() * ratio)

    def to_pane(self, position: QPointF) -> tuple[float, float]:
        """Widget coordinates as device pixels of that area."""
        ratio = self.devicePixelRatioF()
        return position.x() * ratio, position.y() * ratio

    def relayout(self) -> None:
        """Take note of another size of the area the picture is laid out in."""
        self.change_viewport(self._viewport.resized(self.pane_size()))

    def change_viewport(self, viewport: Viewport) -> None:
        if viewport == self._viewport:
            return
        old, self._viewport = self._viewport, viewport
        self.update()
        if viewport.zoom != old.zoom:
            self.zoomChanged.emit(viewport.zoom)
        self.viewChanged.emit()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self.relayout()
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.relayout()

    def sizeHint(self) -> QSize:
        return QSize(800, 600)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, 180)
