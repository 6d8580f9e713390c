"""A report as a page: what a browser makes of it, without one."""

from __future__ import annotations

import base64
import io
import os
import re
import tracemalloc
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit
from urllib.request import url2pathname

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageOps

from desktop.core.errors import UnreadablePhotoError
from desktop.core.jobs import Account, Job, JobState, Request
from desktop.core.photo.direct import DirectReader
from desktop.core.photo.preview import Thumbnail, thumbnail
from desktop.core.report.save import save_report
from desktop.core.report.words import Words

Made = Callable[..., Job]
VOID = {"meta", "input", "img", "br"}
ALLOWED = VOID | {"html", "head", "title", "style", "body", "header", "main", "footer", "h1", "h2", "p", "fieldset"}
ALLOWED |= {"legend", "label", "article", "div", "figure", "figcaption", "a", "bdi", "span", "dl", "dt", "dd"}


class Page(HTMLParser):
    """A page as a browser's parser sees it: its elements in order, each with its attributes and all text within."""

    def __init__(self, path: Path) -> None:
        super().__init__(convert_charrefs=True)
        self.source = path.read_text(encoding="utf-8")
        self.elements: list[tuple[str, dict[str, str | None], list[str]]] = []
        self._open: list[int] = []
        self.feed(self.source)
        self.close()
        assert not self._open, "something was left open"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs)
        self.elements.append((tag, dict(attrs), []))
        if tag not in VOID:
            self._open.append(len(self.elements) - 1)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in VOID
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.elements[self._open.pop()][0] == tag, "tags overlap"

    def handle_data(self, data: str) -> None:
        for number in self._open:
            self.elements[number][2].append(data)

    def texts(self, tag: str, **attributes: str) -> list[str]:
        return ["".join(parts) for _, parts in self._found(tag, attributes)]

    def attributes(self, tag: str, name: str) -> list[str]:
        return [value for found, _ in self._found(tag, {}) if (value := found.get(name)) is not None]

    def pictures(self) -> list[NDArray[np.uint8]]:
        return [_decoded(source) for source in self.attributes("img", "src")]

    def _found(self, tag: str, wanted: dict[str, str]) -> Iterator[tuple[dict[str, str | None], list[str]]]:
        for name, attributes, parts in self.elements:
            if name == tag and wanted.items() <= {key.rstrip("_"): value for key, value in attributes.items()}.items():
                yield attributes, parts


def _decoded(source: str) -> NDArray[np.uint8]:
    kind, _, coded = source.partition(",")
    assert kind == "data:image/jpeg;base64"
    with Image.open(io.BytesIO(base64.b64decode(coded, validate=True)), formats=["JPEG"]) as image:
        return np.asarray(image.convert("RGB"))


@pytest.fixture
def page(tmp_path: Path) -> Callable[..., Page]:
    """``page(jobs, words=None, target="report.html")``: the page of these jobs, checked to be well-formed."""

    def make(jobs: Sequence[Job], words: Words | None = None, target: str = "report.html") -> Page:
        save_report(jobs, tmp_path / target, words, now=lambda: 1_795_219_200.0)
        made = Page(tmp_path / target)
        ET.fromstring(made.source.removeprefix("<!DOCTYPE html>"))
        return made

    return make


Pages = Callable[..., Page]


def _file(href: str, folder: Path) -> Path:
    """The file that a browser opens for a link on a page in ``folder``."""
    parts = urlsplit(href)
    assert parts.scheme in ("", "file")
    assert not parts.query
    assert not parts.fragment
    if parts.scheme:
        assert parts.netloc == ""
        return Path(url2pathname(parts.path) if os.name == "nt" else os.fsdecode(unquote_to_bytes(parts.path)))
    return folder / os.fsdecode(unquote_to_bytes(parts.path))


def test_a_photo_is_told_in_full(page: Pages, done_job: Made, tmp_path: Path) -> None:
    made = page([done_job("harbour 1962.jpg")])
    assert made.texts("h2") == ["harbour 1962.jpg"]
    assert made.texts("p", **{"class": "folder quiet"}) == [str(tmp_path)]
    assert made.texts("p", **{"class": "state"}) == ["Enhanced"]
    assert made.texts("figcaption") == ["Before · 60 × 40", "After · 180 × 120"]
    said = dict(zip(made.texts("dt"), made.texts("dd"), strict=True))
    assert said.pop("Ended").endswith(", after 1.2 s")
    assert said.pop("Format").startswith("JPEG, quality 90, ")
    assert said == {
        "Result": f"harbour 1962_x3.jpg {tmp_path / 'out'}",
        "Model": "edsr-baseline-x3, ×3, opencv, exact",
        "Kept": "colour profile: Display P3camera data (EXIF): 1,234 bytes",
        "Changed": "palette: to full colour",
        "Not kept": "print resolution: 300 dpi: WebP does not store it",
    }


