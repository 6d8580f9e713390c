"""A window that watches a folder, on real folders."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PySide6.QtWidgets import QCheckBox, QDialog, QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from desktop.core import settings as settings_file
from desktop.core.paths import Folders
from desktop.core.patrol import Pace
from desktop.core.settings import Watching
from desktop.ui.app import create_window
from desktop.ui.main_window import MainWindow
from desktop.ui.model_box import ModelBox
from desktop.ui.scale_box import ScaleBox
from desktop.ui.size_dialog import SizeDialog

PATIENCE_MS = 60_000
FAST = Pace(look_s=0.02, settle_s=0.05)
PhotoFile = Callable[..., Path]
PhotoLike = Callable[..., Any]


class Folder:
    """A watched folder, its results, and the windows that watch it."""

    def __init__(self, qtbot: QtBot, base: Path, photo_file: PhotoFile) -> None:
        self._qtbot = qtbot
        self._photo_file = photo_file
        self._windows: list[MainWindow] = []
        self.base = base
        self.scans, self.large = base / "scans", base / "large"
        self.scans.mkdir()

    @property
    def watching(self) -> Watching:
        return Watching(folder=str(self.scans), output=str(self.large))

    @property
    def window(self) -> MainWindow:
        return self._windows[-1]

    def open(self, pace: Pace = FAST) -> MainWindow:
        self._windows.append(create_window(self.base / "data", pace=pace))
        self.window.show()
        return self.window

    def close(self) -> None:
        for window in self._windows:
            window._closing = True
            window.close()
        self._windows.clear()

    def watch(self, also: bool = False, **choices: Any) -> MainWindow:
        """A window that watches, with the answer awaited."""
        window = self._windows[-1] if self._windows else self.open()
        with self._qtbot.waitSignal(window._watcher.started, timeout=PATIENCE_MS):
            window._watcher.start(replace(self.watching, **choices), also)
        return window

    def photo(self, name: str) -> Path:
        return self._photo_file(f"scans/{name}")

    def results(self) -> list[str]:
        return sorted(path.relative_to(self.large).as_posix() for path in self.large.rglob("*.png"))

    def wait(self, condition: Callable[[], bool]) -> None:
        self._qtbot.waitUntil(condition, timeout=PATIENCE_MS)

    def wait_for(self, *names: str) -> None:
        """Until these are the results, and all that was queued is done."""
        wanted = sorted(names)
        self.wait(lambda: self.results() == wanted and not self.window._controller.running)
        assert {str(job.state) for job in self.window.jobs} <= {"done"}


@pytest.fixture
def folder(qtbot: QtBot, tmp_path: Path, photo_file: PhotoFile) -> Iterator[Folder]:
    made = Folder(qtbot, tmp_path, photo_file)
    yield made
    made.close()


def test_a_photo_that_appears_is_enhanced_into_the_other_folder_as_was_chosen(folder: Folder) -> None:
    window = folder.watch(format="jpeg", quality=80)
    folder.photo("a.png")
    folder.wait(lambda: [str(job.state) for job in window.jobs] == ["done"])
    assert [path.name for path in folder.large.iterdir()] == ["a_x3.jpg"]
    assert window.jobs[0].request.quality == 80
    assert [path.name for path in folder.scans.iterdir()] == ["a.png"]


@pytest.mark.parametrize(
    ("target", "size"),
    [("longest 60", (60, 40)), ("print 2x1cm@100 crop", (79, 39)), ("print 1x1cm@100 fit", (39, 39))],
)
def test_photos_that_appear_get_the_size_that_was_asked_for(target: str, size: tuple[int, int], folder: Folder) -> None:
    window = folder.watch(target=target)
    folder.photo("a.png")  # 24 x 16
    folder.wait(lambda: [str(job.state) for job in window.jobs] in (["done"], ["failed"]))
    assert window.jobs[0].error is None
    assert window.jobs[0].request.target == target
    with Image.open(window.jobs[0].output) as result:
        assert result.size == size


def test_what_was_in_the_folder_before_is_left_alone(folder: Folder) -> None:
    folder.photo("old.png")
    folder.watch()
    folder.photo("new.png")
    folder.wait_for("new_x3.png")
    assert [job.path.name for job in folder.window.jobs] == ["new.png"]


def test_what_was_in_the_folder_before_is_taken_too_if_that_is_wished(folder: Folder) -> None:
    folder.photo("old.png")
    folder.watch(also=True)
    folder.photo("new.png")
    folder.wait_for("new_x3.png", "old_x3.png")


def test_a_photo_written_in_pieces_is_waited_for(folder: Folder, photo_like: PhotoLike, photo_file: PhotoFile) -> None:
    whole = photo_file("elsewhere.png", photo_like(60, 40)).read_bytes()
    folder.watch()
    looks = []
    folder.window._watcher._patrol._watch._now = lambda: looks.append(0) or 0.0  # time stands still
    with (folder.scans / "a.png").open("wb") as slow:
        for start in range(0, len(whole), 1500):
            slow.write(whole[start : start + 1500])
            slow.flush()
            seen = len(looks)
            folder.wait(lambda seen=seen: len(looks) >= seen + 2)
            assert folder.window.jobs == ()
    folder.window._watcher._patrol._watch._now = lambda: 1000.0
    folder.wait_for("a_x3.png")
    assert len(folder.window.jobs) == 1


def test_a_photo_renamed_into_place_is_taken(folder: Folder, photo_file: PhotoFile) -> None:
    folder.watch()
    photo_file("scans/.hidden.png").rename(folder.scans / "a.png")
    photo_file("scans/b.png").rename(folder.scans / "c.png")
    folder.wait(lambda: {"a_x3.png", "c_x3.png"} <= set(folder.results()) and not folder.window._controller.running)
    assert set(folder.results()) <= {"a_x3.png", "b_x3.png", "c_x3.png"}


def test_a_photo_deleted_before_it_is_taken_is_no_matter(folder: Folder) -> None:
    folder.watch()
    patrol = folder.window._watcher._patrol
    patrol._watch._now = lambda: 0.0
    fleeting = folder.photo("fleeting.png")
    folder.wait(lambda: "fleeting.png" in patrol._watch._candidates)
    fleeting.unlink()
    folder.wait(lambda: not patrol._watch._candidates)
    folder.photo("staying.png")
    folder.wait(lambda: "staying.png" in patrol._watch._candidates)
    patrol._watch._now = lambda: 1000.0
    folder.wait_for("staying_x3.png")


def test_a_folder_that_appears_is_watched_too_and_its_structure_kept(folder: Folder) -> None:
    folder.watch()
    folder.photo("1962/summer/a.png")
    folder.wait_for("1962/summer/a_x3.png")


def test_a_photo_that_is_replaced_is_enhanced_again(
    folder: Folder, photo_like: PhotoLike, photo_file: PhotoFile
) -> None:
    folder.watch()
    folder.photo("a.png")
    folder.wait_for("a_x3.png")
    photo_file("scans/a.png", photo_like(30, 20))
    folder.wait_for("a_x3 (2).png", "a_x3.png")


def test_a_photo_replaced_while_it_waits_is_done_once(
    folder: Folder, photo_like: PhotoLike, photo_file: PhotoFile
) -> None:
    window = folder.watch()
    photo_file("busy.png", photo_like(260, 200))
    window.add_paths([folder.base / "busy.png"])
    window.start()
    window._controller.pause()
    folder.photo("a.png")
    folder.wait(lambda: len(window.jobs) == 2)
    photo_file("scans/a.png", photo_like(30, 20))
    patrol = window._watcher._patrol
    stamp = (folder.scans / "a.png").stat().st_mtime_ns
    folder.wait(lambda: patrol._watch._taken["a.png"].mtime_ns == stamp)
    window._controller.resume()
    folder.wait(lambda: not window._controller.running)
    assert folder.results() == ["a_x3.png"]
    assert len(window.jobs) == 2


def test_three_hundred_photos_at_once_are_all_taken_once(folder: Folder) -> None:
    one = folder.photo("000.png")
    for number in range(1, 300):
        shutil.copyfile(one, folder.scans / f"{number:03}.png")
    window = folder.watch(also=True)
    folder.wait(lambda: len(window.jobs) == 300)
    folder.wait_for(*(f"{number:03}_x3.png" for number in range(300)))
    assert len(window.jobs) == 300


def test_results_inside_the_watched_folder_are_not_taken_for_photos(folder: Folder) -> None:
    window = folder.watch(output=str(folder.scans / "large"))
    folder.photo("a.png")
    folder.wait(lambda: (folder.scans / "large" / "a_x3.png").exists())
    folder.photo("b.png")
    folder.wait(lambda: (folder.scans / "large" / "b_x3.png").exists() and not window._controller.running)
    assert [job.path.name for job in window.jobs] == ["a.png", "b.png"]


def test_results_of_other_photos_are_not_taken_for_photos_either(folder: Folder, photo_file: PhotoFile) -> None:
    window = folder.watch()
    window.set_output_dir(folder.scans)
    window.add_paths([photo_file("elsewhere.png")])
    window.start()
    folder.wait(lambda: (folder.scans / "elsewhere_x3.png").exists())
    folder.photo("z.png")
    folder.wait_for("z_x3.png")
    assert [job.path.name for job in window.jobs] == ["elsewhere.png", "z.png"]


# Other photos


def test_photos_that_wait_for_the_person_s_word_go_on_waiting(folder: Folder, photo_file: PhotoFile) -> None:
    window = folder.watch()
    window.add_paths([photo_file("mine.png"), photo_file("mine too.png")])
    folder.photo("a.png")
    folder.wait(lambda: folder.results() == ["a_x3.png"] and not window._controller.running)
    assert [str(job.state) for job in window.jobs] == ["waiting", "waiting", "done"]
    button = window.findChild(QPushButton, "startButton")
    folder.wait(button.isEnabled)
    button.click()
    folder.wait(lambda: [str(job.state) for job in window.jobs] == ["done"] * 3)


def test_a_run_over_what_came_by_itself_can_be_widened_and_cancelled(
    folder: Folder, photo_file: PhotoFile, photo_like: PhotoLike
) -> None:
    window = folder.watch()
    controller = window._controller
    photo_file("scans/large.png", photo_like(260, 200))
    folder.wait(lambda: controller.running)
    controller.pause()
    window.add_paths([photo_file("mine.png")])
    folder.wait(lambda: controller.startable == 1)
    controller.cancel_all()
    folder.wait(lambda: not controller.running)
    assert [str(job.state) for job in window.jobs] == ["cancelled", "waiting"]
    photo_file("scans/larger.png", photo_like(270, 200))
    folder.wait(lambda: controller.running)
    controller.pause()
    assert controller.startable == 1
    window.start()
    assert not controller.paused
    assert controller.startable == 0
    folder.wait(lambda: not controller.running)
    assert [str(job.state) for job in window.jobs] == ["cancelled", "done", "done"]


def test_photos_that_appear_during_a_pause_wait_for_its_end(
    folder: Folder, photo_file: PhotoFile, photo_like: PhotoLike
) -> None:
    window = folder.watch()
    window.add_paths([photo_file("mine.png", photo_like(260, 200))])
    window.start()
    window._controller.pause()
    folder.photo("a.png")
    folder.wait(lambda: len(window.jobs) == 2)
    assert window._controller.paused
    assert window.jobs[1].state == "waiting"
    window._controller.resume()
    folder.wait_for("a_x3.png")


def test_new_defaults_leave_the_choices_for_watched_photos_alone(
    folder: Folder, photo_file: PhotoFile, photo_like: PhotoLike
) -> None:
    window = folder.watch(format="png")
    window.add_paths([photo_file("mine.png", photo_like(260, 200))])
    window.start()
    window._controller.pause()
    folder.photo("a.png")
    folder.wait(lambda: len(window.jobs) == 2)
    window.settings.change(format="tiff", output_dir=str(folder.base / "other"))
    assert (window.jobs[1].request.format, window.jobs[1].request.output) == ("png", folder.large)


# Over restarts


def test_it_goes_on_watching_after_a_restart_and_takes_what_came_meanwhile(folder: Folder) -> None:
    folder.photo("old.png")
    folder.watch()
    folder.photo("a.png")
    folder.wait_for("a_x3.png")
    folder.close()
    folder.photo("meanwhile.png")
    folder.open()
    folder.photo("later.png")
    folder.wait_for("a_x3.png", "later_x3.png", "meanwhile_x3.png")
    assert len(folder.window.jobs) == 3


def test_photos_that_were_not_done_go_on_by_themselves_after_a_restart(
    folder: Folder, photo_file: PhotoFile, photo_like: PhotoLike
) -> None:
    window = folder.watch()
    photo_file("scans/large.png", photo_like(260, 200))
    folder.wait(lambda: window._controller.running)
    window._controller.pause()
    window.add_paths([photo_file("mine.png")])
    folder.wait(lambda: len(window.jobs) == 2)
    folder.close()
    folder.open()
    folder.wait(lambda: folder.results() == ["large_x3.png"] and not folder.window._controller.running)
    assert [str(job.state) for job in folder.window.jobs] == ["done", "waiting"]


def test_what_was_stopped_stays_stopped(folder: Folder) -> None:
    window = folder.watch()
    window._watcher.stop()
    folder.close()
    folder.photo("a.png")
    folder.open()
    assert folder.window._watcher.state.folder is None
    assert not folder.window.findChild(QPushButton, "watchStatus").isVisible()
    folder.watch(also=True)
    folder.wait_for("a_x3.png")


def test_watching_again_does_nothing_twice(folder: Folder) -> None:
    folder.watch()
    folder.photo("a.png")
    folder.wait_for("a_x3.png")
    folder.window._watcher.stop()
    folder.photo("b.png")
    folder.watch(also=True)
    folder.wait_for("a_x3.png", "b_x3.png")
    assert len(folder.window.jobs) == 2


def test_photos_are_not_all_new_when_the_queue_s_file_was_lost(folder: Folder) -> None:
    folder.watch()
    folder.photo("a.png")
    folder.wait_for("a_x3.png")
    folder.close()
    shutil.rmtree(folder.base / "data" / "queue")
    window = folder.open()
    folder.wait(lambda: not window.settings.current.watching.on)
    assert "no longer known" in window.findChild(QLabel, "statusMessage").toolTip() + window._message._whole
    assert window._watcher.state.folder is None
    assert window.jobs == ()


def test_a_second_window_does_not_watch(folder: Folder) -> None:
    first = folder.watch()
    second = folder.open()
    assert second._watcher.state.folder is None
    folder.photo("a.png")
    folder.wait(lambda: bool(first.jobs) and not first._controller.running)
    assert second.jobs == ()
    refusals: list[object] = []
    second._watcher.refused.connect(refusals.append)
    second._watcher.start(folder.watching, False)
    assert len(refusals) == 1


# What goes wrong


def test_a_folder_that_disappears_is_told_and_taken_up_again(folder: Folder) -> None:
    window = folder.watch()
    status = window.findChild(QPushButton, "watchStatus")
    assert status.text() == "Watching “scans”"
    folder.scans.rename(folder.base / "away")
    folder.wait(lambda: status.text() == "“scans” is not there")
    assert "goes on watching" in status.toolTip()
    assert "not there" in window._message._whole
    (folder.base / "away").rename(folder.scans)
    folder.wait(lambda: status.text() == "Watching “scans”")
    folder.photo("a.png")
    folder.wait_for("a_x3.png")


def test_a_folder_that_is_gone_at_the_start_is_waited_for(folder: Folder) -> None:
    folder.watch()
    folder.close()
    shutil.rmtree(folder.scans)
    window = folder.open()
    status = window.findChild(QPushButton, "watchStatus")
    folder.wait(lambda: status.text() == "“scans” is not there")
    folder.photo("a.png")
    folder.wait_for("a_x3.png")


def test_a_folder_for_results_that_is_gone_is_made_again(folder: Folder) -> None:
    folder.watch()
    shutil.rmtree(folder.large)
    folder.photo("a.png")
    folder.wait_for("a_x3.png")


# The dialog


@pytest.fixture
def dialog(folder: Folder) -> Callable[[], QDialog]:
    def open_dialog() -> QDialog:
        window = folder._windows[-1] if folder._windows else folder.open()
        window._actions.watch.trigger()
        return next(shown for shown in window.findChildren(QDialog, "watchDialog") if shown.isVisible())

    return open_dialog


def _fill(dialog: QDialog, folder: Path | str, output: Path | str) -> None:
    dialog.findChild(QLineEdit, "watchFolder").setText(str(folder))
    dialog.findChild(QLineEdit, "watchOutput").setText(str(output))


def test_the_dialog_starts_and_stops_watching(folder: Folder, dialog: Callable[[], QDialog]) -> None:
    folder.photo("a.png")
    shown = dialog()
    _fill(shown, folder.scans, folder.large)
    shown.findChild(QCheckBox, "watchAlso").setChecked(True)
    shown.findChild(QPushButton, "watchStart").click()
    status = folder.window.findChild(QPushButton, "watchStatus")
    folder.wait(status.isVisible)
    folder.wait(lambda: not folder.window.findChildren(QDialog, "watchDialog"))
    folder.wait_for("a_x3.png")
    stored = settings_file.load(Folders.under(folder.base / "data").settings_file)
    assert stored.watching == replace(folder.watching, on=True)

    status.click()
    (shown,) = folder.window.findChildren(QDialog, "watchDialog")
    assert shown.findChild(QLineEdit, "watchFolder").text() == str(folder.scans)
    shown.findChild(QPushButton, "watchStop").click()
    assert not status.isVisible()
    assert not folder.window.settings.current.watching.on


def test_a_size_can_be_chosen_for_what_appears(folder: Folder, dialog: Callable[[], QDialog]) -> None:
    shown = dialog()
    _fill(shown, folder.scans, folder.large)
    sizes = shown.findChild(ScaleBox, "watchScale")
    assert sizes.choice == 3
    sizes.otherRequested.emit()
    asking = shown.findChild(SizeDialog)
    asking.kind.setCurrentIndex(asking.kind.findData("width"))
    asking.pixels.setValue(72)
    asking.accept()
    assert sizes.choice == "width 72"
    assert shown.chosen().target == "width 72"
    models = shown.findChild(ModelBox)
    models.setCurrentIndex(models.findData("edsr-restore"))
    assert sizes.choice == "width 72"  # with any model
    shown.findChild(QPushButton, "watchStart").click()
    folder.wait(lambda: not folder.window.findChildren(QDialog, "watchDialog"))
    file = Folders.under(folder.base / "data").settings_file
    folder.wait(lambda: settings_file.load(file).watching.target == "width 72")

    again = dialog()
    sizes = again.findChild(ScaleBox, "watchScale")
    assert sizes.choice == "width 72"
    sizes.choose_row(sizes.findData(2))
    assert (again.chosen().scale, again.chosen().target) == (2, "")


def test_the_dialog_says_why_a_folder_cannot_be_watched(folder: Folder, dialog: Callable[[], QDialog]) -> None:
    shown = dialog()
    trouble = shown.findChild(QLabel, "watchTrouble")
    start = shown.findChild(QPushButton, "watchStart")
    for watched, output, words in (
        ("", folder.large, "Choose a folder to watch"),
        (folder.base / "gone", folder.large, "is not there"),
        (folder.scans, folder.scans, "Choose another folder for the results"),
        (folder.scans, folder.photo("a.png"), "Nothing can be saved"),
    ):
        _fill(shown, watched, output)
        start.click()
        assert not trouble.isVisible()
        folder.wait(trouble.isVisible)
        assert words in trouble.text()
        assert start.isEnabled()
    assert not folder.window.settings.current.watching.on
    shown.reject()


def test_the_first_time_the_dialog_offers_what_photos_are_enhanced_with(
    folder: Folder, dialog: Callable[[], QDialog]
) -> None:
    window = folder.open()
    window.settings.change(format="tiff", quality=70)
    chosen = dialog().chosen()
    assert (chosen.format, chosen.quality, chosen.scale) == ("tiff", 70, window.settings.current.scale)


def test_whoever_closes_the_dialog_does_not_wait_for_its_answer(folder: Folder, dialog: Callable[[], QDialog]) -> None:
    shown = dialog()
    _fill(shown, folder.scans, folder.large)
    shown.findChild(QPushButton, "watchStart").click()
    shown.reject()
    folder.window._watcher._looks.finish()
    assert folder.window._watcher.state.folder is None
    assert not folder.window.settings.current.watching.on


def test_other_choices_count_from_the_next_photo_on(folder: Folder) -> None:
    folder.watch()
    folder.photo("a.png")
    folder.wait_for("a_x3.png")
    folder.watch(format="tiff", output=str(folder.base / "other"))
    folder.photo("b.png")
    folder.wait(lambda: (folder.base / "other" / "b_x3.tif").exists() and not folder.window._controller.running)
    assert len(folder.window.jobs) == 2


def test_earlier_results_inside_the_folder_stay_results(folder: Folder) -> None:
    folder.watch(output=str(folder.scans / "one"))
    folder.photo("a.png")
    folder.wait(lambda: (folder.scans / "one" / "a_x3.png").exists() and not folder.window._controller.running)
    folder.watch(output=str(folder.scans / "two"))
    folder.photo("b.png")
    folder.wait(lambda: (folder.scans / "two" / "b_x3.png").exists() and not folder.window._controller.running)
    assert [job.path.name for job in folder.window.jobs] == ["a.png", "b.png"]


# A crash at the worst moment

_WORKER = """
import os, signal, sys
from pathlib import Path
from desktop.core import journal, opencv
from PySide6.QtWidgets import QApplication
from desktop.core.patrol import Pace
from desktop.ui.app import create_window
data, when, wanted = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
transact, counted = journal.Journal._transact, [0]
def killing(self, writes):
    writes = list(writes)
    counted[0] += 1
    dies = counted[0] == wanted
    if dies and when == "during":
        def die(connection):
            os.kill(os.getpid(), signal.SIGKILL)
        writes = [*writes, die]
    transact(self, writes)
    if dies and when == "after":
        os.kill(os.getpid(), signal.SIGKILL)
