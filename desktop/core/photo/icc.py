"""ICC profiles: what they are for, and small ones made here for colours that a file describes by other means.

Made after ICC.1:2001-04 (version 2.4), which everything understands.
"""

from __future__ import annotations

import contextlib
import io
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import ImageCms

from desktop.core.photo.photo import Fidelity

Curve = float | NDArray[np.float64]
"""From coded value to light: an exponent, or light at evenly spaced values, all 0 to 1."""
Points = Sequence[float]
"""x and y of white, red, green and blue, in the order of PNG's cHRM."""

_D50 = np.array([0.9642, 1.0, 0.8249])
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
_D65 = (0.3127, 0.3290)
_SRGB_POINTS = (*_D65, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
_SRGB_GAMMA = 1 / 2.2
_GAMMA_STEP, _POINT_STEP = 0.002, 0.0015

# Code points of ITU-T H.273, which PNG's cICP, HEIF and AVIF use.
_PRIMARIES: dict[int, tuple[str, tuple[float, ...]]] = {
    1: ("sRGB", _SRGB_POINTS),
    5: ("BT.601 (625 lines)", (*_D65, 0.64, 0.33, 0.29, 0.60, 0.15, 0.06)),
    6: ("BT.601 (525 lines)", (*_D65, 0.63, 0.34, 0.31, 0.595, 0.155, 0.07)),
    7: ("SMPTE 240M", (*_D65, 0.63, 0.34, 0.31, 0.595, 0.155, 0.07)),
    9: ("BT.2020", (*_D65, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046)),
    11: ("DCI-P3", (0.314, 0.351, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060)),
    12: ("Display P3", (*_D65, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060)),
}
_GAMMA_22, _GAMMA_28, _LINEAR, _PQ, _HLG = 4, 5, 8, 16, 18
# Video's curves are meant for a screen of about sRGB's, and stand in photos that were never anything else.
_AS_SRGB = frozenset({1, 6, 13, 14, 15})
_UNSPECIFIED = 2
_PAPER_WHITE_NITS = 203  # ITU-R BT.2408
_SHARPER = 4096
_MOST_TAGS = 100


@dataclass(frozen=True)
class Described:
    """A profile (None for sRGB, which needs none) and what is to be told of it."""

    profile: bytes | None
    told: Fidelity = field(default_factory=Fidelity)


def space_of(profile: bytes) -> str:
    """The colour space pixels have to be in for it: "RGB", "GRAY", "CMYK", "Lab" …; "" where it is no sound profile."""
    if len(profile) < 132 or profile[36:40] != b"acsp" or int.from_bytes(profile[:4], "big") > len(profile):
        return ""
    return profile[16:20].decode("latin-1").strip()


def name_of(profile: bytes) -> str:
    """What it calls itself, or its size where it says nothing."""
    with contextlib.suppress(ImageCms.PyCMSError, OSError, ValueError):
        return ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(profile))).strip()
    return f"{len(profile):,} bytes"


def from_gamma(exponent: float, points: Points | None, *, grey: bool) -> Described | None:
    """A profile for these colours; None where they are sRGB's.

    Args:
        exponent: from light to coded value, as PNG's gAMA has it.
        points: None for sRGB's.
    """
    odd_gamma = abs(exponent - _SRGB_GAMMA) > _GAMMA_STEP
    odd_points = (
        not grey
        and points is not None
        and any(abs(one - other) > _POINT_STEP for one, other in zip(points, _SRGB_POINTS, strict=True))
    )
    if not odd_gamma and not odd_points:
        return None
    if not 0.05 <= exponent <= 20:
        return Described(None, Fidelity().and_lost("gamma", f"{exponent:g} makes no sense and was left out"))
    curve: Curve = 1 / exponent if odd_gamma else srgb_curve()
    words = f"linear light (gamma {exponent:g})" if abs(exponent - 1) < _GAMMA_STEP else f"gamma {exponent:g}"
    what = " and ".join(["primaries of its own"] * odd_points + [words] * odd_gamma)
    name = f"Gamma {exponent:g}"
    try:
        profile = (
            for_grey(name, curve) if grey else for_rgb(name, points if odd_points and points else _SRGB_POINTS, curve)
        )
    except (ValueError, np.linalg.LinAlgError):
        return Described(
            None, Fidelity().and_lost("colours", "what the file says of them makes no sense and was left out")
        )
    return Described(profile, Fidelity().and_converted("colours", f"{what}: now said by an ICC profile"))


