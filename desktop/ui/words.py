"""What the window says, in words a grandparent understands. Core's sentences are translated here."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLocale

from desktop.core.errors import RekindleError
from desktop.core.jobs import Job, JobState


def _tr(text: str, count: int = -1) -> str:
    return QCoreApplication.translate("words", text, "", count)


def error(problem: RekindleError) -> str:
    """A core error in the person's language; its template is the key of the translation."""
    return QCoreApplication.translate("errors", problem.template).format(**problem.params)


def photos(count: int) -> str:
    return _tr("1 photo") if count == 1 else _tr("{count} photos").format(count=QLocale().toString(count))


def size(width: int, height: int) -> str:
    """ "812 × 540", or nothing where it is not known yet."""
    return f"{width} × {height}" if width and height else ""


def state(job: Job, result_folder: str) -> str:
    """What stands under a photo's name."""
    match job.state:
        case JobState.WAITING:
            return _tr("Waiting")
        case JobState.RUNNING:
            return _tr("Enhancing, {percent} %").format(percent=percent(job.progress))
        case JobState.PAUSED:
            return _tr("Paused at {percent} %").format(percent=percent(job.progress))
        case JobState.DONE:
            return result_folder
        case JobState.SKIPPED:
            return _tr("Skipped: the result is there already")
        case JobState.CANCELLED:
            return _tr("Cancelled")
        case JobState.FAILED:
            return error(job.error) if job.error else _tr("Failed")


def saved_in(output: Path | None, original: Path) -> str:
    if output is None:
        return ""
    if output.parent == original.parent:
        return _tr("Saved next to the original")
    return _tr("Saved in {folder}").format(folder=output.parent.name or str(output.parent))


def percent(part: float) -> int:
    """Whole per cent, never 100 before the end."""
    return 100 if part >= 1 else min(99, int(part * 100))


def time_left(seconds: float) -> str:
    if seconds < 10:
        return _tr("a few seconds left")
    if seconds < 90:
        return _tr("about {count} seconds left").format(count=10 * round(seconds / 10))
    if seconds < 5400:
        return _tr("about {count} minutes left").format(count=round(seconds / 60))
    return _tr("about {count} hours left").format(count=QLocale().toString(seconds / 3600, "f", 1))


def duration(seconds: float) -> str:
    if seconds < 90:
        return _tr("{count} s").format(count=round(seconds))
    return _tr("{count} min").format(count=round(seconds / 60))