journal.Journal._transact = killing
application = QApplication([])
window = create_window(data, pace=Pace(0.02, 0.05))
window.show()
def look():
    done = [job for job in window.jobs if job.state == "done"]
    if len(done) == int(sys.argv[4]) and not window._controller.running:
        application.quit()
from PySide6.QtCore import QTimer
timer = QTimer(interval=20)
timer.timeout.connect(look)
timer.start()
print("started", flush=True)
application.exec()
window._closing = True
window.close()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="not on this platform: there is no SIGKILL")
@pytest.mark.parametrize("when", ["during", "after"])
def test_killed_between_adding_and_recording_nothing_is_lost_and_nothing_is_done_twice(
    folder: Folder, when: str
) -> None:
    folder.watch()
    folder.close()
    names = [f"{number}.png" for number in range(3)]
    for name in names:
        folder.photo(name)
    command = [sys.executable, "-c", _WORKER, str(folder.base / "data"), when]
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    killed = 0
    for commit in range(1, 9):
        run = subprocess.run(
            [*command, str(commit), str(len(names))], capture_output=True, env=environment, timeout=120, check=False
        )
        killed += run.returncode == -signal.SIGKILL
        assert run.returncode in (0, -signal.SIGKILL), run.stderr.decode()
    run = subprocess.run(
        [*command, "0", str(len(names))], capture_output=True, env=environment, timeout=120, check=True
    )
    assert killed >= 5
    assert folder.results() == [f"{Path(name).stem}_x3.png" for name in names]
    window = folder.open()
    assert sorted(job.path.name for job in window.jobs) == names
    assert not [*folder.scans.rglob(".rekindle*"), *folder.large.rglob(".rekindle*")]
