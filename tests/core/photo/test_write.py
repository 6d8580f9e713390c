"""A photo becomes a file, whole or not at all, and every loss is accounted for."""

from __future__ import annotations

import dataclasses
import errno
import json
import os
import shutil
import signal
import subprocess

import numpy as np
import pytest
from PIL import Image, ImageOps

from desktop.core import errors, files
from desktop.core.opencv import cv2
from desktop.core.photo import formats
from desktop.core.photo.depth import as_8_bit
from desktop.core.photo.encoders import ENCODERS
from desktop.core.photo.exif import resolution_of
from desktop.core.photo.fitting import JPEG_EXIF_MAX, JPEG_XMP_MAX
from desktop.core.photo.formats import AVIF, JPEG, OUTPUT_FORMATS, PNG, TIFF, WEBP
from desktop.core.photo.photo import Fidelity, Item, Photo
from desktop.core.photo.read import read
from desktop.core.photo.write import write

every_format = pytest.mark.parametrize("output", OUTPUT_FORMATS, ids=lambda output: output.name)
LOSSLESS = pytest.mark.parametrize("output", [PNG, TIFF], ids=lambda output: output.name)


@pytest.fixture
def target(tmp_path):
    folder = tmp_path / "results"
    folder.mkdir()
    return lambda output: folder / f"result{output.suffixes[0]}"


def _items(items):
    return [item.item for item in items]


def _gray(icc):
    """The profile, claiming to be for grey."""
    return icc[:16] + b"GRAY" + icc[20:]


@LOSSLESS
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16], ids=["8 bit", "16 bit"])
@pytest.mark.parametrize("shape", [(16, 24, 3), (16, 24)], ids=["colour", "grey"])
@pytest.mark.parametrize("transparent", [False, True], ids=["opaque", "transparent"])
def test_what_is_written_without_loss_is_read_back_as_it_was(output, dtype, shape, transparent, target, noise):
    photo = Photo(noise(shape, dtype), noise(shape[:2], dtype, seed=1) if transparent else None)
    fidelity = write(photo, target(output), output)
    back = read(target(output))
    assert back.pixels.dtype == dtype
    if len(shape) == 2 and transparent and dtype == np.uint16:
        assert _items(fidelity.converted) == ["grey"]
        assert np.array_equal(back.pixels, np.dstack([photo.pixels] * 3))
    else:
        assert fidelity.converted == ()
        assert np.array_equal(back.pixels, photo.pixels)
    assert np.array_equal(back.alpha, photo.alpha) if transparent else back.alpha is None
    assert fidelity.lost == ()


@pytest.mark.parametrize("output", [JPEG, WEBP, AVIF], ids=lambda output: output.name)
def test_what_is_written_with_loss_is_close_to_what_it_was(output, target, photo_like):
    pixels = photo_like(96, 64)
    write(Photo(pixels), target(output), output, quality=95)
    assert np.abs(read(target(output)).pixels.astype(int) - pixels).mean() < (
        4 if output is JPEG else 10
    )  # WebP halves colours


@pytest.mark.parametrize("output", [JPEG, WEBP, AVIF], ids=lambda output: output.name)
def test_quality_is_heeded(output, target, photo_like):
    sizes = []
    for quality in (10, 95):
        write(Photo(photo_like(96, 64)), target(output), output, quality=quality, overwrite=True)
        sizes.append(target(output).stat().st_size)
    assert sizes[0] < sizes[1] / 2


def test_a_jpeg_keeps_the_colour_of_every_pixel(target, photo_like):
    write(Photo(photo_like(24, 16)), target(JPEG), JPEG)
    with Image.open(target(JPEG)) as image:
        assert image.layer[0][1:3] == image.layer[1][1:3] == (1, 1)  # no channel is stored at half size


def test_transparency_in_a_webp_is_exact(target, noise):
    alpha = noise((16, 24), seed=1)
    write(Photo(noise((16, 24, 3)), alpha), target(WEBP), WEBP)
    assert np.array_equal(read(target(WEBP)).alpha, alpha)


def test_colours_under_full_transparency_outlive_a_webp(target):
    pixels = np.full((32, 96, 3), 50, np.uint8)
    pixels[:, 48:] = 200
    write(Photo(pixels, np.zeros((32, 96), np.uint8)), target(WEBP), WEBP)
    back = read(target(WEBP)).pixels.astype(int)
    assert np.abs(back[16, [8, 88], 0] - [50, 200]).max() <= 3


