"""A Photo becomes a file, whole or not at all, with everything its format can hold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from desktop.core import errors, files
from desktop.core.opencv import cv2
from desktop.core.photo.encoders import ENCODERS
from desktop.core.photo.fitting import fitted
from desktop.core.photo.formats import OutputFormat
from desktop.core.photo.photo import Fidelity, Photo
from desktop.core.photo.wishes import Wishes


def write(
    photo: Photo,
    path: Path,
    output: OutputFormat,
    *,
    quality: int = 95,
    wishes: Wishes | None = None,
    overwrite: bool = False,
    before_publishing: Callable[[Path], None] | None = None,
) -> Fidelity:
    """Writes ``photo`` to ``path`` in one visible step.

    Args:
        quality: 1 to 100, for JPEG, WebP and AVIF.
        overwrite: whether an existing file may be replaced.
        before_publishing: called with the finished temporary file before it takes the name.

    Returns:
        What was kept, converted and lost from the photo's original file to this one.

    Raises:
        FileExistsError: the file exists and ``overwrite`` is False.
        NoSpaceError, NoPermissionError, NotFoundError, OutOfMemoryError, InternalError.
    """
    prepared, fidelity = fitted(photo, output, wishes or Wishes())
    try:
        with files.whole_file(path, overwrite=overwrite, before_publishing=before_publishing) as temp:
            ENCODERS[output.name](prepared, temp, quality)
    except FileExistsError:  # also an OSError, but the caller's to decide
        raise
    except OSError as error:
        raise errors.while_writing(error, path) from error
    except (MemoryError, cv2.error) as error:
        raise errors.OutOfMemoryError(
            "There was not enough memory to save “{name}”. Close other programs and try again.", name=path.name
        ) from error
    return fidelity
