"""One job from the original to the report: names, what exists already, endings, progress."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from desktop.core import errors, files, memory, pipeline
from desktop.core.cancel import CancelToken
from desktop.core.jobs import JobState, Request
from desktop.core.photo.formats import JPEG, PNG
from desktop.core.photo.read import read
from desktop.core.pipeline import Limits, likely_path, numbered, output_path, same_file


@pytest.fixture
def process(fake_pipeline):
    """``process(path, **request)``: the outcome of one job with a fake network."""

    def run(path, *, net=None, max_megapixels=1000, progress=None, cancel=None, **request):
        line = fake_pipeline(net, max_megapixels)
        return line.process(Request(path, **request), progress=progress, cancel=cancel)

    return run


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


def test_results_through_the_network_that_ships_are_the_photo_enlarged(workspace, photo_file, photo_like):
    outcome = workspace.pipeline().process(Request(photo_file("a.png", photo_like(48, 32))))
    assert outcome.engine == "opencv"
    enlarged = read(outcome.output).pixels
    small = np.asarray(Image.fromarray(enlarged).resize((48, 32), Image.Resampling.BOX), int)
    assert np.abs(small - photo_like(48, 32)).mean() < 6


def test_the_same_photo_gives_the_same_bytes_every_time(workspace, photo_file):
    line, path = workspace.pipeline(), photo_file("a.png")
    first, second = (line.process(Request(path)).output for _ in range(2))
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
        real = pipeline.write

        def write(photo, target, *rest, **options):
            if target == path and not path.exists():
                path.write_bytes(b"theirs")
            return real(photo, target, *rest, **options)

        monkeypatch.setattr(pipeline, "write", write)

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


@pytest.mark.parametrize("name", ["Grüße 🌄.png", "a 'b' \"c\".png", "line\nbreak.png", "-o.png", "100% {x} %s.png"])
def test_unusual_names_come_through(name, process, photo_file, tmp_path):
    assert process(photo_file(name)).output == tmp_path / name.replace(".png", "_x3.png")


def test_a_name_that_is_not_utf_8_comes_through(strange_name, process, photo_file, tmp_path):
    path = photo_file("a.png").rename(tmp_path / strange_name)
    assert os.fsencode(process(path).output.name) == b"br\xfccke_x3.png"


def test_fidelity_of_reading_and_writing_are_both_in_the_outcome(process, photo_file):
    outcome = process(photo_file("a.png", mode="P", dpi=(300, 300)), format="webp")
    assert [item.item for item in outcome.fidelity.converted] == ["palette"]
    assert [item.item for item in outcome.fidelity.lost] == ["resolution"]


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


def test_a_likely_path_is_the_path_of_a_photo_that_is_what_it_says(tmp_path):
    request = Request(tmp_path / "a.jpg")
    assert likely_path(request, 3) == output_path(request, JPEG, 3) == tmp_path / "a_x3.jpg"
    assert likely_path(Request(tmp_path / "a.bmp"), 3) == tmp_path / "a_x3.png"
    assert likely_path(Request(tmp_path / "a.jpg", format="tiff"), 3) == tmp_path / "a_x3.tif"


def test_a_file_that_cannot_hold_the_result_gets_a_suffix_that_is_true(tmp_path):
    request = Request(tmp_path / "a.jpg", output_file=tmp_path / "b.jpg", format="jpeg")
    assert output_path(request, PNG, 3) == tmp_path / "b.png"


def test_numbers_begin_at_two():
    names = numbered(Path("x") / "a.tar.png")
    assert [next(names).name for _ in range(3)] == ["a.tar.png", "a.tar (2).png", "a.tar (3).png"]


def test_two_names_of_one_file_are_told(tmp_path):
    one = tmp_path / "a"
    one.touch()
    (tmp_path / "b").hardlink_to(one)
    (tmp_path / "c").touch()
    assert same_file(one, tmp_path / "b")
    assert not same_file(one, tmp_path / "c")
    assert same_file(tmp_path / "gone", tmp_path / "gone")


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


def test_what_a_crash_left_half_written_in_the_folder_is_removed(fake_pipeline, photo_file, tmp_path):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    left = tmp_path / f"{files.TEMP_PREFIX}{gone.pid}-abc{files.TEMP_SUFFIX}"
    left.write_bytes(b"half")
    fake_pipeline().process(Request(photo_file("a.png")))
    assert _names(tmp_path) == ["a.png", "a_x3.png"]
