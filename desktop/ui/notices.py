"""What the person should know although the work goes on, from whichever thread finds out."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal


class Notices(QObject):
    """Brings notices to the GUI thread.

    Signals:
        given(error: RekindleError): emit it from any thread.
    """

    given = Signal(object)
