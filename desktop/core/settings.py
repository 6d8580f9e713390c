"""What the person chose, kept in ``settings.json``."""

from __future__ import annotations

import json
import logging
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from desktop.core import files, forecast
from desktop.core.models.catalogue import DEFAULT_FAMILY, DEFAULT_SCALE
from desktop.core.photo.formats import BY_NAME

logger = logging.getLogger(__name__)

VERSION = 1


@dataclass(frozen=True)
class Settings:
    """Choices that outlive a window.

    Attributes:
        scale, model: what new photos are enhanced with.
        output_dir: folder for results; empty for beside the original.
        format: output format's name; empty for the same as the photo.
        quality: 1 to 100, for JPEG and WebP.
        existing: "rename", "skip" or "overwrite", for a result that is there already.
        memory_mib: working memory for enhancing; 0 for a quarter of the machine's.
        max_megapixels: larger results are refused.
        last_folder: where the person last chose photos.
        geometry: the window's size and place, as Qt packs it, in Base64.
        panes: where the bar between picture and queue stands, likewise.
    """

    scale: int = DEFAULT_SCALE
    model: str = DEFAULT_FAMILY
    output_dir: str = ""
    format: str = ""
    quality: int = 95
    existing: str = "rename"
    memory_mib: int = 0
    max_megapixels: int = forecast.DEFAULT_MAX_MEGAPIXELS
    last_folder: str = ""
    geometry: str = ""
    panes: str = ""


def load(path: Path) -> Settings:
    """Settings from ``path``. What is missing or of a wrong type takes its default; a damaged file is set aside."""
    try:
        stored = json.loads(path.read_text("utf-8"))
        if not isinstance(stored, dict):
            raise ValueError("not a table")
    except FileNotFoundError:
        return Settings()
    except OSError as error:
        logger.warning("Settings cannot be read: %s", error)
        return Settings()
    except (ValueError, RecursionError) as error:
        aside = path.with_name(path.name + ".damaged")
        logger.warning("Settings are damaged (%s); set aside as %s", error, aside)
        try:
            os.replace(path, aside)
        except OSError as failure:
            logger.warning("They cannot be set aside: %s", failure)
        return Settings()
    return Settings(**_usable(stored))


def save(settings: Settings, path: Path) -> None:
    """Writes all settings in one step. Raises OSError."""
    files.write_whole(path, json.dumps({"version": VERSION, **asdict(settings)}, indent=2).encode())


def _usable(stored: dict[str, Any]) -> dict[str, Any]:
    defaults = Settings()
    usable = {}
    for field in fields(Settings):
        value = stored.get(field.name)
        if type(value) is type(getattr(defaults, field.name)) and _in_range(field.name, value):
            usable[field.name] = value
    return usable


def _in_range(name: str, value: Any) -> bool:
    match name:
        case "quality":
            return value in range(1, 101)
        case "format":
            return value == "" or value in BY_NAME
        case "existing":
            return value in ("rename", "skip", "overwrite")
        case "memory_mib" | "max_megapixels" | "scale":
            return value in range(0 if name == "memory_mib" else 1, 1_000_000)
    return True
