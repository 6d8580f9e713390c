"""Messages between two processes: a JSON object, and arrays of numbers as raw bytes behind it."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

_HEAD = struct.Struct(">I")
_LONGEST_JSON = 2**20
_TYPES = ("uint8", "uint16", "float32")

Array = NDArray[Any]


class BrokenFrameError(ValueError):
    """What came is no message, or larger than was agreed."""


class CutShortError(BrokenFrameError):
    """The stream ended in the middle of a message."""


@dataclass(frozen=True, eq=False)
class Frame:
    """One message. ``arrays`` of uint8, uint16 or float32 in any shape."""

    content: dict[str, Any]
    arrays: Sequence[Array] = field(default_factory=tuple)


def send(stream: BinaryIO, frame: Frame) -> None:
    """Raises OSError where nobody listens any more."""
    # The bytes are taken from where they lie; only an array with gaps has to be copied.
    arrays = [np.ascontiguousarray(array) for array in frame.arrays]
    described = [[array.dtype.name, array.shape] for array in arrays]
    head = json.dumps([frame.content, described]).encode()
    stream.write(_HEAD.pack(len(head)))
    stream.write(head)
    for array in arrays:
        if array.size:
            stream.write(_bytes_of(array))
    stream.flush()


def receive(stream: BinaryIO, most_bytes: int) -> Frame | None:
    """The next message, None at the end of the stream.

    Args:
        most_bytes: more than this is refused before memory is taken for it.

    Raises:
        BrokenFrameError: it makes no sense, ends in the middle, or is too large.
    """
    first = stream.read(_HEAD.size)
    if not first:
        return None
    if len(first) < _HEAD.size:
        raise CutShortError("ended within a message")
    (size,) = _HEAD.unpack(first)
    if size > _LONGEST_JSON:
        raise BrokenFrameError(f"a head of {size} bytes")
    head = _exactly(stream, size)
    try:
        content, described = json.loads(head)
        shapes = [(np.dtype(_known(name)), tuple(int(side) for side in shape)) for name, shape in described]
    except (ValueError, TypeError, RecursionError) as error:
        raise BrokenFrameError("a head that cannot be read") from error
    if not isinstance(content, dict) or any(side < 0 for _, shape in shapes for side in shape):
        raise BrokenFrameError("a head that makes no sense")
    if sum(kind.itemsize * _count(shape) for kind, shape in shapes) > most_bytes:
        raise BrokenFrameError("more than was agreed")
    return Frame(content, [_array(stream, kind, shape) for kind, shape in shapes])


def _known(name: object) -> str:
    if name not in _TYPES:
        raise ValueError(f"numbers of type {name}")
    return str(name)


def _count(shape: tuple[int, ...]) -> int:
    count = 1
    for side in shape:
        count *= side
    return count


def _array(stream: BinaryIO, kind: np.dtype[Any], shape: tuple[int, ...]) -> Array:
    array = np.empty(shape, kind)
    room = _bytes_of(array) if array.size else memoryview(b"")
    while room:
        got = stream.readinto(room)  # type: ignore[attr-defined]
        if not got:
            raise CutShortError("ended within a message")
        room = room[got:]
    return array


def _bytes_of(array: Array) -> memoryview:
    return memoryview(array).cast("B")  # type: ignore[arg-type]


def _exactly(stream: BinaryIO, size: int) -> bytes:
    content = stream.read(size)
    if len(content) < size:
        raise CutShortError("ended within a message")
    return content
