"""Which engines this installation has."""

from __future__ import annotations

from pathlib import Path

from desktop.core.engines import ncnn_runtime, openvino_engine
from desktop.core.engines.base import Engine
from desktop.core.engines.ncnn_engine import NcnnEngine
from desktop.core.engines.opencv_engine import OpenCvEngine
from desktop.core.engines.openvino_engine import OpenVinoEngine
from desktop.core.engines.vulkan_engine import VulkanEngine
from desktop.core.paths import bundled

_TITLES = {"openvino": "OpenVINO", "ncnn": "ncnn", "opencv": "OpenCV"}


def available_engines(twins: Path | None = None) -> dict[str, Engine]:
    """By name.

    Args:
        twins: folder for what they make of networks; nothing is kept where None.
    """
    engines: dict[str, Engine] = {}
    if openvino_engine.installed():
        engines[OpenVinoEngine.name] = OpenVinoEngine(twins, bundled("models", "weights"))
    if ncnn_runtime.installed():
        engines[NcnnEngine.name] = NcnnEngine(twins)
        engines[VulkanEngine.name] = VulkanEngine(twins)
    return {**engines, OpenCvEngine.name: OpenCvEngine()}


def cards(*, ask: bool = True) -> str:
    """The graphics cards of this computer in words, "" where there are none.

    Args:
        ask: takes a moment the first time; else only what is known by then.
    """
    engine = available_engines().get(VulkanEngine.name)
    if not isinstance(engine, VulkanEngine):
        return ""
    found = engine.devices() if ask else engine.known_devices()
    return ", ".join(f"{device.name} ({device.kind}, driver {device.driver:#x})" for device in found)


def titles() -> tuple[str, ...]:
    """What calculates here, as people call it, graphics cards that are known and are some at the end. Asks nobody."""
    engines = available_engines()
    named = [_TITLES[name] for name in engines if name in _TITLES]
    card = engines.get(VulkanEngine.name)
    if isinstance(card, VulkanEngine):
        named += [device.name for device in card.known_devices() if not device.is_software]
    return tuple(named)
