"""A child for a graphics card that is the processor in truth, and that goes wrong at its third picture, on demand."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time

import numpy as np

from desktop.core.engines import vulkan_child
from desktop.core.engines.ncnn_runtime import Device, NcnnError, Runner

_GOOD = 2


def _raise(error):
    raise error


FAULTS = {
    "nothing": lambda answer: answer,
    "is killed": lambda _: os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM)),
    "crashes": lambda _: ctypes.string_at(0),
    "exits": lambda _: os._exit(0),
    "hangs": lambda _: time.sleep(3600),
    "says that it failed": lambda _: _raise(NcnnError("device lost")),
    "raises": lambda _: _raise(ZeroDivisionError()),
    "gives no numbers": lambda answer: np.full_like(answer, np.nan),
    "gives black": lambda answer: np.full_like(answer, -128),
    "gives a moved picture": lambda answer: np.roll(answer, 9, axis=2),
    "gives another size": lambda answer: answer[:, 1:],
    "is a little off": lambda answer: answer + 3,
    "has no memory": lambda _: _raise(MemoryError()),
}


class _Naughty:
    def __init__(self, network, fault):
        self._runner, self._fault, self._asked = Runner(network), fault, 0

    def forward(self, planes):
        self._asked += 1
        answer = self._runner.forward(planes)
        return self._fault(answer) if self._asked > _GOOD else answer


def _devices(kind):
    return lambda: [Device(3, "a card", kind, 1)] if kind != "none" else []


if __name__ == "__main__":
    _, chosen, kind_of_card = sys.argv
    if chosen == "cannot list":
        os._exit(1)
    vulkan_child.main(lambda network, *_: _Naughty(network, FAULTS[chosen]), _devices(kind_of_card))
