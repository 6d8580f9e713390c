"""Which engine runs a network: the fastest that was measured here, of those that are right."""

from __future__ import annotations

import dataclasses
import threading

import pytest

from desktop.core import errors
from desktop.core import workspace as workspace_module
from desktop.core.engines import choosing
from desktop.core.engines.choosing import Candidate, Found, Measured, measure, ordered
from desktop.core.engines.opencv_engine import OpenCvEngine

INT8, BF16, F32 = (Candidate("openvino", name) for name in ("int8", "bf16", "f32"))
OPENCV, NCNN = Candidate("opencv", "f32"), Candidate("ncnn", "f32")
ALL = (F32, BF16, INT8, OPENCV)


def test_what_should_be_fastest_comes_first_where_nothing_is_measured():
    assert ordered(ALL, {}, "fast") == [INT8, BF16, OPENCV, F32]
    assert ordered(ALL, {}, "exact") == [OPENCV, F32]
    assert ordered((*ALL, NCNN), {}, "exact") == [OPENCV, F32, NCNN]
    assert ordered((*ALL, NCNN), {}, "exact", large=True) == [NCNN, F32, OPENCV]


def test_the_fastest_that_was_measured_comes_first():
    found = {INT8: Found(55, 9), BF16: Found(60, 3), F32: Found(90, 8), OPENCV: Found(999, 5)}
    assert ordered(ALL, found, "fast") == [BF16, OPENCV, F32, INT8]
    assert ordered(ALL, found, "exact") == [OPENCV, F32]


def test_what_is_too_far_from_float32_is_left_out_however_fast():
    found = {INT8: Found(49.9, 1), BF16: Found(50, 3), F32: Found(90, 8), OPENCV: Found(999, 5)}
    assert ordered(ALL, found, "fast") == [BF16, OPENCV, F32]


def test_float32_that_is_not_the_reference_s_is_left_out_too():
    found = {INT8: Found(55, 9), BF16: Found(60, 3), F32: Found(59.9, 1), OPENCV: Found(999, 5)}
    assert ordered(ALL, found, "fast") == [BF16, OPENCV, INT8]
    assert ordered(ALL, found, "exact") == [OPENCV]


def test_a_large_network_is_measured_one_engine_after_the_other(model, weights, fake_engine, fake_net):
    large = dataclasses.replace(model, parameters=38_000_000)
    alive, most = [], []

    class Counted(fake_net):
        def __del__(self):
            alive.remove(1)

    class Loading(fake_engine):
        def load(self, *arguments):
            alive.append(1)
            most.append(len(alive))
            return Counted(engine=self.name)

    engines = {name: Loading(name=name) for name in ("one", "two", "opencv")}
    measured = Measured()
    measure(engines, large, weights, measured)
    assert all(found.ns_per_pixel > 0 for found in measured.of(large).values())
    assert len(measured.of(large)) == 3
    assert max(most) == 1


def test_a_card_that_goes_wrong_while_it_is_timed_is_noted_as_of_no_use(model, weights, fake_engine, fake_net):
    asked = []

    def fail_later():
        asked.append(1)
        if len(asked) > 17:
            raise errors.EngineFailedError("its driver crashed")

    engines = {
        "card": fake_engine(net=fake_net(before=fail_later), name="card", able=("f32",), on_gpu=True),
        "opencv": fake_engine(net=fake_net(), name="opencv"),
    }
    measured = Measured()
    measure(engines, model, weights, measured)
    assert measured.of(model)[Candidate("card", "f32")] == Found(0.0, float("inf"))
    assert 0 < measured.of(model)[OPENCV].ns_per_pixel < float("inf")


def test_an_engine_that_does_not_suit_is_neither_listed_nor_measured_until_it_is_named(model, weights, fake_engine):
    engines = {"soft": fake_engine(name="soft", suits_auto=False), "opencv": fake_engine(name="opencv")}
    assert choosing.candidates(engines, model, weights) == [OPENCV]
    assert Candidate("soft", "f32") in choosing.candidates(engines, model, weights, named=True)
    measured = Measured()
    measure(engines, model, weights, measured)
    assert set(measured.of(model)) == {OPENCV}


def test_half_a_measurement_decides_about_fitness_alone():
    assert ordered(ALL, {BF16: Found(60, 3), INT8: Found(20)}, "fast") == [BF16, OPENCV, F32]


def test_what_was_found_is_kept(tmp_path, model):
    Measured(tmp_path / "cache").note(model, INT8, Found(55, 9))
    assert Measured(tmp_path / "cache").of(model) == {INT8: Found(55, 9)}


def test_a_look_at_the_answers_forgets_no_time(tmp_path, model):
    measured = Measured()
    measured.note(model, INT8, Found(55, 9))
    measured.note(model, INT8, Found(54))
    assert measured.of(model) == {INT8: Found(54, 9)}


def test_another_network_of_that_name_is_measured_anew(model):
    measured = Measured()
    measured.note(model, INT8, Found(55, 9))
    assert measured.of(dataclasses.replace(model, sha256="another")) == {}


