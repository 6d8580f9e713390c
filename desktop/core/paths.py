"""Where things live: the person's folders, and what ships with Rekindle."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import platformdirs

APP_NAME = "rekindle"


@dataclass(frozen=True)
class Folders:
    """The four per-user folders. None of them needs to exist yet.

    Attributes:
        data: what must survive (models, the queue).
        config: ``settings.json``.
        cache: what can be made again.
        log: ``rekindle.log``.
        own: True where the person (or a test) chose the base, so that nothing may be written elsewhere.
    """

    data: Path
    config: Path
    cache: Path
    log: Path
    own: bool = False

    @classmethod
    def for_user(cls) -> Folders:
        """The platform's usual places."""
        dirs = platformdirs.PlatformDirs(APP_NAME, appauthor=False, roaming=False)
        return cls(
            Path(dirs.user_data_dir), Path(dirs.user_config_dir), Path(dirs.user_cache_dir), Path(dirs.user_log_dir)
        )

    @classmethod
    def under(cls, base: Path) -> Folders:
        """All four under one folder of the person's choice."""
        base = base.expanduser().absolute()
        return cls(base, base, base / "cache", base / "log", own=True)

    @property
    def models(self) -> Path:
        return self.data / "models"

    @property
    def queue(self) -> Path:
        return self.data / "queue"

    @property
    def settings_file(self) -> Path:
        return self.config / "settings.json"

    @property
    def log_file(self) -> Path:
        return self.log / "rekindle.log"


def bundled(*parts: str) -> Path:
    """A file or folder that ships with Rekindle, such as ``bundled("models", "catalogue.toml")``.

    Found in a frozen build (PyInstaller's folder), in a source checkout (the top level) and in an installed wheel
    (inside the package, where pyproject.toml puts it).
    """
    frozen = getattr(sys, "_MEIPASS", None)
    if frozen:
        return Path(frozen).joinpath(*parts)
    package = Path(__file__).resolve().parent.parent
    root = package.parent if (package.parent / "models" / "catalogue.toml").is_file() else package / "_bundled"
    return root.joinpath(*parts)


def sample_photo() -> Path:
    """The photo that ships with Rekindle."""
    return next(bundled("resources", "sample").glob("*.jpg"))
