"""The list of photos: thumbnail, name, state, progress, and the one button that helps."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractItemModel, QEvent, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolTip,
    QWidget,
)

from desktop.core.jobs import Job, JobState
from desktop.ui import icons, theme
from desktop.ui.dragged_list import DraggedList
from desktop.ui.queue_model import DETAIL_ROLE, JOB_ROLE

Index = QModelIndex | QPersistentModelIndex

THUMBNAIL = 44
_MARGIN = theme.PANEL_MARGIN
_GAP = theme.GRID
_BAR = 3
_BUTTON_SIDE = 28
_ERROR_LINES = 4

_STATE_ICONS = {
    JobState.WAITING: "clock",
    JobState.RUNNING: "play",
    JobState.PAUSED: "pause",
    JobState.DONE: "check",
    JobState.FAILED: "warning",
    JobState.SKIPPED: "skip",
    JobState.CANCELLED: "cancel",
}


class QueueView(DraggedList):
    """Shows the queue and says what the person asks of it.

    Signals:
        helpRequested(job_id: str): the button on a photo's row, or Return on it.
        removeRequested(): Delete was pressed.
        compareRequested(job_id: str): a double click on a photo.

    Attributes:
        placeholder: stands in it where there is nothing to show.
    """

    helpRequested = Signal(str)
    removeRequested = Signal()
    compareRequested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("queueView")
        self.setAccessibleName(self.tr("Photos in the queue"))
        self.setSelectionMode(QListView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        # Rows of failed photos are taller; laying out in batches keeps ten thousand rows from freezing the window.
        self.setLayoutMode(QListView.LayoutMode.Batched)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMouseTracking(True)
        self.placeholder = self.tr("No photos of this kind. Choose “All” above to see the rest.")
        delegate = _PhotoDelegate(self)
        delegate.pressed.connect(self.helpRequested)
        self.setItemDelegate(delegate)
        self.doubleClicked.connect(lambda index: self.compareRequested.emit(index.data(JOB_ROLE).id))

    def selected_rows(self) -> list[int]:
        """From top to bottom."""
        ranges = self.selectionModel().selection().toList()
        return sorted(row for part in ranges for row in range(part.top(), part.bottom() + 1))

    def current_job(self) -> Job | None:
        """The photo that the comparison shows."""
        index = self.currentIndex()
        job = index.data(JOB_ROLE) if index.isValid() else None
        return job if isinstance(job, Job) else None

    def step(self, rows: int) -> None:
        """Looks at the photo so many rows further down, or up."""
        row = self.currentIndex().row() + rows
        if 0 <= row < self.model().rowCount():
            self.setCurrentIndex(self.model().index(row, 0))

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.model().rowCount() and self.placeholder:
            painter = QPainter(self.viewport())
            painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
            room = self.viewport().rect().adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self.placeholder)
            painter.end()

    def dataChanged(self, first: Index, last: Index, roles: Sequence[int] = ()) -> None:
        """Rows that keep their size are painted again. Qt's list would lay out all of them, ten thousand a tile."""
        if roles and Qt.ItemDataRole.SizeHintRole not in roles:
            QAbstractItemView.dataChanged(self, first, last, roles)
        else:
            super().dataChanged(first, last, roles)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        job = self.current_job()
        if event.key() == Qt.Key.Key_Delete:
            self.removeRequested.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and job is not None:
            self.helpRequested.emit(job.id)
        else:
            super().keyPressEvent(event)


