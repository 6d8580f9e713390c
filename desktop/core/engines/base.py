"""What every engine can do."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from desktop.core.models.catalogue import Model


class Net(Protocol):
    """A loaded network. Used from the thread that loaded it only.

    Attributes:
        scale: how many times wider and higher the answer is.
        engine: name of the engine that runs it.
        precision: "exact" (float32) or "fast".
        halo: margin in input pixels beyond which a tile's surroundings no longer show in the rounded answer.
        tile: side of the square tile, halo included, that was measured to be fastest.
    """

    scale: int
    engine: str
    precision: str
    halo: int
    tile: int

    def upscale(self, picture: NDArray[np.float32]) -> NDArray[np.float32]:
        """(H, W, 3) float32 RGB, 0..255, to (H * scale, W * scale, 3) of the same, neither rounded nor clipped.

        Raises:
            OutOfMemoryError: a smaller picture may still work.
            EngineFailedError: the network cannot be run.
        """
        ...

    def working_mib(self, tile: int) -> int:
        """Memory in MiB that ``upscale`` needs for a square of ``tile`` input pixels a side, weights included."""
        ...


class Engine(Protocol):
    """Loads networks."""

    name: str

    def load(self, model: Model, file: Path) -> Net:
        """Raises ModelDamagedError where the verified file is still not a network this engine can run."""
        ...
