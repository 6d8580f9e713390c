"""Texts beside the picture: PNG's, and the comments of JPEG and GIF."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

COMMENT = "Comment"
"""The keyword of a comment, as PNG recommends it."""

MOST = 1_000
LARGEST = 4 * 2**20
_COMPRESSED_FROM = 2_000
_JPEG_COMMENT_MAX = 65_533
_RAW = "Raw profile type "
_KEYWORD_MAX = 79


@dataclass(frozen=True)
class Note:
    """A text with its keyword.

    Attributes:
        international: whether it is to be read as UTF-8; otherwise as Latin-1, in which every byte is a character.
        language, translated: of an international one, the language, and the keyword in that.
    """

    keyword: str
    text: str
    international: bool = False
    language: str = ""
    translated: str = ""

    @classmethod
    def comment(cls, content: bytes) -> Note:
        """A comment of bytes that do not say how they are meant."""
        content = content.rstrip(b"\0")
        try:
            return cls(COMMENT, content.decode(), international=not content.isascii())
        except UnicodeDecodeError:
            return cls(COMMENT, content.decode("latin-1"))

    @property
    def content(self) -> bytes:
        """As it was stored."""
        return self.text.encode("utf-8" if self.international else "latin-1", "replace")


def for_jpeg(notes: Iterable[Note]) -> tuple[Note, ...]:
    """Those that a JPEG can hold, as its comments."""
    return tuple(note for note in notes if note.keyword == COMMENT and len(note.content) <= _JPEG_COMMENT_MAX)


def png_chunks(notes: Iterable[Note]) -> list[tuple[bytes, bytes]]:
    """Kind and content of the chunks that hold them."""
    return [_chunk(note) for note in notes]


def _chunk(note: Note) -> tuple[bytes, bytes]:
    text = note.text.replace("\0", " ")
    # What is plain enough goes into the kind of chunk that everything reads.
    plain = (not note.international or text.isascii()) and not (note.language or note.translated)
    content = text.encode("latin-1" if plain else "utf-8", "replace")
    packed = zlib.compress(content) if len(content) > _COMPRESSED_FROM else None
    keyword = note.keyword.encode("latin-1", "replace")[:_KEYWORD_MAX] + b"\0"
    if plain:
        return (b"tEXt", keyword + content) if packed is None else (b"zTXt", keyword + b"\0" + packed)
    head = keyword + (b"\0\0" if packed is None else b"\1\0")
    head += note.language.encode("ascii", "replace") + b"\0" + note.translated.encode() + b"\0"
    return b"iTXt", head + (content if packed is None else packed)


def raw_profile(kind: str, content: bytes) -> tuple[bytes, bytes]:
    """A chunk that holds IPTC as ImageMagick and Exiv2 put it into PNG, which has no place of its own for it."""
    digits = content.hex()
    lines = "\n".join(digits[at : at + 72] for at in range(0, len(digits), 72))
    text = f"\n{kind}\n{len(content):8}\n{lines}\n"
    return b"zTXt", f"{_RAW}{kind}".encode() + b"\0\0" + zlib.compress(text.encode())


def from_raw_profile(note: Note) -> tuple[str, bytes] | None:
    """The kind and content of such a text ("iptc", "exif", "xmp" …), None where it is none that is sound."""
    if not note.keyword.startswith(_RAW):
        return None
    found = re.fullmatch(r"\s*\S+\s+(\d+)\s+([0-9a-fA-F\s]*)", note.text)
    if found is None:
        return None
    content = bytes.fromhex("".join(found[2].split())) if len("".join(found[2].split())) % 2 == 0 else b""
    return (note.keyword.removeprefix(_RAW).lower(), content) if len(content) == int(found[1]) else None


def names(notes: Sequence[Note], most: int = 8) -> str:
    """Their keywords, for the account."""
    listed = list(dict.fromkeys(note.keyword for note in notes))
    return ", ".join(listed[:most]) + (" …" if len(listed) > most else "")


def packed(notes: Sequence[Note]) -> bytes:
    """As one block, for a message between processes."""
    return json.dumps([asdict(note) for note in notes]).encode()


def unpacked(block: bytes) -> tuple[Note, ...]:
    """Raises ValueError, TypeError where it is no such block."""
    return tuple(Note(**entry) for entry in json.loads(block))
