"""A photo on which a part is chosen, by mouse or by keys."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.core.framing import BOTTOM, LEFT, RIGHT, TOP, Framing
from desktop.ui import theme
from desktop.ui.comparison_chrome import surround

# Around the photo, so that a handle on its edge can be taken from outside too; and how near is near enough.
_MARGIN, _REACH = 20, 14
_STEP, _LEAP = 1, 10
_ALL = LEFT | TOP | RIGHT | BOTTOM
_PARTS = (LEFT | TOP, RIGHT | TOP, LEFT | BOTTOM, RIGHT | BOTTOM, LEFT, TOP, RIGHT, BOTTOM)
_CURSORS = {
    LEFT | TOP: Qt.CursorShape.SizeFDiagCursor,
    RIGHT | BOTTOM: Qt.CursorShape.SizeFDiagCursor,
    RIGHT | TOP: Qt.CursorShape.SizeBDiagCursor,
    LEFT | BOTTOM: Qt.CursorShape.SizeBDiagCursor,
    LEFT: Qt.CursorShape.SizeHorCursor,
    RIGHT: Qt.CursorShape.SizeHorCursor,
    TOP: Qt.CursorShape.SizeVerCursor,
    BOTTOM: Qt.CursorShape.SizeVerCursor,
    _ALL: Qt.CursorShape.SizeAllCursor,
}
_SHADE = QColor(0, 0, 0, 150)
_KEYS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


class CropView(QWidget):
    """Arrow keys push the part, with Ctrl they pull its lower right corner; with Shift they do so in larger steps.

    Signals:
        framed(framing: Framing): something else is chosen.
    """

    framed = Signal(object)

    def __init__(self, image: QImage, framing: Framing, parent: QWidget | None = None) -> None:
        """
        Args:
            image: the whole photo, upright, perhaps smaller.
        """
        super().__init__(parent)
        self.setObjectName("cropView")
        self._image = QPixmap.fromImage(image)
        self._framing = framing
        self._held: tuple[int, QPointF, Framing] | None = None
        self._turning = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(320, 240)
        self.setAccessibleName(self.tr("Part of the photo"))
        self.setAccessibleDescription(
            self.tr("Arrow keys move the part, with Ctrl they change its size, with Shift in larger steps.")
        )

    @property
    def framing(self) -> Framing:
        return self._framing

    def show_framing(self, framing: Framing, *, turning: bool = False) -> None:
        """
        Args:
            turning: whether lines help to see what is level.
        """
        self._turning = turning
        self._framing = framing
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(720, 500)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(self.rect(), surround(self.palette()))
        room = self._room
        wide, high = (side * self._zoom for side in self._framing.photo)
        painter.save()
        painter.setClipRect(room)
        painter.translate(room.center())
        painter.rotate(self._framing.degrees)
        painter.drawPixmap(QRectF(-wide / 2, -high / 2, wide, high), self._image, QRectF(self._image.rect()))
        painter.restore()
        part = self._part
        for band in _around(room, part):
            painter.fillRect(band, _SHADE)
        self._draw_lines(painter, part)
        self._draw_handles(painter, part)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        part = self._part_at(event.position())
        if event.button() is Qt.MouseButton.LeftButton and part:
            self._held = part, event.position(), self._framing

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._held is None:
            self.setCursor(_CURSORS.get(self._part_at(event.position()), Qt.CursorShape.ArrowCursor))
            return
        part, start, before = self._held
        way = (event.position() - start) / self._zoom
        self._take(before.moved(way.x(), way.y()) if part == _ALL else before.pulled(part, way.x(), way.y()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._held = None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        way = _KEYS.get(Qt.Key(event.key()))
        if way is None:
            super().keyPressEvent(event)
            return
        step = _LEAP if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else _STEP
        dx, dy = way[0] * step, way[1] * step
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            edge = RIGHT if dx else BOTTOM
            corner = RIGHT | BOTTOM if self._framing.ratio else edge
            self._take(self._framing.pulled(corner, dx, dy))
        else:
            self._take(self._framing.moved(dx, dy))

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.update()
        super().focusOutEvent(event)

    def _take(self, framing: Framing) -> None:
        if framing != self._framing:
            self.show_framing(framing)
            self.framed.emit(framing)

    @property
    def _zoom(self) -> float:
        """Of the whole photo's pixels, so that it stays where it is while it is turned."""
        wide, high = self._framing.photo
        return min((self.width() - 2 * _MARGIN) / wide, (self.height() - 2 * _MARGIN) / high)

    @property
    def _room(self) -> QRectF:
        """The turned photo, in this widget."""
        wide, high = (side * self._zoom for side in self._framing.room)
        return QRectF(self.width() / 2 - wide / 2, self.height() / 2 - high / 2, wide, high)

    @property
    def _part(self) -> QRectF:
        left, top, width, height = (side * self._zoom for side in self._framing.box)
        return QRectF(left, top, width, height).translated(self._room.topLeft())

    def _part_at(self, at: QPointF) -> int:
        """What a press would take hold of; 0 for nothing."""
        part = self._part
        found = 0
        if part.left() - _REACH <= at.x() <= part.right() + _REACH and (
            part.top() - _REACH <= at.y() <= part.bottom() + _REACH
        ):
            # In a small part each handle keeps a third of it.
            reach_x, reach_y = min(_REACH, part.width() / 3), min(_REACH, part.height() / 3)
            found |= LEFT if at.x() < part.left() + reach_x else RIGHT if at.x() > part.right() - reach_x else 0
            found |= TOP if at.y() < part.top() + reach_y else BOTTOM if at.y() > part.bottom() - reach_y else 0
            return found or _ALL
        return 0

    def _draw_lines(self, painter: QPainter, part: QRectF) -> None:
        count = 9 if self._turning else 3
        pen = QPen(QColor(255, 255, 255, 110), 1)
        pen.setCosmetic(True)
        painter.setPen(pen)
        for number in range(1, count):
            x, y = part.left() + part.width() * number / count, part.top() + part.height() * number / count
            painter.drawLine(QPointF(x, part.top()), QPointF(x, part.bottom()))
            painter.drawLine(QPointF(part.left(), y), QPointF(part.right(), y))

    def _draw_handles(self, painter: QPainter, part: QRectF) -> None:
        edge = QColor(theme.tones().accent) if self.hasFocus() else QColor(255, 255, 255)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(0, 0, 0, 160), 3))
        painter.drawRect(part)
        painter.setPen(QPen(edge, 1.5))
        painter.drawRect(part)
        painter.setPen(QPen(QColor(0, 0, 0, 160), 1))
        painter.setBrush(QColor(255, 255, 255))
        for handle in _PARTS:
            x = part.left() if handle & LEFT else part.right() if handle & RIGHT else part.center().x()
            y = part.top() if handle & TOP else part.bottom() if handle & BOTTOM else part.center().y()
            corner = handle not in (LEFT, TOP, RIGHT, BOTTOM)
            size = 5.0 if corner else 4.0
            painter.drawRoundedRect(QRectF(x - size, y - size, 2 * size, 2 * size), 2, 2)


def _around(room: QRectF, part: QRectF) -> tuple[QRectF, ...]:
    """What of the photo is not chosen, in four pieces."""
    return (
        QRectF(room.topLeft(), QPointF(room.right(), part.top())),
        QRectF(QPointF(room.left(), part.bottom()), room.bottomRight()),
        QRectF(QPointF(room.left(), part.top()), QPointF(part.left(), part.bottom())),
        QRectF(QPointF(part.right(), part.top()), QPointF(room.right(), part.bottom())),
    )
