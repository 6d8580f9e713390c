"""The harbour behind the still life, painted flat and thrown out of focus."""

from __future__ import annotations

import cv2
import numpy as np
from textures import Array, Random, linear, mix, noise, smooth_step

# The far waterline and horizon, as shares of the picture's height.
HORIZON, QUAY = 0.385, 0.405


def _band(picture: Array, top: float, bottom: float, left: float, right: float, colour: Array) -> None:
    rows, columns = picture.shape[:2]
    picture[int(top * rows) : int(bottom * rows), int(left * columns) : int(right * columns)] = colour


def _sky(rng: Random, rows: int, columns: int) -> Array:
    y, x = np.mgrid[0:rows, 0:columns] / np.array([rows, columns]).reshape(2, 1, 1)
    height = 1 - y / HORIZON
    picture = mix(linear("#f6d6a8") * 1.1, linear("#9fb4c2") * 0.95, smooth_step(-0.05, 0.95, height))
    picture = (
        picture + linear("#f2b46b") * 0.35 * np.exp(-(((x + 0.05) / 0.45) ** 2) - ((height / 0.5) ** 2))[..., None]
    )
    cloud = smooth_step(0.1, 1.9, noise(rng, (rows, columns), (rows * 0.09, columns * 0.35), 5)) * (0.3 + 0.5 * height)
    return mix(picture, linear("#f6dcc0"), cloud * 0.7)


def _houses(rng: Random, picture: Array) -> None:
    colours = ["#c9a67c", "#d9c7a8", "#b0735a", "#d3b48f", "#9fa39b", "#c58f6b", "#ddd2bd", "#a9826a", "#cbb79a"]
    left, index = -0.01, 0
    while left < 0.40:
        width, tall = rng.uniform(0.035, 0.058), rng.uniform(0.085, 0.15) * (1.05 - left)
        wall = linear(colours[index % len(colours)]) * 0.8
        _band(picture, QUAY - tall, QUAY, max(left, 0), left + width, wall)
        # The sun comes from the left, so each gable's right-hand strip falls into shade.
        _band(picture, QUAY - tall, QUAY, max(left + width * 0.8, 0), left + width, wall * 0.55)
        rows, columns = picture.shape[:2]
        roof = np.array(
            [
                [left - 0.004, QUAY - tall],
                [left + width / 2, QUAY - tall - rng.uniform(0.02, 0.045)],
                [left + width + 0.004, QUAY - tall],
            ]
        ) * [columns, rows]
        cv2.fillPoly(
            picture,
            [roof.astype(np.int32)],
            tuple(linear(rng.choice(["#7a4a3a", "#6a5a50", "#80604a"])) * rng.uniform(0.8, 1.3)),
        )
        for floor in range(3):
            for column in range(2):
                x, y = left + width * (0.2 + 0.36 * column), QUAY - tall * (0.88 - 0.3 * floor)
                _band(picture, y, y + tall * 0.14, max(x, 0), max(x, 0) + width * 0.15, linear("#3c3b3d"))
        left, index = left + width + 0.001, index + 1


def _lighthouse(picture: Array, x: float) -> None:
    rows, columns = picture.shape[:2]
    _band(picture, QUAY - 0.012, QUAY, 0.36, 0.62, linear("#70675d"))

    def tower(top: float, bottom: float, colour: Array) -> None:
        corners = []
        for y, sign in ((top, -1), (top, 1), (bottom, 1), (bottom, -1)):
            corners.append([(x + sign * (0.008 + 0.005 * (y - 0.2) / 0.2)) * columns, y * rows])
        cv2.fillPoly(picture, [np.array(corners).astype(np.int32)], tuple(colour))

    for k in range(5):
        tower(0.235 + k * 0.032, 0.267 + k * 0.032, linear("#e9e0d0") if k % 2 else linear("#a5382a"))
    tower(0.215, 0.235, linear("#33302f"))
    _band(picture, 0.218, 0.232, x - 0.005, x + 0.005, linear("#ffd98a") * 2.2)


