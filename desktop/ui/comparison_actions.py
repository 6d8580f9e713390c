"""What can be done with the comparison: words, keys, and places in the menu."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from desktop.ui.comparison_layout import DIFFERENCE, FLIP, SIDE_BY_SIDE, SPLIT, Side
from desktop.ui.comparison_view import ComparisonView
from desktop.ui.navigable_view import STEP

_DIVIDER_KEYS = ("Alt+Left", "Alt+Right")


class ComparisonActions:
    """Actions with keys that work while the focus is in the comparison.

    Attributes:
        modes: the four ways to compare, one of them chosen
        preview: what it does is the window's affair
        fit, one_to_one: with icons, for a bar
    """

    def __init__(self, panel: QWidget, view: ComparisonView) -> None:
        self._panel = panel
        self._view = view
        self.modes = QActionGroup(panel)
        for mode, text, key in (
            (SPLIT, _tr("&Split: before and after with a divider"), "S"),
            (SIDE_BY_SIDE, _tr("Side by side (&pair)"), "P"),
            (FLIP, _tr("Flip: hold Space &to see before"), "T"),
            (DIFFERENCE, _tr("&Difference: what was changed"), "D"),
        ):
            action = self._make(text, key, partial(setattr, view, "mode", mode))
            action.setCheckable(True)
            action.setData(mode)
            self.modes.addAction(action)
        self.preview = self._make(_tr("Preview what is on scr&een"), "E", lambda: None)
        self.fit = self._make(_tr("&Fit in the window"), "F", view.zoom_to_fit)
        self.one_to_one = self._make(_tr("&Actual size, 1:1"), "1", partial(self._zoom_to, 1.0))
        self._zooms = [
            self._make(_tr("Twice as large, &2:1"), "2", partial(self._zoom_to, 2.0)),
            self._make(_tr("Zoom &in"), "+", lambda: view.zoom_by(STEP, view.middle())),
            self._make(_tr("Zoom &out"), "-", lambda: view.zoom_by(1 / STEP, view.middle())),
        ]
        self._sides = [
            self._make(_tr("&Left picture…"), "A", partial(view.labels.open, Side.BEFORE)),
            self._make(_tr("&Right picture…"), "B", partial(view.labels.open, Side.AFTER)),
        ]
        self._divider = [
            self._make(_tr("Divider to the left"), _DIVIDER_KEYS[0], partial(self._move_divider, -1)),
            self._make(_tr("Divider to the right"), _DIVIDER_KEYS[1], partial(self._move_divider, 1)),
            self._make(_tr("Divider to the middle"), "X", partial(setattr, view, "split", 0.5)),
        ]
        self.map = self._switch(_tr("&Map of the whole photo"), "M", True, partial(setattr, view.map, "wanted"))
        self.lens = self._switch(_tr("L&ens under the mouse"), "Shift+L", False, partial(setattr, view.lens, "kept"))
        view.modeChanged.connect(self._show_mode)
        self._show_mode(view.mode)

    @property
    def all(self) -> list[QAction]:
        """Every action, in the order of the menu."""
        return [
            *self.modes.actions(),
            *self._sides,
            *self._divider,
            self.preview,
            self.fit,
            self.one_to_one,
            *self._zooms,
            self.map,
            self.lens,
        ]

    def fill(self, menu: QMenu) -> None:
        """Puts them into a menu."""
        for group in (
            self.modes.actions(),
            self._sides,
            self._divider,
            [self.preview],
            [self.fit, self.one_to_one, *self._zooms],
            [self.map, self.lens],
        ):
            menu.addActions(group)
            menu.addSeparator()

    def _make(self, text: str, key: str, act: Callable[[], object]) -> QAction:
        action = QAction(text, self._panel)
        action.setShortcut(QKeySequence(key))
        # A letter must not be taken from a list that is searched by typing.
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        action.setToolTip(
            f"{text.replace('&', '')} ({action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)})"
        )
        action.triggered.connect(lambda _checked=False: act())
        self._panel.addAction(action)
        return action

    def _switch(self, text: str, key: str, on: bool, act: Callable[[bool], object]) -> QAction:
        action = self._make(text, key, lambda: None)
        action.setCheckable(True)
        action.setChecked(on)
        action.toggled.connect(act)
        return action

    def _zoom_to(self, zoom: float) -> None:
        self._view.set_zoom(zoom, self._view.middle())

    def _move_divider(self, steps: int) -> None:
        if self._view.divided:
            self._view.split = self._view.divider.stepped(steps)

    def _show_mode(self, mode: str) -> None:
        for action in self.modes.actions():
            action.setChecked(action.data() == mode)


def _tr(text: str) -> str:
    return QCoreApplication.translate("ComparisonActions", text)
