"""What somebody who is to help has to know about an installation, as text, and nothing about the person."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import psutil

import desktop
from desktop.core.engines.available import available_engines, cards
from desktop.core.opencv import cv2
from desktop.core.paths import Folders, bundled
from desktop.core.workspace import Workspace

_LINES = 60
_TAIL_BYTES = 32_768
_LIBRARIES = ("pillow", "pi_heif", "tifffile", "PySide6_Essentials", "openvino", "ncnn")


def text(workspace: Workspace, more: Iterable[str] = ()) -> str:
    """The diagnostics, with the person's home folder written as “~”. Asks the disk.

    Args:
        more: further lines, of what the core knows nothing about.
    """
    lines = [
        f"Rekindle {desktop.__version__} ({'frozen' if hasattr(sys, '_MEIPASS') else 'from source'})",
        f"Python {platform.python_version()}, OpenCV {cv2.__version__}, numpy {np.__version__}",
        ", ".join(f"{name} {version}" for name in _LIBRARIES if (version := _version(name))),
        f"{platform.platform()}, {platform.machine()}, {os.cpu_count()} processors, "
        f"{psutil.virtual_memory().total // 2**20} MiB of memory",
        *more,
        f"Engines: {', '.join(available_engines())}",
        f"Graphics cards: {cards() or 'none that can do Vulkan'}",
        f"Installed in {bundled()}",
        *_folders(workspace.folders),
        *(f"Model {model.id}: {workspace.store.state(model)}" for model in workspace.store.usable().models),
        "",
        f"The end of {workspace.folders.log_file}:",
        *_tail(workspace.folders.log_file),
    ]
    home = str(Path.home())
    joined = "\n".join(line for line in lines if line is not None) + "\n"
    return joined.replace(home, "~") if len(home) > 1 else joined


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _folders(folders: Folders) -> Iterable[str]:
    for what, folder in (("data", folders.data), ("settings", folders.config), ("log", folders.log)):
        nearest = next(each for each in (folder, *folder.parents) if each.exists())
        state = "writable" if os.access(nearest, os.W_OK) else "NOT writable"
        try:
            state += f", {psutil.disk_usage(str(nearest)).free // 2**20} MiB free"
        except OSError as error:
            state += f", {error}"
        yield f"Folder for {what}: {folder} ({state})"


def _tail(log: Path) -> list[str]:
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - _TAIL_BYTES))
            return file.read().decode("utf-8", "replace").splitlines()[-_LINES:]
    except OSError as error:
        return [f"(cannot be read: {error.strerror})"]
