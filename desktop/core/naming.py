"""Everything that decides what a result is called and which folder it goes into."""

from __future__ import annotations

import contextlib
import os
import re
import string
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from desktop.core.errors import RekindleError, UsageError
from desktop.core.jobs import DEFAULT_TEMPLATE, Request
from desktop.core.models.catalogue import Catalogue, Model
from desktop.core.photo.formats import BY_NAME, BY_SUFFIX, PNG, OutputFormat, output_format
from desktop.core.photo.looks import Glance
from desktop.core.sizes import first_model, planned

FIELDS = ("stem", "parent", "scale", "model", "width", "height", "date", "counter")
"""What a template may name, as ``{stem}``."""

_ONLY_OPENED_TELLS = frozenset({"width", "height", "date"})
_COUNTER_WIDTH = re.compile(r"0?[1-9]")
_SEPARATORS = "/\\"

# What Windows takes in no name (Win32, "Naming Files, Paths, and Namespaces"): results travel on sticks and in clouds.
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
_DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])(?= *(\.|$))", re.IGNORECASE)
# In bytes on Linux and macOS, in UTF-16 units on Windows, of which no text has more than it has bytes in UTF-8.
_LONGEST_NAME = 255

# What stands for each field in a finished name; {stem} is found by what lies beside.
_LOOKS_LIKE = {
    "scale": r"(?:[2348]|\d{1,3}\.\d{1,3})",
    "model": r"[\w.-]+",
    "width": r"\d+",
    "height": r"\d+",
    "date": r"\d{4}-\d{2}-\d{2}",
    "counter": r"\d+",
}


@dataclass(frozen=True)
class Template:
    """How results are named, without their suffix: ``Template.parse("{stem}_x{scale}")``.

    Attributes:
        parts: literal text and the field behind it, None at the end; then the field's width, 0 for as wide as it is.
    """

    parts: tuple[tuple[str, str | None, int], ...]

    @classmethod
    def parse(cls, text: str) -> Template:
        """Raises UsageError, saying what is wrong with ``text`` and what it may hold."""
        try:
            pieces = list(string.Formatter().parse(text))
        except ValueError as error:
            raise UsageError(
                "A brace is missing or too many in “{name}”. A field is written {example}.",
                name=text,
                example="{stem}",
            ) from error
        parts = []
        for literal, field, width, conversion in pieces:
            for separator in _SEPARATORS:
                if separator in literal:
                    raise UsageError(
                        "A name cannot contain “{character}”. Folders are chosen separately.", character=separator
                    )
            parts.append((literal, field, _width_of(field, width, conversion)))
        template = cls(tuple(parts))
        if not template.fields and not sanitised("".join(literal for literal, _, _ in parts)):
            raise UsageError("The name for the results is empty. It may hold {fields}.", fields=_all_fields())
        return template

    @property
    def fields(self) -> frozenset[str]:
        return frozenset(field for _, field, _ in self.parts if field is not None)

    @property
    def needs_photo(self) -> bool:
        """Whether only the opened photo gives the whole name."""
        return bool(self.fields & _ONLY_OPENED_TELLS)

    @property
    def tells_apart(self) -> bool:
        """Whether the photos of a folder get different names by themselves, without being numbered."""
        return bool(self.fields & {"stem", "counter"})

    @property
    def marks_results(self) -> bool:
        """Whether its names tell a result from a photo: by the model's name, or a word that the photo's gets."""
        words = any(character.isalpha() for literal, _, _ in self.parts for character in literal)
        return "model" in self.fields or ("stem" in self.fields and words)

    def fill(self, values: Mapping[str, object]) -> str:
        """The text with every field's value; a counter's width is filled with zeros."""
        return "".join(
            literal + (str(values[field]).zfill(width) if field is not None else "")
            for literal, field, width in self.parts
        )

    def result_pattern(self, folder: str) -> re.Pattern[str] | None:
        """What the names without suffix of results in a folder of this name look like, the photo's as group "stem".

        None where a photo of the person's own could be called that too.
        """
        if not (self.marks_results and "stem" in self.fields):
            return None
        found, seen = "", False
        for literal, field, _ in self.parts:
            found += re.escape(_FORBIDDEN.sub("_", literal))
            if field == "stem":
                found += "(?P=stem)" if seen else "(?P<stem>.+)"
                seen = True
            elif field is not None:
                found += _LOOKS_LIKE.get(field) or re.escape(sanitised(folder))
        return re.compile(rf"{found}(?: \(\d+\))?", re.DOTALL)


