"""Which network one photo is enhanced with: named by the person, or chosen by what the photo has been through."""

from __future__ import annotations

from desktop.core import auto, condition, errors
from desktop.core.engines.base import Net
from desktop.core.jobs import Decision, Request
from desktop.core.loaded_net import LoadedNet
from desktop.core.models.catalogue import FULL_STRENGTH, Catalogue
from desktop.core.photo.photo import Photo


class ModelChoice:
    """The choice for one photo, from the request to the loaded net.

    Attributes:
        model: what will be used; for the automatic choice, until it is settled, what is used for clean photos.
        decision: what the automatic choice came to; None before that, and where nothing was to be chosen.
        net: None until it is loaded.
        load_seconds: what loading it took, 0 where it was there.
    """

    def __init__(self, catalogue: Catalogue, loaded: LoadedNet, request: Request) -> None:
        """Raises ModelMissingError: what is asked for may have been there when the photo was queued."""
        self._catalogue = catalogue
        self._loaded = loaded
        self._request = request
        self.decision: Decision | None = None
        self.net: Net | None = None
        self.load_seconds = 0.0
        try:
            self.model = catalogue.choose(request.model, request.scale)
        except errors.UsageError as error:
            raise errors.ModelMissingError(
                "The model “{name}” is not on this computer, or not for ×{scale}. Choose another model or size, then "
                "try again.",
                name=request.model,
                scale=request.scale,
            ) from error
        other = catalogue.alternative(request.model, self.model)
        self._restoring = other if other is not None and loaded.has(other) else None

    @property
    def settled(self) -> bool:
        """Whether the model is known; if not, the photo's pixels have to tell."""
        return self._restoring is None or self.decision is not None

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
    def words(self) -> str:
        """What makes the result, for the note in it: "edsr-restore-x3, strength 60"."""
        strength = f"strength {self.strength}" if self.strength is not None else ""
        best = "self-ensemble" if self._request.self_ensemble else ""
        return ", ".join(filter(None, (self.model.id, strength, best)))

    def settle(self, photo: Photo, stamp: tuple[int, int]) -> None:
        """Chooses by the photo, if that is what was asked. What it came to for the same file before holds.

        Args:
            stamp: the file's size in bytes and its time of modification in nanoseconds.
        """
        if self._restoring is None or self.settled:
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

    def load(self) -> Net:
        """The net, for the thread that has it. Raises what ``LoadedNet.get`` does."""
        if self.net is None:
            self.net, self.load_seconds = self._loaded.get(self.model, self._request.engine, self.strength)
        return self.net
