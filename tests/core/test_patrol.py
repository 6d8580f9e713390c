"""The thread that looks at a watched folder."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from desktop.core import patrol as patrol_module
from desktop.core.errors import NoPermissionError, NotFoundError
from desktop.core.patrol import Pace, Patrol, Report
from desktop.core.watch import Listing, OurResults, Stamp

PATIENCE_S = 20
FAST = Pace(look_s=0.01, settle_s=0.02)


class Ear:
    """Hears what a patrol tells and waits for what a test is about."""

    def __init__(self) -> None:
        self._news = threading.Condition()
        self.reports: list[Report] = []

    def hear(self, report: Report) -> None:
        with self._news:
            self.reports.append(report)
            self._news.notify_all()

    def wait(self, condition: Callable[[], bool]) -> None:
        with self._news:
            assert self._news.wait_for(condition, PATIENCE_S)

    @property
    def last(self) -> Report:
        return self.reports[-1] if self.reports else Report()

    @property
    def photos(self) -> list[str]:
        return [name for report in self.reports for name in report.sighting.photos]


@pytest.fixture
def ear() -> Ear:
    return Ear()


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    folder = tmp_path / "scans"
    folder.mkdir()
    return folder


@pytest.fixture
def patrol(scans: Path, ear: Ear) -> Iterator[Callable[..., Patrol]]:
    made: list[Patrol] = []

    def make(taken: dict[str, Stamp] | None = None, ours: OurResults | None = None) -> Patrol:
        made.append(Patrol(scans, ours or OurResults(), taken or {}, ear.hear, FAST))
        return made[-1]

    yield make
    for each in made:
        each.stop()


def test_the_first_look_is_told_even_if_there_is_nothing(patrol, ear):
    patrol()
    ear.wait(lambda: len(ear.reports) == 1)
    assert ear.reports == [Report()]


def test_a_photo_that_appears_is_told_of_once(patrol, ear, scans):
    patrol()
    (scans / "a.png").write_bytes(b"a")
    ear.wait(lambda: ear.photos == ["a.png"])
    (scans / "b.png").write_bytes(b"b")
    ear.wait(lambda: ear.photos == ["a.png", "b.png"])


def test_a_folder_of_results_may_be_named_later(patrol, ear, scans):
    patrolling = patrol()
    patrolling.ours = OurResults((scans / "out",))
    (scans / "out").mkdir()
    (scans / "out" / "a.png").write_bytes(b"a")
    (scans / "b.png").write_bytes(b"b")
    ear.wait(lambda: "b.png" in ear.photos)
    assert ear.photos == ["b.png"]


def test_many_photos_come_in_portions(patrol, ear, scans):
    for number in range(450):
        (scans / f"{number:03}.png").write_bytes(b"x")
    patrol()
    ear.wait(lambda: len(ear.photos) == 450)
    assert ear.photos == sorted(ear.photos)
    assert max(len(report.sighting.photos) for report in ear.reports) <= 100


def test_what_is_gone_is_told(patrol, ear, scans):
    (scans / "a.png").write_bytes(b"a")
    patrol()
    ear.wait(lambda: ear.photos == ["a.png"])
    (scans / "a.png").unlink()
    ear.wait(lambda: any(report.sighting.gone == ["a.png"] for report in ear.reports))


def test_a_folder_that_disappears_is_told_once_and_taken_up_again_with_nothing_lost(patrol, ear, scans):
    (scans / "old.png").write_bytes(b"old")
    patrol()
    ear.wait(lambda: ear.photos == ["old.png"])
    scans.rename(scans.with_name("away"))
    ear.wait(lambda: ear.last.lost)
    assert isinstance(ear.last.trouble, NotFoundError)
    told = len(ear.reports)
    (scans.with_name("away") / "meanwhile.png").write_bytes(b"new")
    scans.with_name("away").rename(scans)
    ear.wait(lambda: "meanwhile.png" in ear.photos)
    assert ear.photos == ["old.png", "meanwhile.png"]
    assert [report.lost for report in ear.reports[told - 1 :]].count(True) == 1


def test_an_empty_folder_in_place_of_a_disk_counts_as_gone(patrol, ear, monkeypatch):
    disk, bare = Listing({"a.png": Stamp(1, 1)}, (7, 1)), Listing({}, (8, 1))
    now = [disk]
    monkeypatch.setattr(patrol_module, "list_photos", lambda *_: now[0])
    monkeypatch.setattr(patrol_module, "opened", lambda _path: Stamp(1, 1))
    patrol()
    ear.wait(lambda: ear.photos == ["a.png"])
    now[0] = bare
    ear.wait(lambda: ear.last.lost)
    now[0] = disk
    ear.wait(lambda: not ear.last.lost)
    assert ear.photos == ["a.png"]
    assert not any(report.sighting.gone for report in ear.reports)


def test_a_folder_that_was_emptied_is_not_gone(patrol, ear, scans):
    (scans / "a.png").write_bytes(b"a")
    patrol()
    ear.wait(lambda: ear.photos == ["a.png"])
    (scans / "a.png").unlink()
    (scans / "b.png").write_bytes(b"b")
    ear.wait(lambda: ear.photos == ["a.png", "b.png"])
    assert not any(report.lost for report in ear.reports)


def test_a_photo_that_cannot_be_opened_is_told_of_and_taken_when_it_can(patrol, ear, scans, monkeypatch):
    monkeypatch.setattr("desktop.core.watch._HELD_S", 0.0)
    locked = {"yes"}
    real = patrol_module.opened
    monkeypatch.setattr(patrol_module, "opened", lambda path: None if locked else real(path))
    (scans / "a.png").write_bytes(b"a")
    patrol()
    ear.wait(lambda: isinstance(ear.last.trouble, NoPermissionError))
    assert "a.png" in ear.last.trouble.message
    assert not ear.last.lost
    locked.clear()
    ear.wait(lambda: ear.photos == ["a.png"])
    ear.wait(lambda: ear.last.trouble is None)


def test_what_nobody_foresaw_is_told_and_outlived(patrol, ear, scans, monkeypatch):
    real = patrol_module.list_photos
    broken = [True]

    def listing(*arguments):
        if broken:
            raise ValueError("surprise")
        return real(*arguments)

    monkeypatch.setattr(patrol_module, "list_photos", listing)
    patrol()
    ear.wait(lambda: ear.last.lost)
    broken.clear()
    (scans / "a.png").write_bytes(b"a")
    ear.wait(lambda: ear.photos == ["a.png"])


def test_nothing_is_told_once_it_has_been_stopped(patrol, ear, scans):
    patrolling = patrol()
    ear.wait(lambda: len(ear.reports) == 1)
    patrolling.stop()
    (scans / "a.png").write_bytes(b"a")
    assert "patrol" not in {thread.name for thread in threading.enumerate()}
    assert ear.photos == []


def test_a_folder_that_hangs_holds_nobody_up(patrol, ear, monkeypatch):
    go = threading.Event()
    monkeypatch.setattr(
        patrol_module, "list_photos", lambda *_: go.wait(PATIENCE_S) and Listing({"a.png": Stamp(1, 1)})
    )
    patrolling = patrol()
    patrolling.stop(patience_s=0.01)
    go.set()
    patrolling.stop(PATIENCE_S)
    assert ear.reports == []
