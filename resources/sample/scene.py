"""What stands on the quay table: a toy yacht, a tea tin, a mug, fruit on a cloth, a pot of grass, an old brick wall."""

from __future__ import annotations

import numpy as np
from textures import (
    Array,
    Random,
    boards,
    bricks,
    hull_paint,
    linen,
    mottled,
    plain,
    sailcloth,
    skin,
    stoneware,
    street_sign,
    tea_label,
    twist,
)
from tracer import Box, Cloth, Lathe, Light, Material, Mesh, Shape, Strands, unit

SUN = unit(np.array([-0.80, 0.47, 0.42]))


def sky(direction: Array) -> Array:
    """Evening sky light (N, 3): warm low on the left, blue above, dim water and quay below."""
    up = np.clip(direction[:, 1:2], -1, 1)
    left = np.clip(-direction[:, :1] * 0.8 + direction[:, 2:] * 0.2, 0, 1)
    high = np.array([0.34, 0.42, 0.54])
    low = np.array([0.62, 0.52, 0.42]) + left**2 * np.array([0.55, 0.30, 0.08])
    below = np.array([0.16, 0.16, 0.155])
    share = np.clip(up, 0, 1) ** 0.6
    return np.where(up > 0, low * (1 - share) + high * share, below + (low - below) * np.clip(1 + up * 6, 0, 1) * 0.5)


LIGHT = Light(sun=SUN, colour=np.array([2.55, 1.86, 1.16]), radius=0.035, sky=sky)


def _spline(points: list[tuple[float, float]], steps: int) -> Array:
    """Catmull-Rom curve through (radius, height) points."""
    p = np.array([points[0], *points, points[-1]], float)
    out = []
    for i in range(1, len(p) - 2):
        for t in np.arange(steps) / steps:
            a, b, c, d = p[i - 1 : i + 3]
            out.append(
                0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
            )
    curve = np.array([*out, p[-1]])
    curve[:, 0] = np.maximum(curve[:, 0], 1e-3)
    return curve


def _line(a: tuple[float, float, float], b: tuple[float, float, float], sag: float = 0.0, steps: int = 1) -> Array:
    t = np.linspace(0, 1, steps + 1)[:, None]
    line = np.array(a) * (1 - t) + np.array(b) * t
    line[:, 1] -= 4 * sag * (t * (1 - t))[:, 0]
    return line


def _even(points: Array, radius: float, tip: float | None = None) -> tuple[Array, Array]:
    return points, np.linspace(radius, radius if tip is None else tip, len(points))


def _table(rng: Random) -> list[Shape]:
    top = Material(boards(rng, (8.0, 6.4), 290, 0.62, "#4a3324", "#a98763"), gloss=0.02, polish=18)
    wall = Material(bricks(rng, (4.6, 4.6), 330))
    sign = Material(street_sign(rng), gloss=0.05, polish=160)
    yaw = -13.0
    a = np.radians(yaw)
    right, out = np.array([np.cos(a), 0, -np.sin(a)]), np.array([np.sin(a), 0, np.cos(a)])
    corner = np.array([1.12, 0, -1.35])
    middle = corner + right * 2.3 - out * 0.5
    plate = corner + right * 1.15 + out * 0.03
    bolts = [plate + right * side + out * 0.03 for side in (-0.68, 0.68)]
    return [
        Box((0, -0.2, 1.55), (4.0, 0.2, 3.2), top, bevel=0.03),
        Box((middle[0], 2.3, middle[2]), (2.3, 2.3, 0.5), wall, yaw, 0.05),
        Box((plate[0], 2.55, plate[2]), (0.84, 0.336, 0.025), sign, yaw, 0.025),
        Strands(
            [_even(np.array([[b[0], 2.55, b[2]], [b[0], 2.55, b[2]] + out * 0.02]), 0.028) for b in bolts],
            Material(plain("#8d8579"), gloss=0.3),
        ),
    ]


