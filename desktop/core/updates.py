"""Asks whether there is a newer Rekindle: one address, one short answer, only when the person wants to know."""

from __future__ import annotations

import json
import logging
import os
import re
import ssl
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import desktop
from desktop.core import files
from desktop.core.errors import DownloadFailedError
from desktop.core.paths import bundled

logger = logging.getLogger(__name__)

ADDRESS = "REKINDLE_UPDATES"
"""Of the environment: another address to ask, for whoever hands out Rekindle to others."""

_MOST_BYTES = 65_536
_MOST_NOTES = 4_000
_TIMEOUT_S = 15.0
_DAY_S = 86_400
_VERSION = re.compile(r"\d+(\.\d+){0,3}")


@dataclass(frozen=True)
class Release:
    """What the address says is newest.

    Attributes:
        notes: plain text.
        page: an https address with more, and with the download.
    """

    version: str
    notes: str
    page: str

    @property
    def is_newer(self) -> bool:
        """Than the Rekindle that runs."""
        return _numbers(self.version) > _numbers(desktop.__version__)


def address() -> str:
    """Whom to ask; empty where nobody has said. Releases have it written into them when they are built."""
    if named := os.environ.get(ADDRESS):
        return named
    try:
        return bundled("resources", "updates.txt").read_text("utf-8").strip()
    except OSError:
        return ""


def newest(url: str) -> Release:
    """Asks. Blocks for some seconds at most; sends nothing but the name and version that every request carries.

    Raises:
        DownloadFailedError: in words.
    """
    host = urlsplit(url).netloc.rpartition("@")[2]
    if not _is_web(url):
        raise DownloadFailedError("“{address}” is no https address, so it is not asked for updates.", address=url)
    try:
        content = _fetched(url)
    except Exception as error:
        logger.info("Asking %s for updates: %s", host, error)
        raise DownloadFailedError(
            "“{host}” could not be asked for updates. Is this computer online? Try again later.", host=host
        ) from error
    try:
        told = json.loads(content)
        release = Release(_checked_version(told["version"]), str(told.get("notes", ""))[:_MOST_NOTES], told["page"])
        if not (isinstance(release.page, str) and _is_web(release.page)):
            raise ValueError("the page is no https address")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        logger.info("What %s says of updates makes no sense: %s", host, error)
        raise DownloadFailedError(
            "What “{host}” says about updates makes no sense. Try again later.", host=host
        ) from error
    return release


def is_due(cache: Path, now: float | None = None) -> bool:
    """Whether to ask unasked, which is done once a day, and notes that it is done now."""
    mark = cache / "asked-for-updates"
    now = time.time() if now is None else now
    try:
        if 0 <= now - float(mark.read_text("utf-8")) < _DAY_S:
            return False
    except (OSError, ValueError):
        pass
    try:
        mark.parent.mkdir(parents=True, exist_ok=True)
        files.write_whole(mark, str(now).encode())
    except OSError as error:  # or it would be asked at every start
        logger.info("It cannot be noted that updates were asked for: %s", error)
        return False
    return True


def _fetched(url: str) -> bytes:
    # They take a tenth of a second to be loaded, which no start has to wait for.
    import requests
    import truststore
    from requests.adapters import HTTPAdapter

    class SystemTrust(HTTPAdapter):
        def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
            context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            super().init_poolmanager(*arguments, **{**options, "ssl_context": context})

    headers = {"User-Agent": f"Rekindle/{desktop.__version__}", "Accept": "application/json"}
    with requests.Session() as session:
        session.mount("https://", SystemTrust())
        with session.get(url, headers=headers, timeout=_TIMEOUT_S, stream=True) as response:
            response.raise_for_status()
            content = response.raw.read(_MOST_BYTES + 1, decode_content=True)
    if len(content) > _MOST_BYTES:
        raise ValueError("the answer is too long")
    return bytes(content)


def _is_web(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost"))


def _checked_version(version: Any) -> str:
    if not (isinstance(version, str) and _VERSION.fullmatch(version)):
        raise ValueError("no version")
    return version


def _numbers(version: str) -> tuple[int, ...]:
    numbers = [int(number) for number in re.findall(r"\d+", version.split("+")[0])[:4]]
    return (*numbers, *([0] * (4 - len(numbers))))
