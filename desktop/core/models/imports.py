"""The person's own models: what is known of them, kept beside their files."""

from __future__ import annotations

import json
import logging
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from desktop.core import errors, files
from desktop.core.models.catalogue import Catalogue, Model
from desktop.core.models.recognise import SCALES, Network

logger = logging.getLogger(__name__)

FILE = "imported.json"
ADVICE = "Imported by you."
_VERSION = 1
_KEPT = ("id", "family", "algorithm", "scale", "parameters", "file", "bytes", "sha256")
_LONGEST_NAME = 40
# Names that mean something of their own.
_TAKEN = ("auto",)
_NUMBER = re.compile(r"(?<![a-z])x ?(\d+)(?![a-z0-9])|(?<![a-z0-9])(\d+) ?x(?![a-z0-9])")
_KINDS = re.compile(r"(?<![a-z])(edsr|espcn|fsrcnn|lapsrn)(?![a-wyz])")


def load(path: Path) -> tuple[Model, ...]:
    """What was imported. A file that makes no sense counts as none. Raises OSError where it is there and unreadable."""
    try:
        stored = json.loads(path.read_text("utf-8"))
        return tuple(_model(entry) for entry in stored["models"])
    except FileNotFoundError:
        return ()
    except NotADirectoryError:
        return ()
    except (ValueError, TypeError, KeyError) as error:
        logger.warning("The list of imported models in %s cannot be read: %s", path, error)
        return ()


def save(path: Path, models: Iterable[Model]) -> None:
    """Raises OSError."""
    entries = [{name: asdict(model)[name] for name in _KEPT} for model in models]
    files.write_whole(path, json.dumps({"version": _VERSION, "models": entries}, indent=1).encode())


def _model(entry: dict[str, object]) -> Model:
    values = {name: entry[name] for name in _KEPT}
    for name, value in values.items():
        if type(value) is not (int if name in ("scale", "parameters", "bytes") else str):
            raise TypeError(f"{name} is {value!r}")
    model = Model(**values, licence="", bundled=False, advice=ADVICE, imported=True)  # type: ignore[arg-type]
    if (
        model.scale not in SCALES
        or Path(model.file).name != model.file
        or not re.fullmatch("[0-9a-f]{64}", model.sha256)
    ):
        raise ValueError(f"{model.id} makes no sense")
    return model


def described(network: Network, name: str, sha256: str, size: int, catalogue: Catalogue) -> Model:
    """A model for a file that was recognised.

    The twin in shape of the official EDSR gets that one's ID; any other gets one after its file's name.
    """
    family = network.family if network.algorithm == "edsr" and network.family else _family(name, network, catalogue)
    model_id = f"{family}-x{network.scale}"
    return Model(
        id=model_id,
        family=family,
        algorithm=network.algorithm,
        scale=network.scale,
        parameters=network.parameters,
        file=f"imported-{model_id}.pb",
        bytes=size,
        sha256=sha256,
        licence="",
        bundled=False,
        advice=ADVICE,
        imported=True,
    )


def _family(name: str, network: Network, catalogue: Catalogue) -> str:
    stem = unicodedata.normalize("NFKD", Path(name).stem).encode("ascii", "ignore").decode().lower()
    plain = re.sub(r"[^a-z0-9]+", "-", stem).strip("-")[:_LONGEST_NAME]
    plain = re.sub(r"-?x\d+$", "", plain).strip("-") or network.algorithm
    known = {model.family for model in catalogue.known} | {model.id for model in catalogue.models} | set(_TAKEN)
    taken = known | {model.family for model in catalogue.models if model.scale == network.scale}
    number, family = 1, plain
    while family in taken or f"{family}-x{network.scale}" in taken:
        number += 1
        family = f"{plain}-{number}"
    return family


def require_honest_name(name: str, network: Network) -> None:
    """A file may be called anything, but not after another network or scale than it holds.

    Raises:
        ModelRefusedError
    """
    words = re.sub(r"[^a-z0-9]+", " ", Path(name).stem.lower())
    kinds = {match[1] for match in _KINDS.finditer(words)}
    scales = {int(match[1] or match[2]) for match in _NUMBER.finditer(re.sub(_KINDS, " ", words))} & set(SCALES)
    small = "small" in words.split() and "fsrcnn" in kinds and network.family != "fsrcnn-small"
    if (kinds and kinds != {network.algorithm}) or (scales and scales != {network.scale}) or small:
        label = {"lapsrn": "LapSRN", "fsrcnn-small": "FSRCNN-small"}.get(network.family) or network.algorithm.upper()
        raise errors.ModelRefusedError(
            "“{name}” is not what its name says: its network is {kind} and enlarges ×{scale}. If that is what you "
            "want, rename it to {kind}_x{scale}.pb and import it again.",
            name=name,
            kind=label,
            scale=network.scale,
        )
