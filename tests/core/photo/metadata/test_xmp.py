"""XMP is set right where enlarging makes it untrue, and is otherwise the same to the last byte."""

from __future__ import annotations

import base64
import random
from xml.etree import ElementTree

import pytest

from desktop.core.photo.metadata.xml_spans import Edit, applied, parse
from desktop.core.photo.metadata.xmp import Packet, Provenance, is_ours

NOTE = Provenance("Rekindle 1.0", "edsr <x3>", "3")
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
DC, TIFF = "{http://purl.org/dc/elements/1.1/}", "{http://ns.adobe.com/tiff/1.0/}"
OURS, MM = "{urn:x-rekindle:1.0/}", "{http://ns.adobe.com/xap/1.0/mm/}"
EVENT, EXT = "{http://ns.adobe.com/xap/1.0/sType/ResourceEvent#}", "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}"


def _properties(xmp):
    """Every property by another parser's eyes: text of simple ones, elements of others."""
    found = {}
    for description in ElementTree.fromstring(xmp).iter(f"{RDF}Description"):
        found |= {name: value for name, value in description.attrib.items() if name != f"{RDF}about"}
        found |= {child.tag: (child.text if not len(child) else child) for child in description}
    return found


def test_only_what_is_not_true_any_more_is_changed(packet):
    changed = Packet(packet)
    changed.set_upright()
    changed.set_size(108, 72)
    changed.set_dpi((72, 72))
    expected = (
        packet.replace(b'tiff:Orientation="6"', b'tiff:Orientation="1"')
        .replace(b"<tiff:ImageWidth>36<", b"<tiff:ImageWidth>108<")
        .replace(b"<tiff:ImageLength>24<", b"<tiff:ImageLength>72<")
        .replace(b"<exif:PixelXDimension>36<", b"<exif:PixelXDimension>108<")
    )
    assert bytes(changed) == expected


def test_a_packet_nobody_changes_stays_as_it_is(packet):
    assert bytes(Packet(packet)) == packet


@pytest.mark.parametrize(("unit", "wanted"), [("2", "300/1"), ("3", "1181102/10000")])
def test_a_resolution_is_set_in_its_own_unit(unit, wanted, packet):
    changed = Packet(packet.replace(b'ResolutionUnit="2"', f'ResolutionUnit="{unit}"'.encode()))
    changed.set_dpi((300, 300))
    assert _properties(bytes(changed))[f"{TIFF}XResolution"] == wanted


def test_where_it_was_taken_is_gone_as_coordinates_and_as_names(packet):
    changed = Packet(packet)
    assert changed.tells_place
    assert changed.strip_places()
    after = bytes(changed)
    assert b"GPS" not in after
    assert b"Berlin" not in after
    before = _properties(packet)
    gone = before.keys() - _properties(after).keys()
    assert {name.partition("}")[2] for name in gone} == {"GPSLatitude", "GPSLongitude", "City"}
    assert not Packet(after).tells_place
    assert not Packet(after).strip_places()


def test_a_note_is_added_and_nothing_lost(packet):
    changed = Packet(packet)
    changed.add_provenance(NOTE)
    after = bytes(changed)
    close = packet.index(b"</rdf:RDF>")
    assert after.startswith(packet[:close])
    assert after.endswith(packet[close:])
    found = _properties(after)
    assert [found[OURS + name] for name in ("Software", "Model", "Scale")] == ["Rekindle 1.0", "edsr <x3>", "3"]
    assert found[f"{EXT}DigitalSourceType"].endswith("/algorithmicallyEnhanced")
    assert [event.text for event in found[f"{MM}History"].iter(f"{EVENT}parameters")] == [NOTE.words]
    assert is_ours(after)
    assert not is_ours(packet)
    assert not is_ours(None)


def test_a_second_note_replaces_the_first_and_both_stand_in_the_history(packet):
    for note in (NOTE, Provenance("Rekindle 2.0", "other", "2")):
        changed = Packet(packet)
        changed.add_provenance(note)
        packet = bytes(changed)
    found = _properties(packet)
    assert found[f"{OURS}Software"] == "Rekindle 2.0"
    assert packet.count(b"rekindle:Software=") == 1
    events = list(found[f"{MM}History"].iter(f"{EVENT}softwareAgent"))
    assert [event.text for event in events] == ["Rekindle 1.0", "Rekindle 2.0"]


def test_a_source_that_is_named_already_stays(packet):
    named = packet.replace(
        b"<tiff:ImageWidth>",
        b'<e:DigitalSourceType xmlns:e="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">x</e:DigitalSourceType>'
        b"<tiff:ImageWidth>",
    )
    changed = Packet(named)
    changed.add_provenance(NOTE)
    assert _properties(bytes(changed))[f"{EXT}DigitalSourceType"] == "x"


def test_a_packet_is_made_where_there_is_none():
    made = Packet(None)
    made.add_provenance(NOTE)
    assert _properties(bytes(made))[f"{OURS}Scale"] == "3"


@pytest.mark.parametrize(
    "rdf",
    [
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>',
        '<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><r:Description r:about=\'a"b\'/></r:RDF>',
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
        " x='>'></rdf:RDF></x:xmpmeta>\0\0",
    ],
    ids=["empty", "another prefix", "odd characters"],
)
def test_a_note_fits_into_unusual_packets(rdf):
    changed = Packet(rdf.encode())
    changed.add_provenance(NOTE)
    assert _properties(bytes(changed))[f"{OURS}Model"] == "edsr <x3>"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-16"])
