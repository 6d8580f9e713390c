"""Give a network of another scale a start: the body of one that is trained, and the best last layer for it.

    python models/training/transfer.py edsr-restore-x4 --body edsr-restore-x3.npz --tiles TILES_DIR [...] --out OUT.npz

What EDSR's body finds in a picture depends little on how far it is enlarged; only the last convolution does. That one
is linear, so that the best of all, in the mean square, is the solution of a system of equations: minutes instead of
the thousands of iterations after which Adam comes near it. `train.py --start` goes on from there.

The body may be a mean of two that were trained from one: with a share of edsr-baseline's, edsr-restore cleans less.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import torch
from degradation import Clean, Worn
from network import Edsr, load, save
from tiles import Tiles
from torch import Tensor
from torch.nn import functional
from train import RECIPES, TrainError, held_back, tiles_in

# Pixels at a patch's border see the zeros around it; in a photo few do.
_BORDER = 4
# Of the mean of the diagonal: keeps features that nearly say the same from large weights of opposite sign.
_RIDGE = 1e-6


def fit(net: Edsr, wear: Clean | Worn, tiles: Tiles, pictures: int, batch: int = 16) -> None:
    """Set `net.up` to the least squares over so many patches, worn by `wear` as in training."""
    taps = net.up.in_channels * 9 + 1
    gram = torch.zeros(taps, taps, dtype=torch.float64)
    right = torch.zeros(taps, net.up.out_channels, dtype=torch.float64)
    for _ in range(-(-pictures // batch)):
        with torch.inference_mode():
            pair = wear(tiles.sample(batch, wear.extent))
            rows, wanted = _equations(net, pair.low, pair.high)
            gram += rows.T.double() @ rows.double()
            right += rows.T.double() @ wanted.double()
    gram += torch.eye(taps, dtype=torch.float64) * gram.diagonal().mean() * _RIDGE
    solved = torch.linalg.solve(gram, right).float()
    with torch.no_grad():
        net.up.weight.copy_(solved[:-1].T.reshape(net.up.weight.shape))
        net.up.bias.copy_(solved[-1])


def _equations(net: Edsr, low: Tensor, high: Tensor) -> tuple[Tensor, Tensor]:
    """Return what the last layer sees of every pixel, (pixels, taps), and what it should answer, (pixels, outputs)."""
    inside = (..., slice(_BORDER, -_BORDER), slice(_BORDER, -_BORDER))
    seen = net.features(low)
    seen = seen[..., _BORDER - 1 : -(_BORDER - 1), _BORDER - 1 : -(_BORDER - 1)]
    rows = functional.unfold(seen, 3).transpose(1, 2).flatten(0, 1)
    wanted = functional.pixel_unshuffle(high - net.mean, net.scale)[inside].flatten(2).transpose(1, 2).flatten(0, 1)
    return torch.cat([rows, rows.new_ones(rows.shape[0], 1)], dim=1), wanted


def mean(net: Edsr, other: Path, share: float) -> None:
    """Mix the network in `other` into the body of `net`; `share` of it, 0..1."""
    second = Edsr(net.scale)
    load(other, second)
    with torch.no_grad():
        for mine, theirs in zip(net.parameters(), second.parameters(), strict=True):
            mine.lerp_(theirs, share)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", choices=RECIPES, metavar="MODEL")
    parser.add_argument("--body", type=Path, required=True, metavar="BODY.npz", help="a network of any scale")
    parser.add_argument("--mix", type=Path, metavar="OTHER.npz", help="mixed into the body")
    parser.add_argument("--share", type=float, default=0.5, help="of the other in the mixture, 0 to 1 (default: 0.5)")
    parser.add_argument("--tiles", type=Path, nargs="+", required=True, metavar="DIR")
    parser.add_argument("--pictures", type=int, default=1600, help="patches that are looked at (default: 1600)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True, metavar="OUT.npz")
    options = parser.parse_args(arguments)
    torch.manual_seed(options.seed)
    recipe = RECIPES[options.model]
    net = Edsr(recipe.scale)
    wear = recipe.wear(recipe.scale, recipe.patch, torch.device("cpu"))
    try:
        tiles = tiles_in(options.tiles)
        load(options.body, net)
        if options.mix:
            mean(net, options.mix, options.share)
    except (TrainError, OSError, ValueError) as error:
        print(f"transfer: {error}", file=sys.stderr)
        return 1
    fit(net, wear, Tiles.load(tiles[held_back(tiles) :], wear.extent, torch.device("cpu")), options.pictures)
    save(options.out, net.state_dict())
    return 0


if __name__ == "__main__":
    sys.exit(main())