def test_grey_stays_grey_in_a_jpeg(target, photo_like):
    pixels = photo_like(24, 16)[..., 0]
    write(Photo(pixels), target(JPEG), JPEG, quality=100)
    back = read(target(JPEG))
    assert back.is_grey
    assert np.abs(back.pixels.astype(int) - pixels).max() <= 3


@pytest.mark.parametrize("grey", [False, True], ids=["colour", "grey"])
def test_a_jpeg_lays_transparency_over_white_and_says_so(grey, target):
    pixels = np.zeros((16, 48) if grey else (16, 48, 3), np.uint8)
    alpha = np.repeat(np.array([0, 128, 255], np.uint8), 16)[None].repeat(16, 0)
    fidelity = write(Photo(pixels, alpha), target(JPEG), JPEG, quality=100)
    back = read(target(JPEG)).pixels
    seen = [int(back[8, x].mean()) for x in (8, 24, 40)]
    assert np.abs(np.array(seen) - [255, 127, 0]).max() <= 2
    assert Item("transparency", "laid over white: JPEG has none") in fidelity.lost


@pytest.mark.parametrize("output", [JPEG, WEBP, AVIF], ids=lambda output: output.name)
def test_16_bits_become_8_where_there_are_no_more_and_that_is_said(output, target):
    pixels = np.full((16, 24, 3), 128 * 257, np.uint16)
    fidelity = write(Photo(pixels), target(output), output, quality=100)
    assert np.abs(read(target(output)).pixels.astype(int) - 128).max() <= 1
    assert _items(fidelity.lost) == ["bit depth"]


def test_an_alpha_that_hides_nothing_is_left_out_of_a_jpeg_without_a_word(noise, tmp_path):
    pixels = noise((8, 8, 3))
    told = write(Photo(pixels, np.full((8, 8), 255, np.uint8)), tmp_path / "a.jpg", JPEG)
    assert told.lost == ()


def test_16_bits_are_rounded_to_the_nearest_8():
    levels = np.array([[0, 128, 129, 257, 385, 386, 65406, 65407, 65535]], np.uint16)
    assert as_8_bit(levels).tolist() == [[0, 0, 1, 1, 1, 2, 254, 255, 255]]


@LOSSLESS
def test_16_bits_that_are_kept_are_reported_kept(output, target, noise):
    fidelity = write(Photo(noise((4, 4, 3), np.uint16)), target(output), output)
    assert Item("bit depth", "16 bit") in fidelity.kept


@pytest.mark.parametrize("output", [PNG, TIFF, WEBP, AVIF], ids=lambda output: output.name)
def test_transparency_that_is_kept_is_reported_kept(output, target, noise):
    fidelity = write(Photo(noise((4, 4, 3)), noise((4, 4))), target(output), output)
    assert "transparency" in _items(fidelity.kept)


@every_format
@pytest.mark.parametrize("size", [(1, 1), (1, 30), (30, 1)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16], ids=["8 bit", "16 bit"])
def test_pictures_one_pixel_wide_or_high_are_written(output, size, dtype, target, noise):
    photo = Photo(noise((*size[::-1], 3), dtype), noise(size[::-1], dtype))
    write(photo, target(output), output)
    back = read(target(output))
    assert (back.width, back.height) == size


@pytest.fixture
def rich(exif_block, srgb, photo_like):
    """A photo with everything that can travel with one."""
    exif = exif_block(orientation=1, size=(24, 16))
    return Photo(photo_like(72, 48), None, srgb, exif, exif_block.XMP, (300.0, 150.0), "JPEG")


@every_format
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16], ids=["8 bit", "16 bit"])
@pytest.mark.parametrize("order", ["<", ">"], ids=["little-endian", "big-endian"])
def test_what_travels_with_a_photo_is_written_and_accounted_for(output, dtype, order, rich, exif_block, target):
    pixels = rich.pixels.astype(dtype) * (1 if dtype == np.uint8 else 257)
    exif = exif_block(order, orientation=1, size=(24, 16))
    fidelity = write(dataclasses.replace(rich, pixels=pixels, exif=exif), target(output), output)
    back = read(target(output))
    assert back.icc == rich.icc
    assert back.xmp == rich.xmp
    if output is TIFF:
        assert exif_block.MAKER_NOTE in back.exif
        assert exif_block.COPYRIGHT in back.exif
    elif output in (WEBP, AVIF):  # which have no other place for the resolution
        assert exif_block.MAKER_NOTE in back.exif
        assert resolution_of(back.exif) == (300, 150)
    else:
        assert back.exif == exif_block(order, orientation=1, size=(72, 48))
    assert back.dpi == pytest.approx((300, 150), rel=1e-3)
    assert Item("resolution", "300 x 150 dpi") in fidelity.kept
    assert Item("ICC profile", "sRGB built-in") in fidelity.kept
    assert {"EXIF", "XMP"} <= set(_items(fidelity.kept))
    assert set(_items(fidelity.lost)) <= {"bit depth"}


