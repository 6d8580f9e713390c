"""One job after the other: read, enhance, write, report. The window and the command line both work through this."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path

from desktop.core import memory
from desktop.core.ahead import ReadAhead
from desktop.core.behind import WriteBehind
from desktop.core.cancel import CancelToken
from desktop.core.claims import Claims
from desktop.core.enhance import Observer, Order, Progress
from desktop.core.finishing import Finishing, Publishing
from desktop.core.gaze import Region
from desktop.core.glimpse import Begun, glimpse
from desktop.core.jobs import Job, JobState, Request
from desktop.core.limits import Limits
from desktop.core.loaded_net import LoadedNet
from desktop.core.models.catalogue import Catalogue
from desktop.core.outcome import Outcome
from desktop.core.passage import Foretelling, Passage
from desktop.core.photo.isolated import PhotoReader
from desktop.core.results import Results

__all__ = ["Limits", "Pipeline"]


class Pipeline:
    """Takes photos through the house one after another, with the one loaded net. Used from one thread.

    A photo is read on a second thread while the one before is enhanced, and written on a third while the next one is.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        loaded: LoadedNet,
        limits: Limits,
        reader: PhotoReader | None = None,
        results: Results | None = None,
    ) -> None:
        """
        Args:
            reader: opens the photos; in this very process where None.
            results: what is finished already; everything is made anew where None.
        """
        if reader is None:
            from desktop.core.photo.direct import DirectReader

            reader = DirectReader()
        self._results = results
        self._reader = reader
        self._ahead = ReadAhead(reader)
        self._behind = WriteBehind()
        self._catalogue = catalogue
        self._loaded = loaded
        self._claims = Claims()
        self._swept: set[Path] = set()
        self.limits = limits

    def protect(self, originals: Iterable[Path]) -> None:
        """Names photos that no result may replace. May be called from any thread, and waits for nothing."""
        self._claims.protect(originals)

    def remember(self, jobs: Iterable[Job]) -> None:
        """Takes over a queue from last time: neither its photos nor its results are replaced by another photo's."""
        for job in jobs:
            self._claims.protect([job.path])
            if job.output is not None:
                self._claims.note(job.output, job.path)

    def process(
        self,
        request: Request,
        *,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
        order: Order | None = None,
        observer: Observer | None = None,
        publishing: Publishing | None = None,
        foretell: Foretelling | None = None,
    ) -> Outcome:
        """Does one job. Never raises: whatever happens is in the outcome, and the next photo goes on."""
        ended: list[Outcome] = []
        self.begin(
            request,
            ended.append,
            progress=progress,
            cancel=cancel,
            order=order,
            observer=observer,
            publishing=publishing,
            foretell=foretell,
        )
        self.wait()
        return ended[0]

    def begin(
        self,
        request: Request,
        ended: Callable[[Outcome], None],
        *,
        upcoming: Request | None = None,
        enhanced: Callable[[], None] | None = None,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
        order: Order | None = None,
        observer: Observer | None = None,
        publishing: Publishing | None = None,
        foretell: Foretelling | None = None,
    ) -> None:
        """Does one job up to its result, which is written while the next job is begun. Never raises.

        At most one photo is read ahead, and one result written behind, both only where the budget has room for them.
        Jobs end in the order in which they were begun, however they end.

        Args:
            ended: told how the job ended, on the thread that writes. ``publishing`` is told there too, and
                ``progress`` of the end.
            upcoming: what will probably be begun next, and is read meanwhile.
            enhanced: told, on this thread, when the network has done its part: another job may be begun.
        """
        self._loaded.use_threads(self.limits.threads)
        passage = Passage(
            self._catalogue,
            self._loaded,
            self._reader,
            self.limits,
            self._claims,
            self._swept,
            request,
            progress,
            cancel or CancelToken(),
            order,
            observer,
            Finishing(request, publishing),
            foretell,
            self._results if request.reuse else None,
            self._ahead,
            self._behind,
            upcoming,
        )
        meter = memory.PeakMeter()
        meter.start()
        passage.enlarge()
        if enhanced is not None:
            enhanced()

        def finish() -> None:
            try:
                passage.save()
            finally:
                meter.stop()
            ended(_outcome(passage, meter.peak_mib))

        self._behind.begin(finish, passage.writing_mib, passage.names)

    def wait(self) -> None:
        """Returns when every job that was begun has ended."""
        self._behind.wait()

    def forget(self) -> None:
        """Lets go of a photo that was read ahead: its turn will not come. For the thread that begins jobs."""
        self._ahead.drop()

    def glimpse(self, request: Request, region: Region, begun: Begun, cancel: CancelToken) -> None:
        """What a job would make of a part of its photo, see ``glimpse``. Raises RekindleError."""
        glimpse(
            self._catalogue,
            self._loaded,
            self._reader,
            request,
            region,
            budget_mib=self.limits.budget_mib,
            begun=begun,
            cancel=cancel,
        )


def _outcome(passage: Passage, peak_mib: int) -> Outcome:
    state, choice, request = passage.state, passage.choice, passage.request
    assert state is not None
    return Outcome(
        request=request,
        state=state,
        output=passage.output if state in (JobState.DONE, JobState.SKIPPED) else None,
        result=passage.finishing.result if state is JobState.DONE else None,
        error=passage.error,
        model=choice.model_id if choice else (request.model or ""),
        scale=choice.scale if choice else (request.scale or 0),
        passes=choice.plan.scales if choice and choice.plan else (),
        detail=passage.detail,
        seen_megapixels=choice.seen_megapixels if choice else 0.0,
        engine=passage.engine,
        precision=passage.precision,
        width=passage.size[0],
        height=passage.size[1],
        seconds=passage.seconds,
        load_seconds=choice.load_seconds if choice else 0.0,
        strength=choice.strength if choice else None,
        self_ensemble=request.self_ensemble,
        cached=passage.cached,
        decision=choice.decision if choice else None,
        peak_rss_mib=peak_mib,
        fidelity=passage.fidelity,
        input_width=passage.input_size[0],
        input_height=passage.input_size[1],
        input_bytes=passage.input_stamp[0],
        input_mtime_ns=passage.input_stamp[1],
        ended=time.time(),
    )
