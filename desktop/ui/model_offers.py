"""Which models can be chosen at this moment, for every place in the window that offers them."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from desktop.core.models.catalogue import Catalogue
from desktop.core.models.store import Store
from desktop.ui.tasks import TaskPool


class ModelOffers(QObject):
    """
    Signals:
        changed(): other models are here than before.
    """

    changed = Signal()

    def __init__(self, store: Store, disk: TaskPool, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._disk = disk
        self.catalogue: Catalogue = store.usable()

    def look_again(self) -> None:
        """After models were installed, imported or removed. Asks the disk in the background."""
        self._disk.run(self._store.usable, self._take)

    def _take(self, found: Catalogue) -> None:
        if found.models != self.catalogue.models:
            self.catalogue = found
            self.changed.emit()
