"""Memory that two processes see, so that large arrays need not go through a pipe."""

from __future__ import annotations

import itertools
import mmap
import os
import sys
import tempfile
from typing import Any

import numpy as np
from numpy.typing import NDArray

_numbers = itertools.count()


class SharedBlock:
    """Made by a parent, which hands it on to a child; grows and shrinks. One side writes while the other waits.

    On Linux it is memory without a name, on macOS a file without one, and both are handed on as a descriptor. Windows
    finds it by a name that only this person's programs can use.

    Attributes:
        descriptors: what the child has to inherit.
    """

    def __init__(self, descriptor: int | None = None) -> None:
        """``descriptor``: inherited, in a child; made anew where None."""
        self.descriptors: tuple[int, ...] = ()
        self._map: mmap.mmap | None = None
        self._size, self._name = 0, ""
        if sys.platform == "win32":
            return
        if descriptor is None:
            if hasattr(os, "memfd_create"):
                descriptor = os.memfd_create("rekindle")
            else:
                with tempfile.TemporaryFile() as file:
                    descriptor = os.dup(file.fileno())
        self.descriptors = (descriptor,)

    def resize(self, size: int) -> None:
        """In the parent. What was in it may be lost, and so are arrays that were made of it."""
        if size == self._size:
            return
        if sys.platform == "win32":
            name = f"Local\\rekindle-{os.getpid()}-{next(_numbers)}"
        else:
            name = ""
            self._map = None
            os.ftruncate(self.descriptors[0], size)
        self._open(size, name)

    @property
    def told(self) -> dict[str, Any]:
        """What the child has to know before it looks."""
        return {"size": self._size, "name": self._name}

    def follow(self, told: dict[str, Any]) -> None:
        """In the child: sees what the parent sees."""
        if (told["size"], told["name"]) != (self._size, self._name):
            self._open(int(told["size"]), str(told["name"]))

    def _open(self, size: int, name: str) -> None:
        self._map = None
        if size:
            if sys.platform == "win32":
                self._map = mmap.mmap(-1, size, tagname=name)
            else:
                self._map = mmap.mmap(self.descriptors[0], size)
        self._size, self._name = size, name

    def array(self, shape: tuple[int, ...], start: int = 0) -> NDArray[np.float32]:
        """Numbers at a place, which both sides see."""
        assert self._map is not None
        count = int(np.prod(shape, dtype=np.int64))
        return np.frombuffer(self._map, np.float32, count, start).reshape(shape)

    def bytes(self, size: int) -> memoryview:
        """The first bytes, which both sides see."""
        assert self._map is not None
        return memoryview(self._map)[:size]

    def close(self) -> None:
        """Nothing of it is left once the arrays are gone."""
        self._map = None
        for descriptor in self.descriptors:
            os.close(descriptor)
        self.descriptors = ()
