"""What calculates here, in names and in words."""

from __future__ import annotations

import pytest

from desktop.core import diagnostics
from desktop.core.engines import available, ncnn_runtime, vulkan_engine
from desktop.core.engines.ncnn_runtime import Device
from desktop.core.workspace import Workspace

CARD = Device(0, "A Card 3000", "discrete", 0x5000)
SOFTWARE = Device(1, "llvmpipe", "software", 1)


@pytest.fixture(params=[True, False], ids=["with ncnn", "without"])
def ncnn(request, monkeypatch):
    monkeypatch.setattr(ncnn_runtime, "installed", lambda: request.param)
    monkeypatch.setattr(vulkan_engine, "_known", {})
    return request.param


@pytest.fixture
def known(monkeypatch):
    monkeypatch.setattr(vulkan_engine, "_devices", lambda _: (CARD, SOFTWARE))
    monkeypatch.setattr(vulkan_engine.VulkanEngine, "known_devices", lambda _: (CARD, SOFTWARE))


def test_an_engine_is_there_where_its_library_is(ncnn):
    assert ({"ncnn", "vulkan"} <= set(available.available_engines())) == ncnn
    assert "opencv" in available.available_engines()


def test_cards_are_named_in_words(ncnn, known):
    expected = "A Card 3000 (discrete, driver 0x5000), llvmpipe (software, driver 0x1)" if ncnn else ""
    assert available.cards() == expected


def test_what_is_offered_has_real_cards_only(ncnn, known):
    assert ("A Card 3000" in available.titles()) == ncnn
    assert "llvmpipe" not in available.titles()
    assert ("ncnn" in available.titles()) == ncnn


def test_nobody_is_asked_for_cards_where_that_would_take_time(ncnn, monkeypatch):
    monkeypatch.setattr(vulkan_engine, "_devices", lambda _: pytest.fail("asked"))
    assert available.cards(ask=False) == ""
    assert "OpenCV" in available.titles()


def test_the_diagnostics_name_the_cards(ncnn, known, tmp_path):
    text = diagnostics.text(Workspace.open(tmp_path))
    assert f"Graphics cards: {available.cards() or 'none that can do Vulkan'}\n" in text