def from_code_points(primaries: int, transfer: int, *, grey: bool = False) -> Described | None:
    """A profile for code points of ITU-T H.273; None where they say nothing that is known."""
    if transfer == _UNSPECIFIED and primaries in _PRIMARIES:
        transfer = 13
    if primaries == _UNSPECIFIED and transfer != _UNSPECIFIED:
        primaries = 1
    if primaries not in _PRIMARIES:
        return None
    curve: Curve
    if transfer in _AS_SRGB:
        if primaries == 1 or grey:
            return Described(None)
        curve, words = srgb_curve(), ""
    elif transfer == _GAMMA_22:
        curve, words = 2.2, "gamma 2.2"
    elif transfer == _GAMMA_28:
        curve, words = 2.8, "gamma 2.8"
    elif transfer == _LINEAR:
        curve, words = 1.0, "linear light"
    elif transfer == _PQ:
        curve, words = _pq_curve(), "high dynamic range (PQ)"
    elif transfer == _HLG:
        curve, words = _hlg_curve(), "high dynamic range (HLG)"
    else:
        return None
    space, points = _PRIMARIES[primaries]
    what = f"{space}, {words}" if words else space
    profile = for_grey(what, curve) if grey else for_rgb(what, points, curve)
    told = Fidelity().and_converted("colours", f"{what}: now said by an ICC profile")
    if transfer in (_PQ, _HLG):
        told = told.and_lost("brightness above white", "programs without high dynamic range show it as white")
    return Described(profile, told)


def srgb_curve() -> NDArray[np.float64]:
    """IEC 61966-2-1."""
    coded = np.linspace(0, 1, 1024)
    return np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)


def _pq_curve() -> NDArray[np.float64]:
    """SMPTE ST 2084, cut off at the white of paper."""
    m1, m2, c1, c2, c3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
    root = np.linspace(0, 1, _SHARPER) ** (1 / m2)
    nits = 10_000 * (np.maximum(root - c1, 0) / (c2 - c3 * root)) ** (1 / m1)
    return np.minimum(nits / _PAPER_WHITE_NITS, 1)


