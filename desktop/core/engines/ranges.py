"""Between which numbers a network's inner planes lie: what whole numbers of eight bits are stretched over.

They ship beside the weights (``models/training/calibrate.py`` has made them), or are measured once when a model of
another maker arrives.
"""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from desktop.core import files

logger = logging.getLogger(__name__)

Ranges = tuple[tuple[float, float], ...]
"""(lowest, highest) of what every convolution takes, but the first's and the last's."""

# So many of the numbers at either end are given up. With more the steps were finer, a decibel on photos, but black
# letters on white were off by up to 25 grey levels in places, where this keeps them within 10.
_GIVEN_UP = 1e-6
SUFFIX = ".ranges.json"


@dataclass(frozen=True)
class Known:
    """Ranges, and whose.

    Attributes:
        sha256: of the .pb.
    """

    sha256: str
    ranges: Ranges

    def save(self, path: Path) -> None:
        """Raises OSError."""
        files.write_whole(path, (json.dumps(asdict(self), indent=1) + "\n").encode())

    @classmethod
    def load(cls, path: Path, sha256: str) -> Known | None:
        """None where there are none, or another network's."""
        try:
            stored = json.loads(path.read_text("utf-8"))
            ranges = tuple((float(low), float(high)) for low, high in stored["ranges"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
            logger.warning("%s cannot be used: %s", path, error)
            return None
        fine = stored["sha256"] == sha256 and all(np.isfinite(pair).all() and pair[0] <= pair[1] for pair in ranges)
        return cls(sha256, ranges) if fine else None


class Span:
    """Finds the range of what one convolution takes, picture by picture, without keeping the pictures."""

    def __init__(self, pictures: int) -> None:
        self._pictures = pictures
        self._most = 0
        self._ends: dict[int, NDArray[np.float32]] = {}

    def take(self, planes: NDArray[np.float32]) -> None:
        """All pictures are of one size."""
        self._most = max(1, round(planes.size * self._pictures * _GIVEN_UP))
        for sign in (-1, 1):
            numbers = planes.reshape(-1) * np.float32(sign)
            ends = self._ends.get(sign)
            if ends is not None and ends.size == self._most:
                numbers = numbers[numbers > ends[0]]
            both = numbers if ends is None else np.concatenate((ends, numbers))
            # The largest so many, the smallest of them first: where the range will end once all has been seen.
            self._ends[sign] = np.partition(both, max(0, both.size - self._most))[-self._most :]

    @property
    def ends(self) -> tuple[float, float]:
        """(lowest, highest); lowest is 0 where no number was below."""
        return min(0.0, -float(self._ends[-1][0])), max(0.0, float(self._ends[1][0]))


def between(one: Ranges, other: Ranges, share: float) -> Ranges:
    """For a network whose weights are ``share`` of the other's and else the first's."""
    return tuple(
        ((1 - share) * low + share * lower, (1 - share) * high + share * higher)
        for (low, high), (lower, higher) in zip(one, other, strict=True)
    )
