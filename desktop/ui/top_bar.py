"""The row of choices above the photo."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, QSize, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from desktop.core.models.catalogue import DEFAULT_SCALE, RESTORE_FAMILY, Catalogue
from desktop.core.settings import Settings
from desktop.ui import icons, theme, words
from desktop.ui.model_box import ModelBox, family_name
from desktop.ui.scale_box import ScaleBox
from desktop.ui.strength import StrengthSlider

__all__ = ["TopBar", "family_name"]


class TopBar(QWidget):
    """Add photos, choose, enhance. What is not needed to choose goes first where the window is narrow.

    Signals:
        addRequested(), startRequested()
        choiceRequested(model: str, scale: int): a family and a scale that exist together.
        targetRequested(model: str, target: str): a family, and a size in place of a scale.
        sizeRequested(): the person wants another size than those that stand there.
        strengthRequested(strength: int), bestRequested(best: bool), modelsRequested()
    """

    addRequested = Signal()
    startRequested = Signal()
    choiceRequested = Signal(str, int)
    targetRequested = Signal(str, str)
    sizeRequested = Signal()
    strengthRequested = Signal(int)
    bestRequested = Signal(bool)
    modelsRequested = Signal()

    def __init__(self, catalogue: Catalogue, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._catalogue = catalogue
        self.add_button = QPushButton(self.tr("Add photos"))
        self.add_button.setObjectName("addButton")
        self.add_button.setToolTip(self.tr("Choose photos from your computer (Ctrl+O)"))
        self.add_button.clicked.connect(self.addRequested)

        self.scale_box = ScaleBox()
        self.scale_box.setObjectName("scaleBox")
        self.model_box = ModelBox(catalogue, settings.model, more=True)
        self.model_box.setObjectName("modelBox")
        self._offer_scales(settings.scale, settings.target)
        self.model_box.moreRequested.connect(self.modelsRequested)
        self.model_box.currentIndexChanged.connect(self._model_chosen)
        self.scale_box.scaleChosen.connect(self._choice_made)
        self.scale_box.targetChosen.connect(self._choice_made)
        self.scale_box.otherRequested.connect(self.sizeRequested)
        self.strength = StrengthSlider(settings.strength)
        self.strength.strengthChanged.connect(self.strengthRequested)
        self.best = QCheckBox(self.tr("Best quality"))
        self.best.setObjectName("bestBox")
        self.best.setToolTip(
            self.tr("The average of eight passes over every photo: a little better, eight times slower")
        )
        self.best.setChecked(settings.self_ensemble)
        self.best.toggled.connect(self.bestRequested)

        self.start_button = QPushButton()
        self.start_button.setObjectName("startButton")
        self.start_button.setProperty("primary", True)
        self.start_button.clicked.connect(self.startRequested)

        self._labels = QLabel(self.tr("Enlarge")), QLabel(self.tr("Model"))
        enlarge, model = self._labels
        enlarge.setBuddy(self.scale_box)
        model.setBuddy(self.model_box)
        row = self._row = QHBoxLayout(self)
        row.setContentsMargins(theme.PANEL_MARGIN, theme.GRID, theme.PANEL_MARGIN, theme.GRID)
        row.setSpacing(theme.GRID)
        row.addWidget(self.add_button)
        row.addSpacing(theme.GRID)
        row.addWidget(enlarge)
        row.addWidget(self.scale_box)
        row.addSpacing(theme.GRID)
        row.addWidget(model)
        row.addWidget(self.model_box)
        row.addSpacing(theme.GRID)
        row.addWidget(self.strength)
        row.addSpacing(theme.GRID)
        row.addWidget(self.best)
        row.addStretch()
        row.addWidget(self.start_button)
        for control in (self.add_button, self.scale_box, self.model_box, self.strength, self.best, self.start_button):
            control.setMinimumHeight(theme.CONTROL_HEIGHT)
        # The bar must not keep the window from becoming narrow: it fits itself to it.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.strength.setVisible(self._restores)
        self.show_startable(0)
        self.retint()

    @property
    def _restores(self) -> bool:
        return self.model_box.family == RESTORE_FAMILY

    def offer(self, catalogue: Catalogue, settings: Settings) -> None:
        """Other models than before, and what is chosen of them."""
        self._catalogue = catalogue
        self.model_box.offer(catalogue, settings.model)
        self._offer_scales(settings.scale, settings.target)
        self.strength.setVisible(self._restores)
        self._fit()

    def show_size(self, settings: Settings) -> None:
        """The size that was chosen, which may be none that stood there before."""
        self._offer_scales(settings.scale, settings.target)
        self._fit()

    def show_best(self, best: bool) -> None:
        """Whether the best quality is chosen."""
        with QSignalBlocker(self.best):
            self.best.setChecked(best)

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
        self._fit()

    def retint(self) -> None:
        """Draws the icons in the palette's colours."""
        tones = theme.tones()
        icons.put_on(self.add_button, "add", tones.text, tones.disabled)
        icons.put_on(self.start_button, "play", tones.on_accent, tones.disabled)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def _fit(self) -> None:
        """Shows what there is room for: words at the slider's ends first to go, then labels, then the check box, which
        is in the menu too."""
        optional = (self.best.setVisible, self._show_labels, self.strength.show_ends)
        for show in optional:
            show(True)
        for show in reversed(optional):
            self._row.invalidate()
            if self._row.minimumSize().width() <= self.width():
                break
            show(False)

    def _show_labels(self, shown: bool) -> None:
        for label in self._labels:
            label.setVisible(shown)

    def _offer_scales(self, scale: int, target: str) -> None:
        """Only what exists for the chosen model; a size can be had with any of them."""
        self.scale_box.offer(self._catalogue.offered(self.model_box.family), scale, target)

    def _model_chosen(self) -> None:
        if self.model_box.currentData() is None:
            return
        chosen = self.scale_box.choice
        self._offer_scales(
            chosen if isinstance(chosen, int) else DEFAULT_SCALE, chosen if isinstance(chosen, str) else ""
        )
        self.strength.setVisible(self._restores)
        self._fit()
        self._choice_made()

    def _choice_made(self) -> None:
        chosen = self.scale_box.choice
        if isinstance(chosen, int):
            self.choiceRequested.emit(self.model_box.family, chosen)
        elif chosen is not None:
            self.targetRequested.emit(self.model_box.family, chosen)
