"""What the person chose, kept in ``settings.json``."""

from __future__ import annotations

import json
import logging
import os
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, TypeVar

from desktop.core import files, forecast
from desktop.core.engines.base import FAST, PRECISIONS
from desktop.core.jobs import DEFAULT_TEMPLATE
from desktop.core.models.catalogue import DEFAULT_FAMILY, DEFAULT_SCALE, FULL_STRENGTH, GENTLE_FAMILY, RESTORE_FAMILY
from desktop.core.naming import is_template
from desktop.core.photo.formats import BY_NAME
from desktop.core.sizes import is_target

logger = logging.getLogger(__name__)

VERSION = 2
T = TypeVar("T", "Settings", "Watching")


@dataclass(frozen=True)
class Watching:
    """A folder whose new photos are enhanced by themselves, and how.

    Attributes:
        on: whether it is watched.
        folder, output: where photos appear, and where their results go.
        scale, target, model, strength, self_ensemble, format, quality: as in ``Settings``, for these photos.
    """

    on: bool = False
    folder: str = ""
    output: str = ""
    scale: int = DEFAULT_SCALE
    model: str = DEFAULT_FAMILY
    strength: int = FULL_STRENGTH
    self_ensemble: bool = False
    format: str = ""
    quality: int = 95
    target: str = ""

    @property
    def strength_asked(self) -> int | None:
        """As a request has it."""
        return asked_strength(self.model, self.strength)


@dataclass(frozen=True)
class Settings:
    """Choices that outlive a window.

    Attributes:
        scale, model: what new photos are enhanced with.
        target: a size in place of the scale, see ``sizes.Target``; empty for none.
        strength: 0 to 100, for a model that has one.
        self_ensemble: whether to take eight times as long for the best quality.
        output_dir: folder for results; empty for beside the original.
        format: output format's name; empty for the same as the photo.
        quality: 1 to 100, for JPEG, WebP and AVIF.
        progressive: JPEG in several passes.
        existing: "rename", "skip" or "overwrite", for a result that is there already.
        template: how results are named, without their suffix.
        keep_structure: whether a folder for results gets the structure of the folder that was added.
        keep_dates: whether results get the dates of the original files.
        lossless: WebP without loss.
        keep_print_size: whether results print as large as their originals.
        strip_gps: whether results do not say where the photo was taken.
        provenance: whether results say that Rekindle enlarged them, and how.
        precision: "fast" or "exact", what enhancing calculates in.
        reuse_results: whether a result that is finished already is copied instead of made again.
        spare_cores: processor cores that enhancing leaves to others.
        memory_mib: working memory for enhancing; 0 for a quarter of the machine's.
        max_megapixels: larger photos and results are refused.
        watching: the folder that is watched.
        start_at_once: whether photos are enhanced as soon as they are added.
        preview_when_idle: whether what is looked at is enhanced while nothing else is to be done.
        keep_awake: whether the computer is kept from falling asleep during a run.
        keep_awake_asked: whether the person has said so or not.
        pause_on_battery: whether a run waits while the computer is not plugged in.
        ask_for_updates: whether to look for a newer Rekindle once a day.
        notify: whether the system tells of a run that has ended, to somebody who is looking elsewhere.
        last_folder: where the person last chose photos.
        geometry: the window's size and place, as Qt packs it, in Base64.
        panes: where the bar between picture and queue stands, likewise.
    """

    scale: int = DEFAULT_SCALE
    model: str = DEFAULT_FAMILY
    strength: int = FULL_STRENGTH
    self_ensemble: bool = False
    output_dir: str = ""
    format: str = ""
    quality: int = 95
    existing: str = "rename"
    template: str = DEFAULT_TEMPLATE
    keep_structure: bool = True
    keep_dates: bool = False
    lossless: bool = False
    progressive: bool = False
    keep_print_size: bool = False
    strip_gps: bool = False
    provenance: bool = True
    precision: str = FAST
    spare_cores: int = 0
    reuse_results: bool = True
    memory_mib: int = 0
    max_megapixels: int = forecast.DEFAULT_MAX_MEGAPIXELS
    watching: Watching = Watching()
    start_at_once: bool = False
    preview_when_idle: bool = False
    keep_awake: bool = False
    keep_awake_asked: bool = False
    pause_on_battery: bool = False
    notify: bool = True
    ask_for_updates: bool = False
    last_folder: str = ""
    geometry: str = ""
    panes: str = ""
    target: str = ""

    @property
    def strength_asked(self) -> int | None:
        """As a request has it."""
        return asked_strength(self.model, self.strength)

    @property
    def watching_offered(self) -> Watching:
        """What to propose for a watched folder: the first time, what photos are enhanced with otherwise."""
        if self.watching.folder:
            return self.watching
        shared = {field.name for field in fields(Watching)} & {field.name for field in fields(self)}
        return Watching(**{name: getattr(self, name) for name in shared})


def asked_strength(family: str, strength: int) -> int | None:
    """The strength that was chosen for a family, None for one that has none to choose: the automatic choice has its
    own."""
    return strength if family == RESTORE_FAMILY else None


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
    if stored.get("version") == 1:  # when there was one model: nobody has chosen it
        for part in (stored, stored.get("watching")):
            if isinstance(part, dict) and part.get("model") == GENTLE_FAMILY:
                del part["model"]
    return _usable(Settings(), stored)


def save(settings: Settings, path: Path) -> None:
    """Writes all settings in one step. Raises OSError."""
    files.write_whole(path, json.dumps({"version": VERSION, **asdict(settings)}, indent=2).encode())


def _usable(defaults: T, stored: dict[str, Any]) -> T:
    """The defaults with what is stored in their place, as far as it makes sense."""
    usable: dict[str, Any] = {}
    for field in fields(defaults):
        default, value = getattr(defaults, field.name), stored.get(field.name)
        if isinstance(default, Watching):
            usable[field.name] = _usable(default, value if isinstance(value, dict) else {})
        elif type(value) is type(default) and _in_range(field.name, value):
            usable[field.name] = value
    return replace(defaults, **usable)


def _in_range(name: str, value: Any) -> bool:
    match name:
        case "strength":
            return value in range(FULL_STRENGTH + 1)
        case "quality":
            return value in range(1, 101)
        case "template":
            return isinstance(value, str) and is_template(value)
        case "target":
            return value == "" or (isinstance(value, str) and is_target(value))
        case "format":
            return value == "" or value in BY_NAME
        case "existing":
            return value in ("rename", "skip", "overwrite")
        case "precision":
            return value in PRECISIONS
        case "spare_cores":
            return value in range(1000)
        case "memory_mib" | "max_megapixels" | "scale":
            return value in range(0 if name == "memory_mib" else 1, 1_000_000)
    return True
