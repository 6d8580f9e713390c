"""What one photo asks of the machine: pixels for the network, and seconds for what is done beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from desktop.core import tiles
from desktop.core.engines.figures import expected
from desktop.core.models.catalogue import Model
from desktop.core.photo.cut import Size
from desktop.core.photo.formats import AVIF, JPEG, PNG, TIFF, WEBP, OutputFormat
from desktop.core.sizes import Frame, Plan

MEGA = 1_000_000
RESIZING = "resizing"
"""Stands for a model's name where no network is needed."""

# Seconds a megapixel, measured on two cores. On another machine they are others, but next to a network's that hardly
# matters: these are a tenth of it.
_READING_S = 0.02
_SHRINKING_S, _SHRUNK_S = 0.016, 0.017  # for what the step to an exact size is given, and for what it gives
_WRITING_S = {JPEG.name: 0.006, PNG.name: 0.09, WEBP.name: 0.09, TIFF.name: 0.2, AVIF.name: 0.12}
_WRITING_LOSSLESS_S = 0.3  # WebP


@dataclass(frozen=True)
class Kind:
    """What runs a photo; ``engine`` and ``precision`` are empty where any will do, as in a question."""

    model: str
    engine: str = ""
    precision: str = ""

    def is_like(self, other: Kind) -> bool:
        """Whether the other is what this asks for."""
        return self.model == other.model and self.runs_as(other)

    def runs_as(self, other: Kind) -> bool:
        """Whether the other runs where and how this asks for, whatever its model."""
        return self.engine in ("", other.engine) and self.precision in ("", other.precision)


@dataclass(frozen=True)
class Work:
    """What one photo asks of the machine.

    Attributes:
        kind: what will run it; None where nothing will, because it cannot be read or there is no such model.
        megapixels: that the network sees, see ``seen_megapixels``; None where not known yet.
        passes: how often it sees each of them.
        beside_s: seconds of what the network has no part in.
    """

    kind: Kind | None
    megapixels: float | None
    passes: int = 1
    beside_s: float = 0.0

    def load(self, usual: float) -> float:
        """Megapixels that go through the network, for a photo of ``usual`` where its size is not known."""
        return self.passes * (usual if self.megapixels is None else self.megapixels)


def seen_megapixels(plan: Plan, models: Sequence[Model], engine: str) -> float:
    """What the networks of a plan see, margins of tiles included, each as often as it is in a tile.

    Counted in pixels of the first network: one of the second's counts for more where that calculates more for it.
    """
    if not models:
        return 0.0
    seen = 0.0
    for (width, height), model in zip(plan.steps, models, strict=False):
        needs = expected(model, engine)
        across, down = (tiles.seen(length, needs.tile, needs.halo) for length in (width, height))
        seen += across * down * model.operations
    return seen / models[0].operations / MEGA


def resizing_megapixels(before: Size, after: Size) -> float:
    """What is read and what is written."""
    return (before[0] * before[1] + after[0] * after[1]) / MEGA


def beside_s(frame: Frame, enlarged: int, output: OutputFormat, *, lossless: bool = False) -> float:
    """Seconds for reading, for the step to an exact size where there is one, and for writing.

    Args:
        enlarged: how many times wider and higher the networks make the part that is taken; 0 where there is no step
            to an exact size.
        lossless: WebP without loss.
    """
    _, _, width, height = frame.part
    made = width * enlarged, height * enlarged
    pixels = _READING_S * frame.original[0] * frame.original[1]
    if enlarged and made != frame.inner:
        pixels += _SHRINKING_S * made[0] * made[1] + _SHRUNK_S * frame.inner[0] * frame.inner[1]
    writing = _WRITING_LOSSLESS_S if lossless and output is WEBP else _WRITING_S[output.name]
    return (pixels + writing * frame.size[0] * frame.size[1]) / MEGA
