"""Uses the built application as a person does, on a virtual display: ``drive_window.py [PROGRAM]``.

A photo comes in by “Open with” (the desktop entry's own command), another by a drag from another program, a third by a
second start. They are enhanced, compared in four ways, and a result is saved elsewhere, all by mouse and keys. The
pictures of the screen are in build/package-screens.
"""

from __future__ import annotations

import configparser
import hashlib
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE))
from display import Screen, running, screen, until  # noqa: E402

PICTURES = ROOT / "build" / "package-screens"
# A window of another program's, from which a file can be dragged.
_SOURCE = """
import sys
from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtGui import QDrag
from PySide6.QtWidgets import QApplication, QLabel

class Source(QLabel):
    def mouseMoveEvent(self, event):
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(sys.argv[1])])
        drag = QDrag(self)
        drag.setMimeData(data)
        drag.exec()

application = QApplication([])
label = Source("  Somebody else's file manager")
label.setWindowTitle("source")
label.setGeometry(0, 700, 300, 90)
label.show()
application.exec()
"""


def opening(program: Path, photo: Path) -> list[str]:
    """What a file manager runs when the person chooses “Open with Rekindle”."""
    entry = configparser.ConfigParser(interpolation=None)
    entry.read(ROOT / "packaging" / "linux" / "rekindle.desktop", encoding="utf-8")
    words = entry["Desktop Entry"]["Exec"].split()
    assert words == ["/usr/bin/rekindle", "%F"], words
    return [str(program), str(photo)]


def drag_from_another_program(display: Screen, home: Path, photo: Path, target: str) -> None:
    source = [sys.executable, "-c", _SOURCE, str(photo)]
    with running(source, env=display.environment(home, QT_QPA_PLATFORM="xcb")):
        window = display.window("source")
        display.do("windowraise", window)
        time.sleep(0.5)
        steps: list[object] = ["mousemove", 100, 740, "sleep", 0.2, "mousedown", 1, "sleep", 0.2]
        for part in range(1, 13):  # over what is to its right, into the middle of Rekindle's window
            steps += ["mousemove", 100 + 40 * part, 740 - 30 * part, "sleep", 0.08]
        display.do(*steps, "sleep", 0.6)
        display.photograph(PICTURES / "2-dragging.png")
        display.do("mouseup", 1, "sleep", 0.5)
    display.do("windowfocus", target)


def main() -> None:
    program = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "dist" / "rekindle" / "rekindle").absolute()
    sample = next((ROOT / "resources" / "sample").glob("*.jpg"))
    with tempfile.TemporaryDirectory() as folder, screen() as display:
        home = Path(folder) / "Oma Käthe"
        photos = home / "Bilder aus 1962"
        photos.mkdir(parents=True)
        for name in ("hafen.jpg", "gezogen.jpg", "später.jpg"):
            shutil.copy(sample, photos / name)
        environment = display.environment(home)
        with running(opening(program, photos / "hafen.jpg"), env=environment, cwd=home) as rekindle:
            window = display.window("Rekindle")
            display.do("windowmove", window, 0, 0, "windowsize", window, 1280, 790, "windowfocus", window)
            time.sleep(2)
            display.photograph(PICTURES / "1-opened.png")
            drag_from_another_program(display, home, photos / "gezogen.jpg", window)
            second = subprocess.run(opening(program, photos / "später.jpg"), env=environment, check=False, timeout=60)
            assert second.returncode == 0, "the second start did not hand its photo over"
            time.sleep(2)
            display.photograph(PICTURES / "3-three-photos.png")
            display.do("windowfocus", window, "key", "ctrl+r")
            results = [photos / f"{name}_x3.jpg" for name in ("hafen", "gezogen", "später")]
            until(lambda: all(path.exists() for path in results), "result of each of the three photos", 300)
            print("enhanced:", ", ".join(path.name for path in results))
            time.sleep(3)
            display.do("mousemove", 500, 400, "click", 1)
            for key, mode in (("s", "split"), ("p", "side-by-side"), ("t", "flip"), ("d", "difference")):
                display.do("key", key)
                time.sleep(1)
                display.photograph(PICTURES / f"4-{mode}.png")
            display.do("key", "s", "key", "1")
            time.sleep(1)
            display.photograph(PICTURES / "5-actual-size.png")
            target = home / "vergroessert.png"  # xdotool types no umlauts
            display.do("key", "ctrl+shift+s")
            time.sleep(2)
            display.do("key", "ctrl+a", "type", "--delay", "60", str(target))
            display.photograph(PICTURES / "6-saving.png")
            display.do("key", "Return")
            until(target.exists, "saved result", 60)
            print("saved:", target.name, target.stat().st_size, "bytes")
            time.sleep(1)
            display.photograph(PICTURES / "7-saved.png")
            display.do("windowfocus", window, "key", "ctrl+q")
            assert rekindle.wait(60) == 0, f"ended with {rekindle.returncode}"
        sums = {hashlib.sha256(path.read_bytes()).hexdigest() for path in results}
        assert len(sums) == 1, "equal photos came to unequal results"
    print(f"All is well; the pictures are in {PICTURES}")


if __name__ == "__main__":
    main()
