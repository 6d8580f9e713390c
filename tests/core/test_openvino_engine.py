"""OpenVINO's answers are the reference's: to a grey level in float32, and to the eye in whatever is faster."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from desktop.core import errors
from desktop.core.engines import openvino_engine
from desktop.core.engines.base import F32, Mixed
from desktop.core.engines.calibration import decibels, grey_levels, tiles
from desktop.core.engines.choosing import ALIKE_DB
from desktop.core.engines.opencv_engine import OpenCvEngine
from desktop.core.engines.openvino_engine import BF16, INT8, OpenVinoEngine
from desktop.core.engines.ranges import SUFFIX, Known
from desktop.core.enhance import enhance
from desktop.core.opencv import cv2
from desktop.core.paths import bundled
from desktop.core.photo.photo import Photo

# In CI a missing engine is a failure: no reason to skip that is let pass there.
pytestmark = pytest.mark.skipif(not openvino_engine.installed(), reason="OpenVINO is not installed")
FAST = (INT8, BF16)
_MIDDLE = 64
SHIPPED = bundled("models", "weights")


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    return OpenVinoEngine(tmp_path_factory.mktemp("twins"), SHIPPED)


def _shown(answer):
    return np.clip(np.rint(answer), 0, 255)


def _able(engine, model, file):
    return [arithmetic for arithmetic in engine.arithmetics(model, file) if arithmetic in FAST]


@pytest.fixture(scope="module")
def exact(engine, model, weights):
    return engine.load(model, weights)


def test_the_net_says_what_it_is(exact, engine, model, weights):
    assert (exact.scale, exact.engine, exact.precision, exact.arithmetic) == (3, "openvino", "exact", "f32")
    for arithmetic in _able(engine, model, weights):
        net = engine.load(model, weights, None, arithmetic)
        assert (net.precision, net.arithmetic) == ("fast", arithmetic)


def test_every_network_that_ships_has_its_ranges(catalogue):
    for model in catalogue.models:
        if model.bundled and model.algorithm == "edsr":
            known = Known.load(SHIPPED / f"{Path(model.file).stem}{SUFFIX}", model.sha256)
            assert known is not None, f"{model.id}: run models/training/calibrate.py"


@pytest.mark.parametrize("family", ["edsr-baseline", "edsr-restore"])
@pytest.mark.parametrize("scale", [2, 3, 4])
def test_fast_arithmetic_cannot_be_told_from_exact(family, scale, engine, catalogue):
    model = catalogue.by_id(f"{family}-x{scale}")
    file = SHIPPED / model.file
    exact = engine.load(model, file)
    some = [tiles()[number] for number in (0, 5, 9, 10, 13)]
    for arithmetic in _able(engine, model, file):
        fast = engine.load(model, file, None, arithmetic)
        for tile in some:
            assert decibels(exact.upscale(tile), fast.upscale(tile)) >= ALIKE_DB, arithmetic


def test_a_network_between_two_is_fast_too(engine, catalogue, photo_like):
    strong, gentle = catalogue.by_id("edsr-restore-x3"), catalogue.by_id("edsr-baseline-x3")
    file, mixed = SHIPPED / strong.file, Mixed(SHIPPED / gentle.file, 0.4)
    picture = photo_like(50, 40).astype(np.float32)
    expected = OpenCvEngine().load(strong, file, mixed).upscale(picture)
    for arithmetic in _able(engine, strong, file):
        assert decibels(engine.load(strong, file, mixed, arithmetic).upscale(picture), expected) >= 45


@pytest.mark.parametrize("stored", ["float32", "float16"])
def test_a_network_that_uses_all_of_32_blocks(stored, engine, other_model, tiny_edsr):
    model, file = other_model(tiny_edsr(3, blocks=32, features=8, stored=stored))
    assert INT8 not in engine.arithmetics(model, file)
    engine.calibrate(model, file)
    exact, reference = engine.load(model, file), OpenCvEngine().load(model, file)
    assert grey_levels(exact.upscale(tiles()[0]), reference.upscale(tiles()[0])) <= 1
    arithmetics = _able(engine, model, file)
    assert INT8 in arithmetics
    for arithmetic in arithmetics:
        fast = engine.load(model, file, None, arithmetic)
        assert decibels(fast.upscale(tiles()[0]), exact.upscale(tiles()[0])) >= ALIKE_DB


def test_a_network_for_brightness_comes_out_as_from_opencv(engine, other_model, tiny_graphs, photo_like):
    model, file = other_model(tiny_graphs.tiny_espcn(2), algorithm="espcn", scale=2)
    assert engine.arithmetics(model, file) == (F32,)
    picture = photo_like(30, 20).astype(np.float32)
    expected = OpenCvEngine().load(model, file).upscale(picture)
    assert grey_levels(engine.load(model, file).upscale(picture), expected) <= 1


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_fast_arithmetic_loses_nothing_on_the_benchmark_pictures(scale, engine, shared, catalogue):
    """Their middles, because whole they take minutes; measured whole, the figures were the same."""
    model = catalogue.by_id(f"edsr-baseline-x{scale}")
    file = SHIPPED / model.file
    exact = engine.load(model, file)
    nets = {arithmetic: engine.load(model, file, None, arithmetic) for arithmetic in _able(engine, model, file)}
    for name in ("Set5", "Set14"):
        lost = {arithmetic: [] for arithmetic in nets}
        for path in sorted((shared / "data" / "benchmark" / name / f"x{scale}").glob("*_LR.png")):
            low, high = (cv2.imread(str(one))[..., ::-1] for one in (path, Path(str(path).replace("_LR", "_HR"))))
            top, left = ((side - min(side, _MIDDLE)) // 2 for side in low.shape[:2])
            picture = low[top : top + _MIDDLE, left : left + _MIDDLE].astype(np.float32)
            truth = high[top * scale :, left * scale :]
            best = _y_psnr(exact.upscale(picture), truth, scale)
            for arithmetic, net in nets.items():
                lost[arithmetic].append(best - _y_psnr(net.upscale(picture), truth, scale))
        for arithmetic, listed in lost.items():
            assert np.mean(listed) <= 0.05, (name, arithmetic)


def _y_psnr(answer, truth, border):
    height, width = (min(one, other) for one, other in zip(answer.shape[:2], truth.shape[:2], strict=True))
    inside = (slice(border, height - border), slice(border, width - border))
    weights = np.array([65.481, 128.553, 24.966]) / 255
    off = (_shown(answer)[inside] - truth[:height, :width].astype(float)[inside]) @ weights
    return 10 * np.log10(255**2 / np.mean(off**2))


def test_fast_arithmetic_gives_the_same_answer_every_time(engine, model, weights, photo_like):
    picture = photo_like(40, 30).astype(np.float32)
    for arithmetic in _able(engine, model, weights):
        net = engine.load(model, weights, None, arithmetic)
        first = net.upscale(picture)
        net.upscale(photo_like(31, 33).astype(np.float32))
        assert np.array_equal(net.upscale(picture), first)


@pytest.fixture
def twins(tmp_path):
    return tmp_path / "twins"


def _never(*_):
    raise AssertionError("made again")


def test_a_twin_is_made_once_and_used_from_then_on(twins, model, weights, photo_like, monkeypatch):
    picture = photo_like(30, 20).astype(np.float32)
    first = OpenVinoEngine(twins, SHIPPED).load(model, weights, None, INT8).upscale(picture)
    monkeypatch.setattr(openvino_engine, "graph_of", _never)
    again = OpenVinoEngine(twins, SHIPPED).load(model, weights, None, INT8).upscale(picture)
    assert np.array_equal(again, first)
    with pytest.raises(AssertionError):
        OpenVinoEngine(twins, SHIPPED).load(model, weights, None, F32)


@pytest.mark.parametrize("damage", [b"", b"nonsense" * 100, None], ids=["empty", "nonsense", "changed"])
def test_a_damaged_twin_is_made_again(damage, twins, model, weights, photo_like):
    picture = photo_like(30, 20).astype(np.float32)
    first = OpenVinoEngine(twins, SHIPPED).load(model, weights, None, INT8).upscale(picture)
    (twin,) = twins.glob("*.twin")
    whole = twin.read_bytes()
    twin.write_bytes(damage if damage is not None else whole[:1000] + bytes([whole[1000] ^ 1]) + whole[1001:])
    assert np.array_equal(OpenVinoEngine(twins, SHIPPED).load(model, weights, None, INT8).upscale(picture), first)
    assert twin.stat().st_size > len(whole) // 2


def test_a_folder_that_cannot_be_written_costs_nothing_but_time(tmp_path, model, weights):
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    assert OpenVinoEngine(in_the_way / "twins", SHIPPED).load(model, weights, None, INT8).arithmetic == INT8


def test_without_ranges_there_is_no_int8(model, weights):
    engine = OpenVinoEngine()
    assert INT8 not in engine.arithmetics(model, weights)
    with pytest.raises(errors.EngineFailedError, match="eight bits"):
        engine.load(model, weights, None, INT8)


def test_a_graph_that_only_opencv_knows_is_an_engine_that_failed(engine, other_model, tiny_graphs):
    model, file = other_model(tiny_graphs.tiny_classifier())
    with pytest.raises(errors.EngineFailedError, match="another way"):
        engine.load(model, file)


class _Broken:
    def __init__(self, failure):
        self.failure = failure

    def infer(self, _):
        raise self.failure


@pytest.mark.parametrize("failure", [MemoryError(), RuntimeError("Check failed\nstd::bad_alloc")])
def test_running_out_of_memory_is_told_apart_so_that_smaller_tiles_are_tried(failure, engine, model, weights):
    net = engine.load(model, weights)
    net._request = _Broken(failure)
    with pytest.raises(errors.OutOfMemoryError, match="9 × 8"):
        net.upscale(np.zeros((8, 9, 3), np.float32))


def test_any_other_failure_is_told_in_its_last_line(engine, model, weights):
    net = engine.load(model, weights)
    net._request = _Broken(RuntimeError("Exception from src/plugin.cpp:1\nit does not like it"))
    with pytest.raises(errors.EngineFailedError, match=r"OpenVINO could not run the model: it does not like it\.$"):
        net.upscale(np.zeros((8, 8, 3), np.float32))


def test_it_talks_to_nobody():
    script = """
