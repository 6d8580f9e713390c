"""Any two pictures of a photo beside each other: original, bicubic, and whatever was made of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QMenu, QToolButton
from pytestqt.qtbot import QtBot

from desktop.core.jobs import Account, Job, JobState, Request
from desktop.core.opencv import cv2
from desktop.ui.comparison_layout import Side
from desktop.ui.comparison_panel import ComparisonPanel
from desktop.ui.heat_map import heat_colours
from desktop.ui.main_window import MainWindow
from desktop.ui.pictures import Bicubic
from desktop.ui.pyramid import Pyramid, Sampling
from desktop.ui.sides import BICUBIC, ORIGINAL, RESULT, Other, made_by, others_of
from desktop.ui.viewport import Box

Array = npt.NDArray[Any]
RED, GREEN, BLUE = (200, 30, 20), (20, 170, 40), (30, 40, 210)
LEFT = Qt.MouseButton.LeftButton


def plain(colour: tuple[int, ...], width: int, height: int) -> Pyramid:
    return Pyramid.build(np.full((height, width, len(colour)), colour, np.uint8))


def shot(panel: ComparisonPanel) -> Array:
    image = panel.view.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def colours(panel: ComparisonPanel) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Left and right of a picture of plain colours."""
    picture = shot(panel)
    return tuple(map(int, picture[150, 100])), tuple(map(int, picture[150, 700]))


def label(panel: ComparisonPanel, side: Side) -> QToolButton:
    found = panel.view.findChild(QToolButton, f"{side.value}Label")
    assert isinstance(found, QToolButton)
    return found


def opened_menu(panel: ComparisonPanel) -> QMenu:
    (menu,) = (menu for menu in panel.findChildren(QMenu) if menu.isVisible())
    return menu


def pick(panel: ComparisonPanel, text: str) -> None:
    """Takes an entry of the open menu with the mouse."""
    menu = opened_menu(panel)
    action = next(action for action in menu.actions() if action.text() == text)
    QTest.mouseClick(menu, LEFT, pos=menu.actionGeometry(action).center())


OTHERS = [Other("four", "edsr ×4"), Other("two", "espcn ×2")]


def show(panel: ComparisonPanel, others: list[Other] | None = None) -> None:
    panel.show_pair("a", plain(RED, 300, 200), plain(GREEN, 900, 600), "edsr ×3", OTHERS if others is None else others)


# Choosing


def test_a_label_is_a_button_with_all_there_is_to_compare(panel: ComparisonPanel) -> None:
    show(panel)
    QTest.mouseClick(label(panel, Side.AFTER), LEFT)
    texts = [action.text() for action in opened_menu(panel).actions()]
    assert texts == ["Original", "Plain enlarging (bicubic)", "This result (edsr ×3)", "edsr ×4", "espcn ×2"]
    assert [action.text() for action in opened_menu(panel).actions() if action.isChecked()] == ["This result (edsr ×3)"]


def test_another_result_is_asked_for_and_shown_when_it_comes(panel: ComparisonPanel) -> None:
    show(panel)
    wanted: list[str] = []
    panel.sides.wanted.connect(wanted.append)
    QTest.mouseClick(label(panel, Side.BEFORE), LEFT)
    pick(panel, "edsr ×4")
    assert wanted == ["four"]
    assert colours(panel) == (RED, GREEN)
    panel.sides.supply("four", plain(BLUE, 1200, 800))
    assert colours(panel) == (BLUE, GREEN)
    assert label(panel, Side.BEFORE).text() == "edsr ×4"
    assert label(panel, Side.AFTER).text() == "edsr ×3"


def test_keys_alone_choose_both_sides(panel: ComparisonPanel, qtbot: QtBot) -> None:
    show(panel)
    panel.view.setFocus()
    QTest.keyClick(panel.view, Qt.Key.Key_A)
    menu = opened_menu(panel)
    QTest.keyClick(menu, Qt.Key.Key_Down)
    QTest.keyClick(menu, Qt.Key.Key_Down)
    QTest.keyClick(menu, Qt.Key.Key_Return)
    assert panel.sides.keys == {Side.BEFORE: BICUBIC, Side.AFTER: RESULT}
    QTest.keyClick(panel.view, Qt.Key.Key_B)
    menu = opened_menu(panel)
    QTest.keyClick(menu, Qt.Key.Key_Down)
    QTest.keyClick(menu, Qt.Key.Key_Return)
    assert panel.sides.keys == {Side.BEFORE: BICUBIC, Side.AFTER: ORIGINAL}
    assert colours(panel) == (RED, RED)


