"""A stranger's model looked at in a child process, which it may crash, hang or fill without anyone else noticing."""

from __future__ import annotations

import hashlib
import logging
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from desktop.core import errors, memory
from desktop.core.cancel import CancelToken
from desktop.core.isolation.frames import Frame
from desktop.core.isolation.pool import Limits, Why, WorkerLostError, WorkerPool
from desktop.core.isolation.worker import Ask
from desktop.core.models.recognise import Network, recognise
from desktop.core.opencv import cv2

logger = logging.getLogger(__name__)

# The largest network known takes 43 million numbers, 170 MB as they are.
MOST_BYTES = 512 * 2**20
_SECONDS, _SECONDS_PER_MIB = 60.0, 2.0
# Numbers stored as bytes become four bytes each, and eight times that where OpenCV transforms kernels.
_MEMORY_MIB, _MEMORY_PER_BYTE, _MOST_MEMORY_MIB = 768, 40, 8192
_PICTURE = (8, 9)


@dataclass(frozen=True)
class Inspected:
    """A file that is a super-resolution network and runs. ``sha256`` and ``size``: of the very bytes that were run."""

    network: Network
    sha256: str
    size: int


def inspect(path: Path, pool: WorkerPool, cancel: CancelToken | None = None) -> Inspected:
    """
    Raises:
        ModelRefusedError: it is no network that Rekindle can run; says why.
        NotFoundError, NoPermissionError, UnreadablePhotoError: it cannot be read at all.
        CancelledError
    """
    try:
        size = path.stat().st_size
    except OSError as error:
        raise errors.while_reading(error, path) from error
    if not path.is_file():
        raise errors.ModelRefusedError("“{name}” is a folder or a device, not a model's file (.pb).", name=path.name)
    if size > MOST_BYTES:
        raise errors.ModelRefusedError(
            "“{name}” is far larger ({size:,.0f} MB) than any model that Rekindle can use.",
            name=path.name,
            size=size / 1e6,
        )
    most = min(_MEMORY_MIB + size * _MEMORY_PER_BYTE // 2**20, max(_MOST_MEMORY_MIB, memory.available_mib()))
    limits = Limits(_SECONDS + size / 2**20 * _SECONDS_PER_MIB, most, 0)
    try:
        answer = pool.call("model", {"path": os.path.abspath(path)}, limits, cancel=cancel).content
        return Inspected(Network(**answer["network"]), str(answer["sha256"]), int(answer["size"]))
    except WorkerLostError as error:
        logger.warning("Looking at the model %s: the child %s", path, error)
        reason = {
            Why.TIME: "it takes too long to load.",
            Why.MEMORY: "it needs more memory than there is, or than such a network should.",
        }.get(error.why, "it breaks what loads it. It is damaged, or made to do harm.")
        raise errors.ModelRefusedError(
            "“{name}” is no model that Rekindle can use: {reason}", name=path.name, reason=reason
        ) from error


def inspect_task(arguments: dict[str, Any], ask: Ask) -> Frame:
    """The child's part of ``inspect``: reads the graph, then has OpenCV load and run it."""
    path = Path(arguments["path"])
    try:
        content = path.read_bytes()
    except OSError as error:
        raise errors.while_reading(error, path) from error
    network = recognise(content, path.name)
    _run(network, content, path.name)
    found = {"network": asdict(network), "sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
    return Frame(found)


def _run(network: Network, content: bytes, name: str) -> None:
    height, width = _PICTURE
    channels = 3 if network.algorithm == "edsr" else 1
    try:
        cv2.dnn_superres.DnnSuperResImpl.create()  # registers the layer that enlarges
        net = cv2.dnn.readNetFromTensorflow(np.frombuffer(content, np.uint8))
        net.setPreferableBackend(cv2.dnn.DNN_BACKEND_OPENCV)
        net.setInput(np.full((1, channels, height, width), 0.5, np.float32))
        answer = net.forward()
    except cv2.error as error:
        logger.info("%s does not run: %s", name, error)
        raise errors.ModelRefusedError(
            "“{name}” is no model that Rekindle can use: OpenCV cannot run it; it is damaged.", name=name
        ) from error
    expected = (1, channels, height * network.scale, width * network.scale)
    if answer.shape != expected or not np.isfinite(answer).all():
        raise errors.ModelRefusedError(
            "“{name}” is no model that Rekindle can use: what it makes of a picture is none; it is damaged.", name=name
        )
