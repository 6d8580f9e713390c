"""Breaks the built application in every way that befalls people, and shows what it says: ``broken_starts.py [FOLDER]``.

Linux only; needs Xvfb, xdotool and ImageMagick, and to be root, because disks are mounted (in a namespace of its own)
and programs run as somebody who may not write everywhere.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE))
from display import Screen, running, screen, until  # noqa: E402

PICTURES = ROOT / "build" / "package-screens"
NOBODY = 65534
SAMPLE = next((ROOT / "resources" / "sample").glob("*.jpg"))


class Case:
    """A copy of the bundle to be broken, in a folder whose name has spaces and umlauts, and a person's home."""

    def __init__(self, bundle: Path, folder: Path, display: Screen) -> None:
        self.folder = folder
        self.display = display
        self.bundle = folder / "Rekindle für Käthe"
        shutil.copytree(bundle, self.bundle, symlinks=True, copy_function=os.link)
        self.inside = self.bundle / "_internal"
        self.home = folder / "home"
        self.home.mkdir()
        self.photo = folder / "photo.jpg"
        shutil.copy(SAMPLE, self.photo)

    @property
    def program(self) -> str:
        return str(self.bundle / "rekindle")

    def own(self, path: Path) -> Path:
        """Breaks the link to the real bundle's file, so that only this copy changes."""
        content = path.read_bytes()
        mode = path.stat().st_mode
        path.unlink()
        path.write_bytes(content)
        path.chmod(mode)
        return path

    def run(self, *words: str, user: int | None = None, display: bool = True) -> tuple[int, str]:
        """What it says and with what it ends."""
        environment = self.display.environment(self.home)
        if not display:
            del environment["DISPLAY"]
        ended = subprocess.run(
            [self.program, *words],
            env=environment,
            cwd=self.folder,
            user=user,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=300,
            check=False,
        )
        return ended.returncode, ended.stdout + ended.stderr

    def window(self, picture: str, user: int | None = None, *, box: bool = False) -> str:
        """Opens the window, waits for it or for a box, takes a picture, closes it; gives what was printed."""
        environment = self.display.environment(self.home)
        with running([self.program], env=environment, cwd=self.folder, user=user) as program:
            until(lambda: program.poll() is not None or self.display.has_window("Rekindle"), "window or message")
            if program.poll() is None:
                window = self.display.window("Rekindle")
                time.sleep(2)
                self.display.photograph(PICTURES / f"broken-{picture}.png")
                self.display.do("windowfocus", window, "key", "Return" if box else "ctrl+q")
                time.sleep(2)
                if box and program.poll() is None:  # whatever box this system has, it knows no keys
                    self.display.do("windowclose", window)
            until(lambda: program.poll() is not None, "end of the program", 60)
            assert program.returncode == int(box), program.returncode
            assert program.stdout is not None
            return f"ended with {program.returncode}: {program.stdout.read()}"


def require(text: str, *words: str) -> str:
    for word in words:
        if not re.search(word, text):
            raise SystemExit(f"“{word}” is not in:\n{text}")
    return text


def well_in_a_strange_folder_that_cannot_be_written(case: Case) -> str:
    for path in [case.bundle, *case.bundle.rglob("*")]:
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o555)
    os.chown(case.home, NOBODY, NOBODY)
    status, text = case.run("self-test", user=NOBODY)
    assert status == 0, text
    return require(text, "All is well")


def a_library_is_missing(case: Case) -> str:
    (case.inside / "PySide6/Qt/lib/libQt6Gui.so.6").unlink()
    (case.inside / "libQt6Gui.so.6").unlink(missing_ok=True)
    text = case.window("no-qt", box=True)
    log = (case.home / ".local/state/rekindle/log/rekindle.log").read_text("utf-8")
    require(log, "libQt6Gui")
    return require(text, "libQt6Gui.so.6", "Install Rekindle again", "rekindle.log")


def opencv_is_missing_so_a_box_is_shown(case: Case) -> str:
    next(case.inside.glob("cv2/cv2*.so")).unlink()
    text = case.window("no-opencv", box=True)
    return require(text, "missing or damaged", "Install Rekindle again")


