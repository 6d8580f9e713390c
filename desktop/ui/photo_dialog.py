"""The settings of one photo, or of several together."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from desktop.core.choices import Common, Selection, sized
from desktop.core.models.catalogue import FULL_STRENGTH, RESTORE_FAMILY
from desktop.core.photo.formats import BY_NAME, OUTPUT_FORMATS
from desktop.core.settings import asked_strength
from desktop.ui import size_words, theme, words
from desktop.ui.choice_box import ChoiceBox
from desktop.ui.forms import check, form, label, quiet, spin
from desktop.ui.model_box import family_name
from desktop.ui.strength import StrengthSlider

_OWN_QUALITY = "own"


class Subjects(NamedTuple):
    """Whom the settings are for: the name of a single photo, and how many wait, have ended and are under way."""

    name: str
    waiting: int
    ended: int
    active: int

    @property
    def total(self) -> int:
        return self.waiting + self.ended + self.active


class _Field(NamedTuple):
    """A row: what it is called, what can be chosen, what holds for all photos, and what stands beside it."""

    name: str
    title: str
    entries: list[tuple[str, object]]
    usual: str
    beside: QWidget | None = None


class PhotoDialog(QDialog):
    """Shows what the photos have in common, and hands back what is chosen for them.

    Signals:
        choicesRequested(choices: dict[str, object], again: bool): by field; ``again`` for those that have ended too.
        sizeRequested(text: str): the person wants a size that does not stand there; the one that does, if one does.
    """

    choicesRequested = Signal(dict, bool)
    sizeRequested = Signal(str)

    def __init__(self, selection: Selection, subjects: Subjects, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("photoDialog")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        what = f"“{subjects.name}”" if subjects.name else words.photos(subjects.total)
        self.setWindowTitle(self.tr("Settings for {what}").format(what=what))
        self._selection = selection
        self._subjects = subjects
        self._boxes: dict[str, ChoiceBox] = {}

        chosen = selection.size
        self._target = chosen if isinstance(chosen, str) else ""
        self._other_size = QPushButton(self.tr("Other size…"))
        self._other_size.clicked.connect(lambda: self.sizeRequested.emit(self._target))
        self._choose = QPushButton(self.tr("Choose folder…"))
        self._choose.clicked.connect(self._choose_folder)
        common = selection.common("quality")
        number = common if isinstance(common, int) else selection.defaults["quality"]
        self._number = spin(1, 100, number if isinstance(number, int) else 95)
        self._number.setAccessibleName(self.tr("JPEG, WebP, AVIF quality"))
        strength = selection.common("strength")
        strength = selection.defaults.get("strength") if isinstance(strength, Common) else strength
        self._strength = StrengthSlider(strength if isinstance(strength, int) else FULL_STRENGTH)
        self.again = check(self._again_words(), on=False)

        rows = self._lay_out()
        for field in self._fields():
            box = self._boxes[field.name] = ChoiceBox()
            if field.name != "scale":
                self._offer(field, selection.common(field.name))
            rows.addRow(label(field.title, box), _beside(box, field.beside))
            for control in filter(None, (box, field.beside)):
                control.setMinimumHeight(theme.CONTROL_HEIGHT)
            if field.name == "model":
                self._strength_label = label(self.tr("Strength"), self._strength.slider)
                rows.addRow(self._strength_label, self._strength)
        self._boxes["model"].currentIndexChanged.connect(lambda _row: self._offer_scales(self._boxes["scale"].choice))
        self._boxes["model"].currentIndexChanged.connect(lambda _row: self._show_usable())
        self._boxes["quality"].currentIndexChanged.connect(lambda _row: self._show_usable())
        self.again.toggled.connect(lambda _on: self._show_usable())
        self._offer_scales(selection.size)
        self._show_usable()

    @property
    def choices(self) -> dict[str, object]:
        """What stands there, by field."""
        chosen = {name: box.choice for name, box in self._boxes.items()}
        if chosen["quality"] == _OWN_QUALITY:
            chosen["quality"] = self._number.value()
        # A strength belongs to the model it was chosen with.
        model = chosen["model"]
        chosen["strength"] = model if isinstance(model, Common) else asked_strength(str(model), self._strength.strength)
        return {**chosen, **sized(chosen["scale"])}

    def use_size(self, text: str) -> None:
        """Offers a size in place of a scale, and chooses it."""
        self._target = text
        self._offer_scales(text)

    def box(self, name: str) -> ChoiceBox:
        """The control of a field."""
        return self._boxes[name]

    def use_defaults(self) -> None:
        """Everything as for all photos."""
        self._boxes["model"].choose(Common.DEFAULT)  # whose scales are offered then
        for box in self._boxes.values():
            box.choose(Common.DEFAULT)

    def accept(self) -> None:
        self.choicesRequested.emit(self.choices, self.again.isChecked())
        super().accept()

    def _fields(self) -> tuple[_Field, ...]:
        """In the order they stand in."""
        usual = self._selection.defaults
        folder, file_format = usual["output"], usual["format"]
        place = folder.name or str(folder) if isinstance(folder, Path) else self.tr("next to the original")
        kind = BY_NAME[str(file_format)].label if file_format else self.tr("same as the photo")
        known = self._selection.catalogue
        models: list[tuple[str, object]] = [(family_name(family), family) for family in known.choices]
        best: list[tuple[str, object]] = [(self.tr("Yes, eight times slower"), True), (self.tr("No"), False)]
        usually_best = self.tr("yes") if usual.get("self_ensemble") else self.tr("no")
        formats: list[tuple[str, object]] = [(self.tr("Same as the photo"), None)]
        formats += [(entry.label, entry.name) for entry in OUTPUT_FORMATS]
        own = self.tr("For this photo") if self._subjects.total == 1 else self.tr("For these photos")
        return (
            _Field("scale", self.tr("Enlarge"), [], "", self._other_size),
            _Field("model", self.tr("Model"), models, family_name(str(usual["model"]))),
            _Field("self_ensemble", self.tr("Best quality"), best, usually_best),
            _Field("output", self.tr("Save results"), self._folders(), place, self._choose),
            _Field("format", self.tr("File format"), formats, kind),
            _Field(
                "quality",
                self.tr("JPEG, WebP, AVIF quality"),
                [(own, _OWN_QUALITY)],
                str(usual["quality"]),
                self._number,
            ),
            _Field(
                "strip_gps",
                self.tr("Where it was taken"),
                [(self.tr("Keep it"), False), (self.tr("Leave it out"), True)],
                self.tr("left out") if usual["strip_gps"] else self.tr("kept"),
            ),
        )

    def _folders(self, *more: Path) -> list[tuple[str, object]]:
        chosen = self._selection.common("output")
        known = dict.fromkeys([*([chosen] if isinstance(chosen, Path) else []), *more])
        return [(self.tr("Next to the original"), None), *((str(folder), folder) for folder in known)]

    def _offer(self, field: _Field, wanted: object) -> None:
        if field.name == "quality" and isinstance(wanted, int):
            wanted = _OWN_QUALITY
        usual = (self._usual_words(field.usual), Common.DEFAULT)
        differs = [(self.tr("(differs)"), Common.DIFFERS)] if wanted is Common.DIFFERS else []
        self._boxes[field.name].offer([*differs, usual, *field.entries], wanted)

    def _offer_scales(self, wanted: object) -> None:
        """Only what exists, for every photo, with the model that is chosen."""
        selection, model = self._selection, self._boxes["model"].choice
        entries: list[tuple[str, object]] = []
        if selection.size is Common.DIFFERS:
            entries.append((self.tr("(differs)"), Common.DIFFERS))
        usual = str(selection.defaults.get("target") or "")
        scale = f"×{selection.defaults['scale']}"
        entries.append((self._usual_words(size_words.target(usual) if usual else scale), Common.DEFAULT))
        entries += [(f"×{scale}", scale) for scale in selection.scales]
        if self._target:
            entries.append((size_words.target(self._target), self._target))
        self._boxes["scale"].offer([entry for entry in entries if selection.fits(model, entry[1])], wanted)

    def _usual_words(self, value: str) -> str:
        return self.tr("As for all photos ({value})").format(value=value)

    def _again_words(self) -> str:
        ended, count = self._subjects.ended, self._subjects.total
        if ended == count == 1:
            return self.tr("This photo has been worked on. Do it again with these settings")
        if ended == count:
            return self.tr("These photos have been worked on. Do them again with these settings")
        if ended == 1:
            return self.tr("1 of them has been worked on. Do it again with these settings")
        return self.tr("{count} of them have been worked on. Do them again with these settings").format(
            count=words.number(ended)
        )

    def _active_words(self) -> str:
        if self._subjects.active == 1:
            return self.tr("1 of them is being enhanced now and keeps its settings.")
        return self.tr("{count} of them are being enhanced now and keep their settings.").format(
            count=words.number(self._subjects.active)
        )

    def _existing_words(self) -> str:
        match self._selection.defaults["existing"]:
            case "skip":
                return self.tr("Where a result of the same name is there already, the photo is skipped.")
            case "overwrite":
                return self.tr("A result of the same name is replaced.")
        return self.tr("The results that are there already stay beside the new ones.")

    def _lay_out(self) -> QFormLayout:
        fields = QWidget()
        rows = form(fields)
        rows.setContentsMargins(0, 0, 0, 0)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        self._ok = buttons.button(QDialogButtonBox.StandardButton.Ok)
        back = buttons.addButton(self.tr("Back to the defaults"), QDialogButtonBox.ButtonRole.ResetRole)
        back.setObjectName("defaultsButton")
        back.clicked.connect(self.use_defaults)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        for button in buttons.findChildren(QPushButton):
            button.setMinimumHeight(theme.CONTROL_HEIGHT)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * theme.GRID, 2 * theme.GRID, 2 * theme.GRID, 2 * theme.GRID)
        column.setSpacing(2 * theme.GRID)
        column.addWidget(fields)
        if self._subjects.active:
            column.addWidget(quiet(self._active_words()))
        if self._subjects.ended:
            block = QVBoxLayout()
            block.setSpacing(4)
            block.addWidget(self.again)
            block.addWidget(quiet(self._existing_words()))
            column.addLayout(block)
        column.addStretch()
        column.addWidget(buttons)
        return rows

    def _choose_folder(self) -> None:
        now = self._boxes["output"].choice
        start = now if isinstance(now, Path) else Path.home()
        folder = QFileDialog.getExistingDirectory(self, self.tr("Folder for results"), str(start))
        if folder:
            (field,) = (field for field in self._fields() if field.name == "output")
            self._offer(field._replace(entries=self._folders(Path(folder))), Path(folder))

    def _show_usable(self) -> None:
        self._number.setEnabled(self._boxes["quality"].choice == _OWN_QUALITY)
        for part in (self._strength_label, self._strength):
            part.setEnabled(self._boxes["model"].choice == RESTORE_FAMILY)
        self._ok.setEnabled(bool(self._subjects.waiting) or self.again.isChecked())


def _beside(first: QWidget, second: QWidget | None) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(theme.GRID)
    row.addWidget(first, 1)
    if second is not None:
        row.addWidget(second)
    return row
