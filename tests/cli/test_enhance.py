"""``rekindle enhance`` from outside: photos and folders in, results, lines and exit statuses out."""

from __future__ import annotations

import functools
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.ExifTags import IFD

from desktop.core.experience import Experience
from desktop.core.photo.header import size_of
from desktop.core.photo.metadata import exif_edit
from desktop.core.photo.metadata.xmp import is_ours
from desktop.core.photo.read import read

# As docs and other programs have it.
RECORD = {
    *("input", "output", "status", "error", "model", "scale", "engine", "precision", "cached"),
    *("width", "height", "seconds", "load_seconds", "peak_rss_mib", "kept", "converted", "lost"),
    *("reason", "strength", "self_ensemble", "target", "passes", "straighten", "crop"),
}
SUMMARY = {"summary", "done", "failed", "skipped", "cancelled", "seconds"}


def _tree(folder):
    """Names of all files below, our data folder not included."""
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "data" not in path.relative_to(folder).parts
    )


def _statuses(run):
    return {Path(record["input"]).name: record["status"] for record in run.records}


def _codes(run):
    return {Path(record["input"]).name: (record["error"] or {}).get("code") for record in run.records}


def test_one_photo_becomes_larger_beside_the_original(run_cli, photo_file, tmp_path):
    original = photo_file("a.png")
    before = original.read_bytes()
    run = run_cli("enhance", original)
    assert run.status == 0
    assert read(tmp_path / "a_x3.png").pixels.shape == (48, 72, 3)
    assert original.read_bytes() == before
    assert _tree(tmp_path) == ["a.png", "a_x3.png"]


def test_what_will_not_be_kept_is_said_before_and_not_twice(run_cli, photo_file, noise):
    photo = photo_file("a.png", noise((16, 24, 4)))
    run = run_cli("enhance", photo, "--format", "jpeg")
    assert "a.png: will not be kept: transparency (laid over white: JPEG has none)" in run.err
    assert "transparency" not in run.out
    run = run_cli("enhance", photo, "--format", "jpeg", "--json", "--existing", "overwrite")
    assert "will not be kept: transparency" in run.err
    assert [item["item"] for item in run.record["lost"]] == ["transparency"]


def test_what_describes_a_photo_goes_by_the_options(run_cli, photo_like, tmp_path):
    exif = Image.Exif()
    exif[0x010F] = "ACME"
    exif.get_ifd(IFD.GPSInfo)[1] = "N"
    path = tmp_path / "a.jpg"
    Image.fromarray(photo_like(24, 16)).save(path, exif=exif, dpi=(100, 100))
    run_cli("enhance", path, "-o", tmp_path / "usual.jpg")
    usual = read(tmp_path / "usual.jpg")
    assert is_ours(usual.xmp)
    assert usual.dpi == (100, 100)
    assert exif_edit.ExifBlock(usual.exif).tells_place
    options = ("--strip-gps", "--no-provenance", "--keep-print-size", "--progressive")
    run = run_cli("enhance", path, "-o", tmp_path / "other.jpg", "--json", *options)
    other = read(tmp_path / "other.jpg")
    assert (other.xmp, other.dpi, other.coding.progressive) == (None, (300, 300), True)
    assert not exif_edit.ExifBlock(other.exif).tells_place
    assert "location" in [item["item"] for item in run.record["lost"]]
    run_cli("enhance", path, "-o", tmp_path / "other.webp", "--lossless")
    assert read(tmp_path / "other.webp").coding.lossless


def test_a_result_under_another_name_is_not_enhanced_again_with_its_folder(run_cli, photo_file, tmp_path):
    folder = tmp_path / "photos"
    run_cli("enhance", photo_file("photos/a.png"), "-o", folder / "holiday.png")
    run = run_cli("enhance", folder, "-o", tmp_path / "results", "--json")
    assert _statuses(run) == {"a.png": "done", "holiday.png": "skipped"}
    assert run.status == 0
    run = run_cli("enhance", folder, "-o", tmp_path / "results", "--existing", "skip")
    assert "holiday.png: skipped, Rekindle has made it" in run.out


def test_people_are_told_what_became_of_a_photo(run_cli, photo_file):
    run = run_cli("enhance", photo_file("a.png", mode="RGBA"), "--format", "jpeg", "--model", "edsr-baseline")
    assert "a.png → " in run.out
    assert "a_x3.jpg" in run.out
    assert "72 × 48" in run.out
    assert run.err == ""


def test_people_are_told_of_failures_on_standard_error(run_cli, tmp_path):
    run = run_cli("enhance", tmp_path / "gone.png")
    assert run.status == 1
    assert run.out == ""
    assert "“gone.png” was not found" in run.err


def test_people_are_told_how_several_photos_ended(run_cli, photo_file, tmp_path):
    run = run_cli("enhance", photo_file("a.png"), photo_file("b.png"), tmp_path / "gone.png")
    assert run.out.splitlines()[-1].startswith("2 done, 1 failed in ")


