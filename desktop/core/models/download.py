"""Downloads of models: taken up where they broke off, checked before anybody can use them, once at a time."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit

import filelock

from desktop.core import errors, files
from desktop.core.cancel import CancelToken
from desktop.core.models import transfer
from desktop.core.models.catalogue import MIRROR, Model
from desktop.core.models.transfer import Timeouts

logger = logging.getLogger(__name__)

Progress = Callable[[int, int], None]
"""Told the bytes that are here, and how many it will be."""
Pause = Callable[[float, CancelToken], None]
"""Waits for so many seconds, or until cancelled."""

_FOLDER = "downloads"
# Room for what else the disk has to take meanwhile.
_SPARE_BYTES = 16 * 2**20
_LOOK_EVERY_S = 0.2
_FORGOTTEN_S = 30 * 86_400
# Without any connection it is tried once more, because routers wake up slowly; where a server was there, for longer.
_TRIES_UNREACHED, _TRIES_REACHED, _TRIES_IN_ALL = 2, 5, 40
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 30.0


def _wait(seconds: float, cancel: CancelToken) -> None:
    cancel.wait(seconds)
    cancel.check()


@dataclass
class Downloader:
    """Brings models into a folder.

    Attributes:
        folder: the store's.
        mirror: address of a folder to take all files from; each model's own address where empty. Files are the same
            wherever they come from, because their checksums are known.
    """

    folder: Path
    mirror: str = ""
    timeouts: Timeouts = field(default_factory=Timeouts)
    pause: Pause = _wait

    @classmethod
    def for_environment(cls, folder: Path) -> Downloader:
        return cls(folder, os.environ.get(MIRROR, ""))

    def address_of(self, model: Model) -> str:
        """Raises UsageError where the mirror's address is none, ModelMissingError for a model that has none."""
        if not self.mirror:
            if not model.url:
                raise errors.ModelMissingError(
                    "“{name}” cannot be downloaded: it was imported from a file. Import it again.", name=model.id
                )
            return model.url
        if urlsplit(self.mirror).scheme not in ("http", "https"):
            raise errors.UsageError(
                "“{address}” is no address to download models from. It has to begin with http:// or https://.",
                address=self.mirror,
            )
        return f"{self.mirror.rstrip('/')}/{quote(model.file)}"

    @contextlib.contextmanager
    def fetched(
        self,
        model: Model,
        *,
        here_already: Callable[[], bool] = lambda: False,
        progress: Progress | None = None,
        waiting: Callable[[], None] | None = None,
        cancel: CancelToken | None = None,
    ) -> Iterator[Path | None]:
        """Gives a verified file to be moved to where it belongs; nobody else downloads this model until then.

        Args:
            here_already: asked when it is our turn; gives None where the model came while we waited.
            waiting: told, once, that another window or command is downloading it.

        Raises:
            CancelledError: what has arrived is kept for next time.
            DownloadFailedError, NoSpaceError, NoPermissionError, NotFoundError, InternalError
        """
        address, cancel = self.address_of(model), cancel or CancelToken()
        part = self.part_of(model)
        try:
            part.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise errors.while_writing(error, part) from error
        _sweep(part)
        with self._turn(model, cancel, waiting), _no_empty(part):
            if here_already():
                yield None
                return
            try:
                self._complete(model, part, address, progress or (lambda _here, _all: None), cancel)
                self._require_whole(model, part, address)
            except OSError as error:
                if error.errno in (errno.ENOSPC, errno.EDQUOT):
                    _forget(part)  # a disk must not stay full for a download that has no room on it
                raise errors.while_writing(error, self.folder / model.file) from error
            yield part

    def part_of(self, model: Model) -> Path:
        """Named by checksum: the rest of another file is never taken for the rest of this one."""
        return self.folder / _FOLDER / f"{model.sha256}.part"

    def forget(self, model: Model) -> None:
        """Throws away what has arrived of it."""
        _forget(self.part_of(model))

    @contextlib.contextmanager
    def _turn(self, model: Model, cancel: CancelToken, waiting: Callable[[], None] | None) -> Iterator[None]:
        lock = filelock.FileLock(self.folder / _FOLDER / f"{model.sha256}.lock")
        told = False
        while True:
            cancel.check()
            try:
                lock.acquire(timeout=0)
                break
            except filelock.Timeout:
                if waiting is not None and not told:
                    waiting()
                told = True
                cancel.wait(_LOOK_EVERY_S)
            except (OSError, NotImplementedError) as error:
                # A disk that takes no locks: two at once may spoil each other's download, never the model.
                logger.info("Downloads cannot be locked: %s", error)
                break
        try:
            yield
        finally:
            lock.release()

    def _complete(self, model: Model, part: Path, address: str, progress: Progress, cancel: CancelToken) -> None:
        """Brings the part to its full size."""
        if _size(part) > model.bytes:
            _forget(part)
        _require_room(model, part)
        failures, reached = 0, False
        for _ in range(_TRIES_IN_ALL):
            before = _size(part)
            progress(before, model.bytes)
            if before == model.bytes:
                return
            try:
                _receive_into(part, address, model.bytes, progress, cancel, self.timeouts)
                continue
            except transfer.UnfitRestError:
                _forget(part)
                lost = transfer.LostError("it does not go on from the middle", reached=True)
            except transfer.LostError as error:
                lost = error
            except (transfer.RefusedError, transfer.UntrustedError, transfer.TooLargeError) as error:
                if isinstance(error, transfer.TooLargeError):
                    _forget(part)
                raise _in_words(error, model, address) from error
            failures = 0 if _size(part) > before else failures + 1
            reached = reached or lost.reached or not failures
            if failures >= (_TRIES_REACHED if reached else _TRIES_UNREACHED):
                raise _lost(model, address, part, reached=reached) from lost
            logger.info("%s: %s, another try", address, lost)
            usual = _FIRST_PAUSE_S * 2 ** max(0, failures - 1)
            self.pause(min(_LONGEST_PAUSE_S, max(usual, lost.after_s)), cancel)
        raise _lost(model, address, part, reached=True)

    def _require_whole(self, model: Model, part: Path, address: str) -> None:
        with part.open("rb+") as handle:  # for writing, because Windows flushes only such handles
            os.fsync(handle.fileno())
        if files.sha256_of(part) != model.sha256:
            _forget(part)
            raise errors.DownloadFailedError(
                "What came from “{host}” is not the model “{name}”, or was damaged on the way: its checksum is wrong. "
                "It has been thrown away; try again later.",
                host=transfer.host_of(address),
                name=model.id,
            )


