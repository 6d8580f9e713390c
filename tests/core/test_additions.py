"""What becomes of photos that are added to a queue."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from desktop.core.additions import Additions, KnownFiles
from desktop.core.collect import Found, LeftOut, Reason
from desktop.core.errors import InternalError
from desktop.core.jobs import Account, Job, JobState, Queue, Request

W, R, P = JobState.WAITING, JobState.RUNNING, JobState.PAUSED
D, F, S, C = JobState.DONE, JobState.FAILED, JobState.SKIPPED, JobState.CANCELLED


class Desk:
    """A queue, and somebody who adds photos to it as the window does."""

    def __init__(self) -> None:
        self.queue = Queue()
        self.known = KnownFiles()
        self.defaults: dict[str, object] = {"scale": 3, "model": "edsr"}

    def request(self, found: Found) -> Request:
        return Request(found.path, root=found.root).with_defaults(**self.defaults)

    def sort_out(self, *paths: Path) -> Additions:
        return self.known.sort_out(map(Found, paths), self.queue.jobs, self.request, LeftOut())

    def add(self, *paths: Path) -> Additions:
        additions = self.sort_out(*paths)
        self.queue.add(map(self.request, additions.new))
        return additions

    def end(self, path: Path, state: JobState = D, output: Path | None = None) -> Job:
        """Takes the photo's job to an ending, as the pipeline does."""
        (job,) = (job for job in self.queue.jobs if job.path == path)
        status = path.stat()
        account = Account(input_bytes=status.st_size, input_mtime_ns=status.st_mtime_ns)
        if state is not C:
            self.queue.move(job.id, R)
        return self.queue.move(job.id, state, output=output, error=InternalError("x"), account=account)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def photo(tmp_path: Path) -> Callable[..., Path]:
    def make(name: str = "a.png", content: str = "photo") -> Path:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
        return tmp_path / name

    return make


def test_photos_that_are_not_in_the_queue_are_new(desk, photo):
    additions = desk.add(photo("a.png"), photo("b.png"))
    assert [found.path.name for found in additions.new] == ["a.png", "b.png"]
    assert not additions.left_out


@pytest.mark.parametrize("state", [W, R, P, D])
def test_a_photo_that_waits_or_runs_or_is_done_is_not_queued_twice(state, desk, photo, tmp_path):
    desk.add(photo())
    if state in (R, P):
        desk.queue.move(desk.queue.jobs[0].id, R)
    if state is P:
        desk.queue.move(desk.queue.jobs[0].id, P)
    if state is D:
        desk.end(tmp_path / "a.png", output=photo("a_x3.png"))
    additions = desk.add(tmp_path / "a.png")
    assert additions.new == []
    assert additions.again == []
    assert additions.known == [Found(tmp_path / "a.png")]
    assert additions.left_out.listed(Reason.QUEUED) == (str(tmp_path / "a.png"),)


@pytest.mark.parametrize("state", [F, S, C])
def test_a_photo_that_ended_without_a_result_waits_again_in_its_row(state, desk, photo, tmp_path):
    desk.add(photo())
    job = desk.end(tmp_path / "a.png", state)
    additions = desk.add(tmp_path / "a.png")
    assert additions.again == [job.id]
    assert additions.new == additions.known == []


def test_the_same_photo_dropped_twice_at_once_waits_again_once(desk, photo, tmp_path):
    desk.add(photo())
    job = desk.end(tmp_path / "a.png", F)
    additions = desk.add(tmp_path / "a.png", tmp_path / "a.png")
    assert additions.again == [job.id]
    assert len(additions.known) == 1


def test_other_settings_are_another_job(desk, photo, tmp_path):
    desk.add(photo())
    desk.defaults["scale"] = 4
    assert len(desk.add(tmp_path / "a.png").new) == 1
    assert len(desk.add(tmp_path / "a.png").known) == 1
    desk.defaults["scale"] = 3
    assert len(desk.add(tmp_path / "a.png").known) == 1
    assert len(desk.queue) == 2


@pytest.mark.parametrize("name", ["model", "format", "quality", "output", "existing", "template", "strip_gps"])
def test_every_setting_counts(name, desk, photo, tmp_path):
    desk.add(photo())
    desk.defaults[name] = object()
    assert len(desk.add(tmp_path / "a.png").new) == 1


def test_where_it_was_named_and_who_chose_are_no_settings(desk, photo, tmp_path):
    path = photo()
    desk.queue.add([replace(desk.request(Found(path, tmp_path)).with_own(scale=3), counter=7)])
    assert len(desk.add(path).known) == 1


