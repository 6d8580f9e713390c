"""Whatever goes wrong in an engine: the picture comes out right, and the person is told once."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from desktop.core import errors
from desktop.core.engines.guard import GuardedNet, likeness
from desktop.core.enhance import enhance
from desktop.core.loaded_net import LoadedNet
from desktop.core.photo.photo import Photo


class Faulty:
    """A fake net whose answers are good until the third, and from then on what ``fault`` makes of them."""

    def __init__(self, net, fault):
        self.net, self.fault, self.asked = net, fault, 0
        self.scale, self.halo, self.tile = net.scale, net.halo, net.tile
        self.engine, self.precision, self.arithmetic = "faulty", "fast", "int8"
        self.working_mib = net.working_mib

    def upscale(self, picture):
        answer = self.net.upscale(picture)
        self.asked += 1
        return self.fault(answer) if self.asked >= 3 else answer


_never = threading.Event()


def _raise(error):
    raise error


FAULTS = {
    "numbers that are none": lambda answer: answer * np.float32("nan"),
    "one number that is none": lambda answer: np.where(
        np.arange(answer.size).reshape(answer.shape) == 7, np.inf, answer
    ),
    "black": np.zeros_like,
    "white": lambda answer: np.full_like(answer, 255),
    "another size": lambda answer: answer[1:],
    "moved by a tile": lambda answer: np.roll(answer, answer.shape[0] // 2, axis=0),
    "moved by a pixel of the photo": lambda answer: np.roll(answer, 3, axis=1),
    "upside down": lambda answer: np.ascontiguousarray(answer[::-1]),
    "an error of its own": lambda answer: _raise(RuntimeError("driver lost")),
    "an error of ours": lambda answer: _raise(errors.EngineFailedError("It is broken.")),
    "no answer at all": lambda answer: _never.wait() or answer,
}


@pytest.fixture
def photo(photo_like):
    return Photo(photo_like(100, 80))


@pytest.fixture
def right(photo, fake_net):
    return enhance(photo, fake_net(), budget_mib=512).pixels


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_whatever_an_engine_does_the_picture_comes_out_right_and_is_told_of_once(fault, photo, right, fake_net):
    told = []
    net = GuardedNet(lambda: Faulty(fake_net(), fault), fake_net, told.append, patience=0.01)
    assert np.array_equal(enhance(photo, net, budget_mib=512).pixels, right)
    assert len(told) == 1
    assert net.broken
    assert (net.engine, net.precision) == ("fake", "exact")
    assert np.array_equal(enhance(photo, net, budget_mib=512).pixels, right)
    assert len(told) == 1


def test_an_engine_that_does_well_is_left_alone(photo, right, fake_net):
    net = GuardedNet(lambda: Faulty(fake_net(), lambda answer: answer), fake_net, pytest.fail)
    assert np.array_equal(enhance(photo, net, budget_mib=512).pixels, right)
    assert (net.engine, net.broken) == ("faulty", False)


def test_too_little_memory_is_no_fault_of_the_engine(photo, right, fake_net):
    net = GuardedNet(lambda: fake_net(largest=20), lambda: _raise(AssertionError), pytest.fail)
    with pytest.raises(errors.OutOfMemoryError):
        net.upscale(photo.pixels.astype(np.float32))
    assert not net.broken


def test_the_engine_runs_on_the_thread_that_loaded_it(photo, fake_net):
    threads = set()
    net = GuardedNet(
        lambda: threads.add(threading.get_ident()) or fake_net(before=lambda: threads.add(threading.get_ident())),
        fake_net,
        pytest.fail,
    )
    enhance(photo, net, budget_mib=512)
    assert len(threads) == 1
    assert threading.get_ident() not in threads


def test_what_loading_raises_is_raised(fake_net):
    with pytest.raises(errors.EngineFailedError, match="no such thing"):
        GuardedNet(lambda: _raise(errors.EngineFailedError("no such thing")), fake_net, pytest.fail)


def test_good_answers_are_not_doubted(net, photo_like):
    for size in ((60, 50), (120, 90), (16, 16)):
        picture = photo_like(*size).astype(np.float32)
        seems = likeness(picture, net.upscale(picture), 3)
        assert seems.off < 3
        assert not seems.moved


def test_a_doubtful_answer_that_the_reference_gives_too_is_believed(fake_net, noise):
    """Noise has nothing that could be recognised."""
    picture = noise((40, 40, 3)).astype(np.float32)
    asked = []
    net = GuardedNet(fake_net, lambda: asked.append(1) or fake_net(), pytest.fail)
    for _ in range(6):
        assert np.array_equal(net.upscale(picture), fake_net().upscale(picture))
    assert asked == [1]
    assert not net.broken


@pytest.fixture
def told(workspace):
    heard = []
    workspace.store.notice = heard.append
    return heard


@pytest.fixture
def engines(fake_engine, fake_net):
    """Two, of which the first, faster one does ``fault`` in time."""

    def make(fault):
        fast = fake_engine(net=Faulty(fake_net(), fault), name="quick", able=("int8",))
        return {"quick": fast, "opencv": fake_engine(net=fake_net(engine="opencv"), name="opencv")}

    return make


def test_a_job_goes_on_with_the_reference_and_later_ones_begin_with_it(workspace, model, engines, told, photo, right):
    made = engines(np.zeros_like)
    loaded = LoadedNet(workspace.store, made)
    net, _ = loaded.get(model)
    assert (net.engine, net.precision) == ("faulty", "fast")
    assert np.array_equal(enhance(photo, net, budget_mib=512).pixels, right)
    (notice,) = told
    assert "quick" in notice.message
    loaded.get(model, precision="exact")
    again, _ = loaded.get(model)
    assert again.engine == "opencv"
    assert np.array_equal(enhance(photo, again, budget_mib=512).pixels, right)
    assert len(told) == 1


def test_an_engine_whose_answers_are_off_is_not_begun_with(workspace, model, engines, told):
    made = engines(None)
    made["quick"].net.upscale = lambda picture: made["quick"].net.net.upscale(picture) + 3
    net, _ = LoadedNet(workspace.store, made).get(model)
    assert net.engine == "opencv"
    assert told == []


def test_an_engine_that_cannot_load_has_a_word_in_the_log_only(workspace, model, engines, told, caplog):
    made = engines(None)
    made["quick"].load = lambda *_: _raise(errors.EngineFailedError("too new for it"))
    net, _ = LoadedNet(workspace.store, made).get(model)
    assert net.engine == "opencv"
    assert told == []
    assert "too new for it" in caplog.text


def test_an_engine_that_is_named_falls_back_too(workspace, model, engines, told, photo, right):
    loaded = LoadedNet(workspace.store, engines(FAULTS["an error of its own"]))
    net, _ = loaded.get(model, "quick")
    assert np.array_equal(enhance(photo, net, budget_mib=512).pixels, right)
    assert len(told) == 1


def test_exact_is_never_done_in_fast_arithmetic(workspace, model, engines):
    loaded = LoadedNet(workspace.store, engines(None))
    assert loaded.get(model, "auto", None, "exact")[0].precision == "exact"
    assert loaded.get(model, "quick", None, "exact")[0].precision == "exact"
