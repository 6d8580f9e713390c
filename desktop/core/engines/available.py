"""Which engines this installation has."""

from __future__ import annotations

from pathlib import Path

from desktop.core.engines import openvino_engine
from desktop.core.engines.base import Engine
from desktop.core.engines.opencv_engine import OpenCvEngine
from desktop.core.engines.openvino_engine import OpenVinoEngine
from desktop.core.paths import bundled


def available_engines(twins: Path | None = None) -> dict[str, Engine]:
    """By name.

    Args:
        twins: folder for what they make of networks; nothing is kept where None.
    """
    engines: dict[str, Engine] = {}
    if openvino_engine.installed():
        engines[OpenVinoEngine.name] = OpenVinoEngine(twins, bundled("models", "weights"))
    return {**engines, OpenCvEngine.name: OpenCvEngine()}
