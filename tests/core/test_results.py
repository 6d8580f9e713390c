"""What is finished already is not made again, as long as it is still there and still the same."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from desktop.core.jobs import JobState, Request, Result
from desktop.core.photo.photo import Fidelity, Item
from desktop.core.pipeline import Pipeline
from desktop.core.results import Finished, Remembered, Results


@pytest.fixture
def results(tmp_path):
    return Results(tmp_path / "cache")


@pytest.fixture
def net(fake_net):
    return fake_net()


@pytest.fixture
def process(fake_pipeline, results, net):
    inner = fake_pipeline(net)
    line = Pipeline(inner._catalogue, inner._loaded, inner.limits, results=results)
    return lambda *arguments, **choices: line.process(Request(*arguments, **choices))


def test_the_same_photo_is_copied_the_second_time(process, photo_file, net, tmp_path):
    photo = photo_file("a.jpg", dpi=(300, 300))
    first = process(photo)
    worked = len(net.seen)
    second = process(photo, output=tmp_path / "elsewhere")
    assert (first.cached, second.cached) == (False, True)
    assert (first.state, second.state) == (JobState.DONE,) * 2
    assert len(net.seen) == worked
    assert second.output == tmp_path / "elsewhere" / "a_x3.jpg"
    assert second.output.read_bytes() == first.output.read_bytes()
    assert (second.width, second.height) == (first.width, first.height)
    assert second.fidelity == first.fidelity
    assert second.result.sha256 == first.result.sha256


def test_the_same_photo_under_another_name_is_copied_too(process, photo_file):
    assert not process(photo_file("a.png")).cached
    assert process(photo_file("b.png")).cached


CHOICES = [
    {"scale": 2},
    {"format": "jpeg"},
    {"quality": 50},
    {"precision": "exact"},
    {"engine": "fake"},
    {"model": "edsr-restore"},
    {"self_ensemble": True},
    {"provenance": False},
    {"strip_gps": True},
]


@pytest.mark.parametrize("choice", CHOICES, ids=[next(iter(choice)) for choice in CHOICES])
def test_what_is_asked_for_in_another_way_is_made_anew(choice, process, photo_file):
    photo = photo_file("a.png")
    process(photo)
    assert not process(photo, **choice).cached
    assert process(photo, **choice).cached


def test_another_strength_is_made_anew(process, photo_file):
    photo = photo_file("a.png")
    process(photo, model="edsr-restore", strength=50)
    assert not process(photo, model="edsr-restore", strength=60).cached


def test_other_pixels_or_what_travels_with_them_are_made_anew(process, photo_file, photo_like):
    process(photo_file("a.png"))
    assert not process(photo_file("b.png", photo_like(24, 16, seed=2))).cached
    assert not process(photo_file("c.png", dpi=(300, 300))).cached


def test_nothing_is_copied_for_whoever_does_not_want_it(process, photo_file):
    photo = photo_file("a.png")
    process(photo)
    assert not process(photo, reuse=False).cached


@pytest.mark.parametrize("change", [lambda path: path.unlink(), lambda path: path.write_bytes(b"mine now")])
def test_a_result_that_is_gone_or_changed_is_made_anew(change, process, photo_file):
    photo = photo_file("a.png")
    first = process(photo)
    whole = first.output.read_bytes()
    change(first.output)
    again = process(photo)
    assert not again.cached
    assert again.output.read_bytes() == whole


def test_an_existing_result_may_be_replaced_by_itself(process, photo_file, tmp_path):
    photo = photo_file("a.png")
    first = process(photo, output=tmp_path / "out")
    whole = first.output.read_bytes()
    again = process(photo, output=tmp_path / "out", existing="overwrite")
    assert again.cached
    assert again.output == first.output
    assert again.output.read_bytes() == whole


def test_dates_are_the_original_s_own(process, photo_file, tmp_path):
    photo = photo_file("a.png")
    process(photo)
    again = process(photo, output=tmp_path / "out", keep_dates=True)
    assert again.cached
    assert again.output.stat().st_mtime_ns == photo.stat().st_mtime_ns
    assert "file dates" in [item.item for item in again.fidelity.kept]


@pytest.mark.parametrize("content", [b"", b"nonsense", b"[]\n{}\n", b"\xff\xfe\n", b'{"key": 1, "result": 2}'])
def test_damaged_memories_are_forgotten(content, process, results, photo_file):
    results._path.parent.mkdir()
    results._path.write_bytes(content + b"\n")
    photo = photo_file("a.png")
    assert not process(photo).cached
    assert process(photo).cached


def test_they_can_be_cleared(process, results, photo_file):
    photo = photo_file("a.png")
    process(photo)
    results.clear()
    assert not process(photo).cached


def test_the_oldest_are_forgotten(results, tmp_path):
    (tmp_path / "a").write_bytes(b"x")
    fidelity = Fidelity((Item("a", "b"),))
    finished = Finished(Result(tmp_path / "a", 1, hashlib.sha256(b"x").hexdigest()), 3, 4, fidelity)
    results.note("first", finished)
    line = results._path.read_text()
    results._path.write_text(line * 2000)
    results.note("last", finished)
    assert len(results._path.read_text().splitlines()) == 1000
    assert results.find("last") == finished


def test_where_nothing_can_be_kept_everything_is_made_anew(fake_pipeline, photo_file, tmp_path):
    (tmp_path / "file").touch()
    inner = fake_pipeline()
    line = Pipeline(inner._catalogue, inner._loaded, inner.limits, results=Results(tmp_path / "file" / "cache"))
    photo = photo_file("a.png")
    assert [line.process(Request(photo)).cached for _ in range(2)] == [False, False]


def test_what_is_remembered_can_be_counted_and_forgotten(tmp_path):
    results = Results(tmp_path / "cache")
    assert results.remembered() == Remembered(0, 0)
    for number in range(3):
        results.note(f"{number:064}", Finished(Result(tmp_path / "a.png", 1, "0"), 3, 2, Fidelity()))
    held = results.remembered()
    assert held.count == 3
    assert held.bytes == sum(entry.stat().st_size for entry in (tmp_path / "cache").iterdir())
    assert results.forgotten() == Remembered(0, 0)
    assert results.find(f"{0:064}") is None


def test_what_the_disk_does_not_let_go_is_still_counted(tmp_path, monkeypatch):
    results = Results(tmp_path / "cache")
    results.note("a" * 64, Finished(Result(tmp_path / "a.png", 1, "0"), 3, 2, Fidelity()))

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "unlink", refuse)
    assert results.forgotten().count == 1
