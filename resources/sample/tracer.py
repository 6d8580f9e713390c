"""A small path tracer in numpy: enough light to make a drawn still life look photographed.

Rays and points are `(N, 3)` float64 arrays in scene units, x to the right, y up, z towards the camera. Colours are
linear light. Light travels as sun (a soft disc), sky, and one bounce off neighbouring objects, which is what tints a
white cloth next to a peach.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from textures import Array, Texture

EPSILON = 2e-3


@dataclass(frozen=True)
class Material:
    """How a surface answers light: `gloss` is the mirror reflectance seen head-on, `through` the share of light that
    shines through thin things (sails, grass), `velvet` the pale rim of fuzzy ones (peaches)."""

    texture: Texture
    gloss: float = 0.0
    polish: float = 40.0
    through: float = 0.0
    velvet: float = 0.0


@dataclass(frozen=True)
class Surface:
    """Unit normal and tangents `(N, 3)` of hit points, and their place `u`, `v` (0..1) on the texture."""

    normal: Array
    tangent_u: Array
    tangent_v: Array
    u: Array
    v: Array


class Shape(Protocol):
    """Something a ray can hit. `bounds` is the (2, 3) box around it; `intersect` gives distance (inf: missed) and the
    index of the part hit; `surface` describes the points hit."""

    material: Material
    bounds: Array

    def intersect(self, origin: Array, direction: Array) -> tuple[Array, Array]: ...

    def surface(self, points: Array, part: Array) -> Surface: ...


def dot(a: Array, b: Array) -> Array:
    """Row-wise scalar product."""
    return np.einsum("...i,...i->...", a, b)


def unit(a: Array) -> Array:
    """Rows scaled to length one."""
    return a / np.maximum(np.sqrt(dot(a, a)), 1e-12)[..., None]


def _rotation(yaw: float, lean: float) -> Array:
    """Columns are the local axes: lean about z, then turn about y (degrees)."""
    a, b = np.radians(yaw), np.radians(lean)
    turn = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    tilt = np.array([[np.cos(b), -np.sin(b), 0], [np.sin(b), np.cos(b), 0], [0, 0, 1]])
    return np.einsum("ij,jk->ik", turn, tilt)


def _into(frame: Array, a: Array) -> Array:
    return np.einsum("ni,ij->nj", a, frame)


def _out_of(frame: Array, a: Array) -> Array:
    return np.einsum("ni,ji->nj", a, frame)


class Box:
    """A box turned by `yaw` degrees, its edges rounded over `bevel` in the shading only. Every face
    carries the whole texture."""

    def __init__(
        self, centre: Sequence[float], half: Sequence[float], material: Material, yaw: float = 0, bevel: float = 0.02
    ) -> None:
        self.material, self.bevel = material, bevel
        self.centre, self.half, self.frame = np.array(centre, float), np.array(half, float), _rotation(yaw, 0)
        reach = np.einsum("ij,j->i", np.abs(self.frame), self.half) + 1e-6
        self.bounds = np.stack([self.centre - reach, self.centre + reach])

    def intersect(self, origin: Array, direction: Array) -> tuple[Array, Array]:
        o, d = _into(self.frame, origin - self.centre), _into(self.frame, direction)
        inverse = 1 / np.where(np.abs(d) < 1e-12, 1e-12, d)
        near = -o * inverse - np.abs(inverse) * self.half
        far = -o * inverse + np.abs(inverse) * self.half
        enter, leave = near.max(axis=1), far.min(axis=1)
        return np.where((enter < leave) & (enter > EPSILON), enter, np.inf), near.argmax(axis=1)

    def surface(self, points: Array, part: Array) -> Surface:
        p = _into(self.frame, points - self.centre)
        rows = np.arange(len(p))
        normal = np.sign(p) * np.clip((np.abs(p) - self.half + self.bevel) / self.bevel, 0, 1) ** 3 * 0.7
        normal[rows, part] = np.sign(p[rows, part])
        across = np.where(part == 0, 2, 0)
        upward = np.where(part == 1, 2, 1)
        tangent_u, tangent_v = np.eye(3)[across], np.eye(3)[upward]
        # The texture reads the right way round on the front and on top; the right side would be mirrored.
        u = p[rows, across] / self.half[across] * 0.5 + 0.5
        v = p[rows, upward] / self.half[upward] * np.where(part == 1, -0.5, 0.5) + 0.5
        return Surface(
            _out_of(self.frame, unit(normal)), _out_of(self.frame, tangent_u), _out_of(self.frame, tangent_v), u, v
        )


class Lathe:
    """A surface of revolution: `profile` is a (K, 2) outline of radius and height, smooth unless points are doubled."""

    def __init__(
        self, base: Sequence[float], profile: Array, material: Material, yaw: float = 0, lean: float = 0
    ) -> None:
        self.material, self.base, self.frame = material, np.array(base, float), _rotation(yaw, lean)
        self.ring, self.height = profile[:, 0], profile[:, 1]
        step = np.diff(profile, axis=0)
        length = np.sqrt((step**2).sum(axis=1))
        self.arc = np.concatenate([[0], np.cumsum(length)]) / length.sum()
        flat = step / np.maximum(length, 1e-9)[:, None]
        joined = np.concatenate([flat[:1], flat[:-1] + flat[1:], flat[-1:]])
        self.along = joined / np.maximum(np.sqrt((joined**2).sum(axis=1)), 1e-9)[:, None]
        reach = self.ring.max()
        corners = np.array([[x, y, z] for x in (-reach, reach) for y in profile[:, 1] for z in (-reach, reach)])
        world = _out_of(self.frame, corners) + self.base
        self.bounds = np.stack([world.min(axis=0) - 1e-3, world.max(axis=0) + 1e-3])

    def intersect(self, origin: Array, direction: Array) -> tuple[Array, Array]:
        o, d = _into(self.frame, origin - self.base), _into(self.frame, direction)
        best, part = np.full(len(o), np.inf), np.zeros(len(o), int)
        dd, od, oo = d[:, 0] ** 2 + d[:, 2] ** 2, o[:, 0] * d[:, 0] + o[:, 2] * d[:, 2], o[:, 0] ** 2 + o[:, 2] ** 2
        for i in range(len(self.ring) - 1):
            y0, y1 = self.height[i], self.height[i + 1]
            if abs(y1 - y0) < 1e-6:
                continue
            slope = (self.ring[i + 1] - self.ring[i]) / (y1 - y0)
            r0 = self.ring[i] + slope * (o[:, 1] - y0)
            a = dd - (slope * d[:, 1]) ** 2
            a = np.where(np.abs(a) < 1e-12, 1e-12, a)
            b = od - slope * d[:, 1] * r0
            root = np.sqrt(np.maximum(b * b - a * (oo - r0 * r0), 0)) * np.where(b * b > a * (oo - r0 * r0), 1, np.nan)
            for t in ((-b - root) / a, (-b + root) / a):
                y = o[:, 1] + t * d[:, 1]
                good = (t > EPSILON) & (t < best) & (y >= min(y0, y1)) & (y <= max(y0, y1))
                good &= r0 + slope * t * d[:, 1] >= 0
                best, part = np.where(good, t, best), np.where(good, i, part)
        return best, part

    def surface(self, points: Array, part: Array) -> Surface:
        p = _into(self.frame, points - self.base)
        angle = np.arctan2(p[:, 0], p[:, 2])
        share = np.clip((p[:, 1] - self.height[part]) / (self.height[part + 1] - self.height[part]), 0, 1)[:, None]
        along = self.along[part] * (1 - share) + self.along[part + 1] * share
        radial = np.stack([np.sin(angle), np.zeros_like(angle), np.cos(angle)], axis=1)
        around = np.stack([np.cos(angle), np.zeros_like(angle), -np.sin(angle)], axis=1)
        up = np.array([0.0, 1.0, 0.0])
        tangent_v = unit(radial * along[:, :1] + up * along[:, 1:])
        normal = unit(radial * along[:, 1:] - up * along[:, :1])
        v = self.arc[part] * (1 - share[:, 0]) + self.arc[part + 1] * share[:, 0]
        frame = self.frame
        return Surface(
            _out_of(frame, normal), _out_of(frame, around), _out_of(frame, tangent_v), angle / (2 * np.pi) + 0.5, v
        )


class Mesh:
    """Triangles of a (R, C, 3) grid of points with smooth normals: hulls, decks and sails."""

    def __init__(self, grid: Array, material: Material) -> None:
        self.material = material
        rows, columns = grid.shape[:2]
        down, right = np.gradient(grid, axis=0), np.gradient(grid, axis=1)
        self.normals, self.right, self.down = (
            unit(a.reshape(-1, 3)) for a in (np.cross(right.reshape(-1, 3), down.reshape(-1, 3)), right, down)
        )
        v, u = np.meshgrid(np.linspace(1, 0, rows), np.linspace(0, 1, columns), indexing="ij")
        self.uv = np.stack([u.ravel(), v.ravel()], axis=1)
        index = np.arange(rows * columns).reshape(rows, columns)
        a, b, c, e = (x.ravel() for x in (index[:-1, :-1], index[:-1, 1:], index[1:, :-1], index[1:, 1:]))
        self.faces = np.concatenate([np.stack([a, b, c], axis=1), np.stack([b, e, c], axis=1)])
        self.points = grid.reshape(-1, 3)
        self.bounds = np.stack([self.points.min(axis=0) - 1e-3, self.points.max(axis=0) + 1e-3])

    def intersect(self, origin: Array, direction: Array) -> tuple[Array, Array]:
        best, part = np.full(len(origin), np.inf), np.zeros(len(origin), int)
        for i, (p0, p1, p2) in enumerate(self.points[self.faces]):
            e1, e2 = p1 - p0, p2 - p0
            cross = np.cross(direction, e2)
            det = np.einsum("ni,i->n", cross, e1)
            inverse = 1 / np.where(np.abs(det) < 1e-12, 1e-12, det)
            offset = origin - p0
            u = dot(offset, cross) * inverse
            other = np.cross(offset, e1)
            v = dot(direction, other) * inverse
            t = np.einsum("ni,i->n", other, e2) * inverse
            good = (u >= 0) & (v >= 0) & (u + v <= 1) & (t > EPSILON) & (t < best)
            best, part = np.where(good, t, best), np.where(good, i, part)
        return best, part

    def surface(self, points: Array, part: Array) -> Surface:
        face = self.faces[part]
        p0, p1, p2 = (self.points[face[:, k]] for k in range(3))
        whole = np.cross(p1 - p0, p2 - p0)
        area = np.maximum(dot(whole, whole), 1e-12)
        w1 = dot(np.cross(points - p0, p2 - p0), whole) / area
        w2 = dot(np.cross(p1 - p0, points - p0), whole) / area
        weights = np.stack([1 - w1 - w2, w1, w2], axis=1)

        def blend(values: Array) -> Array:
            return np.einsum("nk,nkc->nc", weights, values[face])

        uv = blend(self.uv)
        return Surface(
            unit(blend(self.normals)), unit(blend(self.right)), unit(blend(self.down)) * -1, uv[:, 0], uv[:, 1]
        )


class Strands:
    """Round strands along polylines: masts, rigging, grass, rope. Each strand is points (K, 3) and radii (K,);
    `pitch` is the length along a strand that the texture covers once."""

    def __init__(self, strands: Sequence[tuple[Array, Array]], material: Material, pitch: float = 1.0) -> None:
        self.material, self.pitch = material, pitch
        self.first = np.cumsum([0] + [len(p) - 1 for p, _ in strands])
        self.a = np.concatenate([p[:-1] for p, _ in strands])
        self.e = np.concatenate([np.diff(p, axis=0) for p, _ in strands])
        self.ra = np.concatenate([r[:-1] for _, r in strands])
        self.rb = np.concatenate([r[1:] for _, r in strands])
        self.length = np.sqrt(dot(self.e, self.e))
        self.start = np.concatenate(
            [np.cumsum(self.length[i:j]) - self.length[i:j] for i, j in zip(self.first, self.first[1:], strict=False)]
        )
        self.middle = np.array([(p.min(axis=0) + p.max(axis=0)) / 2 for p, _ in strands])
        self.reach = np.array(
            [
                np.sqrt(((p - m) ** 2).sum(axis=1).max()) + r.max()
                for (p, r), m in zip(strands, self.middle, strict=True)
            ]
        )
        thick = np.maximum(self.ra, self.rb).max()
        ends = np.concatenate([self.a, self.a + self.e])
        self.bounds = np.stack([ends.min(axis=0) - thick, ends.max(axis=0) + thick])

    def intersect(self, origin: Array, direction: Array) -> tuple[Array, Array]:
        best, part = np.full(len(origin), np.inf), np.zeros(len(origin), int)
        for k, (middle, reach) in enumerate(zip(self.middle, self.reach, strict=True)):
            offset = middle - origin
            ahead = dot(offset, direction)
            near = np.flatnonzero((dot(offset, offset) - ahead**2 < reach**2) & (ahead > -reach))
            if not len(near):
                continue
            o, d = origin[near], direction[near]
            for i in range(self.first[k], self.first[k + 1]):
                w, e, ee = o - self.a[i], self.e[i], self.length[i] ** 2
                de, dw, ew = np.einsum("ni,i->n", d, e), dot(d, w), np.einsum("ni,i->n", w, e)
                sine = np.maximum(1 - de * de / ee, 0.05)
                s = np.clip((ew - de * dw) / (ee * sine), 0, 1)
                t = de * s - dw
                q = w + t[:, None] * d - s[:, None] * e
                r = self.ra[i] * (1 - s) + self.rb[i] * s
                inside = r * r - dot(q, q)
                t = t - np.sqrt(np.maximum(inside, 0) / sine)
                good = (inside > 0) & (t > EPSILON) & (t < best[near])
                best[near[good]], part[near[good]] = t[good], i
        return best, part

    def surface(self, points: Array, part: Array) -> Surface:
        e, length = self.e[part], self.length[part]
        s = np.clip(dot(points - self.a[part], e) / length**2, 0, 1)
        normal = unit(points - self.a[part] - s[:, None] * e)
        along = e / length[:, None]
        side = unit(np.cross(along, np.array([0.0, 1.0, 1e-3])))
        angle = np.arctan2(dot(normal, side), dot(normal, np.cross(side, along)))
        v = (self.start[part] + s * length) / self.pitch
        return Surface(normal, np.cross(along, normal), along, angle / (2 * np.pi) + 0.5, v)


class Cloth:
    """A cloth lying on y = 0: `height` (H, W) in scene units over `size`, turned by `yaw`; absent where `hole`."""

    def __init__(
        self,
        centre: Sequence[float],
        size: tuple[float, float],
        height: Array,
        hole: Array,
        material: Material,
        yaw: float,
    ) -> None:
        self.material, self.size, self.hole = material, np.array(size), hole
        self.centre, self.frame = np.array(centre, float), _rotation(yaw, 0)
        self.height = Texture(np.repeat(height[..., None], 3, axis=2))
        self.top = float(height.max()) + 0.01
        reach = np.abs(self.frame[0, 0]) * self.size / 2 + np.abs(self.frame[0, 2]) * self.size[::-1] / 2
        self.bounds = np.array(
            [
                [centre[0] - reach[0], -0.01, centre[2] - reach[1]],
                [centre[0] + reach[0], self.top, centre[2] + reach[1]],
            ]
        )

    def _place(self, p: Array) -> tuple[Array, Array]:
        return p[:, 0] / self.size[0] + 0.5, 0.5 - p[:, 2] / self.size[1]

    def _above(self, p: Array) -> Array:
        return p[:, 1] - self.height.colour(*self._place(p))[:, 0]

    def intersect(self, origin: Array, direction: Array) -> tuple[Array, Array]:
        o, d = _into(self.frame, origin - self.centre), _into(self.frame, direction)
        dy = np.where(np.abs(d[:, 1]) < 1e-6, 1e-6, d[:, 1])
        ends = np.stack([-o[:, 1] / dy, (self.top - o[:, 1]) / dy])
        start, stop = np.maximum(ends.min(axis=0), EPSILON), ends.max(axis=0)
        # A bounce that leaves at a shallow angle would otherwise be marched far past the hem.
        stop = np.minimum(stop, start + 1.2)
        best = np.full(len(o), np.inf)
        low = start
        was = self._above(o + low[:, None] * d)
        for k in range(1, 21):
            t = start + (stop - start) * k / 20
            now = self._above(o + t[:, None] * d)
            crossed = (was > 0) & (now <= 0) & ~np.isfinite(best) & (t > start)
            best = np.where(crossed, low + (t - low) * was / np.where(crossed, was - now, 1), best)
            low, was = t, now
        p = o + np.where(np.isfinite(best), best, 0)[:, None] * d
        u, v = self._place(p)
        inside = (u > 0) & (u < 1) & (v > 0) & (v < 1)
        rows = np.clip(((1 - v) * len(self.hole)).astype(int), 0, len(self.hole) - 1)
        columns = np.clip((u * self.hole.shape[1]).astype(int), 0, self.hole.shape[1] - 1)
        return np.where(inside & ~self.hole[rows, columns], best, np.inf), np.zeros(len(o), int)

    def surface(self, points: Array, part: Array) -> Surface:
        p = _into(self.frame, points - self.centre)
        step = 0.012
        rise = [self._above(p + np.array(s)) - self._above(p - np.array(s)) for s in ([step, 0, 0], [0, 0, step])]
        normal = unit(np.stack([rise[0] / (2 * step), np.ones(len(p)), rise[1] / (2 * step)], axis=1))
        right, back = np.array([[1.0, 0, 0]]), np.array([[0, 0, -1.0]])
        u, v = self._place(p)
        tangents = (np.repeat(_out_of(self.frame, a), len(p), axis=0) for a in (right, back))
        return Surface(_out_of(self.frame, normal), *tangents, u, v)


@dataclass(frozen=True)
class Light:
    """The sun's direction, colour and angular radius (radians), and the sky as a function of unit directions."""

    sun: Array
    colour: Array
    radius: float
    sky: Callable[[Array], Array]