def test_the_head_sums_up(page: Pages, done_job: Made, failed_job: Job, cancelled_job: Job, tmp_path: Path) -> None:
    large = done_job("b.png")
    assert large.account is not None
    large = replace(large, account=replace(large.account, width=4000, height=3000, seconds=3700.0))
    waiting = Job("w", Request(tmp_path / "w.png"))
    made = page([done_job("a.png"), large, failed_job, cancelled_job, waiting])
    assert made.texts("label") == ["4 photos", "2 enhanced", "1 failed", "1 cancelled"]
    assert made.texts("p", **{"class": "quiet"}) == [
        "12.0 megapixels made · 1 h 1 min of work",
        "1 still to do when this was made",
    ]
    assert made.texts("title") == made.texts("h1")
    assert made.texts("title")[0].startswith("Rekindle report, 2026-11-2")


def test_a_failure_is_told_in_the_persons_words(page: Pages, failed_job: Job) -> None:
    made = page([failed_job])
    assert made.texts("p", **{"class": "error"}) == ["“gone.jpg” was not found. It may have been moved or deleted."]
    assert made.texts("p", **{"class": "state"}) == ["Failed"]
    assert "not-found" not in made.source


def test_every_word_can_be_another_language_s(
    page: Pages, done_job: Made, failed_job: Job, cancelled_job: Job, tmp_path: Path
) -> None:
    plain = Words()
    shouted = {name: text.upper() for name, text in vars(plain).items() if isinstance(text, str)}
    braces = re.compile(r"\{(\w+)\}")
    shouted = {name: braces.sub(lambda m: m[0].lower(), text) for name, text in shouted.items()}
    words = replace(
        plain,
        **(shouted | {"language": "de"}),
        items={name: said.upper() for name, said in plain.items.items()},
        error=lambda _error: "NEIN",
        number=lambda value, decimals: f"{value:.{decimals}f}".replace(".", ","),
        moment="{:%d.%m.%Y}".format,
    )
    skipped = replace(done_job("c.png"), state=JobState.SKIPPED)
    waiting = Job("w", Request(tmp_path / "w.png"))
    jobs = [done_job("a.png"), skipped, failed_job, cancelled_job, waiting]
    made = page(jobs, words)
    assert made.attributes("html", "lang") == ["de"]
    said = " ".join(
        [text for tag in ("h1", "label", "dt", "figcaption", "footer", "legend") for text in made.texts(tag)]
        + [text for kind in ("quiet", "state", "error") for text in made.texts("p", **{"class": kind})]
    )
    assert not re.search("[a-z]{2,}", said.replace("Rekindle", ""))
    assert "NEIN" in said
    assert "1,2 S" in " ".join(made.texts("dd"))


@pytest.mark.parametrize(("width", "height"), [(600, 400), (400, 600), (900, 90), (30, 20)])
def test_before_and_after_are_seen(page: Pages, done_job: Made, width: int, height: int) -> None:
    job = done_job("a.png", width, height)
    assert job.output is not None
    before, after = page([job]).pictures()
    for picture, path in ((before, job.path), (after, job.output)):
        expected = thumbnail(path, 256, 1000).pixels[..., :3]
        assert picture.shape == expected.shape
        assert max(picture.shape[:2]) == min(256, max(width, height) * (1 if path == job.path else 3))
        assert np.abs(picture.astype(int) - expected).mean() < 12  # JPEG, of noise in every colour


def test_every_photo_has_its_own_pictures(page: Pages, done_job: Made) -> None:
    jobs = [done_job("a.png"), done_job("b.png")]
    with Image.open(jobs[1].path) as image:
        ImageOps.invert(image).save(jobs[1].path)
    first, _, inverted, after = page(jobs).pictures()
    assert np.abs(first.astype(int) + inverted - 255).mean() < 12
    assert after.shape != inverted.shape


