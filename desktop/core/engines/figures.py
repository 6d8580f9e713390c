"""What a network of each kind needs in each engine: margin, favourite tile and memory, fitted to measurements."""

from __future__ import annotations

from dataclasses import dataclass

from desktop.core.errors import ModelRefusedError
from desktop.core.models.catalogue import Model
from desktop.core.models.recognise import Network, recognise

# What the process grows by while a tile is computed (docs/TILES.md). OpenCV keeps a second set of 3x3 kernels,
# transformed for Winograd's method from 9 to 64 numbers each.
_FIXED_MIB = 10
_WEIGHT_COPIES = 8.2
_EDSR_BYTES_PER_FEATURE = 33.6
_BYTES_PER_FEATURE = {"espcn": 16, "fsrcnn": 24}
# A level of LapSRN works on planes twice as high and wide as the level's before.
_LAPSRN_BYTES_PER_PIXEL = 1_650
# Planes, colours and answer on this side of every engine.
_ANSWER_BYTES_PER_PIXEL = 60

# OpenVINO's own, measured on both sizes of EDSR. It works on LapSRN's planes in half the room.
_OPENVINO_FIXED_BYTES = 20 * 2**20
_OPENVINO_BYTES_PER_FEATURE = 10
_OPENVINO_BYTES_PER_WEIGHT = {"float": 10.5, "int8": 3.5}
_OPENVINO_LAPSRN = 0.5

# ncnn's own, the same. Of each kernel it keeps what Winograd's method makes of it, four times over. Planes of networks
# for brightness it keeps twice, and each of LapSRN's until the end.
_NCNN_FIXED_BYTES = 10 * 2**20
_NCNN_BYTES_PER_FEATURE = 44
_NCNN_BYTES_PER_WEIGHT = 16.5
_NCNN_FOR_BRIGHTNESS = 2
_NCNN_LAPSRN_BYTES_PER_PIXEL = {2: 11_500, 4: 30_000, 8: 177_000}

# What stays in memory of a library once it has run something, beside all that. For networks that know brightness only,
# and for transparency, there is OpenCV beside every engine.
_LIBRARY_MIB = {"opencv": 20, "openvino": 20, "ncnn": 0}
OPENCV_MIB = 24

# At 12 pixels the surroundings' influence is far below one grey level, and at 120 pixels a side the activations stay in
# the processor's cache even where other programs want some of it. The full EDSR is limited by its 1.2 GB of weights
# instead, so that larger tiles cost it little, and twice as deep, so it gets twice the margin.
_HALO, _DEEP_HALO, _DEEP_RADIUS = 12, 24, 40
_TILE, _DEEP_TILE = 120, 192
_LAPSRN_TILES = {2: 128, 4: 128, 8: 96}
_TYPICAL_FEATURES, _MANY_PARAMETERS = 64, 5_000_000


@dataclass(frozen=True)
class Figures:
    """See ``Net`` for halo and tile. Both sides in input pixels."""

    halo: int
    tile: int
    bytes_per_pixel: float
    weight_bytes: float

    def working_mib(self, tile: int) -> int:
        return round(_FIXED_MIB + (tile * tile * self.bytes_per_pixel + self.weight_bytes) / 2**20)


def figures(model: Model, content: bytes) -> Figures:
    """For a model and its file's content."""
    return _of(_network(model, content))


def _of(network: Network) -> Figures:
    weight_bytes = 4 * _WEIGHT_COPIES * network.parameters
    answer = _ANSWER_BYTES_PER_PIXEL * network.scale**2
    if network.algorithm == "edsr":
        deep = network.radius > _DEEP_RADIUS
        halo = min(network.radius, _DEEP_HALO if deep else _HALO)
        wide = network.features > 2 * _TYPICAL_FEATURES
        per_pixel = _EDSR_BYTES_PER_FEATURE * network.features  # answers have their room in it
        return Figures(halo, _DEEP_TILE if deep or wide else _TILE, per_pixel, weight_bytes)
    halo = min(network.radius, _HALO)
    if network.algorithm == "lapsrn":
        per_pixel = _LAPSRN_BYTES_PER_PIXEL * (network.scale / 2) ** 2
        return Figures(halo, _LAPSRN_TILES.get(network.scale, _TILE), per_pixel + answer, weight_bytes)
    per_pixel = _BYTES_PER_FEATURE.get(network.algorithm, _EDSR_BYTES_PER_FEATURE) * network.features
    return Figures(halo, _TILE, per_pixel + answer, weight_bytes)


