"""The labels over the compared pictures: what is shown on which side, and a menu of what else could be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QColor, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from desktop.ui import comparison_chrome as chrome
from desktop.ui.comparison_layout import Pane, Side

_LONGEST_TEXT = 200
_CHEVRON_ROOM = 16
SIDES = (Side.BEFORE, Side.AFTER)


@dataclass(frozen=True)
class Choice:
    """Something that can be shown on a side.

    Attributes:
        key: what it is known by
        text: its words in the menu
        label: its words over the picture, "before" and "after" where these say it best
    """

    key: str
    text: str
    label: str


class SideLabels(QObject):
    """Two labels over a view; each is a button where there is something to choose from.

    Signals:
        chosen(side: Side, key: str)
    """

    chosen = Signal(object, str)

    def __init__(self, view: QWidget) -> None:
        super().__init__(view)
        self._view = view
        self._choices: tuple[Choice, ...] = ()
        self._keys: dict[Side, str] = {}
        self._pills = {side: _Pill(view) for side in SIDES}
        for side, pill in self._pills.items():
            pill.setObjectName(f"{side.value}Label")
            pill.clicked.connect(lambda _checked=False, side=side: self.open(side))

    def offer(self, choices: Sequence[Choice], keys: dict[Side, str]) -> None:
        """What can be chosen on both sides, and what has been."""
        self._choices = tuple(choices)
        self._keys = dict(keys)

    def text(self, side: Side) -> str:
        """What stands on the label of a side."""
        return self._pills[side].text()

    def place(self, shown: Sequence[Pane], words: dict[Side, str]) -> None:
        """Puts the labels into the corners of the panes, and hides those without a pane or without room.

        Args:
            shown: in logical pixels. A pane of the difference has both labels, it is made of both.
            words: what stands on each.
        """
        rooms: dict[Side, QRectF] = {}
        for pane in shown:
            for side in SIDES if pane.side is Side.DIFFERENCE else (pane.side,):
                rooms.setdefault(side, QRectF(*pane.clip))
        both = len(rooms) == 2 and len(set(map(QRectF.getRect, rooms.values()))) == 1
        for side, pill in self._pills.items():
            pill.describe(words[side], self._spoken(side).format(words=words[side]), len(self._choices) > 1)
            room, size = rooms.get(side), pill.sizeHint()
            parts = 2 if both else 1
            fits = room is not None and (
                size.width() + 2 * chrome.MARGIN <= room.width() / parts
                and size.height() + 2 * chrome.MARGIN <= room.height()
            )
            if room is not None and fits:
                left = room.left() + chrome.MARGIN
                right = room.right() - chrome.MARGIN - size.width()
                pill.setGeometry(
                    round(right if side is Side.AFTER else left),
                    round(room.top()) + chrome.MARGIN,
                    size.width(),
                    size.height(),
                )
            pill.setVisible(fits)

    def menu(self, side: Side) -> QMenu:
        """What can be shown on a side, with a mark at what is."""
        menu = QMenu(self._pills[side])
        group = QActionGroup(menu)
        for choice in self._choices:
            action = QAction(choice.text, menu, checkable=True, checked=choice.key == self._keys.get(side))
            action.triggered.connect(lambda _checked=False, key=choice.key: self.chosen.emit(side, key))
            group.addAction(action)
            menu.addAction(action)
        menu.aboutToHide.connect(menu.deleteLater)
        return menu

    def open(self, side: Side) -> None:
        """Lets the person choose what is shown on a side."""
        if len(self._choices) < 2:
            return
        pill = self._pills[side]
        menu = self.menu(side)
        if pill.isVisible():
            menu.popup(pill.mapToGlobal(pill.rect().bottomLeft()))
        else:
            menu.popup(self._view.mapToGlobal(self._view.rect().center()))

    def _spoken(self, side: Side) -> str:
        return self.tr("Left picture: {words}") if side is Side.BEFORE else self.tr("Right picture: {words}")


class _Pill(QToolButton):
    """A label that is a button where it leads to something."""

    def __init__(self, view: QWidget) -> None:
        super().__init__(view)
        self._leads_on = False
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()

    def describe(self, text: str, spoken: str, leads_on: bool) -> None:
        self.setText(text)
        self.setAccessibleName(spoken)
        self._leads_on = leads_on
        # Not by clicking: the keys of the view go on working.
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus if leads_on else Qt.FocusPolicy.NoFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents, not leads_on)
        self.update()

    def sizeHint(self) -> QSize:
        size = chrome.pill_size(self.font(), self._elided())
        return QSize(round(size.width()) + (_CHEVRON_ROOM if self._leads_on else 0), round(size.height()))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        room = QRectF(self.rect())
        chrome.draw_plate(painter, room, room.height() / 2)
        if self.underMouse() and self._leads_on:
            painter.setBrush(QColor(255, 255, 255, 40))
            painter.drawRoundedRect(room, room.height() / 2, room.height() / 2)
        painter.setPen(chrome.PILL_TEXT)
        words = room.adjusted(0, 0, -_CHEVRON_ROOM, 0) if self._leads_on else room
        painter.drawText(words, Qt.AlignmentFlag.AlignCenter, self._elided())
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self._leads_on:
            tip = QPointF(room.right() - _CHEVRON_ROOM + 3, room.center().y() + 2)
            chevron = QPainterPath(tip + QPointF(-4, -4))
            chevron.lineTo(tip)
            chevron.lineTo(tip + QPointF(4, -4))
            painter.setPen(QPen(chrome.PILL_TEXT, 1.5))
            painter.drawPath(chevron)
        if self.hasFocus():
            painter.setPen(QPen(chrome.PILL_TEXT, 2))
            painter.drawRoundedRect(room.adjusted(2, 2, -2, -2), room.height() / 2 - 2, room.height() / 2 - 2)

    def _elided(self) -> str:
        return self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideMiddle, _LONGEST_TEXT)
