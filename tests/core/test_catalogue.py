"""Which models exist, and which of them a name and a scale mean."""

from __future__ import annotations

import dataclasses
import re

import pytest

from desktop.core import files
from desktop.core.errors import UsageError
from desktop.core.models.catalogue import AUTO_FAMILY, DEFAULT_FAMILY, DEFAULT_SCALE, GENTLE_FAMILY, Catalogue, Model
from desktop.core.paths import bundled


@pytest.fixture
def several(model) -> Catalogue:
    def named(family: str, scale: int) -> Model:
        return dataclasses.replace(model, id=f"{family}-x{scale}", family=family, scale=scale)

    return Catalogue((named("edsr-baseline", 3), named("edsr", 4), named("edsr", 2), named("edsr-baseline", 2)))


def test_what_ships_is_exactly_what_the_catalogue_says(catalogue):
    for model in catalogue.models:
        file = bundled("models", "weights", model.file)
        if model.bundled:
            assert file.stat().st_size == model.bytes
            assert files.sha256_of(file) == model.sha256


def test_an_id_is_family_and_scale(catalogue):
    for model in catalogue.models:
        assert model.id == f"{model.family}-x{model.scale}"
        assert re.fullmatch(r"[0-9a-f]{64}", model.sha256)


def test_ids_and_files_are_unique(catalogue):
    assert len({model.id for model in catalogue.models}) == len(catalogue.models)
    assert len({model.file for model in catalogue.models}) == len(catalogue.models)


def test_the_defaults_exist_and_ship(catalogue):
    model = catalogue.choose()
    assert DEFAULT_FAMILY == AUTO_FAMILY
    assert (model.family, model.scale, model.bundled) == (GENTLE_FAMILY, DEFAULT_SCALE, True)


def test_families_stand_in_the_order_they_are_offered(several):
    assert several.families == ("edsr-baseline", "edsr")


def test_scales_of_a_family_are_sorted(several):
    assert several.scales("edsr") == (2, 4)


def test_a_family_and_a_scale_mean_one_model(several):
    assert several.choose("edsr", 4).id == "edsr-x4"


def test_a_full_id_means_itself(several):
    assert several.choose("edsr-x2").scale == 2


def test_a_full_id_may_be_said_with_its_own_scale(several):
    assert several.choose("edsr-x2", 2).id == "edsr-x2"


def test_a_full_id_with_another_scale_contradicts_itself(several):
    with pytest.raises(UsageError, match="enlarges ×2, not ×4"):
        several.choose("edsr-x2", 4)


def test_a_family_without_the_scale_says_which_it_has(several):
    with pytest.raises(UsageError, match=r"has no ×8\. It enlarges ×2, ×4"):
        several.choose("edsr", 8)


def test_a_family_without_the_default_scale_does_not_take_another(several):
    with pytest.raises(UsageError, match="has no ×3"):
        several.choose("edsr")


def test_an_unknown_name_says_which_there_are(several):
    with pytest.raises(UsageError, match=r"no model “esrgan”\. Rekindle has: edsr-baseline-x3, edsr-x4"):
        several.choose("esrgan")


def test_a_catalogue_that_is_missing_is_an_error_of_the_system(tmp_path):
    with pytest.raises(FileNotFoundError):
        Catalogue.load(tmp_path / "catalogue.toml")


def test_a_catalogue_with_unknown_fields_is_not_taken(tmp_path):
    file = tmp_path / "catalogue.toml"
    file.write_text('[[model]]\nid = "x"\ncolour = "blue"\n')
    with pytest.raises(TypeError):
        Catalogue.load(file)


@pytest.mark.parametrize(("scale", "uses"), [(2, 1), (4, 2.5), (8, 7)])
def test_a_pyramid_s_later_levels_work_on_larger_pictures(scale, uses, model):
    pyramid = dataclasses.replace(model, algorithm="lapsrn", scale=scale, parameters=1_200_000)
    assert pyramid.operations == 1_200_000 * uses
    assert model.operations == model.parameters


def test_what_was_imported_stands_in_for_the_known_model_of_its_id(several, model):
    own = dataclasses.replace(model, id="edsr-x4", family="edsr", scale=4, imported=True, bundled=False)
    other = dataclasses.replace(own, id="mine-x8", family="mine", scale=8)
    several.take_in([other, own])
    assert several.choose("edsr", 4) == own
    assert several.choose("mine", 8) == other
    assert [one.id for one in several.models][-1] == "mine-x8"
    several.take_in([])
    assert not any(one.imported for one in several.models)


def test_a_catalogue_of_some_models_has_them_as_they_are(several, model):
    own = dataclasses.replace(model, id="edsr-x4", family="edsr", scale=4, imported=True)
    several.take_in([own])
    assert several.only([own]).models == (own,)
