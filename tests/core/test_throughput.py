"""Speed is learned from photos, however noisy, and follows a machine that changes."""

from __future__ import annotations

import math
import random

import pytest

from desktop.core.throughput import Photo, Speed, factor, fitted

GUESS = Speed(0.1, 50.0, load_s=0.7)


def seen(count: int, fixed: float, per_megapixel: float, noise: float = 0.0, seed: int = 1) -> list[Photo]:
    chance = random.Random(seed)
    sizes = [math.exp(chance.uniform(math.log(0.05), math.log(4))) for _ in range(count)]
    return [(size, (fixed + per_megapixel * size) * math.exp(chance.gauss(0, noise))) for size in sizes]


def test_from_nothing_there_is_only_the_guess():
    assert fitted(GUESS, ()) == GUESS


def test_one_photo_gives_the_level_and_leaves_the_fixed_part_to_belief():
    speed = fitted(GUESS, [(1.0, 10.0)])
    assert speed.seconds(1.0) == pytest.approx(10.0)
    assert speed.seconds(2.0) == pytest.approx(19.9, rel=0.01)
    assert (speed.photos, speed.load_s) == (1, 0.7)


@pytest.mark.parametrize(("fixed", "per_megapixel"), [(0.0, 14.0), (0.1, 14.0), (1.0, 10.0), (0.3, 190.0), (0.05, 0.5)])
def test_both_parts_are_found_in_photos_without_noise(fixed, per_megapixel):
    speed = fitted(GUESS, seen(20, fixed, per_megapixel))
    for megapixels in (0.05, 0.5, 4.0):
        assert speed.seconds(megapixels) == pytest.approx(fixed + per_megapixel * megapixels, rel=0.06)


def test_noise_averages_out():
    for seed in range(20):
        speed = fitted(GUESS, seen(30, 0.3, 14, noise=0.1, seed=seed))
        assert speed.seconds(1.0) == pytest.approx(14.3, rel=0.15)
        assert speed.seconds(0.05) == pytest.approx(1.0, rel=0.25)


def test_an_outlier_hardly_counts():
    photos = seen(12, 0.1, 14)
    photos[7] = (photos[7][0], photos[7][1] * 30)
    assert fitted(GUESS, photos).seconds(1.0) == pytest.approx(14.1, rel=0.1)


def test_a_machine_that_got_slower_is_followed_within_a_dozen_photos():
    photos = [*seen(40, 0.1, 14), *((size, 2 * seconds) for size, seconds in seen(12, 0.1, 14, seed=2))]
    assert fitted(GUESS, photos).seconds(1.0) == pytest.approx(28.2, rel=0.1)


def test_today_s_photos_set_the_level_and_earlier_ones_the_shape():
    before = seen(20, 1.0, 10.0)
    today = [(0.05, 3.0), (0.06, 3.2)]  # twice as slow, and all of them small
    assert fitted(GUESS, before, today).seconds(1.0) == pytest.approx(22.0, rel=0.1)


def test_a_factor_is_1_from_nothing_and_what_was_seen_otherwise():
    assert factor([]) == 1
    assert factor([2.0, 2.1, 1.9]) == pytest.approx(2.0, rel=0.05)
    assert factor([1.0, 1.1, 0.9, 50.0, 1.0]) == pytest.approx(1.0, rel=0.15)
