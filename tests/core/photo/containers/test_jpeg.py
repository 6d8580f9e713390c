"""JPEG: every way of coding, what stands around the picture, and files that end too early."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from desktop.core import errors
from desktop.core.photo import quantisation
from desktop.core.photo.photo import Item
from desktop.core.photo.read import read

SAMPLES = Path(__file__).with_name("samples")


def _segment(marker, body):
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def _with_segments(jpeg, *segments):
    return jpeg[:2] + b"".join(segments) + jpeg[2:]


def _items(items):
    return [item.item for item in items]


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}, {"optimize": True}], ids=repr)
@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_every_coding_gives_the_pixels_that_pillow_gives(mode, options, photo_like, encoded, put):
    content = encoded(photo_like(60, 40), "JPEG", mode=mode, quality=90, **options)
    photo = read(put("a.jpg", content))
    with Image.open(io.BytesIO(content)) as image:
        pixels = np.asarray(image)
    if mode == "CMYK":
        assert photo.pixels.shape == (40, 60, 3)
    else:
        assert np.array_equal(photo.pixels, pixels)
    assert photo.fidelity.lost == ()


@pytest.mark.parametrize("options", [{}, {"progressive": True}], ids=repr)
@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("quality", [25, 50, 75, 95])
def test_the_quality_is_read_from_the_tables(quality, mode, options, photo_like, encoded, put):
    path = put("a.jpg", encoded(photo_like(40, 30), "JPEG", mode=mode, quality=quality, **options))
    assert read(path).jpeg_quality == pytest.approx(quality, abs=1)


@pytest.mark.parametrize("file_format", ["PNG", "WEBP", "TIFF"])
def test_other_files_have_no_such_quality(file_format, photo_like, encoded, put):
    assert read(put("a", encoded(photo_like(40, 30), file_format))).jpeg_quality is None


def test_tables_that_make_no_sense_are_no_quality():
    assert quantisation.quality_of(None) is None
    assert quantisation.quality_of((0,) * 64) is None
    assert quantisation.tables_in(b"") == quantisation.tables_in(b"\x00" + bytes(63)) == {}
    assert quantisation.tables_in(b"\x21" + bytes(128)) == {}
    deep = b"\x11" + b"".join(struct.pack(">H", 300 + number) for number in range(64))
    assert quantisation.tables_in(deep + b"\x00" + bytes([7] * 64)).keys() == {0, 1}
    assert quantisation.quality_of(quantisation.tables_in(deep)[1]) < 25


def test_every_quality_of_libjpeg_is_told_from_the_next():
    found = [quantisation.quality_of(quantisation.table_of(quality)) for quality in range(25, 96)]
    assert found == pytest.approx(list(range(25, 96)), abs=1)


def test_arithmetic_coding_is_read():
    photo = read(SAMPLES / "arithmetic.jpg")
    assert photo.pixels.shape == (32, 48, 3)
    assert np.abs(photo.pixels[4, [4, -4]].astype(int) - [[255, 0, 0], [0, 255, 0]]).max() <= 2


def test_inks_that_adobe_stores_inverted_are_not_a_negative(encoded, put):
    paper = np.zeros((16, 16, 4), np.uint8)
    buffer = io.BytesIO()
    Image.frombytes("CMYK", (16, 16), paper.tobytes()).save(buffer, "JPEG")
    assert b"Adobe" in buffer.getvalue()
    assert read(put("a.jpg", buffer.getvalue())).pixels.min() > 250


@pytest.mark.parametrize(("precision", "words"), [(12, "12-bit"), (16, "16-bit")])
def test_more_bits_than_8_are_refused_as_that(precision, words, photo_like, encoded, put):
    content = bytearray(encoded(photo_like(16, 16), "JPEG"))
    content[content.index(b"\xff\xc0") + 4] = precision
    with pytest.raises(errors.UnsupportedFormatError, match=words):
        read(put("a.jpg", bytes(content)))


def test_junk_before_a_marker_is_passed_over(photo_like, encoded, put):
    content = encoded(photo_like(16, 16), "JPEG")
    start = content.index(b"\xff\xdb")
    clean = read(put("a.jpg", content)).pixels
    assert np.array_equal(read(put("b.jpg", content[:start] + b"\0junk\xff\xff" + content[start:])).pixels, clean)


def test_what_is_appended_to_a_photo_does_not_change_it(photo_like, encoded, put):
    content = encoded(photo_like(16, 16), "JPEG")
    photo = read(put("a.jpg", content + bytes(range(256)) * 500))
    assert np.array_equal(photo.pixels, read(put("b.jpg", content)).pixels)


@pytest.mark.parametrize(("unit", "factor"), [(1, 1), (2, 2.54)])
def test_the_resolution_is_read_in_inches_and_centimetres(unit, factor, photo_like, encoded, put):
    content = bytearray(encoded(photo_like(16, 16), "JPEG"))
    struct.pack_into(">BHH", content, content.index(b"JFIF\0") + 7, unit, 200, 100)
    assert read(put("a.jpg", bytes(content))).dpi == pytest.approx((200 * factor, 100 * factor))


def test_without_jfif_the_resolution_is_that_of_exif(exif_block, photo_like, encoded, put):
    extra = [(0x011A, 5, 1, struct.pack("<II", 240, 1)), (0x011B, 5, 1, struct.pack("<II", 120, 1))]
    block = exif_block(extra=[*extra, (0x0128, 3, 1, struct.pack("<H", 2))])
    content = encoded(photo_like(16, 16), "JPEG", exif=b"Exif\0\0" + block)
    start = content.index(b"\xff\xe0")
    size = struct.unpack_from(">H", content, start + 2)[0]
    assert read(put("a.jpg", content[:start] + content[start + 2 + size :])).dpi == (240, 120)


def test_a_profile_in_several_parts_is_put_together_in_their_order(srgb, photo_like, encoded, put):
    parts = [srgb[:100], srgb[100:300], srgb[300:]]
    segments = [_segment(0xE2, b"ICC_PROFILE\0" + bytes([n + 1, 3]) + parts[n]) for n in (2, 0, 1)]
    assert read(put("a.jpg", _with_segments(encoded(photo_like(16, 16), "JPEG"), *segments))).icc == srgb


def test_a_profile_with_a_part_missing_is_reported_lost(srgb, photo_like, encoded, put):
    segment = _segment(0xE2, b"ICC_PROFILE\0\1\2" + srgb)
    photo = read(put("a.jpg", _with_segments(encoded(photo_like(16, 16), "JPEG"), segment)))
    assert photo.icc is None
    assert _items(photo.fidelity.lost) == ["ICC profile"]


def test_exif_in_two_segments_is_put_together(exif_block, photo_like, encoded, put):
    block = exif_block(maker_note=bytes(70_000))
    segments = [_segment(0xE1, b"Exif\0\0" + part) for part in (block[:60_000], block[60_000:])]
    assert read(put("a.jpg", _with_segments(encoded(photo_like(16, 16), "JPEG"), *segments))).exif == block


@pytest.mark.parametrize("progressive", [False, True])
def test_what_stands_behind_a_photo_is_reported_lost(progressive, photo_like, encoded, put):
    content = encoded(photo_like(64, 48), "JPEG", progressive=progressive)
    preview = b"another picture" + bytes(range(256)) * 20
    (lost,) = read(put("a.jpg", content + preview)).fidelity.lost
    assert lost.item == "data behind the picture"
    assert f"{len(preview):,} bytes" in lost.detail
    for harmless in (b"", bytes(5000), b"\r\n", b"some words"):
        assert read(put("a.jpg", content + harmless)).fidelity.lost == ()


def test_data_of_other_programs_is_reported_lost_by_its_place(photo_like, encoded, put):
    segments = [_segment(0xEB, b"JP\0\1content credentials"), _segment(0xE4, b"something")]
    photo = read(put("a.jpg", _with_segments(encoded(photo_like(16, 16), "JPEG"), *segments)))
    assert photo.fidelity.lost == (
        Item("content credentials", "they are a seal on the file as it was"),
        Item("other programs' data", "APP4 not carried over"),
    )


def test_a_photo_with_a_map_of_highlights_is_read_and_the_map_reported(photo_like, tmp_path):
    path = tmp_path / "a.jpg"
    pictures = [Image.fromarray(photo_like(24, 16, seed)) for seed in range(2)]
    pictures[0].save(path, "MPO", save_all=True, append_images=pictures[1:])
    assert Item("further pictures", "the first of 2 in the file was used") in read(path).fidelity.lost


# ---- Files that end too early ----


def _cut(content, part):
    return content[: int(len(content) * part)]


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_a_photo_without_its_last_rows_is_read_and_says_how_many_are_missing(mode, photo_like, encoded, put):
    content = encoded(photo_like(160, 160), "JPEG", mode=mode, quality=90)
    whole, cut = (read(put("a.jpg", part)) for part in (content, _cut(content, 0.8)))
    (lost,) = [item for item in cut.fidelity.lost if item.item == "the lower part"]
    missing = int(lost.detail.split("the last ")[1].split(" of 160 rows")[0])
    assert 16 <= missing <= 64
    assert np.array_equal(cut.pixels[: 160 - missing - 16], whole.pixels[: 160 - missing - 16])
    assert cut.pixels[-8:].std(axis=(0, 1)).max() < 1


def test_a_photo_that_lacks_but_its_end_is_whole(photo_like, encoded, put):
    content = encoded(photo_like(60, 40), "JPEG")
    assert read(put("a.jpg", content[:-2])).fidelity.lost == ()


@pytest.mark.parametrize("part", [0.5, 0.6, 0.7, 0.8, 0.9, 0.99])
def test_a_progressive_photo_without_its_last_scans_is_read_and_says_it_may_be_blurred(part, photo_like, encoded, put):
    content = encoded(photo_like(120, 90), "JPEG", progressive=True, quality=90)
    photo = read(put("a.jpg", _cut(content, part)))
    assert _items(photo.fidelity.lost) == ["fine detail"]
    assert np.abs(photo.pixels.astype(int) - read(put("b.jpg", content)).pixels).mean() < 12


@pytest.mark.parametrize("part", [0.25, 0.35])
def test_a_photo_of_which_almost_nothing_is_left_is_refused_with_how_much_there_is(part, photo_like, encoded, put):
    content = encoded(photo_like(160, 160), "JPEG", quality=90)
    with pytest.raises(errors.UnreadablePhotoError, match=r"“a\.jpg” is incomplete: only \d+ % of the picture"):
        read(put("a.jpg", _cut(content, part)))


@pytest.mark.parametrize("size", [2, 3, 20, 200, 500])
def test_a_beginning_alone_is_damaged(size, photo_like, encoded, put):
    content = encoded(photo_like(60, 40), "JPEG")[:size]
    kind = errors.UnreadablePhotoError if size > 2 else errors.UnsupportedFormatError
    with pytest.raises(kind):
        read(put("a.jpg", content))


def test_a_grey_lower_part_of_a_whole_photo_is_no_damage(encoded, put):
    pixels = np.full((64, 64, 3), 128, np.uint8)
    pixels[:8] = 200
    assert read(put("a.jpg", encoded(pixels, "JPEG"))).fidelity.lost == ()


def test_a_thousand_scans_are_refused_before_they_are_decoded(photo_like, encoded, put):
    content = encoded(photo_like(60, 40), "JPEG", progressive=True)
    scan = content.rindex(b"\xff\xda")
    bomb = content[:-2] + content[scan:-2] * 1000 + content[-2:]
    with pytest.raises(errors.UnreadablePhotoError):
        read(put("a.jpg", bomb))
