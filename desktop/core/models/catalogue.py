"""Which models exist: ``models/catalogue.toml``, read into plain data."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from desktop.core.errors import UsageError

MIRROR = "REKINDLE_MODEL_MIRROR"
"""Name of the environment variable with the address of a folder that holds the same files under their own names."""
AUTO_FAMILY = "auto"
DEFAULT_FAMILY = AUTO_FAMILY
DEFAULT_SCALE = 3
GENTLE_FAMILY, RESTORE_FAMILY = "edsr-baseline", "edsr-restore"
"""The two ends of strength: the second was trained on from the first, so that their weights can be mixed."""
FULL_STRENGTH = 100


@dataclass(frozen=True)
class Model:
    """One super-resolution network.

    Attributes:
        id: family and scale, such as "edsr-baseline-x3".
        family: what the person chooses.
        algorithm: OpenCV dnn_superres' name of the kind of network, such as "edsr".
        scale: how many times wider and higher the result is.
        parameters: weights and biases.
        file: file name in the store.
        bytes, sha256: what the file must be.
        licence: SPDX identifier.
        bundled: whether it ships with Rekindle.
        advice: one sentence on when to choose it.
        home: page of whoever made it; empty for our own and for imported ones.
        url: where it can be downloaded; empty where it ships or was imported.
        imported: a file of the person's own.
    """

    id: str
    family: str
    algorithm: str
    scale: int
    parameters: int
    file: str
    bytes: int
    sha256: str
    licence: str
    bundled: bool
    advice: str
    home: str = ""
    url: str = ""
    imported: bool = False

    @property
    def operations(self) -> int:
        """Multiplications for every pixel of the original: one for each weight, as often as it is used."""
        if self.algorithm != "lapsrn":
            return self.parameters
        # Each level works on a picture twice as wide and high as the one before, with as many weights.
        levels = max(1, self.scale.bit_length() - 1)
        return self.parameters * ((1 << 2 * levels) - 1) // (3 * levels)


class Catalogue:
    """All models that can be asked for, in the order they are offered: what Rekindle knows of, then the person's own.

    One for the whole program, and it changes when models are imported or removed; safe to be read from any thread.
    """

    def __init__(self, models: Iterable[Model], imported: Iterable[Model] = ()) -> None:
        self.known = tuple(models)
        self._models = self.known
        self.take_in(imported)

    @property
    def models(self) -> tuple[Model, ...]:
        return self._models

    def take_in(self, imported: Iterable[Model]) -> None:
        """Replaces what was imported. An imported model stands in for the one of the same ID that Rekindle knows of."""
        own = {model.id: model for model in imported}
        known = tuple(own.pop(model.id, model) for model in self.known)
        self._models = (*known, *own.values())

    def only(self, models: Iterable[Model]) -> Catalogue:
        """Some of them alone, as they are now, in the same order."""
        wanted = {model.id for model in models}
        return Catalogue(model for model in self._models if model.id in wanted)

    @classmethod
    def load(cls, path: Path) -> Catalogue:
        """Reads the catalogue that ships with Rekindle. Raises OSError, ValueError (TOML) or TypeError (fields)."""
        with path.open("rb") as file:
            table = tomllib.load(file)
        return cls(tuple(Model(**entry) for entry in table["model"]))

    @property
    def families(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(model.family for model in self.models))

    @property
    def choices(self) -> tuple[str, ...]:
        """What may be chosen: automatic, where there is something to choose for it, then the families."""
        return (*((AUTO_FAMILY,) if GENTLE_FAMILY in self.families else ()), *self.families)

    def scales(self, family: str) -> tuple[int, ...]:
        return tuple(sorted(model.scale for model in self.models if model.family == family))

    def offered(self, family: str) -> tuple[int, ...]:
        """The scales of a family, or of the automatic choice."""
        return self.scales(GENTLE_FAMILY if family == AUTO_FAMILY else family)

    def scales_of(self, name: str | None) -> tuple[int, ...]:
        """What there is to choose from for a family, a full model ID, or the default where None."""
        name = name or DEFAULT_FAMILY
        if name in (AUTO_FAMILY, *self.families):
            return self.offered(name)
        return tuple(model.scale for model in self.models if model.id == name)

    def alternative(self, name: str | None, model: Model) -> Model | None:
        """What the automatic choice may take in place of the model that ``choose`` gave; None where it is not asked."""
        if (name or DEFAULT_FAMILY) != AUTO_FAMILY:
            return None
        return next((one for one in self.models if self.gentle_end(one) == model), None)

    def gentle_end(self, model: Model) -> Model | None:
        """What strength 0 of this model is; None for a model that has no strength."""
        if model.family != RESTORE_FAMILY:
            return None
        return next((one for one in self.models if (one.family, one.scale) == (GENTLE_FAMILY, model.scale)), None)

    def by_id(self, model_id: str) -> Model:
        """Raises UsageError for an ID that does not exist."""
        for model in self.models:
            if model.id == model_id:
                return model
        raise UsageError(
            "There is no model “{name}”. Rekindle has: {known}.",
            name=model_id,
            known=", ".join(model.id for model in self.models),
        )

    def choose(self, name: str | None = None, scale: int | None = None) -> Model:
        """The model for a family (or full ID) and a scale; the defaults where None.

        For "auto" it is the model for clean photos: what is right for a photo, only its pixels tell.

        Raises:
            UsageError: there is no such model, or the ID is for another scale than the one asked for.
        """
        name = name or DEFAULT_FAMILY
        if name not in (AUTO_FAMILY, *self.families):
            model = self.by_id(name)
            if scale not in (None, model.scale):
                raise UsageError(
                    "The model “{name}” enlarges ×{scale}, not ×{asked}.", name=name, scale=model.scale, asked=scale
                )
            return model
        wanted = DEFAULT_SCALE if scale is None else scale
        family = GENTLE_FAMILY if name == AUTO_FAMILY else name
        for model in self.models:
            if (model.family, model.scale) == (family, wanted):
                return model
        raise UsageError(
            "The model “{name}” has no ×{asked}. It enlarges {known}.",
            name=name,
            asked=wanted,
            known=", ".join(f"×{known}" for known in self.offered(name)),
        )


def pace_of(model_id: str) -> str:
    """The model whose speed is this one's too: restoring takes what enlarging takes, being the same network."""
    return model_id.replace(RESTORE_FAMILY, GENTLE_FAMILY) if model_id.startswith(RESTORE_FAMILY) else model_id