def _yacht(rng: Random) -> list[Shape]:
    yaw, origin = np.radians(-17.0), np.array([-1.70, 0.0, -0.30])
    turn = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])

    def place(points: Array) -> Array:
        return np.einsum("...i,ji->...j", points, turn) + origin

    along = np.linspace(-1, 1, 19)
    beam = 0.25 * (1 - np.abs(along) ** 2.4 * np.where(along > 0, 0.985, 0.62))
    sheer = 0.56 + 0.10 * np.clip(along, 0, 1) ** 2 + 0.04 * along**2
    keel = 0.20 + 0.20 * np.abs(along) ** 3
    ring = np.linspace(0, 1, 8)
    sides: list[Shape] = []
    for side in (1, -1):
        grid = np.zeros((8, 19, 3))
        grid[..., 0] = along * 0.88 + 0.06 * (1 - ring[:, None]) * along**3
        grid[..., 1] = sheer * (1 - ring[:, None] ** 1.25) + keel * ring[:, None] ** 1.25
        grid[..., 2] = side * beam * np.cos(ring[:, None] * np.pi / 2) ** 0.62
        sides.append(Mesh(place(grid), Material(hull_paint(), gloss=0.045, polish=90)))
    deck = np.stack([np.stack([along * 0.93, sheer - 0.02, k * beam], axis=1) for k in (-1, 0, 1)])
    planks = Material(boards(rng, (1.0, 1.0), 256, 0.14, "#7a4d2a", "#c69a63", 0.005), gloss=0.03)

    def sail(tack: Array, clew: Array, head: Array, belly: float, letters: str) -> Mesh:
        s, t = np.meshgrid(np.linspace(0, 1, 7), np.linspace(0, 1, 8))
        s, t = s[..., None], t[..., None]
        foot = tack * (1 - s) + clew * s
        grid = head * (1 - t) + foot * t
        leech = np.sin(np.pi * t) * s * 0.05
        grid = grid + np.array([0, 0, 1]) * belly * np.sin(np.pi * s) * np.sin(np.pi * t**0.8)
        return Mesh(place(grid + (clew - tack) * leech), Material(sailcloth(rng, letters), through=0.45))

    foot, truck, stem, stern = (0.12, 0.62, 0), (0.10, 2.92, 0), (1.02, 0.72, 0), (-0.90, 0.62, 0)
    main = sail(np.array([0.06, 0.84, 0]), np.array([-0.82, 0.80, 0.10]), np.array([0.08, 2.80, 0]), 0.11, "K 62")
    jib = sail(np.array([0.93, 0.76, 0]), np.array([0.16, 0.78, 0.12]), np.array([0.14, 2.45, 0]), 0.10, "")
    spars = [_even(_line(foot, truck), 0.034, 0.016), _even(_line((0.1, 0.80, 0), (-0.86, 0.77, 0.1)), 0.022)]
    spars += [_even(_line((0.11, 1.85, -0.22), (0.11, 1.85, 0.22)), 0.014)]
    lines = [_line(truck, stem), _line(truck, stern), _line((0.13, 2.47, 0), (0.97, 0.7, 0))]
    for z in (-0.235, 0.235):
        for x in (0.12, 0.02, -0.08):
            lines.append(_line((x, 0.60, z), (0.10, 1.85 if x < 0.1 else 2.6, z * 0.9 if x < 0.1 else 0)))
        for k in range(1, 9):
            y = 0.6 + k * 0.13
            lines.append(_line((-0.085 + 0.175 * k / 9.6, y, z), (0.12 - 0.018 * k / 9, y, z)))
        lines.append(_line((0.10, 1.85, z * 0.9), truck))
        lines.append(_line((-0.6, 0.78, 0.09), (-0.7, 0.6, z * 0.3)))
        rail = [_line((x, 0.72 + 0.1 * max(x, 0) ** 2, z), (x, 0.56, z)) for x in (-0.55, -0.3, 0.3, 0.52)]
        lines += [*rail, np.concatenate([r[:1] for r in rail])]
    cradle = [
        (
            place(np.array([[x, 0.0, -0.24], [x, 0.30, -0.13], [x, 0.22, 0], [x, 0.30, 0.13], [x, 0.0, 0.24]])),
            np.full(5, 0.03),
        )
        for x in (-0.45, 0.45)
    ]
    cradle.append(_even(place(np.array([[-0.45, 0.05, 0.0], [0.45, 0.05, 0.0]])), 0.03))
    wood = Material(boards(rng, (1.0, 1.0), 128, 0.5, "#6f4526", "#b98450", 0.004), gloss=0.04, polish=60)
    cord = Material(plain("#5e5140"))
    return [
        *sides,
        Mesh(place(deck), planks),
        main,
        jib,
        Strands([(place(p), r) for p, r in spars], wood),
        Strands([_even(place(p), 0.0065) for p in lines], cord),
        Strands(cradle, wood),
    ]


