"""What window and command line both start from."""

from __future__ import annotations

import logging

import pytest

from desktop.core.forecast import DEFAULT_MAX_MEGAPIXELS
from desktop.core.workspace import Workspace


@pytest.fixture
def logger():
    """The program's logger, given back as it was."""
    found = logging.getLogger("desktop")
    before, level = list(found.handlers), found.level
    found.setLevel(logging.INFO)
    yield found
    found.setLevel(level)
    for handler in set(found.handlers) - set(before):
        found.removeHandler(handler)
        handler.close()


def test_opening_makes_nothing(tmp_path):
    Workspace.open(tmp_path / "data")
    assert list(tmp_path.iterdir()) == []


def test_the_store_keeps_models_under_the_data_folder(tmp_path):
    workspace = Workspace.open(tmp_path / "data")
    assert workspace.store.folder == workspace.folders.models == tmp_path / "data" / "models"
    assert workspace.store.catalogue is workspace.catalogue


def test_notices_reach_whoever_asked_for_them(tmp_path, model):
    notices = []
    workspace = Workspace.open(tmp_path / "data", notices.append)
    workspace.store.ensure(model).write_bytes(b"damaged")
    workspace.store.ensure(model)
    assert [notice.code for notice in notices] == ["model-damaged"]


def test_a_pipeline_has_the_limits_it_was_given(workspace):
    limits = workspace.pipeline(512, 7).limits
    assert (limits.budget_mib, limits.max_megapixels) == (512, 7)


def test_a_pipeline_without_limits_has_the_machine_s(workspace):
    limits = workspace.pipeline().limits
    assert limits.budget_mib >= 256
    assert limits.max_megapixels == DEFAULT_MAX_MEGAPIXELS


def test_the_log_is_kept_in_the_person_s_folder(workspace, logger):
    workspace.log_to_file()
    logger.info("Größe: %d px", 7)
    assert "INFO desktop: Größe: 7 px" in workspace.folders.log_file.read_text("utf-8")


def test_a_name_that_is_not_utf_8_can_be_logged(workspace, logger):
    workspace.log_to_file()
    logger.info("br\udcfccke.png")
    assert "cke.png" in workspace.folders.log_file.read_text("utf-8")


def test_a_log_that_cannot_be_kept_is_no_reason_to_stop(workspace, logger, caplog):
    workspace.folders.data.mkdir()
    workspace.folders.log.write_text("a file where the folder should be")
    workspace.log_to_file()
    logger.info("goes on")
    assert "No log can be kept" in caplog.text


def test_a_line_that_cannot_be_written_is_no_reason_to_complain(workspace, logger, capsys):
    workspace.log_to_file()
    (handler,) = (one for one in logger.handlers if hasattr(one, "baseFilename"))
    handler.stream.close()
    logger.info("lost")
    handler.stream = None
    assert capsys.readouterr().err == ""
