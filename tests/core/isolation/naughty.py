"""What a child may be made to do by a file, on demand."""

from __future__ import annotations

import ctypes
import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from desktop.core import errors
from desktop.core.isolation import worker
from desktop.core.isolation.frames import Frame


def echo(arguments: dict[str, Any], ask: worker.Ask) -> Frame:
    shape = tuple(arguments.get("shape", (0,)))
    return Frame({"echo": arguments, "pid": os.getpid()}, [np.full(shape, 7, np.uint16)])


def asks(arguments: dict[str, Any], ask: worker.Ask) -> Frame:
    ask({"may": "I"})
    return Frame({"went": "on"})


def asks_then_fills(arguments: dict[str, Any], ask: worker.Ask) -> Frame:
    ask({})
    return fills(arguments, ask)


def crashes(arguments: dict[str, Any], ask: worker.Ask) -> Frame:
    ctypes.string_at(0)
    raise AssertionError("survived")


def hangs(arguments: dict[str, Any], ask: worker.Ask) -> Frame:
    while True:
        time.sleep(1)


def fills(arguments: dict[str, Any], ask: worker.Ask) -> Frame:
    """Takes memory, at once or bit by bit."""
    step = arguments["step_mib"]
    blocks = [np.ones(step * 2**20, np.uint8) for _ in range(arguments["mib"] // step)]
    return Frame({"filled": sum(block.size for block in blocks)})


def raises(arguments: dict[str, Any], ask: worker.Ask) -> Frame:
    raise errors.TooLargeError("“{name}” has {count} pixels.", name="a.png", count=7)


def breaks(arguments: dict[str, Any], ask: worker.Ask) -> Frame:
    raise ZeroDivisionError("nobody thought of this")


def prints(arguments: dict[str, Any], ask: worker.Ask) -> Frame:
    print("a library that talks", flush=True)
    os.write(1, b"and one in C")
    return Frame({"printed": True})


def writes(arguments: dict[str, Any], ask: worker.Ask) -> Frame:
    Path(arguments["file"]).write_bytes(b"harm")
    return Frame({})


def nonsense(arguments: dict[str, Any], ask: worker.Ask) -> Frame:
    for descriptor in range(3, 12):
        try:
            os.write(descriptor, b"\xff" * 100)
        except OSError:
            continue
    time.sleep(60)
    return Frame({})


def main() -> None:
    for name in ("echo", "asks", "asks_then_fills", "crashes", "hangs", "fills", "raises", "breaks", "prints"):
        worker.TASKS[name] = f"naughty:{name}"
    worker.TASKS["writes"] = "naughty:writes"
    worker.TASKS["nonsense"] = "naughty:nonsense"
    worker.main()


COMMAND = (
    sys.executable,
    "-c",
    f"import sys; sys.path.append({str(Path(__file__).parent)!r}); import naughty; naughty.main()",
)
