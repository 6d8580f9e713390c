"""While the network works on one photo, the next is read and the last one's result is written."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from desktop.core.cancel import CancelToken
from desktop.core.jobs import JobState, Request
from desktop.core.outcome import Outcome
from desktop.core.photo.direct import DirectReader
from desktop.core.photo.photo import Photo
from desktop.core.photo.read import read
from desktop.core.pipeline import Limits, Pipeline
from desktop.core.results import Results

PATIENCE_S = 20.0


class Reader(DirectReader):
    """Says what it reads, and when."""

    def __init__(self, told: list[str]) -> None:
        self.told = told
        self.done: dict[str, threading.Event] = {}
        self.hold: threading.Event | None = None

    def read(self, path: Path, size_check: Any = None, cancel: CancelToken | None = None) -> Photo:
        if self.hold is not None and not self.hold.wait(PATIENCE_S):
            raise TimeoutError
        photo = super().read(path, size_check, cancel)
        self.told.append(f"read {path.stem}")
        self.done.setdefault(path.stem, threading.Event()).set()
        return photo


class Line:
    """A pipeline that says what it does."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.told: list[str] = []
        self.reader = Reader(self.told)
        self.pipeline = pipeline
        pipeline._reader = pipeline._ahead._reader = self.reader
        self.outcomes: list[Outcome] = []

    def begin(self, request: Request, upcoming: Request | None = None, **options: Any) -> None:
        def ended(outcome: Outcome) -> None:
            self.told.append(f"ended {request.path.stem}")
            self.outcomes.append(outcome)

        self.pipeline.begin(request, ended, upcoming=upcoming, **options)

    def states(self) -> list[JobState]:
        self.pipeline.wait()
        return [outcome.state for outcome in self.outcomes]


@pytest.fixture
def line(fake_pipeline: Callable[..., Pipeline], request: pytest.FixtureRequest) -> Callable[..., Line]:
    def make(net: Any = None) -> Line:
        made = Line(fake_pipeline(net))
        request.addfinalizer(made.pipeline.forget)
        request.addfinalizer(made.pipeline.wait)
        return made

    return make


@pytest.fixture
def photos(photo_file: Callable[..., Path], photo_like: Callable[..., Any]) -> list[Request]:
    return [Request(photo_file(f"{name}.png", photo_like(40, 30, seed))) for seed, name in enumerate("abc")]


def test_the_next_photo_is_read_while_the_network_works(line, fake_net, photos):
    read_b = threading.Event()
    made = line(fake_net(before=lambda: read_b.wait(PATIENCE_S)))
    made.reader.done["b"] = read_b
    made.begin(photos[0], upcoming=photos[1])
    assert read_b.is_set(), "the network was let go by the second photo, and by nothing else"
    made.begin(photos[1])
    assert made.states() == [JobState.DONE, JobState.DONE]
    assert made.told.count("read b") == 1


def test_a_result_is_written_while_the_network_works_on_the_next(line, fake_net, photos):
    works_on_b, seen = threading.Event(), []
    made = line(fake_net())
    made.begin(photos[0], publishing=lambda _result: seen.append(works_on_b.wait(PATIENCE_S)))
    made.pipeline._loaded._held[2].before = works_on_b.set
    made.begin(photos[1])
    assert made.states() == [JobState.DONE, JobState.DONE]
    assert seen == [True], "the first result was let go by the network, and not by the end of patience"


def test_what_is_read_ahead_and_written_behind_is_the_same_picture(line, photos, fake_pipeline, tmp_path):
    made = line()
    for request, upcoming in zip(photos, [*photos[1:], None], strict=True):
        made.begin(request, upcoming)
    assert made.states() == [JobState.DONE] * 3
    for request in photos:
        alone = fake_pipeline().process(Request(request.path, output=tmp_path / "alone"))
        beside = request.path.with_name(f"{request.path.stem}_x3.png")
        assert (read(alone.output).pixels == read(beside).pixels).all()


def test_photos_end_in_their_order_however_they_end(line, photos, tmp_path):
    made, go = line(), threading.Event()
    made.begin(photos[0], publishing=lambda _result: go.wait(PATIENCE_S))
    missing = threading.Thread(target=made.begin, args=(Request(tmp_path / "gone.png"),))
    missing.start()
    missing.join(0.2)
    assert made.outcomes == []
    go.set()
    missing.join(PATIENCE_S)
    assert made.states() == [JobState.DONE, JobState.FAILED]
    assert made.outcomes[1].error.code == "not-found"


def test_no_more_than_one_result_waits_to_be_written(line, photos):
    made, go = line(), threading.Event()
    made.begin(photos[0], publishing=lambda _result: go.wait(PATIENCE_S))
    threading.Timer(0.3, go.set).start()
    made.begin(photos[1])
    assert "ended a" in made.told, "whoever has a second one waits with it"
    assert made.states() == [JobState.DONE, JobState.DONE]


def test_what_cannot_be_written_is_its_own_photo_s_failure(line, photos):
    def refuse(_result: object) -> None:
        raise OSError(28, "No space left on device")

    made = line()
    made.begin(photos[0], upcoming=photos[1], publishing=refuse)
    made.begin(photos[1])
    assert made.states() == [JobState.FAILED, JobState.DONE]
    assert made.outcomes[0].error.code == "no-space"