def _reachable(shape: Shape, origin: Array, inverse: Array, limit: Array) -> Array:
    a, b = (shape.bounds[0] - origin) * inverse, (shape.bounds[1] - origin) * inverse
    near, far = np.minimum(a, b).max(axis=1), np.maximum(a, b).min(axis=1)
    return np.flatnonzero((near <= far) & (far > EPSILON) & (near < limit))


def _inverse(direction: Array) -> Array:
    return 1 / np.where(np.abs(direction) < 1e-9, 1e-9, direction)


def trace(shapes: Sequence[Shape], origin: Array, direction: Array) -> tuple[Array, Array, Array]:
    """Nearest hit: distance (inf: none), index of the shape (-1: none), part of the shape; each (N,)."""
    best, which = np.full(len(origin), np.inf), np.full(len(origin), -1)
    part, inverse = np.zeros(len(origin), int), _inverse(direction)
    for i, shape in enumerate(shapes):
        rows = _reachable(shape, origin, inverse, best)
        if len(rows):
            t, index = shape.intersect(origin[rows], direction[rows])
            nearer = t < best[rows]
            rows = rows[nearer]
            best[rows], which[rows], part[rows] = t[nearer], i, index[nearer]
    return best, which, part


def _lit(shapes: Sequence[Shape], origin: Array, direction: Array) -> Array:
    """1.0 where nothing stands between the point and the light, else 0.0."""
    open_rows = np.arange(len(origin))
    for shape in shapes:
        o, d = origin[open_rows], direction[open_rows]
        rows = _reachable(shape, o, _inverse(d), np.full(len(o), np.inf))
        if len(rows):
            blocked = np.isfinite(shape.intersect(o[rows], d[rows])[0])
            open_rows = np.delete(open_rows, rows[blocked])
    lit = np.zeros(len(origin))
    lit[open_rows] = 1
    return lit


