"""A message bus of the test's own, with a desktop on it that remembers what it is told."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

PATIENCE_MS = 60_000

_CONFIGURATION = """
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:dir={folder}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""


@dataclass(frozen=True)
class Bus:
    address: str
    daemon: subprocess.Popen[str]


@pytest.fixture
def bus(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bus]:
    """A private bus, which is the session's for the length of a test. No service of this computer's is on it."""
    if sys.platform in ("win32", "darwin"):
        pytest.skip("not on this platform: there is no D-Bus")
    if shutil.which("dbus-daemon") is None:
        pytest.skip("dbus-daemon is not installed")
    folder = tmp_path_factory.mktemp("bus")
    configuration = folder / "bus.conf"
    configuration.write_text(_CONFIGURATION.format(folder=folder))
    command = ["dbus-daemon", f"--config-file={configuration}", "--nofork", "--print-address"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as daemon:
        assert daemon.stdout is not None
        address = daemon.stdout.readline().strip()
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        monkeypatch.delenv("XDG_SESSION_DESKTOP", raising=False)
        yield Bus(address, daemon)
        daemon.terminate()


@dataclass
class FakeDesktop:
    """Has the names of a desktop's services, answers what they are asked, and remembers it.

    Attributes:
        calls: member, content and sender of everything that was asked, in order.
        entries: content of every LauncherEntry signal, in order.
        inhibitors: application and reason by cookie, for as long as who asked for them is there.
    """

    calls: list[tuple[str, tuple[Any, ...], str]] = field(default_factory=list)
    entries: list[tuple[Any, ...]] = field(default_factory=list)
    inhibitors: dict[int, tuple[str, str]] = field(default_factory=dict)
    _owners: dict[int, str] = field(default_factory=dict)
    _stopped: threading.Event = field(default_factory=threading.Event)
    _said: list[Any] = field(default_factory=list)

    def named(self, member: str) -> list[tuple[Any, ...]]:
        return [content for name, content, _sender in list(self.calls) if name == member]

    def say(self, member: str, signature: str, *content: Any) -> None:
        """Sends a signal of the notification server's."""
        from jeepney import DBusAddress, new_signal

        place = DBusAddress("/org/freedesktop/Notifications", interface="org.freedesktop.Notifications")
        self._said.append(new_signal(place, member, signature, content))

    def serve(self, address: str, names: tuple[str, ...], ready: threading.Event) -> None:
        from jeepney import MatchRule, MessageType, message_bus
        from jeepney.io.blocking import Proxy, open_dbus_connection

        with open_dbus_connection(address) as connection:
            bus = Proxy(message_bus, connection, timeout=10)
            bus.AddMatch(MatchRule(type="signal", interface="org.freedesktop.DBus", member="NameOwnerChanged"))
            bus.AddMatch(MatchRule(type="signal", interface="com.canonical.Unity.LauncherEntry"))
            for name in names:
                bus.RequestName(name)
            ready.set()
            while not self._stopped.is_set():
                while self._said:
                    connection.send(self._said.pop(0))
                try:
                    message = connection.receive(timeout=0.02)
                except TimeoutError:
                    continue
                except ConnectionError:
                    return
                if message.header.message_type is MessageType.method_call:
                    connection.send(self._answer(message))
                elif message.header.message_type is MessageType.signal:
                    self._hear(message)

    def stop(self) -> None:
        self._stopped.set()

    def _answer(self, message: Any) -> Any:
        from jeepney import HeaderFields, new_method_return

        member, sender = (message.header.fields[name] for name in (HeaderFields.member, HeaderFields.sender))
        number = 4_000_000_000 + len(self.calls)  # more than a signed number of 32 bits holds
        answer = number if member in ("Inhibit", "Notify") else None
        if member == "Inhibit":
            application, reason = (part for part in message.body if isinstance(part, str))
            self.inhibitors[number], self._owners[number] = (application, reason), sender
        if member in ("Uninhibit", "UnInhibit"):
            self._drop(message.body[0])
        self.calls.append((member, message.body, sender))
        return new_method_return(message) if answer is None else new_method_return(message, "u", (answer,))

    def _hear(self, message: Any) -> None:
        from jeepney import HeaderFields

        if message.header.fields[HeaderFields.member] == "Update":
            self.entries.append(message.body)
        elif message.header.fields[HeaderFields.member] == "NameOwnerChanged" and not message.body[2]:
            for cookie in [cookie for cookie, owner in self._owners.items() if owner == message.body[0]]:
                self._drop(cookie)

    def _drop(self, cookie: int) -> None:
        del self.inhibitors[cookie], self._owners[cookie]


@pytest.fixture
def desktop_with(bus: Bus) -> Iterator[Callable[..., FakeDesktop]]:
    """``desktop_with(*names)``: a desktop that offers these services on the bus."""
    running: list[tuple[FakeDesktop, threading.Thread]] = []

    def make(*names: str) -> FakeDesktop:
        made, ready = FakeDesktop(), threading.Event()
        thread = threading.Thread(target=made.serve, args=(bus.address, names, ready))
        running.append((made, thread))
        thread.start()
        assert ready.wait(PATIENCE_MS / 1000)
        return made

    yield make
    for made, thread in running:
        made.stop()
        thread.join()


@pytest.fixture
def fake_desktop(desktop_with: Callable[..., FakeDesktop]) -> FakeDesktop:
    """One that has what GNOME has."""
    return desktop_with("org.freedesktop.Notifications", "org.gnome.SessionManager")


@pytest.fixture
def deaf_bus(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A bus that takes every connection and never says a word."""
    if sys.platform in ("win32", "darwin"):
        pytest.skip("not on this platform: there is no D-Bus")
    path = tmp_path_factory.mktemp("deaf") / "bus"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={path}")
        yield


@pytest.fixture
def eventually(qtbot: QtBot) -> Callable[[Callable[[], object]], None]:
    """Waits until something holds."""
    return lambda holds: qtbot.waitUntil(lambda: bool(holds()), timeout=PATIENCE_MS)
