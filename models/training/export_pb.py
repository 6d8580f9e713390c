"""Turn trained EDSR weights (.npz) into the TensorFlow frozen graph (.pb) that OpenCV's dnn_superres loads.

    python models/training/export_pb.py edsr_baseline_x3.npz models/weights/edsr-baseline-x3.pb

The network is EDSR (Lim et al., "Enhanced Deep Residual Networks for Single Image Super-Resolution", CVPRW 2017)
with any number of blocks and features, residual scaling already folded into the weights, and one convolution
before the rearrangement to the larger picture. Node names follow the official EDSR files (Saafke/EDSR_Tensorflow),
so that whatever reads those reads these.

The graph is written node by node instead of being traced: the bytes then depend on the weights alone, neither on
the run nor on what the installed TensorFlow adds to a node.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import sys
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]

COLOURS = 3
KERNEL = 3
SCALES = (2, 3, 4)
INPUT_NODE = "IteratorGetNext"
NHWC_NODE = "NHWC_output"
OUTPUT_NODE = "NCHW_output"


class ExportError(Exception):
    """The weights cannot be exported; the message says why, in words for the person at the command line."""


@dataclass(frozen=True)
class Conv:
    """One 3x3 convolution: name, `weight` (out, in, 3, 3) float32 and `bias` (out,) float32."""

    name: str
    weight: FloatArray
    bias: FloatArray

    @property
    def parameters(self) -> int:
        """Number of trained values."""
        return self.weight.size + self.bias.size


@dataclass(frozen=True)
class Edsr:
    """The convolutions of one network in the order they run, and the scale (2, 3 or 4) they enlarge by."""

    head: Conv
    blocks: tuple[tuple[Conv, Conv], ...]
    body_end: Conv
    up: Conv
    scale: int

    @property
    def convs(self) -> tuple[Conv, ...]:
        """All convolutions, input to output."""
        return (self.head, *(conv for block in self.blocks for conv in block), self.body_end, self.up)

    @property
    def parameters(self) -> int:
        """Number of trained values in the whole network."""
        return sum(conv.parameters for conv in self.convs)


def read_arrays(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Return all arrays of the .npz at `path`. Raise ExportError if it cannot be read or is not an .npz."""
    try:
        # For an .npy np.load returns a bare array, which is no context manager: hence the TypeError below.
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except OSError as error:
        raise ExportError(f"{path} cannot be read ({error.strerror or error})") from error
    except (ValueError, TypeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise ExportError(f"{path} is damaged or not an .npz file of plain arrays") from error


def count_blocks(names: Sequence[str]) -> int:
    """Return how many residual blocks the keys speak of. Raise ExportError if there is none.

    A gap in the numbering is not looked for here: `check_keys` finds it as a missing key.
    """
    numbers = {match[1] for name in names if (match := re.fullmatch(r"block(\d+)_conv[12]_[wb]", name))}
    if not numbers:
        raise ExportError("the weights hold no residual block (keys such as block0_conv1_w)")
    return len(numbers)


def expected_keys(blocks: int) -> list[str]:
    """Return the keys a checkpoint with that many residual blocks must have."""
    convs = ["head", *(f"block{n}_conv{i}" for n in range(blocks) for i in (1, 2)), "body_end", "up"]
    return [f"{conv}_{part}" for conv in convs for part in "wb"]


def listed(keys: Sequence[str]) -> str:
    """Return keys for a message, only the first few of many."""
    few = 6
    return ", ".join(keys[:few]) + (f" and {len(keys) - few} more" if len(keys) > few else "")


def check_keys(names: Sequence[str], blocks: int) -> None:
    """Raise ExportError unless `names` are exactly the keys of a network with that many blocks."""
    expected = expected_keys(blocks)
    # A strange key means another architecture; exporting the part we know would give a wrong network without a word.
    for problem, keys in (
        ("are missing", [key for key in expected if key not in names]),
        ("are not part of this network", [name for name in names if name not in expected]),
    ):
        if keys:
            raise ExportError(f"keys in the weights {problem}: {listed(keys)}")


def read_conv(arrays: dict[str, npt.NDArray[Any]], name: str, outputs: int, inputs: int) -> Conv:
    """Return the convolution `name`. Raise ExportError unless it has the given channels and finite real values."""
    parts: list[FloatArray] = []
    for key, shape in ((f"{name}_w", (outputs, inputs, KERNEL, KERNEL)), (f"{name}_b", (outputs,))):
        array = arrays[key]
        if array.shape != shape:
            raise ExportError(f"{key} has the shape {array.shape}, expected {shape}")
        if not np.issubdtype(array.dtype, np.floating):
            raise ExportError(f"{key} holds {array.dtype}, expected floating-point numbers")
        with np.errstate(over="ignore"):
            single = array.astype(np.float32)
        if not np.isfinite(single).all():
            raise ExportError(f"{key} holds values that are not finite as 32-bit floats")
        parts.append(single)
    return Conv(name, *parts)


def scale_of(outputs: int) -> int:
    """Return the scale of a last convolution with that many output channels, which are 3 * scale * scale."""
    for scale in SCALES:
        if outputs == COLOURS * scale * scale:
            return scale
    choices = ", ".join(f"{COLOURS * scale * scale} for x{scale}" for scale in SCALES)
    raise ExportError(f"up_w gives {outputs} channels, which fits no scale (expected {choices})")


def channels(arrays: dict[str, npt.NDArray[Any]], key: str) -> int:
    """Return the number of output channels of the weight `key`. Raise ExportError unless it is (out, in, 3, 3)."""
    shape = arrays[key].shape
    if len(shape) != 4 or shape[0] == 0:
        raise ExportError(f"{key} has the shape {shape}, expected (out, in, {KERNEL}, {KERNEL})")
    return int(shape[0])


def parse_checkpoint(arrays: dict[str, npt.NDArray[Any]]) -> Edsr:
    """Return the network as trained. Raise ExportError for missing or strange keys, wrong shapes or values.

    Keys: `head_w/_b`, `block{n}_conv{1,2}_w/_b`, `body_end_w/_b`, `up_w/_b`; weights are (out, in, 3, 3).
    Features come from the shape of `head_w`, the scale from that of `up_w`.
    """
    blocks = count_blocks(list(arrays))
    check_keys(list(arrays), blocks)
    features, outputs = channels(arrays, "head_w"), channels(arrays, "up_w")
    scale = scale_of(outputs)
    return Edsr(
        head=read_conv(arrays, "head", features, COLOURS),
        blocks=tuple(
            (
                read_conv(arrays, f"block{n}_conv1", features, features),
                read_conv(arrays, f"block{n}_conv2", features, features),
            )
            for n in range(blocks)
        ),
        body_end=read_conv(arrays, "body_end", features, features),
        up=read_conv(arrays, "up", outputs, features),
        scale=scale,
    )


def convert_head(head: Conv) -> Conv:
    """Return the first convolution for BGR in 0..255 instead of RGB in 0..1.

    Both sides subtract the mean colour of DIV2K before. dnn_superres' mean and ours differ by less than 0.15 grey
    levels; it adds back what it took away, and the network passes a constant through, so that cancels.
    """
    return Conv(head.name, head.weight[:, ::-1] / np.float32(255), head.bias)


def to_depth_first(array: FloatArray, scale: int) -> FloatArray:
    """Reorder axis 0 of `array` from (colour RGB, position) to (position, colour BGR).

    PyTorch's pixel shuffle (ONNX: CRD) keeps the positions of one colour together, TensorFlow's DepthToSpace
    (ONNX: DCR) the colours of one position. Positions are row-major in both.
    """
    by_colour = array.reshape(COLOURS, scale * scale, *array.shape[1:])
    return by_colour[::-1].swapaxes(0, 1).reshape(array.shape)


def convert_up(up: Conv, scale: int) -> Conv:
    """Return the last convolution giving BGR in 0..255, in DepthToSpace order, instead of RGB in 0..1."""
    factor = np.float32(255)
    return Conv(up.name, to_depth_first(up.weight, scale) * factor, to_depth_first(up.bias, scale) * factor)


def convert(trained: Edsr) -> Edsr:
    """Return the network for dnn_superres: BGR in and out, 0..255, mean colour subtracted on both ends."""
    return Edsr(
        head=convert_head(trained.head),
        blocks=trained.blocks,
        body_end=trained.body_end,
        up=convert_up(trained.up, trained.scale),
        scale=trained.scale,
    )


def import_tensorflow() -> Any:
    """Return the tensorflow module. Raise ExportError if it is not installed."""
    # It greets the person with a page of notes on how it would compute; nothing is computed here.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    try:
        return import_module("tensorflow")
    except ImportError as error:
        raise ExportError(f"TensorFlow is needed: pip install '.[training]' ({error})") from error


class GraphWriter:
    """Appends nodes to a TensorFlow GraphDef and returns their names, numbered as TensorFlow numbers them."""

    def __init__(self, kept_as: type[np.floating[Any]]) -> None:
        """Start an empty graph whose kernels are kept as numbers of a type.

        Raise ExportError if TensorFlow is not installed.
        """
        self._kept_as = kept_as
        self._tf = import_tensorflow()
        self._graph = self._tf.compat.v1.GraphDef()
        self._used: dict[str, int] = {}

    def placeholder(self, name: str, shape: Sequence[int]) -> str:
        """Add a float32 input; -1 in `shape` is a size known only at run time."""
        node = self._append(name, "Placeholder")
        node.attr["dtype"].type = self._tf.float32.as_datatype_enum
        for size in shape:
            node.attr["shape"].shape.dim.add(size=size)
        return name

    def constant(self, name: str, value: npt.NDArray[Any]) -> str:
        """Add an array as a Const node."""
        node = self._append(name, "Const")
        node.attr["dtype"].type = self._tf.as_dtype(value.dtype).as_datatype_enum
        # Serialised as raw little-endian content: exact, and independent of how the library would print the floats.
        node.attr["value"].tensor.CopyFrom(self._tf.make_tensor_proto(np.ascontiguousarray(value)))
        return name

    def add(self, left: str, right: str) -> str:
        """Add two tensors, or a tensor and a bias."""
        return self._operation(self._numbered("add"), "AddV2", left, right)

    def relu(self, tensor: str) -> str:
        """Set what is below zero to zero."""
        return self._operation(self._numbered("Relu"), "Relu", tensor)

    def conv(self, tensor: str, name: str, conv: Conv) -> str:
        """Add a zero-padded convolution whose weights become the constants `name` (3, 3, in, out) and `name`_b."""
        kernel = self.constant(name, conv.weight.transpose(2, 3, 1, 0).astype(self._kept_as))
        convolved = self._operation(self._numbered("Conv2D"), "Conv2D", tensor, kernel)
        attr = self._graph.node[-1].attr
        attr["strides"].list.i.extend([1, 1, 1, 1])
        attr["dilations"].list.i.extend([1, 1, 1, 1])
        attr["padding"].s = b"SAME"
        attr["data_format"].s = b"NHWC"
        return self.add(convolved, self.constant(f"{name}_b", conv.bias))

    def depth_to_space(self, tensor: str, name: str, scale: int) -> str:
        """Rearrange scale * scale groups of channels into a picture `scale` times as wide and high."""
        self._operation(name, "DepthToSpace", tensor)
        attr = self._graph.node[-1].attr
        attr["block_size"].i = scale
        attr["data_format"].s = b"NHWC"
        return name

    def transpose(self, tensor: str, name: str, order: Sequence[int]) -> str:
        """Reorder the axes."""
        self._operation(name, "Transpose", tensor, self.constant(f"{name}/perm", np.array(order, np.int32)))
        self._graph.node[-1].attr["Tperm"].type = self._tf.int32.as_datatype_enum
        return name

    def to_bytes(self) -> bytes:
        """Return the graph as file content; the same nodes always give the same bytes."""
        # A node's attributes are a protobuf map, whose order is left to chance unless asked otherwise.
        return bytes(self._graph.SerializeToString(deterministic=True))

    def _append(self, name: str, operation: str, inputs: Sequence[str] = ()) -> Any:
        node = self._graph.node.add(name=name, op=operation)
        node.input.extend(inputs)
        return node

    def _operation(self, name: str, operation: str, *inputs: str) -> str:
        self._append(name, operation, inputs).attr["T"].type = self._tf.float32.as_datatype_enum
        return name

    def _numbered(self, base: str) -> str:
        number = self._used.get(base, 0)
        self._used[base] = number + 1
        return f"{base}_{number}" if number else base


def graph_bytes(network: Edsr, kept_as: type[np.floating[Any]] = np.float16) -> bytes:
    """Return `network` (see `convert`) as a frozen graph: (N, H, W, 3) in, (N, 3, H * scale, W * scale) out.

    Kernels are kept as `kept_as`; biases, a five-hundredth of the numbers, always as float32. OpenCV computes in
    float32 whatever they are kept as, and needs no node that converts them, which TensorFlow itself would ask for.
    """
    graph = GraphWriter(kept_as)
    head = graph.conv(graph.placeholder(INPUT_NODE, (-1, -1, -1, COLOURS)), "head", network.head)
    body = head
    for number, (first, second) in enumerate(network.blocks):
        inner = graph.relu(graph.conv(body, f"b{number}a", first))
        body = graph.add(body, graph.conv(inner, f"b{number}b", second))
    features = graph.add(graph.conv(body, "body_end", network.body_end), head)
    enlarged = graph.depth_to_space(graph.conv(features, "up", network.up), NHWC_NODE, network.scale)
    # Nothing here needs the transpose; the official files end in it, and readers may look for its name.
    graph.transpose(enlarged, OUTPUT_NODE, (0, 3, 1, 2))
    return graph.to_bytes()


def write_whole(path: Path, content: bytes) -> None:
    """Write all of `content` to `path`, or raise ExportError and leave the file there as it was."""
    partial = path.with_name(path.name + ".part")
    try:
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise ExportError(f"{path} cannot be written ({error.strerror})") from error


def export(weights: Path, output: Path, scale: int | None = None) -> str:
    """Write the network in `weights` (.npz) to `output` (.pb) and return a line about what was written.

    `scale` is only a check, the weights know theirs. Raise ExportError if anything is wrong with files or weights.
    """
    trained = parse_checkpoint(read_arrays(weights))
    if scale is not None and scale != trained.scale:
        raise ExportError(f"the weights enlarge by {trained.scale}, not by {scale}")
    content = graph_bytes(convert(trained))
    write_whole(output, content)
    return (
        f"{output}: {len(content)} bytes, SHA-256 {hashlib.sha256(content).hexdigest()}, "
        f"x{trained.scale}, {len(trained.blocks)} blocks of {trained.head.weight.shape[0]} features, "
        f"{trained.parameters} parameters"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status, 1 if the export failed."""
    parser = argparse.ArgumentParser(description="Export trained EDSR weights for OpenCV's dnn_superres.")
    parser.add_argument("weights", type=Path, metavar="WEIGHTS.npz")
    parser.add_argument("output", type=Path, metavar="OUTPUT.pb")
    parser.add_argument("--scale", type=int, choices=SCALES, help="fail unless the weights have this scale")
    options = parser.parse_args(arguments)
    try:
        print(export(options.weights, options.output, options.scale))
    except ExportError as error:
        print(f"export_pb: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
