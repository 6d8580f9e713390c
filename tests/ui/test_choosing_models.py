"""Model, scale, strength and best quality in the window: only what exists, and what was chosen is what is done."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QSlider
from pytestqt.qtbot import QtBot

from desktop.core import workspace as workspace_module
from desktop.core.choices import Common, closest_scale, possible
from desktop.core.jobs import JobState
from desktop.core.models.catalogue import Catalogue, Model
from desktop.core.paths import bundled
from desktop.core.settings import Settings
from desktop.ui import row_words
from desktop.ui.app import create_window
from desktop.ui.main_window import MainWindow
from desktop.ui.model_box import ModelBox, family_name
from desktop.ui.photo_dialog import PhotoDialog

PATIENCE_MS = 60_000
SHIPPED = (("edsr-baseline", 2), ("edsr-baseline", 3), ("edsr-restore", 3))


@pytest.fixture
def shipped(tmp_path: Path, model: Model, tiny_edsr: Callable[..., bytes]) -> Path:
    """A world in which a baseline ships for ×2 and ×3, and a network that restores for ×3."""
    folder = tmp_path / "shipped"
    (folder / "weights").mkdir(parents=True)
    entries = []
    for number, (family, scale) in enumerate(SHIPPED):
        content, name = tiny_edsr(scale=scale, seed=number), f"{family}-x{scale}"
        (folder / "weights" / f"{name}.pb").write_bytes(content)
        values = dataclasses.asdict(model) | {
            **{"id": name, "family": family, "scale": scale, "file": f"{name}.pb", "bytes": len(content)},
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        lines = (
            f"{key} = {str(value).lower() if isinstance(value, bool) else repr(value)}" for key, value in values.items()
        )
        entries.append("[[model]]\n" + "\n".join(lines))
    (folder / "catalogue.toml").write_text("\n".join(entries), encoding="utf-8")
    return folder


@pytest.fixture
def make(
    shipped: Path, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], MainWindow]]:
    """Opens the window on the same folders each time, closing the one before."""
    monkeypatch.setattr(
        workspace_module,
        "bundled",
        lambda first, *rest: shipped.joinpath(*rest) if first == "models" else bundled(first, *rest),
    )
    opened: list[MainWindow] = []

    def close() -> None:
        for window in opened:
            window._closing = True
            window.close()
        opened.clear()

    def again() -> MainWindow:
        close()
        opened.append(create_window(tmp_path / "data"))
        with qtbot.waitExposed(opened[0]):
            opened[0].show()
        return opened[0]

    yield again
    close()


@pytest.fixture
def window(make: Callable[[], MainWindow]) -> MainWindow:
    return make()


def box(window: MainWindow, name: str) -> QComboBox:
    found = window.findChild(QComboBox, name)
    assert found is not None
    return found


def pick(window: MainWindow, name: str, data: object) -> None:
    one = box(window, name)
    one.setCurrentIndex(one.findData(data))


def data_of(one: QComboBox) -> list[object]:
    return [one.itemData(row) for row in range(one.count()) if one.itemData(row) is not None]


def test_automatic_comes_first_and_is_chosen(window: MainWindow) -> None:
    models = box(window, "modelBox")
    assert data_of(models) == ["auto", "edsr-baseline", "edsr-restore"]
    assert (models.currentData(), models.currentText()) == ("auto", "Automatic")
    assert box(window, "scaleBox").currentData() == 3


def test_only_scales_that_exist_are_offered_and_the_scale_is_kept(window: MainWindow) -> None:
    scales = box(window, "scaleBox")
    assert data_of(scales) == [2, 3]
    pick(window, "modelBox", "edsr-restore")
    assert data_of(scales) == [3]
    pick(window, "modelBox", "edsr-baseline")
    assert (data_of(scales), scales.currentData()) == ([2, 3], 3)
    pick(window, "scaleBox", 2)
    pick(window, "modelBox", "auto")
    assert scales.currentData() == 2
    pick(window, "modelBox", "edsr-restore")
    assert scales.currentData() == 3
    assert (window.settings.current.model, window.settings.current.scale) == ("edsr-restore", 3)


@pytest.mark.parametrize(("wanted", "found"), [(2, 2), (3, 2), (5, 4), (6, 4), (8, 8), (1, 2)])
def test_the_closest_scale_takes_the_place_of_one_that_is_not_there(wanted: int, found: int) -> None:
    assert closest_scale((2, 4, 8), wanted) == found
    assert closest_scale((), wanted) == wanted


def test_settings_for_models_that_are_gone_become_possible(model: Model) -> None:
    catalogue = Catalogue((model,))
    gone = Settings(model="lapsrn", scale=8, strength=40)
    assert possible(gone, catalogue) == Settings(model="auto", scale=3, strength=40)
    here = Settings(model="edsr-baseline", scale=3)
    assert possible(here, catalogue) == here


def test_strength_is_there_where_it_means_something(window: MainWindow) -> None:
    slider = window.findChild(QSlider, "strengthSlider")
    assert not slider.isVisible()
    pick(window, "modelBox", "edsr-restore")
    assert slider.isVisible()
    assert slider.value() == 100
    slider.setValue(60)
    assert window.settings.current.strength == 60
    pick(window, "modelBox", "edsr-baseline")
    assert not slider.isVisible()
    pick(window, "modelBox", "edsr-restore")
    assert slider.value() == 60


def test_the_number_follows_the_slider_while_it_is_dragged(window: MainWindow) -> None:
    pick(window, "modelBox", "edsr-restore")
    strength = window._top.strength
    strength.slider.sliderMoved.emit(35)
    assert strength._number.text() == "35"
    assert window.settings.current.strength == 100  # until it is let go


def test_best_quality_is_one_choice_in_two_places(window: MainWindow) -> None:
    shown, action = window.findChild(QCheckBox, "bestBox"), window._actions.best
    shown.setChecked(True)
    assert action.isChecked()
    assert window.settings.current.self_ensemble
    action.trigger()
    assert not shown.isChecked()
    assert not window.settings.current.self_ensemble


def test_what_was_chosen_is_there_next_time(make: Callable[[], MainWindow]) -> None:
    first = make()
    pick(first, "modelBox", "edsr-restore")
    first._top.strength.slider.setValue(40)
    first._actions.best.setChecked(True)
    second = make()
    assert box(second, "modelBox").currentData() == "edsr-restore"
    assert second._top.strength.strength == 40
    assert second.findChild(QCheckBox, "bestBox").isChecked()
    assert second._actions.best.isChecked()


@pytest.mark.parametrize("width", [720, 800, 900, 1000, 1200, 1600])
def test_the_bar_fits_every_window(width: int, window: MainWindow) -> None:
    pick(window, "modelBox", "edsr-restore")
    window.resize(width, 600)
    QApplication.processEvents()
    top = window._top
    assert window.width() == width
    for one, other in (
        (top.add_button, top.scale_box),
        (top.model_box, top.strength),
        (top.strength, top.start_button),
    ):
        assert one.geometry().right() < other.geometry().left()
    assert top.start_button.geometry().right() <= top.width()
    assert top.strength.slider.width() >= 48
    if width >= 1200:
        assert top.best.isVisible()


def test_more_models_opens_the_door_and_stays_no_choice(qtbot: QtBot, window: MainWindow) -> None:
    models = box(window, "modelBox")
    pick(window, "modelBox", "edsr-baseline")
    last = models.count() - 1
    assert models.itemText(last) == "More models…"
    with qtbot.waitSignal(window.modelsRequested):
        models.setCurrentIndex(last)
        models.activated.emit(last)
    assert models.currentData() == "edsr-baseline"
    assert window.settings.current.model == "edsr-baseline"
    with qtbot.waitSignal(window.modelsRequested):
        window._actions.models.trigger()
    assert window._actions.models.objectName() == "modelsAction"


def test_neither_wheel_nor_keys_open_that_door_by_mistake(qtbot: QtBot, window: MainWindow) -> None:
    models = box(window, "modelBox")
    with qtbot.assertNotEmitted(window.modelsRequested):
        for _ in range(6):
            QTest.keyClick(models, Qt.Key.Key_Down)
        assert models.currentData() == "edsr-restore"
        QTest.keyClick(models, Qt.Key.Key_Home)
        assert models.currentData() == "auto"
        QTest.keyClick(models, Qt.Key.Key_End)
        assert models.currentData() == "edsr-restore"
        centre = QPointF(models.rect().center())
        wheel = QWheelEvent(
            centre, models.mapToGlobal(centre), QPoint(), QPoint(0, -120), Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(models, wheel)
    assert models.currentData() == "edsr-restore"


def test_a_model_that_is_gone_is_offered_no_more_and_one_that_has_come_is(
    qtbot: QtBot, window: MainWindow, model: Model
) -> None:
    pick(window, "modelBox", "edsr-restore")
    catalogue = window._workspace.catalogue
    kept = tuple(one for one in catalogue.known if one.family != "edsr-restore")
    catalogue.known = kept
    catalogue.take_in([dataclasses.replace(kept[1], id="my-own-x3", family="my-own", imported=True)])
    with qtbot.waitSignal(window._offers.changed):
        window.look_for_models()
    assert data_of(box(window, "modelBox")) == ["auto", "edsr-baseline", "my-own"]
    assert (window.settings.current.model, box(window, "modelBox").currentData()) == ("auto", "auto")
    assert box(window, "scaleBox").currentData() == 3


def test_long_names_are_cut_and_whole_in_their_tips(qtbot: QtBot, model: Model) -> None:
    family = "a-network-somebody-has-trained-for-old-newspapers"
    models = ModelBox(Catalogue((dataclasses.replace(model, family=family),)), family)
    qtbot.addWidget(models)
    assert len(models.currentText()) < 30
    assert models.itemData(0, Qt.ItemDataRole.ToolTipRole) == family_name(family)
    assert models.family == family


def test_the_window_says_what_the_automatic_choice_came_to(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).normal(128, 14, (64, 64, 3))
    Image.fromarray(np.clip(noise, 0, 255).astype(np.uint8)).save(tmp_path / "worn.png")
    Image.new("RGB", (64, 64), (90, 120, 150)).save(tmp_path / "clean.png")
    window.add_paths([tmp_path / "worn.png", tmp_path / "clean.png"])
    qtbot.waitUntil(lambda: len(window.jobs) == 2, timeout=PATIENCE_MS)
    with qtbot.waitSignal(window.queueFinished, timeout=PATIENCE_MS):
        window.start()
    assert [job.state for job in window.jobs] == [JobState.DONE] * 2
    why = [row_words.why(job) for job in window.jobs]
    assert why[0] == "Restored with strength 100, because the photo is noisy."
    assert why[1] == "Enlarged without restoring, because the photo looks clean."
    rows = window._queue.view.model()
    assert why[0] in rows.index(0, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert "restored 100 %" in row_words.whole(row_words.detail(window.jobs[0], (64, 64), None))
    size = window._comparison.bar.size_words
    qtbot.waitUntil(lambda: size.text().endswith("restored 100 %"), timeout=PATIENCE_MS)
    assert size.toolTip() == why[0]

    window._controller.retry([window.jobs[0].id])
    decided = window.jobs[0].request.decided
    assert decided is not None
    assert (decided.model, decided.strength) == ("edsr-restore-x3", 100)


def test_strength_and_best_quality_for_a_photo_alone(
    qtbot: QtBot, window: MainWindow, photo_file: Callable[..., Path]
) -> None:
    window.add_paths([photo_file("a.png")])
    qtbot.waitUntil(lambda: len(window.jobs) == 1, timeout=PATIENCE_MS)
    window._photo_settings.open(window.jobs)
    dialog = window.findChild(PhotoDialog)
    assert not dialog._strength.isEnabled()
    dialog.box("model").choose("edsr-restore")
    assert dialog._strength.isEnabled()
    dialog._strength.slider.setValue(30)
    dialog.box("self_ensemble").choose(True)
    dialog.accept()
    request = window.jobs[0].request
    assert (request.model, request.strength, request.self_ensemble) == ("edsr-restore", 30, True)
    assert {"model", "strength", "self_ensemble"} <= request.own
    assert row_words.own_choices(window.jobs[0]).endswith("EDSR restore 30 · best quality")

    pick(window, "modelBox", "edsr-baseline")  # which is for the others
    assert window.jobs[0].request.strength == 30
    window._photo_settings.open(window.jobs)
    dialog = next(one for one in window.findChildren(PhotoDialog) if one.isVisible())
    assert dialog._strength.strength == 30
    dialog.use_defaults()
    assert dialog.choices["strength"] is Common.DEFAULT
    dialog.accept()
    request = window.jobs[0].request
    assert (request.model, request.strength, request.self_ensemble) == ("edsr-baseline", None, False)
    assert request.own == frozenset()


def test_the_strength_of_the_settings_is_asked_for_with_the_model_it_is_for(
    qtbot: QtBot, window: MainWindow, photo_file: Callable[..., Path]
) -> None:
    pick(window, "modelBox", "edsr-restore")
    window._top.strength.slider.setValue(20)
    window.add_paths([photo_file("a.png")])
    qtbot.waitUntil(lambda: len(window.jobs) == 1, timeout=PATIENCE_MS)
    assert window.jobs[0].request.strength == 20
    pick(window, "modelBox", "auto")
    assert window.jobs[0].request.strength is None