def _boats(rng: Random, picture: Array) -> None:
    rows, columns = picture.shape[:2]
    for x, size, colour in (
        (0.07, 1.0, "#2f5d6e"),
        (0.2, 1.25, "#7c3a2c"),
        (0.335, 0.9, "#e2dccd"),
        (0.52, 0.8, "#39536b"),
    ):
        y, s = QUAY + 0.012 * size, 0.045 * size
        hull = [[-1, -0.30], [-0.5, -0.12], [0.6, -0.12], [1.05, -0.34], [0.8, 0.16], [-0.85, 0.16]]
        points = (np.array(hull) * s * [1, 1.3] + [x, y]) * [columns, rows]
        cv2.fillPoly(picture, [points.astype(np.int32)], tuple(linear(colour)))
        _band(picture, y - s * 0.75, y - s * 0.15, x - s * 0.5, x - s * 0.05, linear("#e8e0d0") * 0.9)
        for offset, tall in ((0.1, 3.4), (-0.6, 2.2)):
            foot, top = (x + offset * s, y - s * 0.1), (x + offset * s + 0.002, y - s * tall)
            ends = [(int(px * columns), int(py * rows)) for px, py in (foot, top)]
            cv2.line(picture, ends[0], ends[1], tuple(linear("#4b3a2c")), max(2, rows // 300), cv2.LINE_AA)


def _water(rng: Random, picture: Array) -> Array:
    rows, columns = picture.shape[:2]
    line = int(QUAY * rows)
    depth = np.arange(rows - line)[:, None] / rows
    swell = noise(rng, (rows - line, columns), (rows * 0.012, columns * 0.05), 3)
    near = 0.004 + depth * 0.25
    # Ripples show more sky the nearer they are: the reflection breaks up into horizontal shards.
    up = np.clip(line - 1 - (depth * rows * 0.85 + np.abs(swell) * near * rows * 0.5), 0, line - 1)
    across = np.clip(np.arange(columns)[None] + swell * near * columns * 0.05, 0, columns - 1)
    mirrored = cv2.remap(picture, across.astype(np.float32), up.astype(np.float32), cv2.INTER_LINEAR)
    tint = mix(linear("#6f8387"), linear("#39484c"), smooth_step(0, 0.4, depth + 0 * swell))
    water = mix(mirrored * 0.75, tint, 0.35 + 0.25 * smooth_step(-0.5, 1.5, swell))
    lit = noise(rng, (rows - line, columns), (rows * 0.006, columns * 0.012), 2)
    side = np.exp(-(((np.arange(columns)[None] / columns - 0.1) / 0.5) ** 2))
    glint = smooth_step(2.25, 2.9, lit + 0.35 * swell + 0.25 * side)
    return water + linear("#ffdca6") * (5.0 * glint * (0.25 + side))[..., None]


def harbour(rng: Random, rows: int, columns: int) -> Array:
    """The blurred harbour (rows, columns, 3) in linear light, by a disc as a lens would."""
    picture = np.ascontiguousarray(_sky(rng, rows, columns))
    y, x = np.mgrid[0:rows, 0:columns] / np.array([rows, columns]).reshape(2, 1, 1)
    for crest, colour in ((0.085, "#9aa3ab"), (0.05, "#77817c")):
        ridge = HORIZON - crest * (0.55 + 0.25 * np.sin(x * 5.1 + crest * 90) + 0.2 * np.sin(x * 11.3 + crest * 40))
        picture = mix(picture, linear(colour), smooth_step(-0.002, 0.002, y - ridge))
    _houses(rng, picture)
    _lighthouse(picture, 0.475)
    _band(picture, QUAY - 0.008, QUAY, 0, 0.4, linear("#6a6056"))
    _boats(rng, picture)
    picture[int(QUAY * rows) :] = _water(rng, picture)
    radius = rows * 0.0125
    reach = int(np.ceil(radius))
    dy, dx = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    disc = np.clip(radius + 0.5 - np.hypot(dx, dy), 0, 1)
    # A real lens lights the rim of its blur discs a little more than their middle.
    disc *= 0.85 + 0.3 * (np.hypot(dx, dy) / radius) ** 2
    return cv2.filter2D(picture, -1, disc / disc.sum(), borderType=cv2.BORDER_REFLECT)