def test_a_line_of_json_has_exactly_the_promised_fields(run_cli, photo_file, tmp_path):
    run = run_cli(
        "enhance", photo_file("a.png", mode="LA", dpi=(300, 300)), "--json", "--format", "jpeg", "--engine", "opencv"
    )
    record = run.record
    assert run.status == 0
    assert set(record) == RECORD
    assert (record["input"], record["output"]) == (str(tmp_path / "a.png"), str(tmp_path / "a_x3.jpg"))
    assert (record["status"], record["error"], record["cached"]) == ("done", None, False)
    assert (record["model"], record["scale"]) == ("edsr-baseline-x3", 3)
    assert (record["engine"], record["precision"]) == ("opencv", "exact")
    assert (record["width"], record["height"]) == (72, 48)
    assert record["kept"] == [{"item": "resolution", "detail": "300 dpi"}]
    assert [item["item"] for item in record["converted"]] == ["note of the enlargement"]
    assert record["seconds"] > 0
    assert record["load_seconds"] > 0
    assert isinstance(record["peak_rss_mib"], int)
    assert 10 < record["peak_rss_mib"] < 10_000


def test_a_failed_photo_has_the_same_fields_and_an_error(run_cli, tmp_path):
    run = run_cli("enhance", "gone.png", "--json")
    record = run.record
    assert set(record) == RECORD
    assert (record["status"], record["output"], record["width"], record["height"]) == ("failed", None, 0, 0)
    assert set(record["error"]) == {"code", "message"}
    assert record["error"]["code"] == "not-found"


def test_the_last_line_of_json_sums_up(run_cli, photo_file):
    run = run_cli("enhance", photo_file("a.png"), "gone.png", "--json")
    summary = run.lines[-1]
    assert set(summary) == SUMMARY
    assert summary["summary"] is True
    assert {key: summary[key] for key in SUMMARY - {"summary", "seconds"}} == {
        "done": 1,
        "failed": 1,
        "skipped": 0,
        "cancelled": 0,
    }
    assert summary["seconds"] > 0


def test_only_json_is_on_standard_output(run_cli, photo_file):
    run = run_cli("enhance", photo_file("a.png"), "gone.png", "--json", "--log-level", "debug")
    assert all(isinstance(json.loads(line), dict) for line in run.out.splitlines())
    assert len(run.out.splitlines()) == 3
    assert run.err != ""


def test_the_net_is_loaded_once_for_all_photos(run_cli, photo_file):
    run = run_cli("enhance", photo_file("a.png"), photo_file("b.png"), "--json")
    first, second = run.records
    assert first["load_seconds"] > 0
    assert second["load_seconds"] == 0


def test_everything_is_kept_under_the_data_folder(run_cli, photo_file, tmp_path):
    run_cli("enhance", photo_file("album/a.png"), "--data-dir", tmp_path / "elsewhere")
    assert {path.name for path in tmp_path.iterdir()} == {"album", "elsewhere"}
    assert (tmp_path / "elsewhere" / "models" / "edsr-baseline-x3.pb").is_file()
    assert (tmp_path / "elsewhere" / "log" / "rekindle.log").is_file()


def test_the_data_folder_may_be_in_the_environment(run_cli, photo_file, tmp_path):
    run = replace(run_cli, data_dir=None)
    assert run("enhance", photo_file("a.png"), env={"REKINDLE_DATA_DIR": str(tmp_path / "elsewhere")}).status == 0
    assert (tmp_path / "elsewhere" / "models").is_dir()