def test_the_tab_key_reaches_the_labels_and_space_opens_them(panel: ComparisonPanel) -> None:
    show(panel)
    panel.view.setFocus()
    QTest.keyClick(panel.view, Qt.Key.Key_Tab)
    assert label(panel, Side.BEFORE).hasFocus()
    QTest.keyClick(label(panel, Side.BEFORE), Qt.Key.Key_Space)
    assert opened_menu(panel).isVisible()
    opened_menu(panel).close()
    assert label(panel, Side.BEFORE).accessibleName() == "Left picture: Before"


def test_without_a_result_there_is_nothing_to_choose(panel: ComparisonPanel) -> None:
    panel.show_pair("a", plain(RED, 300, 200), None)
    panel.view.labels.open(Side.BEFORE)
    assert not [menu for menu in panel.findChildren(QMenu) if menu.isVisible()]
    assert label(panel, Side.BEFORE).focusPolicy() == Qt.FocusPolicy.NoFocus


def test_a_result_that_cannot_be_had_gives_way_to_the_usual(panel: ComparisonPanel) -> None:
    show(panel)
    panel.sides.choose(Side.AFTER, "two")
    panel.sides.supply("two", None)
    assert panel.sides.keys == {Side.BEFORE: ORIGINAL, Side.AFTER: RESULT}
    assert colours(panel) == (RED, GREEN)


def test_an_older_result_stands_in_until_the_photos_own_is_there(panel: ComparisonPanel) -> None:
    panel.show_pair("a", plain(RED, 300, 200), None, others=OTHERS)
    panel.sides.supply("four", plain(BLUE, 1200, 800))
    assert colours(panel) == (RED, BLUE)
    assert label(panel, Side.AFTER).text() == "edsr ×4"
    show(panel)
    assert colours(panel) == (RED, GREEN)


def test_bicubic_stays_chosen_for_the_next_photo_and_another_result_does_not(panel: ComparisonPanel) -> None:
    show(panel)
    panel.sides.choose(Side.BEFORE, BICUBIC)
    panel.sides.choose(Side.AFTER, "four")
    panel.sides.supply("four", plain(BLUE, 1200, 800))
    panel.show_pair("b", plain(BLUE, 300, 200), plain(RED, 900, 600))
    assert panel.sides.keys == {Side.BEFORE: BICUBIC, Side.AFTER: RESULT}
    assert colours(panel) == (BLUE, RED)


def test_results_no_longer_shown_are_not_kept_in_memory(panel: ComparisonPanel) -> None:
    show(panel)
    for key, picture in (("four", plain(BLUE, 1200, 800)), ("two", plain(RED, 600, 400))):
        panel.sides.choose(Side.AFTER, key)
        panel.sides.supply(key, picture)
    assert list(panel.sides._loaded) == ["two"]
    panel.clear()
    assert not panel.sides._loaded


# The same point under the same pixel


@pytest.mark.parametrize("mode", ["split", "side-by-side", "flip", "difference"])
def test_the_place_stays_when_results_of_other_sizes_are_chosen(panel: ComparisonPanel, mode: str) -> None:
    show(panel)
    panel.view.mode = mode
    panel.view.set_zoom(3.0, QPointF(200, 150))
    region = panel.view.visible_region()
    for key, size in (("four", (1200, 800)), ("two", (600, 400)), (BICUBIC, None), (ORIGINAL, None), (RESULT, None)):
        panel.sides.choose(Side.AFTER, key)
        if size is not None:
            panel.sides.supply(key, plain(BLUE, *size))
        assert panel.view.visible_region().getRect() == pytest.approx(region.getRect())
    assert panel.view.zoom == pytest.approx(3.0)


