"""Before the first photo on a machine, a tile or two tell how fast it is."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from desktop.core import errors
from desktop.core.engines.opencv_engine import OpenCvEngine
from desktop.core.experience import Experience
from desktop.core.forecast import Forecaster
from desktop.core.jobs import Request
from desktop.core.loaded_net import LoadedNet
from desktop.core.rehearsal import rehearse
from desktop.core.workload import Kind

REQUEST = Request(Path("a.jpg"), model="edsr-baseline", scale=3)
SIZE = (300, 200)


@pytest.fixture
def forecaster(workspace):
    return Forecaster(workspace.catalogue, Experience(workspace.folders.cache))


def test_what_a_trial_takes_is_what_is_foretold(workspace, forecaster, monkeypatch):
    loaded = LoadedNet(workspace.store, {"opencv": OpenCvEngine()})
    taken = []

    def timed(net, model):
        taken.append((net, model))
        return 0.5 / len(taken)

    monkeypatch.setattr("desktop.core.rehearsal.tile_seconds", timed)
    kind = Kind("edsr-baseline-x3")
    before = forecaster.speed(kind, forecaster.learned)
    assert rehearse(REQUEST, SIZE, workspace.catalogue, loaded, forecaster)
    after = forecaster.speed(kind, forecaster.learned)
    net, model = taken[-1]
    assert (len(taken), model.id) == (3, "edsr-baseline-x3")
    assert after.per_megapixel_s == pytest.approx(0.5 / 3 / net.tile**2 * 1e6)
    assert after.photos == before.photos == 0
    assert after.load_s == before.load_s


def test_a_trial_runs_the_network_for_real(workspace, forecaster):
    loaded = LoadedNet(workspace.store, {"opencv": OpenCvEngine()})
    started = time.perf_counter()
    assert rehearse(REQUEST, SIZE, workspace.catalogue, loaded, forecaster)
    elapsed = time.perf_counter() - started
    per_megapixel = forecaster.speed(Kind("edsr-baseline-x3"), forecaster.learned).per_megapixel_s
    assert 0 < per_megapixel * 0.0144 < elapsed  # a tile of 120 pixels a side


def test_of_a_chain_the_last_network_is_tried_which_sees_by_far_the_most(workspace, forecaster, fake_engine):
    engine = fake_engine()
    request = Request(Path("a.jpg"), model="edsr-baseline", target="longest 3600")
    assert rehearse(request, SIZE, workspace.catalogue, LoadedNet(workspace.store, {"fake": engine}), forecaster)
    assert engine.loaded == ["edsr-baseline-x4"]


def test_where_there_is_nothing_to_try_nothing_is_tried(workspace, forecaster, fake_engine):
    engine = fake_engine()
    loaded = LoadedNet(workspace.store, {"fake": engine})
    for request in (
        Request(Path("a.jpg"), model="edsr-baseline", target="longest 100"),  # no network needed
        Request(Path("a.jpg"), model="edsr", scale=3),  # not on this computer
        Request(Path("a.jpg"), model="nonesuch"),
    ):
        assert not rehearse(request, SIZE, workspace.catalogue, loaded, forecaster)
    assert engine.loaded == []


def test_a_network_that_fails_is_left_to_the_photo(workspace, forecaster, fake_engine, fake_net):
    engine = fake_engine(fake_net(failure=errors.EngineFailedError("no")))
    assert not rehearse(REQUEST, SIZE, workspace.catalogue, LoadedNet(workspace.store, {"fake": engine}), forecaster)
