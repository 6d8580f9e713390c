"""Which networks one photo is enhanced with: named by the person, or chosen by what the photo has been through."""

from __future__ import annotations

from desktop.core import auto, condition, errors
from desktop.core.engines.base import Net
from desktop.core.jobs import Decision, Request
from desktop.core.loaded_net import LoadedNet
from desktop.core.models.catalogue import FULL_STRENGTH, Catalogue, Model
from desktop.core.photo.cut import Size
from desktop.core.photo.photo import Photo
from desktop.core.sizes import Plan, enlarging, first_model, planned
from desktop.core.workload import resizing_megapixels, seen_megapixels


class ModelChoice:
    """The choice for one photo, from the request to the loaded net.

    Attributes:
        model: what will be used, of several passes for the first one; for the automatic choice, until it is settled,
            what is used for clean photos.
        plan: the photo's way to its size; None until that is known.
        decision: what the automatic choice came to; None before that, and where nothing was to be chosen.
        net: the first pass's; None until it is loaded.
        load_seconds: what loading took, 0 where everything was there.
    """

    def __init__(self, catalogue: Catalogue, loaded: LoadedNet, request: Request) -> None:
        """Raises ModelMissingError: what is asked for may have been there when the photo was queued."""
        self._catalogue = catalogue
        self._loaded = loaded
        self._request = request
        self.decision: Decision | None = None
        self.plan: Plan | None = None
        self.net: Net | None = None
        self.load_seconds = 0.0
        try:
            self.model = first_model(request, catalogue)
        except errors.UsageError as error:
            raise errors.ModelMissingError(
                "The model “{name}” is not on this computer, or not for ×{scale}. Choose another model or size, then "
                "try again.",
                name=request.model,
                scale=request.scale,
            ) from error
        self._restoring = self._alternative()

    @property
    def settled(self) -> bool:
        """Whether the model is known; if not, the photo has to tell."""
        if self._request.target and self.plan is None:
            return False
        return self._restoring is None or self.decision is not None

    @property
    def model_id(self) -> str:
        """The model's; empty where none is needed."""
        return self.model.id if self.plan is None or self.plan.scales else ""

    @property
    def scale(self) -> float:
        """How many times larger the photo becomes."""
        return self.plan.factor if self.plan is not None else self.model.scale

    @property
    def strength(self) -> int | None:
        """What the model is used with; None for one that has none."""
        if self._catalogue.gentle_end(self.model) is None:
            return None
        if self._request.strength is not None:
            return self._request.strength
        decided = self.decision.strength if self.decision is not None else None
        return FULL_STRENGTH if decided is None else decided

    @property
    def seen_megapixels(self) -> float:
        """See ``Account``."""
        if self.plan is None:
            return 0.0
        if not self.plan.scales:
            return resizing_megapixels(self.plan.part[2:], self.plan.size)
        models = self.plan.models(self._catalogue, self._request.model)
        return seen_megapixels(self.plan, models, self.net.engine if self.net is not None else "")

    @property
    def words(self) -> str:
        """What makes the result, for the note in it: "edsr-restore-x3, strength 60"."""
        if not self.model_id:
            return ""
        strength = f"strength {self.strength}" if self.strength is not None else ""
        best = "self-ensemble" if self._request.self_ensemble else ""
        behind = ["then " + self._model_of(number).id for number in range(1, len(self.plan.scales) if self.plan else 1)]
        return ", ".join(filter(None, (self.model.id, strength, best, *behind)))

    def plan_for(self, size: Size) -> Plan:
        """The way of a photo of this size, upright. Raises OutsideError, UsageError."""
        self.plan = plan = planned(self._request, size, self._catalogue)
        if plan.scales and plan.scales[0] != self.model.scale:
            self.model = self._catalogue.choose(self._request.model, plan.scales[0])
            self._restoring = self._alternative()
        return plan

    def settle(self, photo: Photo, stamp: tuple[int, int]) -> None:
        """Chooses by the photo, if that is what was asked. What it came to for the same file before holds.

        Args:
            stamp: the file's size in bytes and its time of modification in nanoseconds.
        """
        if self._restoring is None or self.settled or not self.model_id:
            return
        known = {one.id: one for one in (self.model, self._restoring)}
        before = self._request.decided
        if before is not None and before.model in known and (before.input_bytes, before.input_mtime_ns) == stamp:
            self.decision = before
        else:
            strength, reason = auto.choose(condition.examine(photo))
            chosen = self._restoring if strength else self.model
            self.decision = Decision(chosen.id, strength or None, reason, *stamp)
        self.model = known[self.decision.model]

    def load(self, number: int = 0) -> Net:
        """The net of a pass, for the thread that has it. Raises what ``LoadedNet.get`` does."""
        if number == 0 and self.net is not None:
            return self.net
        model = self._model_of(number)
        net, seconds = self._loaded.get(model, self._request.engine, self.strength, self._request.precision)
        self.load_seconds += seconds
        if number == 0:
            self.net = net
        return net

    @property
    def checksums(self) -> tuple[str, ...]:
        """SHA-256 of all networks that have a part in the result."""
        models = [self._model_of(number) for number in range(len(self.plan.scales) if self.plan else 1)]
        ends = [self._catalogue.gentle_end(model) for model in models]
        return tuple(model.sha256 for model in (*models, *ends) if model is not None)

    def require_all(self) -> None:
        """Raises ModelMissingError where a later pass needs a model that is not on this computer."""
        for number in range(1, len(self.plan.scales) if self.plan else 0):
            model = self._model_of(number)
            if not self._loaded.has(model):
                raise errors.ModelMissingError(
                    "For this size the model “{name}” is needed too, and it is not on this computer. Install it, or "
                    "choose another size or model.",
                    name=model.id,
                )

    def _model_of(self, number: int) -> Model:
        """Of a pass: what restores, restores once."""
        if number == 0 or self.plan is None:
            return self.model
        return enlarging(self._catalogue, self._catalogue.choose(self._request.model, self.plan.scales[number]))

    def _alternative(self) -> Model | None:
        other = self._catalogue.alternative(self._request.model, self.model)
        return other if other is not None and self._loaded.has(other) else None