def test_zoom_counts_the_pixels_of_the_larger_result(panel: ComparisonPanel) -> None:
    show(panel)
    panel.sides.choose(Side.BEFORE, "four")
    panel.sides.supply("four", plain(BLUE, 1200, 800))
    assert panel.view.frames.size == (1200, 800)
    panel.sides.choose(Side.BEFORE, "two")
    panel.sides.supply("two", plain(BLUE, 600, 400))
    assert panel.view.frames.size == (900, 600)


@pytest.mark.parametrize("zoom", [0.7, 1.0, 2.7, 5.0])
def test_results_of_three_and_four_times_the_size_lie_on_each_other(panel: ComparisonPanel, zoom: float) -> None:
    small = np.zeros((120, 160, 3), np.uint8)
    small[50:60, 70:85, 0] = 255
    pictures = {scale: Pyramid.build(small.repeat(scale, axis=0).repeat(scale, axis=1)) for scale in (3, 4)}
    panel.show_pair("a", Pyramid.build(small), pictures[3], "x", OTHERS)
    panel.sides.choose(Side.BEFORE, "four")
    panel.sides.supply("four", pictures[4])
    panel.view.mode = "flip"
    panel.view.map.wanted = False
    panel.view.set_zoom(zoom, QPointF(450, 290))

    def edges() -> tuple[int, ...]:
        red = shot(panel)[:, :, 0].astype(int) - shot(panel)[:, :, 1]
        rows, columns = np.nonzero(red >= 128)
        return int(columns.min()), int(columns.max()), int(rows.min()), int(rows.max())

    after = edges()
    QTest.keyPress(panel.view, Qt.Key.Key_Space)
    assert np.abs(np.subtract(after, edges())).max() <= 1
    QTest.keyRelease(panel.view, Qt.Key.Key_Space)


# Bicubic


def test_bicubic_shows_what_enlarging_the_whole_picture_would_give(
    photo_like: Callable[..., Array],
) -> None:
    small = photo_like(60, 40)
    whole = cv2.cvtColor(cv2.resize(small, (180, 120), interpolation=cv2.INTER_CUBIC), cv2.COLOR_RGB2BGRA)
    picture = Bicubic(Pyramid.build(small), (180, 120))
    part = picture.sample((1.0, 1.0), Box(31, 17, 70, 50))
    assert np.abs(part.astype(int) - whole[17:67, 31:101]).max() <= 1
    squares = picture.sample((4.0, 4.0), Box(100, 40, 90, 60), Sampling.SQUARES)
    expected = whole.repeat(4, axis=0).repeat(4, axis=1)[40:100, 100:190]
    assert np.abs(squares.astype(int) - expected).max() <= 1
    red, green, blue = picture.colour_at(0.5, 0.5)
    assert np.abs(np.subtract((blue, green, red), whole[60, 90, :3].astype(int))).max() <= 1


def test_bicubic_never_makes_a_full_size_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    largest: list[int] = []
    resize = cv2.resize

    def note(*args: Any, **kwargs: Any) -> Any:
        result = resize(*args, **kwargs)
        largest.append(result.shape[0] * result.shape[1])
        return result

    picture = Bicubic(plain(RED, 4000, 3000), (16000, 12000))
    monkeypatch.setattr(cv2, "resize", note)
    for zoom, sampling in (
        (0.05, Sampling.SMOOTH),
        (0.4, Sampling.SMOOTH),
        (1.0, Sampling.SMOOTH),
        (8.0, Sampling.SQUARES),
    ):
        picture.sample((zoom, zoom), Box(50, 30, 600, 400), sampling)
    assert max(largest) < 20 * 600 * 400


# The difference is what was added to bicubic


