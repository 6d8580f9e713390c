"""The models dialog: what is there, what can be done with it, and how that goes."""

from __future__ import annotations

import dataclasses
import hashlib
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QFileDialog, QMessageBox, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from desktop.core.models import download
from desktop.core.models.catalogue import MIRROR, Catalogue
from desktop.core.models.store import ModelState, Store
from desktop.core.workspace import Workspace
from desktop.ui.main_window import MainWindow
from desktop.ui.models_controller import ModelsController
from desktop.ui.models_dialog import ModelsDialog

CONTENT = random.Random(5).randbytes(400_000)


@pytest.fixture
def server(model_server: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("http_proxy", "all_proxy", MIRROR):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    with model_server.serving(CONTENT) as serving:
        yield serving


@pytest.fixture
def here(workspace: Workspace, server: Any) -> Iterator[Workspace]:
    """Folders on which edsr-x3 is what the server has."""
    known = tuple(
        dataclasses.replace(
            one,
            bytes=len(CONTENT),
            sha256=hashlib.sha256(CONTENT).hexdigest(),
            url=f"{server.address}/EDSR_x3.pb",
        )
        if one.id == "edsr-x3"
        else one
        for one in workspace.catalogue.known
    )
    catalogue = Catalogue(known)
    store = Store(workspace.store.folder, catalogue, Path("nothing ships"))
    changed = dataclasses.replace(workspace, catalogue=catalogue, store=store)
    yield changed
    changed.close()


@pytest.fixture
def controller(qtbot: QtBot, here: Workspace) -> Iterator[ModelsController]:
    window = QWidget()
    qtbot.addWidget(window)
    made = ModelsController(here, lambda model: 2.2 if model.bundled else None, window)
    yield made
    made.shutdown()


@pytest.fixture
def dialog(qtbot: QtBot, controller: ModelsController) -> ModelsDialog:
    """The dialog, when it has found what there is."""
    controller.open()
    made = controller.dialog
    assert made is not None
    qtbot.waitUntil(lambda: bool(made.table.entries))
    return made


def _choose(dialog: ModelsDialog, model_id: str) -> None:
    dialog.view.selectRow(dialog.table.row_of(model_id))


def _buttons(dialog: ModelsDialog) -> set[str]:
    """What can be done with the chosen model."""
    every = (dialog.install, dialog.cancel, dialog.check, dialog.remove)
    return {button.objectName() for button in every if not button.isHidden()}


def _state(dialog: ModelsDialog, model_id: str) -> str:
    return str(dialog.table.index(dialog.table.row_of(model_id), 3).data())


def _idle(dialog: ModelsDialog) -> bool:
    return dialog.cancel.isHidden()


def _install(qtbot: QtBot, dialog: ModelsDialog) -> None:
    _choose(dialog, "edsr-x3")
    dialog.install.click()
    qtbot.waitUntil(lambda: _state(dialog, "edsr-x3") == "Installed")


@pytest.fixture
def own(tmp_path: Path, tiny_graphs: ModuleType) -> Path:
    path = tmp_path / "grandma.pb"
    path.write_bytes(tiny_graphs.tiny_edsr(3, blocks=2))
    return path


def test_every_model_is_listed(dialog: ModelsDialog, here: Workspace) -> None:
    assert [entry.model for entry in dialog.table.entries] == list(here.catalogue.models)


def test_what_can_be_done_depends_on_the_model(dialog: ModelsDialog) -> None:
    _choose(dialog, "edsr-baseline-x3")
    assert (_state(dialog, "edsr-baseline-x3"), _buttons(dialog)) == ("Part of Rekindle", set())
    _choose(dialog, "edsr-x3")
    assert (_state(dialog, "edsr-x3"), _buttons(dialog)) == ("Not installed", {"installButton"})


def test_the_speed_on_this_computer_is_said_where_it_is_known(dialog: ModelsDialog) -> None:
    _choose(dialog, "edsr-baseline-x3")
    assert "about 2 s per megapixel here" in dialog._about.text()
    _choose(dialog, "edsr-x3")
    assert "megapixel" not in dialog._about.text()


def test_a_model_is_installed_at_a_click(
    qtbot: QtBot, dialog: ModelsDialog, controller: ModelsController, here: Workspace
) -> None:
    with qtbot.waitSignal(controller.changed):
        _choose(dialog, "edsr-x3")
        dialog.install.click()
    qtbot.waitUntil(lambda: _state(dialog, "edsr-x3") == "Installed")
    assert "is installed" in dialog.message
    assert _buttons(dialog) == {"checkButton", "removeButton"}
    assert here.store.path_of(here.catalogue.by_id("edsr-x3")).read_bytes() == CONTENT


def test_a_download_is_shown_and_can_be_cancelled(
    qtbot: QtBot, dialog: ModelsDialog, server: Any, model_server: ModuleType, here: Workspace
) -> None:
    server.script += [model_server.silent(200_000)]
    _choose(dialog, "edsr-x3")
    dialog.install.click()
    qtbot.waitUntil(lambda: dialog.message.startswith("Downloading"))
    assert _state(dialog, "edsr-x3").startswith("Downloading")
    assert _buttons(dialog) == {"cancelInstallButton"}
    assert not dialog.load.isEnabled()
    part = here.store.folder / "downloads" / f"{hashlib.sha256(CONTENT).hexdigest()}.part"
    qtbot.waitUntil(lambda: part.exists() and part.stat().st_size == 200_000)
    dialog.cancel.click()
    qtbot.waitUntil(lambda: _idle(dialog))
    assert dialog.message == "Stopped. What has arrived is kept for next time."
    assert here.store.state(here.catalogue.by_id("edsr-x3")) is ModelState.AVAILABLE
    _install(qtbot, dialog)
    assert server.requests[-1][1] == "bytes=200000-"


def test_offline_it_says_so_calmly(
    qtbot: QtBot, dialog: ModelsDialog, here: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "_FIRST_PAUSE_S", 0.0)
    _choose(dialog, "edsr-x2")
    model = here.catalogue.by_id("edsr-x2")
    nobody = dataclasses.replace(model, url="http://127.0.0.1:9/EDSR_x2.pb")
    monkeypatch.setattr(here.catalogue, "by_id", lambda _id: nobody)
    dialog.install.click()
    qtbot.waitUntil(lambda: "there is no connection to" in dialog.message)
    assert _buttons(dialog) == {"installButton"}


def test_a_model_is_removed_at_a_click(qtbot: QtBot, dialog: ModelsDialog, here: Workspace) -> None:
    _install(qtbot, dialog)
    dialog.remove.click()
    qtbot.waitUntil(lambda: _state(dialog, "edsr-x3") == "Not installed")
    assert not here.store.path_of(here.catalogue.by_id("edsr-x3")).exists()


def test_a_damaged_model_is_repaired(
    qtbot: QtBot, dialog: ModelsDialog, controller: ModelsController, here: Any
) -> None:
    _install(qtbot, dialog)
    here.store.path_of(here.catalogue.by_id("edsr-x3")).write_bytes(b"damaged")
    controller.open()
    qtbot.waitUntil(lambda: _state(dialog, "edsr-x3") == "Damaged")
    assert dialog.install.text() == "Repair"
    dialog.install.click()
    qtbot.waitUntil(lambda: _state(dialog, "edsr-x3") == "Installed")


def test_checking_says_that_all_is_well(qtbot: QtBot, dialog: ModelsDialog) -> None:
    _install(qtbot, dialog)
    dialog.check.click()
    qtbot.waitUntil(lambda: "is whole" in dialog.message)


def test_a_file_of_one_s_own_is_imported_and_chosen(
    qtbot: QtBot, dialog: ModelsDialog, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(own), ""))
    dialog.load.click()
    qtbot.waitUntil(lambda: dialog._id == "grandma-x3")
    assert "Imported as “grandma-x3”" in dialog.message
    assert (_state(dialog, "grandma-x3"), _buttons(dialog)) == ("Imported", {"checkButton", "removeButton"})
    assert dialog._name.text() == "grandma ×3"


