"""A tile or two, before the first photo on a machine: so that what is foretold of it is more than a guess."""

from __future__ import annotations

import logging

from desktop.core import errors
from desktop.core.engines.choosing import tile_seconds
from desktop.core.forecast import Forecaster
from desktop.core.jobs import Request
from desktop.core.loaded_net import LoadedNet
from desktop.core.models.catalogue import Catalogue, pace_of
from desktop.core.photo.looks import Size
from desktop.core.sizes import planned
from desktop.core.throughput import Speed
from desktop.core.workload import MEGA, Kind

logger = logging.getLogger(__name__)

_ROUNDS = 2


def rehearse(request: Request, size: Size, catalogue: Catalogue, loaded: LoadedNet, forecaster: Forecaster) -> bool:
    """Times the network of a photo of ``size`` and has the forecaster take notice. Takes about a second.

    Returns:
        whether it could be done: there may be nothing to time, or the model not here. The photo itself will say so.
    """
    try:
        models = planned(request, size, catalogue).models(catalogue, request.model)
        if not models or not loaded.has(models[-1]):
            return False
        model = models[-1]  # which sees by far the most
        net, load_s = loaded.get(model, request.engine, precision=request.precision)
        # The first plans its shape.
        seconds = [tile_seconds(net, model) for _ in range(_ROUNDS + 1)][1:]
    except errors.RekindleError as error:
        logger.info("Nothing could be timed: %s", error)
        return False
    kind = Kind(pace_of(model.id), net.engine, net.precision)
    forecaster.note_rehearsal(kind, Speed(0.0, min(seconds) / net.tile**2 * MEGA, load_s))
    return True
