"""A choice between on and off that can say why it is none."""

from __future__ import annotations

from PySide6.QtWidgets import QCheckBox, QLabel, QSizePolicy, QStyle, QVBoxLayout, QWidget

from desktop.ui import theme


class Switch(QWidget):
    """A check box with room for a reason below it."""

    def __init__(self, text: str, on: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.box = QCheckBox(text)
        self.box.setChecked(on)
        self.box.setMinimumHeight(3 * theme.GRID)
        self._reason = QLabel()
        self._reason.setProperty("quiet", True)
        self._reason.setWordWrap(True)
        metric, style = QStyle.PixelMetric, self.box.style()
        beside = (metric.PM_IndicatorWidth, metric.PM_CheckBoxLabelSpacing)
        self._reason.setContentsMargins(sum(style.pixelMetric(each, None, self.box) for each in beside), 0, 0, 0)
        self._reason.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.box)
        column.addWidget(self._reason)
        column.addStretch()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    @property
    def on(self) -> bool:
        return self.box.isChecked()

    def forbid(self, reason: str) -> None:
        """Takes it out of use and says why; what was chosen stays as it is."""
        self.box.setEnabled(False)
        self.box.setAccessibleDescription(reason)
        self._reason.setText(reason)
        self._reason.show()

    @property
    def reason(self) -> str:
        """Why it is out of use, as far as that is shown."""
        return "" if self._reason.isHidden() else self._reason.text()
