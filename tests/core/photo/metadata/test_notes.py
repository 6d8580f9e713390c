"""Texts and comments."""

from __future__ import annotations

import zlib

import pytest

from desktop.core.photo.containers.png_texts import gathered
from desktop.core.photo.metadata import notes
from desktop.core.photo.metadata.notes import Note

MANY = (
    Note("Author", "Zoë"),
    Note("Comment", "for Oma"),
    Note("Title", "Für Oma ✓", True, "de", "Titel"),
    Note("Source", "long " * 2000),
    Note("Description", "lang ✓ " * 2000, True),
)


def test_texts_go_into_chunks_and_come_out_as_they_were():
    assert gathered(notes.png_chunks(MANY)).notes == MANY


def test_long_texts_are_compressed():
    kinds = [kind for kind, _ in notes.png_chunks(MANY)]
    assert kinds == [b"tEXt", b"tEXt", b"iTXt", b"zTXt", b"iTXt"]
    assert all(len(content) < 1000 for _, content in notes.png_chunks(MANY))


@pytest.mark.parametrize("content", [b"for Oma", "für Oma".encode(), b"f\xfcr Oma", b""])
def test_a_comment_keeps_its_bytes(content):
    note = Note.comment(content + b"\0")
    assert note.content == content
    assert notes.for_jpeg([note]) == (note,)


def test_a_jpeg_holds_comments_of_one_segment_only():
    assert notes.for_jpeg([*MANY, Note("Comment", "x" * 70_000)]) == (MANY[1],)


def test_a_comment_with_a_zero_in_it_does_not_end_there_in_a_png():
    (chunk,) = notes.png_chunks([Note("Comment", "a\0b")])
    assert chunk == (b"tEXt", b"Comment\0a b")


def test_a_profile_goes_into_a_chunk_and_comes_out_as_it_was():
    content = bytes(range(256)) * 3
    found = gathered([notes.raw_profile("iptc", content)])
    assert found.profiles == {"iptc": content}
    assert found.notes == ()


@pytest.mark.parametrize("text", ["", "\niptc\n", "\niptc\n 4\nabc\n", "\niptc\n 9\nabcd\n", "\niptc\n 2\nxxxx\n"])
def test_a_profile_that_is_not_sound_stays_a_text(text):
    note = Note("Raw profile type iptc", text)
    assert notes.from_raw_profile(note) is None
    found = gathered([(b"zTXt", b"Raw profile type iptc\0\0" + zlib.compress(text.encode()))])
    assert found.notes == (note,)


def test_texts_travel_between_processes():
    assert notes.unpacked(notes.packed(MANY)) == MANY


def test_only_a_few_are_named():
    assert notes.names(MANY) == "Author, Comment, Title, Source, Description"
    assert notes.names([Note(f"K{number}", "") for number in range(20)]).endswith("K7 …")
