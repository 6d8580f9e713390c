"""The comparison on the clipboard and in files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from PySide6.QtCore import QPointF, Qt, QThreadPool
from PySide6.QtGui import QColorSpace, QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from desktop.core.jobs import Job, JobState, Request
from desktop.ui.comparison_export import ComparisonExport
from desktop.ui.comparison_view import ComparisonView
from desktop.ui.main_window import MainWindow
from desktop.ui.snapshot import LONGEST, of_pair, of_view
from desktop.ui.tasks import TaskPool

Array = npt.NDArray[Any]
RED, GREEN = (200, 30, 20), (20, 170, 40)


@pytest.fixture
def view(qtbot: QtBot) -> Iterator[ComparisonView]:
    view = ComparisonView()
    qtbot.addWidget(view)
    view.resize(800, 600)
    with qtbot.waitExposed(view):
        view.show()
    yield view
    QThreadPool.globalInstance().waitForDone()


@pytest.fixture
def disk() -> Iterator[TaskPool]:
    disk = TaskPool("disk", 1)
    yield disk
    disk.shutdown()


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job("1", Request(tmp_path / "a.png"), JobState.DONE, output=tmp_path / "a_x3.png")


@pytest.fixture
def export(view: ComparisonView, disk: TaskPool, job: Job) -> ComparisonExport:
    return ComparisonExport(view, view, disk, lambda: job)


def plain(colour: tuple[int, ...], width: int, height: int) -> Array:
    return np.full((height, width, len(colour)), colour, np.uint8)


def pixels(image: QImage) -> Array:
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def test_a_picture_of_the_view_is_cut_to_the_photo_and_has_no_handle(view: ComparisonView) -> None:
    view.set_images(plain(RED, 300, 300), plain(GREEN, 900, 900))
    view.split = 0.25
    drawn = pixels(of_view(view).draw())
    assert drawn.shape == (600, 600, 3)
    assert tuple(drawn[300, 90]) == RED
    assert tuple(drawn[300, 110]) == GREEN
    assert tuple(drawn[300, 100]) == (255, 255, 255)
    assert drawn[5:40, 5:60].min() < 20  # the label
    shown = pixels(view.grab().toImage())
    assert (drawn[100:250, 200:500] == shown[100:250, 300:600]).all()


def test_before_and_after_stand_beside_each_other_in_the_results_own_pixels(view: ComparisonView) -> None:
    after = np.random.default_rng(1).integers(0, 256, (900, 1200, 3), dtype=np.uint8)
    before = plain(RED, 400, 300)
    view.set_images(before, after)
    drawn = pixels(of_pair(view).draw())
    head = drawn.shape[0] - 900
    assert 20 < head < 80
    assert drawn.shape[1] == 2 * 1200 + 8
    assert (drawn[head:, 1208:] == after).all()
    assert (drawn[head:, :1200] == RED).all()
    words = drawn[:head]
    assert len(np.unique(words[:, :1200].reshape(-1, 3), axis=0)) > 1
    assert len(np.unique(words[:, 1208:].reshape(-1, 3), axis=0)) > 1


def test_only_what_is_seen_is_in_it_and_as_large_as_on_screen(view: ComparisonView) -> None:
    after = np.random.default_rng(1).integers(0, 256, (900, 1200, 3), dtype=np.uint8)
    view.set_images(after, after)
    view.set_zoom(4.0, QPointF(400, 300))
    drawn = pixels(of_pair(view).draw())
    head = drawn.shape[0] - 600
    assert drawn.shape[1] == 2 * 800 + 8
    assert (drawn[head:, :800] == drawn[head:, 808:]).all()
    assert (drawn[head + 300 : head + 304, 400:404].reshape(-1, 3) == after[450, 600]).all()


def test_a_huge_photo_makes_a_picture_that_can_be_shown(view: ComparisonView) -> None:
    view.set_images(plain(RED, 3000, 1000), np.broadcast_to(np.array(GREEN, np.uint8), (3000, 9000, 3)))
    image = of_pair(view).draw()
    assert image.width() == 2 * LONGEST + 8


@pytest.mark.parametrize("mode", ["side-by-side", "flip", "difference"])
def test_every_mode_is_drawn_as_it_is_seen(view: ComparisonView, mode: str) -> None:
    after = np.random.default_rng(1).integers(0, 256, (600, 800, 3), dtype=np.uint8)
    view.set_images(plain(RED, 400, 300), after)
    view.mode = mode
    drawn, shown = pixels(of_view(view).draw()), pixels(view.grab().toImage())
    height = drawn.shape[0]
    top = view.viewport.origin[1]
    assert (drawn[60:-90, 20:-20] == shown[top + 60 : top + height - 90, 20:-20]).all()


def test_an_original_alone_is_drawn_alone(view: ComparisonView) -> None:
    view.set_images(plain(RED, 400, 300), None)
    assert of_view(view).draw().width() == 800
    assert of_pair(view).draw().width() == 800


def test_copying_puts_a_picture_on_the_clipboard(view: ComparisonView, export: ComparisonExport, qtbot: QtBot) -> None:
    view.set_images(plain(RED, 400, 300), plain(GREEN, 800, 600))
    with qtbot.waitSignal(export.told) as told:
        export.copy_view()
    assert "copied" in told.args[0]
    assert pixels(QGuiApplication.clipboard().image()).shape == (600, 800, 3)
    with qtbot.waitSignal(export.told):
        export.copy_pair()
    assert QGuiApplication.clipboard().image().width() == 1608


@pytest.mark.parametrize(("name", "form"), [("c.png", "PNG"), ("c.jpg", "JPEG"), ("c.JPEG", "JPEG"), ("c", "PNG")])
def test_saving_writes_what_the_name_says(
    view: ComparisonView, export: ComparisonExport, qtbot: QtBot, tmp_path: Path, name: str, form: str
) -> None:
    view.set_images(plain(RED, 400, 300), plain(GREEN, 800, 600))
    with qtbot.waitSignal(export.told) as told:
        export.save_to(of_pair, tmp_path / name)
    written = tmp_path / (name if "." in name else f"{name}.png")
    assert told.args == [f"Saved as {written.name}"]
    with Image.open(written) as image:
        assert (image.format, image.width) == (form, 1608)
    assert QImage(str(written)).colorSpace() == QColorSpace(QColorSpace.NamedColorSpace.SRgb)
    assert list(tmp_path.iterdir()) == [written]


@pytest.mark.parametrize("name", ["a.png", "a_x3.png"])
def test_the_photos_that_are_compared_are_never_replaced(
    view: ComparisonView, export: ComparisonExport, qtbot: QtBot, tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_bytes(b"mine")
    view.set_images(plain(RED, 400, 300), plain(GREEN, 800, 600))
    with qtbot.waitSignal(export.told) as told:
        export.save_to(of_view, tmp_path / name)
    assert name in told.args[0]
    assert (tmp_path / name).read_bytes() == b"mine"


def test_a_folder_that_is_gone_is_said(
    view: ComparisonView, export: ComparisonExport, qtbot: QtBot, tmp_path: Path
) -> None:
    view.set_images(plain(RED, 400, 300), plain(GREEN, 800, 600))
    with qtbot.waitSignal(export.told) as told:
        export.save_to(of_view, tmp_path / "gone" / "c.png")
    assert told.args[0]
    assert not (tmp_path / "gone").exists()


def test_without_a_photo_nothing_is_copied_or_saved(export: ComparisonExport, tmp_path: Path) -> None:
    QGuiApplication.clipboard().setText("mine")
    for act in (export.copy_view, export.copy_pair, lambda: export.save_to(of_view, tmp_path / "c.png")):
        act()
    assert QGuiApplication.clipboard().text() == "mine"
    assert not list(tmp_path.iterdir())


def test_keys_of_the_window_copy_and_save(
    window: MainWindow,
    qtbot: QtBot,
    photo_file: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    actions = window._actions
    assert not any(action.isEnabled() for action in actions.of_the_comparison)
    window.add_paths([photo_file("a.png", plain(RED, 60, 40))])
    view = window._comparison.view
    qtbot.waitUntil(lambda: view.frames.before is not None)
    assert all(action.isEnabled() for action in actions.of_the_comparison)
    view.setFocus()
    QGuiApplication.clipboard().clear()
    qtbot.keyClick(view, "C", Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: not QGuiApplication.clipboard().image().isNull())
    asked: list[str] = []

    def choose(_parent: QWidget, _title: str, usual: str, _filters: str) -> tuple[str, str]:
        asked.append(usual)
        return str(tmp_path / "out.png"), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", choose)
    with qtbot.waitSignal(window._export.told):
        actions.save_pair.trigger()
    assert asked == [str(tmp_path / "a, compared.png")]
    assert (tmp_path / "out.png").is_file()
