"""A second start hands its photos to the first."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtNetwork import QLocalSocket
from pytestqt.qtbot import QtBot

from desktop.ui.single_instance import SingleInstance, _name, hand_over

PATIENCE_MS = 60_000
_SECOND = (
    "import sys; from pathlib import Path; from PySide6.QtCore import QCoreApplication\n"
    "from desktop.ui.single_instance import hand_over\n"
    "application = QCoreApplication([])\n"
    "sys.exit(0 if hand_over(Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]]) else 3)\n"
)


def second_start(data: Path, *photos: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", _SECOND, str(data), *map(str, photos)])


def test_nobody_answers_where_no_window_is_open(qtbot: QtBot, tmp_path: Path) -> None:
    assert not hand_over(tmp_path, [])


def test_photos_reach_the_first_window(qtbot: QtBot, tmp_path: Path) -> None:
    first = SingleInstance(tmp_path)
    assert first.listen()
    photos = [tmp_path / "größe 1.png", tmp_path / "b.jpg"]
    with qtbot.waitSignal(first.photosHandedOver, timeout=PATIENCE_MS) as handed:
        second = second_start(tmp_path, *photos)
    assert handed.args == [photos]
    assert second.wait(20) == 0


def test_a_start_without_photos_only_asks_to_be_seen(qtbot: QtBot, tmp_path: Path) -> None:
    first = SingleInstance(tmp_path)
    assert first.listen()
    with qtbot.waitSignal(first.photosHandedOver, timeout=PATIENCE_MS) as handed:
        second = second_start(tmp_path)
    assert handed.args == [[]]
    assert second.wait(20) == 0


def test_other_folders_are_other_windows(qtbot: QtBot, tmp_path: Path) -> None:
    first = SingleInstance(tmp_path / "one")
    assert first.listen()
    assert not hand_over(tmp_path / "two", [])


def test_a_socket_left_by_a_crash_is_no_window(qtbot: QtBot, tmp_path: Path) -> None:
    crash = (
        "import os, sys; from pathlib import Path; from PySide6.QtCore import QCoreApplication\n"
        "from desktop.ui.single_instance import SingleInstance\n"
        "application = QCoreApplication([]); first = SingleInstance(Path(sys.argv[1]))\n"
        "assert first.listen(); os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", crash, str(tmp_path)], check=False)
    assert not hand_over(tmp_path, [])
    assert SingleInstance(tmp_path).listen()


def test_nonsense_on_the_socket_is_ignored(qtbot: QtBot, tmp_path: Path) -> None:
    first = SingleInstance(tmp_path)
    assert first.listen()
    received: list[list[Path]] = []
    first.photosHandedOver.connect(received.append)
    for nonsense in (b"not json\n", b"7\n", b'{"a": 1}\n', b"[7]\n"):
        socket = QLocalSocket()
        socket.connectToServer(_name(tmp_path))
        assert socket.waitForConnected(2000)
        socket.write(nonsense)
        socket.flush()
        qtbot.wait(50)
    assert received == []
    with qtbot.waitSignal(first.photosHandedOver, timeout=PATIENCE_MS):
        second = second_start(tmp_path)
    assert second.wait(20) == 0


def test_a_window_takes_what_is_handed_over(qtbot: QtBot, window, photo_file: Callable[..., Path]) -> None:
    window.receive([photo_file("a.png")])
    assert [job.path.name for job in window.jobs] == ["a.png"]
