"""Which disk a folder is on, and how much fits."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from desktop.core.disks import disk_of


def test_a_folder_that_is_still_to_be_made_is_on_the_disk_of_the_nearest_one_that_exists(tmp_path):
    disk = disk_of(tmp_path / "not" / "yet")
    assert disk.device == os.stat(tmp_path).st_dev
    assert disk.free == pytest.approx(shutil.disk_usage(tmp_path).free, rel=0.05)


def test_a_disk_without_a_name_goes_by_the_folder_that_was_asked_for():
    folder = Path(__file__).resolve().parent
    if os.stat(folder).st_dev != os.stat(folder.anchor).st_dev or folder.drive:
        pytest.skip("not on this platform: the tests are on a disk with a name")
    assert disk_of(folder / "Results").name == "Results"


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="not on this platform: there is no /dev/shm")
def test_a_disk_that_is_mounted_somewhere_goes_by_the_name_of_that_place():
    if os.stat("/dev/shm").st_dev == os.stat("/dev").st_dev:
        pytest.skip("not on this platform: /dev/shm is no disk of its own")
    disk = disk_of(Path("/dev/shm") / "results")
    assert disk.name == "shm"
    assert disk.device == os.stat("/dev/shm").st_dev


def test_a_disk_that_cannot_be_asked_says_so(monkeypatch, tmp_path):
    def refuse(_path):
        raise PermissionError(13, "no")

    monkeypatch.setattr(shutil, "disk_usage", refuse)
    with pytest.raises(PermissionError):
        disk_of(tmp_path)
