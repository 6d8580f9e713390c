"""XMP packets (ISO 16684-1): what enlarging makes untrue is set right, all else stays as it is to the last byte."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from desktop.core.photo.metadata.xml_spans import Attribute, Edit, Element, Name, applied, parse

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_TIFF, EXIF = "http://ns.adobe.com/tiff/1.0/", "http://ns.adobe.com/exif/1.0/"
_XMP, _XMP_MM = "http://ns.adobe.com/xap/1.0/", "http://ns.adobe.com/xap/1.0/mm/"
_EVENT, _IMAGE = "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#", "http://ns.adobe.com/xap/1.0/g/img/"
_NOTE = "http://ns.adobe.com/xmp/note/"
_IPTC_CORE, IPTC_EXT = "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/", "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_PHOTOSHOP = "http://ns.adobe.com/photoshop/1.0/"
_OURS = "urn:x-rekindle:1.0/"
_ENHANCED = "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicallyEnhanced"

_ORIENTATION = (_TIFF, "Orientation")
_WIDTHS = {(_TIFF, "ImageWidth"), (EXIF, "PixelXDimension")}
_HEIGHTS = {(_TIFF, "ImageLength"), (EXIF, "PixelYDimension")}
_RESOLUTIONS = {(_TIFF, "XResolution"): 0, (_TIFF, "YResolution"): 1}
_UNIT = (_TIFF, "ResolutionUnit")
_PLACES = frozenset(
    {(_PHOTOSHOP, "City"), (_PHOTOSHOP, "State"), (_PHOTOSHOP, "Country")}
    | {(_IPTC_CORE, "Location"), (_IPTC_CORE, "CountryCode")}
    | {(IPTC_EXT, "LocationCreated"), (IPTC_EXT, "LocationShown")}
)
_EXTENDED = (_NOTE, "HasExtendedXMP")
_MOST = 8 * 2**20
_BOM = b"\xef\xbb\xbf"
_WRAPPED = (
    b'<?xpacket begin="' + _BOM + b'" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/">\n <rdf:RDF xmlns:rdf="' + RDF.encode() + b'">\n',
    b" </rdf:RDF>\n</x:xmpmeta>\n" + b'<?xpacket end="w"?>',
)
# As xml.sax.saxutils has them, which takes half of urllib with it when it is imported.
_ESCAPES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}
)
_ONE = re.compile(r"\s*([0-9.]+)(?:/([0-9.]+))?\s*")


@dataclass(frozen=True)
class Provenance:
    """What is noted of how a result came to be."""

    software: str
    model: str
    scale: str

    @property
    def words(self) -> str:
        """In a sentence; without the model where it is not known yet."""
        done = "enlarged" if float(self.scale) > 1 else "resized"
        return f"{done} ×{self.scale} by {self.software}" + (f" with {self.model}" if self.model else "")


def is_ours(xmp: bytes | None) -> bool:
    """Whether it says that Rekindle made the photo."""
    return xmp is not None and (_OURS.encode() in xmp or _OURS.encode("utf-16-le") in xmp)


class Packet:
    """A packet that is changed. Its ``text`` is UTF-8.

    Raises ValueError where it is no sound XMP, or too large to be looked into.
    """

    def __init__(self, xmp: bytes | None) -> None:
        self.text = _in_utf8(xmp) if xmp is not None else b"".join(_WRAPPED)
        self._edits: list[Edit] = []
        self._rdf: Element
        self._look()

    def __bytes__(self) -> bytes:
        self.settle()
        return self.text

    def named(self, names: set[Name]) -> Iterator[Attribute | Element]:
        """The properties of these names, in either form."""
        for description in self._descriptions():
            yield from (place for place in _properties(description) if place.name in names)

    def properties(self) -> Iterator[Attribute | Element]:
        """All properties, in either form."""
        for description in self._descriptions():
            yield from _properties(description)

    def text_of(self, place: Attribute | Element) -> str:
        """A property with everything in it."""
        return self.text[place.start : place.end].decode()

    def fraction(self, place: Attribute | Element) -> float | None:
        """The value of a simple property; None where it is no number."""
        return _fraction(self.value(place))

    def remove(self, place: Attribute | Element) -> None:
        self._edits.append(Edit(place.start, place.end))

    def value(self, place: Attribute | Element) -> str:
        start, end = (
            (place.value_start, place.value_end) if isinstance(place, Attribute) else (place.inner, place.close)
        )
        return self.text[start:end].decode()

    def set(self, place: Attribute | Element, value: str) -> None:
        if isinstance(place, Attribute):
            self._edits.append(Edit(place.value_start, place.value_end, value.encode()))
        elif not place.children and not place.empty_tag:
            self._edits.append(Edit(place.inner, place.close, value.encode()))

    def set_upright(self) -> None:
        for place in self.named({_ORIENTATION}):
            self.set(place, "1")

    def set_size(self, width: int, height: int) -> None:
        """Sets what it says of the picture's size in pixels, where it says it."""
        for names, side in ((_WIDTHS, width), (_HEIGHTS, height)):
            for place in self.named(names):
                self.set(place, str(side))

    def set_dpi(self, dpi: tuple[float, float]) -> None:
        """Sets the resolution where it says another one."""
        unit = next((self.value(place).strip() for place in self.named({_UNIT})), "2")
        factor = {"2": 1.0, "3": 2.54}.get(unit, 1.0)
        for name, axis in _RESOLUTIONS.items():
            wanted = dpi[axis] / factor
            for place in self.named({name}):
                stated = _fraction(self.value(place))
                if stated is None or abs(stated - wanted) > 1e-3 * wanted:
                    self.set(place, f"{round(wanted * 10_000)}/10000" if wanted % 1 else f"{wanted:.0f}/1")

    @property
    def has_thumbnails(self) -> bool:
        return any(
            element.name == (_IMAGE, "image") or element.attribute((_IMAGE, "image"))
            for element in self._rdf.descendants()
        )

    def set_thumbnails(self, jpeg: bytes, width: int, height: int) -> None:
        """Puts another picture in the place of every thumbnail."""
        values = {"image": base64.b64encode(jpeg).decode(), "width": str(width), "height": str(height)}
        values["format"] = "JPEG"
        for element in self._rdf.descendants():
            places: list[Attribute | Element] = [*element.attributes, element]
            for place in places:
                if place.name[0] == _IMAGE and place.name[1] in values:
                    self.set(place, values[place.name[1]])

    @property
    def tells_place(self) -> bool:
        return any(True for _ in self._places())

    def strip_places(self) -> bool:
        """Takes out where the photo was taken, as coordinates and as names. Whether it said so."""
        found = list(self._places())
        self._edits += [Edit(place.start, place.end) for place in found]
        return bool(found)

    def add_provenance(self, note: Provenance) -> None:
        """Says what made the photo, in the place of what an earlier run said; in its history too."""
        for description in self._descriptions():
            ours = [place for place in _properties(description) if place.name[0] == _OURS]
            self._edits += [Edit(place.start, place.end) for place in ours]
        event = (
            f'<{self._prefix}:li {self._prefix}:parseType="Resource" xmlns:stEvt="{_EVENT}">'
            f"<stEvt:action>converted</stEvt:action>"
            f"<stEvt:softwareAgent>{_escaped(note.software)}</stEvt:softwareAgent>"
            f"<stEvt:parameters>{_escaped(note.words)}</stEvt:parameters></{self._prefix}:li>"
        )
        inside = ""
        history = self._list_of((_XMP_MM, "History"))
        if history is not None:
            self._edits.append(Edit(history.close, history.close, event.encode()))
        elif not any(True for _ in self.named({(_XMP_MM, "History")})):
            seq = f"{self._prefix}:Seq"
            inside = f'<xmpMM:History xmlns:xmpMM="{_XMP_MM}"><{seq}>{event}</{seq}></xmpMM:History>'
        if not any(True for _ in self.named({(IPTC_EXT, "DigitalSourceType")})):
            inside += (
                f'<Iptc4xmpExt:DigitalSourceType xmlns:Iptc4xmpExt="{IPTC_EXT}">{_ENHANCED}'
                "</Iptc4xmpExt:DigitalSourceType>"
            )
        about = f'xmlns:rekindle="{_OURS}" rekindle:Software={_quoted(note.software)} '
        about += f"rekindle:Model={_quoted(note.model)} rekindle:Scale={_quoted(note.scale)}"
        self._append(about, inside)

    def merge(self, extended: bytes) -> None:
        """Takes in what was too large for a JPEG's first packet (XMP part 3, section 1.1.3.1)."""
        other = Packet(extended)
        for place in self.named({_EXTENDED}):
            self._edits.append(Edit(place.start, place.end))
        moved = b""
        for description in other._descriptions():
            known = _declared(other.text[description.start : description.inner])
            outer = "".join(
                f" xmlns{':' * bool(prefix)}{prefix}={_quoted(uri)}"
                for prefix, uri in description.prefixes.items()
                if prefix != "xml" and prefix not in known
            ).encode()
            start = other.text[description.start : description.inner]
            head = re.match(rb"<[^\s/>]+", start)
            assert head is not None
            moved += head[0] + outer + start[head.end() :] + other.text[description.inner : description.end] + b"\n"
        self._insert(moved)

    def split(self, most: int) -> tuple[bytes, bytes | None]:
        """What goes into a JPEG's first packet of ``most`` bytes at the most, and the rest. Raises ValueError."""
        self.settle()
        if len(self.text) <= most:
            return self.text, None
        text = _without_padding(self.text)
        if len(text) <= most:
            return text, None
        self.text = text
        self._look()
        return self._parted(most)

    def _parted(self, most: int) -> tuple[bytes, bytes]:
        """Moves the largest properties out until the rest fits."""
        room = most - 512  # for the reference to the rest, and tags
        movable = [
            (child.end - child.start, description, child)
            for description in self._descriptions()
            for child in description.children
            if child.name[0] != _OURS
        ]
        size, moved = len(self.text), []
        for length, description, child in sorted(movable, key=lambda entry: -entry[0]):
            if size <= room:
                break
            size -= length
            moved.append((description, child))
        if size > room:
            raise ValueError("attributes that are too large")
        inner = b""
        for description, child in moved:
            declarations = "".join(
                f" xmlns{':' * bool(prefix)}{prefix}={_quoted(uri)}"
                for prefix, uri in description.prefixes.items()
                if prefix not in ("xml", self._prefix)
            )
            start = f'<{self._prefix}:Description {self._prefix}:about="{self._about}"{declarations}>'
            inner += start.encode() + self.text[child.start : child.end] + f"</{self._prefix}:Description>".encode()
        rest = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><{self._prefix}:RDF xmlns:{self._prefix}="{RDF}">'.encode()
        rest += inner + f"</{self._prefix}:RDF></x:xmpmeta>".encode()
        self._edits += [Edit(child.start, child.end) for _, child in moved]
        self._edits += [Edit(place.start, place.end) for place in self.named({_EXTENDED})]
        self._append(f'xmlns:xmpNote="{_NOTE}" xmpNote:HasExtendedXMP="{guid(rest)}"', "")
        self.settle()
        return self.text, rest

    def _look(self) -> None:
        root = parse(self.text)
        found = next((element for element in root.descendants() if element.name == (RDF, "RDF")), None)
        if found is None:
            raise ValueError("no RDF")
        self._rdf = found
        self._prefix = self.text[found.start + 1 : found.inner].partition(b":RDF")[0].decode()
        if not re.fullmatch(r"[\w.-]+", self._prefix):
            raise ValueError("RDF without a prefix")
        abouts = (self._attribute_value(one, (RDF, "about")) for one in self._descriptions())
        self._about = next((about for about in abouts if about), "").replace('"', "&quot;")

    def settle(self) -> None:
        """Makes the changes that were noted."""
        if self._edits:
            self.text, self._edits = applied(self.text, self._edits), []
            self._look()

    def _append(self, attributes: str, inside: str) -> None:
        tag = f"{self._prefix}:Description"
        start = f'  <{tag} {self._prefix}:about="{self._about}" {attributes}'
        self._insert(f"{start}>{inside}</{tag}>\n".encode() if inside else f"{start}/>\n".encode())

    def _insert(self, descriptions: bytes) -> None:
        """Puts descriptions behind those there are."""
        rdf = self._rdf
        if rdf.empty_tag:
            close = f"</{self._prefix}:RDF>".encode()
            self._edits.append(Edit(rdf.inner - 2, rdf.inner, b">" + descriptions + close))
        else:
            self._edits.append(Edit(rdf.close, rdf.close, descriptions))
        self.settle()

    def _descriptions(self) -> list[Element]:
        return [child for child in self._rdf.children if child.name == (RDF, "Description")]

    def _places(self) -> Iterator[Attribute | Element]:
        for description in self._descriptions():
            for place in _properties(description):
                if place.name in _PLACES or place.name[1].casefold().startswith("gps"):
                    yield place

    def _list_of(self, name: Name) -> Element | None:
        """The list that a property holds, if it has entries."""
        for place in self.named({name}):
            if isinstance(place, Element):
                return next((child for child in place.children if not child.empty_tag), None)
        return None

    def _attribute_value(self, element: Element, name: Name) -> str:
        place = element.attribute(name)
        return self.value(place) if place is not None else ""


