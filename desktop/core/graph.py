"""A TensorFlow graph (.pb) read without TensorFlow: its nodes, what feeds them, and their constants.

Reads the wire format of protocol buffers (protobuf.dev/programming-guides/encoding) as far as tensorflow's graph.proto,
node_def.proto, attr_value.proto and tensor.proto need it, and takes nothing on trust: the file may be a stranger's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

_MOST_NODES = 20_000
_VARINT, _EIGHT_BYTES, _LENGTH, _FOUR_BYTES = 0, 1, 2, 5
_LONGEST_VARINT = 10
# tensor.proto: where numbers stand as they are, and where as lists. types.proto: bytes of float, int32, quint8, half.
_CONTENT, _LISTS = 4, (5, 7, 13)
_BYTES = {1: 4, 3: 4, 12: 1, 19: 2}
_NUMBERS: dict[int, np.dtype[Any]] = {1: np.dtype("<f4"), 3: np.dtype("<i4"), 12: np.dtype("u1"), 19: np.dtype("<f2")}

Value = int | memoryview


class Fault(Enum):
    """Why a file is no graph."""

    EMPTY = "it is empty"
    TEXT = "it is a text"
    ONNX = "it is an ONNX model"
    SAVED_MODEL = "it is a TensorFlow SavedModel"
    TORCH = "it is a PyTorch file or another archive"
    OTHER_WEIGHTS = "it is a network of another format"
    CUT_OFF = "it is cut off: its end is missing"
    UNKNOWN = "it is no TensorFlow graph"


class NotAGraphError(ValueError):
    """``fault`` says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True)
class Node:
    """One step of the calculation.

    Attributes:
        op: TensorFlow's name of it, such as "Conv2D".
        inputs: names of the nodes that feed it; control inputs left out.
        shape: of a constant; None for everything else.
        whole: whether a constant holds as many numbers as its shape says: who believes the shape reads past the end.
        block: of a DepthToSpace; 0 for everything else.
        strides: of a convolution.
        padding: of a convolution, such as "SAME".
        kind, numbers: of a constant, its type's number in types.proto and what it holds, see ``constant``.
    """

    name: str
    op: str
    inputs: tuple[str, ...]
    shape: tuple[int, ...] | None = None
    whole: bool = True
    block: int = 0
    strides: tuple[int, ...] = ()
    padding: str = ""
    kind: int = 0
    numbers: bytes = field(default=b"", repr=False)


def constant(node: Node) -> NDArray[Any]:
    """What a constant that is whole holds, in its shape: float32, int32, uint8 or float16.

    Raises:
        ValueError: it is no such constant.
    """
    if node.shape is None or not node.whole:
        raise ValueError(f"{node.name} is no whole constant")
    return np.frombuffer(node.numbers, _NUMBERS[node.kind]).reshape(node.shape)


def read(content: bytes) -> dict[str, Node]:
    """The nodes by name. Raises NotAGraphError."""
    if fault := _known_stranger(content):
        raise NotAGraphError(fault)
    nodes: dict[str, Node] = {}
    try:
        for number, kind, value in _fields(memoryview(content)):
            if number == 1 and isinstance(value, memoryview):
                node = _node(value)
                nodes[node.name] = node
            elif kind != _LENGTH and not nodes:
                break
            if len(nodes) > _MOST_NODES:
                raise NotAGraphError(Fault.UNKNOWN)
    except _CutOffError:
        raise NotAGraphError(Fault.CUT_OFF if nodes else _onnx_or_unknown(content)) from None
    except ValueError as error:
        raise NotAGraphError(_onnx_or_unknown(content)) from error
    if not nodes:
        raise NotAGraphError(_onnx_or_unknown(content))
    return nodes


class _CutOffError(ValueError):
    """A part is said to go on beyond the end."""


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    result = 0
    for count in range(_LONGEST_VARINT):
        if at + count >= len(data):
            raise _CutOffError
        byte = data[at + count]
        result |= (byte & 0x7F) << (7 * count)
        if byte < 0x80:
            return result, at + count + 1
    raise ValueError("a number that does not end")


