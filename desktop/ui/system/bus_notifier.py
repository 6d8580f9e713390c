"""Notifications of a Linux desktop, by org.freedesktop.Notifications."""

from __future__ import annotations

import contextlib
import html
from collections.abc import Callable
from typing import Any

from jeepney import DBusAddress, MatchRule, new_method_call
from PySide6.QtCore import QObject, Signal

from desktop.ui.system import session_bus
from desktop.ui.system.notifications import Notifier
from desktop.ui.system.session_bus import SessionBus

_SERVER = DBusAddress(
    "/org/freedesktop/Notifications", "org.freedesktop.Notifications", "org.freedesktop.Notifications"
)
_SERVERS_CHOICE = -1


class BusNotifier(Notifier):
    """See https://specifications.freedesktop.org/notification-spec/"""

    _shown = Signal(object)  # its number has 32 bits without a sign
    _invoked = Signal(object)
    _given = Signal(object, str)

    def __init__(self, bus: SessionBus, application_id: str, icon: str, parent: QObject | None = None) -> None:
        """
        Args:
            application_id: name of the .desktop file, without its suffix.
            icon: URI of an image.
        """
        super().__init__(parent)
        self.possible = session_bus.is_there()
        self._bus = bus
        self._application_id = application_id
        self._icon = icon
        self._listening = False
        self._number = 0
        self._token = ""
        self._shown.connect(self._note)
        self._invoked.connect(self._click)
        self._given.connect(self._keep_token)

    def show(self, title: str, body: str) -> None:
        if not self._listening:
            self._listening = True
            self._listen("ActionInvoked", lambda number, _action: self._invoked.emit(number))
            self._listen("ActivationToken", self._given.emit)
        content = (
            "Rekindle",
            self._number,  # in place of the one before
            self._icon,
            title,
            html.escape(body, quote=False),
            ["default", self.tr("Show")],
            {"desktop-entry": ("s", self._application_id), "urgency": ("y", 1)},
            _SERVERS_CHOICE,
        )
        self._bus.send(
            new_method_call(_SERVER, "Notify", "susssasa{sv}i", content),
            lambda reply: _emit(lambda: self._shown.emit(reply[0])),
        )

    def withdraw(self) -> None:
        if self._number:
            self._bus.send(new_method_call(_SERVER, "CloseNotification", "u", (self._number,)))
            self._number = 0

    def _listen(self, signal: str, heard: Callable[[Any, str], None]) -> None:
        rule = MatchRule(type="signal", interface=_SERVER.interface, member=signal, path=_SERVER.object_path)
        self._bus.listen(rule, lambda said: _emit(lambda: heard(*said)))

    def _note(self, number: int) -> None:
        self._number = number

    def _keep_token(self, number: int, token: str) -> None:
        if number == self._number:
            self._token = token

    def _click(self, number: int) -> None:
        if number == self._number:
            token, self._token = self._token, ""
            self._number = 0  # a server takes it away when it is clicked
            self.clicked.emit(token)


def _emit(emit: Callable[[], None]) -> None:
    """From the bus's thread, as long as there is somebody to hear it."""
    with contextlib.suppress(RuntimeError):
        emit()