def test_a_data_folder_that_is_a_file_is_no_reason_not_to_enhance(run_cli, photo_file, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    run = run_cli("enhance", photo_file("a.png"), "--json", "--data-dir", tmp_path / "file")
    assert (run.status, run.record["status"]) == (0, "done")


@pytest.fixture
def album(photo_file, tmp_path):
    """A folder with photos on two floors, and with things that are no photos."""
    for name in ("a.png", "summer/b.jpg", "summer/beach/c.tif", ".hidden/d.png"):
        photo_file(f"album/{name}")
    (tmp_path / "album" / "notes.txt").write_text("not a photo")
    return tmp_path / "album"


def test_a_folder_s_structure_is_kept(album, run_cli, tmp_path):
    run = run_cli("enhance", album, "-o", tmp_path / "out", "--json")
    assert run.status == 0
    assert _tree(tmp_path / "out") == ["a_x3.png", "summer/b_x3.jpg", "summer/beach/c_x3.tif"]


def test_without_an_output_a_folder_s_results_lie_beside_their_photos(album, run_cli):
    assert run_cli("enhance", album).status == 0
    assert [name for name in _tree(album) if "_x3" in name] == [
        "a_x3.png",
        "summer/b_x3.jpg",
        "summer/beach/c_x3.tif",
    ]


def test_our_own_results_beside_their_photos_are_not_enhanced_again(album, run_cli):
    run_cli("enhance", album)
    again = run_cli("enhance", album, "--json")
    assert sorted(_statuses(again)) == ["a.png", "b.jpg", "c.tif"]
    assert not [name for name in _tree(album) if "_x3_x3" in name]


@pytest.mark.parametrize("words", ["album/out", "album/../album/out", "./album/out"])
def test_a_folder_of_results_inside_the_folder_is_not_enhanced_again(words, album, run_cli):
    for _ in range(2):
        run = run_cli("enhance", "album", "-o", words, "--existing", "skip", "--json")
    assert _statuses(run) == {"a.png": "skipped", "b.jpg": "skipped", "c.tif": "skipped"}
    assert run.status == 0
    assert _tree(album / "out") == ["a_x3.png", "summer/b_x3.jpg", "summer/beach/c_x3.tif"]


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_people_are_told_how_much_of_a_folder_is_left_out(options, album, run_cli):
    run = run_cli("enhance", album, *options)
    assert "2 files and folders left out" in run.err
    assert "notes.txt" not in run.err
    assert "left out" not in run.out
    again = run_cli("enhance", album, "--existing", "skip", *options)
    assert "5 files and folders left out" in again.err, "our three results too"
    assert "1 file left out" in run_cli("enhance", album / "summer" / "beach", "--existing", "skip", *options).err


def test_whoever_asks_is_told_what_is_left_out(strange_name, album, run_cli):
    (album / f".{strange_name}").touch()
    run = run_cli("enhance", album, "--log-level", "info")
    assert run.status == 0
    assert "3 files and folders left out" in run.err
    assert f"INFO:   {album / 'notes.txt'}\n" in run.err
    assert f"INFO:   {os.path.join(album, '.hidden', '')}\n" in run.err
    assert f"INFO:   {album / '.br'}" in run.err


def test_nothing_is_said_where_nothing_is_left_out(run_cli, photo_file):
    assert "left out" not in run_cli("enhance", photo_file("a.png")).err


def test_the_rest_of_a_batch_is_done_after_bad_files(run_cli, photo_file, tmp_path):
    for name in ("album/a.png", "album/f.png"):
        photo_file(name)
    album = tmp_path / "album"
    damaged = photo_file("album/b.png")
    damaged.write_bytes(damaged.read_bytes()[:100])
    (album / "c.png").write_text("not a photo at all")
    (album / "d.jpg").touch()
    photo_file("album/e.png", np.zeros((600, 600, 3), np.uint8))
    run = run_cli("enhance", album, "gone.png", "--json", "--max-megapixels", "1")
    assert run.status == 1
    assert _codes(run) == {
        "a.png": None,
        "b.png": "unreadable",
        "c.png": "unsupported",
        "d.jpg": "unreadable",
        "e.png": "too-large",
        "f.png": None,
        "gone.png": "not-found",
    }
    assert (run.lines[-1]["done"], run.lines[-1]["failed"]) == (2, 5)
    assert [name for name in _tree(album) if "_x3" in name] == ["a_x3.png", "f_x3.png"]


@pytest.mark.parametrize(("suffix", "kind"), [(".png", "PNG"), (".jpg", "JPEG"), (".webp", "WEBP"), (".TIF", "TIFF")])
def test_a_file_that_is_named_is_written_in_the_format_of_its_suffix(suffix, kind, run_cli, photo_file, tmp_path):
    run = run_cli("enhance", photo_file("a.png"), "-o", f"out/mine{suffix}", "--json")
    assert Path(run.record["output"]) == Path("out", f"mine{suffix}")
    assert read(tmp_path / "out" / f"mine{suffix}").file_format == kind


def test_a_folder_that_is_named_is_made_and_used(run_cli, photo_file, tmp_path):
    run_cli("enhance", photo_file("a.png"), "-o", tmp_path / "new" / "folder")
    assert _tree(tmp_path / "new") == ["folder/a_x3.png"]


def test_a_folder_named_like_a_photo_is_used_as_a_folder_if_it_is_there(run_cli, photo_file, tmp_path):
    (tmp_path / "album.png").mkdir()
    run_cli("enhance", photo_file("a.png"), "-o", tmp_path / "album.png")
    assert _tree(tmp_path / "album.png") == ["a_x3.png"]


def test_several_photos_go_into_a_folder_whatever_it_is_named(run_cli, photo_file, tmp_path):
    run = run_cli("enhance", photo_file("a.png"), photo_file("b.png"), "-o", tmp_path / "out.png")
    assert run.status == 0
    assert _tree(tmp_path / "out.png") == ["a_x3.png", "b_x3.png"]


def test_a_folder_goes_into_a_folder_whatever_it_is_named(album, run_cli, tmp_path):
    assert run_cli("enhance", album, "-o", tmp_path / "out.png").status == 0
    assert "a_x3.png" in _tree(tmp_path / "out.png")


def test_an_output_without_a_photo_s_suffix_is_a_folder(run_cli, photo_file, tmp_path):
    run_cli("enhance", photo_file("a.png"), "-o", tmp_path / "v1.2")
    assert _tree(tmp_path / "v1.2") == ["a_x3.png"]


@pytest.fixture
def taken(photo_file, tmp_path):
    """A photo whose result is there already."""
    (tmp_path / "a_x3.png").write_bytes(b"was there")
    return photo_file("a.png")


def test_an_existing_result_is_kept_and_the_new_one_numbered(taken, run_cli, tmp_path):
    run = run_cli("enhance", taken, "--json")
    assert (run.status, Path(run.record["output"]).name) == (0, "a_x3 (2).png")
    assert (tmp_path / "a_x3.png").read_bytes() == b"was there"


def test_an_existing_result_is_overwritten_on_request(taken, run_cli, tmp_path):
    run = run_cli("enhance", taken, "--existing", "overwrite", "--json")
    assert (run.status, Path(run.record["output"]).name) == (0, "a_x3.png")
    assert read(tmp_path / "a_x3.png").width == 72


def test_an_existing_result_is_skipped_on_request(taken, run_cli, tmp_path):
    run = run_cli("enhance", taken, "--existing", "skip", "--json")
    assert run.status == 0
    assert (run.record["status"], run.record["output"]) == ("skipped", str(tmp_path / "a_x3.png"))
    assert set(run.record) == RECORD
    assert run.lines[-1]["skipped"] == 1
    assert (tmp_path / "a_x3.png").read_bytes() == b"was there"


def test_people_are_told_what_was_skipped(taken, run_cli):
    run = run_cli("enhance", taken, "--existing", "skip")
    assert "a.png: skipped, " in run.out
    assert "a_x3.png exists" in run.out


def test_the_original_is_never_overwritten(run_cli, photo_file, tmp_path):
    original = photo_file("a.png")
    before = original.read_bytes()
    run = run_cli("enhance", original, "-o", original, "--existing", "overwrite", "--json")
    assert (run.status, run.record["output"]) == (0, str(tmp_path / "a (2).png"))
    assert original.read_bytes() == before


def test_results_are_named_as_asked_and_numbered_in_order(album, run_cli, tmp_path):
    run = run_cli(
        "enhance", album, "-o", tmp_path / "out", "--name", "{counter:02} {stem}, {parent}", "--flat", "--json"
    )
    names = [Path(record["output"]).relative_to(tmp_path / "out").as_posix() for record in run.records]
    expected = [
        f"{number:02} {Path(record['input']).stem}, {Path(record['input']).parent.name}"
        for number, record in enumerate(run.records, start=1)
    ]
    assert [Path(name).stem for name in names] == expected
    assert len(names) > 1


def test_a_folder_s_photos_can_go_into_one_folder(run_cli, photo_file, tmp_path):
    for name in ("album/a.png", "album/summer/a.png"):
        photo_file(name)
    assert run_cli("enhance", tmp_path / "album", "-o", tmp_path / "out", "--flat").status == 0
    assert _tree(tmp_path / "out") == ["a_x3 (2).png", "a_x3.png"]


def test_results_keep_their_originals_dates_on_request(run_cli, photo_file):
    photo = photo_file("a.png")
    os.utime(photo, (10**9, 10**9))
    run = run_cli("enhance", photo, "--keep-dates", "--json")
    assert Path(run.record["output"]).stat().st_mtime == 10**9
    assert {"item": "file dates", "detail": "last changed on 2001-09-09"} in run.record["kept"]


def test_results_of_a_name_of_one_s_own_are_not_enhanced_again(run_cli, photo_file, tmp_path):
    photo_file("album/a.png")
    for expected in (["a big.png", "a.png"], ["a big (2).png", "a big.png", "a.png"]):
        run_cli("enhance", tmp_path / "album", "--name", "{stem} big")
        assert _tree(tmp_path / "album") == expected


def test_no_photo_that_is_named_is_overwritten_by_another_s_result(run_cli, photo_file, tmp_path):
    one, other = photo_file("a.png"), photo_file("a_x3.png")
    before = other.read_bytes()
    run = run_cli("enhance", one, other, "--existing", "overwrite", "--json")
    assert [Path(record["output"]).name for record in run.records] == ["a_x3 (2).png", "a_x3_x3.png"]
    assert other.read_bytes() == before


def test_a_name_that_is_none_is_told_with_all_that_it_could_hold(run_cli, photo_file, tmp_path):
    run = run_cli("enhance", photo_file("a.png"), "--name", "{name}")
    assert run.status == 2
    assert "{name}" in run.err
    assert "{stem}, {parent}" in run.err
    assert _tree(tmp_path) == ["a.png"]


WRONG_CALLS = {
    "a name with a folder": ["--name", "a/{stem}"],
    "a name without a brace": ["--name", "{stem"],
    "no name": ["--name", ""],
    "a name for what has one": ["-o", "out.png", "--name", "{stem}"],
    "an unknown model": ["--model", "esrgan"],
    "an unknown engine": ["--engine", "abacus"],
    "a scale the model has not": ["--model", "lapsrn", "--scale", "3"],
    "a full ID with another scale": ["--model", "edsr-baseline-x3", "--scale", "4"],
    "a scale nobody has": ["--scale", "5"],
    "a format that contradicts the file": ["-o", "out.png", "--format", "jpeg"],
    "a file of a kind we do not write": ["-o", "out.bmp"],
    "a quality beyond 100": ["--quality", "101"],
}


@pytest.mark.parametrize("options", WRONG_CALLS.values(), ids=WRONG_CALLS)
def test_a_wrong_call_is_refused_before_anything_is_done(options, run_cli, photo_file, tmp_path):
    run = run_cli("enhance", photo_file("a.png"), "--json", *options)
    assert run.status == 2
    assert run.out == ""
    assert "rekindle" in run.err
    assert "Traceback" not in run.err
    assert _tree(tmp_path) == ["a.png"]
    assert not (tmp_path / "data" / "models").exists()


def test_a_suffix_and_a_format_that_agree_are_no_contradiction(run_cli, photo_file, tmp_path):
    assert run_cli("enhance", photo_file("a.png"), "-o", "out.jpg", "--format", "jpeg").status == 0
    assert read(tmp_path / "out.jpg").file_format == "JPEG"


def test_a_folder_without_photos_is_a_wrong_call(run_cli, tmp_path):
    (tmp_path / "empty").mkdir()
    run = run_cli("enhance", tmp_path / "empty", "--json")
    assert (run.status, run.out) == (2, "")
    assert "no photo" in run.err


def test_a_call_without_a_photo_is_a_wrong_call(run_cli):
    assert run_cli("enhance").status == 2


def test_a_full_model_id_and_its_own_scale_are_right(run_cli, photo_file):
    run = run_cli(
        "enhance", photo_file(), "--model", "edsr-baseline-x3", "--scale", "3", "--engine", "opencv", "--json"
    )
    assert (run.status, run.record["status"]) == (0, "done")


def test_quality_is_heeded(run_cli, photo_file, photo_like, tmp_path):
    original = photo_file("a.jpg", photo_like(60, 40))
    sizes = []
    for quality in ("10", "95"):
        run_cli("enhance", original, "--quality", quality, "-o", tmp_path / quality)
        sizes.append((tmp_path / quality / "a_x3.jpg").stat().st_size)
    assert sizes[0] < sizes[1] / 2


def test_very_little_working_memory_gives_the_same_picture(run_cli, photo_file, photo_like, tmp_path):
    original = photo_file("a.png", photo_like(90, 60))
    for memory in ("1", "4000"):
        options = ("--precision", "exact", "--memory", memory, "-o", tmp_path / memory)
        assert run_cli("enhance", original, *options).status == 0
    small, large = (read(tmp_path / memory / "a_x3.png").pixels.astype(int) for memory in ("1", "4000"))
    assert np.abs(small - large).max() <= 1


UNUSUAL = {
    "not ASCII": "Grüße 写真 🌄.png",
    "spaces and quotes": "a 'b' \"c\"  d.png",
    "a line break": "line\nbreak.png",
    "a template": "100% {name} %s.png",
    "long": "x" * 251 + ".png",
}


@pytest.mark.parametrize("name", UNUSUAL.values(), ids=UNUSUAL)
@pytest.mark.parametrize("json_or_not", [["--json"], []], ids=["for programs", "for people"])
def test_unusual_names_come_through(name, json_or_not, run_cli, photo_file, tmp_path):
    photo_file(name)
    run = run_cli("enhance", *json_or_not, "--", name)
    assert run.status == 0
    assert len(_tree(tmp_path)) == 2
    if json_or_not:
        assert run.record["input"] == name


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
@pytest.mark.parametrize("json_or_not", [["--json"], []], ids=["for programs", "for people"])
def test_a_terminal_that_cannot_show_a_name_stops_nothing(json_or_not, encoding, strange_name, run_cli, photo_file):
    photo_file("Grüße 写真.png")
    photo_file("z.png")
    photo_file("b.png").rename(run_cli.folder / strange_name)
    run = run_cli("enhance", "Grüße 写真.png", strange_name, "z.png", *json_or_not, env={"PYTHONIOENCODING": encoding})
    assert run.status == 0
    assert "Traceback" not in run.err
    if json_or_not:
        assert [record["status"] for record in run.records] == ["done"] * 3
        assert run.records[0]["input"] == "Grüße 写真.png"
        assert os.fsencode(run.records[1]["output"]) == b"br\xfccke_x3.png"


@pytest.fixture
def as_nobody():
    """What to put before a command so that permissions count for it."""
    if sys.platform == "win32":
        pytest.skip("not on this platform: permissions are another matter on Windows")
    if os.geteuid() != 0:
        return []
    if shutil.which("setpriv") is None:
        pytest.skip("not on this platform: root may do everything, and there is no setpriv")
    return ["setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner"]


@pytest.fixture
def forbid():
    """``forbid(path, mode)``; given back at the end, so that the folder can be removed."""
    changed = []

    def change(path, mode=0o000):
        changed.append((path, path.stat().st_mode))
        path.chmod(mode)

    yield change
    for path, mode in reversed(changed):
        path.chmod(mode)


def test_a_photo_that_may_not_be_read_fails_and_the_rest_is_done(as_nobody, forbid, run_cli, photo_file, tmp_path):
    photo_file("album/b.png")
    forbid(photo_file("album/a.png"))
    run = run_cli("enhance", tmp_path / "album", "--json", before=as_nobody)
    assert run.status == 1
    assert _codes(run) == {"a.png": "no-permission", "b.png": None}


@pytest.mark.parametrize("existing", ["rename", "skip"])
def test_a_folder_that_may_not_be_read_fails_and_the_rest_is_done(
    existing, as_nobody, forbid, run_cli, photo_file, tmp_path
):
    photo_file("album/secret/a.png")
    photo_file("album/b.png")
    forbid(tmp_path / "album" / "secret")
    options = ["-o", tmp_path / "out", "--existing", existing, "--json"]
    run = run_cli("enhance", tmp_path / "album", *options, before=as_nobody)
    assert run.status == 1
    assert _codes(run) == {"b.png": None, "secret": "no-permission"}
    assert _tree(tmp_path / "out") == ["b_x3.png"]


@pytest.mark.parametrize("existing", ["rename", "skip"])
def test_a_named_folder_that_may_not_be_read_fails(existing, as_nobody, forbid, run_cli, photo_file, tmp_path):
    photo_file("album/a.png")
    forbid(tmp_path / "album")
    run = run_cli("enhance", "album", "-o", "out", "--existing", existing, "--json", before=as_nobody)
    assert run.status == 1
    assert _codes(run) == {"album": "no-permission"}


def test_a_folder_that_may_not_be_written_fails_its_photos(as_nobody, forbid, run_cli, photo_file, tmp_path):
    photo_file("album/a.png")
    forbid(tmp_path / "album", 0o555)
    run = run_cli("enhance", tmp_path / "album", "--json", before=as_nobody)
    assert run.status == 1
    assert _codes(run) == {"a.png": "no-permission"}
    assert "Choose another folder" in run.record["error"]["message"]


@pytest.mark.parametrize("mode", [0o555, 0o000], ids=["read-only", "closed"])
def test_a_data_folder_that_may_not_be_used_is_no_reason_not_to_enhance(
    mode, as_nobody, forbid, run_cli, photo_file, tmp_path
):
    for folder in ("data/models", "data/log"):
        (tmp_path / folder).mkdir(parents=True)
        forbid(tmp_path / folder, mode)
    run = run_cli("enhance", photo_file("a.png"), "--json", before=as_nobody)
    assert (run.status, run.record["status"]) == (0, "done")
    assert "Traceback" not in run.err
    assert "Logging error" not in run.err


@functools.cache
def _private_mounts() -> tuple[str, ...] | None:
    """What gives a command mounts of its own; None where nothing does."""
    for attempt in (("unshare", "-m"), ("unshare", "-rm")):
        if shutil.which("unshare"):
            probe = [*attempt, "sh", "-c", "mount -t tmpfs -o size=64k tmpfs /mnt"]
            if subprocess.run(probe, capture_output=True, check=False, timeout=60).returncode == 0:
                return attempt
    return None


@pytest.fixture
def small_disk(tmp_path):
    """``small_disk(folder)``: what to put before a command so that ``folder`` is a disk of 64 KiB.

    What is left on that disk when the command ends is told on standard error behind ``LEFT:``.
    """
    unshared = _private_mounts()
    if unshared is None:
        pytest.skip("not on this platform: no file system can be mounted for a test")

    def before(folder: Path) -> list[str]:
        folder.mkdir(parents=True, exist_ok=True)
        script = 'mount -t tmpfs -o size=64k tmpfs "$0" && "$@"; status=$?; echo LEFT: $(ls -A "$0") >&2; exit $status'
        return [*unshared, "sh", "-c", script, str(folder)]

    return before


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp", "tiff"])
def test_a_full_disk_fails_the_photo_and_leaves_nothing_on_it(kind, small_disk, run_cli, photo_file, noise, tmp_path):
    original = photo_file("a.png", noise((160, 160, 3)))
    disk = tmp_path / "disk"
    options = ["-o", disk, "--json", "--format", kind, "--quality", "100"]
    run = run_cli("enhance", original, *options, before=small_disk(disk))
    assert run.status == 1
    assert run.record["error"]["code"] == "no-space"
    assert run.err.splitlines()[-1].strip() == "LEFT:"


def test_a_full_disk_does_not_stop_photos_that_still_fit(small_disk, run_cli, photo_file, noise, tmp_path):
    photos = [photo_file("a.png", noise((160, 160, 3))), photo_file("b.png")]
    disk = tmp_path / "disk"
    run = run_cli("enhance", *photos, "-o", disk, "--json", before=small_disk(disk))
    assert _codes(run) == {"a.png": "no-space", "b.png": None}
    assert run.err.splitlines()[-1].strip() == "LEFT: b_x3.png"


def test_a_full_disk_for_the_models_is_no_reason_not_to_enhance(small_disk, run_cli, photo_file, tmp_path):
    run = run_cli("enhance", photo_file("a.png"), "--json", before=small_disk(tmp_path / "data"))
    assert (run.status, run.record["status"]) == (0, "done")


@pytest.mark.skipif(sys.platform == "win32", reason="not on this platform: signals are another matter on Windows")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_cancels_the_rest_and_leaves_no_half_written_file(
    number, run_cli, photo_file, photo_like, tmp_path
):
    photo_file("album/a.png")
    for name in ("b", "c"):
        photo_file(f"album/{name}.png", photo_like(900, 700))
    process = run_cli.start("enhance", tmp_path / "album", "-o", tmp_path / "out", "--json")
    first = process.stdout.readline()  # a.png is done, and b.png has begun
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    lines = [json.loads(line) for line in (first + out).splitlines()]
    assert process.returncode == 130
    assert [line.get("status") for line in lines] == ["done", "cancelled", "cancelled", None]
    assert {line["error"]["code"] for line in lines[1:3]} == {"cancelled"}
    assert set(lines[1]) == RECORD
    assert (lines[-1]["done"], lines[-1]["cancelled"]) == (1, 2)
    assert err == ""
    assert _tree(tmp_path / "out") == ["a_x3.png"]


@pytest.mark.skipif(sys.platform == "win32", reason="not on this platform: pipes are another matter on Windows")
@pytest.mark.parametrize("json_or_not", [["--json"], []], ids=["for programs", "for people"])
def test_whoever_stops_reading_ends_it_quietly(json_or_not, run_cli, photo_file, photo_like, tmp_path):
    photos = [photo_file(f"{number}.png", photo_like(24, 16)) for number in range(3)]
    process = run_cli.start("enhance", *photos, "--model", "edsr-baseline", *json_or_not)
    process.stdout.readline()
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=60) == 1
    assert err == ""
    assert not list(tmp_path.glob(".rekindle-*"))


