"""Models on this computer: copied once, hashed when they change, repaired when they are damaged."""

from __future__ import annotations

import dataclasses
import errno
import hashlib
import os
import subprocess
import sys
import textwrap

import pytest

from desktop.core import errors, files
from desktop.core.models.catalogue import Catalogue
from desktop.core.models.store import ModelState, Store

CONTENT = b"weights of a small network " * 1000


@pytest.fixture
def shipped(tmp_path):
    folder = tmp_path / "shipped"
    folder.mkdir()
    (folder / "small.pb").write_bytes(CONTENT)
    return folder


@pytest.fixture
def small(model):
    """A model that ships."""
    return dataclasses.replace(
        model, id="small-x3", file="small.pb", bytes=len(CONTENT), sha256=hashlib.sha256(CONTENT).hexdigest()
    )


@pytest.fixture
def foreign(small):
    """A model that does not ship."""
    return dataclasses.replace(small, id="foreign-x3", file="foreign.pb", bundled=False)


@pytest.fixture
def notices():
    return []


@pytest.fixture
def store(tmp_path, shipped, small, foreign, notices):
    return Store(tmp_path / "models", Catalogue((small, foreign)), shipped, notices.append)


@pytest.fixture
def hashed(monkeypatch):
    """The files that were hashed, in order."""
    seen, real = [], files.sha256_of
    monkeypatch.setattr(files, "sha256_of", lambda path: (seen.append(path), real(path))[1])
    return seen


def _damage(path, content=None):
    path.write_bytes(content if content is not None else CONTENT[:-1] + b"X")


def _set_aside(store):
    return [file.read_bytes() for file in (store.folder / "damaged").glob("*")]


def test_naming_a_folder_makes_none(store):
    assert not store.folder.exists()


def test_the_first_use_copies_what_ships(store, small, notices):
    path = store.ensure(small)
    assert path == store.folder / "small.pb"
    assert path.read_bytes() == CONTENT
    assert notices == []


def test_a_copy_leaves_no_temporary_files(store, small):
    store.ensure(small)
    assert {file.name for file in store.folder.iterdir()} == {"small.pb", "small.pb.verified.json"}


def test_later_uses_do_not_hash(store, small, hashed):
    store.ensure(small)
    del hashed[:]
    for _ in range(3):
        assert store.ensure(small) == store.folder / "small.pb"
    assert hashed == []


def test_a_restarted_program_does_not_hash_either(store, small, shipped, hashed):
    store.ensure(small)
    del hashed[:]
    Store(store.folder, store.catalogue, shipped).ensure(small)
    assert hashed == []


def test_a_changed_modification_time_costs_one_hash(store, small, hashed, notices):
    path = store.ensure(small)
    os.utime(path, ns=(0, 1_000_000_000))
    del hashed[:]
    store.ensure(small)
    assert hashed == [path]
    store.ensure(small)
    assert hashed == [path]
    assert notices == []


def test_a_changed_size_is_seen_without_hashing(store, small, hashed):
    path = store.ensure(small)
    _damage(path, CONTENT + b"X")
    del hashed[:]
    assert store.state(small) is ModelState.DAMAGED
    assert hashed == []


@pytest.mark.parametrize("record", [b"", b"{}", b"null", b"[1]", b'{"size": 1}', b"\xff"], ids=repr)
def test_a_damaged_note_of_the_last_look_costs_a_hash_and_nothing_else(record, store, small, hashed):
    path = store.ensure(small)
    path.with_name("small.pb.verified.json").write_bytes(record)
    del hashed[:]
    assert store.ensure(small) == path
    assert hashed == [path]


def test_the_file_of_an_older_version_is_replaced_without_a_word(store, small, shipped, notices):
    path = store.ensure(small)
    content = CONTENT[::-1]
    (shipped / small.file).write_bytes(content)
    newer = dataclasses.replace(small, sha256=hashlib.sha256(content).hexdigest())
    assert store.state(newer) is ModelState.BUNDLED
    assert store.state(newer, full=True) is ModelState.BUNDLED
    assert store.ensure(newer) == path
    assert path.read_bytes() == content
    assert store.state(newer) is ModelState.INSTALLED
    assert not notices
    assert not (store.folder / "damaged").exists()


