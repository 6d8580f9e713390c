"""EXIF is changed in its place, and what is taken out is gone to the last byte."""

from __future__ import annotations

import random
import struct

import pytest
from PIL import Image
from PIL.ExifTags import IFD, Base

from desktop.core.photo.metadata.exif_edit import ExifBlock, minimal
from desktop.core.photo.tiff_tags import Field, Layout

ORDERS = pytest.mark.parametrize("order", ["<", ">"], ids=["little-endian", "big-endian"])
SMALL, NEW = b"\xff\xd8 the old small JPEG \xff\xd9", b"\xff\xd8 a new one, which is rather longer than it \xff\xd9"


def _read(block):
    """By another program's eyes."""
    found = Image.Exif()
    found.load(b"Exif\0\0" + bytes(block))
    return found


def _thumbnail(block):
    order = "<" if block[:2] == b"II" else ">"
    (first,) = struct.unpack_from(order + "I", block, 4)
    (count,) = struct.unpack_from(order + "H", block, first)
    (second,) = struct.unpack_from(order + "I", block, first + 2 + 12 * count)
    (count,) = struct.unpack_from(order + "H", block, second)
    entries = {}
    for at in range(second + 2, second + 2 + 12 * count, 12):
        tag, _, _, value = struct.unpack_from(order + "HHII", block, at)
        entries[tag] = value
    return block[entries[0x0201] : entries[0x0201] + entries[0x0202]]


@ORDERS
@pytest.mark.parametrize("new", [NEW, b"\xff\xd8\xff\xd9"], ids=["longer", "shorter"])
def test_a_thumbnail_is_replaced_and_the_old_one_gone(new, order, exif_block):
    before = exif_block(order, thumbnail=SMALL)
    block = ExifBlock(before)
    block.set_thumbnail(new)
    after = bytes(block)
    assert _thumbnail(after) == new
    assert SMALL not in after
    assert after.find(exif_block.MAKER_NOTE) == before.find(exif_block.MAKER_NOTE) > 0
    assert len(after) <= len(before) + max(0, len(new) - len(SMALL)) + 2


@ORDERS
def test_a_thumbnail_is_removed(order, exif_block):
    block = ExifBlock(exif_block(order, thumbnail=SMALL))
    block.set_thumbnail(None)
    assert not block.has_thumbnail
    assert SMALL not in bytes(block)
    assert bytes(block) == exif_block(order)


def test_no_thumbnail_is_given_to_who_has_none(exif_block):
    block = ExifBlock(exif_block())
    block.set_thumbnail(NEW)
    assert bytes(block) == exif_block()


@ORDERS
def test_where_it_was_taken_is_gone_to_the_last_byte(order, exif_block):
    before = exif_block(order)
    block = ExifBlock(before)
    assert block.tells_place
    assert block.strip_places()
    after = bytes(block)
    found = _read(after)
    assert not found.get_ifd(IFD.GPSInfo)
    assert struct.pack(order + "6I", 52, 1, 30, 1, 15, 2) in before
    assert struct.pack(order + "2I", 52, 1) not in after
    assert not block.tells_place
    assert found[Base.Make] == "ACME"
    assert found.get_ifd(IFD.Exif)[Base.DateTimeOriginal] == "2024:02:29 12:34:56"
    assert after.find(exif_block.MAKER_NOTE) == before.find(exif_block.MAKER_NOTE) > 0


def test_stripping_what_tells_no_place_changes_nothing(exif_block):
    block = ExifBlock(exif_block())
    block.strip_places()
    before = bytes(block)
    assert not block.strip_places()
    assert bytes(block) == before


@ORDERS
def test_the_thumbnail_outlives_stripping(order, exif_block):
    block = ExifBlock(exif_block(order, thumbnail=SMALL))
    block.strip_places()
    assert _thumbnail(bytes(block)) == SMALL


def _resolution(order, across, down, unit):
    return [
        (0x011A, 5, 1, struct.pack(order + "2I", *across)),
        (0x011B, 5, 1, struct.pack(order + "2I", *down)),
        (0x0128, 3, 1, struct.pack(order + "H", unit)),
    ]


