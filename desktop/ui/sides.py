"""What stands on the two sides of the comparison of a photo, out of all that is known of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from desktop.core.jobs import Job, JobState
from desktop.core.sizes import frame_key
from desktop.ui.comparison_layout import Side
from desktop.ui.pictures import Bicubic, Picture
from desktop.ui.pyramid import Pyramid
from desktop.ui.side_labels import Choice

ORIGINAL, BICUBIC, RESULT = "original", "bicubic", "result"
ALWAYS = (ORIGINAL, BICUBIC, RESULT)


@dataclass(frozen=True)
class Other:
    """Another result of the same photo.

    Attributes:
        key: its job's ID
        text: what made it: "EDSR-baseline ×3"
    """

    key: str
    text: str


def made_by(job: Job) -> str:
    """What made a job's result, as far as that was noted: "edsr-baseline ×3"."""
    account = job.account
    if account is None or not account.model:
        return job.output.name if job.output is not None else ""
    family = account.model.removesuffix(f"-x{(account.passes or (account.scale,))[0]:g}")
    return f"{family} ×{account.scale:g}" if account.scale else family


def others_of(job: Job, jobs: Iterable[Job]) -> list[Other]:
    """The results of the same original by other jobs, the last made first; each file once."""
    rivals = [
        each
        for each in jobs
        if each.id != job.id
        and each.state is JobState.DONE
        and each.output is not None
        and each.output != job.output
        and each.path == job.path
        and frame_key(each.request) == frame_key(job.request)  # of another part nothing would lie where it belongs
    ]
    rivals.sort(key=lambda each: each.account.ended if each.account else 0.0, reverse=True)
    files = {each.output: each for each in reversed(rivals)}
    kept = [each for each in rivals if files[each.output] is each]
    words = [made_by(each) for each in kept]
    own = made_by(job) if job.state is JobState.DONE else ""
    return [
        Other(each.id, f"{text} · {each.output.name}" if each.output and [*words, own].count(text) > 1 else text)
        for each, text in zip(kept, words, strict=True)
    ]


