"""OpenCV, without its hold on Qt.

On Linux the wheel's ``import cv2`` points Qt at its own Qt 5 plugins and fonts through the environment. That would keep
our Qt 6 window from opening, so whatever stood there before is put back. Everyone imports cv2 from here.
"""

from __future__ import annotations

import os

_QT_VARIABLES = ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR")
_before = {name: os.environ.get(name) for name in _QT_VARIABLES}

import cv2  # noqa: E402  (the environment has to be remembered first)

for _name, _value in _before.items():
    if _value is None:
        os.environ.pop(_name, None)
    else:
        os.environ[_name] = _value

__all__ = ["cv2"]