@ORDERS
def test_a_resolution_is_set_in_its_own_unit(order, exif_block):
    inches = ExifBlock(exif_block(order, extra=_resolution(order, (72, 1), (72, 1), 2)))
    inches.set_dpi((300, 150.5))
    assert inches.dpi == (300, 150.5)
    metric = ExifBlock(exif_block(order, extra=_resolution(order, (100, 1), (100, 1), 3)))
    metric.set_dpi((508, 508))
    assert metric.dpi == pytest.approx((508, 508))
    assert _read(bytes(metric))[Base.XResolution] == pytest.approx(200)


def test_a_resolution_that_is_the_same_but_for_rounding_stays_as_it_is(exif_block):
    before = exif_block(extra=_resolution("<", (720_000, 10_000), (72, 1), 2))
    block = ExifBlock(before)
    block.set_dpi((72.009, 72.009))
    assert bytes(block) == before


@ORDERS
def test_a_resolution_is_added_where_that_is_wanted(order, exif_block):
    before = exif_block(order, orientation=1, thumbnail=SMALL)
    block = ExifBlock(before)
    block.set_dpi((300, 300))
    assert bytes(block) == before
    block.set_dpi((300, 299.5), add=True)
    after = bytes(block)
    assert ExifBlock(after).dpi == (300, 299.5)
    assert _thumbnail(after) == SMALL
    found = _read(after)
    assert (found[Base.Make], found[Base.Orientation]) == ("ACME", 1)
    assert after.find(exif_block.MAKER_NOTE) == before.find(exif_block.MAKER_NOTE) > 0


def test_a_block_of_nothing_but_a_resolution_is_made():
    block = minimal((300, 72.5))
    assert ExifBlock(block).dpi == (300, 72.5)
    assert _read(block)[Base.ResolutionUnit] == 2


@ORDERS
def test_sizes_of_the_related_picture_are_set_too(order):
    layout = Layout(order)
    made = layout.header(8)
    for tag, below in ((IFD.Exif, 26), (IFD.Interop, 44)):
        made += layout.packed([layout.pointer(tag, below)], len(made))
    sizes = (struct.pack(order + "H", side) for side in (24, 16))
    fields = [Field(0x1001 + axis, 3, 1, size) for axis, size in enumerate(sizes)]
    block = ExifBlock(made + layout.packed(fields, 44))
    block.set_size(72, 48)
    interop = _read(bytes(block)).get_ifd(IFD.Interop)
    assert (interop[0x1001], interop[0x1002]) == (72, 48)


def test_a_thumbnail_without_compression_becomes_a_jpeg(exif_block):
    # A second directory such as old cameras write: strips, and no JPEG.
    block = bytearray(exif_block(thumbnail=b"\x11" * 144))
    at = block.index(struct.pack("<HHI", 0x0201, 4, 1))
    struct.pack_into("<H", block, at, 0x0111)
    struct.pack_into("<H", block, at + 12, 0x0117)
    edited = ExifBlock(bytes(block))
    edited.set_thumbnail(NEW)
    assert _thumbnail(bytes(edited)) == NEW
    assert b"\x11" * 144 not in bytes(edited)


def _edit(block):
    block.orientation = 1
    block.set_size(99_999, 48)
    block.set_dpi((300, 200), add=True)
    block.set_thumbnail(NEW)
    block.strip_places()


def test_blocks_with_changed_bytes_are_either_edited_or_a_value_error(exif_block):
    chance = random.Random(11)
    whole = exif_block(orientation=6, size=(24, 16), maker_note=b"short", thumbnail=SMALL)
    for _ in range(3000):
        damaged = bytearray(whole)
        for _ in range(chance.randrange(1, 4)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        try:
            _edit(ExifBlock(bytes(damaged)))
        except ValueError:
            continue


@ORDERS
def test_blocks_cut_off_anywhere_are_either_edited_or_a_value_error(order, exif_block):
    whole = exif_block(order, orientation=6, size=(24, 16), maker_note=b"short", thumbnail=SMALL)
    for length in range(len(whole)):
        try:
            _edit(ExifBlock(whole[:length]))
        except ValueError:
            continue
