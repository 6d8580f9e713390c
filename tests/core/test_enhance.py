"""A photo becomes a larger photo: tiles that agree, depth and alpha that survive, memory that runs short."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from desktop.core import enhance as room
from desktop.core import errors
from desktop.core.cancel import CancelToken
from desktop.core.enhance import enhance
from desktop.core.opencv import cv2
from desktop.core.photo.photo import Photo

AWKWARD_SIZES = [
    (1, 1),
    (1, 50),
    (50, 1),
    (31, 32),
    (32, 32),
    (33, 32),
    (33, 34),
    (57, 61),
    (64, 65),
    (100, 3),
    (101, 99),
]


def _run(photo, net, **options):
    return enhance(photo, net, budget_mib=4096, **options)


def _whole(pixels, net):
    """What the network says of the whole picture, rounded."""
    colour = pixels if pixels.ndim == 3 else np.dstack([pixels] * 3)
    return np.clip(np.rint(net.upscale(colour.astype(np.float32))), 0, 255).astype(np.uint8)


class _WithTile:
    """The network, cut into tiles of another size."""

    def __init__(self, net, tile):
        self.scale, self.halo, self.tile = net.scale, net.halo, tile
        self.upscale, self.working_mib = net.upscale, net.working_mib


@pytest.mark.parametrize(("width", "height"), AWKWARD_SIZES)
def test_tiles_equal_the_whole_picture_when_the_halo_covers_what_the_network_sees(width, height, fake_net, noise):
    pixels = noise((height, width, 3))
    net = fake_net(radius=4, halo=4, tile=32)
    assert np.array_equal(_run(Photo(pixels), net).pixels, _whole(pixels, net))


def test_a_halo_one_pixel_too_narrow_would_show(fake_net, noise):
    pixels = noise((80, 80, 3))
    net = fake_net(radius=5, halo=4, tile=32)
    assert not np.array_equal(_run(Photo(pixels), net).pixels, _whole(pixels, net))


@pytest.mark.parametrize(
    ("width", "height", "tile"),
    [(1, 1, 40), (1, 90, 40), (90, 1, 40), (41, 40, 40), (43, 57, 40), (70, 51, 32), (34, 33, 28)],
)
def test_tiles_equal_the_whole_picture_to_a_grey_level_with_the_network_that_ships(
    width, height, tile, net, photo_like
):
    pixels = photo_like(width, height)
    tiled = _run(Photo(pixels), _WithTile(net, tile)).pixels
    assert np.abs(tiled.astype(int) - _whole(pixels, net)).max() <= 1


def test_noise_in_tiles_equals_the_whole_picture_to_a_grey_level(net, noise):
    pixels = noise((75, 70, 3))
    tiled = _run(Photo(pixels), _WithTile(net, 40)).pixels
    assert np.abs(tiled.astype(int) - _whole(pixels, net)).max() <= 1


def test_the_network_is_only_ever_shown_one_shape(fake_net, noise):
    net = fake_net(tile=32)
    _run(Photo(noise((101, 75, 3))), net)
    assert len(net.seen) > 4
    assert len(set(net.seen)) == 1


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_the_result_is_larger_by_the_scale_of_the_network(scale, fake_net, noise):
    result = _run(Photo(noise((11, 17, 3))), fake_net(scale=scale))
    assert (result.width, result.height) == (17 * scale, 11 * scale)


def test_answers_are_rounded_to_the_nearest_level_not_cut_off(fake_net):
    net = fake_net(radius=1, halo=1)
    pixels = np.zeros((9, 9, 3), np.uint8)
    pixels[4, 4] = 5  # 5 / 9 = 0.56
    assert _run(Photo(pixels), net).pixels[3 * 4, 3 * 4].tolist() == [1, 1, 1]


def test_answers_beyond_black_and_white_are_clipped(fake_net):
    net = fake_net()
    net.upscale = lambda picture: np.where(picture > 100, 400, -50).astype(np.float32).repeat(3, 0).repeat(3, 1)
    result = _run(Photo(np.array([[[0] * 3, [200] * 3]], np.uint8)), net)
    assert (result.pixels.min(), result.pixels.max()) == (0, 255)


def test_grey_stays_grey(fake_net, noise):
    pixels = noise((20, 30))
    net = fake_net()
    result = _run(Photo(pixels), net)
    assert result.pixels.shape == (60, 90)
    assert np.array_equal(result.pixels, _whole(pixels, net)[..., 0])


def test_grey_through_the_network_that_ships_is_the_mean_of_its_colours(net, photo_like):
    pixels = photo_like(30, 20)[..., 1]
    exact = net.upscale(np.dstack([pixels] * 3).astype(np.float32)).mean(axis=2)
    assert np.array_equal(_run(Photo(pixels), net).pixels, np.clip(np.rint(exact), 0, 255))


def test_16_bit_black_and_white_stay_black_and_white(fake_net):
    net = fake_net(radius=0, halo=0)
    pixels = np.array([[[0, 0, 0], [65535, 65535, 65535]]], np.uint16)
    result = _run(Photo(pixels), net)
    assert result.pixels.dtype == np.uint16
    assert result.pixels[0, 0].tolist() == [0, 0, 0]
    assert result.pixels[0, -1].tolist() == [65535, 65535, 65535]


def test_every_16_bit_level_survives_a_network_that_changes_nothing(fake_net):
    pixels = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    result = _run(Photo(pixels), fake_net(scale=1, radius=0, halo=0, tile=512))
    assert np.array_equal(result.pixels, pixels)


def test_16_bit_photos_that_differ_by_a_quarter_of_an_8_bit_level_give_different_results(net, photo_like):
    darker = photo_like(24, 20).astype(np.uint16) * 250
    lighter = darker + 64
    results = [_run(Photo(pixels), net).pixels.astype(int) for pixels in (darker, lighter)]
    difference = results[1] - results[0]
    assert (difference != 0).mean() > 0.95
    assert 32 < difference.mean() < 96


def test_16_bit_and_8_bit_agree_to_a_grey_level(net, photo_like):
    pixels = photo_like(24, 20)
    deep = _run(Photo(pixels.astype(np.uint16) * 257), net).pixels / 257
    assert np.abs(deep - _run(Photo(pixels), net).pixels).max() <= 0.51


def test_alpha_is_kept_and_enlarged(fake_net, noise):
    alpha = np.full((20, 30), 255, np.uint8)
    alpha[:, :10] = 0
    result = _run(Photo(noise((20, 30, 3)), alpha), fake_net())
    assert result.alpha.shape == (60, 90)
    assert result.alpha.dtype == np.uint8
    assert (result.alpha[:, :24] == 0).all()
    assert (result.alpha[:, 36:] == 255).all()


def test_16_bit_alpha_stays_16_bit(fake_net, noise):
    alpha = noise((20, 30), np.uint16)
    result = _run(Photo(noise((20, 30, 3), np.uint16), alpha), fake_net())
    assert result.alpha.dtype == np.uint16
    smooth = cv2.resize(alpha, (90, 60), interpolation=cv2.INTER_CUBIC)
    inside = (smooth > alpha.min()) & (smooth < alpha.max())
    assert (result.alpha == smooth)[inside].mean() > 0.7  # the others would have been beyond what is around them
    assert (result.alpha % 257 != 0).any()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_alpha_never_goes_beyond_what_is_around_it(dtype, fake_net, noise):
    alpha = noise((20, 30), dtype)
    result = _run(Photo(noise((20, 30, 3), dtype), alpha), fake_net()).alpha
    padded = np.pad(alpha, 1, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3))
    assert (result >= windows.min(axis=(2, 3)).repeat(3, 0).repeat(3, 1)).all()
    assert (result <= windows.max(axis=(2, 3)).repeat(3, 0).repeat(3, 1)).all()


def test_details_of_a_photo_that_is_faint_all_over_are_kept(fake_net, noise):
    pixels = noise((20, 30, 3))
    net = fake_net(radius=0, halo=0)
    result = _run(Photo(pixels, np.full((20, 30), 9, np.uint8)), net)
    assert np.array_equal(result.pixels, _whole(pixels, net))


def test_an_alpha_of_one_value_stays_exactly_that(fake_net, noise):
    result = _run(Photo(noise((5, 6, 3)), np.full((5, 6), 137, np.uint8)), fake_net())
    assert (result.alpha == 137).all()


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 9), (9, 1)])
def test_alpha_of_a_picture_one_pixel_wide_or_high_is_enlarged_too(height, width, fake_net, noise):
    alpha = noise((height, width), seed=3)
    alpha.flat[0] = 0
    result = _run(Photo(noise((height, width, 3)), alpha), fake_net())
    assert result.alpha.shape == (height * 3, width * 3)


def test_alpha_wider_than_a_short_integer_is_enlarged(fake_net):
    alpha = np.zeros((1, 12_000), np.uint8)
    alpha[:, 6_000:] = 255
    result = _run(Photo(np.zeros((1, 12_000, 3), np.uint8), alpha), fake_net(tile=4_000))
    assert result.alpha.shape == (3, 36_000)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("grey", [False, True])
def test_colours_hidden_under_full_transparency_do_not_bleed_into_what_is_visible(dtype, grey, fake_net):
    top = np.iinfo(dtype).max
    pixels = np.full((24, 24, 3), top // 4, dtype)
    alpha = np.full((24, 24), top, dtype)
    pixels[:, :13], alpha[:, :13] = top, 0  # white nobody is meant to see
    photo = Photo(pixels[..., 0] if grey else pixels, alpha)
    result = _run(photo, fake_net(radius=3, halo=3))
    inside = result.pixels[12:-12, 39:-12]  # away from the picture's border, where zeros are averaged in
    assert np.abs(inside.astype(int) - top // 4).max() <= 1


def test_hidden_colours_do_not_bleed_through_the_network_that_ships(net, photo_like):
    visible = photo_like(30, 30)
    alpha = np.zeros((30, 30), np.uint8)
    alpha[8:22, 8:22] = 255
    loud, quiet = visible.copy(), visible.copy()
    loud[alpha == 0], quiet[alpha == 0] = (255, 0, 255), (0, 255, 0)
    seen = [_run(Photo(pixels, alpha), net).pixels[24:66, 24:66].astype(int) for pixels in (loud, quiet)]
    assert np.array_equal(seen[0], seen[1])


def test_a_photo_that_is_all_transparent_keeps_its_colours(fake_net, noise):
    pixels = noise((8, 8, 3))
    net = fake_net()
    result = _run(Photo(pixels, np.zeros((8, 8), np.uint8)), net)
    assert np.array_equal(result.pixels, _whole(pixels, net))
    assert (result.alpha == 0).all()


def test_the_photo_that_was_given_is_not_changed(fake_net, noise):
    pixels, alpha = noise((20, 20, 3)), noise((20, 20), seed=2)
    alpha[:4] = 0
    before = pixels.copy(), alpha.copy()
    _run(Photo(pixels, alpha), fake_net())
    assert np.array_equal(pixels, before[0])
    assert np.array_equal(alpha, before[1])


def test_what_travels_with_a_photo_stays_with_it(fake_net, noise):
    photo = Photo(noise((4, 4, 3)), None, b"icc", b"exif", b"xmp", (300, 300), "TIFF")
    result = _run(photo, fake_net())
    changed = {
        field.name
        for field in dataclasses.fields(Photo)
        if getattr(result, field.name) is not getattr(photo, field.name)
    }
    assert changed == {"pixels", "factors"}


def test_progress_is_told_after_every_tile_up_to_one(fake_net, noise):
    net, told = fake_net(tile=32), []
    _run(Photo(noise((100, 100, 3))), net, progress=told.append)
    assert told == sorted(told)
    assert len(told) == len(net.seen)
    assert told[-1] == 1


def test_tiles_come_in_the_order_that_is_asked_for(fake_net, noise):
    pixels, asked = noise((100, 100, 3)), []
    net = fake_net(tile=32)

    def last_first(todo):
        asked.extend(todo)
        return reversed(todo)

    assert np.array_equal(_run(Photo(pixels), net, order=last_first).pixels, _whole(pixels, net))
    assert len(asked) == len(net.seen) - 1  # and one for the whole picture


def test_a_cancelled_photo_stops_before_its_first_tile(fake_net, noise):
    net, cancel = fake_net(), CancelToken()
    cancel.cancel()
    with pytest.raises(errors.CancelledError):
        _run(Photo(noise((8, 8, 3))), net, cancel=cancel)
    assert net.seen == []


def test_cancelling_stops_after_the_tile_under_way(fake_net, noise):
    net, cancel = fake_net(tile=32), CancelToken()
    net.before = cancel.cancel
    with pytest.raises(errors.CancelledError):
        _run(Photo(noise((100, 100, 3))), net, cancel=cancel)
    assert len(net.seen) == 1


def test_cancelling_during_the_last_tile_counts_too(fake_net, noise):
    net, cancel = fake_net(), CancelToken()
    net.before = cancel.cancel
    with pytest.raises(errors.CancelledError):
        _run(Photo(noise((8, 8, 3))), net, cancel=cancel)


def test_tiles_are_halved_until_they_fit_into_memory(fake_net, noise):
    pixels = noise((200, 200, 3))
    net = fake_net(tile=160, largest=50)
    result = _run(Photo(pixels), net)
    net.largest = None
    assert np.array_equal(result.pixels, _whole(pixels, net))


def test_running_out_of_memory_with_the_smallest_tiles_is_an_error(fake_net, noise):
    net = fake_net(tile=160, largest=0)
    with pytest.raises(errors.OutOfMemoryError):
        _run(Photo(noise((200, 200, 3))), net)
    smallest = min(max(shape) for shape in net.seen)
    assert smallest <= 2 * (2 * net.halo + room._SMALLEST_CORE)


def test_python_running_out_of_memory_is_an_error_in_words(fake_net, noise):
    net = fake_net(failure=MemoryError())
    with pytest.raises(errors.OutOfMemoryError, match="24 × 12 pixels"):
        _run(Photo(noise((4, 8, 3))), net)


def test_an_engine_that_fails_is_not_tried_again(fake_net, noise):
    net = fake_net(failure=errors.EngineFailedError("no"))
    with pytest.raises(errors.EngineFailedError):
        _run(Photo(noise((4, 8, 3))), net)
    assert len(net.seen) == 1


def test_tiles_get_smaller_where_the_budget_is_tight(fake_net, noise):
    net = fake_net(tile=160, mib_per_pixel=0.01)
    enhance(Photo(noise((200, 200, 3))), net, budget_mib=64)
    assert max(max(shape) for shape in net.seen) <= 80


class Witness:
    """Remembers what it sees of a result that comes into being."""

    def __init__(self):
        self.begun = []
        self.parts = []

    def begin(self, source, result, todo, scale):
        self.begun.append((source, result, list(todo), scale))

    def arrived(self, tile):
        _, result, _, scale = self.begun[-1]
        self.parts.append((tile, result.pixels[tile.keep_y.scaled(scale), tile.keep_x.scaled(scale)].copy()))


@pytest.mark.parametrize("shape", [(40, 60, 3), (40, 60)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_who_watches_sees_the_source_first_and_then_the_answers(shape, dtype, fake_net, noise):
    photo, net, witness = Photo(noise(shape, dtype)), fake_net(tile=24), Witness()
    result = _run(photo, net, observer=witness)
    ((source, seen, todo, scale),) = witness.begun
    assert seen.pixels is result.pixels
    np.testing.assert_array_equal(source.pixels, photo.pixels)
    assert [tile for tile, _ in witness.parts] == todo
    for tile, part in witness.parts:
        np.testing.assert_array_equal(part, result.pixels[tile.keep_y.scaled(scale), tile.keep_x.scaled(scale)])


def test_watching_changes_nothing(fake_net, noise):
    photo = Photo(noise((40, 60, 3)), alpha=noise((40, 60), seed=2))
    watched, alone = _run(photo, fake_net(tile=24), observer=Witness()), _run(photo, fake_net(tile=24))
    np.testing.assert_array_equal(watched.pixels, alone.pixels)
    np.testing.assert_array_equal(watched.alpha, alone.alpha)


def test_who_watches_is_told_when_the_work_begins_anew(fake_net, noise):
    witness = Witness()
    _run(Photo(noise((150, 150, 3))), fake_net(tile=150, largest=80), observer=witness)
    assert len(witness.begun) > 1
    assert [tile for tile, _ in witness.parts] == witness.begun[-1][2]