def test_a_packet_in_utf_16_becomes_utf_8(encoding, packet):
    assert _properties(bytes(Packet(packet.decode().encode(encoding)))).keys() == _properties(packet).keys()


def test_thumbnails_are_replaced(packet):
    thumbnails = (
        b'<xmp:Thumbnails xmlns:g="http://ns.adobe.com/xap/1.0/g/img/"><rdf:Alt><rdf:li rdf:parseType="Resource">'
        b"<g:width>9</g:width><g:height>6</g:height><g:format>JPEG</g:format><g:image>b2xk</g:image>"
        b"</rdf:li></rdf:Alt></xmp:Thumbnails><tiff:ImageWidth>"
    )
    changed = Packet(packet.replace(b"<tiff:ImageWidth>", thumbnails))
    assert changed.has_thumbnails
    changed.set_thumbnails(b"new", 12, 8)
    after = bytes(changed)
    assert b"<g:width>12</g:width><g:height>8</g:height>" in after
    assert b"<g:image>" + base64.b64encode(b"new") in after
    assert not Packet(packet).has_thumbnails


def test_what_is_too_large_for_a_jpeg_is_parted_and_put_together_again(packet):
    long = b"<dc:description>" + b"word " * 30_000 + b"</dc:description><tiff:ImageWidth>"
    whole = Packet(packet.replace(b"<tiff:ImageWidth>", long))
    whole.add_provenance(NOTE)
    before = _properties(bytes(whole))
    first, rest = whole.split(65_502)
    assert len(first) <= 65_502
    assert b"xmpNote:HasExtendedXMP" in first
    assert _properties(first)[f"{OURS}Scale"] == "3"
    assert _properties(first)[f"{TIFF}ImageWidth"] == "36"
    merged = Packet(first)
    merged.merge(rest)
    after = _properties(bytes(merged))
    assert after.keys() == before.keys()
    assert after[f"{DC}description"] == before[f"{DC}description"]
    assert b"HasExtendedXMP=" not in bytes(merged)


def test_padding_goes_before_anything_is_parted(packet):
    padded = packet.replace(b" " * 500, b" " * 80_000)
    first, rest = Packet(padded).split(65_502)
    assert rest is None
    assert _properties(first).keys() == _properties(packet).keys()


def test_attributes_that_are_too_large_cannot_be_parted(packet):
    huge = packet.replace(b'xmp:Rating="4"', b'xmp:Rating="' + b"4" * 70_000 + b'"')
    with pytest.raises(ValueError, match="too large"):
        Packet(huge).split(65_502)


BOMB = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"nonsense",
        b"<a/>",
        b"<a><b></a>",
        b"<a/>" * 2,
        b'<rdf:RDF xmlns:rdf="urn:something else"/>',
        BOMB + b"<x>&b;</x>",
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>',
        b"<a>" * 5000 + b"</a>" * 5000,
        b"<a>" + b"<b/>" * 200_000 + b"</a>",
        b"<a>" + b" " * 9 * 2**20 + b"</a>",
    ],
    ids=["empty", "text", "no RDF", "open", "two", "namespace", "bomb", "other file", "deep", "many", "large"],
)
def test_what_is_no_packet_is_a_value_error(document):
    with pytest.raises(ValueError, match=r".+"):
        Packet(document)


def test_damaged_packets_are_either_changed_or_a_value_error(packet):
    chance = random.Random(5)
    for _ in range(600):
        damaged = bytearray(packet.replace(b" " * 500, b""))
        for _ in range(chance.randrange(1, 4)):
            at = chance.randrange(len(damaged))
            damaged[at : at + chance.randrange(3)] = bytes(chance.choice(b"<>/\"'= :x\0&") for _ in range(2))
        try:
            changed = Packet(bytes(damaged))
            changed.set_upright()
            changed.set_size(1, 2)
            changed.set_dpi((300, 300))
            changed.strip_places()
            changed.add_provenance(NOTE)
            ElementTree.fromstring(bytes(changed))
        except ValueError:
            continue


def test_spans_are_those_of_the_document():
    document = b"<a x='>'  y=\"1\"><b/>text<c:d xmlns:c='urn:c' c:e='2'>in</c:d ></a>"
    root = parse(document)
    empty, full = root.children
    assert document[root.start : root.end] == document
    assert document[empty.start : empty.end] == b"<b/>"
    assert document[full.start : full.end] == b"<c:d xmlns:c='urn:c' c:e='2'>in</c:d >"
    assert document[full.inner : full.close] == b"in"
    assert full.name == ("urn:c", "d")
    (attribute,) = full.attributes
    assert attribute.name == ("urn:c", "e")
    assert document[attribute.value_start : attribute.value_end] == b"2"
    assert [one.name for one in root.attributes] == [("", "x"), ("", "y")]


def test_of_edits_that_overlap_the_outer_one_holds():
    assert applied(b"abcdef", [Edit(2, 3, b"X"), Edit(1, 5), Edit(6, 6, b"!")]) == b"af!"
