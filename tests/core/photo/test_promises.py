"""Videos and maps that phones put into a photo's file: named where they are lost, and not spoken of afterwards."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from desktop.core.photo.formats import JPEG
from desktop.core.photo.metadata.xmp_promises import without_promises
from desktop.core.photo.photo import Item
from desktop.core.photo.read import read
from desktop.core.photo.write import write

HEIC = Path(__file__).parent / "containers" / "samples" / "plain.heic"
VIDEO = b"\0\0\0\x18ftypmp42\0\0\0\0isommp42" + bytes(range(256)) * 20

_RDF = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" dc:source="the album"
 xmlns:GCamera="http://ns.google.com/photos/1.0/camera/" xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/"
 xmlns:Container="http://ns.google.com/photos/1.0/container/"
 xmlns:Item="http://ns.google.com/photos/1.0/container/item/" {attributes}>{inside}
</rdf:Description></rdf:RDF></x:xmpmeta>"""
_MOTION = 'GCamera:MotionPhoto="1" GCamera:MotionPhotoVersion="1" GCamera:MotionPhotoPresentationTimestampUs="968644"'
_MICRO = 'GCamera:MicroVideo="1" GCamera:MicroVideoVersion="1" GCamera:MicroVideoOffset="5148"'
_DIRECTORY = """<Container:Directory><rdf:Seq><rdf:li rdf:parseType="Resource">
<Container:Item Item:Mime="image/jpeg" Item:Semantic="Primary"/></rdf:li><rdf:li rdf:parseType="Resource">
<Container:Item Item:Mime="{mime}" Item:Semantic="{semantic}" Item:Length="5144"/></rdf:li></rdf:Seq>
</Container:Directory>"""


def _xmp(attributes="", mime=None, semantic=None):
    inside = _DIRECTORY.format(mime=mime, semantic=semantic) if semantic else ""
    return _RDF.format(attributes=attributes, inside=inside).encode()


def _jpeg(pixels, xmp=None):
    target = io.BytesIO()
    Image.fromarray(pixels).save(target, "JPEG", **({"xmp": xmp} if xmp else {}))
    return target.getvalue()


@pytest.mark.parametrize(
    "xmp",
    [None, _xmp(_MICRO), _xmp(_MOTION, "video/mp4", "MotionPhoto")],
    ids=["samsung", "micro video", "motion photo"],
)
def test_the_video_of_a_motion_photo_is_lost_and_nothing_says_otherwise(xmp, photo_like, put, tmp_path):
    trailer = b"\0\0\x30\x0a\x10\0\0\0MotionPhoto_Data" if xmp is None else b""
    photo = read(put("a.jpg", _jpeg(photo_like(64, 48), xmp) + trailer + VIDEO))
    (lost,) = photo.fidelity.lost
    assert lost == Item("video", f"{len(VIDEO):,} bytes behind the picture, as of a motion photo, not carried over")
    told = write(photo, tmp_path / "b.jpg", JPEG)
    assert lost in told.lost
    content = (tmp_path / "b.jpg").read_bytes()
    for gone in (b"ftyp", b"MotionPhoto", b"MicroVideo", b"Container:Directory"):
        assert gone not in content
    if xmp is not None:
        assert b"the album" in content


def test_a_video_behind_several_pictures_is_found(photo_like, tmp_path):
    path = tmp_path / "a.jpg"
    pictures = [Image.fromarray(photo_like(24, 16, seed)) for seed in range(2)]
    pictures[0].save(path, "MPO", save_all=True, append_images=pictures[1:])
    path.write_bytes(path.read_bytes() + VIDEO)
    assert [item.item for item in read(path).fidelity.lost] == ["further pictures", "video"]


@pytest.mark.parametrize(
    ("xmp", "lost"),
    [
        (_xmp('hdrgm:Version="1.0"', "image/jpeg", "GainMap"), ["gain map"]),
        (_xmp("", "image/jpeg", "Depth"), ["depth map"]),
        (_xmp(_MOTION), ["video"]),
        (_xmp("", "image/jpeg", "Unheard-of"), ["further data"]),
    ],
    ids=["gain map", "depth", "a video that is gone", "unknown"],
)
def test_maps_that_xmp_speaks_of_are_lost_and_spoken_of_no_more(xmp, lost, photo_like, put):
    photo = read(put("a.jpg", _jpeg(photo_like(24, 16), xmp)))
    assert [item.item for item in photo.fidelity.lost] == lost
    assert b"the album" in photo.xmp
    for gone in (b"hdrgm:Version", b"Container:Directory", b"GCamera:Motion"):
        assert gone not in photo.xmp


def test_a_gain_map_by_the_iso_is_named(photo_like, put):
    content, body = _jpeg(photo_like(24, 16)), b"urn:iso:std:iso:ts:21496:-1\0\0\0\0\0"
    segment = struct.pack(">BBH", 0xFF, 0xE2, len(body) + 2) + body
    (lost,) = read(put("a.jpg", content[:2] + segment + content[2:])).fidelity.lost
    assert lost == Item("gain map", "what makes it brighter on HDR screens is not carried over")


def test_the_video_in_a_heic_is_lost(put):
    box = struct.pack(">I4s", 8 + len(VIDEO), b"mpvd") + VIDEO
    photo = read(put("a.heic", HEIC.read_bytes() + box))
    assert photo.fidelity.lost == (Item("video", f"{len(VIDEO):,} bytes, as of a motion photo, not carried over"),)
    assert np.array_equal(photo.pixels, read(HEIC).pixels)


def test_xmp_that_speaks_of_the_picture_alone_stays_as_it_is():
    for xmp in (_xmp(), _xmp('GCamera:BurstID="7"'), b"no XMP at all"):
        assert without_promises(xmp) == (xmp, ())