def _tin() -> tuple[float, float, float, float]:
    return -0.03, -0.30, 0.53, 11.0


def _crockery(rng: Random) -> list[Shape]:
    x, z, half, yaw = _tin()
    lacquer = Material(mottled(rng, "#1f3d35", 0.06, 0.004), gloss=0.05, polish=120)
    label = Material(tea_label(rng), gloss=0.03, polish=60)
    brass = Material(mottled(rng, "#b98f45", 0.08, 0.02), gloss=0.35, polish=70)
    vase = _spline(
        [
            (0.20, 0.0),
            (0.24, 0.03),
            (0.345, 0.27),
            (0.365, 0.48),
            (0.29, 0.74),
            (0.17, 0.96),
            (0.145, 1.12),
            (0.20, 1.26),
        ],
        5,
    )
    lip = np.array([(0.215, 1.285), (0.21, 1.30), (0.195, 1.295), (0.15, 1.18), (0.13, 1.05)])
    glaze = Material(stoneware(rng), gloss=0.05, polish=220)
    blue = Material(plain("#27476f"), gloss=0.05, polish=200)
    return [
        Box((x, 0.60, z), (half, 0.60, 0.36), label, yaw, 0.035),
        Box((x, 1.285, z), (half + 0.02, 0.085, 0.38), lacquer, yaw, 0.04),
        Lathe((x, 1.37, z), _spline([(0.07, 0.0), (0.05, 0.03), (0.09, 0.075), (0.06, 0.125), (0.0, 0.135)], 5), brass),
        Lathe((0.93, 0, -0.55), vase, glaze),
        Lathe((0.93, 0, -0.55), lip, blue),
    ]


def _fruit(rng: Random) -> list[Shape]:
    cloth, height, hole = linen(rng, (2.5, 1.7), 330, 0.14)
    round_peach = _spline(
        [(0.0, 0.03), (0.12, 0.0), (0.27, 0.09), (0.345, 0.3), (0.30, 0.5), (0.16, 0.615), (0.05, 0.585), (0.0, 0.55)],
        5,
    )
    pear = _spline(
        [
            (0.0, 0.02),
            (0.14, 0.0),
            (0.31, 0.13),
            (0.335, 0.33),
            (0.24, 0.58),
            (0.15, 0.78),
            (0.10, 0.93),
            (0.03, 0.97),
            (0, 0.96),
        ],
        5,
    )
    peach = [
        skin(rng, "#ecb766", "#b53a2e", shift, None, 0.46, 0.0002, 0.036, at)
        for shift, at in ((0.30, 0.57), (0.66, 0.455))
    ]
    green = skin(rng, "#b4a651", "#b06a32", 0.72, "#6d5526", 0.30)
    stem = np.array([[1.13, 0.93, 0.95], [1.155, 1.02, 0.955], [1.21, 1.10, 0.95]])
    leaf = np.array([[0.76, 0.6, 1.12], [0.775, 0.66, 1.11], [0.79, 0.69, 1.10]])
    bark = Material(plain("#4b3420"))
    return [
        Cloth((1.08, 0, 1.12), (2.5, 1.7), height, hole, Material(cloth, through=0.0), 14.0),
        Lathe((0.70, 0.03, 1.12), round_peach, Material(peach[0], velvet=0.5), 10, -6),
        Lathe((1.62, 0.03, 1.02), round_peach * 0.94, Material(peach[1], velvet=0.5), 40, 9),
        Lathe((1.20, 0.03, 0.95), pear, Material(green, gloss=0.03, polish=30), 0, 4),
        Strands([_even(stem, 0.02, 0.03), _even(leaf, 0.018)], bark),
    ]


