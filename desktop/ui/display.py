"""Whether a window can be opened here, found out without Qt, which ends the whole process where it cannot.

``python -m desktop.ui.display`` exits with 0 where there is a display and with 1 where there is none.
"""

from __future__ import annotations

import os
import re
import socket
import sys

# Platforms of Qt that draw without a display server.
_HEADLESS = ("offscreen", "minimal", "vnc", "linuxfb", "eglfs")


def has_display() -> bool:
    """Whether a display can be reached. Windows and macOS always have one."""
    if sys.platform in ("win32", "darwin"):
        return True
    if os.environ.get("QT_QPA_PLATFORM", "").split(":")[0] in _HEADLESS:
        return True
    return _reaches_wayland() or _reaches_x11()


def _reaches_wayland() -> bool:
    name = os.environ.get("WAYLAND_DISPLAY")
    return bool(name) and _connects(os.path.join(os.environ.get("XDG_RUNTIME_DIR", ""), str(name)))


def _reaches_x11() -> bool:
    display = os.environ.get("DISPLAY", "")
    local = re.fullmatch(r"(?:unix)?:(\d+)(?:\.\d+)?", display)
    if local is None:
        return bool(display)  # another machine's display: Qt itself has to try
    path = f"/tmp/.X11-unix/X{local[1]}"
    return _connects(path) or _connects("\0" + path)


def _connects(address: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(2)
        try:
            connection.connect(address)
        except OSError:
            return False
    return True


if __name__ == "__main__":
    sys.exit(0 if has_display() else 1)
