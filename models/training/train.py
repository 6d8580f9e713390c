"""Train one of Rekindle's networks.

    python models/training/train.py edsr-baseline-x3 --tiles TILES_DIR [...] --out RUN_DIR

Writes to RUN_DIR: MODEL.npz (the weights, their running mean), log.csv, curve.png, checkpoint.pt. Called again it goes
on from the checkpoint, and says so if the run is complete. Runs on CUDA where there is one, else on the processor; the
same seed, machine and versions give the same weights but for the order in which a GPU adds.

Nothing is chosen by looking at results: the weights that are kept are those of the last iteration. The tiles that are
set aside only draw the curve.
"""

from __future__ import annotations

import argparse
import copy
import csv
import math
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from degradation import Clean, Pair, Worn
from network import Edsr, load, save
from tiles import Tiles
from torch import Tensor
from torch.nn import functional

HELD_BACK = 24
EMA = 0.999
CLIP = 0.5


@dataclass(frozen=True)
class Recipe:
    """How a model is trained: its scale, what wears its inputs down, and for how long.

    Attributes:
        start: model whose weights it starts from; None for chance. One of another scale goes through `transfer.py`.
        batch: pictures an iteration; `patch` is their side in LR pixels.
        peak: the highest learning rate; it falls to nothing along a cosine.
    """

    scale: int
    wear: type[Clean] | type[Worn]
    start: str | None
    iterations: int
    batch: int = 16
    patch: int = 48
    peak: float = 4e-4


RECIPES = {
    "edsr-baseline-x3": Recipe(3, Clean, "edsr-baseline-x3", 100_000),
    "edsr-baseline-x2": Recipe(2, Clean, "edsr-baseline-x3", 100_000),
    "edsr-baseline-x4": Recipe(4, Clean, "edsr-baseline-x3", 100_000),
    "edsr-restore-x3": Recipe(3, Worn, "edsr-baseline-x3", 60_000),
    "edsr-restore-x2": Recipe(2, Worn, "edsr-restore-x3", 60_000),
    "edsr-restore-x4": Recipe(4, Worn, "edsr-restore-x3", 60_000),
}


class TrainError(Exception):
    """Training cannot begin; the message says why, in words for the person at the command line."""


