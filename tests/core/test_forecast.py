"""What a job will need is known before it runs."""

from __future__ import annotations

import pytest

from desktop.core import errors, forecast, memory
from desktop.core.forecast import picture_mib, require_memory, require_size, tile_side


def test_a_result_at_the_limit_is_let_through():
    require_size("a.png", 1000, 1000, 3, 9)


def test_a_result_beyond_the_limit_is_refused_with_its_size_and_the_limit():
    with pytest.raises(errors.TooLargeError, match=r"“a\.png” would become 3,?003 × 3,?000 pixels .* limit of 9\."):
        require_size("a.png", 1001, 1000, 3, 9)


def test_a_result_beyond_four_thousand_million_pixels_is_counted_right():
    with pytest.raises(errors.TooLargeError, match="90,000 megapixels"):
        require_size("a.png", 100_000, 100_000, 3, 1000)


def test_a_larger_result_needs_more_memory():
    assert picture_mib(1000, 1000, 2) < picture_mib(1000, 1000, 4) < picture_mib(2000, 1000, 4)


def test_the_result_itself_fits_into_what_is_foreseen():
    assert picture_mib(1000, 1000, 3) * memory.MIB >= 1000 * 1000 * 3 + 3000 * 3000 * 3 * 2


def test_a_photo_that_fits_into_free_memory_is_let_through(monkeypatch):
    monkeypatch.setattr(memory, "available_mib", lambda: picture_mib(1000, 1000, 3))
    require_memory("a.png", 1000, 1000, 3)


def test_a_photo_that_does_not_fit_is_refused_with_what_it_needs_and_what_there_is(monkeypatch):
    monkeypatch.setattr(memory, "available_mib", lambda: 2048)
    monkeypatch.setattr(forecast, "picture_mib", lambda *_: 4096)
    with pytest.raises(errors.OutOfMemoryError, match=r"needs about 4\.0 GB of memory, 2\.0 GB are free"):
        require_memory("a.png", 1000, 1000, 3)


def test_a_roomy_budget_leaves_the_network_s_favourite_tile(fake_net):
    assert tile_side(fake_net(tile=144, mib_per_pixel=0.01), 4096) == 144


def test_a_tight_budget_makes_tiles_smaller_until_they_fit(fake_net):
    net = fake_net(tile=144, mib_per_pixel=0.01)
    side = tile_side(net, 100)
    assert side < 144
    assert net.working_mib(side) <= 100


def test_tiles_never_become_all_halo_however_tight_the_budget(fake_net):
    net = fake_net(tile=144, halo=12, mib_per_pixel=1)
    assert tile_side(net, 1) == 2 * 12 + 32


def test_a_tile_that_is_small_already_stays_as_it_is(fake_net):
    assert tile_side(fake_net(tile=30, halo=2, mib_per_pixel=1), 1) == 30
