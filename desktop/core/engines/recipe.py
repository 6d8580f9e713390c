"""A TensorFlow graph as the few steps that other engines than OpenCV are built from, numbers included.

Channels come first, as OpenVINO and ncnn have them. Weights that are stored in eight bits are unpacked as OpenCV does
it, to the last bit, so that what the engines differ by is their arithmetic alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop.core.graph import Node, constant, read

Array = NDArray[np.float32]

_HANDED_ON = frozenset({"Identity", "Cast"})
_SUMS = frozenset({"Add", "AddV2", "BiasAdd"})
_PLAIN = {"Relu": "relu", "Abs": "abs", "Neg": "neg", "Tanh": "tanh", "DepthToSpace": "shuffle"}
_LEAST_RANGE = 1e-12


class UnknownStepError(ValueError):
    """The graph has a step that only OpenCV knows how to do."""


@dataclass(frozen=True, eq=False)
class Step:
    """One step.

    Attributes:
        op: "input", "conv", "relu", "abs", "neg", "tanh", "shuffle" (depth to space), or "add", "sub", "mul" of two.
        name: of what it makes.
        inputs: names of what it takes; for "add", "sub" and "mul" with a constant, "" in that one's place.
        weights: of a convolution, (out, in, height, width).
        values: a convolution's bias (out,), or the constant of "add", "sub", "mul": one number, or one per channel.
        block: of a shuffle.
    """

    op: str
    name: str
    inputs: tuple[str, ...] = ()
    weights: Array | None = None
    values: Array | None = None
    block: int = 0


def recipe(content: bytes) -> list[Step]:
    """The steps of the network in a .pb file, each after those that feed it, the answer's last.

    Raises:
        NotAGraphError, UnknownStepError
    """
    nodes = read(content)
    steps: dict[str, Step] = {}
    for node in _in_order(nodes):
        step = _step(node, nodes, steps)
        if step is not None:
            steps[node.name] = step
    return _folded(_needed(list(steps.values())))


def mixed(one: list[Step], other: list[Step], share: float) -> list[Step]:
    """A network between two of one build. ``share``: of the other, 0..1.

    Raises:
        ValueError: they are not of one build.
    """
    return [_mix(first, second, share) for first, second in zip(one, other, strict=True)]


def _mix(one: Step, other: Step, share: float) -> Step:
    if (one.op, one.inputs, one.block) != (other.op, other.inputs, other.block):
        raise ValueError(f"{one.name} and {other.name} are no pair")
    return replace(
        one, weights=_between(one.weights, other.weights, share), values=_between(one.values, other.values, share)
    )


def _between(one: Array | None, other: Array | None, share: float) -> Array | None:
    if one is None or other is None or one.shape != other.shape:
        if one is other is None:
            return None
        raise ValueError("weights of two shapes")
    return np.asarray((1 - share) * one + share * other, np.float32)


def _step(node: Node, nodes: dict[str, Node], steps: dict[str, Step]) -> Step | None:
    """None for what is a constant, or only leads to one."""
    if node.op == "Placeholder":
        return Step("input", node.name)
    fed = [name for name in node.inputs if name in steps]
    if not fed:
        return None
    if node.op in _HANDED_ON or node.op == "Transpose":  # the order of axes is ours, whatever it was
        return Step("same", node.name, (fed[0],))
    if node.op == "Conv2D" and len(node.inputs) == 2:
        kernel = _numbers(nodes, node.inputs[1]).transpose(3, 2, 0, 1)
        return Step("conv", node.name, (fed[0],), np.ascontiguousarray(kernel), np.zeros(kernel.shape[0], np.float32))
    if node.op in _PLAIN:
        return Step(_PLAIN[node.op], node.name, (fed[0],), block=node.block)
    op = "add" if node.op in _SUMS else {"Mul": "mul", "Sub": "sub"}.get(node.op)
    if op is None or len(node.inputs) != 2:
        raise UnknownStepError(node.op)
    if len(fed) == 2:
        return Step(op, node.name, node.inputs)
    (other,) = (name for name in node.inputs if name not in steps)
    inputs = tuple(name if name in steps else "" for name in node.inputs)
    return Step(op, node.name, inputs, values=_numbers(nodes, other).reshape(-1))


def _numbers(nodes: dict[str, Node], name: str) -> Array:
    """A constant, through whatever unpacks it."""
    node = nodes[name]
    if node.op in _HANDED_ON:
        return _numbers(nodes, node.inputs[0])
    if node.op == "Dequantize":
        packed, low, high = (constant(nodes[one]) for one in node.inputs)
        # quantize_weights writes MIN_FIRST: zero is met exactly (tensorflow, dequantize_op.cc).
        step = max((float(high) - float(low)) / 255, _LEAST_RANGE)
        return np.asarray(packed.astype(np.float32) * np.float32(step) + np.float32(round(float(low) / step) * step))
    return np.asarray(constant(node), np.float32)


def _needed(steps: list[Step]) -> list[Step]:
    """Without what the answer does not need (a pyramid has an answer at every level; the last is the one), and without
    steps that do nothing."""
    stands_for: dict[str, str] = {}
    real: list[Step] = []
    for step in steps:
        inputs = tuple(stands_for.get(name, name) for name in step.inputs)
        if step.op == "same":
            stands_for[step.name] = inputs[0]
        else:
            real.append(replace(step, inputs=inputs))
    scales = _scales(real)
    used = {name for step in real for name in step.inputs}
    answers = [step for step in real if step.name not in used]
    wanted = {max(answers, key=lambda step: scales[step.name]).name}
    kept: list[Step] = []
    for step in reversed(real):
        if step.name in wanted:
            wanted.update(step.inputs)
            kept.insert(0, step)
    return kept


def _scales(steps: Iterable[Step]) -> dict[str, int]:
    """How many times larger than the input each step's answer is."""
    scales = {"": 1}
    for step in steps:
        scales[step.name] = max((scales[name] for name in step.inputs), default=1) * max(1, step.block)
    return scales


def _folded(steps: list[Step]) -> list[Step]:
    """Constants that are added to a convolution's answer, or multiply it, become part of it."""
    users = Counter(name for step in steps for name in step.inputs)
    done: dict[str, Step] = {}
    stands_for: dict[str, str] = {}
    for step in steps:
        step = replace(step, inputs=tuple(stands_for.get(name, name) for name in step.inputs))
        fed = done.get(step.inputs[0] or step.inputs[-1]) if step.inputs else None
        single = step.values is not None and step.op in ("add", "mul") and fed is not None and fed.op == "conv"
        if not single or users[fed.name] != 1:  # type: ignore[union-attr]
            done[step.name] = step
            continue
        assert fed is not None
        assert fed.weights is not None
        values: Any = step.values
        if step.op == "add":
            changed = replace(fed, values=np.asarray(fed.values + values, np.float32))
        else:
            factor = values.reshape(-1, 1, 1, 1)
            changed = replace(fed, weights=np.asarray(fed.weights * factor), values=np.asarray(fed.values * values))
        done[fed.name] = changed
        stands_for[step.name] = fed.name
        users[fed.name] = users[step.name]
    return list(done.values())


def _in_order(nodes: dict[str, Node]) -> list[Node]:
    """Every node after those that feed it. Raises UnknownStepError where one is missing, or they feed each other."""
    order: dict[str, Node] = {}
    waiting = dict(nodes)
    while waiting:
        ready = [node for node in waiting.values() if all(name in order for name in node.inputs)]
        if not ready:
            raise UnknownStepError("a circle")
        for node in ready:
            order[node.name] = waiting.pop(node.name)
    return list(order.values())