def test_how_long_photos_took_is_learned_from_run_to_run(run_cli, photo_file, tmp_path):
    photos = photo_file("a.png"), photo_file("b.jpg"), tmp_path / "missing.png"
    for _ in range(2):
        run_cli("enhance", *photos, "-o", tmp_path / "out", "--engine", "opencv", "--no-cache")
    learned = Experience(tmp_path / "data" / "cache").learned
    (kind,) = learned.kinds
    assert (kind.model, kind.engine) == ("edsr-baseline-x3", "opencv")
    assert [round(megapixels * 1e6) for megapixels, _ in learned.photos(kind)] == [24 * 16] * 4
    assert learned.load_s(kind) > 0
    assert {name.partition(":")[0] for name in learned.results} == {"jpeg", "png"}


@pytest.mark.skipif(sys.platform == "win32", reason="not on this platform: it has no pseudo terminals")
def test_a_terminal_shows_progress(run_cli, photo_file, photo_like):
    import fcntl
    import pty
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    told = bytearray()

    def listen():
        while True:
            try:
                piece = os.read(ours, 4096)
            except OSError:  # the other end is closed
                return
            if not piece:
                return
            told.extend(piece)

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    command = run_cli.command("enhance", photo_file("100% {x}.png", photo_like(200, 150)), photo_file("b.png"))
    run = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=theirs, env=run_cli.environment(), timeout=120, check=False
    )
    os.close(theirs)
    listener.join(60)
    os.close(ours)
    assert run.returncode == 0
    assert b"100% {x}.png" in told
    assert b"%" in told
    assert b" left" in told
    assert "2 done" in run.stdout.decode()


