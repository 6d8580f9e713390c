"""A file is looked into where needed, and put together from parts for a decoder."""

from __future__ import annotations

import io
import os

import pytest

from desktop.core import errors
from desktop.core.photo.source import CutShortError, Source, Spliced

CONTENT = bytes(range(200))


@pytest.fixture
def source(put):
    with Source(put("a", CONTENT)) as source:
        yield source


def test_a_source_is_used_like_bytes(source):
    assert len(source) == 200
    for part in (slice(0, 10), slice(190, 500), slice(50, 40), slice(None), slice(-3, None)):
        assert source[part] == CONTENT[part]
    assert source.exactly(5, 7) == CONTENT[5:12]


@pytest.mark.parametrize(("at", "size"), [(195, 6), (200, 1), (-1, 3), (3, -1), (2**62, 2**62)])
def test_a_part_that_is_not_there_is_a_file_cut_short(at, size, source):
    with pytest.raises(CutShortError):
        source.exactly(at, size)


def test_a_source_knows_whether_somebody_wrote_to_its_file(put):
    path = put("a", CONTENT)
    with Source(path) as source:
        assert not source.changed
        os.utime(path, ns=(1, 1))
        assert source.changed


def test_closing_a_source_closes_its_file(put):
    with Source(put("a", CONTENT)) as source:
        pass
    with pytest.raises(ValueError, match="closed"):
        source[:1]


def _spliced(source, last_resort=b""):
    return Spliced(source, [b"head", (10, 20), b"", (0, 0), (100, 5), b"tail"], last_resort)


WHOLE = b"head" + CONTENT[10:30] + CONTENT[100:105] + b"tail"


def test_parts_are_one_file(source):
    stream = _spliced(source)
    assert stream.joined() == WHOLE
    stream.seek(0)
    assert stream.read() == WHOLE
    for size in (1, 3, 7, 100):
        stream.seek(0)
        pieces = list(iter(lambda size=size: stream.read(size), b""))
        assert b"".join(pieces) == WHOLE
        assert {len(piece) for piece in pieces[:-1]} <= {size}


def test_a_place_in_it_is_found_from_everywhere(source):
    stream = _spliced(source)
    for at in range(len(WHOLE) + 3):
        assert stream.seek(at) == stream.tell() == at
        assert stream.read(4) == WHOLE[at : at + 4]
    assert stream.seek(-6, io.SEEK_END) == len(WHOLE) - 6
    assert stream.seek(2, io.SEEK_CUR) == len(WHOLE) - 4


def test_asking_for_far_more_than_there_is_takes_no_room(source):
    assert _spliced(source).read(2**60) == WHOLE


def test_a_last_resort_is_given_only_to_who_reads_on_behind_the_end(source):
    stream = _spliced(source, b"END")
    assert stream.read(1000) == WHOLE
    assert not stream.exhausted
    assert stream.read(2) == b"EN"
    assert stream.exhausted
    assert stream.read(1000) == b"D"
    assert stream.read(1000) == b""


def test_without_a_last_resort_the_end_is_the_end(source):
    stream = _spliced(source)
    stream.read(1000)
    assert stream.read(10) == b""
    assert stream.exhausted


def test_parts_the_file_does_not_have_are_a_file_cut_short(source):
    with pytest.raises(CutShortError):
        Spliced(source, [(190, 20), b"tail"]).joined()


def test_a_file_that_is_gone_is_not_found(tmp_path):
    with pytest.raises(errors.NotFoundError):
        Source(tmp_path / "gone")
