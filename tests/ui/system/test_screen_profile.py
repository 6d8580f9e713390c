"""The screen's profile: read from a real X display, and not asked for where the compositor converts."""

from __future__ import annotations

import subprocess
import sys

import pytest

from desktop.ui.system import screen_profile

# Looks before and after something is put on the root window, as a desktop's colour settings do.
_SCRIPT = """
import ctypes
from desktop.ui.system.screen_profile import _xcb, of_x11

xcb = _xcb()
assert of_x11() is None, "nobody has set a profile yet"
connection = xcb.xcb_connect(None, None)
root = xcb.xcb_setup_roots_iterator(xcb.xcb_get_setup(connection)).data[0]
name = b"_ICC_PROFILE"
atom = xcb.xcb_intern_atom_reply(connection, xcb.xcb_intern_atom(connection, 0, len(name), name), None).contents.atom
assert of_x11() is None, "the name is known, and nothing stands under it"
CARDINAL = 6
xcb.xcb_change_property.argtypes = (
    ctypes.c_void_p, ctypes.c_uint8, *[ctypes.c_uint32] * 3, ctypes.c_uint8, ctypes.c_uint32, ctypes.c_char_p
)
for profile in (bytes(range(256)) * 3, bytes(range(251)) * 4000):
    xcb.xcb_change_property(connection, 0, root, atom, CARDINAL, 8, len(profile), profile)
    xcb.xcb_flush(ctypes.c_void_p(connection))
    xcb.xcb_intern_atom_reply(connection, xcb.xcb_intern_atom(connection, 0, 1, b"x"), None)  # it is done by now
    assert of_x11() == profile, len(profile)
print("seen")
"""


def test_the_profile_on_the_root_window_is_the_screens(x_display: dict[str, str]) -> None:
    command = [sys.executable, "-c", _SCRIPT]
    answer = subprocess.run(command, env=x_display, capture_output=True, text=True, timeout=120, check=False)
    assert (answer.returncode, answer.stdout) == (0, "seen\n"), answer.stderr


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="not on this platform: there is no X")
def test_a_display_that_cannot_be_reached_has_none() -> None:
    assert screen_profile.of_x11(":4095") is None


@pytest.mark.skipif(sys.platform == "win32", reason="not on this platform: its call names the real screen")
def test_without_x_it_is_srgb(qapp: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screen_profile, "of_x11", lambda: b"asked")
    assert screen_profile.screen_profile() is None
    monkeypatch.setattr("PySide6.QtGui.QGuiApplication.platformName", lambda: "xcb")
    assert screen_profile.screen_profile() == b"asked"
