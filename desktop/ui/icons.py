"""Our own line icons, drawn in the palette's colours at the screen's own resolution."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QPushButton

from desktop.core.paths import bundled
from desktop.ui import theme

_INK = b"#000000"
_TEXT_GAP = 4
_RATIOS = (1.0, 1.5, 2.0, 3.0)


@lru_cache(maxsize=128)
def icon(name: str, colour: str, disabled: str = "", gap: int = 0) -> QIcon:
    """An icon from ``resources/icons``.

    Args:
        colour, disabled: such as "#1c1c1c"; of the usual and of the disabled state.
        gap: empty logical pixels to its right.
    """
    result = QIcon()
    for mode, ink in ((QIcon.Mode.Normal, colour), (QIcon.Mode.Disabled, disabled or colour)):
        for ratio in _RATIOS:
            result.addPixmap(pixmap(name, ink, theme.ICON_SIDE, ratio, gap), mode)
    return result


@lru_cache(maxsize=512)
def pixmap(name: str, colour: str, side: int, ratio: float, gap: int = 0) -> QPixmap:
    """One icon of ``side`` logical pixels at a device pixel ratio, with ``gap`` empty ones to its right."""
    renderer = QSvgRenderer(QByteArray(_source(name).replace(_INK, colour.encode())))
    pixels = round(side * ratio)
    result = QPixmap(QSize(pixels + round(gap * ratio), pixels))
    result.fill(Qt.GlobalColor.transparent)
    painter = QPainter(result)
    renderer.render(painter, QRectF(0, 0, pixels, pixels))
    painter.end()
    result.setDevicePixelRatio(ratio)
    return result


def put_on(button: QPushButton, name: str, colour: str, disabled: str) -> None:
    """An icon beside a button's words. Styles leave hardly any room between the two, so the icon brings some."""
    button.setIcon(icon(name, colour, disabled, gap=_TEXT_GAP))
    button.setIconSize(QSize(theme.ICON_SIDE + _TEXT_GAP, theme.ICON_SIDE))


def application_icon() -> QIcon:
    return QIcon(str(bundled("resources", "icons", "rekindle.svg")))


@lru_cache(maxsize=64)
def _source(name: str) -> bytes:
    return bundled("resources", "icons", f"{name}.svg").read_bytes()
