"""Makes the bundle small: what OpenCV's and Qt's wheels carry and nothing here ever uses.

For ``build.spec``. Everything lands in a folder below ``build/``; the installed packages stay as they are. On Windows
and macOS only OpenCV's other wheel is used; the rest is for Linux on x86-64, where the wheels are largest, and needs no
more than the binutils that PyInstaller needs there anyway.
"""

from __future__ import annotations

import functools
import importlib.metadata
import os
import platform
import re
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

CAN_SLIM = sys.platform.startswith("linux") and platform.machine() == "x86_64" and shutil.which("ld") is not None

# What OpenCV is linked to and Rekindle never calls: FFmpeg (videos), LAPACK and BLAS (matrices of more than a hundred
# rows). See stand_in().
STOOD_IN_FOR = re.compile(r"^(opencv_\w+\.libs/)?lib(avcodec|avformat|avutil|swscale|openblasp)-[^/]*\.so")

# Of ICU's data: names of languages, regions, currencies, units and time zones, spelled-out numbers, transliteration,
# dictionaries to break lines of Thai, Khmer and such, code pages. Qt takes these from its own tables or, for the code
# pages, is never asked. What remains sorts, compares and changes case in every language.
_LEFT_OUT_OF_ICU = re.compile(
    r"/(curr|lang|rbnf|region|translit|unit|zone)/|\.(cnv|dict|spp)$|/brkitr/.*(lstm|_model_)"
)


def headless_opencv(folder: Path) -> None:
    """Has ``import cv2`` find OpenCV's wheel without windows: the same version, without a second Qt.

    The two wheels cannot both be installed, so this one is unpacked into a folder of its own. Where it cannot be had
    the installed one is frozen, which works as well and is 30 MB larger.
    """
    version = importlib.metadata.version("opencv-contrib-python")
    ready = folder / f"{version}.ready"
    if not ready.exists():
        shutil.rmtree(folder, ignore_errors=True)
        wanted = f"opencv-contrib-python-headless=={version}"
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        pip += ["--only-binary", ":all:", "--target", str(folder), wanted]
        if subprocess.run(pip, check=False).returncode:
            print(f"build.spec: {wanted} cannot be had; freezing the OpenCV that is installed.", file=sys.stderr)
            return
        ready.touch()
    # PyInstaller's hooks run in processes of their own.
    sys.path.insert(0, str(folder))
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH"))))


@functools.cache
def linked_to(binary: str) -> frozenset[str]:
    """The names of the libraries that a binary of this system is linked to."""
    told = subprocess.run(["objdump", "-p", binary], capture_output=True, text=True, check=False).stdout
    return frozenset(re.findall(r"^ +NEEDED +(\S+)$", told, re.MULTILINE))


def stripped(library: Path, folder: Path) -> Path:
    """A copy without what only debuggers read. Not for libraries that auditwheel has changed: strip breaks them."""
    copy = _place(folder, library)
    subprocess.run(["strip", "--strip-unneeded", "-o", str(copy), str(library)], check=True)
    return copy


def stand_in(library: Path, users: Iterable[Path], folder: Path) -> Path:
    """A library of a few kilobytes in place of one that is linked to but never called.

    It has every name that the users want of the real one, so that they can be loaded. Whoever calls one of them gets a
    sentence on standard error, and the process ends.
    """
    offered = _names(library, "--defined-only")
    wanted = {name for user in users for name in _names(user, "--undefined-only")} & offered
    copy = _place(folder, library)
    source, script = copy.with_suffix(".s"), copy.with_suffix(".map")
    versions: dict[str, list[str]] = {}
    for name in sorted(wanted):
        plain, _, version = name.partition("@")
        versions.setdefault(version, []).append(plain)
    names = [name for group in versions.values() for name in group]
    source.write_text(_assembly(names, library.name.split("-")[0]))
    # Names without a version stay without one.
    groups = [f"{version} {{ global: {'; '.join(group)}; }};\n" for version, group in versions.items() if version]
    script.write_text("".join(groups))
    object_file = copy.with_suffix(".o")
    subprocess.run(["as", "-o", str(object_file), str(source)], check=True)
    versioned = [f"--version-script={script}"] if script.stat().st_size else []
    _link(object_file, library.name, copy, *versioned)
    return copy