@every_format
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16], ids=["8 bit", "16 bit"])
def test_a_photo_that_carries_nothing_is_written_with_nothing(output, dtype, target, noise):
    fidelity = write(Photo(noise((4, 4, 3), dtype)), target(output), output)
    back = read(target(output))
    assert (back.icc, back.exif, back.xmp, back.dpi) == (None, None, None, None)
    assert set(_items(fidelity.kept)) <= {"bit depth"}


@every_format
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_written_photo_is_not_turned_again_by_whoever_opens_it(orientation, output, exif_block, photo_like, tmp_path):
    original = tmp_path / "a.jpg"
    xmp = exif_block.XMP.replace(b'Orientation="1"', b'Orientation="%d"' % orientation)
    block = b"Exif\0\0" + exif_block(orientation=orientation)
    Image.fromarray(photo_like(24, 16)).save(original, exif=block, xmp=xmp)
    photo = read(original)
    written = tmp_path / f"b{output.suffixes[0]}"
    write(photo, written, output, quality=100)
    assert (read(written).width, read(written).height) == (photo.width, photo.height)
    with Image.open(written) as image, ImageOps.exif_transpose(image) as shown:
        assert shown.size == (photo.width, photo.height)
        assert np.abs(np.asarray(shown, int) - photo.pixels).mean() < 15  # WebP's coarse colours of sharp edges


def test_what_reading_converted_and_lost_is_still_told_after_writing(target, noise):
    before = Fidelity(converted=(Item("palette", "to full colour"),), lost=(Item("JPEG comment", "gone"),))
    after = write(Photo(noise((4, 4, 3)), fidelity=before), target(PNG), PNG)
    assert (after.converted, after.lost) == (before.converted, before.lost)


@every_format
def test_broken_exif_is_reported_lost_and_the_photo_written(output, target, exif_block, noise):
    block = bytearray(exif_block(orientation=1, size=(24, 16)))
    entry = block.index(b"\x69\x87\x04\0")
    block[entry + 8 : entry + 12] = b"\xff\xff\xff\x7f"
    fidelity = write(Photo(noise((4, 4, 3)), exif=bytes(block)), target(output), output)
    assert read(target(output)).exif is None
    assert Item("EXIF", "it is damaged and was left out") in fidelity.lost


def test_a_value_that_lies_outside_its_exif_is_noticed_before_a_tiff_is_written(target, exif_block, noise):
    block = exif_block(maker_note=b"x" * 1000)
    fidelity = write(Photo(noise((4, 4, 3)), exif=block[: block.index(b"x" * 1000) + 10]), target(TIFF), TIFF)
    assert _items(fidelity.lost) == ["EXIF"]


def test_a_thumbnail_that_a_tiff_cannot_hold_is_reported_lost(target, exif_block, noise):
    photo = Photo(noise((4, 4, 3)), exif=exif_block(thumbnail=b"small"))
    assert _items(write(photo, target(TIFF), TIFF).lost) == ["EXIF thumbnail"]


def test_a_maker_note_too_large_for_a_jpeg_is_reported_lost_and_the_rest_of_exif_kept(target, exif_block, noise):
    photo = Photo(noise((4, 4, 3)), exif=exif_block(maker_note=bytes(70_000)))
    assert _items(write(photo, target(JPEG), JPEG).lost) == ["maker note"]
    assert read(target(JPEG)).exif == exif_block(maker_note=None)


def test_of_exif_that_is_nearly_too_large_for_a_jpeg_the_thumbnail_goes_first(target, exif_block, photo_like):
    block = exif_block(maker_note=bytes(63_500), thumbnail=b"small")
    fidelity = write(Photo(photo_like(96, 64), exif=block), target(JPEG), JPEG)
    assert _items(fidelity.lost) == ["EXIF thumbnail"]
    assert "EXIF thumbnail" not in _items(fidelity.converted)
    assert read(target(JPEG)).exif == exif_block(maker_note=bytes(63_500))


