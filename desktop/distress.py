"""Tells of a start that failed: on standard error, in the log, and where there is no terminal in a box on the screen.

It needs neither Qt nor NumPy nor OpenCV, for one of them may be what is missing, and it runs where hardly anything else
does. Nobody can translate its sentences for the same reason.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import shutil
import subprocess
import sys
import textwrap
import time
import traceback
from pathlib import Path

EXIT_FAILED = 1
_TITLE = "Rekindle cannot start"
_BOX_S = 600
# What the linker of each system says: Linux; macOS; Windows (a module's own name, and no more).
_LIBRARY = (
    re.compile(r"(\S+\.so[.\d]*): (?:cannot open shared object|file too short|invalid ELF|ELF file)"),
    re.compile(r"Library not loaded: (\S+)"),
    re.compile(r"DLL load failed while importing (\w+)"),
)


def tell(error: BaseException, data_dir: Path | None, *, window: bool) -> int:
    """Says what kept Rekindle from starting.

    Args:
        data_dir: the folder that was asked for instead of the person's usual ones.
        window: whether a window was wanted, so that a box on the screen is what the person looks for.

    Returns:
        the process's exit status.
    """
    log = _write_log(error, data_dir)
    text = in_words(error)
    text += f"\n\nThe details are in {log}" if log else f"\n\n{type(error).__name__}: {error}"
    with contextlib.suppress(OSError, ValueError, AttributeError):  # a windowed program on Windows has no such stream
        print(f"rekindle: {text}", file=sys.stderr, flush=True)
    if window and not _has_terminal():
        show_box(text)
    return EXIT_FAILED


def in_words(error: BaseException) -> str:
    """What happened, and what the person can do."""
    if isinstance(error, ImportError):
        for pattern in _LIBRARY:
            if found := pattern.search(str(error)):
                return _without(Path(found[1]).name)
        return _without(error.name or str(error).strip().rstrip("."))
    if isinstance(error, OSError) and error.filename:
        reason = error.strerror or str(error)
        return (
            f"{_TITLE}: “{error.filename}” could not be opened ({reason}). Check whether its disk is there and in "
            "order; if it belongs to Rekindle, install Rekindle again."
        )
    if isinstance(error, MemoryError):
        return f"{_TITLE}: there is not enough memory. Close other programs and try again."
    return f"{_TITLE}: something happened that nobody expected ({type(error).__name__}: {error}). Install it again."


def _without(part: str) -> str:
    advice = "Install Rekindle again."
    if part.startswith("lib") and ".so" in part:
        advice += " If that does not help, your system lacks this library: install it with its package manager."
    return f"{_TITLE}: a part of it is missing or damaged, “{part}”. {advice}"


def show_box(text: str) -> None:
    """Shows a box and waits until the person has closed it; a notification where nothing else can be had."""
    if sys.platform == "win32":
        import ctypes

        ctypes.windll.user32.MessageBoxW(None, text, "Rekindle", 0x10)  # MB_ICONERROR
        return
    command = _command(text)
    environment = dict(os.environ)
    if hasattr(sys, "_MEIPASS"):  # programs of the system's have their own libraries
        environment.pop("LD_LIBRARY_PATH", None)
    if command:
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            subprocess.run(command, env=environment, timeout=_BOX_S, check=False, capture_output=True)
            return
    with contextlib.suppress(Exception):
        _notify(text)


def _command(text: str) -> list[str]:
    if sys.platform == "darwin":
        script = f"display alert {_quoted('Rekindle')} message {_quoted(text)} as critical"
        return ["osascript", "-e", script]
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return []
    if _qt_works():
        # In a process of its own: Qt ends the whole process where it cannot open a window.
        arguments = [] if hasattr(sys, "_MEIPASS") else ["-m", "desktop"]
        return [sys.executable, *arguments, BOX, text]
    for name, arguments in (
        ("zenity", ["--error", "--no-markup", "--title=Rekindle", f"--text={text}"]),
        ("kdialog", ["--title", "Rekindle", "--error", text]),
        ("xmessage", ["-center", "-title", "Rekindle", "-default", "okay", _plain(text)]),
    ):
        if shutil.which(name):
            return [name, *arguments]
    return []


BOX = "--message-box"
"""What the application is started with to show one sentence and end."""


def box_main(text: str) -> int:
    """The process that shows the box."""
    from PySide6.QtWidgets import QApplication, QMessageBox

    application = QApplication(sys.argv[:1])
    application.setDesktopFileName("rekindle")
    QMessageBox.critical(None, "Rekindle", text)
    return 0


def _qt_works() -> bool:
    """Whether a box can be had of Qt: its parts can be loaded, that for X11 included."""
    try:
        from PySide6 import QtWidgets  # noqa: F401

        from desktop.ui.platform_parts import missing_part
    except Exception:
        return False
    return missing_part() is None


def _notify(text: str) -> None:
    """Over D-Bus, as the freedesktop.org Desktop Notifications Specification says."""
    from jeepney import DBusAddress, new_method_call
    from jeepney.io.blocking import open_dbus_connection

    name = "org.freedesktop.Notifications"
    place = DBusAddress("/org/freedesktop/Notifications", name, name)
    hints = {"urgency": ("y", 2)}
    content = ("Rekindle", 0, "rekindle", _TITLE, text, list[str](), hints, 0)
    with open_dbus_connection(bus="SESSION") as connection:
        connection.send_and_get_reply(new_method_call(place, "Notify", "susssasa{sv}i", content), timeout=2)


def _plain(text: str) -> str:
    """For xmessage, which knows ASCII and breaks no lines."""
    ascii_text = text.translate({ord("“"): '"', ord("”"): '"'})
    return "\n".join(textwrap.fill(line, 80) for line in ascii_text.splitlines())


def _quoted(text: str) -> str:
    """As AppleScript writes it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _has_terminal() -> bool:
    try:
        return sys.stderr is not None and sys.stderr.isatty()
    except ValueError:  # closed
        return False


def _write_log(error: BaseException, data_dir: Path | None) -> Path | None:
    """Appends the traceback to the log; the file, or None where it cannot be written."""
    logging.getLogger(__name__).debug("Start failed", exc_info=error)
    try:
        from desktop.core.paths import Folders

        folders = Folders.under(data_dir) if data_dir else Folders.for_user()
        folders.log.mkdir(parents=True, exist_ok=True)
        with folders.log_file.open("a", encoding="utf-8", errors="replace") as file:
            file.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} ERROR {__name__}: Rekindle could not start\n")
            file.write("".join(traceback.format_exception(error)))
        return folders.log_file
    except Exception:  # nothing must keep the sentence from being said
        return None
