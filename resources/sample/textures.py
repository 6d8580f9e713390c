"""Procedural textures in numpy: noise, wood, brick, linen, fruit skins, and the lettering on the tin and the sign."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont, ImageOps

Array = NDArray[np.float64]
Random = np.random.Generator


@dataclass(frozen=True)
class Texture:
    """`albedo` (H, W, 3) linear light, row 0 at the top; `slope` (H, W, 2) is the relief's rise per unit of length
    along u and v; `wrap` repeats it, otherwise the border colour continues."""

    albedo: Array
    slope: Array | None = None
    wrap: bool = False

    def _look_up(self, image: Array, u: Array, v: Array) -> Array:
        rows, columns = image.shape[:2]
        x, y = u * columns - 0.5, (1 - v) * rows - 0.5
        x0, y0 = np.floor(x), np.floor(y)
        fx, fy = (x - x0)[:, None], (y - y0)[:, None]
        left, top = x0.astype(int), y0.astype(int)
        if self.wrap:
            xs, ys = (left % columns, (left + 1) % columns), (top % rows, (top + 1) % rows)
        else:
            xs = (np.clip(left, 0, columns - 1), np.clip(left + 1, 0, columns - 1))
            ys = (np.clip(top, 0, rows - 1), np.clip(top + 1, 0, rows - 1))
        upper = image[ys[0], xs[0]] * (1 - fx) + image[ys[0], xs[1]] * fx
        lower = image[ys[1], xs[0]] * (1 - fx) + image[ys[1], xs[1]] * fx
        result: Array = upper * (1 - fy) + lower * fy
        return result

    def colour(self, u: Array, v: Array) -> Array:
        """Albedo (N, 3) at places u, v (N,)."""
        return self._look_up(self.albedo, u, v)

    def slope_at(self, u: Array, v: Array) -> Array:
        """Relief slopes (N, 2) at places u, v (N,)."""
        return np.zeros((len(u), 2)) if self.slope is None else self._look_up(self.slope, u, v)


def linear(colour: str | Array) -> Array:
    """An sRGB hex string, or sRGB values 0..1, as linear light."""
    values = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255 if isinstance(colour, str) else colour
    result: Array = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    return result


def plain(colour: str) -> Texture:
    """One colour all over."""
    return Texture(linear(colour).reshape(1, 1, 3))


def mix(a: Array, b: Array, share: Array) -> Array:
    """`a` where share (H, W) is 0, `b` where it is 1."""
    weight = np.clip(share, 0, 1)[..., None]
    return a * (1 - weight) + b * weight


def noise(rng: Random, shape: tuple[int, int], cell: tuple[float, float], octaves: int = 4) -> Array:
    """Cloudy noise (H, W) about 0 with a spread of about 1; `cell` is the largest feature in pixels (down, across)."""
    total, weight = np.zeros(shape), 1.0
    for octave in range(octaves):
        rows, columns = (max(2, int(np.ceil(n / c * 2**octave)) + 3) for n, c in zip(shape, cell, strict=True))
        coarse = rng.standard_normal((min(rows, shape[0]), min(columns, shape[1])))
        total += weight * cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_CUBIC)
        weight *= 0.55
    result: Array = total / total.std()
    return result


def smooth_step(low: float, high: float, values: Array) -> Array:
    """0 below `low`, 1 above `high`, a soft ramp between."""
    share = np.clip((values - low) / (high - low), 0, 1)
    return share * share * (3 - 2 * share)


def relief(height: Array, size: tuple[float, float]) -> Array:
    """Slopes (H, W, 2) of a height map (H, W), both in scene units, spread over `size` (width, height)."""
    rows, columns = height.shape
    return np.stack(
        [np.gradient(height, axis=1) * columns / size[0], -np.gradient(height, axis=0) * rows / size[1]], axis=2
    )


def boards(
    rng: Random, size: tuple[float, float], density: int, board: float, dark: str, light: str, depth: float = 0.02
) -> Texture:
    """Boards along u, each `board` wide, with grain, knots, worn paint-grey patches and dark joints."""
    rows, columns = int(size[1] * density), int(size[0] * density)
    y, x = np.mgrid[0:rows, 0:columns] / density
    lane = np.floor(y / board).astype(int)
    count = int(lane.max()) + 1
    offset = rng.uniform(0, 40, count)[lane]
    warp = noise(rng, (rows, columns), (density * 0.5, density * 2.2), 3)
    ring = (y % board) * 9 + warp * 0.8 + offset
    for _ in range(count * 2):
        ky, kx, kr = rng.uniform(0, size[1]), rng.uniform(0, size[0]), rng.uniform(0.03, 0.07)
        away = ((x - kx) / 2.6) ** 2 + (y - ky) ** 2
        ring += 2.2 * np.exp(-away / (2 * kr * kr)) * (lane == int(ky / board))
    grain = 0.5 + 0.5 * np.sin(ring * 2 * np.pi)
    fibre = noise(rng, (rows, columns), (density * 0.02, density * 0.9), 3)
    pores = noise(rng, (rows, columns), (density * 0.012, density * 0.18), 2)
    tone = 0.48 + 0.22 * grain + 0.11 * fibre + 0.06 * pores + rng.uniform(-0.12, 0.12, count)[lane]
    albedo = mix(linear(dark), linear(light), tone)
    weathered = smooth_step(-0.2, 1.4, noise(rng, (rows, columns), (density * 0.7, density * 1.6), 4))
    albedo = mix(albedo, linear("#9a938a") * (0.75 + 0.25 * grain[..., None]), weathered * 0.45)
    edge = np.minimum(y % board, board - y % board) + 0.004 * fibre
    joint = 1 - smooth_step(0.004, 0.022, edge)
    albedo = mix(albedo, linear("#1d1713"), joint)
    height = depth * (0.12 * grain + 0.22 * fibre + 0.1 * pores) - 0.05 * joint
    return Texture(albedo, relief(height, size))


def bricks(rng: Random, size: tuple[float, float], density: int) -> Texture:
    """Old bricks in stretcher bond with pale lime joints, sooty here and bleached there."""
    rows, columns = int(size[1] * density), int(size[0] * density)
    y, x = np.mgrid[0:rows, 0:columns] / density
    high, wide = 0.335, 1.02
    x = x + 0.012 * noise(rng, (rows, columns), (density * 0.5, density * 0.5), 2)
    y = y + 0.008 * noise(rng, (rows, columns), (density * 0.5, density * 0.5), 2)
    course = np.floor(y / high).astype(int) + 1
    along = x / wide + 0.5 * (course % 2) + 5
    number = np.floor(along).astype(int)
    lot = rng.random((64, 64, 4))[course % 64, number % 64]
    edge = np.minimum(np.minimum(y % high, high - y % high), np.minimum(along % 1, 1 - along % 1) * wide)
    rough = noise(rng, (rows, columns), (density * 0.09, density * 0.09), 5)
    face = smooth_step(0.018, 0.036, edge + 0.008 * rough)
    clay = linear("#7f5347") * (0.6 + 0.75 * lot[..., :1]) * (1 + np.array([0.0, 0.30, 0.42]) * (lot[..., 1:2] - 0.4))
    grit = noise(rng, (rows, columns), (density * 0.02, density * 0.02), 2)
    clay = clay * (1 + 0.16 * rough + 0.12 * grit)[..., None]
    clay = mix(clay, linear("#c9b6a0"), 0.38 * smooth_step(0.7, 2.2, rough + 1.2 * (lot[..., 2] - 0.4)))
    lime = linear("#a79a88") * (1 + 0.12 * rough + 0.1 * grit)[..., None]
    albedo = mix(lime, clay, face)
    soot = smooth_step(0.1, 2.0, noise(rng, (rows, columns), (density * 0.9, density * 0.6), 4))
    albedo = np.clip(albedo * (1 - 0.45 * soot[..., None]), 0.01, 1)
    height = 0.022 * face + 0.0035 * rough + 0.002 * grit - 0.012 * smooth_step(1.4, 2.2, rough) * face
    return Texture(albedo, relief(height, size))


def linen(rng: Random, size: tuple[float, float], density: int, hem: float) -> tuple[Texture, Array, NDArray[np.bool_]]:
    """A striped linen cloth: its texture, its height in scene units (H, W), and where between the fringe it is open."""
    rows, columns = int(size[1] * density), int(size[0] * density)
    y, x = np.mgrid[0:rows, 0:columns] / density
    wave = 0.004 * noise(rng, (rows, columns), (density * 0.4, density * 0.4), 3)
    threads = 30.0
    slub_v = noise(rng, (rows, columns), (density * 0.9, density / threads), 1)
    slub_h = noise(rng, (rows, columns), (density / threads, density * 0.9), 1)
    warp, weft = np.cos((x + wave) * threads * 2 * np.pi), np.cos((y + wave) * threads * 2 * np.pi)
    over = warp * weft
    tone = 0.86 + 0.09 * over + 0.035 * slub_v + 0.035 * slub_h
    albedo = linear("#e6dccb") * tone[..., None]
    for start, width, colour in ((0.26, 0.13, "#9c3b2c"), (0.45, 0.035, "#33506b"), (0.52, 0.035, "#33506b")):
        for place in (x, size[0] - x):
            stripe = smooth_step(-0.006, 0.006, width / 2 - np.abs(place + wave - start - width / 2))
            albedo = mix(albedo, linear(colour) * (tone * 1.08)[..., None], stripe * 0.9)
    folds = np.zeros((rows, columns))
    for px, py, angle, width, rise in (
        (0.25, 0.3, 65, 0.10, 0.075),
        (0.62, 0.9, 38, 0.09, 0.055),
        (0.84, 0.2, 110, 0.12, 0.085),
        (0.45, 0.1, 12, 0.08, 0.045),
        (0.1, 0.85, 120, 0.08, 0.05),
    ):
        a = np.radians(angle)
        across = (x - px * size[0]) * np.sin(a) - (y - py * size[1]) * np.cos(a)
        along = (x - px * size[0]) * np.cos(a) + (y - py * size[1]) * np.sin(a)
        bend = across + 0.05 * np.sin(along * 3.1 + px * 9)
        folds += rise * np.exp(-((bend / width) ** 2)) * np.exp(-((along / 0.8) ** 2))
    folds += 0.006 * noise(rng, (rows, columns), (density * 0.5, density * 0.5), 2)
    inside = np.minimum(np.minimum(x, size[0] - x), np.minimum(y, size[1] - y))
    height = np.maximum(folds, 0) * smooth_step(0, 0.3, inside) + 0.014
    border = np.minimum(x, size[0] - x)
    loose = border < hem
    strand = np.cos((y + 0.014 * np.sin(x * 21 + np.floor(y * 15) * 2.4)) * 15 * 2 * np.pi)
    hole = loose & ((strand < 0.1) | (border < hem * (0.12 + 0.4 * rng.random(4096)[(y * 15).astype(int)])))
    return Texture(albedo, relief(0.0035 * over, size)), height, hole


def skin(
    rng: Random,
    base: str,
    blush: str,
    shift: float,
    speckle: str | None = None,
    amount: float = 0.35,
    rough: float = 0.0006,
    crease: float = 0.0,
    crease_at: float = 0.5,
    shape: tuple[int, int] = (512, 1024),
) -> Texture:
    """Fruit skin: `base` with a `blush` on the side turned to `shift` (0..1 round), optionally speckled; `rough` is
    the depth of its pores and `crease` that of the cleft at `crease_at`, in scene units."""
    v, u = np.mgrid[0 : shape[0], 0 : shape[1]] / np.array(shape).reshape(2, 1, 1)
    v = 1 - v
    wide = noise(rng, shape, (shape[0] * 0.5, shape[1] * 0.35), 5)
    streak = noise(rng, shape, (shape[0] * 0.5, shape[1] * 0.03), 3)
    side = np.cos((u - shift) * 2 * np.pi)
    share = smooth_step(-0.9, 1.1, side + 0.42 * wide + 0.07 * streak)
    albedo = mix(linear(base), linear(blush), share * amount * 2)
    albedo = albedo * (1 + 0.03 * wide + 0.01 * streak)[..., None]
    if speckle:
        dots = noise(rng, shape, (9, 9), 2)
        albedo = mix(albedo, linear(speckle), 0.5 * smooth_step(1.7, 2.4, dots))
    # The seam where u wraps round lies at the back, but a bounce may still look at it.
    seam = 0.5 * smooth_step(0.92, 1.0, u)[..., None]
    albedo = albedo * (1 - seam) + albedo[:, ::-1] * seam
    pores = noise(rng, shape, (5, 5), 1)
    height = rough * pores - crease * np.exp(-(((u - crease_at) / 0.026) ** 2)) * smooth_step(0.35, 0.85, v)
    return Texture(np.clip(albedo, 0.005, 1), relief(height, (2.0, 1.1)))


def mottled(rng: Random, colour: str, spread: float, grain: float, shape: tuple[int, int] = (512, 1024)) -> Texture:
    """A colour that varies softly by `spread` and roughly by `grain`: clay, enamel, sailcloth."""
    soft, fine = noise(rng, shape, (shape[0] * 0.4, shape[1] * 0.3), 5), noise(rng, shape, (6, 6), 2)
    rings = noise(rng, shape, (5, shape[1] * 0.6), 2)
    albedo = linear(colour) * (1 + spread * soft + grain * fine + grain * rings)[..., None]
    return Texture(np.clip(albedo, 0.005, 1), relief(grain * 0.006 * (fine + rings), (2.0, 1.0)))


def stoneware(rng: Random) -> Texture:
    """A cream glaze that runs to grey-blue at the foot, with two brushed cobalt rings."""
    shape = (600, 900)
    v = np.repeat(np.linspace(1, 0, shape[0])[:, None], shape[1], axis=1)
    soft = noise(rng, shape, (240, 200), 5)
    albedo = mix(linear("#7d8c91"), linear("#e2dac8"), smooth_step(0.02, 0.42, v + 0.03 * soft))
    for place, width in ((0.60, 0.018), (0.655, 0.007)):
        brush = smooth_step(-0.004, 0.004, width / 2 - np.abs(v - place + 0.002 * soft))
        albedo = mix(albedo, linear("#2f4d78"), brush * (0.85 + 0.1 * soft))
    freckle = smooth_step(2.2, 2.9, noise(rng, shape, (7, 7), 2))
    albedo = mix(albedo * (1 + 0.02 * soft)[..., None], linear("#6e5335"), freckle * 0.5)
    return Texture(np.clip(albedo, 0.005, 1))


def lettering(image: Image.Image, text: str, centre: tuple[float, float], size: float, colour: str, gap: float) -> None:
    """Draw `text` with Pillow's own font, its letters `gap` em further apart, centred at `centre` in pixels."""
    font = ImageFont.load_default(size)
    draw = ImageDraw.Draw(image)
    widths = [draw.textlength(letter, font=font) + gap * size for letter in text]
    x = centre[0] - (sum(widths) - gap * size) / 2
    for letter, width in zip(text, widths, strict=True):
        for bold in (-0.018, 0, 0.018):
            draw.text((x + bold * size, centre[1]), letter, fill=colour, font=font, anchor="lm")
        x += width