def _hlg_curve() -> NDArray[np.float64]:
    """ITU-R BT.2100, on a screen of 1000 nits, cut off at the white of paper."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    coded = np.linspace(0, 1, _SHARPER)
    scene = np.where(coded <= 0.5, coded**2 / 3, (np.exp((coded - c) / a) + b) / 12)
    return np.minimum(1000 * scene**1.2 / _PAPER_WHITE_NITS, 1)


def for_rgb(name: str, points: Points, curve: Curve) -> bytes:
    """A profile for RGB with these primaries. Raises ValueError, LinAlgError for primaries that span nothing."""
    white, *corners = (np.array([x / y, 1, (1 - x - y) / y]) if y > 0 else None for x, y in _pairs(points))
    if white is None or any(corner is None for corner in corners):
        raise ValueError("primaries that make no sense")
    primaries = np.stack(corners, axis=1)  # type: ignore[arg-type]
    scaled = primaries * np.linalg.solve(primaries, white)
    cones = (_BRADFORD @ _D50) / (_BRADFORD @ white)
    adapted = np.linalg.inv(_BRADFORD) @ np.diag(cones) @ _BRADFORD @ scaled
    if not np.isfinite(adapted).all() or np.abs(adapted).max() > 100:
        raise ValueError("primaries that make no sense")
    coded = _curve(curve)
    tags = {b"wtpt": _xyz(_D50)}
    tags |= {letter + b"XYZ": _xyz(column) for letter, column in zip((b"r", b"g", b"b"), adapted.T, strict=True)}
    return _profile(b"mntr", b"RGB ", b"XYZ ", name, tags | {letter + b"TRC": coded for letter in (b"r", b"g", b"b")})


def for_grey(name: str, curve: Curve) -> bytes:
    """A profile for grey."""
    return _profile(b"mntr", b"GRAY", b"XYZ ", name, {b"wtpt": _xyz(_D50), b"kTRC": _curve(curve)})


def for_inks(name: str, lab: NDArray[np.float64]) -> bytes:
    """A profile for CMYK, to read with.

    Args:
        lab: (n, n, n, n, 3), L*, a* and b* for evenly spaced amounts of cyan, magenta, yellow and black.
    """
    steps = lab.shape[0]
    coded = np.clip(np.rint((lab + np.array([0, 128, 128])) * (65280 / 100, 256, 256)), 0, 65535).astype(">u2")
    straight = struct.pack(">HH", 0, 65535)
    identity = struct.pack(">9i", *(round(value * 65536) for value in np.eye(3).ravel()))
    table = b"mft2\0\0\0\0" + struct.pack(">BBBB", 4, 3, steps, 0) + identity + struct.pack(">HH", 2, 2)
    table += straight * 4 + coded.tobytes() + straight * 3
    return _profile(b"prtr", b"CMYK", b"Lab ", name, {b"wtpt": _xyz(_D50), b"A2B0": table})


def of_greys(profile: bytes) -> bytes | None:
    """A profile for the greys of an RGB profile, of the same curve; None where its colours have curves of their own."""
    tags = _tags(profile)
    curves = {tags.get(letter + b"TRC", b"") for letter in (b"r", b"g", b"b")}
    (curve,) = curves if len(curves) == 1 else (b"",)
    if curve[:4] not in (b"curv", b"para"):
        return None
    made = bytearray(
        _profile(b"mntr", b"GRAY", b"XYZ ", "Greys of a colour profile", {b"wtpt": _xyz(_D50), b"kTRC": curve})
    )
    made[8:12] = max(bytes(made[8:12]), profile[8:12])  # parametric curves came with version 4
    return bytes(made)


def _tags(profile: bytes) -> dict[bytes, bytes]:
    count = min(int.from_bytes(profile[128:132], "big"), _MOST_TAGS)
    entries = (profile[at : at + 12] for at in range(132, 132 + 12 * count, 12))
    places = [struct.unpack(">4sII", entry) for entry in entries if len(entry) == 12]
    return {tag: profile[at : at + size] for tag, at, size in places}


def _pairs(points: Points) -> list[tuple[float, float]]:
    return list(zip(points[::2], points[1::2], strict=True))


def _xyz(value: NDArray[np.float64]) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(float(part) * 65536) for part in value))


def _curve(curve: Curve) -> bytes:
    if isinstance(curve, float):
        if curve == 1:
            return b"curv\0\0\0\0" + struct.pack(">I", 0)
        curve = np.linspace(0, 1, 1024) ** curve
    coded = np.rint(np.clip(curve, 0, 1) * 65535).astype(">u2")
    return b"curv\0\0\0\0" + struct.pack(">I", coded.size) + coded.tobytes()


def _profile(kind: bytes, space: bytes, connection: bytes, name: str, tags: dict[bytes, bytes]) -> bytes:
    text = name.encode("ascii", "replace") + b"\0"
    described = b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + bytes(8 + 3 + 67)
    tags = {b"desc": described, b"cprt": b"text\0\0\0\0Not copyrighted\0", **tags}
    at = 128 + 4 + 12 * len(tags)
    directory, values = struct.pack(">I", len(tags)), b""
    for tag, value in tags.items():
        directory += tag + struct.pack(">II", at + len(values), len(value))
        values += value + bytes(-len(value) % 4)
    header = bytearray(128)
    struct.pack_into(">I4xI4s4s4s", header, 0, at + len(values), 0x02400000, kind, space, connection)
    header[36:40] = b"acsp"
    header[68:80] = _xyz(_D50)[8:]
    return bytes(header) + directory + values
