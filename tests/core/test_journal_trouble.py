"""The file of the queue is locked, full, spoiled, exchanged or gone while it is in use: nothing is lost by it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from desktop.core import journal as journal_module
from desktop.core.errors import RekindleError
from desktop.core.jobs import Job, JobState, Request, Result
from desktop.core.journal import Journal, open_journal

PATIENCE_S = 20


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "_BUSY_S", 0.05)
    monkeypatch.setattr(journal_module, "_STILL_BUSY_S", 0.05)
    monkeypatch.setattr(journal_module, "_RETRY_S", 0.05)
    monkeypatch.setattr(journal_module, "_LONGEST_PAUSE_S", 0.1)


@dataclass
class Kept:
    """A queue on disk, and what was told of it."""

    folder: Path
    told: list[RekindleError] = field(default_factory=list)

    def __post_init__(self) -> None:
        opened = open_journal(self.folder, self.told.append)
        assert isinstance(opened.record, Journal)
        self.record = opened.record

    @property
    def file(self) -> Path:
        return self.folder / "queue.sqlite3"

    @property
    def words(self) -> list[str]:
        return [error.message for error in self.told]

    def put(self, *names: str, state: JobState = JobState.WAITING) -> None:
        done = threading.Event()
        self.record.put([Job(name, Request(Path(f"/{name}.png")), state) for name in names], done.set)
        assert done.wait(PATIENCE_S), "whoever waits for the record must get an answer"

    def wait_for(self, words: str, times: int = 1) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while sum(words in text for text in self.words) < times:
            assert time.monotonic() < deadline, self.words
            time.sleep(0.01)

    def reopened(self) -> list[tuple[str, str]]:
        self.record.close()
        opened = open_journal(self.folder, self.told.append)
        assert opened.notice is None
        opened.record.close()
        return [(job.id, job.state.value) for job in opened.jobs]


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    made = Kept(tmp_path / "queue")
    made.put("a", "b")
    yield made
    made.record.close()


@contextmanager
def locked(file: Path) -> Iterator[None]:
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


def test_what_happens_while_another_program_has_it_locked_is_recorded_afterwards(kept: Kept) -> None:
    with locked(kept.file):
        kept.put("c")
        kept.put("a", state=JobState.CANCELLED)
        kept.record.forget(["b"], lambda: None)
        kept.record.arrange(["c", "a"], lambda: None)
        kept.record.promise("c", Result(Path("/c_x3.png"), 5, "ab"))
        assert len(kept.told) == 1, "once is enough"
        assert "Another program is using" in kept.words[0]
    kept.wait_for("kept on disk again")
    assert kept.reopened() == [("c", "waiting"), ("a", "cancelled")]


def test_what_belongs_to_a_job_is_recorded_with_it_afterwards(kept: Kept) -> None:
    done = threading.Event()
    insert = "INSERT INTO taken VALUES (X'61', X'62', '', 1)"
    with locked(kept.file):
        kept.record.put([], done.set, lambda connection: connection.execute(insert) and None)
        assert done.wait(PATIENCE_S)
    kept.wait_for("kept on disk again")
    answers: list[object] = []
    answered = threading.Event()
    kept.record.ask(
        lambda connection: connection.execute("SELECT count(*) FROM taken").fetchone()[0],
        lambda answer: (answers.append(answer), answered.set()),
    )
    assert answered.wait(PATIENCE_S)
    assert answers == [1]


def test_it_is_told_again_when_it_happens_again(kept: Kept) -> None:
    for times in (1, 2):
        with locked(kept.file):
            kept.put(f"r{times}")
        kept.wait_for("kept on disk again", times)
    assert [("Another program" in text) for text in kept.words] == [True, False] * 2


def test_closing_tries_a_last_time(kept: Kept) -> None:
    with locked(kept.file):
        kept.put("c")
    assert [job_id for job_id, _ in kept.reopened()] == ["a", "b", "c"]


def test_on_a_full_disk_the_work_goes_on_and_is_recorded_when_there_is_room(kept: Kept) -> None:
    assert kept.record._connection is not None
    kept.record._connection.execute("PRAGMA max_page_count = 1")  # SQLite’s own way to be full
    names = [f"n{number}" for number in range(500)]
    kept.put(*names)
    assert "full" in kept.words[0]
    kept.wait_for("kept on disk again")
    assert [job_id for job_id, _ in kept.reopened()] == ["a", "b", *names]


def _exchange(kept: Kept) -> None:
    other = kept.folder / "other"
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE job (something TEXT)")
    connection.close()
    os.replace(other, kept.file)


def _empty(kept: Kept) -> None:
    connection = sqlite3.connect(kept.file)
    with connection:
        connection.execute("DROP TABLE job")
    connection.close()


@pytest.mark.skipif(os.name == "nt", reason="not on this platform: what is open cannot be changed")
@pytest.mark.parametrize("harm", [_exchange, _empty])
def test_a_file_that_is_exchanged_is_set_aside_and_written_anew(kept: Kept, harm: Callable[[Kept], None]) -> None:
    harm(kept)
    kept.put("c")
    kept.put("d")
    assert len(kept.words) == 1
    assert "written anew" in kept.words[0]
    assert list(kept.folder.glob("damaged/*/queue.sqlite3"))
    assert kept.reopened() == [(name, "waiting") for name in "abcd"]


@pytest.mark.skipif(os.name == "nt", reason="not on this platform: what is open cannot be changed")
def test_a_file_that_is_overwritten_is_mended_from_memory(kept: Kept) -> None:
    size = kept.file.stat().st_size
    with kept.file.open("r+b") as file:
        file.write(os.urandom(size))
    kept.put("c")
    kept.put("d")
    assert kept.reopened() == [(name, "waiting") for name in "abcd"]


@pytest.mark.skipif(os.name == "nt", reason="not on this platform: what is open cannot be removed")
@pytest.mark.parametrize("folder_too", [False, True])
def test_a_file_that_is_gone_is_written_anew(kept: Kept, folder_too: bool) -> None:
    if folder_too:
        shutil.rmtree(kept.folder)
    else:
        kept.file.unlink()
    kept.put("c")
    second = open_journal(kept.folder, lambda _error: None)
    assert second.notice is not None, "it is still ours"
    assert kept.reopened() == [(name, "waiting") for name in "abc"]


def test_two_that_are_set_aside_in_one_second_are_both_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "strftime", lambda _format: "20200101-000000")
    for content in (b"one" * 1000, b"two" * 1000):
        (tmp_path / "queue").mkdir(exist_ok=True)
        (tmp_path / "queue" / "queue.sqlite3").write_bytes(content)
        open_journal(tmp_path / "queue", lambda _error: None).record.close()
        for part in ("queue.sqlite3", "queue.sqlite3-wal", "queue.sqlite3-shm"):
            (tmp_path / "queue" / part).unlink(missing_ok=True)
    assert len(list(tmp_path.glob("queue/damaged/*/queue.sqlite3"))) == 2


def test_one_that_is_locked_at_the_start_is_left_alone_and_told(tmp_path: Path) -> None:
    Kept(tmp_path / "queue").record.close()
    file = tmp_path / "queue" / "queue.sqlite3"
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    opened = open_journal(tmp_path / "queue", lambda _error: None)
    other.close()
    assert opened.notice is not None
    assert "It is safe" in opened.notice.message
    assert not opened.record.keeps
    assert not (tmp_path / "queue" / "damaged").exists()
