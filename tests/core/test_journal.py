"""The queue on disk."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from desktop.core import journal as journal_module
from desktop.core import queue_file
from desktop.core.errors import CancelledError, NoSpaceError, RekindleError
from desktop.core.files import TEMP_PREFIX, TEMP_SUFFIX, sha256_of
from desktop.core.jobs import Account, Decision, Job, JobState, Reason, Request, Result
from desktop.core.journal import Journal, Opened, Unrecorded, open_journal
from desktop.core.photo.photo import Fidelity, Item

PATIENCE_S = 20


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "queue"


@pytest.fixture
def told() -> list[RekindleError]:
    return []


@pytest.fixture
def reopen(folder: Path, told: list[RekindleError]) -> Iterator[Callable[[], Opened]]:
    """Opens the journal, closing the one opened before."""
    opened: list[Opened] = []

    def again() -> Opened:
        if opened:
            opened.pop().record.close()
        opened.append(open_journal(folder, told.append))
        return opened[-1]

    yield again
    for left in opened:
        left.record.close()


def put(opened: Opened, *jobs: Job) -> None:
    done = threading.Event()
    opened.record.put(jobs, done.set)
    assert done.wait(PATIENCE_S)


def job(name: str, state: JobState = JobState.WAITING, **more: object) -> Job:
    return Job(name, Request(Path(f"/photos/{name}.png")), state, **more)  # type: ignore[arg-type]


def old_queue(folder: Path, version: int) -> sqlite3.Connection:
    """A queue file as the first version of Rekindle left it, up to its version number."""
    folder.mkdir(parents=True)
    connection = sqlite3.connect(folder / "queue.sqlite3")
    connection.execute(
        "CREATE TABLE job "
        "(number INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, state TEXT NOT NULL, content TEXT NOT NULL)"
    )
    connection.execute(f"PRAGMA user_version = {version}")
    return connection


def result_of(path: Path) -> Result:
    return Result(path, path.stat().st_size, sha256_of(path))


def test_a_new_queue_is_empty(reopen: Callable[[], Opened]) -> None:
    opened = reopen()
    assert opened.jobs == []
    assert opened.notice is None


def test_jobs_come_back_as_they_were_and_in_their_order(reopen: Callable[[], Opened], tmp_path: Path) -> None:
    request = Request(
        Path("/photos/größe \udcff.png"),
        root=Path("/photos"),
        model="edsr-baseline",
        scale=3,
        output=Path("/results"),
        output_file=Path("/results/x.jpg"),
        format="jpeg",
        quality=80,
        existing="skip",
    )
    jobs = [
        Job("z", request),
        job("a", JobState.DONE, progress=1.0, output=Path("/o.png"), result=Result(Path("/o.png"), 5, "ab")),
        job("m", JobState.FAILED, progress=0.25, error=NoSpaceError("No room in “{folder}”.", folder="x")),
        job("c", JobState.CANCELLED, error=CancelledError()),
    ]
    put(reopen(), *jobs)
    back = reopen().jobs
    assert [(j.id, j.request, j.state, j.progress, j.output, j.result) for j in back] == [
        (j.id, j.request, j.state, j.progress, j.output, j.result) for j in jobs
    ]
    assert back[2].error is not None
    assert (type(back[2].error), back[2].error.message) == (NoSpaceError, "No room in “x”.")
    assert isinstance(back[3].error, CancelledError)


def test_a_move_keeps_the_place_in_the_queue(reopen: Callable[[], Opened]) -> None:
    opened = reopen()
    put(opened, job("a"), job("b"), job("c"))
    put(opened, job("a", JobState.CANCELLED))
    assert [(j.id, j.state) for j in reopen().jobs] == [("a", "cancelled"), ("b", "waiting"), ("c", "waiting")]


def test_what_is_forgotten_does_not_come_back(reopen: Callable[[], Opened]) -> None:
    opened = reopen()
    put(opened, job("a"), job("b"))
    opened.record.forget(["a"], lambda: None)
    assert [j.id for j in reopen().jobs] == ["b"]


@pytest.mark.parametrize("state", [JobState.RUNNING, JobState.PAUSED])
def test_a_job_that_was_under_way_waits_again(reopen: Callable[[], Opened], state: JobState) -> None:
    put(reopen(), job("a", state, progress=0.6))
    (back,) = reopen().jobs
    assert (back.state, back.progress) == (JobState.WAITING, 0.0)


def test_a_job_whose_very_result_is_there_is_done(reopen: Callable[[], Opened], tmp_path: Path) -> None:
    written = tmp_path / "a_x3.png"
    written.write_bytes(b"whole")
    opened = reopen()
    put(opened, job("a", JobState.RUNNING))
    opened.record.promise("a", result_of(written))
    (back,) = reopen().jobs
    assert (back.state, back.output, back.progress) == (JobState.DONE, written, 1.0)
    (again,) = reopen().jobs
    assert again == back


def test_a_job_whose_name_was_taken_by_something_else_waits_again(reopen: Callable[[], Opened], tmp_path: Path) -> None:
    written = tmp_path / "a_x3.png"
    written.write_bytes(b"whole")
    promised = result_of(written)
    written.write_bytes(b"other")
    opened = reopen()
    put(opened, job("a", JobState.RUNNING))
    opened.record.promise("a", promised)
    assert reopen().jobs[0].state is JobState.WAITING


def test_what_a_crash_left_half_written_is_removed_and_what_another_process_writes_stays(
    reopen: Callable[[], Opened], tmp_path: Path
) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    abandoned = tmp_path / f"{TEMP_PREFIX}{gone.pid}-abc{TEMP_SUFFIX}"
    alive = tmp_path / f"{TEMP_PREFIX}{os.getpid()}-abc{TEMP_SUFFIX}"
    for path in (abandoned, alive):
        path.write_bytes(b"half")
    put(reopen(), Job("a", Request(tmp_path / "a.png"), JobState.RUNNING))
    reopen()
    assert not abandoned.exists()
    assert alive.exists()


@pytest.mark.parametrize("content", [b"this is no database" * 100, b"SQLite format 3\0" + bytes(4000)])
def test_a_damaged_queue_is_set_aside_and_told(reopen: Callable[[], Opened], folder: Path, content: bytes) -> None:
    folder.mkdir()
    (folder / "queue.sqlite3").write_bytes(content)
    opened = reopen()
    assert opened.jobs == []
    assert opened.notice is not None
    assert "Nothing was deleted" in opened.notice.message
    (kept,) = folder.glob("damaged/*/queue.sqlite3")
    assert kept.read_bytes() == content
    put(opened, job("a"))
    assert [j.id for j in reopen().jobs] == ["a"]


def test_a_queue_of_a_newer_rekindle_is_set_aside(reopen: Callable[[], Opened], folder: Path) -> None:
    folder.mkdir()
    connection = sqlite3.connect(folder / "queue.sqlite3")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    assert reopen().notice is not None
    assert list(folder.glob("damaged/*/queue.sqlite3"))


def test_a_row_that_makes_no_sense_sets_the_queue_aside(reopen: Callable[[], Opened], folder: Path) -> None:
    put(reopen(), job("a"))
    reopen().record.close()
    connection = sqlite3.connect(folder / "queue.sqlite3")
    with connection:
        connection.execute("UPDATE job SET content = '{}'")
    connection.close()
    opened = open_journal(folder, lambda _error: None)
    opened.record.close()
    assert opened.jobs == []
    assert opened.notice is not None


def test_a_second_window_keeps_nothing_and_says_so(reopen: Callable[[], Opened], folder: Path) -> None:
    put(reopen(), job("a"))
    second = open_journal(folder, lambda _error: None)
    assert isinstance(second.record, Unrecorded)
    assert second.jobs == []
    assert second.notice is not None
    assert "open in another window" in second.notice.message


def test_a_folder_that_cannot_be_made_is_told_and_work_goes_on(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    opened = open_journal(tmp_path / "file" / "queue", lambda _error: None)
    assert isinstance(opened.record, Unrecorded)
    assert opened.notice is not None
    put(opened, job("a"))


def test_a_write_that_fails_is_told_once_and_still_answered(
    reopen: Callable[[], Opened], told: list[RekindleError], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = reopen()
    record = opened.record
    assert isinstance(record, Journal)

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(queue_file, "forget", full)
    for _ in range(3):
        answered = threading.Event()
        record.forget(["a"], answered.set)
        assert answered.wait(PATIENCE_S)
    assert len(told) == 1
    assert "disk is full" in told[0].message
    put(opened, job("b"))
    assert [j.id for j in reopen().jobs] == ["b"]


def test_a_result_is_known_again_by_its_content(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"one")
    result = result_of(path)
    assert journal_module.is_there(result)
    path.write_bytes(b"two")
    assert not journal_module.is_there(result)
    assert not journal_module.is_there(replace(result, path=tmp_path / "gone.png"))


def test_a_new_order_is_kept(reopen: Callable[[], Opened]) -> None:
    opened = reopen()
    put(opened, job("a"), job("b"), job("c"))
    opened.record.arrange(["c", "a", "b"], lambda: None)
    put(opened, job("d"))
    assert [j.id for j in reopen().jobs] == ["c", "a", "b", "d"]


@pytest.mark.parametrize("version", [0, 1])
def test_a_queue_of_an_earlier_version_is_taken_along(
    folder: Path, reopen: Callable[[], Opened], told: list[RekindleError], version: int
) -> None:
    connection = old_queue(folder, version)
    request = {"path": "/photos/a.png", "root": None, "model": "edsr-baseline", "scale": 3, "engine": "auto"}
    request |= {"output": None, "output_file": None, "format": None, "quality": 90, "existing": "skip"}
    content = {"request": request, "progress": 1.0, "result": None, "output": "/photos/a_x3.png", "error": None}
    with connection:
        connection.execute("INSERT INTO job VALUES (7, 'a', 'done', ?)", (json.dumps(content),))
    connection.close()
    opened = reopen()
    wanted = Request(Path("/photos/a.png"), model="edsr-baseline", scale=3, quality=90, existing="skip")
    assert opened.jobs == [Job("a", wanted, JobState.DONE, 1.0, output=Path("/photos/a_x3.png"))]
    assert opened.notice is None
    put(opened, job("b"))
    assert [entry.id for entry in reopen().jobs] == ["a", "b"]
    assert told == []


def test_how_a_photo_went_is_kept(reopen: Callable[[], Opened]) -> None:
    fidelity = Fidelity(kept=(Item("ICC profile", "Display P3"),), lost=(Item("comment", "2 KB"),))
    account = Account("edsr-baseline-x3", 3, "opencv", "exact", 30, 20, 10, 7, 1.5, 1_700_000_000.25, fidelity, 9, 8)
    done = job("a", JobState.DONE, account=account)
    put(reopen(), done)
    assert reopen().jobs == [done]


def test_what_was_chosen_for_one_photo_is_kept(reopen: Callable[[], Opened]) -> None:
    chosen = Job("a", Request(Path("/a.png")).with_own(scale=2, output=Path("/elsewhere")))
    put(reopen(), chosen)
    assert reopen().jobs == [chosen]


def test_what_the_automatic_choice_came_to_is_kept(reopen):
    decision = Decision("edsr-restore-x3", 60, Reason("about {quality}", {"quality": 50}), 12, 34)
    account = Account(model="edsr-restore-x3", strength=60, self_ensemble=True, decision=decision)
    kept = replace(job("a", JobState.DONE), account=account)
    again = replace(job("b"), request=replace(job("b").request, decided=decision, strength=30, self_ensemble=True))
    put(reopen(), kept, again)
    assert reopen().jobs == [kept, again]
