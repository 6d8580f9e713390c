"""One network, loaded once, kept, swapped when another is asked for, and never shared between threads."""

from __future__ import annotations

import dataclasses
import threading

import pytest

from desktop.core import errors
from desktop.core.loaded_net import LoadedNet, available_engines
from desktop.core.models.catalogue import Catalogue


@pytest.fixture
def other(model):
    return dataclasses.replace(model, id="other-x3", family="other")


@pytest.fixture
def engine(fake_engine):
    return fake_engine()


@pytest.fixture
def loaded(workspace, model, other, engine, fake_net):
    workspace.store.catalogue = Catalogue((model, other))
    second = dataclasses.replace(engine, name="second", net=fake_net(engine="second"), loaded=[])
    return LoadedNet(workspace.store, {"fake": engine, "second": second})


def test_a_net_is_loaded_when_it_is_first_asked_for(loaded, engine, model):
    assert engine.loaded == []
    net, seconds = loaded.get(model)
    assert net is engine.net
    assert seconds > 0
    assert engine.loaded == [model.id]


def test_the_same_net_is_reused_and_costs_no_time(loaded, engine, model):
    first, _ = loaded.get(model)
    assert loaded.get(model) == (first, 0.0)
    assert engine.loaded == [model.id]


def test_auto_and_the_preferred_engine_s_name_mean_the_same_net(loaded, engine, model):
    loaded.get(model, "auto")
    assert loaded.get(model, "fake")[1] == 0.0
    assert engine.loaded == [model.id]


def test_another_model_takes_the_place_of_the_first(loaded, engine, model, other):
    for wanted in (model, other, other, model):
        loaded.get(wanted)
    assert engine.loaded == [model.id, other.id, model.id]


def test_another_engine_takes_the_place_of_the_first(loaded, engine, model):
    loaded.get(model, "fake")
    assert loaded.get(model, "second")[1] > 0
    loaded.get(model, "fake")
    assert engine.loaded == [model.id, model.id]


def test_there_are_never_two_nets_in_memory(loaded, engine, model, other):
    loaded.get(model)
    real, held = engine.load, []

    def load(*arguments):
        held.append(loaded._held)
        return real(*arguments)

    engine.load = load
    loaded.get(other)
    assert held == [None]


def test_a_net_that_could_not_be_loaded_is_tried_again(loaded, engine, model):
    real = engine.load

    def fail(*_):
        engine.load = real
        raise errors.EngineFailedError("not now")

    engine.load = fail
    with pytest.raises(errors.EngineFailedError):
        loaded.get(model)
    assert loaded.get(model)[0] is engine.net


def test_a_failed_swap_does_not_pass_the_old_net_off_as_the_new_one(loaded, engine, model, other):
    loaded.get(model)

    def fail(*_):
        raise errors.ModelDamagedError("no")

    engine.load = fail
    for _ in range(2):
        with pytest.raises(errors.ModelDamagedError):
            loaded.get(other)


def test_a_second_thread_is_refused(loaded, model):
    loaded.get(model)
    met = []

    def ask():
        try:
            loaded.get(model)
        except RuntimeError as error:
            met.append(str(error))

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(30)
    assert met == ["the loaded net belongs to another thread"]


def test_an_engine_that_is_not_here_says_which_are(loaded, model):
    for use in (loaded.require_engine, lambda name: loaded.get(model, name)):
        with pytest.raises(errors.UsageError, match=r"“abacus” is not available here\. There is: auto, fake, second"):
            use("abacus")


@pytest.mark.parametrize("name", ["auto", "fake", "second"])
def test_an_engine_that_is_here_is_let_pass(name, loaded):
    loaded.require_engine(name)


def test_opencv_is_always_available(workspace):
    assert "opencv" in available_engines()
    assert "opencv" in LoadedNet(workspace.store).engine_names


def test_the_net_that_ships_loads_from_the_store(workspace, model):
    net, seconds = LoadedNet(workspace.store).get(model)
    assert net.scale == 3
    assert net.engine in available_engines()
    assert seconds > 0
    assert workspace.store.path_of(model).is_file()
