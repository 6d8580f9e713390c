"""Which photos of a watched folder have been seen to, kept beside the queue."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from desktop.core import taken
from desktop.core.errors import RekindleError
from desktop.core.jobs import Job, Request
from desktop.core.journal import Opened, Unrecorded, open_journal
from desktop.core.watch import Stamp

PATIENCE_S = 20
SCANS, OTHERS = Path("/scans"), Path("/others")
A, B = Stamp(10, 1), Stamp(20, 2)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Callable[[], Opened]]:
    opened: list[Opened] = []

    def again() -> Opened:
        if opened:
            opened.pop().record.close()
        opened.append(open_journal(tmp_path / "queue", lambda _error: None))
        return opened[-1]

    yield again
    for left in opened:
        left.record.close()


def ask(opened: Opened, query: Callable[[sqlite3.Connection], object]) -> object:
    answers: list[object] = []
    done = threading.Event()
    opened.record.ask(query, lambda answer: (answers.append(answer), done.set()))
    assert done.wait(PATIENCE_S)
    return answers[0]


def load(opened: Opened, folder: Path = SCANS) -> object:
    return ask(opened, lambda connection: taken.load(connection, folder))


def begin(opened: Opened, leave: dict[str, Stamp], also: bool = False, anew: bool = False) -> object:
    return ask(opened, lambda connection: taken.begin(connection, SCANS, leave, also=also, anew=anew))


def note(opened: Opened, photos: dict[str, Stamp]) -> None:
    ask(opened, lambda connection: taken.note(connection, SCANS, photos, made=True))


def test_of_a_folder_that_was_never_watched_nothing_is_known(journal):
    assert load(journal()) is None


def test_a_folder_that_is_watched_is_known_even_if_it_is_empty(journal):
    assert begin(journal(), {}) == {}
    assert load(journal()) == {}


def test_what_was_left_alone_and_what_was_taken_is_known_the_next_time(journal):
    opened = journal()
    begin(opened, {"a.png": A})
    note(opened, {"b.png": B})
    assert load(journal()) == {"a.png": A, "b.png": B}


def test_folders_have_nothing_to_do_with_each_other(journal):
    opened = journal()
    begin(opened, {"a.png": A})
    assert load(opened, OTHERS) is None
    ask(opened, lambda connection: taken.begin(connection, OTHERS, {}, also=False, anew=False))
    ask(opened, lambda connection: taken.forget(connection, OTHERS, ["a.png"]))
    assert load(opened) == {"a.png": A}


def test_what_is_gone_is_forgotten(journal):
    opened = journal()
    begin(opened, {"a.png": A, "b.png": B})
    ask(opened, lambda connection: taken.forget(connection, SCANS, ["a.png"]))
    assert load(opened) == {"b.png": B}


def test_starting_with_what_is_in_it_takes_what_was_left_alone_but_nothing_twice(journal):
    opened = journal()
    begin(opened, {"left.png": A})
    note(opened, {"made.png": B})
    assert begin(opened, {}, also=True) == {"made.png": B}


def test_a_made_photo_stays_made_while_it_is_left_alone_and_the_same(journal):
    opened = journal()
    begin(opened, {})
    note(opened, {"same.png": A, "replaced.png": A})
    begin(opened, {"same.png": A, "replaced.png": B})
    assert begin(opened, {}, also=True) == {"same.png": A}


def test_with_other_choices_everything_that_is_in_it_is_new(journal):
    opened = journal()
    begin(opened, {})
    note(opened, {"made.png": A})
    assert begin(opened, {}, anew=True) == {"made.png": A}
    assert begin(opened, {}, also=True) == {}


def test_earlier_results_are_left_alone_although_the_rest_is_taken(journal):
    opened = journal()
    begin(opened, {"a.png": A})
    assert begin(opened, {"out/a_x3.png": B}, also=True) == {"out/a_x3.png": B}


def test_names_that_are_not_utf_8_are_kept(journal, strange_name):
    assert begin(journal(), {strange_name: A}) == {strange_name: A}
    assert load(journal()) == {strange_name: A}


def test_times_beyond_what_a_database_counts_to_are_kept(journal):
    far = {"a.png": Stamp(2**70, 2**70), "b.png": Stamp(1, -(2**70))}
    assert begin(journal(), far) == far


def test_a_photo_is_noted_with_its_job_or_not_at_all(journal, tmp_path):
    opened = journal()
    begin(opened, {})
    job = Job("1", Request(Path("/scans/a.png")))
    done = threading.Event()

    def fail(connection: sqlite3.Connection) -> None:
        taken.note(connection, SCANS, {"a.png": A}, made=True)
        raise OSError(28, "No space left on device")

    opened.record.put([job], done.set, fail)
    assert done.wait(PATIENCE_S)
    opened = journal()
    assert opened.jobs == []
    assert load(opened) == {}

    opened.record.put([job], lambda: None, partial(taken.note, folder=SCANS, photos={"a.png": A}, made=True))
    opened = journal()
    assert [kept.id for kept in opened.jobs] == ["1"]
    assert load(opened) == {"a.png": A}


def test_an_answer_that_could_not_be_kept_is_none(journal):
    def fail(_connection: sqlite3.Connection) -> int:
        raise OSError(28, "No space left on device")

    opened = journal()
    assert ask(opened, fail) is None
    assert ask(opened, lambda _connection: 7) == 7


def test_a_window_that_keeps_nothing_says_so():
    answers: list[object] = []
    told: list[RekindleError] = []
    record = Unrecorded()
    record.ask(lambda _connection: 7, answers.append)
    assert answers == [None]
    assert not record.keeps
    assert told == []
