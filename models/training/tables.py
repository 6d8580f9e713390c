"""Measure everything that ships, beside what else there is, and write the tables into the model cards.

    python models/training/tables.py --benchmark BENCHMARK_DIR --others THIRD_PARTY_DIR --write models/MODELS.md

BENCHMARK_DIR holds Set5/x2 ... Set14/x4 as `measure.py` wants them; THIRD_PARTY_DIR the .pb of ESPCN, FSRCNN and
LapSRN. What stands between the marks `<!-- tables -->` and `<!-- end of tables -->` is replaced. Every network is run
by OpenCV's dnn_superres, as its file is. Luma and protocol are those of `measure.py`; SSIM is Wang's (Gaussian window
of 11 px, sigma 1.5) on the same luma.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from measure import Enlarger, MeasureError, Pair, Picture, bicubic, luma, read_pair, y_psnr
from PIL import Image

SETS = ("Set5", "Set14")
SCALES = (2, 3, 4)
OWN = ("edsr-baseline", "edsr-restore")
OTHERS = {"espcn": "ESPCN", "fsrcnn": "FSRCNN", "fsrcnn-small": "FSRCNN-small", "lapsrn": "LapSRN"}
# Y-PSNR of bicubic, EDSR-baseline and EDSR as published (Lim et al. 2017; torchSR's tables, which agree).
PUBLISHED = {
    "Set5": {"bicubic": (33.66, 30.39, 28.42), "EDSR-baseline": (37.98, 34.37, 32.09), "EDSR": (38.19, 34.68, 32.48)},
    "Set14": {"bicubic": (30.24, 27.55, 26.00), "EDSR-baseline": (33.57, 30.28, 28.58), "EDSR": (33.95, 30.53, 28.81)},
}
BEGIN, END = "<!-- tables -->\n", "<!-- end of tables -->\n"


@dataclass(frozen=True)
class Mean:
    """Mean Y-PSNR in dB and SSIM of luma over the pictures of a set."""

    psnr: float
    ssim: float

    def __str__(self) -> str:
        return f"{self.psnr:.2f} / {self.ssim:.4f}"


def noisy_jpeg(picture: Picture, number: int) -> Picture:
    """Gaussian noise of sigma 8, then JPEG of quality 50: what the strength of edsr-restore is measured on."""
    return _jpeg(_noise(picture, number, 8.0), 50)


def jpeg(picture: Picture, number: int) -> Picture:
    """JPEG of quality 50 alone."""
    return _jpeg(picture, 50)


def grain(picture: Picture, number: int) -> Picture:
    """Gaussian noise of sigma 8 alone."""
    return _noise(picture, number, 8.0)


def soft(picture: Picture, number: int) -> Picture:
    """Gaussian blur of sigma 0.6, noise of sigma 3, JPEG of quality 75: a photo that was passed around."""
    return _jpeg(_noise(cv2.GaussianBlur(picture, (0, 0), 0.6), number, 3.0), 75)


def _noise(picture: Picture, number: int, sigma: float) -> Picture:
    noise = np.random.default_rng(1000 + number).normal(0.0, sigma, picture.shape)
    return np.clip(np.rint(picture + noise), 0, 255).astype(np.uint8)


def _jpeg(picture: Picture, quality: int) -> Picture:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=quality)
    with Image.open(file) as image:
        return np.array(image)


WORN = {
    "noise sigma 8, then JPEG 50": noisy_jpeg,
    "noise sigma 8": grain,
    "JPEG 50": jpeg,
    "blur 0.6, noise 3, JPEG 75": soft,
}


def run(path: Path, algorithm: str, scale: int) -> Enlarger:
    """Return a function that enlarges RGB pictures with a .pb as dnn_superres does. Raise MeasureError if it cannot."""
    net = cv2.dnn_superres.DnnSuperResImpl.create()
    try:
        net.readModel(str(path))
        net.setModel(algorithm, scale)
    except cv2.error as error:
        raise MeasureError(f"OpenCV cannot read {path} ({error.err})") from error
    return lambda rgb: net.upsample(np.ascontiguousarray(rgb[..., ::-1]))[..., ::-1].copy()


def ssim(result: Picture, truth: Picture, border: int) -> float:
    """Return the mean SSIM of the lumas of two RGB pictures, without `border` pixels all around."""
    from skimage.metrics import structural_similarity

    inside = (slice(border, -border), slice(border, -border))
    return float(
        structural_similarity(
            luma(result)[inside],
            luma(truth)[inside],
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
            data_range=255,
        )
    )


def score(pairs: Sequence[Pair], enlarge: Enlarger, wear: Callable[[Picture, int], Picture] | None = None) -> Mean:
    """Return the means of a network on pairs whose small pictures are worn down first."""
    psnr, likeness = [], []
    for number, pair in enumerate(pairs):
        low = pair.low if wear is None else wear(np.ascontiguousarray(pair.low), number)
        result = enlarge(low)
        psnr.append(y_psnr(result, pair.high, pair.scale))
        likeness.append(ssim(result, pair.high, pair.scale))
    return Mean(float(np.mean(psnr)), float(np.mean(likeness)))


def networks(weights: Path, others: Path | None, scale: int) -> Iterator[tuple[str, Enlarger]]:
    """Yield the name of everything that enlarges `scale` times, ours last."""
    yield "bicubic", lambda rgb: bicubic(rgb, scale)
    if others is not None:
        for family, name in OTHERS.items():
            path = others / f"{name}_x{scale}.pb"
            if path.is_file():
                yield family, run(path, family.split("-")[0], scale)
    for family in OWN:
        path = weights / f"{family}-x{scale}.pb"
        if path.is_file():
            yield f"**{family}**", run(path, "edsr", scale)


def pairs_of(benchmark: Path, name: str, scale: int) -> list[Pair]:
    """Return the pairs of a set. Raise MeasureError if there are none."""
    pairs = [read_pair(path) for path in sorted((benchmark / name / f"x{scale}").glob("*_LR.png"))]
    if not pairs:
        raise MeasureError(f"{benchmark / name / f'x{scale}'} holds no NNN_LR.png")
    return pairs


def clean_table(benchmark: Path, weights: Path, others: Path | None) -> Iterator[str]:
    """Yield the lines of the table on the sets as they are."""
    yield "| | " + " | ".join(f"{name} x{scale}" for name in SETS for scale in SCALES) + " |"
    yield "|---" * (1 + len(SETS) * len(SCALES)) + "|"
    cells: dict[str, dict[tuple[str, int], str]] = {}
    for name in SETS:
        for scale in SCALES:
            pairs = pairs_of(benchmark, name, scale)
            for network, enlarge in networks(weights, others, scale):
                cells.setdefault(network, {})[name, scale] = str(score(pairs, enlarge))
                print(f"{name} x{scale} {network}: {cells[network][name, scale]}", file=sys.stderr)
    places = [(name, scale) for name in SETS for scale in SCALES]
    for network in sorted(cells, key=_place):
        yield f"| {network} | " + " | ".join(cells[network].get(place, "") for place in places) + " |"
    for network in ("bicubic", "EDSR-baseline", "EDSR"):
        figures = [f"{PUBLISHED[name][network][SCALES.index(scale)]:.2f}" for name, scale in places]
        yield f"| {network}, published | " + " | ".join(figures) + " |"


def _place(network: str) -> int:
    return ["bicubic", *OTHERS, *(f"**{family}**" for family in OWN)].index(network)


def worn_table(benchmark: Path, weights: Path, scale: int) -> Iterator[str]:
    """Yield the lines of the table on Set14 with its small pictures worn down."""
    pairs = pairs_of(benchmark, "Set14", scale)
    shown = [(network, enlarge) for network, enlarge in networks(weights, None, scale)]
    yield f"| Set14 x{scale}, made worse by | " + " | ".join(network for network, _ in shown) + " |"
    yield "|---" * (1 + len(shown)) + "|"
    for name, wear in ({"nothing": None} | WORN).items():
        cells = [str(score(pairs, enlarge, wear)) for _, enlarge in shown]
        print(f"x{scale} {name}: {', '.join(cells)}", file=sys.stderr)
        yield f"| {name} | " + " | ".join(cells) + " |"


def tables(benchmark: Path, weights: Path, others: Path | None) -> str:
    """Return all tables as Markdown."""
    parts = ["Y-PSNR in dB / SSIM, `scale` px cropped at each border; the grey picture of Set14 is run as RGB.\n"]
    parts.append("\n".join(clean_table(benchmark, weights, others)) + "\n")
    parts.append("Set14 again, its small pictures made worse before they are enlarged (fixed seeds, `tables.py`):\n")
    parts += ["\n".join(worn_table(benchmark, weights, scale)) + "\n" for scale in SCALES]
    return "\n".join(parts)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status, 1 if something could not be measured."""
    parser = argparse.ArgumentParser(description="Measure all networks and write the tables of the model cards.")
    parser.add_argument("--benchmark", type=Path, required=True, metavar="DIR")
    parser.add_argument("--others", type=Path, metavar="DIR", help="ESPCN, FSRCNN and LapSRN .pb to compare with")
    parser.add_argument("--weights", type=Path, default=Path(__file__).parents[1] / "weights", metavar="DIR")
    parser.add_argument("--write", type=Path, metavar="FILE.md", help="replace the tables in a file; else print them")
    options = parser.parse_args(arguments)
    try:
        text = tables(options.benchmark, options.weights, options.others)
    except MeasureError as error:
        print(f"tables: {error}", file=sys.stderr)
        return 1
    if options.write is None:
        print(text)
        return 0
    card = options.write.read_text("utf-8")
    before, rest = card.split(BEGIN)
    options.write.write_text(before + BEGIN + text + END + rest.split(END)[1], "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
