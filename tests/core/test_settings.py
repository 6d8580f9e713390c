"""Settings survive, and survive being damaged."""

from __future__ import annotations

import dataclasses
import json

import pytest

from desktop.core import files, settings
from desktop.core.settings import Settings, Watching

CHANGED = Settings(
    scale=2,
    model="edsr",
    strength=40,
    self_ensemble=True,
    output_dir="/tmp/Ergebnisse für Oma",
    format="tiff",
    quality=80,
    existing="skip",
    template="{parent} {stem}",
    keep_structure=False,
    keep_dates=True,
    lossless=True,
    progressive=True,
    target="print 20x30cm@300 fit",
    keep_print_size=True,
    strip_gps=True,
    provenance=False,
    precision="exact",
    spare_cores=1,
    reuse_results=False,
    memory_mib=1024,
    max_megapixels=50,
    watching=Watching(
        on=True,
        folder="/scans",
        output="/scans/large",
        scale=2,
        model="edsr",
        strength=60,
        self_ensemble=True,
        format="png",
        quality=80,
        target="longest 4000",
    ),
    keep_awake=True,
    keep_awake_asked=True,
    pause_on_battery=True,
    notify=False,
    ask_for_updates=True,
    start_at_once=True,
    preview_when_idle=True,
    last_folder="/photos",
    geometry="AAAA",
    panes="BBBB",
)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "config" / "settings.json"


def _stored(file, content):
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(content) if not isinstance(content, str) else content, "utf-8")
    return settings.load(file)


def test_every_setting_comes_back_as_it_was_saved(file):
    for changed in (CHANGED, CHANGED.watching):
        default = type(changed)()
        assert [
            f.name for f in dataclasses.fields(changed) if getattr(changed, f.name) == getattr(default, f.name)
        ] == []
    settings.save(CHANGED, file)
    assert settings.load(file) == CHANGED


def test_without_a_file_the_defaults_hold(file):
    assert settings.load(file) == Settings()


def test_the_file_says_which_version_wrote_it(file):
    settings.save(Settings(), file)
    assert json.loads(file.read_text("utf-8"))["version"] == settings.VERSION


def test_saving_makes_the_folder_and_leaves_nothing_else_in_it(file):
    settings.save(Settings(), file)
    settings.save(CHANGED, file)
    assert [entry.name for entry in file.parent.iterdir()] == ["settings.json"]


def test_a_failed_saving_leaves_the_old_settings(file, monkeypatch):
    settings.save(CHANGED, file)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        settings.save(Settings(), file)
    assert settings.load(file) == CHANGED


@pytest.mark.parametrize(
    "content",
    ["", "{", "[1, 2]", '"text"', "null", '{"quality": 9', "[" * 100_000],
    ids=["empty", "a brace", "a list", "a text", "null", "cut off", "absurdly nested"],
)
def test_a_damaged_file_is_set_aside_and_the_defaults_hold(content, file):
    assert _stored(file, content) == Settings()
    assert not file.exists()
    assert file.with_name("settings.json.damaged").read_text("utf-8") == content


def test_a_file_that_is_not_utf_8_is_set_aside(file):
    file.parent.mkdir()
    file.write_bytes(b'{"model": "\xff\xfe"}')
    assert settings.load(file) == Settings()
    assert not file.exists()


def test_a_damaged_file_that_cannot_be_set_aside_is_no_reason_to_stop(file, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "no")

    monkeypatch.setattr(settings.os, "replace", refuse)
    assert _stored(file, "{") == Settings()


def test_a_file_that_cannot_be_read_is_no_reason_to_stop(file):
    file.mkdir(parents=True)
    assert settings.load(file) == Settings()
    assert file.is_dir()


@pytest.mark.parametrize(
    "wrong",
    [
        {"scale": "3"},
        {"scale": 2.0},
        {"scale": True},
        {"scale": None},
        {"model": 3},
        {"output_dir": ["a"]},
        {"quality": {}},
        {"quality": 0},
        {"quality": 101},
        {"existing": "explode"},
        {"format": "gif"},
        {"template": "{oma}"},
        {"template": ""},
        {"template": "a/{stem}"},
        {"memory_mib": -1},
        {"precision": "sloppy"},
        {"spare_cores": -1},
        {"max_megapixels": 0},
        {"scale": 0},
        {"watching": "/scans"},
        {"watching": {"on": 1, "folder": None, "quality": 0, "format": "gif", "scale": -3}},
    ],
    ids=str,
)
def test_a_wrong_value_takes_its_default_and_the_others_stay(wrong, file):
    assert _stored(file, {"last_folder": "/photos", **wrong}) == Settings(last_folder="/photos")


def test_what_is_right_of_a_watched_folder_stays(file):
    stored = {"watching": {"on": True, "folder": "/scans", "quality": 0}}
    assert _stored(file, stored) == Settings(watching=Watching(on=True, folder="/scans"))


def test_what_a_later_version_added_is_passed_over(file):
    assert _stored(file, {"version": 99, "hologram": True, "quality": 70}) == Settings(quality=70)


def test_what_an_earlier_version_did_not_have_takes_its_default(file):
    assert _stored(file, {"version": 1, "model": "edsr"}) == Settings(model="edsr")
