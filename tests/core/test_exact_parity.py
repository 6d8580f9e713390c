"""In float32 every engine on the processor gives OpenCV's answers to a grey level: the one bound for all of them."""

from __future__ import annotations

import numpy as np
import pytest

from desktop.core import errors
from desktop.core.engines.base import Mixed
from desktop.core.engines.calibration import grey_levels
from desktop.core.engines.ncnn_engine import NcnnEngine
from desktop.core.engines.ncnn_runtime import installed as has_ncnn
from desktop.core.engines.opencv_engine import OpenCvEngine
from desktop.core.engines.openvino_engine import OpenVinoEngine
from desktop.core.engines.openvino_engine import installed as has_openvino
from desktop.core.enhance import enhance
from desktop.core.paths import bundled
from desktop.core.photo.photo import Photo

SHIPPED = bundled("models", "weights")
# In CI a missing engine is a failure: no reason to skip that is let pass there.
ENGINES = [
    pytest.param(
        OpenVinoEngine, marks=pytest.mark.skipif(not has_openvino(), reason="OpenVINO is not installed"), id="openvino"
    ),
    pytest.param(NcnnEngine, marks=pytest.mark.skipif(not has_ncnn(), reason="ncnn is not installed"), id="ncnn"),
]


@pytest.fixture(scope="module", params=ENGINES)
def engine(request, tmp_path_factory):
    return request.param(tmp_path_factory.mktemp("twins"))


@pytest.fixture(scope="module")
def exact(engine, model, weights):
    return engine.load(model, weights)


@pytest.mark.parametrize(("width", "height"), [(120, 90), (1, 1), (1, 37), (41, 1), (2, 3), (33, 47), (60, 7)])
def test_photos_come_out_as_from_dnn_superres(width, height, exact, dnn_superres, photo_like):
    pixels = photo_like(width, height)
    assert grey_levels(exact.upscale(pixels.astype(np.float32)), dnn_superres(pixels)) <= 1


@pytest.mark.parametrize("value", [0, 255])
def test_plain_black_and_white_come_out_as_from_dnn_superres(value, exact, dnn_superres):
    pixels = np.full((20, 20, 3), value, np.uint8)
    assert grey_levels(exact.upscale(pixels.astype(np.float32)), dnn_superres(pixels)) <= 1


def test_noise_comes_out_as_from_dnn_superres(exact, dnn_superres, noise):
    pixels = noise((50, 40, 3))
    assert grey_levels(exact.upscale(pixels.astype(np.float32)), dnn_superres(pixels)) <= 1


@pytest.mark.parametrize("name", ["ESPCN_x3", "FSRCNN_x2", "FSRCNN-small_x4", "LapSRN_x2", "LapSRN_x4", "LapSRN_x8"])
def test_the_networks_that_are_around_come_out_as_from_opencv(name, engine, shared, other_model, photo_like):
    content = (shared / "data" / "models" / "third-party" / f"{name}.pb").read_bytes()
    algorithm, scale = name.lower().split("-")[0].split("_")[0], int(name[-1])
    model, file = other_model(content, algorithm=algorithm, scale=scale)
    for picture in (photo_like(30, 20).astype(np.float32), photo_like(30, 20) + np.float32(0.25)):
        expected = OpenCvEngine().load(model, file).upscale(picture)
        assert grey_levels(engine.load(model, file).upscale(picture), expected) <= 1


def test_the_official_edsr_s_twin_comes_out_as_from_opencv(engine, shared, catalogue, photo_like):
    model = catalogue.by_id("edsr-x3")
    file = shared / "data" / "models" / "EDSR_full_x3.pb"
    picture = photo_like(24, 20).astype(np.float32)
    expected = OpenCvEngine().load(model, file).upscale(picture)
    assert grey_levels(engine.load(model, file).upscale(picture), expected) <= 1


def test_a_network_between_two_comes_out_as_from_opencv(engine, catalogue, photo_like):
    strong, gentle = catalogue.by_id("edsr-restore-x3"), catalogue.by_id("edsr-baseline-x3")
    file, mixed = SHIPPED / strong.file, Mixed(SHIPPED / gentle.file, 0.4)
    picture = photo_like(50, 40).astype(np.float32)
    expected = OpenCvEngine().load(strong, file, mixed).upscale(picture)
    assert grey_levels(engine.load(strong, file, mixed).upscale(picture), expected) <= 1
    assert grey_levels(engine.load(strong, file).upscale(picture), expected) > 1


def test_tiles_of_a_photo_leave_no_seams(engine, model, weights, photo_like):
    pixels = photo_like(220, 130)
    net = engine.load(model, weights)
    whole = np.clip(np.rint(net.upscale(pixels.astype(np.float32))), 0, 255)
    net.tile = 100
    assert np.abs(whole - enhance(Photo(pixels), net, budget_mib=4096).pixels).max() <= 1


def test_the_same_picture_gives_the_same_answer_every_time_and_none_is_overwritten(exact, photo_like):
    picture = photo_like(40, 30).astype(np.float32)
    first = exact.upscale(picture)
    before = first.copy()
    exact.upscale(photo_like(31, 33).astype(np.float32))
    assert np.array_equal(exact.upscale(picture), before)
    assert np.array_equal(first, before)


def test_a_picture_that_is_not_a_number_is_an_engine_that_failed(exact):
    with pytest.raises(errors.EngineFailedError, match="not a picture"):
        exact.upscale(np.full((8, 8, 3), np.nan, np.float32))
