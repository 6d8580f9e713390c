"""A model is what its graph says it is, and what is none is refused in one sentence."""

from __future__ import annotations

import contextlib
import random

import pytest

from desktop.core.errors import ModelRefusedError
from desktop.core.models.recognise import Network, recognise

THIRD_PARTY = ("ESPCN_x2", "ESPCN_x3", "ESPCN_x4", "FSRCNN_x2", "FSRCNN_x3", "FSRCNN_x4", "FSRCNN-small_x2")
THIRD_PARTY += ("FSRCNN-small_x3", "FSRCNN-small_x4", "LapSRN_x2", "LapSRN_x4", "LapSRN_x8")


def _refusal(content, name="model.pb"):
    with pytest.raises(ModelRefusedError) as caught:
        recognise(content, name)
    message = caught.value.message
    assert message.startswith(f"“{name}” is no model that Rekindle can use: ")
    assert "\n" not in message
    return message


def test_the_network_that_ships_is_edsr_with_all_its_parameters(model, weights):
    assert recognise(weights.read_bytes(), "x") == Network("edsr", "", 3, model.parameters, 64, 35)


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("stored", ["float32", "float16"])
def test_edsr_of_any_number_of_blocks_and_features_is_recognised(scale, stored, tiny_edsr):
    found = recognise(tiny_edsr(scale, features=6, stored=stored, blocks=3), "x")
    convolutions = 3 * 9 * 6 + 7 * 6 * 9 * 6 + 6 * 9 * 3 * scale**2
    assert found == Network("edsr", "", scale, convolutions + 8 * 6 + 3 * scale**2, 6, 9)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_espcn_is_recognised(scale, tiny_graphs):
    found = recognise(tiny_graphs.tiny_espcn(scale), "x")
    assert (found.algorithm, found.family, found.scale, found.radius) == ("espcn", "espcn", scale, 4)


@pytest.mark.parametrize("name", THIRD_PARTY)
def test_the_networks_that_are_around_are_recognised(name, shared, catalogue):
    file = shared / "data" / "models" / "third-party" / f"{name}.pb"
    known = next(model for model in catalogue.models if model.file == file.name)
    found = recognise(file.read_bytes(), file.name)
    assert (found.algorithm, found.family, found.scale) == (known.algorithm, known.family, known.scale)
    assert found.parameters == known.parameters


def test_the_full_edsr_is_recognised(shared):
    found = recognise((shared / "data" / "models" / "EDSR_full_x3.pb").read_bytes(), "x")
    assert found == Network("edsr", "edsr", 3, 38_424_603, 256, 67)


@pytest.mark.parametrize("part", [0.3, 0.6, 0.9, 0.999])
def test_a_file_without_its_end_is_called_that(part, weights):
    content = weights.read_bytes()
    assert "its end is missing" in _refusal(content[: int(len(content) * part)])


def test_a_graph_without_some_of_its_nodes_is_called_that(tiny_edsr):
    content = tiny_edsr()
    first = 2 + content[1]  # a node's length fits into one byte here
    assert content[1] < 128
    assert "a part of it is missing" in _refusal(content[first:])


def test_an_empty_file_is_called_that(tmp_path):
    assert "it is empty" in _refusal(b"")


@pytest.mark.parametrize("text", [b"<!DOCTYPE html>\n<p>Not found", "Grüße,\nein Text".encode(), b"hi\n"])
def test_a_text_is_called_that(text):
    assert "it is a text" in _refusal(text)


def test_an_onnx_model_is_called_that(tiny_graphs):
    assert "it is an ONNX model" in _refusal(tiny_graphs.tiny_onnx(), "mobilenet.onnx")


def test_a_large_onnx_model_that_is_cut_off_is_called_that(tiny_graphs):
    assert "it is an ONNX model" in _refusal(tiny_graphs.tiny_onnx()[:-8])


def test_a_pytorch_file_is_called_that():
    assert "PyTorch" in _refusal(b"PK\x03\x04" + bytes(100))


def test_a_classifier_is_told_from_what_enlarges(tiny_graphs):
    assert "not of an EDSR, FSRCNN, ESPCN or LapSRN network (it has the step Mean)" in _refusal(
        tiny_graphs.tiny_classifier()
    )


def test_a_step_s_name_is_said_only_where_it_is_one(tiny_graphs):
    content = tiny_graphs.tiny_classifier()
    for name in (b"Me\nn", b"<b>n", b"M n."):
        message = _refusal(content.replace(b"\x12\x04Mean", b"\x12\x04" + name))
        assert name.decode() not in message


@pytest.mark.parametrize("seed", range(20))
def test_random_bytes_are_no_graph(seed):
    _refusal(random.Random(seed).randbytes(100_000))


@pytest.mark.parametrize("seed", range(60))
def test_a_graph_with_wrong_bytes_is_a_network_or_refused_and_nothing_else(seed, tiny_edsr):
    chance = random.Random(seed)
    content = bytearray(tiny_edsr())
    for _ in range(chance.choice((1, 4, 30))):
        content[chance.randrange(len(content))] = chance.randrange(256)
    with contextlib.suppress(ModelRefusedError):
        recognise(bytes(content), "x")
