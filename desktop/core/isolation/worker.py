"""The child's side: waits for tasks, works on one at a time, ends when its parent does."""

from __future__ import annotations

import contextlib
import importlib
import logging
import queue
import sys
from collections.abc import Callable
from typing import Any, BinaryIO, Protocol

import psutil

from desktop.core import errors
from desktop.core.isolation import child, frames
from desktop.core.isolation.frames import Frame

logger = logging.getLogger(__name__)

# By name, so that nothing that was not meant to can be called, wherever a message comes from.
TASKS = {
    "photo": "desktop.core.photo.tasks:read_task",
    "thumbnail": "desktop.core.photo.tasks:thumbnail_task",
    "sizes": "desktop.core.photo.tasks:sizes_task",
    "glance": "desktop.core.photo.tasks:glance_task",
    "model": "desktop.core.models.inspection:inspect_task",
}
_MOST_REQUEST_BYTES = 2**20
_OPEN_FILES = 64


class Ask(Protocol):
    """Puts a question to the parent, which may answer by ending the task (``StoppedError``)."""

    def __call__(self, question: dict[str, Any]) -> None: ...


Task = Callable[[dict[str, Any], Ask], Frame]


class StoppedError(Exception):
    """The parent does not want the answer any more."""


def main() -> None:
    """Runs until the parent closes the pipe."""
    requests, answers = child.pipes()
    _limit_process()
    inbox = child.inbox(requests, _MOST_REQUEST_BYTES)
    for name in TASKS.values():
        _load(name)
    frames.send(answers, Frame({"ready": True}))
    while True:
        frames.send(answers, _work(inbox.get(), inbox, answers))


def _work(request: Frame, inbox: queue.SimpleQueue[Frame], answers: BinaryIO) -> Frame:
    def ask(question: dict[str, Any]) -> None:
        frames.send(answers, Frame({"asked": question}))
        reply = inbox.get().content
        if not reply["go"]:
            raise StoppedError
        _limit_memory(reply["memory_mib"])

    content = request.content
    try:
        _limit_memory(content["memory_mib"])
        return _load(TASKS[content["task"]])(content["arguments"], ask)
    except StoppedError:
        return Frame({"stopped": True})
    except MemoryError:
        return Frame({"no_memory": True})
    except errors.RekindleError as error:
        params = {key: value if isinstance(value, (int, float)) else str(value) for key, value in error.params.items()}
        return Frame({"error": {"code": error.code, "template": error.template, "params": params}})
    except Exception as error:
        return Frame({"broken": f"{type(error).__name__}: {error}"})


def _load(name: str) -> Task:
    module, _, function = name.partition(":")
    task: Task = getattr(importlib.import_module(module), function)
    return task


def _limit_process() -> None:
    """No core dumps, no writing of files, few open ones: none of it belongs to a reader's work."""
    if sys.platform == "win32":
        return
    import resource

    for kind, most in ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_NOFILE, _OPEN_FILES)):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (most, most))


def _limit_memory(mib: int) -> None:
    """What a task may take beyond what the process has. Linux keeps it; elsewhere the parent's watch has to do."""
    if sys.platform != "linux":
        return
    import resource

    most = psutil.Process().memory_info().vms + mib * 2**20
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))