def test_a_photo_that_cannot_be_read_ahead_says_so_in_its_turn_alone(line, photos, tmp_path):
    broken = tmp_path / "broken.png"
    broken.write_bytes(photos[0].path.read_bytes()[:200])
    made = line()
    made.begin(photos[0], upcoming=Request(broken))
    made.begin(Request(broken), upcoming=photos[1])
    made.begin(photos[1])
    assert made.states() == [JobState.DONE, JobState.FAILED, JobState.DONE]
    assert made.outcomes[1].error.code == "unreadable"


def test_a_photo_that_changes_after_it_was_read_ahead_is_read_again(line, photos):
    made = line()
    made.begin(photos[0], upcoming=photos[1])
    assert made.reader.done.setdefault("b", threading.Event()).wait(PATIENCE_S)
    made.pipeline.wait()
    photos[1].path.write_bytes(photos[2].path.read_bytes())
    made.begin(photos[1])
    made.begin(Request(photos[2].path))
    assert made.states() == [JobState.DONE] * 3
    assert made.told.count("read b") == 2
    results = [outcome.output for outcome in made.outcomes]
    assert (read(results[1]).pixels == read(results[2]).pixels).all()


def test_another_photo_than_was_read_ahead_may_follow(line, photos):
    made = line()
    made.begin(photos[0], upcoming=photos[1])
    made.begin(photos[2])
    made.begin(photos[1])
    assert made.states() == [JobState.DONE] * 3
    assert [outcome.output.name for outcome in made.outcomes] == ["a_x3.png", "c_x3.png", "b_x3.png"]


def test_cancelling_a_photo_that_is_still_read_ends_it(line, photos):
    made, cancel = line(), CancelToken()
    made.begin(photos[0])
    made.pipeline.wait()
    made.reader.hold = threading.Event()
    made.pipeline._ahead.begin(photos[1].path, lambda: lambda _header: None)
    cancel.cancel()
    threading.Timer(0.3, made.reader.hold.set).start()
    made.begin(photos[1], cancel=cancel)
    assert made.states() == [JobState.DONE, JobState.CANCELLED]
    assert not photos[1].path.with_name("b_x3.png").exists()


@pytest.mark.parametrize(("budget_mib", "ahead"), [(400, False), (500, True)])
def test_nothing_is_read_ahead_that_the_budget_has_no_room_for(
    line, fake_net, photos, photo_file, photo_like, budget_mib, ahead
):
    large = Request(photo_file("large.png", photo_like(700, 500)))
    made = line(fake_net(mib_per_pixel=1.0, tile=20))
    made.pipeline.limits = Limits(budget_mib)
    made.begin(photos[0], upcoming=large)
    made.pipeline._ahead._thread.join(PATIENCE_S)
    assert ("read large" in made.told) is ahead
    made.begin(large)
    assert made.states() == [JobState.DONE, JobState.DONE]


def test_the_network_waits_for_a_result_that_the_budget_has_no_room_for(line, fake_net, photo_file, photo_like):
    large = Request(photo_file("large.png", photo_like(700, 500)))
    small = Request(photo_file("small.png"))
    made = line(fake_net(mib_per_pixel=1.0, tile=20))
    made.pipeline.limits = Limits(budget_mib=401)
    made.begin(large, publishing=lambda _result: made.told.append("writing"))
    made.pipeline._loaded._held[2].before = lambda: made.told.append("network")
    made.begin(small)
    made.states()
    assert made.told.index("ended large") < made.told.index("network")


def test_a_photo_whose_twin_is_being_written_waits_and_is_copied(line, photos, tmp_path):
    made, go = line(), threading.Event()
    made.pipeline._results = Results(tmp_path / "cache")
    twin = photos[0].path.with_name("twin.png")
    twin.write_bytes(photos[0].path.read_bytes())
    made.begin(photos[0], publishing=lambda _result: go.wait(PATIENCE_S))
    threading.Timer(0.2, go.set).start()
    made.begin(Request(twin))
    assert made.states() == [JobState.DONE, JobState.DONE]
    assert [outcome.cached for outcome in made.outcomes] == [False, True]


def test_the_same_photo_twice_is_skipped_the_second_time_as_ever(line, photos):
    made, go = line(), threading.Event()
    again = Request(photos[0].path, existing="skip")
    made.begin(again, upcoming=again, publishing=lambda _result: go.wait(PATIENCE_S))
    threading.Timer(0.2, go.set).start()
    made.begin(again)
    assert made.states() == [JobState.DONE, JobState.SKIPPED]


def test_two_photos_of_one_name_get_two_results(line, photo_file):
    made, go = line(), threading.Event()
    one, other = Request(photo_file("a.png"), format="png"), Request(photo_file("a.bmp"), format="png")
    made.begin(one, upcoming=other, publishing=lambda _result: go.wait(PATIENCE_S))
    threading.Timer(0.2, go.set).start()
    made.begin(other)
    assert made.states() == [JobState.DONE, JobState.DONE]
    assert [outcome.output.name for outcome in made.outcomes] == ["a_x3.png", "a_x3 (2).png"]