def _receive_into(
    part: Path, address: str, size: int, progress: Progress, cancel: CancelToken, timeouts: Timeouts
) -> None:
    start = _size(part)
    with part.open("ab", buffering=0) as out:  # what has arrived is kept, however this process ends
        for message in transfer.receive(address, start, size, cancel, timeouts):
            if isinstance(message, transfer.Opened):
                if message.start != start:
                    out.truncate(message.start)
                continue
            rest = memoryview(message)
            while rest:  # a disk that is nearly full takes a part and says no to the next
                rest = rest[out.write(rest) :]
            progress(out.tell(), size)


def _size(part: Path) -> int:
    try:
        return part.stat().st_size
    except FileNotFoundError:
        return 0


def _sweep(own: Path) -> None:
    """Throws away what arrived of other models long ago: nobody goes on with that any more."""
    for part in own.parent.glob("*.part"):
        with contextlib.suppress(OSError):
            if part != own and time.time() - part.stat().st_mtime > _FORGOTTEN_S:
                part.unlink()


@contextlib.contextmanager
def _no_empty(part: Path) -> Iterator[None]:
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            if not _size(part):
                _forget(part)


def _forget(part: Path) -> None:
    with contextlib.suppress(OSError):
        part.unlink(missing_ok=True)


def _require_room(model: Model, part: Path) -> None:
    needed, free = model.bytes - _size(part), shutil.disk_usage(part.parent).free
    if needed and needed + _SPARE_BYTES > free:
        raise errors.NoSpaceError(
            "The model “{name}” needs {needed:.0f} MB on the disk of “{folder}”, {free:.0f} MB are free. Free some "
            "space and try again.",
            name=model.id,
            needed=(needed + _SPARE_BYTES) / 1e6,
            free=free / 1e6,
            folder=str(part.parent.parent),
        )


def _lost(model: Model, address: str, part: Path, *, reached: bool) -> errors.DownloadFailedError:
    if not reached:
        return errors.DownloadFailedError(
            "“{name}” could not be downloaded: there is no connection to “{host}”. What is installed works without; "
            "try again when this computer is online.",
            name=model.id,
            host=transfer.host_of(address),
        )
    return errors.DownloadFailedError(
        "The download of “{name}” from “{host}” broke off. What has arrived is kept, {here:.1f} of {size:.1f} MB: try "
        "again later.",
        name=model.id,
        host=transfer.host_of(address),
        here=_size(part) / 1e6,
        size=model.bytes / 1e6,
    )


def _in_words(error: Exception, model: Model, address: str) -> errors.DownloadFailedError:
    host = transfer.host_of(address)
    if isinstance(error, transfer.UntrustedError):
        return errors.DownloadFailedError(
            "“{name}” could not be downloaded: this computer does not trust the certificate of “{host}”. Whoever looks "
            "after this network can install the right one.",
            name=model.id,
            host=host,
        )
    if isinstance(error, transfer.TooLargeError):
        return errors.DownloadFailedError(
            "“{name}” could not be downloaded: what “{host}” sends has the wrong size. Perhaps this network shows a "
            "page of its own first, to sign in.",
            name=model.id,
            host=host,
        )
    status = error.status if isinstance(error, transfer.RefusedError) else 0
    return errors.DownloadFailedError(
        "“{name}” could not be downloaded: “{host}” does not hand it out ({reason}). Import the file if you have it.",
        name=model.id,
        host=host,
        reason=f"{status} {error}".strip() if status else str(error),
    )
