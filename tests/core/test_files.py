"""Files are there whole or not at all, whatever happens while they are written."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import sys

import pytest

from desktop.core import files
from desktop.core.files import sha256_of, whole_file, write_whole


class _Fails:
    """Takes the place of a function and raises, once or always."""

    def __init__(self, failure):
        self.failure, self.calls = failure, 0

    def __call__(self, *_, **__):
        self.calls += 1
        raise self.failure


FAILURES = [OSError(errno.ENOSPC, "No space left on device"), MemoryError(), KeyboardInterrupt()]
every_failure = pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)


@pytest.fixture
def target(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    return folder / "target.bin"


def _is_untouched(target, before):
    left = {entry.name: entry.read_bytes() for entry in target.parent.iterdir()}
    return left == ({target.name: before} if before is not None else {})


@pytest.fixture(params=[None, b"what was there"], ids=["a new file", "an existing file"])
def before(request, target):
    if request.param is not None:
        target.write_bytes(request.param)
    return request.param


def test_a_new_file_appears_whole(target):
    with whole_file(target) as temp:
        temp.write_bytes(b"new")
        assert not target.exists()
    assert _is_untouched(target, b"new")


def test_an_existing_file_is_replaced_in_one_step(target):
    target.write_bytes(b"old")
    with whole_file(target) as temp:
        temp.write_bytes(b"new")
        assert target.read_bytes() == b"old"
    assert _is_untouched(target, b"new")


def test_the_temporary_file_lies_beside_the_target_and_is_hidden(target):
    with whole_file(target) as temp:
        temp.write_bytes(b"")
        assert temp.parent == target.parent
        assert temp.name.startswith(files.TEMP_PREFIX)
        assert temp.name.endswith(files.TEMP_SUFFIX)


def test_the_content_is_on_disk_before_the_file_gets_its_name(target, monkeypatch):
    order = []
    for name in ("fsync", "replace"):
        real = getattr(os, name)
        monkeypatch.setattr(files.os, name, lambda *a, real=real, name=name: (order.append(name), real(*a))[1])
    write_whole(target, b"new")
    assert order[:2] == ["fsync", "replace"]


@pytest.mark.skipif(sys.platform == "win32", reason="not on this platform: folders cannot be flushed on Windows")
def test_the_name_is_on_disk_before_writing_counts_as_done(target, monkeypatch):
    flushed, real = [], os.fsync
    monkeypatch.setattr(files.os, "fsync", lambda fd: (flushed.append(os.fstat(fd)), real(fd))[1])
    write_whole(target, b"new")
    assert flushed[-1].st_ino == target.parent.stat().st_ino


def test_a_folder_that_cannot_be_flushed_is_no_failure(target, monkeypatch):
    real = os.fsync

    def only_files(descriptor):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")
        real(descriptor)

    monkeypatch.setattr(files.os, "fsync", only_files)
    write_whole(target, b"new")
    assert target.read_bytes() == b"new"


@every_failure
def test_a_writer_that_fails_midway_leaves_everything_as_it_was(failure, target, before):
    with pytest.raises(type(failure)), whole_file(target) as temp:  # noqa: PT012
        temp.write_bytes(b"half of i")
        raise failure
    assert _is_untouched(target, before)


@every_failure
def test_a_writer_that_fails_before_it_begins_leaves_everything_as_it_was(failure, target, before):
    with pytest.raises(type(failure)), whole_file(target):
        raise failure
    assert _is_untouched(target, before)


@every_failure
@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_step_that_fails_leaves_everything_as_it_was(step, failure, target, before, monkeypatch):
    fails = _Fails(failure)
    monkeypatch.setattr(files.os, step, fails)
    with pytest.raises(type(failure)):
        write_whole(target, b"new")
    assert fails.calls == 1
    assert _is_untouched(target, before)


@every_failure
def test_linking_that_fails_leaves_nothing_behind(failure, target, monkeypatch):
    if isinstance(failure, OSError):
        monkeypatch.setattr(files.os, "replace", _Fails(failure))  # what is tried where links are unknown
    monkeypatch.setattr(files.os, "link", _Fails(failure))
    with pytest.raises(type(failure)), whole_file(target, overwrite=False) as temp:
        temp.write_bytes(b"new")
    assert _is_untouched(target, None)


def test_a_new_name_is_taken_without_overwriting(target):
    with whole_file(target, overwrite=False) as temp:
        temp.write_bytes(b"new")
    assert _is_untouched(target, b"new")


def test_an_existing_file_is_not_replaced_unless_that_is_wanted(target):
    target.write_bytes(b"old")
    with pytest.raises(FileExistsError), whole_file(target, overwrite=False) as temp:
        temp.write_bytes(b"new")
    assert _is_untouched(target, b"old")


def test_a_file_that_appears_while_ours_is_written_is_not_replaced(target):
    with pytest.raises(FileExistsError), whole_file(target, overwrite=False) as temp:  # noqa: PT012
        temp.write_bytes(b"ours")
        target.write_bytes(b"theirs")
    assert _is_untouched(target, b"theirs")


def test_a_broken_link_of_that_name_is_not_replaced(target):
    target.symlink_to(target.with_name("nowhere"))
    with pytest.raises(FileExistsError), whole_file(target, overwrite=False) as temp:
        temp.write_bytes(b"new")
    assert target.is_symlink()


@pytest.fixture
def no_links(monkeypatch):
    """A file system without hard links, such as FAT."""
    monkeypatch.setattr(files.os, "link", _Fails(OSError(errno.EPERM, "Operation not permitted")))


@pytest.mark.usefixtures("no_links")
def test_where_there_are_no_hard_links_a_new_file_appears_all_the_same(target):
    with whole_file(target, overwrite=False) as temp:
        temp.write_bytes(b"new")
    assert _is_untouched(target, b"new")


@pytest.mark.usefixtures("no_links")
def test_where_there_are_no_hard_links_an_existing_file_is_not_replaced_either(target):
    target.write_bytes(b"old")
    with pytest.raises(FileExistsError), whole_file(target, overwrite=False) as temp:
        temp.write_bytes(b"new")
    assert _is_untouched(target, b"old")


def test_replacing_a_link_leaves_what_it_pointed_to(target):
    other = target.with_name("other.bin")
    other.write_bytes(b"precious")
    target.symlink_to(other)
    write_whole(target, b"new")
    assert other.read_bytes() == b"precious"
    assert target.read_bytes() == b"new"
    assert not target.is_symlink()


def test_a_folder_that_is_missing_is_an_error_of_the_system(target):
    with pytest.raises(FileNotFoundError), whole_file(target.parent / "missing" / "a") as temp:
        temp.write_bytes(b"")


def test_writing_whole_makes_the_folder(target):
    write_whole(target.parent / "a" / "b" / "c.bin", b"new")
    assert (target.parent / "a" / "b" / "c.bin").read_bytes() == b"new"


def test_a_hash_is_that_of_the_whole_content(target):
    content = os.urandom(3_000_001)
    target.write_bytes(content)
    assert sha256_of(target) == hashlib.sha256(content).hexdigest()


def test_dates_are_those_of_another_file(target):
    target.write_bytes(b"x")
    other = target.with_name("other")
    other.write_bytes(b"y")
    os.utime(other, ns=(10**18, 2 * 10**18))
    assert files.set_dates(target, other.stat())
    assert (target.stat().st_atime_ns, target.stat().st_mtime_ns) == (10**18, 2 * 10**18)


def test_dates_that_cannot_be_set_are_told(target):
    assert not files.set_dates(target, os.stat(target.parent))  # there is no such file
