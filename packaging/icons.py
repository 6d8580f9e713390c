"""Draws the icon for every system, from resources/icons/rekindle.svg: ``python packaging/icons.py FOLDER``.

PNG in the sizes that Linux desktops look for, ICO for Windows, ICNS for macOS. Qt draws, because it draws the same icon
in the window; Pillow packs.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

SIZES = (16, 22, 24, 32, 48, 64, 128, 256, 512)
_ICO = (16, 24, 32, 48, 64, 128, 256)
# What ICNS has room for, of which macOS takes the large ones from the same file for its double densities.
_ICNS = (16, 32, 64, 128, 256, 512, 1024)


def draw(folder: Path) -> Path:
    """Draws all of them into ``folder``: ``rekindle-48.png`` and the like, ``rekindle.ico``, ``rekindle.icns``."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PIL import Image
    from PySide6.QtCore import QRectF, Qt
    from PySide6.QtGui import QGuiApplication, QImage, QPainter
    from PySide6.QtSvg import QSvgRenderer

    application = QGuiApplication.instance() or QGuiApplication([])
    renderer = QSvgRenderer(str(Path(__file__).resolve().parent.parent / "resources" / "icons" / "rekindle.svg"))
    folder.mkdir(parents=True, exist_ok=True)
    pictures = {}
    for side in sorted({*SIZES, *_ICO, *_ICNS}):
        image = QImage(side, side, QImage.Format.Format_ARGB32)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        renderer.render(painter, QRectF(0, 0, side, side))
        painter.end()
        path = folder / f"rekindle-{side}.png"
        if not image.save(str(path)):
            raise OSError(f"{path} cannot be written")
        pictures[side] = Image.open(path)
    pictures[256].save(
        folder / "rekindle.ico", sizes=[(side, side) for side in _ICO], append_images=[pictures[side] for side in _ICO]
    )
    pictures[1024].save(folder / "rekindle.icns", append_images=[pictures[side] for side in _ICNS])
    del application
    return folder


if __name__ == "__main__":
    print(draw(Path(sys.argv[1])))