def _around(axis: Array) -> tuple[Array, Array]:
    helper = np.where(np.abs(axis[:, :1]) > 0.8, np.array([0.0, 1.0, 0.0]), np.array([1.0, 0.0, 0.0]))
    first = unit(np.cross(axis, helper))
    return first, np.cross(axis, first)


def _disc(samples: Array) -> tuple[Array, Array]:
    radius, angle = np.sqrt(samples[:, 0]), 2 * np.pi * samples[:, 1]
    return radius * np.cos(angle), radius * np.sin(angle)


def shade(
    shapes: Sequence[Shape], light: Light, origin: Array, direction: Array, samples: Array, bounces: int = 1
) -> tuple[Array, Array]:
    """Light `(N, 3)` arriving along each ray and whether it hit anything `(N,)`.

    `samples` is `(N, 2 * (1 + bounces) + 2 * bounces)` numbers in 0..1; stratified ones give less noise.
    """
    distance, which, part = trace(shapes, origin, direction)
    hit = which >= 0
    out = light.sky(direction)
    if not hit.any():
        return out, hit
    rows = np.flatnonzero(hit)
    d, s = direction[rows], samples[rows]
    point = origin[rows] + distance[rows, None] * d
    normal, colour = np.empty_like(point), np.empty_like(point)
    traits = np.empty((len(rows), 4))
    for i in np.unique(which[rows]):
        own = np.flatnonzero(which[rows] == i)
        material = shapes[i].material
        place = shapes[i].surface(point[own], part[rows[own]])
        # A thin thing has two sides: the one we see counts.
        facing = np.where(dot(place.normal, d[own]) > 0, -1.0, 1.0)[:, None]
        slope = material.texture.slope_at(place.u, place.v)
        bent = place.normal * facing - slope[:, :1] * place.tangent_u - slope[:, 1:] * place.tangent_v
        normal[own], colour[own] = unit(bent), material.texture.colour(place.u, place.v)
        traits[own] = material.gloss, material.polish, material.through, material.velvet
    gloss, polish, through, velvet = traits.T
    view = np.clip(-dot(normal, d), 0.02, 1)
    lifted = point + normal * EPSILON * 2

    a, b = _around(np.broadcast_to(light.sun, lifted.shape))
    x, y = _disc(s[:, :2])
    to_sun = unit(light.sun + light.radius * (x[:, None] * a + y[:, None] * b))
    cosine = dot(normal, to_sun)
    lit = np.zeros(len(rows))
    useful = np.flatnonzero((cosine > 0) | (through > 0))
    side = np.where(cosine[useful, None] > 0, lifted[useful], point[useful] - normal[useful] * EPSILON * 2)
    lit[useful] = _lit(shapes, side, to_sun[useful])
    sunlight = lit * (np.clip(cosine, 0, 1) + through * np.clip(-cosine, 0, 1))
    halfway = unit(to_sun - d)
    spark = np.clip(dot(normal, halfway), 0, 1) ** polish * (polish + 8) / 25 * lit * (cosine > 0)

    if bounces:
        a, b = _around(normal)
        x, y = _disc(s[:, 2:4])
        up = np.sqrt(np.clip(1 - x * x - y * y, 0, 1))
        outward = unit(x[:, None] * a + y[:, None] * b + up[:, None] * normal)
        ambient = shade(shapes, light, lifted, outward, s[:, 4:], bounces - 1)[0]
        # A rare bounce into a blinding spot would show as a speckle; the light it loses is too little to miss.
        ambient = np.minimum(ambient, 1.6)
    else:
        # Light that has bounced twice is even enough to be a constant.
        ambient = np.broadcast_to(np.array([0.20, 0.19, 0.18]), lifted.shape)
    rim = velvet * (1 - view) ** 3
    result = (colour + rim[:, None] * (1 - colour) * 0.6) * (sunlight[:, None] * light.colour + ambient)

    fresnel = gloss + (1 - gloss) * (1 - view) ** 5 * np.where(gloss > 0, 1, 0)
    shiny = np.flatnonzero(gloss > 0)
    if bounces and len(shiny):
        n = normal[shiny]
        mirror = d[shiny] - 2 * dot(d[shiny], n)[:, None] * n
        blur = (s[shiny, 4:5] - 0.5) * 2 / polish[shiny, None]
        mirror = unit(mirror + blur * _around(mirror)[0])
        seen = shade(shapes, light, lifted[shiny], mirror, s[shiny, 2:], 0)[0]
        keep = fresnel[shiny, None]
        result[shiny] = result[shiny] * (1 - keep) + seen * keep
    result += (fresnel * spark * (gloss > 0))[:, None] * light.colour
    out[rows] = result
    return out, hit
