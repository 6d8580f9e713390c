"""Graphics cards of every maker, by ncnn through Vulkan, in a child process: a driver's crash is an engine that failed.

Optional, as ncnn is. Never chosen by itself before it was measured on this computer and found right, and never where
the only device is the processor in disguise (Mesa's llvmpipe, SwiftShader), which whoever names the engine still gets.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop.core import errors
from desktop.core.engines.base import F32, Mixed
from desktop.core.engines.figures import Figures
from desktop.core.engines.ncnn_engine import NcnnNet, Networks, no_memory_to_load
from desktop.core.engines.ncnn_graph import Written
from desktop.core.engines.ncnn_runtime import FP16, Device
from desktop.core.isolation import GRAPHICS_FLAG
from desktop.core.isolation.companion import Companion
from desktop.core.isolation.pool import Why, WorkerLostError, own_command
from desktop.core.models.catalogue import Model

logger = logging.getLogger(__name__)

# A driver that takes longer hangs; the first time it compiles all that it needs.
_LISTING_S, _LOADING_S, _RUNNING_S = 60.0, 300.0, 600.0
_ALIGNED = 64
_FLOAT_BYTES = 4


class VulkanNet(NcnnNet):
    """See ``Net``. Ends its child when it is closed, or nobody has it any more.

    Attributes:
        device: what runs it.
    """

    def __init__(self, card: _Card, device: Device, model: Model, arithmetic: str, figures: Figures) -> None:
        super().__init__(card.forward, model, VulkanEngine.name, arithmetic, figures)
        self.device = device
        self._card = card
        card.scale = model.scale

    @property
    def pid(self) -> int:
        """Of the child."""
        return self._card.companion.pid

    def close(self) -> None:
        self._card.companion.close()


class _Card:
    """A network in a child."""

    def __init__(self, command: Sequence[str]) -> None:
        self.companion = Companion(command)
        self.scale = 1

    def begin(self, network: Written, device: Device, arithmetic: str) -> None:
        """Raises EngineFailedError, MemoryError."""
        packed = network.packed()
        block = self.companion.block
        block.resize(len(packed))
        block.bytes(len(packed))[:] = packed
        asked = {"do": "begin", "block": block.told, "bytes": len(packed)}
        try:
            _asked(self.companion, {**asked, "device": device.number, "arithmetic": arithmetic}, _LOADING_S)
        except BaseException:
            self.companion.close()
            raise

    def forward(self, planes: NDArray[np.float32]) -> NDArray[np.float32]:
        count, height, width = planes.shape
        shape = count, height * self.scale, width * self.scale
        start = -(-planes.size * _FLOAT_BYTES // _ALIGNED) * _ALIGNED
        block = self.companion.block
        block.resize(start + int(np.prod(shape)) * _FLOAT_BYTES)
        block.array(planes.shape)[:] = planes
        asked = {"do": "run", "block": block.told, "given": planes.shape, "answer": shape, "start": start}
        _asked(self.companion, asked, _RUNNING_S)
        return block.array(shape, start).copy()


class VulkanEngine:
    """See ``Engine``."""

    name = "vulkan"
    on_gpu = True

    def __init__(self, twins: Path | None = None, command: Sequence[str] | None = None) -> None:
        """
        Args:
            twins: folder for what was made of networks; nothing is kept where None.
            command: what starts a child; this program's own where None.
        """
        self._networks = Networks(twins)
        self._command = tuple(command or own_command(GRAPHICS_FLAG, "desktop.core.engines.vulkan_child"))
        self.threads = 0

    @property
    def suits_auto(self) -> bool:
        return any(not device.is_software for device in self.devices())

    def devices(self) -> tuple[Device, ...]:
        """Those of this computer, the best first; none where they cannot be asked for. Takes a moment once."""
        return _devices(self._command)

    def known_devices(self) -> tuple[Device, ...]:
        """Those that somebody has asked for since Rekindle was started."""
        return _known.get(self._command, ())

    def require(self) -> None:
        self._device()

    def arithmetics(self, model: Model, file: Path) -> tuple[str, ...]:
        self._device()
        return (FP16, F32) if model.algorithm == "edsr" else (F32,)

    def prepare(self, model: Model, file: Path) -> None:
        pass  # ncnn has prepared it

    def load(self, model: Model, file: Path, mixed: Mixed | None = None, arithmetic: str = F32) -> VulkanNet:
        if arithmetic not in (F32, FP16):
            raise errors.EngineFailedError("Vulkan does not calculate in {name} here.", name=arithmetic)
        device = self._device()
        network, figures = self._networks.of(model, file, mixed)
        card = _Card(self._command)
        try:
            card.begin(network, device, arithmetic)
        except MemoryError as error:
            raise no_memory_to_load(model) from error
        logger.info("%s in %s on the graphics card %s", model.id, arithmetic, device.name)
        return VulkanNet(card, device, model, arithmetic, figures)

    def _device(self) -> Device:
        found = self.devices()
        if not found:
            raise errors.EngineFailedError("There is no graphics card here that can do Vulkan.")
        return found[0]


_once = threading.Lock()
_known: dict[tuple[str, ...], tuple[Device, ...]] = {}


def _devices(command: tuple[str, ...]) -> tuple[Device, ...]:
    with _once:
        if command not in _known:
            companion = Companion(command)
            try:
                told = _asked(companion, {"do": "list"}, _LISTING_S)
                _known[command] = tuple(Device(**device) for device in told["devices"])
            except (errors.EngineFailedError, MemoryError) as error:
                logger.warning("The graphics cards cannot be asked for: %s", error)
                _known[command] = ()
            finally:
                companion.close()
        return _known[command]


def _asked(companion: Companion, content: dict[str, Any], seconds: float) -> dict[str, Any]:
    """Raises EngineFailedError, MemoryError."""
    try:
        answer = companion.ask(content, seconds)
    except WorkerLostError as error:
        logger.warning("The child with the graphics card is gone: %s", error)
        said = "it does not answer" if error.why is Why.TIME else "its driver crashed"
        raise errors.EngineFailedError("The graphics card cannot be used: {reason}.", reason=said) from error
    if "no_memory" in answer:
        raise MemoryError
    if "failed" in answer:
        raise errors.EngineFailedError("The graphics card cannot be used: {reason}.", reason=answer["failed"])
    return answer
