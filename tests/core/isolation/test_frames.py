"""Messages arrive as they were sent, and nothing else is taken for one."""

from __future__ import annotations

import io
import json
import struct

import numpy as np
import pytest

from desktop.core.isolation.frames import BrokenFrameError, CutShortError, Frame, receive, send


def sent(*frames: Frame) -> io.BufferedReader:
    stream = io.BytesIO()
    for frame in frames:
        send(stream, frame)
    return io.BufferedReader(io.BytesIO(stream.getvalue()))  # type: ignore[arg-type]


def raw(head: bytes, size: int | None = None) -> io.BufferedReader:
    content = struct.pack(">I", len(head) if size is None else size) + head
    return io.BufferedReader(io.BytesIO(content))  # type: ignore[arg-type]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("shape", [(0,), (1,), (3, 4), (5, 0, 3), (2, 3, 4)])
def test_arrays_arrive_as_they_were_sent(dtype: type, shape: tuple[int, ...]) -> None:
    array = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
    frame = receive(sent(Frame({"a": 1}, [array, array[..., :1]])), 10_000)
    assert frame is not None
    assert frame.content == {"a": 1}
    assert [found.dtype for found in frame.arrays] == [array.dtype] * 2
    assert all(np.array_equal(a, b) for a, b in zip(frame.arrays, [array, array[..., :1]], strict=True))


def test_messages_follow_each_other_until_the_end() -> None:
    stream = sent(Frame({"n": 1}, [np.zeros(3, np.uint8)]), Frame({"n": 2}))
    assert [receive(stream, 100).content["n"] for _ in range(2)] == [1, 2]  # type: ignore[union-attr]
    assert receive(stream, 100) is None


def test_more_than_was_agreed_is_refused() -> None:
    frame = Frame({}, [np.zeros(10, np.uint16)])
    assert receive(sent(frame), 20) is not None
    with pytest.raises(BrokenFrameError, match="agreed"):
        receive(sent(frame), 19)


@pytest.mark.parametrize("cut", [2, 6, -1])
def test_half_a_message_is_none(cut: int) -> None:
    stream = io.BytesIO()
    send(stream, Frame({"name": "a"}, [np.zeros(9, np.uint8)]))
    with pytest.raises(CutShortError):
        receive(io.BufferedReader(io.BytesIO(stream.getvalue()[:cut])), 100)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "head",
    [
        b"not json",
        b"[]",
        b"[1, 2]",
        b'[[], [["uint8", [1]]]]',
        b'[{}, [["object", [1]]]]',
        b'[{}, [["float64", [1]]]]',
        b'[{}, [["uint8", [-1]]]]',
        b'[{}, [["uint8", ["x"]]]]',
        b'[{}, [["uint8", [1e99]]]]',
        b"[" * 100_000,
        json.dumps([{}, [["uint8", [2**40, 2**40]]]]).encode(),
    ],
)
def test_nonsense_is_refused(head: bytes) -> None:
    with pytest.raises(BrokenFrameError):
        receive(raw(head), 1000)


def test_an_endless_head_is_refused() -> None:
    with pytest.raises(BrokenFrameError, match="head of"):
        receive(raw(b"{}", 2**31), 1000)
