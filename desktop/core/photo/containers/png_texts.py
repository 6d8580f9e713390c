"""PNG's chunks of text, and what programs hide in them: XMP, and EXIF and IPTC of the time before eXIf."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from desktop.core.photo.containers.base import BLOCK_MAX, inflated
from desktop.core.photo.metadata import notes
from desktop.core.photo.metadata.notes import Note
from desktop.core.photo.photo import Fidelity

TEXTS = frozenset({b"tEXt", b"zTXt", b"iTXt"})
_XMP_KEY = "XML:com.adobe.xmp"
_MOST_NAMED = 8
_PROFILES = ("xmp", "exif", "app1", "iptc", "8bim")


@dataclass
class Texts:
    """What the chunks hold. ``profiles`` by their kind, such as "iptc"."""

    xmp: bytes | None = None
    profiles: dict[str, bytes] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    fidelity: Fidelity = field(default_factory=Fidelity)


def gathered(chunks: Iterable[tuple[bytes, bytes]]) -> Texts:
    """Kind and content of each chunk, in the file's order."""
    found, left_out = Texts(), []
    kept: list[Note] = []
    total, room = 0, BLOCK_MAX
    for kind, content in chunks:
        keyword = content[:80].partition(b"\0")[0].decode("latin-1")
        # All of them together, because inflating the same few bytes a thousand times would keep programs busy.
        note = _note(kind, content, room)
        room = max(0, room - (len(note.text) if note is not None else room // 4))
        if keyword == _XMP_KEY and kind == b"iTXt" and found.xmp is None:
            if note is None:
                found.fidelity = found.fidelity.and_lost("XMP", "it is damaged or too large and was left out")
            else:
                found.xmp = note.text.encode("utf-8", "surrogateescape")
            continue
        profile = notes.from_raw_profile(note) if note is not None else None
        if profile is not None and profile[0] in _PROFILES:
            if profile[0] == "xmp" and found.xmp is None:
                found.xmp = profile[1]
            else:
                found.profiles.setdefault(*profile)
            continue
        total += len(note.text) if note is not None else 0
        if note is None or total > notes.LARGEST or len(kept) >= notes.MOST:
            left_out.append(keyword)
        else:
            kept.append(note)
    found.notes = tuple(kept)
    if left_out:
        names = ", ".join(dict.fromkeys(left_out[:_MOST_NAMED])) + (" …" if len(left_out) > _MOST_NAMED else "")
        found.fidelity = found.fidelity.and_lost("PNG text", f"{names}: damaged or too large and left out")
    return found


def _note(kind: bytes, content: bytes, room: int) -> Note | None:
    """None where it is damaged, or longer than ``room``."""
    if len(content) > BLOCK_MAX or not room:
        return None
    keyword, _, rest = content.partition(b"\0")
    word = keyword.decode("latin-1")
    try:
        if kind == b"tEXt":
            return Note(word, rest.decode("latin-1"))
        if kind == b"zTXt":
            return Note(word, inflated(rest[1:], room).decode("latin-1"))
        compressed, rest = rest[:1] == b"\1", rest[2:]
        language, _, rest = rest.partition(b"\0")
        translated, _, rest = rest.partition(b"\0")
        text = inflated(rest, room) if compressed else rest
        return Note(
            word,
            text.decode("utf-8", "surrogateescape"),
            True,
            language.decode("latin-1"),
            translated.decode("utf-8", "replace"),
        )
    except (zlib.error, ValueError):
        return None
