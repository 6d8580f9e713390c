"""A network's steps as ncnn's two files: the layers as text (.param) and their numbers (.bin).

Both formats are ncnn's own (github.com/Tencent/ncnn, docs/developer-guide/param-and-model-file-structure.md and
operators.md). A layer's answer that several take has to be handed out by a Split.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from desktop.core.engines.recipe import Array, Step, UnknownStepError

INPUT, OUTPUT = "in", "out"
"""Names of what goes in, (C, H, W), and of what comes out, (C, H * scale, W * scale)."""

_MAGIC = "7767517"
_HEAD = struct.Struct("<I")
# What stands before a layer's weights: as they are, or numbers of places in a table of 256.
_PLAIN, _TABLE = bytes(4), b"\x01\x00\x00\x00"
_TABLE_SIZE = 256
# So many tell as a rule whether a table will do.
_LOOK = 4096
_ALIGNED = 4
_RELU = 1
_DCR = 1
_UNARY = {"relu": "ReLU", "abs": "AbsVal", "neg": "UnaryOp", "tanh": "TanH"}
_UNARY_NEG = 1
_BINARY = {"add": 0, "sub": 1, "mul": 2}
_REVERSED_SUB = 7


@dataclass(frozen=True)
class Written:
    """A network for ncnn. ``layers``: the text of the .param; ``numbers``: the .bin."""

    layers: str
    numbers: bytes

    def packed(self) -> bytes:
        """Both in one."""
        text = self.layers.encode()
        return _HEAD.pack(len(text)) + text + self.numbers

    @classmethod
    def unpacked(cls, content: bytes) -> Written:
        """What ``packed`` gave. Raises ValueError."""
        if len(content) < _HEAD.size:
            raise ValueError("no network")
        (size,) = _HEAD.unpack_from(content)
        start = _HEAD.size + size
        if start > len(content):
            raise ValueError("cut off")
        return cls(content[_HEAD.size : start].decode(), content[start:])


def written(steps: Sequence[Step]) -> Written:
    """The network with these steps. Raises UnknownStepError."""
    return _Writer(steps).written()


class _Writer:
    def __init__(self, steps: Sequence[Step]) -> None:
        self._steps, self._joined = _with_relu_in_convolutions(steps)
        self._users = Counter(name for step in self._steps for name in step.inputs)
        self._waiting: dict[str, list[str]] = {}
        self._lines: list[str] = []
        self._blobs = 0
        self._numbers: list[bytes] = []

    def written(self) -> Written:
        last = self._steps[-1].name
        for number, step in enumerate(self._steps):
            name = INPUT if step.op == "input" else OUTPUT if step.name == last else f"b{number}"
            self._layer(step, name, [self._waiting[fed].pop() for fed in step.inputs if fed])
            self._hand_out(step.name, name)
        head = [_MAGIC, f"{len(self._lines)} {self._blobs}"]
        return Written("\n".join([*head, *self._lines, ""]), b"".join(self._numbers))

    def _hand_out(self, step: str, blob: str) -> None:
        copies = self._users[step]
        self._waiting[step] = [blob] if copies < 2 else [f"{blob}_{number}" for number in range(copies)]
        if copies > 1:
            self._add("Split", [blob], self._waiting[step])

    def _add(self, kind: str, fed: Sequence[str], made: Sequence[str], *options: str) -> None:
        self._blobs += len(made)
        words = (kind, f"l{len(self._lines)}", str(len(fed)), str(len(made)), *fed, *made, *options)
        self._lines.append(" ".join(words))

    def _layer(self, step: Step, made: str, fed: list[str]) -> None:
        if step.op == "input":
            self._add("Input", [], [made])
        elif step.op == "conv":
            self._convolution(step, made, fed)
        elif step.op in _UNARY:
            self._add(_UNARY[step.op], fed, [made], *([f"0={_UNARY_NEG}"] if step.op == "neg" else []))
        elif step.op == "shuffle":
            self._add("PixelShuffle", fed, [made], f"0={step.block}", f"1={_DCR}")
        elif step.op in _BINARY and step.values is None:
            self._add("BinaryOp", fed, [made], f"0={_BINARY[step.op]}")
        elif step.op in _BINARY:
            self._with_constant(step, made, fed)
        else:
            raise UnknownStepError(step.op)

    def _convolution(self, step: Step, made: str, fed: list[str]) -> None:
        assert step.weights is not None
        assert step.values is not None
        out, _, height, width = step.weights.shape
        # As wide as what it takes; of an even kernel the larger margin is behind, as TensorFlow has it (SAME).
        margins = {"4": (width - 1) // 2, "15": width // 2, "14": (height - 1) // 2, "16": height // 2}
        options = [f"0={out}", f"1={width}", f"11={height}", "5=1", f"6={step.weights.size}"]
        options += [f"{key}={margin}" for key, margin in margins.items()]
        if step.name in self._joined:
            options.append(f"9={_RELU}")
        self._add("Convolution", fed, [made], *options)
        self._numbers += _stored(step.weights)
        self._numbers.append(_bytes(np.broadcast_to(step.values.reshape(-1), (out,))))

    def _with_constant(self, step: Step, made: str, fed: list[str]) -> None:
        assert step.values is not None
        first = not step.inputs[0]  # the constant is taken from, or takes
        values = step.values.reshape(-1)
        if values.size == 1:
            kind = _REVERSED_SUB if step.op == "sub" and first else _BINARY[step.op]
            # As many digits as tell every float32 from every other.
            self._add("BinaryOp", fed, [made], f"0={kind}", "1=1", f"2={float(values[0]):.9e}")
        elif step.op == "mul":
            self._add("Scale", fed, [made], f"0={values.size}", "1=0")
            self._numbers.append(_bytes(values))
        elif step.op == "sub" and first:
            self._add("Scale", fed, [made], f"0={values.size}", "1=1")
            self._numbers += [_bytes(np.full(values.size, -1)), _bytes(values)]
        else:
            self._add("Bias", fed, [made], f"0={values.size}")
            self._numbers.append(_bytes(values if step.op == "add" else -values))


def _with_relu_in_convolutions(steps: Sequence[Step]) -> tuple[list[Step], set[str]]:
    """The steps without each ReLU that alone takes a convolution's answer, and those convolutions' names after it."""
    users = Counter(name for step in steps for name in step.inputs)
    convolutions = {step.name for step in steps if step.op == "conv"}
    into = {
        step.inputs[0]: step.name
        for step in steps
        if step.op == "relu" and step.inputs[0] in convolutions and users[step.inputs[0]] == 1
    }
    gone = set(into.values())
    left = [
        Step(step.op, into.get(step.name, step.name), step.inputs, step.weights, step.values, step.block)
        for step in steps
        if step.name not in gone
    ]
    return left, gone


def _stored(weights: Array) -> Iterator[bytes]:
    """A quarter of the size for those that were stored in eight bits, and the same numbers to the last bit."""
    flat = np.ascontiguousarray(weights, np.float32).reshape(-1)
    if flat.size > _TABLE_SIZE:
        values, places = _different(flat)
        if values.size <= _TABLE_SIZE:
            table = np.zeros(_TABLE_SIZE, np.float32)
            table[: values.size] = values
            yield from (_TABLE, _bytes(table), places.astype(np.uint8).tobytes(), bytes(-flat.size % _ALIGNED))
            return
    yield from (_PLAIN, _bytes(flat))


def _different(flat: Array) -> tuple[Array, NDArray[np.intp]]:
    """Every number once, in order, and the place of each; or too many of them. Sorting millions would take seconds."""
    values = np.unique(flat[:_LOOK])
    while values.size <= _TABLE_SIZE:
        places = np.minimum(np.searchsorted(values, flat), values.size - 1)
        missing = flat[values[places] != flat]
        if not missing.size:
            return values, places
        values = np.union1d(values, missing[:_LOOK])
    return values, np.empty(0, np.intp)


def _bytes(values: Array | Iterable[float]) -> bytes:
    return np.ascontiguousarray(values, "<f4").tobytes()
