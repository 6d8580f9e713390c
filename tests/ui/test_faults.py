"""What goes wrong in the middle of a batch stands on the photo's row in plain words; the rest goes on, and trying again
works once it has been mended.

Each scenario is three photos, a, b and c. The harm is done when a has ended and before b begins.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desktop.core.models.store import Store
from desktop.runner import Runner
from desktop.ui import words
from desktop.ui.app import create_window
from desktop.ui.main_window import MainWindow

PATIENCE_MS = 60_000
ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
NOBODY = 65534
# What a grandparent would not understand, or what was not meant for them.
NOT_FOR_PEOPLE = ("Errno", "Error", "exception", "Traceback", "None", "database", "SQLite", "tensor", "/proc")


@pytest.fixture(autouse=True)
def _between_two_photos(monkeypatch: pytest.MonkeyPatch) -> None:
    """Harm is done between two photos, so none is begun before the one before has ended."""
    monkeypatch.setattr(Runner, "free", property(lambda runner: not runner.busy))


@dataclass
class Scene:
    """A window, its photos and where its results go."""

    base: Path
    window: MainWindow
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.photos, self.results, self.data = (self.base / name for name in ("photos", "results", "data"))
        self.photos.mkdir(exist_ok=True)
        self.window._message.said.connect(self.told.append)
        self.window._controller.photoEnded.connect(self._ended)
        self.harm: Callable[[Scene], None] | None = None

    def draw(self, name: str, width: int = 24, height: int = 16) -> Path:
        """A photo of noise, unlike that of any other name, whose result is about as large as it can be."""
        path = self.photos / name
        noise = np.random.default_rng(list(name.encode())).integers(0, 256, (height, width, 3), np.uint8)
        Image.fromarray(noise).save(path)
        return path

    def _ended(self, _outcome: object) -> None:
        harm, self.harm = self.harm, None
        if harm is not None:
            harm(self)

    def work(self, harm: Callable[[Scene], None] | None = None) -> None:
        """Starts, and waits for the end."""
        self.harm = harm
        finished: list[None] = []
        connection = self.window.queueFinished.connect(lambda: finished.append(None))
        self.window.start()
        wait_for(lambda: bool(finished))
        self.window.queueFinished.disconnect(connection)

    def retry(self) -> None:
        self.window._actions.retry_failed.trigger()
        self.work()

    @property
    def ends(self) -> dict[str, str]:
        """How each photo has ended: its state, or what went wrong."""
        return {job.path.stem: job.error.code if job.error else job.state.value for job in self.window.jobs}

    @property
    def sentences(self) -> list[str]:
        """What the rows of failed photos say, without the names of folders that only this test has."""
        found = [words.error(job.error) for job in self.window.jobs if job.error]
        return [text.replace(str(self.base), "~") for text in found]

    @property
    def left_behind(self) -> list[Path]:
        places = [path for path in (self.photos, self.results) if path.is_dir()]
        return [path for place in places for path in place.rglob("*.part")]


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while not condition():
        assert time.monotonic() < deadline
        QTest.qWait(5)


@contextmanager
def opened(base: Path) -> Iterator[Scene]:
    window = create_window(base / "data")
    scene = Scene(base, window)
    window.show()
    try:
        yield scene
    finally:
        window._closing = True
        window.close()


@pytest.fixture
def scene(qapp: QApplication, tmp_path: Path) -> Iterator[Scene]:
    with opened(tmp_path) as made:
        yield made


@dataclass(frozen=True)
class Scenario:
    """
    Attributes:
        harm, mend: what happens after the first photo, and what somebody does about it.
        ends: how the three photos end at first.
        says: what the rows of those that failed say.
    """

    harm: Callable[[Scene], None]
    mend: Callable[[Scene], None]
    ends: tuple[str, str, str]
    says: tuple[str, ...]


def nothing(_scene: Scene) -> None:
    pass


def delete_b(scene: Scene) -> None:
    (scene.photos / "b.png").unlink()


def draw_b(scene: Scene) -> None:
    scene.draw("b.png")


def delete_photos(scene: Scene) -> None:
    scene.photos.rename(scene.base / "unplugged")


def bring_photos_back(scene: Scene) -> None:
    (scene.base / "unplugged").rename(scene.photos)


def cut_b(scene: Scene) -> None:
    os.truncate(scene.photos / "b.png", 300)


def empty_b(scene: Scene) -> None:
    os.truncate(scene.photos / "b.png", 0)


def write_text_into_b(scene: Scene) -> None:
    (scene.photos / "b.png").write_text("a shopping list")


def folder_for_b(scene: Scene) -> None:
    (scene.photos / "b.png").unlink()
    (scene.photos / "b.png").mkdir()


def no_folder_for_b(scene: Scene) -> None:
    (scene.photos / "b.png").rmdir()
    scene.draw("b.png")


def remove_results(scene: Scene) -> None:
    shutil.rmtree(scene.results)


def file_for_results(scene: Scene) -> None:
    shutil.rmtree(scene.results)
    scene.results.write_text("in the way")


def no_file_for_results(scene: Scene) -> None:
    scene.results.unlink()


def store(scene: Scene) -> Store:
    return scene.window._workspace.store


def remove_model(scene: Scene) -> None:
    for file in scene.data.glob("models/*.pb"):
        file.unlink()


def load_it_again(scene: Scene) -> None:
    """The net that is loaded does not serve any more."""
    scene.window._controller._runner._pipeline._loaded._held = None


def remove_model_and_need_it(scene: Scene) -> None:
    remove_model(scene)
    load_it_again(scene)


def damage_model(scene: Scene) -> None:
    for file in scene.data.glob("models/*.pb"):
        os.truncate(file, 1000)
    load_it_again(scene)


def lose_all_models(scene: Scene) -> None:
    """Rekindle itself is incomplete, as after a bad copy or an overeager cleaner."""
    remove_model_and_need_it(scene)
    (scene.base / "nowhere").symlink_to(store(scene)._bundled)
    store(scene)._bundled = scene.base / "somewhere"


def install_again(scene: Scene) -> None:
    store(scene)._bundled = scene.base / "nowhere"


def want_a_model_that_is_not_here(scene: Scene) -> None:
    scene.window.settings.change(model="edsr-from-elsewhere")


def want_one_that_is(scene: Scene) -> None:
    scene.window.settings.change(model="edsr-baseline")


NOT_FOUND = "“{}.png” was not found: it was moved or deleted, or its disk is not connected. Try again when it is back."
SCENARIOS = {
    "a photo is deleted": Scenario(delete_b, draw_b, ("done", "not-found", "done"), (NOT_FOUND.format("b"),)),
    "the photos' disk is unplugged": Scenario(
        delete_photos,
        bring_photos_back,
        ("done", "not-found", "not-found"),
        (NOT_FOUND.format("b"), NOT_FOUND.format("c")),
    ),
    "a photo is cut off": Scenario(
        cut_b,
        draw_b,
        ("done", "unreadable", "done"),
        ("“b.png” is damaged or incomplete: the file ends too early. Copy it again from where it came from.",),
    ),
    "a photo is empty": Scenario(
        empty_b,
        draw_b,
        ("done", "unreadable", "done"),
        ("“b.png” is empty (0 bytes). Copy it again from where it came from.",),
    ),
    "a photo is none": Scenario(
        write_text_into_b,
        draw_b,
        ("done", "unsupported", "done"),
        (
            "“b.png” is not a photo Rekindle can read: its content is not JPEG, PNG, TIFF, WebP, HEIC, AVIF, GIF or "
            "BMP.",
        ),
    ),
    "a folder takes a photo's name": Scenario(
        folder_for_b, no_folder_for_b, ("done", "unsupported", "done"), ("“b.png” is a folder, not a photo.",)
    ),
    "the results' folder is removed": Scenario(remove_results, nothing, ("done", "done", "done"), ()),
    "a file takes its place": Scenario(
        file_for_results,
        no_file_for_results,
        ("done", "not-found", "not-found"),
        (
            "“b_x3.png” cannot be saved in “~/results”: that folder is gone, or is not a folder. Choose another one.",
            "“c_x3.png” cannot be saved in “~/results”: that folder is gone, or is not a folder. Choose another one.",
        ),
    ),
    "the model's file is removed while it is loaded": Scenario(remove_model, nothing, ("done", "done", "done"), ()),
    "it is removed and needed": Scenario(remove_model_and_need_it, nothing, ("done", "done", "done"), ()),
    "it is damaged": Scenario(damage_model, nothing, ("done", "done", "done"), ()),
    "Rekindle has lost its models": Scenario(
        lose_all_models,
        install_again,
        ("done", "model-damaged", "model-damaged"),
        ("The model “edsr-baseline-x3” that ships with Rekindle is damaged or missing. Install Rekindle again.",) * 2,
    ),
    "a model is not installed": Scenario(
        want_a_model_that_is_not_here,
        want_one_that_is,
        ("done", "model-missing", "model-missing"),
        (
            "The model “edsr-from-elsewhere” is not on this computer, or not for ×3. Choose another model or size, "
            "then try again.",
        )
        * 2,
    ),
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_row_says_it_the_rest_goes_on_and_trying_again_works(scene: Scene, name: str) -> None:
    scenario = SCENARIOS[name]
    scene.window.set_output_dir(scene.results)
    scene.window.add_paths([scene.draw(f"{stem}.png") for stem in "abc"])
    scene.work(scenario.harm)
    assert tuple(scene.ends.values()) == scenario.ends
    assert tuple(scene.sentences) == scenario.says
    assert scene.left_behind == []
    for text in scene.sentences:
        assert text.endswith(".")
        assert not [word for word in NOT_FOR_PEOPLE if word in text]
    scenario.mend(scene)
    if scenario.says:
        scene.retry()
    assert set(scene.ends.values()) == {"done"}
    assert scene.left_behind == []


# -- Disks of a few megabytes, where they may be mounted


# A session that is killed leaves no disk mounted.
_WATCH = 'while kill -0 "$0"; do sleep 1; done; umount -l "$1"'


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Callable[[str, str], Path]]:
    """``disk(name, size)``: a folder of the scene that is a small disk."""
    mounted: list[Path] = []

    def mount(name: str, size: str) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        asked = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=777", "tmpfs", str(folder)]
        if sys.platform != "linux" or subprocess.run(asked, check=False, capture_output=True).returncode:
            pytest.skip("not on this platform: no disk may be mounted for a test")
        subprocess.run(["sh", "-c", f"({_WATCH}) >/dev/null 2>&1 &", str(os.getpid()), str(folder)], check=True)
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def remount(folder: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", str(folder)], check=True, capture_output=True)


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp", "tiff"])
def test_the_results_disk_is_full(disk: Callable[[str, str], Path], scene: Scene, kind: str) -> None:
    results = disk("results", "1m")
    scene.window.settings.change(output_dir=str(results), format=kind, quality=100)
    scene.window.add_paths([scene.draw("a.png"), scene.draw("b.png", 120, 90), scene.draw("c.png")])
    scene.work(lambda _scene: (results / "filler").write_bytes(bytes(1_000_000)) and None)
    assert tuple(scene.ends.values()) == ("done", "no-space", "done")
    suffix = next(results.glob("c_x3.*")).suffix
    assert scene.sentences == [
        f"There is not enough free space in “~/results” for “b_x3{suffix}”. Free some space or choose another folder."
    ]
    assert scene.left_behind == []
    remount(results, "size=64m")
    scene.retry()
    assert set(scene.ends.values()) == {"done"}
    assert scene.left_behind == []


def test_the_results_disk_becomes_read_only(disk: Callable[[str, str], Path], scene: Scene) -> None:
    results = disk("results", "8m")
    scene.window.set_output_dir(results)
    scene.window.add_paths([scene.draw(f"{stem}.png") for stem in "abc"])
    scene.work(lambda _scene: remount(results, "ro"))
    assert tuple(scene.ends.values()) == ("done", "no-permission", "no-permission")
    assert scene.sentences[0] == "Rekindle is not allowed to save “b_x3.png” in “~/results”. Choose another folder."
    remount(results, "rw")
    scene.retry()
    assert set(scene.ends.values()) == {"done"}
    assert scene.left_behind == []


def fill(folder: Path) -> Path:
    """Leaves not a byte on a disk."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return filler


