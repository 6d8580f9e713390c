"""The ICC profile of the screen, where the system lets programs ask and does not convert by itself.

Windows has a call for it. On X11 it stands on the root window, as "ICC Profiles in X" (freedesktop.org, version 0.4)
says, put there by the desktop's colour settings or by a calibration's loader. On Wayland and macOS the compositor
converts, and wants sRGB.
"""

from __future__ import annotations

import ctypes
import sys
from ctypes import POINTER, byref, c_char_p, c_int, c_uint8, c_uint16, c_uint32, c_void_p
from functools import cache

from PIL import ImageCms
from PySide6.QtGui import QGuiApplication

_PROPERTY = b"_ICC_PROFILE"
_LARGEST = 16 << 20  # bytes; those of screens have some hundred kilobytes at most
_ANY_TYPE = 0


def screen_profile() -> bytes | None:
    """The profile of the primary screen, None for sRGB. On any thread; asks each time, as it can change."""
    if sys.platform == "win32":
        return _of_windows()
    return of_x11() if QGuiApplication.platformName() == "xcb" else None


def _of_windows() -> bytes | None:
    try:
        found = ImageCms.get_display_profile()
        return found.tobytes() if found is not None else None
    except (ImageCms.PyCMSError, OSError):
        return None


class _Cookie(ctypes.Structure):
    _fields_ = (("sequence", c_uint32),)


class _Screens(ctypes.Structure):
    _fields_ = (("data", POINTER(c_uint32)), ("left", c_int), ("index", c_int))  # a screen begins with its root window


class _Atom(ctypes.Structure):
    _fields_ = (
        *(("response", c_uint8), ("pad", c_uint8), ("sequence", c_uint16), ("length", c_uint32)),
        ("atom", c_uint32),
    )


def of_x11(display: str | None = None) -> bytes | None:
    """What stands on the root window of an X display; None for the one that the environment names.

    Over a connection of its own: Qt's is not for other threads.
    """
    xcb = _xcb()
    if xcb is None:
        return None
    number = c_int()
    connection = xcb.xcb_connect(display.encode() if display is not None else None, byref(number))
    try:
        if xcb.xcb_connection_has_error(connection):
            return None
        return _property(xcb, connection, number.value)
    finally:
        xcb.xcb_disconnect(connection)


def _property(xcb: ctypes.CDLL, connection: int, number: int) -> bytes | None:
    screens = xcb.xcb_setup_roots_iterator(xcb.xcb_get_setup(connection))
    for _ in range(number):
        xcb.xcb_screen_next(byref(screens))
    if screens.left <= 0:
        return None
    asked = xcb.xcb_intern_atom(connection, 1, len(_PROPERTY), _PROPERTY)
    reply = xcb.xcb_intern_atom_reply(connection, asked, None)
    if not reply:
        return None
    atom = reply.contents.atom
    _free(reply)
    if not atom:
        return None  # nobody has ever set it
    asked = xcb.xcb_get_property(connection, 0, screens.data[0], atom, _ANY_TYPE, 0, _LARGEST // 4)
    answer = xcb.xcb_get_property_reply(connection, asked, None)
    if not answer:
        return None
    try:
        length = xcb.xcb_get_property_value_length(answer)
        return ctypes.string_at(xcb.xcb_get_property_value(answer), length) if length > 0 else None
    finally:
        _free(answer)


def _free(reply: object) -> None:
    ctypes.CDLL(None).free(reply)


@cache
def _xcb() -> ctypes.CDLL | None:
    """The library by which Qt itself reaches X displays, with the types of what is called."""
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return None
    for name, result, arguments in (
        ("xcb_connect", c_void_p, (c_char_p, POINTER(c_int))),
        ("xcb_disconnect", None, (c_void_p,)),
        ("xcb_connection_has_error", c_int, (c_void_p,)),
        ("xcb_get_setup", c_void_p, (c_void_p,)),
        ("xcb_setup_roots_iterator", _Screens, (c_void_p,)),
        ("xcb_screen_next", None, (POINTER(_Screens),)),
        ("xcb_intern_atom", _Cookie, (c_void_p, c_uint8, c_uint16, c_char_p)),
        ("xcb_intern_atom_reply", POINTER(_Atom), (c_void_p, _Cookie, c_void_p)),
        ("xcb_get_property", _Cookie, (c_void_p, c_uint8, c_uint32, c_uint32, c_uint32, c_uint32, c_uint32)),
        ("xcb_get_property_reply", POINTER(c_uint8), (c_void_p, _Cookie, c_void_p)),
        ("xcb_get_property_value", c_void_p, (POINTER(c_uint8),)),
        ("xcb_get_property_value_length", c_int, (POINTER(c_uint8),)),
    ):
        function = getattr(xcb, name)
        function.restype, function.argtypes = result, arguments
    return xcb
