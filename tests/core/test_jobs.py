"""The queue knows which moves are legal, and makes no other."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from desktop.core.errors import UnreadablePhotoError
from desktop.core.jobs import ENDINGS, IllegalMoveError, Job, JobState, Queue, Request

W, R, P = JobState.WAITING, JobState.RUNNING, JobState.PAUSED
D, F, S, C = JobState.DONE, JobState.FAILED, JobState.SKIPPED, JobState.CANCELLED

LEGAL = {
    (W, R), (W, C),
    (R, P), (R, D), (R, F), (R, S), (R, C),
    (P, R), (P, D), (P, F), (P, S), (P, C),
    (D, W), (F, W), (S, W), (C, W),
}  # fmt: skip
WAY_TO = {W: [], R: [R], P: [R, P], D: [R, D], F: [R, F], S: [R, S], C: [C]}
REQUEST = Request(Path("a.png"))


@pytest.fixture
def queue() -> Queue:
    numbers = itertools.count(1)
    return Queue(lambda: f"job {next(numbers)}")


def _in_state(queue: Queue, state: JobState) -> Job:
    (job,) = queue.add([REQUEST])
    for step in WAY_TO[state]:
        queue.move(job.id, step)
    return queue[job.id]


def _named(pair: tuple[JobState, JobState]) -> str:
    return " to ".join(pair)


@pytest.mark.parametrize("move", sorted(LEGAL), ids=_named)
def test_a_legal_move_is_made(queue, move):
    job = _in_state(queue, move[0])
    assert queue.move(job.id, move[1]).state is move[1]
    assert queue[job.id].state is move[1]


@pytest.mark.parametrize("move", sorted(set(itertools.product(JobState, JobState)) - LEGAL), ids=_named)
def test_an_illegal_move_is_refused_and_changes_nothing(queue, move):
    job = _in_state(queue, move[0])
    with pytest.raises(IllegalMoveError):
        queue.move(job.id, move[1])
    assert queue[job.id] == job


def test_states_are_spelled_as_promised():
    assert {state.value for state in JobState} == {
        *("waiting", "running", "paused"),
        *("done", "failed", "skipped", "cancelled"),
    }


def test_new_jobs_wait_in_the_order_they_were_added(queue):
    added = queue.add([Request(Path(name)) for name in ("b.png", "a.png")])
    assert queue.jobs == tuple(added)
    assert [(job.path.name, job.state, job.progress) for job in queue.jobs] == [("b.png", W, 0), ("a.png", W, 0)]
    assert len(queue) == 2


def test_ids_are_unique_by_themselves():
    queue = Queue()
    queue.add([REQUEST] * 100)
    assert len({job.id for job in queue.jobs}) == 100


def test_the_next_job_is_the_first_that_waits(queue):
    first, second = queue.add([REQUEST, REQUEST])
    assert queue.next_waiting() == first
    queue.move(first.id, C)
    assert queue.next_waiting() == second
    queue.move(second.id, R)
    assert queue.next_waiting() is None


@pytest.mark.parametrize("state", [R, P])
def test_a_job_under_way_is_the_active_one(queue, state):
    queue.add([REQUEST])
    job = _in_state(queue, state)
    assert queue.active() == job


@pytest.mark.parametrize("state", [W, *sorted(ENDINGS)])
def test_a_job_that_waits_or_has_ended_is_not_active(queue, state):
    _in_state(queue, state)
    assert queue.active() is None


def test_an_ending_brings_output_and_error(queue):
    job, error = _in_state(queue, R), UnreadablePhotoError("x")
    moved = queue.move(job.id, F, output=Path("out.png"), error=error)
    assert (moved.output, moved.error) == (Path("out.png"), error)


def test_a_job_that_is_done_has_gone_all_the_way(queue):
    job = _in_state(queue, R)
    queue.progressed(job.id, 0.4)
    assert queue.move(job.id, D).progress == 1


@pytest.mark.parametrize("ending", [F, S, C])
def test_any_other_ending_leaves_progress_where_it_was(queue, ending):
    job = _in_state(queue, R)
    queue.progressed(job.id, 0.4)
    assert queue.move(job.id, ending).progress == 0.4


def test_trying_again_starts_from_nothing(queue):
    job = _in_state(queue, R)
    queue.progressed(job.id, 0.4)
    queue.move(job.id, F, output=Path("out.png"), error=UnreadablePhotoError("x"))
    again = queue.move(job.id, W)
    assert again == Job(job.id, REQUEST)


def test_progress_never_runs_backwards(queue):
    job = _in_state(queue, R)
    told = [queue.progressed(job.id, part).progress for part in (0.1, 0.5, 0.3, 0.6, 0.0)]
    assert told == [0.1, 0.5, 0.5, 0.6, 0.6]


def test_progress_never_passes_one(queue):
    assert queue.progressed(_in_state(queue, R).id, 1.5).progress == 1


def test_progress_outlives_a_pause(queue):
    job = _in_state(queue, R)
    queue.progressed(job.id, 0.4)
    queue.move(job.id, P)
    assert queue.move(job.id, R).progress == 0.4


def test_a_waiting_job_may_be_given_another_request(queue):
    job, other = _in_state(queue, W), Request(Path("b.png"))
    assert queue.change(job.id, other).request == other
    assert queue[job.id].path == Path("b.png")


@pytest.mark.parametrize("state", sorted(set(JobState) - {W}))
def test_a_job_that_has_begun_keeps_its_request(queue, state):
    job = _in_state(queue, state)
    with pytest.raises(IllegalMoveError):
        queue.change(job.id, Request(Path("b.png")))
    assert queue[job.id] == job


@pytest.mark.parametrize("state", sorted({W} | ENDINGS))
def test_a_job_that_nobody_works_on_can_be_removed(queue, state):
    job = _in_state(queue, state)
    assert queue.remove(job.id) == job
    assert len(queue) == 0


@pytest.mark.parametrize("state", [R, P])
def test_a_job_under_way_cannot_be_removed(queue, state):
    job = _in_state(queue, state)
    with pytest.raises(IllegalMoveError):
        queue.remove(job.id)
    assert queue.jobs == (job,)


@pytest.mark.parametrize("use", [lambda q: q["x"], lambda q: q.move("x", R), lambda q: q.progressed("x", 1)])
def test_an_unknown_job_is_a_key_error(queue, use):
    with pytest.raises(KeyError):
        use(queue)


def test_the_states_are_counted_through_everything_that_happens(queue):
    random, ids = Random(7), [job.id for job in queue.add([REQUEST] * 5)]
    queue.restore([Job("r1", REQUEST, D), Job("r2", REQUEST, F)])
    for step in range(300):
        job_id = random.choice(ids)
        job = queue.get(job_id)
        if job is None:
            ids.append(queue.add([REQUEST])[0].id)
        elif step % 9 == 0 and job.state not in (R, P):
            queue.remove(job_id)
        else:
            queue.move(job_id, random.choice([after for before, after in sorted(LEGAL) if before is job.state]))
        assert {state: queue.count(state) for state in JobState} == {
            state: sum(job.state is state for job in queue.jobs) for state in JobState
        }
    assert queue.count(*JobState) == len(queue)


def test_an_order_is_taken_and_one_that_forgets_somebody_refused(queue):
    a, b, c = (job.id for job in queue.add([REQUEST] * 3))
    queue.arrange([c, a, b])
    assert [job.id for job in queue.jobs] == [c, a, b]
    for wrong in ([a, b], [a, b, b], [a, b, "x"]):
        with pytest.raises(ValueError, match="every job once"):
            queue.arrange(wrong)
    assert [job.id for job in queue.jobs] == [c, a, b]


def test_a_job_under_way_cannot_be_restored(queue):
    job = _in_state(queue, R)
    with pytest.raises(IllegalMoveError):
        Queue().restore([job])


def test_new_defaults_leave_what_was_chosen_for_one_photo() -> None:
    request = Request(Path("/a.png"), scale=3, quality=95).with_own(scale=2)
    assert request.own == {"scale"}
    changed = request.with_defaults(scale=4, quality=80)
    assert (changed.scale, changed.quality, changed.own) == (2, 80, {"scale"})


def test_what_came_by_itself_can_be_asked_for_alone(queue):
    mine, came = queue.add([REQUEST, replace(REQUEST, unattended=True)])
    assert queue.next_waiting() == mine
    assert queue.next_waiting(unattended=True) == came
    queue.move(came.id, R)
    assert queue.next_waiting(unattended=True) is None
