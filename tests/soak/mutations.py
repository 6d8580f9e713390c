"""Photos of every kind, and what a bad disk, a bad line or a bad person makes of them."""

from __future__ import annotations

import io
import random
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image, PngImagePlugin

from desktop.core.opencv import cv2

_MOST_BYTES = 200_000
_EXTREMES = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)
_HEAD = 512
_KINDS = ("jpg", "png", "tif", "iff", "ebp", "gif", "bmp")


def made_here() -> dict[str, bytes]:
    """A small photo of every kind, with what photos carry."""
    random_pixels = np.random.default_rng(1).integers(0, 256, (21, 34, 4), np.uint8)
    smooth = cv2.GaussianBlur(random_pixels, (0, 0), 3)
    colour, deep = Image.fromarray(smooth[..., :3]), smooth.astype(np.uint16) * 257
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "ACME"
    carried = {"exif": exif.tobytes(), "xmp": b'<x:xmpmeta tiff:Orientation="6"/>'}
    text = PngImagePlugin.PngInfo()
    text.add_itxt("XML:com.adobe.xmp", "<x/>", zip=True)
    text.add_text("Author", "somebody", zip=True)
    text.add(b"gAMA", struct.pack(">I", 100_000))
    text.add(b"cHRM", struct.pack(">8I", 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000))
    saved: dict[str, Callable[[io.BytesIO], object]] = {
        "grey.jpg": lambda f: colour.convert("L").save(f, "JPEG"),
        "colour.jpg": lambda f: colour.save(f, "JPEG", dpi=(300, 300), comment=b"for Oma", **carried),
        "progressive.jpg": lambda f: colour.save(f, "JPEG", progressive=True, restart_marker_rows=1),
        "inks.jpg": lambda f: colour.convert("CMYK").save(f, "JPEG"),
        "mpo.jpg": lambda f: colour.save(f, "MPO", save_all=True, append_images=[colour]),
        "colour.png": lambda f: colour.save(f, "PNG", pnginfo=text, exif=exif.tobytes(), dpi=(300, 300)),
        "alpha.png": lambda f: Image.fromarray(smooth).save(f, "PNG"),
        "palette.png": lambda f: colour.quantize(16).save(f, "PNG", transparency=3),
        "moving.png": lambda f: colour.save(f, "PNG", save_all=True, append_images=[colour.rotate(9)]),
        "colour.tif": lambda f: colour.save(f, "TIFF", compression="tiff_lzw", exif=exif.tobytes()),
        "inks.tif": lambda f: colour.convert("CMYK").save(f, "TIFF", compression="packbits"),
        "jpeg.tif": lambda f: colour.save(f, "TIFF", compression="jpeg"),
        "fax.tif": lambda f: colour.convert("1").save(f, "TIFF", compression="group4"),
        "pages.tif": lambda f: colour.save(f, "TIFF", save_all=True, append_images=[colour] * 3),
        "lossy.webp": lambda f: colour.save(f, "WEBP", **carried),
        "lossless.webp": lambda f: Image.fromarray(smooth).save(f, "WEBP", lossless=True),
        "moving.webp": lambda f: colour.save(f, "WEBP", save_all=True, append_images=[colour.rotate(9)]),
        "still.gif": lambda f: colour.save(f, "GIF", comment=b"hello"),
        "moving.gif": lambda f: colour.save(f, "GIF", save_all=True, append_images=[colour.rotate(9)], transparency=1),
        "colour.bmp": lambda f: colour.save(f, "BMP"),
        "palette.bmp": lambda f: colour.quantize(16).save(f, "BMP"),
        "colour.avif": lambda f: colour.save(f, "AVIF", **carried),
        "alpha.avif": lambda f: Image.fromarray(smooth).save(f, "AVIF"),
        "deep.tif": lambda f: tifffile.imwrite(
            f, deep[..., :3], compression="adobe_deflate", predictor=True, tile=(16, 16), photometric="rgb"
        ),
        "planes.tif": lambda f: tifffile.imwrite(
            f, np.moveaxis(deep, -1, 0), planarconfig="separate", photometric="rgb"
        ),
        "float.tif": lambda f: tifffile.imwrite(
            f, (smooth[..., :3] / 255).astype(np.float32), bigtiff=True, photometric="rgb"
        ),
    }
    made = {}
    for name, save in saved.items():
        buffer = io.BytesIO()
        save(buffer)
        made[name] = buffer.getvalue()
    made["deep.png"] = cv2.imencode(".png", deep)[1].tobytes()
    made["deep.avif"] = cv2.imencode(".avif", deep[..., :3] >> 6, [cv2.IMWRITE_AVIF_DEPTH, 10])[1].tobytes()
    samples = Path(__file__).parent.parent / "core" / "photo" / "containers" / "samples"
    made |= {path.name: path.read_bytes() for path in samples.iterdir()}
    return made


def corpus(folder: Path) -> dict[str, bytes]:
    """The photos of a folder, by their place in it, but for large ones."""
    files = sorted(
        path for path in folder.rglob("*.*") if path.suffix[-3:] in _KINDS and path.stat().st_size <= _MOST_BYTES
    )
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def by_kind(photos: dict[str, bytes]) -> list[list[bytes]]:
    """The photos in groups of one format, by their names."""
    kinds: dict[str, list[bytes]] = {}
    for name, content in photos.items():
        kinds.setdefault(Path(name).suffix[-3:], []).append(content)
    return list(kinds.values())


