"""How large a result becomes, and the way there: network passes, and one last step to the exact size."""

from __future__ import annotations

import itertools
import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from desktop.core.errors import UsageError
from desktop.core.jobs import Request
from desktop.core.models.catalogue import Catalogue, Model
from desktop.core.photo.cut import Box, Cut, Size
from desktop.core.photo.photo import Fidelity

Kind = Literal["longest", "width", "height", "megapixels", "print"]
SIDES: tuple[Kind, ...] = ("longest", "width", "height")
UNITS = {"cm": 2.54, "mm": 25.4, "in": 1.0}
"""How many of each make an inch."""
PAPERS = {"a3": (29.7, 42.0), "a4": (21.0, 29.7), "a5": (14.8, 21.0), "a6": (10.5, 14.8)}
"""In centimetres (ISO 216)."""
USUAL_DPI = 300.0
MOST_PIXELS, MOST_MEGAPIXELS, MOST_DPI = 1_000_000, 1_000_000.0, 65_535.0

# Nobody sees that a picture was enlarged by one in a hundred; a network pass for it costs minutes.
_SLACK = 1.01
_MOST_PASSES = 20
_PAPER = re.compile(r"(\d+(?:[.,]\d+)?)\s*[x×*]\s*(\d+(?:[.,]\d+)?)\s*(cm|mm|in|inch|inches|\")", re.IGNORECASE)
_DPI = re.compile(r"(\d+(?:[.,]\d+)?)\s*(?:dpi)?", re.IGNORECASE)


@dataclass(frozen=True)
class Paper:
    """What a photo is to be printed on.

    Attributes:
        width, height: in ``unit``, of ``UNITS``; which is which, the photo decides.
        dpi: dots per inch.
        whole: whether the whole photo is to be seen, with a white border; else it is cut to fill the paper.
    """

    width: float
    height: float
    unit: str = "cm"
    dpi: float = USUAL_DPI
    whole: bool = False

    @property
    def pixels(self) -> Size:
        """Width and height as they are named, before they are matched to a photo."""
        across, down = (side / UNITS[self.unit] * self.dpi for side in (self.width, self.height))
        return max(1, round(across)), max(1, round(down))

    def __str__(self) -> str:
        return f"{self.width:g}x{self.height:g}{self.unit}@{self.dpi:g}"


@dataclass(frozen=True)
class Target:
    """A size that is asked for in place of a scale: ``Target.parse("print 20x30cm@300 crop")``, "longest 4000".

    Attributes:
        value: pixels of a side, or megapixels; 0 for a print.
        paper: for a print.
    """

    kind: Kind
    value: float = 0.0
    paper: Paper | None = None

    @classmethod
    def parse(cls, text: str) -> Target:
        """Raises UsageError, saying what is wrong with ``text``."""
        kind, _, rest = text.partition(" ")
        match kind:
            case "longest" | "width" | "height":
                return cls(kind, float(_number(rest, MOST_PIXELS, whole=True)))
            case "megapixels":
                return cls(kind, _number(rest, MOST_MEGAPIXELS))
            case "print":
                words, _, how = rest.rpartition(" ")
                if how not in ("crop", "fit"):
                    words, how = rest, "crop"
                return cls(kind, paper=paper_of(words, whole=how == "fit"))
        raise UsageError("“{text}” is not a size.", text=text)

    def __str__(self) -> str:
        if self.paper is not None:
            return f"{self.kind} {self.paper} {'fit' if self.paper.whole else 'crop'}"
        return f"{self.kind} {self.value:.10g}"

    @property
    def dpi(self) -> float | None:
        """What is to be written into the result; None where nothing follows from the size."""
        return self.paper.dpi if self.paper is not None else None


def paper_of(text: str, *, whole: bool = False) -> Paper:
    """What "20x30cm@300", "8x10in@240" or "A4" mean. Raises UsageError."""
    sides, at, dots = text.strip().partition("@")
    named = PAPERS.get(sides.strip().lower())
    found, density = _PAPER.fullmatch(sides.strip()), _DPI.fullmatch(dots.strip()) if at else None
    if (found is None and named is None) or (at and density is None):
        raise UsageError(
            "“{text}” is not a print size. Write it like {example}.", text=text, example="20x30cm@300, 8x10in or A4"
        )
    dpi = _positive(density[1]) if density else USUAL_DPI
    if named is not None:
        paper = Paper(*named, "cm", dpi, whole)
    else:
        assert found is not None
        unit = found[3].lower()
        unit = unit if unit in UNITS else "in"
        paper = Paper(_positive(found[1]), _positive(found[2]), unit, dpi, whole)
    if dpi > MOST_DPI or min(paper.width, paper.height) <= 0 or dpi <= 0 or max(paper.pixels) > MOST_PIXELS:
        raise UsageError("“{text}” is no size that a photo can be printed in.", text=text)
    return paper


