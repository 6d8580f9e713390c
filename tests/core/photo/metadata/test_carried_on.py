"""From file to file, everything that belongs to a photo is there again, or stands among what was lost."""

from __future__ import annotations

import dataclasses
import shutil
import subprocess

import numpy as np
import pytest
from PIL import Image

from desktop.core.photo.fitting import foretold
from desktop.core.photo.formats import BY_NAME, JPEG, PNG, TIFF, WEBP
from desktop.core.photo.isolated import _photo
from desktop.core.photo.metadata.xmp import Provenance, is_ours
from desktop.core.photo.photo import Photo
from desktop.core.photo.read import read
from desktop.core.photo.tasks import read_task
from desktop.core.photo.wishes import Wishes
from desktop.core.photo.write import write

KINDS = ("jpeg", "png", "tiff", "webp")
every_kind = pytest.mark.parametrize("kind", KINDS)
NOTED = Wishes(provenance=Provenance("Rekindle 1.0", "edsr-baseline-x3", "3"))
STRIPPED = dataclasses.replace(NOTED, strip_gps=True)
PLACES = ("GPS", "City", "Country")

# What has to differ, as ExifTool names it (groups left out): sizes, what says how pixels are stored, the thumbnail,
# and the note of the enlargement.
MAY_DIFFER = {
    *("ImageSize", "Megapixels", "ImageWidth", "ImageHeight", "ExifImageWidth", "ExifImageHeight", "Orientation"),
    *("ThumbnailImage", "ThumbnailLength", "ThumbnailOffset", "PhotoshopThumbnail"),
    *("Software", "Model", "Scale", "DigitalSourceType", "History"),
}
STORED_ANEW = {"Compression", "Predictor", "RowsPerStrip", "StripByteCounts", "StripOffsets"}


def _enlarged(photo):
    pixels = photo.pixels.repeat(3, axis=0).repeat(3, axis=1)
    return dataclasses.replace(photo, pixels=pixels)


def _result(path, output, tmp_path, wishes=NOTED):
    target = tmp_path / f"result{output.suffixes[0]}"
    return target, write(_enlarged(read(path)), target, output, wishes=wishes, overwrite=True)


def _differing(before, after):
    return {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}


@every_kind
def test_exiftool_sees_the_same_tags_but_for_those_that_must_change(kind, full, exiftool, tmp_path):
    original = full(kind)
    target, told = _result(original, BY_NAME[kind], tmp_path)
    before, after = exiftool(original), exiftool(target)
    assert len(before) > 25
    may_differ = MAY_DIFFER | (STORED_ANEW if kind == "tiff" else set())
    names = {key.rpartition(":")[2] for key in _differing(before, after) if not key.startswith("File:")}
    assert names <= may_differ
    ours = {key for key in after.keys() - before.keys() if not key.startswith("IFD0:")}
    assert {key.partition(":")[0] for key in ours} <= {"XMP-rekindle", "XMP-xmpMM", "XMP-iptcExt"}
    assert told.lost == ()


@every_kind
def test_without_a_note_nothing_at_all_is_added(kind, full, exiftool, tmp_path):
    target, _ = _result(full(kind), BY_NAME[kind], tmp_path, Wishes())
    before, after = exiftool(full(kind)), exiftool(target)
    assert {key.partition(":")[2] for key in after.keys() - before.keys()} <= {"Predictor"}


@every_kind
@pytest.mark.parametrize("output", [JPEG, PNG, TIFF, WEBP], ids=lambda output: output.name)
def test_exiftool_has_nothing_new_to_complain_about(kind, output, full, exif_block, tmp_path):
    program = shutil.which("exiftool")
    if program is None:
        pytest.skip("exiftool is not installed")
    target, _ = _result(full(kind, maker_note=None), output, tmp_path)
    told = subprocess.run(
        [program, "-warning", "-error", "-a", str(target)], capture_output=True, check=True, timeout=60, text=True
    )
    assert told.stdout == ""


