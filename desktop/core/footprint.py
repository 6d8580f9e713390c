"""What memory a photo takes on its way."""

from __future__ import annotations

from itertools import pairwise

from desktop.core import errors, memory
from desktop.core.photo.cut import Size
from desktop.core.photo.formats import AVIF, JPEG, WEBP, OutputFormat
from desktop.core.sizes import Plan

# A reader holds the file, the decoded planes and a copy while turning; a writer a copy in the coder's own layout.
_INPUT_COPIES = 4
_OUTPUT_COPIES = 10 / 3
# Pillow's own layout has four bytes a pixel for colours. Of a JPEG there are a few bands at a time only, but for those
# that are progressive.
_PILLOW_COPIES = 7 / 3
_BANDS_MIB = 24
_COLOUR = 3
_WITH_ALPHA = (4, 8)
# Bytes a pixel that libwebp takes beside the picture, for what it finds out of it (measured on 4 to 27 megapixels).
_WEBP_WRITING = {"lossy": 26, "lossless": 44, "alpha": 51}
# The same of libavif (measured on 4 and 16 megapixels).
_AVIF_WRITING = 42


def picture_mib(
    width: int,
    height: int,
    scale: int,
    bytes_per_pixel: int = _COLOUR,
    output: OutputFormat | None = None,
    *,
    lossless: bool = False,
) -> int:
    """Memory in MiB for reading, holding and writing one photo, the network's share not included.

    Args:
        output: what is written; a format that takes no more than others where None.
        lossless: WebP without loss.
    """
    pixels = width * height
    writing = bytes_per_pixel * (_PILLOW_COPIES if output is JPEG else _OUTPUT_COPIES)
    if output is WEBP:
        kind = "alpha" if bytes_per_pixel in _WITH_ALPHA else "lossless" if lossless else "lossy"
        writing = max(writing, bytes_per_pixel + _WEBP_WRITING[kind])
    elif output is AVIF:
        writing = max(writing, bytes_per_pixel + _AVIF_WRITING)
    return round(pixels * (_INPUT_COPIES * bytes_per_pixel + scale * scale * writing)) // memory.MIB


def reading_mib(size: Size, bytes_per_pixel: int = _COLOUR) -> int:
    """Memory in MiB for opening a photo of so many pixels, and for holding it."""
    return picture_mib(*size, 0, bytes_per_pixel)


def writing_mib(
    size: Size, bytes_per_pixel: int = _COLOUR, output: OutputFormat | None = None, *, lossless: bool = False
) -> int:
    """The same for writing a result, which is held meanwhile."""
    return picture_mib(*size, 1, bytes_per_pixel, output, lossless=lossless) - reading_mib(size, bytes_per_pixel)


def plan_mib(
    plan: Plan, bytes_per_pixel: int = _COLOUR, output: OutputFormat | None = None, *, lossless: bool = False
) -> int:
    """The same for a photo that takes several passes, or a step to an exact size. No more than it can come to."""
    sizes = [bytes_per_pixel * width * height for width, height in (*plan.steps, plan.inner, plan.size)]
    between = max(one + other for one, other in pairwise(sizes)) // memory.MIB
    original = plan.original[0] * plan.original[1]
    return max(
        round(_INPUT_COPIES * bytes_per_pixel * original) // memory.MIB + between,
        writing_mib(plan.size, bytes_per_pixel, output, lossless=lossless)
        + reading_mib(plan.original, bytes_per_pixel),
    )


def peak_mib(
    plan: Plan, bytes_per_pixel: int, output: OutputFormat, running_mib: int, *, lossless: bool = False
) -> int:
    """What a process will probably grow by for one photo, in MiB: not the most that it can, but what is usual.

    Args:
        running_mib: of the network, while it runs.
    """

    def taken(size: Size) -> float:
        return bytes_per_pixel * size[0] * size[1] / memory.MIB

    steps = [taken(size) for size in plan.steps]
    enlarging = max((one + other for one, other in pairwise(steps)), default=0.0)
    ending = steps[-1] + taken(plan.inner) + (taken(plan.size) if plan.size != plan.inner else 0.0)
    writing: float = writing_mib(plan.size, bytes_per_pixel, output, lossless=lossless)
    if output is JPEG:
        writing = min(writing, taken(plan.size) + _BANDS_MIB)
    return round(taken(plan.original) + running_mib + max(enlarging, ending, writing))


def require_memory(name: str, needed_mib: int) -> None:
    """Refuses a photo that cannot fit into the memory that is free now, before anything is decoded.

    Raises:
        OutOfMemoryError
    """
    available = memory.available_mib()
    if needed_mib > available:
        raise errors.OutOfMemoryError(
            "“{name}” needs about {needed:.1f} GB of memory, {available:.1f} GB are free. "
            "Close other programs, or crop the photo first.",
            name=name,
            needed=needed_mib / 1024,
            available=available / 1024,
        )
