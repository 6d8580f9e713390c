"""What people call a size that is asked for."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QLocale

from desktop.core.errors import UsageError
from desktop.core.forecast import Prediction
from desktop.core.photo.cut import Cut
from desktop.core.sizes import Paper, Target
from desktop.ui import words


def target(text: str) -> str:
    """ "20 × 30 cm", "4,000 px wide"; as it stands where it is none."""
    try:
        wanted = Target.parse(text)
    except UsageError:
        return text
    if wanted.paper is not None:
        return paper(wanted.paper)
    number = (
        QLocale().toString(float(wanted.value), "g", 6)
        if wanted.kind == "megapixels"
        else words.number(int(wanted.value))
    )
    match wanted.kind:
        case "megapixels":
            return _tr("{count} megapixels").format(count=number)
        case "width":
            return _tr("{count} px wide").format(count=number)
        case "height":
            return _tr("{count} px high").format(count=number)
    return _tr("{count} px long").format(count=number)


def paper(sheet: Paper) -> str:
    """ "20 × 30 cm", with the dots per inch where they are not the usual ones."""
    across, down = (QLocale().toString(float(side), "g", 5) for side in (sheet.width, sheet.height))
    text = f"{across} × {down} {unit(sheet.unit)}"
    return text if sheet.dpi == 300 else _tr("{size} at {dpi} dpi").format(size=text, dpi=f"{sheet.dpi:g}")


def unit(name: str) -> str:
    return {"cm": _tr("cm"), "mm": _tr("mm"), "in": _tr("in")}[name]


def prediction(foreseen: Prediction) -> tuple[str, str]:
    """How large a result becomes and how, and what it takes."""
    plan = foreseen.plan
    passes = ", ".join(f"×{scale}" for scale in plan.scales)
    size = words.size(*plan.size)
    if not plan.scales:
        first = _tr("{size} pixels. The photo is large enough: no enlarging is needed.").format(size=size)
    elif len(plan.scales) > 1:
        first = _tr("{size} pixels, enlarged in {count} steps: {passes}.").format(
            size=size, count=len(plan.scales), passes=passes
        )
    else:
        first = _tr("{size} pixels, enlarged {passes}.").format(size=size, passes=passes)
    time = (_tr("About {time}") if foreseen.learned else _tr("Perhaps {time}")).format(
        time=words.span(foreseen.seconds)
    )
    second = _tr("{time} · {memory} of memory · a file of about {file}").format(
        time=time, memory=words.file_size(foreseen.mib * 2**20), file=words.file_size(foreseen.bytes)
    )
    return first, second


def cut(asked: Cut) -> str:
    """ "cropped", "straightened", or both."""
    parts = [_tr("straightened")] if asked.degrees else []
    parts += [_tr("cropped")] if asked.box is not None else []
    return _tr(" and ").join(parts)


def _tr(text: str) -> str:
    return QCoreApplication.translate("SizeWords", text)
