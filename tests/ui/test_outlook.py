"""Queued photos are measured in the background, and what they will take is foretold."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QThread
from pytestqt.qtbot import QtBot

from desktop.core.experience import Experience
from desktop.core.forecast import Forecast, Forecaster
from desktop.core.jobs import Account, Job, JobState, Queue, Request
from desktop.core.models.catalogue import Catalogue
from desktop.core.outcome import Outcome
from desktop.core.photo import header
from desktop.core.photo.direct import DirectReader
from desktop.core.photo.looks import Size
from desktop.core.workload import Kind
from desktop.ui import size_reader
from desktop.ui.outlook import Outlook
from desktop.ui.size_reader import SizeReader

PATIENCE_MS = 60_000


def jobs_of(paths: list[Path]) -> list[Job]:
    return Queue().add(Request(path, model="edsr-baseline", scale=3) for path in paths)


@pytest.fixture
def reader() -> Iterator[SizeReader]:
    made = SizeReader(DirectReader())
    yield made
    made.shutdown()


def gather(reader: SizeReader) -> list[dict[str, Size]]:
    heard: list[dict[str, Size]] = []
    reader.read.connect(heard.append)
    return heard


def test_sizes_are_read_in_order_and_off_the_window_s_thread(
    qtbot: QtBot, reader: SizeReader, photo_file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = set()
    measure = header.size_of
    monkeypatch.setattr(header, "size_of", lambda path: threads.add(threading.get_ident()) or measure(path))
    jobs = jobs_of([photo_file("a.png"), photo_file("b.jpg"), Path("missing.png")])
    heard = gather(reader)
    reader.want(jobs)
    qtbot.waitUntil(lambda: not reader.pending, timeout=PATIENCE_MS)
    told = {job_id: size for chunk in heard for job_id, size in chunk.items()}
    assert list(told.items()) == [(jobs[0].id, (24, 16)), (jobs[1].id, (24, 16)), (jobs[2].id, (0, 0))]
    assert threading.get_ident() not in threads


def test_ten_thousand_photos_come_in_a_few_pieces(
    qtbot: QtBot, reader: SizeReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(header, "size_of", lambda _path: (4, 3))
    jobs = jobs_of([Path(f"{number}.png") for number in range(10_000)])
    heard = gather(reader)
    reader.want(jobs)
    reader.want(jobs)  # asked for once more: measured once
    qtbot.waitUntil(lambda: not reader.pending, timeout=PATIENCE_MS)
    assert sum(map(len, heard)) == 10_000
    assert len(heard) < 200


def test_on_a_slow_disk_news_comes_before_a_piece_is_whole(
    qtbot: QtBot, reader: SizeReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(size_reader, "_CHUNK_S", 0.0)
    monkeypatch.setattr(header, "size_of", lambda _path: (4, 3))
    jobs = jobs_of([Path(f"{number}.png") for number in range(5)])
    heard = gather(reader)
    reader.want(jobs)
    qtbot.waitUntil(lambda: not reader.pending, timeout=PATIENCE_MS)
    assert [list(chunk) for chunk in heard] == [[job.id] for job in jobs]


def test_a_photo_that_was_removed_meanwhile_is_not_told_of(
    qtbot: QtBot, reader: SizeReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = threading.Event()
    monkeypatch.setattr(header, "size_of", lambda _path: (go.wait(30), (4, 3))[1])
    jobs = jobs_of([Path("a.png"), Path("b.png")])
    heard = gather(reader)
    reader.want(jobs)
    reader.drop([jobs[0].id])
    go.set()
    qtbot.waitUntil(lambda: not reader.pending, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: bool(heard), timeout=PATIENCE_MS)
    assert heard == [{jobs[1].id: (4, 3)}]


class Prospects:
    """An outlook over a queue of its own, and what it has said."""

    def __init__(self, folder: Path, catalogue: Catalogue) -> None:
        self.queue = Queue()
        self.sizes: dict[str, Size] = {}
        self.experience = Experience(folder / "cache")
        self.outlook = Outlook(
            Forecaster(catalogue, self.experience),
            self.experience,
            DirectReader(),
            self.sizes,
            lambda: [job for job in self.queue.jobs if job.state is JobState.WAITING],
        )
        self.said: list[Forecast | None] = []
        self.outlook.foreseen.connect(self.said.append)

    def add(self, *paths: Path, **asked: Any) -> list[Job]:
        jobs = self.queue.add(Request(path, model="edsr-baseline", scale=3, **asked) for path in paths)
        self.outlook.add(jobs)
        return jobs

    def says(self, wanted: Callable[[Forecast], bool]) -> bool:
        return bool(self.said) and self.said[-1] is not None and wanted(self.said[-1])


@pytest.fixture
def prospects(tmp_path: Path, catalogue: Catalogue) -> Iterator[Prospects]:
    made = Prospects(tmp_path, catalogue)
    yield made
    made.outlook.shutdown()


def test_what_waits_is_foretold_once_it_is_measured(
    qtbot: QtBot, prospects: Prospects, photo_file: Callable[..., Path]
) -> None:
    one, two = prospects.add(photo_file("a.png"), photo_file("b.png"))
    qtbot.waitUntil(lambda: prospects.says(lambda said: said.photos == 2 and bool(said.seconds)), timeout=PATIENCE_MS)
    said = prospects.said[-1]
    assert said is not None
    assert not said.learned
    assert said.bytes == pytest.approx(2 * 72 * 48 * 1.402, rel=0.01)
    assert len(said.needs) == 1
    assert prospects.sizes == {one.id: (24, 16), two.id: (24, 16)}


def test_the_queue_s_thread_is_not_the_one_that_looks(
    qtbot: QtBot, prospects: Prospects, photo_file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = []
    foresee = Forecaster.foresee

    def spied(self: Forecaster, orders: Any) -> Forecast:
        threads.append(QThread.currentThread())
        return foresee(self, orders)

    monkeypatch.setattr(Forecaster, "foresee", spied)
    prospects.add(photo_file())
    qtbot.waitUntil(lambda: bool(prospects.said), timeout=PATIENCE_MS)
    assert prospects.outlook.thread() not in threads


def test_when_nothing_waits_any_more_that_is_said(
    qtbot: QtBot, prospects: Prospects, photo_file: Callable[..., Path]
) -> None:
    (job,) = prospects.add(photo_file())
    qtbot.waitUntil(lambda: prospects.says(lambda said: bool(said.seconds)), timeout=PATIENCE_MS)
    prospects.queue.remove(job.id)
    prospects.outlook.remove([job.id])
    qtbot.waitUntil(lambda: prospects.said[-1] is None, timeout=PATIENCE_MS)
    assert prospects.sizes == {}


def test_photos_whose_results_are_there_take_no_time(
    qtbot: QtBot, prospects: Prospects, photo_file: Callable[..., Path]
) -> None:
    path = photo_file("a.png")
    photo_file("a_x3.png")
    prospects.add(path, existing="skip")
    qtbot.waitUntil(lambda: prospects.says(lambda said: said.needs == ()), timeout=PATIENCE_MS)


def test_work_that_was_done_before_tells_the_size_without_a_look_at_the_file(
    qtbot: QtBot, prospects: Prospects
) -> None:
    account = Account("edsr-baseline-x3", 3, "opencv", "exact", 30, 21, 10, 7, 1.5, 1.0)
    done = Job("a", Request(Path("gone.png")), JobState.DONE, 1.0, account=account)
    with qtbot.waitSignal(prospects.outlook.sizesRead, timeout=PATIENCE_MS) as read:
        prospects.outlook.add([done])
    assert read.args == [{"a": (10, 7)}]


def test_a_photo_that_was_mended_is_measured_again(
    qtbot: QtBot, prospects: Prospects, photo_file: Callable[..., Path], tmp_path: Path
) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"no photo")
    (job,) = prospects.add(path)
    qtbot.waitUntil(lambda: prospects.sizes.get(job.id) == (0, 0), timeout=PATIENCE_MS)
    photo_file("a.png")
    prospects.outlook.change(job)
    qtbot.waitUntil(lambda: prospects.sizes.get(job.id) == (24, 16), timeout=PATIENCE_MS)


def outcome(**traits: Any) -> Outcome:
    made = Outcome(
        request=Request(Path("a.png")),
        state=JobState.DONE,
        model="edsr-baseline-x3",
        scale=3,
        engine="opencv",
        precision="exact",
        seconds=7.0,
        input_width=1000,
        input_height=500,
    )
    return replace(made, **traits)


def test_what_ended_well_is_learned_and_kept(prospects: Prospects, tmp_path: Path) -> None:
    prospects.outlook.learn(outcome())
    prospects.outlook.learn(outcome(state=JobState.FAILED))
    prospects.outlook.learn(outcome(state=JobState.SKIPPED, seconds=0.0))
    prospects.outlook.shutdown()
    again = Experience(tmp_path / "cache").learned
    ((megapixels, seconds),) = again.photos(Kind("edsr-baseline-x3", "opencv", "exact"))
    assert megapixels == 0.5
    assert 6.9 < seconds < 7.0  # the network's share


def test_a_long_run_is_kept_bit_by_bit(qtbot: QtBot, prospects: Prospects, tmp_path: Path) -> None:
    for _ in range(25):
        prospects.outlook.learn(outcome())
    qtbot.waitUntil(lambda: bool(Experience(tmp_path / "cache").learned.kinds), timeout=PATIENCE_MS)
