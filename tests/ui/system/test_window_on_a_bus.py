"""The real window on a real bus, and its end without a farewell."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pytestqt.qtbot import QtBot

from desktop.core import settings
from desktop.core.settings import Settings
from desktop.ui.app import create_window

Eventually = Callable[[Callable[[], object]], None]
REPOSITORY = Path(__file__).resolve().parents[3]
PATIENCE_MS = 60_000


def test_a_desktop_hears_of_a_whole_run(
    qtbot: QtBot,
    fake_desktop: Any,
    eventually: Eventually,
    tmp_path: Path,
    photo_file: Callable[..., Path],
    photo_like: Callable[..., Any],
) -> None:
    window = create_window(tmp_path / "data")
    window._attendant._in_front = lambda: False
    window.show()
    window.settings.change(keep_awake=True)
    window.add_paths([photo_file("large.png", photo_like(400, 300)), photo_file("small.png")])
    window.start()
    eventually(lambda: fake_desktop.inhibitors)
    window._controller.pause()
    eventually(lambda: not fake_desktop.inhibitors)
    with qtbot.waitSignal(window.queueFinished, timeout=PATIENCE_MS):
        window._controller.resume()
        eventually(lambda: len(fake_desktop.named("Inhibit")) == 2)
    eventually(lambda: not fake_desktop.inhibitors)
    eventually(lambda: fake_desktop.named("Notify"))
    window.close()
    ((_app, _replaces, _icon, title, body, *_rest),) = fake_desktop.named("Notify")
    assert (title, body) == ("Your photos are ready", "2 enhanced")
    told = [entry for _uri, entry in fake_desktop.entries]
    shares = [entry["progress"][1] for entry in told[:-1]]
    assert shares == sorted(shares)
    assert shares[0] < 1
    assert all(entry["progress-visible"] == ("b", True) for entry in told[:-1])
    assert told[-1]["progress-visible"] == told[-1]["count-visible"] == ("b", False)


def test_a_window_that_is_killed_lets_the_computer_sleep(
    fake_desktop: Any,
    eventually: Eventually,
    tmp_path: Path,
    photo_file: Callable[..., Path],
    photo_like: Callable[..., Any],
) -> None:
    settings.save(Settings(keep_awake=True), tmp_path / "data" / "settings.json")
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from desktop.core import opencv\n"
        "from PySide6.QtWidgets import QApplication\n"
        "from desktop.ui.app import create_window\n"
        "application = QApplication([])\n"
        "window = create_window(Path(sys.argv[1]))\n"
        "window.show()\n"
        "window.add_paths([Path(sys.argv[2])])\n"
        "window.start()\n"
        "application.exec()\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "data"), str(photo_file("large.png", photo_like(2000, 1500)))]
    with subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(REPOSITORY)}) as child:
        eventually(lambda: fake_desktop.inhibitors)
        child.kill()
    eventually(lambda: not fake_desktop.inhibitors)
    assert fake_desktop.named("Uninhibit") == []