def test_nothing_else_that_was_told_is_forgotten_over_damaged_exif(target, noise):
    photo = Photo(noise((4, 4, 3)), noise((4, 4)), exif=b"II*\0nonsense")
    assert _items(write(photo, target(JPEG), JPEG).lost) == ["transparency", "EXIF"]


def test_exif_too_large_for_a_jpeg_is_reported_lost(target, exif_block, noise):
    text = (0x010E, 2, 70_000, b"x" * 69_999 + b"\0")
    fidelity = write(Photo(noise((4, 4, 3)), exif=exif_block(extra=[text])), target(JPEG), JPEG)
    assert _items(fidelity.lost) == ["EXIF"]
    assert "EXIF" not in _items(fidelity.kept)
    assert read(target(JPEG)).exif is None


@pytest.mark.parametrize("output", [PNG, TIFF, WEBP, AVIF], ids=lambda output: output.name)
def test_exif_too_large_for_a_jpeg_fits_elsewhere(output, target, exif_block, noise):
    photo = Photo(noise((4, 4, 3)), exif=exif_block(maker_note=b"\7" * 70_000))
    write(photo, target(output), output)
    assert b"\7" * 70_000 in read(target(output)).exif


def test_exif_that_just_fits_into_a_jpeg_is_kept(target, exif_block, noise):
    block = exif_block(maker_note=bytes(1000))
    block += bytes(JPEG_EXIF_MAX - len(block))
    write(Photo(noise((4, 4, 3)), exif=block), target(JPEG), JPEG)
    assert read(target(JPEG)).exif == block


def test_xmp_too_large_for_a_jpeg_is_reported_lost(target, noise):
    photo = Photo(noise((4, 4, 3)), xmp=b"<x>" + b" " * 65_502)
    assert _items(write(photo, target(JPEG), JPEG).lost) == ["XMP"]


def test_xmp_that_just_fits_into_a_jpeg_is_kept(target, noise):
    xmp = (b"<x>" + b" " * 65_502)[:JPEG_XMP_MAX]
    write(Photo(noise((4, 4, 3)), xmp=xmp), target(JPEG), JPEG)
    assert read(target(JPEG)).xmp == xmp


def test_a_resolution_too_high_for_a_jpeg_is_reported_lost(target, noise):
    photo = Photo(noise((4, 4, 3)), dpi=(100_000.0, 100_000.0))
    assert _items(write(photo, target(JPEG), JPEG).lost) == ["resolution"]
    assert read(target(JPEG)).dpi is None


@LOSSLESS
def test_a_very_high_resolution_is_kept_elsewhere(output, target, noise):
    write(Photo(noise((4, 4, 3)), dpi=(100_000.0, 100_000.0)), target(output), output)
    assert read(target(output)).dpi == pytest.approx((100_000, 100_000), rel=1e-3)


def test_a_profile_for_grey_is_kept_with_grey(target, noise, srgb):
    fidelity = write(Photo(noise((4, 4)), icc=_gray(srgb)), target(PNG), PNG)
    assert "ICC profile" in _items(fidelity.kept)


@pytest.mark.parametrize(("dtype", "output"), [(np.uint8, WEBP), (np.uint16, PNG), (np.uint16, TIFF)])
def test_a_profile_for_grey_does_not_go_with_colour(dtype, output, target, noise, srgb):
    photo = Photo(noise((4, 4), dtype), noise((4, 4), dtype), icc=_gray(srgb))
    fidelity = write(photo, target(output), output)
    assert read(target(output)).icc is None
    assert "ICC profile" in _items(fidelity.lost)


def test_a_profile_nobody_can_parse_is_kept_by_its_size(target, noise):
    fidelity = write(Photo(noise((4, 4, 3)), icc=bytes(1234)), target(PNG), PNG)
    assert Item("ICC profile", "1,234 bytes") in fidelity.kept


@every_format
@pytest.mark.parametrize("name", ["Grüße 🌄", "a 'b' \"c\"", "line\nbreak", "-o", "x" * 250])
def test_unusual_names_are_written(output, name, noise, tmp_path):
    path = tmp_path / (name[: 255 - len(output.suffixes[0])] + output.suffixes[0])
    write(Photo(noise((4, 4, 3))), path, output)
    assert read(path).width == 4