def test_a_photo_whose_settings_were_chosen_for_it_alone_may_be_added_with_the_usual_ones(desk, photo, tmp_path):
    path = photo()
    desk.queue.add([desk.request(Found(path)).with_own(scale=2)])
    assert len(desk.add(path).new) == 1


def test_a_photo_that_was_changed_since_it_was_done_is_a_new_one(desk, photo, tmp_path):
    desk.add(photo())
    desk.end(tmp_path / "a.png", output=photo("a_x3.png"))
    photo("a.png", "retouched")
    assert len(desk.add(tmp_path / "a.png").new) == 1
    assert len(desk.add(tmp_path / "a.png").known) == 1


def test_a_change_of_the_same_size_is_seen_by_its_time(desk, photo, tmp_path):
    desk.add(photo())
    desk.end(tmp_path / "a.png", output=photo("a_x3.png"))
    os.utime(tmp_path / "a.png", ns=(1, 1))
    assert len(desk.add(tmp_path / "a.png").new) == 1


def test_where_nothing_is_known_of_the_file_it_counts_as_unchanged(desk, photo, tmp_path):
    path = photo()
    desk.queue.restore([Job("old", desk.request(Found(path)), D, output=photo("a_x3.png"), account=Account())])
    desk.queue.restore([Job("older", desk.request(Found(photo("b.png"))), D, output=photo("b_x3.png"))])
    assert len(desk.add(path, tmp_path / "b.png").known) == 2


def test_a_photo_whose_result_is_gone_is_done_again(desk, photo, tmp_path):
    desk.add(photo())
    job = desk.end(tmp_path / "a.png", output=tmp_path / "gone.png")
    assert desk.add(tmp_path / "a.png").again == [job.id]


def test_a_photo_that_is_gone_is_new_so_that_it_can_fail(desk, photo, tmp_path):
    desk.add(photo())
    desk.end(tmp_path / "a.png", output=photo("a_x3.png"))
    (tmp_path / "a.png").unlink()
    assert len(desk.add(tmp_path / "a.png").new) == 1


@pytest.mark.parametrize("kind", ["symlink_to", "hardlink_to"])
def test_a_link_is_the_file_it_leads_to(kind, desk, photo, tmp_path):
    desk.add(photo())
    link = tmp_path / "other name.png"
    getattr(link, kind)(tmp_path / "a.png")
    assert desk.add(link).known == [Found(link)]


def test_two_links_dropped_together_are_one_photo(desk, photo, tmp_path):
    (tmp_path / "b.png").symlink_to(photo())
    additions = desk.add(tmp_path / "a.png", tmp_path / "b.png")
    assert [found.path.name for found in additions.new] == ["a.png"]
    assert additions.left_out.listed(Reason.TWICE) == (str(tmp_path / "b.png"),)


def test_the_way_to_a_folder_does_not_matter(desk, photo, tmp_path, monkeypatch):
    desk.add(photo("album/a.png"))
    (tmp_path / "link").symlink_to(tmp_path / "album", target_is_directory=True)
    monkeypatch.chdir(tmp_path)
    for path in (tmp_path / "link" / "a.png", Path("album/a.png"), Path("album/../link/a.png")):
        assert desk.sort_out(path).known == [Found(path)]


def test_a_link_may_come_to_lead_elsewhere(desk, photo, tmp_path):
    link = tmp_path / "link"
    for name in "ab":
        photo(f"{name}/photo.png", name)
    link.symlink_to(tmp_path / "a", target_is_directory=True)
    desk.add(tmp_path / "a" / "photo.png")
    assert len(desk.sort_out(link / "photo.png").known) == 1
    link.unlink()
    link.symlink_to(tmp_path / "b", target_is_directory=True)
    assert len(desk.sort_out(link / "photo.png").new) == 1


def test_a_file_that_was_given_a_deleted_one_s_number_is_another(desk, photo, tmp_path, monkeypatch):
    """Disks do that all the time; here they are made to."""
    first, second, real = photo("a.png"), photo("b.png", "another"), os.stat

    def stat(path, **options):
        status = real(path, **options)
        return os.stat_result((status.st_mode, 7, 7, *status[3:])) if str(path).endswith(".png") else status

    with monkeypatch.context() as patched:
        patched.setattr(os, "stat", stat)
        desk.add(first)
        first.unlink()
        assert len(desk.add(second).new) == 1


def test_what_was_removed_from_the_queue_can_be_added_again(desk, photo, tmp_path):
    desk.add(photo())
    desk.queue.remove(desk.queue.jobs[0].id)
    assert len(desk.add(tmp_path / "a.png").new) == 1


def test_a_photo_that_does_not_exist_is_queued_once(desk, tmp_path):
    assert len(desk.add(tmp_path / "gone.png").new) == 1
    assert len(desk.add(tmp_path / "gone.png").known) == 1
