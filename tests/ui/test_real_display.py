"""The window on a real X display, where OpenCV's own Qt could get in the way of ours."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

# Shows the window through the same steps as `rekindle`, looks at the screen, and closes it.
_SCRIPT = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication
from desktop.ui import app, main_window

def look():
    try:
        assert QGuiApplication.platformName() == "xcb", QGuiApplication.platformName()
        screen = QGuiApplication.primaryScreen().grabWindow(0).toImage()
        across, down = range(0, screen.width(), 7), range(0, screen.height(), 7)
        print("shades", len({screen.pixelColor(x, y).rgb() for x in across for y in down}), flush=True)
    finally:
        QApplication.closeAllWindows()

original = main_window.MainWindow.show
def show(self):
    original(self)
    QTimer.singleShot(1500, look)
main_window.MainWindow.show = show
sys.exit(app.run(["rekindle"], Path(sys.argv[1]), [Path(sys.argv[2])]))
"""


def test_the_window_opens_on_x_and_shows_the_photo_it_was_given(tmp_path: Path, x_display: dict[str, str]) -> None:
    photo = next((Path(__file__).parents[2] / "resources" / "sample").glob("*.jpg"))
    answer = subprocess.run(
        [sys.executable, "-c", _SCRIPT, str(tmp_path), str(photo)],
        env=x_display,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    shades = int(answer.stdout.split("shades")[1])
    assert shades > 500, "a photo has more colours than that"