import sys
from desktop.core.engines.openvino_engine import runtime
runtime()
print(*filter(sys.modules.get, sys.modules))
"""
    run = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    loaded = {name.partition(".")[0] for name in run.stdout.split()}
    assert "openvino" in loaded
    assert "openvino_telemetry" not in loaded


def test_memory_is_foreseen_by_size_and_arithmetic(engine, model, weights):
    nets = {
        arithmetic: engine.load(model, weights, None, arithmetic) for arithmetic in engine.arithmetics(model, weights)
    }
    for net in nets.values():
        assert 20 < net.working_mib(64) < net.working_mib(192) < net.working_mib(500)
    assert nets[INT8].working_mib(192) < nets[F32].working_mib(192)


def test_tiles_of_a_photo_leave_no_seams_in_fast_arithmetic(engine, model, weights, photo_like):
    pixels = photo_like(220, 130)
    for arithmetic in _able(engine, model, weights):
        net = engine.load(model, weights, None, arithmetic)
        whole = _shown(net.upscale(pixels.astype(np.float32)))
        net.tile = 100
        cut = enhance(Photo(pixels), net, budget_mib=4096).pixels
        # What lies beyond the halo still tips a number from one step to the next here and there.
        assert np.abs(whole - cut).max() <= 3
        assert decibels(whole, cut.astype(np.float32)) > 55
