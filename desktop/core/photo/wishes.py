"""How a result is to be written, beyond its format and quality."""

from __future__ import annotations

from dataclasses import dataclass

from desktop.core.photo.metadata.xmp import Provenance


@dataclass(frozen=True)
class Wishes:
    """What the person wants of a result's file.

    Attributes:
        lossless: WebP without loss, also where the photo was not one.
        progressive: JPEG in several passes, also where the photo was not one.
        strip_gps: nothing that says where the photo was taken.
        dpi_factor: what the resolution is multiplied with; the scale where the print size is to stay.
        dpi: the resolution that is written, whatever the photo has; None for that.
        provenance: a note of how the result came to be; None for none.
    """

    lossless: bool = False
    progressive: bool = False
    strip_gps: bool = False
    dpi_factor: float = 1.0
    provenance: Provenance | None = None
    dpi: float | None = None
