"""From what a person names to the photos that are meant."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from types import SimpleNamespace

import pytest

from desktop.core import collect as collecting
from desktop.core.collect import Found, LeftOut, Reason, collect


@pytest.fixture
def folder(tmp_path):
    """``folder(*names)``: a folder with empty files of these names, and folders where they end in a slash."""
    root = tmp_path / "photos"

    def make(*names: str) -> Path:
        root.mkdir(exist_ok=True)
        for name in names:
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.mkdir() if name.endswith("/") else path.touch()
        return root

    return make


def _names(root, **options):
    return [found.path.relative_to(root).as_posix() for found in collect([root], **options)]


def test_a_photo_that_is_named_is_taken_as_it_is(tmp_path):
    path = tmp_path / "a.png"
    assert list(collect([path])) == [Found(path, None)]


def test_a_photo_that_does_not_exist_is_taken_so_that_it_can_fail(tmp_path):
    assert list(collect([tmp_path / "gone.png"])) == [Found(tmp_path / "gone.png")]


def test_a_file_of_another_kind_is_taken_if_it_is_named(tmp_path):
    assert list(collect([tmp_path / "letter.txt"])) == [Found(tmp_path / "letter.txt")]


def test_one_of_our_results_is_taken_if_it_is_named(folder):
    root = folder("a.png", "a_x3.png")
    assert list(collect([root / "a_x3.png"])) == [Found(root / "a_x3.png")]


def test_photos_come_in_the_order_they_were_named(tmp_path):
    paths = [tmp_path / name for name in ("b.png", "a.png", "c.png")]
    assert [found.path for found in collect(paths)] == paths


def test_a_folder_is_read_through_and_remembered(folder):
    root = folder("a.png", "deep/er/b.jpg")
    assert list(collect([root])) == [Found(root / "a.png", root), Found(root / "deep" / "er" / "b.jpg", root)]


def test_a_folder_s_photos_are_sorted_by_name_whatever_its_case(folder):
    assert _names(folder("b.png", "A.png", "C.png")) == ["A.png", "b.png", "C.png"]


@pytest.mark.parametrize("suffix", [".jpg", ".JPEG", ".png", ".TIF", ".tiff", ".webp", ".bmp", ".jfif", ".mpo"])
def test_every_kind_of_photo_is_found_whatever_the_case_of_its_suffix(suffix, folder):
    assert _names(folder(f"a{suffix}")) == [f"a{suffix}"]


@pytest.mark.parametrize("name", ["notes.txt", "film.mp4", "noending", ".hidden.png", ".png", "a.png.part"])
def test_what_is_no_photo_is_passed_over(name, folder):
    assert _names(folder(name)) == []


def test_our_own_unfinished_files_are_passed_over(folder):
    assert _names(folder("a.png", ".rekindle-0123456789ab.part")) == ["a.png"]


def test_hidden_folders_are_passed_over(folder):
    assert _names(folder(".trash/a.png", "b.png")) == ["b.png"]


def test_a_folder_with_a_photo_s_suffix_is_read_as_a_folder(folder):
    assert _names(folder("album.png/a.png")) == ["album.png/a.png"]


@pytest.mark.parametrize("ours", ["a_x3.png", "a_x2.jpg", "a_x4 (2).tif", "a_x8 (13).png"])
def test_our_own_results_beside_their_photos_are_passed_over(ours, folder):
    assert _names(folder("a.jpg", ours)) == ["a.jpg"]


def test_results_of_our_results_are_passed_over_too(folder):
    assert _names(folder("a.jpg", "a_x3.jpg", "a_x3_x3.jpg")) == ["a.jpg"]


@pytest.mark.parametrize("name", ["grid_x3.png", "a_x5.png", "a_x33.png", "a_x3b.png", "a_x3(2).png"])
def test_a_photo_that_only_looks_like_a_result_is_taken(name, folder):
    assert name in _names(folder("a.jpg", name))


def test_a_result_whose_photo_lies_elsewhere_is_a_photo(folder):
    assert _names(folder("one/a.jpg", "two/a_x3.jpg")) == ["one/a.jpg", "two/a_x3.jpg"]


def test_results_of_the_template_of_today_are_passed_over_too(folder):
    root = folder("album/a.jpg", "album/a big.jpg", "album/a big (2).jpg", "album/a_x3.jpg", "album/b big.jpg")
    assert _names(root, template="{stem} big") == ["album/a.jpg", "album/b big.jpg"]


def test_a_photo_is_taken_whose_name_the_template_of_today_could_give_by_chance(folder):
    root = folder("IMG.jpg", "IMG (2).jpg", "IMG_1.jpg")
    for template in ("{stem}", "{stem}_{counter}", "IMG_{counter}"):
        assert _names(root, template=template) == ["IMG (2).jpg", "IMG.jpg", "IMG_1.jpg"]


def test_files_known_to_be_results_are_passed_over_whatever_they_are_called(folder, monkeypatch):
    root = folder("a.jpg", "deep/2020 1.jpg", "b.jpg")
    monkeypatch.chdir(root)
    assert _names(root, results=[root / "b.jpg", Path("deep/2020 1.jpg")]) == ["a.jpg"]
    assert list(collect([root / "b.jpg"], results=[root / "b.jpg"])) == [Found(root / "b.jpg")]


def test_the_folder_of_results_is_passed_over(folder):
    root = folder("a.png", "out/a_x3.png", "out/deep/b_x3.png", "outer/c.png")
    assert _names(root, exclude=root / "out") == ["a.png", "outer/c.png"]


def test_the_folder_of_results_is_passed_over_in_whatever_words_it_is_named(folder, monkeypatch):
    root = folder("a.png", "out/b.png", "other/")
    monkeypatch.chdir(root / "other")
    for words in (Path("../out"), root / "other" / ".." / "out", Path("../../photos/out")):
        assert _names(root, exclude=words) == ["a.png"]


def test_the_folder_of_results_is_passed_over_through_a_link(folder, tmp_path):
    root = folder("a.png", "out/b.png")
    (tmp_path / "link").symlink_to(root / "out")
    assert _names(root, exclude=tmp_path / "link") == ["a.png"]


def test_a_folder_that_is_its_own_folder_of_results_is_read_all_the_same(folder):
    root = folder("a.png", "a_x3.png")
    assert _names(root, exclude=root) == ["a.png"]


def test_links_to_folders_are_not_followed_in_circles(folder):
    root = folder("a.png", "deep/b.png")
    (root / "deep" / "round").symlink_to(root, target_is_directory=True)
    assert _names(root) == ["a.png", "deep/b.png"]


def test_a_link_to_a_photo_is_a_photo(folder):
    root = folder("a.png")
    (root / "b.png").symlink_to(root / "a.png")
    assert _names(root) == ["a.png", "b.png"]


def test_an_empty_folder_has_no_photos(folder):
    assert _names(folder()) == []


def test_a_folder_that_may_not_be_read_is_taken_so_that_it_can_fail(folder, monkeypatch):
    root = folder("a.png", "secret/b.png")
    real = os.scandir

    def scandir(path):
        if Path(path).name == "secret":
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert list(collect([root])) == [Found(root / "a.png", root), Found(root / "secret", root)]


@pytest.mark.parametrize("name", ["Grüße aus Kraków 🌄.png", "two  spaces.png", "quo\"te's.png", "line\nbreak.png"])
def test_unusual_names_are_found(name, folder):
    assert _names(folder(name)) == [name]


def test_a_photo_named_twice_is_taken_once(photo_file, tmp_path):
    photo = photo_file("album/a.png")
    roundabout = tmp_path / "album" / ".." / "album" / "a.png"
    assert [found.path for found in collect([photo, roundabout, photo.parent])] == [photo]


def _left_out(root, **options):
    out = LeftOut()
    list(collect([root], left_out=out, **options))
    return {
        reason: [Path(path).relative_to(root).as_posix() for path in out.listed(reason)]
        for reason in Reason
        if out.counts[reason]
    }


@pytest.mark.parametrize("name", [".DS_Store", "._a.png", ".hidden.png", "desktop.ini", "Thumbs.db", "Desktop.INI"])
def test_hidden_files_and_files_of_the_system_are_left_out_and_named(name, folder):
    root = folder("a.png", name)
    assert _names(root) == ["a.png"]
    assert _left_out(root) == {Reason.HIDDEN: [name]}


@pytest.mark.parametrize("name", [".trash", "@eaDir", "$RECYCLE.BIN", "__MACOSX"])
def test_folders_of_the_system_are_left_out_unread(name, folder):
    root = folder("a.png", f"{name}/b.png", f"{name}/c.png")
    assert _names(root) == ["a.png"]
    assert _left_out(root) == {Reason.HIDDEN: [name]}
    out = LeftOut()
    list(collect([root], left_out=out))
    assert out.listed(Reason.HIDDEN) == (os.path.join(root, name, ""),)
    assert out.folders == 1


def test_everything_that_is_left_out_has_its_reason(folder):
    root = folder("a.jpg", "a_x3.jpg", "notes.txt", "Film.mp4", "out/b_x3.jpg", "deep/noending")
    (root / "round").symlink_to(root, target_is_directory=True)
    assert _left_out(root, exclude=root / "out") == {
        Reason.NO_PHOTO: ["Film.mp4", "notes.txt", "deep/noending"],
        Reason.OURS: ["out", "a_x3.jpg"],
        Reason.LINK: ["round"],
    }


def test_a_photo_named_again_is_counted(photo_file):
    photo, out = photo_file("album/a.png"), LeftOut()
    assert list(collect([photo, photo, photo.parent], left_out=out)) == [Found(photo)]
    assert dict(out.counts) == {Reason.TWICE: 2}


def test_nothing_is_left_out_where_there_are_only_photos(folder):
    out = LeftOut()
    list(collect([folder("a.png", "b.png")], left_out=out))
    assert len(out) == 0
    assert not out


def test_all_are_counted_but_only_the_first_are_remembered(folder):
    out = LeftOut(most_listed=2)
    list(collect([folder("a.png", *(f"{number}.txt" for number in range(5)), ".x", ".y", ".z")], left_out=out))
    assert len(out) == 8
    assert out.counts[Reason.NO_PHOTO] == 5
    assert [Path(path).name for path in out.listed(Reason.NO_PHOTO)] == ["0.txt", "1.txt"]
    assert len(out.listed(Reason.HIDDEN)) == 2
    assert out.listed(Reason.OURS) == ()


@pytest.mark.parametrize(
    "marks",
    [
        {"st_file_attributes": stat.FILE_ATTRIBUTE_HIDDEN},
        {"st_file_attributes": stat.FILE_ATTRIBUTE_SYSTEM | stat.FILE_ATTRIBUTE_ARCHIVE},
        {"st_flags": stat.UF_HIDDEN},
    ],
)
def test_what_the_system_hides_by_a_mark_is_left_out_where_there_are_marks(marks, folder, monkeypatch):
    root, real = folder("a.png", "b.png", "secret/c.png"), os.lstat

    def lstat(path, **options):
        hidden = os.path.basename(path) in ("b.png", "secret")
        return SimpleNamespace(**marks) if hidden else real(path, **options)

    monkeypatch.setattr(collecting, "_HAS_MARKS", True)
    monkeypatch.setattr(os, "lstat", lstat)
    monkeypatch.setattr(os.path, "islink", lambda path: False)
    assert _left_out(root) == {Reason.HIDDEN: ["secret", "b.png"]}
