"""What encoders are given: pixels and everything that travels with them, as their format can hold it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop.core.photo.metadata.notes import Note
from desktop.core.photo.photo import Coding


@dataclass(eq=False)
class Fitted:
    """What is written: everything in it fits into the format.

    Attributes:
        pixels, alpha: as they are to be coded.
        extended_xmp: what is too large for a JPEG's first packet.
        resources: IPTC and Photoshop's image resources as one block.
        iptc: the same captions alone, for formats that have a place for them.
        coding: how pixels are to be coded.
    """

    pixels: NDArray[Any]
    alpha: NDArray[Any] | None
    icc: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    extended_xmp: bytes | None = None
    resources: bytes | None = None
    iptc: bytes | None = None
    notes: tuple[Note, ...] = ()
    dpi: tuple[float, float] | None = None
    coding: Coding = field(default_factory=Coding)

    @property
    def is_grey(self) -> bool:
        return self.pixels.ndim == 2

    @property
    def with_alpha(self) -> NDArray[Any]:
        """(H, W), (H, W, 2), (H, W, 3) or (H, W, 4), colours before alpha."""
        return self.pixels if self.alpha is None else np.dstack([self.pixels, self.alpha])
