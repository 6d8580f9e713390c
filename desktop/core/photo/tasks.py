"""What the children do for ``IsolatedReader``: all that opens photos is imported there alone."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop.core.isolation.frames import Frame
from desktop.core.isolation.worker import Ask
from desktop.core.photo import header, preview
from desktop.core.photo.header import sizes_of
from desktop.core.photo.isolated import BLOCKS
from desktop.core.photo.metadata import notes
from desktop.core.photo.read import read


def read_task(arguments: dict[str, Any], ask: Ask) -> Frame:
    """The child's part of ``IsolatedReader.read``."""
    photo = read(Path(arguments["path"]), lambda header: ask(asdict(header)))
    blocks = {name: np.frombuffer(block, np.uint8) for name in BLOCKS if (block := getattr(photo, name)) is not None}
    alpha = {"alpha": photo.alpha} if photo.alpha is not None else {}
    arrays: dict[str, NDArray[Any]] = {"pixels": photo.pixels, **alpha, **blocks}
    if photo.notes:
        arrays["notes"] = np.frombuffer(notes.packed(photo.notes), np.uint8)
    content = {
        "format": photo.file_format,
        "jpeg_quality": photo.jpeg_quality,
        "dpi": photo.dpi,
        "coding": asdict(photo.coding),
        "fidelity": asdict(photo.fidelity),
        "names": [*arrays],
    }
    return Frame(content, [*arrays.values()])


def thumbnail_task(arguments: dict[str, Any], ask: Ask) -> Frame:
    """The child's part of ``IsolatedReader.thumbnail``."""
    path, side, most = Path(arguments["path"]), int(arguments["side"]), int(arguments["max_megapixels"])
    found = preview.thumbnail(path, side, most, lambda header: ask(asdict(header)))
    return Frame({"width": found.width, "height": found.height}, [found.pixels])


def sizes_task(arguments: dict[str, Any], ask: Ask) -> Frame:
    """The child's part of ``IsolatedReader.sizes``."""
    return Frame({"sizes": sizes_of([Path(path) for path in arguments["paths"]], float(arguments["seconds"]))})


def glance_task(arguments: dict[str, Any], ask: Ask) -> Frame:
    """The child's part of ``IsolatedReader.glance``."""
    found = header.glance(Path(arguments["path"]))
    return Frame(asdict(found) | {"taken": found.taken.isoformat() if found.taken else None})
