"""The formats photos are read from and written to, and what each of them can hold."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass

from PIL import features


@dataclass(frozen=True)
class OutputFormat:
    """A format results are written in.

    Attributes:
        name: as on the command line and in settings.
        pillow: Pillow's name of it.
        suffixes: recognised file name endings, the one we write first.
        max_side: longest side in pixels that the format can express.
        alpha, deep, grey: whether transparency, 16 bits a channel, and one channel alone fit in.
        resolution, captions: whether it has a place of its own for dpi, and one for IPTC.
        quality: whether the quality setting means anything.
    """

    name: str
    pillow: str
    suffixes: tuple[str, ...]
    max_side: int
    alpha: bool
    deep: bool
    grey: bool
    resolution: bool
    captions: bool
    quality: bool

    @property
    def label(self) -> str:
        return self.name.upper() if self.name != "webp" else "WebP"


# Largest sides: JPEG (16 bit in ITU-T T.81, of which libjpeg takes 65,500), WebP (RFC 9649, 14 bit), PNG (31 bit) and
# TIFF (32 bit), where libpng's user limit of one million and int arithmetic of readers are the practical end.
def _format(name: str, suffixes: tuple[str, ...], max_side: int, **can: bool) -> OutputFormat:
    kinds = ("alpha", "deep", "grey", "resolution", "captions", "quality")
    return OutputFormat(name, name.upper(), suffixes, max_side, **{kind: can.get(kind, True) for kind in kinds})


JPEG = _format("jpeg", (".jpg", ".jpeg"), 65_500, alpha=False, deep=False)
PNG = _format("png", (".png",), 1_000_000, quality=False)
WEBP = _format("webp", (".webp",), 16_383, deep=False, grey=False, resolution=False, captions=False)
TIFF = _format("tiff", (".tif", ".tiff"), 1_000_000, quality=False)

# AVIF could be larger and deeper; what Pillow writes has 8 bits, and what libavif reads unasked is no larger than this.
AVIF = _format("avif", (".avif",), 16_384, deep=False, grey=False, resolution=False, captions=False)

OUTPUT_FORMATS = (JPEG, PNG, WEBP, TIFF, *((AVIF,) if features.check("avif") else ()))
BY_NAME = {entry.name: entry for entry in OUTPUT_FORMATS}
BY_SUFFIX = {suffix: entry for entry in OUTPUT_FORMATS for suffix in entry.suffixes}
_BY_PILLOW = {entry.pillow: entry for entry in OUTPUT_FORMATS} | {"MPO": JPEG}

_RAW_SUFFIXES = frozenset(
    {".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".kdc", ".mos", ".mrw", ".nef", ".nrw", ".orf"}
    | {".pef", ".raf", ".raw", ".rw2", ".sr2", ".srf", ".srw", ".x3f"}
)
RAW_IS_READABLE = importlib.util.find_spec("rawpy") is not None
"""Whether cameras' raw files can be read here: rawpy is an extra."""

# MPO, a JPEG that carries a second picture (many cameras and phones), is opened by its first.
READABLE_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".apng", ".tif", ".tiff", ".webp", ".bmp", ".dib", ".gif"}
    | {".heic", ".heif", ".hif", ".avif"}
) | (_RAW_SUFFIXES if RAW_IS_READABLE else frozenset())
READABLE_WORDS = "JPEG, PNG, TIFF, WebP, HEIC, AVIF, GIF or BMP"


def output_format(asked: str | None, read_from: str, width: int, height: int, bits: int = 8) -> OutputFormat:
    """The format a result of ``width`` x ``height`` pixels is written in.

    Args:
        asked: a name from ``BY_NAME``, or None for the format the photo came in.
        read_from: Pillow's name of that format.
        bits: per channel, of the photo.

    Returns:
        PNG where the input's format is not one we write, or cannot hold the size; likewise the depth, where the format
        was not asked for.
    """
    wanted = BY_NAME[asked] if asked else _BY_PILLOW.get(read_from, PNG)
    if not asked and bits > 8 and not wanted.deep:
        return PNG
    return wanted if max(width, height) <= wanted.max_side else PNG
