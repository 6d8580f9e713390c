"""Whose the names on disk are: no result takes the place of an original, or of another photo's result."""

from __future__ import annotations

import os
import threading
import unicodedata
from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from desktop.core.naming import same_file


@dataclass(frozen=True)
class _Claim:
    """A file that is somebody's: the result of ``source``, or an original where that is None."""

    path: Path
    source: Path | None


class Claims:
    """What is known of a batch's files. May be told and asked on any thread.

    Two names are compared as the most forgiving disk would, and where they could be one, the disk itself is asked
    whether they are.
    """

    def __init__(self) -> None:
        # Telling never waits for the disk; what was told is looked up when something is asked.
        self._told: deque[_Claim] = deque()
        self._by_name: dict[str, list[_Claim]] = defaultdict(list)
        self._asking = threading.Lock()

    def protect(self, originals: Iterable[Path]) -> None:
        """Photos of the batch. None of them is ever replaced, whatever the results are called."""
        self._told.extend(_Claim(path, None) for path in originals)

    def note(self, target: Path, source: Path) -> None:
        """``target`` is the result of ``source`` from now on."""
        self._told.append(_Claim(target, source))

    def is_original(self, target: Path) -> bool:
        """Whether an existing file is a photo of the batch."""
        return any(claim.source is None for claim in self._on(target))

    def is_anothers(self, target: Path, source: Path) -> bool:
        """Whether an existing file is the result of another photo than ``source``."""
        return any(claim.source not in (None, source) for claim in self._on(target))

    def is_own(self, target: Path, source: Path) -> bool:
        """Whether an existing file is known to be a result of ``source``."""
        return any(claim.source == source for claim in self._on(target))

    def _on(self, target: Path) -> list[_Claim]:
        with self._asking:
            self._take_in()
            found = [claim for key in self._keys(target, {}) for claim in self._by_name.get(key, ())]
        return [claim for claim in found if _is_one(claim.path, target)]

    def _take_in(self) -> None:
        folders: dict[Path, str] = {}
        while self._told:
            claim = self._told.popleft()
            for key in self._keys(claim.path, folders):
                before = self._by_name[key]
                if claim.source is not None:
                    before[:] = [old for old in before if old.source is None or not _is_one(old.path, claim.path)]
                before.append(claim)

    @staticmethod
    def _keys(path: Path, folders: dict[Path, str]) -> set[str]:
        """The name, and where it is a link, what it leads to; ``folders`` keeps what has been looked up."""
        if path.parent not in folders:
            folders[path.parent] = os.path.realpath(path.parent)
        keys = {folded(os.path.join(folders[path.parent], path.name))}
        if path.is_symlink():
            keys.add(folded(os.path.realpath(path)))
        return keys


def folded(name: str) -> str:
    """The same for all names that some disk takes for one: of any case, composed or not."""
    # Both ways, because neither of them alone joins all that one disk or another does: ß and SS, ı and I, ſ and S.
    return unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).upper().casefold())


def _is_one(one: Path, other: Path) -> bool:
    return one == other or same_file(one, other)
