"""Measure a dnn_superres EDSR model: Y-PSNR on benchmark pictures, beside bicubic.

    python models/training/measure.py models/weights/edsr-baseline-x3.pb Set5/x3 Set14/x3

A benchmark folder holds pairs NNN_LR.png / NNN_HR.png, LR made by MATLAB's imresize. The protocol is the one that
published figures use: 8-bit results, luma of BT.601 as MATLAB's rgb2ycbcr gives it, `scale` pixels cropped from each
border, mean over the pictures of the PSNR in dB. Whether the harness is right shows in its bicubic column, which must
give the published figures (x3: Set5 30.39, Set14 27.55) to 0.02 dB.

One picture of Set14 (003) is grey, and papers differ on it. Those on networks run it as RGB, as the first row does;
the published bicubic row compares its grey values themselves, as the row "grey as grey" does. A grey value spans 255
levels, rgb2ycbcr's luma 219, so all that differs is that the picture scores 1.32 dB less.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

FloatArray = npt.NDArray[np.float64]
Picture = npt.NDArray[np.uint8]
Enlarger = Callable[[Picture], Picture]


class MeasureError(Exception):
    """Nothing can be measured; the message says why, in words for the person at the command line."""


@dataclass(frozen=True)
class Pair:
    """A benchmark picture, (H, W, 3) uint8 RGB: `low` as given, `high` cut to exactly `scale` times its size.

    `grey` says that the file has one channel.
    """

    low: Picture
    high: Picture
    scale: int
    grey: bool


@dataclass(frozen=True)
class Score:
    """Mean Y-PSNR in dB over the `pictures` of one benchmark folder, `grey` of which have one channel."""

    pictures: int
    grey: int
    scale: int
    bicubic: float
    model: float

    def with_grey_as_grey(self) -> Score:
        """Return the score if grey pictures were compared by grey value (255 levels), not by luma (219)."""
        less = 20 * math.log10(255 / 219) * self.grey / self.pictures
        return replace(self, bicubic=self.bicubic - less, model=self.model - less)


def round_half_up(values: FloatArray) -> FloatArray:
    """Round halves away from zero, as MATLAB does (values >= 0); numpy rounds them to even."""
    return np.floor(values + 0.5)


def luma(rgb: Picture) -> FloatArray:
    """Return the luma (H, W), 16..235, of an (H, W, 3) RGB picture: BT.601, the matrix of MATLAB's rgb2ycbcr.

    Not rounded, as in the EDSR authors' evaluation: rounding adds noise that costs 0.01 to 0.04 dB.
    """
    weights = np.array([65.481, 128.553, 24.966]) / 255
    return rgb.astype(np.float64) @ weights + 16


def y_psnr(result: Picture, truth: Picture, border: int) -> float:
    """Return the PSNR in dB between the lumas of two RGB pictures of one size, without `border` pixels all around.

    Raise MeasureError if nothing is left inside the border.
    """
    inside = (slice(border, -border), slice(border, -border))
    difference = luma(result)[inside] - luma(truth)[inside]
    if difference.size == 0:
        raise MeasureError(f"a picture of {truth.shape[1]}x{truth.shape[0]} px has nothing inside its border")
    error = float(np.mean(difference**2))
    return math.inf if error == 0 else 10 * math.log10(255**2 / error)


def cubic_kernel(distance: FloatArray) -> FloatArray:
    """Return Keys' cubic kernel with a = -0.5 (IEEE ASSP 29, 1981), which MATLAB uses; OpenCV's has a = -0.75."""
    x = np.abs(distance)
    near = 1.5 * x**3 - 2.5 * x**2 + 1
    far = -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    return np.where(x <= 1, near, np.where(x <= 2, far, 0.0))


def enlarge_rows(values: FloatArray, scale: int) -> FloatArray:
    """Return `values` (H, ...) enlarged along axis 0 to (H * scale, ...), mirrored at the border as MATLAB does."""
    height = values.shape[0]
    centres = (np.arange(height * scale) + 0.5) / scale - 0.5
    taps = np.floor(centres).astype(np.intp)[:, None] + np.arange(-1, 3)
    weights = cubic_kernel(centres[:, None] - taps)
    mirror = np.concatenate([np.arange(height), np.arange(height)[::-1]])
    # One tap at a time: the four together would hold four enlarged pictures in memory.
    result = np.zeros((height * scale, *values.shape[1:]))
    for tap in range(4):
        rows = mirror[taps[:, tap] % (2 * height)]
        result += weights[:, tap].reshape(-1, *[1] * (values.ndim - 1)) * values[rows]
    return result


def bicubic(rgb: Picture, scale: int) -> Picture:
    """Return an (H, W, 3) picture enlarged `scale` times as MATLAB's imresize does, rounded to 8 bit."""
    rows = enlarge_rows(rgb.astype(np.float64), scale)
    both = enlarge_rows(rows.swapaxes(0, 1), scale).swapaxes(0, 1)
    return round_half_up(both.clip(0, 255)).astype(np.uint8)


