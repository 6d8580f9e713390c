"""A graphics card's process may do what it likes: the picture comes out right, and nothing of it is left."""

from __future__ import annotations

import gc
import importlib.util
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from desktop.core import errors, memory
from desktop.core.engines import ncnn_runtime
from desktop.core.engines.base import Closable
from desktop.core.engines.choosing import Candidate, Found, Measured
from desktop.core.engines.guard import GuardedNet
from desktop.core.engines.opencv_engine import OpenCvEngine
from desktop.core.engines.vulkan_engine import VulkanEngine
from desktop.core.enhance import enhance
from desktop.core.loaded_net import LoadedNet
from desktop.core.photo.photo import Photo

# In CI a missing engine is a failure: no reason to skip that is let pass there.
pytestmark = pytest.mark.skipif(not ncnn_runtime.installed(), reason="ncnn is not installed")

_SCRIPT = Path(__file__).with_name("naughty_card.py")
_spec = importlib.util.spec_from_file_location("naughty_card", _SCRIPT)
naughty_card = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(naughty_card)
# Of these the engine or the guard says that they went wrong; the other two are not faults.
FAULTS = [name for name in naughty_card.FAULTS if name not in ("nothing", "has no memory")]
_PATIENCE_S = 60


def engine_that(fault, kind="discrete"):
    return VulkanEngine(command=(sys.executable, str(_SCRIPT), fault, kind))


@pytest.fixture(autouse=True)
def _importable(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))


@pytest.fixture
def photo(photo_like):
    return Photo(photo_like(130, 60))


@pytest.fixture(scope="module")
def reference(model, weights):
    net = OpenCvEngine().load(model, weights)
    net.tile = 64
    return net


def _in_small_tiles(net):
    net.tile = 64
    return net


def _gone(pid):
    end = time.monotonic() + _PATIENCE_S
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_a_card_s_process_does_the_picture_comes_out_right_and_is_told_of_once(
    fault, photo, reference, model, weights
):
    made, told = [], []

    def load():
        made.append(_in_small_tiles(engine_that(fault).load(model, weights)))
        return made[0]

    # Only what hangs is waited for to the end.
    patience = 0.05 if fault == "hangs" else 1.0
    # What is plainly wrong has to be seen without; a look that takes no time is taken every time.
    subtle = fault == "is a little off"
    net = GuardedNet(load, lambda: reference, told.append, patience, sampled=subtle, clock=lambda: 0.0)
    result = enhance(photo, net, budget_mib=512).pixels
    expected = enhance(photo, reference, budget_mib=512).pixels
    assert np.abs(result.astype(int) - expected).max() <= 1
    assert len(told) == 1
    assert net.broken
    assert net.engine == "opencv"
    assert _gone(made[0].pid)


def test_a_card_that_does_well_does_the_whole_job_in_one_process(photo, reference, model, weights):
    card = _in_small_tiles(engine_that("nothing").load(model, weights))
    pids = set()
    net = GuardedNet(lambda: card, lambda: reference, pytest.fail, sampled=True)
    for _ in range(2):
        result = enhance(photo, net, budget_mib=512).pixels
        pids.add(card.pid)
    assert np.abs(result.astype(int) - enhance(photo, reference, budget_mib=512).pixels).max() <= 1
    assert (net.engine, net.broken, len(pids)) == ("vulkan", False, 1)
    assert card.device.name == "a card"
    assert isinstance(card, Closable)


def test_too_little_memory_on_the_card_has_smaller_tiles_tried(model, weights, photo_like):
    net = engine_that("has no memory").load(model, weights)
    picture = photo_like(20, 10).astype(np.float32)
    for _ in range(2):
        net.upscale(picture)
    with pytest.raises(errors.OutOfMemoryError, match="20 × 10"):
        net.upscale(picture)


def test_the_process_ends_with_the_net(model, weights):
    net = engine_that("nothing").load(model, weights)
    pid = net.pid
    assert psutil.pid_exists(pid)
    del net
    gc.collect()
    assert _gone(pid)


