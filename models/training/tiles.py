"""Training pictures on the device, and random patches of them.

Every tile is held at several sizes: made smaller it shows more of the world to a pixel, sharper and with less of the
noise of its file, so the network sees more kinds of pictures than there are files.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

SIZES = (1.0, 0.8, 0.65)
SHARES = (0.6, 0.25, 0.15)  # how often each is drawn


def read(path: Path) -> Tensor:
    """Return a picture file as (3, H, W) uint8 RGB."""
    with Image.open(path) as image:
        return torch.from_numpy(np.array(image.convert("RGB"))).permute(2, 0, 1)


@dataclass(frozen=True)
class Tiles:
    """`pixels` (M, 3, S, S) uint8, the sizes one after another and padded with zeros, on one device.

    Attributes:
        count: how many different tiles there are; M is a multiple of it.
        extents: the side of each size in pixels, without the padding.
        shares: probability of each size, cumulated.
    """

    pixels: Tensor
    count: int
    extents: Tensor
    shares: Tensor

    @staticmethod
    def load(paths: list[Path], smallest: int, device: torch.device) -> Tiles:
        """Read square tiles of one size. Sizes with a side below `smallest` are left out."""
        with ThreadPoolExecutor() as pool:
            whole = torch.stack(list(pool.map(read, paths))).to(device)
        side = whole.shape[-1]
        levels, extents, shares = [], [], []
        for size, share in zip(SIZES, SHARES, strict=True):
            extent = round(side * size)
            if extent < smallest:
                continue
            level = whole if extent == side else torch.cat([_reduced(part, extent) for part in whole.split(64)])
            levels.append(functional.pad(level, (0, side - extent, 0, side - extent)))
            extents.append(extent)
            shares.append(share)
        cumulated = torch.tensor(shares, device=device).cumsum(0) / sum(shares)
        return Tiles(torch.cat(levels), len(paths), torch.tensor(extents, device=device), cumulated)

    def sample(self, batch: int, size: int) -> Tensor:
        """Return (batch, 3, size, size) float32 in 0..1: random places, flipped and turned at random."""
        device = self.pixels.device
        level = (torch.rand(batch, device=device)[:, None] > self.shares[None, :-1]).sum(1)
        index = level * self.count + torch.randint(self.count, (batch,), device=device)
        room = (self.extents[level] - size + 1).float()
        top = (torch.rand(batch, device=device) * room).long()
        left = (torch.rand(batch, device=device) * room).long()
        return turned(crop(self.pixels, index, top, left, size).float() / 255)


def _reduced(pixels: Tensor, side: int) -> Tensor:
    small = functional.interpolate(
        pixels.float(), size=(side, side), mode="bicubic", antialias=True, align_corners=False
    )
    return small.round().clamp(0, 255).to(torch.uint8)


def crop(pictures: Tensor, index: Tensor, top: Tensor, left: Tensor, size: int) -> Tensor:
    """Return (N, C, size, size): from picture `index[n]` of (M, C, H, W) the square at `top[n]`, `left[n]`."""
    _, channels, _, width = pictures.shape
    step = torch.arange(size, device=pictures.device)
    rows = (top[:, None] + step)[:, None, :, None]
    columns = (left[:, None] + step)[:, None, None, :]
    plane = index[:, None] * channels + torch.arange(channels, device=pictures.device)
    flat = (plane[:, :, None, None] * pictures.shape[2] + rows) * width + columns
    return pictures.reshape(-1)[flat]


def turned(pictures: Tensor) -> Tensor:
    """Return square pictures (N, C, S, S), each flipped or turned into one of the eight positions at random."""
    chance = torch.rand(3, pictures.shape[0], 1, 1, 1, device=pictures.device) < 0.5
    pictures = torch.where(chance[0], pictures.flip(-1), pictures)
    pictures = torch.where(chance[1], pictures.flip(-2), pictures)
    return torch.where(chance[2], pictures.transpose(-1, -2), pictures)
