"""The middle of the window: photo on the left, queue on the right; one invitation while there is neither."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QStackedWidget, QVBoxLayout, QWidget

from desktop.ui.comparison_panel import ComparisonPanel
from desktop.ui.details_panel import DetailsPanel
from desktop.ui.empty_view import EmptyView
from desktop.ui.queue_panel import QueuePanel


class Stage(QSplitter):
    """Lays out the three and switches between them."""

    def __init__(
        self, empty: EmptyView, comparison: ComparisonPanel, queue: QueuePanel, parent: QWidget | None = None
    ) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.comparison = comparison
        self.queue = queue
        self.details = DetailsPanel()
        photo = QWidget()
        column = QVBoxLayout(photo)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(comparison, 1)
        column.addWidget(self.details)
        self._left = QStackedWidget()
        self._left.addWidget(empty)
        self._left.addWidget(photo)
        self._left.setMinimumSize(320, 240)
        queue.setMinimumWidth(272)
        self.addWidget(self._left)
        self.addWidget(queue)
        self.setStretchFactor(0, 1)
        self.setStretchFactor(1, 0)
        self.setChildrenCollapsible(False)
        self.setHandleWidth(1)
        self.setSizes([880, 320])
        self.show_photos(False)

    def show_photos(self, any_photo: bool) -> None:
        """The comparison and the queue, or the invitation alone."""
        self._left.setCurrentIndex(1 if any_photo else 0)
        self.queue.setVisible(any_photo)
