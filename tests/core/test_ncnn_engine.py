"""ncnn's answers are the reference's: to a grey level in float32, on the processor and through Vulkan, and to the eye
in what a graphics card does faster. Vulkan is tried on Mesa's software device, on small pieces."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from desktop.core import errors
from desktop.core.engines import ncnn_engine, ncnn_runtime
from desktop.core.engines.base import F32
from desktop.core.engines.calibration import decibels, grey_levels, tiles
from desktop.core.engines.choosing import ALIKE_DB
from desktop.core.engines.ncnn_engine import NcnnEngine
from desktop.core.engines.ncnn_graph import Written, written
from desktop.core.engines.ncnn_runtime import FP16, NcnnError, Runner
from desktop.core.engines.opencv_engine import OpenCvEngine
from desktop.core.engines.recipe import Step, UnknownStepError, recipe
from desktop.core.engines.vulkan_engine import VulkanEngine
from desktop.core.paths import bundled

# In CI a missing engine is a failure: no reason to skip that is let pass there.
pytestmark = pytest.mark.skipif(not ncnn_runtime.installed(), reason="ncnn is not installed")
SHIPPED = bundled("models", "weights")


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    return NcnnEngine(tmp_path_factory.mktemp("twins"))


@pytest.fixture(scope="module")
def vulkan(tmp_path_factory):
    made = VulkanEngine(tmp_path_factory.mktemp("twins"))
    if not made.devices():
        pytest.skip("there is no Vulkan device (mesa-vulkan-drivers has a software one)")
    return made


@pytest.fixture(scope="module")
def exact(engine, model, weights):
    return engine.load(model, weights)


@pytest.fixture(scope="module", params=[F32, FP16])
def on_a_card(request, vulkan, model, weights):
    net = vulkan.load(model, weights, None, request.param)
    yield net
    net.close()


def _shown(answer):
    return np.clip(np.rint(answer), 0, 255)


def _near_enough(arithmetic, answer, expected):
    return grey_levels(answer, expected) <= 1 if arithmetic == F32 else decibels(answer, expected) >= ALIKE_DB


@pytest.mark.parametrize(("width", "height"), [(24, 20), (1, 1), (2, 13), (17, 9)])
def test_a_card_s_answers_are_near_enough(width, height, on_a_card, dnn_superres, photo_like):
    pixels = photo_like(width, height)
    answer = on_a_card.upscale(pixels.astype(np.float32))
    assert _near_enough(on_a_card.arithmetic, answer, dnn_superres(pixels))


def test_a_card_s_answers_on_noise_black_and_white_are_near_enough(on_a_card, dnn_superres, noise):
    for pixels in (noise((16, 16, 3)), np.zeros((8, 8, 3), np.uint8), np.full((8, 8, 3), 255, np.uint8)):
        answer = on_a_card.upscale(pixels.astype(np.float32))
        assert _near_enough(on_a_card.arithmetic, answer, dnn_superres(pixels))


def test_the_nets_say_what_they_are(exact, on_a_card):
    assert (exact.scale, exact.engine, exact.precision, exact.arithmetic) == (3, "ncnn", "exact", "f32")
    assert (on_a_card.scale, on_a_card.engine) == (3, "vulkan")
    assert on_a_card.precision == ("exact" if on_a_card.arithmetic == F32 else "fast")
    assert on_a_card.device.name


@pytest.mark.parametrize("family", ["edsr-baseline", "edsr-restore"])
@pytest.mark.parametrize("scale", [2, 3, 4])
def test_every_network_that_ships_comes_out_as_from_opencv(family, scale, engine, catalogue):
    model = catalogue.by_id(f"{family}-x{scale}")
    file = SHIPPED / model.file
    expected, answer = (one.load(model, file).upscale(tiles()[10]) for one in (OpenCvEngine(), engine))
    assert grey_levels(expected, answer) <= 1


@pytest.mark.parametrize("stored", ["float32", "float16"])
def test_a_network_that_uses_all_of_32_blocks(stored, engine, vulkan, other_model, tiny_edsr):
    model, file = other_model(tiny_edsr(3, blocks=32, features=8, stored=stored))
    piece = np.ascontiguousarray(tiles()[0][:24, :24])
    expected = OpenCvEngine().load(model, file).upscale(piece)
    assert grey_levels(engine.load(model, file).upscale(piece), expected) <= 1
    for arithmetic in vulkan.arithmetics(model, file):
        assert _near_enough(arithmetic, vulkan.load(model, file, None, arithmetic).upscale(piece), expected)


def test_a_network_for_brightness_comes_out_as_from_opencv(engine, vulkan, other_model, tiny_graphs, photo_like):
    model, file = other_model(tiny_graphs.tiny_espcn(2), algorithm="espcn", scale=2)
    picture = photo_like(30, 20).astype(np.float32)
    expected = OpenCvEngine().load(model, file).upscale(picture)
    for one in (engine, vulkan):
        assert one.arithmetics(model, file) == (F32,)
        assert grey_levels(one.load(model, file).upscale(picture), expected) <= 1


@pytest.mark.parametrize("threads", [0, 1])
def test_it_takes_as_many_threads_as_it_may(threads, model, weights, monkeypatch):
    monkeypatch.setattr(ncnn_engine.priority, "usable_cores", lambda: 3)
    seen = []
    monkeypatch.setattr(ncnn_engine, "Runner", lambda _, threads: seen.append(threads) or Runner(_))
    NcnnEngine(threads=threads).load(model, weights)
    assert seen == [threads or 3]


def _never(*_):
    raise AssertionError("made again")


def test_a_twin_is_made_once_for_both_and_used_from_then_on(tmp_path, model, weights, photo_like, monkeypatch):
    picture = photo_like(30, 20).astype(np.float32)
    first = NcnnEngine(tmp_path).load(model, weights).upscale(picture)
    monkeypatch.setattr(ncnn_engine, "written", _never)
    assert np.array_equal(NcnnEngine(tmp_path).load(model, weights).upscale(picture), first)
    assert len(list(tmp_path.glob("*.twin"))) == 1
    assert VulkanEngine(tmp_path)._networks.of(model, weights, None)[0].layers
    with pytest.raises(AssertionError):
        NcnnEngine().load(model, weights)


def test_another_version_of_ncnn_has_its_own_twin(tmp_path, model, weights, monkeypatch):
    NcnnEngine(tmp_path).prepare(model, weights)
    monkeypatch.setattr(ncnn_runtime, "version", lambda: "another")
    NcnnEngine(tmp_path).prepare(model, weights)
    assert len(list(tmp_path.glob("*.twin"))) == 2


@pytest.mark.parametrize("damage", [b"", b"nonsense" * 100, None], ids=["empty", "nonsense", "changed"])
def test_a_damaged_twin_is_made_again(damage, tmp_path, model, weights, photo_like):
    picture = photo_like(30, 20).astype(np.float32)
    first = NcnnEngine(tmp_path).load(model, weights).upscale(picture)
    (twin,) = tmp_path.glob("*.twin")
    whole = twin.read_bytes()
    twin.write_bytes(damage if damage is not None else whole[:9000] + bytes([whole[9000] ^ 1]) + whole[9001:])
    assert np.array_equal(NcnnEngine(tmp_path).load(model, weights).upscale(picture), first)
    assert twin.read_bytes() == whole


def test_a_twin_of_another_make_is_made_again(tmp_path, model, weights, monkeypatch):
    networks = ncnn_engine.Networks(tmp_path)
    expected, _ = networks.of(model, weights, None)
    for content in (b"", b"\xff\xff\xff\xff", b"\x02\x00\x00\x00\xff\xff"):
        monkeypatch.setattr(networks._twins, "load", lambda *_, content=content: content)
        assert networks.of(model, weights, None)[0] == expected


def test_weights_of_eight_bits_stay_as_small_and_come_back_to_the_last_bit():
    """What is stored is looked at here; that it is read as it is meant is in the answers above."""
    random = np.random.default_rng(3)
    values = np.sort(random.normal(0, 1, 256)).astype(np.float32)
    kernel = random.choice(values, (24, 24, 3, 3)).astype(np.float32)
    picked = written([Step("input", "a"), Step("conv", "b", ("a",), kernel, np.zeros(24, np.float32))]).numbers
    table = np.frombuffer(picked, np.float32, 256, 4)
    places = np.frombuffer(picked, np.uint8, kernel.size, 4 + 1024)
    assert np.array_equal(table[places].reshape(kernel.shape), kernel)
    assert len(picked) < 2 * kernel.size
    rare = kernel.copy()
    rare.reshape(-1)[-1] = 12345
    assert len(written([Step("input", "a"), Step("conv", "b", ("a",), rare, np.zeros(24, np.float32))]).numbers) > (
        4 * kernel.size
    )


def _made_of(steps, planes):
    return Runner(written(steps)).forward(planes)


_GIVEN = np.linspace(-2, 2, 24, dtype=np.float32).reshape(2, 3, 4)
_CHANNELS = np.array([0.5, -3.0], np.float32)


@pytest.mark.parametrize("values", [np.float32([1.7]), _CHANNELS], ids=["one number", "one per channel"])
@pytest.mark.parametrize("first", [True, False], ids=["constant first", "constant last"])
@pytest.mark.parametrize("op", ["add", "sub", "mul"])
def test_constants_are_added_taken_away_and_multiplied(op, first, values, engine):
    constant = values.reshape(-1, 1, 1)
    pair = (constant, _GIVEN) if first else (_GIVEN, constant)
    expected = {"add": np.add, "sub": np.subtract, "mul": np.multiply}[op](*pair)
    steps = [Step("input", "a"), Step(op, "b", ("", "a") if first else ("a", ""), values=values)]
    assert np.allclose(_made_of(steps, _GIVEN), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("op", "what"),
    [("relu", lambda x: np.maximum(x, 0)), ("abs", np.abs), ("neg", np.negative), ("tanh", np.tanh)],
)
def test_each_step_does_what_its_name_says(op, what):
    answer = _made_of([Step("input", "a"), Step(op, "b", ("a",))], _GIVEN)
    assert np.allclose(answer, what(_GIVEN), atol=2e-5)


@pytest.mark.parametrize(("op", "what"), [("add", np.add), ("sub", np.subtract), ("mul", np.multiply)])
def test_two_that_come_from_one_are_put_together_in_order(op, what):
    steps = [Step("input", "a"), Step("abs", "b", ("a",)), Step(op, "c", ("a", "b"))]
    assert np.allclose(_made_of(steps, _GIVEN), what(_GIVEN, np.abs(_GIVEN)), atol=1e-6)


@pytest.mark.parametrize(("height", "width"), [(3, 3), (1, 1), (5, 3), (2, 4), (4, 2)])
def test_a_convolution_has_its_margins_where_tensorflow_has_them(height, width):
    random = np.random.default_rng(1)
    kernel, bias = random.normal(0, 1, (3, 2, height, width)).astype(np.float32), np.float32([1, 2, 3])
    before, after = ((height - 1) // 2, (width - 1) // 2), (height // 2, width // 2)
    padded = np.pad(_GIVEN, ((0, 0), *zip(before, after, strict=True)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (height, width), (1, 2))
    expected = np.einsum("ihwyx,oiyx->ohw", windows, kernel) + bias.reshape(-1, 1, 1)
    answer = _made_of([Step("input", "a"), Step("conv", "b", ("a",), kernel, bias)], _GIVEN)
    assert np.allclose(answer, expected, atol=1e-4)


def test_a_shuffle_is_tensorflow_s():
    planes = np.arange(8 * 2 * 3, dtype=np.float32).reshape(8, 2, 3)
    expected = planes.reshape(2, 2, 2, 2, 3).transpose(2, 3, 0, 4, 1).reshape(2, 4, 6)
    assert np.array_equal(_made_of([Step("input", "a"), Step("shuffle", "b", ("a",), block=2)], planes), expected)


def test_what_ncnn_has_no_layer_for_is_said(engine, other_model, tiny_graphs):
    with pytest.raises(UnknownStepError):
        written([Step("input", "a"), Step("sort", "b", ("a",))])
    model, file = other_model(tiny_graphs.tiny_classifier())
    with pytest.raises(errors.EngineFailedError, match="ncnn cannot run the model “other-x3”: it is built in another"):
        engine.load(model, file)


@pytest.mark.parametrize("layers", ["", "nonsense", "7767517\n1 1\nNothing n 0 1 out\n"])
def test_a_network_that_ncnn_refuses_is_an_error_and_no_crash(layers):
    with pytest.raises(NcnnError):
        Runner(Written(layers, b""))


def test_numbers_that_are_cut_off_are_an_error_and_no_crash(weights):
    network = written(recipe(weights.read_bytes()))
    with pytest.raises(NcnnError):
        Runner(Written(network.layers, network.numbers[:-9000]))


@pytest.mark.parametrize(
    ("code", "error"), [(-100, errors.OutOfMemoryError), (-1, errors.EngineFailedError)], ids=["memory", "another"]
)
def test_what_ncnn_says_is_told_apart(code, error, engine, model, weights, monkeypatch):
    net = engine.load(model, weights)

    class Extractor:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def input(self, *_):
            return 0

        def extract(self, _):
            return code, None

    class Broken:
        create_extractor = Extractor

    net._run.__self__._net = Broken
    with pytest.raises(error):
        net.upscale(np.zeros((8, 9, 3), np.float32))


def test_memory_is_foreseen_by_size(exact):
    assert 20 < exact.working_mib(64) < exact.working_mib(192) < exact.working_mib(500)


def test_the_processor_s_engine_loads_no_graphics_driver():
    script = """
from pathlib import Path
from desktop.core.engines.available import available_engines
from desktop.core.models.catalogue import Catalogue
from desktop.core.paths import bundled
model = Catalogue.load(bundled("models", "catalogue.toml")).by_id("edsr-baseline-x3")
import numpy
net = available_engines()["ncnn"].load(model, bundled("models", "weights", model.file))
net.upscale(numpy.zeros((8, 8, 3), "f4"))
print(Path("/proc/self/maps").read_text())
"""
    if not sys.platform.startswith("linux"):
        pytest.skip("not on this platform: what is loaded is asked of Linux")
    run = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert "ncnn" in run.stdout
    assert "vulkan" not in run.stdout.lower()
    assert "nvidia" not in run.stdout.lower()
    assert run.stderr == ""
