"""EDSR in PyTorch, for training: the network whose weights `export_pb.py` turns into what the application loads.

Lim et al., "Enhanced Deep Residual Networks for Single Image Super-Resolution", CVPRW 2017. As in the official .pb
files one convolution, not two, leads to the larger picture. Residual scaling is folded into the weights.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

# The mean colour of DIV2K, RGB in 0..1, as the EDSR authors subtract it.
MEAN = (0.4488, 0.4371, 0.4040)


def conv(inputs: int, outputs: int) -> nn.Conv2d:
    """Return a zero-padded 3x3 convolution."""
    return nn.Conv2d(inputs, outputs, 3, padding=1)


class Block(nn.Module):
    """Residual block: what two convolutions add to their input."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.conv1 = conv(features, features)
        self.conv2 = conv(features, features)

    def forward(self, x: Tensor) -> Tensor:
        """Return (N, features, H, W) for the same."""
        return x + self.conv2(torch.relu(self.conv1(x)))


class Edsr(nn.Module):
    """(N, 3, H, W) RGB in 0..1 to (N, 3, H * scale, W * scale); the paper's baseline unless told otherwise."""

    mean: Tensor

    def __init__(self, scale: int, blocks: int = 16, features: int = 64) -> None:
        super().__init__()
        self.scale = scale
        self.head = conv(3, features)
        self.blocks = nn.Sequential(*(Block(features) for _ in range(blocks)))
        self.body_end = conv(features, features)
        self.up = conv(features, 3 * scale * scale)
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1), persistent=False)

    def features(self, x: Tensor) -> Tensor:
        """Return what the last convolution sees: (N, features, H, W)."""
        head = self.head(x - self.mean)
        return self.body_end(self.blocks(head)) + head

    def forward(self, x: Tensor) -> Tensor:
        """Return the enlarged pictures. Not clipped: the loss must see how far a value is out of range."""
        return torch.pixel_shuffle(self.up(self.features(x)).float(), self.scale) + self.mean


def key_of(parameter: str) -> str:
    """Return the .npz key of a parameter's name: `blocks.3.conv1.weight` is `block3_conv1_w`."""
    path, kind = parameter.rsplit(".", 1)
    return path.replace("blocks.", "block").replace(".", "_") + "_" + kind[0]


def arrays_of(weights: dict[str, Tensor]) -> dict[str, np.ndarray]:
    """Return a network's parameters by .npz key, float32."""
    return {key_of(name): value.detach().float().cpu().numpy() for name, value in weights.items()}


def save(path: Path, weights: dict[str, Tensor]) -> None:
    """Write parameters as .npz, whole or not at all."""
    partial = path.with_name(path.name + ".part")
    with partial.open("wb") as file:
        np.savez(file, **arrays_of(weights))
    os.replace(partial, path)


def load(path: Path, net: Edsr) -> list[str]:
    """Set the parameters of `net` from an .npz and return the keys left as they were.

    Only the last convolution may differ in shape: a network for another scale starts from this one's body. Its kernels
    are then set to the mean over the positions inside an enlarged pixel, which enlarges as nearest neighbour does.
    """
    left: list[str] = []
    with np.load(path, allow_pickle=False) as stored, torch.no_grad():
        for name, parameter in net.named_parameters():
            value = torch.from_numpy(stored[key_of(name)])
            if value.shape != parameter.shape:
                if not name.startswith("up."):
                    raise ValueError(f"{path}: {key_of(name)} has the shape {tuple(value.shape)}")
                by_colour = value.reshape(3, -1, *value.shape[1:]).mean(dim=1, keepdim=True)
                value = by_colour.expand(-1, net.scale**2, *value.shape[1:]).reshape(parameter.shape)
                left.append(key_of(name))
            parameter.copy_(value)
    return left