def smaller_icu(library: Path, folder: Path) -> Path:
    """ICU's data library with less data."""
    name, package = _icu_package(library)
    copy = _place(folder, library)
    data = copy.with_suffix(".dat")
    data.write_bytes(_filtered(package))
    source, object_file = copy.with_suffix(".s"), copy.with_suffix(".o")
    source.write_text(
        f'.section .rodata\n.balign 16\n.globl {name}\n.type {name}, @object\n{name}:\n.incbin "{data}"\n'
        f'.size {name}, . - {name}\n.section .note.GNU-stack,"",@progbits\n'
    )
    subprocess.run(["as", "-o", str(object_file), str(source)], check=True)
    _link(object_file, library.name, copy)
    return copy


def _place(folder: Path, library: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    copy = folder / library.name
    copy.unlink(missing_ok=True)
    return copy


def _link(object_file: Path, soname: str, copy: Path, *options: str) -> None:
    hardened = ["-z", "noexecstack", "-z", "relro", "-z", "now"]
    command = ["ld", "-shared", "-soname", soname, *hardened, *options, "-o", str(copy), str(object_file)]
    subprocess.run(command, check=True)


def _names(library: Path, which: str) -> set[str]:
    """The dynamic symbols, as "name" or "name@VERSION"."""
    listing = subprocess.run(["nm", "-D", which, str(library)], check=True, capture_output=True, text=True).stdout
    return {line.split()[-1].replace("@@", "@") for line in listing.splitlines() if line.strip()}


def _assembly(names: list[str], library: str) -> str:
    sentence = f"Rekindle was built without {library}, which has just been called.\\n"
    labels = "".join(f".globl {name}\n.type {name}, @function\n{name}:\n" for name in names)
    return (
        f'.section .rodata\nsentence: .ascii "{sentence}"\n.set length, . - sentence\n'
        f".text\n{labels}"
        "mov $1, %eax\nmov $2, %edi\nlea sentence(%rip), %rsi\nmov $length, %edx\nsyscall\nud2\n"
        '.section .note.GNU-stack,"",@progbits\n'
    )


def _icu_package(library: Path) -> tuple[str, bytes]:
    """The name and the content of the one symbol that an ICU data library has."""
    listing = subprocess.run(
        ["nm", "-D", "--print-size", str(library)], check=True, capture_output=True, text=True
    ).stdout
    line = next(line.split() for line in listing.splitlines() if re.search(r" icudt\d+_dat$", line))
    address, size, name = int(line[0], 16), int(line[1], 16), line[3]
    content = library.read_bytes()
    # The segment that is loaded around this address says where in the file it lies (System V ABI, chapter 5).
    headers, entry_size, count = struct.unpack_from("<Q", content, 32)[0], *struct.unpack_from("<HH", content, 54)
    for number in range(count):
        kind, _, offset, start, _, length = struct.unpack_from("<IIQQQQ", content, headers + number * entry_size)
        if kind == 1 and start <= address < start + length:
            place = offset + address - start
            return name, content[place : place + size]
    raise ValueError(f"{library} has no data")


def _filtered(package: bytes) -> bytes:
    """An ICU package (icu4c/source/common/ucmndata.h) without what is left out: header, sorted contents, items."""
    header = struct.unpack_from("<H", package)[0]
    count = struct.unpack_from("<I", package, header)[0]
    contents = [struct.unpack_from("<II", package, header + 4 + 8 * number) for number in range(count)]
    ends = [offset for _, offset in contents[1:]] + [len(package) - header]
    kept = []
    for (name_at, start), end in zip(contents, ends, strict=True):
        name = package[header + name_at : package.index(b"\0", header + name_at)]
        if not _LEFT_OUT_OF_ICU.search(name.decode()):
            kept.append((name + b"\0", package[header + start : header + end]))
    table, names, items = bytearray(struct.pack("<I", len(kept))), bytearray(), bytearray()
    names_at = 4 + 8 * len(kept)
    items_at = -(-(names_at + sum(len(name) for name, _ in kept)) // 16) * 16
    for name, item in kept:
        table += struct.pack("<II", names_at + len(names), items_at + len(items))
        names += name
        items += item + bytes(-len(item) % 16)
    body = bytes(table + names)
    return package[:header] + body + bytes(items_at - len(body)) + bytes(items)
