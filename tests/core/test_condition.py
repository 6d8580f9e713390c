"""What a photo has been through is seen in its pixels: noise by its strength, JPEG by its quality, clean as clean."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from desktop.core.condition import examine
from desktop.core.opencv import cv2
from desktop.core.photo.photo import Photo


@pytest.fixture(scope="module")
def clean(photo_like):
    """A photo reduced from a larger one, as sharp and as free of noise as pixels get."""
    large = cv2.GaussianBlur(photo_like(1200, 900), (0, 0), 1.2)
    return cv2.resize(large, (400, 300), interpolation=cv2.INTER_AREA)


def _noisy(pixels, sigma, seed=0):
    noise = np.random.default_rng(seed).normal(0, sigma, pixels.shape[:2])
    noise = noise if pixels.ndim == 2 else noise[..., None]
    return np.clip(np.rint(pixels + noise), 0, 255).astype(np.uint8)


def _as_jpeg(pixels, quality, **saving):
    coded = io.BytesIO()
    Image.fromarray(pixels).save(coded, "JPEG", quality=quality, **saving)
    with Image.open(coded) as image:
        return np.asarray(image)


def test_a_clean_photo_is_clean(clean):
    condition = examine(Photo(clean))
    assert condition.noise < 1.0
    assert condition.jpeg_quality is None


@pytest.mark.parametrize("sigma", [4, 8, 16])
def test_noise_is_found_as_strong_as_it_is(sigma, clean):
    assert examine(Photo(_noisy(clean, sigma))).noise == pytest.approx(sigma, rel=0.2, abs=0.7)


def test_texture_is_not_taken_for_noise(noise):
    """Leaves, gravel, waves: everything moves, but neighbours move together."""
    coarse = cv2.GaussianBlur(noise((300, 400), np.uint8).astype(np.float32), (0, 0), 4)
    texture = np.clip(128 + 14 * (coarse - coarse.mean()), 0, 255).astype(np.uint8)
    assert texture.std() > 40
    assert examine(Photo(texture)).noise < 1.0


def test_coarse_grain_counts_as_noise():
    y, x = np.mgrid[:400, :400]
    sky = 90 + x / 8 + y / 6
    grain = cv2.GaussianBlur(np.random.default_rng(0).normal(0, 1, sky.shape), (0, 0), 0.9)
    grainy = np.clip(np.rint(sky + 7 * grain / grain.std()), 0, 255).astype(np.uint8)
    assert 2.5 < examine(Photo(grainy)).noise < 9
    assert examine(Photo(np.rint(sky).astype(np.uint8))).noise < 0.5


def test_sixteen_bits_and_grey_are_judged_alike(clean):
    grey = _noisy(clean[..., 1], 5)
    expected = examine(Photo(grey))
    assert examine(Photo(np.dstack([grey] * 3))).noise == pytest.approx(expected.noise, abs=0.01)
    assert examine(Photo(grey.astype(np.uint16) * 257)).noise == pytest.approx(expected.noise, abs=0.01)


@pytest.mark.parametrize("quality", [30, 50, 75, 90])
def test_a_jpeg_is_recognised_whatever_it_was_saved_as_later(quality, clean):
    pixels = _as_jpeg(_noisy(clean, 2), quality)
    assert examine(Photo(pixels)).jpeg_quality == pytest.approx(quality, abs=3)


def test_a_jpeg_is_recognised_after_it_was_saved_more_finely(clean):
    pixels = _as_jpeg(_as_jpeg(_noisy(clean, 2), 50), 95)
    assert examine(Photo(pixels, jpeg_quality=95)).jpeg_quality == pytest.approx(50, abs=4)


@pytest.mark.parametrize(("top", "left"), [(3, 5), (0, 1), (7, 7)])
def test_a_jpeg_is_recognised_after_it_was_cropped(top, left, clean):
    pixels = _as_jpeg(_noisy(clean, 2), 60)[top:, left:]
    assert examine(Photo(np.ascontiguousarray(pixels))).jpeg_quality == pytest.approx(60, abs=4)


def test_a_jpeg_is_recognised_after_it_was_turned(clean):
    pixels = np.rot90(_as_jpeg(_noisy(clean[:296], 2), 60))
    assert examine(Photo(np.ascontiguousarray(pixels))).jpeg_quality == pytest.approx(60, abs=4)


def test_where_the_pixels_say_nothing_the_file_does(clean):
    flat = np.full((64, 64, 3), 90, np.uint8)
    assert examine(Photo(flat)).jpeg_quality is None
    assert examine(Photo(flat, jpeg_quality=40)).jpeg_quality == 40
    assert examine(Photo(clean, jpeg_quality=97)).jpeg_quality == 97


@pytest.mark.parametrize("side", [1, 7, 8, 17])
def test_tiny_photos_are_no_trouble(side, noise):
    condition = examine(Photo(noise((side, side, 3))))
    assert condition.jpeg_quality is None
    assert condition.noise == 0


def test_what_nobody_sees_does_not_count(clean):
    pixels = clean.copy()
    pixels[:, 256:] = _noisy(pixels[:, 256:], 20)
    alpha = np.zeros(pixels.shape[:2], np.uint8)
    alpha[:, :256] = 255
    assert examine(Photo(pixels, alpha)).noise < 1.0


def test_black_white_and_see_through_photos_are_clean():
    for value in (0, 255):
        assert examine(Photo(np.full((200, 200), value, np.uint8))).noise == 0
    blank = Photo(np.full((200, 200), 9, np.uint8), np.zeros((200, 200), np.uint8))
    assert examine(blank).noise == 0


def test_the_same_photo_is_always_judged_the_same(clean):
    photo = Photo(_noisy(clean, 3))
    assert examine(photo) == examine(photo)


def test_only_so_much_of_a_large_photo_is_looked_at(monkeypatch, clean):
    from desktop.core import condition

    seen = []
    real = condition._noise

    def noise(pieces, *more):
        seen.append(sum(piece.size for piece in pieces))
        return real(pieces, *more)

    monkeypatch.setattr(condition, "_noise", noise)
    large = np.tile(_noisy(clean, 4), (8, 8, 1))
    assert examine(Photo(large)).noise == pytest.approx(4, rel=0.2)
    assert 0 < max(seen) <= 400_000
