"""What says where in a picture something is stays true when the picture is turned and enlarged, or is taken out."""

from __future__ import annotations

import struct
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from desktop.core.enhance import enhance
from desktop.core.photo.formats import JPEG
from desktop.core.photo.metadata.exif_edit import ExifBlock
from desktop.core.photo.metadata.way import Way
from desktop.core.photo.metadata.xmp import Packet
from desktop.core.photo.metadata.xmp_marks import move_marks, strip_marks, upright
from desktop.core.photo.read import read, turn
from desktop.core.photo.write import write

SIZE = 40, 30
EXIF, AREA, DIMENSIONS = (
    0x8769,
    "{http://ns.adobe.com/xmp/sType/Area#}",
    "{http://ns.adobe.com/xap/1.0/sType/Dimensions#}",
)
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
HEAD = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/"
 xmlns:stArea="http://ns.adobe.com/xmp/sType/Area#" xmlns:stDim="http://ns.adobe.com/xap/1.0/sType/Dimensions#"
 xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:MP="http://ns.microsoft.com/photo/1.2/"
 xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
 xmlns:GPano="http://ns.google.com/photos/1.0/panorama/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 dc:format="image/jpeg" """
TAIL = b"</rdf:Description></rdf:RDF></x:xmpmeta>"
FACE = (
    b'<mwg-rs:Regions rdf:parseType="Resource">'
    b'<mwg-rs:AppliedToDimensions stDim:w="40" stDim:h="30" stDim:unit="pixel"/>'
    b'<mwg-rs:RegionList><rdf:Bag><rdf:li rdf:parseType="Resource"><mwg-rs:Name>Oma</mwg-rs:Name>'
    b'<mwg-rs:Area stArea:x="0.25" stArea:y="0.2" stArea:w="0.1" stArea:h="0.3" stArea:unit="normalized"/></rdf:li>'
    b"</rdf:Bag></mwg-rs:RegionList></mwg-rs:Regions>"
)
MICROSOFT = b"<MP:RegionInfo>1</MP:RegionInfo>"
SUBJECT = (
    b"<exif:SubjectArea><rdf:Seq><rdf:li>10</rdf:li><rdf:li>6</rdf:li><rdf:li>4</rdf:li></rdf:Seq></exif:SubjectArea>"
)
IN_PIXELS = (
    b'<Iptc4xmpExt:ImageRegion><rdf:Bag><rdf:li Iptc4xmpExt:rbUnit="pixel"/></rdf:Bag></Iptc4xmpExt:ImageRegion>'
)
PANORAMA = b'GPano:FullPanoWidthPixels="400" GPano:CroppedAreaTopPixels="31" GPano:PoseHeadingDegrees="120"'


def packet_of(inside: bytes = b"", attributes: bytes = b"") -> Packet:
    return Packet(HEAD + attributes + b">" + inside + TAIL)


def found(packet: Packet, name: str) -> list[dict[str, str]]:
    """Attributes of every element of this name, by another parser's eyes."""
    root = ElementTree.fromstring(bytes(packet))
    return [element.attrib for element in root.iter() if element.tag.endswith("}" + name)]


def marked(orientation: int, **tags: tuple[int, ...]) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    inside = exif.get_ifd(EXIF)
    for name, value in tags.items():
        inside[{"area": 0x9214, "location": 0xA214}[name]] = value
    return exif


