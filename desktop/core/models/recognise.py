"""Which super-resolution network a file holds, told from its graph and not from its name.

The networks are those of OpenCV's dnn_superres: EDSR (Lim et al., 2017), FSRCNN (Dong et al., 2016), ESPCN (Shi et al.,
2016) and LapSRN (Lai et al., 2017), as the files that are around have them: every enlarging step is a DepthToSpace.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from math import prod

from desktop.core.errors import ModelRefusedError
from desktop.core.graph import Fault, Node, NotAGraphError, read

SCALES = (2, 3, 4, 8)
_FULL_EDSR = (32, 256)
_SMALL_FSRCNN = (32, 5, 1)

_STEPS = frozenset(
    {"Const", "Placeholder", "Identity", "Cast", "Dequantize", "Conv2D", "Add", "AddV2", "BiasAdd", "Mul", "Sub"}
    | {"Relu", "LeakyRelu", "Abs", "Neg", "Tanh", "DepthToSpace", "Transpose", "NoOp"}
)
_LONGEST_STEP = 40
# What is handed through between a constant and the step that uses it.
_WRAPPERS = frozenset({"Identity", "Cast", "Dequantize"})
_REFUSED = "“{name}” is no model that Rekindle can use: "
_SAID = {
    Fault.EMPTY: _REFUSED + "it is empty.",
    Fault.TEXT: _REFUSED + "it is a text, perhaps a web page that was saved in its place.",
    Fault.ONNX: _REFUSED + "it is an ONNX model, and Rekindle reads TensorFlow graphs (.pb) of EDSR, FSRCNN, ESPCN and "
    "LapSRN.",
    Fault.SAVED_MODEL: _REFUSED + "it is a TensorFlow SavedModel, and Rekindle reads frozen graphs.",
    Fault.TORCH: _REFUSED + "it is a PyTorch file or an archive, and Rekindle reads TensorFlow graphs (.pb).",
    Fault.OTHER_WEIGHTS: _REFUSED + "it is a network in another format, and Rekindle reads TensorFlow graphs (.pb).",
    Fault.CUT_OFF: _REFUSED + "its end is missing. Download or copy it again.",
    Fault.UNKNOWN: _REFUSED + "it is no TensorFlow graph (.pb), or it is damaged.",
}

Kernel = tuple[int, int, int, int]
"""Height, width, channels in, channels out."""


@dataclass(frozen=True)
class Network:
    """What a graph turned out to be.

    Attributes:
        algorithm: dnn_superres' name of it.
        family: as it would be called in the catalogue: "fsrcnn-small" is told from "fsrcnn".
        scale: how many times wider and higher its answer is.
        parameters: weights and biases, counted.
        features: channels of its widest inner step at the size of the input.
        radius: receptive radius in input pixels, as far as a pixel can be felt.
    """

    algorithm: str
    family: str
    scale: int
    parameters: int
    features: int
    radius: int


def recognise(content: bytes, name: str) -> Network:
    """
    Args:
        content: of the file.
        name: as the person knows the file, for what is said of it.

    Raises:
        ModelRefusedError: it is none of the networks above; the message says what it is instead.
    """
    try:
        nodes = read(content)
    except NotAGraphError as error:
        raise ModelRefusedError(_SAID[error.fault], name=name) from error
    network = _known(nodes)
    if network is None:
        raise ModelRefusedError(
            _REFUSED + "it is a TensorFlow graph, but not of an EDSR, FSRCNN, ESPCN or LapSRN network{detail}.",
            name=name,
            detail=_strange(nodes),
        )
    return network


def _strange(nodes: dict[str, Node]) -> str:
    steps = sorted({node.op for node in nodes.values()} - _STEPS)
    if steps:
        known = steps[0].isidentifier() and len(steps[0]) <= _LONGEST_STEP
        return f" (it has the step {steps[0]})" if known else ""
    if not all(node.whole for node in nodes.values()):
        return ", or its numbers do not fit what it says of them"
    missing = {one for node in nodes.values() for one in node.inputs} - set(nodes)
    return ", or a part of it is missing" if missing else ""


def _known(nodes: dict[str, Node]) -> Network | None:
    if any(node.op not in _STEPS or not node.whole for node in nodes.values()):
        return None
    order = _in_order(nodes)
    if order is None:
        return None
    kernels: list[Kernel] = []
    for node in order:
        if node.op == "Conv2D":
            shape = _constant(nodes, node.inputs[1]) if len(node.inputs) == 2 else None
            if shape is None or len(shape) != 4 or node.padding != "SAME" or set(node.strides) != {1}:
                return None
            kernels.append((shape[0], shape[1], shape[2], shape[3]))
    blocks = [node.block for node in order if node.op == "DepthToSpace"]
    steps = Counter(node.op for node in order)
    if steps["Placeholder"] != 1 or len(kernels) < 3 or not blocks or min(blocks) < 2:
        return None
    parameters = _parameters(nodes)
    if kernels[0][2] == 3:
        return _edsr(kernels, blocks, steps, parameters)
    if kernels[0][2] == 1:
        return _of_brightness(kernels, blocks, parameters)
    return None


def _edsr(kernels: list[Kernel], blocks: list[int], steps: Counter[str], parameters: int) -> Network | None:
    """Head, residual blocks of two convolutions with a ReLU between them, body's end, and one to 3 s² channels."""
    scale, features, count = blocks[0], kernels[0][3], (len(kernels) - 3) // 2
    wanted = [(3, 3, 3, features), *[(3, 3, features, features)] * (2 * count + 1), (3, 3, features, 3 * scale**2)]
    if len(blocks) != 1 or scale not in SCALES or kernels != wanted or count < 1 or steps["Relu"] != count:
        return None
    family = "edsr" if (count, features) == _FULL_EDSR else ""
    return Network("edsr", family, scale, parameters, features, 2 * count + 3)


