"""What stands under a photo's name in the queue: as much of it as there is room for."""

from __future__ import annotations

import re

from PySide6.QtCore import QCoreApplication

from desktop.core.errors import RekindleError
from desktop.core.jobs import Job, JobState, Request
from desktop.core.photo.formats import BY_NAME
from desktop.core.photo.looks import Size
from desktop.core.sizes import result_size
from desktop.ui import size_words, words
from desktop.ui.model_box import family_name

# Qt picks the first of several texts that fits (QFontMetrics.elidedText); this stands between them.
_OR = "\x9c"
_SCALE_OF_ID = re.compile(r"-x\d+$")


def detail(job: Job, size: Size, left_s: float | None) -> str:
    """The longest text first, then shorter ones, as Qt takes them.

    Args:
        size: of the original, (0, 0) where it is not known.
        left_s: seconds that the photo under way still takes, where that is known.
    """
    state = words.state(job, words.saved_in(job.output, job.path))
    sizes, model, chosen = _sizes(job, size), _model(job), _own(job)
    match job.state:
        case JobState.WAITING if chosen:
            # What sets it apart from the others is the last to go.
            usual = "" if "model" in job.request.own else model
            return _variants((state, sizes, usual, chosen), (state, sizes, chosen), (sizes, chosen), (chosen,))
        case JobState.WAITING:
            return _variants((state, sizes, model), (state, sizes), (sizes,))
        case JobState.RUNNING if left_s is not None:
            left, part = words.time_left(left_s), _part(job)
            return _variants((state, left), (part, left), (state,))
        case JobState.DONE:
            restored = made(job)
            return _variants(
                (sizes, restored, chosen, state), (sizes, restored, chosen), (sizes, chosen), (sizes or state,)
            )
    return state


def why(job: Job) -> str:
    """What the automatic choice came to for this photo, and why, in a sentence; empty where it was not asked."""
    decision = job.account.decision if job.account else None
    if decision is None:
        return ""
    reason = words.because(decision.reason)
    if decision.strength is None:
        return _tr("Enlarged without restoring, because {reason}.").format(reason=reason)
    return _tr("Restored with strength {number}, because {reason}.").format(number=_strength(job), reason=reason)


def own_choices(job: Job) -> str:
    """Everything that was chosen for this photo alone, in a line; empty where nothing was."""
    request = job.request
    parts = [_own(job)]
    if "output" in request.own:
        parts.append(
            _tr("Next to the original") if request.output is None else _tr("In {folder}").format(folder=request.output)
        )
    text = " · ".join(filter(None, parts))
    return _tr("For this photo alone: {choices}").format(choices=text) if text else ""


def whole(detail: str) -> str:
    """All that there is to say, for whoever has the room."""
    return detail.partition(_OR)[0]


def _variants(*texts: tuple[str, ...]) -> str:
    return _OR.join(dict.fromkeys(joined for text in texts if (joined := " · ".join(filter(None, text)))))


def _sizes(job: Job, size: Size) -> str:
    account = job.account
    before = (account.input_width, account.input_height) if account and account.input_width else size
    after = (account.width, account.height) if account and account.width else _enlarged(job.request, before)
    if not before[0] or not after[0]:
        return words.size(*(after if after[0] else before))
    return f"{words.size(*before)} → {words.size(*after)}"


def _enlarged(request: Request, size: Size) -> Size:
    if not size[0]:
        return 0, 0
    try:
        return result_size(request, size, request.scale or 1)
    except RekindleError:  # working on it will say so
        return 0, 0


def _model(job: Job) -> str:
    request = job.request
    if not request.model:
        return ""
    name = family_name(_SCALE_OF_ID.sub("", request.model))
    return name if request.strength is None else f"{name} {request.strength}"


def _strength(job: Job) -> int | None:
    return job.account.strength if job.account else None


def made(job: Job) -> str:
    """What was done, where there was a choice: "restored 60 %", "not restored"."""
    strength = _strength(job)
    if strength is not None:
        return _tr("restored {number} %").format(number=strength)
    return _tr("not restored") if job.account and job.account.decision else ""


def _own(job: Job) -> str:
    """What was chosen for this photo alone, as far as a row has room for it: "×2 · PNG"."""
    request = job.request
    if request.unattended:
        return ""  # a watched folder's are all alike
    kind = BY_NAME.get(request.format or "")
    parts = {
        "cut": size_words.cut(request.cut) if request.cut else "",
        "target": size_words.target(request.target) if request.target else "",
        "scale": "" if request.target else f"×{request.scale}",
        "model": _model(job),
        "self_ensemble": _tr("best quality") if request.self_ensemble else _tr("usual quality"),
        "format": kind.label if kind else _tr("same format"),
    }
    if kind is None or kind.quality:
        parts["quality"] = _tr("quality {number}").format(number=request.quality)
    parts["strip_gps"] = _tr("without location") if request.strip_gps else _tr("with location")
    return " · ".join(text for name, text in parts.items() if text and name in request.own)


def _tr(text: str) -> str:
    return QCoreApplication.translate("row_words", text)


def _part(job: Job) -> str:
    return QCoreApplication.translate("words", "{percent} %").format(percent=words.percent(job.progress))
