"""One request for one file, or for the rest of it, over HTTP.

It runs on a thread of its own, so that neither a name server nor a silent server keeps anybody waiting who has
cancelled: sockets can be given time-outs, looking up a name cannot.

``requests`` does the talking: it is the library most of Python relies on, kept by the PSF, and it knows the proxies of
the environment and of the system (no_proxy too). ``truststore`` has certificates judged by the operating system, as
browsers do, so that a company's own are trusted.
"""

from __future__ import annotations

import logging
import queue
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import requests
import truststore
import urllib3
from requests.adapters import HTTPAdapter

import desktop
from desktop.core.cancel import CancelToken

logger = logging.getLogger(__name__)

_PIECE_BYTES = 2**16
_PIECES_AHEAD = 32
_LOOK_EVERY_S = 0.1
# Less than this in a whole time-out is as good as nothing.
_LEAST_BYTES = 2**10
_TRY_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_PARTIAL, _NOT_SATISFIABLE = 206, 416


class LostError(Exception):
    """The connection was not made, or broke off: worth another try.

    Attributes:
        reached: whether a server was there at all.
        after_s: how long it asks to be left alone; 0 where it does not say.
    """

    def __init__(self, reason: str, *, reached: bool, after_s: float = 0.0) -> None:
        super().__init__(reason)
        self.reached = reached
        self.after_s = after_s


class UnfitRestError(Exception):
    """The server does not go on where it was asked to: from the start, then."""


class RefusedError(Exception):
    """The server's last word. ``status`` is 0 where it is no HTTP status."""

    def __init__(self, reason: str, status: int = 0) -> None:
        super().__init__(reason)
        self.status = status


class UntrustedError(Exception):
    """The server's certificate is not trusted by this computer."""


class TooLargeError(Exception):
    """The server has a file of another size."""


@dataclass(frozen=True)
class Timeouts:
    """Seconds until a connection has to stand, and for which a server may be silent."""

    connect_s: float = 15.0
    silent_s: float = 30.0


@dataclass(frozen=True)
class Opened:
    """The server answers. ``start``: the byte of the file with which it begins."""

    start: int


Received = Opened | bytes


class _SystemTrust(HTTPAdapter):
    """Lets the operating system judge certificates."""

    def _with_trust(self, options: dict[str, Any]) -> dict[str, Any]:
        return {**options, "ssl_context": truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)}

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **self._with_trust(options))

    def proxy_manager_for(self, *arguments: Any, **options: Any) -> Any:
        return super().proxy_manager_for(*arguments, **self._with_trust(options))


def receive(
    url: str,
    start: int,
    size: int,
    cancel: CancelToken,
    timeouts: Timeouts,
    now: Callable[[], float] = time.monotonic,
) -> Iterator[Received]:
    """What the server sends: ``Opened`` once, then the file's bytes in pieces.

    Args:
        start: the first byte that is wanted; what comes may begin at 0 all the same.
        size: of the whole file, in bytes.

    Raises:
        CancelledError, LostError, UnfitRestError, RefusedError, UntrustedError, TooLargeError
    """
    inbox: queue.Queue[Received | Exception | None] = queue.Queue(_PIECES_AHEAD)
    over = threading.Event()

    def hand_over(message: Received | Exception | None) -> bool:
        while not over.is_set():
            try:
                inbox.put(message, timeout=_LOOK_EVERY_S)
            except queue.Full:
                continue
            return True
        return False

    def work() -> None:
        try:
            for piece in _pieces(url, start, size, timeouts):
                if not hand_over(piece):
                    return
            hand_over(None)
        except Exception as error:
            hand_over(_translated(error))

    threading.Thread(target=work, name="download", daemon=True).start()
    came, since = 0, now()
    try:
        while True:
            cancel.check()
            try:
                message = inbox.get(timeout=_LOOK_EVERY_S)
            except queue.Empty:
                message = b""
            if message is None:
                return
            if isinstance(message, Exception):
                raise message
            if isinstance(message, bytes):
                came += len(message)
            if now() - since > timeouts.silent_s + timeouts.connect_s:
                if came < _LEAST_BYTES:
                    raise LostError("too slow", reached=True)
                came, since = 0, now()
            if message:
                yield message
    finally:
        over.set()


def _pieces(url: str, start: int, size: int, timeouts: Timeouts) -> Iterator[Received]:
    headers = {"Accept-Encoding": "identity", "User-Agent": f"Rekindle/{desktop.__version__}"}
    if start:
        headers["Range"] = f"bytes={start}-"
    with requests.Session() as session:
        for scheme in ("https://", "http://"):
            session.mount(scheme, _SystemTrust())
        # Following redirects is left to requests, which knows how, and knows no schemes but these two.
        limits = (timeouts.connect_s, timeouts.silent_s)
        with closing(session.get(url, headers=headers, stream=True, timeout=limits)) as response:
            begins = _beginning(response, start, size)
            yield Opened(begins)
            left = size - begins
            while left > 0 and (piece := response.raw.read1(_PIECE_BYTES)):
                left -= len(piece)
                if left < 0:
                    raise TooLargeError
                yield piece
            if left > 0:
                raise LostError("the server stopped before the end", reached=True)


def _beginning(response: requests.Response, start: int, size: int) -> int:
    """The file's byte with which an answer begins."""
    status = response.status_code
    if start and status == _NOT_SATISFIABLE:
        raise UnfitRestError
    if status in _TRY_AGAIN:
        raise LostError(f"status {status}", reached=True, after_s=_asked_to_wait(response))
    if status == _PARTIAL:
        if not start or response.headers.get("Content-Range", "").lower() not in _ranges(start, size):
            raise UnfitRestError
        return start
    if status != requests.codes.ok:
        raise RefusedError(response.reason or "", status)
    length = response.headers.get("Content-Length")
    if length is not None and length != str(size):
        raise TooLargeError
    return 0


def _ranges(start: int, size: int) -> tuple[str, ...]:
    return f"bytes {start}-{size - 1}/{size}", f"bytes {start}-{size - 1}/*"


def _asked_to_wait(response: requests.Response) -> float:
    asked = response.headers.get("Retry-After", "")
    if asked.isdecimal():
        return float(asked)
    try:
        return max(0.0, parsedate_to_datetime(asked).timestamp() - time.time())
    except (TypeError, ValueError):
        return 0.0


def _translated(error: Exception) -> Exception:
    if isinstance(error, (LostError, UnfitRestError, RefusedError, TooLargeError)):
        return error
    logger.info("Downloading: %s", error)
    match error:
        case requests.exceptions.SSLError():
            return UntrustedError(str(error))
        case requests.exceptions.TooManyRedirects():
            return RefusedError("it sends from one address to the next without end")
        case requests.exceptions.InvalidSchema() | requests.exceptions.InvalidURL():
            return RefusedError("it sends to an address that is none of the web's")
        case requests.exceptions.ConnectionError() | requests.exceptions.ConnectTimeout():
            return LostError(str(error), reached=False)
        case requests.RequestException() | urllib3.exceptions.HTTPError() | OSError():
            return LostError(str(error), reached=True)
        case _:
            return error


def host_of(url: str) -> str:
    """Of an address, for people."""
    return urlsplit(url).netloc.rpartition("@")[2] or url
