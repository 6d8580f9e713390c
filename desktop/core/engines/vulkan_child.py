"""The child in which ncnn runs a network on a graphics card: all that meets the card's driver happens here.

Asked by ``vulkan_engine``. A question and its answer are words; planes lie in memory that both processes see.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from desktop.core.engines.ncnn_graph import Written
from desktop.core.engines.ncnn_runtime import Device, NcnnError, Planes, Runner, vulkan_devices
from desktop.core.isolation import child, frames
from desktop.core.isolation.companion import DESCRIPTOR
from desktop.core.isolation.frames import Frame
from desktop.core.isolation.shared import SharedBlock

# winbase.h, SetErrorMode: no window that tells of a crash and waits.
_NO_ERROR_WINDOWS = 0x8003


class Running(Protocol):
    """See ``Runner``."""

    def forward(self, planes: Planes) -> Planes: ...


Load = Callable[[Written, int, str], Running]
"""A network, a device's number, an arithmetic. Raises NcnnError, MemoryError."""


def main(load: Load | None = None, devices: Callable[[], Sequence[Device]] = vulkan_devices) -> None:
    """Runs until the parent closes the pipe, or ends."""
    requests, answers = child.pipes()
    _die_quietly()
    inbox = child.inbox(requests, 0)
    served = _Served(load or _load, devices)
    while True:
        frames.send(answers, Frame(served.answer(inbox.get().content)))


def _load(network: Written, device: int, arithmetic: str) -> Runner:
    return Runner(network, device=device, arithmetic=arithmetic)


def _die_quietly() -> None:
    if sys.platform == "win32":
        import ctypes

        ctypes.windll.kernel32.SetErrorMode(_NO_ERROR_WINDOWS)
        return
    import resource

    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class _Served:
    """One network at most."""

    def __init__(self, load: Load, devices: Callable[[], Sequence[Device]]) -> None:
        descriptor = os.environ.get(DESCRIPTOR)
        self._block = SharedBlock(int(descriptor) if descriptor else None)
        self._load, self._devices = load, devices
        self._running: Running | None = None

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        try:
            return getattr(self, f"_{asked['do']}")(asked) or {}
        except MemoryError:
            return {"no_memory": True}
        except NcnnError as error:
            return {"failed": str(error)}

    def _list(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {"devices": [device.plain for device in self._devices()]}

    def _begin(self, asked: dict[str, Any]) -> None:
        self._block.follow(asked["block"])
        network = Written.unpacked(bytes(self._block.bytes(asked["bytes"])))
        self._running = self._load(network, asked["device"], asked["arithmetic"])

    def _run(self, asked: dict[str, Any]) -> None:
        assert self._running is not None
        self._block.follow(asked["block"])
        answer = self._running.forward(self._block.array(tuple(asked["given"])))
        expected = tuple(asked["answer"])
        if answer.shape != expected:
            raise NcnnError(f"an answer of {answer.shape} instead of {expected}")
        self._block.array(expected, asked["start"])[:] = answer
