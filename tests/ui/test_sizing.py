"""Sizes in the window: the box, the dialog, the photos they are for."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt

from desktop.core.jobs import JobState
from desktop.core.photo.cut import Cut
from desktop.core.sizes import Paper, Target
from desktop.ui import size_words
from desktop.ui.crop_dialog import CropDialog
from desktop.ui.photo_dialog import PhotoDialog
from desktop.ui.scale_box import ScaleBox
from desktop.ui.size_dialog import SizeDialog


@pytest.fixture
def box(qtbot):
    made = ScaleBox()
    qtbot.addWidget(made)
    made.offer((2, 3, 4), 3, "")
    return made


def test_the_box_offers_scales_and_a_door_that_is_never_the_choice(box, qtbot):
    assert [box.itemData(row) for row in range(3)] == [2, 3, 4]
    assert box.choice == 3
    with qtbot.waitSignal(box.otherRequested):
        box.setCurrentIndex(box.count() - 1)
        box.activated.emit(box.count() - 1)
    assert box.choice == 3
    assert box.currentText() == "×3"


def test_a_size_stands_among_the_scales_and_stays_there_to_be_chosen_again(box, qtbot):
    box.offer((2, 3, 4), 3, "print 20x30cm@300 crop")
    assert box.choice == "print 20x30cm@300 crop"
    assert box.currentText() == "20 × 30 cm"
    with qtbot.waitSignal(box.scaleChosen, check_params_cb=lambda scale: scale == 2):
        box.setCurrentIndex(0)
    with qtbot.waitSignal(box.targetChosen, check_params_cb=lambda text: text == "print 20x30cm@300 crop"):
        box.setCurrentIndex(3)


def test_keys_stop_at_the_last_size(box, qtbot):
    for _ in range(5):
        qtbot.keyClick(box, Qt.Key.Key_Down)
    assert box.choice == 4
    qtbot.keyClick(box, Qt.Key.Key_End)
    assert box.choice == 4


@pytest.mark.parametrize(
    "text",
    [
        *("longest 4000", "width 900", "height 1200", "megapixels 2.5", "print 20x30cm@300 crop"),
        *("print 8x10in@240 fit", "print 12.5x33cm@300 fit", "print 100x150mm@300 crop"),
    ],
)
def test_the_dialog_shows_what_holds_and_hands_it_back(qtbot, text):
    dialog = SizeDialog(text)
    qtbot.addWidget(dialog)
    assert str(dialog.target) == text
    with qtbot.waitSignal(dialog.targetRequested, check_params_cb=lambda told: told == text):
        dialog.accept()


def test_a_paper_with_a_name_fills_in_its_sides(qtbot):
    dialog = SizeDialog("")
    qtbot.addWidget(dialog)
    assert dialog.target == Target("print", paper=Paper(20, 30))
    dialog.paper.setCurrentIndex(dialog.paper.findText("A4", Qt.MatchFlag.MatchStartsWith))
    assert dialog.target.paper == Paper(21, 29.7)
    dialog.across.setValue(17.3)
    assert dialog.paper.currentData() == ""


def test_only_what_belongs_to_the_kind_is_shown(qtbot):
    dialog = SizeDialog("longest 4000")
    qtbot.addWidget(dialog)
    dialog.show()
    assert dialog.pixels.isVisible()
    assert not dialog.paper.isVisible()
    dialog.kind.setCurrentIndex(dialog.kind.findData("print"))
    assert dialog.paper.isVisible()
    assert not dialog.pixels.isVisible()


def _dialog(window, kind, qtbot):
    qtbot.waitUntil(lambda: any(each.isVisible() for each in window.findChildren(kind)))
    return next(each for each in window.findChildren(kind) if each.isVisible())


def _add(window, qtbot, path):
    window.add_paths([path])
    qtbot.waitUntil(lambda: len(window.jobs) == 1)
    qtbot.waitUntil(lambda: window._comparison.subject is not None)
    return window.jobs[0]


def test_a_size_is_chosen_for_all_photos_and_what_it_comes_to_is_shown(window, qtbot, photo_file, photo_like):
    _add(window, qtbot, photo_file("a.png", photo_like(60, 40)))
    window._top.sizeRequested.emit()
    dialog = _dialog(window, SizeDialog, qtbot)
    qtbot.waitUntil(lambda: dialog._size.text().startswith("3543 × 2362 pixels"))
    dialog.kind.setCurrentIndex(dialog.kind.findData("longest"))
    dialog.pixels.setValue(100)
    qtbot.waitUntil(lambda: dialog._size.text() == "100 × 67 pixels, enlarged ×2.")
    assert "B of memory" in dialog._cost.text()
    dialog.accept()
    assert window.settings.current.target == "longest 100"
    assert window.jobs[0].request.target == "longest 100"
    assert window._top.scale_box.currentText() == "100 px long"
    window._top.model_box.setCurrentIndex(window._top.model_box.findData("edsr-baseline"))
    assert window.settings.current.target == "longest 100"
    with qtbot.waitSignal(window.queueFinished, timeout=60_000):
        window.start()
    (job,) = window.jobs
    assert (job.state, job.account.width, job.account.height) == (JobState.DONE, 100, 67)
    window._top.scale_box.setCurrentIndex(window._top.scale_box.findData(2))
    assert (window.settings.current.target, window.settings.current.scale) == ("", 2)


def test_a_size_for_one_photo_alone(window, qtbot, photo_file, photo_like):
    job = _add(window, qtbot, photo_file("a.png", photo_like(60, 40)))
    window._actions.photo_settings.trigger()
    dialog = _dialog(window, PhotoDialog, qtbot)
    dialog._other_size.click()
    size = _dialog(window, SizeDialog, qtbot)
    size.kind.setCurrentIndex(size.kind.findData("width"))
    size.pixels.setValue(500)
    size.accept()
    assert dialog.box("scale").choice == "width 500"
    dialog.accept()
    (job,) = window.jobs
    assert job.request.target == "width 500"
    assert "target" in job.request.own
    window.settings.change(scale=2)
    assert window.jobs[0].request.target == "width 500"


def test_a_photo_is_cropped_and_what_is_compared_follows(window, qtbot, photo_file, photo_like):
    _add(window, qtbot, photo_file("a.png", photo_like(60, 40)))
    window._actions.crop.trigger()
    dialog = _dialog(window, CropDialog, qtbot)
    for _ in range(12):
        qtbot.keyClick(dialog.view, Qt.Key.Key_Left, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(dialog.view, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert dialog.cut == Cut(0, (10, 0, 48, 40))
    dialog.accept()
    assert window.jobs[0].request.cut == Cut(0, (10, 0, 48, 40))
    qtbot.waitUntil(lambda: window._comparison.sides.original.size == (48, 40))
    window._actions.crop.trigger()
    again = _dialog(window, CropDialog, qtbot)
    assert again.cut == Cut(0, (10, 0, 48, 40))
    again.reset()
    again.accept()
    assert window.jobs[0].request.cut is None
    qtbot.waitUntil(lambda: window._comparison.sides.original.size == (60, 40))


def test_the_crop_is_pulled_by_its_handles_and_kept_in_proportion(window, qtbot, photo_file, photo_like):
    _add(window, qtbot, photo_file("a.png", photo_like(60, 40)))
    window._actions.crop.trigger()
    dialog = _dialog(window, CropDialog, qtbot)
    dialog.shape.setCurrentIndex(dialog.shape.findText("Square"))
    view = dialog.view
    assert view.framing.box == (10, 0, 40, 40)
    corner = view._part.bottomRight().toPoint()
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=corner)
    qtbot.mouseMove(view, corner - view._part.size().toSize().width() // 2 * QPoint(1, 1))
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton)
    left, top, width, height = view.framing.box
    assert (left, top) == (10, 0)
    assert width == height == pytest.approx(20, abs=1)
    dialog.angle.setValue(3)
    assert dialog.cut.degrees == 3
    dialog.reject()
    assert window.jobs[0].request.cut is None


def test_sizes_have_names():
    assert size_words.target("megapixels 24") == "24 megapixels"
    assert size_words.target("print 8x10in@240 fit") == "8 × 10 in at 240 dpi"
    assert size_words.cut(Cut(1, (0, 0, 5, 5))) == "straightened and cropped"
