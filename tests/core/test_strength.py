"""Strength: a network between two others, by their weights."""

from __future__ import annotations

import dataclasses
import hashlib

import numpy as np
import pytest

from desktop.core import errors
from desktop.core.engines.base import Mixed
from desktop.core.engines.opencv_engine import OpenCvEngine
from desktop.core.enhance import enhance
from desktop.core.loaded_net import LoadedNet
from desktop.core.models.catalogue import Catalogue
from desktop.core.models.store import Store
from desktop.core.photo.photo import Photo


def _of(model, family, content):
    return dataclasses.replace(
        model,
        id=f"{family}-x3",
        family=family,
        file=f"{family}-x3.pb",
        bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )


@pytest.fixture
def pair(tmp_path, model, tiny_edsr):
    """Makes a baseline and a restore model, stored as told, and gives them with a ``LoadedNet`` for them."""

    def make(stored="float32", baseline=None, restore=None):
        contents = {
            "edsr-baseline": baseline or tiny_edsr(seed=1, gain=0.8, stored=stored),
            "edsr-restore": restore or tiny_edsr(seed=2, gain=1.0, stored=stored),
        }
        shipped = tmp_path / "shipped"
        shipped.mkdir(exist_ok=True)
        models = []
        for family, content in contents.items():
            models.append(_of(model, family, content))
            (shipped / models[-1].file).write_bytes(content)
        return *models, LoadedNet(Store(tmp_path / "store", Catalogue(tuple(models)), shipped))

    return make


def _enhanced(pixels, net):
    return enhance(Photo(pixels), net, budget_mib=512).pixels.astype(int)


@pytest.mark.parametrize("stored", ["float32", "float16"])
def test_the_ends_are_the_two_networks_themselves(stored, pair, photo_like):
    baseline, restore, loaded = pair(stored)
    pixels = photo_like(40, 30)
    results = {
        name: _enhanced(pixels, loaded.get(model, strength=strength)[0])
        for name, model, strength in (
            ("baseline", baseline, None),
            ("restore", restore, None),
            ("0", restore, 0),
            ("1", restore, 1),
            ("99", restore, 99),
            ("100", restore, 100),
        )
    }
    assert np.array_equal(results["0"], results["baseline"])
    assert np.array_equal(results["100"], results["restore"])
    # A hundredth of the way is hardly to be seen, and no jump.
    assert np.abs(results["1"] - results["baseline"]).max() <= 2
    assert np.abs(results["99"] - results["restore"]).max() <= 2
    assert np.abs(results["baseline"] - results["restore"]).max() > 20


def test_half_way_lies_between_the_ends(pair, photo_like):
    _, restore, loaded = pair()
    pixels = photo_like(40, 30)
    gentle, half, full = (_enhanced(pixels, loaded.get(restore, strength=s)[0]) for s in (0, 50, 100))
    assert np.abs(half - (gentle + full) / 2).max() <= 2
    assert np.abs(half - gentle).max() > 10
    assert np.abs(half - full).max() > 10


def test_the_weights_are_mixed_by_the_arithmetic(pair, tmp_path):
    baseline, restore, _ = pair()
    folder = tmp_path / "shipped"

    def load(model, mixed=None):
        return OpenCvEngine().load(model, folder / model.file, mixed)._net

    one, two, net = load(restore), load(baseline), load(restore, Mixed(folder / baseline.file, 0.3))
    names = net.getLayerNames()
    checked = 0
    for name in names:
        blobs = [each.getLayer(each.getLayerId(name)).blobs for each in (one, two, net)]
        for first, second, found in zip(*blobs, strict=True):
            assert np.allclose(found, 0.7 * first + 0.3 * second, atol=1e-6)
            checked += found.size
    assert checked == sum(blob.size for name in names for blob in one.getLayer(one.getLayerId(name)).blobs)


def test_every_strength_is_a_net_of_its_own_and_loaded_once(workspace, model, fake_engine):
    restore = dataclasses.replace(model, id="edsr-restore-x3", family="edsr-restore")
    workspace.store.catalogue = Catalogue((model, restore))
    engine = fake_engine()
    loaded = LoadedNet(workspace.store, {"fake": engine})
    for strength in (50, 50, 40, None, 100, 0):
        loaded.get(restore, strength=strength)
    assert engine.loaded == [restore.id, restore.id, restore.id, model.id]
    baseline = workspace.store.path_of(model)
    assert engine.mixed == [Mixed(baseline, 0.5), Mixed(baseline, 0.6), None, None]
    loaded.get(model)  # which strength 0 was
    loaded.get(model, strength=70)  # it has none
    assert len(engine.loaded) == 4


def test_without_a_gentle_end_there_is_full_strength_only(workspace, model, fake_engine):
    restore = dataclasses.replace(model, id="edsr-restore-x3", family="edsr-restore")
    workspace.store.catalogue = Catalogue((restore,))
    engine = fake_engine()
    loaded = LoadedNet(workspace.store, {"fake": engine})
    loaded.get(restore, strength=50)
    assert engine.mixed == [None]


@pytest.mark.parametrize("other", ["more features", "another scale"])
def test_networks_of_different_builds_are_not_mixed(other, pair, tiny_edsr):
    unlike = tiny_edsr(features=5) if other == "more features" else tiny_edsr(scale=2)
    _, restore, loaded = pair(baseline=unlike)
    with pytest.raises(errors.ModelDamagedError, match=r"“edsr-restore-x3” has no strength to choose"):
        loaded.get(restore, strength=50)
    assert loaded.get(restore)[0].scale == 3
