"""The thread that looks at a watched folder every few seconds."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from desktop.core import errors
from desktop.core.cancel import CancelToken
from desktop.core.watch import Listing, OurResults, Sighting, Stamp, Watch, list_photos, not_there, opened

logger = logging.getLogger(__name__)

# However many photos there are, looking takes a twentieth of one processor at most, and half of the share's time.
_RESTS_PER_WORK, _RESTS_PER_WAIT = 19, 1
# So many photos are handed over at once, so that whoever shows them can do something else in between.
_PORTION = 100
_BETWEEN_PORTIONS_S = 0.05


@dataclass(frozen=True)
class Pace:
    """How often a folder is looked at, and how long a photo must not have changed to be taken. In seconds."""

    look_s: float = 2.0
    settle_s: float = 5.0


@dataclass(frozen=True)
class Report:
    """What a patrol tells.

    Attributes:
        sighting: photos that have appeared, and names that are gone.
        trouble: what is wrong now, if anything.
        lost: the folder cannot be read at all, as long as the trouble lasts.
    """

    sighting: Sighting = field(default_factory=Sighting)
    trouble: errors.RekindleError | None = None
    lost: bool = False


class Patrol:
    """Watches one folder on a thread of its own from the moment it is made.

    The thread is a daemon that nobody waits for long: a network share that hangs must not hold up the window's end.
    """

    def __init__(
        self,
        folder: Path,
        ours: OurResults,
        taken: Mapping[str, Stamp],
        told: Callable[[Report], None],
        pace: Pace,
    ) -> None:
        """
        Args:
            ours: how results are known; may be replaced at any time.
            taken: photos that have been seen to already, by name.
            told: called on the patrol's thread with the first look and then whenever something has changed.
        """
        self.ours = ours
        self._folder = folder
        self._told = told
        self._pace = pace
        self._device: int | None = None
        self._stop = threading.Event()
        self._cancel = CancelToken()
        self._watch = Watch(taken, lambda name: opened(folder / name), pace.settle_s)
        self._thread = threading.Thread(target=self._go, name="patrol", daemon=True)
        self._thread.start()

    def stop(self, patience_s: float = 1.0) -> None:
        """Nothing is told any more once this has returned, but for what is just being told."""
        self._cancel.cancel()
        self._stop.set()
        self._thread.join(patience_s)

    def _go(self) -> None:
        last: Report | None = None
        while not self._stop.is_set():
            began, worked = time.monotonic(), time.thread_time()
            try:
                report = self._look()
            except errors.CancelledError:
                return
            sighting = report.sighting
            if last is None or sighting.photos or sighting.gone or _news(report) != _news(last):
                self._tell(report)
            last = report
            waited, worked = time.monotonic() - began, time.thread_time() - worked
            self._stop.wait(max(self._pace.look_s, _RESTS_PER_WORK * worked, _RESTS_PER_WAIT * waited))

    def _look(self) -> Report:
        try:
            listing = list_photos(self._folder, self.ours, self._cancel)
            self._cancel.check()
            self._require_same_disk(listing)
            sighting = self._watch.compare(listing)
            return Report(sighting, listing.trouble or _held(sighting.held))
        except errors.CancelledError:
            raise
        except errors.RekindleError as error:
            return Report(trouble=error, lost=True)
        except Exception as error:  # the next look may be luckier
            logger.exception("Looking at %s failed", self._folder)
            return Report(trouble=errors.unexpected(error), lost=True)

    def _require_same_disk(self, listing: Listing) -> None:
        """Where a disk or a share has been taken off, the empty folder it was mounted on may be left."""
        device, _ = listing.place
        if listing.photos:
            self._device = device
        elif self._device not in (None, device):
            raise not_there(self._folder)

    def _tell(self, report: Report) -> None:
        self._told(replace(report, sighting=replace(report.sighting, photos={})))
        names = iter(report.sighting.photos.items())
        while (portion := dict(islice(names, _PORTION))) and not self._stop.wait(_BETWEEN_PORTIONS_S):
            self._told(replace(report, sighting=Sighting(portion)))


def _news(report: Report) -> object:
    """What has to have changed since the last report to be worth another."""
    return report.lost, report.trouble.message if report.trouble else None


def _held(name: str | None) -> errors.RekindleError | None:
    if name is None:
        return None
    return errors.NoPermissionError(
        "“{name}” cannot be opened yet. Another program may be using it, or its permissions do not allow it.",
        name=name,
    )
