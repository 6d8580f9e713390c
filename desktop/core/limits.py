"""What a job may use of the machine."""

from __future__ import annotations

from dataclasses import dataclass

from desktop.core import forecast, memory, priority
from desktop.core.settings import Settings


@dataclass(frozen=True)
class Limits:
    """What a job may use.

    Attributes:
        budget_mib: working memory for enhancing.
        threads: 0 for as many as there are cores.
    """

    budget_mib: int
    max_megapixels: int = forecast.DEFAULT_MAX_MEGAPIXELS
    threads: int = 0

    @classmethod
    def chosen(cls, memory_mib: int, max_megapixels: int, spare_cores: int = 0) -> Limits:
        """As the person set them; ``memory_mib`` 0 stands for a quarter of the machine's memory."""
        threads = max(1, priority.usable_cores() - spare_cores) if spare_cores else 0
        return cls(memory_mib or memory.default_budget_mib(), max_megapixels, threads)

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        return cls.chosen(settings.memory_mib, settings.max_megapixels, settings.spare_cores)
