"""onnxruntime as a rival: what a person would take instead, on the same network, written as an ONNX file.

The wire format is protobuf's: a field's number and kind, then a number, or a length and that many bytes (onnx.proto).
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop.core.engines.common import MEAN_RGB
from desktop.core.engines.recipe import Step, recipe
from desktop.core.models.catalogue import Model
from desktop.core.opencv import cv2

_FLOAT, _OPSET, _IR = 1, 13, 8
_INT, _STRING, _INTS = 2, 3, 7  # AttributeProto.type
_OPS = {"relu": "Relu", "tanh": "Tanh", "abs": "Abs", "neg": "Neg", "add": "Add", "sub": "Sub", "mul": "Mul"}
_JPEG_QUALITY = 95


class OnnxRuntime:
    """See ``Rival``: the whole picture at once, on the processor, for networks in colour."""

    def __init__(self, model: Model, file: Path) -> None:
        import onnxruntime

        started = time.perf_counter()
        options = onnxruntime.SessionOptions()
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        content = onnx_of(recipe(file.read_bytes()))
        self._session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        self.load_seconds = time.perf_counter() - started

    def enlarge(self, source: Path, target: Path) -> float:
        started = time.perf_counter()
        mean = MEAN_RGB[::-1]
        picture = np.asarray(cv2.imread(str(source)), np.float32)
        given = (picture - mean).transpose(2, 0, 1)[np.newaxis]
        (answer,) = self._session.run(None, {"picture": np.ascontiguousarray(given)})
        shown = np.clip(np.rint(answer[0].transpose(1, 2, 0) + mean), 0, 255).astype(np.uint8)
        cv2.imwrite(str(target), shown, coding(target))
        return time.perf_counter() - started


def coding(target: Path) -> list[int]:
    """As guides have it, but with the quality that Rekindle has."""
    return [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY] if target.suffix == ".jpg" else []


def onnx_of(steps: list[Step]) -> bytes:
    """A ModelProto from "picture" (1, C, H, W) to the enlarged one, planes in the network's own order."""
    graph = _field(2, b"rekindle")
    names: dict[str, str] = {}
    for number, step in enumerate(steps):
        made = names[step.name] = "picture" if step.op == "input" else f"s{number}"
        fed = [names.get(name, "") for name in step.inputs]
        if step.op == "input":
            continue
        if step.op == "conv":
            assert step.weights is not None
            assert step.values is not None
            graph += _tensor(f"{made}w", step.weights) + _tensor(f"{made}b", step.values)
            pads = [(side - 1) // 2 for side in step.weights.shape[2:]]
            ends = [side - 1 - pad for side, pad in zip(step.weights.shape[2:], pads, strict=True)]
            graph += _node("Conv", [fed[0], f"{made}w", f"{made}b"], made, _ints("pads", [*pads, *ends]))
        elif step.op == "shuffle":
            mode = _field(1, b"mode") + _field(4, b"DCR") + _field(20, _STRING)
            block = _field(1, b"blocksize") + _field(3, step.block) + _field(20, _INT)
            graph += _node("DepthToSpace", fed, made, _field(5, mode) + _field(5, block))
        else:
            if step.values is not None and "" in fed:
                shape = (1, -1, 1, 1) if step.values.size > 1 else (1, 1, 1, 1)
                graph += _tensor(f"{made}c", step.values.reshape(shape))
                fed[fed.index("")] = f"{made}c"
            graph += _node(_OPS[step.op], fed, made)
    first = next(step for step in steps if step.op == "conv")
    assert first.weights is not None
    graph += _field(11, _described("picture", first.weights.shape[1]))
    graph += _field(12, _described(names[steps[-1].name], first.weights.shape[1]))
    return _field(1, _IR) + _field(7, graph) + _field(8, _field(2, _OPSET))


def _number(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out) + bytes([value])


def _field(field: int, content: bytes | int) -> bytes:
    if isinstance(content, int):
        return _number(field << 3) + _number(content)
    return _number(field << 3 | 2) + _number(len(content)) + content


def _node(op: str, inputs: list[str], output: str, attributes: bytes = b"") -> bytes:
    fed = b"".join(_field(1, name.encode()) for name in inputs)
    return _field(1, fed + _field(2, output.encode()) + _field(4, op.encode()) + attributes)


def _ints(name: str, values: list[int]) -> bytes:
    listed = b"".join(_field(8, value) for value in values)
    return _field(5, _field(1, name.encode()) + listed + _field(20, _INTS))


def _tensor(name: str, values: NDArray[Any]) -> bytes:
    shape = b"".join(_field(1, side) for side in values.shape)
    content = np.ascontiguousarray(values, "<f4").tobytes()
    return _field(5, shape + _field(2, _FLOAT) + _field(8, name.encode()) + _field(9, content))


def _described(name: str, channels: int) -> bytes:
    sides = [_field(1, 1), _field(1, channels), _field(2, b"height"), _field(2, b"width")]
    shape = b"".join(_field(1, side) for side in sides)
    return _field(1, name.encode()) + _field(2, _field(1, _field(1, _FLOAT) + _field(2, shape)))
