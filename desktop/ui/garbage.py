"""Python's cyclic garbage, collected on the GUI thread.

Python collects wherever an allocation happens to pass a threshold, on a worker's thread as well as on the GUI's. A
widget caught in a cycle would then be destroyed on a thread that must not touch it, and the process with it.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

_LOOK_MS = 1_000


class GuiGarbage(QObject):
    """From its making on, garbage is collected by a timer of the thread it lives on, and nowhere else."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        gc.disable()
        timer = QTimer(self, interval=_LOOK_MS)
        timer.timeout.connect(self.look)
        timer.start()

    def look(self) -> None:
        """Collects the oldest generation whose threshold has been passed, as Python itself would."""
        counts, thresholds = gc.get_count(), gc.get_threshold()
        for generation in (2, 1, 0):
            if counts[generation] > thresholds[generation] > 0:
                gc.collect(generation)
                return