def rate(iteration: int, recipe: Recipe) -> float:
    """Return the learning rate of an iteration, counted from 0: a straight climb, then half a cosine to zero."""
    climb = min(500, recipe.iterations // 20)
    if iteration < climb:
        return recipe.peak * (iteration + 1) / climb
    part = (iteration - climb) / max(1, recipe.iterations - climb)
    return recipe.peak * 0.5 * (1 + math.cos(math.pi * min(1.0, part)))


class Trainer:
    """One network, its running mean, and the step that betters it. All of a step happens on the device."""

    def __init__(self, recipe: Recipe, tiles: list[Path], device: torch.device, *, compiled: bool, exact: bool) -> None:
        self.recipe = recipe
        self.device = device
        self.exact = exact
        self.wear = recipe.wear(recipe.scale, recipe.patch, device)
        held = held_back(tiles)
        self.tiles = Tiles.load(tiles[held:], self.wear.extent, device)
        self.net = Edsr(recipe.scale).to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.ema = copy.deepcopy(self.net).requires_grad_(False)
        self.optimizer = torch.optim.Adam(self.net.parameters(), lr=recipe.peak, betas=(0.9, 0.99), foreach=True)
        self.forward: Callable[[Tensor], Tensor] = torch.compile(self.net) if compiled else self.net
        self.loss: Tensor | None = None  # running mean
        with torch.random.fork_rng():
            torch.manual_seed(0)
            self.check = self.wear(
                Tiles.load(tiles[:held], self.wear.extent, device).sample(4 * held, self.wear.extent)
            )

    def begin(self, start: Path | None) -> None:
        """Set the weights to those in `start`."""
        if start is not None:
            load(start, self.net)
        self.ema.load_state_dict(self.net.state_dict())

    def step(self, iteration: int) -> None:
        """Do one iteration."""
        self.optimizer.param_groups[0]["lr"] = rate(iteration, self.recipe)
        with torch.no_grad():
            pair: Pair = self.wear(self.tiles.sample(self.recipe.batch, self.wear.extent))
        low = pair.low.contiguous(memory_format=torch.channels_last)
        self.optimizer.zero_grad()
        with torch.autocast(self.device.type, torch.bfloat16, enabled=not self.exact):
            result = self.forward(low)
        loss = functional.l1_loss(result.float(), pair.high)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), CLIP, foreach=True)
        self.optimizer.step()
        with torch.no_grad():
            torch._foreach_lerp_(list(self.ema.parameters()), list(self.net.parameters()), 1 - EMA)
            self.loss = loss.detach() if self.loss is None else self.loss.lerp(loss.detach(), 0.01)

    def state(self) -> dict[str, Any]:
        """Return all that a checkpoint must hold."""
        return {
            "net": self.net.state_dict(),
            "ema": self.ema.state_dict(),
            "optimizer": self.optimizer.state_dict(),
        }

    def put_back(self, state: dict[str, Any]) -> None:
        """Take over what `state` gave."""
        self.net.load_state_dict(state["net"])
        self.ema.load_state_dict(state["ema"])
        self.optimizer.load_state_dict(state["optimizer"])

    def y_psnr(self) -> float:
        """Return the mean PSNR in dB of luma on the tiles set aside, by the running mean of the weights."""
        weights = torch.tensor([65.481, 128.553, 24.966], device=self.device).view(1, 3, 1, 1) / 255
        edge = self.recipe.scale
        with torch.no_grad():
            result = torch.cat([self.ema(part) for part in self.check.low.split(16)]).clamp(0, 1)
        error = ((result - self.check.high) * weights).sum(1)[:, edge:-edge, edge:-edge]
        return float((-10 * torch.log10((error**2).mean((1, 2)))).mean())


def tiles_in(folders: Sequence[Path]) -> list[Path]:
    """Return the tiles of these folders, in the order that says which are set aside."""
    tiles = sorted((path for folder in folders for path in folder.glob("*.jpg")), key=lambda path: path.name)
    if len(tiles) < 2:
        raise TrainError("there are no tiles (*.jpg) in " + ", ".join(map(str, folders)))
    return tiles