def spot(pixels: np.ndarray) -> tuple[float, float]:
    """The middle of what is bright."""
    y, x = np.nonzero(pixels[..., 0] > 128)
    return x.mean(), y.mean()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_subject_is_where_it_was_after_turning_and_enlarging(orientation: int, fake_net, tmp_path: Path) -> None:
    pixels = np.zeros((30, 40, 3), np.uint8)
    pixels[4:9, 8:15] = 255  # about (11, 6), 7 wide and 5 high
    path = tmp_path / "a.png"
    exif = marked(orientation, area=(11, 6, 7, 5), location=(11, 6))
    Image.fromarray(pixels).save(path, exif=exif)
    photo = read(path)
    result = tmp_path / "b.jpg"
    enlarged = enhance(photo, fake_net(radius=0, halo=0), budget_mib=100)
    fidelity = write(enlarged, result, JPEG)
    with Image.open(result) as image:
        inside = image.getexif().get_ifd(EXIF)
        where = spot(np.asarray(image))
    x, y, width, height = inside[0x9214]
    assert (x, y) == pytest.approx(where, abs=1)
    assert inside[0xA214] == (x, y)
    assert (width, height) == ((15, 21) if orientation >= 5 else (21, 15))
    assert "place of the subject" not in [item.item for item in fidelity.lost]


def test_a_point_goes_the_way_of_the_pixels() -> None:
    picture = np.arange(12).reshape(3, 4)
    for orientation in range(1, 9):
        turned = turn(picture, orientation)
        way = Way((4, 3), orientation)
        for (y, x), value in np.ndenumerate(picture):
            across, down = way.point(x, y)
            assert turned[int(down), int(across)] == value


@pytest.mark.parametrize("area", [(20_000, 10, 5, 5), (50, 60_000), (1, 2, 60_000)])
def test_a_subject_that_lies_farther_than_exif_counts_is_lost_and_told(area, fake_net, photo_like, tmp_path) -> None:
    path = tmp_path / "a.jpg"
    Image.fromarray(photo_like(40, 30)).save(path, exif=marked(1, area=area))
    fidelity = write(enhance(read(path), fake_net(scale=4), budget_mib=100), tmp_path / "b.jpg", JPEG)
    assert "place of the subject" in [item.item for item in fidelity.lost]
    with Image.open(tmp_path / "b.jpg") as image:
        assert 0x9214 not in image.getexif().get_ifd(EXIF)


@pytest.mark.parametrize(("orientation", "expected"), [(1, (6000, 3000)), (6, (3000, 6000))])
def test_the_angle_of_view_stays_what_it_was(orientation, expected, fake_net, photo_like, tmp_path) -> None:
    """Readers take the sensor's size from its pixels for each unit and the picture's width."""
    exif = marked(orientation)
    exif.get_ifd(EXIF).update({0xA20E: IFDRational(2000), 0xA20F: IFDRational(1000), 0xA210: 3})
    Image.fromarray(photo_like(40, 30)).save(tmp_path / "a.jpg", exif=exif)
    write(enhance(read(tmp_path / "a.jpg"), fake_net(), budget_mib=100), tmp_path / "b.jpg", JPEG)
    with Image.open(tmp_path / "b.jpg") as image:
        inside = image.getexif().get_ifd(EXIF)
    assert (inside[0xA20E], inside[0xA20F]) == expected


def test_faces_say_which_size_they_were_marked_in() -> None:
    packet = packet_of(FACE)
    assert move_marks(packet, Way(SIZE, factors=(3.0, 3.0)))
    (size,), (area,) = found(packet, "AppliedToDimensions"), found(packet, "Area")
    assert (size[f"{DIMENSIONS}w"], size[f"{DIMENSIONS}h"]) == ("120", "90")
    assert area == found(packet_of(FACE), "Area")[0]


@pytest.mark.parametrize(
    ("orientation", "where", "extent", "size"),
    [
        (3, (0.75, 0.8), (0.1, 0.3), ("40", "30")),
        (6, (0.8, 0.25), (0.3, 0.1), ("30", "40")),
        (8, (0.2, 0.75), (0.3, 0.1), ("30", "40")),
        (2, (0.75, 0.2), (0.1, 0.3), ("40", "30")),
    ],
)
def test_faces_turn_with_the_photo(orientation, where, extent, size) -> None:
    changed, whole = upright(packet_of(FACE).text, Way(SIZE, orientation))
    assert whole
    (area,), (applied,) = found(Packet(changed), "Area"), found(Packet(changed), "AppliedToDimensions")
    assert tuple(float(area[AREA + name]) for name in "xy") == pytest.approx(where)
    assert tuple(float(area[AREA + name]) for name in "wh") == pytest.approx(extent)
    assert (applied[f"{DIMENSIONS}w"], applied[f"{DIMENSIONS}h"]) == size