def _of_brightness(kernels: list[Kernel], blocks: list[int], parameters: int) -> Network | None:
    """Networks for one plane."""
    sizes = [kernel[:2] for kernel in kernels]
    chained = all(one[3] == two[2] for one, two in pairwise(kernels))
    features, scale = max(kernel[3] for kernel in kernels[:-1]), blocks[0]
    radius = sum(size[0] // 2 for size in sizes)
    if len(blocks) > 1:
        return _lapsrn(kernels, blocks, parameters)
    if scale not in SCALES or not chained or kernels[-1][3] != scale**2 or sizes[0] != (5, 5):
        return None
    if sizes[1:] == [(3, 3), (3, 3)]:
        return Network("espcn", "espcn", scale, parameters, features, radius)
    middle = sizes[2:-2]
    if len(sizes) > 4 and sizes[1] == sizes[-2] == sizes[-1] == (1, 1) and middle == [(3, 3)] * len(middle):
        small = (kernels[0][3], kernels[1][3], len(middle)) == _SMALL_FSRCNN
        return Network("fsrcnn", "fsrcnn-small" if small else "fsrcnn", scale, parameters, features, radius)
    return None


def _lapsrn(kernels: list[Kernel], blocks: list[int], parameters: int) -> Network | None:
    """A pyramid: each level doubles the features and the picture so far, each by a DepthToSpace of 2."""
    levels = len(blocks) // 2
    scale = 2**levels
    if set(blocks) != {2} or len(blocks) % 2 or scale not in SCALES or len(kernels) % levels:
        return None
    features = max(kernel[3] for kernel in kernels)
    if any(kernel[:2] not in ((3, 3), (4, 4)) or kernel[2] not in (1, features) for kernel in kernels):
        return None
    # A level's convolutions reach half as far as the level's before, seen from the input.
    per_level = sum(kernel[0] // 2 for kernel in kernels) / levels
    radius = sum(per_level / 2**level for level in range(levels))
    return Network("lapsrn", "lapsrn", scale, parameters, features, round(radius))


def _in_order(nodes: dict[str, Node]) -> list[Node] | None:
    """Every node after those that feed it; None where one is missing or they feed each other in a circle."""
    order: list[Node] = []
    done: set[str] = set()
    open_: set[str] = set()
    for start in nodes:
        stack = [(start, False)]
        while stack:
            name, fed = stack.pop()
            if fed:
                open_.discard(name)
                done.add(name)
                order.append(nodes[name])
                continue
            if name in done:
                continue
            if name in open_ or name not in nodes:
                return None
            open_.add(name)
            stack.append((name, True))
            stack.extend((one, False) for one in reversed(nodes[name].inputs) if one not in done)
    return order


def _constant(nodes: dict[str, Node], name: str) -> tuple[int, ...] | None:
    """The shape of a constant, through whatever unpacks it."""
    for _ in range(len(nodes)):
        node = nodes[name]
        if node.op not in _WRAPPERS or not node.inputs:
            return node.shape
        name = node.inputs[0]
    return None


def _parameters(nodes: dict[str, Node]) -> int:
    """Elements of all constants that are trained: no single numbers, no orders of axes, no ranges of unpacking."""
    ranges = {name for node in nodes.values() if node.op == "Dequantize" for name in node.inputs[1:]}
    axes = {name for node in nodes.values() if node.op == "Transpose" for name in node.inputs[1:]}
    return sum(
        prod(node.shape)
        for name, node in nodes.items()
        if node.op == "Const" and node.shape and name not in ranges | axes
    )
