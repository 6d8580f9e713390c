"""What was learned outlives the program, and is never worth any trouble."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path

import filelock
import pytest

from desktop.core.experience import (
    VERSION,
    Experience,
    Learned,
    Lesson,
    detail_of,
    usual_bytes_per_pixel,
)
from desktop.core.jobs import Account, Request, Result
from desktop.core.photo.formats import BY_NAME, JPEG, OUTPUT_FORMATS, PNG
from desktop.core.workload import Kind

KIND = Kind("edsr-baseline-x3", "opencv", "exact")
OTHER = Kind("edsr-baseline-x3", "openvino", "fast")
LESSON = Lesson(KIND, 0.5, 7.0, load_s=0.4, output="jpeg", output_megapixels=4.5, share=1.2)
ACCOUNT = Account("edsr-baseline-x3", 3, "opencv", "exact", 3000, 2000, 1000, 700, 9.5, load_seconds=0.25, passes=(3,))


def file_in(folder: Path) -> Path:
    return folder / "experience.json"


def test_what_was_learned_is_there_the_next_time(tmp_path):
    experience = Experience(tmp_path / "cache")
    experience.learn(LESSON)
    assert experience.unsaved == 1
    experience.save()
    assert experience.unsaved == 0
    again = Experience(tmp_path / "cache").learned
    assert again == experience.learned
    assert again.photos(KIND) == ((0.5, 7.0),)
    assert again.load_s(KIND) == 0.4


def test_nothing_new_writes_nothing(tmp_path):
    Experience(tmp_path / "cache").save()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"version": 1}',
        b"[" * 100_000,
        json.dumps({"version": VERSION + 1, "speeds": [], "results": {}}).encode(),
        json.dumps({"version": VERSION, "speeds": [{"model": 1}], "results": {}}).encode(),
        json.dumps({"version": VERSION, "speeds": [], "results": {"png": [[1, "x"]]}}).encode(),
        json.dumps({"version": VERSION, "speeds": [], "results": {"png": [[1, float("nan")]]}}).encode(),
        json.dumps({"version": VERSION, "speeds": [], "results": {"png": [[1, -3]]}}).encode(),
    ],
)
def test_a_damaged_file_is_forgotten_and_replaced(content, tmp_path):
    file_in(tmp_path).write_bytes(content)
    experience = Experience(tmp_path)
    assert experience.learned == Learned()
    experience.learn(LESSON)
    experience.save()
    assert Experience(tmp_path).learned.photos(KIND) == ((0.5, 7.0),)


def test_two_processes_keep_what_both_have_learned(tmp_path):
    one, other = Experience(tmp_path), Experience(tmp_path)
    one.learn(LESSON)
    other.learn(replace(LESSON, megapixels=2.0, seconds=28.0))
    one.save()
    other.save()
    assert Experience(tmp_path).learned.photos(KIND) == ((0.5, 7.0), (2.0, 28.0))
    assert other.learned.photos(KIND) == ((0.5, 7.0), (2.0, 28.0))


def test_many_savers_at_once_lose_and_break_nothing(tmp_path):
    def work(number):
        for step in range(5):
            experience = Experience(tmp_path)
            experience.learn(replace(LESSON, megapixels=1.0 + number, seconds=1.0 + step))
            experience.save()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(Experience(tmp_path).learned.photos(KIND)) == 20


def test_where_another_holds_the_file_it_is_kept_for_the_next_time(tmp_path, monkeypatch):
    monkeypatch.setattr("desktop.core.experience._PATIENCE_S", 0.01)
    experience = Experience(tmp_path)
    experience.learn(LESSON)
    with filelock.FileLock(f"{file_in(tmp_path)}.lock"):
        experience.save()
    assert experience.unsaved == 1
    experience.save()
    assert Experience(tmp_path).learned.photos(KIND) == ((0.5, 7.0),)


def test_a_folder_that_cannot_be_made_is_no_trouble(tmp_path):
    (tmp_path / "file").write_text("in the way")
    experience = Experience(tmp_path / "file" / "cache")
    experience.learn(LESSON)
    experience.save()
    assert experience.learned.photos(KIND) == ((0.5, 7.0),)


def test_only_the_latest_photos_are_remembered():
    learned = Learned()
    for number in range(100):
        learned = learned.after(replace(LESSON, seconds=1.0 + number))
    assert len(learned.photos(KIND)) == 40
    assert learned.photos(KIND)[-1] == (0.5, 100.0)


def test_a_question_without_an_engine_is_answered_by_the_one_used_last():
    learned = Learned().after(LESSON).after(replace(LESSON, kind=OTHER, seconds=1.0))
    any_engine = Kind("edsr-baseline-x3")
    assert learned.find(any_engine) == OTHER
    assert learned.after(LESSON).find(any_engine) == KIND
    assert learned.photos(Kind("edsr-baseline-x3", "opencv")) == ((0.5, 7.0),)
    assert learned.find(Kind("edsr-x3")) is None
    assert learned.photos(Kind("edsr-x3")) == ()


def test_loading_is_told_by_the_median():
    learned = Learned()
    for seconds in (0.4, 0.5, 9.0, 0.0):  # the last one had it loaded
        learned = learned.after(replace(LESSON, load_s=seconds))
    assert learned.load_s(KIND) == 0.5
    assert learned.load_s(OTHER) is None


def test_a_finished_photo_becomes_a_lesson():
    result = Result(Path("a_x3.jpg"), 4_884_000, "")
    lesson = Lesson.of(Request(Path("a.jpg"), quality=95), ACCOUNT, result)
    beside = 0.7 * 0.02 + 6 * 0.006  # reading and writing
    assert lesson == Lesson(KIND, 0.7, pytest.approx(9.5 - beside), 0.25, "jpeg", 6.0, pytest.approx(2.0))


@pytest.mark.parametrize(
    "account", [replace(ACCOUNT, model=""), replace(ACCOUNT, seconds=0.0), replace(ACCOUNT, input_width=0)]
)
def test_a_photo_that_was_never_worked_on_teaches_nothing(account):
    assert Lesson.of(Request(Path("a.jpg")), account, None) is None


def test_without_a_result_only_the_speed_is_learned():
    lesson = Lesson.of(Request(Path("a.jpg")), ACCOUNT, None)
    assert lesson is not None
    assert lesson.output == ""


@pytest.mark.parametrize("output", OUTPUT_FORMATS)
def test_every_format_has_a_usual_size_that_grows_with_quality(output):
    sizes = [usual_bytes_per_pixel(output, quality) for quality in (1, 50, 80, 95, 97, 100)]
    assert sizes == sorted(sizes)
    assert 0.02 < sizes[0] <= sizes[-1] < 3


def test_results_that_turn_out_larger_than_usual_are_expected_so_from_then_on():
    usual = usual_bytes_per_pixel(PNG, 95)
    learned = Learned()
    assert learned.bytes_per_pixel(PNG, 95) == usual
    for _ in range(30):
        learned = learned.after(replace(LESSON, output="png", share=3.0))
    assert learned.bytes_per_pixel(PNG, 95) == pytest.approx(3 * usual, rel=0.05)
    assert learned.bytes_per_pixel(JPEG, 95) == usual_bytes_per_pixel(BY_NAME["jpeg"], 95)


def test_what_was_learned_at_one_quality_holds_at_another():
    learned = Learned()
    for _ in range(30):
        learned = learned.after(replace(LESSON, share=2.0))
    assert learned.bytes_per_pixel(JPEG, 60) == pytest.approx(2 * usual_bytes_per_pixel(JPEG, 60), rel=0.05)


def test_what_is_written_without_loss_teaches_nothing_of_sizes(tmp_path):
    result = Result(tmp_path / "a.webp", 9_000_000, "")
    for lossless, output in ((False, "webp"), (True, "")):
        lesson = Lesson.of(Request(tmp_path / "a.png", lossless=lossless), ACCOUNT, result)
        assert lesson.output == output
        assert lesson.seconds == pytest.approx(9.5 - 0.7 * 0.02 - 6 * (0.3 if lossless else 0.09))


def test_the_more_a_photo_is_enlarged_the_less_there_is_in_every_pixel():
    for output in BY_NAME.values():
        sizes = [usual_bytes_per_pixel(output, 95, factor) for factor in (0.5, 1, 2, 3, 6, 12)]
        assert sizes == sorted(sizes, reverse=True)
        assert usual_bytes_per_pixel(output, 95, 3) == usual_bytes_per_pixel(output, 95)


def test_what_is_learned_at_one_size_tells_of_another():
    account = replace(ACCOUNT, scale=12, width=12_000, height=12_000, input_width=1000, input_height=1000)
    usual = round(144e6 * usual_bytes_per_pixel(JPEG, 95, 12))
    lesson = Lesson.of(Request(Path("a.jpg")), account, Result(Path("a.jpg"), 2 * usual, ""))
    assert lesson.share == pytest.approx(2.0)
    learned = Learned().after(lesson)
    assert learned.bytes_per_pixel(JPEG, 95, 3) == pytest.approx(1.5 * usual_bytes_per_pixel(JPEG, 95, 3))


def test_the_paper_around_a_photo_is_not_counted():
    request = Request(Path("a.jpg"), target="print 10x10cm@254 fit")
    account = replace(ACCOUNT, scale=10, width=1000, height=1000, input_width=100, input_height=50)
    lesson = Lesson.of(request, account, Result(Path("a.jpg"), 100_000, ""))
    assert lesson.output_megapixels == pytest.approx(0.5)


def test_a_photo_with_much_in_it_makes_larger_files():
    plain, rich = (detail_of("JPEG", 90, count, (1000, 1000)) for count in (400_000, 1_600_000))
    assert rich == pytest.approx(plain * 4**0.7)
    assert detail_of("JPEG", None, 400_000, (1000, 1000)) == 1
    assert detail_of("PNG", None, 0, (1000, 1000)) == 1
    learned = Learned()
    assert learned.bytes_per_pixel(JPEG, 95, 3, rich) == pytest.approx(
        learned.bytes_per_pixel(JPEG, 95, 3, plain) * rich / plain
    )


def test_what_was_learned_of_a_rich_photo_is_not_expected_of_a_plain_one():
    account = replace(ACCOUNT, detail=2.0)
    usual = round(6e6 * usual_bytes_per_pixel(JPEG, 95))
    learned = Learned().after(Lesson.of(Request(Path("a.jpg")), account, Result(Path("a.jpg"), 2 * usual, "")))
    assert learned.bytes_per_pixel(JPEG, 95, 3, 1.0) == pytest.approx(usual_bytes_per_pixel(JPEG, 95))
    assert learned.bytes_per_pixel(JPEG, 95) == pytest.approx(1.5 * usual_bytes_per_pixel(JPEG, 95))


def test_the_step_to_an_exact_size_is_not_taken_for_the_network_s_time():
    account = replace(ACCOUNT, width=2500, height=1750)
    request = Request(Path("a.jpg"), target="width 2500")
    plain, sized = (Lesson.of(asked, account, None) for asked in (Request(Path("a.jpg")), request))
    shrinking = 0.016 * 3 * 2.1 + 0.017 * 2.5 * 1.75
    assert plain.seconds - sized.seconds == pytest.approx(shrinking)
    assert Lesson.of(request, replace(ACCOUNT, seconds=0.1), None).seconds > 0
