"""The last step to an exact size."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from desktop.core import errors
from desktop.core.cancel import CancelToken
from desktop.core.photo import resample
from desktop.core.photo.photo import Photo
from desktop.core.photo.resample import on_paper, resampled


@pytest.mark.parametrize("band", [1, 10_000, 10**9])
@pytest.mark.parametrize("size", [(70, 41), (121, 90), (13, 200)])
def test_by_bands_it_is_what_pillow_makes_of_the_whole(monkeypatch, noise, band, size):
    monkeypatch.setattr(resample, "_BAND_VALUES", band)
    pixels = noise((90, 120))
    expected = np.array(Image.fromarray(pixels.astype(np.float32)).resize(size, Image.Resampling.LANCZOS))
    made = resampled(Photo(pixels), size).pixels
    np.testing.assert_allclose(made, np.clip(np.rint(expected), 0, 255), atol=1)
    assert (made != np.clip(np.rint(expected), 0, 255)).mean() < 0.002


def test_sixteen_bits_are_not_rounded_to_eight():
    ramp = np.broadcast_to(np.linspace(30_000, 31_000, 300).astype(np.uint16)[:, None], (300, 200))
    made = resampled(Photo(np.ascontiguousarray(ramp)), (130, 199))
    assert made.pixels.dtype == np.uint16
    assert len(np.unique(made.pixels)) > 150
    assert abs(int(made.pixels.min()) - 30_000) < 5


def test_hidden_colours_do_not_bleed_and_are_not_forgotten():
    pixels = np.zeros((60, 60, 3), np.uint8)
    pixels[..., 1] = 255
    alpha = np.zeros((60, 60), np.uint8)
    alpha[20:40, 20:40] = 255
    pixels[20:40, 20:40] = (200, 0, 0)
    made = resampled(Photo(pixels, alpha), (41, 41))
    seen = made.alpha > 12
    assert made.pixels[seen][:, 1].max() <= 6
    assert made.pixels[seen][:, 0].min() >= 194
    assert (made.pixels[0, 0] == (0, 255, 0)).all()
    assert made.alpha[20, 20] == 255
    assert made.alpha[0, 0] == 0


def test_the_size_it_has_is_left_alone(noise):
    photo = Photo(noise((5, 6, 3)))
    assert resampled(photo, (6, 5)) is photo
    assert on_paper(photo, (6, 5)) is photo


def test_it_can_be_cancelled(noise):
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(errors.CancelledError):
        resampled(Photo(noise((50, 60, 3))), (30, 25), cancel)


@pytest.mark.parametrize(("shape", "dtype"), [((8, 10), np.uint16), ((8, 10, 3), np.uint8)])
def test_paper_is_white_and_opaque_and_the_photo_lies_in_its_middle(noise, shape, dtype):
    top = np.iinfo(dtype).max
    photo = Photo(noise(shape, dtype), noise(shape[:2], dtype))
    made = on_paper(photo, (13, 20))
    np.testing.assert_array_equal(made.pixels[6:14, 1:11], photo.pixels)
    np.testing.assert_array_equal(made.alpha[6:14, 1:11], photo.alpha)
    assert (made.pixels[:6] == top).all()
    assert (made.pixels[14:] == top).all()
    assert (made.alpha[:, 11:] == top).all()
