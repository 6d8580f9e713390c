"""TIFF's plain samples, of 8 or 16 bits or floating point, in strips or tiles, mixed or plane by plane.

Pillow cuts 16 bits down to 8 and knows few layouts. But its libtiff can be asked for bytes: to it, every page is
declared to be 8-bit grey, as wide as a row has bytes. What the bytes mean is found out here.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop.core.photo.containers import pillow
from desktop.core.photo.containers.base import Planes, Space, straight
from desktop.core.photo.containers.tiff_page import (
    BITS,
    BLACK_IS_ZERO,
    COLOUR_MAP,
    EXTRA_SAMPLES,
    FILL_ORDER,
    INK,
    INK_SET,
    NOT_COMPRESSED,
    PHOTOMETRIC,
    PLANAR,
    PREDICTOR,
    RGB,
    ROWS_PER_STRIP,
    SAMPLE_FORMAT,
    SAMPLES,
    TILE_HEIGHT,
    TILE_WIDTH,
    WHITE_IS_ZERO,
    WIDTH,
    Page,
    Place,
)
from desktop.core.photo.photo import Fidelity
from desktop.core.photo.source import CutShortError

_LZW, _DEFLATE, _OLD_DEFLATE, _PACKBITS, _LZMA, _ZSTD = 5, 8, 32946, 32773, 34925, 50000
_LOSSLESS = frozenset({NOT_COMPRESSED, _LZW, _DEFLATE, _OLD_DEFLATE, _PACKBITS, _LZMA, _ZSTD})
_COLOURS = {WHITE_IS_ZERO: 1, BLACK_IS_ZERO: 1, RGB: 3, INK: 4}
_SPACES: dict[int, Space] = {WHITE_IS_ZERO: "grey", BLACK_IS_ZERO: "grey", RGB: "RGB", INK: "CMYK"}
_UNSIGNED, _FLOAT = 1, 3
_TYPES = {(8, _UNSIGNED): "u1", (16, _UNSIGNED): "u2", (16, _FLOAT): "f2", (32, _FLOAT): "f4"}
_HORIZONTAL, _FLOATING = 2, 3
_ASSOCIATED, _UNASSOCIATED, _COREL = 1, 2, 999
_CMYK_INKS = 1
_MOST_SAMPLES = 16
# Values of floating point between black and white are those of a photo; a little above, bright lights in one.
_BRIGHTEST = 64.0


def is_plain(page: Page) -> bool:
    """Whether this module is for it."""
    return page.compression in _LOSSLESS and page.photometric in _COLOURS and page.bits >= 8


def decoded(page: Page, unsupported: Callable[[str], Exception]) -> Planes:
    """The page's pixels. ``unsupported`` makes the error for a layout that is no photo's, of words that name it."""
    bits, formats = set(page.all(BITS, (1,))), set(page.all(SAMPLE_FORMAT, (_UNSIGNED,)))
    if len(bits) > 1 or len(formats) > 1:
        raise unsupported("channels that differ")
    kind = _TYPES.get((page.bits, formats.pop()))
    if kind is None:
        raise unsupported(f"{page.bits} bits a channel")
    colours = _COLOURS[page.photometric]
    if (
        page.samples < colours
        or page.samples > _MOST_SAMPLES
        or (page.photometric == INK and page.one(INK_SET, 1) != _CMYK_INKS)
    ):
        raise unsupported(f"{page.samples} channels")
    samples = _samples(page, np.dtype(kind))
    fidelity = Fidelity()
    if samples.dtype.kind == "f":
        samples, fidelity = _from_floats(samples, unsupported)
    pixels, alpha, told = _parts(samples, colours, page)
    if page.photometric == WHITE_IS_ZERO:
        pixels = np.iinfo(pixels.dtype).max - pixels
    return Planes(pixels, alpha, _SPACES[page.photometric], fidelity.joined(told))


def _samples(page: Page, kind: np.dtype[Any]) -> NDArray[Any]:
    """(H, W, samples) of the kind in the machine's byte order."""
    planes, per = (page.samples, 1) if page.planar else (1, page.samples)
    places = page.places()
    each = _pieces_per_plane(page)
    if len(places) < planes * each:
        raise CutShortError("fewer strips or tiles than the page needs")
    predictor = page.one(PREDICTOR, 1)
    stored = kind.newbyteorder(page.order)
    width, height = page.width, page.height
    result = np.empty((height, width, page.samples), kind) if planes > 1 else None
    for plane in range(planes):
        rows = _rows(page, places[plane * each : (plane + 1) * each], per * kind.itemsize)
        if predictor == _FLOATING and kind.kind == "f":
            samples = _without_floating_predictor(rows, page, per, kind)
        else:
            samples = rows.view(stored).reshape(height, width, per)
            if predictor == _HORIZONTAL:
                samples = _without_predictor(samples.astype(kind, copy=False), page)
        if result is None:
            return samples.astype(kind, copy=False)
        result[..., plane] = samples[..., 0]
    assert result is not None
    return result


