"""Measure what the automatic choice costs: Y-PSNR of edsr-baseline, of edsr-restore, and of what auto makes of both.

    python models/training/measure_auto.py --benchmark Set14/x3
    python models/training/measure_auto.py --tiles TRAINING_DIR/a TRAINING_DIR/b --count 24
    python models/training/measure_auto.py --tiles ... --strengths 0 25 50 75 100

The thresholds stand in `desktop/core/auto.py`. They are to be tuned on training tiles (with `--strengths`, which shows
where between the two the best lies; the first 24 by name are held back from training, `--skip 24` leaves them out), and
checked on a benchmark. Pictures are worn as `tables.py` has it, and in milder ways; auto sees their pixels alone, not
the tables of the JPEG they came from.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from measure import MeasureError, Pair, Picture, read_pair, read_rgb, y_psnr
from tables import WORN, _jpeg, _noise

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from desktop.core import auto, condition
from desktop.core.engines.base import Mixed, Net
from desktop.core.engines.opencv_engine import OpenCvEngine
from desktop.core.models.catalogue import Catalogue
from desktop.core.photo.photo import Photo

Wear = Callable[[Picture, int], Picture]
TILE = 288

MILD: dict[str, Wear] = {
    "clean": lambda picture, _number: picture,
    "noise sigma 2": lambda picture, number: _noise(picture, number, 2.0),
    "noise sigma 4": lambda picture, number: _noise(picture, number, 4.0),
    "noise sigma 14": lambda picture, number: _noise(picture, number, 14.0),
    "JPEG 95": lambda picture, _number: _jpeg(picture, 95),
    "JPEG 85": lambda picture, _number: _jpeg(picture, 85),
    "JPEG 75": lambda picture, _number: _jpeg(picture, 75),
    "noise sigma 3, then JPEG 90": lambda picture, number: _jpeg(_noise(picture, number, 3.0), 90),
    "noise sigma 8, then JPEG 85": lambda picture, number: _jpeg(_noise(picture, number, 8.0), 85),
    "JPEG 50, then JPEG 95": lambda picture, _number: _jpeg(_jpeg(picture, 50), 95),
}
ALL = {"clean": MILD["clean"], **WORN, **MILD}


def reduced(high: Picture, scale: int) -> Picture:
    """Return an (H, W, 3) picture reduced `scale` times by the bicubic kernel, antialiased, as the papers do."""
    from measure import cubic_kernel

    def rows(values: np.ndarray) -> np.ndarray:
        height = values.shape[0]
        centres = (np.arange(height // scale) + 0.5) * scale - 0.5
        places = np.arange(-4 * scale, height + 4 * scale)
        weights = cubic_kernel((places[None] - centres[:, None]) / scale)
        weights /= weights.sum(axis=1, keepdims=True)
        mirrored = np.where(places < 0, -places - 1, np.where(places >= height, 2 * height - 1 - places, places))
        return np.floor(np.tensordot(weights, values[mirrored], 1).clip(0, 255) + 0.5)

    return rows(rows(high.astype(np.float64)).swapaxes(0, 1)).swapaxes(0, 1).astype(np.uint8)


def tile_pairs(folders: Sequence[Path], skip: int, count: int, scale: int) -> Iterator[Pair]:
    """Yield pairs made of training tiles, sorted by name, of which the first `skip` are left out."""
    paths = sorted((path for folder in folders for path in folder.glob("*.jpg")), key=lambda path: path.name)
    for path in paths[skip : skip + count]:
        side = TILE - TILE % scale
        high = np.ascontiguousarray(read_rgb(path)[0][:side, :side])
        yield Pair(reduced(high, scale), high, scale, grey=False)


class Family:
    """The two networks of one scale, and those between them, each loaded when first asked for."""

    def __init__(self, weights: Path, scale: int) -> None:
        """Raise MeasureError unless both are there."""
        self._files = [weights / f"{family}-x{scale}.pb" for family in ("edsr-baseline", "edsr-restore")]
        for file in self._files:
            if not file.is_file():
                raise MeasureError(f"there is no {file}")
        known = Catalogue.load(ROOT / "models" / "catalogue.toml")
        self._model = next(one for one in known.models if one.family == "edsr-baseline" and one.scale == scale)
        self._nets: dict[int, Net] = {}

    def enlarge(self, picture: Picture, strength: int) -> Picture:
        """Return the picture enlarged with this strength, 0 being edsr-baseline."""
        if strength not in self._nets:
            gentle, full = self._files
            self._nets[strength] = OpenCvEngine().load(self._model, full, Mixed(gentle, 1 - strength / 100))
        answer = self._nets[strength].upscale(picture.astype(np.float32))
        return np.clip(np.rint(answer), 0, 255).astype(np.uint8)


def measure(pairs: Sequence[Pair], family: Family, wear: Wear, strengths: Sequence[int]) -> tuple[list[float], float]:
    """Return the mean Y-PSNR of auto and of every strength, in dB, and the mean strength that auto took."""
    scores: list[list[float]] = []
    chosen: list[int] = []
    for number, pair in enumerate(pairs):
        low = wear(np.ascontiguousarray(pair.low), number)
        chosen.append(auto.choose(condition.examine(Photo(low)))[0])
        asked = {strength: family.enlarge(low, strength) for strength in {chosen[-1], *strengths}}
        psnr = {strength: y_psnr(result, pair.high, pair.scale) for strength, result in asked.items()}
        scores.append([psnr[chosen[-1]], *(psnr[strength] for strength in strengths)])
    return [float(mean) for mean in np.mean(scores, axis=0)], float(np.mean(chosen))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status, 1 if something could not be measured."""
    parser = argparse.ArgumentParser(description="What the automatic choice costs, in dB of Y-PSNR.")
    parser.add_argument("--weights", type=Path, default=ROOT / "models" / "weights", metavar="DIR")
    parser.add_argument("--scale", type=int, default=3)
    parser.add_argument("--benchmark", type=Path, metavar="DIR", help="with NNN_LR.png and NNN_HR.png")
    parser.add_argument("--tiles", type=Path, nargs="+", metavar="DIR", default=())
    parser.add_argument("--skip", type=int, default=0)
    parser.add_argument("--count", type=int, default=24)
    parser.add_argument("--strengths", type=int, nargs="+", default=(0, 100))
    parser.add_argument("--wear", nargs="+", choices=tuple(ALL), default=tuple(ALL))
    options = parser.parse_args(arguments)
    cv2.setNumThreads(1)
    try:
        pairs = list(tile_pairs(options.tiles, options.skip, options.count, options.scale))
        if options.benchmark:
            pairs += [read_pair(path) for path in sorted(options.benchmark.glob("*_LR.png"))]
        if not pairs:
            raise MeasureError("there is nothing to measure on: name --benchmark or --tiles")
        family = Family(options.weights, options.scale)
        heads = "".join(f"{strength:>8}" for strength in options.strengths)
        print(f"{'':<28}{'auto':>8}{heads}{'auto - best':>13}{'strength':>10}")
        for name in options.wear:
            (auto_db, *others), strength = measure(pairs, family, ALL[name], options.strengths)
            columns = "".join(f"{value:8.2f}" for value in others)
            print(f"{name:<28}{auto_db:8.2f}{columns}{auto_db - max(others):13.2f}{strength:10.0f}", flush=True)
    except MeasureError as error:
        print(f"measure_auto: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
