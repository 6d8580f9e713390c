"""The comparison with its small controls: how it is shown, how large, and what is seen."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.ui import icons, theme, words
from desktop.ui.announcer import Announcer
from desktop.ui.coming import Coming
from desktop.ui.comparison_actions import ComparisonActions
from desktop.ui.comparison_bar import ComparisonBar
from desktop.ui.comparison_layout import MODES, Side
from desktop.ui.comparison_view import ComparisonView
from desktop.ui.pictures import Picture
from desktop.ui.pixel_readout import Readout
from desktop.ui.pyramid import Pyramid
from desktop.ui.sides import Other, Sides


class ComparisonPanel(QWidget):
    """The view, and a bar below it. Its actions also stand in the window's menu.

    Attributes:
        view: the comparison
        sides: which pictures are compared
        readout: what lies under the mouse
        bar: the buttons, and the words beside them
        commands: its actions
        announcer: tells assistive technology what has changed
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view = ComparisonView()
        self.view.setObjectName("comparisonView")
        self._subject: str | None = None
        self._told = ""
        self._expected: tuple[int, int] | None = None
        self.readout = Readout(self.view)
        self.sides = Sides(self)
        self.sides.changed.connect(self._show_sides)
        self.view.labels.chosen.connect(self.sides.choose)
        self.announcer = Announcer(self.view)
        self.commands = ComparisonActions(self, self.view)
        self._icons = [
            *zip(self.commands.modes.actions(), MODES, strict=True),
            (self.commands.preview, "preview"),
            (self.commands.fit, "fit"),
            (self.commands.one_to_one, "one-to-one"),
        ]

        self.bar = ComparisonBar(
            [self.commands.modes.actions(), [self.commands.preview], [self.commands.fit, self.commands.one_to_one]],
            self.readout,
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.view, 1)
        column.addWidget(self.bar)
        self.view.zoomChanged.connect(self._show_zoom)
        self.retint()

    @property
    def subject(self) -> str | None:
        """Which photo is shown."""
        return self._subject

    def show_pair(
        self,
        subject: str,
        before: Pyramid,
        after: Picture | None,
        made_by: str = "",
        others: Sequence[Other] = (),
        expected: tuple[int, int] | None = None,
    ) -> None:
        """Shows a photo, the same part of it as of the last one where their proportions agree.

        Args:
            made_by: what made ``after``.
            others: what else was made of the photo; ``sides.wanted`` asks for one of them.
            expected: width and height of a result that is still to come, where the last pass gives another one.
        """
        self._subject = subject
        self._expected = expected
        self._told = ""
        self.bar.size_words.setToolTip("")
        self.sides.show(subject, before, after, made_by, others)

    def tell(self, made: str, why: str) -> None:
        """Says of the photo that is shown what was done to it, in a few words and in a sentence."""
        self._told = made
        self.bar.size_words.setToolTip(why)
        self._show_words()

    def show_live(self, subject: str, coming: Coming) -> None:
        """The result of the photo that is shown has begun to come, or more of it has."""
        if subject != self._subject:
            return
        self.sides.come(coming)
        frames = self.view.frames
        # The mark lies on the result's own pixels, so not where zoom counts another picture's.
        marked = frames.after is coming and frames.size == coming.size
        self.view.show_missing(coming.missing if marked else ())

    def clear(self) -> None:
        self._subject = None
        self._told, self._expected = "", None
        self.sides.show(None, None, None)

    def _show_sides(self) -> None:
        pictures, sides = self.sides.pictures, self.sides
        self.view.labels.offer(sides.choices, sides.keys)
        self.view.set_images(
            pictures[Side.BEFORE], pictures[Side.AFTER], keep_view=True, names=sides.names, unit=sides.unit
        )
        self._show_words()
        self._show_zoom(self.view.zoom)

    def retint(self) -> None:
        """Draws the icons in the palette's colours."""
        tones = theme.tones()
        for action, name in self._icons:
            action.setIcon(icons.icon(name, tones.text, tones.disabled))

    def _show_words(self) -> None:
        pictures = self.sides.original, self.sides.result
        shown = [self._expected_of(picture) for picture in pictures if picture is not None]
        sizes = " → ".join(words.size(*size) for size in shown)
        self.bar.size_words.setText(" · ".join(filter(None, (sizes, self._told))))

    def _expected_of(self, picture: Picture) -> tuple[int, int]:
        """What a picture's size will be once it is whole."""
        return self._expected if isinstance(picture, Coming) and self._expected is not None else picture.size

    def _show_zoom(self, zoom: float) -> None:
        self.bar.zoom_words.setText(self.tr("{percent} %").format(percent=round(zoom * 100)) if self._subject else "")