@pytest.mark.parametrize("zoom", [0.3, 0.5, 1.0, 1.7, 3.0, 6.0])
def test_a_result_that_is_bicubic_has_no_difference(
    panel: ComparisonPanel, photo_like: Callable[..., Array], zoom: float
) -> None:
    small = photo_like(400, 300)
    enlarged = cv2.resize(small, (1200, 900), interpolation=cv2.INTER_CUBIC)
    panel.show_pair("a", Pyramid.build(small), Pyramid.build(enlarged))
    panel.view.mode = "difference"
    panel.view.map.wanted = False
    panel.view.set_zoom(zoom, QPointF(450, 300))
    picture = shot(panel)[180:420, 300:600].astype(np.uint32)
    levels = {int(colour) & 0xFFFFFF: level for level, colour in reversed(list(enumerate(heat_colours())))}
    seen, counts = np.unique(picture @ np.array([65536, 256, 1], np.uint32), return_counts=True)
    changes = np.repeat([levels[int(colour)] for colour in seen], counts)
    assert changes.mean() < 0.7
    assert np.percentile(changes, 99) <= 3
    assert (zoom < 1) or changes.max() <= 1


def test_the_difference_to_the_nearest_pixels_is_not_what_is_shown(panel: ComparisonPanel) -> None:
    """A result of hard squares differs from bicubic at every edge, though it is the original itself."""
    small = np.zeros((60, 80, 3), np.uint8)
    small[:, 40:] = 200
    panel.show_pair("a", Pyramid.build(small), Pyramid.build(small.repeat(3, axis=0).repeat(3, axis=1)))
    panel.view.mode = "difference"
    panel.view.set_zoom(8.0, QPointF(450, 300))
    row = shot(panel)[300].astype(int).sum(axis=1)
    assert row[100] < 20
    assert row.max() > 200


def test_the_difference_of_two_results_is_theirs(panel: ComparisonPanel) -> None:
    show(panel)
    panel.sides.choose(Side.BEFORE, "four")
    panel.sides.supply("four", plain(GREEN, 1200, 800))
    panel.view.mode = "difference"
    assert shot(panel)[300, 450].sum() < 20
    panel.sides.choose(Side.BEFORE, BICUBIC)
    assert shot(panel)[300, 450].sum() > 300


def test_a_difference_in_motion_lies_where_it_lies_at_rest(panel: ComparisonPanel) -> None:
    small = np.full((300, 400, 3), 100, np.uint8)
    after = np.full((900, 1200, 3), 100, np.uint8)
    after[303:606, 402:804] = 220
    panel.show_pair("a", Pyramid.build(small), Pyramid.build(after))
    panel.view.mode = "difference"
    panel.view.set_zoom(1.0, QPointF(450, 300))
    panel.view.pan(7, -5)
    assert panel.view.moving
    moving = shot(panel)[:500].astype(int).sum(axis=2) > 300
    panel.view._still.stop()
    panel.view.frames._last.clear()
    still = shot(panel)[:500].astype(int).sum(axis=2) > 300
    for axis in (0, 1):
        one, other = (np.flatnonzero(picture.mean(axis=axis) > 0.2) for picture in (moving, still))
        assert abs(one[0] - other[0]) <= 1
        assert abs(one[-1] - other[-1]) <= 1


# What the queue knows


def done(job_id: str, path: str, output: str, model: str = "edsr-x3", scale: int = 3, ended: float = 0.0) -> Job:
    account = Account(model=model, scale=scale, ended=ended)
    return Job(job_id, Request(Path(path)), JobState.DONE, output=Path(output), account=account)


def test_other_results_are_those_of_the_same_original_by_other_jobs() -> None:
    own = done("1", "/a.png", "/a_x3.png")
    jobs = [
        own,
        done("2", "/a.png", "/a_x4.png", "edsr-x4", 4, ended=1.0),
        done("3", "/b.png", "/b_x3.png"),
        Job("4", Request(Path("/a.png")), JobState.FAILED),
        done("5", "/a.png", "/a_x2.png", "espcn-x2", 2, ended=2.0),
        done("6", "/a.png", "/a_x3.png"),
    ]
    assert others_of(own, jobs) == [Other("5", "espcn ×2"), Other("2", "edsr ×4")]
    assert made_by(own) == "edsr ×3"


def test_results_by_the_same_model_are_told_apart_by_their_files() -> None:
    own = done("1", "/a.png", "/a_x3.png")
    jobs = [own, done("2", "/a.png", "/a_x3 (2).png"), done("3", "/a.png", "/a_x4.png", "edsr-x4", 4)]
    assert [other.text for other in others_of(own, jobs)] == ["edsr ×3 · a_x3 (2).png", "edsr ×4"]


