"""Settings for some photos alone, in the window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtWidgets import QDialogButtonBox, QFileDialog, QLabel, QPushButton, QSpinBox
from pytestqt.qtbot import QtBot

from desktop.core.choices import Common, Selection
from desktop.core.jobs import JobState, Request
from desktop.core.models.catalogue import Catalogue, Model
from desktop.ui.app import create_window
from desktop.ui.main_window import MainWindow
from desktop.ui.photo_dialog import PhotoDialog, Subjects

PATIENCE_MS = 60_000
PhotoFile = Callable[..., Path]
DEFAULTS: dict[str, object] = {
    "scale": 3, "model": "edsr", "output": None, "format": None, "quality": 95, "existing": "rename", "strip_gps": False
}  # fmt: skip
USUAL = Request(Path("a.png"), scale=3, model="edsr")


@pytest.fixture
def many(model: Model) -> Catalogue:
    """ "edsr" enlarges 2, 3 and 4 times, "lapsrn" 2, 4 and 8 times."""
    families = {"edsr": (2, 3, 4), "lapsrn": (2, 4, 8)}
    return Catalogue(
        tuple(
            replace(model, id=f"{family}-x{scale}", family=family, scale=scale)
            for family, scales in families.items()
            for scale in scales
        )
    )


@pytest.fixture
def dialog(qtbot: QtBot, many: Catalogue) -> Callable[..., PhotoDialog]:
    def make(*requests: Request, waiting: int = 1, ended: int = 0, active: int = 0) -> PhotoDialog:
        subjects = Subjects("a.png" if waiting + ended + active == 1 else "", waiting, ended, active)
        made = PhotoDialog(Selection(requests, DEFAULTS, many), subjects)
        made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, on=False)
        qtbot.addWidget(made)
        made.show()
        return made

    return make


@pytest.fixture
def four(qtbot: QtBot, window: MainWindow, photo_file: PhotoFile) -> MainWindow:
    """The window with a, b, c and d waiting."""
    window.add_paths([photo_file(f"{name}.png") for name in "abcd"])
    qtbot.waitUntil(lambda: window._queue.view.model().rowCount() == 4, timeout=PATIENCE_MS)
    return window


def choose(window: MainWindow, names: str) -> None:
    view = window._queue.view
    view.clearSelection()
    for row, job in enumerate(window.jobs):
        if job.path.name[0] in names:
            view.selectionModel().select(view.model().index(row, 0), QItemSelectionModel.SelectionFlag.Select)


def opened(qtbot: QtBot, window: MainWindow) -> PhotoDialog:
    """By its key."""
    qtbot.keyClick(window, Qt.Key.Key_Return, Qt.KeyboardModifier.AltModifier)
    (found,) = (found for found in window.findChildren(PhotoDialog) if found.isVisible())
    return found


def ok(dialog: PhotoDialog) -> QPushButton:
    return dialog.findChild(QDialogButtonBox).button(QDialogButtonBox.StandardButton.Ok)


def texts(dialog: PhotoDialog, name: str) -> list[str]:
    box = dialog.box(name)
    return [box.itemText(row) for row in range(box.count())]


def finish(qtbot: QtBot, window: MainWindow) -> None:
    with qtbot.waitSignal(window.queueFinished, timeout=PATIENCE_MS):
        window.start()


def rows(window: MainWindow, role: Qt.ItemDataRole = Qt.ItemDataRole.ToolTipRole) -> list[str]:
    model = window._queue.view.model()
    return [str(model.index(row, 0).data(role)) for row in range(model.rowCount())]


def test_what_holds_for_all_photos_stands_first_and_in_words(dialog: Callable[..., PhotoDialog]) -> None:
    made = dialog(USUAL)
    assert texts(made, "scale") == ["As for all photos (×3)", "×2", "×3", "×4"]
    assert texts(made, "model") == ["As for all photos (EDSR)", "EDSR", "LapSRN"]
    assert texts(made, "output") == ["As for all photos (next to the original)", "Next to the original"]
    assert texts(made, "format")[0] == "As for all photos (same as the photo)"
    assert texts(made, "quality") == ["As for all photos (95)", "For this photo"]
    assert set(made.choices.values()) == {Common.DEFAULT}
    assert made.windowTitle() == "Settings for “a.png”"


def test_what_differs_is_left_alone_until_somebody_chooses(dialog: Callable[..., PhotoDialog]) -> None:
    made = dialog(USUAL.with_own(scale=2, quality=70), USUAL, waiting=2)
    assert texts(made, "scale")[0] == texts(made, "quality")[0] == "(differs)"
    assert made.choices["scale"] is made.choices["quality"] is Common.DIFFERS
    assert made.choices["format"] is Common.DEFAULT
    made.box("scale").choose(4)
    assert made.choices["scale"] == 4
    assert made.windowTitle() == "Settings for 2 photos"


def test_what_was_chosen_before_is_shown(dialog: Callable[..., PhotoDialog]) -> None:
    request = USUAL.with_own(
        **{"scale": 2, "model": "lapsrn", "self_ensemble": True, "strength": None},
        **{"output": Path("/results"), "format": "jpeg", "quality": 70, "strip_gps": True},
    )
    made = dialog(request)
    assert made.choices == {name: getattr(request, name) for name in made.choices}
    assert made.findChild(QSpinBox).isEnabled()
    made.findChild(QPushButton, "defaultsButton").click()
    assert set(made.choices.values()) == {Common.DEFAULT}
    assert not made.findChild(QSpinBox).isEnabled()


def test_only_scales_that_exist_with_the_model_are_offered(dialog: Callable[..., PhotoDialog]) -> None:
    made = dialog(USUAL)
    made.box("model").choose("lapsrn")
    assert texts(made, "scale") == ["×2", "×4", "×8"]
    assert made.choices["scale"] == 2
    made.box("scale").choose(8)
    made.box("model").choose(Common.DEFAULT)
    assert texts(made, "scale") == ["As for all photos (×3)", "×2", "×3", "×4"]
    assert made.choices["scale"] is Common.DEFAULT


def test_scales_may_differ_only_with_a_model_that_has_them_all(dialog: Callable[..., PhotoDialog]) -> None:
    made = dialog(USUAL.with_own(scale=2), USUAL, waiting=2)
    assert made.choices["scale"] is Common.DIFFERS
    made.box("model").choose("lapsrn")
    assert texts(made, "scale") == ["×2", "×4", "×8"]
    made.box("model").choose("edsr")
    assert texts(made, "scale")[0] == "(differs)"


def test_a_folder_can_be_chosen(dialog: Callable[..., PhotoDialog], monkeypatch: pytest.MonkeyPatch) -> None:
    made = dialog(USUAL)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "/photos/large")
    (button,) = (button for button in made.findChildren(QPushButton) if button.text().startswith("Choose folder"))
    button.click()
    assert made.choices["output"] == Path("/photos/large")
    assert texts(made, "output")[-1] == "/photos/large"


@pytest.mark.parametrize(("waiting", "ended", "usable"), [(1, 0, True), (0, 1, False), (0, 3, False), (2, 1, True)])
def test_photos_that_have_ended_are_done_again_only_on_purpose(
    waiting: int, ended: int, usable: bool, dialog: Callable[..., PhotoDialog]
) -> None:
    made = dialog(*[USUAL] * (waiting + ended), waiting=waiting, ended=ended)
    assert made.again.isVisible() is (ended > 0)
    assert not made.again.isChecked()
    assert ok(made).isEnabled() is usable
    made.again.setChecked(True)
    assert ok(made).isEnabled()


def test_photos_under_way_are_spoken_of(dialog: Callable[..., PhotoDialog]) -> None:
    made = dialog(USUAL, waiting=1, active=1)
    assert any("is being enhanced now" in label.text() for label in made.findChildren(QLabel))


def test_waiting_photos_take_the_settings_at_once_and_the_rest_does_not(qtbot: QtBot, four: MainWindow) -> None:
    choose(four, "bd")
    dialog = opened(qtbot, four)
    dialog.box("format").choose("webp")
    dialog.box("quality").choose("own")
    dialog.findChild(QSpinBox).setValue(60)
    ok(dialog).click()
    assert [(job.request.format, job.request.quality) for job in four.jobs] == [*[(None, 95), ("webp", 60)] * 2]
    qtbot.waitUntil(lambda: "WebP · quality 60" in rows(four)[1], timeout=PATIENCE_MS)
    assert "For this photo alone" not in rows(four)[0]
    finish(qtbot, four)
    assert [job.output.suffix for job in four.jobs if job.output] == [".png", ".webp", ".png", ".webp"]


def test_later_defaults_leave_own_choices_alone(qtbot: QtBot, four: MainWindow, tmp_path: Path) -> None:
    choose(four, "b")
    dialog = opened(qtbot, four)
    dialog.box("output").choose(None)
    ok(dialog).click()
    four.set_output_dir(tmp_path / "out")
    assert [job.request.output for job in four.jobs] == [tmp_path / "out", None, *[tmp_path / "out"] * 2]
    choose(four, "b")
    dialog = opened(qtbot, four)
    dialog.use_defaults()
    ok(dialog).click()
    assert [job.request.output for job in four.jobs] == [tmp_path / "out"] * 4
    assert four.jobs[1].request.own == frozenset()


def test_own_choices_are_there_next_time(qtbot: QtBot, four: MainWindow, tmp_path: Path) -> None:
    choose(four, "c")
    dialog = opened(qtbot, four)
    dialog.box("format").choose("tiff")
    ok(dialog).click()
    four.close()
    second = create_window(tmp_path / "data")
    assert [job.request.format for job in second.jobs] == [None, None, "tiff", None]
    assert second.jobs[2].request.own == {"format"}
    second.close()


def test_finished_photos_stay_as_they_are_unless_asked_for_again(qtbot: QtBot, four: MainWindow) -> None:
    finish(qtbot, four)
    four._controller.retry([four.jobs[3].id])
    choose(four, "ad")
    dialog = opened(qtbot, four)
    dialog.box("format").choose("jpeg")
    ok(dialog).click()
    assert [job.state for job in four.jobs] == ["done", "done", "done", "waiting"]
    assert [job.request.format for job in four.jobs] == [None, None, None, "jpeg"]
    choose(four, "ab")
    dialog = opened(qtbot, four)
    dialog.box("format").choose("jpeg")
    dialog.again.setChecked(True)
    ok(dialog).click()
    assert [job.state for job in four.jobs] == ["waiting", "waiting", "done", "waiting"]
    assert [job.request.format for job in four.jobs] == ["jpeg", "jpeg", None, "jpeg"]
    finish(qtbot, four)
    assert [job.output.suffix for job in four.jobs if job.output] == [".jpg", ".jpg", ".png", ".jpg"]


def test_a_photo_under_way_is_refused_in_words(qtbot: QtBot, four: MainWindow) -> None:
    queue = four._controller.queue
    queue.move([four.jobs[0]], JobState.RUNNING)
    choose(four, "a")
    qtbot.keyClick(four, Qt.Key.Key_Return, Qt.KeyboardModifier.AltModifier)
    assert not four.findChildren(PhotoDialog)
    assert four.findChild(QLabel, "statusMessage").text().startswith("“a.png” is being enhanced now.")
    choose(four, "ab")
    dialog = opened(qtbot, four)
    dialog.box("format").choose("jpeg")
    ok(dialog).click()
    assert [job.request.format for job in four.jobs] == [None, "jpeg", None, None]
    queue.move([four.jobs[0]], JobState.CANCELLED)


def test_a_photo_that_begins_while_the_question_stands_keeps_its_settings(qtbot: QtBot, four: MainWindow) -> None:
    choose(four, "ab")
    dialog = opened(qtbot, four)
    dialog.box("format").choose("jpeg")
    queue = four._controller.queue
    queue.move([four.jobs[0]], JobState.RUNNING)
    four._controller.queue.remove([four.jobs[2].id])
    ok(dialog).click()
    assert [job.request.format for job in four.jobs] == [None, "jpeg", None]
    assert "is being enhanced now" in four.findChild(QLabel, "statusMessage").text()
    queue.move([four.jobs[0]], JobState.CANCELLED)


def test_the_action_says_for_how_many(qtbot: QtBot, four: MainWindow) -> None:
    choose(four, "a")
    assert four._actions.photo_settings.text().replace("&", "") == "Settings for this photo…"
    choose(four, "abc")
    assert four._actions.photo_settings.text().replace("&", "") == "Settings for 3 photos…"
    choose(four, "")
    assert not four._actions.photo_settings.isEnabled()
