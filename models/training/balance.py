"""Say what a restoring network gives on worn pictures, and what it takes on clean ones, beside a faithful one.

    python models/training/balance.py edsr-restore-x4 RESTORE.npz [...] --beside BASELINE.npz --tiles TILES_DIR [...]

Measured on the tiles that training sets aside, so that how much a network should clean can be settled without a look
at the pictures it is reported on.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from degradation import MARGIN, Clean
from measure import Pair, y_psnr
from network import Edsr, load
from tables import noisy_jpeg
from tiles import read
from train import RECIPES, TrainError, held_back, tiles_in


def pairs_of(tiles: list[Path], scale: int) -> list[Pair]:
    """Return what is left of the tiles behind the margin, and the same made smaller as the benchmarks' are."""
    pairs = []
    for path in tiles:
        high = read(path)[None] / 255
        wear = Clean(scale, min(high.shape[-2:]) // scale - 2 * MARGIN, torch.device("cpu"))
        made = wear(high[..., : wear.extent, : wear.extent])
        pairs.append(Pair(_picture(made.low), _picture(made.high), scale, grey=False))
    return pairs


def _picture(values: torch.Tensor) -> npt.NDArray[np.uint8]:
    whole = (values[0].permute(1, 2, 0).clamp(0, 1) * 255).round().to(torch.uint8).numpy()
    return np.ascontiguousarray(whole)


def means(weights: Path, scale: int, pairs: list[Pair]) -> tuple[float, float]:
    """Return the mean Y-PSNR in dB on the pairs as they are, and with noise of sigma 8 and JPEG 50."""
    net = Edsr(scale)
    load(weights, net)

    def enlarged(low: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        with torch.inference_mode():
            return _picture(net(torch.from_numpy(low).permute(2, 0, 1)[None] / 255))

    clean = [y_psnr(enlarged(pair.low), pair.high, scale) for pair in pairs]
    worn = [y_psnr(enlarged(noisy_jpeg(pair.low, number)), pair.high, scale) for number, pair in enumerate(pairs)]
    return float(np.mean(clean)), float(np.mean(worn))


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", choices=RECIPES, metavar="MODEL")
    parser.add_argument("weights", type=Path, nargs="+", metavar="RESTORE.npz")
    parser.add_argument("--beside", type=Path, required=True, metavar="BASELINE.npz")
    parser.add_argument("--tiles", type=Path, nargs="+", required=True, metavar="DIR")
    options = parser.parse_args(arguments)
    scale = RECIPES[options.model].scale
    try:
        tiles = tiles_in(options.tiles)
        pairs = pairs_of(tiles[: held_back(tiles)], scale)
        clean, worn = means(options.beside, scale, pairs)
        print(f"{options.beside}: clean {clean:.2f}, worn {worn:.2f}", flush=True)
        for path in options.weights:
            mine = means(path, scale, pairs)
            print(f"{path}: clean {mine[0] - clean:+.2f}, worn {mine[1] - worn:+.2f}", flush=True)
    except (TrainError, OSError, ValueError) as error:
        print(f"balance: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
