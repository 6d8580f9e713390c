"""Settings of some photos alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from desktop.core.choices import FIELDS, Common, Selection, changed, sized
from desktop.core.jobs import Request
from desktop.core.models.catalogue import Catalogue, Model

DEFAULTS: dict[str, object] = {"scale": 3, "model": "edsr", "output": None, "format": None, "quality": 95}
USUAL = Request(Path("a.png")).with_defaults(**DEFAULTS)


@pytest.fixture
def select(model: Model) -> Callable[..., Selection]:
    """Photos in a world in which "edsr" enlarges 2, 3 and 4 times, "lapsrn" 2, 4 and 8 times, and "tiny" 4 times."""
    families = {"edsr": (2, 3, 4), "lapsrn": (2, 4, 8), "tiny": (4,)}
    models = [
        replace(model, id=f"{family}-x{scale}", family=family, scale=scale)
        for family, scales in families.items()
        for scale in scales
    ]
    return lambda *requests: Selection(requests, DEFAULTS, Catalogue(tuple(models)))


def test_photos_that_nothing_was_chosen_for_are_as_all_others(select):
    selection = select(USUAL, USUAL)
    assert {name: selection.common(name) for name in FIELDS} == dict.fromkeys(FIELDS, Common.DEFAULT)


def test_what_was_chosen_for_all_of_them_is_what_they_have_in_common(select):
    selection = select(USUAL.with_own(scale=2, output=None), USUAL.with_own(scale=2, output=None, format="png"))
    assert selection.common("scale") == 2
    assert selection.common("output") is None
    assert selection.common("format") is Common.DIFFERS
    assert selection.common("quality") is Common.DEFAULT


def test_the_same_value_chosen_for_one_alone_and_usual_for_another_differs(select):
    assert select(USUAL.with_own(scale=3), USUAL).common("scale") is Common.DIFFERS


def test_a_change_leaves_alone_what_differs_and_what_it_does_not_name():
    before = USUAL.with_own(scale=2, format="png")
    after = changed(before, {"scale": Common.DIFFERS, "quality": 80}, DEFAULTS)
    assert after == USUAL.with_own(scale=2, format="png", quality=80)


def test_back_to_the_defaults_as_they_are_today():
    before = USUAL.with_own(scale=2, format="png")
    today = DEFAULTS | {"scale": 4, "quality": 70}
    after = changed(before, {"scale": Common.DEFAULT}, today)
    assert (after.scale, after.format, after.quality) == (4, "png", 70)
    assert after.own == {"format"}


def test_none_is_a_choice_like_any_other():
    before = replace(USUAL, output=Path("/results"))
    after = changed(before, {"output": None}, DEFAULTS | {"output": Path("/results")})
    assert after.output is None
    assert after.own == {"output"}


def test_everything_back_is_as_if_nothing_had_been_chosen():
    before = USUAL.with_own(scale=2, model="tiny", output=Path("/x"), format="png", quality=3)
    assert changed(before, dict.fromkeys(FIELDS, Common.DEFAULT), DEFAULTS) == USUAL


@pytest.mark.parametrize(
    ("family", "scale", "fits"),
    [
        ("edsr", 3, True),
        ("edsr", 8, False),
        ("lapsrn", 8, True),
        ("lapsrn", Common.DEFAULT, False),
        ("tiny", 4, True),
        (Common.DEFAULT, 2, True),
        (Common.DEFAULT, 8, False),
        (Common.DEFAULT, Common.DEFAULT, True),
    ],
)
def test_only_what_exists_goes_together(family, scale, fits, select):
    assert select(USUAL).fits(family, scale) is fits


def test_for_several_photos_it_has_to_exist_for_each(select):
    selection = select(USUAL.with_own(scale=2), USUAL.with_own(model="lapsrn", scale=8))
    assert selection.scales == (2, 3, 4, 8)
    assert selection.fits(Common.DIFFERS, Common.DIFFERS)
    assert selection.fits(Common.DIFFERS, 4)
    assert not selection.fits(Common.DIFFERS, 3)
    assert not selection.fits("edsr", Common.DIFFERS)
    assert selection.fits("lapsrn", Common.DIFFERS)
    assert not selection.fits("tiny", Common.DIFFERS)


def test_a_size_stands_in_the_place_of_a_scale(select):
    own = USUAL.with_own(target="longest 3000")
    assert select(own).size == "longest 3000"
    assert select(USUAL).size is Common.DEFAULT
    assert select(USUAL, own).size is Common.DIFFERS
    assert select(USUAL.with_own(scale=2, target="")).size == 2
    assert select(USUAL).fits("edsr", "longest 3000")
    assert select(own).fits(Common.DIFFERS, Common.DIFFERS)


def test_a_size_chosen_for_a_photo_outlives_its_scale_and_goes_when_one_is_chosen():
    defaults = {"scale": 3, "target": ""}
    sized_photo = changed(USUAL, sized("width 900"), defaults)
    assert (sized_photo.target, sized_photo.scale) == ("width 900", USUAL.scale)
    scaled = changed(sized_photo, sized(2), defaults)
    assert (scaled.target, scaled.scale) == ("", 2)
    back = changed(scaled, sized(Common.DEFAULT), defaults | {"target": "longest 500"})
    assert (back.target, back.scale, back.own) == ("longest 500", 3, frozenset())
    assert changed(sized_photo, sized(Common.DIFFERS), defaults) == sized_photo