@every_kind
@pytest.mark.parametrize("output", [JPEG, PNG, TIFF, WEBP], ids=lambda output: output.name)
def test_from_format_to_format_what_is_not_there_again_stands_among_the_lost(kind, output, full, tmp_path):
    original = read(full(kind))
    target, told = _result(full(kind), output, tmp_path)
    result = read(target)
    lost = {item.item for item in told.lost}
    for item, block in (("ICC profile", "icc"), ("EXIF", "exif"), ("XMP", "xmp"), ("IPTC", "iptc")):
        if getattr(original, block):
            assert bool(getattr(result, block)) != (item in lost)
    if original.photoshop:
        assert bool(result.photoshop) != ("Photoshop data" in lost)
    texts = {note.keyword: note.text for note in result.notes}
    for note in original.notes:
        item = "comment" if note.keyword == "Comment" else "PNG text"
        assert (texts.get(note.keyword) == note.text) != (item in lost)
    assert result.dpi == pytest.approx((72, 72), rel=1e-3)
    assert is_ours(result.xmp)
    assert result.fidelity.lost == ()


@every_kind
@pytest.mark.parametrize("output", [JPEG, PNG, TIFF, WEBP], ids=lambda output: output.name)
def test_where_it_was_taken_is_gone_if_that_is_wanted(kind, output, full, exiftool, tmp_path):
    target, told = _result(full(kind, maker_note=None), output, tmp_path, STRIPPED)
    found = exiftool(target)
    assert [key for key in found if any(word in key for word in PLACES)] == []
    content = target.read_bytes()
    assert b"Berlin" not in content
    assert b"52,30.5N" not in content
    (item,) = (item for item in told.lost if item.item == "location")
    assert item.detail.startswith("removed, as you chose")
    kept, _ = _result(full(kind, maker_note=None), output, tmp_path)
    assert any("City" in key for key in exiftool(kept))


def test_a_maker_note_that_may_tell_the_place_is_named(full, tmp_path):
    _, told = _result(full("jpeg"), JPEG, tmp_path, STRIPPED)
    (item,) = (item for item in told.lost if item.item == "location")
    assert "maker note was kept" in item.detail


@every_kind
def test_the_same_print_size_is_told_everywhere(kind, full, exiftool, tmp_path):
    target, told = _result(full(kind), BY_NAME[kind], tmp_path, Wishes(dpi_factor=3))
    found = exiftool(target)
    stated = {key: value for key, value in found.items() if key.endswith(("XResolution", "YResolution"))}
    assert stated
    assert all(float(value) == pytest.approx(216, rel=1e-3) for value in stated.values())
    assert read(target).dpi == pytest.approx((216, 216), rel=1e-3)
    (item,) = (item for item in told.converted if item.item == "resolution")
    assert item.detail == "72 dpi became 216 dpi, so that it prints as large as before"


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp"])
def test_the_thumbnail_is_one_of_the_result(kind, full, exiftool, tmp_path):
    target, _ = _result(full(kind), BY_NAME[kind], tmp_path)
    program = shutil.which("exiftool")
    told = subprocess.run([program, "-b", "-ThumbnailImage", str(target)], capture_output=True, check=True, timeout=60)
    small = tmp_path / "small.jpg"
    small.write_bytes(told.stdout)
    with Image.open(small) as picture:
        assert picture.size == (72, 108)  # upright, as the result
        shown = np.asarray(picture.convert("RGB")).astype(int)
    assert np.abs(shown - read(target).pixels).mean() < 12


def test_blocks_larger_than_a_segment_are_cut_and_put_together(exif_block, photo_like, noise, tmp_path, packet):
    target = tmp_path / "a.jpg"
    icc = (200_000).to_bytes(4, "big") + bytes(32) + b"acsp" + noise((199_960,)).tobytes()
    icc = icc[:16] + b"RGB " + icc[20:]
    text = b"<tiff:ImageWidth>", b"<dc:description>" + b"word " * 40_000 + b"</dc:description><tiff:ImageWidth>"
    captions = b"".join(b"\x1c\x02\x78\x75\x30" + bytes([65 + number]) * 30_000 for number in range(5))
    photo = Photo(photo_like(16, 16), None, icc, None, packet.replace(*text), iptc=captions)
    told = write(photo, target, JPEG, wishes=NOTED)
    assert told.lost == ()
    back = read(target)
    assert (back.icc, back.iptc) == (icc, captions)
    assert back.xmp.count(b"word ") == 40_000
    assert is_ours(back.xmp)
    assert back.fidelity.lost == ()


