"""What engines have in common: reading a model, and what they say of an answer that is none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop.core import errors
from desktop.core.engines.recipe import Step, UnknownStepError, recipe
from desktop.core.graph import NotAGraphError
from desktop.core.models.catalogue import Model

# Mean of the training pictures, BGR, as dnn_superres has it (opencv_contrib, modules/dnn_superres).
_MEAN_BGR = (103.1545782, 111.561547, 114.35629928)
_FEWEST_CONVOLUTIONS = 3
MEAN_RGB = np.array(_MEAN_BGR[::-1], np.float32)


def require_numbers(answer: NDArray[np.float32]) -> None:
    """Raises EngineFailedError for anything that rounding to 8 bits would only hide."""
    # A sum is finite where all it adds up is, and quicker than looking at every number.
    if not np.isfinite(answer.sum(dtype=np.float64)):
        raise errors.EngineFailedError("The model gave an answer that is not a picture.")


def require_shape(answer: NDArray[Any], expected: tuple[int, ...]) -> None:
    if answer.shape != expected:
        raise errors.EngineFailedError(
            "The model answered with a picture of the wrong size ({found} instead of {expected}).",
            found=answer.shape,
            expected=expected,
        )


def no_memory(width: int, height: int) -> errors.OutOfMemoryError:
    return errors.OutOfMemoryError(
        "There is not enough memory to enhance a piece of {width} × {height} pixels. "
        "Close other programs and try again.",
        width=width,
        height=height,
    )


def content_of(model: Model, file: Path) -> bytes:
    """The file, because OpenCV cannot open every path on Windows. Raises ModelDamagedError."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise errors.ModelDamagedError(
            "The model “{name}” cannot be read: {reason}.", name=model.id, reason=error.strerror or str(error)
        ) from error


def by_planes(
    picture: NDArray[np.float32], forward: Callable[[NDArray[np.float32]], NDArray[np.float32]]
) -> NDArray[np.float32]:
    """(H, W, 3) RGB, 0..255, to (H * scale, W * scale, 3) by a network whose planes are blue, green, red, less the
    mean.

    Args:
        forward: (3, H, W) to (3, H * scale, W * scale).
    """
    planes = forward(np.ascontiguousarray((picture - MEAN_RGB)[..., ::-1].transpose(2, 0, 1)))
    result: NDArray[np.float32] = planes[::-1].transpose(1, 2, 0) + MEAN_RGB
    return result


def unlike(model: Model) -> errors.ModelDamagedError:
    return errors.ModelDamagedError(
        "The model “{name}” has no strength to choose: it is not built like the one it would be mixed with.",
        name=model.id,
    )


def steps_of(model: Model, content: bytes, library: str) -> list[Step]:
    """The network in a .pb file, for an engine that builds its own. Raises EngineFailedError, which names the library.

    It is no fault of the file: OpenCV may know more kinds of steps.
    """
    try:
        steps = recipe(content)
    except (NotAGraphError, UnknownStepError, ValueError, KeyError) as error:
        raise built_in_another_way(model, library) from error
    if sum(step.op == "conv" for step in steps) < _FEWEST_CONVOLUTIONS:
        raise built_in_another_way(model, library)
    return steps


def built_in_another_way(model: Model, library: str) -> errors.EngineFailedError:
    return errors.EngineFailedError(
        "{library} cannot run the model “{name}”: it is built in another way.", library=library, name=model.id
    )