def _pot(rng: Random) -> list[Shape]:
    base = np.array([2.12, 0, -0.35])
    outline = np.concatenate(
        [
            _spline([(0.36, 0.0), (0.40, 0.03), (0.45, 0.35), (0.50, 0.66)], 4),
            _spline(
                [(0.55, 0.665), (0.57, 0.69), (0.58, 0.80), (0.565, 0.87), (0.53, 0.88), (0.50, 0.84), (0.49, 0.70)], 4
            ),
        ]
    )
    clay = mottled(rng, "#b5653f", 0.09, 0.03)
    soil = _spline([(0.5, 0.76), (0.25, 0.79), (0.0, 0.80)], 3)
    blades = []
    for _ in range(150):
        angle, out = rng.uniform(0, 2 * np.pi), 0.42 * np.sqrt(rng.uniform(0, 1))
        foot = base + np.array([out * np.cos(angle), 0.78, out * np.sin(angle)])
        tall, lean = rng.uniform(0.55, 1.35), rng.uniform(0.1, 0.75) * (0.4 + out)
        way = angle + rng.normal(0, 0.7)
        t = np.linspace(0, 1, 7)[:, None]
        bend = lean * t**2 * np.array([np.cos(way), 0, np.sin(way)]) * 1.3
        droop = np.array([0, 1, 0]) * (tall * t - 0.55 * lean * t**3)
        width = rng.uniform(0.009, 0.017)
        blades.append((foot + bend + droop, width * (1 - t[:, 0] ** 1.6 * 0.85)))
    groups = [(blades[0::3], "#7d9440"), (blades[1::3], "#5c7a35"), (blades[2::3], "#a3a055")]
    return [
        Lathe(tuple(base), outline, Material(clay)),
        Lathe(tuple(base), soil, Material(mottled(rng, "#3a2a1f", 0.3, 0.3))),
        *(Strands(group, Material(plain(colour), gloss=0.02, polish=25, through=0.5)) for group, colour in groups),
    ]


def _rope(rng: Random) -> list[Shape]:
    t = np.linspace(0, 1, 90)
    turns = 2.6
    radius = 0.30 + 0.13 * t * turns
    angle = 2 * np.pi * t * turns + 0.6
    coil = np.stack([-1.75 + radius * np.cos(angle), 0.085 + 0 * t, 1.25 + radius * np.sin(angle) * 0.98], axis=1)
    over = np.linspace(0.5, 5.6, 34)
    upper = np.stack([-1.75 + 0.40 * np.cos(over), 0.23 + 0.02 * np.sin(over * 2), 1.25 + 0.40 * np.sin(over)], axis=1)
    jute = Material(twist(3, "#b59a6c"))
    return [Strands([_even(coil, 0.083), _even(upper, 0.083)], jute, 0.15)]


def _brush(rng: Random) -> list[Shape]:
    heel, way = np.array([-0.78, 0.054, 1.98]), unit(np.array([0.94, 0.0, -0.36]))
    flat = np.cross(way, np.array([0.0, 1.0, 0.0]))
    lengths = np.array([0, 0.02, 0.1, 0.3, 0.5, 0.58])
    handle = (heel + way * lengths[:, None], np.array([0.02, 0.032, 0.042, 0.05, 0.036, 0.034]))
    ferrule = [_even(heel + flat * k + way * np.array([[0.56], [0.72]]), 0.042, 0.05) for k in (-0.03, 0, 0.03)]
    bristles = []
    for _ in range(110):
        side, rise = rng.uniform(-0.07, 0.07), rng.uniform(-0.035, 0.035)
        t = np.linspace(0, 1, 5)[:, None]
        long = rng.uniform(0.27, 0.36)
        spread = flat * (side * (1 + 0.6 * t) + rng.normal(0, 0.025) * t**2)
        fall = np.array([0, 1, 0]) * (rise * (1 + 0.4 * t) + rng.normal(-0.01, 0.015) * t**2)
        bristles.append(_even(heel + way * (0.70 + long * t) + spread + fall, 0.0065, 0.003))
    return [
        Strands([handle], Material(plain("#7a2d22"), gloss=0.06, polish=120)),
        Strands(ferrule, Material(plain("#a79a84"), gloss=0.3, polish=50)),
        Strands(bristles, Material(plain("#9c8257"), through=0.2)),
    ]


def build(rng: Random) -> list[Shape]:
    """Every shape of the still life; the large ones first, so that fewer rays reach the costly ones."""
    return [*_table(rng), *_crockery(rng), *_fruit(rng), *_pot(rng), *_yacht(rng), *_rope(rng), *_brush(rng)]
