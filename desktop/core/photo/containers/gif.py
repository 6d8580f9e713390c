"""GIF89a; of an animation the first picture."""

from __future__ import annotations

import struct

from PIL import Image

from desktop.core.photo.containers import pillow
from desktop.core.photo.containers.base import Carried, Container, Planes
from desktop.core.photo.looks import Header
from desktop.core.photo.metadata.notes import Note
from desktop.core.photo.photo import Fidelity
from desktop.core.photo.source import CutShortError, Part, Source, Spliced

_EXTENSION, _PICTURE, _END = b"!", b",", b";"
_CONTROL, _COMMENT, _APPLICATION = 0xF9, 0xFE, 0xFF
_MOST_BLOCKS = 50_000
_MOST_PIECES = 500_000
_WINDOW = 2**16
_MOST_COMMENTS, _LONGEST_COMMENT = 20, 2**17


class Gif(Container):
    def __init__(self, source: Source) -> None:
        super().__init__(source)
        width, height, flags = struct.unpack_from("<HHB", source.exactly(6, 5))
        self._start = 13 + _table_bytes(flags)
        self._comments: list[tuple[int, int]] = []
        self._applications = False
        self._control: tuple[int, int] | None = None
        self._pieces = 0
        self._picture = self._first_picture()
        left, top, across, down, self._table = struct.unpack("<HHHHB", source.exactly(self._picture + 1, 9))
        # A picture that is larger than the screen it is meant for makes that larger, as in Pillow.
        width, height = max(width, left + across), max(height, top + down)
        if not width or not height:
            raise ValueError("a picture without a size")
        transparent = self._control is not None and source[self._control[0] + 3 : self._control[0] + 4] > b"\0"
        self.header = Header(width, height, "GIF", channels=4 if transparent else 3)

    def carried(self) -> Carried:
        fidelity = Fidelity()
        if self._is_animated():
            fidelity = fidelity.and_lost("further pictures", "the first of several in the file was used")
        if self._applications:
            fidelity = fidelity.and_lost("other programs' data", "not carried over")
        comments = self._comments[:_MOST_COMMENTS]
        if len(comments) < len(self._comments):
            fidelity = fidelity.and_lost("comment", f"all but the first {_MOST_COMMENTS}")
        return Carried(fidelity=fidelity, notes=tuple(Note.comment(self._text(*comment)) for comment in comments))

    def _text(self, at: int, end: int) -> bytes:
        """What a row of pieces holds together."""
        block, found, at = self._source[at : min(end, at + _LONGEST_COMMENT)], [], 0
        while at < len(block) and block[at]:
            found.append(block[at + 1 : at + 1 + block[at]])
            at += 1 + block[at]
        return b"".join(found)

    def planes(self) -> Planes:
        with pillow.opened(self._stream(), "GIF") as image:
            return pillow.planes_of(image)

    def small(self, side: int) -> Image.Image:
        image = pillow.opened(self._stream(), "GIF")
        image.load()
        return image

    def _stream(self) -> Spliced:
        control: list[Part] = [self._control] if self._control else []
        picture = self._picture, len(self._source) - self._picture
        return Spliced(self._source, [(0, self._start), *control, picture])

    def _first_picture(self) -> int:
        """Where the first picture's block stands."""
        at = self._start
        for _ in range(_MOST_BLOCKS):
            kind = self._source.exactly(at, 1)
            if kind == _PICTURE:
                return at
            if kind == _END:
                break
            if kind != _EXTENSION:
                at += 1  # as Pillow does
                continue
            label = self._source.exactly(at + 1, 1)[0]
            end = self._behind_pieces(at + 2)
            if label == _CONTROL and end - at == 8:
                self._control = at, end - at
            if label == _COMMENT:
                self._comments.append((at + 2, end))
            name = self._source[at + 3 : at + 14] if label == _APPLICATION else b""
            self._applications |= bool(name) and name not in (b"NETSCAPE2.0", b"ANIMEXTS1.0")
            at = end
        raise ValueError("no picture")

    def _is_animated(self) -> bool:
        at = self._picture + 10 + _table_bytes(self._table)
        try:
            at = self._behind_pieces(at + 1)  # one byte says how codes begin
            for _ in range(_MOST_BLOCKS):
                kind = self._source[at : at + 1]
                if kind == _EXTENSION:
                    at = self._behind_pieces(at + 2)
                else:
                    return kind == _PICTURE
        except ValueError:
            pass
        return False

    def _behind_pieces(self, at: int) -> int:
        """The position behind a row of pieces of up to 255 bytes each, which an empty one ends."""
        window, base = b"", at
        while self._pieces < _MOST_PIECES:
            self._pieces += 1
            if at - base >= len(window):
                window, base = self._source[at : at + _WINDOW], at
                if not window:
                    raise CutShortError("the file ends within a block")
            size = window[at - base]
            at += 1 + size
            if not size:
                return at
        raise ValueError("more pieces than any photo has")


def _table_bytes(flags: int) -> int:
    """What a table of colours takes, if there is one."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0