def test_exiftool_puts_together_what_is_cut(exiftool, photo_like, tmp_path, packet):
    target = tmp_path / "a.jpg"
    text = b"<tiff:ImageWidth>", b"<dc:description>" + b"word " * 40_000 + b"</dc:description><tiff:ImageWidth>"
    captions = b"".join(b"\x1c\x02\x78\x75\x30" + bytes([65 + number]) * 30_000 for number in range(5))
    write(Photo(photo_like(16, 16), xmp=packet.replace(*text), iptc=captions), target, JPEG)
    found = exiftool(target)
    assert len(found["XMP-dc:Description"]) >= 199_999
    assert "ExifTool:Warning" not in found
    assert any(key.startswith("IPTC:") for key in found)


def test_what_is_foretold_is_what_comes(full, tmp_path):
    for kind in KINDS:
        for output in (JPEG, PNG, TIFF, WEBP):
            photo = read(full(kind))
            _, told = _result(full(kind), output, tmp_path)
            before = foretold(photo, output, NOTED)
            for group in ("kept", "converted", "lost"):
                assert {item.item for item in getattr(before, group)} == {item.item for item in getattr(told, group)}


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_is_coded_as_the_photo_was(subsampling, progressive, photo_like, tmp_path):
    path, target = tmp_path / "a.jpg", tmp_path / "b.jpg"
    Image.fromarray(photo_like(24, 16)).save(path, subsampling=subsampling, progressive=progressive)
    photo = read(path)
    assert (photo.coding.subsampling, photo.coding.progressive) == (subsampling, progressive)
    write(photo, target, JPEG)
    assert read(target).coding == photo.coding
    write(photo, target, JPEG, wishes=Wishes(progressive=True), overwrite=True)
    assert read(target).coding.progressive


def test_a_webp_without_loss_stays_one_and_others_become_one_if_that_is_wanted(photo_like, tmp_path):
    path, target = tmp_path / "a.webp", tmp_path / "b.webp"
    Image.fromarray(photo_like(24, 16)).save(path, lossless=True)
    photo = read(path)
    write(photo, target, WEBP)
    assert np.array_equal(read(target).pixels, photo.pixels)
    lossy = dataclasses.replace(photo, coding=Photo(photo.pixels).coding)
    write(lossy, target, WEBP, overwrite=True)
    assert not np.array_equal(read(target).pixels, photo.pixels)
    write(lossy, target, WEBP, wishes=Wishes(lossless=True), overwrite=True)
    assert np.array_equal(read(target).pixels, photo.pixels)


def test_xmp_that_cannot_be_read_is_kept_as_it_is_unless_something_has_to_go(photo_like, tmp_path):
    photo = Photo(photo_like(8, 8), xmp=b"<x:broken")
    target = tmp_path / "a.png"
    told = write(photo, target, PNG, wishes=NOTED)
    assert read(target).xmp == b"<x:broken"
    assert [item.item for item in told.lost] == ["note of the enlargement"]
    told = write(photo, target, PNG, wishes=STRIPPED, overwrite=True)
    assert read(target).xmp is None
    assert [item.item for item in told.lost] == ["XMP"]


@every_kind
def test_all_of_it_travels_between_processes(kind, full):
    photo = read(full(kind))
    answer = read_task({"path": str(full(kind))}, lambda question: None)
    back = _photo(answer)
    for field in dataclasses.fields(photo):
        if field.name not in ("pixels", "alpha"):
            assert getattr(back, field.name) == getattr(photo, field.name)


@pytest.mark.parametrize("way", ["Landscape", "Portrait"])
def test_the_samples_of_all_orientations_come_out_upright_and_alike(way, shared, exiftool, tmp_path):
    folder = shared / "data" / "photos" / "exif"
    alike = None
    for number in range(9):
        original = folder / f"{way}_{number}.jpg"
        photo = read(original)
        assert (photo.width > photo.height) == (way == "Landscape")
        small = photo.pixels[:: photo.height // 60, :: photo.width // 60][:60, :60].astype(int)
        alike = small if alike is None else alike
        assert np.abs(small - alike).mean() < 6  # each was coded by itself
        target = tmp_path / f"{number}.jpg"
        large = dataclasses.replace(
            photo, pixels=np.ascontiguousarray(photo.pixels[::4, ::4].repeat(3, 0).repeat(3, 1))
        )
        told = write(large, target, JPEG, wishes=NOTED)
        assert told.lost == ()
        names = {
            key.rpartition(":")[2] for key in _differing(exiftool(original), exiftool(target)) if "File:" not in key
        }
        assert names <= MAY_DIFFER
        assert read(target).pixels.shape == large.pixels.shape
