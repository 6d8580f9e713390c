"""From a photo's colours to those of the screen. No Qt in here."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms

from desktop.core.photo.icc import space_of

Array = npt.NDArray[Any]

# Colours that are off by no more than this are those of sRGB, by whatever name the profile goes.
_ALIKE = 2
_PROBES = 9
_MODES = {"RGB": "RGB", "GRAY": "L"}


@dataclass(frozen=True, slots=True, eq=False)
class Conversion:
    """Through two profiles, by the perceptual intent of the photo's where it has one."""

    transform: ImageCms.ImageCmsTransform
    grey: bool

    def __call__(self, pixels: Array) -> Array:
        """(h, w) grey or (h, w, 3) RGB uint8 as (h, w, 3) RGB uint8 for the screen. On any thread."""
        mode = "L" if self.grey else "RGB"
        height, width = pixels.shape[:2]
        image = Image.frombuffer(mode, (width, height), np.ascontiguousarray(pixels), "raw", mode, 0, 1)
        return np.asarray(ImageCms.applyTransform(image, self.transform))


@lru_cache(maxsize=16)
def conversion(profile: bytes | None, grey: bool = False, screen: bytes | None = None) -> Conversion | None:
    """How a photo's pixels become the screen's.

    Args:
        profile: the photo's ICC profile; None for sRGB.
        grey: whether its pixels are.
        screen: the screen's ICC profile; None for sRGB.

    Returns:
        None where nothing changes, or where a profile is none that can be used: then it is taken for sRGB.
    """
    if profile is None and screen is None:
        return None
    try:
        source, is_grey = _source(profile, grey)
        target = ImageCms.createProfile("sRGB") if screen is None else _opened(screen)
        made = Conversion(ImageCms.buildTransform(source, target, "L" if is_grey else "RGB", "RGB"), is_grey)
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None
    return made if is_grey == grey and _changes(made) else None


def _source(profile: bytes | None, grey: bool) -> tuple[Any, bool]:
    if profile is None:
        if grey:
            raise ValueError("greys without a profile are shown as they are")
        return ImageCms.createProfile("sRGB"), False
    space = space_of(profile)
    if space not in _MODES:
        raise ValueError(f"a profile for {space or 'nothing'}")
    return _opened(profile), space == "GRAY"


def _opened(profile: bytes) -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(io.BytesIO(profile))


def _changes(made: Conversion) -> bool:
    """Whether any of some hundred colours, all over the space, would be seen to change."""
    steps = np.linspace(0, 255, _PROBES).astype(np.uint8)
    if made.grey:
        probe = steps[np.newaxis]
        same = probe[:, :, np.newaxis].repeat(3, axis=2)
    else:
        probe = same = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(1, -1, 3)
    return bool(np.abs(made(probe).astype(int) - same).max() > _ALIKE)
