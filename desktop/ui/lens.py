"""A lens under the mouse: the same place before and after, enlarged."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from desktop.ui import comparison_chrome as chrome
from desktop.ui.comparison_frames import Frames, paint_panes
from desktop.ui.comparison_layout import Pane, Side
from desktop.ui.pointer import Pointer, place_under
from desktop.ui.side_labels import SideLabels
from desktop.ui.viewport import Box, Viewport
from desktop.ui.zoom_view import ZoomView

TIMES = 4.0
SIDE = 176
RADIUS = 12
SEAM = 2


class Lens(QWidget):
    """Lies over a view; shown while its key is held, or for as long as it is kept.

    It enlarges `TIMES` what is on screen, and at least to 1:1, in halves of equal size for before and after. The
    point under the mouse is in the middle of each; without a mouse it is the middle of the view.
    """

    def __init__(self, view: ZoomView, labels: SideLabels) -> None:
        super().__init__(view)
        self._view = view
        self._labels = labels
        self._frames = Frames()
        self._held = self._kept = False
        self._viewport = Viewport()
        self._pointer = Pointer(view)
        self.setObjectName("lens")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName(self.tr("Lens: before and after under the mouse"))
        self.hide()
        self._pointer.moved.connect(self.follow)
        view.viewChanged.connect(self.follow)
        view.installEventFilter(self)

    @property
    def kept(self) -> bool:
        """Whether it stays without its key being held."""
        return self._kept

    @kept.setter
    def kept(self, kept: bool) -> None:
        self._kept = kept
        self.follow()

    @property
    def zoom(self) -> float:
        """Device pixels per picture pixel."""
        return self._viewport.zoom

    def hold(self) -> None:
        """Shows it until the key is released or the focus goes elsewhere."""
        self._held = True
        self.follow()

    def show_frames(self, frames: Frames) -> None:
        """Other pictures."""
        self._frames = Frames(frames.before, frames.after, frames.size)
        self.follow()

    def follow(self) -> None:
        """Goes to where the mouse is; hides where there is nothing to enlarge."""
        at = self._pointer.position or QPointF(self._view.rect().center())
        place = place_under(self._view, at) if self._held or self._kept else None
        if place is None:
            self.hide()
            return
        ratio, halves = self._view.devicePixelRatioF(), 1 if self._frames.alone else 2
        size = self._frames.size
        side = round(SIDE * ratio)
        self._viewport = Viewport(
            size,
            (side, side),
            max(1.0, TIMES * self._view.zoom),
            (place[0] * size[0], place[1] * size[1]),
            fitted=False,
        )
        width = halves * SIDE + (halves - 1) * SEAM
        left = min(max(at.x() - width / 2, 0.0), max(0.0, self._view.width() - width))
        top = min(max(at.y() - SIDE / 2, 0.0), max(0.0, self._view.height() - SIDE))
        self.setGeometry(round(left), round(top), width, SIDE)
        self.show()
        self.raise_()
        self.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        released = isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyRelease
        if released and event.key() == Qt.Key.Key_L and not event.isAutoRepeat():  # type: ignore[attr-defined]
            self._let_go()
        elif isinstance(event, QFocusEvent) and event.type() == QEvent.Type.FocusOut:
            self._let_go()  # the key's release will go to another widget
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        # A painter on another picture has another density: the same layout, its pixels.
        ratio = painter.deviceTransform().m11()
        room = QRectF(self.rect())
        outline = QPainterPath()
        outline.addRoundedRect(room, RADIUS, RADIUS)
        painter.setClipPath(outline)
        painter.fillRect(room, chrome.surround(self.palette()))
        viewport = self._viewport.scaled(ratio / self._view.devicePixelRatioF())
        shown = self._panes(ratio)
        paint_panes(painter, self._frames, viewport, shown, ratio)
        for pane in shown:
            half = QRectF(*(length / ratio for length in pane.area))
            chrome.draw_pill(painter, self._labels.text(pane.side), half.adjusted(-6, -6, 6, 6))
        if len(shown) == 2:
            painter.fillRect(QRectF(SIDE, 0, SEAM, SIDE), QColor(255, 255, 255))
        painter.setClipping(False)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(0, 0, 0, 160), 1))
        painter.drawRoundedRect(room.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
        painter.setPen(QPen(QColor(255, 255, 255), 2))
        painter.drawRoundedRect(room.adjusted(2, 2, -2, -2), RADIUS - 2, RADIUS - 2)

    def _panes(self, ratio: float) -> tuple[Pane, ...]:
        side, step = round(SIDE * ratio), round((SIDE + SEAM) * ratio)
        sides = (self._frames.alone,) if self._frames.alone else (Side.BEFORE, Side.AFTER)
        areas = (Box(number * step, 0, side, side) for number in range(len(sides)))
        return tuple(Pane(shown, area, area) for shown, area in zip(sides, areas, strict=True))

    def _let_go(self) -> None:
        if self._held:
            self._held = False
            self.follow()
