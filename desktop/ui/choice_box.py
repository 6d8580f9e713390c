"""A box to choose a value from, whatever the value is."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QComboBox


class ChoiceBox(QComboBox):
    """Holds Python values, None among them; what is too long for it is whole in its tool tip."""

    def __init__(self) -> None:
        super().__init__()
        self._values: list[object] = []
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(28)
        self.currentTextChanged.connect(self.setToolTip)

    @property
    def choice(self) -> object:
        """The chosen value; None, too, where none is offered."""
        return self._values[self.currentIndex()] if self._values else None

    @property
    def offered(self) -> tuple[object, ...]:
        return tuple(self._values)

    def choose(self, value: object) -> None:
        """Nothing happens where it is not offered."""
        if value in self._values:
            self.setCurrentIndex(self._values.index(value))

    def offer(self, entries: Sequence[tuple[str, object]], wanted: object) -> None:
        """Other words and values; the first of them is chosen where the wanted one is not among them."""
        with QSignalBlocker(self):
            self.clear()
            self.addItems([text for text, _ in entries])
            self._values = [value for _, value in entries]
            self.choose(wanted)
        self.setToolTip(self.currentText())