@lru_cache(maxsize=64)
def target_of(text: str) -> Target:
    """``Target.parse``, remembered: whole folders have one. Raises UsageError."""
    return Target.parse(text)


def is_target(text: str) -> bool:
    """Whether it can be asked for."""
    try:
        Target.parse(text)
    except UsageError:
        return False
    return True


def _number(text: str, most: float, *, whole: bool = False) -> float:
    try:
        value = float(int(text)) if whole else float(text.replace(",", "."))
    except ValueError:
        value = 0.0
    if not 0 < value <= most:
        raise UsageError("“{text}” is not a number between {least} and {most:,.0f}.", text=text, least=0, most=most)
    return value


def _positive(text: str) -> float:
    return float(text.replace(",", "."))


@dataclass(frozen=True)
class Frame:
    """What of a photo comes into its result, and where. Sizes are width and height in pixels.

    Attributes:
        original: upright.
        left: of it, once it is turned and cut as was asked.
        part: of that, what is enlarged: all of it, or what has the paper's proportions.
        inner: the photo in the result; the part itself where only a scale is asked for.
        size: of the result, with white paper around the photo where that is larger; likewise.
    """

    original: Size
    left: Size
    part: Box
    inner: Size
    size: Size

    @property
    def is_other(self) -> bool:
        """Whether the result shows another part than the photo does, or has a border."""
        return self.left != self.original or self.part[2:] != self.left or self.inner != self.size

    @property
    def inset(self) -> Box:
        """Where the photo lies in the result."""
        (wide, high), (width, height) = self.size, self.inner
        return (wide - width) // 2, (high - height) // 2, width, height


@dataclass(frozen=True)
class Plan(Frame):
    """One photo's way to its size.

    Attributes:
        scales: of the network passes, in this order; none where the photo is large enough.
        dpi: what is written into it, where that follows from the size.
    """

    scales: tuple[int, ...] = ()
    dpi: float | None = None

    @property
    def steps(self) -> tuple[Size, ...]:
        """What every pass is given, and what the last one gives."""
        grown = itertools.accumulate(self.scales, lambda one, other: one * other, initial=1)
        return tuple((self.part[2] * times, self.part[3] * times) for times in grown)

    @property
    def factor(self) -> float:
        """How many times wider and higher the photo becomes; a whole number as an int."""
        longest = 0 if self.part[2] >= self.part[3] else 1
        factor = self.inner[longest] / self.part[2 + longest]
        return int(factor) if factor == int(factor) else round(factor, 2 if factor > 1 else 3)

    @property
    def is_exact(self) -> bool:
        """Whether the last pass gives the result as it is."""
        return self.steps[-1] == self.size

    def models(self, catalogue: Catalogue, name: str | None) -> tuple[Model, ...]:
        """What each pass is made with; whatever restores does it once, and the passes behind it enlarge.

        Raises:
            UsageError: there is no such model.
        """
        found = [catalogue.choose(name, scale) for scale in self.scales]
        return tuple(model if not number else enlarging(catalogue, model) for number, model in enumerate(found))


def enlarging(catalogue: Catalogue, model: Model) -> Model:
    """The model that only enlarges what this one restores; itself where it does not restore."""
    return catalogue.gentle_end(model) or model


def first_model(request: Request, catalogue: Catalogue) -> Model:
    """What a photo is enlarged with, as far as it can be said before its size is known. Raises UsageError."""
    scales = catalogue.scales_of(request.model) if request.target else ()
    return catalogue.choose(request.model, scales[0] if scales else request.scale)


