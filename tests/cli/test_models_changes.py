"""``rekindle models install | import | remove``: what is printed, where, and with which status."""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
import os
import random
import signal
import sys

import pytest

from desktop.cli import models as room
from desktop.core.errors import UsageError
from desktop.core.models.catalogue import MIRROR, Catalogue
from desktop.core.workspace import Workspace

CONTENT = random.Random(3).randbytes(300_000)


@pytest.fixture
def server(model_server, monkeypatch):
    for name in ("http_proxy", "all_proxy", MIRROR):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    with model_server.serving(CONTENT) as serving:
        yield serving


@pytest.fixture
def models(server, catalogue, tmp_path, monkeypatch, capsys):
    """``models("install", model="edsr-x3")``: status, standard output and error; with a server that has edsr-x3."""
    official = catalogue.by_id("edsr-x3")
    digest = hashlib.sha256(CONTENT).hexdigest()
    ours = dataclasses.replace(official, bytes=len(CONTENT), sha256=digest, url=f"{server.address}/EDSR_x3.pb")
    known = Catalogue(ours if model is official else model for model in catalogue.known)
    monkeypatch.setattr(Catalogue, "load", lambda _path: Catalogue(known.known))
    monkeypatch.setattr(Workspace, "log_to_file", lambda _: None)

    def run(action, as_json=False, **options):
        status = room.run_models(argparse.Namespace(action=action, data_dir=tmp_path / "data", json=as_json, **options))
        told = capsys.readouterr()
        return status, told.out, told.err

    return run


def test_installing_prints_the_model_as_the_list_does(models, tmp_path):
    status, out, err = models("install", as_json=True, model="edsr-x3", mirror=None)
    record = json.loads(out)
    assert (status, err) == (0, "")
    assert (record["id"], record["state"]) == ("edsr-x3", "installed")
    assert record["path"] == str(tmp_path / "data" / "models" / "EDSR_x3.pb")


def test_installing_twice_says_so(models, server):
    models("install", model="edsr-x3", mirror=None)
    status, _, err = models("install", model="edsr-x3", mirror=None)
    assert (status, err) == (0, "edsr-x3 is installed already.\n")
    assert len(server.requests) == 1


def test_what_fails_is_one_sentence_on_standard_error(models, server, model_server):
    server.script += [model_server.status(404)]
    status, out, err = models("install", as_json=True, model="edsr-x3", mirror=None)
    assert (status, out) == (1, "")
    assert err.startswith("rekindle: “edsr-x3” could not be downloaded")
    assert err.count("\n") == 1


def test_a_mirror_can_be_named(models, server, monkeypatch):
    monkeypatch.setenv(MIRROR, "http://nowhere.invalid")
    assert models("install", model="edsr-x3", mirror=f"{server.address}/ours")[0] == 0
    assert server.requests[0][0] == "/ours/EDSR_x3.pb"


def test_a_mirror_that_is_none_is_a_wrong_call(models, monkeypatch):
    monkeypatch.setenv(MIRROR, "")
    with pytest.raises(UsageError, match="gopher"):
        models("install", model="edsr-x3", mirror="gopher://x")


def test_an_unknown_model_is_a_wrong_call(models):
    for action in ("install", "remove"):
        with pytest.raises(UsageError, match="esrgan-x4"):
            models(action, model="esrgan-x4", mirror=None)


def test_a_model_that_ships_is_installed_from_what_ships(models, server):
    status, out, _ = models("install", as_json=True, model="edsr-baseline-x3", mirror=None)
    assert (status, json.loads(out)["state"]) == (0, "installed")
    assert server.requests == []


