"""EXIF is carried over byte for byte, but for what enlarging and turning make untrue."""

from __future__ import annotations

import io
import random
import struct
from datetime import date

import pytest
from PIL import Image
from PIL.ExifTags import IFD, Base

from desktop.core.photo import exif
from desktop.core.photo.metadata.exif_edit import ExifBlock

ORDERS = pytest.mark.parametrize("order", ["<", ">"], ids=["little-endian", "big-endian"])
THUMBNAIL = b"\xff\xd8 a small JPEG \xff\xd9"


def _read(block: bytes) -> Image.Exif:
    """By another program's eyes."""
    found = Image.Exif()
    found.load(b"Exif\0\0" + block)
    return found


def _differing(one: bytes, other: bytes) -> list[int]:
    assert len(one) == len(other)
    return [place for place, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]


@ORDERS
@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_orientation_is_found(orientation, order, exif_block):
    assert exif.orientation_of(exif_block(order, orientation=orientation)) == orientation


@ORDERS
def test_without_an_orientation_a_photo_is_upright(order, exif_block):
    assert exif.orientation_of(exif_block(order)) == 1


@ORDERS
@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_a_nonsensical_orientation_counts_as_upright(orientation, order, exif_block):
    assert exif.orientation_of(exif_block(order, orientation=orientation)) == 1


@ORDERS
@pytest.mark.parametrize("orientation", range(2, 9))
def test_after_turning_only_the_orientation_differs(orientation, order, exif_block):
    block = exif_block(order, orientation=orientation)
    turned = exif.upright(block)[0]
    assert exif.orientation_of(turned) == 1
    assert len(_differing(block, turned)) == 1


@pytest.mark.parametrize("orientation", [None, 0, 1, 9])
def test_exif_of_a_photo_that_is_not_turned_is_left_alone_with_its_thumbnail(orientation, exif_block):
    block = exif_block(orientation=orientation, thumbnail=THUMBNAIL)
    assert exif.upright(block)[0] == block


@ORDERS
def test_maker_notes_stay_where_they_were_to_the_last_byte(order, exif_block):
    block = exif_block(order, orientation=8, size=(24, 16), thumbnail=THUMBNAIL)
    changed = exif.with_size(exif.upright(block)[0], 48, 72)
    assert changed.find(exif_block.MAKER_NOTE) == block.find(exif_block.MAKER_NOTE) > 0


def test_a_block_that_ends_without_a_link_can_be_turned(exif_block):
    short = b"II*\0" + struct.pack("<IHHHIHH", 8, 1, 0x0112, 3, 1, 6, 0)
    assert exif.orientation_of(short) == 6
    turned = exif.upright(short)[0]
    assert exif.orientation_of(turned) == 1
    assert len(turned) == len(short)
    assert not ExifBlock(short).has_thumbnail


@ORDERS
@pytest.mark.parametrize("size_type", [3, 4], ids=["SHORT", "LONG"])
def test_sizes_are_brought_up_to_date(size_type, order, exif_block):
    block = exif_block(order, size=(24, 16), size_type=size_type)
    changed = exif.with_size(block, 720, 480)
    found = _read(changed).get_ifd(0x8769)
    assert (found[0xA002], found[0xA003]) == (720, 480)
    assert len(changed) == len(block)


@ORDERS
def test_a_size_too_large_for_a_short_becomes_a_long(order, exif_block):
    changed = exif.with_size(exif_block(order, size=(24_000, 16)), 72_000, 48)
    found = _read(changed).get_ifd(0x8769)
    assert (found[0xA002], found[0xA003]) == (72_000, 48)


@ORDERS
def test_sizes_among_the_first_tags_are_brought_up_to_date_too(order, exif_block):
    size = [(0x0100, 4, 1, struct.pack(order + "I", 24)), (0x0101, 4, 1, struct.pack(order + "I", 16))]
    changed = _read(exif.with_size(exif_block(order, extra=size), 72, 48))
    assert (changed[0x0100], changed[0x0101]) == (72, 48)


def test_exif_that_states_no_size_is_given_none(exif_block):
    block = exif_block()
    assert exif.with_size(block, 72, 48) == block


@pytest.mark.parametrize(
    "block",
    [b"", b"II", b"II*\0", b"II*\0\x08\0\0\0", b"XX*\0\x08\0\0\0\0\0", b"II*\0\xff\xff\xff\xff\0\0"],
    ids=["empty", "two bytes", "no offset", "no directory", "no byte order", "a directory outside"],
)
@pytest.mark.parametrize("use", [exif.orientation_of, exif.upright, exif.require_whole, ExifBlock])
def test_a_broken_structure_is_a_value_error(block, use):
    with pytest.raises(ValueError, match=r"EXIF|directory|byte order|TIFF"):
        use(block)


def test_an_absurd_number_of_tags_is_a_value_error():
    with pytest.raises(ValueError, match="absurd"):
        exif.orientation_of(b"II*\0\x08\0\0\0\xff\xff" + bytes(12 * 65535))