def planned(request: Request, size: Size, catalogue: Catalogue) -> Plan:
    """The way of a photo of ``size``, upright.

    Raises:
        UsageError: there is no such model, or the size that is asked for makes no sense.
        OutsideError: the photo does not have the part that is asked for.
    """
    frame = frame_of(request, size)
    _, _, width, height = part = frame.part
    if not request.target:
        scale = catalogue.choose(request.model, request.scale).scale
        grown = width * scale, height * scale
        return Plan(size, frame.left, part, grown, grown, (scale,))
    needed = max(frame.inner[0] / width, frame.inner[1] / height)
    scales = chain(needed, catalogue.scales_of(request.model))
    return Plan(size, frame.left, part, frame.inner, frame.size, scales, target_of(request.target).dpi)


def frame_of(request: Request, size: Size) -> Frame:
    """What of a photo of ``size``, upright, comes into its result, whatever makes it. Raises as ``planned``."""
    left = request.cut.size(size, request.path.name) if request.cut is not None else size
    if not request.target:
        return Frame(size, left, (0, 0, *left), left, left)
    return Frame(size, left, *_framed(target_of(request.target), left))


def frame_key(request: Request) -> tuple[Cut | None, str]:
    """The same for requests that take the same part of a photo, and only for those."""
    target = request.target if request.target.startswith("print") and request.target.endswith("crop") else ""
    return request.cut, target


def told_of_frame(before: Fidelity, request: Request, size: Size) -> Fidelity:
    """The account of a photo of ``size`` with what is cut from it, and put around it."""
    told = request.cut.told(before, size) if request.cut is not None else before
    frame = frame_of(request, size)
    if frame.part[2:] != frame.left:
        words = f"{frame.part[2]} × {frame.part[3]} of {frame.left[0]} × {frame.left[1]} pixels, to fill the paper"
        told = told.and_converted("part", words)
    if frame.size != frame.inner:
        told = told.and_converted("white border", "around the photo, to fill the paper")
    return told


def result_size(request: Request, size: Size, scale: int) -> Size:
    """Width and height of a result, whatever makes it; ``scale`` where no size is asked for. Raises as ``planned``."""
    frame = frame_of(request, size)
    return frame.size if request.target else (frame.left[0] * scale, frame.left[1] * scale)


def _framed(target: Target, size: Size) -> tuple[Box, Size, Size]:
    """The part of a photo that is used, its size in the result, and the result's size."""
    width, height = size
    whole = (0, 0, width, height)
    if target.paper is None:
        inner = _sides(target, width, height)
        return whole, inner, inner
    paper = target.paper.pixels
    if (width > height and paper[0] < paper[1]) or (width < height and paper[0] > paper[1]):
        paper = paper[::-1]
    if target.paper.whole:
        factor = min(paper[0] / width, paper[1] / height)
        inner = (min(paper[0], max(1, round(width * factor))), min(paper[1], max(1, round(height * factor))))
        return whole, inner, paper
    factor = max(paper[0] / width, paper[1] / height)
    # In whole pixels: what is compared with it must not lie between them.
    kept = (min(width, max(1, round(paper[0] / factor))), min(height, max(1, round(paper[1] / factor))))
    return ((width - kept[0]) // 2, (height - kept[1]) // 2, *kept), paper, paper


def _sides(target: Target, width: int, height: int) -> Size:
    match target.kind:
        case "width":
            factor = target.value / width
        case "height":
            factor = target.value / height
        case "longest":
            factor = target.value / max(width, height)
        case _:
            factor = math.sqrt(target.value * 1e6 / (width * height))
    return max(1, round(width * factor)), max(1, round(height * factor))


@lru_cache(maxsize=256)
def chain(needed: float, scales: tuple[int, ...]) -> tuple[int, ...]:
    """The passes that enlarge at least ``needed`` times, with as little too much as there is; none where none is due.

    Of two ways to one scale the shorter is taken. The smallest scale comes first: what follows costs more the larger
    the picture already is.
    """
    if needed <= _SLACK or not scales:
        return ()
    for count in range(1, _MOST_PASSES + 1):
        if max(scales) ** count * _SLACK >= needed:
            break
    # One pass more than the least may come closer, as 2 x 2 x 2 does where 3 x 3 would do.
    ways = [
        way
        for passes in (count, count + 1, count + 2)
        for way in itertools.combinations_with_replacement(sorted(scales), passes)
        if math.prod(way) * _SLACK >= needed
    ]
    return min(ways, key=lambda way: (math.prod(way), len(way)))
