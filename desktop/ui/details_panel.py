"""What becomes of all that belongs to the photo that is looked at: a line, and below it, if wanted, the whole of it."""

from __future__ import annotations

import html
from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QScrollArea, QToolButton, QVBoxLayout, QWidget

from desktop.core.photo.photo import Fidelity, Item
from desktop.core.report.entry import spelled
from desktop.ui import theme
from desktop.ui.reports import report_words

_ROOM = 152


class DetailsPanel(QWidget):
    """Shows a photo's account: what is, or will be, kept, changed and not kept."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("detailsPanel")
        self._names = report_words().items
        self._fidelity: Fidelity | None = None
        self._foretold = False
        self._summary_words = ""

        self.toggle = QToolButton()
        self.toggle.setText(self.tr("Details"))
        self.toggle.setToolTip(self.tr("What is kept of camera data, colours and descriptions"))
        self.toggle.setCheckable(True)
        self.toggle.setAutoRaise(True)
        self.toggle.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.toggle.setArrowType(Qt.ArrowType.RightArrow)
        self.toggle.setMinimumHeight(3 * theme.GRID + 4)
        self.toggle.toggled.connect(self._open)
        self._summary = QLabel()
        self._summary.setProperty("quiet", True)
        self._summary.setMinimumWidth(0)
        self._summary.setTextFormat(Qt.TextFormat.PlainText)

        self._body = QWidget()
        layout = QGridLayout(self._body)
        layout.setContentsMargins(theme.PANEL_MARGIN, 4, theme.PANEL_MARGIN, theme.PANEL_MARGIN)
        layout.setHorizontalSpacing(2 * theme.GRID)
        layout.setVerticalSpacing(theme.GRID)
        layout.setColumnStretch(1, 1)
        self._rows: list[tuple[QLabel, QLabel]] = []
        for row in range(3):
            pair = QLabel(), QLabel()
            pair[0].setProperty("quiet", True)
            pair[1].setWordWrap(True)
            pair[1].setTextFormat(Qt.TextFormat.RichText)
            pair[1].setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            for place, label in enumerate(pair):
                layout.addWidget(label, row, place, Qt.AlignmentFlag.AlignTop)
            self._rows.append(pair)
        layout.setRowStretch(3, 1)
        self._scroll = QScrollArea()
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidgetResizable(True)
        self._scroll.setWidget(self._body)
        self._scroll.setFixedHeight(_ROOM)
        self._scroll.hide()

        line = QHBoxLayout()
        line.setContentsMargins(theme.PANEL_MARGIN - 4, 0, theme.PANEL_MARGIN, 4)
        line.setSpacing(theme.GRID)
        line.addWidget(self.toggle)
        line.addWidget(self._summary, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(line)
        column.addWidget(self._scroll)
        self.clear()

    @property
    def summary(self) -> str:
        """The line, in full."""
        return self._summary_words

    def show_fidelity(self, fidelity: Fidelity, *, foretold: bool) -> None:
        """
        Args:
            foretold: of a photo that waits; otherwise, of one that is done.
        """
        self._fidelity, self._foretold = fidelity, foretold
        self._fill()

    def clear(self) -> None:
        """Nothing is known of the photo yet."""
        self._fidelity = None
        self._fill()

    def retint(self) -> None:
        """Takes the palette's colours."""
        self._fill()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._elide()

    def _open(self, on: bool) -> None:
        self.toggle.setArrowType(Qt.ArrowType.DownArrow if on else Qt.ArrowType.RightArrow)
        self._scroll.setVisible(on)

    def _fill(self) -> None:
        fidelity = self._fidelity or Fidelity()
        headings = (
            (self.tr("Will not be kept"), self.tr("Will be changed"), self.tr("Will be kept"))
            if self._foretold
            else (self.tr("Not kept"), self.tr("Changed"), self.tr("Kept"))
        )
        groups = (fidelity.lost, fidelity.converted, fidelity.kept)
        for (name, content), heading, items in zip(self._rows, headings, groups, strict=True):
            name.setText(heading)
            content.setText(self._listed(items))
            name.setVisible(bool(items))
            content.setVisible(bool(items))
        self._summary_words = self._sum_up(fidelity) if self._fidelity is not None else ""
        self._summary.setToolTip(self._summary_words)
        self.toggle.setAccessibleDescription(self._summary_words)
        self.toggle.setEnabled(self._fidelity is not None)
        self._elide()

    def _sum_up(self, fidelity: Fidelity) -> str:
        if fidelity.lost:
            names = ", ".join(dict.fromkeys(self._name(item) for item in fidelity.lost))
            text = self.tr("Will not be kept: {items}") if self._foretold else self.tr("Not kept: {items}")
            return text.format(items=names)
        return self.tr("Everything will be kept") if self._foretold else self.tr("Everything was kept")

    def _listed(self, items: Iterable[Item]) -> str:
        quiet = theme.tones().quiet
        lines = (
            f'{html.escape(_beginning(self._name(item)))} <span style="color: {quiet}">· {_text(item.detail)}</span>'
            for item in items
        )
        return "<br>".join(lines)

    def _name(self, item: Item) -> str:
        return self._names.get(item.item, item.item)

    def _elide(self) -> None:
        room = self._summary.width()
        self._summary.setText(
            self._summary.fontMetrics().elidedText(self._summary_words, Qt.TextElideMode.ElideRight, max(room, 40))
        )


def _beginning(name: str) -> str:
    """As it stands at the beginning of a line."""
    return name[:1].upper() + name[1:]


def _text(words: str) -> str:
    return html.escape(spelled(words))