def test_an_existing_file_is_not_replaced_unless_that_is_wanted(target, noise):
    target(PNG).write_bytes(b"precious")
    with pytest.raises(FileExistsError):
        write(Photo(noise((4, 4, 3))), target(PNG), PNG)
    assert target(PNG).read_bytes() == b"precious"


def test_an_existing_file_is_replaced_if_that_is_wanted(target, noise):
    target(PNG).write_bytes(b"old")
    write(Photo(noise((4, 4, 3))), target(PNG), PNG, overwrite=True)
    assert read(target(PNG)).width == 4


SPACE, BROKEN = OSError(errno.ENOSPC, "No space left on device"), OSError(errno.EIO, "Input/output error")


def _left(target):
    return {entry.name: entry.read_bytes() for entry in target(PNG).parent.iterdir()}


@pytest.fixture(params=[None, b"what was there"], ids=["a new file", "an existing file"])
def before(request, target):
    """What stands in the folder of results beforehand."""
    if request.param is not None:
        for output in OUTPUT_FORMATS:
            target(output).write_bytes(request.param)
    return _left(target)


@every_format
@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (SPACE, errors.NoSpaceError),
        (BROKEN, errors.InternalError),
        (PermissionError(errno.EACCES, "Permission denied"), errors.NoPermissionError),
        (MemoryError(), errors.OutOfMemoryError),
        (KeyboardInterrupt(), KeyboardInterrupt),
    ],
    ids=["disk full", "disk broken", "forbidden", "no memory", "interrupted"],
)
def test_a_writer_that_fails_midway_leaves_everything_as_it_was(
    output, failure, kind, target, before, noise, monkeypatch
):
    def half(photo, temp, quality):
        temp.write_bytes(b"half of i")
        raise failure

    monkeypatch.setitem(ENCODERS, output.name, half)
    with pytest.raises(kind):
        write(Photo(noise((4, 4, 3))), target(output), output, overwrite=True)
    assert _left(target) == before


@every_format
@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_full_disk_at_the_last_step_leaves_everything_as_it_was(output, step, target, before, noise, monkeypatch):
    def fail(*_):
        raise SPACE

    monkeypatch.setattr(files.os, step, fail)
    with pytest.raises(errors.NoSpaceError, match="not enough free space"):
        write(Photo(noise((4, 4, 3))), target(output), output, overwrite=True)
    assert _left(target) == before