def mutated(kinds: Sequence[Sequence[bytes]], chance: random.Random) -> bytes:
    """One of the photos, of any kind as likely as of another, changed in one to four ways."""
    seeds = chance.choice(kinds)
    content = bytearray(chance.choice(seeds))
    if chance.random() < 0.2:  # spliced to another kind
        seeds = chance.choice(kinds)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 4))):
        chance.choice(_WAYS)(content, seeds, chance)
    return _with_checksums(bytes(content)) if chance.random() < 0.7 else bytes(content)


def _with_checksums(content: bytes) -> bytes:
    """A PNG whose chunks have the right checksums again: without them no decoder looks any further."""
    if not content.startswith(b"\x89PNG\r\n\x1a\n"):
        return content
    mended, at = bytearray(content), 8
    while at + 12 <= len(mended):
        (size,) = struct.unpack_from(">I", mended, at)
        if at + 12 + size > len(mended):
            break
        struct.pack_into(">I", mended, at + 8 + size, zlib.crc32(mended[at + 4 : at + 8 + size]))
        at += 12 + size
    return bytes(mended)


def _place(content: bytearray, chance: random.Random) -> int:
    """Half of the time near the beginning, where headers are."""
    most = len(content) if chance.random() < 0.5 else min(len(content), _HEAD)
    return chance.randrange(most) if most else 0


def _piece(content: bytearray, chance: random.Random) -> tuple[int, int]:
    start = _place(content, chance)
    return start, start + min(len(content) - start, chance.choice((1, 4, 16, 64, 1024)))


def _flip_bits(content: bytearray, _seeds: Sequence[bytes], chance: random.Random) -> None:
    for _ in range(chance.randint(1, 8)):
        if content:
            content[_place(content, chance)] ^= 1 << chance.randrange(8)


def _set_bytes(content: bytearray, _seeds: Sequence[bytes], chance: random.Random) -> None:
    start, end = _piece(content, chance)
    content[start:end] = chance.choice((bytes(end - start), b"\xff" * (end - start), chance.randbytes(end - start)))


def _truncate(content: bytearray, _seeds: Sequence[bytes], chance: random.Random) -> None:
    del content[_place(content, chance) :]


def _change_a_number(content: bytearray, _seeds: Sequence[bytes], chance: random.Random) -> None:
    """Of 2 or 4 bytes, in either order: an extreme, or one more or less than it was."""
    form = chance.choice(("<H", ">H", "<I", ">I"))
    size = struct.calcsize(form)
    at = _place(content, chance)
    if at + size > len(content):
        return
    (value,) = struct.unpack_from(form, content, at)
    changed = chance.choice(
        (*_EXTREMES, value + 1, value - 1, value * 2, value * 256, len(content), chance.getrandbits(32))
    )
    struct.pack_into(form, content, at, changed % (1 << 8 * size))


def _swap_pieces(content: bytearray, _seeds: Sequence[bytes], chance: random.Random) -> None:
    (a, b), (c, d) = sorted((_piece(content, chance), _piece(content, chance)))
    if b <= c:
        content[:] = content[:a] + content[c:d] + content[b:c] + content[a:b] + content[d:]


def _swap_chunks(content: bytearray, _seeds: Sequence[bytes], chance: random.Random) -> None:
    """Pieces between places that look like the beginnings of chunks or segments, put in another order."""
    marks = [at for at in _looks_like_starts(bytes(content)) if at]
    if len(marks) < 3:
        return
    first, second, third = sorted(chance.sample(marks, 3))
    content[:] = content[:first] + content[second:third] + content[first:second] + content[third:]


def _looks_like_starts(content: bytes) -> Iterator[int]:
    for at in range(min(len(content) - 8, 20_000)):
        if content[at] == 0xFF and content[at + 1] not in (0, 0xFF):
            yield at  # JPEG
        elif content[at + 4 : at + 8].isalpha() and content[at] == content[at + 1] == 0:
            yield at  # PNG and boxes
        elif content[at : at + 4].isalpha() and content[at : at + 4].isupper():
            yield at  # RIFF


def _repeat(content: bytearray, _seeds: Sequence[bytes], chance: random.Random) -> None:
    start, end = _piece(content, chance)
    content[start:start] = content[start:end] * chance.choice((1, 2, 50))


def _remove(content: bytearray, _seeds: Sequence[bytes], chance: random.Random) -> None:
    start, end = _piece(content, chance)
    del content[start:end]


def _splice(content: bytearray, seeds: Sequence[bytes], chance: random.Random) -> None:
    other = bytearray(chance.choice(seeds))
    content[_place(content, chance) :] = other[_place(other, chance) :]


def _transplant(content: bytearray, seeds: Sequence[bytes], chance: random.Random) -> None:
    other = bytearray(chance.choice(seeds))
    start, end = _piece(other, chance)
    at = _place(content, chance)
    content[at:at] = other[start:end]


_WAYS = (
    *(_flip_bits, _flip_bits, _set_bytes, _truncate, _change_a_number, _change_a_number, _change_a_number),
    *(_swap_pieces, _swap_chunks, _repeat, _remove, _splice, _transplant),
)
