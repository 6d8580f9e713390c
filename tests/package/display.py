"""A screen of its own with nobody at it, and hands for it. For the scripts beside this one; needs Xvfb, xdotool and
ImageMagick."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

PATIENCE_S = 120.0
_SURROUNDINGS = ("PATH", "LANG", "TMPDIR")


class Screen:
    """One display."""

    def __init__(self, name: str) -> None:
        self.name = name

    def environment(self, home: Path, **more: str) -> dict[str, str]:
        """What a person's programs find who has just logged in here."""
        kept = {name: os.environ[name] for name in _SURROUNDINGS if name in os.environ}
        return {"LANG": "C.UTF-8", **kept, "HOME": str(home), "DISPLAY": self.name, **more}

    def do(self, *words: object) -> str:
        """xdotool."""
        command = ["xdotool", *map(str, words)]
        environment = {**os.environ, "DISPLAY": self.name}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False).stdout.strip()

    def window(self, title: str) -> str:
        """The window with this title, once it is there."""
        found: list[str] = []

        def look() -> bool:
            found[:] = self.do("search", "--onlyvisible", "--name", title).split()
            return bool(found)

        until(look, f"a window “{title}”")
        return found[-1]

    def has_window(self, title: str) -> bool:
        return bool(self.do("search", "--onlyvisible", "--name", title))

    def photograph(self, path: Path) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["import", "-display", self.name, "-window", "root", str(path)], check=True)
        return path


@contextlib.contextmanager
def screen(size: str = "1280x800") -> Iterator[Screen]:
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{size}x24", "-nolisten", "tcp", "-noreset"]
    server = subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL)
    os.close(write)
    try:
        with os.fdopen(read) as answer:
            yield Screen(f":{answer.readline().strip()}")
    finally:
        server.terminate()
        server.wait()


@contextlib.contextmanager
def running(command: list[str], **options: Any) -> Iterator[subprocess.Popen[str]]:
    """A program that is ended with the block. It has no terminal, like one that a desktop starts."""
    options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, **options}
    program = subprocess.Popen(command, text=True, **options)
    try:
        yield program
    finally:
        program.terminate()
        try:
            program.wait(30)
        except subprocess.TimeoutExpired:
            program.kill()
            program.wait()


def until(condition: Callable[[], object], what: str, patience_s: float = PATIENCE_S) -> None:
    end = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > end:
            raise SystemExit(f"There is no {what}, after {patience_s:.0f} s.")
        time.sleep(0.1)