def _properties(description: Element) -> list[Attribute | Element]:
    """In either form."""
    return [*description.attributes, *description.children]


def guid(rest: bytes) -> str:
    """The name by which a first packet knows the rest: its MD5, as the specification has it."""
    return hashlib.md5(rest, usedforsecurity=False).hexdigest().upper()


def _in_utf8(xmp: bytes) -> bytes:
    if len(xmp) > _MOST:
        raise ValueError("larger than is looked into")
    for encoding, signs in (("utf-16-le", b"<\0"), ("utf-16-be", b"\0<")):
        if xmp.lstrip(b"\xff\xfe").startswith(signs):
            xmp = xmp.decode(encoding).lstrip("\ufeff").encode()
    return xmp.rstrip(b"\0").removeprefix(_BOM)


def _without_padding(text: bytes) -> bytes:
    """The packet without the room that it leaves for later changes."""
    at = text.rfind(b"<?xpacket")
    return text if at < 0 else text[:at].rstrip() + b"\n" + text[at:]


def _declared(tag: bytes) -> set[str]:
    return {found.decode() for found in re.findall(rb"\sxmlns:?([^\s=]*)\s*=", tag)}


def _escaped(text: str) -> str:
    return text.translate(_ESCAPES)


def _quoted(value: str) -> str:
    """An attribute's value."""
    return f'"{_escaped(value)}"'


def _fraction(text: str) -> float | None:
    found = _ONE.fullmatch(text)
    try:
        return float(found[1]) / float(found[2] or 1) if found else None
    except (ValueError, ZeroDivisionError):
        return None
