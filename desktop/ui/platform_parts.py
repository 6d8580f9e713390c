"""Whether Qt can open a window on this system, asked before it is tried: Qt ends the process where it cannot."""

from __future__ import annotations

import ctypes
import os
import re
import sys
from pathlib import Path

_MISSING = re.compile(r"^(\S+?): ")


def missing_part() -> str | None:
    """The library without which no window can be opened, in the linker's words; None where all are there.

    On Linux Qt's part for X11 is linked to libraries of X that a small system lacks, libxcb-cursor above all.
    """
    if not sys.platform.startswith("linux"):
        return None
    from PySide6.QtCore import QLibraryInfo

    folder = Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.PluginsPath)) / "platforms"
    missing = None
    for name in _names():
        plugin = folder / f"libq{name}.so"
        if not plugin.exists():
            continue
        try:
            ctypes.CDLL(str(plugin))
        except OSError as error:
            # PyInstaller puts a sentence of its own around what the linker says.
            missing = missing or str(error.__cause__ or error)
        else:
            return None
    return missing


def refuses() -> bool:
    """Whether the X display that Qt would use lets nobody in, such as for lack of a cookie."""
    if not sys.platform.startswith("linux") or _names() != ["xcb"]:
        return False
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return False  # Qt may bring its own
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connect.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
    xcb.xcb_connection_has_error.argtypes = xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(None, None)
    try:
        return bool(xcb.xcb_connection_has_error(connection))
    finally:
        xcb.xcb_disconnect(connection)


def _names() -> list[str]:
    """The platforms that Qt will try, in its order."""
    asked = os.environ.get("QT_QPA_PLATFORM", "")
    if asked:
        return [part.split(":")[0].removesuffix("-egl") for part in asked.split(";")]
    if os.environ.get("WAYLAND_DISPLAY"):
        return ["wayland", "xcb"]
    return ["xcb"]


def named(trouble: str) -> str:
    """The library that the linker names."""
    found = _MISSING.match(trouble)
    return Path(found[1]).name if found else trouble