@pytest.mark.skipif(sys.platform == "win32", reason="not on this platform: no signals to oneself")
def test_ctrl_c_keeps_what_has_arrived(models, server, model_server, tmp_path):
    def interrupted(handler):
        handler.begin(200, len(CONTENT))
        handler.wfile.write(CONTENT[:100_000])
        handler.wfile.flush()
        part = tmp_path / "data" / "models" / "downloads" / f"{hashlib.sha256(CONTENT).hexdigest()}.part"
        while not part.exists() or not part.stat().st_size:
            server.over.wait(0.01)
        os.kill(os.getpid(), signal.SIGINT)
        server.over.wait(60)

    server.script += [interrupted]
    status, out, err = models("install", model="edsr-x3", mirror=None)
    assert (status, out) == (130, "")
    assert "kept for next time" in err
    assert models("install", model="edsr-x3", mirror=None)[0] == 0
    assert server.requests[-1][1].startswith("bytes=")


def test_an_import_prints_the_id_it_gave(models, tmp_path, tiny_graphs):
    file = tmp_path / "grandma.pb"
    file.write_bytes(tiny_graphs.tiny_edsr(3, blocks=2))
    status, out, err = models("import", as_json=True, file=file)
    record = json.loads(out)
    assert (status, err) == (0, "")
    assert set(record) == {"id", "algorithm", "scale", "parameters", "path"}
    assert (record["id"], record["algorithm"], record["scale"]) == ("grandma-x3", "edsr", 3)
    assert record["path"] == str(tmp_path / "data" / "models" / "imported-grandma-x3.pb")
    listed = [json.loads(line) for line in models("list", as_json=True)[1].splitlines()]
    assert [one["state"] for one in listed if one["id"] == "grandma-x3"] == ["installed"]


def test_people_are_told_how_to_use_what_they_imported(models, tmp_path, tiny_graphs):
    file = tmp_path / "grandma.pb"
    file.write_bytes(tiny_graphs.tiny_edsr(3, blocks=2))
    assert "--model grandma-x3" in models("import", file=file)[1]


def test_a_refused_import_is_one_sentence(models, tmp_path):
    file = tmp_path / "letter.pb"
    file.write_text("Dear grandma")
    status, out, err = models("import", as_json=True, file=file)
    assert (status, out) == (1, "")
    assert err == (
        "rekindle: “letter.pb” is no model that Rekindle can use: it is a text, perhaps a web page that was saved in "
        "its place.\n"
    )


def test_an_import_is_removed(models, tmp_path, tiny_graphs):
    file = tmp_path / "grandma.pb"
    file.write_bytes(tiny_graphs.tiny_edsr(3, blocks=2))
    models("import", file=file)
    assert models("remove", model="grandma-x3") == (0, "grandma-x3 was removed.\n", "")
    assert "grandma" not in models("list")[1]


def test_removing_a_download_makes_it_available_again(models):
    models("install", model="edsr-x3", mirror=None)
    status, out, _ = models("remove", as_json=True, model="edsr-x3")
    assert (status, json.loads(out)["state"]) == (0, "available")


def test_the_copy_of_what_ships_can_be_removed_and_comes_back(models):
    models("install", model="edsr-baseline-x3", mirror=None)
    status, out, _ = models("remove", model="edsr-baseline-x3")
    assert status == 0
    assert "copied again when it is next used" in out
    status, _, err = models("remove", model="edsr-baseline-x3")
    assert status == 1
    assert "part of Rekindle" in err


def test_an_imported_model_enhances_a_photo(run_cli, photo_file, tmp_path, tiny_graphs):
    file = tmp_path / "grandma.pb"
    file.write_bytes(tiny_graphs.tiny_espcn(2))
    assert run_cli("models", "import", file).status == 0
    run = run_cli("enhance", photo_file(), "--model", "grandma", "--scale", "2", "--json")
    assert (run.status, run.record["model"], run.record["width"]) == (0, "grandma-x2", 48)


def test_a_model_that_is_not_here_says_how_to_get_it(run_cli, photo_file):
    run = run_cli("enhance", photo_file(), "--model", "edsr", "--json")
    assert (run.status, run.record["error"]["code"]) == (1, "model-missing")
    assert "rekindle models install edsr-x3" in run.record["error"]["message"]
