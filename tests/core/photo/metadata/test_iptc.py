"""Captions and Photoshop's image resources."""

from __future__ import annotations

import hashlib
import random
import struct

import pytest

from desktop.core.photo.metadata import iptc


def _iim(record, dataset, text):
    return struct.pack(">BBBH", 0x1C, record, dataset, len(text)) + text


def _resource(kind, content, name=b"\0\0"):
    return (
        b"8BIM" + struct.pack(">H", kind) + name + struct.pack(">I", len(content)) + content + bytes(len(content) % 2)
    )


PLACES = _iim(2, 90, b"Berlin") + _iim(2, 101, b"Germany")
OTHERS = _iim(1, 90, b"\x1b%G") + _iim(2, 120, b"For Oma")


def test_a_block_is_taken_apart_and_put_together():
    block = _resource(0x0404, OTHERS) + _resource(0x040B, b"url", b"\x05named") + _resource(0x040A, b"\1")
    found = iptc.Captions.of(block)
    assert found.iptc == OTHERS
    assert iptc.block_of(found.iptc, found.others, None, None) == block


def test_where_it_was_taken_is_taken_out_and_nothing_else():
    assert iptc.tells_place(PLACES + OTHERS)
    assert iptc.without_places(PLACES + OTHERS) == OTHERS
    assert iptc.without_places(PLACES) is None
    assert not iptc.tells_place(OTHERS)


def test_long_entries_are_passed_over_whole():
    long = b"\x1c\x02\x78\x80\x04" + (100_000).to_bytes(4, "big") + b"x" * 100_000
    assert iptc.without_places(long + PLACES) == long


@pytest.mark.parametrize("block", [b"", b"nonsense", b"\x1c\x02", OTHERS[:-1], OTHERS + b"x"])
def test_captions_that_make_no_sense_are_a_value_error(block):
    with pytest.raises(ValueError, match="entr"):
        iptc.records(block)


def test_a_resolution_and_a_digest_are_set_right():
    old = struct.pack(">IHHIHH", 72 << 16, 1, 1, 72 << 16, 1, 1)
    block = _resource(0x03ED, old) + _resource(0x0425, b"x" * 16)
    found = iptc.Captions.of(_resource(0x0404, OTHERS) + block)
    made = iptc.Captions.of(iptc.block_of(found.iptc, found.others, (300, 150), None))
    resolution, digest = made.others
    assert struct.unpack(">I4xI4x", resolution.content) == (300 << 16, 150 << 16)
    assert digest.content == hashlib.md5(OTHERS).digest()
    same = iptc.block_of(None, found.others, (72.01, 72.01), None)
    assert _resource(0x03ED, old) in same


def test_a_thumbnail_is_replaced_or_left_out():
    found = iptc.Captions.of(_resource(0x0409, b"old"))
    assert iptc.has_thumbnail(found.others)
    made = iptc.block_of(None, found.others, None, iptc.thumbnail_resource(b"jpeg", 10, 6))
    (resource,) = iptc.resources(made)
    assert resource.kind == 0x040C
    assert struct.unpack_from(">IIIIIIHH", resource.content) == (1, 10, 6, 32, 192, 4, 24, 1)
    assert iptc.block_of(None, found.others, None, None) == b""


def test_what_goes_its_own_way_and_what_is_told_in_pixels_is_left_out():
    found = iptc.Captions.of(_resource(0x0424, b"<x/>") + _resource(0x041A, b"slices") + _resource(0x0408, b"guides"))
    assert (found.others, found.stale, found.copies) == ((), 2, 1)


def test_what_is_cut_off_is_taken_as_far_as_it_goes():
    block = _resource(0x040A, b"\1") + _resource(0x040B, b"url")[:-2]
    assert [resource.kind for resource in iptc.resources(block)] == [0x040A]
    with pytest.raises(ValueError, match="no image resources"):
        iptc.resources(b"8BIM\x04\x04\0\0\xff\xff\xff\xff")


def test_damaged_blocks_are_either_understood_or_a_value_error():
    chance = random.Random(3)
    whole = _resource(0x0404, OTHERS + PLACES) + _resource(0x03ED, bytes(16)) + _resource(0x040B, b"url", b"\x05named")
    for _ in range(3000):
        damaged = bytearray(whole)
        for _ in range(chance.randrange(1, 5)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        try:
            found = iptc.Captions.of(bytes(damaged[: chance.randrange(1, len(damaged))]))
            iptc.block_of(found.iptc, found.others, (300, 300), None)
            iptc.without_places(found.iptc or b"")
        except ValueError:
            continue
