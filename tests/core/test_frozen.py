"""Who is led to the frozen application's libraries."""

from __future__ import annotations

import sys

import pytest

from desktop.core import frozen


@pytest.fixture
def is_frozen(monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(sys, "_MEIPASS", "/opt/rekindle/_internal", raising=False)
    monkeypatch.delenv("LD_LIBRARY_PATH_ORIG", raising=False)


def test_programs_of_the_systems_are_not(is_frozen):
    environment = {"LD_LIBRARY_PATH": "/opt/rekindle/_internal", "HOME": "/home/oma"}
    frozen.spare_others(environment)
    assert environment == {"HOME": "/home/oma"}


def test_what_the_person_had_set_is_there_again(is_frozen):
    environment = {"LD_LIBRARY_PATH": "/opt/rekindle/_internal:/opt/own", "LD_LIBRARY_PATH_ORIG": "/opt/own"}
    frozen.spare_others(environment)
    assert environment["LD_LIBRARY_PATH"] == "/opt/own"


def test_our_own_child_processes_are(is_frozen, monkeypatch):
    assert frozen.own_libraries() == {"LD_LIBRARY_PATH": "/opt/rekindle/_internal"}
    monkeypatch.setenv("LD_LIBRARY_PATH_ORIG", "/opt/own")
    assert frozen.own_libraries() == {"LD_LIBRARY_PATH": "/opt/rekindle/_internal:/opt/own"}


@pytest.mark.parametrize("platform", ["linux", "win32", "darwin"])
def test_elsewhere_nothing_is_touched(monkeypatch, platform):
    monkeypatch.setattr(sys, "platform", platform)
    if platform == "linux":
        monkeypatch.delattr(sys, "_MEIPASS", raising=False)
    else:
        monkeypatch.setattr(sys, "_MEIPASS", "/Applications/Rekindle.app", raising=False)
    environment = {"LD_LIBRARY_PATH": "/opt/own"}
    frozen.spare_others(environment)
    assert environment == {"LD_LIBRARY_PATH": "/opt/own"}
    assert frozen.own_libraries() == {}
