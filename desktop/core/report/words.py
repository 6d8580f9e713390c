"""What a report says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from desktop.core.errors import RekindleError
from desktop.core.jobs import Reason


def _items() -> dict[str, str]:
    return {
        "EXIF": "camera data (EXIF)",
        "EXIF thumbnail": "small preview inside the camera data",
        "ICC profile": "colour profile",
        "XMP": "descriptions and edits (XMP)",
        "XMP thumbnail": "small preview inside the descriptions",
        "extended XMP": "further descriptions and edits (XMP)",
        "IPTC": "captions (IPTC)",
        "Photoshop data": "Photoshop's own data",
        "Photoshop thumbnail": "small preview inside Photoshop's data",
        "JFIF thumbnail": "small preview inside the JPEG",
        "maker note": "the camera's own notes",
        "location": "where it was taken",
        "bit depth": "shades per colour",
        "resolution": "print resolution",
        "orientation": "upright position",
        "PNG text": "text notes",
    }


@dataclass(frozen=True)
class Words:
    """The sentences of a page, in English; whoever has another language puts its own in their place.

    Attributes:
        language: the language's own code, as in HTML.
        items: core's names for what belongs to a photo, and what people call it.
        error: an error in words; ``reason`` likewise.
        number: a number with so many decimals.
        moment: a local date and time.
    """

    language: str = "en"
    title: str = "Rekindle report"
    made: str = "Made with Rekindle {version}"
    show: str = "Show"
    all: str = "{count} photos"
    done: str = "{count} enhanced"
    failed: str = "{count} failed"
    skipped: str = "{count} skipped"
    cancelled: str = "{count} cancelled"
    whole_time: str = "{time} of work"
    megapixels: str = "{count} megapixels made"
    to_do: str = "{count} still to do when this was made"
    is_done: str = "Enhanced"
    is_failed: str = "Failed"
    is_skipped: str = "Skipped: the result was there already"
    is_ours: str = "Skipped: Rekindle had made it already"
    is_cancelled: str = "Cancelled"
    before: str = "Before"
    after: str = "After"
    no_picture: str = "No picture"
    result: str = "Result"
    format: str = "Format"
    quality: str = "{format}, quality {quality}"
    model: str = "Model"
    times: str = "×{count}"
    strength: str = "strength {count}"
    best_quality: str = "best quality"
    chosen: str = "Chosen because"
    ended: str = "Ended"
    took: str = "after {time}"
    kept: str = "Kept"
    converted: str = "Changed"
    lost: str = "Not kept"
    seconds: str = "{count} s"
    minutes: str = "{minutes} min {seconds} s"
    hours: str = "{hours} h {minutes} min"
    kilobytes: str = "{count} kB"
    megabytes: str = "{count} MB"
    items: Mapping[str, str] = field(default_factory=_items)
    error: Callable[[RekindleError], str] = str
    reason: Callable[[Reason], str] = str
    number: Callable[[float, int], str] = "{:,.{}f}".format
    moment: Callable[[datetime], str] = "{:%Y-%m-%d %H:%M}".format

    def duration(self, seconds: float) -> str:
        """ "4.2 s" (at least "0.1 s"), "3 min 20 s", "2 h 5 min"."""
        if seconds < 60:
            return self.seconds.format(count=self.number(max(0.1, seconds), 1))
        minutes, rest = divmod(round(seconds), 60)
        if minutes < 60:
            return self.minutes.format(minutes=minutes, seconds=rest)
        return self.hours.format(hours=self.number(minutes // 60, 0), minutes=minutes % 60)

    def size(self, count: int) -> str:
        """A file's size: "3.4 MB"."""
        if count < 1_000_000:
            return self.kilobytes.format(count=self.number(max(1, count / 1000), 0))
        return self.megabytes.format(count=self.number(count / 1_000_000, 1))
