"""A web server on this computer that hands out one file, well or badly, as a test's script says."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Answers the next request as the script says, and well once that has come to its end."""

    server: Server

    def do_GET(self) -> None:
        told = self.server.told
        told.requests.append((self.path, self.headers.get("Range")))
        told.agents.append(self.headers.get("User-Agent", ""))
        answer = told.script.pop(0) if told.script else whole
        with contextlib.suppress(OSError):
            answer(self)

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def begin(self, status: int, size: int | None = None, **headers: str) -> None:
        self.send_response(status)
        if size is not None:
            self.send_header("Content-Length", str(size))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def hang_up(self) -> None:
        self.wfile.flush()
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    @property
    def content(self) -> bytes:
        return self.server.told.content

    @property
    def wanted(self) -> int | None:
        """The byte from which a part was asked for."""
        match = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "")
        return int(match[1]) if match else None


class Server(ThreadingHTTPServer):
    daemon_threads = True
    told: ModelServer


@dataclass
class ModelServer:
    """What the server is told to do, and what it was asked for.

    Attributes:
        script: how the next requests are answered, one after another.
        requests: path and Range of each.
        over: set when the test ends; whoever keeps a client waiting waits for this.
    """

    content: bytes
    address: str = ""
    script: list[Answer] = field(default_factory=list)
    requests: list[tuple[str, str | None]] = field(default_factory=list)
    agents: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)


@contextlib.contextmanager
def serving(content: bytes) -> Iterator[ModelServer]:
    server = Server(("127.0.0.1", 0), Handler)
    server.told = ModelServer(content, f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server.told
    finally:
        server.told.over.set()
        server.shutdown()
        thread.join()
        server.server_close()


def whole(handler: Handler) -> None:
    """As a good server does, a part where one is asked for."""
    cut(len(handler.content))(handler)


def cut(most: int) -> Answer:
    """Hangs up after so many bytes."""

    def answer(handler: Handler) -> None:
        content, start = handler.content, handler.wanted
        if start is None:
            handler.begin(200, len(content))
        elif start >= len(content):
            handler.begin(416, 0, Content_Range=f"bytes */{len(content)}")
            return
        else:
            there = f"bytes {start}-{len(content) - 1}/{len(content)}"
            handler.begin(206, len(content) - start, Content_Range=there)
        rest = content[start or 0 :]
        handler.wfile.write(rest[:most])
        if most < len(rest):
            handler.hang_up()

    return answer


def without_ranges(handler: Handler) -> None:
    handler.begin(200, len(handler.content))
    handler.wfile.write(handler.content)


def wrong_range(handler: Handler) -> None:
    """Claims a part, but not the one that was asked for."""
    size = len(handler.content)
    handler.begin(206, size, Content_Range=f"bytes 0-{size - 1}/{size}")
    handler.wfile.write(handler.content)


def wrong_byte(handler: Handler) -> None:
    start = handler.wanted or 0
    content = bytearray(handler.content)
    content[-1] ^= 1
    handler.begin(206 if start else 200, len(content) - start, Content_Range=f"bytes {start}-{len(content) - 1}/*")
    handler.wfile.write(content[start:])


def endless(handler: Handler) -> None:
    """Does not say how much it sends, and sends too much."""
    handler.begin(200)
    handler.wfile.write(handler.content + b"and more")


def web_page(handler: Handler) -> None:
    page = b"<html>Please sign in to this network"
    handler.begin(200, len(page), Content_Type="text/html")
    handler.wfile.write(page)


def status(code: int, **headers: str) -> Answer:
    return lambda handler: handler.begin(code, 0, **headers)


def redirect(to: str, code: int = 302) -> Answer:
    return status(code, Location=to)


def silent(after: int) -> Answer:
    """Sends so many bytes, then nothing, and does not hang up."""

    def answer(handler: Handler) -> None:
        handler.begin(200, len(handler.content))
        handler.wfile.write(handler.content[:after])
        handler.wfile.flush()
        handler.server.told.over.wait(60)

    return answer
