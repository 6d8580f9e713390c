"""Self-ensemble: the mean of eight answers, whatever the tile's shape, and honest about its progress."""

from __future__ import annotations

import numpy as np
import pytest

from desktop.core import errors
from desktop.core.cancel import CancelToken
from desktop.core.enhance import enhance
from desktop.core.photo.photo import Photo


class LopsidedNet:
    """Adds what lies to the right and below, weighted by powers of two: turned pictures get other answers.

    Its arithmetic has no rounding on whole numbers, so that tiles have to agree with the whole to the last bit.
    """

    engine, precision, halo = "lopsided", "exact", 2

    def __init__(self, scale=2, tile=24):
        self.scale, self.tile = scale, tile
        self.seen = []

    def upscale(self, picture):
        assert picture.dtype == np.float32
        assert picture.flags.c_contiguous
        self.seen.append(picture.shape[:2])
        height, width = picture.shape[:2]
        padded = np.pad(picture, ((0, 2), (0, 2), (0, 0)))
        answer = padded[:height, :width] / 2 + padded[1 : height + 1, 2:] / 4 + padded[:height, 1:-1] / 8
        return answer.repeat(self.scale, axis=0).repeat(self.scale, axis=1).astype(np.float32)

    def working_mib(self, tile):
        return 1


def _run(pixels, net, **options):
    return enhance(Photo(pixels), net, budget_mib=512, **options).pixels


def _by_hand(pixels, net):
    """The mean of the eight, each made with numpy's own rotations and reflections."""
    answers, top = [], np.iinfo(pixels.dtype).max
    levels = (pixels / (top // 255)).astype(np.float32)
    for turns in range(4):
        for mirrored in (False, True):
            seen = np.rot90(levels, turns)
            answer = net.upscale(np.ascontiguousarray(np.fliplr(seen) if mirrored else seen))
            answers.append(np.rot90(np.fliplr(answer) if mirrored else answer, -turns))
    mean = np.mean(answers, axis=0, dtype=np.float64) * (top // 255)
    return np.clip(np.rint(mean), 0, top).astype(pixels.dtype)


@pytest.mark.parametrize(("width", "height"), [(1, 1), (1, 50), (50, 1), (20, 24), (23, 57), (24, 24), (70, 51)])
def test_it_is_the_mean_of_the_eight_and_tiles_equal_the_whole(width, height, noise):
    pixels = noise((height, width, 3))
    net = LopsidedNet()
    assert np.array_equal(_run(pixels, net, self_ensemble=True), _by_hand(pixels, net))


def test_with_the_network_that_ships_too(net, photo_like):
    pixels = photo_like(41, 29)
    difference = _run(pixels, net, self_ensemble=True).astype(int) - _by_hand(pixels, net)
    assert np.abs(difference).max() <= 1
    assert np.mean(difference != 0) < 0.001  # sums in another order
    assert not np.array_equal(_run(pixels, net), _by_hand(pixels, net))


def test_sixteen_bits_are_rounded_once(noise):
    pixels = noise((9, 7, 3), np.uint16)
    net = LopsidedNet(scale=1)
    difference = _run(pixels, net, self_ensemble=True).astype(int) - _by_hand(pixels, net)
    assert np.abs(difference).max() <= 1  # of 65,535: halves that floats put on either side


def test_grey_photos_stay_grey(noise):
    grey = noise((30, 26))
    net = LopsidedNet()
    result = _run(grey, net, self_ensemble=True)
    assert np.array_equal(result, _by_hand(np.dstack([grey] * 3), net)[..., 0])


def test_every_tile_is_seen_eight_times_and_its_shape_changes_once(noise):
    net = LopsidedNet(tile=64)
    _run(noise((30, 20, 3)), net, self_ensemble=True)
    assert net.seen == [(30, 20)] * 4 + [(20, 30)] * 4


def test_progress_goes_on_within_a_tile_and_ends_at_1(noise):
    told = []
    net = LopsidedNet()
    _run(noise((40, 40, 3)), net, self_ensemble=True, progress=told.append)
    assert len(told) == len(net.seen)
    assert told == sorted(told)
    assert told[0] == pytest.approx(1 / len(told))
    assert told[-1] == 1.0


def test_cancelling_does_not_wait_for_all_eight(noise):
    net, cancel = LopsidedNet(tile=64), CancelToken()

    def progressed(part):
        if part > 0.3:
            cancel.cancel()

    with pytest.raises(errors.CancelledError):
        _run(noise((30, 20, 3)), net, self_ensemble=True, progress=progressed, cancel=cancel)
    assert len(net.seen) == 3
