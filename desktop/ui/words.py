"""What the window says, in words a grandparent understands. Core's sentences are translated here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLocale

from desktop.core import jobs
from desktop.core.additions import Additions
from desktop.core.collect import Reason
from desktop.core.errors import RekindleError
from desktop.core.forecast import Forecast
from desktop.core.jobs import Job, JobState

_FEW_S = 10


def _tr(text: str, count: int = -1) -> str:
    return QCoreApplication.translate("words", text, "", count)


def error(problem: RekindleError) -> str:
    """A core error in the person's language; its template is the key of the translation."""
    return QCoreApplication.translate("errors", problem.template).format(**problem.params)


def because(why: jobs.Reason) -> str:
    """Why something was chosen, in the person's language; its template is the key of the translation."""
    return QCoreApplication.translate("reasons", why.template).format(**why.params)


def photos(count: int) -> str:
    return _tr("1 photo") if count == 1 else _tr("{count} photos").format(count=number(count))


def of_photos(shown: int, total: int) -> str:
    """ "3 of 12 photos"."""
    return _tr("{shown} of {photos}").format(shown=number(shown), photos=photos(total))


def number(count: int) -> str:
    """As the person's country writes it: "10,000"."""
    return QLocale().toString(count)


def added(additions: Additions) -> str:
    """ "Added 398 photos · 2 in the list already · 12 files left out"."""
    new, again, known = len(additions.new), len(additions.again), len(additions.known)
    other = len(additions.left_out) - known
    if known and not (new or again or other):
        if known == 1:
            return _tr("This photo is in the list already")
        return _tr("These {count} photos are in the list already").format(count=number(known))
    parts = []
    if new:
        parts.append(_tr("Added {photos}").format(photos=photos(new)))
    if again:
        parts.append(_tr("{photos} to do again").format(photos=photos(again)))
    if known:
        parts.append(_tr("{count} in the list already").format(count=number(known)))
    if not parts:
        parts.append(
            _tr("There are no photos in what was added. Rekindle reads JPEG, PNG, TIFF, WebP, HEIC, AVIF, GIF and BMP.")
        )
    if other:
        parts.append(left_out(other, additions.left_out.folders))
    return " · ".join(parts)


def left_out(count: int, folders: int) -> str:
    """ "12 files left out". ``folders``: how many of them are folders."""
    if not folders:
        return _tr("1 file left out") if count == 1 else _tr("{count} files left out").format(count=number(count))
    if folders >= count:
        return _tr("1 folder left out") if count == 1 else _tr("{count} folders left out").format(count=number(count))
    return _tr("{count} files and folders left out").format(count=number(count))


def reason(why: Reason) -> str:
    """Why something was left out, in the person's language."""
    return QCoreApplication.translate("collect", why.value)


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
            ours = _tr("Skipped: Rekindle has made this photo already")
            return ours if job.output is None else _tr("Skipped: the result is there already")
        case JobState.CANCELLED:
            return _tr("Cancelled")
        case JobState.FAILED:
            return error(job.error) if job.error else _tr("Failed")


def endings(counts: Mapping[JobState, int], between: str = " · ") -> str:
    """How many photos ended in which way: "398 enhanced · 2 failed"."""
    phrases = (
        (JobState.DONE, _tr("{count} enhanced")),
        (JobState.FAILED, _tr("{count} failed")),
        (JobState.SKIPPED, _tr("{count} skipped")),
        (JobState.CANCELLED, _tr("{count} cancelled")),
    )
    return between.join(
        phrase.format(count=QLocale().toString(counts[state])) for state, phrase in phrases if counts.get(state)
    )


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
    if seconds < _FEW_S:
        return _tr("a few seconds left")
    return _tr("about {time} left").format(time=span(seconds))


def span(seconds: float) -> str:
    """A time as people round it: "40 seconds", "12 minutes", "2.5 hours", "3 days"."""
    hours = seconds / 3600
    if seconds < 90:
        return _tr("{count} seconds").format(count=max(_FEW_S, 10 * round(seconds / 10)))
    if hours < 1.5:
        return _tr("{count} minutes").format(count=round(seconds / 60))
    if hours < 36:
        return _tr("{count} hours").format(count=QLocale().toString(hours, "f", 1 if hours < 10 else 0))
    return _tr("{count} days").format(count=QLocale().toString(hours / 24, "f", 1 if hours < 96 else 0))


def duration(seconds: float) -> str:
    """A time that has passed."""
    minutes = round(seconds / 60)
    if seconds < 90:
        return _tr("{count} s").format(count=round(seconds))
    if minutes < 90:
        return _tr("{count} min").format(count=minutes)
    return _tr("{hours} h {minutes} min").format(hours=minutes // 60, minutes=minutes % 60)


def forecast(expected: Forecast) -> tuple[str, str, str]:
    """What a batch will take: a line, a quieter one, and what is in its way."""
    seconds = expected.seconds or 0.0
    if seconds < _FEW_S:
        time = _tr("A few seconds")
    else:
        time = (_tr("About {time}") if expected.learned else _tr("Perhaps {time}")).format(time=span(seconds))
    if not expected.needs:
        return time, "", ""
    tightest = expected.needs[0]
    figures = {"room": file_size(tightest.room), "free": file_size(tightest.disk.free), "disk": tightest.disk.name}
    if tightest.short:
        trouble = _tr("Needs {room}, {free} free on “{disk}”. Choose another folder in Settings.")
        return time, "", trouble.format(**figures)
    room = (
        _tr("needs {room}, {free} free") if len(expected.needs) == 1 else _tr("needs {room}, {free} free on “{disk}”")
    )
    return f"{time} · {room.format(**figures)}", "", ""


_FAMILIES = {"edsr": "EDSR", "fsrcnn": "FSRCNN", "espcn": "ESPCN", "lapsrn": "LapSRN"}


def family(name: str) -> str:
    """A family of models as people read it: "EDSR baseline". What a person named stays as it is."""
    head, _, tail = name.partition("-")
    return f"{_FAMILIES[head]} {tail}".strip() if head in _FAMILIES else name


def file_size(count: int) -> str:
    """Bytes as disks are sold: "1.3 GB", "58 GB"."""
    figure = QLocale().formattedDataSize(count, 1, QLocale.DataSizeFormat.DataSizeSIFormat)
    whole = QLocale().formattedDataSize(count, 0, QLocale.DataSizeFormat.DataSizeSIFormat)
    return whole if len(whole.split()[0]) > 1 else figure
