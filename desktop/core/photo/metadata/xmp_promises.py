"""What XMP says of further data in the same file: a motion photo's video, a map for bright screens, a map of depth.

Of an enlarged photo it would be untrue: none of that is carried over, and programs that look for it find nothing, or
worse. Google, Motion Photo format 1.0 and Micro Video; Ultra HDR image format 1.1; Adobe, Gain Map 1.0.
"""

from __future__ import annotations

from desktop.core.photo.metadata.xml_spans import Attribute, Element
from desktop.core.photo.metadata.xmp import Packet

VIDEO, GAIN_MAP, DEPTH, OTHERS = "video", "gain map", "depth map", "further data"
"""What can be promised, in the words of the account."""

NOT_CARRIED = {
    VIDEO: "of a motion photo: not carried over",
    GAIN_MAP: "what makes it brighter on HDR screens is not carried over",
    DEPTH: "not carried over",
    OTHERS: "not carried over, beside the picture",
}

_CAMERA = "http://ns.google.com/photos/1.0/camera/"
_CONTAINER = "http://ns.google.com/photos/1.0/container/"
_GAIN_MAP = "http://ns.adobe.com/hdr-gain-map/1.0/"
_OF_VIDEOS = ("MicroVideo", "MotionPhoto")
_SEMANTICS = {"MotionPhoto": VIDEO, "GainMap": GAIN_MAP, "Depth": DEPTH}
_MARKS = (b"ns.google.com/photos/1.0/c", b"ns.adobe.com/hdr-gain-map/")


def without_promises(xmp: bytes) -> tuple[bytes, tuple[str, ...]]:
    """The packet without what it says of further data, and what that was.

    One that says nothing of any stays as it is to the last byte. Raises ValueError where it is no sound XMP.
    """
    if not any(mark in xmp or mark.decode().encode("utf-16-le") in xmp for mark in _MARKS):
        return xmp, ()
    packet = Packet(xmp)
    found: list[str] = []
    for place in packet.properties():
        promised = _promised(packet, place)
        if promised is not None:
            packet.remove(place)
            found += (one for one in promised if one not in found)
    return (bytes(packet), tuple(found)) if found else (xmp, ())


def _promised(packet: Packet, place: Attribute | Element) -> tuple[str, ...] | None:
    """None for what speaks of nothing beside the picture."""
    space, name = place.name
    if space == _CAMERA and name.startswith(_OF_VIDEOS):
        return (VIDEO,)
    if space == _GAIN_MAP:
        return (GAIN_MAP,)
    if space != _CONTAINER:
        return None
    text = packet.text_of(place)
    return tuple(kind for semantic, kind in _SEMANTICS.items() if semantic in text) or (OTHERS,)