def test_a_file_that_was_written_twice_is_offered_once() -> None:
    own = done("1", "/a.png", "/a_x3.png")
    jobs = [own, done("2", "/a.png", "/o.png", ended=1.0), done("3", "/a.png", "/o.png", ended=2.0)]
    assert [other.key for other in others_of(own, jobs)] == ["3"]


def test_in_the_window_two_results_of_one_photo_are_compared(
    window: MainWindow, qtbot: QtBot, photo_file: Callable[..., Path], tmp_path: Path
) -> None:
    photo = photo_file("a.png", np.full((40, 60, 3), RED, np.uint8))
    results = [
        photo_file(f"a_{number}.png", np.full((120, 180, 3), tone, np.uint8))
        for number, tone in enumerate((GREEN, BLUE))
    ]
    jobs = [done(str(number), str(photo), str(path), ended=float(number)) for number, path in enumerate(results)]
    window._controller.restore(jobs)
    panel = window._comparison
    frames = lambda side: getattr(panel.view.frames, side)  # noqa: E731
    qtbot.waitUntil(lambda: frames("after") is not None)
    assert frames("after").colour_at(0, 0) == GREEN
    panel.view.setFocus()
    QTest.keyClick(panel.view, Qt.Key.Key_A)
    pick(panel, "edsr ×3 · a_1.png")
    qtbot.waitUntil(lambda: frames("before").colour_at(0, 0) == BLUE)
    assert frames("after").colour_at(0, 0) == GREEN


def test_a_result_that_comes_while_the_photo_is_looked_at_is_offered_at_once(
    window: MainWindow, qtbot: QtBot, photo_file: Callable[..., Path]
) -> None:
    photo, result = photo_file("a.png"), photo_file("a_x3.png")
    window._controller.restore([done("1", str(photo), str(result))])
    panel, queue = window._comparison, window._controller.queue
    qtbot.waitUntil(lambda: len(panel.sides.choices) == 3)
    (other,) = queue.add([Request(photo)])
    queue.move([other], JobState.RUNNING)
    account = Account(model="edsr-x4", scale=4)
    queue.move([queue[other.id]], JobState.DONE, output=photo_file("a_x4.png"), account=account)
    qtbot.waitUntil(lambda: len(panel.sides.choices) == 4)
    assert panel.sides.choices[-1].text == "edsr ×4"
    assert panel.sides.keys == {Side.BEFORE: ORIGINAL, Side.AFTER: RESULT}


def test_a_result_that_is_taken_out_of_the_list_is_offered_no_more(
    window: MainWindow, qtbot: QtBot, photo_file: Callable[..., Path]
) -> None:
    photo, result, other = photo_file("a.png"), photo_file("a_x3.png"), photo_file("a_x4.png")
    window._controller.restore([done("1", str(photo), str(result)), done("2", str(photo), str(other), "edsr-x4", 4)])
    sides = window._comparison.sides
    qtbot.waitUntil(lambda: len(sides.choices) == 4)
    sides.choose(Side.AFTER, "2")
    qtbot.waitUntil(lambda: sides.pictures[Side.AFTER] is not None)
    window._controller.queue.remove(["2"])
    qtbot.waitUntil(lambda: len(sides.choices) == 3)
    assert sides.keys[Side.AFTER] == RESULT


def test_a_result_that_is_gone_is_said_and_the_photo_stays(
    window: MainWindow, qtbot: QtBot, photo_file: Callable[..., Path], tmp_path: Path
) -> None:
    photo, result = photo_file("a.png"), photo_file("a_0.png")
    gone = done("2", str(photo), str(tmp_path / "gone.png"))
    window._controller.restore([done("1", str(photo), str(result)), gone])
    panel = window._comparison
    qtbot.waitUntil(lambda: panel.view.frames.after is not None)
    panel.sides.choose(Side.AFTER, "2")
    qtbot.waitUntil(lambda: panel.sides.keys[Side.AFTER] == RESULT)
    assert panel.view.frames.after is not None
    assert any("gone.png" in words.text() for words in window._message.findChildren(QLabel))