class Sides(QObject):
    """Chooses pictures for the left and the right side, and remembers what was chosen where that makes sense.

    Attributes:
        original, result: of the photo shown, as far as they are there
        keys: what was chosen for each side

    Signals:
        changed(): other pictures, or other choices, are to be shown
        wanted(key: str): the result of this job is to be loaded; `supply` takes it
    """

    changed = Signal()
    wanted = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._subject: str | None = None
        self.original: Pyramid | None = None
        self.result: Picture | None = None
        self._made_by = ""
        self._others: tuple[Other, ...] = ()
        self._loaded: dict[str, Picture] = {}
        self._stand_in = ""
        self.keys = {Side.BEFORE: ORIGINAL, Side.AFTER: RESULT}

    def show(
        self,
        subject: str | None,
        original: Pyramid | None,
        result: Picture | None,
        text: str = "",
        others: Sequence[Other] = (),
    ) -> None:
        """A photo, its own result as far as there is one, and what else was made of it.

        Args:
            text: what made the result.
        """
        self.original, self.result, self._made_by, self._others = original, result, text, tuple(others)
        known = {other.key for other in others}
        self._loaded = {key: picture for key, picture in self._loaded.items() if key in known}
        for side, usual in ((Side.BEFORE, ORIGINAL), (Side.AFTER, RESULT)):
            if self.keys[side] not in (*ALWAYS, *known) or (subject != self._subject and self.keys[side] == RESULT):
                self.keys[side] = usual
        self._subject = subject
        if result is not None and self.keys[Side.AFTER] == self._stand_in:
            self.keys[Side.AFTER] = RESULT
        if result is None and others and self.keys[Side.AFTER] == RESULT:
            # It may not be what is asked for now, but there it is.
            self.keys[Side.AFTER] = self._stand_in = others[0].key
        self._show()

    def come(self, result: Picture) -> None:
        """The photo's own result has begun to come, or has been begun anew."""
        if self.original is not None and self.result is not result:
            self.show(self._subject, self.original, result, self._made_by, self._others)

    def offer(self, others: Sequence[Other]) -> None:
        """More, or less, was made of the photo that is shown."""
        if self.original is not None and tuple(others) != self._others:
            self.show(self._subject, self.original, self.result, self._made_by, others)

    def choose(self, side: Side, key: str) -> None:
        """Another picture for a side."""
        self._stand_in = ""
        if self.keys[side] != key:
            self.keys[side] = key
            self._show()

    def supply(self, key: str, picture: Picture | None) -> None:
        """A result that was wanted; None where it cannot be had: then the usual stands there again."""
        for side, usual in ((Side.BEFORE, ORIGINAL), (Side.AFTER, RESULT)):
            if picture is None and self.keys[side] == key:
                self.keys[side] = usual
        if picture is not None and key in self.keys.values():
            self._loaded[key] = picture
        self._show()

    @property
    def pictures(self) -> dict[Side, Picture | None]:
        """What is there to be shown now; before alone while there is nothing to compare with."""
        found = {side: self._picture(key) for side, key in self.keys.items()}
        if found[Side.BEFORE] is None:
            found[Side.BEFORE] = self.original
        return found

    @property
    def unit(self) -> tuple[int, int] | None:
        """The size in whose pixels zoom counts: the larger one's where both sides were made, or the only one's."""
        made = {side: picture for side, picture in self.pictures.items() if self.keys[side] not in (ORIGINAL, BICUBIC)}
        sizes = [picture.size for picture in made.values() if picture is not None]
        if sizes:
            return max(sizes)
        return self.result.size if self.result is not None and self.pictures[Side.AFTER] is not None else None

    @property
    def choices(self) -> list[Choice]:
        """All that can be shown on a side."""
        if self.original is None or (self.result is None and not self._others):
            return []
        choices = [
            Choice(ORIGINAL, self.tr("Original"), self.tr("Original")),
            Choice(BICUBIC, self.tr("Plain enlarging (bicubic)"), self.tr("Bicubic")),
        ]
        if self.result is not None:
            words = self.tr("This result")
            made = f"{words} ({self._made_by})" if self._made_by else words
            choices.append(Choice(RESULT, made, self._made_by or words))
        return choices + [Choice(other.key, other.text, other.text) for other in self._others]

    @property
    def names(self) -> dict[Side, str]:
        """The labels where "Before" and "After" would not say enough, and what the difference is called."""
        labels = {choice.key: choice.label for choice in self.choices}
        usual = self.keys == {Side.BEFORE: ORIGINAL, Side.AFTER: RESULT}
        names = {} if usual else {side: labels[key] for side, key in self.keys.items() if key in labels}
        if self.keys[Side.BEFORE] not in (ORIGINAL, BICUBIC) or self.keys[Side.AFTER] in (ORIGINAL, BICUBIC):
            names[Side.DIFFERENCE] = self.tr("Difference of both")
        return names

    def _picture(self, key: str) -> Picture | None:
        if key == RESULT:
            return self.result
        if key == ORIGINAL:
            return self.original
        if key == BICUBIC:
            return Bicubic(self.original, self._largest()) if self.original is not None else None
        return self._loaded.get(key)

    def _largest(self) -> tuple[int, int]:
        """What bicubic enlarges to: the size of what it stands beside."""
        assert self.original is not None
        shown = [self.result if key == RESULT else self._loaded.get(key) for key in self.keys.values()]
        return max((each.size for each in (*shown, self.result) if each is not None), default=self.original.size)

    def _show(self) -> None:
        missing = {key for key in self.keys.values() if key not in ALWAYS and key not in self._loaded}
        self._loaded = {key: picture for key, picture in self._loaded.items() if key in self.keys.values()}
        self.changed.emit()
        for key in sorted(missing):
            self.wanted.emit(key)