def test_the_process_ends_with_its_parent_even_when_that_is_killed(tmp_path, weights):
    script = f"""
import sys, time
from desktop.core.engines.vulkan_engine import VulkanEngine
from desktop.core.models.catalogue import Catalogue
from desktop.core.paths import bundled
model = Catalogue.load(bundled("models", "catalogue.toml")).by_id("edsr-baseline-x3")
engine = VulkanEngine(command=(sys.executable, {str(_SCRIPT)!r}, "nothing", "discrete"))
net = engine.load(model, bundled("models", "weights", model.file))
print(net.pid, flush=True)
time.sleep(3600)
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        pid = int(parent.stdout.readline())
        parent.kill()
    assert _gone(pid)


def test_a_net_that_is_at_work_can_be_closed_from_another_thread(model, weights, photo_like):
    net = engine_that("hangs").load(model, weights)
    picture = photo_like(8, 8).astype(np.float32)
    for _ in range(2):
        net.upscale(picture)
    failures = []

    def work():
        try:
            net.upscale(picture)
        except errors.EngineFailedError as error:
            failures.append(error)

    worker = threading.Thread(target=work)
    worker.start()
    net.close()
    worker.join(_PATIENCE_S)
    assert len(failures) == 1


def test_the_process_s_memory_is_counted(model, weights):
    before = memory.resident_mib()
    net = engine_that("nothing").load(model, weights)
    child = psutil.Process(net.pid).memory_info().rss // memory.MIB
    assert child > 20
    assert memory.resident_mib() >= before + child // 2


@pytest.mark.parametrize("fault", ["cannot list", "nothing"])
def test_without_a_card_there_is_no_such_engine(fault, model, weights):
    engine = engine_that(fault, "none")
    assert not engine.suits_auto
    for ask in (engine.require, lambda: engine.arithmetics(model, weights), lambda: engine.load(model, weights)):
        with pytest.raises(errors.EngineFailedError, match="no graphics card"):
            ask()


def test_the_best_card_comes_first(monkeypatch):
    class Told:
        def __init__(self, kind):
            self.kind = kind

        def type(self):
            return self.kind

        def device_name(self):
            return f"card {self.kind}"

        def driver_version(self):
            return 7

    class Library:
        get_gpu_count = staticmethod(lambda: 4)
        get_gpu_info = staticmethod(lambda number: Told((3, 1, 0, 9)[number]))

    monkeypatch.setattr(ncnn_runtime, "library", Library)
    found = ncnn_runtime.vulkan_devices()
    assert [one.number for one in found] == [2, 1, 0, 3]
    assert [one.is_software for one in found] == [False, False, True, True]


@pytest.fixture
def measured(model):
    """``measured(*arithmetics)``: the card was measured in these, and is faster than all else."""

    def make(*arithmetics, decibels=99.0):
        found = Measured()
        for number, arithmetic in enumerate(arithmetics):
            found.note(model, Candidate("vulkan", arithmetic), Found(decibels, 1.0 + number))
        found.note(model, Candidate("opencv", "f32"), Found(float("inf"), 50.0))
        return found

    return make


def _loaded(workspace, measured, kind="discrete"):
    engines = {"vulkan": engine_that("nothing", kind), "opencv": OpenCvEngine()}
    return LoadedNet(workspace.store, engines, measured)


def test_a_card_is_chosen_once_it_was_measured(workspace, model, measured):
    net, _ = _loaded(workspace, measured("fp16", "f32")).get(model)
    assert (net.engine, net.arithmetic) == ("vulkan", "fp16")
    net, _ = _loaded(workspace, measured("fp16", "f32")).get(model, precision="exact")
    assert (net.engine, net.arithmetic) == ("vulkan", "f32")


def test_a_card_that_was_not_measured_is_not_chosen_but_can_be_named(workspace, model):
    loaded = _loaded(workspace, Measured())
    assert loaded.get(model)[0].engine == "opencv"
    assert loaded.get(model, "vulkan")[0].engine == "vulkan"


def test_a_card_that_was_measured_to_be_wrong_is_not_chosen_in_any_arithmetic(workspace, model, measured):
    loaded = _loaded(workspace, measured("fp16", "f32", decibels=30.0))
    assert loaded.get(model)[0].engine == "opencv"
    assert loaded.get(model, precision="exact")[0].engine == "opencv"


def test_the_processor_in_disguise_is_never_chosen(workspace, model, measured):
    loaded = _loaded(workspace, measured("fp16", "f32"), "software")
    assert loaded.get(model)[0].engine == "opencv"
    assert loaded.get(model, "vulkan")[0].engine == "vulkan"


def test_naming_it_without_a_card_is_a_usage_error(workspace, model):
    with pytest.raises(errors.UsageError, match="no graphics card"):
        _loaded(workspace, Measured(), "none").get(model, "vulkan")


def test_a_card_that_is_gone_since_it_was_measured_is_no_trouble(workspace, model, measured):
    heard = []
    workspace.store.notice = heard.append
    assert _loaded(workspace, measured("fp16"), "none").get(model)[0].engine == "opencv"
    assert heard == []
