"""Before and after lie on each other to half a pixel of the result, whatever the mode, zoom, scale and density."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PySide6.QtCore import QPointF, Qt, QThreadPool
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.core.enlarge import framed, without_border
from desktop.core.jobs import Request
from desktop.core.models.catalogue import Catalogue
from desktop.core.photo.photo import Photo
from desktop.core.photo.resample import on_paper, resampled
from desktop.core.sizes import planned
from desktop.ui.comparison_view import ComparisonView
from desktop.ui.pyramid import Pyramid

Array = npt.NDArray[Any]

SIZE = (160, 120)  # of the original
MARK = (83.3, 57.6)  # in pixels of the original, on purpose on none of them
SIGMA = 1.2
REACH = 5 * SIGMA
ZOOMS = (0.31, 0.77, 1.0, 1.6, 2.3, 3.0)


@pytest.fixture
def view(qtbot: QtBot) -> Iterator[ComparisonView]:
    view = ComparisonView()
    qtbot.addWidget(view)
    view.resize(403, 301)
    with qtbot.waitExposed(view):
        view.show()
    yield view
    QThreadPool.globalInstance().waitForDone()


def marked(scale: int) -> Array:
    """A soft green spot on black, at the same place of the scene at every scale."""
    x = (np.arange(SIZE[0] * scale) + 0.5) / scale - MARK[0]
    y = (np.arange(SIZE[1] * scale) + 0.5) / scale - MARK[1]
    spot = np.exp(-(x[np.newaxis] ** 2 + y[:, np.newaxis] ** 2) / (2 * SIGMA**2))
    picture = np.zeros((*spot.shape, 3), np.uint8)
    picture[:, :, 1] = np.rint(220 * spot)
    return picture


def drawn(view: ComparisonView, ratio: float) -> Array:
    """(H, W, 3) RGB of the view on a device of another density."""
    image = QImage(round(view.width() * ratio), round(view.height() * ratio), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    view.render(image)
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).astype(float)


def spot(picture: Array, expected: tuple[float, float], reach: float) -> tuple[float, float]:
    """The middle of the light around a place, in device pixels."""
    left, top = (max(0, round(place - reach)) for place in expected)
    part = picture[top : round(expected[1] + reach), left : round(expected[0] + reach)].sum(axis=2)
    part = np.where(part > 12, part, 0)
    rows, columns = np.mgrid[: part.shape[0], : part.shape[1]] + 0.5
    return (
        left + float((part * columns).sum() / part.sum()),
        top + float((part * rows).sum() / part.sum()),
    )


Place = tuple[float, float]


def places(view: ComparisonView, scale: float, ratio: float) -> Iterator[tuple[str, Place, Place]]:
    """For every mode and side: what it is, where the spot is, and where it should be."""
    for mode in ("split", "side-by-side", "flip", "difference"):
        view.mode = mode
        for side in ("before", "after"):
            view.split = 1.0 if side == "before" else 0.0
            if mode == "flip" and side == "before":
                QTest.keyPress(view, Qt.Key.Key_Space)
            viewport = view.viewport.scaled(ratio)
            size = round(view.width() * ratio), round(view.height() * ratio)
            shown = view.panes(size, ratio)
            second = shown[-1].area.left if side == "after" else 0
            expected = (
                viewport.origin[0] + MARK[0] * scale * viewport.zoom + second,
                viewport.origin[1] + MARK[1] * scale * viewport.zoom,
            )
            reach = REACH * scale * viewport.zoom
            assert reach < expected[0] - second, "the spot would be cut off"
            yield f"{mode} {side}", spot(drawn(view, ratio), expected, reach), expected
            if mode == "flip" and side == "before":
                QTest.keyRelease(view, Qt.Key.Key_Space)


def aim(view: ComparisonView, scale: float, zoom: float) -> None:
    """Brings the spot near the middle at a zoom, off any round position."""
    view.zoom_to_fit()
    view.set_zoom(zoom, QPointF(0, 0))
    x, y = MARK[0] * scale, MARK[1] * scale
    centre = view.viewport.centre
    view.pan((centre[0] - x) * zoom + 3.3, (centre[1] - y) * zoom - 2.7)
    view._still.stop()


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("scale", [2, 3, 4])
def test_before_and_after_coincide_to_half_a_pixel_of_the_result(
    view: ComparisonView, scale: int, ratio: float
) -> None:
    after = marked(scale)
    # What the difference shows has to lie where it is: it is compared with an original that has no mark.
    pairs = {"marked": Pyramid.build(marked(1)), "blank": Pyramid.build(np.zeros_like(marked(1)))}
    view.map.wanted = False
    for zoom in ZOOMS:
        half = 0.5 * zoom * ratio
        view.set_images(pairs["marked"], Pyramid.build(after), keep_view=True)
        view.mode = "split"
        aim(view, scale, zoom)
        found = {}
        for name, there, expected in places(view, scale, ratio):
            if name.startswith("difference"):
                view.set_images(pairs["blank"], Pyramid.build(after), keep_view=True)
                view.labels.place((), dict.fromkeys(view.labels._pills, ""))
                there = spot(drawn(view, ratio), expected, REACH * scale * zoom * ratio)
                view.set_images(pairs["marked"], Pyramid.build(after), keep_view=True)
            found[name] = np.subtract(there, expected)
        for name, off in found.items():
            assert np.abs(off).max() <= half, (name, zoom, off)
        sides = [off for name, off in found.items() if not name.startswith("difference")]
        assert np.ptp(sides, axis=0).max() <= half, (zoom, found)


@pytest.mark.parametrize("target", ["width 391", "megapixels 0.1", "print 3.3x2.5cm@300 crop", "print 2.5x4cm@254 fit"])
def test_a_result_of_any_size_lies_on_the_part_of_the_photo_it_shows(
    view: ComparisonView, target: str, catalogue: Catalogue
) -> None:
    request = Request(Path("a.png"), target=target)
    plan = planned(request, SIZE, catalogue)
    left, top, width, height = plan.part
    (times,) = plan.scales
    large = Photo(marked(times)[top * times :, left * times :][: height * times, : width * times])
    result = on_paper(resampled(large, plan.inner), plan.size)
    after = without_border(result, request, SIZE)
    before = framed(Photo(marked(1)), request)
    assert (after.width, after.height) == plan.inner
    view.map.wanted = False
    view.set_images(Pyramid.build(before), Pyramid.build(after))
    scale = plan.inner[0] / width
    mark = MARK[0] - left, MARK[1] - top
    for wanted in ZOOMS:
        view.mode = "split"
        view.zoom_to_fit()
        view.set_zoom(wanted, QPointF(0, 0))
        zoom = view.zoom  # small pictures have a least one
        x, y = mark[0] * scale, mark[1] * plan.inner[1] / height
        centre = view.viewport.centre
        view.pan((centre[0] - x) * zoom + 3.3, (centre[1] - y) * zoom - 2.7)
        view._still.stop()
        found = []
        for split in (1.0, 0.0):
            view.split = split
            origin = view.viewport.origin
            expected = origin[0] + x * zoom, origin[1] + y * zoom
            found.append(np.subtract(spot(drawn(view, 1.0), expected, REACH * scale * zoom), expected))
        assert np.abs(found).max() <= 0.5 * zoom, (zoom, found)
        assert np.ptp(found, axis=0).max() <= 0.5 * zoom, (zoom, found)


@pytest.mark.parametrize("factor", ["1.5", "2"])
def test_on_a_real_screen_of_that_density_they_coincide_too(factor: str) -> None:
    program = """
        import sys
        import numpy as np
        from desktop.core import opencv
        from PySide6.QtCore import QPointF
        from PySide6.QtGui import QImage
        from PySide6.QtWidgets import QApplication
        from desktop.ui.comparison_view import ComparisonView
        application = QApplication([])
        view = ComparisonView()
        view.resize(401, 303)
        view.show()
        view.map.wanted = False
        before = np.zeros((120, 160, 3), np.uint8)
        before[55:61, 80:90, 1] = 250
        view.set_images(before, before.repeat(3, axis=0).repeat(3, axis=1))
        ratio = view.devicePixelRatioF()
        assert ratio == float(sys.argv[1]), ratio
        for zoom in (0.6, 1.0, 2.0, 3.5):
            view.set_zoom(zoom, QPointF(213, 143))
            edges = []
            for split in (0.0, 1.0):
                view.split = split
                image = view.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
                rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
                picture = rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).astype(int)
                y, x = np.nonzero(picture[..., 1] - picture[..., 0] > 125)
                edges.append((x.min(), x.max(), y.min(), y.max()))
                left, top = (origin + start * 3 * zoom for origin, start in zip(view.viewport.origin, (80, 55)))
                assert abs(x.min() - left) <= 1 and abs(y.min() - top) <= 1, (zoom, x.min(), left, y.min(), top)
            assert np.abs(np.subtract(*edges)).max() <= 1, (zoom, edges)
        # Every device pixel is painted, also those that belong to the view by half.
        view.set_images(None, None)
        image = view.grab().toImage()
        edge = {image.pixel(x, image.height() - 1) for x in range(image.width())}
        edge |= {image.pixel(image.width() - 1, y) for y in range(image.height())}
        assert edge == {image.pixel(5, 5)}, edge
    """
    environment = {**os.environ, "QT_SCALE_FACTOR": factor, "QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-c", textwrap.dedent(program), factor]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
