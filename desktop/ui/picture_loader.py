"""Pictures for the window, decoded where it cannot be held up."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from desktop.core import errors
from desktop.core.enlarge import framed, without_border
from desktop.core.forecast import DEFAULT_MAX_MEGAPIXELS, require_size
from desktop.core.jobs import Job, JobState
from desktop.core.photo.fitting import sketched
from desktop.core.photo.isolated import PhotoReader
from desktop.core.photo.looks import SizeCheck, Thumbnail
from desktop.core.photo.photo import Photo
from desktop.core.sizes import frame_key
from desktop.ui.pyramid import Pyramid
from desktop.ui.queue_view import THUMBNAIL
from desktop.ui.system.screen_profile import screen_profile
from desktop.ui.tasks import TaskPool

# Sharp on screens of up to three device pixels a point.
_THUMBNAIL_PIXELS = THUMBNAIL * 3


class PictureLoader(QObject):
    """Reads thumbnails, and the pair of pictures that is being compared.

    Signals:
        thumbnailReady(job_id: str, image: QImage, width: int, height: int): with the photo's own upright size.
        pairReady(job: Job, before: Pyramid, after: Pyramid | None)
        pairFailed(job: Job, error: RekindleError)
        sketched(path: Path, sketch: Photo): what belongs to a photo that was opened, without its pixels.
        resultReady(job_id: str, result: Pyramid | None): None where it cannot be opened.
        resultFailed(error: RekindleError): why that is.
    """

    thumbnailReady = Signal(str, QImage, int, int)
    pairReady = Signal(object, object, object)
    pairFailed = Signal(object, object)
    sketched = Signal(object, object)
    resultReady = Signal(str, object)
    resultFailed = Signal(object)

    def __init__(self, reader: PhotoReader, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reader = reader
        # Two pools, so that a picture somebody waits for does not queue behind a hundred thumbnails.
        self._pairs = TaskPool("comparing", 1, self)
        self._thumbnails = TaskPool("thumbnails", 1, self)
        self._generation = 0
        self._held: tuple[object, Pyramid] | None = None

    def want_thumbnail(self, job: Job) -> None:
        def ready(found: Thumbnail) -> None:
            height, width = found.pixels.shape[:2]
            image = QImage(found.pixels.tobytes(), width, height, 4 * width, QImage.Format.Format_RGBA8888).copy()
            self.thumbnailReady.emit(job.id, image, found.width, found.height)

        # A photo without a thumbnail keeps its placeholder; enhancing it will say what is wrong with it.
        self._thumbnails.run(
            lambda: self._reader.thumbnail(job.path, _THUMBNAIL_PIXELS, DEFAULT_MAX_MEGAPIXELS),
            ready,
            lambda _error: None,
        )

    def show(self, job: Job) -> None:
        """Loads a photo and, once it is done, its result. Only the pair asked for last is delivered."""
        self._generation += 1
        generation = self._generation
        held = self._held[1] if self._held is not None and not self.is_stale(job) else None
        output = job.output if job.state is JobState.DONE else None
        sketches: list[Photo] = []

        def load() -> tuple[Pyramid, Pyramid | None] | None:
            if generation != self._generation:
                return None  # somebody has moved on while this waited
            before = held
            if before is None:
                photo = self._reader.read(job.path, _size_check(job.path))
                sketches.append(sketched(photo))
                before = Pyramid.build(framed(photo, job.request), screen_profile())
                del photo
            return before, self._result(job, output) if output is not None else None

        def ready(pair: tuple[Pyramid, Pyramid | None] | None) -> None:
            if pair is not None and generation == self._generation:
                self._held = (_shown(job), pair[0])
                self.pairReady.emit(job, *pair)
                for sketch in sketches:
                    self.sketched.emit(job.path, sketch)

        def failed(error: Exception) -> None:
            if generation == self._generation:
                known = error if isinstance(error, errors.RekindleError) else errors.unexpected(error)
                self.pairFailed.emit(job, known)

        self._pairs.run(load, ready, failed)

    def want_result(self, job: Job) -> None:
        """Loads a result to compare the photo shown with; dropped when another photo is asked for meanwhile."""
        generation, output = self._generation, job.output
        if output is None:
            return

        def ready(result: Pyramid | None) -> None:
            if generation == self._generation:
                self.resultReady.emit(job.id, result)

        def failed(error: Exception) -> None:
            known = error if isinstance(error, errors.RekindleError) else errors.unexpected(error)
            if generation == self._generation:
                self.resultFailed.emit(known)
            ready(None)

        self._pairs.run(lambda: self._result(job, output), ready, failed)

    def forget(self) -> None:
        """Nothing is compared any more: what is still being loaded is not delivered."""
        self._generation += 1
        self._held = None

    def is_stale(self, job: Job) -> bool:
        """Whether what is held of a photo is of another one, or another part of it."""
        return self._held is None or self._held[0] != _shown(job)

    def _result(self, job: Job, path: Path) -> Pyramid:
        """What of a result can be laid over the photo."""
        photo, account = self._reader.read(path, _size_check(path)), job.account
        if account is not None and account.input_width:
            photo = without_border(photo, job.request, (account.input_width, account.input_height))
        return Pyramid.build(photo, screen_profile())

    def shutdown(self) -> None:
        self.forget()
        self._pairs.shutdown()
        self._thumbnails.shutdown()


def _shown(job: Job) -> object:
    """What stands on the left of the comparison, as a key."""
    return job.path, frame_key(job.request)


def _size_check(path: Path) -> SizeCheck:
    return lambda header: require_size(path.name, header.width, header.height, 1, DEFAULT_MAX_MEGAPIXELS)