def test_other_hardware_or_versions_are_measured_anew(tmp_path, model, monkeypatch):
    Measured(tmp_path).note(model, INT8, Found(55, 9))
    monkeypatch.setattr(choosing, "_processor", lambda: "a new one")
    assert Measured(tmp_path).of(model) == {}


@pytest.mark.parametrize(
    "content", [b"", b"nonsense", b"[]", b'{"version": 1}', b'{"version": 1, "machine": 2, "models": 3}']
)
def test_damaged_measurements_are_forgotten(content, tmp_path, model):
    (tmp_path / "engines.json").write_bytes(content)
    measured = Measured(tmp_path)
    assert measured.of(model) == {}
    measured.note(model, INT8, Found(55, 9))
    assert Measured(tmp_path).of(model) == {INT8: Found(55, 9)}


def test_a_folder_that_cannot_be_written_is_no_trouble(tmp_path, model):
    (tmp_path / "file").touch()
    measured = Measured(tmp_path / "file" / "cache")
    measured.note(model, INT8, Found(55, 9))
    assert measured.of(model) == {INT8: Found(55, 9)}


def test_measuring_tries_everything_and_says_what_is_right(model, weights, fake_engine, fake_net):
    wrong = fake_net(radius=1)
    engines = {
        "quick": fake_engine(net=fake_net(), name="quick", able=("int8",)),
        "wrong": fake_engine(net=wrong, name="wrong", able=("bf16",)),
        "opencv": fake_engine(net=fake_net(), name="opencv"),
    }
    measured = Measured()
    measure(engines, model, weights, measured)
    found = measured.of(model)
    assert {str(one) for one in found} == {"quick/int8", "wrong/bf16", "opencv/f32"}
    assert all(one.ns_per_pixel > 0 for one in found.values())
    assert found[Candidate("wrong", "bf16")].decibels < 50 < found[Candidate("quick", "int8")].decibels


def test_measuring_ends_when_it_is_told_to(model, weights, fake_engine, fake_net):
    stop = threading.Event()
    slow = fake_engine(net=fake_net(before=stop.set), name="slow", able=("int8",))
    measured = Measured()
    measure({"slow": slow, "opencv": fake_engine(name="opencv")}, model, weights, measured, stop)
    assert not any(found.ns_per_pixel for found in measured.of(model).values())


def test_the_window_s_model_is_measured_once(workspace, model, monkeypatch):
    measurings = []
    monkeypatch.setattr(workspace_module, "available_engines", lambda _twins: {"opencv": OpenCvEngine()})
    real = choosing.measure
    monkeypatch.setattr(
        workspace_module, "measure", lambda *arguments: measurings.append(arguments[1].id) or real(*arguments)
    )
    for _ in range(2):
        workspace.measure(model.family, model.scale)
        workspace._measuring[-1].join()
    assert measurings == [model.id]
    workspace.close()


def test_a_model_that_is_not_here_is_not_measured(workspace):
    workspace.measure("edsr", 3)
    workspace.close()
    assert not workspace.store.folder.exists() or not list(workspace.store.folder.glob("*.pb"))


def test_an_engine_that_cannot_be_prepared_has_a_word_in_the_log(model, weights, fake_engine, caplog):
    engine, other = fake_engine(), fake_engine(name="other")

    def fail(*_):
        raise errors.EngineFailedError("too new for it")

    engine.prepare = fail
    choosing.prepare({"fake": engine, "other": other}, model, weights)
    assert other.prepared == [model.id]
    assert "too new for it" in caplog.text


def test_a_new_model_is_looked_at_when_it_arrives(model, weights, fake_engine, fake_net):
    engines = {
        "quick": fake_engine(net=fake_net(), name="quick", able=("int8", "f32")),
        "wrong": fake_engine(net=fake_net(radius=1), name="wrong", able=("bf16",)),
        "opencv": fake_engine(net=fake_net(), name="opencv"),
    }
    measured = Measured()
    for _ in range(2):
        choosing.look(engines, model, weights, measured)
    found = {str(one): value.decibels >= 50 for one, value in measured.of(model).items()}
    assert found == {"quick/int8": True, "wrong/bf16": False}
    assert engines["opencv"].loaded == [model.id]


def test_the_gain_is_the_fastest_good_one_beside_the_fastest_exact_one():
    found = {
        Candidate("openvino", "int8"): Found(54.15, 100.0),
        Candidate("openvino", "bf16"): Found(60.0, 200.0),
        Candidate("openvino", "f32"): Found(90.0, 400.0),
        Candidate("opencv", "f32"): Found(float("inf"), 310.0),
    }
    told = choosing.gain(found)
    assert told is not None
    assert told.times == pytest.approx(3.1)
    assert told.levels == pytest.approx(0.5, abs=0.01)


def test_no_gain_is_told_that_was_not_measured_or_is_none():
    exact, fast = Candidate("opencv", "f32"), Candidate("openvino", "int8")
    assert choosing.gain({}) is None
    assert choosing.gain({exact: Found(float("inf"), 300.0), fast: Found(54.0)}) is None
    assert choosing.gain({exact: Found(float("inf"), 300.0), fast: Found(40.0, 100.0)}) is None
    assert choosing.gain({exact: Found(float("inf"), 300.0), fast: Found(54.0, 400.0)}) is None
