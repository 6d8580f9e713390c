"""One job from the original to the report: names, what exists already, endings, progress."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image, PngImagePlugin
from PIL.ExifTags import IFD, Base

from desktop.core import errors, files, finishing, footprint, memory, pipeline, priority
from desktop.core.cancel import CancelToken
from desktop.core.jobs import Job, JobState, Request
from desktop.core.loaded_net import available_engines
from desktop.core.opencv import cv2
from desktop.core.photo.metadata.xmp import is_ours
from desktop.core.photo.read import read
from desktop.core.pipeline import Limits
from desktop.core.settings import Settings


@pytest.fixture
def process(fake_pipeline):
    """``process(path, **request)``: the outcome of one job with a fake network."""

    def run(path, *, net=None, max_megapixels=1000, progress=None, cancel=None, foretell=None, **request):
        line = fake_pipeline(net, max_megapixels)
        return line.process(Request(path, **request), progress=progress, cancel=cancel, foretell=foretell)

    return run


def test_a_photo_s_depth_counts_for_whether_it_fits_into_memory(process, noise, tmp_path, monkeypatch):
    flat, deep = noise((300, 300, 3)), noise((300, 300, 4), np.uint16)
    Image.fromarray(flat).save(tmp_path / "flat.png")
    cv2.imwrite(str(tmp_path / "deep.png"), deep)
    monkeypatch.setattr(memory, "available_mib", lambda: footprint.picture_mib(300, 300, 3) + 1)
    assert process(tmp_path / "flat.png").state is JobState.DONE
    outcome = process(tmp_path / "deep.png")
    assert isinstance(outcome.error, errors.OutOfMemoryError)


def _names(folder):
    return sorted(entry.name for entry in folder.iterdir() if entry.name != "data")


def _content(folder):
    return {entry.name: entry.read_bytes() for entry in folder.iterdir() if entry.is_file()}


def test_a_result_lies_beside_its_photo_and_is_three_times_larger(process, photo_file, tmp_path):
    outcome = process(photo_file("a.png"))
    assert outcome.state is JobState.DONE
    assert outcome.output == tmp_path / "a_x3.png"
    assert (outcome.width, outcome.height) == (72, 48)
    assert read(outcome.output).pixels.shape == (48, 72, 3)


def test_the_outcome_says_what_was_used_and_what_it_took(process, photo_file):
    outcome = process(photo_file())
    assert (outcome.model, outcome.scale, outcome.engine, outcome.precision) == ("edsr-baseline-x3", 3, "fake", "exact")
    assert outcome.error is None
    assert outcome.seconds > 0
    assert outcome.load_seconds > 0
    assert outcome.peak_rss_mib > 0


def test_loading_the_net_is_paid_for_once(fake_pipeline, photo_file):
    line = fake_pipeline()
    assert line.process(Request(photo_file("a.png"))).load_seconds > 0
    assert line.process(Request(photo_file("b.png"))).load_seconds == 0


def test_the_time_a_photo_was_held_is_not_its_own(process, photo_file, monkeypatch):
    times = {"now": 0.0}
    monkeypatch.setattr(pipeline.time, "perf_counter", lambda: times["now"])

    class Held(CancelToken):
        def check(self):
            times["now"] += 100
            self._held_s += 100

    def work(_part):
        times["now"] += 2

    assert process(photo_file(), cancel=Held(), progress=work).seconds == 2 * 3  # read, one tile, written


def test_results_through_the_network_that_ships_are_the_photo_enlarged(workspace, photo_file, photo_like):
    outcome = workspace.pipeline().process(Request(photo_file("a.png", photo_like(48, 32))))
    assert outcome.engine in available_engines()
    enlarged = read(outcome.output).pixels
    small = np.asarray(Image.fromarray(enlarged).resize((48, 32), Image.Resampling.BOX), int)
    assert np.abs(small - photo_like(48, 32)).mean() < 6


def test_the_same_photo_gives_the_same_bytes_every_time(workspace, photo_file):
    line, path = workspace.pipeline(), photo_file("a.png")
    first, second = (line.process(Request(path, reuse=False)).output for _ in range(2))
    assert first != second
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize(
    ("name", "result"),
    [
        ("a.jpg", "a_x3.jpg"),
        ("a.JPG", "a_x3.JPG"),
        ("a.jpeg", "a_x3.jpeg"),
        ("a.jfif", "a_x3.jpg"),
        ("a.png", "a_x3.png"),
        ("a.tif", "a_x3.tif"),
        ("a.TIFF", "a_x3.TIFF"),
        ("a.webp", "a_x3.webp"),
        ("a.bmp", "a_x3.png"),
        ("two.dots.png", "two.dots_x3.png"),
    ],
)
def test_a_result_keeps_its_photo_s_format_and_suffix_where_it_can(name, result, process, photo_file, tmp_path):
    assert process(photo_file(name)).output == tmp_path / result


def test_a_photo_under_a_false_name_gets_a_suffix_that_is_true(process, photo_file, tmp_path):
    photo_file("a.png", format="JPEG")
    assert process(tmp_path / "a.png").output == tmp_path / "a_x3.jpg"


@pytest.mark.parametrize("name", ["jpeg", "png", "webp", "tiff"])
def test_the_format_that_is_asked_for_is_written(name, process, photo_file):
    outcome = process(photo_file("a.bmp"), format=name)
    assert read(outcome.output).file_format.lower() == name


def test_a_folder_for_results_is_made_if_it_is_missing(process, photo_file, tmp_path):
    outcome = process(photo_file(), output=tmp_path / "new" / "deep")
    assert outcome.output == tmp_path / "new" / "deep" / "photo_x3.png"
    assert outcome.output.is_file()


def test_a_folder_s_structure_is_kept_in_the_folder_for_results(process, photo_file, tmp_path):
    path = photo_file("album/summer/a.png")
    outcome = process(path, root=tmp_path / "album", output=tmp_path / "out")
    assert outcome.output == tmp_path / "out" / "summer" / "a_x3.png"


def test_without_a_folder_for_results_a_folder_s_results_lie_beside_their_photos(process, photo_file, tmp_path):
    outcome = process(photo_file("album/summer/a.png"), root=tmp_path / "album")
    assert outcome.output == tmp_path / "album" / "summer" / "a_x3.png"


def test_an_exact_file_is_written_as_it_is_named(process, photo_file, tmp_path):
    outcome = process(photo_file(), output_file=tmp_path / "out" / "mine.webp", format="webp")
    assert outcome.output == tmp_path / "out" / "mine.webp"
    assert read(outcome.output).file_format == "WEBP"


def test_a_taken_name_gets_a_number(process, photo_file):
    path = photo_file("a.png")
    assert [process(path).output.name for _ in range(3)] == ["a_x3.png", "a_x3 (2).png", "a_x3 (3).png"]


def test_an_exact_file_that_exists_gets_a_number_too(process, photo_file, tmp_path):
    (tmp_path / "mine.png").write_bytes(b"precious")
    outcome = process(photo_file(), output_file=tmp_path / "mine.png", format="png")
    assert outcome.output == tmp_path / "mine (2).png"
    assert (tmp_path / "mine.png").read_bytes() == b"precious"


@pytest.mark.parametrize("existing", ["rename", "overwrite", "skip"])
def test_a_name_that_is_free_is_taken_whatever_is_to_happen_otherwise(existing, process, photo_file):
    assert process(photo_file("a.png"), existing=existing).output.name == "a_x3.png"


def test_an_existing_result_is_overwritten_if_that_is_wanted(process, photo_file, tmp_path):
    (tmp_path / "a_x3.png").write_bytes(b"old")
    outcome = process(photo_file("a.png"), existing="overwrite")
    assert outcome.output == tmp_path / "a_x3.png"
    assert read(outcome.output).width == 72


def test_an_existing_result_is_skipped_if_that_is_wanted(process, photo_file, fake_net, tmp_path):
    (tmp_path / "a_x3.png").write_bytes(b"old")
    net = fake_net()
    outcome = process(photo_file("a.png"), net=net, existing="skip")
    assert (outcome.state, outcome.output) == (JobState.SKIPPED, tmp_path / "a_x3.png")
    assert (outcome.width, outcome.height, outcome.error) == (0, 0, None)
    assert net.seen == []
    assert (tmp_path / "a_x3.png").read_bytes() == b"old"


def test_skipping_loads_no_net(process, photo_file, workspace, tmp_path):
    (tmp_path / "a_x3.png").touch()
    process(photo_file("a.png"), existing="skip")
    assert not workspace.store.folder.exists()


def test_a_result_whose_name_only_the_content_tells_is_skipped_without_enhancing(
    process, photo_file, fake_net, tmp_path
):
    photo_file("a.png", format="JPEG")
    (tmp_path / "a_x3.jpg").write_bytes(b"old")
    net = fake_net()
    outcome = process(tmp_path / "a.png", net=net, existing="skip")
    assert (outcome.state, outcome.output) == (JobState.SKIPPED, tmp_path / "a_x3.jpg")
    assert net.seen == []


def test_another_photo_s_result_is_no_reason_to_skip(process, photo_file, tmp_path):
    process(photo_file("a.png"))
    outcome = process(photo_file("a.jpg"), existing="skip")
    assert (outcome.state, outcome.output) == (JobState.DONE, tmp_path / "a_x3.jpg")


def test_a_photo_that_is_missing_is_not_skipped_over(process, tmp_path):
    (tmp_path / "a_x3.png").touch()
    outcome = process(tmp_path / "a.png", existing="skip")
    assert (outcome.state, outcome.error.code) == (JobState.FAILED, "not-found")


def test_a_folder_is_not_skipped_over(process, tmp_path):
    folder = tmp_path / "album"
    folder.mkdir()
    outcome = process(folder, root=folder, output=tmp_path / "out", existing="skip")
    assert outcome.error.code == "unsupported"


@pytest.fixture
def rival(monkeypatch):
    """``rival(path)``: another program that takes this name while our result is being written."""

    def takes(path):
        real = finishing.write

        def write(photo, target, *rest, **options):
            if target == path and not path.exists():
                path.write_bytes(b"theirs")
            return real(photo, target, *rest, **options)

        monkeypatch.setattr(finishing, "write", write)

    return takes


def test_a_name_taken_while_writing_gets_a_number(process, photo_file, rival, tmp_path):
    rival(tmp_path / "a_x3.png")
    assert process(photo_file("a.png")).output == tmp_path / "a_x3 (2).png"
    assert (tmp_path / "a_x3.png").read_bytes() == b"theirs"


def test_a_name_taken_while_writing_is_skipped_if_that_is_wanted(process, photo_file, rival, tmp_path):
    rival(tmp_path / "a_x3.png")
    outcome = process(photo_file("a.png"), existing="skip")
    assert (outcome.state, outcome.output) == (JobState.SKIPPED, tmp_path / "a_x3.png")
    assert _names(tmp_path) == ["a.png", "a_x3.png"]


def _itself(original, target):
    assert original == target


def _symlink(original, target):
    target.symlink_to(original)


def _hard_link(original, target):
    target.hardlink_to(original)


@pytest.mark.parametrize("existing", ["overwrite", "rename"])
@pytest.mark.parametrize("link", [_symlink, _hard_link], ids=["a symbolic link", "a hard link"])
def test_the_original_is_never_overwritten_through(link, existing, process, photo_file, tmp_path):
    original = photo_file("a.png")
    before = original.read_bytes()
    link(original, tmp_path / "a_x3.png")
    outcome = process(original, existing=existing)
    assert outcome.output == tmp_path / "a_x3 (2).png"
    assert original.read_bytes() == (tmp_path / "a_x3.png").read_bytes() == before


def test_the_original_is_never_overwritten_by_its_own_name(process, photo_file, tmp_path):
    original = photo_file("a.png")
    before = original.read_bytes()
    outcome = process(original, output_file=original, format="png", existing="overwrite")
    assert outcome.output == tmp_path / "a (2).png"
    assert original.read_bytes() == before


def test_the_original_is_never_overwritten_through_a_link_to_its_folder(process, photo_file, tmp_path):
    original = photo_file("album/a.png")
    before = original.read_bytes()
    (tmp_path / "link").symlink_to(tmp_path / "album", target_is_directory=True)
    outcome = process(original, output_file=tmp_path / "link" / "a.png", format="png", existing="overwrite")
    assert outcome.output == tmp_path / "link" / "a (2).png"
    assert original.read_bytes() == before


def test_the_original_is_never_overwritten_where_it_was_named_through_a_link(process, photo_file, tmp_path):
    original = photo_file("a_x3.png")
    before = original.read_bytes()
    (tmp_path / "a.png").symlink_to(original)
    outcome = process(tmp_path / "a.png", existing="overwrite")
    assert outcome.output == tmp_path / "a_x3 (2).png"
    assert original.read_bytes() == before


def test_a_folder_of_the_result_s_name_is_not_overwritten(process, photo_file, tmp_path):
    (tmp_path / "a_x3.png").mkdir()
    assert process(photo_file("a.png"), existing="overwrite").output == tmp_path / "a_x3 (2).png"


@pytest.mark.parametrize("existing", ["overwrite", "rename", "skip"])
def test_an_original_is_not_changed_by_being_enhanced(existing, process, photo_file):
    original = photo_file("a.png")
    before = original.read_bytes(), original.stat().st_mtime_ns
    for _ in range(2):
        process(original, existing=existing)
    assert (original.read_bytes(), original.stat().st_mtime_ns) == before


def test_a_name_too_long_for_its_ending_is_cut_short(process, photo_file, tmp_path):
    names = {process(photo_file("x" * 251 + ".png")).output.name for _ in range(2)}
    assert names == {"x" * 248 + "_x3.png", "x" * 247 + " (2).png"}


def test_a_long_name_is_never_cut_inside_a_letter(process, photo_file):
    name = process(photo_file("写真" * 41 + "ab.png")).output.name
    assert len(name.encode()) <= 255
    assert name.startswith("写真" * 41)
    assert name.endswith("_x3.png")


@pytest.mark.parametrize(
    ("name", "result"),
    [
        ("Grüße 🌄.png", "Grüße 🌄_x3.png"),
        ("a 'b' \"c\".png", "a 'b' _c__x3.png"),
        ("line\nbreak.png", "line_break_x3.png"),
        ("-o.png", "-o_x3.png"),
        ("100% {x} %s.png", "100% {x} %s_x3.png"),
        ("con.png", "con_x3.png"),
    ],
)
def test_unusual_names_come_through_as_far_as_windows_takes_them(name, result, process, photo_file, tmp_path):
    assert process(photo_file(name)).output == tmp_path / result


def test_a_name_that_is_not_utf_8_comes_through(strange_name, process, photo_file, tmp_path):
    path = photo_file("a.png").rename(tmp_path / strange_name)
    assert os.fsencode(process(path).output.name) == b"br\xfccke_x3.png"


def test_fidelity_of_reading_and_writing_are_both_in_the_outcome(process, photo_file):
    text = PngImagePlugin.PngInfo()
    text.add_text("Author", "somebody")
    outcome = process(photo_file("a.png", mode="P", pnginfo=text), format="webp")
    assert [item.item for item in outcome.fidelity.converted] == ["palette", "note of the enlargement"]
    assert [item.item for item in outcome.fidelity.lost] == ["PNG text"]


def test_what_will_not_be_kept_is_told_before_anything_is_enhanced(process, photo_file, fake_net):
    told = []
    net = fake_net(before=lambda: told.append("enhancing"))
    noise = np.random.default_rng(0).integers(0, 255, (16, 24, 4), np.uint8)
    outcome = process(photo_file("a.png", noise), net=net, format="jpeg", foretell=told.append)
    assert [item.item for item in told[0].lost] == ["transparency"]
    assert told[0].lost == outcome.fidelity.lost
    assert told[1] == "enhancing"


def test_a_result_is_noted_as_one_unless_that_is_not_wanted(process, photo_file):
    noted = read(process(photo_file("a.png")).output).xmp
    assert is_ours(noted)
    assert b'rekindle:Model="edsr-baseline-x3" rekindle:Scale="3"' in noted
    assert read(process(photo_file("b.png"), provenance=False).output).xmp is None


def test_a_result_found_in_a_folder_is_not_enhanced_again_whatever_its_name(process, photo_file, tmp_path, fake_net):
    result = process(photo_file("a.png")).output.rename(tmp_path / "holiday.png")
    net = fake_net()
    outcome = process(result, net=net, root=tmp_path)
    assert (outcome.state, outcome.output, outcome.error) == (JobState.SKIPPED, None, None)
    assert net.seen == []
    assert process(result, net=net, unattended=True).state is JobState.SKIPPED
    assert process(result, net=net).state is JobState.DONE  # somebody named it


def test_the_print_size_is_kept_if_that_is_wanted(process, photo_file):
    photo = photo_file("a.png", dpi=(100, 100))
    assert read(process(photo).output).dpi == pytest.approx((100, 100), rel=1e-3)
    assert read(process(photo, keep_print_size=True).output).dpi == pytest.approx((300, 300), rel=1e-3)


def test_a_photo_that_is_missing_fails_and_says_so(process, tmp_path):
    outcome = process(tmp_path / "gone.png")
    assert (outcome.state, outcome.error.code, outcome.output) == (JobState.FAILED, "not-found", None)
    assert (outcome.width, outcome.height) == (0, 0)


def test_a_damaged_photo_fails_and_says_so(process, photo_file):
    path = photo_file("a.png")
    path.write_bytes(path.read_bytes()[:100])
    assert process(path).error.code == "unreadable"


def test_a_photo_whose_result_would_be_too_large_fails_before_anything_is_enhanced(process, photo_file, fake_net):
    net = fake_net()
    pixels = np.zeros((400, 400, 3), np.uint8)  # 1.44 megapixels when enlarged
    outcome = process(photo_file("a.png", pixels), net=net, max_megapixels=1)
    assert outcome.error.code == "too-large"
    assert "1,200 × 1,200" in outcome.error.message or "1200 × 1200" in outcome.error.message
    assert net.seen == []


def test_a_photo_that_does_not_fit_into_memory_fails_before_anything_is_enhanced(
    process, photo_file, fake_net, monkeypatch
):
    monkeypatch.setattr(memory, "available_mib", lambda: -1)
    net = fake_net()
    assert process(photo_file(), net=net).error.code == "out-of-memory"
    assert net.seen == []


def test_a_network_that_runs_out_of_memory_is_given_smaller_pieces(process, photo_file, fake_net, photo_like):
    net = fake_net(tile=160, largest=60)
    outcome = process(photo_file("a.png", photo_like(200, 150)), net=net)
    assert outcome.state is JobState.DONE
    assert (outcome.width, outcome.height) == (600, 450)


def test_a_network_that_never_has_enough_memory_fails_the_photo(process, photo_file, fake_net, tmp_path):
    outcome = process(photo_file("a.png"), net=fake_net(largest=0))
    assert (outcome.state, outcome.error.code) == (JobState.FAILED, "out-of-memory")
    assert _names(tmp_path) == ["a.png"]


def test_an_engine_that_fails_fails_the_photo(process, photo_file, fake_net):
    net = fake_net(failure=errors.EngineFailedError("no"))
    assert process(photo_file(), net=net).error.code == "engine-failed"


def test_what_nobody_foresaw_fails_the_photo_in_words(process, photo_file, fake_net):
    outcome = process(photo_file(), net=fake_net(failure=ZeroDivisionError("by nothing")))
    assert outcome.state is JobState.FAILED
    assert outcome.error.code == "internal"
    assert "ZeroDivisionError: by nothing" in outcome.error.message


def test_the_next_photo_goes_on_after_one_that_failed(fake_pipeline, photo_file, tmp_path):
    line = fake_pipeline()
    states = [line.process(Request(path)).state for path in (tmp_path / "gone.png", photo_file("a.png"))]
    assert states == [JobState.FAILED, JobState.DONE]


def test_an_unknown_model_fails_the_photo(process, photo_file):
    outcome = process(photo_file(), model="esrgan")
    assert outcome.state is JobState.FAILED
    assert outcome.model == "esrgan"


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "no-space"),
        (OSError(errno.EROFS, "Read-only file system"), "no-permission"),
        (OSError(errno.EIO, "Input/output error"), "internal"),
        (MemoryError(), "out-of-memory"),
    ],
    ids=["full", "read-only", "broken", "no memory"],
)
def test_a_disk_that_fails_at_the_last_moment_fails_the_photo_and_leaves_nothing(
    failure, code, process, photo_file, tmp_path, monkeypatch
):
    original = photo_file("a.png")
    real = os.fsync

    def fail(descriptor):
        if os.path.realpath(f"/proc/self/fd/{descriptor}").endswith(files.TEMP_SUFFIX) and not _of_the_store(
            descriptor
        ):
            raise failure
        real(descriptor)

    def _of_the_store(descriptor):
        return "/models/" in os.path.realpath(f"/proc/self/fd/{descriptor}")

    if not os.path.isdir("/proc/self/fd"):
        pytest.skip("not on this platform: open files have no names")
    monkeypatch.setattr(files.os, "fsync", fail)
    outcome = process(original)
    assert (outcome.state, outcome.error.code, outcome.output) == (JobState.FAILED, code, None)
    assert _names(tmp_path) == ["a.png"]


def test_a_folder_for_results_that_is_a_file_fails_the_photo_and_says_so(process, photo_file, tmp_path):
    (tmp_path / "out").write_text("a file")
    outcome = process(photo_file(), output=tmp_path / "out")
    assert outcome.error.code == "not-found"
    assert "is not a folder" in outcome.error.message


def test_a_folder_for_results_below_a_file_fails_the_photo_and_says_so(process, photo_file, tmp_path):
    (tmp_path / "out").write_text("a file")
    outcome = process(photo_file(), output=tmp_path / "out" / "deep")
    assert outcome.error.code == "not-found"


def test_a_cancelled_job_is_cancelled_and_loads_nothing(process, photo_file, workspace):
    cancel = CancelToken()
    cancel.cancel()
    outcome = process(photo_file(), cancel=cancel)
    assert (outcome.state, outcome.error.code, outcome.output) == (JobState.CANCELLED, "cancelled", None)
    assert not workspace.store.folder.exists()


def test_a_job_cancelled_midway_leaves_nothing_behind(process, photo_file, fake_net, photo_like, tmp_path):
    net, cancel = fake_net(tile=32), CancelToken()
    net.before = cancel.cancel
    outcome = process(photo_file("a.png", photo_like(100, 100)), net=net, cancel=cancel)
    assert outcome.state is JobState.CANCELLED
    assert len(net.seen) == 1
    assert _names(tmp_path) == ["a.png"]


def test_an_interruption_while_writing_leaves_nothing_behind(process, photo_file, tmp_path, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    original = photo_file("a.png")
    monkeypatch.setattr(Image.Image, "save", interrupt)
    with pytest.raises(KeyboardInterrupt):
        process(original)
    assert _names(tmp_path) == ["a.png"]


def test_progress_runs_forward_to_the_end(process, photo_file, fake_net, photo_like):
    told = []
    process(photo_file("a.png", photo_like(100, 100)), net=fake_net(tile=32), progress=told.append)
    assert told == sorted(told)
    assert 0 < told[0] < 0.1
    assert told[-1] == 1
    assert told[-2] < 1  # the file is not written yet
    assert len(told) > 10


def test_a_failed_photo_does_not_reach_the_end(process, tmp_path):
    told = []
    process(tmp_path / "gone.png", progress=told.append)
    assert told == []


def test_limits_may_be_left_to_the_machine():
    assert Limits.chosen(0, 7) == Limits(memory.default_budget_mib(), 7)
    assert Limits.chosen(300, 7) == Limits(300, 7)


@pytest.mark.parametrize("existing", ["rename", "overwrite", "skip"])
def test_two_photos_of_a_batch_never_share_a_result(existing, fake_pipeline, photo_file, photo_like, tmp_path):
    line = fake_pipeline()
    photos = [photo_file(f"{folder}/a.png", photo_like(20, 10, seed=number)) for number, folder in enumerate("xy")]
    outcomes = [line.process(Request(photo, output=tmp_path / "out", existing=existing)) for photo in photos]
    assert [outcome.state for outcome in outcomes] == [JobState.DONE, JobState.DONE]
    assert _names(tmp_path / "out") == ["a_x3 (2).png", "a_x3.png"]


def test_the_same_photo_may_overwrite_its_own_result_of_the_batch(fake_pipeline, photo_file, tmp_path):
    line = fake_pipeline()
    photo = photo_file("a.png")
    outputs = {line.process(Request(photo, existing="overwrite")).output for _ in range(2)}
    assert outputs == {tmp_path / "a_x3.png"}


@pytest.fixture
def batch(fake_pipeline, photo_file, photo_like):
    """``batch(*names, line=None, **request)``: the outcomes of photos that go through one pipeline."""

    def run(*names, line=None, **request):
        line = line or fake_pipeline()
        photos = [photo_file(name, photo_like(20, 10, seed=number)) for number, name in enumerate(names)]
        line.protect(photos)
        return [line.process(Request(photo, counter=number, **request)) for number, photo in enumerate(photos, start=1)]

    return run


def test_a_result_is_named_by_its_template(batch, tmp_path):
    outcomes = batch("album/a.png", "album/b.png", template="{parent} {counter:02} {stem} {width}x{height}")
    assert [outcome.output.name for outcome in outcomes] == ["album 01 a 60x30.png", "album 02 b 60x30.png"]


def test_the_day_in_a_name_is_the_one_on_which_the_photo_was_taken(process, photo_file):
    exif = Image.Exif()
    exif.get_ifd(IFD.Exif)[Base.DateTimeOriginal] = "1962:07:01 12:30:00"
    assert process(photo_file("a.jpg", exif=exif), template="{date} {stem}").output.name == "1962-07-01 a.jpg"


@pytest.mark.parametrize("written", ["0000:00:00 00:00:00", "yesterday", None])
def test_the_day_of_a_photo_that_has_none_is_its_file_s(written, process, photo_file):
    exif = Image.Exif()
    exif[Base.Make] = "ACME"
    if written:
        exif.get_ifd(IFD.Exif)[Base.DateTimeOriginal] = written
    path = photo_file("a.jpg", exif=exif)
    noon = time.mktime((2001, 2, 3, 12, 0, 0, 0, 0, -1))
    os.utime(path, (noon, noon))
    assert process(path, template="{date}").output.name == "2001-02-03.jpg"


def test_a_template_that_is_none_fails_the_photo(process, photo_file, tmp_path):
    outcome = process(photo_file("a.png"), template="{oma}")
    assert (outcome.state, outcome.error.code) == (JobState.FAILED, "usage")
    assert _names(tmp_path) == ["a.png"]


def test_what_only_the_opened_photo_names_is_skipped_after_opening(process, photo_file, fake_net):
    path = photo_file("a.png")
    assert process(path, template="{stem} {width}").output.name == "a 72.png"
    net = fake_net()
    outcome = process(path, net=net, template="{stem} {width}", existing="skip")
    assert (outcome.state, outcome.output.name) == (JobState.SKIPPED, "a 72.png")
    assert net.seen == []


@pytest.mark.parametrize("existing", ["rename", "overwrite", "skip"])
def test_a_template_that_adds_nothing_never_takes_the_original_s_name(existing, process, photo_file):
    path = photo_file("a.png")
    before = path.read_bytes()
    outcome = process(path, template="{stem}", existing=existing)
    assert (outcome.state, outcome.output.name) == (JobState.DONE, "a (2).png")
    assert path.read_bytes() == before


def test_a_result_that_got_a_number_is_found_again_and_skipped(process, photo_file):
    path = photo_file("a.png")
    process(path, template="{stem}")
    outcome = process(path, template="{stem}", existing="skip")
    assert (outcome.state, outcome.output.name) == (JobState.SKIPPED, "a (2).png")


def test_results_of_photos_that_share_a_name_are_all_found_again(batch, tmp_path):
    first = batch("x/a.png", "y/a.png", output=tmp_path / "out")
    again = batch("x/a.png", "y/a.png", "z/a.png", output=tmp_path / "out", existing="skip")
    assert [outcome.state for outcome in again] == [JobState.SKIPPED, JobState.SKIPPED, JobState.DONE]
    assert [outcome.output for outcome in again[:2]] == [outcome.output for outcome in first]


def test_no_photo_of_the_batch_is_overwritten_by_another_s_result(batch, tmp_path):
    outcomes = batch("a_x3.png", "a.png", existing="overwrite")
    assert [outcome.output.name for outcome in outcomes] == ["a_x3_x3.png", "a_x3 (2).png"]
    assert read(tmp_path / "a_x3.png").width == 20


def test_no_photo_of_the_batch_is_overwritten_through_the_link_it_was_named_by(fake_pipeline, photo_file, tmp_path):
    line = fake_pipeline()
    (tmp_path / "link.png").symlink_to(photo_file("a_x3.png"))
    line.protect([tmp_path / "link.png"])
    assert line.process(Request(photo_file("a.png"), existing="overwrite")).output == tmp_path / "a_x3 (2).png"
    assert read(tmp_path / "a_x3.png").width == 24


@pytest.mark.parametrize("template", ["{stem}", "{counter}", "{date}", "IMG_{counter}"])
def test_beside_its_photo_a_name_that_could_be_a_photo_s_replaces_nothing(template, process, photo_file, tmp_path):
    original = photo_file("a.bmp")
    taken = process(original, template=template).output
    taken.write_bytes(b"for all we know somebody's photo")
    outcome = process(original, template=template, existing="overwrite")
    assert outcome.output == taken.with_stem(taken.stem + " (2)")
    assert taken.read_bytes() == b"for all we know somebody's photo"


def test_elsewhere_an_earlier_result_is_replaced_whatever_it_is_called(process, photo_file, tmp_path):
    original = photo_file("a.png")
    outputs = {
        process(original, template="{stem}", output=tmp_path / "out", existing="overwrite").output for _ in range(2)
    }
    assert outputs == {tmp_path / "out" / "a.png"}


def test_a_photo_tried_again_replaces_its_own_result_even_beside_it(fake_pipeline, photo_file, tmp_path):
    line, photo = fake_pipeline(), photo_file("a.png")
    request = Request(photo, template="{stem}", existing="overwrite")
    assert {line.process(request).output for _ in range(2)} == {tmp_path / "a (2).png"}


def test_trying_again_keeps_to_each_photo_s_own_result(batch, fake_pipeline, tmp_path):
    line = fake_pipeline()
    first, second = (
        [outcome.output for outcome in batch("x/a.png", "y/a.png", line=line, output=tmp_path, existing="overwrite")]
        for _ in range(2)
    )
    assert first == second == [tmp_path / "a_x3.png", tmp_path / "a_x3 (2).png"]


@pytest.mark.parametrize("state", [JobState.DONE, JobState.SKIPPED])
def test_results_of_a_queue_from_last_time_are_not_overwritten(state, fake_pipeline, photo_file, tmp_path):
    before, later = photo_file("x/a.png"), photo_file("y/a.png")
    result = fake_pipeline().process(Request(before, output=tmp_path)).output
    line = fake_pipeline()
    line.remember([Job("1", Request(before), state, output=result), Job("2", Request(later))])
    outcome = line.process(Request(later, output=tmp_path, existing="overwrite"))
    assert outcome.output == tmp_path / "a_x3 (2).png"
    assert line.process(Request(before, output=tmp_path, existing="overwrite")).output == result


def test_photos_of_a_queue_from_last_time_are_not_overwritten(fake_pipeline, photo_file, tmp_path):
    line = fake_pipeline()
    line.remember([Job("1", Request(photo_file("a_x3.png")))])
    assert line.process(Request(photo_file("a.png"), existing="overwrite")).output == tmp_path / "a_x3 (2).png"


@pytest.mark.parametrize("existing", ["rename", "overwrite", "skip"])
def test_on_a_disk_that_ignores_case_two_photos_never_share_a_result(
    existing, fake_pipeline, photo_file, photo_like, case_blind_folder
):
    line = fake_pipeline()
    outputs = []
    for number, name in enumerate(("x/Grüße.png", "y/GRÜßE.png")):
        photo = photo_file(name, photo_like(20 + number, 10))
        outputs.append(line.process(Request(photo, output=case_blind_folder, existing=existing)).output)
    assert [output.name for output in outputs] == ["Grüße_x3.png", "GRÜßE_x3 (2).png"]
    assert [read(output).width for output in outputs] == [60, 63]


def test_on_a_disk_that_ignores_case_the_original_is_never_overwritten(fake_pipeline, photo_file, case_blind_folder):
    original = case_blind_folder / "A.png"
    shutil.copyfile(photo_file("a.png"), original)
    for name in ("A.png", "a.png"):
        request = Request(case_blind_folder / name, output_file=case_blind_folder / "a.png", existing="overwrite")
        assert fake_pipeline().process(request).output == case_blind_folder / "a (2).png"
    assert read(original).width == 24


def test_on_a_disk_that_ignores_case_no_photo_of_the_batch_is_overwritten(fake_pipeline, photo_file, case_blind_folder):
    line = fake_pipeline()
    for name in ("a.png", "A_X3.png"):
        shutil.copyfile(photo_file("a.png"), case_blind_folder / name)
    line.protect([case_blind_folder / "A_X3.png"])
    outcome = line.process(Request(case_blind_folder / "a.png", existing="overwrite"))
    assert outcome.output.name == "a_x3 (2).png"
    assert read(case_blind_folder / "A_X3.png").width == 24


LONG_AGO_NS = 86_400_000_000_000 * 366


@pytest.fixture
def old_photo(photo_file):
    path = photo_file("old.png")
    os.utime(path, ns=(LONG_AGO_NS, 2 * LONG_AGO_NS))
    return path


def test_a_result_keeps_its_photo_s_dates_if_that_is_wanted(process, old_photo, monkeypatch):
    appearing = []

    def publish(temp, target, overwrite, real=files._publish):
        appearing.append(temp.stat().st_mtime_ns)
        real(temp, target, overwrite)

    monkeypatch.setattr(files, "_publish", publish)
    outcome = process(old_photo, keep_dates=True)
    status = outcome.output.stat()
    assert (status.st_atime_ns, status.st_mtime_ns) == (LONG_AGO_NS, 2 * LONG_AGO_NS)
    assert 2 * LONG_AGO_NS in appearing  # before the file had its name
    assert ("file dates", "last changed on 1972-01-03") in [(item.item, item.detail) for item in outcome.fidelity.kept]


def test_otherwise_a_result_has_its_own_date(process, old_photo):
    outcome = process(old_photo)
    assert outcome.output.stat().st_mtime_ns > 2 * LONG_AGO_NS
    assert "file dates" not in [item.item for item in (*outcome.fidelity.kept, *outcome.fidelity.lost)]


def test_a_disk_that_keeps_no_dates_is_told_and_no_reason_to_fail(process, old_photo, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(files.os, "utime", refuse)
    outcome = process(old_photo, keep_dates=True)
    assert outcome.state is JobState.DONE
    assert [item.item for item in outcome.fidelity.lost] == ["file dates"]


def test_what_a_crash_left_half_written_in_the_folder_is_removed(fake_pipeline, photo_file, tmp_path):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    left = tmp_path / f"{files.TEMP_PREFIX}{gone.pid}-abc{files.TEMP_SUFFIX}"
    left.write_bytes(b"half")
    fake_pipeline().process(Request(photo_file("a.png")))
    assert _names(tmp_path) == ["a.png", "a_x3.png"]


def test_cores_that_are_to_stay_free_are_no_engine_s(fake_pipeline, photo_file, monkeypatch):
    monkeypatch.setattr(priority, "usable_cores", lambda: 8)
    line = fake_pipeline()
    (engine,) = line._loaded._engines.values()
    for spare, threads in ((0, 0), (3, 5), (9, 1)):
        line.limits = Limits.of(Settings(spare_cores=spare))
        line.process(Request(photo_file("a.png")))
        assert engine.threads == threads
    assert engine.loaded == ["edsr-baseline-x3"] * 3


def test_the_precision_that_is_asked_for_reaches_the_engine(fake_pipeline, photo_file):
    line = fake_pipeline()
    asked = []
    real = line._loaded.get
    line._loaded.get = lambda *arguments: asked.append(arguments[3]) or real(*arguments)
    for precision in ("fast", "exact"):
        line.process(Request(photo_file("a.png"), precision=precision))
    assert asked == ["fast", "exact"]
