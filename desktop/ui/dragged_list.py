"""A list of photos whose rows are dragged: among themselves, and out of the window as finished files."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QMimeData, QModelIndex, QPoint, QRect, QSize, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import (
    QColor,
    QDrag,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QImage,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPixmap,
)
from PySide6.QtWidgets import QListView, QToolTip, QWidget

from desktop.core.jobs import Job, JobState
from desktop.ui import theme, words
from desktop.ui.queue_model import JOB_ROLE

# Says only that rows are on their way; no other program knows it.
_ROWS = "application/x-rekindle-rows"
_CARRIED = QSize(160, 52)
_LINE = 3
_SCROLL_MS, _EDGE = 20, 32


class DraggedList(QListView):
    """Says where rows are let go. Files of others pass it by, to the window.

    Signals:
        moveRequested(job_ids: list[str], place: str): before which photo they shall stand; "" for the end.

    Attributes:
        fixed: why rows cannot be moved now, in words; "" where they can.
    """

    moveRequested = Signal(list, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.fixed = ""
        self._carried: list[str] = []
        self._line: int | None = None
        self._place = QPoint()
        # Of our own: Qt's begins again with every move of the mouse, and a hand is never quite still.
        self._scroller = QTimer(self, interval=_SCROLL_MS)
        self._scroller.timeout.connect(self._scroll_on)
        self.setDragDropMode(QListView.DragDropMode.DragDrop)
        self.setDropIndicatorShown(False)  # ours is easier to see

    @property
    def carrying(self) -> bool:
        """Whether rows of this list are being dragged, wherever they are."""
        return bool(self._carried)

    def startDrag(self, supported: Qt.DropAction) -> None:
        indexes = sorted(self.selectedIndexes(), key=QModelIndex.row)
        if not indexes:
            return
        jobs: list[Job] = [index.data(JOB_ROLE) for index in indexes]
        content = _content(jobs)
        # A result may only be copied: moved away by a slip of the hand, it would be gone from where it was saved.
        action = Qt.DropAction.CopyAction if content.hasUrls() else Qt.DropAction.MoveAction
        drag = QDrag(self)
        drag.setMimeData(content)
        drag.setPixmap(self._picture(indexes[0], len(jobs)))
        drag.setHotSpot(QPoint(-theme.PANEL_MARGIN, -theme.PANEL_MARGIN))
        self._carried = [job.id for job in jobs]
        try:
            drag.exec(action, action)
        finally:
            self._carried = []
            self._let_go()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self.carrying:
            event.accept()
        else:
            event.ignore()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        place = event.position().toPoint()
        if not self.carrying or self.fixed:
            event.ignore()
            if self.carrying:
                QToolTip.showText(self.viewport().mapToGlobal(place), self.fixed, self)
            return
        event.accept()
        self._place = place
        self._draw_line(self._row_at(place))
        if self._pull():
            self._scroller.start()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._let_go()

    def dropEvent(self, event: QDropEvent) -> None:
        if not self.carrying or self.fixed:
            event.ignore()
            return
        event.accept()
        row = self._row_at(event.position().toPoint())
        below = self.model().index(row, 0).data(JOB_ROLE)
        self.moveRequested.emit(self._carried, below.id if isinstance(below, Job) else "")
        self._let_go()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._line is None:
            return
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line = self._line_rect(self._line)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.palette().color(QPalette.ColorRole.Highlight))
        painter.drawRoundedRect(line, _LINE / 2, _LINE / 2)
        painter.drawEllipse(QPoint(line.left(), line.center().y()), _LINE + 1, _LINE + 1)
        painter.end()

    def _row_at(self, place: QPoint) -> int:
        """The row above which something is let go; one past the last at the end."""
        index = self.indexAt(place)
        if not index.isValid():
            return 0 if place.y() < 0 else self.model().rowCount()
        return index.row() + (place.y() > self.visualRect(index).center().y())

    def _line_rect(self, row: int) -> QRect:
        count = self.model().rowCount()
        edge = self.visualRect(self.model().index(min(row, count - 1), 0))
        top = edge.top() if row < count else edge.bottom() + 1
        top = max(1, min(top - _LINE // 2, self.viewport().height() - _LINE - 1))
        return QRect(theme.GRID, top, self.viewport().width() - 2 * theme.GRID, _LINE)

    def _pull(self) -> int:
        """How far to scroll at a time, the farther the nearer to the edge; negative for up."""
        down = self._place.y() - (self.viewport().height() - _EDGE)
        up = _EDGE - self._place.y()
        return max(0, min(down, _EDGE)) - max(0, min(up, _EDGE))

    def _scroll_on(self) -> None:
        bar, before = self.verticalScrollBar(), self.verticalScrollBar().value()
        bar.setValue(before + self._pull())
        if bar.value() == before:
            self._scroller.stop()
        else:
            self._draw_line(self._row_at(self._place))

    def _draw_line(self, row: int | None) -> None:
        if row != self._line:
            self._line = row if self.model().rowCount() else None
            self.viewport().update()

    def _let_go(self) -> None:
        self._draw_line(None)
        self._scroller.stop()
        self.setState(QListView.State.NoState)

    def _picture(self, index: QModelIndex, count: int) -> QPixmap:
        """What hangs from the mouse: the first photo, and how many there are or its name."""
        ratio = self.devicePixelRatioF()
        picture = QPixmap(_CARRIED * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        frame = QRect(QPoint(), _CARRIED)
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Mid), 1))
        painter.setBrush(self.palette().color(QPalette.ColorRole.Button))
        painter.drawRoundedRect(frame.adjusted(0, 0, -1, -1), 4, 4)
        thumbnail = index.data(Qt.ItemDataRole.DecorationRole)
        left = theme.GRID
        if isinstance(thumbnail, QImage) and not thumbnail.isNull():
            room = QRect(4, 4, 44, 44)
            place = QRect(QPoint(), thumbnail.size().scaled(room.size(), Qt.AspectRatioMode.KeepAspectRatio))
            place.moveCenter(room.center())
            painter.drawImage(place, thumbnail)
            left = room.right() + theme.GRID
        text = words.photos(count) if count > 1 else str(index.data())
        room = frame.adjusted(left, 0, -theme.GRID, 0)
        painter.setPen(QColor(theme.tones().text))
        painter.setFont(self.font())
        text = self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
        painter.end()
        return picture


def _content(jobs: Iterable[Job]) -> QMimeData:
    """The finished files among them, for other programs."""
    content = QMimeData()
    content.setData(_ROWS, b"")
    files = [job.output for job in jobs if job.state is JobState.DONE and job.output is not None]
    if files:
        content.setUrls([QUrl.fromLocalFile(str(path)) for path in files])
    return content
