"""A report as a page: one HTML file that holds its pictures and loads nothing, for people.

It is well-formed XML too, and a policy in its head forbids the browser scripts and everything from elsewhere, whatever
a photo may be called.
"""

from __future__ import annotations

import base64
import html
import io
import os
import urllib.parse
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TextIO

import numpy as np
from PIL import Image

import desktop
from desktop.core.errors import RekindleError, UnreadablePhotoError
from desktop.core.forecast import DEFAULT_MAX_MEGAPIXELS
from desktop.core.jobs import JobState
from desktop.core.paths import bundled
from desktop.core.photo.isolated import PhotoReader
from desktop.core.photo.looks import Thumbnail
from desktop.core.photo.photo import Item
from desktop.core.report.entry import Entry, spelled
from desktop.core.report.words import Words

ENCODING = "utf-8"
# A picture's longest side: somewhat more than its place on the page has, for screens with smaller pixels.
_SIDE = 256
_QUALITY = 80
_WHITE = 255
_CHECKED = ' checked="checked"'

_HEAD = """<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8" />
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'" />
<meta name="viewport" content="width=device-width, initial-scale=1" />
<meta name="color-scheme" content="light dark" />
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<header>
<h1>{title}</h1>
<p class="quiet">{facts}</p>
"""


@dataclass(frozen=True)
class Frame:
    """What a page is made with.

    Attributes:
        folder: where it will lie, absolute; what lies below is linked relatively.
        reader: opens the photos for their pictures.
        made: now.
        to_do: how many photos have not ended yet.
    """

    words: Words
    folder: Path
    reader: PhotoReader
    made: datetime
    to_do: int


def write_page(entries: list[Entry], out: TextIO, frame: Frame) -> Iterator[int]:
    """Writes the page to ``out``, opened with ``ENCODING``, picture by picture; yields the number of each photo."""
    words = frame.words
    style = bundled("resources", "report.css").read_text(encoding="utf-8")
    title = f"{words.title}, {words.moment(frame.made)}"
    out.write(
        _HEAD.format(language=_text(words.language), title=_text(title), style=style, facts=_facts(entries, words))
    )
    if frame.to_do:
        out.write(f'<p class="quiet">{_text(words.to_do.format(count=words.number(frame.to_do, 0)))}</p>\n')
    out.write(_filter(Counter(entry.job.state for entry in entries), words))
    out.write("</header>\n<main>\n")
    for number, entry in enumerate(entries, start=1):
        out.write(_Photo(entry, frame).markup())
        yield number
    footer = words.made.format(version=desktop.__version__)
    out.write(f'</main>\n<footer class="quiet">{_text(footer)}</footer>\n</body>\n</html>\n')


def _text(words: str) -> str:
    return html.escape(spelled(words))


def _facts(entries: list[Entry], words: Words) -> str:
    seconds = sum(entry.account.seconds for entry in entries)
    pixels = sum(entry.account.width * entry.account.height for entry in entries)
    facts = []
    if pixels:
        facts.append(words.megapixels.format(count=words.number(pixels / 1_000_000, 1)))
    if seconds:
        facts.append(words.whole_time.format(time=words.duration(seconds)))
    return _text(" · ".join(facts))


def _filter(counts: Counter[JobState], words: Words) -> str:
    """The totals, each of them a button that shows only its photos: by style alone, without a script."""
    phrases = (
        (JobState.DONE, words.done),
        (JobState.FAILED, words.failed),
        (JobState.SKIPPED, words.skipped),
        (JobState.CANCELLED, words.cancelled),
    )
    choices = [("all", words.all, counts.total())]
    choices += [(state.value, phrase, counts[state]) for state, phrase in phrases if counts[state]]
    buttons = [
        f'<input type="radio" name="show" id="show-{name}"{_CHECKED if name == "all" else ""} />'
        f'<label for="show-{name}">{_text(phrase.format(count=words.number(count, 0)))}</label>'
        for name, phrase, count in choices
    ]
    return f"<fieldset>\n<legend>{_text(words.show)}</legend>\n{_lines(buttons)}</fieldset>\n"


def _lines(parts: list[str]) -> str:
    return "".join(f"{part}\n" for part in parts)


