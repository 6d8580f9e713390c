"""What the settings say of results, and how a name is tried out before it is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialogButtonBox, QFileDialog, QLabel, QMenu, QPushButton, QTabWidget
from pytestqt.qtbot import QtBot

from desktop.core.engines.choosing import Gain
from desktop.core.jobs import DEFAULT_TEMPLATE, Request, Result
from desktop.core.models.catalogue import Model
from desktop.core.naming import FIELDS, Example, Facts
from desktop.core.paths import Folders, sample_photo
from desktop.core.photo.photo import Fidelity
from desktop.core.results import Finished, Remembered
from desktop.core.settings import Settings
from desktop.ui import settings_dialog
from desktop.ui.forms import Explanation
from desktop.ui.main_window import MainWindow
from desktop.ui.name_field import PRESETS
from desktop.ui.settings_dialog import SettingsDialog

PATIENCE_MS = 60_000
LONG = "a very long name that somebody gave to a scanned photograph in 1998, second copy (final).jpg"


@pytest.fixture
def dialog_of(qtbot: QtBot, tmp_path: Path, model: Model) -> Callable[..., SettingsDialog]:
    """``dialog_of(path="grandma.jpg", **settings)``: the dialog, with this photo for an example."""

    def make(path: str = "/album/grandma.jpg", **settings: object) -> SettingsDialog:
        dialog = SettingsDialog(replace(Settings(), **settings), Folders.under(tmp_path))  # type: ignore[arg-type]
        dialog.results.show_example(Example(Request(Path(path)), model, Facts(2436, 1620, date(1962, 7, 1))))
        qtbot.addWidget(dialog)
        dialog.show()
        return dialog

    return make


DialogOf = Callable[..., SettingsDialog]


def shown(dialog: SettingsDialog) -> str:
    return dialog.results.name.answer.text


def can_be_kept(dialog: SettingsDialog) -> bool:
    buttons = dialog.findChild(QDialogButtonBox)
    assert buttons is not None
    return buttons.button(QDialogButtonBox.StandardButton.Ok).isEnabled()


CHANGED = {
    "output_dir": "/results",
    "keep_structure": False,
    "template": "{date} {stem}",
    "format": "webp",
    "quality": 70,
    "existing": "skip",
    "keep_dates": True,
    "lossless": True,
    "keep_print_size": True,
    "strip_gps": True,
    "provenance": False,
    "precision": "exact",
    "spare_cores": 3,
    "reuse_results": False,
    "memory_mib": 512,
    "max_megapixels": 50,
}


@pytest.mark.parametrize("settings", [{}, CHANGED], ids=["usual", "changed"])
def test_what_is_not_touched_stays_as_it_was(dialog_of: DialogOf, settings: dict[str, object]) -> None:
    assert dialog_of(**settings).chosen() == replace(Settings(), **settings)  # type: ignore[arg-type]


def test_a_name_is_shown_on_an_example_while_it_is_typed(qtbot: QtBot, dialog_of: DialogOf) -> None:
    dialog = dialog_of()
    assert shown(dialog) == "grandma.jpg → grandma_x3.jpg"
    box = dialog.results.name.box
    box.lineEdit().selectAll()
    qtbot.keyClicks(box.lineEdit(), "{date} {stem}, {width}")
    assert shown(dialog) == "grandma.jpg → 1962-07-01 grandma, 2436.jpg"
    assert box.accessibleDescription() == shown(dialog)
    assert dialog.chosen().template == "{date} {stem}, {width}"


def test_the_example_follows_what_else_is_chosen(dialog_of: DialogOf) -> None:
    dialog = dialog_of(template="{stem}")
    results = dialog.results
    assert shown(dialog) == "grandma.jpg → grandma (2).jpg"  # the original's own name is taken
    results.format.setCurrentIndex(results.format.findData("png"))
    assert shown(dialog) == "grandma.jpg → grandma.png"
    results.place.addItem("/elsewhere", "/elsewhere")
    results.format.setCurrentIndex(0)
    results.place.setCurrentIndex(1)
    assert shown(dialog) == "grandma.jpg → grandma.jpg"


@pytest.mark.parametrize("wrong", ["{oma}", "{stem", "", "a/{stem}"])
def test_a_wrong_name_is_told_in_words_and_cannot_be_kept(dialog_of: DialogOf, wrong: str) -> None:
    dialog = dialog_of()
    box = dialog.results.name.box
    box.setEditText(wrong)
    assert "→" not in shown(dialog)
    assert shown(dialog) == box.accessibleDescription() != ""
    assert not can_be_kept(dialog)
    box.setEditText("{stem} big")
    assert shown(dialog) == "grandma.jpg → grandma big.jpg"
    assert can_be_kept(dialog)


def test_names_that_do_not_tell_photos_apart_are_told(dialog_of: DialogOf) -> None:
    dialog = dialog_of(template="{date}")
    assert shown(dialog).splitlines() == [
        "grandma.jpg → 1962-07-01.jpg",
        "Photos that get the same name are numbered.",
    ]
    assert can_be_kept(dialog)


def test_every_preset_is_a_name(dialog_of: DialogOf) -> None:
    dialog = dialog_of()
    box = dialog.results.name.box
    assert [box.itemText(row) for row in range(box.count())] == list(PRESETS)
    names = set()
    for row in range(box.count()):
        box.setCurrentIndex(row)
        assert can_be_kept(dialog)
        names.add(shown(dialog))
    assert len(names) == len(PRESETS)


def test_a_name_of_one_s_own_is_not_completed_to_a_preset(qtbot: QtBot, dialog_of: DialogOf) -> None:
    dialog = dialog_of()
    box = dialog.results.name.box
    box.lineEdit().clear()
    qtbot.keyClicks(box.lineEdit(), "{stem}")
    assert box.currentText() == "{stem}"
    assert box.count() == len(PRESETS)


def test_fields_are_inserted_where_the_cursor_stands(dialog_of: DialogOf) -> None:
    dialog = dialog_of()
    menu = dialog.results.name.findChild(QMenu)
    assert menu is not None
    assert [action.text().partition("\t")[2] for action in menu.actions()] == [f"{{{field}}}" for field in FIELDS]
    edit = dialog.results.name.box.lineEdit()
    edit.setCursorPosition(0)
    menu.actions()[FIELDS.index("date")].trigger()
    assert edit.text() == "{date}" + DEFAULT_TEMPLATE
    edit.selectAll()  # as tabbing into the field does
    menu.actions()[FIELDS.index("counter")].trigger()
    assert edit.text() == "{date}" + DEFAULT_TEMPLATE + "{counter}"
    edit.setSelection(0, len("{date}"))
    menu.actions()[FIELDS.index("parent")].trigger()
    assert edit.text() == "{parent}" + DEFAULT_TEMPLATE + "{counter}"


def test_long_names_are_cut_in_their_middles_and_whole_in_the_hint(dialog_of: DialogOf) -> None:
    dialog = dialog_of(f"/album/{LONG}")
    width = dialog.width()
    example = dialog.results.name.answer._example
    before, _, after = example.text().partition(" → ")
    assert "…" in before
    assert "…" in after
    assert after.endswith("_x3.jpg")
    assert example.fontMetrics().horizontalAdvance(example.text()) <= example.width()
    assert LONG in example.toolTip()
    dialog.results.name.box.setEditText("{stem} " * 20)
    assert dialog.width() == width


def test_a_structure_is_kept_only_in_a_folder_for_results(
    dialog_of: DialogOf, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    dialog = dialog_of()
    results = dialog.results
    assert not results.structure.isEnabled()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "/chosen")
    results._choose_folder()
    assert results.structure.isEnabled()
    qtbot.mouseClick(results.structure, Qt.MouseButton.LeftButton, pos=results.structure.rect().center() / 2)
    assert (dialog.chosen().output_dir, dialog.chosen().keep_structure) == ("/chosen", False)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "/another")
    results._choose_folder()
    assert dialog.chosen().output_dir == "/another"
    results.place.setCurrentIndex(0)
    assert not results.structure.isEnabled()
    assert dialog.chosen().output_dir == ""


def test_what_is_explained_can_be_read_to_its_end(qtbot: QtBot, tmp_path: Path) -> None:
    dialog = SettingsDialog(Settings(), Folders.under(tmp_path))
    qtbot.addWidget(dialog)
    dialog.show()
    pages = dialog.findChild(QTabWidget)
    assert pages is not None
    for page in range(pages.count()):
        pages.setCurrentIndex(page)
        qtbot.waitUntil(lambda: all(_shows_all(told) for told in dialog.findChildren(Explanation) if told.isVisible()))
    assert any(_shows_all(told) for told in dialog.findChildren(Explanation))


def _shows_all(told: Explanation) -> bool:
    return told.height() >= told.heightForWidth(told.width())


def open_settings(qtbot: QtBot, window: MainWindow) -> SettingsDialog:
    window._actions.settings.trigger()
    (dialog,) = window.findChildren(SettingsDialog)
    qtbot.waitUntil(lambda: "→" in shown(dialog), timeout=PATIENCE_MS)
    return dialog


def test_the_example_is_the_photo_that_is_looked_at(
    qtbot: QtBot, window: MainWindow, photo_file: Callable[..., Path]
) -> None:
    with qtbot.waitSignal(window._controller.photosAdded, timeout=PATIENCE_MS):
        window.add_paths([photo_file("oma.png")])
    dialog = open_settings(qtbot, window)
    assert shown(dialog) == "oma.png → oma_x3.png"
    dialog.results.name.box.setEditText("{stem} {width}x{height}")
    assert shown(dialog) == "oma.png → oma 72x48.png"


def test_without_a_photo_that_can_be_read_it_is_the_sample(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"no photo")
    with qtbot.waitSignal(window._controller.photosAdded, timeout=PATIENCE_MS):
        window.add_paths([tmp_path / "broken.png"])
    assert shown(open_settings(qtbot, window)).startswith(f"{sample_photo().name} → ")


def test_a_name_that_is_chosen_is_what_results_are_called(
    qtbot: QtBot, window: MainWindow, photo_file: Callable[..., Path]
) -> None:
    window.add_paths([photo_file("album/a.png")])
    dialog = open_settings(qtbot, window)
    dialog.results.name.box.setEditText("{parent} {counter:03} {stem}")
    dialog.accept()
    with qtbot.waitSignal(window.queueFinished, timeout=PATIENCE_MS):
        window.start()
    assert [job.output.name for job in window.jobs if job.output] == ["album 001 a.png"]


def test_what_fast_gives_and_costs_is_said_in_this_computer_s_figures(dialog_of: DialogOf) -> None:
    dialog = dialog_of()
    told = dialog._told
    assert "about three times" in told.text()
    dialog.show_gain(Gain(2.62, 0.44))
    assert "on this computer 2.6 times as fast, and off by 0.4 grey levels" in told.text()
    assert dialog._precision.accessibleDescription() == told.text()
    dialog.show_gain(None)
    assert "about three times" in told.text()


def test_remembered_results_are_counted_and_forgotten_at_a_press(qtbot: QtBot, dialog_of: DialogOf) -> None:
    dialog = dialog_of()
    button = dialog.findChild(QPushButton, "forgetResultsButton")
    assert not button.isEnabled()
    dialog.show_remembered(Remembered(312, 210 * 1024))
    assert any("312 results are remembered (210 KiB)" in one.text() for one in dialog.findChildren(QLabel))
    with qtbot.waitSignal(dialog.forgetRequested):
        button.click()
    dialog.show_remembered(Remembered(0, 0))
    assert not button.isEnabled()


def test_the_window_forgets_results_on_disk(qtbot: QtBot, window: MainWindow) -> None:
    results = window._workspace.results
    results.note("a" * 64, Finished(Result(Path("/a.png"), 1, "0"), 3, 2, Fidelity()))
    window._open_settings()
    dialog = window.findChild(SettingsDialog)
    button = dialog.findChild(QPushButton, "forgetResultsButton")
    qtbot.waitUntil(button.isEnabled, timeout=PATIENCE_MS)
    button.click()
    qtbot.waitUntil(lambda: not button.isEnabled(), timeout=PATIENCE_MS)
    assert results.remembered().count == 0
    dialog.reject()


def test_what_calculates_is_named_where_there_is_a_choice(dialog_of: DialogOf, monkeypatch: pytest.MonkeyPatch) -> None:
    for names, shown in ((("OpenVINO", "A Card 3000", "OpenCV"), True), (("OpenCV",), False)):
        monkeypatch.setattr(settings_dialog, "titles", lambda names=names: names)
        dialog = dialog_of()
        told = [label.text() for label in dialog.findChildren(QLabel)]
        assert any(text.endswith(f"{', '.join(names)}.") for text in told) == shown
