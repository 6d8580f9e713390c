"""Saving a report from the window."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QLocale, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QPushButton
from pytestqt.qtbot import QtBot

from desktop.core.cancel import CancelToken
from desktop.core.errors import NotFoundError
from desktop.core.jobs import Job, JobState, Request
from desktop.core.photo.direct import DirectReader
from desktop.core.report.words import Words
from desktop.ui import reports
from desktop.ui.main_window import MainWindow
from desktop.ui.reports import Reports, chosen_file, report_words

PATIENCE_MS = 60_000
PhotoFile = Callable[..., Path]


def enhance(qtbot: QtBot, window: MainWindow, *photos: Path) -> None:
    window.add_paths(photos)
    with qtbot.waitSignal(window.queueFinished, timeout=PATIENCE_MS):
        window.start()


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[tuple[Any, ...]]]:
    """``answer(name, kind)``: what the person chooses in the dialog; gives what it was opened with."""

    def choose(name: str, kind: int = 0) -> list[tuple[Any, ...]]:
        asked: list[tuple[Any, ...]] = []

        def dialog(*arguments: Any) -> tuple[str, str]:
            asked.append(arguments)
            return name and str(Path(arguments[2]).parent / name), arguments[3].split(";;")[kind]

        monkeypatch.setattr(QFileDialog, "getSaveFileName", dialog)
        return asked

    return choose


def test_a_report_can_be_saved_once_a_photo_has_ended(
    qtbot: QtBot, window: MainWindow, photo_file: PhotoFile, answer: Callable[..., Any], tmp_path: Path
) -> None:
    action = window._actions.save_report
    assert not action.isEnabled()
    window.add_paths([photo_file("a.png")])
    assert not action.isEnabled()
    enhance(qtbot, window, tmp_path / "gone.png")
    assert action.isEnabled()
    asked = answer("night.html")
    said: list[str] = []
    window._message.said.connect(said.append)
    action.trigger()
    qtbot.waitUntil(lambda: "Report saved as night.html" in said, timeout=PATIENCE_MS)
    page = (tmp_path / "night.html").read_text(encoding="utf-8")
    assert page.count("data:image/jpeg") == 2
    assert "“gone.png” was not found" in page
    assert Path(asked[0][2]) == tmp_path / f"Rekindle report {date.today().isoformat()}.html"


def test_a_dialog_that_is_cancelled_writes_nothing(
    qtbot: QtBot, window: MainWindow, answer: Callable[..., Any], tmp_path: Path
) -> None:
    enhance(qtbot, window, tmp_path / "gone.png")
    answer("")
    window._actions.save_report.trigger()
    assert not window._reports._pool._pending


def test_a_table_is_picked_by_its_kind_alone_and_replaces_nothing_unasked(
    qtbot: QtBot, window: MainWindow, answer: Callable[..., Any], tmp_path: Path
) -> None:
    enhance(qtbot, window, tmp_path / "gone.png")
    proposed = f"Rekindle report {date.today().isoformat()}"
    (tmp_path / f"{proposed}.csv").write_text("older")
    answer(f"{proposed}.html", kind=1)
    with qtbot.waitSignal(window._reports.told, timeout=PATIENCE_MS) as told:
        window._actions.save_report.trigger()
    assert told.args[0] == f"Report saved as {proposed} (2).csv"
    assert (tmp_path / f"{proposed}.csv").read_text() == "older"
    assert "not-found" in (tmp_path / f"{proposed} (2).csv").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("named", "suffix", "meant"),
    [
        ("night.html", ".html", "night.html"),
        ("night.csv", ".html", "night.csv"),
        ("night.HTM", ".csv", "night.HTM"),
        ("night", ".csv", "night.csv"),
        ("night.12", ".html", "night.12.html"),
        ("proposed.html", ".html", "proposed.html"),
        ("proposed.html", ".csv", "proposed.csv"),
    ],
)
def test_the_file_meant_follows_the_name_and_then_the_kind(named: str, suffix: str, meant: str) -> None:
    assert chosen_file(Path("/p", named), suffix, Path("/p/proposed.html")) == Path("/p", meant)


def test_trouble_is_told_in_words(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    enhance(qtbot, window, tmp_path / "gone.png")
    (tmp_path / "file").touch()
    with qtbot.waitSignal(window._reports.told, timeout=PATIENCE_MS) as told:
        window._reports.save_to(window.jobs, tmp_path / "file" / "report.html", overwrite=True)
    assert "is gone, or is not a folder" in told.args[0]


def test_a_saved_report_can_be_opened_from_the_message_line(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url) or True)
    button = window.findChild(QPushButton, "statusAction")
    assert button is not None
    window._reports.save_to([], tmp_path / "report.html", overwrite=True)
    qtbot.waitUntil(lambda: button.text() == "Open", timeout=PATIENCE_MS)
    button.click()
    assert [Path(url.toLocalFile()) for url in opened] == [tmp_path / "report.html"]


def test_how_far_it_is_is_said_in_steps(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    jobs = [Job(str(number), Request(tmp_path / f"{number}.png"), JobState.CANCELLED) for number in range(400)]
    said: list[str] = []
    window._reports.told.connect(lambda text, _action: said.append(text))
    window._reports.save_to(jobs, tmp_path / "report.html", overwrite=True)
    qtbot.waitUntil(lambda: "Report saved as report.html" in said, timeout=PATIENCE_MS)
    assert said[:-1] == [f"Saving the report, {percent} %" for percent in range(5, 100, 5)]


def test_closing_the_window_gives_up_what_is_being_written(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    begun = threading.Event()
    plain = reports.save_report

    def held(*arguments: Any, cancel: CancelToken, **options: Any) -> None:
        def progress(part: float) -> None:
            begun.set()
            cancel._cancelled.wait(PATIENCE_MS / 1000)

        plain(*arguments, **options | {"progress": progress, "cancel": cancel})

    monkeypatch.setattr(reports, "save_report", held)
    jobs = [Job(str(number), Request(tmp_path / f"{number}.png"), JobState.CANCELLED) for number in range(3)]
    said: list[str] = []
    window._reports.told.connect(lambda text, _action: said.append(text))
    window._reports.save_to(jobs, tmp_path / "report.html", overwrite=True)
    assert begun.wait(PATIENCE_MS / 1000)
    assert window.close()
    assert not list(tmp_path.glob("*report*"))
    assert not list(tmp_path.glob(".rekindle*"))
    assert said == []


def test_a_report_speaks_the_persons_language(monkeypatch: pytest.MonkeyPatch) -> None:
    class Translated:
        @staticmethod
        def translate(context: str, text: str, *_rest: Any) -> str:
            return f"[{context}] {text}"

    monkeypatch.setattr(reports, "QCoreApplication", Translated)
    said = report_words()
    plain = Words()
    for name, text in vars(plain).items():
        if isinstance(text, str):
            assert getattr(said, name) == f"[report] {text}"
    assert said.items == {name: f"[report] {text}" for name, text in plain.items.items()}


def test_numbers_and_dates_are_the_persons_own() -> None:
    before = QLocale()
    QLocale.setDefault(QLocale("de_DE"))
    try:
        said = report_words()
        assert said.number(1234.56, 1) == "1.234,6"
        assert said.moment(datetime(2026, 11, 20, 23, 45).astimezone()) == "20.11.26 23:45"
    finally:
        QLocale.setDefault(before)
    assert said.error(NotFoundError("“{name}” was not found.", name="a.jpg")) == "“a.jpg” was not found."


def test_the_dialog_proposes_today_s_name_beside_the_last_result(
    qtbot: QtBot, window: MainWindow, answer: Callable[..., Any], tmp_path: Path
) -> None:
    asked = answer("")
    made = Reports(window, DirectReader(), lambda _path: None, today=lambda: date(2026, 11, 20))
    job = Job("1", Request(tmp_path / "a.png"), JobState.DONE, output=tmp_path / "out" / "a_x3.png")
    made.save([job, Job("2", Request(tmp_path / "b.png"), JobState.FAILED)])
    assert Path(asked[0][2]) == tmp_path / "out" / "Rekindle report 2026-11-20.html"
    assert asked[0][3].count("*.") == 2
