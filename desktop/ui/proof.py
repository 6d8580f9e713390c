"""Proves that windows can be drawn here, by our Qt and none other, without a screen."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import numpy as np
import PySide6
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication, QLibraryInfo, qVersion
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QCheckBox, QWidget

from desktop.core import opencv  # noqa: F401  (before Qt's application, for the reason that its module gives)
from desktop.ui import theme
from desktop.ui.app import create_window
from desktop.ui.comparison_view import ComparisonView

_NEAR = 12
_LEAST_SHADES = 8


class NotProvenError(Exception):
    """Something is not as it has to be, in words."""


def our_qt() -> str:
    """Qt and its plugins come from PySide6's folder, and OpenCV has brought no second Qt along."""
    _application()
    home = Path(PySide6.__file__).resolve().parent
    plugins = Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.PluginsPath)).resolve()
    if home not in plugins.parents:
        raise NotProvenError(f"plugins are looked for in {plugins}, not below {home}")
    strange = [*QCoreApplication.libraryPaths(), os.environ.get("QT_QPA_PLATFORM_PLUGIN_PATH", "")]
    if found := [path for path in strange if "cv2" in Path(path).parts]:
        raise NotProvenError(f"plugins are looked for in OpenCV's folder too: {found[0]}")
    if hasattr(sys, "_MEIPASS") and (second := [name for name in _loaded() if "Qt5" in name]):
        raise NotProvenError(f"a second Qt is loaded: {second[0]}")
    return f"Qt {qVersion()}, plugins from {plugins}"


def window() -> str:
    """The whole window, on folders of its own, and the tick in a check box, which is a file."""
    _application()
    if np.array_equal(_picture(_box(ticked=True)), _picture(_box(ticked=False))):
        raise NotProvenError("a check box does not show whether it is checked")
    with tempfile.TemporaryDirectory() as folder:
        made = create_window(Path(folder))
        made.show()
        QCoreApplication.processEvents()
        picture = _picture(made)
        made.close()
    shades = len(np.unique(picture[::3, ::3] // 2))
    if shades < _LEAST_SHADES:
        raise NotProvenError("the window was drawn empty")
    return f"{picture.shape[1]} x {picture.shape[0]} drawn offscreen by Qt {qVersion()}"


def comparison() -> str:
    """Two known pictures in the comparison, and what is then seen of them."""
    _application()
    before = np.zeros((120, 200, 3), np.uint8)
    before[..., 0] = 200
    after = np.zeros((240, 400, 3), np.uint8)
    after[..., 2] = 200
    view = ComparisonView()
    view.resize(400, 300)
    view.show()
    view.set_images(before, after)
    view.mode = "split"
    view.split = 0.5
    view.zoom_to_fit()
    QCoreApplication.processEvents()
    picture = _picture(view)
    view.close()
    height, width = picture.shape[:2]
    for name, x, expected in (("before", width // 4, (200, 0, 0)), ("after", 3 * width // 4, (0, 0, 200))):
        seen = picture[height // 2, x]
        if np.abs(seen.astype(int) - expected).max() > _NEAR:
            raise NotProvenError(f"{name} is drawn as {tuple(int(part) for part in seen)}, not as {expected}")
    return "before and after are where they belong, in their colours"


def _application() -> QApplication:
    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    theme.apply(application)
    return application


def _box(*, ticked: bool) -> QCheckBox:
    box = QCheckBox()
    box.setChecked(ticked)
    return box


def _picture(widget: QWidget) -> NDArray[np.uint8]:
    """What a widget looks like, (H, W, 3) in device pixels."""
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width() * 3].reshape(image.height(), image.width(), 3).copy()


def _loaded() -> list[str]:
    """The libraries of this process; on Linux, where it can be asked for."""
    try:
        return sorted({line.split()[-1] for line in Path("/proc/self/maps").read_text().splitlines() if ".so" in line})
    except OSError:
        return []


CHECKS = (("our Qt", our_qt), ("window", window), ("comparison", comparison))