def expected(model: Model, engine: str = "opencv") -> Figures:
    """The same by what the catalogue says of it alone, without its file; an unknown engine is taken for OpenCV."""
    network = _by_catalogue(model)
    match engine:
        case "openvino":
            return _of_openvino(network, "f32")
        case "ncnn" | "vulkan":
            return _of_ncnn(network)
        case _:
            return _of(network)


def _network(model: Model, content: bytes) -> Network:
    try:
        return recognise(content, model.file)
    except ModelRefusedError:
        # Verified, but written by a tool whose graphs look different: what the catalogue says has to do.
        return _by_catalogue(model)


def _by_catalogue(model: Model) -> Network:
    many = model.parameters > _MANY_PARAMETERS
    features, radius = (256, 67) if many else (_TYPICAL_FEATURES, 35)
    return Network(model.algorithm, model.family, model.scale, model.parameters, features, radius)


def library_mib(model: Model, engine: str, *, alpha: bool = False) -> int:
    """What a process grows by in MiB for having run such a network, beside what ``working_mib`` says."""
    beside = OPENCV_MIB if engine != "opencv" and (alpha or model.algorithm != "edsr") else 0
    return _LIBRARY_MIB.get(engine, 0) + beside


def answer_mib(model: Model, tile: int) -> float:
    """The part of ``working_mib`` in MiB that answers to tiles take: it is given back when the last one is there."""
    return _ANSWER_BYTES_PER_PIXEL * (tile * model.scale) ** 2 / 2**20


def openvino_figures(model: Model, content: bytes, arithmetic: str) -> Figures:
    """The same for OpenVINO, which needs less memory, and whose time for a pixel hardly depends on the tile."""
    return _of_openvino(_network(model, content), arithmetic)


def _of_openvino(network: Network, arithmetic: str) -> Figures:
    found = _of(network)
    answer = _ANSWER_BYTES_PER_PIXEL * network.scale**2
    per_weight = _OPENVINO_BYTES_PER_WEIGHT["int8" if arithmetic == "int8" else "float"]
    weights = _OPENVINO_FIXED_BYTES + per_weight * network.parameters
    if network.algorithm == "edsr":
        return Figures(found.halo, _DEEP_TILE, _OPENVINO_BYTES_PER_FEATURE * network.features + answer, weights)
    per_pixel = found.bytes_per_pixel
    if network.algorithm == "lapsrn":
        per_pixel = (per_pixel - answer) * _OPENVINO_LAPSRN + answer
    return Figures(found.halo, found.tile, per_pixel, weights)


def ncnn_figures(model: Model, content: bytes) -> Figures:
    """The same for ncnn, whose way with large pieces is the quicker one."""
    return _of_ncnn(_network(model, content))


def _of_ncnn(network: Network) -> Figures:
    found = _of(network)
    answer = _ANSWER_BYTES_PER_PIXEL * network.scale**2
    weights = _NCNN_FIXED_BYTES + _NCNN_BYTES_PER_WEIGHT * network.parameters
    if network.algorithm == "edsr":
        return Figures(found.halo, _DEEP_TILE, _NCNN_BYTES_PER_FEATURE * network.features + answer, weights)
    per_pixel = (found.bytes_per_pixel - answer) * _NCNN_FOR_BRIGHTNESS
    if network.algorithm == "lapsrn":
        per_pixel = _NCNN_LAPSRN_BYTES_PER_PIXEL.get(network.scale, per_pixel)
    return Figures(found.halo, found.tile, per_pixel + answer, weights)
