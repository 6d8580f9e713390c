"""Asking for a newer version."""

from __future__ import annotations

import json

import pytest

import desktop
from desktop.core import updates
from desktop.core.errors import DownloadFailedError

NEWER = {"version": "99.1", "notes": "Faster.", "page": "https://example.org/rekindle"}


@pytest.fixture
def answer_of(model_server):
    def ask(told):
        content = told if isinstance(told, bytes) else json.dumps(told).encode()
        with model_server.serving(content) as server:
            return updates.newest(f"{server.address}/latest.json"), server

    return ask


def test_a_newer_one_is_told_with_its_notes_and_page(answer_of):
    release, server = answer_of(NEWER)
    assert release == updates.Release("99.1", "Faster.", "https://example.org/rekindle")
    assert release.is_newer
    # One request, which says no more than who asks.
    assert [path for path, _ in server.requests] == ["/latest.json"]
    assert server.agents == [f"Rekindle/{desktop.__version__}"]


@pytest.mark.parametrize(("version", "newer"), [("0.0.1", False), (desktop.__version__, False), ("1000", True)])
def test_versions_are_compared_by_number(answer_of, version, newer):
    release, _ = answer_of({**NEWER, "version": version})
    assert release.is_newer is newer


@pytest.mark.parametrize(
    "told",
    [
        b"<html>Sign in</html>",
        b"[]",
        b"null",
        b"[" * 50_000,
        {"version": "newest", "page": NEWER["page"]},
        {"version": 2, "page": NEWER["page"]},
        {**NEWER, "page": "http://example.org"},
        {**NEWER, "page": "file:///etc/passwd"},
        {**NEWER, "page": None},
        {"version": "99.1"},
        {**NEWER, "notes": "x" * 70_000},
    ],
    ids=[
        "a page",
        "a list",
        "nothing",
        "deep",
        "no version",
        "a number",
        "no https",
        "a file",
        "null",
        "no page",
        "long",
    ],
)
def test_nonsense_is_refused_in_words(answer_of, told):
    with pytest.raises(DownloadFailedError):
        answer_of(told)


def test_notes_are_cut_to_what_can_be_read(answer_of):
    release, _ = answer_of({**NEWER, "notes": "x" * 30_000})
    assert len(release.notes) == 4_000


def test_nobody_there_is_told_in_words(model_server):
    with model_server.serving(b"") as server:
        address = server.address
    with pytest.raises(DownloadFailedError, match="online"):
        updates.newest(f"{address}/latest.json")


@pytest.mark.parametrize("address", ["http://example.org/latest.json", "ftp://example.org", "nonsense"])
def test_only_https_is_asked(address):
    with pytest.raises(DownloadFailedError, match="https"):
        updates.newest(address)


def test_the_address_is_the_environments_or_was_built_in(monkeypatch, tmp_path):
    monkeypatch.delenv(updates.ADDRESS, raising=False)
    monkeypatch.setattr(updates, "bundled", lambda *parts: tmp_path.joinpath(*parts))
    assert updates.address() == ""
    (tmp_path / "resources").mkdir()
    (tmp_path / "resources" / "updates.txt").write_text("https://example.org/latest.json\n")
    assert updates.address() == "https://example.org/latest.json"
    monkeypatch.setenv(updates.ADDRESS, "https://mine.example.org")
    assert updates.address() == "https://mine.example.org"


def test_unasked_it_is_asked_once_a_day(tmp_path):
    assert updates.is_due(tmp_path, 1_000_000)
    assert not updates.is_due(tmp_path, 1_000_000 + 86_399)
    assert updates.is_due(tmp_path, 1_000_000 + 86_401)
    # A clock that was put back is no reason never to ask again.
    assert updates.is_due(tmp_path, 500_000)


def test_unasked_it_is_not_asked_where_that_cannot_be_noted(tmp_path):
    (tmp_path / "cache").write_text("in the way")
    assert not updates.is_due(tmp_path / "cache", 1_000_000)