def load_model(path: Path, scale: int) -> Enlarger:
    """Return a function that enlarges RGB pictures with the EDSR .pb at `path` through dnn_superres.

    Raise MeasureError if the file is missing or OpenCV cannot read it. The function raises it too, if OpenCV cannot
    run the model or its result is not `scale` times as large: dnn_superres never compares the scale with the file.
    """
    if not path.is_file():
        raise MeasureError(f"there is no model {path}")
    net = cv2.dnn_superres.DnnSuperResImpl.create()
    try:
        net.readModel(str(path))
        net.setModel("edsr", scale)
    except cv2.error as error:
        raise MeasureError(f"OpenCV cannot read {path} ({error.err})") from error

    def enlarge(rgb: Picture) -> Picture:
        try:
            result = net.upsample(np.ascontiguousarray(rgb[..., ::-1]))[..., ::-1]
        except cv2.error as error:
            raise MeasureError(f"OpenCV cannot run {path} ({error.err})") from error
        if result.shape != (rgb.shape[0] * scale, rgb.shape[1] * scale, 3):
            raise MeasureError(f"{path} does not enlarge by {scale}: {rgb.shape} became {result.shape}")
        return result.astype(np.uint8, copy=False)

    return enlarge


def read_rgb(path: Path) -> tuple[Picture, bool]:
    """Return a picture file as (H, W, 3) uint8 RGB, and whether it is grey. Raise MeasureError if unreadable."""
    try:
        with Image.open(path) as image:
            return np.asarray(image.convert("RGB")), image.mode == "L"
    except (OSError, UnidentifiedImageError) as error:
        raise MeasureError(f"{path} cannot be read ({error})") from error


def read_pair(low_path: Path) -> Pair:
    """Return the pair NNN_LR.png, NNN_HR.png. Raise MeasureError if the sizes give no whole scale from 2 on."""
    low, _ = read_rgb(low_path)
    high, grey = read_rgb(low_path.with_name(low_path.name.replace("_LR.png", "_HR.png")))
    scale = high.shape[0] // low.shape[0]
    # Some sets are published with HR not cut to a multiple of the scale: up to scale - 1 rows and columns too many.
    if scale < 2 or scale != high.shape[1] // low.shape[1]:
        raise MeasureError(f"{low_path}: {low.shape[:2]} and {high.shape[:2]} are not one scale apart")
    return Pair(low, high[: low.shape[0] * scale, : low.shape[1] * scale], scale, grey)


def score_folder(folder: Path, model: Path) -> Score:
    """Return the mean Y-PSNR of bicubic and of the model on all pairs of `folder`.

    Raise MeasureError if there are no pairs, if they differ in scale, or if a picture or the model fails.
    """
    pairs = [read_pair(path) for path in sorted(folder.glob("*_LR.png"))]
    if not pairs:
        raise MeasureError(f"{folder} holds no NNN_LR.png")
    scale = pairs[0].scale
    if any(pair.scale != scale for pair in pairs):
        raise MeasureError(f"{folder} mixes scales")
    enlarge = load_model(model, scale)
    return Score(
        pictures=len(pairs),
        grey=sum(pair.grey for pair in pairs),
        scale=scale,
        bicubic=float(np.mean([y_psnr(bicubic(pair.low, scale), pair.high, scale) for pair in pairs])),
        model=float(np.mean([y_psnr(enlarge(pair.low), pair.high, scale) for pair in pairs])),
    )


def print_row(name: str, score: Score) -> None:
    """Print one line of the table."""
    print(f"{name:<16} {score.scale:>5} {score.pictures:>8} {score.bicubic:>8.2f} {score.model:>8.2f}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status, 1 if something could not be measured."""
    parser = argparse.ArgumentParser(description="Y-PSNR in dB of an EDSR .pb and of bicubic on benchmark pictures.")
    parser.add_argument("model", type=Path, metavar="MODEL.pb")
    parser.add_argument("folders", type=Path, nargs="+", metavar="BENCHMARK_DIR", help="with NNN_LR.png, NNN_HR.png")
    options = parser.parse_args(arguments)
    print(f"{'set':<16} {'scale':>5} {'pictures':>8} {'bicubic':>8} {'model':>8}")
    try:
        for folder in options.folders:
            score = score_folder(folder, options.model)
            print_row("/".join(folder.resolve().parts[-2:]), score)
            if score.grey:
                print_row("  grey as grey", score.with_grey_as_grey())
    except MeasureError as error:
        print(f"measure: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
