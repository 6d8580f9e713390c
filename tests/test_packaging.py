"""What is written down for the packages agrees with the program."""

from __future__ import annotations

import configparser
import importlib.util
import re
import struct
import subprocess
import sys
import xml.etree.ElementTree
from pathlib import Path

import pytest

from desktop.core.photo.formats import READABLE_SUFFIXES
from desktop.ui.system.native import APPLICATION_ID

ROOT = Path(__file__).resolve().parent.parent
LINUX = ROOT / "packaging" / "linux"
SUFFIXES = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/tiff": ".tif",
    "image/webp": ".webp",
    "image/heic": ".heic",
    "image/heif": ".heif",
    "image/avif": ".avif",
    "image/gif": ".gif",
    "image/bmp": ".bmp",
}


def module(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "packaging" / f"{name}.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def entry():
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str
    parser.read(LINUX / f"{APPLICATION_ID}.desktop", encoding="utf-8")
    return parser["Desktop Entry"]


def test_the_desktop_offers_rekindle_for_what_it_reads():
    kinds = entry()["MimeType"].rstrip(";").split(";")
    assert set(kinds) == set(SUFFIXES)
    assert {SUFFIXES[kind] for kind in kinds} <= READABLE_SUFFIXES
    told = xml.etree.ElementTree.parse(LINUX / "org.rekindle.Rekindle.metainfo.xml")
    assert [each.text for each in told.iterfind("provides/mediatype")] == kinds
    assert told.findtext("launchable") == f"{APPLICATION_ID}.desktop"


def test_the_installer_offers_rekindle_for_what_it_reads():
    script = (ROOT / "packaging" / "windows" / "rekindle.iss").read_text("utf-8")
    offered = set(re.findall(r'SupportedTypes"; ValueType: string; ValueName: "(\.\w+)"', script))
    assert offered <= READABLE_SUFFIXES
    assert set(SUFFIXES.values()) - {".heif"} <= offered


def test_icons_are_drawn_for_every_system(tmp_path):
    script = str(ROOT / "packaging" / "icons.py")
    subprocess.run([sys.executable, script, str(tmp_path)], check=True, capture_output=True)
    assert (tmp_path / "rekindle.ico").read_bytes()[:4] == b"\0\0\1\0"
    assert struct.unpack("<H", (tmp_path / "rekindle.ico").read_bytes()[4:6])[0] >= 6
    assert (tmp_path / "rekindle.icns").read_bytes()[:4] == b"icns"
    assert (tmp_path / "rekindle-48.png").is_file()


def package(items):
    """An ICU data package with these items, as icu4c/source/common/ucmndata.h describes it."""
    header = struct.pack("<H", 32) + bytes(30)
    names = [f"icudt73l/{name}".encode() + b"\0" for name, _ in items]
    start = 4 + 8 * len(items)
    ends = -(-(start + sum(map(len, names))) // 16) * 16
    table, text, body = struct.pack("<I", len(items)), b"", b""
    for name, (_, content) in zip(names, items, strict=True):
        table += struct.pack("<II", start + len(text), ends + len(body))
        text += name
        body += content + bytes(-len(content) % 16)
    head = table + text
    return header + head + bytes(ends - len(head)) + body


def contents(data):
    """Names and first bytes of a package's items."""
    header = struct.unpack_from("<H", data)[0]
    count = struct.unpack_from("<I", data, header)[0]
    found = {}
    for number in range(count):
        name_at, at = struct.unpack_from("<II", data, header + 4 + 8 * number)
        assert at % 16 == 0
        name = data[header + name_at : data.index(b"\0", header + name_at)].decode()
        found[name] = data[header + at : header + at + 4]
    return found


def test_icu_keeps_what_sorts_and_loses_the_rest():
    slim = module("slim")
    full = package([("coll/de.res", b"sort"), ("curr/de.res", b"euro"), ("de.res", b"base"), ("gb18030.cnv", b"page")])
    assert contents(slim._filtered(full)) == {"icudt73l/coll/de.res": b"sort", "icudt73l/de.res": b"base"}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="not on this platform: there are no ELF libraries")
@pytest.mark.parametrize(
    ("name", "replaced"),
    [
        ("libavcodec-57aca189.so.62.28.102", True),
        ("opencv_contrib_python.libs/libopenblasp-r0-59ffcd50.3.15.so", True),
        ("numpy.libs/libscipy_openblas64_-32a4b2a6.so", False),
        ("libavif-43e630fc.so.16.4.2", False),
        ("libaom-a0d22147.so.3.14.1", False),
        ("PySide6/Qt/lib/libQt6Core.so.6", False),
    ],
)
def test_only_what_opencv_never_calls_is_stood_in_for(name, replaced):
    assert bool(module("slim").STOOD_IN_FOR.search(name)) is replaced


@pytest.mark.skipif(not module("slim").CAN_SLIM, reason="not on this platform: stand-ins are for Linux on x86-64")
def test_a_stand_in_has_the_names_that_are_wanted_and_says_when_it_is_called(tmp_path):
    slim = module("slim")

    def library(name, source, *options):
        text, made = tmp_path / f"{name}.s", tmp_path / f"{name}.so"
        text.write_text(source)
        subprocess.run(["as", "-o", str(tmp_path / "a.o"), str(text)], check=True)
        subprocess.run(["ld", "-shared", "-o", str(made), *options, str(tmp_path / "a.o")], check=True)
        return made

    real = library("libreal-1", ".globl wanted\nwanted: ret\n.globl other\nother: ret\n")
    user = library("libuser", ".globl start\nstart: call wanted@PLT\nret\n", str(real))
    made = slim.stand_in(real, [user], tmp_path / "slim")
    assert slim._names(made, "--defined-only") == {"wanted"}
    assert slim.linked_to(str(user)) == {str(real)}
    call = f"import ctypes; ctypes.CDLL({str(made)!r}).wanted()"
    called = subprocess.run([sys.executable, "-c", call], capture_output=True, text=True, check=False)
    assert called.stderr == "Rekindle was built without libreal, which has just been called.\n"
    assert called.returncode < 0
