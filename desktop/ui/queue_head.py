"""Above the list: how many photos there are, which of them it shows, and in which order."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Generic, TypeVar

from PySide6.QtCore import QObject, QSize, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QWidget

from desktop.ui import icons, theme, words
from desktop.ui.shown_photos import Order, Part

Choice = TypeVar("Choice", bound=Enum)


class QueueHead(QWidget):
    """Its actions also stand in the window's menu.

    Signals:
        partRequested(part: Part), orderRequested(order: Order)
    """

    partRequested = Signal(object)
    orderRequested = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = QLabel()
        font = self._title.font()
        font.setBold(True)
        self._title.setFont(font)
        self._part_words = {
            Part.ALL: self.tr("All"),
            Part.TO_DO: self.tr("To do"),
            Part.DONE: self.tr("Done"),
            Part.FAILED: self.tr("Failed"),
            Part.SKIPPED: self.tr("Skipped"),
            Part.CANCELLED: self.tr("Cancelled"),
        }
        order_words = {
            Order.QUEUE: self.tr("Order of work"),
            Order.NAME: self.tr("Name"),
            Order.STATE: self.tr("State"),
        }
        self._parts = _Choices(self, self._part_words, "0123")
        self._parts.group.triggered.connect(lambda action: self.partRequested.emit(action.data()))
        self._orders = _Choices(self, order_words, "789")
        self._orders.group.triggered.connect(lambda action: self.orderRequested.emit(action.data()))

        self.part_button = _menu_button(self._parts.actions)
        self.part_button.setObjectName("partButton")
        self.part_button.setAccessibleName(self.tr("Photos that are shown"))
        self.part_button.setToolTip(self.tr("Show a part of the list only"))
        self.order_button = _menu_button(self._orders.actions)
        self.order_button.setObjectName("orderButton")
        self.order_button.setAccessibleName(self.tr("Sort the list"))
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.PANEL_MARGIN, 4, theme.GRID, 4)
        row.setSpacing(4)
        row.addWidget(self._title, 1)
        row.addWidget(self.part_button)
        row.addWidget(self.order_button)
        self.show_choices(Part.ALL, Order.QUEUE)
        self.show_counts({}, 0)
        self.retint()

    @property
    def part_actions(self) -> list[QAction]:
        return self._parts.actions

    @property
    def order_actions(self) -> list[QAction]:
        return self._orders.actions

    def show_choices(self, part: Part, order: Order) -> None:
        """What the list shows now."""
        self._parts.choose(part)
        self._orders.choose(order)
        self.part_button.setText(self._part_words[part])
        sorting = self.tr("Sorted by: {order}").format(order=self._orders.chosen.text())
        self.order_button.setToolTip(sorting)
        self.order_button.setAccessibleDescription(sorting)

    def show_counts(self, counts: Mapping[Part, int], shown: int) -> None:
        """How many photos there are of each kind, and how many rows. Kinds that there are none of are not offered."""
        total = counts.get(Part.ALL, 0)
        self._title.setText(words.photos(total) if shown == total else words.of_photos(shown, total))
        for action in self._parts.actions:
            part: Part = action.data()
            count = counts.get(part, 0)
            action.setText(f"{self._part_words[part]} ({words.number(count)})" if count else self._part_words[part])
            action.setVisible(bool(count) or part is Part.ALL or action.isChecked())

    def retint(self) -> None:
        """Draws the icons in the palette's colours."""
        tones = theme.tones()
        self.order_button.setIcon(icons.icon("sort", tones.text, tones.disabled))
        self.order_button.setIconSize(QSize(theme.ICON_SIDE, theme.ICON_SIDE))


class _Choices(Generic[Choice]):
    """Actions of which one is on, the first of them with keys."""

    def __init__(self, parent: QObject, labels: Mapping[Choice, str], digits: str) -> None:
        self.group = QActionGroup(parent)
        for number, (choice, text) in enumerate(labels.items()):
            action = self.group.addAction(text)
            action.setData(choice)
            action.setCheckable(True)
            if number < len(digits):
                action.setShortcut(f"Alt+{digits[number]}")

    @property
    def actions(self) -> list[QAction]:
        return self.group.actions()

    @property
    def chosen(self) -> QAction:
        return next(action for action in self.actions if action.isChecked())

    def choose(self, choice: Choice) -> None:
        next(action for action in self.actions if action.data() is choice).setChecked(True)


def _menu_button(actions: list[QAction]) -> QPushButton:
    button = QPushButton()
    menu = QMenu(button)
    menu.addActions(actions)
    button.setMenu(menu)
    button.setMinimumHeight(theme.CONTROL_HEIGHT - 4)
    return button
