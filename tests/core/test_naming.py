"""What results are called, and where they go."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from desktop.core import naming
from desktop.core.errors import UsageError
from desktop.core.jobs import DEFAULT_TEMPLATE, Request
from desktop.core.naming import (
    FIELDS,
    Example,
    Facts,
    OurNames,
    Template,
    facts_of,
    is_template,
    likely_path,
    numbered,
    output_path,
    result_folder,
    same_file,
    sanitised,
)
from desktop.core.photo.formats import JPEG, PNG, WEBP
from desktop.core.photo.looks import Glance

FACTS = Facts(2436, 1620, date(1962, 7, 1))


@pytest.fixture
def named(model):
    """``named(template, path, **request)``: the file name of the photo's result."""

    def name(template, path="/album/grandma.jpg", chosen=JPEG, **request):
        return output_path(Request(Path(path), template=template, **request), chosen, model, FACTS).name

    return name


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("{stem}_x{scale}", "grandma_x3.jpg"),
        ("{parent} - {stem}", "album - grandma.jpg"),
        ("{stem} {model}", "grandma edsr-baseline-x3.jpg"),
        ("{stem} {width}x{height}", "grandma 2436x1620.jpg"),
        ("{date} {stem}", "1962-07-01 grandma.jpg"),
        ("{counter}", "7.jpg"),
        ("{counter:03}", "007.jpg"),
        ("{counter:3}", "007.jpg"),
        ("{stem}{stem}", "grandmagrandma.jpg"),
        ("{{{stem}}}", "{grandma}.jpg"),
        ("always the same", "always the same.jpg"),
        ("größer {stem}", "größer grandma.jpg"),
    ],
)
def test_a_template_is_filled(template, name, named):
    assert named(template, counter=7) == name


def test_a_counter_wider_than_its_width_is_whole(named):
    assert named("{counter:02}", counter=1234) == "1234.jpg"


@pytest.mark.parametrize("template", ["{}", "{0}", "{name}", "{Stem}", "{ stem}", "{__class__}", "{stem.__class__}"])
def test_what_is_no_field_is_told_with_all_that_there_are(template):
    with pytest.raises(UsageError) as caught:
        Template.parse(template)
    assert f"“{template}”" in caught.value.message
    for field in FIELDS:
        assert "{" + field + "}" in caught.value.message


@pytest.mark.parametrize(
    "template",
    [
        "{date:%Y}",
        "{stem[0]}",
        "{stem!r}",
        "{stem:10}",
        "{counter:x}",
        "{counter:003}",
        "{counter:99}",
        "{counter!s:3}",
    ],
)
def test_a_field_is_no_python(template):
    with pytest.raises(UsageError) as caught:
        Template.parse(template)
    assert f"“{template}”" in caught.value.message


@pytest.mark.parametrize("template", ["{stem", "stem}", "{stem}}", "{{stem}", "{", "}", "{st{em}"])
def test_a_brace_without_its_other_is_told(template):
    with pytest.raises(UsageError, match="brace") as caught:
        Template.parse(template)
    assert template in caught.value.message


@pytest.mark.parametrize("template", ["a/{stem}", "{stem}\\x", "/", "../{stem}"])
def test_a_name_holds_no_folders(template):
    with pytest.raises(UsageError, match="Folders are chosen separately"):
        Template.parse(template)


@pytest.mark.parametrize("template", ["", " ", "...", ". ."])
def test_an_empty_name_is_told(template):
    with pytest.raises(UsageError, match="empty"):
        Template.parse(template)


def test_the_usual_template_is_one():
    assert is_template(DEFAULT_TEMPLATE)
    assert not is_template("{x}")


