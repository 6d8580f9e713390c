"""How large a photo is, and when it was taken, without decoding it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from desktop.core import errors
from desktop.core.photo import exif as exif_block
from desktop.core.photo.containers.base import Container
from desktop.core.photo.containers.opening import opened
from desktop.core.photo.looks import Glance, Size
from desktop.core.photo.read import explained
from desktop.core.photo.source import Source


def sizes_of(paths: Iterable[Path], seconds: float) -> list[Size]:
    """The sizes of as many photos as there is time for, one at least."""
    until = time.monotonic() + seconds
    sizes: list[Size] = []
    for path in paths:
        if sizes and time.monotonic() > until:
            break
        try:
            sizes.append(size_of(path))
        except errors.UnreadablePhotoError:
            sizes.append((0, 0))
    return sizes


def size_of(path: Path) -> Size:
    """Upright width and height in pixels. Reads the file's beginning and what tells its orientation, no pixels.

    Raises:
        UnreadablePhotoError: for whatever reason; reading the photo itself says why.
    """
    with _looked_at(path) as container:
        return container.upright_size


def glance(path: Path) -> Glance:
    """Looks at what a photo says of itself. Raises UnreadablePhotoError, as ``size_of`` does."""
    with _looked_at(path) as container:
        exif, header = container.exif, container.header
        taken = exif_block.day_taken(exif) if exif else None
        return Glance(
            *container.upright_size,
            taken,
            header.file_format,
            header.bytes_per_pixel,
            container.file_bytes,
            container.jpeg_quality,
            header.coding,
        )


@contextmanager
def _looked_at(path: Path) -> Iterator[Container]:
    try:
        with Source(path) as source, explained(source):
            yield opened(source)
    except Exception as error:
        raise errors.UnreadablePhotoError("“{name}” cannot be measured.", name=path.name) from error
