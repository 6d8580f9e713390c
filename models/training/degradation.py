"""What happens to a picture before Rekindle gets it: the inputs the networks are trained on, made on the device.

`clean` is the setting of the papers: MATLAB's bicubic reduction, nothing else. `worn` is what old and shared photos
went through: blur, one of several ways to make a picture smaller, noise of a sensor or grain of a film, and JPEG,
which may come before the noise, after it, or twice. All strengths are drawn for every picture anew.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

MARGIN = 4  # LR pixels around a patch that only the reduction's filters see
_JPEG_PATCH = 64  # LR pixels: four of the 16-pixel units of JPEG's halved colour planes
_BLUR_TAPS = 13


def _cubic(x: np.ndarray) -> np.ndarray:
    x = np.abs(x)
    near = 1.5 * x**3 - 2.5 * x**2 + 1
    far = -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    return np.where(x <= 1, near, np.where(x <= 2, far, 0.0))


def _linear(x: np.ndarray) -> np.ndarray:
    return np.maximum(0.0, 1 - np.abs(x))


def _box(x: np.ndarray) -> np.ndarray:
    return (np.abs(x) <= 0.5).astype(np.float64)


def _lanczos(x: np.ndarray) -> np.ndarray:
    return np.where(np.abs(x) < 3, np.sinc(x) * np.sinc(x / 3), 0.0)


# What editors, phones and web sites reduce with; the first is the papers'.
_FILTERS: tuple[Callable[[np.ndarray], np.ndarray], ...] = (_cubic, _linear, _box, _lanczos)


def reduction(side: int, scale: int, kernel: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Return the (side, (side + 2 * MARGIN) * scale) matrix that reduces rows `scale` times, antialiased.

    Row i is centred on HR position (i + 0.5) * scale - 0.5 behind the margin, as MATLAB's imresize has it.
    """
    centres = (np.arange(side) + MARGIN + 0.5) * scale - 0.5
    positions = np.arange((side + 2 * MARGIN) * scale)
    weights = kernel((positions[None, :] - centres[:, None]) / scale)
    return weights / weights.sum(axis=1, keepdims=True)


def quantised(pictures: Tensor) -> Tensor:
    """Return pictures rounded to 8 bit, halves up, still as floats in 0..1."""
    return torch.floor(pictures.clamp(0, 1) * 255 + 0.5) / 255


def reduced(pictures: Tensor, matrix: Tensor) -> Tensor:
    """Return square pictures reduced by a matrix, or one each: down, rounded to 8 bit, then across, as imresize does.

    With the bicubic matrix this gives the LR pictures of the usual benchmarks to the grey level.
    """
    return quantised(quantised(matrix @ pictures) @ matrix.transpose(-1, -2))


@dataclass(frozen=True)
class Pair:
    """`low` (N, 3, P, P) and what it should become, `high` (N, 3, P * scale, P * scale), float32 in 0..1."""

    low: Tensor
    high: Tensor


class Clean:
    """Bicubic reduction and nothing else."""

    def __init__(self, scale: int, patch: int, device: torch.device) -> None:
        self.scale = scale
        self.patch = patch
        self.extent = (patch + 2 * MARGIN) * scale
        self._matrix = torch.tensor(reduction(patch, scale, _cubic), dtype=torch.float32, device=device)

    def __call__(self, high: Tensor) -> Pair:
        """Reduce (N, 3, extent, extent)."""
        edge = MARGIN * self.scale
        return Pair(reduced(high, self._matrix), high[..., edge:-edge, edge:-edge])


