"""What every engine can do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from desktop.core.models.catalogue import Model

EXACT, FAST = PRECISIONS = "exact", "fast"
"""float32, within a grey level of dnn_superres; or whatever is fastest and cannot be told from it by eye."""

F32 = "f32"
"""The arithmetic of the reference, and the only one that is exact."""


class Net(Protocol):
    """A loaded network. Used from the thread that loaded it only.

    Attributes:
        scale: how many times wider and higher the answer is.
        engine: name of the engine that runs it.
        precision: "exact" or "fast".
        arithmetic: what it calculates in: "f32", "bf16", "fp16" or "int8".
        halo: margin in input pixels beyond which a tile's surroundings no longer show in the rounded answer.
        tile: side of the square tile, halo included, that was measured to be fastest.
    """

    scale: int
    engine: str
    precision: str
    arithmetic: str
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


@runtime_checkable
class Closable(Protocol):
    """A net that holds more than memory, which is given back at once when nobody waits for it any more."""

    def close(self) -> None:
        """From any thread, also while it is at work: that ends soon, with an error."""
        ...


@dataclass(frozen=True)
class Mixed:
    """A second network of the same build, whose weights are mixed into the first's.

    Interpolating the weights of a network and of one that was trained on from it gives a network in between (Wang et
    al., Deep Network Interpolation, CVPR 2019).

    Attributes:
        share: of the second in each weight, 0..1; the rest is the first's.
    """

    file: Path
    share: float


class Engine(Protocol):
    """Loads networks.

    Attributes:
        name: by which it is asked for.
        threads: on the processor; 0 for as many as the process may use.
    """

    name: str
    threads: int

    @property
    def on_gpu(self) -> bool:
        """Whether a graphics driver is behind it: it is measured before it is chosen, and looked at while it works."""
        ...

    @property
    def suits_auto(self) -> bool:
        """Whether it may be taken by who has not named it. May take a moment."""
        ...

    def require(self) -> None:
        """Raises EngineFailedError where it cannot be used on this computer at all."""
        ...

    def arithmetics(self, model: Model, file: Path) -> tuple[str, ...]:
        """What it can calculate this network in on this machine, the one that should be fastest first.

        Raises:
            EngineFailedError: it does not work here.
        """
        ...

    def prepare(self, model: Model, file: Path) -> None:
        """Finds out, once, what fast arithmetic has to know of a network that did not ship with Rekindle. May take
        seconds, and a minute for the largest.

        Raises:
            EngineFailedError, ModelDamagedError
        """
        ...

    def load(self, model: Model, file: Path, mixed: Mixed | None = None, arithmetic: str = "f32") -> Net:
        """
        Args:
            mixed: what to mix with the network in ``file``.
            arithmetic: one of ``arithmetics``.

        Raises:
            ModelDamagedError: a verified file is still not a network this engine can run, or the two cannot be mixed.
            EngineFailedError: the engine cannot run it, though another may.
        """
        ...
