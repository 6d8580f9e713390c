"""Settings of some photos alone: what they have in common, what goes together, and what a change makes of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from desktop.core.errors import UsageError
from desktop.core.jobs import Request
from desktop.core.models.catalogue import DEFAULT_FAMILY, Catalogue
from desktop.core.settings import Settings

FIELDS = ("scale", "target", "model", "strength", "self_ensemble", "output", "format", "quality", "strip_gps")
"""What may be chosen for a photo alone."""


class Common(Enum):
    """What photos have in common where it is no value of their own."""

    DEFAULT = "as for all photos"
    DIFFERS = "not the same for all of them"


@dataclass(frozen=True)
class Selection:
    """Photos whose settings are looked at, and changed, together.

    Attributes:
        requests: what is asked for each of them.
        defaults: what holds for photos that nothing was chosen for, by field.
    """

    requests: tuple[Request, ...]
    defaults: Mapping[str, object]
    catalogue: Catalogue

    def common(self, name: str) -> object:
        """The value that was chosen for all of them alone, or what else they have in common."""
        values = {getattr(request, name) if name in request.own else Common.DEFAULT for request in self.requests}
        return values.pop() if len(values) == 1 else Common.DIFFERS

    @property
    def size(self) -> object:
        """The scale, or the size in its place, that was chosen for all of them alone; or what they have in common."""
        values = {
            (request.target or request.scale) if {"scale", "target"} & request.own else Common.DEFAULT
            for request in self.requests
        }
        return values.pop() if len(values) == 1 else Common.DIFFERS

    @property
    def scales(self) -> tuple[int, ...]:
        """All that exist, with whatever model."""
        return tuple(sorted({model.scale for model in self.catalogue.models}))

    def fits(self, model: object, size: object) -> bool:
        """Whether there is a network for every photo if these are chosen; either may be a ``Common``.

        Args:
            size: a scale, or a size in its place, which any model can be used for.
        """
        asked = {(self._value(one, "model", model), self._scale(one, size)) for one in self.requests}
        return all(self._exists(*pair) for pair in asked)

    def _scale(self, request: Request, size: object) -> object:
        """None where a size stands in a scale's place."""
        if isinstance(size, str) or self._value(request, "target", size if isinstance(size, Common) else ""):
            return None
        return self._value(request, "scale", size)

    def _value(self, request: Request, name: str, choice: object) -> object:
        if choice is Common.DEFAULT:
            return self.defaults.get(name)
        return getattr(request, name) if choice is Common.DIFFERS else choice

    def _exists(self, model: object, scale: object) -> bool:
        name = str(model) if model else None
        if not isinstance(scale, int):
            return bool(self.catalogue.scales_of(name))
        try:
            self.catalogue.choose(name, scale)
        except UsageError:
            return False
        return True


def closest_scale(scales: Sequence[int], wanted: int) -> int:
    """The wanted scale, or the one that comes closest to it; the wanted one where there is none."""
    return min(scales, key=lambda scale: (abs(scale - wanted), scale), default=wanted)


def possible(settings: Settings, catalogue: Catalogue) -> Settings:
    """Settings whose model and scale exist in a catalogue; as they were as far as they do."""
    model = settings.model if settings.model in catalogue.families else DEFAULT_FAMILY
    return replace(settings, model=model, scale=closest_scale(catalogue.offered(model), settings.scale))


def sized(size: object) -> dict[str, object]:
    """The choices of a scale or of a size in its place, by field."""
    if isinstance(size, Common):
        return {"scale": size, "target": size}
    return {"target": size} if isinstance(size, str) else {"scale": size, "target": ""}


def changed(request: Request, choices: Mapping[str, object], defaults: Mapping[str, object]) -> Request:
    """What is asked for a photo after a change; fields that are not among the choices, or differ, stay as they are."""
    back = frozenset(name for name, value in choices.items() if value is Common.DEFAULT)
    own = {name: value for name, value in choices.items() if not isinstance(value, Common)}
    return replace(request, own=request.own - back).with_defaults(**defaults).with_own(**own)
