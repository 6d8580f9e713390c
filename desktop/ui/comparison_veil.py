"""A faint mark on what the network has not answered yet: there the picture is the bicubic enlargement."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPainterPath

from desktop.ui.comparison_layout import Pane, Side
from desktop.ui.viewport import Box, Viewport

_SHADE = QColor(127, 127, 127, 26)
_HATCH = QColor(255, 255, 255, 30)


def paint_veil(
    painter: QPainter, missing: Collection[Box], viewport: Viewport, shown: tuple[Pane, ...], ratio: float
) -> None:
    """Draws it over all panes that show the result. `missing` counts result pixels; `ratio` as in `paint_panes`."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)  # else neighbours would show a line between them
    painter.scale(1 / ratio, 1 / ratio)
    for pane in shown:
        if pane.side is Side.BEFORE:
            continue
        clip = QRect(*pane.clip)
        left, top = viewport.origin[0] + pane.area.left, viewport.origin[1] + pane.area.top
        path = QPainterPath()
        for part in missing:
            x, y = round(part.left * viewport.zoom), round(part.top * viewport.zoom)
            right, bottom = round(part.right * viewport.zoom), round(part.bottom * viewport.zoom)
            place = QRect(left + x, top + y, right - x, bottom - y)
            if place.intersects(clip):
                path.addRect(place.intersected(clip))
        painter.fillPath(path, _SHADE)
        painter.fillPath(path, QBrush(_HATCH, Qt.BrushStyle.BDiagPattern))
    painter.restore()
