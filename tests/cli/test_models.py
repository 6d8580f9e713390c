"""``rekindle models``: what exists, what is here, and whether it is whole."""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
import os

import pytest

from desktop.cli import models as room
from desktop.core.models.catalogue import Catalogue
from desktop.core.models.store import Store
from desktop.core.workspace import Workspace

RECORD = {"id", "file", "algorithm", "scale", "parameters", "bytes", "sha256", "licence", "state", "path"}


def _own(run):
    """What is said of the model that ships from the start."""
    return next(record for record in run.records if record["id"] == "edsr-baseline-x3")


@pytest.fixture
def stored(tmp_path, weights):
    """The model's file in the store."""
    path = tmp_path / "data" / "models" / weights.name
    path.parent.mkdir(parents=True)
    path.write_bytes(weights.read_bytes())
    return path


def test_a_line_of_json_has_exactly_the_promised_fields(run_cli, catalogue):
    run = run_cli("models", "list", "--json")
    assert (run.status, run.err) == (0, "")
    assert [record["id"] for record in run.records] == [model.id for model in catalogue.models]
    for record, model in zip(run.records, catalogue.models, strict=True):
        assert set(record) == RECORD
        for name in RECORD - {"state", "path"}:
            assert record[name] == getattr(model, name)


def test_a_model_that_ships_and_was_never_used_is_bundled(run_cli, tmp_path):
    record = _own(run_cli("models", "list", "--json"))
    assert (record["state"], record["path"]) == ("bundled", None)
    assert not (tmp_path / "data" / "models").exists()


def test_a_model_that_was_used_is_installed(run_cli, photo_file, tmp_path):
    run_cli("enhance", photo_file())
    record = _own(run_cli("models", "list", "--json"))
    assert record["state"] == "installed"
    assert record["path"] == str(tmp_path / "data" / "models" / record["file"])


def test_a_damaged_model_is_listed_as_that_and_left_alone(run_cli, stored):
    stored.write_bytes(b"damaged")
    run = run_cli("models", "list", "--json")
    assert (run.status, _own(run)["state"], _own(run)["path"]) == (0, "damaged", str(stored))
    assert stored.read_bytes() == b"damaged"


def test_people_get_a_line_per_model(run_cli):
    run = run_cli("models", "list")
    line = next(line for line in run.out.splitlines() if line.startswith("edsr-baseline-x3 "))
    assert "2.5 MB" in line
    assert "bundled" in line


def test_a_whole_model_verifies(run_cli, stored):
    run = run_cli("models", "verify", "--json")
    assert (run.status, run.err, _own(run)["state"]) == (0, "", "installed")


def test_a_damaged_model_is_repaired_by_verifying(run_cli, stored, weights):
    found = stored.stat()
    content = bytearray(stored.read_bytes())
    content[len(content) // 2] ^= 1
    stored.write_bytes(content)
    os.utime(stored, ns=(found.st_atime_ns, found.st_mtime_ns))
    run = run_cli("models", "verify", "edsr-baseline-x3", "--json")
    assert (run.status, run.record["state"]) == (0, "installed")
    assert "replaced" in run.err
    assert stored.read_bytes() == weights.read_bytes()
    assert len(list((stored.parent / "damaged").iterdir())) == 1


def test_a_silently_damaged_model_is_repaired_although_it_was_verified_before(run_cli, stored, weights):
    run_cli("models", "verify")
    found = stored.stat()
    stored.write_bytes(bytes(found.st_size))
    os.utime(stored, ns=(found.st_atime_ns, found.st_mtime_ns))
    assert run_cli("models", "verify").status == 0
    assert stored.read_bytes() == weights.read_bytes()


def test_an_unknown_model_is_a_wrong_call(run_cli):
    run = run_cli("models", "verify", "esrgan-x4", "--json")
    assert (run.status, run.out) == (2, "")
    assert "esrgan-x4" in run.err


@pytest.fixture
def broken(model, tmp_path, monkeypatch):
    """A workspace whose one model neither ships nor is whole."""
    content = b"weights"
    lost = dataclasses.replace(
        model, bundled=False, bytes=len(content), sha256=hashlib.sha256(content).hexdigest(), id="lost-x3"
    )
    opened = Workspace.open(tmp_path / "data")
    workspace = dataclasses.replace(
        opened,
        catalogue=Catalogue((lost,)),
        store=Store(opened.folders.models, Catalogue((lost,)), tmp_path / "nothing ships", lambda _: None),
    )
    monkeypatch.setattr(room.Workspace, "open", lambda *_, **__: workspace)
    monkeypatch.setattr(room.Workspace, "log_to_file", lambda _: None)
    return workspace


def _run(action, **options):
    return room.run_models(argparse.Namespace(action=action, data_dir=None, json=True, **options))


def test_a_model_that_cannot_be_repaired_fails_the_verifying(broken, capsys):
    broken.store.folder.mkdir(parents=True)
    broken.store.path_of(broken.catalogue.models[0]).write_bytes(b"damaged")
    assert _run("verify", model=None) == 1
    told = capsys.readouterr()
    assert "lost-x3" in told.err
    assert json.loads(told.out)["state"] == "available"


def test_a_model_that_is_not_here_is_available(broken, capsys):
    assert _run("list") == 0
    record = json.loads(capsys.readouterr().out)
    assert (record["state"], record["path"]) == ("available", None)


def test_models_are_listed_where_nothing_can_be_kept(run_cli, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    run = run_cli("models", "list", "--json", "--data-dir", tmp_path / "file")
    assert (run.status, _own(run)["state"]) == (0, "bundled")


def test_listing_models_imports_no_qt(run_cli):
    run = run_cli("models", "list", python=["-X", "importtime"])
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in run.err.splitlines()}
    assert not {"PySide6", "shiboken6"} & imported