def _pieces_per_plane(page: Page) -> int:
    if page.tiled:
        across, down = page.one(TILE_WIDTH, 0), page.one(TILE_HEIGHT, 0)
        if not 0 < across < 2**20 or not 0 < down < 2**20:
            raise ValueError("tiles without a size")
        return -(-page.width // across) * -(-page.height // down)
    return -(-page.height // _rows_per_strip(page))


def _rows_per_strip(page: Page) -> int:
    return max(1, min(page.one(ROWS_PER_STRIP, page.height), page.height))


def _rows(page: Page, places: Sequence[Place], pixel: int) -> NDArray[np.uint8]:
    """(H, W * pixel) bytes of one plane, as they are before the predictor. ``pixel``: its size in bytes."""
    if page.compression == NOT_COMPRESSED and page.one(FILL_ORDER, 1) == 1:
        return _tiles_as_they_are(page, places, pixel) if page.tiled else _strips_as_they_are(page, places, pixel)
    changed = {WIDTH: page.width * pixel, BITS: 8, SAMPLES: 1, PHOTOMETRIC: BLACK_IS_ZERO, PREDICTOR: 1, PLANAR: 1}
    if page.tiled:
        changed[TILE_WIDTH] = page.one(TILE_WIDTH, 0) * pixel
    content = page.alone(places, changed, without=frozenset({EXTRA_SAMPLES, SAMPLE_FORMAT, COLOUR_MAP, INK_SET}))
    with pillow.opened(io.BytesIO(content), "TIFF") as image:
        del content
        image.load()
        return np.asarray(image)


def _strips_as_they_are(page: Page, places: Sequence[Place], pixel: int) -> NDArray[np.uint8]:
    result = np.empty((page.height, page.width * pixel), np.uint8)
    step = _rows_per_strip(page)
    for number, (at, size) in enumerate(places):
        rows = result[number * step : (number + 1) * step]
        if size < rows.nbytes:
            raise CutShortError("a strip is too short")
        page.source.fill(at, memoryview(rows.data).cast("B"))
    return result


def _tiles_as_they_are(page: Page, places: Sequence[Place], pixel: int) -> NDArray[np.uint8]:
    result = np.empty((page.height, page.width * pixel), np.uint8)
    across, down = page.one(TILE_WIDTH, 0) * pixel, page.one(TILE_HEIGHT, 0)
    columns = -(-page.width * pixel // across)
    for number, (at, size) in enumerate(places):
        if size < across * down:
            raise CutShortError("a tile is too short")
        tile = np.frombuffer(page.source.exactly(at, across * down), np.uint8).reshape(down, across)
        y, x = number // columns * down, number % columns * across
        room = result[y : y + down, x : x + across]
        room[:] = tile[: room.shape[0], : room.shape[1]]
    return result


def _without_predictor(samples: NDArray[Any], page: Page) -> NDArray[Any]:
    """Each sample is stored as its difference to the one before, anew in every tile."""
    step = page.one(TILE_WIDTH, 0) if page.tiled else page.width
    result = np.empty_like(samples)
    for x in range(0, page.width, step):
        np.add.accumulate(samples[:, x : x + step], axis=1, dtype=samples.dtype, out=result[:, x : x + step])
    return result


def _without_floating_predictor(rows: NDArray[np.uint8], page: Page, per: int, kind: np.dtype[Any]) -> NDArray[Any]:
    """Each row holds first the highest bytes of all its numbers, then the second ones and so on, as differences."""
    if page.tiled and page.width % page.one(TILE_WIDTH, 0):
        raise ValueError("tiles that cannot be put together")  # the cut-off part of a tile holds some of the bytes
    step = (page.one(TILE_WIDTH, 0) if page.tiled else page.width) * per * kind.itemsize
    pieces = rows.reshape(page.height, -1, step // per, per)
    summed = np.add.accumulate(pieces, axis=2, dtype=np.uint8).reshape(
        page.height, -1, kind.itemsize, step // kind.itemsize
    )
    stored = np.ascontiguousarray(summed.swapaxes(2, 3)).view(kind.newbyteorder(">"))
    return stored.astype(kind).reshape(page.height, page.width, per)


def _from_floats(samples: NDArray[Any], unsupported: Callable[[str], Exception]) -> tuple[NDArray[np.uint16], Fidelity]:
    """16 bits where the numbers are those of a photo."""
    samples = samples.astype(np.float32, copy=False)
    if not np.isfinite(samples).all() or samples.min() < -_BRIGHTEST or samples.max() > _BRIGHTEST:
        raise unsupported("floating point that is not between 0 and 1")
    told = Fidelity().and_converted("bit depth", "floating point to 16 bit")
    if samples.min() < -1e-4 or samples.max() > 1 + 1e-4:
        told = told.and_lost("brightness beyond black and white", "cut off: 16 bit holds no more")
    return np.rint(np.clip(samples, 0, 1) * 65535).astype(np.uint16), told


def _parts(samples: NDArray[Any], colours: int, page: Page) -> tuple[NDArray[Any], NDArray[Any] | None, Fidelity]:
    """Colours, straight, and what of the further channels is transparency."""
    pixels = np.ascontiguousarray(samples[..., :colours] if colours > 1 else samples[..., 0])
    extra = samples.shape[2] - colours
    if not extra:
        return pixels, None, Fidelity()
    kinds = page.all(EXTRA_SAMPLES) or ((_UNASSOCIATED,) if page.photometric != INK else ())
    meant = {_ASSOCIATED, _UNASSOCIATED, _COREL}
    number = next((number for number, kind in enumerate(kinds[:extra]) if kind in meant), None)
    left_out = extra - (number is not None)
    told = Fidelity().and_lost("further channels", f"{left_out} that no rule explains") if left_out else Fidelity()
    if number is None:
        return pixels, None, told
    alpha = np.ascontiguousarray(samples[..., colours + number])
    if kinds[number] == _ASSOCIATED:
        pixels = straight(pixels, alpha)
    return pixels, alpha, told
