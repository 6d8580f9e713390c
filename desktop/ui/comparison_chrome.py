"""What is drawn over and around the compared pictures: surround, checkerboard, labels, divider, legend, focus ring.

All lengths are logical pixels unless a name says otherwise.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QImage, QPainter, QPainterPath, QPalette, QPen

from desktop.ui.divider import HANDLE_RADIUS, Divider
from desktop.ui.heat_map import DIFFERENCE_FULL, heat_colours

# Grey without a tint: a tinted surround changes how the photo's colours are seen.
SURROUND_LIGHT = QColor("#9a9a9a")
SURROUND_DARK = QColor("#3c3c3c")
CHECKER = (QColor("#c8c8c8"), QColor("#b4b4b4"))
CHECKER_SQUARE = 8
MARGIN = 12
GAP = 8
# White on this keeps 4.5:1 even over a white photo.
PILL_FILL = QColor(0, 0, 0, 170)
PILL_TEXT = QColor(255, 255, 255)
PILL_PADDING = QSizeF(10, 4)
LEGEND_BAR = QSizeF(160, 8)


def is_dark(palette: QPalette) -> bool:
    return palette.color(QPalette.ColorRole.Window).lightness() < 128


def surround(palette: QPalette) -> QColor:
    return SURROUND_DARK if is_dark(palette) else SURROUND_LIGHT


def checkerboard(ratio: float) -> QBrush:
    """A brush for a painter that works in device pixels, `ratio` of them to a logical one."""
    side = max(1, round(CHECKER_SQUARE * ratio))
    image = QImage(2 * side, 2 * side, QImage.Format.Format_RGB32)
    image.fill(CHECKER[0])
    painter = QPainter(image)
    painter.fillRect(0, 0, side, side, CHECKER[1])
    painter.fillRect(side, side, side, side, CHECKER[1])
    painter.end()
    return QBrush(image)


def pill_size(font: QFont, text: str) -> QSizeF:
    metrics = QFontMetricsF(font)
    height = metrics.height() + 2 * PILL_PADDING.height()
    return QSizeF(max(height, metrics.horizontalAdvance(text) + 2 * PILL_PADDING.width()), height)


def draw_pill(painter: QPainter, text: str, room: QRectF, right: bool = False) -> None:
    """A label in the top left (or right) corner of `room`; nothing where there is no room for it."""
    size = pill_size(painter.font(), text)
    if size.width() + 2 * MARGIN > room.width() or size.height() + 2 * MARGIN > room.height():
        return
    left = room.right() - MARGIN - size.width() if right else room.left() + MARGIN
    pill = QRectF(QPointF(left, room.top() + MARGIN), size)
    draw_plate(painter, pill, size.height() / 2)
    painter.setPen(PILL_TEXT)
    painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, text)


def draw_legend(painter: QPainter, room: QRectF, heading: str, least: str, most: str) -> None:
    """What is seen, and the heat map's colours with the words for their ends, in the bottom left corner of `room`."""
    metrics = QFontMetricsF(painter.font())
    width = max(
        LEGEND_BAR.width(),
        metrics.horizontalAdvance(heading),
        metrics.horizontalAdvance(least) + metrics.horizontalAdvance(most) + 2 * MARGIN,
    )
    plate = QRectF(0, 0, width + 2 * PILL_PADDING.width(), 2 * metrics.height() + LEGEND_BAR.height() + 24)
    if plate.width() + 2 * MARGIN > room.width() or plate.height() + 2 * MARGIN > room.height():
        return
    plate.moveBottomLeft(QPointF(room.left() + MARGIN, room.bottom() - MARGIN))
    draw_plate(painter, plate, 8)
    title = QRectF(plate.left() + PILL_PADDING.width(), plate.top() + 6, width, metrics.height())
    bar = QRectF(title.left(), title.bottom() + 6, width, LEGEND_BAR.height())
    colours = heat_colours()[: DIFFERENCE_FULL + 1].copy()
    image = QImage(colours.data, len(colours), 1, QImage.Format.Format_RGB32)
    painter.drawImage(bar, image)
    words = QRectF(bar.left(), bar.bottom() + 4, width, metrics.height())
    painter.setPen(PILL_TEXT)
    painter.drawText(title, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, heading)
    painter.drawText(words, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, least)
    painter.drawText(words, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, most)


def draw_divider(painter: QPainter, divider: Divider, size: QSizeF, palette: QPalette) -> None:
    """A light line with a dark seam, to be seen on any photo, and an accent-coloured handle to take hold of."""
    accent, arrows = (
        palette.color(role) for role in (QPalette.ColorRole.Highlight, QPalette.ColorRole.HighlightedText)
    )
    active = divider.hovered or divider.held
    x = divider.x(size)
    painter.fillRect(QRectF(x - 2, 0, 4, size.height()), QColor(0, 0, 0, 90))
    painter.fillRect(QRectF(x - 1, 0, 2, size.height()), accent if active else QColor(255, 255, 255))
    centre = divider.handle(size)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(0, 0, 0, 90))
    painter.drawEllipse(centre, HANDLE_RADIUS + 1, HANDLE_RADIUS + 1)
    painter.setPen(QPen(QColor(255, 255, 255), 2))
    painter.setBrush(accent.lighter(112) if active else accent)
    painter.drawEllipse(centre, HANDLE_RADIUS - 1, HANDLE_RADIUS - 1)
    pen = QPen(arrows, 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for way in (-1, 1):
        chevron = QPainterPath(centre + QPointF(way * 4, -4))
        chevron.lineTo(centre + QPointF(way * 8, 0))
        chevron.lineTo(centre + QPointF(way * 4, 4))
        painter.drawPath(chevron)


def draw_focus_ring(painter: QPainter, size: QSizeF, palette: QPalette) -> None:
    """Two lines, since the photo under them may have any colour: the accent and a grey that stands out from it."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(palette.color(QPalette.ColorRole.Highlight), 2))
    painter.drawRect(QRectF(1, 1, size.width() - 2, size.height() - 2))
    painter.setPen(QPen(QColor("#f2f2f2") if is_dark(palette) else QColor("#1a1a1a"), 1))
    painter.drawRect(QRectF(2.5, 2.5, size.width() - 5, size.height() - 5))


def draw_plate(painter: QPainter, rect: QRectF, radius: float) -> None:
    """What words over a photo stand on."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(PILL_FILL)
    painter.drawRoundedRect(rect, radius, radius)
