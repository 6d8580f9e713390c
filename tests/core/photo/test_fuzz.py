"""Some hundred damaged photos; ``make fuzz`` reads twenty thousand."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from desktop.core.photo.read import read

SOAK = Path(__file__).parents[2] / "soak" / "fuzz_reader.py"


@pytest.fixture(scope="module")
def fuzz():
    spec = importlib.util.spec_from_file_location("fuzz_reader", SOAK)
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)  # dataclasses look themselves up there
    spec.loader.exec_module(module)
    return module


def test_damaged_photos_are_read_or_refused_in_words_and_harm_nobody(fuzz, tmp_path):
    account = fuzz.run(fuzz.mutations.by_kind(fuzz.mutations.made_here()), 1, range(400), tmp_path)
    assert account.troubles == {}
    assert account.crashes == []
    assert account.outcomes.total() == 400
    assert account.outcomes["read"] > 40
    assert account.outcomes["unreadable"] > 40


def test_a_number_and_a_seed_are_always_the_same_photo(fuzz):
    kinds = fuzz.mutations.by_kind(fuzz.mutations.made_here())
    assert [fuzz.photo(kinds, 7, n) for n in range(20)] == [fuzz.photo(kinds, 7, n) for n in range(20)]
    assert fuzz.photo(kinds, 7, 1) != fuzz.photo(kinds, 8, 1)


def test_photos_to_damage_are_sound(fuzz, put):
    for name, content in fuzz.mutations.made_here().items():
        assert read(put(name, content)).width > 0
