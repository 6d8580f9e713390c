"""Whether a folder can be watched, and what in it is left alone then."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from desktop.core.cancel import CancelToken
from desktop.core.errors import CancelledError, NoPermissionError, NotFoundError, UsageError
from desktop.core.settings import Watching
from desktop.core.watch import OurResults
from desktop.core.watch_start import Change, require_usable


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "scans"
    for name in ("a.png", "deep/b.png", "out/a_x3.png"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return root


@pytest.fixture
def watching(root: Path, tmp_path: Path) -> Watching:
    return Watching(folder=str(root), output=str(tmp_path / "large" / "ones"))


def test_a_folder_for_results_is_made(watching):
    require_usable(watching)
    assert list(Path(watching.output).iterdir()) == []


def test_results_may_go_inside_the_watched_folder_because_they_are_left_out(watching, root):
    require_usable(replace(watching, output=str(root / "out")))


@pytest.mark.parametrize("field", ["folder", "output"])
def test_both_folders_have_to_be_chosen(watching, field):
    with pytest.raises(UsageError):
        require_usable(replace(watching, **{field: ""}))


def test_one_folder_cannot_be_both(watching, root, tmp_path):
    (tmp_path / "link").symlink_to(root)
    for output in (root, root / "deep" / "..", tmp_path / "link"):
        with pytest.raises(UsageError, match="another folder"):
            require_usable(replace(watching, output=str(output)))


def test_a_watched_folder_has_to_be_there(watching, tmp_path):
    with pytest.raises(NotFoundError, match="is not there"):
        require_usable(replace(watching, folder=str(tmp_path / "gone")))
    assert not Path(watching.output).exists()


def test_a_folder_for_results_has_to_take_files(watching, root, monkeypatch):
    with pytest.raises(NoPermissionError, match="Nothing can be saved"):
        require_usable(replace(watching, output=str(root / "a.png")))

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "touch", refuse)
    with pytest.raises(NoPermissionError, match="Permission denied"):
        require_usable(watching)


def _left(change: Change) -> list[str]:
    return [Path(name).as_posix() for name in change.left_alone(OurResults((Path(change.after.output),)))]


def test_what_is_in_a_folder_is_left_alone_unless_it_is_wanted(watching):
    every = ["a.png", "deep/b.png", "out/a_x3.png"]
    assert _left(Change(Watching(), watching)) == every
    assert _left(Change(Watching(), watching, also=True)) == []
    assert _left(Change(replace(watching, on=False), watching)) == every


def test_a_folder_that_goes_on_being_watched_leaves_nothing_new_alone(watching):
    assert _left(Change(replace(watching, on=True), replace(watching, scale=2))) == []


@pytest.mark.parametrize("also", [False, True])
def test_results_stay_results_when_later_ones_go_elsewhere(watching, root, also):
    before = replace(watching, on=True, output=str(root / "out"))
    assert _left(Change(before, watching, also)) == ["out/a_x3.png"]
    assert _left(Change(before, before, also)) == []


def test_only_the_same_choices_make_the_same_results(watching):
    assert not Change(watching, replace(watching, on=True)).asks_differently
    for choice in ({"scale": 2}, {"model": "edsr"}, {"format": "png"}, {"quality": 80}, {"output": "/elsewhere"}):
        assert Change(watching, replace(watching, **choice)).asks_differently


def test_finding_out_can_be_stopped(watching):
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(CancelledError):
        Change(Watching(), watching).left_alone(OurResults(), cancel)
