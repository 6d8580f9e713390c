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


class _Writer:
    """Collects nodes; every step gives the name of what it made."""

    def __init__(self, stored: str, seed: int, channels: int) -> None:
        self.nodes: list[bytes] = []
        self.random = np.random.default_rng(seed)
        self._stored = stored
        shape = _field(7, _shape((-1, -1, -1, channels)))
        self.nodes.append(_node("IteratorGetNext", "Placeholder", dtype=_FLOAT, shape=shape))

    def kernels(self, outputs: int, inputs: int, strength: float, side: int = 3) -> NDArray[Any]:
        return self.random.normal(0, strength, (outputs, inputs, side, side))

    def conv(self, source: str, name: str, weights: NDArray[Any]) -> str:
        biases = self.random.normal(0, 0.01, weights.shape[0])
        self.nodes.append(_constant(name, weights.transpose(2, 3, 1, 0).astype(self._stored)))
        steps = _whole_numbers(1, 1, 1, 1)
        attributes = {"T": _FLOAT, "strides": steps, "dilations": steps, "padding": _field(2, b"SAME"), **_ORDER}
        self.nodes.append(_node(f"{name}/conv", "Conv2D", (source, name), **attributes))
        self.nodes.append(_constant(f"{name}_b", biases.astype(self._stored)))
        self.nodes.append(_node(f"{name}/add", "AddV2", (f"{name}/conv", f"{name}_b"), T=_FLOAT))
        return f"{name}/add"

    def step(self, name: str, operation: str, *sources: str) -> str:
        self.nodes.append(_node(name, operation, sources, T=_FLOAT))
        return name

    def enlarged(self, source: str, scale: int) -> bytes:
        """The whole graph, its end included."""
        self.nodes.append(
            _node("NHWC_output", "DepthToSpace", (source,), T=_FLOAT, block_size=_field(3, scale), **_ORDER)
        )
        self.nodes.append(_constant("NCHW_output/perm", np.array((0, 3, 1, 2), np.int32)))
        permuted = ("NHWC_output", "NCHW_output/perm")
        self.nodes.append(_node("NCHW_output", "Transpose", permuted, T=_FLOAT, Tperm=_field(6, 3)))
        return b"".join(self.nodes)


def tiny_edsr(
    scale: int = 3, seed: int = 0, features: int = 4, stored: str = "float32", gain: float = 1.0, blocks: int = 1
) -> bytes:
    """A GraphDef in the form of models/training/export_pb.py: blocks of ``features``, random but tame weights.

    What it answers is the picture enlarged by nearest neighbour, times ``gain``, and a little of its own by ``seed``.

    Args:
        stored: the type of its constants, float32 or float16.
    """
    net = _Writer(stored, seed, 3)
    first, last = net.kernels(features, 3, 0.001), net.kernels(3 * scale * scale, features, 0.001)
    for colour in range(3):
        first[colour, colour, 1, 1] += 1
        last[colour::3, colour, 1, 1] += gain
    head = source = net.conv("IteratorGetNext", "head", first)
    for number in range(blocks):
        inner = net.conv(source, f"b{number}a", net.kernels(features, features, 0.02))
        relu = net.step(f"Relu_{number}", "Relu", inner)
        block = net.conv(relu, f"b{number}b", net.kernels(features, features, 0.02))
        source = net.step(f"sum_{number}", "AddV2", source, block)
    body = net.conv(source, "body_end", net.kernels(features, features, 0.02))
    up = net.conv(net.step("sum", "AddV2", body, head), "up", last)
    return net.enlarged(up, scale)


def tiny_espcn(scale: int = 2, seed: int = 0) -> bytes:
    """A network for brightness alone that answers the plane enlarged by nearest neighbour, and a little of its own."""
    net = _Writer("float32", seed, 1)
    first, middle, last = net.kernels(4, 1, 0.02, 5), net.kernels(3, 4, 0.02), net.kernels(scale * scale, 3, 0.02)
    first[0, 0, 2, 2] = middle[0, 0, 1, 1] = 1
    last[:, 0, 1, 1] = 1
    one = net.step("Relu_1", "Relu", net.conv("IteratorGetNext", "f1", first))
    two = net.step("Relu_2", "Relu", net.conv(one, "f2", middle))
    return net.enlarged(net.conv(two, "f3", last), scale)


def tiny_classifier() -> bytes:
    """A TensorFlow graph that enlarges nothing."""
    net = _Writer("float32", 0, 3)
    source = net.conv("IteratorGetNext", "f1", net.kernels(4, 3, 0.1))
    net.step("scores", "Softmax", net.step("pooled", "Mean", source))
    return b"".join(net.nodes)


def tiny_onnx() -> bytes:
    """The beginning of an ONNX ModelProto (onnx.proto): version, producer, a graph with one node, and the opset."""
    node = _field(1, b"x") + _field(2, b"y") + _field(4, b"Softmax")
    graph = _field(1, node) + _field(2, b"classifier")
    return _field(1, 8) + _field(2, b"a trainer") + _field(7, graph) + _field(8, _field(2, 17))
