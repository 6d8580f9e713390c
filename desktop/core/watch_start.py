"""Before a folder is watched: whether it can be, and what in it is to be left alone."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, replace
from pathlib import Path

from desktop.core import errors
from desktop.core.cancel import CancelToken
from desktop.core.files import TEMP_PREFIX, TEMP_SUFFIX
from desktop.core.naming import same_file
from desktop.core.settings import Watching
from desktop.core.watch import OurResults, Stamp, list_photos, unwatchable


@dataclass(frozen=True)
class Change:
    """From one choice of what is watched to another.

    Attributes:
        also: photos that are in the folder already are wanted too.
    """

    before: Watching
    after: Watching
    also: bool = False

    @property
    def goes_on(self) -> bool:
        """Whether the same folder goes on being watched."""
        return self.before.on and self.before.folder == self.after.folder

    @property
    def asks_differently(self) -> bool:
        """Whether earlier results are not what is asked for now."""
        return replace(self.before, on=True) != replace(self.after, on=True)

    def left_alone(self, ours: OurResults, cancel: CancelToken | None = None) -> dict[str, Stamp]:
        """The photos in the folder that are not wanted.

        Args:
            ours: how results are known from now on.

        Raises:
            RekindleError: the folder cannot be read, or ``cancel`` said so.
        """
        now = list_photos(Path(self.after.folder), ours, cancel).photos
        if not (self.also or self.goes_on):
            return dict(now)
        if self.before.folder != self.after.folder or self.before.output == self.after.output:
            return {}
        # What lies in the folder that was the one for results would look like new photos.
        earlier = replace(ours, folders=(*ours.folders, Path(self.before.output)))
        photos = list_photos(Path(self.after.folder), earlier, cancel).photos
        return {name: stamp for name, stamp in now.items() if name not in photos}


def require_usable(watching: Watching) -> None:
    """Makes sure that what is chosen can be watched; makes the folder for results where there is none.

    Raises:
        RekindleError: it cannot, and why.
    """
    if not watching.folder or not watching.output:
        raise errors.UsageError("Choose a folder to watch and a folder for the results.")
    folder, output = Path(watching.folder), Path(watching.output)
    try:
        with os.scandir(folder):
            pass
    except OSError as error:
        raise unwatchable(error, folder) from error
    if same_file(folder, output):
        raise errors.UsageError(
            "Choose another folder for the results: in the watched one they would be taken for new photos."
        )
    probe = output / f"{TEMP_PREFIX}{os.getpid()}-{secrets.token_hex(6)}{TEMP_SUFFIX}"
    try:
        output.mkdir(parents=True, exist_ok=True)
        probe.touch(exist_ok=False)
        probe.unlink()
    except OSError as error:
        raise errors.NoPermissionError(
            "Nothing can be saved in “{folder}” ({reason}). Choose another folder for the results.",
            folder=str(output),
            reason=error.strerror or str(error),
        ) from error
