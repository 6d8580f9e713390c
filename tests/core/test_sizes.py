"""What a size that is asked for comes to, and the way there."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.core import errors
from desktop.core.jobs import Request
from desktop.core.photo.cut import Cut
from desktop.core.sizes import Target, chain, paper_of, planned, result_size


def _plan(catalogue, size, target="", **request):
    return planned(Request(Path("a.jpg"), target=target, **request), size, catalogue)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("longest 4000", "longest 4000"),
        ("megapixels 24", "megapixels 24"),
        ("megapixels 2,5", "megapixels 2.5"),
        ("print 20x30cm@300", "print 20x30cm@300 crop"),
        ("print 20 x 30 CM @ 300dpi fit", "print 20x30cm@300 fit"),
        ('print 8x10"@240', "print 8x10in@240 crop"),
        ("print 8x10inches", "print 8x10in@300 crop"),
        ("print 100x150mm@254 crop", "print 100x150mm@254 crop"),
        ("print A4", "print 21x29.7cm@300 crop"),
        ("print 12,7×17.8cm@300", "print 12.7x17.8cm@300 crop"),
    ],
)
def test_a_size_is_understood_and_said_the_same_way_again(text, canonical):
    target = Target.parse(text)
    assert str(target) == canonical
    assert Target.parse(str(target)) == target


@pytest.mark.parametrize(
    "text",
    [
        *("", "longest", "longest 0", "longest -3", "longest 3.5", "longest 1e9", "width x", "megapixels nan"),
        *("depth 3", "megapixels inf", "print", "print 20x30", "print 20cm@300", "print 0x30cm@300", "print 20x30cm@0"),
        *("print 20x30cm@", "print 20x30m@300", "print 9999999x1cm@300", "print A9"),
    ],
)
def test_what_is_no_size_is_refused_in_words(text):
    with pytest.raises(errors.UsageError):
        Target.parse(text)


@pytest.mark.parametrize(
    ("target", "size"),
    [
        ("longest 3000", (3000, 2000)),
        ("width 2400", (2400, 1600)),
        ("height 2400", (3600, 2400)),
        ("megapixels 6", (3000, 2000)),
        ("print 20x30cm@300", (3543, 2362)),
        ("print 30x20cm@300 fit", (3543, 2362)),
    ],
)
def test_a_photo_lying_down_gets_the_size_that_was_asked_for(catalogue, target, size):
    assert _plan(catalogue, (600, 400), target).size == size
    assert result_size(Request(Path("a.jpg"), target=target), (600, 400), 3) == size


def test_paper_is_upright_where_the_photo_is(catalogue):
    assert _plan(catalogue, (400, 600), "print 30x20cm@300").size == (2362, 3543)
    assert _plan(catalogue, (500, 500), "print 20x30cm@300").size == (2362, 3543)


def test_without_a_size_a_photo_takes_one_pass_of_its_scale(catalogue):
    plan = _plan(catalogue, (30, 20))
    assert (plan.scales, plan.size, plan.factor, plan.is_exact, plan.dpi) == ((3,), (90, 60), 3, True, None)
    assert isinstance(plan.factor, int)


def test_a_print_that_is_cut_takes_the_middle_and_hardly_changes_the_proportions(catalogue):
    plan = _plan(catalogue, (800, 400), "print 20x30cm@300 crop")
    left, top, width, height = plan.part
    assert (left, top) == ((800 - width) // 2, 0)
    assert height == 400
    assert plan.inner == plan.size == (3543, 2362)
    assert abs(plan.size[0] / width - plan.size[1] / height) <= plan.size[0] / width * 0.5 / width


def test_a_print_that_shows_everything_keeps_the_proportions_and_gets_a_border(catalogue):
    plan = _plan(catalogue, (800, 400), "print 20x30cm@300 fit")
    assert plan.part == (0, 0, 800, 400)
    assert plan.inner == (3543, 1772)
    assert plan.inset == (0, 295, 3543, 1772)


@pytest.mark.parametrize(
    ("needed", "scales", "expected"),
    [
        (0.4, (2, 3, 4), ()),
        (1.0, (2, 3, 4), ()),
        (1.005, (2, 3, 4), ()),
        (1.1, (2, 3, 4), (2,)),
        (3.0, (2, 3, 4), (3,)),
        (3.02, (2, 3, 4), (3,)),  # nobody sees the two thirds of a hundredth that are missing
        (3.2, (2, 3, 4), (4,)),
        (4.5, (2, 3, 4), (2, 3)),
        (7.0, (2, 3, 4), (2, 4)),
        (7.0, (3,), (3, 3)),
        (8.5, (2, 3, 4), (3, 3)),
        (15.0, (2, 3, 4), (4, 4)),
        (9.5, (2, 4, 8), (2, 8)),
    ],
)
def test_passes_enlarge_as_much_as_needed_and_hardly_more(needed, scales, expected):
    assert chain(needed, scales) == expected


@given(st.floats(1.02, 300), st.sampled_from([(2, 3, 4), (2,), (3,), (4,), (2, 4, 8), (2, 4)]))
def test_no_chain_is_longer_or_larger_than_one_scale_alone_would_need(needed, scales):
    passes = chain(needed, scales)
    assert math.prod(passes) * 1.01 >= needed
    assert list(passes) == sorted(passes)
    for scale in scales:
        alone = math.ceil(math.log(needed / 1.01) / math.log(scale) - 1e-9)
        assert math.prod(passes) <= scale ** max(1, alone)


@given(
    st.integers(1, 3000),
    st.integers(1, 3000),
    st.sampled_from(["longest 4000", "width 900", "megapixels 3", "print 10x15cm@300", "print 10x15cm@300 fit"]),
)
def test_every_plan_fits_together(catalogue, width, height, target):
    plan = _plan(catalogue, (width, height), target)
    left, top, wide, high = plan.part
    assert left >= 0
    assert top >= 0
    assert left + wide <= width
    assert top + high <= height
    assert plan.inner[0] <= plan.size[0]
    assert plan.inner[1] <= plan.size[1]
    grown = math.prod(plan.scales)
    assert plan.steps[-1] == (wide * grown, high * grown)


def test_only_scales_of_the_model_are_used(catalogue):
    assert _plan(catalogue, (100, 100), "longest 350", model="edsr-baseline-x2").scales == (2, 2)
    assert _plan(catalogue, (100, 100), "longest 350", model="edsr-baseline").scales == (4,)


def test_what_restores_restores_once(catalogue):
    plan = _plan(catalogue, (100, 100), "longest 900", model="edsr-restore")
    assert [model.id for model in plan.models(catalogue, "edsr-restore")] == ["edsr-restore-x3", "edsr-baseline-x3"]


def test_a_photo_is_measured_after_it_was_cut(catalogue):
    plan = _plan(catalogue, (600, 400), "longest 400", cut=Cut(0, (10, 20, 200, 100)))
    assert (plan.left, plan.scales, plan.size) == ((200, 100), (2,), (400, 200))


def test_a_part_that_a_photo_does_not_have_is_refused_with_its_name(catalogue):
    with pytest.raises(errors.OutsideError, match=r"a\.jpg"):
        _plan(catalogue, (600, 400), cut=Cut(0, (500, 0, 101, 10)))


def test_paper_is_reckoned_in_whole_pixels():
    assert paper_of("20x30cm@300").pixels == (2362, 3543)
    assert paper_of("8x10in@300").pixels == (2400, 3000)
    assert paper_of("A4@300").pixels == (2480, 3508)
