"""Whose a file is, by whatever name the disk knows it."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from desktop.core import claims as claims_module
from desktop.core.claims import Claims, folded

A, B = Path("/photos/a.png"), Path("/photos/b.png")


@pytest.fixture
def claims():
    return Claims()


@pytest.fixture
def made(tmp_path):
    """``made(name)``: a file."""

    def make(name="result.png"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        return path

    return make


def test_what_nobody_claimed_is_nobody_s(claims, made):
    path = made()
    assert not claims.is_original(path)
    assert not claims.is_anothers(path, A)
    assert not claims.is_own(path, A)


def test_a_result_is_its_photo_s(claims, made):
    path = made()
    claims.note(path, A)
    assert claims.is_own(path, A)
    assert not claims.is_own(path, B)
    assert claims.is_anothers(path, B)
    assert not claims.is_anothers(path, A)
    assert not claims.is_original(path)


def test_a_result_is_the_last_photo_s_that_wrote_it(claims, made):
    path = made()
    claims.note(path, A)
    claims.note(path, B)
    assert claims.is_own(path, B)
    assert claims.is_anothers(path, A)
    assert not claims.is_anothers(path, B)


def test_an_original_stays_one_even_as_somebody_s_result(claims, made):
    path = made()
    claims.protect([path])
    claims.note(path, A)
    assert claims.is_original(path)
    assert claims.is_own(path, A)


def test_a_file_is_known_through_links(claims, made, tmp_path):
    path = made("deep/result.png")
    claims.note(path, A)
    (tmp_path / "folder").symlink_to(tmp_path / "deep", target_is_directory=True)
    (tmp_path / "link.png").symlink_to(path)
    for name in (tmp_path / "folder" / "result.png", tmp_path / "link.png", tmp_path / "deep" / ".." / "link.png"):
        assert claims.is_anothers(name, B)


def test_an_original_named_by_a_link_is_known_by_its_own_name(claims, made, tmp_path):
    path = made()
    (tmp_path / "link.png").symlink_to(path)
    claims.protect([tmp_path / "link.png"])
    assert claims.is_original(path)
    assert claims.is_original(tmp_path / "link.png")


def test_a_file_is_known_from_another_working_folder(claims, made, tmp_path, monkeypatch):
    made()
    monkeypatch.chdir(tmp_path)
    claims.protect([Path("result.png")])
    assert claims.is_original(tmp_path / "result.png")


def test_where_case_matters_other_cases_are_other_files(claims, made):
    upper, lower = made("A.png"), made("a.png")
    if upper.samefile(lower):
        pytest.skip("not on this platform: the disk ignores case")
    claims.note(upper, A)
    assert not claims.is_anothers(lower, B)


def test_where_case_does_not_matter_they_are_one(claims, case_blind_folder):
    (case_blind_folder / "Möwe.png").touch()
    claims.note(case_blind_folder / "Möwe.png", A)
    assert claims.is_anothers(case_blind_folder / "MÖWE.PNG", B)
    claims.note(case_blind_folder / "mÖwe.png", B)
    assert claims.is_own(case_blind_folder / "Möwe.png", B)
    assert not claims.is_own(case_blind_folder / "Möwe.png", A)


def test_a_folder_of_another_case_is_the_same_folder(claims, case_blind_folder):
    (case_blind_folder / "Out").mkdir()
    (case_blind_folder / "Out" / "a.png").touch()
    claims.note(case_blind_folder / "Out" / "a.png", A)
    assert claims.is_anothers(case_blind_folder / "OUT" / "a.png", B)


COMPOSED = "Grüße Ångström 한국.png"
DECOMPOSED = unicodedata.normalize("NFD", COMPOSED)


def test_where_composed_letters_do_not_matter_they_are_one(claims, made, monkeypatch):
    path = made(COMPOSED)
    claims.note(path, A)
    assert not claims.is_anothers(path.with_name(DECOMPOSED), B)  # not on a disk that tells them apart

    def as_macos_has_it(one, other):
        return unicodedata.normalize("NFC", str(one)) == unicodedata.normalize("NFC", str(other))

    monkeypatch.setattr(claims_module, "same_file", as_macos_has_it)
    assert claims.is_anothers(path.with_name(DECOMPOSED), B)


@pytest.mark.parametrize(
    ("one", "other"),
    [("A", "a"), ("ß", "SS"), ("ﬁ", "FI"), ("ı", "I"), ("ſ", "s"), ("Σ", "ς"), (COMPOSED, DECOMPOSED.upper())],
)
def test_names_that_some_disk_takes_for_one_are_compared(one, other):
    assert folded(one) == folded(other)


def test_telling_does_not_touch_the_disk(claims, monkeypatch):
    def touched(*_, **__):
        raise AssertionError("the disk was touched")

    for name in ("realpath", "samefile"):
        monkeypatch.setattr(claims_module.os.path, name, touched)
    monkeypatch.setattr(Path, "is_symlink", touched)
    claims.protect([A, B])
    claims.note(A, B)
