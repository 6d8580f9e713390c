"""A JPEG that was coded in bands is the JPEG that was coded at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from desktop.core.photo import jpeg_encoder
from desktop.core.photo.fitting import fitted
from desktop.core.photo.formats import JPEG
from desktop.core.photo.jpeg_encoder import write_jpeg
from desktop.core.photo.photo import Coding, Photo
from desktop.core.photo.wishes import Wishes


@pytest.fixture
def coded(
    tmp_path: Path, photo_like: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> Callable[[str, int, int], Path]:
    """``coded(subsampling, height, band)``: a JPEG of 203 pixels across, in bands of so many pixels."""

    def make(subsampling: str, height: int, band: int) -> Path:
        pixels = photo_like(203, height)
        kind = Coding(subsampling if subsampling != "grey" else "")
        photo = Photo(pixels[..., 1].copy() if subsampling == "grey" else pixels, coding=kind, dpi=(300.0, 300.0))
        monkeypatch.setattr(jpeg_encoder, "_BAND", band)
        path = tmp_path / f"{band}.jpg"
        write_jpeg(fitted(photo, JPEG, Wishes())[0], path, 95)
        return path

    return make


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0", "grey"])
@pytest.mark.parametrize("height", [403, 400, 401, 385])
def test_pixels_are_the_same_to_every_decoder(coded: Callable[..., Path], subsampling: str, height: int) -> None:
    whole, banded = coded(subsampling, height, 10**9), coded(subsampling, height, 203 * 32)
    assert banded.read_bytes().count(b"\xff\xd0") == 2, "every eighth restart marker: eleven and more bands"
    with Image.open(whole) as one, Image.open(banded) as other:
        assert other.size == (203, height)
        assert other.info["dpi"] == (300, 300)
        assert (np.asarray(one) == np.asarray(other)).all()
    assert (cv2.imread(str(whole)) == cv2.imread(str(banded))).all()


def test_the_head_stands_there_once(coded: Callable[..., Path]) -> None:
    content = coded("4:4:4", 400, 203 * 32).read_bytes()
    assert [content.count(marker) for marker in (b"\xff\xd8\xff", b"JFIF", b"\xff\xc0", b"\xff\xdd", b"\xff\xda")] == [
        1
    ] * 5
    assert content.endswith(b"\xff\xd9")


def test_bands_take_no_memory_beside_the_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a few bands are ever made into pictures of Pillow's, which take a third more than ours."""
    made: list[int] = []
    original = Image.fromarray

    def note(pixels: Any, *mode: str) -> Image.Image:
        made.append(pixels.shape[0])
        return original(pixels, *mode)

    monkeypatch.setattr(Image, "fromarray", note)
    monkeypatch.setattr(jpeg_encoder, "_BAND", 100 * 64)
    photo = Photo(np.zeros((1000, 100, 3), np.uint8), coding=Coding("4:2:0"))
    write_jpeg(fitted(photo, JPEG, Wishes())[0], tmp_path / "a.jpg", 95)
    assert sum(made) == 1000
    assert max(made) == 64
