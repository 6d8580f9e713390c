"""ncnn itself: what is in a process that runs a network with it, this one or a child.

Imports nothing else of the engines, so that a child is there soon. ncnn is imported when it is first used.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import threading
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop.core import memory
from desktop.core.engines.ncnn_graph import INPUT, OUTPUT, Written

F32, FP16 = "f32", "fp16"

_NO_MEMORY = -100
_WAITING = "OMP_WAIT_POLICY"
_once = threading.Lock()
_module: Any = None

Planes = NDArray[np.float32]


class NcnnError(RuntimeError):
    """It does not work, with a reason in few words."""


def installed() -> bool:
    """Whether it can be imported, without doing so."""
    try:
        return importlib.util.find_spec("ncnn") is not None
    except (ImportError, ValueError):
        return False


def library() -> Any:
    """The module. Raises NcnnError where it is not installed, or does not work here."""
    global _module
    with _once:
        if _module is None:
            # Its threads would turn in circles for a while after every layer, on cores that a window wants. Only read
            # while it is loaded.
            before = os.environ.get(_WAITING)
            os.environ[_WAITING] = before or "passive"
            try:
                import ncnn
            except Exception as error:  # whatever keeps it from working, there is another engine
                raise NcnnError(str(error)) from error
            finally:
                if before is None:
                    del os.environ[_WAITING]
            _module = ncnn
        return _module


def version() -> str:
    """Raises NcnnError."""
    return str(library().__version__)


@dataclass(frozen=True)
class Device:
    """What can do Vulkan. ``number``: ncnn's; ``driver``: its version, as the driver tells it."""

    number: int
    name: str
    kind: str
    driver: int = 0

    @property
    def is_software(self) -> bool:
        """Whether the processor does it, which does it faster without."""
        return self.kind == _KINDS[-1]

    @property
    def plain(self) -> dict[str, Any]:
        return asdict(self)


# VkPhysicalDeviceType, in ncnn's numbering (gpu.h), the best first.
_KINDS = ("discrete", "integrated", "virtual", "software")


def vulkan_devices() -> list[Device]:
    """Those of this computer, the best first. Loads the graphics drivers into this process: for children only.

    Raises:
        NcnnError
    """
    ncnn = library()
    found = []
    for number in range(ncnn.get_gpu_count()):
        told = ncnn.get_gpu_info(number)
        kind = _KINDS[told.type()] if 0 <= told.type() < len(_KINDS) else _KINDS[-1]
        found.append(Device(number, told.device_name(), kind, told.driver_version()))
    return sorted(found, key=lambda one: _KINDS.index(one.kind))


class Runner:
    """A network, loaded: planes in, planes out."""

    def __init__(self, network: Written, *, threads: int = 1, device: int | None = None, arithmetic: str = F32) -> None:
        """
        Args:
            threads: on the processor.
            device: Vulkan's; the processor where None.

        Raises:
            NcnnError: it cannot be loaded.
            MemoryError
        """
        ncnn = library()
        self._ncnn = ncnn
        self._net = ncnn.Net()
        options = self._net.opt
        half = arithmetic == FP16
        options.use_vulkan_compute = device is not None
        options.use_fp16_packed = options.use_fp16_storage = options.use_fp16_arithmetic = half
        options.num_threads = threads
        options.lightmode = True
        if device is not None:
            self._net.set_vulkan_device(device)
        with memory.returned_at_once():
            failed = self._net.load_param_mem(network.layers) or self._net.load_model(_reader(ncnn, network.numbers))
        _require(failed, "the network cannot be loaded")

    def forward(self, planes: Planes) -> Planes:
        """(C, H, W) to (C, H * scale, W * scale), a copy.

        Raises:
            NcnnError: it cannot be run.
            MemoryError: it is too large.
        """
        with self._net.create_extractor() as extractor:
            # A copy of its own: a Mat of an array holds none of it, and a layer that works in place writes into it.
            given = np.ascontiguousarray(planes, np.float32)
            _require(extractor.input(INPUT, self._ncnn.Mat(given).clone()), "no such input")
            failed, answer = extractor.extract(OUTPUT)
            _require(failed, "the network cannot be run")
            return np.array(answer, np.float32)


def _require(failed: int, what: str) -> None:
    if failed == _NO_MEMORY:
        raise MemoryError
    if failed:
        raise NcnnError(f"{what} ({failed})")


def _reader(ncnn: Any, content: bytes) -> Any:
    """Gives ncnn the bytes piece by piece, so that it keeps copies: handed over in one piece (load_model_mem) they
    would be used where they lie, after they are gone."""
    address_of = ctypes.pythonapi.PyCapsule_GetPointer
    address_of.restype, address_of.argtypes = ctypes.c_void_p, (ctypes.py_object, ctypes.c_char_p)

    class Reader(ncnn.DataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.at = 0

        def read(self, place: object, size: int) -> int:
            piece = content[self.at : self.at + size]
            ctypes.memmove(address_of(place, None), piece, len(piece))
            self.at += len(piece)
            return len(piece)

    return Reader()
