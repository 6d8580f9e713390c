"""What a photo will come to, said before it is worked on."""

from __future__ import annotations

from typing import Any

from desktop.core.errors import RekindleError
from desktop.core.forecast import Prediction
from desktop.core.jobs import Request
from desktop.core.sizes import Plan


def predicted_words(prediction: Prediction) -> str:
    """ "2362 × 3543 pixels (×2, ×2, then to size), about 12 s, 640 MB of memory, a file of about 3.1 MB"."""
    plan = prediction.plan
    seconds = max(1, round(prediction.seconds))
    time = f"{seconds} s" if seconds < 120 else f"{round(seconds / 60)} min"
    guessed = "" if prediction.learned else ", a guess"
    return (
        f"{plan.size[0]} × {plan.size[1]} pixels ({_way(plan)}), about {time}{guessed}, "
        f"{prediction.mib:,} MiB of memory, a file of about {prediction.bytes / 1e6:,.1f} MB"
    )


def _way(plan: Plan) -> str:
    passes = [f"×{scale}" for scale in plan.scales]
    if not plan.scales:
        return "large enough without a network" if plan.factor <= 1 else "no network needed"
    return ", ".join(passes if plan.is_exact else [*passes, "then to size"])


def predicted_record(request: Request, prediction: Prediction | None, error: RekindleError | None) -> dict[str, Any]:
    """The object that ``--dry-run --json`` prints for one photo."""
    plan = prediction.plan if prediction else None
    return {
        "input": str(request.path),
        "error": {"code": error.code, "message": error.message} if error else None,
        "target": request.target or None,
        "passes": list(plan.scales) if plan else [],
        "scale": plan.factor if plan else None,
        "width": plan.size[0] if plan else 0,
        "height": plan.size[1] if plan else 0,
        "dpi": plan.dpi if plan else None,
        "seconds": round(prediction.seconds, 3) if prediction else None,
        "learned": prediction.learned if prediction else False,
        "peak_rss_mib": prediction.mib if prediction else None,
        "bytes": prediction.bytes if prediction else None,
    }
