"""A photo read in a child is the photo read here; what a file does to the child is told in words."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from desktop.core import errors
from desktop.core.isolation.frames import Frame
from desktop.core.isolation.pool import Why, WorkerLostError, WorkerPool
from desktop.core.photo.direct import DirectReader
from desktop.core.photo.isolated import IsolatedReader
from desktop.core.photo.looks import Header, Size
from desktop.core.photo.photo import Photo


@pytest.fixture(scope="module")
def pool() -> Iterator[WorkerPool]:
    pool = WorkerPool(1)
    yield pool
    pool.close()


@pytest.fixture(scope="module")
def reader(pool: WorkerPool) -> IsolatedReader:
    return IsolatedReader(pool)


def same(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray):
        return isinstance(other, np.ndarray) and one.dtype == other.dtype and np.array_equal(one, other)
    return bool(one == other)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.jpg", {}),
        ("a.png", {"mode": "RGBA"}),
        ("a.png", {"mode": "L"}),
        ("a.tif", {}),
        ("größe.webp", {}),
    ],
)
def test_a_photo_is_the_same_as_read_directly(
    reader: IsolatedReader, photo_file: Callable[..., Path], name: str, options: dict[str, Any]
) -> None:
    path = photo_file(name, **options)
    found, wanted = reader.read(path), DirectReader().read(path)
    assert [
        field.name for field in fields(Photo) if not same(getattr(found, field.name), getattr(wanted, field.name))
    ] == []


def test_a_thumbnail_is_the_same_as_made_directly(reader: IsolatedReader, photo_file: Callable[..., Path]) -> None:
    path = photo_file("a.jpg")
    found, wanted = reader.thumbnail(path, 20, 100), DirectReader().thumbnail(path, 20, 100)
    assert (found.width, found.height) == (wanted.width, wanted.height)
    assert np.array_equal(found.pixels, wanted.pixels)


@pytest.mark.parametrize("dated", [True, False])
def test_a_glance_is_the_same_as_made_directly(
    reader: IsolatedReader, photo_file: Callable[..., Path], exif_block: Callable[..., bytes], dated: bool
) -> None:
    path = photo_file("a.jpg", exif=b"Exif\0\0" + exif_block()) if dated else photo_file("a.jpg")
    found = reader.glance(path)
    assert found == DirectReader().glance(path)
    assert (found.taken is not None) == dated


def test_the_size_is_asked_about_before_anything_is_decoded(
    reader: IsolatedReader, photo_file: Callable[..., Path]
) -> None:
    seen = []

    def refuse(header: Header) -> None:
        seen.append(header)
        raise errors.TooLargeError("Too large.")

    path = photo_file("a.png")
    photo = DirectReader().read(path)
    with pytest.raises(errors.TooLargeError):
        reader.read(path, refuse)
    assert seen == [Header(photo.width, photo.height, "PNG", 3, 8)]


def test_a_name_relative_to_where_one_stands_is_found(
    reader: IsolatedReader, photo_file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = photo_file("a.png")
    reader.read(path)
    monkeypatch.chdir(path.parent)
    assert reader.read(Path(path.name)).width > 0


@pytest.mark.parametrize(
    ("content", "kind"),
    [(None, errors.NotFoundError), (b"", errors.UnreadablePhotoError), (b"text", errors.UnsupportedFormatError)],
)
def test_what_is_no_photo_is_said_as_by_reading_directly(
    reader: IsolatedReader, tmp_path: Path, content: bytes | None, kind: type[errors.RekindleError]
) -> None:
    path = tmp_path / "a.jpg"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(kind) as found:
        reader.read(path)
    with pytest.raises(kind) as wanted:
        DirectReader().read(path)
    assert str(found.value) == str(wanted.value)


class _Lost(WorkerPool):
    """Loses every child for one reason."""

    def __init__(self, why: Why) -> None:
        super().__init__()
        self._why = why

    def call(self, *_: Any, **__: Any) -> Any:
        raise WorkerLostError(self._why)


@pytest.mark.parametrize(
    ("why", "kind", "words"),
    [
        (Why.CRASHED, errors.UnreadablePhotoError, "breaks what reads it"),
        (Why.NONSENSE, errors.UnreadablePhotoError, "breaks what reads it"),
        (Why.TIME, errors.UnreadablePhotoError, "too long"),
        (Why.MEMORY, errors.OutOfMemoryError, "not enough memory"),
    ],
)
def test_a_lost_child_is_told_in_words_that_name_the_file(
    why: Why, kind: type[errors.RekindleError], words: str
) -> None:
    for act in (lambda r: r.read(Path("/p/grandma.jpg")), lambda r: r.thumbnail(Path("/p/grandma.jpg"), 9, 9)):
        with pytest.raises(kind, match=words) as caught:
            act(IsolatedReader(_Lost(why)))
        assert "“grandma.jpg”" in str(caught.value)


def test_sizes_are_the_same_as_read_directly(reader: IsolatedReader, photo_file: Callable[..., Path]) -> None:
    paths = [photo_file("a.jpg"), Path("missing.jpg"), photo_file("größe.png", np.zeros((7, 9, 3), np.uint8))]
    assert reader.sizes(paths, 60) == DirectReader().sizes(paths, 60) == [(24, 16), (0, 0), (9, 7)]
    assert reader.sizes(paths, 0) == [(24, 16)]  # one at least, however little time there is


class _Fragile(WorkerPool):
    """Loses its child over one photo, and counts what that costs."""

    def __init__(self, deadly: str) -> None:
        super().__init__()
        self.deadly = os.path.abspath(deadly)
        self.lost = 0

    def call(self, task: str, arguments: dict[str, Any], *_: Any, **__: Any) -> Frame:
        if self.deadly in arguments["paths"]:
            self.lost += 1
            raise WorkerLostError(Why.CRASHED)
        return Frame({"sizes": [(4, 3)] * len(arguments["paths"])})


@pytest.mark.parametrize("deadly", [0, 41, 99])
def test_the_photo_that_breaks_what_measures_it_is_found_and_the_others_are_measured(deadly: int) -> None:
    pool = _Fragile(f"{deadly}.jpg")
    paths = [Path(f"{number}.jpg") for number in range(100)]
    sizes: list[Size] = []
    while len(sizes) < 100:
        sizes += IsolatedReader(pool).sizes(paths[len(sizes) :], 1)
    assert [number for number, size in enumerate(sizes) if size != (4, 3)] == [deadly]
    assert pool.lost < 30


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="not on this platform: no pipes with names")
def test_a_pipe_with_a_photos_name_holds_nothing_up(reader: IsolatedReader, tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    os.mkfifo(path)
    with pytest.raises(errors.UnsupportedFormatError):
        reader.read(path)


def test_a_child_killed_from_outside_is_a_photo_that_failed_and_the_next_one_is_read(
    pool: WorkerPool, reader: IsolatedReader, photo_file: Callable[..., Path]
) -> None:
    def kill_it(_header: Header) -> None:
        (child,) = psutil.Process().children()
        child.send_signal(signal.SIGTERM)
        child.wait(30)

    path = photo_file("a.jpg")
    reader.read(path)
    with pytest.raises(errors.UnreadablePhotoError, match="breaks what reads it"):
        reader.read(path, kill_it)
    assert reader.read(path).width > 0
