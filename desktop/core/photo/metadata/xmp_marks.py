"""What XMP says of places in a picture: subjects, faces, panoramas. Set right where the picture is turned or enlarged.

Metadata Working Group, Guidelines for handling image metadata 2.0, section 5.9: regions lie in the picture as it is
stored, before any orientation is applied. Microsoft's, IPTC's and ACDSee's are taken out where one was.
"""

from __future__ import annotations

from desktop.core.photo.metadata.way import Way
from desktop.core.photo.metadata.xml_spans import Attribute, Element
from desktop.core.photo.metadata.xmp import EXIF, IPTC_EXT, RDF, Packet

_MWG = "http://www.metadataworkinggroup.com/schemas/regions/"
_AREAS = {"http://ns.adobe.com/xmp/sType/Area#", "http://ns.adobe.com/xap/1.0/sType/Area#"}
_DIMENSIONS = {"http://ns.adobe.com/xap/1.0/sType/Dimensions#"}
_PANORAMA = "http://ns.google.com/photos/1.0/panorama/"
_OTHERS = {
    ("http://ns.microsoft.com/photo/1.2/", "RegionInfo"),
    (IPTC_EXT, "ImageRegion"),
    ("http://ns.acdsee.com/regions/", "Regions"),
}
_SUBJECTS = {(EXIF, "SubjectArea"), (EXIF, "SubjectLocation")}
_PITCH = ((EXIF, "FocalPlaneXResolution"), (EXIF, "FocalPlaneYResolution"))

Place = Attribute | Element


def strip_marks(packet: Packet) -> bool:
    """Takes out everything that says where in the picture something is. Whether there was any."""
    found = [*packet.named(_OTHERS | _SUBJECTS | {(_MWG, "Regions")})]
    found += [place for place in packet.properties() if place.name[0] == _PANORAMA]
    for place in found:
        packet.remove(place)
    return bool(found)


def move_marks(packet: Packet, way: Way) -> bool:
    """Says where everything is after the picture went this way.

    Returns:
        False where something had to be taken out, because that cannot be told.
    """
    doubtful = [*packet.named(_OTHERS)] if way.orientation != 1 else [*packet.named({(IPTC_EXT, "ImageRegion")})]
    doubtful = [place for place in doubtful if way.orientation != 1 or "pixel" in packet.text_of(place)]
    for subject in packet.named(_SUBJECTS):
        if not _move_subject(packet, subject, way):
            doubtful.append(subject)
    for regions in packet.named({(_MWG, "Regions")}):
        _move_regions(packet, regions, way)
    panorama = [place for place in packet.properties() if place.name[0] == _PANORAMA]
    if way.orientation != 1:
        doubtful += panorama
    else:
        _scale_panorama(packet, panorama, way)
    _move_pitch(packet, way)
    for place in doubtful:
        packet.remove(place)
    return not doubtful


def upright(xmp: bytes, way: Way) -> tuple[bytes, bool]:
    """The packet of a picture that was turned, and whether all it says of places could be said anew.

    One that says nothing of any stays as it is to the last byte. Raises ValueError where it is no sound XMP.
    """
    packet = Packet(xmp)
    before = packet.text
    whole = move_marks(packet, way)
    after = bytes(packet)
    return (xmp, True) if after == before else (after, whole)


def _move_subject(packet: Packet, subject: Place, way: Way) -> bool:
    entries = [one for one in subject.descendants() if one.name == (RDF, "li")] if isinstance(subject, Element) else []
    values = [_number(packet.value(entry)) for entry in entries]
    numbers = [value for value in values if value is not None]
    if not 2 <= len(numbers) <= 4 or len(numbers) != len(values):
        return False
    x, y, *extent = numbers
    moved = [*way.point(x, y), *(way.extent(*extent) if len(extent) == 2 else (each * way.mean for each in extent))]
    for entry, value in zip(entries, moved, strict=True):
        packet.set(entry, str(round(value)))
    return True


def _move_regions(packet: Packet, regions: Place, way: Way) -> None:
    if not isinstance(regions, Element):
        return
    for element in regions.descendants():
        area, size = _fields(element, _AREAS), _fields(element, _DIMENSIONS)
        in_pixels = "unit" not in size or packet.value(size["unit"]).strip() == "pixel"
        if {"w", "h"} <= size.keys() and in_pixels:
            _write_pair(packet, size, "w", "h", way.extent(*_pair(packet, size, "w", "h")), whole=True)
        if {"x", "y"} <= area.keys():
            pixels = "unit" in area and packet.value(area["unit"]).strip() == "pixel"
            parts = Way(way.before, way.orientation)  # of the whole, which do not grow
            x, y = _pair(packet, area, "x", "y")
            _write_pair(packet, area, "x", "y", way.point(x, y) if pixels else parts.point(x, y, (1.0, 1.0)))
            if {"w", "h"} <= area.keys():
                extent = _pair(packet, area, "w", "h")
                _write_pair(packet, area, "w", "h", way.extent(*extent) if pixels else parts.extent(*extent))
            if pixels and "d" in area and (diameter := _number(packet.value(area["d"]))) is not None:
                packet.set(area["d"], f"{diameter * way.mean:.8g}")


def _scale_panorama(packet: Packet, places: list[Place], way: Way) -> None:
    """Sizes and offsets of a panorama in pixels; angles stay."""
    for place in places:
        value = _number(packet.value(place))
        if not place.name[1].endswith("Pixels") or value is None:
            continue
        upright = any(word in place.name[1] for word in ("Height", "Top"))
        packet.set(place, str(round(value * way.factors[upright])))


def _move_pitch(packet: Packet, way: Way) -> None:
    both = [next(packet.named({name}), None) for name in _PITCH]
    values = [packet.fraction(place) if place is not None else None for place in both]
    if None in both or None in values:
        return
    for place, value in zip(both, way.extent(*(value or 0.0 for value in values)), strict=True):
        assert place is not None
        packet.set(place, f"{round(value * 10_000)}/10000")


def _fields(element: Element, namespaces: set[str]) -> dict[str, Place]:
    """A structure's fields, in either form."""
    listed: list[Place] = [*element.attributes, *element.children]
    return {place.name[1]: place for place in listed if place.name[0] in namespaces}


def _pair(packet: Packet, fields: dict[str, Place], one: str, other: str) -> tuple[float, float]:
    first, second = (_number(packet.value(fields[name])) or 0.0 for name in (one, other))
    return first, second


def _write_pair(
    packet: Packet, fields: dict[str, Place], one: str, other: str, values: tuple[float, float], *, whole: bool = False
) -> None:
    for name, value in zip((one, other), values, strict=True):
        text = str(round(value)) if whole else f"{value:.8g}"
        if _number(packet.value(fields[name])) != float(text):
            packet.set(fields[name], text)


def _number(text: str) -> float | None:
    try:
        found = float(text)
    except ValueError:
        return None
    return found if abs(found) < 1e9 else None
