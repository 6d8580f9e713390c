"""What a job will need, before it runs: the one place that predicts."""

from __future__ import annotations

from desktop.core import errors, memory
from desktop.core.engines.base import Net

MEGA = 1_000_000
DEFAULT_MAX_MEGAPIXELS = 1000
# A reader holds the file, the decoded planes and a copy while turning; a writer a copy in the coder's own layout.
_INPUT_BYTES_PER_PIXEL = 12
_OUTPUT_BYTES_PER_PIXEL = 10


def require_size(name: str, width: int, height: int, scale: int, max_megapixels: int) -> None:
    """Refuses a photo whose result would be larger than the cap, from its header alone.

    Raises:
        TooLargeError: also for a photo without any pixels' worth of sides.
    """
    megapixels = width * height * scale * scale / MEGA
    if megapixels > max_megapixels:
        raise errors.TooLargeError(
            "“{name}” would become {width} × {height} pixels ({megapixels:,.0f} megapixels), more than the limit of "
            "{limit:,}. Raise the limit or crop the photo first.",
            name=name,
            width=width * scale,
            height=height * scale,
            megapixels=megapixels,
            limit=max_megapixels,
        )


def picture_mib(width: int, height: int, scale: int) -> int:
    """Memory in MiB for reading, holding and writing one photo, the network's share not included."""
    pixels = width * height
    return (pixels * _INPUT_BYTES_PER_PIXEL + pixels * scale * scale * _OUTPUT_BYTES_PER_PIXEL) // memory.MIB


def require_memory(name: str, width: int, height: int, scale: int) -> None:
    """Refuses a photo that cannot fit into the memory that is free now, before anything is decoded.

    Raises:
        OutOfMemoryError
    """
    needed, available = picture_mib(width, height, scale), memory.available_mib()
    if needed > available:
        raise errors.OutOfMemoryError(
            "“{name}” needs about {needed:.1f} GB of memory, {available:.1f} GB are free. "
            "Close other programs, or crop the photo first.",
            name=name,
            needed=needed / 1024,
            available=available / 1024,
        )


def tile_side(net: Net, budget_mib: int) -> int:
    """The net's favourite tile side in pixels, or the largest smaller one that stays within the budget."""
    side = net.tile
    smallest = 2 * net.halo + 32
    while side > smallest and net.working_mib(side) > budget_mib:
        side = max(smallest, side * 3 // 4)
    return side
