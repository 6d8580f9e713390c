"""Keeping the computer from falling asleep by itself."""

from __future__ import annotations

import contextlib
import logging
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from wakepy import DBusAdapter

logger = logging.getLogger(__name__)

_PATIENCE_S = 0.5


class WakeLock(QObject):
    """Keeps the computer awake from ``hold`` to ``release``; its screen may go dark.

    Asking the system and thanking it happen on threads of their own, because some systems take their time. When the
    process dies, the system lets go of what it held.

    Signals:
        refused(): the system offers no way.
    """

    refused = Signal()

    def __init__(self, mode: Callable[[], AbstractContextManager[bool]], possible: bool = True) -> None:
        """
        Args:
            mode: inside it the computer stays awake; it yields whether that has worked.
            possible: whether asking makes sense.
        """
        super().__init__()
        self.possible = possible
        self._mode = mode
        self._release: threading.Event | None = None
        self._threads: list[threading.Thread] = []

    @property
    def held(self) -> bool:
        """Whether it is asked for."""
        return self._release is not None

    def hold(self) -> None:
        if self._release is not None or not self.possible:
            return
        self._release = threading.Event()
        # Not a pool's: the mode has to be left on the thread, and in the context, in which it was entered.
        thread = threading.Thread(target=self._keep, args=(self._release,), name="wake lock", daemon=True)
        self._threads = [thread, *(other for other in self._threads if other.is_alive())]
        thread.start()

    def release(self) -> None:
        if self._release is not None:
            self._release.set()
            self._release = None

    def close(self) -> None:
        """Releases, and gives the system a moment to hear of it."""
        self.release()
        for thread in self._threads:
            thread.join(_PATIENCE_S)

    def _keep(self, release: threading.Event) -> None:
        try:
            with self._mode() as awake:
                if not awake:
                    with contextlib.suppress(RuntimeError):  # gone with its window
                        self.refused.emit()
                release.wait()
        except Exception:
            logger.warning("The computer may fall asleep, or stay awake until Rekindle is closed", exc_info=True)


@contextlib.contextmanager
def kept_running() -> Iterator[bool]:
    """Keeps the computer, not its screen, awake by whatever this platform has. Waits for the system."""
    from wakepy import keep

    adapter = None if sys.platform in ("win32", "darwin") else _bus_adapter()
    with keep.running(on_fail="pass", dbus_adapter=adapter) as mode:
        if not mode.active:
            logger.info("Nothing keeps this computer awake: %s", mode.result.get_failure_text())
        yield mode.active


def _bus_adapter() -> type[DBusAdapter]:
    """What wakepy talks to desktops with.

    Its own would name itself, not Rekindle, in the desktop's list of who keeps the computer awake, and would collect
    garbage on this thread, which must not happen (ui/garbage.py).
    """
    from jeepney import DBusAddress, new_method_call
    from jeepney.io.blocking import DBusConnection, open_dbus_connection
    from jeepney.wrappers import unwrap_msg
    from wakepy import DBusAdapter
    from wakepy.core import DBusMethodCall

    ours = {"application_name": "Rekindle", "app_id": "rekindle", "toplevel_xid": 0}
    ours |= dict.fromkeys(("reason", "reason_for_inhibit"), "Enhancing photos")

    class Adapter(DBusAdapter):
        def __init__(self) -> None:
            super().__init__()
            self._connection: DBusConnection | None = None

        def process(self, call: DBusMethodCall) -> object:
            method, named = call.method, call.get_kwargs()
            body = call.args if named is None else tuple(ours.get(name, value) for name, value in named.items())
            address = DBusAddress(method.path, method.service, method.interface)
            message = new_method_call(address, method.name, method.signature, body)
            try:
                if self._connection is None:
                    self._connection = open_dbus_connection(method.bus)
                return unwrap_msg(self._connection.send_and_get_reply(message, timeout=2))
            except BaseException:
                self.close_connections()
                raise

        def close_connections(self) -> None:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    return Adapter
