"""The row of choices above the photo."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QWidget

from desktop.core.models.catalogue import Catalogue
from desktop.core.settings import Settings
from desktop.ui import icons, theme, words


class TopBar(QWidget):
    """Add photos, choose, enhance.

    Signals:
        addRequested(), startRequested()
        choiceRequested(model: str, scale: int): a family and a scale that exist together.
    """

    addRequested = Signal()
    startRequested = Signal()
    choiceRequested = Signal(str, int)

    def __init__(self, catalogue: Catalogue, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._catalogue = catalogue
        self.add_button = QPushButton(self.tr("Add photos"))
        self.add_button.setObjectName("addButton")
        self.add_button.setToolTip(self.tr("Choose photos from your computer (Ctrl+O)"))
        self.add_button.clicked.connect(self.addRequested)

        self.scale_box = QComboBox()
        self.scale_box.setObjectName("scaleBox")
        self.scale_box.setAccessibleName(self.tr("Enlarge"))
        self.model_box = QComboBox()
        self.model_box.setObjectName("modelBox")
        self.model_box.setAccessibleName(self.tr("Model"))
        for family in catalogue.families:
            self.model_box.addItem(family_name(family), family)
        self.model_box.setCurrentIndex(max(0, self.model_box.findData(settings.model)))
        self._offer_scales(settings.scale)
        self.model_box.currentIndexChanged.connect(self._model_chosen)
        self.scale_box.currentIndexChanged.connect(self._choice_made)

        self.start_button = QPushButton()
        self.start_button.setObjectName("startButton")
        self.start_button.setProperty("primary", True)
        self.start_button.clicked.connect(self.startRequested)

        enlarge, model = QLabel(self.tr("Enlarge")), QLabel(self.tr("Model"))
        enlarge.setBuddy(self.scale_box)
        model.setBuddy(self.model_box)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.PANEL_MARGIN, theme.GRID, theme.PANEL_MARGIN, theme.GRID)
        row.setSpacing(theme.GRID)
        row.addWidget(self.add_button)
        row.addSpacing(theme.GRID)
        row.addWidget(enlarge)
        row.addWidget(self.scale_box)
        row.addSpacing(theme.GRID)
        row.addWidget(model)
        row.addWidget(self.model_box)
        row.addStretch()
        row.addWidget(self.start_button)
        for control in (self.add_button, self.scale_box, self.model_box, self.start_button):
            control.setMinimumHeight(theme.CONTROL_HEIGHT)
        self.show_startable(0)
        self.retint()

    def show_startable(self, count: int, running: bool = False) -> None:
        """Says how many photos the button would enhance."""
        if running:
            self.start_button.setText(self.tr("Enhancing…"))
        elif count:
            self.start_button.setText(self.tr("Enhance {photos}").format(photos=words.photos(count)))
        else:
            self.start_button.setText(self.tr("Enhance"))
        self.start_button.setEnabled(bool(count) and not running)
        self.retint()

    def retint(self) -> None:
        """Draws the icons in the palette's colours."""
        tones = theme.tones()
        icons.put_on(self.add_button, "add", tones.text, tones.disabled)
        icons.put_on(self.start_button, "play", tones.on_accent, tones.disabled)

    def _offer_scales(self, wanted: int) -> None:
        """Only what exists for the chosen model."""
        scales = self._catalogue.scales(self.model_box.currentData())
        blocked = self.scale_box.blockSignals(True)
        self.scale_box.clear()
        for scale in scales:
            self.scale_box.addItem(f"×{scale}", scale)
        self.scale_box.setCurrentIndex(max(0, self.scale_box.findData(wanted)))
        self.scale_box.blockSignals(blocked)

    def _model_chosen(self) -> None:
        self._offer_scales(self.scale_box.currentData())
        self._choice_made()

    def _choice_made(self) -> None:
        self.choiceRequested.emit(self.model_box.currentData(), self.scale_box.currentData())


def family_name(family: str) -> str:
    """A family as people read it: "EDSR baseline"."""
    head, _, tail = family.partition("-")
    return f"{head.upper()} {tail}".strip()