def test_results_of_two_runs_are_the_same_to_the_last_byte(run_cli, photo_file, photo_like, tmp_path):
    original = photo_file("a.png", photo_like(160, 30))
    for folder in ("one", "two"):
        run_cli("enhance", original, "-o", tmp_path / folder)
    one, two = ((tmp_path / folder / "a_x3.png").read_bytes() for folder in ("one", "two"))
    assert one == two


def test_two_runs_at_once_do_not_get_in_each_other_s_way(run_cli, photo_file, tmp_path):
    original = photo_file("a.png")
    processes = [run_cli.start("enhance", original, "-o", tmp_path / "out", "--json") for _ in range(2)]
    outputs = []
    for process in processes:
        out, err = process.communicate(timeout=120)
        assert (process.returncode, err) == (0, "")
        outputs.append(json.loads(out.splitlines()[0])["output"])
    assert len(set(outputs)) == 2
    with Image.open(outputs[0]) as one, Image.open(outputs[1]) as two:
        assert (np.asarray(one) == np.asarray(two)).all()


def test_a_damaged_model_is_replaced_and_that_is_said(run_cli, photo_file, tmp_path):
    stored = tmp_path / "data" / "models" / "edsr-baseline-x3.pb"
    stored.parent.mkdir(parents=True)
    stored.write_bytes(b"not a network")
    run = run_cli("enhance", photo_file("a.png"), "--json")
    assert (run.status, run.record["status"]) == (0, "done")
    assert "edsr-baseline-x3" in run.err
    assert "replaced" in run.err
    assert [file.read_bytes() for file in (stored.parent / "damaged").iterdir()] == [b"not a network"]