class _Photo:
    """One photo's part of the page."""

    def __init__(self, entry: Entry, frame: Frame) -> None:
        self._entry = entry
        self._words = frame.words
        self._folder = frame.folder
        self._reader = frame.reader

    def markup(self) -> str:
        job, words = self._entry.job, self._words
        state = {
            JobState.DONE: words.is_done,
            JobState.FAILED: words.is_failed,
            JobState.SKIPPED: words.is_skipped if job.output is not None else words.is_ours,
            JobState.CANCELLED: words.is_cancelled,
        }[job.state]
        error = job.error if job.state is JobState.FAILED else None
        parts = [
            f'<article class="{job.state.value}">',
            # Of a photo nobody came to there is nothing to see.
            '<div class="pictures"></div>' if job.state is JobState.CANCELLED else self._pictures(),
            '<div class="account">',
            f"<h2>{self._link(self._entry.path, self._entry.path.name)}</h2>",
            f'<p class="folder quiet">{_name(str(self._entry.path.parent))}</p>',
            f'<p class="state">{_text(state)}</p>',
        ]
        if error is not None:
            parts.append(f'<p class="error">{_text(words.error(error))}</p>')
        rows = [row for row in (*self._settings(), *self._fidelity()) if row[1]]
        if rows:
            parts.append("<dl>")
            parts += [f"<div><dt>{_text(name)}</dt><dd>{value}</dd></div>" for name, value in rows]
            parts.append("</dl>")
        return _lines([*parts, "</div>", "</article>"])

    def _pictures(self) -> str:
        entry, words = self._entry, self._words
        before = self._picture(entry.path, words.before, (entry.account.input_width, entry.account.input_height))
        after = self._picture(entry.output, words.after, (entry.account.width, entry.account.height))
        return f'<div class="pictures">\n{before}{after if entry.output else ""}</div>'

    def _picture(self, path: Path | None, caption: str, size: tuple[int, int]) -> str:
        small = self._thumbnail(path)
        if path is None or small is None:
            place = f"<span>{_text(self._words.no_picture)}</span>"
        else:
            size = size if all(size) else (small.width, small.height)
            image = f'<img alt="{_text(f"{caption}: {path.name}")}" src="data:image/jpeg;base64,{_jpeg(small)}" />'
            place = f'<a href="{_href(path, self._folder)}">{image}</a>'
        size_words = f" · {size[0]} × {size[1]}" if all(size) else ""
        return f"<figure>{place}<figcaption>{_text(caption + size_words)}</figcaption></figure>\n"

    def _thumbnail(self, path: Path | None) -> Thumbnail | None:
        error = self._entry.job.error
        # What could not be read once is not tried again: it may take the reader until its time is up.
        if path is None or (error is not None and error.code == UnreadablePhotoError.code):
            return None
        try:
            return self._reader.thumbnail(path, _SIDE, DEFAULT_MAX_MEGAPIXELS)
        except RekindleError:
            return None

    def _settings(self) -> Iterator[tuple[str, str]]:
        """Names, and values as markup; an empty one is left out."""
        entry, account, words = self._entry, self._entry.account, self._words
        if entry.output is not None:
            folder = entry.output.parent
            elsewhere = f' <span class="quiet">{_name(str(folder))}</span>' if folder != entry.path.parent else ""
            yield words.result, self._link(entry.output, entry.output.name) + elsewhere
        if entry.format is not None:
            label, quality, result = entry.format.label, entry.quality, entry.job.result
            form = words.quality.format(format=label, quality=quality) if quality else label
            yield words.format, _listed(form, words.size(result.bytes) if result else "")
        scale = words.times.format(count=entry.scale) if entry.scale else ""
        strength = words.strength.format(count=account.strength) if account.strength is not None else ""
        best = words.best_quality if account.self_ensemble else ""
        yield words.model, _listed(entry.model, strength, scale, best, account.engine, account.precision)
        yield words.chosen, _text(words.reason(account.decision.reason)) if account.decision else ""
        if entry.ended is not None:
            time = words.took.format(time=words.duration(account.seconds)) if account.seconds else ""
            yield words.ended, _listed(words.moment(entry.ended), time)

    def _fidelity(self) -> Iterator[tuple[str, str]]:
        fidelity = self._entry.account.fidelity
        yield self._words.kept, self._named(fidelity.kept)
        yield self._words.converted, self._named(fidelity.converted)
        yield self._words.lost, self._named(fidelity.lost)

    def _named(self, items: tuple[Item, ...]) -> str:
        known = self._words.items
        return "<br />".join(_text(f"{known.get(item.item, item.item)}: {item.detail}") for item in items)

    def _link(self, path: Path, name: str) -> str:
        if not os.path.exists(path):  # unlike Path.exists, also where it may not be looked for
            return _name(name)
        return f'<a href="{_href(path, self._folder)}">{_name(name)}</a>'


def _listed(*words: str) -> str:
    return _text(", ".join(filter(None, words)))


def _name(name: str) -> str:
    """A name of somebody's making, which must not turn the direction of what stands around it."""
    return f"<bdi>{_text(name)}</bdi>"


def _href(path: Path, folder: Path) -> str:
    """Where a file is, seen from the page: relative below its folder, so that both can be moved together."""
    if path.is_relative_to(folder):
        return html.escape(urllib.parse.quote(os.fsencode(path.relative_to(folder).as_posix())))
    return html.escape(path.as_uri())


def _jpeg(small: Thumbnail) -> str:
    alpha = small.pixels[..., 3:].astype(np.float32) / 255
    flat = np.rint(small.pixels[..., :3] * alpha + _WHITE * (1 - alpha)).astype(np.uint8)
    coded = io.BytesIO()
    Image.fromarray(flat).save(coded, "JPEG", quality=_QUALITY, optimize=True)
    return base64.b64encode(coded.getvalue()).decode()