def test_the_disk_with_rekindles_own_files_is_full(
    disk: Callable[[str, str], Path], qapp: QApplication, tmp_path: Path
) -> None:
    """The queue cannot be kept for a while; every photo is done all the same, and recorded in the end."""
    data = disk("data", "64m")
    with opened(tmp_path) as scene:
        scene.window.set_output_dir(scene.results)
        scene.window.add_paths([scene.draw(f"{stem}.png") for stem in "abcdefgh"])
        scene.work(lambda _scene: fill(data) and None)
        assert set(scene.ends.values()) == {"done"}
        wait_for(lambda: any("list of photos is not kept" in text for text in scene.told))
        assert not [word for text in scene.told for word in NOT_FOR_PEOPLE if word in text]
        (data / "filler").unlink()
        wait_for(lambda: "The list of photos is kept on disk again." in scene.told)
    with opened(tmp_path) as scene:
        assert list(scene.ends.values()) == ["done"] * 8


# -- The queue's own file


def test_the_queue_is_locked_by_another_program_for_long(scene: Scene) -> None:
    scene.window.set_output_dir(scene.results)
    scene.window.add_paths([scene.draw(f"{stem}.png") for stem in "abc"])
    locks: list[sqlite3.Connection] = []

    def lock(_scene: Scene) -> None:
        other = sqlite3.connect(scene.data / "queue" / "queue.sqlite3", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        locks.append(other)

    started = time.monotonic()
    scene.work(lock)
    assert time.monotonic() - started < 20, "a lock must not hold up the work for each photo anew"
    assert set(scene.ends.values()) == {"done"}
    scene.window.add_paths([scene.draw("d.png")])
    assert any("Another program is using" in text for text in scene.told)
    locks[0].close()
    wait_for(lambda: "The list of photos is kept on disk again." in scene.told)
    assert kept_states(scene) == ["done", "done", "done", "waiting"]


def kept_states(scene: Scene) -> list[str]:
    with sqlite3.connect(scene.data / "queue" / "queue.sqlite3") as connection:
        found = [state for (state,) in connection.execute("SELECT state FROM job ORDER BY number")]
    connection.close()
    return found


@pytest.mark.skipif(os.name == "nt", reason="not on this platform: what is open cannot be removed")
def test_the_queues_folder_is_deleted_under_way(scene: Scene) -> None:
    scene.window.set_output_dir(scene.results)
    scene.window.add_paths([scene.draw(f"{stem}.png") for stem in "abc"])
    scene.work(lambda _scene: shutil.rmtree(scene.data / "queue"))
    assert set(scene.ends.values()) == {"done"}
    assert kept_states(scene) == ["done"] * 3


def test_a_clock_that_is_set_back_a_year_changes_nothing(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.window.set_output_dir(scene.results)
    scene.window.add_paths([scene.draw(f"{stem}.png") for stem in "abc"])
    real = time.time
    scene.work(lambda _scene: monkeypatch.setattr(time, "time", lambda: real() - 365 * 86400))
    assert set(scene.ends.values()) == {"done"}
    assert 0 <= scene.window._controller.elapsed_s < PATIENCE_MS / 1000
    assert all(job.account.seconds >= 0 for job in scene.window.jobs)
    with opened(scene.base / "later") as later:
        assert later.ends == {}


# -- Permissions, which root does not heed: a window of nobody's in a process of its own


def play_as_nobody(base: Path) -> None:
    """Runs in the child: every harm to permissions after another, told as JSON."""
    application = QApplication.instance() or QApplication([])
    told: dict[str, Any] = {}
    for name, harm, mend in (
        ("results", lambda s: s.results.chmod(0o555), lambda s: s.results.chmod(0o755)),
        ("photo", lambda s: (s.photos / "b.png").chmod(0), lambda s: (s.photos / "b.png").chmod(0o644)),
        ("photos", lambda s: s.photos.chmod(0), lambda s: s.photos.chmod(0o755)),
        ("data", lambda s: (s.data / "queue").chmod(0), lambda s: (s.data / "queue").chmod(0o755)),
    ):
        folder = base / name
        folder.mkdir()
        with opened(folder) as scene:
            scene.window.set_output_dir(scene.results)
            scene.window.add_paths([scene.draw(f"{stem}.png") for stem in "abc"])
            scene.work(harm)
            if name == "data":
                wait_for(lambda: any("may not write in its own folder" in text for text in scene.told))
            told[name] = [list(scene.ends.values()), scene.sentences, scene.told]
            mend(scene)
            if name == "data":
                wait_for(lambda: "The list of photos is kept on disk again." in scene.told)
            if scene.sentences:
                scene.retry()
            told[name] += [list(scene.ends.values()), [str(path) for path in scene.left_behind]]
    application.processEvents()
    print("TOLD", json.dumps(told), flush=True)


@pytest.fixture(scope="module")
def as_nobody() -> Iterator[dict[str, Any]]:
    if sys.platform == "win32":
        pytest.skip("not on this platform: permissions are another thing")
    base = Path(tempfile.mkdtemp(prefix="rekindle-nobody-"))
    who: dict[str, Any] = {}
    if ROOT:
        os.chown(base, NOBODY, NOBODY)
        who = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    code = (
        "import runpy, sys; from pathlib import Path\nrunpy.run_path(sys.argv[1])['play_as_nobody'](Path(sys.argv[2]))"
    )
    root = Path(__file__).parents[2]
    environment = os.environ | {"PYTHONPATH": str(root), "HOME": str(base), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        run = subprocess.run(
            [sys.executable, "-c", code, __file__, str(base)],
            env=environment, capture_output=True, text=True, cwd=base, timeout=240, check=False, **who,
        )  # fmt: skip
        if ROOT and not run.stdout and "ermission" in run.stderr.splitlines()[-1]:
            pytest.skip("not on this platform: somebody else may not read this program")
        assert run.returncode == 0, run.stderr
        yield json.loads(run.stdout.partition("TOLD ")[2])
    except PermissionError:  # the interpreter itself lies where nobody else may look
        pytest.skip("not on this platform: somebody else may not run this Python")
    finally:
        shutil.rmtree(base)


@pytest.mark.parametrize(
    ("name", "ends", "says"),
    [
        (
            "results",
            ["done", "no-permission", "no-permission"],
            "Rekindle is not allowed to save “b_x3.png” in “~/results”. Choose another folder.",
        ),
        (
            "photo",
            ["done", "no-permission", "done"],
            "Rekindle is not allowed to read “b.png”. Check the permissions of the file and its folder.",
        ),
        (
            "photos",
            ["done", "no-permission", "no-permission"],
            "Rekindle is not allowed to read “b.png”. Check the permissions of the file and its folder.",
        ),
        ("data", ["done", "done", "done"], None),
    ],
)
def test_permission_is_lost(as_nobody: dict[str, Any], name: str, ends: list[str], says: str | None) -> None:
    first, sentences, told, after, left = as_nobody[name]
    assert first == ends
    assert sentences[:1] == ([says] if says else [])
    assert not [word for text in told for word in NOT_FOR_PEOPLE if word in text]
    assert after == ["done"] * 3
    assert left == []