def _width_of(field: str | None, width: str | None, conversion: str | None) -> int:
    if field is None or (field in FIELDS and not width and not conversion):
        return 0
    if field == "counter" and not conversion and width and _COUNTER_WIDTH.fullmatch(width):
        return int(width)
    written = f"{field}{'!' + conversion if conversion else ''}{':' + width if width else ''}"
    if field == "counter":
        raise UsageError(
            "The width in “{field}” is not understood. Three digits are written {example}.",
            field="{" + written + "}",
            example="{counter:03}",
        )
    raise UsageError(
        "A name cannot hold “{field}”. It may hold {fields}.", field="{" + written + "}", fields=_all_fields()
    )


def _all_fields() -> str:
    return ", ".join("{" + field + "}" for field in FIELDS)


@lru_cache(maxsize=64)
def template_of(text: str) -> Template:
    """``Template.parse``, remembered: whole folders are named by one. Raises UsageError."""
    return Template.parse(text)


def is_template(text: str) -> bool:
    """Whether results can be named by this."""
    try:
        Template.parse(text)
    except UsageError:
        return False
    return True


@dataclass(frozen=True)
class Facts:
    """What only the opened photo tells: the result's size in pixels, and the day the photo was taken.

    Attributes:
        scale: how many times larger, where it is not the model's scale.
    """

    width: int
    height: int
    day: date
    scale: float | None = None


def facts_of(seen: Glance, request: Request, catalogue: Catalogue) -> Facts:
    """The facts that a glance at a photo gives.

    Raises OSError where the file is gone and was not dated inside; what ``sizes.planned`` does.
    """
    plan = planned(request, (seen.width, seen.height), catalogue)
    return Facts(*plan.size, seen.taken or day_of(request.path.stat().st_mtime), plan.factor)