def _fields(data: memoryview) -> Iterator[tuple[int, int, Value]]:
    """(field number, wire type, value) one after another."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, kind = key >> 3, key & 7
        if kind == _VARINT:
            value, at = _varint(data, at)
            yield number, kind, value
            continue
        if kind == _LENGTH:
            size, at = _varint(data, at)
        elif kind in (_EIGHT_BYTES, _FOUR_BYTES):
            size = 8 if kind == _EIGHT_BYTES else 4
        else:
            raise ValueError(f"wire type {kind}")
        if number == 0:
            raise ValueError("field 0")
        if at + size > len(data):
            raise _CutOffError
        yield number, kind, data[at : at + size]
        at += size


def _node(data: memoryview) -> Node:
    name, op, inputs = "", "", []
    found: dict[str, memoryview] = {}
    try:
        for number, _, value in _fields(data):
            if not isinstance(value, memoryview):
                continue
            match number:
                case 1:
                    name = _text(value)
                case 2:
                    op = _text(value)
                case 3:
                    inputs.append(_text(value))
                case 5:
                    entry = {key: part for key, _, part in _fields(value)}
                    if isinstance(key := entry.get(1), memoryview) and isinstance(part := entry.get(2), memoryview):
                        found[_text(key)] = part
        attributes = {key: {number: part for number, _, part in _fields(value)} for key, value in found.items()}
        fed = tuple(one.removesuffix(":0") for one in inputs if not one.startswith("^"))
        block, padding = attributes.get("block_size", {}).get(3, 0), attributes.get("padding", {}).get(2, b"")
        tensor = _constant(attributes.get("value", {}).get(8)) if op == "Const" else _Tensor()
        return Node(
            name,
            op,
            fed,
            tensor.shape,
            tensor.whole,
            block if isinstance(block, int) else 0,
            _integers(attributes.get("strides", {}).get(1)),
            "" if isinstance(padding, int) else _text(padding),
            tensor.kind,
            bytes(tensor.numbers),
        )
    except _CutOffError as error:  # within a part that is whole: nonsense rather than a missing end
        raise ValueError("a node that makes no sense") from error


def _text(value: memoryview | bytes) -> str:
    return bytes(value).decode("utf-8")  # UnicodeDecodeError is a ValueError


@dataclass(frozen=True)
class _Tensor:
    shape: tuple[int, ...] | None = None
    whole: bool = True
    kind: int = 0
    numbers: bytes | memoryview = b""


def _constant(tensor: Value | None) -> _Tensor:
    """Of a TensorProto; a scalar's shape is empty."""
    if not isinstance(tensor, memoryview):
        return _Tensor(whole=False)
    sides: list[int] = []
    kind = 0
    held: bytes | memoryview = b""
    for number, _, value in _fields(tensor):
        if number == 1 and isinstance(value, int):
            kind = value
        elif number == _CONTENT and isinstance(value, memoryview):
            held = value
        elif number in _LISTS:  # packed, or one by one
            size = _BYTES.get(kind, 0)
            one = value if isinstance(value, memoryview) else (value & (1 << 8 * size) - 1).to_bytes(size, "little")
            held = bytes(held) + bytes(one)
        elif number == 2 and isinstance(value, memoryview):
            for inner, _, dimension in _fields(value):
                if inner == 2 and isinstance(dimension, memoryview):
                    side = {key: part for key, _, part in _fields(dimension)}.get(1, 0)
                    sides.append(side if isinstance(side, int) else 0)
    whole = kind in _BYTES and len(held) == _BYTES[kind] * prod(sides)
    return _Tensor(tuple(sides), whole, kind, held)


def _integers(listed: Value | None) -> tuple[int, ...]:
    """Of an AttrValue's list, packed or one by one."""
    if not isinstance(listed, memoryview):
        return ()
    numbers: list[int] = []
    for number, _, value in _fields(listed):
        if number != 3:
            continue
        if isinstance(value, int):
            numbers.append(value)
            continue
        at = 0
        while at < len(value):
            one, at = _varint(value, at)
            numbers.append(one)
    return tuple(numbers)


def _known_stranger(content: bytes) -> Fault | None:
    """What people take for such a file, told by its first bytes."""
    if not content:
        return Fault.EMPTY
    if content[:4] in (b"PK\x03\x04", b"\x1f\x8b\x08\x00") or content[:2] == b"\x80\x02":
        return Fault.TORCH
    if content[4:8] == b"TFL3" or content[:4] == b"\x89HDF" or content[:8] == b"\x93NUMPY":
        return Fault.OTHER_WEIGHTS
    start = content[:512]
    if all(byte in b"\t\n\r\f\x1b" or byte >= 32 for byte in start) and _is_text(start):
        return Fault.TEXT
    return None


def _is_text(start: bytes) -> bool:
    try:
        # A sign of several bytes may be cut in two.
        return not start[:-3].decode("utf-8").startswith("\x0a\x0b") if len(start) > 3 else start.isascii()
    except UnicodeDecodeError:
        return False


def _onnx_or_unknown(content: bytes) -> Fault:
    """An ONNX ModelProto begins with its version (field 1, a number) and holds its graph as field 7."""
    seen: set[int] = set()
    try:
        for number, kind, value in _fields(memoryview(content)):
            if number == 1 and (kind != _VARINT or (isinstance(value, int) and value > 1000)):
                return Fault.UNKNOWN
            if number > 25:
                return Fault.UNKNOWN
            seen.add(number)
            if 7 in seen and 1 in seen:
                return Fault.ONNX
    except ValueError:
        return Fault.ONNX if 1 in seen and {2, 3, 8} & seen and content[:1] == b"\x08" else Fault.UNKNOWN
    return Fault.SAVED_MODEL if seen == {1, 2} else Fault.UNKNOWN
