"""Where things live."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from desktop.core import paths
from desktop.core.paths import Folders, bundled


def test_a_chosen_base_holds_all_four_folders(tmp_path):
    folders = Folders.under(tmp_path)
    assert folders.own
    for folder in (folders.data, folders.config, folders.cache, folders.log):
        assert folder == tmp_path or tmp_path in folder.parents


def test_a_chosen_base_is_meant_from_where_the_program_was_started(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert Folders.under(Path("here")).data == tmp_path / "here"


def test_a_tilde_in_a_chosen_base_is_the_person_s_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert Folders.under(Path("~") / "photos").data == tmp_path / "photos"


def test_naming_folders_makes_none_of_them(tmp_path):
    Folders.under(tmp_path / "data")
    Folders.for_user()
    assert list(tmp_path.iterdir()) == []


def test_the_usual_places_carry_the_program_s_name():
    folders = Folders.for_user()
    assert not folders.own
    for folder in (folders.data, folders.config, folders.cache, folders.log):
        assert paths.APP_NAME in folder.parts


@pytest.mark.parametrize(
    ("kind", "place"),
    [("models", ("models",)), ("settings_file", ("settings.json",)), ("log_file", ("log", "rekindle.log"))],
)
def test_files_have_the_names_others_rely_on(kind, place, tmp_path):
    assert getattr(Folders.under(tmp_path), kind) == tmp_path.joinpath(*place)


def test_what_ships_is_found_in_a_source_checkout():
    assert bundled("models", "catalogue.toml").is_file()


def test_what_ships_is_found_in_a_frozen_build(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    assert bundled("models", "catalogue.toml") == tmp_path / "models" / "catalogue.toml"


def test_what_ships_is_found_in_an_installed_wheel(tmp_path, monkeypatch):
    package = tmp_path / "site-packages" / "desktop"
    monkeypatch.setattr(paths, "__file__", str(package / "core" / "paths.py"))
    assert bundled("models", "catalogue.toml") == package / "_bundled" / "models" / "catalogue.toml"
