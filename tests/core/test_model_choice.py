"""The automatic choice: which network, how strongly, why, and the same again."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from desktop.core import auto
from desktop.core.condition import Condition
from desktop.core.jobs import Decision, JobState, Reason, Request
from desktop.core.loaded_net import LoadedNet
from desktop.core.models.catalogue import Catalogue
from desktop.core.models.store import Store
from desktop.core.photo.read import read
from desktop.core.pipeline import Limits, Pipeline


@pytest.mark.parametrize(
    ("noise", "quality", "strength", "reason"),
    [
        (0.0, None, 0, "the photo looks clean"),
        (0.5, 99, 0, "the photo looks clean"),
        (8.0, None, 100, "the photo is noisy"),
        (1.6, None, 40, "the photo is slightly noisy"),
        (0.0, 92, 30, "the photo was compressed a little (JPEG quality about 92)"),
        (0.0, 75, 100, "the photo was compressed (JPEG quality about 75)"),
        (0.3, 30, 100, "the photo was strongly compressed (JPEG quality about 30)"),
        (5.0, 60, 100, "the photo is noisy and was compressed (JPEG quality about 60)"),
    ],
)
def test_the_choice_and_its_reason(noise, quality, strength, reason):
    found, why = auto.choose(Condition(noise, quality))
    assert found == pytest.approx(strength, abs=10)
    assert str(why) == reason
    assert why.template in auto.REASONS


def test_more_wear_never_means_less_strength():
    for quality in (None, *range(1, 101)):
        strengths = [auto.choose(Condition(noise / 10, quality))[0] for noise in range(60)]
        assert strengths == sorted(strengths)
    for noise in (0.0, 1.0, 1.5, 4.0):
        strengths = [auto.choose(Condition(noise, quality))[0] for quality in range(1, 101)]
        assert strengths == sorted(strengths, reverse=True)


def test_every_reason_is_listed_for_translators():
    given = {
        auto.choose(Condition(noise, quality))[1].template
        for noise in np.arange(0, 4, 0.1)
        for quality in (None, *range(1, 101, 3))
    }
    assert given == set(auto.REASONS)


@pytest.fixture
def engine(fake_engine):
    return fake_engine()


@pytest.fixture
def line(workspace, tmp_path_factory, engine):
    """``line(restore=True)``: a pipeline for a baseline and a restore model at ×3, and a baseline alone at ×2."""

    def make(restore=True):
        shipped = tmp_path_factory.mktemp("shipped")
        content = b"fake weights"
        usual = replace(
            workspace.catalogue.by_id("edsr-baseline-x3"),
            bytes=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
        )
        models = []
        for family, scale in (("edsr-baseline", 3), ("edsr-baseline", 2), ("edsr-restore", 3))[: 2 + restore]:
            name = f"{family}-x{scale}"
            models.append(replace(usual, id=name, family=family, scale=scale, file=f"{name}.pb"))
            (shipped / models[-1].file).write_bytes(content)
        store = Store(workspace.store.folder, Catalogue(tuple(models)), shipped)
        return Pipeline(store.catalogue, LoadedNet(store, {"fake": engine}), Limits(512))

    return make


@pytest.fixture
def worn(tmp_path, photo_like):
    path = tmp_path / "worn.png"
    noise = np.random.default_rng(0).normal(0, 12, (96, 128, 1))
    Image.fromarray(np.clip(photo_like(128, 96) + noise, 0, 255).astype(np.uint8)).save(path)
    return path


@pytest.fixture
def clean(tmp_path):
    path = tmp_path / "clean.png"
    y, x = np.mgrid[:96, :128]
    Image.fromarray(np.stack([x + 60, y + 60, 90 + x // 2], axis=2).astype(np.uint8)).save(path)
    return path


@pytest.mark.parametrize("model", [None, "auto"])
def test_worn_photos_are_restored_and_clean_ones_are_not(model, line, worn, clean, engine):
    pipeline = line()
    restored, enlarged = (pipeline.process(Request(path, model=model)) for path in (worn, clean))
    assert (restored.state, restored.model, restored.strength) == (JobState.DONE, "edsr-restore-x3", 100)
    assert str(restored.decision.reason) == "the photo is noisy"
    assert (enlarged.state, enlarged.model, enlarged.strength) == (JobState.DONE, "edsr-baseline-x3", None)
    assert str(enlarged.decision.reason) == "the photo looks clean"
    assert engine.loaded == ["edsr-restore-x3", "edsr-baseline-x3"]
    assert restored.load_seconds > 0


def test_the_result_is_named_by_what_was_chosen(line, worn, clean):
    pipeline = line()
    names = {pipeline.process(Request(path, template="{stem} {model}")).output.name for path in (worn, clean)}
    assert names == {"worn edsr-restore-x3.png", "clean edsr-baseline-x3.png"}


def test_a_result_that_is_there_is_found_by_the_name_of_what_was_chosen(line, worn):
    request = Request(worn, template="{stem} {model}", existing="skip")
    pipeline = line()
    assert pipeline.process(request).state is JobState.DONE
    assert pipeline.process(request).state is JobState.SKIPPED


def test_the_person_may_overrule_the_model(line, worn, clean):
    pipeline = line()
    for path, model in ((worn, "edsr-baseline"), (clean, "edsr-restore"), (clean, "edsr-restore-x3")):
        outcome = pipeline.process(Request(path, model=model))
        assert outcome.model.startswith(model)
        assert outcome.decision is None


def test_the_person_may_overrule_the_strength(line, worn, clean, engine):
    pipeline = line()
    outcome = pipeline.process(Request(worn, strength=30))
    assert (outcome.model, outcome.strength) == ("edsr-restore-x3", 30)
    assert engine.mixed[-1].share == pytest.approx(0.7)
    assert pipeline.process(Request(worn, model="edsr-restore", strength=40)).strength == 40
    assert pipeline.process(Request(worn, model="edsr-restore")).strength == 100
    assert pipeline.process(Request(clean, strength=30)).strength is None


@pytest.mark.parametrize(("restore", "scale"), [(False, 3), (True, 2)])
def test_where_nothing_restores_it_quietly_means_the_baseline(restore, scale, line, worn):
    outcome = line(restore).process(Request(worn, scale=scale))
    assert (outcome.state, outcome.model) == (JobState.DONE, f"edsr-baseline-x{scale}")
    assert outcome.decision is None


def test_a_scale_that_nothing_has_is_said(line, worn):
    outcome = line().process(Request(worn, model="auto", scale=8))
    assert outcome.error.code == "model-missing"


def test_what_was_decided_before_holds_for_the_same_file(line, worn):
    pipeline = line()
    first = pipeline.process(Request(worn))
    other = replace(first.decision, model="edsr-baseline-x3", strength=None, reason=Reason("so it was once"))
    again = pipeline.process(Request(worn, decided=other))
    assert (again.model, again.decision) == ("edsr-baseline-x3", other)


@pytest.mark.parametrize("change", [{"input_bytes": 1}, {"input_mtime_ns": 1}, {"model": "edsr-restore-x4"}])
def test_another_file_is_looked_at_anew(change, line, worn):
    pipeline = line()
    first = pipeline.process(Request(worn)).decision
    stale = replace(first, reason=Reason("so it was once"), **change)
    assert pipeline.process(Request(worn, decided=stale)).decision == first


def test_doing_it_again_gives_the_same_bytes(line, worn):
    pipeline = line()
    one = pipeline.process(Request(worn))
    two = pipeline.process(Request(worn, decided=one.decision))
    assert one.result.sha256 == two.result.sha256
    assert one.decision == two.decision


def test_what_is_damaged_loads_no_network(line, tmp_path, engine):
    path = tmp_path / "broken.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(50))
    assert line().process(Request(path)).state is JobState.FAILED
    assert engine.loaded == []


def test_the_best_quality_is_asked_of_every_model(line, worn, engine):
    pipeline = line()
    for model in ("auto", "edsr-baseline"):
        outcome = pipeline.process(Request(worn, model=model, self_ensemble=True))
        assert outcome.account.self_ensemble
    assert len(engine.net.seen) % 8 == 0


def test_the_note_in_the_result_says_how_it_was_made(line, worn):
    outcome = line().process(Request(worn, strength=30, self_ensemble=True))
    xmp = read(outcome.output).xmp
    assert b"edsr-restore-x3, strength 30, self-ensemble" in xmp


def test_a_decision_can_be_kept_as_json():
    decision = Decision("edsr-restore-x3", 60, Reason("about {quality}", {"quality": 50}), 12, 34)
    assert json.loads(json.dumps(decision.reason.params)) == {"quality": 50}