def test_a_damaged_file_of_an_older_version_is_damaged_all_the_same(store, small, shipped, notices):
    path = store.ensure(small)
    _damage(path, b"X" * len(CONTENT))
    content = CONTENT[::-1]
    (shipped / small.file).write_bytes(content)
    newer = dataclasses.replace(small, sha256=hashlib.sha256(content).hexdigest())
    assert store.state(newer) is ModelState.DAMAGED
    assert store.ensure(newer) == path
    assert path.read_bytes() == content
    assert len(notices) == 1


def test_a_newer_catalogue_with_another_hash_does_not_trust_the_old_look(store, foreign):
    files.write_whole(store.path_of(foreign), b"of an older catalogue")
    store.note_whole(foreign)
    assert store.state(dataclasses.replace(foreign, sha256="0" * 64)) is ModelState.DAMAGED


@pytest.mark.parametrize(
    "content", [CONTENT[:-1] + b"X", CONTENT[:100], b""], ids=["one byte changed", "cut off", "empty"]
)
def test_a_damaged_file_is_set_aside_and_replaced(content, store, small, notices):
    path = store.ensure(small)
    _damage(path, content)
    assert store.ensure(small) == path
    assert path.read_bytes() == CONTENT
    assert _set_aside(store) == [content]
    (notice,) = notices
    assert isinstance(notice, errors.ModelDamagedError)
    assert "small-x3" in notice.message
    assert "replaced" in notice.message


def test_a_file_damaged_again_is_set_aside_again(store, small):
    path = store.ensure(small)
    for content in (b"first", b"second"):
        _damage(path, content)
        store.ensure(small)
    assert sorted(_set_aside(store)) == [b"first", b"second"]


def test_without_anyone_to_tell_a_repair_goes_on_all_the_same(store, small, shipped):
    silent = Store(store.folder, store.catalogue, shipped)
    _damage(silent.ensure(small))
    assert silent.ensure(small).read_bytes() == CONTENT


def test_a_missing_model_that_does_not_ship_is_missing(store, foreign):
    with pytest.raises(errors.ModelMissingError, match="foreign-x3"):
        store.ensure(foreign)


def test_a_whole_model_that_does_not_ship_is_used_where_it_lies(store, foreign):
    files.write_whole(store.path_of(foreign), CONTENT)
    assert store.ensure(foreign).read_bytes() == CONTENT


def test_a_damaged_model_that_does_not_ship_is_set_aside_and_cannot_be_used(store, foreign, notices):
    files.write_whole(store.path_of(foreign), b"damaged")
    with pytest.raises(errors.ModelDamagedError):
        store.ensure(foreign)
    assert _set_aside(store) == [b"damaged"]
    assert "Install it again" in notices[0].message


@pytest.mark.parametrize("content", [CONTENT[:-1] + b"X", b""], ids=["one byte changed", "empty"])
def test_a_damaged_shipped_file_is_never_installed(content, store, small, shipped):
    _damage(shipped / "small.pb", content)
    with pytest.raises(errors.ModelDamagedError, match="Install Rekindle again"):
        store.ensure(small)
    assert list(store.folder.iterdir()) == []


def test_a_missing_shipped_file_is_a_damaged_installation(store, small, shipped):
    (shipped / "small.pb").unlink()
    with pytest.raises(errors.ModelDamagedError, match="Install Rekindle again"):
        store.ensure(small)


def test_no_one_is_told_of_a_replacement_that_did_not_happen(store, small, shipped, notices):
    _damage(store.ensure(small))
    _damage(shipped / "small.pb")
    with pytest.raises(errors.ModelDamagedError):
        store.ensure(small)
    assert not any("has been replaced" in notice.message for notice in notices)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EDQUOT])
def test_a_folder_that_cannot_be_written_falls_back_to_what_ships(number, store, small, shipped, monkeypatch):
    def refuse(*_, **__):
        raise OSError(number, "no")

    monkeypatch.setattr("desktop.core.models.store.shutil.copyfile", refuse)
    assert store.ensure(small) == shipped / "small.pb"


