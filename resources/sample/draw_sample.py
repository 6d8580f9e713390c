"""Draw the sample photo of the first-run screen: `python resources/sample/draw_sample.py [OUTPUT]`.

A still life on a harbour quay, ray traced from shapes and textures described in this folder; no photograph and no
other picture goes into it. The same library versions give the same bytes.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
from backdrop import harbour
from PIL import Image, ImageCms
from scene import LIGHT, build
from textures import Array, Random
from tracer import dot, shade, unit

WIDTH, HEIGHT, SEED = 480, 360, 1962
OUTPUT = Path(__file__).with_name("harbour-1962.jpg")

EYE, TARGET = np.array([0.0, 1.75, 8.2]), np.array([0.08, 1.27, 0.0])
FIELD = 2.12 / 8.2  # half the picture's height at unit distance
FOCUS, APERTURE = 7.75, 0.035
TILE_ROWS = 6


def _strata(rng: Random, pixels: int, side: int, pairs: int) -> Array:
    """(pixels, side², 2 * pairs) numbers in 0..1: every pair covers the square evenly, in another order per pair."""
    cells = np.arange(side * side)
    corner = np.stack([cells % side, cells // side], axis=1)
    out = np.empty((pixels, side * side, 2 * pairs))
    for k in range(pairs):
        order = (
            np.broadcast_to(cells, (pixels, side * side))
            if k == 0
            else rng.permuted(np.broadcast_to(cells, (pixels, side * side)), axis=1)
        )
        out[..., 2 * k : 2 * k + 2] = (corner[order] + rng.random((pixels, side * side, 2))) / side
    return out


def render(side: int) -> Array:
    """The scene as linear light (HEIGHT, WIDTH, 3), averaged over `side`² rays in each pixel."""
    shapes = build(np.random.default_rng([SEED, 1]))
    behind = harbour(np.random.default_rng([SEED, 2]), HEIGHT * 4, WIDTH * 4)
    forward = unit(TARGET - EYE)
    right = unit(np.cross(forward, [0.0, 1.0, 0.0]))
    upward = np.cross(right, forward)
    out = np.zeros((HEIGHT, WIDTH, 3))
    for top in range(0, HEIGHT, TILE_ROWS):
        rng = np.random.default_rng([SEED, 3, top])
        y, x = (a.ravel() for a in np.mgrid[top : top + TILE_ROWS, 0:WIDTH])
        s = _strata(rng, len(y), side, 5).reshape(-1, 10)
        px, py = np.repeat(x, side * side) + s[:, 0], np.repeat(y, side * side) + s[:, 1]
        across, up = (px / HEIGHT - WIDTH / HEIGHT / 2) * 2 * FIELD, (0.5 - py / HEIGHT) * 2 * FIELD
        ray = forward + across[:, None] * right + up[:, None] * upward
        radius, angle = APERTURE * np.sqrt(s[:, 2]), 2 * np.pi * s[:, 3]
        lens = (radius * np.cos(angle))[:, None] * right + (radius * np.sin(angle))[:, None] * upward
        colour, hit = shade(shapes, LIGHT, EYE + lens, unit(ray * FOCUS - lens), s[:, 4:])
        rows, columns = (py * 4).astype(int), (px * 4).astype(int)
        colour = np.where(hit[:, None], colour, behind[rows, columns])
        # One sparkle must not outshine all the other rays of its pixel.
        colour = np.minimum(colour, 4.0)
        out[top : top + TILE_ROWS] = colour.reshape(TILE_ROWS, WIDTH, side * side, 3).mean(axis=2)
    return out


def develop(picture: Array) -> Array:
    """Linear light to a faded, warm, slightly grainy print: sRGB values (HEIGHT, WIDTH, 3) in 0..1."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    away = np.hypot((x - WIDTH / 2) / (WIDTH / 2), (y - HEIGHT / 2) / (WIDTH / 2)) / 1.25
    glow = cv2.GaussianBlur(np.maximum(picture - 0.75, 0), (0, 0), 5.0)
    light = (picture + 0.10 * glow * np.array([1.0, 0.72, 0.45])) * (1 - 0.34 * away**2.4)[..., None] * 1.02
    # A film's shoulder: highlights bend over instead of clipping.
    film = light * (1 + light / 5.0) / (1 + light * 0.72)
    tone = np.where(film <= 0.0031308, film * 12.92, 1.055 * np.maximum(film, 1e-6) ** (1 / 2.4) - 0.055)
    grey = dot(tone, np.array([0.30, 0.59, 0.11]))
    tone = grey[..., None] + (tone - grey[..., None]) * 0.88
    tone = tone + 0.05 * np.sin((tone - 0.5) * 2 * np.pi)
    black, white = np.array([0.060, 0.052, 0.050]), np.array([0.985, 0.962, 0.915])
    tone = black + np.clip(tone, 0, 1) * (white - black)
    rng = np.random.default_rng([SEED, 4])
    coarse = cv2.GaussianBlur(rng.standard_normal((HEIGHT, WIDTH, 3)), (0, 0), 0.6)
    grain = coarse.mean(axis=2, keepdims=True) * 0.009 + coarse * 0.0025
    middle = 0.45 + 0.55 * np.sin(np.clip(grey, 0, 1) * np.pi)[..., None]
    finished: Array = np.clip(tone + grain * middle, 0, 1)
    return finished


def _profile() -> bytes:
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    # Bytes 24 to 35 hold the moment the profile was made, which would make every run's file different (ICC.1 7.2).
    data[24:36] = bytes.fromhex("07e900010001000000000000")
    return bytes(data)


def save(picture: Array, path: Path) -> None:
    """Write sRGB values in 0..1 as JPEG (or PNG, by the suffix), with the metadata a real photo would carry."""
    image = Image.fromarray((picture * 255 + 0.5).astype(np.uint8))
    exif = Image.Exif()
    exif[0x010E] = "Harbour still life, drawn by draw_sample.py; not a photograph"
    exif[0x0131] = "Rekindle draw_sample.py"
    exif[0x0132] = "1962:08:18 18:42:00"
    exif[0x013B] = "The Rekindle authors"
    exif[0x8298] = "Copyright The Rekindle authors, MIT License"
    image.save(path, quality=95, dpi=(300, 300), exif=exif, icc_profile=_profile())


def main() -> None:
    """Read the command line, draw, save."""
    parser = argparse.ArgumentParser(description="Draw the sample photo.")
    parser.add_argument("output", nargs="?", type=Path, default=OUTPUT)
    parser.add_argument("--side", type=int, default=6, help="rays along a pixel's side; 2 is a quick look")
    arguments = parser.parse_args()
    save(develop(render(arguments.side)), arguments.output)


if __name__ == "__main__":
    main()
