"""A result that comes part by part is drawn of what is there and of bicubic elsewhere, and never of anything else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.core.opencv import cv2
from desktop.core.tiles import plan
from desktop.ui.coming import Coming
from desktop.ui.live import kept_part
from desktop.ui.pictures import Bicubic
from desktop.ui.pyramid import Pyramid, Sampling
from desktop.ui.viewport import Box

SCALE = 3
WIDTH, HEIGHT = 301, 203
ZOOMS = (0.11, 0.3, 0.5, 0.77, 1.0, 1.4, 2.0, 3.5)
SMALLEST = 64  # so that there are levels


@pytest.fixture(autouse=True)
def _small_levels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("desktop.ui.pyramid.SMALLEST_LEVEL", SMALLEST)


@pytest.fixture(scope="module")
def original() -> Any:
    return np.random.default_rng(1).integers(0, 90, (HEIGHT, WIDTH, 3), np.uint8)


@pytest.fixture(scope="module")
def answer() -> Any:
    """Unlike bicubic everywhere, and nowhere black."""
    noise = np.random.default_rng(2).integers(120, 255, (HEIGHT * SCALE, WIDTH * SCALE, 3), np.uint8)
    return np.asarray(cv2.blur(noise, (3, 3)))


class Work:
    """A result under way, its parts arriving as they are asked to."""

    def __init__(self, original: Any, answer: Any, place: Box | None = None) -> None:
        self.ground = Bicubic(Pyramid.build(original), (WIDTH * SCALE, HEIGHT * SCALE))
        self.place = place or Box(0, 0, *self.ground.size)
        inside = slice(self.place.top, self.place.bottom), slice(self.place.left, self.place.right)
        self.answer = answer[inside]
        self._pixels = np.zeros_like(self.answer)
        self._over = Pyramid.unfilled(self._pixels)
        parts = (kept_part(tile, SCALE).meet(self.place) for tile in plan(WIDTH, HEIGHT, 60, 6))
        self.parts = [part for part in parts if not part.empty]
        self.coming = Coming(self.ground, self._over, self.place, self.parts)

    def bring(self, part: Box) -> None:
        inner = part.moved(-self.place.left, -self.place.top)
        inside = slice(inner.top, inner.bottom), slice(inner.left, inner.right)
        self._pixels[inside] = self.answer[inside]
        self._over.refresh(*inside)
        self.coming.arrived(part)

    def whole(self, zoom: float) -> Box:
        return Box(0, 0, round(WIDTH * SCALE * zoom), round(HEIGHT * SCALE * zoom))


@pytest.mark.parametrize("sampling", Sampling)
@pytest.mark.parametrize("zoom", ZOOMS)
def test_before_anything_has_arrived_it_is_bicubic(original: Any, answer: Any, zoom: float, sampling: Sampling) -> None:
    work = Work(original, answer)
    box = work.whole(zoom)
    np.testing.assert_array_equal(
        work.coming.sample((zoom, zoom), box, sampling), work.ground.sample((zoom, zoom), box, sampling)
    )
    assert work.coming.missing == set(work.parts)


@pytest.mark.parametrize("sampling", Sampling)
@pytest.mark.parametrize("zoom", ZOOMS)
def test_when_all_has_arrived_it_is_the_result(original: Any, answer: Any, zoom: float, sampling: Sampling) -> None:
    work = Work(original, answer)
    for part in np.random.default_rng(3).permutation(np.array(work.parts)).tolist():
        work.bring(Box(*part))
    box = work.whole(zoom)
    final = Pyramid.build(answer).sample((zoom, zoom), box, sampling)
    np.testing.assert_array_equal(work.coming.sample((zoom, zoom), box, sampling), final)
    assert work.coming.missing == set()


@given(st.data())
def test_in_between_every_pixel_is_the_results_or_bicubic(original: Any, answer: Any, data: st.DataObject) -> None:
    work = Work(original, answer)
    here = data.draw(st.lists(st.sampled_from(work.parts), unique=True, min_size=1))
    for part in here:
        work.bring(part)
    zoom = data.draw(st.sampled_from(ZOOMS[:-1]))
    sampling = data.draw(st.sampled_from((Sampling.SMOOTH, Sampling.DRAFT)))
    box = work.whole(zoom)
    seen = work.coming.sample((zoom, zoom), box, sampling)
    ground = work.ground.sample((zoom, zoom), box, sampling)
    final = Pyramid.build(answer).sample((zoom, zoom), box, sampling)
    is_final = (seen == final).all(axis=2)
    assert (is_final | (seen == ground).all(axis=2)).all()
    # Inside a part, where nothing beside it is read, the answer is seen; outside the parts it is not.
    edge = 12
    missing = np.ones((HEIGHT * SCALE, WIDTH * SCALE), bool)
    for part in here:
        missing[part.top : part.bottom, part.left : part.right] = False
        middle = Box(part.left + edge, part.top + edge, part.width - 2 * edge, part.height - 2 * edge)
        if zoom >= 0.5:
            down = slice(round(middle.top * zoom), round(middle.bottom * zoom))
            across = slice(round(middle.left * zoom), round(middle.right * zoom))
            assert is_final[down, across].all()
    rows, columns = (
        np.minimum((np.arange(shown) + 0.5) / zoom, side * SCALE - 1).astype(int)
        for shown, side in ((box.height, HEIGHT), (box.width, WIDTH))
    )
    places = np.ix_(rows, columns)
    assert not is_final[missing[places]].any()


def test_a_part_that_is_looked_at_has_bicubic_around(original: Any, answer: Any) -> None:
    place = Box(100, 81, 333, 250)
    work = Work(original, answer, place)
    for part in work.parts:
        work.bring(part)
    seen = work.coming.sample((1.0, 1.0), work.whole(1.0))
    inside = slice(place.top, place.bottom), slice(place.left, place.right)
    assert (seen[inside][..., 2] >= 100).all()
    np.testing.assert_array_equal(seen[inside][..., :3][..., ::-1], work.answer)
    seen[inside] = 0
    ground = np.array(work.ground.sample((1.0, 1.0), work.whole(1.0)))
    ground[inside] = 0
    np.testing.assert_array_equal(seen, ground)
    covered = sum(part.width * part.height for part in work.coming.missing)
    assert covered == WIDTH * HEIGHT * SCALE**2 - place.width * place.height


def test_the_colour_at_a_place_is_what_is_drawn_there(original: Any, answer: Any) -> None:
    work = Work(original, answer)
    part = work.parts[7]
    x, y = (part.left + part.width / 2) / (WIDTH * SCALE), (part.top + part.height / 2) / (HEIGHT * SCALE)
    assert work.coming.colour_at(x, y) == work.ground.colour_at(x, y)
    work.bring(part)
    assert work.coming.colour_at(x, y) == Pyramid.wrap(answer).colour_at(x, y)
    assert work.coming.colour_at(0.999, 0.999) == work.ground.colour_at(0.999, 0.999)


def test_levels_take_no_memory_before_they_are_filled() -> None:
    pixels = np.zeros((4, 6, 3), np.uint8)
    bare = Pyramid.unfilled(np.broadcast_to(pixels[:1, :1], (30_000, 40_000, 3)))
    assert [level.shape for level in bare.levels[:2]] == [(15_000, 20_000, 3), (7_500, 10_000, 3)]
    assert bare.complete
