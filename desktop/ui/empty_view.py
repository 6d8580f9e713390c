"""What stands in the window while there is no photo: what to do, in one sentence and one button."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from desktop.ui import icons, theme

_ICON_SIDE = 72


class EmptyView(QWidget):
    """One generous drop area.

    Signals:
        chooseRequested(): the button.
        sampleRequested(): the link below it.
    """

    chooseRequested = Signal()
    sampleRequested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture = QLabel()
        self._picture.setPixmap(icons.application_icon().pixmap(_ICON_SIDE, _ICON_SIDE))
        title = QLabel(self.tr("Drop photos here"))
        font = title.font()
        font.setPointSizeF(font.pointSizeF() * 1.8)
        title.setFont(font)
        promise = QLabel(
            self.tr("Larger and clearer, on this computer.\nNothing is sent anywhere, nothing is invented.")
        )
        promise.setProperty("quiet", True)
        promise.setAlignment(Qt.AlignmentFlag.AlignCenter)
        choose = QPushButton(self.tr("Choose photos…"))
        choose.setProperty("primary", True)
        choose.setMinimumHeight(theme.CONTROL_HEIGHT)
        choose.clicked.connect(self.chooseRequested)
        sample = QPushButton(self.tr("Try the sample photo"))
        sample.setObjectName("sampleButton")
        sample.setProperty("link", True)
        sample.setMinimumHeight(theme.CONTROL_HEIGHT)
        sample.setCursor(Qt.CursorShape.PointingHandCursor)
        sample.clicked.connect(self.sampleRequested)

        column = QVBoxLayout(self)
        column.setContentsMargins(6 * theme.GRID, 6 * theme.GRID, 6 * theme.GRID, 6 * theme.GRID)
        column.setSpacing(theme.GRID)
        column.addStretch()
        for widget in (self._picture, title, promise):
            column.addWidget(widget, alignment=Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(2 * theme.GRID)
        column.addWidget(choose, alignment=Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(sample, alignment=Qt.AlignmentFlag.AlignHCenter)
        column.addStretch()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Base))
        pen = QPen(self.palette().color(QPalette.ColorRole.Mid), 2, Qt.PenStyle.DashLine)
        painter.setPen(pen)
        margin = 2 * theme.GRID
        painter.drawRoundedRect(self.rect().adjusted(margin, margin, -margin, -margin), 12, 12)


class DropOverlay(QWidget):
    """Covers the whole window while photos are dragged over it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()
        self._covered = parent
        parent.installEventFilter(self)

    def cover(self) -> None:
        self.setGeometry(self._covered.rect())
        self.raise_()
        self.show()

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self.setGeometry(self._covered.rect())
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        accent = self.palette().color(QPalette.ColorRole.Highlight)
        veil = QColor(self.palette().color(QPalette.ColorRole.Window))
        veil.setAlphaF(0.88)
        painter.fillRect(self.rect(), veil)
        painter.setPen(QPen(accent, 3))
        margin = 2 * theme.GRID
        painter.drawRoundedRect(self.rect().adjusted(margin, margin, -margin, -margin), 12, 12)
        font = painter.font()
        font.setPointSizeF(font.pointSizeF() * 1.8)
        painter.setFont(font)
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.tr("Let go to add"))
