"""Which kind of file it is, by what is in it and not by its name."""

from __future__ import annotations

from desktop.core import errors
from desktop.core.photo.containers.avif import Avif
from desktop.core.photo.containers.base import Container
from desktop.core.photo.containers.bmp import Bmp
from desktop.core.photo.containers.gif import Gif
from desktop.core.photo.containers.heif import Heif
from desktop.core.photo.containers.jpeg import Jpeg
from desktop.core.photo.containers.png import SIGNATURE as _PNG
from desktop.core.photo.containers.png import Png
from desktop.core.photo.containers.raw import Raw
from desktop.core.photo.containers.tiff import Tiff
from desktop.core.photo.containers.webp import Webp
from desktop.core.photo.formats import READABLE_WORDS
from desktop.core.photo.source import Source

_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_RAW = (b"FUJIFILMCCD-RAW", b"IIRO", b"IIRS", b"MMOR", b"IIU\0", b"FOVb", b"\0MRM")
_HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_RAW_BRAND = b"crx "
# What people take for photos, or find among them.
_OTHERS = {
    b"%PDF": "a PDF",
    b"8BPS": "a Photoshop document",
    b"\0\0\0\x0cjP  ": "JPEG 2000",
    b"\xff\x4f\xff\x51": "JPEG 2000",
    b"\xff\x0a": "JPEG XL",
    b"\0\0\0\x0cJXL ": "JPEG XL",
    b"\0\0\1\0": "an icon",
    b"gimp xcf": "a GIMP document",
}


def opened(source: Source) -> Container:
    """The file as one of the kinds there are, its header read.

    Raises:
        UnsupportedFormatError, UnreadablePhotoError; for damage whatever the kind's own library raises.
    """
    head = source[:64]
    if not head:
        raise errors.UnreadablePhotoError(
            "“{name}” is empty (0 bytes). Copy it again from where it came from.", name=source.name
        )
    if head.startswith(_TIFF):
        page = Tiff(source)
        return Raw(source) if page.is_raw else page
    kind = _kind(head)
    if kind is not None:
        return kind(source)
    if head.startswith(_PNG[:4]):
        raise ValueError("a signature that was changed, as by a transfer of text")
    other = next((words for start, words in _OTHERS.items() if head.startswith(start)), None)
    if other is not None:
        raise errors.UnsupportedFormatError(
            "“{name}” is {kind}, which Rekindle does not read. Save it as {formats} first.",
            name=source.name,
            kind=other,
            formats=READABLE_WORDS,
        )
    raise errors.UnsupportedFormatError(
        "“{name}” is not a photo Rekindle can read: its content is not {formats}.",
        name=source.name,
        formats=READABLE_WORDS,
    )


def _kind(head: bytes) -> type[Container] | None:
    starts: dict[tuple[bytes, ...], type[Container]] = {
        (b"\xff\xd8\xff",): Jpeg,
        (_PNG,): Png,
        (b"GIF87a", b"GIF89a"): Gif,
        (b"BM",): Bmp,
        _RAW: Raw,
    }
    for start, kind in starts.items():
        if head.startswith(start):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return Webp
    if head[4:8] == b"ftyp":
        brands = {head[at : at + 4] for at in (8, *range(16, min(len(head), int.from_bytes(head[:4], "big")) - 3, 4))}
        if head[8:12] == _RAW_BRAND:
            return Raw
        # AVIF names itself among the brands even where it is first of all a picture (mif1) or a sequence (msf1).
        return Avif if brands & _AVIF_BRANDS else Heif if brands & _HEIF_BRANDS else None
    return None
