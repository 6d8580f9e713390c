"""Whatever is wrong with what describes a photo, it is written, and what was left out is said."""

from __future__ import annotations

import os
import random

import pytest

from desktop.core import errors
from desktop.core.photo.formats import OUTPUT_FORMATS
from desktop.core.photo.metadata.xmp import Provenance
from desktop.core.photo.photo import Item
from desktop.core.photo.read import read
from desktop.core.photo.wishes import Wishes
from desktop.core.photo.write import write

ROUNDS = int(os.environ.get("REKINDLE_ROUNDS", "60"))
ALL = (
    Wishes(provenance=Provenance("Rekindle 1.0", "edsr", "3"), dpi_factor=3),
    Wishes(strip_gps=True),
)


def _damaged(content, chance):
    """The file with some bytes changed, left out or doubled."""
    damaged = bytearray(content)
    for _ in range(chance.randrange(1, 6)):
        at = chance.randrange(len(damaged))
        match chance.randrange(4):
            case 0:
                damaged[at] = chance.randrange(256)
            case 1:
                damaged[at] ^= 1 << chance.randrange(8)
            case 2:
                del damaged[at : at + chance.randrange(1, 9)]
            case _:
                damaged[at:at] = damaged[at : at + chance.randrange(1, 9)]
    return bytes(damaged)


@pytest.mark.parametrize("kind", ["jpeg", "png", "tiff", "webp"])
def test_damaged_files_are_refused_or_written(kind, full, tmp_path):
    path = full(kind)
    content, chance = path.read_bytes(), random.Random(kind)
    for number in range(ROUNDS):
        path.write_bytes(_damaged(content, chance))
        try:
            photo = read(path)
        except errors.RekindleError:
            continue
        for wishes in ALL:
            output = OUTPUT_FORMATS[number % len(OUTPUT_FORMATS)]
            target = tmp_path / f"result{output.suffixes[0]}"
            told = write(photo, target, output, wishes=wishes, overwrite=True)
            assert all(isinstance(item, Item) for item in (*told.kept, *told.converted, *told.lost))
            assert read(target).pixels.shape[:2] == photo.pixels.shape[:2]