@every_format
def test_a_full_disk_while_real_bytes_are_written_leaves_everything_as_it_was(output, target, before, noise):
    resource = pytest.importorskip("resource", reason="not on this platform: file sizes cannot be limited")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    photo = Photo(noise((200, 200, 3)))
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
        with pytest.raises(errors.NoSpaceError):
            write(photo, target(output), output, overwrite=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert _left(target) == before


def test_a_folder_that_is_gone_is_not_found(noise, tmp_path):
    with pytest.raises(errors.NotFoundError, match=r"“a\.png” cannot be saved in “.*gone”: that folder is gone"):
        write(Photo(noise((4, 4, 3))), tmp_path / "gone" / "a.png", PNG)


def test_opencv_failing_to_code_a_png_is_out_of_memory(target, noise, monkeypatch):
    monkeypatch.setattr(cv2, "imencode", lambda *_: (False, None))
    with pytest.raises(errors.OutOfMemoryError, match=r"to save “result\.png”"):
        write(Photo(noise((4, 4, 3), np.uint16)), target(PNG), PNG)
    assert _left(target) == {}


@pytest.fixture
def exiftool():
    """``exiftool(path)``: what exiftool finds in a file, by group and name, in groups that photos carry."""
    program = shutil.which("exiftool")
    if program is None:
        pytest.skip("exiftool is not installed")

    def run(path):
        asked = ["-json", "-G1", "-a", "-u", "-struct", "-n", "-b"]
        groups = ["-EXIF:all", "-MakerNotes:all", "-XMP:all", "-ICC_Profile:all"]
        told = subprocess.run([program, *asked, *groups, str(path)], capture_output=True, check=True, timeout=60)
        (found,) = json.loads(told.stdout)
        del found["SourceFile"]
        return found

    return run


STORAGE = {
    *("ImageWidth", "ImageHeight", "BitsPerSample", "Compression", "PhotometricInterpretation", "StripOffsets"),
    *("SamplesPerPixel", "RowsPerStrip", "StripByteCounts", "XResolution", "YResolution", "PlanarConfiguration"),
    *("ResolutionUnit", "Predictor", "SampleFormat", "ExtraSamples"),
}


@every_format
@pytest.mark.parametrize("order", ["<", ">"], ids=["little-endian", "big-endian"])
def test_exiftool_finds_the_same_in_the_result_as_in_the_photo(output, order, rich, exif_block, exiftool, tmp_path):
    original, result = tmp_path / "original.jpg", tmp_path / f"result{output.suffixes[0]}"
    exif = exif_block(order, orientation=6, size=(72, 48))
    Image.fromarray(rich.pixels).save(original, exif=b"Exif\0\0" + exif, icc_profile=rich.icc, xmp=rich.xmp)
    photo = read(original)
    write(photo, result, output)
    before, after = exiftool(original), exiftool(result)
    changed = {"IFD0:Orientation": 1, "ExifIFD:ExifImageWidth": 48, "ExifIFD:ExifImageHeight": 72}
    expected = {**before, **changed}
    assert before["IFD0:Orientation"] == 6
    assert len(before) > 20
    assert {key: after.get(key) for key in expected} == expected
    added = {key.partition(":")[2] for key in after.keys() - expected.keys()}
    assert added <= (STORAGE if output is TIFF else set())


@every_format
def test_exiftool_has_nothing_to_complain_about_in_a_result(output, rich, exif_block, exiftool, target):
    write(dataclasses.replace(rich, exif=exif_block(maker_note=None)), target(output), output)
    told = subprocess.run(
        [shutil.which("exiftool"), "-warning", "-error", "-a", str(target(output))],
        capture_output=True,
        check=True,
        timeout=60,
        text=True,
    )
    assert told.stdout == ""


def test_the_format_that_is_asked_for_is_taken():
    assert formats.output_format("webp", "PNG", 10, 10) is WEBP


@pytest.mark.parametrize(
    ("read_from", "output"),
    [("JPEG", JPEG), ("MPO", JPEG), ("PNG", PNG), ("TIFF", TIFF), ("WEBP", WEBP), ("AVIF", AVIF), ("BMP", PNG)],
)
def test_otherwise_a_photo_keeps_its_format_or_becomes_a_png(read_from, output):
    assert formats.output_format(None, read_from, 10, 10) is output


@pytest.mark.parametrize(("name", "side"), [("jpeg", 65_500), ("webp", 16_383)])
def test_a_result_too_large_for_its_format_becomes_a_png(name, side):
    assert formats.output_format(name, "PNG", side, 10).name == name
    assert formats.output_format(name, "PNG", 10, side + 1) is PNG


def test_a_jpeg_of_the_longest_side_can_be_written(target):
    write(Photo(np.zeros((1, JPEG.max_side), np.uint8)), target(JPEG), JPEG)
    assert read(target(JPEG)).width == JPEG.max_side


def test_a_webp_of_the_longest_side_can_be_written(target):
    write(Photo(np.zeros((1, WEBP.max_side, 3), np.uint8)), target(WEBP), WEBP)
    assert read(target(WEBP)).width == WEBP.max_side


def test_nothing_of_a_failed_writing_is_left_open(target, noise, monkeypatch):
    if not os.path.isdir("/proc/self/fd"):
        pytest.skip("not on this platform: open files cannot be counted")
    before = len(os.listdir("/proc/self/fd"))

    def fail(*_):
        raise SPACE

    monkeypatch.setattr(files.os, "fsync", fail)
    for output in OUTPUT_FORMATS:
        with pytest.raises(errors.NoSpaceError):
            write(Photo(noise((4, 4, 3))), target(output), output)
    assert len(os.listdir("/proc/self/fd")) <= before


def test_a_deep_photo_becomes_an_avif_only_if_that_was_asked_for():
    assert formats.output_format(None, "AVIF", 10, 10, 16) is PNG
    assert formats.output_format("avif", "AVIF", 10, 10, 16) is AVIF
    assert formats.output_format(None, "TIFF", 10, 10, 16) is TIFF


def test_what_an_avif_does_not_hold_is_told(target, noise):
    told = write(Photo(noise((8, 8, 3), np.uint16)), target(AVIF), AVIF).lost
    assert told == (Item("bit depth", "16 bit became 8 bit: AVIF is written with no more"),)