def test_what_is_transparent_lies_on_white(page: Pages, done_job: Made, tmp_path: Path) -> None:
    job = done_job("a.png")
    pixels = np.zeros((40, 60, 4), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    assert page([job]).pictures()[0].min() >= 250


def test_without_a_picture_there_is_a_quiet_place_for_it(
    page: Pages, done_job: Made, failed_job: Job, tmp_path: Path
) -> None:
    job = done_job("a.png")
    (tmp_path / "out" / "a_x3.png").write_bytes(b"damaged")
    made = page([job, failed_job])
    assert len(made.pictures()) == 1
    assert made.texts("figcaption") == ["Before · 60 × 40", "After · 180 × 120", "Before"]
    assert [text for text in made.texts("span") if text == "No picture"] == ["No picture"] * 2


class CountingReader(DirectReader):
    """Remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[Path] = []

    def thumbnail(self, path: Path, side: int, max_megapixels: int) -> Thumbnail:
        self.asked.append(path)
        return super().thumbnail(path, side, max_megapixels)


def test_what_could_not_be_read_once_is_not_tried_again(done_job: Made, failed_job: Job, tmp_path: Path) -> None:
    bomb = replace(failed_job, error=UnreadablePhotoError("“{name}” takes too long to open.", name="bomb.png"))
    reader = CountingReader()
    job = done_job("a.png")
    save_report([bomb, job, failed_job], tmp_path / "report.html", reader=reader)
    assert reader.asked == [job.path, job.output, failed_job.path]


def test_a_photo_nobody_came_to_has_no_pictures(page: Pages, cancelled_job: Job) -> None:
    made = page([cancelled_job])
    assert made.texts("h2") == ["cancelled.png"]
    assert made.texts("p", **{"class": "state"}) == ["Cancelled"]
    assert made.texts("figure") == made.texts("dl") == []


def test_nothing_is_loaded_from_elsewhere_and_nothing_runs(page: Pages, done_job: Made, failed_job: Job) -> None:
    made = page([done_job("a.png"), failed_job])
    assert {name for name, _, _ in made.elements} <= ALLOWED
    for name, attributes, _ in made.elements:
        assert not [key for key in attributes if key.startswith("on") or key in ("style", "srcset", "action")]
        assert name == "img" or "src" not in attributes
    assert not re.search(r"url\(|@import|expression|javascript:|https?:", made.source)
    (policy,) = (
        attributes["content"] for name, attributes, _ in made.elements if attributes.get("http-equiv") is not None
    )
    assert policy == "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


HOSTILE = [
    "<img src=x onerror=alert(1)>.png",
    "\"><script>alert('1')<!--.png",
    "&lt;&amp;amp;.png",
    "a' onclick='x.png",
    "]]> {title} %s %3Cb%3E.png",
    "\u202egnp.exe.png",
    "line\nend\x01\x1b.png",
    "br\udcfccke.png",
    "question?fragment#a.png",
    "javascript:alert(1).png",
]


@pytest.mark.skipif(os.name == "nt", reason="not on this platform: such names cannot be")
@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_a_name_whatever_it_is(page: Pages, done_job: Made, tmp_path: Path, name: str) -> None:
    try:
        job = done_job(name)
    except OSError:
        pytest.skip("not on this platform: such names cannot be")
    made = page([job])
    printable = "".join(
        sign if sign.isprintable() or sign == "\u202e" else ascii(sign)[1:-1] for sign in os.path.basename(name)
    )
    assert made.texts("h2") == [printable]
    assert {name for name, _, _ in made.elements} <= ALLOWED
    assert [_file(href, tmp_path) for href in made.attributes("a", "href")] == [
        *(job.path, job.output),
        *(job.path, job.output),
    ]


@pytest.mark.parametrize("target", ["report.html", "out/report.html", "elsewhere/deep/report.HTM"])
def test_links_lead_to_the_files(page: Pages, done_job: Made, tmp_path: Path, target: str) -> None:
    job = done_job("album of 1962/grandma & me.png")
    made = page([job], target=target)
    hrefs = made.attributes("a", "href")
    assert {_file(href, (tmp_path / target).parent) for href in hrefs} == {job.path, job.output}
    below = [path for path in (job.path, job.output) if path and path.is_relative_to((tmp_path / target).parent)]
    assert len([href for href in hrefs if not href.startswith("file:")]) == 2 * len(below)


def test_what_is_not_there_is_not_linked(page: Pages, failed_job: Job) -> None:
    assert page([failed_job]).attributes("a", "href") == []


def test_relative_paths_are_linked_as_well(
    page: Pages, done_job: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = done_job("a.png")
    monkeypatch.chdir(tmp_path)
    assert job.output is not None
    relative = replace(job, request=replace(job.request, path=Path("a.png")), output=Path("out", job.output.name))
    made = page([relative])
    assert {_file(href, tmp_path) for href in made.attributes("a", "href")} == {job.path, job.output}


def test_an_empty_queue_has_an_empty_report(page: Pages) -> None:
    assert page([]).texts("label") == ["0 photos"]


def test_memory_does_not_grow_with_the_number_of_photos(tmp_path: Path, photo_file: Any, noise: Any) -> None:
    photo = photo_file("noise.jpg", noise((64, 64, 3)))  # some 6 kB of JPEG a picture
    account = Account(width=64, height=64, input_width=64, input_height=64, seconds=1.0, ended=1.0)

    def peak(count: int) -> int:
        jobs = [
            Job(str(number), Request(photo), JobState.DONE, 1.0, None, photo, None, account) for number in range(count)
        ]
        tracemalloc.start()
        try:
            save_report(jobs, tmp_path / "report.html")
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(1)  # what is loaded once
    few = peak(20)
    assert peak(400) - few < 400_000
    assert (tmp_path / "report.html").stat().st_size > 2_000_000
