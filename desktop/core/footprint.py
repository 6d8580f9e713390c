"""What memory a photo takes on its way."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from desktop.core import errors, memory
from desktop.core.engines.figures import OPENCV_MIB
from desktop.core.photo.cut import Size
from desktop.core.photo.formats import AVIF, JPEG, PNG, WEBP, OutputFormat
from desktop.core.photo.photo import Coding
from desktop.core.sizes import Plan

# A reader holds the file, the decoded planes and a copy while turning; a writer a copy in the coder's own layout.
_INPUT_COPIES = 4
_OUTPUT_COPIES = 10 / 3
# Pillow's own layout has four bytes a pixel for colours. Of a JPEG there are a few bands at a time only, but for those
# that are progressive, of which libjpeg keeps bytes a pixel until its last pass.
_PILLOW_COPIES = 7 / 3
_COEFFICIENTS = 6
_COLOUR = 3
WITH_ALPHA = (4, 8)
_DEEP = (2, 6, 8)
# Bytes a pixel that libwebp takes beside the picture, for what it finds out of it (measured on 4 to 27 megapixels).
_WEBP_WRITING = {"lossy": 26, "lossless": 44, "alpha": 51}
# The same of libavif (measured on 4 to 17 megapixels).
_AVIF_WRITING = 48
_AS_USUAL = Coding()

# What is usual, measured on 7 and 17 megapixels. Of a photo that is opened there is one copy where that is done, and
# one where it is worked on.
_READING_COPIES = 2
# The bands of the step to an exact size, as floats, and those of a JPEG.
_FITTING_MIB, _BANDS_MIB = 12, 20
# Bytes a pixel of a coder, beside the result.
_USUALLY_WEBP = {"lossy": 16, "lossless": 36, "alpha": 36}
_USUALLY_AVIF = 38
_PILLOW_COLOUR = 4
# What OpenCV holds of a deep PNG that is coded, in parts of what it was given.
_DEEP_PNG = 1.4


@dataclass(frozen=True)
class Running:
    """What networks take beside pictures, in MiB: while they run, and of that what stays when they have run."""

    peak_mib: float = 0.0
    resting_mib: float = 0.0


def picture_mib(
    width: int,
    height: int,
    scale: int,
    bytes_per_pixel: int = _COLOUR,
    output: OutputFormat | None = None,
    coding: Coding = _AS_USUAL,
) -> int:
    """Memory in MiB for reading, holding and writing one photo, the network's share not included.

    Args:
        output: what is written; a format that takes no more than others where None.
        coding: how it is coded.
    """
    pixels = width * height
    writing = bytes_per_pixel * (_PILLOW_COPIES if output is JPEG else _OUTPUT_COPIES)
    if output is JPEG and coding.progressive:
        writing += _COEFFICIENTS
    elif output is WEBP:
        writing = max(writing, bytes_per_pixel + _WEBP_WRITING[_webp_kind(bytes_per_pixel, coding)])
    elif output is AVIF:
        writing = max(writing, bytes_per_pixel + _AVIF_WRITING)
    elif output is PNG:
        writing = max(writing, bytes_per_pixel + _coding_bytes(bytes_per_pixel, output, coding))
    return round(pixels * (_INPUT_COPIES * bytes_per_pixel + scale * scale * writing)) // memory.MIB


def reading_mib(size: Size, bytes_per_pixel: int = _COLOUR) -> int:
    """Memory in MiB for opening a photo of so many pixels, and for holding it."""
    return picture_mib(*size, 0, bytes_per_pixel)


def writing_mib(
    size: Size, bytes_per_pixel: int = _COLOUR, output: OutputFormat | None = None, coding: Coding = _AS_USUAL
) -> int:
    """The same for writing a result, which is held meanwhile."""
    return picture_mib(*size, 1, bytes_per_pixel, output, coding) - reading_mib(size, bytes_per_pixel)


def plan_mib(
    plan: Plan, bytes_per_pixel: int = _COLOUR, output: OutputFormat | None = None, coding: Coding = _AS_USUAL
) -> int:
    """The same for a photo that takes several passes, or a step to an exact size. No more than it can come to."""
    sizes = [bytes_per_pixel * width * height for width, height in (*plan.steps, plan.inner, plan.size)]
    between = max(one + other for one, other in pairwise(sizes)) // memory.MIB
    original = plan.original[0] * plan.original[1]
    return max(
        round(_INPUT_COPIES * bytes_per_pixel * original) // memory.MIB + between,
        writing_mib(plan.size, bytes_per_pixel, output, coding) + reading_mib(plan.original, bytes_per_pixel),
    )


def _coding_bytes(bytes_per_pixel: int, output: OutputFormat, coding: Coding) -> float:
    """What coding takes beside the result, in bytes a pixel."""
    deep, alpha = bytes_per_pixel in _DEEP, bytes_per_pixel in WITH_ALPHA
    colour = bytes_per_pixel >= _COLOUR
    taken = bytes_per_pixel / 2 if deep and not output.deep else 0.0  # made 8 bits
    if alpha:
        taken += bytes_per_pixel  # put together with the colours, or laid over white
    match output.name:
        case JPEG.name if coding.progressive:
            taken += _PILLOW_COLOUR + _COEFFICIENTS if colour else 1 + _COEFFICIENTS / _COLOUR
        case PNG.name if deep:
            taken += (bytes_per_pixel if colour else 0) + _DEEP_PNG * bytes_per_pixel
        case PNG.name if colour and not alpha:
            taken += _PILLOW_COLOUR
        case WEBP.name:
            taken += _USUALLY_WEBP[_webp_kind(bytes_per_pixel, coding)]
        case AVIF.name:
            taken += _USUALLY_AVIF
    return taken


def _webp_kind(bytes_per_pixel: int, coding: Coding) -> str:
    return "alpha" if bytes_per_pixel in WITH_ALPHA else "lossless" if coding.lossless else "lossy"


def peak_mib(
    plan: Plan,
    bytes_per_pixel: int,
    output: OutputFormat,
    running: Running,
    reader_mib: int = 0,
    coding: Coding = _AS_USUAL,
) -> int:
    """What a process will probably grow by for one photo, in MiB: not the most that it can, but what is usual.

    Args:
        running: of the plan's networks.
        reader_mib: what the process that opens the photo takes, where it ends with that and was not counted before.
    """

    def taken(size: Size) -> float:
        return bytes_per_pixel * size[0] * size[1] / memory.MIB

    original, inner, whole = taken(plan.original), taken(plan.inner), taken(plan.size)
    steps = [taken(size) for size in plan.steps]
    # One after the other: a pass holds what it is given and what it makes, and the photo is there until the last of it.
    reading = reader_mib + _READING_COPIES * original
    enlarging = running.peak_mib + max((one + other for one, other in pairwise(steps)), default=0.0)
    fitting = 0.0 if plan.is_exact else steps[-1] + inner + _FITTING_MIB
    framing = inner + whole if plan.size != plan.inner else 0.0
    writing = whole * (1 + _coding_bytes(bytes_per_pixel, output, coding) / bytes_per_pixel)
    if output is JPEG and not coding.progressive:
        writing += min(_BANDS_MIB, whole)
    elif output is PNG and bytes_per_pixel in _DEEP:
        writing += OPENCV_MIB
    resting = running.resting_mib
    return round(max(reading, original + enlarging, original + resting + max(fitting, framing), resting + writing))


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