class _PhotoDelegate(QStyledItemDelegate):
    """Paints a row.

    Signals:
        pressed(job_id: str): the row's button.
    """

    pressed = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._font: QFont | None = None
        self._usual: QSize | None = None

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        job: Job = index.data(JOB_ROLE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        self._paint_background(painter, option)
        rect = option.rect.adjusted(_MARGIN, _GAP, -_MARGIN, -_GAP)
        self._paint_thumbnail(painter, option, index, QRect(rect.topLeft(), QSize(THUMBNAIL, THUMBNAIL)), job)
        self._paint_text(painter, option, index, rect.adjusted(THUMBNAIL + _MARGIN, 0, 0, 0), job)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        # Asked for every row of ten thousand, whenever one comes, goes or fails.
        font = option.font
        if self._usual is None or font != self._font:
            self._font = QFont(font)  # the option's own goes with it
            self._usual = QSize(0, max(THUMBNAIL, _lines_height(font)) + 2 * _GAP)
        if index.data(JOB_ROLE).state is not JobState.FAILED:
            return self._usual
        view = option.widget
        width = (view.viewport().width() if isinstance(view, QListView) else 300) - 3 * _MARGIN - THUMBNAIL
        lines = _wrapped(index.data(DETAIL_ROLE), _small(font)[1], width).height()
        return QSize(0, max(self._usual.height(), _BUTTON_SIDE + lines + 6 + 2 * _GAP))

    def editorEvent(self, event: QEvent, model: QAbstractItemModel, option: QStyleOptionViewItem, index: Index) -> bool:
        if isinstance(event, QMouseEvent) and event.button() == Qt.MouseButton.LeftButton:
            job: Job = index.data(JOB_ROLE)
            if self._button(option, job).contains(event.position().toPoint()):
                if event.type() == QEvent.Type.MouseButtonRelease:
                    self.pressed.emit(job.id)
                return True
        return super().editorEvent(event, model, option, index)

    def helpEvent(self, event: QHelpEvent, view: QAbstractItemView, option: QStyleOptionViewItem, index: Index) -> bool:
        job = index.data(JOB_ROLE)
        if isinstance(job, Job) and self._button(option, job).contains(event.pos()):
            QToolTip.showText(event.globalPos(), self._button_words(job), view)
            return True
        return super().helpEvent(event, view, option, index)

    def _button_words(self, job: Job) -> str:
        match job.state:
            case JobState.DONE:
                return self.tr("Show in folder")
            case JobState.FAILED | JobState.CANCELLED | JobState.SKIPPED:
                return self.tr("Try again")
        return ""

    def _button(self, option: QStyleOptionViewItem, job: Job) -> QRect:
        words = self._button_words(job)
        if not words:
            return QRect()
        width = _BUTTON_SIDE
        if job.state is JobState.FAILED:  # the one that must not be overlooked has words on it
            width = _small(option.font)[1].horizontalAdvance(words) + 20
        right = option.rect.right() - _MARGIN
        return QRect(right - width, option.rect.top() + _GAP, width, _BUTTON_SIDE)

    def _paint_background(self, painter: QPainter, option: QStyleOptionViewItem) -> None:
        palette = option.palette
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if selected:
            tint = QColor(palette.color(QPalette.ColorRole.Highlight))
            tint.setAlphaF(0.16)
            painter.fillRect(option.rect, tint)
            painter.fillRect(
                QRect(option.rect.left(), option.rect.top(), 3, option.rect.height()),
                palette.color(QPalette.ColorRole.Highlight),
            )
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(option.rect, palette.color(QPalette.ColorRole.AlternateBase))
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(palette.color(QPalette.ColorRole.Highlight), 1))
            painter.drawRect(option.rect.adjusted(1, 1, -1, -1))

    def _paint_thumbnail(
        self, painter: QPainter, option: QStyleOptionViewItem, index: Index, frame: QRect, job: Job
    ) -> None:
        image = index.data(Qt.ItemDataRole.DecorationRole)
        if isinstance(image, QImage) and not image.isNull():
            size = image.size().scaled(frame.size(), Qt.AspectRatioMode.KeepAspectRatio)
            place = QRect(frame.topLeft(), size)
            place.moveCenter(frame.center())
            painter.drawImage(place, image)
            return
        painter.fillRect(frame, option.palette.color(QPalette.ColorRole.Midlight))
        glyph = "warning" if job.state is JobState.FAILED else "sample"
        _draw_icon(painter, glyph, theme.tones().quiet, frame)

    def _paint_text(self, painter: QPainter, option: QStyleOptionViewItem, index: Index, rect: QRect, job: Job) -> None:
        button = self._button(option, job)
        name_width = rect.width() - (button.width() + _GAP if button.isValid() else 0)
        small, metrics = _small(option.font)
        palette = option.palette
        painter.setFont(option.font)
        painter.setPen(palette.color(QPalette.ColorRole.Text))
        name = option.fontMetrics.elidedText(job.path.name, Qt.TextElideMode.ElideMiddle, name_width)
        painter.drawText(QRect(rect.left(), rect.top(), name_width, option.fontMetrics.height()), 0, name)

        failed = job.state is JobState.FAILED
        colour = theme.tones().failure if failed else theme.tones().quiet
        # A failed photo's sentences get the whole width, below the button.
        top = rect.top() + (_BUTTON_SIDE if failed else option.fontMetrics.height()) + 3
        mark = QRect(rect.left(), top + (metrics.height() - 14) // 2, 14, 14)
        _draw_icon(painter, _STATE_ICONS[job.state], colour, mark)
        painter.setFont(small)
        painter.setPen(QColor(colour))
        detail = index.data(DETAIL_ROLE)
        text = QRect(mark.right() + 6, top, rect.right() - mark.right() - 6, rect.bottom() - top + 1)
        if failed:
            painter.drawText(text, Qt.TextFlag.TextWordWrap, detail)
        else:
            width = text.width() - (button.width() + _GAP if button.isValid() else 0)
            painter.drawText(text, 0, metrics.elidedText(detail, Qt.TextElideMode.ElideRight, width))
        if job.state in (JobState.RUNNING, JobState.PAUSED):
            self._paint_bar(painter, palette, QRect(rect.left(), rect.bottom() - _BAR + 1, rect.width(), _BAR), job)
        if button.isValid():
            self._paint_button(painter, palette, button, job)

    @staticmethod
    def _paint_bar(painter: QPainter, palette: QPalette, bar: QRect, job: Job) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(palette.color(QPalette.ColorRole.Mid))
        painter.drawRoundedRect(bar, 1.5, 1.5)
        bar.setWidth(round(bar.width() * job.progress))
        paused = job.state is JobState.PAUSED
        painter.setBrush(QColor(theme.tones().quiet) if paused else palette.color(QPalette.ColorRole.Highlight))
        painter.drawRoundedRect(bar, 1.5, 1.5)

    def _paint_button(self, painter: QPainter, palette: QPalette, button: QRect, job: Job) -> None:
        painter.setPen(QPen(palette.color(QPalette.ColorRole.Mid), 1))
        painter.setBrush(palette.color(QPalette.ColorRole.Button))
        painter.drawRoundedRect(button.adjusted(0, 0, -1, -1), 4, 4)
        if job.state is JobState.FAILED:
            painter.setPen(palette.color(QPalette.ColorRole.ButtonText))
            painter.drawText(button, Qt.AlignmentFlag.AlignCenter, self._button_words(job))
        else:
            name = "folder" if job.state is JobState.DONE else "retry"
            _draw_icon(painter, name, theme.tones().text, button.adjusted(5, 5, -5, -5))


def _small(font: QFont) -> tuple[QFont, QFontMetrics]:
    small = QFont(font)
    small.setPointSizeF(font.pointSizeF() * 0.9)
    return small, QFontMetrics(small)


def _lines_height(font: QFont) -> int:
    """Of a name, what stands below it, and the bar."""
    return QFontMetrics(font).height() + _small(font)[1].height() + 4 + _BAR


def _wrapped(text: str, metrics: QFontMetrics, width: int) -> QRect:
    room = QRect(0, 0, max(80, width - 20), metrics.lineSpacing() * _ERROR_LINES)
    return metrics.boundingRect(room, Qt.TextFlag.TextWordWrap, text) & room


def _draw_icon(painter: QPainter, name: str, colour: str, frame: QRect) -> None:
    side = min(theme.ICON_SIDE, frame.width())
    device = painter.device()
    ratio = device.devicePixelRatioF() if device is not None else 1.0
    place = QRect(0, 0, side, side)
    place.moveCenter(frame.center())
    painter.drawPixmap(place, icons.pixmap(name, colour, side, ratio))