def test_a_file_where_the_folder_should_be_falls_back_to_what_ships(store, small, shipped):
    store.folder.write_text("not a folder")
    assert store.ensure(small) == shipped / "small.pb"


def test_what_ships_is_verified_before_it_is_fallen_back_to(store, small, shipped):
    store.folder.write_text("not a folder")
    _damage(shipped / "small.pb")
    with pytest.raises(errors.ModelDamagedError):
        store.ensure(small)


def test_a_damaged_model_in_a_folder_that_cannot_be_written_falls_back_without_claiming_a_repair(
    store, small, shipped, notices, monkeypatch
):
    _damage(store.ensure(small))

    def refuse(*_, **__):
        raise OSError(errno.EROFS, "Read-only file system")

    for name in ("replace", "link", "fsync"):
        monkeypatch.setattr(files.os, name, refuse)
    monkeypatch.setattr("desktop.core.models.store.shutil.copyfile", refuse)
    assert store.ensure(small) == shipped / "small.pb"
    assert not any("has been replaced" in notice.message for notice in notices)


def test_a_look_that_cannot_be_noted_is_no_failure(store, small, monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files, "write_whole", refuse)
    assert store.ensure(small).read_bytes() == CONTENT


def test_state_of_a_model_that_ships_and_was_never_used(store, small):
    assert store.state(small) is ModelState.BUNDLED
    assert not store.folder.exists()


def test_state_of_a_model_that_is_not_here(store, foreign):
    assert store.state(foreign) is ModelState.AVAILABLE


def test_state_of_a_model_that_is_installed(store, small):
    store.ensure(small)
    assert store.state(small) is ModelState.INSTALLED


def test_looking_at_a_damaged_model_changes_nothing(store, small):
    path = store.ensure(small)
    _damage(path)
    assert store.state(small) is ModelState.DAMAGED
    assert path.read_bytes() != CONTENT


def test_verifying_hashes_what_looks_unchanged(store, small):
    path = store.ensure(small)
    found = path.stat()
    _damage(path)
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))
    assert store.state(small) is ModelState.INSTALLED  # nothing shows from outside
    assert store.verify(small) is ModelState.DAMAGED
    assert path.read_bytes() == CONTENT


def test_verifying_a_whole_model_leaves_it_alone(store, small, notices):
    store.ensure(small)
    assert store.verify(small) is ModelState.INSTALLED
    assert notices == []


def test_verifying_a_model_that_was_never_used_installs_nothing(store, small):
    assert store.verify(small) is ModelState.BUNDLED
    assert not store.folder.exists()


PROCESS = textwrap.dedent("""
    import dataclasses, sys, time
    from pathlib import Path
    from desktop.core.models.catalogue import Catalogue, Model
    from desktop.core.models.store import Store
    folder, shipped, go, digest, size = sys.argv[1:]
    model = Model("small-x3", "small", "edsr", 3, 1, "small.pb", int(size), digest, "MIT", True, "")
    store = Store(Path(folder), Catalogue((model,)), Path(shipped))
    while not Path(go).exists():
        time.sleep(0.001)
    for _ in range(20):
        path = store.ensure(model)
        assert path == Path(folder) / "small.pb", path
        assert path.stat().st_size == model.bytes
""")


@pytest.mark.parametrize("damaged", [False, True], ids=["an empty store", "a damaged model"])
def test_two_processes_at_once_do_not_get_in_each_other_s_way(damaged, store, small, shipped, tmp_path):
    if damaged:
        _damage(store.ensure(small))
    go = tmp_path / "go"
    command = [sys.executable, "-W", "error", "-c", PROCESS, store.folder, shipped, go, small.sha256, str(small.bytes)]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    go.touch()
    for process in processes:
        _, told = process.communicate(timeout=60)
        assert process.returncode == 0, told
    assert store.ensure(small).read_bytes() == CONTENT
    assert not list(store.folder.glob(f"{files.TEMP_PREFIX}*"))
