"""Pixels in a space that everything after this knows, with a profile that fits them."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from desktop.core.photo import cmyk, icc
from desktop.core.photo.containers.base import Planes
from desktop.core.photo.depth import as_8_bit
from desktop.core.photo.photo import Fidelity

_BAND_BYTES = 16 * 2**20


@dataclass(frozen=True, eq=False)
class Coloured:
    """RGB or grey pixels, alpha as it was, the profile they are in, and what became of all that."""

    pixels: NDArray[Any]
    alpha: NDArray[Any] | None
    icc: bytes | None
    fidelity: Fidelity


def settled(planes: Planes, profile: bytes | None) -> Coloured:
    """Converts inks and Lab to sRGB; RGB and grey stay as they are, with their profile if it is one for them."""
    if planes.space in ("CMYK", "LAB"):
        pixels, fidelity = _to_srgb(planes, profile)
        alpha = as_8_bit(planes.alpha) if planes.alpha is not None else None
        return Coloured(pixels, alpha, None, planes.fidelity.joined(fidelity))
    kept, told = _fitting(profile, "GRAY" if planes.space == "grey" else "RGB")
    return Coloured(planes.pixels, planes.alpha, kept, planes.fidelity.joined(told))


def _fitting(profile: bytes | None, wanted: str) -> tuple[bytes | None, Fidelity]:
    told = Fidelity()
    if profile is None:
        return None, told
    space = icc.space_of(profile)
    if space == wanted:
        return profile, told
    if not space:
        return None, told.and_lost("ICC profile", "it is damaged and was left out")
    if (space, wanted) == ("RGB", "GRAY") and (made := icc.of_greys(profile)) is not None:
        return made, told.and_converted(
            "ICC profile", "it is for colour: one for grey with the same curve took its place"
        )
    return None, told.and_lost(
        "ICC profile", f"it is for {space}, and the photo is {'grey' if wanted == 'GRAY' else wanted}"
    )


def _to_srgb(planes: Planes, profile: bytes | None) -> tuple[NDArray[np.uint8], Fidelity]:
    told = Fidelity()
    if planes.pixels.dtype != np.uint8:
        told = told.and_lost("bit depth", f"16 bit became 8 bit: {planes.space} is converted with 8 bits")
    pixels = as_8_bit(planes.pixels)
    if profile is not None and planes.space == "CMYK" and icc.space_of(profile) == "CMYK":
        try:
            converted = _converted(pixels, "CMYK", ImageCms.ImageCmsProfile(io.BytesIO(profile)))
            return converted, told.and_converted("colours", "CMYK to sRGB, through its profile")
        except (ImageCms.PyCMSError, OSError, ValueError):
            told = told.and_lost("ICC profile", "it is damaged and was left out")
    elif profile is not None and planes.space == "CMYK":
        told = told.and_lost("ICC profile", "it is not for CMYK")
    if planes.space == "LAB":
        lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
        return _converted(pixels, "LAB", lab), told.and_converted("colours", "Lab to sRGB")
    press = ImageCms.ImageCmsProfile(io.BytesIO(cmyk.press_profile()))
    how = "CMYK to sRGB, as offset printing on coated paper looks: it has no profile of its own"
    return _converted(pixels, "CMYK", press), told.and_converted("colours", how)


def _converted(pixels: NDArray[np.uint8], mode: str, source: ImageCms.ImageCmsProfile) -> NDArray[np.uint8]:
    """In bands, lest a large photo is there three times over."""
    transform = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")
    height, width, _ = pixels.shape
    result = np.empty((height, width, 3), np.uint8)
    rows = max(1, _BAND_BYTES // max(1, 4 * width))
    for top in range(0, height, rows):
        band = pixels[top : top + rows]
        image = Image.frombytes(mode, (width, band.shape[0]), np.ascontiguousarray(band).tobytes())
        result[top : top + rows] = np.asarray(ImageCms.applyTransform(image, transform))
    return result