def test_enhancing_imports_no_qt(run_cli, photo_file):
    run = run_cli("enhance", photo_file("a.png"), python=["-X", "importtime"])
    assert run.status == 0
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in run.err.splitlines()}
    assert "cv2" in imported
    assert not {"PySide6", "shiboken6"} & imported


def test_strength_and_best_quality_are_told_of(run_cli, photo_file):
    photo_file("a.png")
    record = run_cli("enhance", "a.png", "--json", "--strength", "40", "--self-ensemble").record
    assert (record["status"], record["scale"], record["self_ensemble"]) == ("done", 3, True)
    # A photo so small and clean is enlarged as it is, and a strength is for what is restored.
    assert (record["model"], record["strength"]) == ("edsr-baseline-x3", None)
    assert record["reason"] in (None, "the photo looks clean")


def test_a_strength_for_a_model_without_is_a_wrong_call(run_cli, photo_file):
    photo_file("a.png")
    run = run_cli("enhance", "a.png", "--model", "edsr-baseline", "--strength", "40")
    assert run.status == 2
    assert "“edsr-baseline-x3” has no strength to choose" in run.err


def test_a_print_size_gives_exact_pixels_and_is_announced(run_cli, photo_file, photo_like, tmp_path):
    path = photo_file("a.png", photo_like(30, 40))
    run = run_cli("enhance", path, "--print", "20x30cm@20", "--paper", "fit", "--model", "edsr-baseline")
    assert run.status == 0
    assert "157 × 236 pixels (×2, ×3, then to size)" in run.err
    assert "157 × 236" in run.out
    assert size_of(tmp_path / "a_x5.22.png") == (157, 236)


