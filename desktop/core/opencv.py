"""OpenCV, without its hold on Qt, and loaded when it is first used: much is done without it.

On Linux the wheel's ``import cv2`` points Qt at its own Qt 5 plugins and fonts through the environment. That would keep
our Qt 6 window from opening, so whatever stood there before is put back. Everyone imports cv2 from here.
"""

from __future__ import annotations

import importlib
import os
import threading
from types import ModuleType
from typing import TYPE_CHECKING, Any

_QT_VARIABLES = ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR")
_loading = threading.Lock()


class _WhenUsed(ModuleType):
    """Stands for cv2, and hands on what is asked of it."""

    def __getattr__(self, name: str) -> Any:
        found = getattr(_load(), name)
        setattr(self, name, found)  # not asked for again
        return found


def _load() -> ModuleType:
    with _loading:
        before = {name: os.environ.get(name) for name in _QT_VARIABLES}
        module = importlib.import_module("cv2")
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        return module


if TYPE_CHECKING:
    import cv2
else:
    cv2 = _WhenUsed("cv2")

__all__ = ["cv2"]
