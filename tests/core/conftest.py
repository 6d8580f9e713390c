"""A disk that takes “A.png” and “a.png” for one file; what engines are compared with."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from desktop.core.models.catalogue import Model
from desktop.core.opencv import cv2

_DISK_BYTES = 16 * 2**20
# A session that is killed leaves no disk mounted.
_WATCH = 'while kill -0 "$0"; do sleep 1; done; umount "$1"'


def _ignores_case(folder: Path) -> bool:
    (folder / "Case").touch()
    try:
        return (folder / "cASE").exists()
    finally:
        (folder / "Case").unlink()


@pytest.fixture(scope="session")
def _case_blind_disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The usual one on Windows and macOS; on Linux an NTFS mounted for the tests, where that is allowed."""
    folder = tmp_path_factory.mktemp("disk")
    if _ignores_case(folder):
        yield folder
        return
    if not (shutil.which("mkntfs") and shutil.which("lowntfs-3g") and os.path.exists("/dev/fuse")):
        pytest.skip("not on this platform: there is no disk that ignores case, and no ntfs-3g to make one")
    image = folder.with_name("disk.ntfs")
    image.touch()
    os.truncate(image, _DISK_BYTES)
    subprocess.run(["mkntfs", "-q", "-F", str(image)], check=True, capture_output=True)
    # Neither this nor the disk's driver is a child of ours, which other tests would find.
    subprocess.run(["sh", "-c", f"({_WATCH}) >/dev/null 2>&1 &", str(os.getpid()), str(folder)], check=True)
    mount = ["lowntfs-3g", str(image), str(folder), "-o", "ignore_case"]
    if subprocess.run(mount, check=False, capture_output=True).returncode or not _ignores_case(folder):
        pytest.skip("not on this platform: no disk that ignores case may be mounted")
    yield folder
    subprocess.run(["umount", str(folder)], check=True, capture_output=True)
    image.unlink()


@pytest.fixture
def case_blind_folder(_case_blind_disk: Path) -> Path:
    """An empty folder on a disk that ignores case."""
    folder = _case_blind_disk / uuid.uuid4().hex
    folder.mkdir()
    return folder


@pytest.fixture(scope="session")
def dnn_superres(weights: Path) -> Callable[[np.ndarray], np.ndarray]:
    """cv2.dnn_superres as the guides use it: (H, W, 3) uint8 RGB in and out."""
    superres = cv2.dnn_superres.DnnSuperResImpl.create()
    superres.readModel(str(weights))
    superres.setModel("edsr", 3)
    return lambda pixels: superres.upsample(np.ascontiguousarray(pixels[..., ::-1]))[..., ::-1]


@pytest.fixture
def other_model(model: Model, tmp_path: Path) -> Callable[..., tuple[Model, Path]]:
    """``other_model(content, **changes)``: a model and its file."""

    def make(content: bytes, **changes: Any) -> tuple[Model, Path]:
        digest = hashlib.sha256(content).hexdigest()
        file = tmp_path / f"{digest[:8]}.pb"
        file.write_bytes(content)
        return dataclasses.replace(model, id="other-x3", sha256=digest, bytes=len(content), **changes), file

    return make