def test_a_dry_run_says_what_would_come_and_does_nothing(run_cli, photo_file, photo_like, tmp_path):
    path = photo_file("a.jpg", photo_like(60, 40))
    run = run_cli("enhance", path, "--longest", "100", "--crop", "0,0,50,40", "--dry-run", "--json")
    assert run.status == 0
    record = run.record
    assert (record["width"], record["height"], record["passes"], record["scale"]) == (100, 80, [2], 2)
    assert record["seconds"] > 0
    assert record["bytes"] > 0
    assert record["peak_rss_mib"] > 0
    assert not list(tmp_path.glob("*_x*"))
    words = run_cli("enhance", path, tmp_path / "none.jpg", "--dry-run")
    assert words.status == 1
    assert "180 × 120 pixels (×3)" in words.out
    assert "none.jpg" in words.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("--longest", "100", "--scale", "3"),
        ("--print", "20x30"),
        ("--megapixels", "0"),
        ("--crop", "1,2,3"),
        ("--straighten", "46"),
        ("--paper", "fit"),
    ],
)
def test_sizes_that_make_no_sense_are_usage_errors(run_cli, photo_file, arguments):
    run = run_cli("enhance", photo_file("a.png"), *arguments)
    assert run.status == 2
    assert "rekindle" in run.err


def test_a_result_that_is_finished_already_is_copied_but_for_no_cache(run_cli, photo_file, tmp_path):
    photo = photo_file("a.png")
    options = ("enhance", photo, "--json", "-o")
    first = run_cli(*options, tmp_path / "one").record
    second = run_cli(*options, tmp_path / "two").record
    third = run_cli(*options, tmp_path / "three", "--no-cache").record
    assert [record["cached"] for record in (first, second, third)] == [False, True, False]
    assert (tmp_path / "two" / "a_x3.png").read_bytes() == (tmp_path / "one" / "a_x3.png").read_bytes()
    assert (second["width"], second["height"]) == (first["width"], first["height"])
