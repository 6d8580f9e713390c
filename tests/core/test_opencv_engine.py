"""OpenCV's engine is cv2.dnn_superres, to a grey level, and says in words what goes wrong."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from desktop.core import errors
from desktop.core.engines.opencv_engine import OpenCvEngine
from desktop.core.enhance import enhance
from desktop.core.opencv import cv2
from desktop.core.photo.photo import Photo


def _difference(one, other):
    return int(np.abs(one.astype(int) - other.astype(int)).max())


def _enhanced(pixels, net):
    return enhance(Photo(pixels), net, budget_mib=4096).pixels


@pytest.mark.parametrize(
    ("width", "height"),
    [(180, 130), (1, 1), (1, 37), (41, 1), (2, 3), (33, 47), (145, 7), (146, 145)],
)
def test_photos_come_out_as_from_dnn_superres(width, height, net, dnn_superres, photo_like):
    pixels = photo_like(width, height)
    assert _difference(_enhanced(pixels, net), dnn_superres(pixels)) <= 1


@pytest.mark.parametrize(("width", "height"), [(60, 50), (31, 77), (150, 40)])
def test_noise_comes_out_as_from_dnn_superres(width, height, net, dnn_superres, noise):
    pixels = noise((height, width, 3))
    assert _difference(_enhanced(pixels, net), dnn_superres(pixels)) <= 1


@pytest.mark.parametrize("value", [0, 255])
def test_plain_black_and_plain_white_come_out_as_from_dnn_superres(value, net, dnn_superres):
    pixels = np.full((20, 20, 3), value, np.uint8)
    assert _difference(_enhanced(pixels, net), dnn_superres(pixels)) <= 1


def test_red_and_blue_are_not_exchanged(net, dnn_superres):
    pixels = np.zeros((20, 20, 3), np.uint8)
    pixels[..., 0] = 200
    result = _enhanced(pixels, net)
    assert result[10:-10, 10:-10, 0].min() > 150
    assert result[10:-10, 10:-10, 2].max() < 50


def test_the_same_picture_gives_the_same_answer_every_time(net, photo_like):
    picture = photo_like(40, 30).astype(np.float32)
    first = net.upscale(picture)
    net.upscale(photo_like(31, 33).astype(np.float32))
    assert np.array_equal(net.upscale(picture), first)


def test_the_picture_that_was_given_is_not_changed(net, photo_like):
    picture = photo_like(20, 20).astype(np.float32)
    before = picture.copy()
    net.upscale(picture)
    assert np.array_equal(picture, before)


def test_the_net_says_what_it_is(net):
    assert (net.scale, net.engine, net.precision) == (3, "opencv", "exact")


def test_more_memory_is_foreseen_for_larger_tiles(net):
    assert net.working_mib(50) < net.working_mib(144) < net.working_mib(500)


def test_a_picture_that_is_not_a_number_is_an_engine_that_failed(net):
    with pytest.raises(errors.EngineFailedError, match="not a picture"):
        net.upscale(np.full((8, 8, 3), np.nan, np.float32))


def test_a_model_of_another_scale_than_it_says_is_an_engine_that_failed(model, weights, noise):
    mislabelled = OpenCvEngine().load(dataclasses.replace(model, scale=2), weights)
    with pytest.raises(errors.EngineFailedError, match="wrong size"):
        mislabelled.upscale(noise((8, 8, 3)).astype(np.float32))


def test_a_file_that_is_no_network_is_a_damaged_model(model, tmp_path):
    file = tmp_path / "not a network.pb"
    file.write_bytes(b"\x08\x96\x01 nothing of the kind" * 50)
    with pytest.raises(errors.ModelDamagedError, match=model.id):
        OpenCvEngine().load(model, file)


def test_half_a_network_is_a_damaged_model(model, weights, tmp_path):
    file = tmp_path / "half.pb"
    file.write_bytes(weights.read_bytes()[: model.bytes // 2])
    with pytest.raises(errors.ModelDamagedError, match=model.id):
        OpenCvEngine().load(model, file)


def test_an_empty_file_is_a_damaged_model(model, tmp_path):
    file = tmp_path / "empty.pb"
    file.touch()
    with pytest.raises(errors.ModelDamagedError, match=model.id):
        OpenCvEngine().load(model, file)


def test_a_file_that_is_gone_is_a_damaged_model(model, tmp_path):
    with pytest.raises(errors.ModelDamagedError, match="cannot be read"):
        OpenCvEngine().load(model, tmp_path / "gone.pb")


def test_a_kind_of_network_it_does_not_know_is_an_engine_that_failed(model, weights):
    with pytest.raises(errors.EngineFailedError, match="ESRGAN"):
        OpenCvEngine().load(dataclasses.replace(model, algorithm="esrgan"), weights)


class _Broken:
    """Stands in for OpenCV's network and fails as it would."""

    def __init__(self, failure):
        self._failure = failure

    def setInput(self, blob):  # noqa: N802
        pass

    def forward(self):
        raise self._failure


def _cv2_error(code):
    error = cv2.error("OpenCV said so\nin two lines")
    error.code = code
    return error


@pytest.fixture
def broken_net(model, weights, monkeypatch):
    def make(failure):
        net = OpenCvEngine().load(model, weights)
        monkeypatch.setattr(net, "_net", _Broken(failure))
        return net

    return make


@pytest.mark.parametrize("failure", [MemoryError(), _cv2_error(cv2.Error.StsNoMem)], ids=["from Python", "from OpenCV"])
def test_running_out_of_memory_is_told_apart_so_that_smaller_tiles_are_tried(failure, broken_net):
    with pytest.raises(errors.OutOfMemoryError, match="9 × 8"):
        broken_net(failure).upscale(np.zeros((8, 9, 3), np.float32))


def test_any_other_failure_of_opencv_is_told_in_its_first_line(broken_net):
    net = broken_net(_cv2_error(cv2.Error.StsAssert))
    with pytest.raises(errors.EngineFailedError, match=r"OpenCV said so\.$"):
        net.upscale(np.zeros((8, 8, 3), np.float32))
