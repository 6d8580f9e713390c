"""Files of the person's own become models once they have proved to be networks that run, and stay."""

from __future__ import annotations

import json
import random
import shutil

import pytest

from desktop.core import errors
from desktop.core.cancel import CancelToken
from desktop.core.isolation.pool import Why, WorkerLostError, WorkerPool
from desktop.core.models import imports, inspection, installer
from desktop.core.models.store import ModelState
from desktop.core.workspace import Workspace


@pytest.fixture(scope="module")
def children():
    pool = WorkerPool()
    yield pool
    pool.close()


@pytest.fixture
def opened(tmp_path, children):
    """``opened()``: the same folders as another start of the program finds them."""

    def make():
        workspace = Workspace.open(tmp_path / "data")
        return Workspace(workspace.folders, workspace.catalogue, workspace.store, children)

    return make


@pytest.fixture
def here(opened):
    return opened()


@pytest.fixture
def own(tmp_path, tiny_graphs):
    """``own(name, content)``: a file of the person's, a small EDSR that enlarges ×3 where no content is given."""

    def make(name="Grandma's photos.pb", content=None):
        path = tmp_path / name
        path.write_bytes(content if content is not None else tiny_graphs.tiny_edsr(3, blocks=2))
        return path

    return make


def _refusal(here, path, kind=errors.ModelRefusedError):
    with pytest.raises(kind) as caught:
        here.installer.import_file(path)
    message = caught.value.message
    assert path.name in message
    assert "\n" not in message
    assert not list(here.store.folder.glob("*.pb"))
    assert len(here.catalogue.models) == len(here.catalogue.known)
    return message


def test_a_network_of_one_s_own_gets_an_id_after_its_name(here, own):
    path = own()
    model = here.installer.import_file(path)
    assert (model.id, model.family) == ("grandma-s-photos-x3", "grandma-s-photos")
    assert (model.algorithm, model.scale, model.bytes, model.imported) == ("edsr", 3, path.stat().st_size, True)
    assert here.store.path_of(model).read_bytes() == path.read_bytes()
    assert here.store.state(model) is ModelState.INSTALLED
    assert here.catalogue.choose("grandma-s-photos", 3) == model
    assert model in here.store.usable().models


def test_the_original_may_go(here, own):
    path = own()
    model = here.installer.import_file(path)
    path.unlink()
    assert here.store.ensure(model).is_file()


def test_what_was_imported_is_there_at_the_next_start(opened, own):
    model = opened().installer.import_file(own())
    later = opened()
    assert later.catalogue.by_id(model.id) == model
    assert later.store.state(model) is ModelState.INSTALLED


def test_another_window_learns_of_it(opened, own):
    other = opened()
    model = opened().installer.import_file(own())
    assert model not in other.catalogue.models
    other.store.refresh()
    assert model in other.catalogue.models


def test_the_same_file_again_is_the_same_model(here, own, tmp_path):
    path = own()
    model = here.installer.import_file(path)
    copy = tmp_path / "another name.pb"
    shutil.copyfile(path, copy)
    assert here.installer.import_file(copy) == model


def test_another_file_of_that_name_gets_another_id(here, own, tiny_graphs):
    first = here.installer.import_file(own("mine_x3.pb"))
    second = here.installer.import_file(own("mine_x3.pb", tiny_graphs.tiny_edsr(3, seed=2, blocks=2)))
    assert (first.id, second.id) == ("mine-x3", "mine-2-x3")


def test_the_scales_of_a_family_come_together(here, own, tiny_graphs):
    here.installer.import_file(own("mine_x3.pb"))
    here.installer.import_file(own("mine_x2.pb", tiny_graphs.tiny_edsr(2, blocks=2)))
    assert here.catalogue.scales("mine") == (2, 3)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("EDSR_x3.pb", "edsr-2-x3"),
        ("auto.pb", "auto-2-x3"),
        ("fsrcnn is not in here? no.pb", None),
        ("Ünïcode – Großmutter.pb", "unicode-gromutter-x3"),
        ("照片.pb", "edsr-2-x3"),
        (".pb", "pb-x3"),
        ("x" * 150 + ".pb", f"{'x' * 40}-x3"),
    ],
)
def test_ids_are_plain_and_nobody_else_s(name, expected, here, own):
    path = own(name)
    if expected is None:
        with pytest.raises(errors.ModelRefusedError):
            here.installer.import_file(path)
    else:
        assert here.installer.import_file(path).id == expected


def test_a_file_that_rekindle_knows_gets_the_id_it_has_there(here, shared):
    model = here.installer.import_file(shared / "data" / "models" / "third-party" / "LapSRN_x2.pb")
    assert (model.id, model.imported) == ("lapsrn-x2", False)
    assert here.store.state(here.catalogue.by_id("lapsrn-x2")) is ModelState.INSTALLED


def test_the_weights_that_ship_are_known_too(here, weights, model):
    assert here.installer.import_file(weights).id == model.id


