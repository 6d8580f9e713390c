"""Photos that have ended, as a queue or a command line would hand them to a report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from desktop.core.errors import NotFoundError
from desktop.core.files import sha256_of
from desktop.core.jobs import Account, Job, JobState, Request, Result
from desktop.core.photo.photo import Fidelity, Item

ENDED = 1_795_219_200.25

FIDELITY = Fidelity(
    kept=(Item("ICC profile", "Display P3"), Item("EXIF", "1,234 bytes")),
    converted=(Item("palette", "to full colour"),),
    lost=(Item("resolution", "300 dpi: WebP does not store it"),),
)


@pytest.fixture
def done_job(tmp_path: Path, photo_like: Callable[..., Any]) -> Callable[..., Job]:
    """``done_job(name, width, height, seed, scale)``: an enhanced photo, both files on disk, the result in out/."""

    def make(name: str = "a.png", width: int = 60, height: int = 40, seed: int = 1, scale: int = 3) -> Job:
        before = tmp_path / name
        after = tmp_path / "out" / f"{before.stem}_x{scale}{before.suffix}"
        before.parent.mkdir(parents=True, exist_ok=True)
        after.parent.mkdir(exist_ok=True)
        with Image.fromarray(photo_like(width, height, seed=seed)) as image:
            image.save(before)
            image.resize((width * scale, height * scale)).save(after)
        account = Account(
            model=f"edsr-baseline-x{scale}",
            scale=scale,
            engine="opencv",
            precision="exact",
            width=width * scale,
            height=height * scale,
            input_width=width,
            input_height=height,
            seconds=1.23456,
            ended=ENDED,
            fidelity=FIDELITY,
        )
        result = Result(after, after.stat().st_size, sha256_of(after))
        request = Request(before, output=after.parent, quality=90)
        return Job(f"done {name}", request, JobState.DONE, 1.0, result, after, None, account)

    return make


@pytest.fixture
def failed_job(tmp_path: Path) -> Job:
    """A photo that was not there."""
    error = NotFoundError("“{name}” was not found. It may have been moved or deleted.", name="gone.jpg")
    request = Request(tmp_path / "gone.jpg", model="edsr-baseline", scale=3)
    return Job("failed", request, JobState.FAILED, error=error, account=Account(model="edsr-baseline-x3", ended=ENDED))


@pytest.fixture
def cancelled_job(photo_file: Callable[..., Path]) -> Job:
    """A photo that was cancelled while it waited: nothing is known of it."""
    return Job("cancelled", Request(photo_file("cancelled.png")), JobState.CANCELLED)
