"""Where a person says how results are named, and sees what comes of it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from desktop.core.errors import UsageError
from desktop.core.jobs import DEFAULT_TEMPLATE
from desktop.core.naming import FIELDS, Template
from desktop.ui import theme, words
from desktop.ui.forms import quiet

PRESETS = (DEFAULT_TEMPLATE, "{stem} {width}x{height}", "{stem} {model}", "{date} {stem}", "{parent} {counter:03}")

Naming = Callable[[str], tuple[str, str]]
"""The names of a photo and of its result, for a template that is right."""


class NameField(QWidget):
    """A template and a menu of what it may hold; ``answer``, to stand below, shows an example or what is wrong.

    Signals:
        validChanged(valid: bool): whether results can be named by what stands there.
    """

    validChanged = Signal(bool)

    def __init__(self, template: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._naming: Naming | None = None
        self.valid = True
        self.answer = _Answer()

        self.box = QComboBox()
        self.box.setObjectName("nameTemplate")
        self.box.setEditable(True)
        self.box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.box.setCompleter(None)  # type: ignore[arg-type]  # it would change what is being typed
        self.box.addItems(PRESETS)
        self.box.setEditText(template)
        self._edit.setCursorPosition(0)
        self.box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.box.setMinimumContentsLength(24)
        insert = QPushButton(self.tr("Insert"))
        insert.setMenu(self._fields_menu())
        for control in (self.box, insert):
            control.setMinimumHeight(theme.CONTROL_HEIGHT)

        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(theme.GRID)
        line.addWidget(self.box, 1)
        line.addWidget(insert)
        self.setFocusProxy(self.box)
        self.box.editTextChanged.connect(lambda _text: self.refresh())
        self.refresh()

    @property
    def template(self) -> str:
        return self.box.currentText()

    def use(self, naming: Naming) -> None:
        """How names for the example are worked out from now on."""
        self._naming = naming
        self.refresh()

    def refresh(self) -> None:
        """Shows what comes of the template as things stand."""
        before = self.valid
        try:
            template = Template.parse(self.template)
            names = self._naming(self.template) if self._naming is not None else None
            self.answer.show_names(names, template.tells_apart)
            self.valid = True
        except UsageError as error:
            self.answer.show_problem(words.error(error))
            self.valid = False
        self.box.setAccessibleDescription(self.answer.text)
        if self.valid != before:
            self.validChanged.emit(self.valid)

    def insert(self, field: str) -> None:
        """Puts a field where the cursor stands."""
        edit = self._edit
        if edit.selectedText() == edit.text():  # selected by tabbing here, not to be replaced
            edit.end(False)
        edit.insert("{" + field + "}")
        edit.setFocus()

    @property
    def _edit(self) -> QLineEdit:
        edit = self.box.lineEdit()
        assert edit is not None
        return edit

    def _fields_menu(self) -> QMenu:
        menu = QMenu(self)
        meanings = {
            "stem": self.tr("Name of the photo"),
            "parent": self.tr("Name of its folder"),
            "scale": self.tr("How many times larger"),
            "model": self.tr("Model"),
            "width": self.tr("Width of the result"),
            "height": self.tr("Height of the result"),
            "date": self.tr("Day it was taken"),
            "counter": self.tr("Number in the list"),
        }
        for field in FIELDS:
            action = QAction(f"{meanings[field]}\t{{{field}}}", menu)
            action.triggered.connect(lambda _checked=False, field=field: self.insert(field))
            menu.addAction(action)
        return menu


class _Answer(QWidget):
    """What comes of a name, or what is wrong with it."""

    def __init__(self) -> None:
        super().__init__()
        self._names: tuple[str, str] | None = None
        self._example = quiet()
        self._example.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._note = quiet(self.tr("Photos that get the same name are numbered."))
        self._problem = QLabel()
        self._problem.setProperty("failure", True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for text in (self._example, self._note, self._problem):
            text.setTextFormat(Qt.TextFormat.PlainText)
            text.setWordWrap(text is not self._example)
            column.addWidget(text)
        column.addStretch(1)
        # Room for the note and for what may be wrong, so that nothing jumps while somebody types.
        self.setMinimumHeight(2 * self.fontMetrics().lineSpacing())
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    @property
    def text(self) -> str:
        """What is shown, uncut."""
        if self._names is None:
            return self._problem.text()
        return " → ".join(self._names) + ("" if self._note.isHidden() else f"\n{self._note.text()}")

    def show_names(self, names: tuple[str, str] | None, apart: bool) -> None:
        """A photo's name and its result's, where there is an example; ``apart``: whether each photo gets its own."""
        self._names = names
        self._show(note=not apart)

    def show_problem(self, problem: str) -> None:
        self._names = None
        self._show(problem=problem)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._cut()

    def _show(self, note: bool = False, problem: str = "") -> None:
        self._problem.setText(problem)
        self._problem.setVisible(bool(problem))
        self._example.setVisible(not problem)
        self._note.setVisible(note)
        self._cut()

    def _cut(self) -> None:
        """Long names lose their middles, the result's last."""
        if self._names is None:
            self._example.clear()
            return
        metrics, middle = self._example.fontMetrics(), Qt.TextElideMode.ElideMiddle
        original, result = self._names
        room = self.width() - metrics.horizontalAdvance(" → ")
        original = metrics.elidedText(original, middle, max(room // 3, room - metrics.horizontalAdvance(result)))
        result = metrics.elidedText(result, middle, room - metrics.horizontalAdvance(original))
        shown = f"{original} → {result}"
        self._example.setText(shown)
        self._example.setToolTip("" if shown == self.text.partition("\n")[0] else " → ".join(self._names))