def test_the_official_edsr_s_twin_is_edsr(here, shared):
    model = here.installer.import_file(shared / "data" / "models" / "EDSR_full_x3.pb")
    assert (model.id, model.algorithm, model.scale, model.parameters) == ("edsr-x3", "edsr", 3, 38_424_603)
    assert here.catalogue.choose("edsr", 3) == model
    assert [one.id for one in here.catalogue.models].count("edsr-x3") == 1
    here.installer.remove(model)
    assert not here.catalogue.by_id("edsr-x3").imported


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("EDSR_x2.pb", "its network is EDSR and enlarges ×3"),
        ("FSRCNN_x3.pb", "rename it to EDSR_x3.pb"),
        ("lapsrn.pb", "its network is EDSR"),
        ("mine x4.pb", "enlarges ×3"),
        ("2x-holiday.pb", "enlarges ×3"),
    ],
)
def test_a_name_that_says_something_else_is_refused_with_what_it_is(name, said, here, own):
    assert said in _refusal(here, own(name))


@pytest.mark.parametrize("name", ["EDSR_full_x3.pb", "edsrx3.pb", "x264.pb", "holiday 3x.pb", "redsrose.pb", "v2.pb"])
def test_a_name_that_is_right_or_says_nothing_is_fine(name, here, own):
    assert here.installer.import_file(own(name)).scale == 3


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it is empty"),
        (b"just a text\n", "it is a text"),
        (random.Random(1).randbytes(1_000_000), "no TensorFlow graph"),
    ],
)
def test_what_is_no_network_is_refused(content, said, here, own):
    assert said in _refusal(here, own("model.pb", content))


@pytest.mark.parametrize("made", ["tiny_onnx", "tiny_classifier"])
def test_networks_of_other_kinds_are_refused(made, here, own, tiny_graphs):
    _refusal(here, own("classifier.onnx", getattr(tiny_graphs, made)()))


def test_a_file_without_its_end_is_refused(here, own, weights):
    assert "its end is missing" in _refusal(here, own("model.pb", weights.read_bytes()[: weights.stat().st_size // 2]))


def test_a_graph_whose_weights_are_missing_is_refused(here, own, tiny_graphs):
    content = tiny_graphs.tiny_edsr(3, blocks=2)
    # Biases that claim to be more numbers than there are: OpenCV would believe it, and read past their end.
    content = content.replace(b"\x12\x04\x12\x02\x08\x04", b"\x12\x04\x12\x02\x08\x05", 1)
    assert "its numbers do not fit" in _refusal(here, own("model.pb", content))


def test_a_folder_is_refused(here, tmp_path):
    (tmp_path / "models.pb").mkdir()
    assert "a folder" in _refusal(here, tmp_path / "models.pb")


def test_a_file_that_is_gone_is_told(here, tmp_path):
    _refusal(here, tmp_path / "gone.pb", errors.NotFoundError)


def test_a_file_that_is_far_too_large_is_not_even_read(here, own, monkeypatch):
    monkeypatch.setattr(inspection, "MOST_BYTES", 1000)
    assert "far larger" in _refusal(here, own())


@pytest.mark.parametrize("why", Why)
def test_a_file_that_takes_the_child_down_is_refused_and_nothing_else_happens(why, here, own, monkeypatch):
    def lost(*_, **__):
        raise WorkerLostError(why)

    monkeypatch.setattr(here.children, "call", lost)
    _refusal(here, own())


def test_a_file_that_changes_meanwhile_is_not_taken(here, own, monkeypatch, tiny_graphs):
    path, real = own(), installer.imports.require_honest_name

    def change(*arguments):
        path.write_bytes(tiny_graphs.tiny_edsr(3, seed=9, blocks=2))
        real(*arguments)

    monkeypatch.setattr(installer.imports, "require_honest_name", change)
    assert "was changed" in _refusal(here, path)


def test_importing_can_be_cancelled(here, own):
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(errors.CancelledError):
        here.installer.import_file(own(), cancel)


def test_a_damaged_import_is_noticed_and_set_aside(here, own):
    model = here.installer.import_file(own())
    here.store.path_of(model).write_bytes(b"damaged")
    assert here.store.state(model) is ModelState.DAMAGED
    with pytest.raises(errors.ModelDamagedError):
        here.store.ensure(model)
    assert here.installer.import_file(own()).id == model.id
    assert here.store.state(model) is ModelState.INSTALLED


def test_a_removed_import_is_forgotten(opened, own):
    workspace = opened()
    model = workspace.installer.import_file(own())
    workspace.installer.remove(model)
    for one in (workspace, opened()):
        assert model not in one.catalogue.models
    assert not list(workspace.store.folder.glob("imported-*"))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'{"models": [{}]}',
        b'{"models": 3}',
        b"\xff",
        json.dumps({"models": [dict.fromkeys(("id", "family", "algorithm", "file", "sha256"), "../x")]}).encode(),
    ],
    ids=repr,
)
def test_a_damaged_list_of_imports_is_no_reason_not_to_start(content, opened):
    folder = opened().store.folder
    folder.mkdir(parents=True)
    (folder / imports.FILE).write_bytes(content)
    workspace = opened()
    assert workspace.catalogue.models == workspace.catalogue.known


def test_an_import_never_leads_out_of_the_store(opened, own):
    workspace = opened()
    workspace.installer.import_file(own())
    path = workspace.store.folder / imports.FILE
    path.write_text(path.read_text().replace("imported-grandma", "../imported-grandma"))
    assert opened().catalogue.models == workspace.catalogue.known
