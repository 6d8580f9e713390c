"""Networks that know brightness only come out as from cv2.dnn_superres, in tiles too."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from desktop.core import errors
from desktop.core.engines.opencv_engine import OpenCvEngine
from desktop.core.enhance import enhance
from desktop.core.models.recognise import recognise
from desktop.core.opencv import cv2
from desktop.core.photo.photo import Photo

BUDGET = 4096


@pytest.fixture
def network(model, tmp_path, tiny_graphs):
    """``network(scale)``: an ESPCN and dnn_superres with the same file, (H, W, 3) uint8 RGB in and out."""

    def make(scale=2):
        file = tmp_path / f"espcn-x{scale}.pb"
        file.write_bytes(tiny_graphs.tiny_espcn(scale))
        return _loaded(model, file)

    return make


def _loaded(model, file: Path):
    found = recognise(file.read_bytes(), file.name)
    known = dataclasses.replace(
        model, id=file.stem, algorithm=found.algorithm, scale=found.scale, parameters=found.parameters
    )
    reference = cv2.dnn_superres.DnnSuperResImpl.create()
    reference.readModel(str(file))
    reference.setModel(found.algorithm, found.scale)
    return OpenCvEngine().load(known, file), lambda pixels: reference.upsample(pixels[..., ::-1].copy())[..., ::-1]


def _difference(one, other):
    return int(np.abs(one.astype(int) - other.astype(int)).max())


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize(("width", "height"), [(30, 25), (1, 1), (1, 9), (7, 1), (70, 65)])
def test_photos_come_out_as_from_dnn_superres(scale, width, height, network, photo_like):
    net, reference = network(scale)
    net.tile = 32
    pixels = photo_like(width, height)
    assert _difference(enhance(Photo(pixels), net, budget_mib=BUDGET).pixels, reference(pixels)) <= 1


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_noise_comes_out_as_from_dnn_superres(scale, network, noise):
    net, reference = network(scale)
    pixels = noise((40, 50, 3))
    assert _difference(enhance(Photo(pixels), net, budget_mib=BUDGET).pixels, reference(pixels)) <= 1


@pytest.mark.parametrize("name", ["ESPCN_x3", "FSRCNN_x2", "FSRCNN-small_x4", "LapSRN_x2", "LapSRN_x4", "LapSRN_x8"])
def test_the_networks_that_are_around_come_out_as_from_dnn_superres(name, shared, model, photo_like):
    net, reference = _loaded(model, shared / "data" / "models" / "third-party" / f"{name}.pb")
    net.tile = 48
    pixels = photo_like(90, 60)
    assert _difference(enhance(Photo(pixels), net, budget_mib=BUDGET).pixels, reference(pixels)) <= 1


def test_red_and_blue_are_not_exchanged(network):
    pixels = np.zeros((20, 20, 3), np.uint8)
    pixels[..., 0] = 200
    result = enhance(Photo(pixels), network()[0], budget_mib=BUDGET).pixels
    assert result[10:-10, 10:-10, 0].min() > 150
    assert result[10:-10, 10:-10, 2].max() < 50


def test_grey_stays_grey_and_keeps_one_channel(network, photo_like):
    net, reference = network()
    grey = photo_like(30, 20)[..., 0].copy()
    result = enhance(Photo(grey), net, budget_mib=BUDGET).pixels
    assert result.shape == (40, 60)
    assert _difference(np.repeat(result[..., None], 3, axis=2), reference(np.repeat(grey[..., None], 3, axis=2))) <= 1


def test_16_bits_keep_their_depth(network, photo_like):
    net, _ = network()
    fine = photo_like(40, 30).astype(np.uint16) * 250 + np.arange(40, dtype=np.uint16)[:, None] % 97
    result = enhance(Photo(fine), net, budget_mib=BUDGET).pixels
    assert result.dtype == np.uint16
    coarse = enhance(Photo((fine // 257).astype(np.uint8)), net, budget_mib=BUDGET).pixels
    assert _difference(result // 257, coarse) <= 4
    assert len(np.unique(result % 257)) > 200


def test_transparency_is_enlarged_with_it(network, photo_like):
    alpha = np.zeros((20, 30), np.uint8)
    alpha[:, 15:] = 255
    result = enhance(Photo(photo_like(30, 20), alpha), network()[0], budget_mib=BUDGET)
    assert result.alpha is not None
    assert result.alpha.shape == (40, 60)


def test_a_picture_that_is_not_a_number_is_an_engine_that_failed(network):
    with pytest.raises(errors.EngineFailedError, match="not a picture"):
        network()[0].upscale(np.full((8, 8, 3), np.nan, np.float32))


def test_a_margin_as_wide_as_the_network_s_reach_is_enough(network):
    assert network()[0].halo == 4


def test_the_full_edsr_s_memory_is_foreseen(shared, model):
    file = shared / "data" / "models" / "EDSR_full_x3.pb"
    net = OpenCvEngine().load(dataclasses.replace(model, id="edsr-x3", parameters=38_424_603), file)
    assert (net.halo, net.tile) == (24, 192)
    assert 1_250 <= net.working_mib(117) <= 1_400  # measured: 1287
    assert 1_550 <= net.working_mib(256) <= 1_900  # measured: 1583