def test_faces_in_pixels_grow() -> None:
    packet = packet_of(FACE.replace(b"normalized", b"pixel").replace(b'"0.25"', b'"10"').replace(b'"0.2"', b'"5"'))
    assert move_marks(packet, Way(SIZE, factors=(3.0, 3.0)))
    (area,) = found(packet, "Area")
    assert (float(area[AREA + "x"]), float(area[AREA + "y"])) == (31, 16)


def test_what_is_not_known_to_turn_is_taken_out_and_told() -> None:
    turned, whole = upright(packet_of(MICROSOFT + FACE).text, Way(SIZE, 6))
    assert not whole
    assert b"MP:RegionInfo" not in turned
    assert b"Oma" in turned
    packet = packet_of(MICROSOFT)
    assert move_marks(packet, Way(SIZE, factors=(3.0, 3.0)))  # parts of the whole
    assert b"MP:RegionInfo" in bytes(packet)


def test_regions_in_pixels_of_the_smaller_photo_are_taken_out_and_told() -> None:
    packet = packet_of(IN_PIXELS)
    assert not move_marks(packet, Way(SIZE, factors=(3.0, 3.0)))
    assert b"ImageRegion" not in bytes(packet)


def test_the_subject_in_xmp_grows_and_turns() -> None:
    packet = packet_of(SUBJECT)
    assert move_marks(packet, Way(SIZE, factors=(3.0, 3.0)))
    numbers = [entry.text for entry in ElementTree.fromstring(bytes(packet)).iter(f"{RDF}li")]
    assert numbers == ["31", "19", "12"]
    turned, _ = upright(packet_of(SUBJECT).text, Way(SIZE, 6))
    assert [entry.text for entry in ElementTree.fromstring(turned).iter(f"{RDF}li")] == ["23", "10", "4"]
    nonsense = packet_of(SUBJECT.replace(b">10<", b">far<"))
    assert not move_marks(nonsense, Way(SIZE, factors=(3.0, 3.0)))
    assert b"SubjectArea" not in bytes(nonsense)


def test_a_panorama_says_its_pixels() -> None:
    packet = packet_of(attributes=PANORAMA)
    assert move_marks(packet, Way(SIZE, factors=(3.0, 2.0)))
    (description,) = found(packet, "Description")
    names = {name.partition("}")[2]: value for name, value in description.items()}
    assert (names["FullPanoWidthPixels"], names["CroppedAreaTopPixels"]) == ("1200", "62")
    assert names["PoseHeadingDegrees"] == "120"


def test_what_shows_another_part_says_nothing_of_places() -> None:
    packet = packet_of(FACE + MICROSOFT + SUBJECT + IN_PIXELS, PANORAMA)
    assert strip_marks(packet)
    (description,) = found(packet, "Description")
    assert list(description.values()) == ["image/jpeg"]
    assert not strip_marks(packet_of())


def test_what_says_nothing_of_places_stays_as_it_is_to_the_last_byte() -> None:
    text = packet_of(b"<dc:title>x</dc:title>").text
    assert upright(text, Way(SIZE, 6)) == (text, True)


def test_a_subject_of_another_type_is_taken_for_nonsense() -> None:
    exif = marked(1, area=(1, 2)).tobytes().removeprefix(b"Exif\0\0")
    order = ">" if exif[:2] == b"MM" else "<"
    at = exif.find(struct.pack(order + "HHI", 0x9214, 3, 2))
    assert at > 0
    odd = bytearray(exif)
    struct.pack_into(order + "H", odd, at + 2, 7)
    block = ExifBlock(bytes(odd))
    assert not block.move_subject(Way(SIZE, factors=(3.0, 3.0)))
    assert block.move_subject(Way(SIZE, factors=(3.0, 3.0)))  # it is gone