def test_a_directory_below_that_lies_outside_is_a_value_error(exif_block):
    block = bytearray(exif_block(size=(24, 16)))
    entry = block.index(struct.pack("<HHI", 0x8769, 4, 1))
    struct.pack_into("<I", block, entry + 8, 1 << 30)
    with pytest.raises(ValueError, match="outside"):
        exif.with_size(bytes(block), 72, 48)


def test_a_directory_that_points_to_itself_ends(exif_block):
    block = bytearray(exif_block())
    entry = block.index(struct.pack("<HHI", 0x8769, 4, 1))
    struct.pack_into("<I", block, entry + 8, 8)
    exif.require_whole(bytes(block))


@ORDERS
def test_exif_cut_off_anywhere_is_either_usable_or_a_value_error(order, exif_block):
    block = exif_block(order, orientation=6, size=(24, 16), maker_note=b"short", thumbnail=THUMBNAIL)
    for length in range(len(block)):
        for use in (exif.orientation_of, exif.upright, lambda cut: exif.with_size(cut, 9, 9), exif.require_whole):
            try:
                use(block[:length])
            except ValueError:
                continue


def test_exif_with_changed_bytes_is_either_usable_or_a_value_error(exif_block):
    chance = random.Random(7)
    block = exif_block(orientation=6, size=(24, 16), maker_note=b"short", thumbnail=THUMBNAIL)
    for _ in range(3000):
        damaged = bytearray(block)
        for _ in range(chance.randrange(1, 4)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        for use in (exif.orientation_of, exif.upright, lambda cut: exif.with_size(cut, 9, 9), exif.require_whole):
            try:
                use(bytes(damaged))
            except ValueError:
                continue


def _tiff(pixels, **options) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "TIFF", **options)
    return buffer.getvalue()


def test_a_tiff_that_says_nothing_of_its_photo_has_no_exif(photo_like):
    assert exif.from_tiff(_tiff(photo_like(8, 8))) is None


def test_what_a_tiff_says_of_its_photo_becomes_a_block_of_its_own(photo_like):
    block = exif.from_tiff(_tiff(photo_like(8, 8), description="a hill", dpi=(300, 300), compression="tiff_lzw"))
    found = _read(block)
    assert found[0x010E] == "a hill"
    assert set(found) == {0x010E}  # nothing of how its pixels are stored, and the resolution goes its own way


@ORDERS
def test_a_block_goes_into_a_tiff_and_comes_out_as_it_was(order, exif_block, tiff_file, photo_like):
    block = exif_block(order, size=(24, 16))
    path = tiff_file(photo_like(24, 16), byteorder=order)
    exif.into_tiff(block, path)
    back = exif.from_tiff(path.read_bytes())
    for fixed in (block, back):
        exif.require_whole(fixed)
    assert _everything(back) == _everything(block)
    assert exif_block.MAKER_NOTE in back
    assert exif_block.COPYRIGHT in back


def test_a_block_goes_into_a_bigtiff_too(exif_block, tiff_file, photo_like):
    block = exif_block(size=(24, 16))
    path = tiff_file(photo_like(24, 16), bigtiff=True)
    exif.into_tiff(block, path)
    assert _everything(exif.from_tiff(path.read_bytes())) == _everything(block)


def test_a_tiff_stays_readable_with_a_block_in_it(exif_block, tiff_file, photo_like):
    pixels = photo_like(24, 16)
    path = tiff_file(pixels)
    exif.into_tiff(exif_block(), path)
    with Image.open(path) as image:
        assert image.n_frames == 1
        assert (pixels == image).all()


def _everything(block: bytes) -> dict[str, dict[int, object]]:
    found = _read(block)
    pointers = {0x8769, 0x8825, 0xA005}
    return {
        name: {tag: value for tag, value in values.items() if tag not in pointers}
        for name, values in {
            "first": dict(found),
            "exif": found.get_ifd(0x8769),
            "gps": found.get_ifd(0x8825),
            "interoperability": found.get_ifd(0xA005),
        }.items()
    }


def _dated(text):
    made = Image.Exif()
    made[Base.Make] = "ACME"
    if text is not None:
        made.get_ifd(IFD.Exif)[Base.DateTimeOriginal] = text
    return made.tobytes().removeprefix(b"Exif\0\0")


@ORDERS
def test_the_day_a_photo_was_taken_is_found(order, exif_block):
    assert exif.day_taken(exif_block(order)) == date(2024, 2, 29)
    assert exif.day_taken(_dated("1962:07:01 12:30:00")) == date(1962, 7, 1)


@pytest.mark.parametrize(
    "text", [None, "", "0000:00:00 00:00:00", "    :  :     :  :  ", "1962:13:01 00:00:00", "1962"]
)
def test_a_day_that_is_none_is_not_invented(text):
    assert exif.day_taken(_dated(text)) is None


@pytest.mark.parametrize("end", [0, 4, 8, 20, 60])
def test_a_block_that_is_cut_off_has_no_day(end):
    assert exif.day_taken(_dated("1962:07:01 12:30:00")[:end]) is None
