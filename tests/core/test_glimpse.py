"""A part of a photo is enhanced to be looked at: the same pixels as the job would give, and nothing on disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from desktop.core.cancel import CancelToken
from desktop.core.errors import CancelledError, NotFoundError
from desktop.core.gaze import Region
from desktop.core.glimpse import LARGEST, glimpse, part_of
from desktop.core.jobs import Request
from desktop.core.loaded_net import LoadedNet
from desktop.core.photo.cut import Cut
from desktop.core.photo.direct import DirectReader
from desktop.core.photo.photo import Photo
from desktop.core.pipeline import Pipeline
from desktop.core.tiles import Span, Tile
from desktop.core.workspace import Workspace


class Seen:
    """What one who looks is told."""

    def begun(self, size: tuple[int, int], x: Span, y: Span, margin: int, scale: int) -> Seen:
        self.size, self.x, self.y, self.margin, self.scale = size, x, y, margin, scale
        return self

    def begin(self, source: Photo, result: Photo, todo: list[Tile], scale: int) -> None:
        self.result, self.todo, self.arrived_tiles = result, todo, 0

    def arrived(self, tile: Tile) -> None:
        self.arrived_tiles += 1

    @property
    def pixels(self) -> Any:
        """Without the margin."""
        left, top = min(self.x.start, self.margin) * self.scale, min(self.y.start, self.margin) * self.scale
        return self.result.pixels[top : top + self.y.size * self.scale, left : left + self.x.size * self.scale]


Look = Callable[..., Seen]


@pytest.fixture
def look(workspace: Workspace, fake_net: Callable[..., Any], fake_engine: Callable[..., Any]) -> Look:
    def looked(path: Path, region: Region, cancel: CancelToken | None = None, **request: Any) -> Seen:
        seen = Seen()
        glimpse(
            workspace.catalogue,
            LoadedNet(workspace.store, {"fake": fake_engine(net=fake_net(tile=40))}),
            DirectReader(),
            Request(path, **request),
            region,
            budget_mib=512,
            begun=seen.begun,
            cancel=cancel or CancelToken(),
        )
        return seen

    return looked


@pytest.mark.parametrize(
    "region", [(0.0, 0.0, 1.0, 1.0), (0.2, 0.3, 0.5, 0.9), (0.0, 0.6, 0.1, 1.0), (0.5, 0.5, 0.5, 0.5)]
)
def test_a_part_is_what_the_whole_would_be_there(
    region: Region,
    look: Look,
    photo_file: Callable[..., Path],
    photo_like: Callable[..., Any],
    fake_pipeline: Callable[..., Pipeline],
    fake_net: Callable[..., Any],
) -> None:
    path = photo_file("a.png", photo_like(120, 90))
    seen = look(path, region)
    assert seen.size == (120, 90)
    assert seen.x.start <= region[0] * 120
    assert seen.x.stop >= region[2] * 120
    assert seen.arrived_tiles == len(seen.todo)
    outcome = fake_pipeline(fake_net(tile=40)).process(Request(path))
    whole = DirectReader().read(outcome.output).pixels
    np.testing.assert_array_equal(seen.pixels, whole[seen.y.scaled(3), seen.x.scaled(3)])


@pytest.mark.parametrize("region", [(0.0, 0.0, 1.0, 1.0), (0.2, 0.3, 0.5, 0.9), (0.5, 0.5, 0.5, 0.5)])
def test_a_part_of_several_passes_and_of_a_cut_photo_is_right_too(
    region: Region,
    look: Look,
    photo_file: Callable[..., Path],
    photo_like: Callable[..., Any],
    fake_pipeline: Callable[..., Pipeline],
    fake_net: Callable[..., Any],
) -> None:
    path = photo_file("a.png", photo_like(120, 90))
    asked: dict[str, Any] = {"model": "edsr-baseline", "target": "width 480", "cut": Cut(0, (30, 10, 80, 60))}
    seen = look(path, region, **asked)
    assert (seen.size, seen.scale) == ((80, 60), 6)
    outcome = fake_pipeline(fake_net(tile=40)).process(Request(path, **asked))
    assert outcome.passes == (2, 3)
    whole = DirectReader().read(outcome.output).pixels
    np.testing.assert_array_equal(seen.pixels, whole[seen.y.scaled(6), seen.x.scaled(6)])


def test_of_a_photo_that_is_large_enough_nothing_is_enhanced(look: Look, photo_file: Callable[..., Path]) -> None:
    seen = look(photo_file("a.png"), (0.0, 0.0, 1.0, 1.0), target="width 20")
    assert not hasattr(seen, "result")


def test_nothing_is_written(look: Look, photo_file: Callable[..., Path]) -> None:
    path = photo_file("a.png")
    look(path, (0.0, 0.0, 1.0, 1.0))
    assert list(path.parent.glob("*.png")) == [path]


def test_what_cannot_be_read_is_told_of(look: Look, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        look(tmp_path / "gone.png", (0.0, 0.0, 1.0, 1.0))


def test_it_can_be_cancelled(look: Look, photo_file: Callable[..., Path]) -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(CancelledError):
        look(photo_file("a.png"), (0.0, 0.0, 1.0, 1.0), token)


@pytest.mark.parametrize("length", [1, 7, LARGEST - 1, LARGEST, LARGEST + 1, 10_000])
@pytest.mark.parametrize(("start", "stop"), [(0, 1), (0.25, 0.3), (0.999, 1), (1, 1), (0, 0), (-0.2, 1.4)])
def test_a_part_lies_in_the_photo_and_is_neither_empty_nor_too_large(length: int, start: float, stop: float) -> None:
    part = part_of(length, start, stop)
    assert 0 <= part.start < part.stop <= length
    assert part.size <= LARGEST
    middle = (max(0, start) + min(1, stop)) / 2 * length
    assert part.start - 1 <= middle <= part.stop + 1