class Worn:
    """Blur, reduction, noise and JPEG of random kind and strength; a share of the pictures stays clean."""

    CLEAN = 0.4

    def __init__(self, scale: int, patch: int, device: torch.device) -> None:
        if patch > _JPEG_PATCH:
            raise ValueError(f"patches are cut from {_JPEG_PATCH} px, {patch} is more")
        self.scale = scale
        self.patch = patch
        self.extent = (_JPEG_PATCH + 2 * MARGIN) * scale
        matrices = np.stack([reduction(_JPEG_PATCH, scale, kernel) for kernel in _FILTERS])
        self._matrices = torch.tensor(matrices, dtype=torch.float32, device=device)
        self._jpeg = Jpeg(device)

    def __call__(self, high: Tensor) -> Pair:
        """Wear down (N, 3, extent, extent)."""
        batch, device = high.shape[0], high.device
        clean = _chance(batch, self.CLEAN, device)
        picked = torch.randint(len(_FILTERS), (batch,), device=device) * ~clean[:, 0, 0, 0]
        matrix = self._matrices[picked][:, None]
        soft = torch.where(_chance(batch, 0.2, device) & ~clean, blurred(high, self.scale), high)
        low = reduced(soft, matrix)
        worn = low
        # Noise of the sensor first, as a rule; a photo may also be saved before it becomes noisy, and saved again.
        for step, odds in ((self._jpeg, 0.1), (noisy, 0.9), (self._jpeg, 0.85), (noisy, 0.05), (self._jpeg, 0.15)):
            worn = torch.where(_chance(batch, odds, device), quantised(step(worn)), worn)
        low = torch.where(clean, low, worn)
        edge = (_JPEG_PATCH - self.patch) // 2
        inside = slice(edge, edge + self.patch)
        first = (MARGIN + edge) * self.scale
        outside = slice(first, first + self.patch * self.scale)
        return Pair(low[..., inside, inside], high[..., outside, outside])


def _uniform(batch: int, low: float, high: float, device: torch.device) -> Tensor:
    return low + (high - low) * torch.rand(batch, 1, 1, 1, device=device)


def _chance(batch: int, odds: float, device: torch.device) -> Tensor:
    return torch.rand(batch, 1, 1, 1, device=device) < odds