@pytest.mark.parametrize(
    ("template", "needs_photo", "tells_apart", "marks_results"),
    [
        ("{stem}_x{scale}", False, True, True),
        ("{stem}", False, True, False),
        ("{stem}_{counter}", False, True, False),
        ("{stem} {width}", True, True, False),
        ("{stem} {width}x{height}", True, True, True),
        ("{date}", True, False, False),
        ("{model}", False, False, True),
        ("IMG_{counter:04}", False, True, False),
        ("{parent}", False, False, False),
    ],
)
def test_a_template_is_known_for_what_it_does(template, needs_photo, tells_apart, marks_results):
    known = Template.parse(template)
    assert (known.needs_photo, known.tells_apart, known.marks_results) == (needs_photo, tells_apart, marks_results)


# Names that Windows cannot make, or takes for a device: https://learn.microsoft.com/windows/win32/fileio/naming-a-file
@pytest.mark.parametrize(
    ("name", "valid"),
    [
        ('Who? "Oma": <1962>|*', "Who_ _Oma__ _1962___"),
        ("a/b\\c", "a_b_c"),
        ("line\nbreak\ttab\x00\x7f", "line_break_tab__"),
        ("etc...", "etc"),
        ("trailing . . ", "trailing"),
        (" leading", " leading"),
        (".hidden", ".hidden"),
        ("CON", "CON_"),
        ("nul.tar", "nul_.tar"),
        ("com1 .x", "com1_ .x"),
        ("LPT¹", "LPT¹_"),
        ("Conin$", "Conin$_"),
        ("COM10", "COM10"),
        ("console", "console"),
        ("auxiliary.x", "auxiliary.x"),
        ("Grüße 🌄 写真", "Grüße 🌄 写真"),
    ],
)
def test_a_name_becomes_one_that_windows_takes_and_stays_recognisable(name, valid):
    assert sanitised(name) == valid


