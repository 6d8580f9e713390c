"""What the window's queue does about results that could have one name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pytestqt.qtbot import QtBot

from desktop.ui.app import create_window
from desktop.ui.main_window import MainWindow

PATIENCE_MS = 60_000
PhotoFile = Callable[..., Path]
PhotoLike = Callable[..., Any]


def open_window(data: Path, **settings: Any) -> MainWindow:
    window = create_window(data)
    window.settings.change(**settings)
    window.show()
    return window


def close(window: MainWindow) -> None:
    window._closing = True
    window.close()


def finish(qtbot: QtBot, window: MainWindow) -> None:
    with qtbot.waitSignal(window.queueFinished, timeout=PATIENCE_MS):
        window.start()


def add(qtbot: QtBot, window: MainWindow, *paths: Path) -> None:
    with qtbot.waitSignal(window._controller.photosAdded, timeout=PATIENCE_MS):
        window.add_paths(paths)


def outputs(window: MainWindow) -> list[str]:
    return [job.output.name if job.output else job.state for job in window.jobs]


def test_photos_are_numbered_on_from_the_highest_number_in_the_queue(
    qtbot: QtBot, tmp_path: Path, photo_file: PhotoFile
) -> None:
    window = open_window(tmp_path / "data", template="{counter:02}", output_dir=str(tmp_path / "out"))
    add(qtbot, window, photo_file("a.png"), photo_file("b.png"))
    window._controller.queue.remove([window.jobs[0].id])
    add(qtbot, window, photo_file("c.png"))
    finish(qtbot, window)
    assert outputs(window) == ["02.png", "03.png"]
    close(window)
    again = open_window(tmp_path / "data", existing="overwrite")
    add(qtbot, again, photo_file("d.png"))
    again._controller.retry([again.jobs[0].id])
    finish(qtbot, again)
    assert outputs(again) == ["02.png", "03.png", "04.png"]
    close(again)


def test_a_later_photo_does_not_overwrite_a_result_from_last_time(
    qtbot: QtBot, tmp_path: Path, photo_file: PhotoFile, photo_like: PhotoLike
) -> None:
    choices = {"existing": "overwrite", "output_dir": str(tmp_path / "out")}
    first = open_window(tmp_path / "data", **choices)
    add(qtbot, first, photo_file("x/a.png"))
    finish(qtbot, first)
    close(first)
    before = (tmp_path / "out" / "a_x3.png").read_bytes()
    second = open_window(tmp_path / "data", **choices)
    add(qtbot, second, photo_file("y/a.png", photo_like(30, 20, seed=7)))
    finish(qtbot, second)
    assert outputs(second) == ["a_x3.png", "a_x3 (2).png"]
    assert (tmp_path / "out" / "a_x3.png").read_bytes() == before
    close(second)


def test_a_result_never_replaces_another_photo_of_the_queue(
    qtbot: QtBot, tmp_path: Path, photo_file: PhotoFile
) -> None:
    window = open_window(tmp_path / "data", existing="overwrite")
    original = photo_file("a_x3.png")
    before = original.read_bytes()
    add(qtbot, window, photo_file("a.png"))
    add(qtbot, window, original)
    finish(qtbot, window)
    assert outputs(window) == ["a_x3 (2).png", "a_x3_x3.png"]
    assert original.read_bytes() == before
    close(window)


def test_results_in_a_folder_that_is_added_again_are_left_out_by_any_name(
    qtbot: QtBot, tmp_path: Path, photo_file: PhotoFile
) -> None:
    window = open_window(tmp_path / "data", template="{counter:03}")
    photo_file("album/a.png")
    add(qtbot, window, tmp_path / "album")
    finish(qtbot, window)
    add(qtbot, window, tmp_path / "album")
    assert {job.path.name for job in window.jobs} == {"a.png"}
    close(window)


def test_a_result_that_a_repeat_has_replaced_is_not_made_again(
    qtbot: QtBot, tmp_path: Path, photo_file: PhotoFile
) -> None:
    photo = photo_file("a.png")
    first = open_window(tmp_path / "data", existing="overwrite", format="jpeg")
    add(qtbot, first, photo)
    finish(qtbot, first)
    first.settings.change(quality=40)
    add(qtbot, first, photo)
    finish(qtbot, first)
    assert outputs(first) == ["a_x3.jpg", "a_x3.jpg"]
    close(first)
    second = open_window(tmp_path / "data")
    qtbot.waitUntil(lambda: not second._controller._checks._pending, timeout=PATIENCE_MS)
    assert [job.state for job in second.jobs] == ["done", "done"]
    close(second)