def blurred(pictures: Tensor, scale: int) -> Tensor:
    """Return pictures (N, 3, H, W) softened by a Gaussian that may be longer one way: lens, focus, a moving hand.

    The longer sigma is 0.2 to 0.8 LR pixels; the largest that the taps hold is a third of their reach.
    """
    batch, channels, height, width = pictures.shape
    device = pictures.device
    longer = _uniform(batch, 0.2, min(0.7, _BLUR_TAPS / 6 / scale), device) * scale
    shorter = longer * _uniform(batch, 0.4, 1.0, device)
    angle = _uniform(batch, 0.0, math.pi, device)
    axis = torch.arange(_BLUR_TAPS, device=device) - _BLUR_TAPS // 2
    y, x = axis[None, None, :, None], axis[None, None, None, :]
    along = (x * angle.cos() + y * angle.sin()) / longer
    across = (y * angle.cos() - x * angle.sin()) / shorter
    kernel = torch.exp(-(along**2 + across**2) / 2)
    kernel = (kernel / kernel.sum((2, 3), keepdim=True)).repeat_interleave(channels, 0)
    padded = functional.pad(pictures, (_BLUR_TAPS // 2,) * 4, mode="reflect")
    stacked = padded.reshape(1, batch * channels, *padded.shape[2:])
    return functional.conv2d(stacked, kernel, groups=batch * channels).reshape(batch, channels, height, width)


def noisy(pictures: Tensor) -> Tensor:
    """Return pictures (N, 3, H, W) with noise of 1.5 to 14 grey levels (sigma in mid-grey; small ones more often).

    In between grey and coloured; even, growing with the light as a sensor's, or strongest in the middle tones and as
    coarse as a film's grain.
    """
    batch, device = pictures.shape[0], pictures.device
    sigma = torch.exp(_uniform(batch, math.log(1.5), math.log(14.0), device)) / 255
    coloured = _uniform(batch, 0.0, 1.0, device)
    grey = torch.randn_like(pictures[:, :1])
    noise = coloured * torch.randn_like(pictures) + torch.sqrt(1 - coloured**2) * grey
    side = _uniform(batch, 0.0, 0.6, device)
    coarse = (noise + side * (noise.roll(1, -1) + noise.roll(-1, -1))) / torch.sqrt(1 + 2 * side**2)
    coarse = (coarse + side * (coarse.roll(1, -2) + coarse.roll(-1, -2))) / torch.sqrt(1 + 2 * side**2)
    grain = _chance(batch, 0.4, device)
    noise = torch.where(grain, coarse, noise)
    light = pictures.mean(1, keepdim=True)
    shot = torch.sqrt(light.clamp(min=0.05) / 0.5)
    film = 0.4 + 2.4 * light * (1 - light)
    even = _chance(batch, 0.5, device)
    return pictures + sigma * noise * torch.where(even, torch.ones_like(light), torch.where(grain, film, shot))


class Jpeg:
    """JPEG of quality 30 to 95 (ITU-T T.81; the scaling of its example tables is libjpeg's), without the file.

    Half of the pictures keep their colours whole (4:4:4), half at half the size (4:2:0). Where the 8-pixel squares
    begin is chance too.
    """

    _LUMA = (
        "16 11 10 16 24 40 51 61 12 12 14 19 26 58 60 55 14 13 16 24 40 57 69 56 14 17 22 29 51 87 80 62 "
        "18 22 37 56 68 109 103 77 24 35 55 64 81 104 113 92 49 64 78 87 103 121 120 101 72 92 95 98 112 100 103 99"
    )
    _CHROMA_CORNER = "17 18 24 47 18 21 26 66 24 26 56 99 47 66 99 99"

    def __init__(self, device: torch.device) -> None:
        luma = np.array(self._LUMA.split(), dtype=np.float32).reshape(8, 8)
        chroma = np.full((8, 8), 99, dtype=np.float32)
        chroma[:4, :4] = np.array(self._CHROMA_CORNER.split(), dtype=np.float32).reshape(4, 4)
        self._tables = torch.tensor(np.stack([luma, chroma, chroma]), device=device)
        rows = np.arange(8)
        cosines = np.cos((2 * rows[None, :] + 1) * rows[:, None] * math.pi / 16) / 2
        cosines[0] /= math.sqrt(2)
        cosines = np.kron(np.eye(_JPEG_PATCH // 8), cosines)
        self._dct = torch.tensor(cosines, dtype=torch.float32, device=device)
        to_ycc = np.array([[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]])
        self._to_ycc = torch.tensor(to_ycc, dtype=torch.float32, device=device)
        self._to_rgb = torch.tensor(np.linalg.inv(to_ycc), dtype=torch.float32, device=device)

    def __call__(self, pictures: Tensor, quality: Tensor | None = None) -> Tensor:
        """Return (N, 3, S, S) as it comes out of the file; S a multiple of 16, at most the patch.

        `quality` is (N,); drawn at random where None.
        """
        batch, device = pictures.shape[0], pictures.device
        if quality is None:
            quality = _uniform(batch, 30, 95, device).round().flatten()
        percent = torch.where(quality < 50, 5000 / quality, 200 - 2 * quality)
        tables = torch.floor((self._tables * percent[:, None, None, None] + 50) / 100).clamp(1, 255)
        place = torch.randint(16, (2, batch), device=device)
        ycc = torch.einsum("ij,njhw->nihw", self._to_ycc, _rolled(pictures, place) * 255)
        luma = self._squares(ycc[:, :1] - 128, tables[:, :1]) + 128
        whole = self._squares(ycc[:, 1:], tables[:, 1:])
        halves = self._squares(functional.avg_pool2d(ycc[:, 1:], 2), tables[:, 1:])
        halves = functional.interpolate(halves, scale_factor=2, mode="bilinear", align_corners=False)
        colours = torch.where(_chance(batch, 0.5, device), halves, whole)
        rgb = torch.einsum("ij,njhw->nihw", self._to_rgb, torch.cat([luma, colours], 1)) / 255
        return _rolled(rgb, -place)

    def _squares(self, planes: Tensor, tables: Tensor) -> Tensor:
        """Quantise square planes (N, C, S, S), S at most the patch, in squares of 8 by tables (N, C, 8, 8)."""
        side = planes.shape[-1]
        # All squares of a plane in two products: thousands of products of 8x8 take twenty times as long.
        dct = self._dct[:side, :side]
        table = tables.repeat(1, 1, side // 8, side // 8)
        levels = torch.round(dct @ planes @ dct.T / table) * table
        return dct.T @ levels @ dct


def _rolled(pictures: Tensor, by: Tensor) -> Tensor:
    """Return square pictures (N, C, S, S) moved down by `by[0]` and right by `by[1]`; what leaves comes in opposite."""
    side = pictures.shape[-1]
    step = torch.arange(side, device=pictures.device)
    rows = ((step - by[0][:, None]) % side)[:, None, :, None].expand(pictures.shape)
    columns = ((step - by[1][:, None]) % side)[:, None, None, :].expand(pictures.shape)
    return pictures.gather(2, rows).gather(3, columns)
