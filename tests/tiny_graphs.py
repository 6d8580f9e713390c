"""EDSR networks of a few kilobytes, written without TensorFlow: for tests that need two of a kind, or a damaged one.

The wire format is protobuf's: a field's number and kind, then a number, or a length and that many bytes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

# tensorflow/core/framework/types.proto
_TYPES = {"float32": 1, "int32": 3, "float16": 19}


def _number(value: int) -> bytes:
    value &= 2**64 - 1  # -1 is written as ten bytes
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out) + bytes([value])


def _field(field: int, content: bytes | int) -> bytes:
    if isinstance(content, int):
        return _number(field << 3) + _number(content)
    return _number(field << 3 | 2) + _number(len(content)) + content


def _node(name: str, operation: str, inputs: tuple[str, ...] = (), **attributes: bytes) -> bytes:
    content = _field(1, name.encode()) + _field(2, operation.encode())
    content += b"".join(_field(3, each.encode()) for each in inputs)
    for key, value in attributes.items():
        content += _field(5, _field(1, key.encode()) + _field(2, value))
    return _field(1, content)


def _shape(sides: tuple[int, ...]) -> bytes:
    return b"".join(_field(2, _field(1, side)) for side in sides)


def _constant(name: str, value: NDArray[Any]) -> bytes:
    kind = _TYPES[value.dtype.name]
    tensor = _field(1, kind) + _field(2, _shape(value.shape)) + _field(4, np.ascontiguousarray(value).tobytes())
    return _node(name, "Const", dtype=_field(6, kind), value=_field(8, tensor))


def _whole_numbers(*values: int) -> bytes:
    return _field(1, b"".join(_field(3, value) for value in values))


_FLOAT = _field(6, 1)
_ORDER = {"data_format": _field(2, b"NHWC")}


def tiny_edsr(scale: int = 3, seed: int = 0, features: int = 4, stored: str = "float32", gain: float = 1.0) -> bytes:
    """A GraphDef in the form of models/training/export_pb.py: one block of ``features``, random but tame weights.

    What it answers is the picture enlarged by nearest neighbour, times ``gain``, and a little of its own by ``seed``.

    Args:
        stored: the type of its constants, float32 or float16.
    """
    random = np.random.default_rng(seed)
    nodes: list[bytes] = []

    def conv(source: str, name: str, weights: NDArray[Any]) -> str:
        biases = random.normal(0, 0.01, weights.shape[0])
        nodes.append(_constant(name, weights.transpose(2, 3, 1, 0).astype(stored)))
        steps = _whole_numbers(1, 1, 1, 1)
        attributes = {"T": _FLOAT, "strides": steps, "dilations": steps, "padding": _field(2, b"SAME"), **_ORDER}
        nodes.append(_node(f"{name}/conv", "Conv2D", (source, name), **attributes))
        nodes.append(_constant(f"{name}_b", biases.astype(stored)))
        nodes.append(_node(f"{name}/add", "AddV2", (f"{name}/conv", f"{name}_b"), T=_FLOAT))
        return f"{name}/add"

    def kernels(outputs: int, inputs: int, strength: float) -> NDArray[Any]:
        return random.normal(0, strength, (outputs, inputs, 3, 3))

    first, last = kernels(features, 3, 0.001), kernels(3 * scale * scale, features, 0.001)
    for colour in range(3):
        first[colour, colour, 1, 1] += 1
        last[colour::3, colour, 1, 1] += gain
    nodes.append(_node("IteratorGetNext", "Placeholder", dtype=_FLOAT, shape=_field(7, _shape((-1, -1, -1, 3)))))
    head = conv("IteratorGetNext", "head", first)
    inner = conv(head, "b0a", kernels(features, features, 0.02))
    nodes.append(_node("Relu", "Relu", (inner,), T=_FLOAT))
    block = conv("Relu", "b0b", kernels(features, features, 0.02))
    nodes.append(_node("sum", "AddV2", (head, block), T=_FLOAT))
    up = conv("sum", "up", last)
    nodes.append(_node("NHWC_output", "DepthToSpace", (up,), T=_FLOAT, block_size=_field(3, scale), **_ORDER))
    nodes.append(_constant("NCHW_output/perm", np.array((0, 3, 1, 2), np.int32)))
    permuted = ("NHWC_output", "NCHW_output/perm")
    nodes.append(_node("NCHW_output", "Transpose", permuted, T=_FLOAT, Tperm=_field(6, 3)))
    return b"".join(nodes)
