"""Every file of a large corpus is opened as others open it, or refused in words: corpus.tsv says which and why."""

from __future__ import annotations

import shutil
import subprocess
import time
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from desktop.core import errors
from desktop.core.photo.depth import as_8_bit
from desktop.core.photo.header import size_of
from desktop.core.photo.preview import thumbnail
from desktop.core.photo.read import read

TABLE = Path(__file__).with_name("corpus.tsv")
LONGEST_S = 5
MOST_PIXELS = 50_000_000
REFUSALS = ("unreadable", "unsupported", "too-large")


@dataclass(frozen=True)
class Row:
    path: str
    outcome: str


def _rows():
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    return [Row(*line.split("\t")[:2]) for line in lines if not line.startswith("#")]


@pytest.fixture(scope="module")
def corpus(shared):
    return shared / "data" / "corpus"


@pytest.fixture(scope="module")
def imagemagick():
    found = shutil.which("magick") or shutil.which("convert")
    if found is None:
        pytest.skip("ImageMagick is not installed")
    return found


def _refuse_huge(header):
    if header.pixels > MOST_PIXELS:
        raise errors.TooLargeError("too large")


def _seen(photo):
    """(H, W, 4), 8 bits."""
    colours = as_8_bit(photo.pixels)
    colours = colours if colours.ndim == 3 else np.dstack([colours] * 3)
    alpha = np.full(colours.shape[:2], 255, np.uint8) if photo.alpha is None else as_8_bit(photo.alpha)
    return np.dstack([colours, alpha])


def _by_pillow(path):
    with Image.open(path) as image:
        if image.mode == "I;16":
            key = image.info.get("transparency")
            values = np.asarray(image)
            grey = as_8_bit(values.astype(np.uint16))
            return np.dstack([grey, grey, grey, np.where(values == key, 0, 255).astype(np.uint8)])
        return np.asarray(ImageOps.exif_transpose(image).convert("RGBA"))


def _by_imagemagick(program, path):
    kind = "bmp:" if path.suffix == ".bmp" else ""
    run = subprocess.run(
        [program, f"{kind}{path}[0]", "-depth", "8", "RGBA:-"], capture_output=True, timeout=60, check=True
    )
    size = size_of(path)
    return np.frombuffer(run.stdout, np.uint8).reshape(size[1], size[0], 4)


@pytest.mark.parametrize("row", _rows(), ids=lambda row: row.path)
def test_a_file_is_opened_as_others_open_it_or_refused_in_words(row, corpus, request):
    path = corpus / row.path
    started = time.process_time()
    if row.outcome in REFUSALS:
        with pytest.raises(errors.RekindleError) as caught:
            read(path, _refuse_huge)
        assert caught.value.code == row.outcome
        assert row.outcome == "too-large" or path.name in str(caught.value)
        assert time.process_time() - started < LONGEST_S
        return
    photo = read(path, _refuse_huge)
    assert time.process_time() - started < LONGEST_S
    found = _seen(photo)
    if row.outcome.startswith("alone"):
        _, size, checksum = row.outcome.split()
        assert (f"{photo.width}x{photo.height}", f"{zlib.crc32(found.tobytes()):08x}") == (size, checksum)
        return
    if row.outcome == "imagemagick":
        wanted = _by_imagemagick(request.getfixturevalue("imagemagick"), path)
    else:
        assert row.outcome == "pillow"
        wanted = _by_pillow(path)
    assert found.shape == wanted.shape
    visible = found[..., 3] > 0
    assert np.abs(found.astype(int) - wanted)[visible].max(initial=0) <= 1
    assert np.abs(found[..., 3].astype(int) - wanted[..., 3]).max() <= 1


@pytest.mark.parametrize("row", _rows(), ids=lambda row: row.path)
def test_a_file_s_size_and_thumbnail_agree_with_its_photo(row, corpus):
    path = corpus / row.path
    try:
        photo = read(path, _refuse_huge)
    except errors.RekindleError:
        with pytest.raises(errors.UnreadablePhotoError):
            thumbnail(path, 64, MOST_PIXELS // 1_000_000)
        return
    small = thumbnail(path, 64, 1000)
    assert (small.width, small.height) == size_of(path) == (photo.width, photo.height)
    assert abs(small.pixels[..., 3].mean() - _seen(photo)[..., 3].mean()) < 26


def test_no_file_of_the_corpus_is_missing_from_the_table(corpus):
    there = {str(path.relative_to(corpus).as_posix()) for path in corpus.rglob("*") if path.is_file()}
    assert there == {row.path for row in _rows()}
