"""OpenCV's dnn module: the reference every other engine is measured against.

The same arithmetic as ``cv2.dnn_superres`` (opencv_contrib, modules/dnn_superres). With algorithm "edsr" that is BGR,
0..255, a constant mean taken off before and added after; for the others see ``luma``. Unlike it, this takes and gives
float32, so that 16-bit photos keep their depth, and for "edsr" rounding happens once, at the end.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop.core import errors
from desktop.core.engines import luma
from desktop.core.engines.base import EXACT, Mixed
from desktop.core.engines.common import by_planes, content_of, no_memory, require_numbers, require_shape, unlike
from desktop.core.engines.figures import figures
from desktop.core.models.catalogue import Model
from desktop.core.opencv import cv2

ALGORITHMS = ("edsr", "espcn", "fsrcnn", "lapsrn")


class OpenCvNet:
    """See ``Net``."""

    engine = "opencv"
    precision = EXACT
    arithmetic = "f32"

    def __init__(self, model: Model, content: bytes, other: bytes | None = None, share: float = 0.0) -> None:
        """
        Args:
            other, share: of a second network, see ``Mixed``.

        Raises:
            cv2.error, ModelDamagedError
        """
        self.scale = model.scale
        self._figures = figures(model, content)
        self.halo, self.tile = self._figures.halo, self._figures.tile
        self._in_colour = model.algorithm == "edsr"
        # Creating one makes dnn_superres register its DepthToSpace layer, without which the net loads but cannot run.
        cv2.dnn_superres.DnnSuperResImpl.create()
        self._net = cv2.dnn.readNetFromTensorflow(np.frombuffer(content, np.uint8))
        if other is not None:
            _mix(self._net, cv2.dnn.readNetFromTensorflow(np.frombuffer(other, np.uint8)), share, model)
        self._net.setPreferableBackend(cv2.dnn.DNN_BACKEND_OPENCV)
        self._net.setPreferableTarget(cv2.dnn.DNN_TARGET_CPU)

    def upscale(self, picture: NDArray[np.float32]) -> NDArray[np.float32]:
        if self._in_colour:
            # Not left to blobFromImage, whose mean is in the order of the planes it gives, not of those it takes.
            result = by_planes(picture, self._forward)
        else:
            result = luma.enlarged(picture, lambda brightness: self._forward(brightness[np.newaxis])[0])
        require_numbers(result)
        return result

    def _forward(self, given: NDArray[np.float32]) -> NDArray[np.float32]:
        """(C, H, W) to (C, H * scale, W * scale)."""
        count, height, width = given.shape
        try:
            self._net.setInput(np.ascontiguousarray(given[np.newaxis]))
            answer = np.asarray(self._net.forward(), np.float32)
        except MemoryError as error:
            raise no_memory(width, height) from error
        except cv2.error as error:
            if error.code == cv2.Error.StsNoMem:
                raise no_memory(width, height) from error
            raise errors.EngineFailedError(
                "OpenCV could not run the model: {reason}.", reason=_first_line(error)
            ) from error
        expected = (1, count, height * self.scale, width * self.scale)
        require_shape(answer, expected)
        planes: NDArray[np.float32] = answer[0]
        return planes

    def working_mib(self, tile: int) -> int:
        return self._figures.working_mib(tile)


class OpenCvEngine:
    """See ``Engine``."""

    name = "opencv"
    on_gpu = False
    suits_auto = True
    threads = 0
    _limited = 0

    def require(self) -> None:
        pass

    def arithmetics(self, model: Model, file: Path) -> tuple[str, ...]:
        return (OpenCvNet.arithmetic,)

    def prepare(self, model: Model, file: Path) -> None:
        pass

    def load(self, model: Model, file: Path, mixed: Mixed | None = None, arithmetic: str = "f32") -> OpenCvNet:
        if model.algorithm not in ALGORITHMS:
            raise errors.EngineFailedError("Rekindle cannot run {kind} models yet.", kind=model.algorithm.upper())
        if self.threads != self._limited:
            # One set for the whole program; made anew by the thread that uses it first, which is this one.
            cv2.setNumThreads(self.threads or -1)
            self._limited = self.threads
        content = content_of(model, file)
        other = content_of(model, mixed.file) if mixed is not None else None
        try:
            return OpenCvNet(model, content, other, mixed.share if mixed is not None else 0.0)
        except cv2.error as error:
            raise errors.ModelDamagedError(
                "The file of the model “{name}” is not a network OpenCV can read.", name=model.id
            ) from error


def _mix(net: Any, other: Any, share: float, model: Model) -> None:
    """Mixes every weight and bias of two networks, as OpenCV has read them, however they were stored.

    Before the first picture: a network that has run has copied its weights to where they cannot be reached.
    """
    names = net.getLayerNames()
    if names != other.getLayerNames():
        raise unlike(model)
    for name in names:
        layer, others = net.getLayerId(name), other.getLayer(other.getLayerId(name)).blobs
        own = net.getLayer(layer).blobs
        if [blob.shape for blob in own] != [blob.shape for blob in others]:
            raise unlike(model)
        for number, (one, two) in enumerate(zip(own, others, strict=True)):
            net.setParam(layer, number, ((1 - share) * one + share * two).astype(one.dtype))


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