def _serif(image: NDArray[np.uint8], text: str, centre: tuple[int, int], scale: float, colour: str, bold: int) -> None:
    rgb = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    (width, height), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_TRIPLEX, scale, bold)
    place = (centre[0] - width // 2, centre[1] + height // 2)
    cv2.putText(image, text, place, cv2.FONT_HERSHEY_TRIPLEX, scale, rgb, bold, cv2.LINE_AA)


def _worn(rng: Random, picture: Array, under: str, amount: float) -> Array:
    shape = (picture.shape[0], picture.shape[1])
    scuff = noise(rng, shape, (110, 110), 4)
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]]
    edge = np.minimum(np.minimum(x, shape[1] - x), np.minimum(y, shape[0] - y)) / min(shape)
    worn = smooth_step(0.0, 0.5, scuff - 2.6 + amount * np.exp(-edge / 0.03))
    stain = 1 - 0.05 * noise(rng, shape, (220, 220), 4)
    return mix(picture * stain[..., None], linear(under), worn * 0.85)


def tea_label(rng: Random) -> Texture:
    """The front of the tea tin: cream paper on dark green lacquer, with lettering from large to barely readable."""
    image = Image.new("RGB", (880, 1080), "#1f3d35")
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((56, 70, 824, 1010), 54, fill="#e9dcc0", outline="#c9a24d", width=12)
    draw.rounded_rectangle((84, 98, 796, 982), 36, outline="#7d2f20", width=5)
    lettering(image, "HARBOUR STREET", (440, 158), 62, "#3a2b20", 0.10)
    for k in range(-2, 3):
        draw.ellipse((440 + k * 120 - 7, 214, 440 + k * 120 + 7, 228), fill="#b5482a")
    # The flame of Rekindle, as the tea's trade mark.
    flame = [(440, 520), (352, 500), (316, 424), (362, 356), (392, 384), (420, 318), (412, 254)]
    flame += [(492, 322), (500, 384), (526, 362), (560, 428), (528, 500)]
    draw.polygon(_rounded(flame), fill="#c2501f")
    inner = [(440, 508), (392, 488), (384, 438), (430, 388), (446, 350), (482, 412), (494, 446), (482, 490)]
    draw.polygon(_rounded(inner), fill="#eeb45a")
    pixels = np.array(image)
    _serif(pixels, "EMBER", (440, 618), 5.3, "#7d2412", 15)
    _serif(pixels, "TEA", (440, 752), 3.5, "#7d2412", 10)
    image = Image.fromarray(pixels)
    lettering(image, "FINEST SMALL LEAF", (440, 845), 58, "#3a2b20", 0.06)
    lettering(image, "BLENDED & PACKED ON THE QUAY", (440, 905), 36, "#3a2b20", 0.05)
    lettering(image, "No. 7   1962   NET 250 g", (440, 948), 32, "#3a2b20", 0.05)
    return Texture(_worn(rng, linear(np.array(image) / 255), "#4a4036", 1.5))


