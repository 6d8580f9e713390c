"""An XML document as spans of its own bytes, so that it can be changed in places and stays as it is everywhere else.

Well-formedness is expat's affair. Documents with a type declaration, and so with entities of their own, are refused:
XMP has none, and they are made to blow up whoever expands them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

Name = tuple[str, str]
"""Namespace and local name."""

_MOST_ELEMENTS = 100_000
_DEEPEST = 100
_ATTRIBUTE = re.compile(rb"\s+([^\s=/>]+)\s*=\s*(\"[^\"]*\"|'[^']*')")
_XML = "http://www.w3.org/XML/1998/namespace"


@dataclass(frozen=True)
class Attribute:
    """``start`` to ``end`` with the space before it; ``value_start`` to ``value_end`` what is between the quotes."""

    name: Name
    start: int
    end: int
    value_start: int
    value_end: int


@dataclass
class Element:
    """``start`` to ``end`` all of it; what it holds stands from ``inner`` to ``close``, which are equal if it is empty.

    Attributes:
        empty_tag: whether it is written ``<a/>``.
        prefixes: namespaces by prefix, as they hold inside.
    """

    name: Name
    start: int
    inner: int
    empty_tag: bool
    prefixes: dict[str, str]
    attributes: list[Attribute]
    children: list[Element] = field(default_factory=list)
    close: int = 0
    end: int = 0

    def descendants(self) -> Iterator[Element]:
        """This element and all below it."""
        todo = [self]
        while todo:
            element = todo.pop()
            yield element
            todo += reversed(element.children)

    def attribute(self, name: Name) -> Attribute | None:
        return next((found for found in self.attributes if found.name == name), None)

    def child(self, name: Name) -> Element | None:
        return next((found for found in self.children if found.name == name), None)


@dataclass(frozen=True)
class Edit:
    """What stands in the place of the bytes from ``start`` to ``end``."""

    start: int
    end: int
    text: bytes = b""


def applied(document: bytes, edits: Iterable[Edit]) -> bytes:
    """The document changed. Of edits that overlap, the one that begins first holds."""
    parts, at = [], 0
    for edit in sorted(edits, key=lambda edit: (edit.start, -edit.end)):
        if edit.start >= at:
            parts += [document[at : edit.start], edit.text]
            at = edit.end
    return b"".join([*parts, document[at:]])


def parse(document: bytes) -> Element:
    """The root element of a document in UTF-8. Raises ValueError where it is none, or too much for any photo."""
    builder = _Builder(document)
    if builder.root is None:
        raise ValueError("no element")
    return builder.root


class _Builder:
    def __init__(self, document: bytes) -> None:
        self._document = document
        self._open: list[Element] = []
        self.root: Element | None = None
        self._count = 0
        parser = expat.ParserCreate("UTF-8", " ")  # with a separator, prefixes have to be declared
        parser.StartElementHandler = lambda *_: self._start(parser.CurrentByteIndex)
        parser.EndElementHandler = lambda _: self._finish(parser.CurrentByteIndex)
        parser.StartDoctypeDeclHandler = self._refuse
        parser.EntityDeclHandler = self._refuse
        try:
            parser.Parse(document, True)
        except expat.ExpatError as error:
            raise ValueError(str(error)) from error

    @staticmethod
    def _refuse(*_: object) -> None:
        raise ValueError("a type declaration")

    def _start(self, at: int) -> None:
        self._count += 1
        if self._count > _MOST_ELEMENTS or len(self._open) >= _DEEPEST:
            raise ValueError("more elements than any photo needs")
        end = _tag_end(self._document, at)
        tag = self._document[at:end]
        found = [
            (match[1].decode(), at + match.start(), at + match.end(), at + match.start(2) + 1, at + match.end(2) - 1)
            for match in _ATTRIBUTE.finditer(tag)
        ]
        prefixes = self._open[-1].prefixes if self._open else {"xml": _XML}
        declared = {
            raw.partition(":")[2]: self._document[start:stop].decode()
            for raw, _, _, start, stop in found
            if raw == "xmlns" or raw.startswith("xmlns:")
        }
        if declared:
            prefixes = prefixes | declared
        attributes = [
            Attribute(_resolved(raw, prefixes, default=False), *span)
            for raw, *span in found
            if raw != "xmlns" and not raw.startswith("xmlns:")
        ]
        raw = re.split(rb"[\s/>]", tag[1:], maxsplit=1)[0].decode()
        element = Element(_resolved(raw, prefixes, default=True), at, end, tag.endswith(b"/>"), prefixes, attributes)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def _finish(self, at: int) -> None:
        element = self._open.pop()
        if element.empty_tag:
            element.close = element.end = element.inner
        else:
            element.close, element.end = at, self._document.index(b">", at) + 1


def _tag_end(document: bytes, at: int) -> int:
    """Behind the tag that begins at ``at``; quotes may hold what would end it."""
    while True:
        close = document.index(b">", at)
        quotes = [(place, quote) for quote in (b'"', b"'") if (place := document.find(quote, at, close)) >= 0]
        if not quotes:
            return close + 1
        place, quote = min(quotes)
        at = document.index(quote, place + 1) + 1


def _resolved(raw: str, prefixes: dict[str, str], *, default: bool) -> Name:
    prefix, colon, local = raw.partition(":")
    if colon:
        return prefixes.get(prefix, prefix), local
    return (prefixes.get("", "") if default else ""), raw