DEVICES = {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"}
DEVICES |= {f"{port}{number}" for port in ("COM", "LPT") for number in "0123456789¹²³"}


@given(st.text())
@example("con ")
@example("CON. .")
@example(" . com1")
def test_no_name_is_left_that_windows_refuses(name):
    valid = sanitised(name)
    assert not set(valid) & set('<>:"/\\|?*')
    assert all(ord(character) > 31 for character in valid)
    assert valid == valid.rstrip(". ")
    assert valid.partition(".")[0].rstrip(" ").upper() not in DEVICES
    assert sanitised(valid) == valid


PIECES = st.one_of(
    st.sampled_from(["{" + field + "}" for field in FIELDS] + ["{counter:04}", "{{", "}}", "_x", " "]),
    st.text(st.characters(exclude_characters="{}/\\", exclude_categories=["Cs"]), max_size=300),
)


@given(st.lists(PIECES, min_size=1).map("".join).filter(is_template), st.integers(1, 400), st.sampled_from("aé写🌄"))
def test_every_template_gives_every_photo_a_name_that_every_disk_takes(model, template, length, letter):
    request = Request(Path("/album") / f"{letter * length}.png", template=template)
    path = output_path(request, PNG, model, FACTS)
    assert path.parent == Path("/album")
    for candidate, _ in zip(numbered(path), range(3), strict=False):
        assert len(candidate.name.encode()) <= 255
        assert len(candidate.name.encode("utf-16-le")) <= 2 * 255
        assert candidate.suffix == ".png"
        assert candidate.stem == sanitised(candidate.stem) != ""


@given(st.text())
def test_no_text_is_too_strange_to_be_a_template_or_not(text):
    if is_template(text):
        Template.parse(text).fill(dict.fromkeys(FIELDS, 1))


def test_a_long_name_loses_its_own_end_not_what_the_template_adds(named):
    name = named("{parent} {stem}_x{scale}", "/album/" + "y" * 300 + ".jpg")
    assert len(name) == 255
    assert name.startswith("album y")
    assert name.endswith("y_x3.jpg")


def test_where_the_stem_is_not_enough_the_folder_is_cut_too(named):
    name = named("{parent} {stem}_x{scale}", "/" + "d" * 255 + "/y.jpg")
    assert len(name) == 255
    assert name.endswith("d y_x3.jpg")


def test_a_photo_in_the_root_has_a_name_too(named):
    assert named("{parent}", os.path.abspath(os.sep) + "a.jpg")


def test_a_photo_named_without_its_folder_has_the_folder_it_is_in(named, tmp_path, monkeypatch):
    (tmp_path / "summer").mkdir()
    monkeypatch.chdir(tmp_path / "summer")
    assert named("{parent}", "a.jpg") == "summer.jpg"


@pytest.mark.parametrize(
    ("path", "chosen", "name"),
    [
        ("a.JPG", JPEG, "a_x3.JPG"),
        ("a.bmp", PNG, "a_x3.png"),
        ("a.jpg", WEBP, "a_x3.webp"),
        ("a.b.c", PNG, "a.b_x3.png"),
    ],
)
def test_a_result_keeps_its_suffix_where_it_is_true(path, chosen, name, named):
    assert named(DEFAULT_TEMPLATE, path, chosen) == name


def test_a_likely_path_is_the_path_of_a_photo_that_is_what_it_says(model, tmp_path):
    request = Request(tmp_path / "a.jpg")
    assert likely_path(request, model) == output_path(request, JPEG, model) == tmp_path / "a_x3.jpg"
    assert likely_path(Request(tmp_path / "a.bmp"), model) == tmp_path / "a_x3.png"
    assert likely_path(Request(tmp_path / "a.jpg", format="tiff"), model) == tmp_path / "a_x3.tif"


@pytest.mark.parametrize("field", ["width", "height", "date"])
def test_there_is_no_likely_path_where_only_the_opened_photo_tells(field, model, tmp_path):
    assert likely_path(Request(tmp_path / "a.jpg", template="{stem} {" + field + "}"), model) is None


def test_an_exact_file_is_likely_whatever_the_template_is(model, tmp_path):
    request = Request(tmp_path / "a.jpg", output_file=tmp_path / "b.jpg", template="{date}")
    assert likely_path(request, model) == tmp_path / "b.jpg"


def test_a_file_that_cannot_hold_the_result_gets_a_suffix_that_is_true(model, tmp_path):
    request = Request(tmp_path / "a.jpg", output_file=tmp_path / "b.jpg", format="jpeg")
    assert output_path(request, PNG, model) == tmp_path / "b.png"


ALBUM, OUT = Path("/photos/album"), Path("/out")


@pytest.mark.parametrize(
    ("choices", "folder"),
    [
        ({}, ALBUM / "summer"),
        ({"root": ALBUM}, ALBUM / "summer"),
        ({"output": OUT}, OUT),
        ({"output": OUT, "root": ALBUM}, OUT / "summer"),
        ({"output": OUT, "root": ALBUM.parent}, OUT / "album" / "summer"),
        ({"output": OUT, "root": ALBUM, "keep_structure": False}, OUT),
        ({"output": OUT, "keep_structure": False}, OUT),
        ({"output_file": OUT / "b.png", "output": None}, OUT),
    ],
)
def test_a_result_goes_beside_its_photo_or_into_a_folder_flat_or_as_it_was(choices, folder):
    assert result_folder(Request(ALBUM / "summer" / "a.png", **choices)) == folder


def test_folders_that_are_made_again_have_names_that_windows_takes():
    request = Request(ALBUM / "What? 1962." / "con" / "a.png", output=OUT, root=ALBUM)
    assert result_folder(request) == OUT / "What_ 1962" / "con_"


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


@pytest.mark.parametrize(
    ("template", "ours"),
    [
        (DEFAULT_TEMPLATE, {"a_x3", "a_x2 (13)"}),
        ("{stem} enlarged", {"a enlarged", "a enlarged (2)", "a_x3", "a_x2 (13)"}),
        ("{model} {stem}", {"edsr-baseline-x3 a", "a_x3", "a_x2 (13)"}),
        ("{parent}: {stem} big", {"album_ a big", "a_x3", "a_x2 (13)"}),
        ("{stem} {width}x{height}", {"a 600x400", "a_x3", "a_x2 (13)"}),
        ("{date} big {stem}", {"1962-07-01 big a", "a_x3", "a_x2 (13)"}),
        ("{stem} as {stem}", {"a as a", "a_x3", "a_x2 (13)"}),
        # Photos of the person's own are called so too: better enhanced once more than never.
        ("{stem}", {"a_x3", "a_x2 (13)"}),
        ("{stem}_{counter}", {"a_x3", "a_x2 (13)"}),
        ("IMG_{counter}", {"a_x3", "a_x2 (13)"}),
    ],
)
def test_results_are_told_from_photos_by_a_name_that_cannot_be_a_photo_s(template, ours):
    stems = [
        "a",
        "a_x3",
        "a_x2 (13)",
        "a_x5",
        "b_x3",
        "a enlarged",
        "a enlarged (2)",
        "b enlarged",
        "edsr-baseline-x3 a",
    ]
    stems += ["album_ a big", "other_ a big", "a 600x400", "a 600", "1962-07-01 big a", "a as a", "a as b", "a (2)"]
    stems += ["a_1", "IMG_1"]
    known = OurNames("album", stems, template)
    assert {stem for stem in stems if stem in known} == ours


def test_a_result_whose_photo_has_a_name_windows_does_not_take_is_known():
    assert "who_ me_x3" in OurNames("album", ["who? me", "who_ me_x3"], DEFAULT_TEMPLATE)


def test_a_template_that_is_none_excludes_nothing_but_says_so():
    with pytest.raises(UsageError):
        OurNames("album", [], "{nonsense}")


def test_facts_are_those_of_the_result_and_the_day_the_photo_was_taken(catalogue):
    seen, request = Glance(16, 24, date(1962, 7, 1)), Request(Path("gone.jpg"), scale=3)
    assert facts_of(seen, request, catalogue) == Facts(48, 72, date(1962, 7, 1), 3)
    wanted = replace(request, target="longest 60")
    assert facts_of(seen, wanted, catalogue) == Facts(40, 60, date(1962, 7, 1), 2.5)


def test_the_scale_in_a_name_is_the_result_s_own_where_a_size_was_asked_for(catalogue):
    seen, request = Glance(16, 24, date(1962, 7, 1)), Request(Path("a.jpg"), target="longest 60")
    assert likely_path(request, catalogue.choose()) is None  # only the photo tells
    facts = facts_of(seen, request, catalogue)
    assert output_path(request, JPEG, catalogue.choose(), facts).name == "a_x2.5.jpg"
    assert "a_x2.5" in OurNames("album", ["a", "a_x2.5"], DEFAULT_TEMPLATE)


def test_without_a_day_in_the_photo_it_is_the_file_s(photo_file, catalogue):
    path = photo_file("a.png")
    noon = time.mktime((2001, 2, 3, 12, 0, 0, 0, 0, -1))
    os.utime(path, (noon, noon))
    assert facts_of(Glance(24, 16, None), Request(path, scale=2), catalogue) == Facts(48, 32, date(2001, 2, 3), 2)


@pytest.mark.parametrize("seconds", [-1e20, -1e12, -1.0, 0.0, 1e12, 1e20])
def test_an_absurd_time_of_a_file_is_some_day(seconds):
    assert isinstance(naming.day_of(seconds), date)


@pytest.fixture
def example_of(model):
    return lambda path, **request: Example(Request(Path(path), **request), model, FACTS)


def test_an_example_shows_what_the_result_would_be_called(example_of):
    shown = example_of("/album/grandma.jpg")
    assert shown.name() == "grandma_x3.jpg"
    assert shown.name(template="{date} {stem}", format="png") == "1962-07-01 grandma.png"
    with pytest.raises(UsageError):
        shown.name(template="{oma}")


def test_an_example_shows_that_the_original_s_own_name_gets_a_number(example_of, tmp_path):
    shown = example_of("/album/grandma.jpg")
    assert shown.name(template="{stem}") == "grandma (2).jpg"
    assert shown.name(template="{stem}", output=tmp_path) == "grandma.jpg"