def _rounded(corners: list[tuple[int, int]]) -> list[tuple[float, float]]:
    points = np.array(corners, float)
    for _ in range(4):
        after = np.roll(points, -1, axis=0)
        points = np.stack([points * 0.75 + after * 0.25, points * 0.25 + after * 0.75], axis=1).reshape(-1, 2)
    return [(float(x), float(y)) for x, y in points]


def street_sign(rng: Random) -> Texture:
    """A chipped enamel street sign, white on blue."""
    image = Image.new("RGB", (1200, 480), "#e8e4d8")
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((16, 16, 1184, 464), 26, fill="#20406e")
    draw.rounded_rectangle((36, 36, 1164, 444), 18, outline="#e8e4d8", width=8)
    lettering(image, "HARBOUR", (600, 150), 190, "#f0ece0", 0.05)
    lettering(image, "STREET", (600, 292), 118, "#f0ece0", 0.22)
    lettering(image, "TO THE FERRY  2 min", (600, 394), 66, "#f0ece0", 0.05)
    for x in (80, 1120):
        draw.ellipse((x - 20, 220, x + 20, 260), fill="#5b5149")
    return Texture(_worn(rng, linear(np.array(image) / 255), "#6b3a22", 1.2))


def sailcloth(rng: Random, letters: str) -> Texture:
    """Cream cotton in sewn panels, lettered like a racing dinghy."""
    image = Image.new("RGB", (900, 900), "#e9ddc4")
    draw = ImageDraw.Draw(image)
    for k in range(1, 9):
        draw.line((0, k * 100 + 40, 900, k * 100 - 60), fill="#c3b494", width=5)
        draw.line((0, k * 100 + 50, 900, k * 100 - 50), fill="#d8caac", width=3)
    if letters:
        # The sail's texture is wide where the sail is narrow, so the letters are drawn wide to come out right.
        lettering(image, letters, (450, 560), 230, "#8d2a1b", 0.06)
        # The mainsail's texture runs from the mast aft, which here is from right to left.
        image = ImageOps.mirror(image)
    weave = noise(rng, (900, 900), (4, 4), 1)
    return Texture(linear(np.array(image) / 255) * (1 + 0.03 * weave)[..., None])


def twist(strands: int, colour: str) -> Texture:
    """Laid rope: `strands` spiralling round, wrapping in both directions."""
    v, u = np.mgrid[0:96, 0:96] / 96
    lay = np.cos((u * strands + v) * 2 * np.pi)
    fibre = np.cos((u * strands * 5 + v * 3) * 2 * np.pi)
    albedo = linear(colour) * (0.72 + 0.22 * lay + 0.1 * fibre)[..., None]
    return Texture(np.clip(albedo, 0.01, 1), np.stack([0.5 * np.sin((u * strands + v) * 2 * np.pi)] * 2, axis=2), True)


def hull_paint() -> Texture:
    """A toy yacht's hull from sheer (top) to keel: rubbing strake, blue topsides, white boot top, red below."""
    bands = (("#b98a4e", 0.07), ("#e9e4d6", 0.03), ("#274a6e", 0.42), ("#ece7da", 0.07), ("#8f3123", 0.41))
    rows = [np.repeat(linear(colour)[None], int(share * 400), axis=0) for colour, share in bands]
    return Texture(np.concatenate(rows)[:, None, :])