def test_a_file_that_is_no_model_is_refused_in_words(
    qtbot: QtBot, dialog: ModelsDialog, controller: ModelsController, tmp_path: Path
) -> None:
    file = tmp_path / "<b>letter.pb"
    file.write_text("Dear grandma")
    controller.import_file(file)
    qtbot.waitUntil(lambda: "it is a text" in dialog.message)
    assert dialog.message.startswith("“<b>letter.pb”")
    assert dialog._message.textFormat() == Qt.TextFormat.PlainText


def test_removing_an_import_is_asked_about_first(
    qtbot: QtBot, dialog: ModelsDialog, controller: ModelsController, own: Path, here: Workspace
) -> None:
    controller.import_file(own)
    qtbot.waitUntil(lambda: dialog._id == "grandma-x3")
    dialog.remove.click()
    question = dialog.findChild(QMessageBox)
    assert question is not None
    assert here.catalogue.by_id("grandma-x3")
    really = question.findChild(QPushButton, "reallyRemoveButton")
    assert really is not None
    really.click()
    qtbot.waitUntil(lambda: dialog.table.row_of("grandma-x3") < 0)


def test_a_download_goes_on_while_the_dialog_is_closed(
    qtbot: QtBot, dialog: ModelsDialog, controller: ModelsController, server: Any, model_server: ModuleType
) -> None:
    go: list[Callable[[], None]] = []

    def slowly(handler: Any) -> None:
        handler.begin(200, len(CONTENT))
        handler.wfile.write(CONTENT[:1000])
        handler.wfile.flush()
        while not go and not server.over.wait(0.01):
            pass
        handler.wfile.write(CONTENT[1000:])

    server.script += [slowly]
    _choose(dialog, "edsr-x3")
    dialog.install.click()
    qtbot.waitUntil(lambda: dialog.message.startswith("Downloading"))
    dialog.reject()
    assert controller.dialog is None
    controller.open()
    again = controller.dialog
    assert again is not None
    assert _buttons(again) == {"cancelInstallButton"}
    qtbot.waitUntil(lambda: again.table.row_of("edsr-x3") >= 0)  # nothing waits for the download to end
    go.append(lambda: None)
    qtbot.waitUntil(lambda: _state(again, "edsr-x3") == "Installed")


