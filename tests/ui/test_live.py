"""A result is seen while it is made, and what is looked at is made first."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from pytestqt.qtbot import QtBot

from desktop.core import loaded_net
from desktop.core.jobs import JobState
from desktop.ui.app import create_window
from desktop.ui.coming import Coming
from desktop.ui.main_window import MainWindow
from desktop.ui.viewport import Box

PATIENCE_MS = 60_000
TILE = 32
SIZE = 240, 160


class Gate:
    """Lets a network answer so many more times."""

    def __init__(self) -> None:
        self._turns = threading.Semaphore(0)
        self._open = False

    def __call__(self) -> None:
        if not self._open:
            self._turns.acquire()

    def let(self, tiles: int) -> None:
        for _ in range(tiles):
            self._turns.release()

    def open(self) -> None:
        self._open = True
        self.let(1000)


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def window(
    qtbot: QtBot,
    tmp_path: Path,
    gate: Gate,
    fake_net: Callable[..., Any],
    fake_engine: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[MainWindow]:
    engine = fake_engine(net=fake_net(tile=TILE, before=gate))
    monkeypatch.setattr(loaded_net, "available_engines", lambda _twins: {"fake": engine})
    made = create_window(tmp_path / "data")
    with qtbot.waitExposed(made):
        made.show()
    yield made
    gate.open()
    made._closing = True
    made.close()


@pytest.fixture
def add(
    qtbot: QtBot, window: MainWindow, photo_file: Callable[..., Path], photo_like: Callable[..., Any]
) -> Callable[[str], Path]:
    def added(name: str) -> Path:
        path = photo_file(name, photo_like(*SIZE))
        window.add_paths([path])
        qtbot.waitUntil(lambda: any(job.path == path for job in window.jobs), timeout=PATIENCE_MS)
        return path

    return added


def begun(qtbot: QtBot, window: MainWindow) -> None:
    """The first photo is being looked at, and its result has begun to come."""
    view = window._comparison.view
    qtbot.waitUntil(lambda: view.frames.before is not None, timeout=PATIENCE_MS)
    window.start()
    qtbot.waitUntil(lambda: view.frames.after is not None, timeout=PATIENCE_MS)


def missing(window: MainWindow) -> set[Box]:
    return set(window._comparison.view.frames.missing)


def arrived(qtbot: QtBot, window: MainWindow, gate: Gate) -> Box:
    """The part of the result that one more turn of the network brings."""
    before = missing(window)
    gate.let(1)
    qtbot.waitUntil(lambda: len(missing(window)) == len(before) - 1, timeout=PATIENCE_MS)
    (part,) = before - missing(window)
    return part


def test_tiles_appear_as_they_are_finished_over_the_bicubic_enlargement(
    qtbot: QtBot, window: MainWindow, gate: Gate, add: Callable[[str], Path]
) -> None:
    add("a.png")
    begun(qtbot, window)
    view = window._comparison.view
    frames = view.frames
    assert frames.size == (SIZE[0] * 3, SIZE[1] * 3)
    assert sum(part.width * part.height for part in missing(window)) == frames.size[0] * frames.size[1]
    whole = Box(0, 0, *frames.size)
    bicubic = np.array(frames.after.sample((1.0, 1.0), whole))
    part = arrived(qtbot, window, gate)
    changed = (frames.after.sample((1.0, 1.0), whole) != bicubic).any(axis=2)
    inside = slice(part.top, part.bottom), slice(part.left, part.right)
    assert changed[inside].any()
    changed[inside] = False
    assert not changed.any()
    # What is still to come is marked: the same picture without the mark is drawn differently there, and only there.
    view.mode = "flip"
    view.zoom_to_fit()
    marked = view.grab().toImage()
    kept, frames.missing = frames.missing, ()
    plain = view.grab().toImage()
    frames.missing = kept
    one = view.viewport

    def at(box: Box) -> tuple[int, int]:
        ratio = view.devicePixelRatioF()
        x, y = (
            (box.left + box.right) / 2 * one.zoom + one.origin[0],
            (box.top + box.bottom) / 2 * one.zoom + one.origin[1],
        )
        return round(x / ratio), round(y / ratio)

    assert marked.pixelColor(*at(part)) == plain.pixelColor(*at(part))
    other = max(kept, key=lambda box: abs(box.left - part.left) + abs(box.top - part.top))
    assert marked.pixelColor(*at(other)) != plain.pixelColor(*at(other))


def test_a_size_of_several_passes_is_told_while_the_last_one_comes(
    qtbot: QtBot, window: MainWindow, gate: Gate, photo_file: Callable[..., Path], photo_like: Callable[..., Any]
) -> None:
    path = photo_file("a.png", photo_like(20, 10))
    window._controller.apply(replace(window.settings.current, model="edsr-baseline", target="longest 210"))
    window.add_paths([path])
    qtbot.waitUntil(lambda: len(window.jobs) == 1, timeout=PATIENCE_MS)
    view, words = window._comparison.view, window._comparison.bar.size_words
    qtbot.waitUntil(lambda: view.frames.before is not None, timeout=PATIENCE_MS)
    window.start()
    gate.let(1)  # the first pass, of one tile
    qtbot.waitUntil(lambda: view.frames.after is not None, timeout=PATIENCE_MS)
    assert view.frames.after.size == (240, 120)
    assert words.text().startswith("20 × 10 → 210 × 105")
    gate.open()
    qtbot.waitUntil(lambda: str(window.jobs[0].state) == "done", timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: view.frames.after.size == (210, 105), timeout=PATIENCE_MS)
    assert words.text().startswith("20 × 10 → 210 × 105")


def test_what_is_looked_at_is_done_first_and_looking_elsewhere_changes_what_comes_next(
    qtbot: QtBot, window: MainWindow, gate: Gate, add: Callable[[str], Path]
) -> None:
    add("a.png")
    view = window._comparison.view
    begun(qtbot, window)

    def look_at(x: float, y: float) -> None:
        view.set_zoom(8.0, view.rect().toRectF().center())
        view.pan(10_000 * (0.5 - x), 10_000 * (0.5 - y))

    def on_screen(part: Box) -> bool:
        seen, (width, height) = view.visible_region(), view.frames.size
        return (
            part.left < seen.right() * width
            and part.right > seen.left() * width
            and part.top < seen.bottom() * height
            and part.bottom > seen.top() * height
        )

    arrived(qtbot, window, gate)  # the next is chosen already when this has come
    look_at(1, 1)
    arrived(qtbot, window, gate)
    assert on_screen(arrived(qtbot, window, gate))
    look_at(0, 1)
    arrived(qtbot, window, gate)
    assert on_screen(arrived(qtbot, window, gate))


def test_the_place_stays_while_tiles_come(
    qtbot: QtBot, window: MainWindow, gate: Gate, add: Callable[[str], Path]
) -> None:
    add("a.png")
    begun(qtbot, window)
    view = window._comparison.view
    view.set_zoom(3.0, QPointF(50, 60))
    place = view.viewport
    arrived(qtbot, window, gate)
    arrived(qtbot, window, gate)
    assert view.viewport == place


def test_the_finished_file_takes_the_place_of_what_was_seen_coming(
    qtbot: QtBot, window: MainWindow, gate: Gate, add: Callable[[str], Path]
) -> None:
    add("a.png")
    begun(qtbot, window)
    coming = window._comparison.view.frames.after
    pixels = coming._over.colour
    with qtbot.waitSignal(window.queueFinished, timeout=PATIENCE_MS):
        gate.open()
    view = window._comparison.view
    qtbot.waitUntil(lambda: view.frames.after is not None and view.frames.after is not coming, timeout=PATIENCE_MS)
    assert not missing(window)
    np.testing.assert_array_equal(view.frames.after.colour, pixels)
    assert window._looking._live.picture_of(window.jobs[0].id) is None


def test_cancelling_shows_the_original_again_and_leaves_nothing_behind(
    qtbot: QtBot, window: MainWindow, gate: Gate, add: Callable[[str], Path]
) -> None:
    path = add("a.png")
    begun(qtbot, window)
    arrived(qtbot, window, gate)
    window._controller.cancel_all()
    gate.open()
    view = window._comparison.view
    qtbot.waitUntil(lambda: window.jobs[0].state is JobState.CANCELLED, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: view.frames.after is None, timeout=PATIENCE_MS)
    assert not missing(window)
    assert [entry.name for entry in path.parent.glob("*.png")] == [path.name]


def test_another_photo_is_shown_without_it_and_coming_back_shows_it_again(
    qtbot: QtBot, window: MainWindow, gate: Gate, add: Callable[[str], Path]
) -> None:
    add("a.png")
    add("b.png")
    begun(qtbot, window)
    arrived(qtbot, window, gate)
    view, subject = window._comparison.view, window._comparison.subject
    window._queue.view.step(1)
    qtbot.waitUntil(lambda: window._comparison.subject not in (None, subject), timeout=PATIENCE_MS)
    assert view.frames.after is None
    picture = window._looking._live.picture_of(subject)
    count = len(picture.missing)
    gate.let(1)
    qtbot.waitUntil(lambda: len(picture.missing) == count - 1, timeout=PATIENCE_MS)
    assert view.frames.after is None
    window._queue.view.step(-1)
    qtbot.waitUntil(lambda: view.frames.after is picture, timeout=PATIENCE_MS)
    assert missing(window) == picture.missing


def previewed(qtbot: QtBot, window: MainWindow, gate: Gate) -> None:
    """What is on screen has been enhanced, and nothing is started."""
    gate.open()
    qtbot.waitUntil(lambda: window._comparison.view.frames.before is not None, timeout=PATIENCE_MS)
    window._comparison.commands.preview.trigger()
    qtbot.waitUntil(lambda: isinstance(window._comparison.view.frames.after, Coming), timeout=PATIENCE_MS)
    place = window._comparison.view.frames.after.place
    qtbot.waitUntil(lambda: all(part.meet(place).empty for part in missing(window)), timeout=PATIENCE_MS)


def test_a_preview_enhances_what_is_on_screen_and_leaves_the_photo_waiting(
    qtbot: QtBot, window: MainWindow, gate: Gate, add: Callable[[str], Path]
) -> None:
    path = add("a.png")
    view = window._comparison.view
    qtbot.waitUntil(lambda: view.frames.before is not None, timeout=PATIENCE_MS)
    view.set_zoom(8.0, QPointF(0, 0))
    seen = view.visible_region()
    previewed(qtbot, window, gate)
    place = view.frames.after.place
    assert place.left <= seen.left() * SIZE[0] * 3 + 1
    assert place.right >= seen.right() * SIZE[0] * 3 - 1
    assert place.width < SIZE[0] * 3
    assert (
        sum(part.width * part.height for part in missing(window)) == SIZE[0] * SIZE[1] * 9 - place.width * place.height
    )
    assert window.jobs[0].state is JobState.WAITING
    assert [entry.name for entry in path.parent.glob("*.png")] == [path.name]


def test_a_preview_shows_the_pixels_the_result_will_have(
    qtbot: QtBot, window: MainWindow, gate: Gate, add: Callable[[str], Path]
) -> None:
    add("a.png")
    previewed(qtbot, window, gate)
    view = window._comparison.view
    patched = view.frames.after
    spots = [(0.1, 0.1), (0.5, 0.5), (0.93, 0.71)]
    shown = [patched.colour_at(*spot) for spot in spots]
    with qtbot.waitSignal(window.queueFinished, timeout=PATIENCE_MS):
        window.start()
    qtbot.waitUntil(lambda: not isinstance(view.frames.after, Coming | None), timeout=PATIENCE_MS)
    assert [view.frames.after.colour_at(*spot) for spot in spots] == shown


def test_a_preview_of_another_photo_comes_between_the_tiles_of_the_one_under_way(
    qtbot: QtBot, window: MainWindow, gate: Gate, add: Callable[[str], Path]
) -> None:
    add("a.png")
    add("b.png")
    begun(qtbot, window)
    arrived(qtbot, window, gate)
    first = window._comparison.subject
    window._queue.view.step(1)
    qtbot.waitUntil(lambda: window._comparison.subject not in (None, first), timeout=PATIENCE_MS)
    previewed(qtbot, window, gate)
    with qtbot.waitSignal(window.queueFinished, timeout=PATIENCE_MS):
        pass
    assert [job.state for job in window.jobs] == [JobState.DONE, JobState.DONE]


def test_what_is_done_or_under_way_offers_no_preview(
    qtbot: QtBot, window: MainWindow, gate: Gate, add: Callable[[str], Path]
) -> None:
    add("a.png")
    preview = window._comparison.commands.preview
    qtbot.waitUntil(preview.isEnabled, timeout=PATIENCE_MS)
    begun(qtbot, window)
    qtbot.waitUntil(lambda: not preview.isEnabled(), timeout=PATIENCE_MS)
    with qtbot.waitSignal(window.queueFinished, timeout=PATIENCE_MS):
        gate.open()
    assert not preview.isEnabled()


def test_a_photo_that_has_gone_says_so_instead_of_a_preview(
    qtbot: QtBot, window: MainWindow, add: Callable[[str], Path]
) -> None:
    path = add("a.png")
    qtbot.waitUntil(lambda: window._comparison.view.frames.before is not None, timeout=PATIENCE_MS)
    path.unlink()
    window._comparison.commands.preview.trigger()
    qtbot.waitUntil(lambda: "a.png" in window._message._whole, timeout=PATIENCE_MS)


def test_previews_come_unasked_if_that_is_wished(
    qtbot: QtBot, window: MainWindow, gate: Gate, add: Callable[[str], Path]
) -> None:
    gate.open()
    window.settings.change(preview_when_idle=True)
    add("a.png")
    qtbot.waitUntil(lambda: isinstance(window._comparison.view.frames.after, Coming), timeout=PATIENCE_MS)


def test_photos_are_enhanced_as_soon_as_they_are_added_if_that_is_wished(
    qtbot: QtBot, window: MainWindow, gate: Gate, add: Callable[[str], Path]
) -> None:
    gate.open()
    window.settings.change(start_at_once=True)
    with qtbot.waitSignal(window.queueFinished, timeout=PATIENCE_MS):
        add("a.png")
    assert window.jobs[0].state is JobState.DONE


def test_nobody_waits_for_a_preview_of_a_photo_that_is_no_longer_looked_at(
    qtbot: QtBot, window: MainWindow, gate: Gate, add: Callable[[str], Path]
) -> None:
    add("a.png")
    add("b.png")
    view, first = window._comparison.view, window._comparison.subject
    qtbot.waitUntil(lambda: view.frames.before is not None, timeout=PATIENCE_MS)
    window._comparison.commands.preview.trigger()
    qtbot.waitUntil(lambda: isinstance(view.frames.after, Coming), timeout=PATIENCE_MS)
    window._queue.view.step(1)
    qtbot.waitUntil(lambda: window._comparison.subject not in (None, first), timeout=PATIENCE_MS)
    gate.let(1)  # for the tile under way; for the rest of them the network would wait at the gate
    qtbot.waitUntil(lambda: window._controller._runner._pool.activeThreadCount() == 0, timeout=PATIENCE_MS)
