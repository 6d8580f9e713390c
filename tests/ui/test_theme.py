"""What can be chosen can be seen, in light and in dark: frames, ticks and dots stand out from what is around them."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QCheckBox, QRadioButton, QStyle, QStyleOptionButton

from desktop.core.paths import bundled
from desktop.ui import theme

_SEEN = 3.0
"""Contrast that parts of controls need (WCAG 2.1, 1.4.11)."""


@pytest.fixture(params=["light", "dark"])
def tones(request, qapp):
    theme.apply(qapp, dark=request.param == "dark")
    yield theme.DARK if request.param == "dark" else theme.LIGHT
    theme.apply(qapp, dark=False)


def _luminance(colours):
    coded = np.asarray(colours, float)[..., :3] / 255
    light = np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)
    return light @ [0.2126, 0.7152, 0.0722]


def _contrast(one, other):
    darker, lighter = sorted((float(one), float(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _of(colour):
    return _luminance(QColor(colour).getRgb())


def _indicator(qtbot, kind, *, checked, enabled=True):
    """Luminance of what a control of this kind shows its state with, in pixels."""
    control = kind("Words")
    qtbot.addWidget(control)
    control.setAutoExclusive(False)
    control.setChecked(checked)
    control.setEnabled(enabled)
    control.ensurePolished()
    control.adjustSize()
    option = QStyleOptionButton()
    control.initStyleOption(option)
    check = kind is QCheckBox
    part = QStyle.SubElement.SE_CheckBoxIndicator if check else QStyle.SubElement.SE_RadioButtonIndicator
    image = control.grab(control.style().subElementRect(part, option, control)).toImage()
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return _luminance(rows[:, : image.width() * 3].reshape(image.height(), image.width(), 3))


@pytest.mark.parametrize("checked", [True, False])
@pytest.mark.parametrize("kind", [QCheckBox, QRadioButton])
def test_a_frame_stands_out_from_the_window(kind, checked, tones, qtbot):
    shown = _indicator(qtbot, kind, checked=checked)
    middle = shown.shape[0] // 2
    for edge in (shown[middle, 0], shown[middle, -1], shown[0, middle], shown[-1, middle]):
        assert _contrast(edge, _of(tones.window)) >= _SEEN


@pytest.mark.parametrize("kind", [QCheckBox, QRadioButton])
def test_what_is_chosen_shows_in_the_middle(kind, tones, qtbot):
    chosen, open_ = (_indicator(qtbot, kind, checked=checked)[3:-3, 3:-3] for checked in (True, False))
    assert max(_contrast(one, _of(tones.base)) for one in chosen.flat) >= 4.5
    assert max(_contrast(one, _of(tones.base)) for one in open_.flat) < 1.1


@pytest.mark.parametrize("kind", [QCheckBox, QRadioButton])
def test_what_cannot_be_changed_is_paler_and_still_shows_what_is_chosen(kind, tones, qtbot):
    chosen, pale, empty = (
        _indicator(qtbot, kind, checked=checked, enabled=enabled)[3:-3, 3:-3]
        for checked, enabled in ((True, True), (True, False), (False, False))
    )
    strongest = [max(_contrast(one, _of(tones.base)) for one in shown.flat) for shown in (chosen, pale, empty)]
    assert strongest[0] > strongest[1] >= 2 > strongest[2]


def test_ticks_have_the_colours_of_their_scheme():
    for scheme in (theme.LIGHT, theme.DARK):
        assert f'stroke="{scheme.text}"' in bundled("resources", "icons", f"tick-{scheme.name}.svg").read_text("utf-8")