def a_library_for_x11_is_damaged(case: Case) -> str:
    case.own(case.inside / "libxcb-cursor.so.0").write_bytes(b"")  # one that is missing may be there in the system
    text = case.window("no-xcb-cursor", box=True)
    return require(text, "libxcb-cursor.so.0", "package manager")


def python_itself_is_missing(case: Case) -> str:
    next(case.inside.glob("libpython*")).unlink()
    status, text = case.run()
    assert status != 0
    return require(text, "libpython")


def a_file_of_ours_is_missing(case: Case) -> str:
    (case.inside / "models/catalogue.toml").unlink()
    status, text = case.run("enhance", str(case.photo))
    assert status == 1, text
    return require(text, "catalogue.toml", "install Rekindle again")


def the_bundled_model_is_damaged(case: Case) -> str:
    for path in (case.inside / "models/weights").glob("*-x3.pb"):
        content = bytearray(case.own(path).read_bytes())
        content[len(content) // 2] ^= 0xFF
        path.write_bytes(content)
    tested, said = case.run("self-test")
    status, text = case.run("enhance", str(case.photo), "--model", "edsr-baseline")
    assert tested == 1, said
    assert status == 1, text
    require(said, "NOT OK models that ship")
    return require(text, "damaged or missing. Install Rekindle again")


def the_home_cannot_be_written(case: Case) -> str:
    case.home.chmod(0o555)
    results = case.folder / "results"
    results.mkdir()
    os.chown(results, NOBODY, NOBODY)
    status, text = case.run("enhance", str(case.photo), "-o", str(results), user=NOBODY)
    assert status == 0, text
    assert list(results.iterdir())
    return text + case.window("read-only-home", user=NOBODY)


def there_is_no_space(case: Case) -> str:
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(case.home)], check=True)
    (case.home / "filling").write_bytes(bytes(200_000))
    try:
        status, text = case.run("enhance", str(case.photo), "-o", str(case.home / "big.png"))
        assert status == 1, text
        require(text, "not enough free space")
        return text + case.window("no-space")
    finally:
        subprocess.run(["umount", "--lazy", str(case.home)], check=True)


def it_is_killed_at_the_start(case: Case) -> str:
    mark = case.home / ".local/state/rekindle/log/starting"
    environment = case.display.environment(case.home)
    with running([case.program], env=environment, cwd=case.folder) as program:
        until(mark.exists, "mark of a start")
        program.send_signal(signal.SIGKILL)
        program.wait()
    assert not case.display.has_window("Rekindle")
    text = case.window("after-a-killed-start")
    log = (case.home / ".local/state/rekindle/log/rekindle.log").read_text("utf-8")
    assert not mark.exists()
    return text + require(log, "The last start came to no window")


def there_is_no_display(case: Case) -> str:
    status, text = case.run(display=False)
    assert status == 2, text
    return require(text, "no display", "rekindle enhance")


CASES: tuple[Callable[[Case], str], ...] = (
    well_in_a_strange_folder_that_cannot_be_written,
    a_library_is_missing,
    opencv_is_missing_so_a_box_is_shown,
    a_library_for_x11_is_damaged,
    python_itself_is_missing,
    a_file_of_ours_is_missing,
    the_bundled_model_is_damaged,
    the_home_cannot_be_written,
    there_is_no_space,
    it_is_killed_at_the_start,
    there_is_no_display,
)


def main() -> None:
    if os.environ.get("REKINDLE_UNSHARED") != "1":  # what is mounted goes with this process
        os.environ["REKINDLE_UNSHARED"] = "1"
        os.execvp("unshare", ["unshare", "--mount", sys.executable, *sys.argv])
    bundle = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "dist" / "rekindle").absolute()
    wanted = sys.argv[2:]
    # Beside the bundle, because links do not reach from one disk to another.
    with screen() as display, tempfile.TemporaryDirectory(dir=bundle.parent) as folder:
        Path(folder).chmod(0o755)
        for case in CASES:
            if wanted and case.__name__ not in wanted:
                continue
            place = Path(folder) / case.__name__
            place.mkdir()
            print(f"== {case.__name__.replace('_', ' ')}", flush=True)
            print(case(Case(bundle, place, display)).strip(), "\n", flush=True)
            subprocess.run(["chmod", "-R", "u+w", str(place)], check=False)
    print("Every trouble was told.")


if __name__ == "__main__":
    main()