def day_of(seconds: float) -> date:
    """The day of a time since the epoch, here; the nearest there is of one that is absurd."""
    try:
        return datetime.fromtimestamp(seconds).date()
    except (OSError, OverflowError, ValueError):  # Windows knows none before 1970
        days = max(-719_162, min(2_932_896, int(seconds // 86_400)))
        return date(1970, 1, 1) + timedelta(days=days)


def sanitised(name: str) -> str:
    """The name with nothing that Windows would refuse, and otherwise as it was; may be empty."""
    name = _FORBIDDEN.sub("_", name).rstrip(". ")
    device = _DEVICE.match(name)
    return f"{name[: device.end()]}_{name[device.end() :]}" if device else name


def output_path(request: Request, chosen: OutputFormat, model: Model, facts: Facts | None = None) -> Path:
    """Where the result goes if the name is free, in the photo's own suffix if it fits.

    ``facts`` may be missing where the template does not need them. Raises UsageError for a template that is wrong.
    """
    if request.output_file is not None:
        fits = request.output_file.suffix.lower() in chosen.suffixes
        return request.output_file if fits else request.output_file.with_suffix(chosen.suffixes[0])
    path = request.path
    suffix = path.suffix if path.suffix.lower() in chosen.suffixes else chosen.suffixes[0]
    values: dict[str, object] = {
        "stem": path.stem,
        "parent": _folder_name(path),
        "scale": model.scale,
        "model": model.id,
        "counter": request.counter,
    }
    if facts is not None:
        values["scale"] = facts.scale or model.scale
        values |= {"width": facts.width, "height": facts.height, "date": facts.day.isoformat()}
    return result_folder(request) / (_stem(template_of(request.template), values, suffix) + suffix)


def _stem(template: Template, values: dict[str, object], suffix: str) -> str:
    """The name without suffix. What is too long loses the end of the photo's own name, then of its folder's."""
    name = sanitised(template.fill(values))
    for field in ("stem", "parent"):
        while field in template.fields and not _fits(name + suffix) and len(str(values[field])) > 1:
            values = {**values, field: str(values[field])[:-1]}
            name = sanitised(template.fill(values))
    return _cut(name, suffix) or "_"


def _folder_name(path: Path) -> str:
    folder = path.absolute().parent
    return folder.name or folder.anchor


def _fits(name: str) -> bool:
    return len(os.fsencode(name)) <= _LONGEST_NAME


def _cut(stem: str, ending: str) -> str:
    while not _fits(stem + ending) and len(stem) > 1:
        stem = stem[:-1]
    return stem


def result_folder(request: Request) -> Path:
    """The folder the result of a photo goes into."""
    if request.output_file is not None:
        return request.output_file.parent
    if request.output is None:
        return request.path.parent
    if request.root is None or not request.keep_structure:
        return request.output
    between = request.path.parent.relative_to(request.root).parts
    return request.output.joinpath(*(sanitised(part) or "_" for part in between))


def likely_path(request: Request, model: Model) -> Path | None:
    """Where the result goes if the photo is what its name says and its format can hold the size.

    None where only the opened photo can tell. Raises UsageError for a template that is wrong.
    """
    if request.output_file is not None:
        return request.output_file
    template = template_of(request.template)
    if template.needs_photo or (request.target and "scale" in template.fields):
        return None
    own = BY_NAME[request.format] if request.format else BY_SUFFIX.get(request.path.suffix.lower(), PNG)
    return output_path(request, own, model)


def numbered(path: Path) -> Iterator[Path]:
    """``name.png``, ``name (2).png``, ``name (3).png`` and so on."""
    yield path
    number = 2
    while True:
        ending = f" ({number}){path.suffix}"
        yield path.with_name(_cut(path.stem, ending) + ending)
        number += 1


def same_file(one: Path, other: Path) -> bool:
    """Whether two names are one file, through links and on case-insensitive disks too."""
    try:
        return os.path.samefile(one, other)
    except OSError:
        return one.absolute() == other.absolute()


class OurNames:
    """Tells by their names which files of one folder are results of photos that lie beside them.

    Args:
        folder: its name.
        stems: all names in it, without suffixes.
        template: how results are named today; those of the usual name are known in any case.
    """

    def __init__(self, folder: str, stems: Collection[str], template: str) -> None:
        patterns = (template_of(text).result_pattern(folder) for text in dict.fromkeys((DEFAULT_TEMPLATE, template)))
        self._patterns = [pattern for pattern in patterns if pattern is not None]
        self._photos = {sanitised(stem) for stem in stems}

    def __contains__(self, stem: object) -> bool:
        matches = (pattern.fullmatch(str(stem)) for pattern in self._patterns)
        return any(match is not None and match["stem"] in self._photos for match in matches)


@dataclass(frozen=True)
class Example:
    """A photo that shows what a template does with it."""

    request: Request
    model: Model
    facts: Facts

    def name(self, **choices: object) -> str:
        """What the result would be called with these fields of the request. Raises UsageError."""
        request = replace(self.request, **choices)  # type: ignore[arg-type]
        own = BY_SUFFIX.get(request.path.suffix.lower(), PNG)
        chosen = output_format(request.format, own.pillow, self.facts.width, self.facts.height)
        target = output_path(request, chosen, self.model, self.facts)
        return next(path.name for path in numbered(target) if path != request.path)


def example_of(requests: Iterable[Request], catalogue: Catalogue, glance: Callable[[Path], Glance]) -> Example | None:
    """The first of these photos that can be looked at, or none."""
    for request in requests:
        with contextlib.suppress(RekindleError, OSError):
            model = first_model(request, catalogue)
            return Example(request, model, facts_of(glance(request.path), request, catalogue))
    return None