def held_back(tiles: Sequence[Path]) -> int:
    """Return how many of the first tiles are never trained on."""
    return max(1, min(HELD_BACK, len(tiles) // 10))


def write_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Write a checkpoint, whole or not at all."""
    partial = path.with_name(path.name + ".part")
    torch.save(state, partial)
    os.replace(partial, path)


def draw(log: Path, picture: Path) -> None:
    """Draw the curve of a log, where matplotlib is installed."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return
    with log.open(newline="") as file:
        rows = list(csv.DictReader(file))
    figure = Figure(figsize=(8, 4), layout="constrained")
    quality = figure.subplots()
    at = [int(row["iteration"]) for row in rows]
    quality.plot(at, [float(row["y_psnr"]) for row in rows], color="tab:blue")
    quality.set(xlabel="iteration", ylabel="Y-PSNR on tiles set aside, dB")
    loss = quality.twinx()
    loss.plot(at, [float(row["loss"]) for row in rows], color="tab:orange", linewidth=0.8)
    loss.set_ylabel("L1 loss (running mean)")
    figure.savefig(picture)


def train(name: str, recipe: Recipe, options: argparse.Namespace) -> None:
    """Train the model `name` until its recipe, or the time given, is at its end."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    torch.backends.cudnn.benchmark = True
    torch.manual_seed(options.seed)
    tiles = tiles_in(options.tiles)
    out: Path = options.out
    out.mkdir(parents=True, exist_ok=True)
    checkpoint, log, weights = out / "checkpoint.pt", out / "log.csv", out / f"{name}.npz"
    started = time.monotonic()
    trainer = Trainer(recipe, tiles, device, compiled=options.compile, exact=options.exact)
    done, spent = 0, 0.0
    if checkpoint.exists():
        stored = torch.load(checkpoint, map_location=device, weights_only=True)
        if stored["recipe"] != str(recipe):
            raise TrainError(f"{checkpoint} is of another recipe; choose another --out, or remove it")
        done, spent = stored["iteration"], stored["seconds"]
        trainer.put_back(stored)
        torch.manual_seed(options.seed + done)
    else:
        trainer.begin(options.start)
        with log.open("w", newline="") as file:
            csv.writer(file).writerow(("iteration", "seconds", "rate", "loss", "y_psnr"))
    print(f"{name}: {len(tiles)} tiles, {device.type}, ready after {time.monotonic() - started:.0f} s", flush=True)
    started = time.monotonic() - spent

    def keep(iteration: int) -> None:
        seconds = time.monotonic() - started
        quality, loss = trainer.y_psnr(), float("nan" if trainer.loss is None else trainer.loss)
        with log.open("a", newline="") as file:
            row = (iteration, f"{seconds:.0f}", f"{rate(iteration, recipe):.3g}", f"{loss:.5f}", f"{quality:.3f}")
            csv.writer(file).writerow(row)
        print(f"{iteration} of {recipe.iterations}: {quality:.3f} dB, L1 {loss:.5f}, {seconds:.0f} s", flush=True)
        state = trainer.state() | {"iteration": iteration, "seconds": seconds, "recipe": str(recipe)}
        write_checkpoint(checkpoint, state)
        save(weights, trainer.ema.state_dict())

    stop = time.monotonic() + options.seconds if options.seconds else math.inf
    for iteration in range(done, recipe.iterations):
        trainer.step(iteration)
        done = iteration + 1
        if done % options.every == 0 or done == recipe.iterations:
            keep(done)
        if done % 50 == 0 and device.type == "cuda":
            torch.cuda.synchronize()  # it is told what to do long before it does it, and time would not be up
        if time.monotonic() > stop:
            break
    if done % options.every and done != recipe.iterations:
        keep(done)
    draw(log, out / "curve.png")
    print(f"{weights}: {done} of {recipe.iterations} iterations", flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(description="Train one of Rekindle's EDSR networks.")
    parser.add_argument("model", choices=RECIPES, metavar="MODEL", help=", ".join(RECIPES))
    parser.add_argument("--tiles", type=Path, nargs="+", required=True, metavar="DIR", help="folders of square *.jpg")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--start", type=Path, metavar="WEIGHTS.npz", help="weights to start from (see RECIPES)")
    parser.add_argument("--iterations", type=int, help="instead of the recipe's")
    parser.add_argument("--batch", type=int, help="pictures an iteration, instead of the recipe's")
    parser.add_argument("--patch", type=int, help="side of a patch in LR pixels, instead of the recipe's")
    parser.add_argument("--peak", type=float, help="highest learning rate, instead of the recipe's")
    parser.add_argument("--seconds", type=float, help="stop after so long; called again, it goes on")
    parser.add_argument("--every", type=int, default=1000, help="iterations from one checkpoint to the next")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--compile", action="store_true", help="let PyTorch compile the network first")
    parser.add_argument("--exact", action="store_true", help="compute in float32 (TF32 on a GPU), not in bfloat16")
    options = parser.parse_args(arguments)
    given = {name: getattr(options, name) for name in ("iterations", "batch", "patch", "peak")}
    recipe = replace(RECIPES[options.model], **{name: value for name, value in given.items() if value is not None})
    try:
        train(options.model, recipe, options)
    except TrainError as error:
        print(f"train: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
