"""A network's steps as OpenVINO's graph, in float or in whole numbers of eight bits.

In eight bits each convolution takes numbers of one fixed step, measured once for each (``ranges``), and weights of a
step for each of its channels. OpenVINO knows such a graph by its FakeQuantize steps and runs it in integers
(docs.openvino.ai, "Low Precision Transformations"). The first convolution, which sees the photo, and the last, which
makes the picture, stay in float: together they take a fiftieth of the work, and rounding there would be seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop.core.engines.common import MEAN_RGB
from desktop.core.engines.ranges import Ranges
from desktop.core.engines.recipe import Array, Step

# The step of eight bits with a sign, and of those without; weights leave out -128, so that zero is in the middle.
_SIGNED, _UNSIGNED, _WEIGHTS = 256, 256, 255
_LEAST = 1e-6
_CHANNELS_FIRST, _CHANNELS_LAST = (0, 3, 1, 2), (0, 2, 3, 1)


def graph_of(openvino: Any, steps: Sequence[Step], ranges: Ranges | None = None) -> Any:
    """An ``openvino.Model`` from (1, H, W, C) float32 to (1, H * scale, W * scale, C), of any size.

    Three channels are RGB, 0..255, like the answer; a single one is brightness, 0..1.

    Args:
        ranges: for eight bits; float where None.
    """
    builder = _Builder(openvino, steps, ranges)
    return openvino.Model([builder.answer], [builder.picture], "rekindle")


def taps_of(openvino: Any, steps: Sequence[Step]) -> Any:
    """The same in float, but answering with what each convolution between the first and the last takes."""
    builder = _Builder(openvino, steps, None)
    return openvino.Model(builder.taken, [builder.picture], "rekindle-taps")


class _Builder:
    def __init__(self, openvino: Any, steps: Sequence[Step], ranges: Ranges | None) -> None:
        # By name, so that type checkers on machines without OpenVINO need not know it.
        self._set = openvino.opset13
        convolutions = [step for step in steps if step.op == "conv"]
        channels = _inputs_of(convolutions[0])
        self._colours = channels == 3
        self._ends = {convolutions[0].name: True, convolutions[-1].name: False}
        self._ranges = dict(zip((step.name for step in convolutions[1:-1]), ranges, strict=True)) if ranges else {}
        self._made: dict[str, Any] = {}
        self.taken: list[Any] = []
        self.picture = self._set.parameter([1, -1, -1, channels], np.float32)
        for step in steps:
            self._made[step.name] = self._step(step)
        last = self._made[steps[-1].name]
        answer = self._set.transpose(last, self._whole(_CHANNELS_LAST))
        self.answer = self._set.add(answer, self._number(MEAN_RGB)) if self._colours else answer

    def _step(self, step: Step) -> Any:
        fed = [self._made[name] if name else self._number(_per_channel(step.values)) for name in step.inputs]
        match step.op:
            case "input":
                picture = self.picture
                if self._colours:
                    picture = self._set.subtract(picture, self._number(MEAN_RGB))
                return self._set.transpose(picture, self._whole(_CHANNELS_FIRST))
            case "conv":
                return self._convolution(step, fed[0])
            case "shuffle":
                return self._set.depth_to_space(fed[0], "blocks_first", step.block)
            case "add":
                return self._set.add(*fed)
            case "sub":
                return self._set.subtract(*fed)
            case "mul":
                return self._set.multiply(*fed)
            case "neg":
                return self._set.negative(fed[0])
            case _:
                return getattr(self._set, step.op)(fed[0])

    def _convolution(self, step: Step, source: Any) -> Any:
        assert step.weights is not None
        weights, biases = step.weights, step.values
        if step.name in self._ends:
            if self._colours:
                weights, biases = _in_rgb(step, first=self._ends[step.name])
        else:
            self.taken.append(source)
        kernel = self._number(weights)
        if step.name in self._ranges:
            source, kernel = self._rounded(source, *self._ranges[step.name]), self._rounded_weights(weights)
        answer = self._set.convolution(source, kernel, [1, 1], [0, 0], [0, 0], [1, 1], "same_upper")
        return self._set.add(answer, self._number(_per_channel(biases)))

    def _rounded(self, source: Any, low: float, high: float) -> Any:
        if low >= 0:
            ends, levels = (0.0, max(high, _LEAST)), _UNSIGNED
        else:
            most = max(-low, high, _LEAST)
            ends, levels = (-most * 128 / 127, most), _SIGNED
        bounds = [self._number(np.float32(end)) for end in (*ends, *ends)]
        return self._set.fake_quantize(source, *bounds, levels)

    def _rounded_weights(self, weights: Array) -> Any:
        most = np.maximum(np.abs(weights).max(axis=(1, 2, 3), keepdims=True), _LEAST).astype(np.float32)
        bounds = [self._number(end) for end in (-most, most, -most, most)]
        return self._set.fake_quantize(self._number(weights), *bounds, _WEIGHTS)

    def _number(self, value: NDArray[Any] | np.float32 | None) -> Any:
        return self._set.constant(np.ascontiguousarray(value, np.float32))

    def _whole(self, values: Sequence[int]) -> Any:
        return self._set.constant(np.array(values, np.int64))


def _inputs_of(convolution: Step) -> int:
    assert convolution.weights is not None
    return int(convolution.weights.shape[1])


def _per_channel(values: Array | None) -> Array | None:
    return values.reshape(1, -1, 1, 1) if values is not None and values.size > 1 else values


def _in_rgb(step: Step, *, first: bool) -> tuple[Array, Array]:
    """A first or last convolution whose planes are blue, green, red, with its planes turned round instead."""
    assert step.weights is not None
    assert step.values is not None
    if first:
        return step.weights[:, ::-1], step.values
    kernels = step.weights.reshape(-1, 3, *step.weights.shape[1:])[:, ::-1]
    return kernels.reshape(step.weights.shape), step.values.reshape(-1, 3)[:, ::-1].reshape(-1)
