"""What has appeared in a watched folder, and whether it is whole."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from desktop.core import watch as watch_module
from desktop.core.cancel import CancelToken
from desktop.core.collect import collect
from desktop.core.errors import CancelledError, NoPermissionError, NotFoundError, RekindleError
from desktop.core.watch import Listing, OurResults, Sighting, Stamp, Watch, list_photos, opened

SETTLE_S = 5.0
HOUR_NS = 3_600_000_000_000


@dataclass
class FakeFolder:
    """A folder and a clock that stand still until told; ``locked`` photos cannot be opened."""

    taken: dict[str, Stamp] = field(default_factory=dict)
    photos: dict[str, Stamp] = field(default_factory=dict)
    locked: set[str] = field(default_factory=set)
    time: float = 1000.0
    place: tuple[int, int] = (1, 1)
    complete: bool = True

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        self.watch = Watch(self.taken, self.open, SETTLE_S, lambda: self.time)

    def open(self, name: str) -> Stamp | None:
        return None if name in self.locked else self.photos.get(name)

    def write(self, name: str, size: int = 10, mtime: int = 0) -> None:
        self.photos[name] = Stamp(size, mtime)

    def look(self, after: float = 2.0) -> Sighting:
        self.time += after
        return self.watch.compare(Listing(dict(self.photos), self.place, self.complete))

    def names(self, after: float = 2.0) -> list[str]:
        return list(self.look(after).photos)

    def settle(self) -> list[str]:
        return [*self.names(), *self.names(SETTLE_S)]


@pytest.fixture
def folder() -> FakeFolder:
    return FakeFolder()


def test_a_photo_that_has_settled_is_taken_once(folder):
    folder.write("a.png")
    assert folder.names() == []
    assert folder.names(SETTLE_S) == ["a.png"]
    assert folder.names(SETTLE_S) == []


def test_two_looks_are_not_enough_before_its_time(folder):
    folder.write("a.png")
    assert folder.names() == folder.names(SETTLE_S - 1) == []
    assert folder.names(1) == ["a.png"]


def test_one_look_is_not_enough_however_long_it_took(folder):
    folder.write("a.png")
    assert folder.names(1_000_000) == []


@pytest.mark.parametrize("change", [{"size": 20}, {"mtime": 1}])
def test_a_photo_that_grows_is_waited_for(folder, change):
    folder.write("a.png")
    folder.look()
    folder.write("a.png", **change)
    assert folder.names(SETTLE_S) == []
    assert folder.names(SETTLE_S) == ["a.png"]


def test_an_empty_photo_is_waited_for(folder):
    folder.write("a.png", size=0)
    assert folder.settle() == folder.names(1000) == []
    folder.write("a.png")
    assert folder.settle() == ["a.png"]


def test_a_locked_photo_is_waited_for_and_told_of_after_a_while(folder):
    folder.write("a.png")
    folder.locked.add("a.png")
    assert folder.settle() == []
    assert folder.look(50).held is None
    assert folder.look(50).held == "a.png"
    folder.locked.clear()
    assert folder.look() == Sighting({"a.png": Stamp(10, 0)})


def test_a_folder_that_lags_behind_its_file_is_not_believed(folder):
    folder.write("a.png")
    lagging = Listing(dict(folder.photos))
    folder.watch.compare(lagging)
    for size in (20, 30):
        folder.write("a.png", size=size)
        folder.time += SETTLE_S
        assert folder.watch.compare(lagging).photos == {}
    folder.time += SETTLE_S
    assert list(folder.watch.compare(lagging).photos) == ["a.png"]


def test_what_was_seen_to_before_is_left_alone():
    folder = FakeFolder(taken={"a.png": Stamp(10, 7)}, photos={"a.png": Stamp(10, 7), "b.png": Stamp(10, 7)})
    assert folder.settle() == ["b.png"]


@pytest.mark.parametrize("stamp", [Stamp(11, 7), Stamp(10, 8), Stamp(10, 6), Stamp(10, 7 + HOUR_NS + 1)])
def test_a_photo_that_was_replaced_is_taken_again(stamp):
    folder = FakeFolder(taken={"a.png": Stamp(10, 7)}, photos={"a.png": stamp})
    assert folder.settle() == ["a.png"]
    assert folder.settle() == []


@pytest.mark.parametrize("shift", [HOUR_NS, -HOUR_NS])
def test_summer_time_makes_no_photo_new(shift):
    folder = FakeFolder(taken={"a.png": Stamp(10, HOUR_NS)}, photos={"a.png": Stamp(10, HOUR_NS + shift)})
    assert folder.settle() == []


def test_a_photo_deleted_before_it_is_taken_is_forgotten(folder):
    folder.write("a.png")
    folder.look()
    del folder.photos["a.png"]
    assert folder.look(SETTLE_S) == Sighting()
    folder.write("a.png")
    assert folder.names(SETTLE_S) == []


def test_a_photo_that_vanishes_while_it_is_opened_is_not_taken(folder):
    folder.write("a.png")
    listing = Listing(dict(folder.photos))
    folder.watch.compare(listing)
    folder.photos.clear()
    folder.time += SETTLE_S
    assert folder.watch.compare(listing).photos == {}


def test_a_photo_that_was_taken_and_is_gone_is_forgotten_and_new_when_it_comes_back(folder):
    folder.write("a.png")
    folder.settle()
    del folder.photos["a.png"]
    assert folder.look().gone == ["a.png"]
    assert folder.look().gone == []
    folder.write("a.png")
    assert folder.settle() == ["a.png"]


def test_nothing_is_forgotten_while_part_of_the_folder_cannot_be_read(folder):
    folder.write("a.png")
    folder.settle()
    photos, folder.photos, folder.complete = folder.photos, {}, False
    assert folder.look().gone == []
    folder.photos, folder.complete = photos, True
    assert folder.settle() == []


def test_an_empty_folder_in_place_of_a_lost_disk_makes_nothing_forgotten(folder):
    folder.write("a.png")
    folder.settle()
    folder.look()
    photos, folder.photos, folder.place = folder.photos, {}, (2, 1)
    assert folder.look().gone == folder.look().gone == []
    folder.write("new.png")
    assert folder.settle() == ["new.png"]
    folder.photos, folder.place = photos, (1, 1)
    assert folder.settle() == []


def test_what_was_gone_before_the_first_look_is_kept_in_mind():
    folder = FakeFolder(taken={"a.png": Stamp(10, 7)})
    assert folder.look().gone == folder.look().gone == []


def test_photos_come_in_the_order_of_the_folder(folder):
    for name in ("b.png", "a.png", "c.png"):
        folder.write(name)
    assert folder.settle() == ["b.png", "a.png", "c.png"]


@pytest.mark.parametrize("seed", range(40))
def test_whatever_happens_every_photo_is_taken_once_whole_and_none_is_lost(seed):
    chance = random.Random(seed)
    folder = FakeFolder()
    versions: dict[str, list[Stamp]] = {}  # what each name's file has been, the last of it what it is now
    got: list[tuple[str, Stamp]] = []

    def look() -> None:
        found = folder.look(chance.choice([0.0, 1.0, 3.0, 8.0]))
        got.extend(found.photos.items())
        folder.taken |= found.photos
        for name in found.gone:
            del folder.taken[name]

    for step in range(300):
        name = f"{chance.randrange(6)}.png"
        match chance.randrange(8):
            case 0 | 1:
                folder.write(name, chance.choice([0, 5, 10 + step]), mtime=step)
                versions.setdefault(name, []).append(folder.photos[name])
            case 2:
                folder.photos.pop(name, None)
            case 3:
                folder.locked ^= {name}
            case 4:
                folder.restart()
            case 5:
                folder.complete = not folder.complete
            case _:
                look()
    folder.locked.clear()
    for _ in range(3):
        folder.time += SETTLE_S
        look()
    there = {name: stamp for name, stamp in folder.photos.items() if stamp.size}
    assert there.items() <= folder.taken.items()
    assert all(stamp.size and stamp in versions[name] for name, stamp in got)
    assert len(got) == len(set(got))


def test_no_clock_is_asked_that_can_be_set(monkeypatch):
    monkeypatch.setattr(watch_module.time, "time", lambda: pytest.fail("asked for the time of day"))
    folder = FakeFolder(photos={"a.png": Stamp(1, 1)})
    assert folder.settle() == ["a.png"]


# Listing


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "scans"
    for name in (
        *("b.png", "A.JPG", "a.txt", ".hidden.png", "a.png.part", "b_x3.png", "deep/er/c.tif", "deep/d.png"),
        *(".trash/e.png", "out/b_x3.png", "outer/f.png", "scan.jpg.crdownload", "x.tmp", "y.png~"),
    ):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    return root


def test_a_folder_is_read_by_the_rules_for_what_is_dropped(root):
    listing = list_photos(root, OurResults((root / "out",)))
    assert [root / name for name in listing.photos] == [found.path for found in collect([root], root / "out")]
    assert len(listing.photos) == 5
    assert listing.complete
    assert listing.trouble is None


def test_a_listing_says_of_each_photo_what_tells_it_from_a_later_one(root):
    os.utime(root / "b.png", ns=(1, 1_600_000_000_000_000_100))
    status = (root / "b.png").stat()
    stamp = list_photos(root).photos["b.png"]
    assert stamp == Stamp(5, status.st_mtime_ns) == opened(root / "b.png")
    assert Stamp.parse(str(stamp)) == stamp


def test_folders_of_results_are_left_out_in_whatever_words_they_are_named(root, tmp_path):
    (tmp_path / "link").symlink_to(root / "outer")
    names = list_photos(root, OurResults((root / "deep" / ".." / "out", tmp_path / "link"))).photos
    assert not [name for name in names if name.startswith("out")]


def test_a_folder_reached_through_a_link_leaves_its_results_out_too(root, tmp_path):
    (tmp_path / "link").symlink_to(root)
    assert (
        list_photos(tmp_path / "link", OurResults((root / "out",))).photos
        == list_photos(root, OurResults((root / "out",))).photos
    )


def test_links_to_photos_count_and_links_in_circles_do_not(root):
    (root / "deep" / "round").symlink_to(root)
    (root / "link.png").symlink_to(root / "b.png")
    (root / "nowhere.png").symlink_to(root / "gone.png")
    (root / "self.png").symlink_to(root / "self.png")
    listing = list_photos(root)
    assert "link.png" in listing.photos
    assert not {"nowhere.png", "self.png"} & listing.photos.keys()
    assert not [name for name in listing.photos if "round" in name]
    assert listing.trouble is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="not on this platform: there are no named pipes")
def test_what_only_looks_like_a_file_is_no_photo(root):
    os.mkfifo(root / "pipe.png")
    (root / "album.png").mkdir()
    assert not {"pipe.png", "album.png"} & list_photos(root).photos.keys()


def test_what_the_system_hides_by_a_mark_is_left_out(root, monkeypatch):
    hidden = {(root / name).stat().st_ino for name in ("b.png", "deep")}
    monkeypatch.setattr(watch_module, "is_marked", lambda status: status.st_ino in hidden)
    assert [Path(name).as_posix() for name in list_photos(root).photos] == ["A.JPG", "out/b_x3.png", "outer/f.png"]


def test_names_that_are_not_utf_8_are_listed(tmp_path, strange_name):
    (tmp_path / strange_name).write_bytes(b"x")
    assert strange_name in list_photos(tmp_path).photos


def _refusing(monkeypatch: pytest.MonkeyPatch, name: str, error: OSError) -> None:
    real = os.scandir

    def scandir(path):
        if Path(path).name == name:
            raise error
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)


def test_a_folder_inside_that_may_not_be_read_is_told_of_and_the_rest_listed(root, monkeypatch):
    _refusing(monkeypatch, "deep", PermissionError(13, "Permission denied"))
    listing = list_photos(root)
    assert "outer/f.png".replace("/", os.sep) in listing.photos
    assert not listing.complete
    assert isinstance(listing.trouble, NoPermissionError)
    assert "deep" in listing.trouble.message


def test_a_folder_that_is_just_being_deleted_is_no_trouble(root, monkeypatch):
    _refusing(monkeypatch, "deep", FileNotFoundError(2, "No such file"))
    listing = list_photos(root)
    assert listing.trouble is None
    assert not listing.complete


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (FileNotFoundError(2, "No such file"), NotFoundError, "is not there"),
        (PermissionError(13, "Permission denied"), NoPermissionError, "may not be read"),
        (OSError(112, "Host is down"), RekindleError, "Host is down"),
    ],
    ids=["gone", "refused", "share down"],
)
def test_a_folder_that_cannot_be_read_says_why(root, monkeypatch, error, kind, words):
    _refusing(monkeypatch, "scans", error)
    with pytest.raises(kind, match=words) as told:
        list_photos(root)
    assert "scans" in told.value.message


def test_a_file_is_no_folder_to_watch(root):
    with pytest.raises(NotFoundError, match="not a folder"):
        list_photos(root / "b.png")


def test_a_listing_can_be_stopped(root):
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(CancelledError):
        list_photos(root, cancel=cancel)


def test_what_cannot_be_opened_has_no_stamp(root, monkeypatch):
    assert opened(root / "gone.png") is None

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert opened(root / "b.png") is None