def test_what_fails_after_the_dialog_was_closed_is_told_all_the_same(
    qtbot: QtBot, dialog: ModelsDialog, controller: ModelsController, server: Any, model_server: ModuleType
) -> None:
    server.script += [model_server.status(404)]
    dialog.reject()
    with qtbot.waitSignal(controller.failed) as told:
        controller._install("edsr-x3")
    assert "404" in told.args[0].message


def test_closing_stops_what_is_being_done(
    qtbot: QtBot, dialog: ModelsDialog, controller: ModelsController, server: Any, model_server: ModuleType
) -> None:
    server.script += [model_server.silent(1000)]
    _choose(dialog, "edsr-x3")
    dialog.install.click()
    qtbot.waitUntil(lambda: dialog.message.startswith("Downloading"))
    controller.shutdown()
    assert not server.over.is_set()


def test_the_window_opens_it_and_offers_what_was_imported(
    qtbot: QtBot, tmp_path: Path, own: Path, window: MainWindow
) -> None:
    window._actions.models.trigger()
    controller = window.findChild(ModelsController)
    assert controller is not None
    assert controller.dialog is not None
    controller.import_file(own)
    box = window.findChild(QComboBox, "modelBox")
    assert box is not None
    qtbot.waitUntil(lambda: box.findData("grandma") >= 0)
    box.setCurrentIndex(box.findData("grandma"))
    scales = window.findChild(QComboBox, "scaleBox")
    assert scales is not None
    assert [data for row in range(scales.count()) if (data := scales.itemData(row)) is not None] == [3]
    dialog = controller.dialog
    qtbot.waitUntil(lambda: dialog.table.row_of("grandma-x3") >= 0)
    controller._remove("grandma-x3")
    qtbot.waitUntil(lambda: box.findData("grandma") < 0)
    assert box.currentData() == "auto"


def test_a_window_that_closes_waits_for_no_download(
    qtbot: QtBot, window: MainWindow, server: Any, model_server: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.script += [model_server.silent(0)]
    monkeypatch.setenv(MIRROR, server.address)
    window._actions.models.trigger()
    controller = window.findChild(ModelsController)
    assert controller is not None
    controller._install("fsrcnn-x2")
    qtbot.waitUntil(lambda: bool(server.requests))
    window.close()
    assert not server.over.is_set()


def test_everything_can_be_done_with_keys_and_has_a_name(dialog: ModelsDialog) -> None:
    assert dialog.view.accessibleName()
    for widget in (dialog.view, dialog.install, dialog.load):
        assert widget.focusPolicy() & Qt.FocusPolicy.TabFocus
    row = dialog.table.row_of("edsr-x3")
    assert dialog.table.index(row, 0).data(Qt.ItemDataRole.AccessibleTextRole) == "EDSR, ×3, 400 kB, Not installed"
