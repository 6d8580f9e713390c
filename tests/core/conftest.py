"""A disk that takes “A.png” and “a.png” for one file."""

from __future__ import annotations

import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

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
